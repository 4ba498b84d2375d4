package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.RunResult;
import dev.kindling.engine.api.SealedSecrets;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.http.ApiServer;
import dev.kindling.engine.model.Cluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What holds of every {@link Kindling}: the engine in this process, and the one at the other end of a connection. */
@SuppressWarnings("NullAway.Init") // set by open
class KindlingContractTest {
    @TempDir
    Path temporary;
    private Served served;
    private Kindling kindling;

    enum Way {
        IN_PROCESS(90),
        OVER_HTTP(91),
        OVER_A_UNIX_SOCKET(89);

        private final int network;

        Way(int network) {
            this.network = network;
        }
    }

    private void open(Way way) throws IOException {
        served = way == Way.OVER_A_UNIX_SOCKET
                ? new Served(temporary.resolve("workspace"), new ApiServer.Listen.Unix())
                : new Served(temporary.resolve("workspace"));
        kindling = switch (way) {
            case IN_PROCESS -> served.engine();
            case OVER_HTTP, OVER_A_UNIX_SOCKET -> served.client(temporary.resolve("client"));
        };
    }

    @AfterEach
    void close() {
        kindling.close();
        served.close();
    }

    private String definition(Way way, int machines) {
        return Racks.simulated(kindling, machines, way.network);
    }

    @ParameterizedTest
    @EnumSource
    void everyProblemOfADefinitionIsToldWithItsPlace(Way way) throws IOException {
        open(way);
        String text = definition(way, 2).replace("kind: Cluster", "kind: Clutser").replace("distribution:",
                "distribuiton:");
        Validation validation = kindling.validate("wrong.yaml", text);
        assertThat(validation.ok()).isFalse();
        assertThat(validation.source()).isEqualTo("wrong.yaml");
        assertThat(validation.text()).isEqualTo(text);
        assertThat(validation.problems()).isNotEmpty().allSatisfy(problem -> {
            assertThat(problem.line()).isPositive();
            assertThat(problem.severity()).isEqualTo(Problem.Severity.ERROR);
        }).isEqualTo(served.engine().validate("wrong.yaml", text).problems());
    }

    @ParameterizedTest
    @EnumSource
    void modelAndPlanAreThoseOfTheEngine(Way way) throws IOException {
        open(way);
        String text = definition(way, 3);
        Validation validation = kindling.validate("demo.yaml", text);
        assertThat(validation.problems()).isEmpty();
        Cluster cluster = Kindling.modelOf(validation);
        assertThat(cluster).isEqualTo(Kindling.modelOf(served.engine().validate("demo.yaml", text)));
        Plan plan = kindling.plan(validation);
        assertThat(plan).isEqualTo(served.engine().plan(validation));
        assertThat(plan.pending()).isPositive();
    }

    @ParameterizedTest
    @EnumSource
    void wizardsAnswersMakeTheSameDefinition(Way way) throws IOException {
        open(way);
        assertThat(kindling.defaults()).isEqualTo(served.engine().defaults());
        assertThat(kindling.compose(kindling.defaults()))
                .isEqualTo(served.engine().compose(served.engine().defaults()));
        assertThat(kindling.demo(true, 5)).isEqualTo(served.engine().demo(true, 5));
        assertThat(kindling.hardware().cpus()).isEqualTo(served.engine().hardware().cpus());
        assertThat(kindling.virtualRackProblem()).isEqualTo(served.engine().virtualRackProblem());
    }

    @ParameterizedTest
    @EnumSource
    void clusterComesUpIsFollowedReportedAndRemoved(Way way) throws Exception {
        open(way);
        List<Event.Recorded> followed = new CopyOnWriteArrayList<>();
        var removed = new CountDownLatch(1);
        try (Kindling.Subscription _ = kindling.events("demo", 0, recorded -> {
            followed.add(recorded);
            if (recorded.event() instanceof Event.Removed) {
                removed.countDown();
            }
        })) {
            RunResult result = Racks.up(kindling, definition(way, 3), ApplyOptions.DEFAULT);
            assertThat(result.problems()).isEmpty();
            assertThat(result.outcome()).isEqualTo(Event.Outcome.DONE);
            ClusterStatus status = kindling.status("demo").orElseThrow();
            assertThat(status.state()).isEqualTo(ClusterStatus.State.READY);
            assertThat(status.run()).isEqualTo(result.run());
            assertThat(status).isEqualTo(served.engine().status("demo").orElseThrow());
            assertThat(kindling.clusters()).isEqualTo(served.engine().clusters()).hasSize(1);
            Validation definition = kindling.definition("demo").orElseThrow();
            assertThat(kindling.plan(definition).pending()).isZero();
            Kindling.Report report = kindling.report("demo").orElseThrow();
            assertThat(report.markdown()).contains("demo");
            assertThat(report.files()).hasSize(2).allSatisfy(file -> assertThat(file).isNotEmptyFile());

            assertThat(kindling.down("demo").outcome()).isEqualTo(Event.Outcome.DONE);
            assertThat(kindling.status("demo").orElseThrow().state()).isEqualTo(ClusterStatus.State.DELETED);
            assertThat(removed.await(20, TimeUnit.SECONDS)).isTrue();
        }
        List<Event.Recorded> history = kindling.history("demo", 0);
        assertThat(followed).isEqualTo(history);
        assertThat(history).isEqualTo(served.engine().history("demo", 0));
        assertThat(history.getFirst().seq()).isEqualTo(1);
        assertThat(kindling.history("demo", 5, 3)).isEqualTo(history.subList(5, 8));
        assertThat(kindling.history("demo", history.size())).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void planThatIsNotTrueAnyMoreIsRefused(Way way) throws Exception {
        open(way);
        Validation validation = kindling.validate("demo.yaml", definition(way, 1));
        Plan plan = kindling.plan(validation);
        Kindling.Started first = kindling.apply(plan, ApplyOptions.DEFAULT);
        assertThat(first.problems()).isEmpty();
        assertThat(kindling.await(first.run().orElseThrow()).outcome()).isEqualTo(Event.Outcome.DONE);

        Kindling.Started second = kindling.apply(plan, ApplyOptions.DEFAULT);
        // the end is in the journal before the lock is free
        for (int i = 0; i < 100 && second.problems().getFirst().code().equals("run-in-progress"); i++) {
            Thread.sleep(100);
            second = kindling.apply(plan, ApplyOptions.DEFAULT);
        }
        assertThat(second.run()).isEmpty();
        assertThat(second.problems()).first().extracting(Problem::code).isEqualTo("plan-outdated");
    }

    @ParameterizedTest
    @EnumSource
    void secondRunOfAClusterIsRefusedAndTheFirstCanBeCancelled(Way way) throws Exception {
        open(way);
        Validation validation = kindling.validate("demo.yaml", definition(way, 40));
        Plan plan = kindling.plan(validation);
        String run = kindling.apply(plan, ApplyOptions.DEFAULT).run().orElseThrow();
        Kindling.Started second = kindling.apply(kindling.plan(validation), ApplyOptions.DEFAULT);
        assertThat(second.run()).isEmpty();
        assertThat(second.problems()).first().extracting(Problem::code).isEqualTo("run-in-progress");
        kindling.cancel(run);
        RunResult result = kindling.await(run);
        assertThat(result.run()).isEqualTo(run);
        assertThat(result.outcome()).isEqualTo(Event.Outcome.CANCELLED);
    }

    @ParameterizedTest
    @EnumSource
    void whatDoesNotExistIsEmptyOrRefused(Way way) throws IOException {
        open(way);
        assertThat(kindling.clusters()).isEmpty();
        for (String name : List.of("nope", "No/pe?x=1")) {
            assertThat(kindling.status(name)).isEmpty();
            assertThat(kindling.definition(name)).isEmpty();
            assertThat(kindling.history(name, 0)).isEmpty();
            assertThat(kindling.report(name)).isEmpty();
            assertThatThrownBy(() -> kindling.await(name)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> kindling.cancel(name)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void plansTravelAndAreRehearsedAndTheRecordsCanBeTakenAway(Way way) throws Exception {
        open(way);
        Plan plan = kindling.plan(kindling.validate("demo.yaml", definition(way, 1)));
        assertThat(kindling.importPlan("file", kindling.export(plan)).plan()).contains(plan);
        assertThat(kindling.picture(plan, Plan.Picture.MERMAID))
                .isEqualTo(served.engine().picture(plan, Plan.Picture.MERMAID));
        List<Event.Recorded> heard = new CopyOnWriteArrayList<>();
        Kindling.Rehearsal rehearsal = kindling.rehearse(plan, Kindling.RehearsalOptions.DEFAULT, heard::add);
        assertThat(rehearsal.result().outcome()).isEqualTo(Event.Outcome.DONE);
        assertThat(rehearsal.events()).isNotEmpty().isEqualTo(heard);
        assertThat(kindling.clusters()).as("a rehearsal leaves nothing").isEmpty();
        assertThat(kindling.templates()).isEqualTo(served.engine().templates()).isNotEmpty();
        String template = kindling.templates().getFirst().name();
        assertThat(kindling.testTemplate(template)).isEqualTo(served.engine().testTemplate(template));
        for (String name : List.of(template, template + "@" + kindling.templates().getFirst().version(), "none")) {
            Validation rendered = kindling.render(name, Map.of("name", "lab"));
            assertThat(rendered.text()).isEqualTo(served.engine().render(name, Map.of("name", "lab")).text());
            assertThat(rendered.problems()).isEqualTo(served.engine().render(name, Map.of("name", "lab")).problems());
        }

        String run = kindling.apply(plan, ApplyOptions.DEFAULT).run().orElseThrow();
        assertThat(kindling.await(run).outcome()).isEqualTo(Event.Outcome.DONE);
        assertThat(kindling.audit("demo")).isEqualTo(served.engine().audit("demo"));
        Path journal = temporary.resolve("journal");
        kindling.exportJournal("demo", journal);
        assertThat(journal).isNotEmptyFile();
        assertThat(kindling.bundle("demo", temporary.resolve("bundle.zip"))).isPresent();
        assertThat(temporary.resolve("bundle.zip")).isNotEmptyFile();
        assertThat(kindling.bundle("none", temporary.resolve("none.zip"))).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void whoeverInterruptsARehearsalIsObeyed(Way way) throws Exception {
        open(way);
        Plan plan = kindling.plan(kindling.validate("demo.yaml", definition(way, 3)));
        Thread here = Thread.currentThread();
        assertThatThrownBy(() -> kindling.rehearse(plan, Kindling.RehearsalOptions.DEFAULT, recorded -> {
            if (recorded.event() instanceof Event.RunStarted) {
                here.interrupt();
            }
        })).isInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).as("it was told already").isFalse();
        assertThat(kindling.clusters()).isEmpty();
        assertThat(kindling.validate("demo.yaml", plan.definition()).ok()).as("it goes on being asked").isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void backupHoldsTheStateAndTheSealedSecrets(Way way) throws Exception {
        open(way);
        Path workspace = temporary.resolve("workspace");
        Map<String, String> keys = Map.of("KINDLING_KEY_FILE", temporary.resolve("key").toString());
        try (SealedSecrets secrets = Engine.secrets(workspace, keys, _ -> Optional.empty(), _ -> Optional.empty())) {
            secrets.put("note", "canary-of-the-backup");
        }
        assertThat(Racks.up(kindling, definition(way, 1), ApplyOptions.DEFAULT).outcome())
                .isEqualTo(Event.Outcome.DONE);
        Path copy = temporary.resolve("copy.db");
        kindling.backup(copy);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(copy))).isEqualTo("rw-------");
        assertThatThrownBy(() -> kindling.backup(copy)).isInstanceOf(UncheckedIOException.class)
                .hasCauseInstanceOf(FileAlreadyExistsException.class);

        Path restored = Files.createDirectory(temporary.resolve("restored"));
        Files.move(copy, restored.resolve("state.db"));
        Files.move(temporary.resolve("copy.db.secrets"), restored.resolve("secrets"));
        try (Kindling again = Racks.engine(restored, java.util.function.UnaryOperator.identity())) {
            assertThat(again.history("demo", 0)).isEqualTo(served.engine().history("demo", 0)).isNotEmpty();
            assertThat(again.audit("demo").ok()).isTrue();
        }
        try (SealedSecrets secrets = Engine.secrets(restored, keys, _ -> Optional.empty(), _ -> Optional.empty())) {
            assertThat(secrets.reveal("note")).contains("canary-of-the-backup");
        }
        try (var left = Files.list(workspace)) {
            assertThat(left.map(file -> file.getFileName().toString())).noneMatch(name -> name.startsWith(".api-"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void journalRebuildsItsClusterOnceAndOnlyAsItWasWritten(Way way) throws Exception {
        Path export = temporary.resolve("export.jsonl");
        List<Event.Recorded> before;
        try (Engine other = Racks.engine(temporary.resolve("other"), java.util.function.UnaryOperator.identity())) {
            assertThat(Racks.up(other, Racks.simulated(other, 1, way.network), ApplyOptions.DEFAULT).outcome())
                    .isEqualTo(Event.Outcome.DONE);
            other.exportJournal("demo", export);
            before = other.history("demo", 0);
        }
        open(way);
        Path changed = Files.writeString(temporary.resolve("changed.jsonl"),
                Files.readString(export).replaceFirst("SIMULATED", "GENUINE.."));
        Path shortened = Files.write(temporary.resolve("short.jsonl"),
                Files.readAllLines(export).subList(0, 5));
        Path empty = Files.createFile(temporary.resolve("empty.jsonl"));
        for (Path wrong : List.of(changed, shortened, empty)) {
            List<Problem> problems = kindling.importJournal(wrong);
            assertThat(problems).isEqualTo(served.engine().importJournal(wrong)).isNotEmpty()
                    .allSatisfy(problem -> assertThat(problem.path()).isEqualTo(wrong.toString()));
            assertThat(kindling.clusters()).isEmpty();
        }
        assertThat(kindling.importJournal(export)).isEmpty();
        assertThat(kindling.history("demo", 0)).isEqualTo(before);
        assertThat(kindling.audit("demo").ok()).isTrue();
        assertThat(kindling.importJournal(export)).first().extracting(Problem::code).isEqualTo("import-exists");
        assertThat(kindling.history("demo", 0)).isEqualTo(before);
        assertThatThrownBy(() -> kindling.importJournal(temporary.resolve("none")))
                .isInstanceOf(UncheckedIOException.class);
    }
}

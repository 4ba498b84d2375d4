package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.RunResult;
import dev.kindling.engine.machine.simulated.DirectRack.Faults;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs as operators meet them: in processes of their own, several at once, held back, with hooks. */
@Timeout(120)
class RunsTest {
    /** A run that is still at work when it is asked to pause or to stop. */
    private static final ApplyOptions SLOW = new ApplyOptions(Optional.empty(), false, 0, 1, Duration.ofMillis(300), 0,
            Map.of());

    @TempDir
    Path temporary;

    private static void awaitEvent(Kindling engine, String cluster, String run, Predicate<Event> what)
            throws InterruptedException {
        while (!told(engine, cluster, run, what)) {
            Thread.sleep(10);
        }
    }

    private static boolean told(Kindling engine, String cluster, String run, Predicate<Event> what) {
        return engine.history(cluster, 0).stream()
                .anyMatch(recorded -> recorded.run().equals(run) && what.test(recorded.event()));
    }

    private static String begin(Kindling engine, String definition) {
        return begin(engine, definition, ApplyOptions.DEFAULT);
    }

    private static String begin(Kindling engine, String definition, ApplyOptions options) {
        var started = engine.apply(engine.plan(engine.validate("test", definition)), options);
        assertThat(started.problems()).isEmpty();
        return started.run().orElseThrow();
    }

    /** Kill -9 of the processes that this class has started; its tests are not run in parallel. */
    @AfterEach
    void killRunners() throws Exception {
        for (ProcessHandle child : ProcessHandle.current().children().toList()) {
            if (commandLine(child).contains("\0" + Runner.class.getName() + "\0")) {
                child.destroyForcibly();
                child.onExit().get();
            }
        }
    }

    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"));
        } catch (IOException e) {
            return ""; // it has just ended
        }
    }

    @Test
    void aPausedRunOutlivesItsProcessAndNoDiskIsWrittenTwice() throws Exception {
        Path workspace = temporary.resolve("workspace");
        try (Kindling engine = Engine.open(workspace)) {
            String definition = Racks.simulated(engine, 3, 102);
            String first = begin(engine, definition, SLOW);
            awaitEvent(engine, "demo", first, Event.InventoryReceived.class::isInstance);
            engine.pause(first);
            awaitEvent(engine, "demo", first, Event.RunPaused.class::isInstance);
            assertThat(engine.status("demo").orElseThrow().reason()).startsWith("paused: asked to pause by");
            killRunners();
            assertThat(engine.await(first).problems()).extracting(problem -> problem.code())
                    .containsExactly("run-broken");

            String second = begin(engine, definition);
            awaitEvent(engine, "demo", second, Event.RunPaused.class::isInstance);
            assertThat(told(engine, "demo", second, Event.StepStarted.class::isInstance)).isFalse();
            engine.resume(second);
            awaitEvent(engine, "demo", second, Event.StepStarted.class::isInstance);
            killRunners();

            RunResult result = engine.await(begin(engine, definition));
            assertThat(result.problems()).isEmpty();
            assertThat(engine.status("demo").orElseThrow().state()).isEqualTo(ClusterStatus.State.READY);
            for (Machine machine : Kindling.modelOf(engine.definition("demo").orElseThrow()).machines()) {
                assertThat(Racks.writes(workspace, "demo", machine)).as(machine.name()).isEqualTo(1);
            }
        }
    }

    @Test
    void aRunInAnotherProcessIsCancelledThroughTheJournal() throws Exception {
        try (Kindling engine = Engine.open(temporary.resolve("workspace"))) {
            String run = begin(engine, Racks.simulated(engine, 2, 103), SLOW);
            try (Kindling other = Engine.open(temporary.resolve("workspace"))) {
                awaitEvent(other, "demo", run, Event.StepStarted.class::isInstance);
                other.cancel(run);
                assertThat(other.await(run).outcome()).isEqualTo(Event.Outcome.CANCELLED);
            }
            engine.down("demo");
        }
    }

    @Test
    void aRunWhoseProcessHasOnlyBegunIsGoneWithItsCluster() throws Exception {
        try (Kindling engine = Engine.open(temporary.resolve("workspace"))) {
            String run = begin(engine, Racks.simulated(engine, 1, 114));
            assertThat(engine.down("demo").problems()).isEmpty();
            engine.await(run);
            assertThat(engine.status("demo").orElseThrow().state()).isEqualTo(ClusterStatus.State.DELETED);
        }
    }

    /** Its process writes the report and lets the lock go after the last word that anybody waits for. */
    @Test
    void theNextRunBeginsAsSoonAsTheLastOneHasSaidItsEnd() throws Exception {
        try (Kindling engine = Engine.open(temporary.resolve("workspace"))) {
            for (int machines : List.of(1, 2, 1)) {
                String run = begin(engine, Racks.simulated(engine, machines, 111));
                assertThat(engine.await(run).problems()).isEmpty();
            }
            assertThat(engine.down("demo").problems()).isEmpty();
        }
    }

    @Test
    void theNextRunBeginsAsSoonAsTheLastOneHasSaidItsEndInThisProcessToo() throws Exception {
        try (Engine engine = new Lab(temporary.resolve("lab"), Faults.NONE).open()) {
            for (int n = 0; n < 12; n++) {
                String run = begin(engine, Lab.definition(engine, 1 + n % 2, 112));
                assertThat(engine.await(run).problems()).isEmpty();
            }
        }
    }

    @Test
    void severalClustersOfOneWorkspaceAreBroughtUpAtOnce() throws Exception {
        try (Engine engine = Racks.engine(temporary.resolve("workspace"), UnaryOperator.identity())) {
            List<String> runs = List.of(
                    begin(engine, Racks.simulated(engine, 5, 104).replace("demo", "alpha")),
                    begin(engine, Racks.simulated(engine, 5, 105).replace("demo", "beta")),
                    begin(engine, Racks.simulated(engine, 5, 106).replace("demo", "gamma")));
            for (String run : runs) {
                assertThat(engine.await(run).problems()).as(run).isEmpty();
            }
            assertThat(engine.clusters()).extracting(ClusterStatus::name).containsExactly("alpha", "beta", "gamma");
            assertThat(engine.clusters()).extracting(ClusterStatus::state).containsOnly(ClusterStatus.State.READY);

            assertThat(engine.down("beta").problems()).isEmpty();
            assertThat(engine.status("alpha").orElseThrow().state()).isEqualTo(ClusterStatus.State.READY);
            assertThat(engine.plan(engine.definition("gamma").orElseThrow()).pending()).isZero();
        }
    }

    @Test
    void aRequiredHookBeforeTheRunKeepsItFromStartingAndTheLastHookLearnsWhy() throws Exception {
        var lab = new Lab(temporary.resolve("lab"), Faults.NONE);
        try (Engine engine = lab.open()) {
            String definition = Lab.definition(engine, 2, 107) + """
                      hooks:
                        - {when: before-run, command: [sh, -c, "echo closed; exit 4"]}
                        - {when: after-run, command: [sh, -c, 'echo "$KINDLING_OUTCOME $KINDLING_PROBLEM" > outcome']}
                    """;
            RunResult result = Lab.up(engine, definition);
            assertThat(result.outcome()).isEqualTo(Event.Outcome.FAILED);
            assertThat(result.problems()).singleElement()
                    .satisfies(problem -> assertThat(problem.message()).contains("ended with 4", "closed"));
            assertThat(engine.history("demo", 0)).noneMatch(each -> each.event() instanceof Event.StepStarted);
            assertThat(Files.readString(lab.workspace().resolve("outcome"))).startsWith("FAILED before-run hook sh");
            assertThat(engine.report("demo").orElseThrow().markdown()).contains("before-run hook sh ended with 4");
        }
    }

    @Test
    void aHookSeesNoSecretInTheJournalAndTheBundleHoldsNone() throws Exception {
        var lab = new Lab(temporary.resolve("lab"), Faults.NONE);
        Path bundle = temporary.resolve("help.zip");
        try (Engine engine = lab.open()) {
            String definition = Lab.definition(engine, 2, 108);
            assertThat(Lab.up(engine, definition).outcome()).isEqualTo(Event.Outcome.DONE);
            var workspace = Workspace.open(lab.workspace(),
                    Map.of("KINDLING_KEY_FILE", lab.workspace().resolveSibling("lab.key").toString()));
            String token;
            try (Store store = Store.open(lab.workspace(), Clock.systemUTC())) {
                token = new Secrets(workspace, store, "demo", _ -> {}).clusterToken();
            }
            Files.writeString(lab.workspace().resolve("stolen"), token);
            RunResult result = Lab.up(engine, definition + """
                      hooks:
                        - {when: before-run, command: [cat, stolen], required: true}
                    """);
            assertThat(result.outcome()).isEqualTo(Event.Outcome.DONE);
            assertThat(engine.history("demo", 0)).anySatisfy(recorded -> assertThat(recorded.event())
                    .isInstanceOfSatisfying(Event.HookRan.class, ran -> assertThat(ran.output()).isEqualTo("***")));
            assertThat(engine.bundle("demo", bundle)).contains(bundle);
            try (var zip = new ZipFile(bundle.toFile())) {
                assertThat(zip.size()).isEqualTo(7);
                for (var entry : java.util.Collections.list(zip.entries())) {
                    assertThat(new String(zip.getInputStream(entry).readAllBytes(),
                            java.nio.charset.StandardCharsets.UTF_8)).as(entry.getName()).doesNotContain(token);
                }
            }
            assertThat(engine.bundle("nobody", bundle)).isEmpty();
        }
    }

    @Test
    void whatTheBootServiceOverheardComesBeforeTheEndOfTheRun() throws Exception {
        Path workspace = temporary.resolve("workspace");
        var begun = new CountDownLatch(1);
        var ended = new CompletableFuture<Boolean>();
        var early = new CompletableFuture<Boolean>();
        UnaryOperator<Consumer<Event>> slow = journal -> event -> {
            if (Thread.currentThread().getName().equals("boot-evidence")) {
                begun.countDown();
                // no step waits for it any more
                if (Files.exists(workspace.resolve("stopped")) && !early.isDone()) {
                    early.complete(ended.copy().completeOnTimeout(true, 3, TimeUnit.SECONDS).join());
                }
            }
            journal.accept(event);
            if (event instanceof Event.RunEnded) {
                ended.complete(false);
            }
        };
        try (Engine engine = Racks.engine(workspace, slow)) {
            String run = begin(engine, Racks.simulated(engine, 2, 113) + """
                      hooks:
                        - {when: after-run, command: [sh, -c, "touch stopped; sleep 1"]}
                    """, SLOW);
            begun.await();
            engine.cancel(run);
            assertThat(engine.await(run).outcome()).isEqualTo(Event.Outcome.CANCELLED);
            assertThat(early.completeOnTimeout(true, 10, TimeUnit.SECONDS).join()).isTrue();
        }
    }

    /** The takeover itself is the store's business ({@code store.LeaseTest}); here is what the run makes of it. */
    @Test
    void aRunWhoseLockIsTakenStopsBeforeItsNextEffect() throws Exception {
        var lab = new Lab(temporary.resolve("lab"), Faults.NONE);
        var last = new AtomicLong();
        // one record at a time, so that none comes between the first order and the loss of the lock
        UnaryOperator<Consumer<Event>> thief = journal -> event -> {
            synchronized (last) {
                journal.accept(event);
                if (event instanceof Event.DiskWriteOrdered && last.get() == 0) {
                    last.set(steal(lab));
                }
            }
        };
        try (Engine engine = lab.open(thief)) {
            String run = begin(engine, Lab.definition(engine, 3, 110));
            assertThat(engine.await(run).problems()).extracting(problem -> problem.code())
                    .containsExactly("run-broken");
            // whatever was on its way when the lock went is refused: nothing was written, nothing ordered later
            assertThat(engine.history("demo", 0).getLast().seq()).isEqualTo(last.get()).isPositive();
            assertThat(told(engine, "demo", run, Event.RunEnded.class::isInstance)).isFalse();
            assertThat(lab.disks(engine, "demo").values()).allMatch(disk -> disk.startsWith("written 0"));
        }
    }

    /** Takes the lock away as another operator would; returns the number of the newest record. */
    private static long steal(Lab lab) {
        try (var database = DriverManager
                .getConnection("jdbc:sqlite:" + lab.workspace().resolve("state.db") + "?busy_timeout=5000");
                var steal = database.createStatement()) {
            assertThat(steal.executeUpdate("UPDATE lease SET token = token + 1 WHERE cluster = 'demo'")).isEqualTo(1);
            try (var newest = steal.executeQuery("SELECT max(seq) FROM event WHERE cluster = 'demo'")) {
                return newest.getLong(1);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aWidthThatMakesNoSenseIsRefused() throws Exception {
        try (Engine engine = new Lab(temporary.resolve("lab"), Faults.NONE).open()) {
            var plan = engine.plan(engine.validate("test", Lab.definition(engine, 2, 109)));
            var started = engine.apply(plan,
                    new ApplyOptions(Optional.empty(), false, 0, 1, Duration.ZERO, 0, Map.of("pwoer", 3, "write", 0)));
            assertThat(started.run()).isEmpty();
            assertThat(started.problems()).extracting(problem -> problem.code())
                    .containsExactly("parallel-unknown", "parallel-unknown");
        }
    }
}

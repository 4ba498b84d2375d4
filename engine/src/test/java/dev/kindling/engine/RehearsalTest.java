package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling.Rehearsal;
import dev.kindling.engine.api.Kindling.RehearsalOptions;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A plan for real machines, tried on simulated ones. */
class RehearsalTest {
    private static final String REAL = """
            apiVersion: kindling.dev/v1
            kind: Cluster
            metadata: {name: lab}
            spec:
              distribution: {name: k3s, version: v1.34.2+k3s1}
              networks:
                - {name: net, cidr: 10.20.0.0/16, gateway: 10.20.0.1, bootServer: 10.20.0.2, vlan: 7}
              addressing: {vip: 10.20.0.9}
              handOff: {remote: git@nowhere.invalid:x.git, apps: [cert-manager]}
              nodePools:
                - name: cp
                  role: control-plane
                  minimum: {cpus: 4, memory: 8Gi, disk: 100Gi}
                  machines: [{mac: "02:00:00:00:ff:01", address: 10.20.0.50, disk: {serial: CP-1}}]
                - name: workers
                  role: worker
                  minimum: {cpus: 8, memory: 16Gi, disk: 200Gi}
                  machines:
                    - {name: big-one, mac: "02:00:00:00:ff:02", disk: {wwn: naa.5000c500a1b2c3d4}}
                    - {mac: "02:00:00:00:ff:03", uuid: 4c4c4544-0042-3510-8054-b4c04f4a4d31, disk: {serial: WK-2}}
            """;

    @TempDir
    Path temporary;

    private Rehearsal rehearse(RehearsalOptions options, List<Event.Recorded> heard) throws Exception {
        Path workspace = temporary.resolve("workspace");
        try (Engine engine = Racks.engine(workspace, UnaryOperator.identity())) {
            Plan plan = engine.plan(engine.validate("lab.yaml", REAL));
            Rehearsal rehearsal = engine.rehearse(plan, options, heard::add);
            assertThat(engine.clusters()).as("the real workspace knows nothing of it").isEmpty();
            assertThat(engine.plan(engine.validate("lab.yaml", REAL))).isEqualTo(plan);
            return rehearsal;
        }
    }

    @Test
    void thePlanOfRealMachinesIsRunOnTwinsAndNothingIsLeftOfIt() throws Exception {
        List<Event.Recorded> heard = Collections.synchronizedList(new ArrayList<>());
        Rehearsal rehearsal = rehearse(RehearsalOptions.DEFAULT, heard);
        assertThat(rehearsal.result().problems()).isEmpty();
        assertThat(rehearsal.result().outcome()).isEqualTo(Event.Outcome.DONE);
        assertThat(rehearsal.took()).isPositive();
        assertThat(rehearsal.estimate()).isGreaterThan(Duration.ofMinutes(2));
        assertThat(heard).isNotEmpty();
        assertThat(rehearsal.events()).startsWith(heard.toArray(Event.Recorded[]::new));
        assertThat(rehearsal.events().stream()
                .flatMap(recorded -> recorded.event() instanceof Event.DiskWriteOrdered order
                        ? java.util.stream.Stream.of(order.machine() + " " + order.disk().selector())
                        : java.util.stream.Stream.empty()))
                .containsExactlyInAnyOrder("lab-cp-1 serial CP-1", "big-one WWN naa.5000c500a1b2c3d4",
                        "lab-wk-2 serial WK-2");
        assertThat(rehearsal.events().stream().filter(recorded -> recorded.event() instanceof Event.RunStarted run
                && run.notices().stream().anyMatch(notice -> notice.contains("SIMULATED")))).hasSize(1);
        assertThat(room(heard)).doesNotExist();
    }

    /** What no run performs yet is not rehearsed either, as if it went well. */
    @ParameterizedTest
    @CsvSource({"okd-load-balancer.yaml, distribution-not-yet", "talos-production.yaml, distribution-not-yet"})
    void whatCannotBePerformedYetIsRefusedWithTheSameWords(String example, String code) throws Exception {
        String text = Files.readString(Path.of(System.getProperty("kindling.home", "..")).resolve("docs/examples")
                .resolve(example));
        var heard = new ArrayList<Event.Recorded>();
        try (Engine engine = Racks.engine(temporary.resolve("workspace"), UnaryOperator.identity())) {
            Plan plan = engine.plan(engine.validate(example, text));
            Rehearsal rehearsal = engine.rehearse(plan, RehearsalOptions.DEFAULT, heard::add);
            assertThat(rehearsal.result().outcome()).isEqualTo(Event.Outcome.FAILED);
            assertThat(rehearsal.result().problems()).extracting(Problem::code).contains(code)
                    .allMatch(each -> each.endsWith("-not-yet"));
            assertThat(rehearsal.result().problems()).extracting(Problem::message)
                    .isSubsetOf(Engine.notYet(engine.validate(example, text)).stream().map(Problem::message).toList());
            assertThat(rehearsal.events()).isEmpty();
            assertThat(heard).isEmpty();
            assertThat(engine.clusters()).isEmpty();
        }
    }

    @Test
    void failuresLeadToRetriesAndToTheSameEnd() throws Exception {
        Rehearsal rehearsal = rehearse(new RehearsalOptions(5, Duration.ofMillis(2), 25, 6),
                Collections.synchronizedList(new ArrayList<>()));
        List<Event> events = rehearsal.events().stream().map(Event.Recorded::event).toList();
        assertThat(events.stream().filter(Event.StepFailed.class::isInstance).map(Event.StepFailed.class::cast))
                .isNotEmpty().allSatisfy(failed -> {
                    assertThat(failed.step()).startsWith("install/");
                    assertThat(failed.problem().code()).isEqualTo("machine-failed");
                    assertThat(failed.problem().message()).contains("simulated failure");
                    assertThat(failed.retryInMillis()).isNotNegative();
                });
        assertThat(rehearsal.result().outcome()).isEqualTo(Event.Outcome.DONE);
        assertThat(events.stream().filter(event -> event instanceof Event.MachineObserved seen
                && seen.stage() == BootStage.READY)).hasSizeGreaterThanOrEqualTo(3);
        assertThat(rehearsal.estimate()).isGreaterThan(Duration.ofMinutes(2).plusSeconds(30));
    }

    /** Whoever is impatient does so more than once. */
    @Test
    void whoeverInterruptsItIsObeyedAndNothingIsLeft() throws Exception {
        Thread here = Thread.currentThread();
        List<Event.Recorded> heard = Collections.synchronizedList(new ArrayList<>());
        var over = new CountDownLatch(1);
        try (Engine engine = Racks.engine(temporary.resolve("workspace"), UnaryOperator.identity())) {
            Plan plan = engine.plan(engine.validate("lab.yaml", REAL));
            var began = new CountDownLatch(1);
            Thread impatient = Thread.ofPlatform().start(() -> {
                try {
                    began.await();
                    do {
                        here.interrupt();
                    } while (!over.await(1, TimeUnit.MILLISECONDS));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            try {
                assertThatExceptionOfType(InterruptedException.class)
                        .isThrownBy(() -> engine.rehearse(plan, RehearsalOptions.DEFAULT, recorded -> {
                            heard.add(recorded);
                            if (recorded.event() instanceof Event.InventoryReceived) {
                                began.countDown();
                            }
                        }));
                assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
                        .as("its run has ended").noneMatch(name -> name.startsWith("run-"));
            } finally {
                over.countDown();
                while (impatient.isAlive()) {
                    var _ = Thread.interrupted();
                    Thread.onSpinWait();
                }
                var _ = Thread.interrupted();
            }
        }
        assertThat(room(heard)).doesNotExist();
    }

    /** The directory of a rehearsal: others on this computer may rehearse meanwhile. */
    private static Path room(List<Event.Recorded> events) {
        Path directory = Path.of(System.getProperty("java.io.tmpdir"));
        return events.stream().map(Event.Recorded::event).filter(Event.ResourceCreated.class::isInstance)
                .map(created -> Path.of(((Event.ResourceCreated) created).id()))
                .filter(path -> path.startsWith(directory))
                .map(path -> directory.resolve(directory.relativize(path).getName(0))).findFirst().orElseThrow();
    }
}

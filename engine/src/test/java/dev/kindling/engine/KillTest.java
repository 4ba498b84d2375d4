package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.RunResult;
import dev.kindling.engine.machine.simulated.DirectRack.Faults;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A rack of twenty machines with faults is killed at every record of its journal, before and after it, and comes to the
 * same end; no disk is written twice. The kills come one after the other in each run, as a bad day would have them.
 */
class KillTest {
    private static final int LANES = 2;
    private static final Faults FAULTS = new Faults(1, 15, 15, 5, 30);

    private Path temporary;

    /** Each kill is told as an error, as it should be; here they are meant. */
    @BeforeEach
    void beQuiet() {
        ((ch.qos.logback.classic.Logger) org.slf4j.LoggerFactory.getLogger(Conductor.class))
                .setLevel(ch.qos.logback.classic.Level.OFF);
    }

    @AfterEach
    void speakAgain() {
        ((ch.qos.logback.classic.Logger) org.slf4j.LoggerFactory.getLogger(Conductor.class)).setLevel(null);
    }

    @BeforeEach
    void makeRoom() throws Exception {
        // memory: the kill is of the process, not of the disk under it (store.CrashTest has those)
        Path memory = Path.of("/dev/shm");
        temporary = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "kindling-kill")
                : Files.createTempDirectory("kindling-kill");
    }

    @AfterEach
    void cleanUp() throws Exception {
        delete(temporary);
    }

    private static void delete(Path directory) throws Exception {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    @Test
    void killedAnywhereItComesToTheSameEnd() throws Exception {
        kill(6, 16, 9);
    }

    @Test
    @Tag("full")
    void killedAtEveryRecordOfFiveHundredRunsItComesToTheSameEnd() throws Exception {
        kill(20, 500, 1);
    }

    /**
     * @param sparse 1: every point is killed at; more: every so-manieth
     */
    private void kill(int machines, int runs, int sparse) throws Exception {
        int records = recordsOfAnUnbrokenRun(machines);
        int points = records * 2;
        var covered = new BitSet();
        var next = new AtomicInteger();
        List<Integer> order = IntStream.range(0, points).filter(point -> point % sparse == 0).boxed().toList();
        int each = Math.max(1, (order.size() + runs - 1) / runs);
        long began = System.nanoTime();
        inLanes(lane -> {
            for (int run = next.getAndIncrement(); run < runs; run = next.getAndIncrement()) {
                var mine = new ArrayList<Integer>();
                for (int n = 0; n < each; n++) {
                    // far from each other, so that the second kill meets a run that has come on since the first
                    mine.add(order.get((run + n * runs) % order.size()));
                }
                killAndResume(machines, run, lane, mine);
                synchronized (covered) {
                    mine.forEach(covered::set);
                }
            }
        });
        System.out.printf("%d runs of %d machines, %d of %d kill points, %d kills a run: %.1f s%n", runs, machines,
                covered.cardinality(), points, each, (System.nanoTime() - began) / 1e9);
        assertThat(covered.cardinality()).isEqualTo(order.size());
    }

    private interface Lane {
        void work(int number) throws Exception;
    }

    private static void inLanes(Lane lane) throws Exception {
        try (var executor = Executors.newFixedThreadPool(LANES)) {
            var lanes = new ArrayList<Future<Void>>();
            for (int number = 0; number < LANES; number++) {
                int mine = number;
                lanes.add(executor.submit((Callable<Void>) () -> {
                    lane.work(mine);
                    return null;
                }));
            }
            for (Future<Void> each : lanes) {
                each.get();
            }
        }
    }

    private int recordsOfAnUnbrokenRun(int machines) throws Exception {
        var lab = new Lab(temporary.resolve("unbroken"), Faults.NONE);
        var counter = new KillPoints(KillPoints.NEVER);
        try (Engine engine = lab.open(counter)) {
            RunResult result = Lab.up(engine, Lab.definition(engine, machines, 90));
            assertThat(result.outcome()).as(Lab.story(engine, "demo")).isEqualTo(Event.Outcome.DONE);
        }
        return counter.records();
    }

    private void killAndResume(int machines, int run, int lane, List<Integer> points) throws Exception {
        var lab = new Lab(temporary.resolve("run-" + run), new Faults(run + 1, FAULTS.lost(), FAULTS.duplicated(),
                FAULTS.powerCut(), FAULTS.failedSwitch()));
        String definition = "";
        for (int point : points) {
            try (Engine engine = lab.open(new KillPoints(point))) {
                definition = Lab.definition(engine, machines, 91 + lane);
                var validation = engine.validate("test", definition);
                if (engine.plan(validation).pending() > 0) {
                    engine.await(Lab.apply(engine, definition));
                }
            }
        }
        try (Engine engine = lab.open()) {
            for (int attempt = 0; attempt < 3 && !Lab.up(engine, definition).outcome().equals(Event.Outcome.DONE);) {
                // faults may use up the attempts of a step: that is an honest failure, and the next run goes on
                attempt++;
            }
            String story = "run " + run + " killed at " + points + "\n";
            var end = lab.endState(engine, "demo");
            if (end.state() != ClusterStatus.State.READY || end.pending() > 0) {
                story += Lab.story(engine, "demo");
            }
            assertThat(end.state()).as(story).isEqualTo(ClusterStatus.State.READY);
            assertThat(end.machines().values()).as(story).hasSize(machines).containsOnly("READY");
            assertThat(end.conditions().values()).as(story).allMatch(text -> text.startsWith("TRUE"));
            assertThat(end.disks().values()).as(story).hasSize(machines)
                    .containsOnly("written 1, ordered 1, mark of the last order");
            assertThat(end.pending()).as(story).isZero();
            assertThat(end.secrets()).as(story).containsExactlyInAnyOrder("demo/api-token", "demo/boot-key",
                    "demo/cluster-token", "demo/kubeconfig", "demo/kubeconfig-received");
        }
        delete(lab.workspace());
    }

    @Test
    void downAfterAKillAnywhereLeavesNothingBehind() throws Exception {
        int points = recordsOfAnUnbrokenRun(2) * 2;
        var next = new AtomicInteger();
        inLanes(lane -> {
            for (int point = next.getAndIncrement(); point < points; point = next.getAndIncrement()) {
                var lab = new Lab(temporary.resolve("down-" + point), FAULTS);
                try (Engine engine = lab.open(new KillPoints(point))) {
                    engine.await(Lab.apply(engine, Lab.definition(engine, 2, 93 + lane)));
                }
                try (Engine engine = lab.open()) {
                    RunResult result = engine.down("demo");
                    assertThat(result.outcome()).as("killed at " + point + ": " + result.problems())
                            .isEqualTo(Event.Outcome.DONE);
                    assertThat(engine.status("demo").orElseThrow().state()).isEqualTo(ClusterStatus.State.DELETED);
                    assertThat(lab.leftOf("demo")).as("killed at " + point + "\n" + Lab.story(engine, "demo"))
                            .isEmpty();
                }
                delete(lab.workspace());
            }
        });
    }
}

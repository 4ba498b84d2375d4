package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.model.Machine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Over real sockets: the engine dies after every fifth record of its journal; the next one goes on and comes to the
 * same end. {@link KillTest} kills at every single one, without sockets.
 */
class CrashTest {
    private static final int PARALLEL = 8;
    private static final int SPARSE = 5;

    @TempDir
    Path temporary;

    /** Lets so many records through; all that comes after is lost, as if the process had been killed there. */
    private record KilledAfter(int records, AtomicInteger written) implements UnaryOperator<Consumer<Event>> {
        @Override
        public Consumer<Event> apply(Consumer<Event> journal) {
            return event -> {
                if (written.incrementAndGet() > records) {
                    throw new Killed();
                }
                journal.accept(event);
            };
        }
    }

    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;

        Killed() {
            super("killed here", null, false, false);
        }
    }

    @Test
    void killedAfterARecordItGoesOnAndWritesNoDiskTwice() throws Exception {
        int records = recordsOfAnUnbrokenRun();
        assertThat(records).isGreaterThan(30);
        try (var executor = Executors.newFixedThreadPool(PARALLEL)) {
            var runs = new ArrayList<Future<Void>>();
            for (int lane = 0; lane < PARALLEL; lane++) {
                int first = lane;
                runs.add(executor.submit((Callable<Void>) () -> {
                    for (int kill = first * SPARSE + 1; kill <= records; kill += PARALLEL * SPARSE) {
                        killAndResume(kill, 60 + first);
                    }
                    return null;
                }));
            }
            for (Future<Void> run : runs) {
                run.get();
            }
        }
    }

    private int recordsOfAnUnbrokenRun() throws Exception {
        var counter = new KilledAfter(Integer.MAX_VALUE, new AtomicInteger());
        try (Engine engine = Racks.engine(temporary.resolve("unbroken"), counter)) {
            assertThat(Racks.up(engine, Racks.simulated(engine, 2, 59), ApplyOptions.DEFAULT).outcome())
                    .isEqualTo(Event.Outcome.DONE);
        }
        return counter.written().get();
    }

    private void killAndResume(int kill, int network) throws Exception {
        Path workspace = Files.createDirectory(temporary.resolve("kill-" + kill));
        String definition;
        try (Engine engine = Racks.engine(workspace, new KilledAfter(kill, new AtomicInteger()))) {
            definition = Racks.simulated(engine, 2, network);
            Racks.up(engine, definition, ApplyOptions.DEFAULT);
        }
        try (Engine engine = Racks.engine(workspace, UnaryOperator.identity())) {
            var result = Racks.up(engine, definition, ApplyOptions.DEFAULT);
            List<Event.Recorded> journal = engine.history("demo", 0);
            String story = "killed after record " + kill + ": " + result.problems() + "\n"
                    + String.join("\n", journal.stream().map(recorded -> recorded.event().text()).toList());
            assertThat(result.outcome()).as(story).isEqualTo(Event.Outcome.DONE);
            assertThat(engine.status("demo").orElseThrow().state()).as(story).isEqualTo(ClusterStatus.State.READY);
            for (Machine machine : Kindling.modelOf(engine.definition("demo").orElseThrow()).machines()) {
                assertThat(Racks.writes(workspace, "demo", machine)).as(machine.name() + ", " + story).isEqualTo(1);
                assertThat(journal.stream().filter(recorded -> recorded.event() instanceof Event.DiskWriteOrdered order
                        && order.machine().equals(machine.name()))).as(story).hasSize(1);
            }
        }
    }
}

package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.ClusterStatus.State;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.RunResult;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.machine.simulated.DirectRack.Faults;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.jspecify.annotations.Nullable;

/**
 * Random sequences of what operators and accidents do to a cluster, against a model of a few fields. A sequence that
 * fails is made shorter as long as it fails; the message has the seed and what is left of it.
 */
class ModelTest {
    /** A sequence ends within a second; this is for machines that are busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Path temporary;

    @BeforeEach
    void makeRoom() throws Exception {
        Path memory = Path.of("/dev/shm");
        temporary = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "kindling-model")
                : Files.createTempDirectory("kindling-model");
        ((ch.qos.logback.classic.Logger) org.slf4j.LoggerFactory.getLogger(Conductor.class))
                .setLevel(ch.qos.logback.classic.Level.OFF);
    }

    @AfterEach
    void cleanUp() throws Exception {
        ((ch.qos.logback.classic.Logger) org.slf4j.LoggerFactory.getLogger(Conductor.class)).setLevel(null);
        delete(temporary);
    }

    private static void delete(Path directory) throws Exception {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** What is done; {@code at} is a number of records, or of machines. */
    private record Operation(Kind kind, int at) {
        @Override
        public String toString() {
            return kind + "(" + at + ")";
        }
    }

    private enum Kind {
        APPLY,
        APPLY_KILLED_BEFORE,
        APPLY_KILLED_AFTER,
        APPLY_CANCELLED,
        APPLY_PAUSED,
        APPLY_PAUSED_AND_KILLED,
        EDIT,
        DOWN
    }

    private static List<Operation> operations(long seed) {
        var random = new SplittableRandom(seed);
        var operations = new ArrayList<Operation>();
        for (int n = 4 + random.nextInt(6); n > 0; n--) {
            Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
            operations.add(new Operation(kind, kind == Kind.EDIT ? 1 + random.nextInt(4) : 1 + random.nextInt(90)));
        }
        return List.copyOf(operations);
    }

    /** The model: all that a user must remember to know what to expect. */
    private static final class Expected {
        /** Machines of the definition that will be applied next. */
        int wanted = 2;
        /** Machines of the last run, where that ended well; 0: it did not, or there was none. */
        int formed;
        /** Whether there is anything to remove. */
        boolean known;
        boolean paused;
    }

    @Test
    void whateverIsDoneToAClusterItIsAsTheModelSays() throws Exception {
        trySeeds(1, 25);
    }

    /** {@code -Dseed=1042 -Dseeds=1} tries one of them again. */
    @Test
    @Tag("full")
    void fourHundredSequencesEndAsTheModelSays() throws Exception {
        trySeeds(Integer.getInteger("seed", 1000), Integer.getInteger("seeds", 400));
    }

    private void trySeeds(long first, int count) throws Exception {
        long began = System.nanoTime();
        int done = 0;
        for (long seed = first; seed < first + count; seed++) {
            List<Operation> operations = operations(seed);
            done += operations.size();
            AssertionError failure = attempt(seed, operations);
            if (failure != null) {
                List<Operation> least = shrink(seed, operations);
                throw new AssertionError("seed " + seed + ", shrunk from " + operations + " to " + least + ": "
                        + failure.getMessage(), failure);
            }
        }
        System.out.printf("%d sequences, %d operations: %.1f s%n", count, done, (System.nanoTime() - began) / 1e9);
    }

    private List<Operation> shrink(long seed, List<Operation> failing) throws Exception {
        List<Operation> least = failing;
        for (boolean shorter = true; shorter;) {
            shorter = false;
            for (int drop = 0; drop < least.size() && !shorter; drop++) {
                var fewer = new ArrayList<>(least);
                fewer.remove(drop);
                if (attempt(seed, fewer) != null) {
                    least = List.copyOf(fewer);
                    shorter = true;
                }
            }
        }
        return least;
    }

    /** On a thread of its own, so that a sequence that never ends is a failure like any other. */
    private @Nullable AssertionError attempt(long seed, List<Operation> operations) throws Exception {
        var attempt = new FutureTask<@Nullable AssertionError>(() -> inOneGo(seed, operations));
        Thread thread = Thread.ofPlatform().name("sequence-" + seed).start(attempt);
        boolean ended = thread.join(PATIENCE);
        if (!ended) {
            var stands = new AssertionError("it never ends; it stands here");
            stands.setStackTrace(thread.getStackTrace());
            thread.interrupt();
            AssertionError story = attempt.get();
            if (story != null) {
                stands.addSuppressed(story);
            }
            return stands;
        }
        return attempt.get();
    }

    private @Nullable AssertionError inOneGo(long seed, List<Operation> operations) throws Exception {
        Path workspace = Files.createTempDirectory(temporary, "seed-" + seed + "-");
        var lab = new Lab(workspace.resolve("w"), new Faults(seed, 5, 10, 3, 10));
        var expected = new Expected();
        try {
            for (Operation operation : operations) {
                perform(lab, operation, expected);
            }
            // whatever happened: it can always be brought up, and always be removed
            perform(lab, new Operation(Kind.APPLY, 0), expected);
            perform(lab, new Operation(Kind.DOWN, 0), expected);
            return null;
        } catch (AssertionError e) {
            return e;
        } finally {
            delete(workspace);
        }
    }

    private void perform(Lab lab, Operation operation, Expected expected) throws Exception {
        int point = switch (operation.kind()) {
            case APPLY_KILLED_BEFORE -> operation.at() * 2;
            case APPLY_KILLED_AFTER -> operation.at() * 2 + 1;
            case APPLY, APPLY_CANCELLED, APPLY_PAUSED, APPLY_PAUSED_AND_KILLED, EDIT, DOWN -> KillPoints.NEVER;
        };
        var process = new KillPoints(point);
        try (Engine engine = lab.open(process)) {
            try {
                switch (operation.kind()) {
                    case EDIT -> expected.wanted = operation.at();
                    case DOWN -> down(engine, lab, expected);
                    default -> apply(engine, process, operation, expected);
                }
                always(engine, lab, expected);
            } catch (AssertionError | InterruptedException e) {
                throw new AssertionError("at " + operation + ": " + e.getMessage() + "\n" + Lab.story(engine, "demo"),
                        e);
            }
        }
    }

    private static void down(Engine engine, Lab lab, Expected expected) throws Exception {
        if (!expected.known) {
            return;
        }
        RunResult result = engine.down("demo");
        assertThat(result.outcome()).as("down: " + result.problems()).isEqualTo(Event.Outcome.DONE);
        assertThat(engine.status("demo").orElseThrow().state()).isEqualTo(State.DELETED);
        assertThat(lab.leftOf("demo")).isEmpty();
        expected.formed = 0;
        expected.paused = false;
    }

    private static void apply(Engine engine, KillPoints process, Operation operation, Expected expected)
            throws Exception {
        String definition = Lab.definition(engine, expected.wanted, 97);
        Validation validation = engine.validate("test", definition);
        var plan = engine.plan(validation);
        boolean formed = expected.formed == expected.wanted;
        assertThat(plan.pending() == 0).as("nothing to do is planned exactly when all was applied").isEqualTo(formed);
        if (formed) {
            return;
        }
        var started = engine.apply(plan, ApplyOptions.DEFAULT);
        assertThat(started.problems()).isEmpty();
        expected.known = true;
        expected.formed = 0;
        String run = started.run().orElseThrow();
        if (expected.paused) {
            expected.paused = !resumed(engine, process, run);
        }
        switch (operation.kind()) {
            case APPLY_CANCELLED -> {
                awaitRecords(engine, process, run, operation.at());
                engine.cancel(run);
            }
            case APPLY_PAUSED -> {
                awaitRecords(engine, process, run, operation.at());
                pause(engine, run);
                engine.resume(run);
            }
            case APPLY_PAUSED_AND_KILLED -> {
                awaitRecords(engine, process, run, operation.at());
                expected.paused = pause(engine, run);
                process.kill();
            }
            default -> {
                // goes on by itself, or dies by itself
            }
        }
        if (process.dead() && operation.kind() == Kind.APPLY_PAUSED_AND_KILLED) {
            assertThat(engine.status("demo").orElseThrow().state()).isIn(State.PROGRESSING, State.READY, State.FAILED);
            if (told(engine, run, Event.RunEnded.class::isInstance)) {
                theEnd(engine, process, run, operation, definition, expected);
            }
            return;
        }
        theEnd(engine, process, run, operation, definition, expected);
    }

    private static void theEnd(Engine engine, KillPoints process, String run, Operation operation, String definition,
            Expected expected) throws Exception {
        RunResult result = engine.await(run);
        boolean ended = told(engine, run, Event.RunEnded.class::isInstance);
        if (!ended) {
            assertThat(process.dead()).as("only a kill ends a run without a word: " + result).isTrue();
            assertThat(engine.status("demo").orElseThrow().state()).isIn(State.DEFINED, State.FAILED,
                    State.PROGRESSING, State.READY, State.DEGRADED, State.DELETED);
            return;
        }
        expected.paused = false;
        switch (result.outcome()) {
            case DONE -> {
                expected.formed = expected.wanted;
                assertThat(engine.status("demo").orElseThrow().state()).isEqualTo(State.READY);
                assertThat(engine.definition("demo").orElseThrow().text()).isEqualTo(definition);
            }
            case CANCELLED -> assertThat(operation.kind()).isEqualTo(Kind.APPLY_CANCELLED);
            case FAILED -> {
                assertThat(result.problems()).isNotEmpty();
                if (operation.kind() == Kind.APPLY) {
                    // faults may use up a step's attempts; the next try goes on
                    apply(engine, process, operation, expected);
                }
            }
        }
    }

    /** Whether it was paused: a run may end before it is asked. */
    private static boolean pause(Engine engine, String run) throws Exception {
        engine.pause(run);
        while (!told(engine, run, Event.RunPaused.class::isInstance)) {
            if (told(engine, run, Event.RunEnded.class::isInstance)) {
                return false;
            }
            Thread.sleep(2);
        }
        nothingStartsWhilePaused(engine, run);
        return !told(engine, run, Event.RunEnded.class::isInstance);
    }

    /** A run that was paused when its process died is paused still. False: this process dies as well before that. */
    private static boolean resumed(Engine engine, KillPoints process, String run) throws Exception {
        while (!told(engine, run, Event.RunPaused.class::isInstance) && !process.dead()) {
            assertThat(told(engine, run, Event.RunEnded.class::isInstance)).as("it is paused").isFalse();
            Thread.sleep(2);
        }
        if (process.dead()) {
            return false;
        }
        nothingStartsWhilePaused(engine, run);
        engine.resume(run);
        return true;
    }

    private static void nothingStartsWhilePaused(Engine engine, String run) throws Exception {
        Thread.sleep(20);
        boolean paused = false;
        for (Event.Recorded recorded : engine.history("demo", 0)) {
            if (recorded.run().equals(run)) {
                switch (recorded.event()) {
                    case Event.RunPaused _ -> paused = true;
                    case Event.RunContinued _ -> paused = false;
                    case Event.StepStarted step -> assertThat(paused).as("starts while paused: " + step).isFalse();
                    default -> {
                        // goes on
                    }
                }
            }
        }
    }

    private static boolean told(Engine engine, String run, Predicate<Event> what) {
        return engine.history("demo", 0).stream()
                .anyMatch(recorded -> recorded.run().equals(run) && what.test(recorded.event()));
    }

    private static void awaitRecords(Engine engine, KillPoints process, String run, int records) throws Exception {
        while (process.records() < records && !process.dead() && !told(engine, run, Event.RunEnded.class::isInstance)) {
            Thread.sleep(1);
        }
    }

    /** What holds whatever was done. */
    private static void always(Engine engine, Lab lab, Expected expected) throws Exception {
        if (!expected.known) {
            return;
        }
        var status = engine.status("demo").orElseThrow();
        assertThat(status.reason()).isNotBlank();
        assertThat(status.conditions()).hasSize(4)
                .allSatisfy(condition -> assertThat(condition.message()).isNotBlank());
        for (String disk : lab.disks(engine, "demo").values()) {
            assertThat(disk).matches("written [01], ordered 1, mark .*");
        }
    }
}

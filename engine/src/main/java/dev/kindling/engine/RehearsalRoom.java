package dev.kindling.engine;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.Kindling.Rehearsal;
import dev.kindling.engine.api.Kindling.RehearsalOptions;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.RunResult;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.plan.Pace;
import dev.kindling.engine.plan.Schedule;
import dev.kindling.engine.plan.Step;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Where a plan is tried on simulated machines: an engine of its own, over a directory that is gone afterwards. */
final class RehearsalRoom {
    private final Clock clock;
    private final RandomGenerator random;

    RehearsalRoom(Clock clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    /**
     * Blocks until the run ends.
     *
     * @param steps of the real run, for the estimate
     */
    Rehearsal rehearse(Plan plan, List<Step> steps, RehearsalOptions options, Consumer<Event.Recorded> listener)
            throws InterruptedException {
        Path directory;
        try {
            directory = Files.createTempDirectory("kindling-rehearsal-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // for a process that is told to end in the middle of it
        Thread cleanUp = new Thread(() -> delete(directory), "rehearsal-clean-up");
        Runtime.getRuntime().addShutdownHook(cleanUp);
        try {
            try (Engine engine = Engine.openInProcess(directory.resolve("workspace"),
                    Map.of("KINDLING_KEY_FILE", directory.resolve("key").toString()), clock, random,
                    UnaryOperator.identity())) {
                return rehearse(engine, plan, steps, options, listener);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            delete(directory);
            forget(cleanUp);
        }
    }

    private static void forget(Thread cleanUp) {
        try {
            Runtime.getRuntime().removeShutdownHook(cleanUp);
        } catch (IllegalStateException e) {
            // the process ends already: the hook does its work
        }
    }

    private static Rehearsal rehearse(Engine engine, Plan plan, List<Step> steps, RehearsalOptions options,
            Consumer<Event.Recorded> listener) throws InterruptedException {
        String cluster = plan.cluster().name();
        Validation twin = engine.validate("rehearsal of " + cluster, SimulatedTwin.of(plan.cluster()));
        List<Problem> refused = twin.ok() ? Engine.notYet(twin) : twin.problems();
        if (!refused.isEmpty()) {
            return new Rehearsal(new RunResult("", Event.Outcome.FAILED, refused), Duration.ZERO, plan.estimate(),
                    List.of());
        }
        long began = System.nanoTime();
        Kindling.Started started = engine.beginRehearsal(engine.plan(twin), new ApplyOptions(Optional.empty(), false,
                options.lossPercent(), options.seed(), options.delay(), options.failurePercent(),
                Map.of()));
        if (started.run().isEmpty()) {
            return new Rehearsal(new RunResult("", Event.Outcome.FAILED, started.problems()), Duration.ZERO,
                    plan.estimate(), List.of());
        }
        String run = started.run().get();
        RunResult result;
        Duration took;
        List<Event.Recorded> events;
        var told = new CountDownLatch(1);
        try (Kindling.Subscription _ = engine.events(cluster, 0, recorded -> tell(recorded, listener, told))) {
            result = engine.await(run);
            took = Duration.ofNanos(System.nanoTime() - began);
            events = engine.history(cluster, 0);
            // a subscription of its own may be behind; a run that broke has no last word to wait for
            if (events.stream().anyMatch(recorded -> recorded.event() instanceof Event.RunEnded)) {
                told.await();
            }
        }
        return new Rehearsal(result, took, estimate(plan, steps, events), events);
    }

    /** Tells one event; {@code told} is counted down after the last one, and where the listener wants no more. */
    private static void tell(Event.Recorded recorded, Consumer<Event.Recorded> listener, CountDownLatch told) {
        boolean over = true;
        try {
            listener.accept(recorded);
            over = recorded.event() instanceof Event.RunEnded;
        } finally {
            if (over) {
                told.countDown();
            }
        }
    }

    /** What is to be done on the real machines, with the attempts that each step took here. */
    private static Duration estimate(Plan plan, List<Step> steps, List<Event.Recorded> events) {
        Set<String> pending = new HashSet<>();
        plan.actions().stream().filter(action -> !action.done()).forEach(action -> pending.add(action.id()));
        Map<String, Integer> attempts = new HashMap<>();
        for (Event.Recorded recorded : events) {
            if (recorded.event() instanceof Event.StepStarted started) {
                attempts.merge(started.step(), started.attempt(), Math::max);
            }
        }
        return Schedule.length(steps, Pace.of(plan.cluster().limits()),
                step -> pending.contains(step.id()) ? attempts.getOrDefault(step.id(), 1) : 0);
    }

    private static void delete(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path left, @Nullable IOException problem)
                        throws IOException {
                    Files.delete(left);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException("the rehearsal's directory " + directory + " cannot be removed", e);
        }
    }
}

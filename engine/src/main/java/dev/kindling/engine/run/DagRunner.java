package dev.kindling.engine.run;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.plan.Step;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs steps in the order of their dependencies, each on a virtual thread, at most so many of a lane at once. Each step
 * is journalled before its first effect and after its last. A failed step keeps only its dependents from starting.
 */
public final class DagRunner {
    private static final Logger LOG = LoggerFactory.getLogger(DagRunner.class);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final Consumer<Event> journal;
    private final Clock clock;
    private final RandomGenerator random;
    private final Map<Step.Lane, Semaphore> lanes = new EnumMap<>(Step.Lane.class);
    private final BlockingQueue<Ended> ended = new LinkedBlockingQueue<>();
    private final Map<String, Thread> working = new HashMap<>();
    private volatile boolean cancelled;

    /**
     * @param journal writes an event durably before it returns; what it throws ends the run
     * @param random jitter of the pauses between attempts
     */
    public DagRunner(Consumer<Event> journal, Clock clock, RandomGenerator random) {
        this.journal = journal;
        this.clock = clock;
        this.random = random;
        for (Step.Lane lane : Step.Lane.values()) {
            lanes.put(lane, new Semaphore(lane.width()));
        }
    }

    /** How a run ended: {@code problems} in the order in which they arose. */
    public record Result(Event.Outcome outcome, List<Problem> problems) {}

    private sealed interface Ended {}

    private record Done(Step step) implements Ended {}

    private record Failed(Step step, Problem problem) implements Ended {}

    private record Stopped(Step step) implements Ended {}

    private record Broken(Step step, Throwable bug) implements Ended {}

    /**
     * No further step is started, and those at work are interrupted. Returns at once; may be called from any thread.
     */
    public void cancel() {
        cancelled = true;
        synchronized (working) {
            working.values().forEach(Thread::interrupt);
        }
    }

    /** Runs until nothing more can be done. A bug in a step, or a journal that fails, stops the run and is thrown. */
    public Result run(Collection<Step> steps) throws InterruptedException {
        var waiting = new Waiting(steps);
        var problems = new ArrayList<Problem>();
        int active = 0;
        List<Step> ready = waiting.free();
        try {
            while (true) {
                if (!cancelled) {
                    ready.forEach(this::start);
                    active += ready.size();
                }
                if (active == 0) {
                    break;
                }
                Ended end = ended.take();
                active--;
                ready = List.of();
                switch (end) {
                    case Done(Step step) -> ready = waiting.freedBy(step);
                    case Failed(Step _, Problem problem) -> problems.add(problem);
                    case Stopped _ -> {
                        // the reason is the cancellation, which is told below
                    }
                    case Broken(Step step, Throwable bug) ->
                        throw new IllegalStateException("step " + step.id() + " is broken", bug);
                }
            }
        } finally {
            if (active > 0) {
                cancel();
            }
        }
        if (cancelled) {
            return new Result(Event.Outcome.CANCELLED, List.copyOf(problems));
        }
        if (problems.isEmpty() && waiting.any()) {
            throw new IllegalArgumentException("steps wait for each other: " + waiting.missing.keySet());
        }
        return new Result(problems.isEmpty() ? Event.Outcome.DONE : Event.Outcome.FAILED, List.copyOf(problems));
    }

    /** Who waits for whom; a step leaves it when the last step that it depends on is done. */
    private static final class Waiting {
        final Map<String, Integer> missing = new LinkedHashMap<>();
        private final Map<String, List<Step>> dependents = new HashMap<>();
        private final List<Step> free = new ArrayList<>();

        Waiting(Collection<Step> steps) {
            var ids = new HashSet<String>();
            for (Step step : steps) {
                if (!ids.add(step.id())) {
                    throw new IllegalArgumentException("two steps are called " + step.id());
                }
            }
            for (Step step : steps) {
                for (String dependency : step.action().dependsOn()) {
                    if (!ids.contains(dependency)) {
                        throw new IllegalArgumentException(
                                step.id() + " depends on " + dependency + ", which is no step");
                    }
                    dependents.computeIfAbsent(dependency, _ -> new ArrayList<>()).add(step);
                }
                if (step.action().dependsOn().isEmpty()) {
                    free.add(step);
                } else {
                    missing.put(step.id(), step.action().dependsOn().size());
                }
            }
        }

        List<Step> free() {
            return free;
        }

        List<Step> freedBy(Step done) {
            var freed = new ArrayList<Step>();
            for (Step step : dependents.getOrDefault(done.id(), List.of())) {
                if (missing.merge(step.id(), -1, Integer::sum) == 0) {
                    missing.remove(step.id());
                    freed.add(step);
                }
            }
            return freed;
        }

        boolean any() {
            return !missing.isEmpty();
        }
    }

    private void start(Step step) {
        synchronized (working) {
            working.put(step.id(), Thread.ofVirtual().name("step-" + step.id()).start(() -> {
                Ended end;
                try {
                    end = execute(step);
                } catch (InterruptedException e) {
                    end = new Stopped(step);
                } catch (RuntimeException | Error e) {
                    end = cancelled ? new Stopped(step) : new Broken(step, e);
                    LOG.debug("step {} ended by an exception", step.id(), e);
                }
                synchronized (working) {
                    working.remove(step.id());
                }
                ended.add(end);
            }));
        }
    }

    private Ended execute(Step step) throws InterruptedException {
        Semaphore lane = java.util.Objects.requireNonNull(lanes.get(step.lane()));
        lane.acquire();
        try {
            for (int attempt = 1;; attempt++) {
                Problem problem;
                boolean retryable = true;
                try {
                    if (step.alreadyDone().holds()) {
                        journal.accept(new Event.StepDone(step.id(), step.action().machine(), true,
                                step.action().title() + ": already done", step.inputs()));
                        return new Done(step);
                    }
                    journal.accept(new Event.StepStarted(step.id(), step.action().machine(), attempt,
                            step.action().title() + (attempt > 1 ? " (attempt " + attempt + ")" : ""),
                            step.inputs()));
                    step.work().perform(new CurrentAttempt(step, clock.instant().plus(step.deadline())));
                    journal.accept(new Event.StepDone(step.id(), step.action().machine(), false,
                            step.action().title() + ": done", step.inputs()));
                    return new Done(step);
                } catch (Step.Failed e) {
                    problem = e.problem();
                    retryable = e.retryable();
                } catch (IOException e) {
                    problem = Problem.error("io", step.id(), describe(e), "", "look at the log, then run it again");
                    LOG.debug("step {} failed", step.id(), e);
                }
                boolean again = retryable && attempt < step.attempts();
                Duration pause = pause(attempt);
                journal.accept(new Event.StepFailed(step.id(), step.action().machine(), attempt, problem,
                        again ? pause.toMillis() : -1, step.action().title() + " failed: " + problem.message()));
                if (!again) {
                    return new Failed(step, problem);
                }
                Thread.sleep(pause);
            }
        } finally {
            lane.release();
        }
    }

    /** Doubles with each attempt, with a jitter of half of it, so that a rack does not retry in step. */
    private Duration pause(int attempt) {
        long millis = Math.min(LONGEST_PAUSE.toMillis(), FIRST_PAUSE.toMillis() << Math.min(attempt - 1, 10));
        return Duration.ofMillis(millis / 2 + random.nextLong(millis / 2 + 1));
    }

    private static String describe(IOException e) {
        return e.getMessage() != null ? e.getMessage() : e.getClass().getSimpleName();
    }

    private final class CurrentAttempt implements Step.Attempt {
        private final Step step;
        private final Instant deadline;
        private String lastText = "";
        private Instant lastTold = Instant.EPOCH;

        CurrentAttempt(Step step, Instant deadline) {
            this.step = step;
            this.deadline = deadline;
        }

        /** The journal is no progress bar: the same text is told once a second. */
        @Override
        public synchronized void progress(double fraction, String text) {
            Instant now = clock.instant();
            if (!text.equals(lastText) || Duration.between(lastTold, now).toMillis() >= 1000) {
                lastText = text;
                lastTold = now;
                journal.accept(new Event.StepProgressed(step.id(), step.action().machine(), fraction, text));
            }
        }

        @Override
        public Instant deadline() {
            return deadline;
        }

        @Override
        public Clock clock() {
            return clock;
        }
    }
}

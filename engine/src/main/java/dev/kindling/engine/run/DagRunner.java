package dev.kindling.engine.run;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.plan.Pace;
import dev.kindling.engine.plan.Step;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs steps in the order of their dependencies, each on a virtual thread, at most so many of a lane at once. Each step
 * is journalled before its first effect and after its last. A failed step keeps only its dependents from starting, and
 * the journal names it as their cause.
 */
public final class DagRunner {
    private static final Logger LOG = LoggerFactory.getLogger(DagRunner.class);
    private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(60));
    private static final Duration WATCH = Duration.ofSeconds(1);
    /** A step that keeps an eye on its deadline ends by itself, with a better message than an interruption gives. */
    private static final Duration GRACE = Duration.ofSeconds(5);
    /** The code of a step's own problem when its deadline came; the runner says which step and how long it had. */
    private static final String DEADLINE = "deadline";

    private final Consumer<Event> journal;
    private final Clock clock;
    private final Sleeper sleeper;
    private final RandomGenerator random;
    private final Function<Step, Step.Work> work;
    private final Function<Step, String> evidence;
    private final Map<Step.Lane, Gate> lanes = new EnumMap<>(Step.Lane.class);
    private final BlockingQueue<Ended> ended = new LinkedBlockingQueue<>();
    private final Set<Working> working = ConcurrentHashMap.newKeySet();
    /** Held for reading while the start of a step is journalled: after {@code RunPaused} no start is in the journal. */
    private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock(true);
    private volatile CountDownLatch open = new CountDownLatch(0);
    private volatile boolean cancelled;
    /** Guarded by the gate. */
    private boolean over;

    /**
     * @param journal writes an event durably before it returns; what it throws ends the run
     * @param sleeper waits between attempts, by the same time as {@code clock}
     * @param random jitter of the pauses between attempts
     * @param paces of every lane
     * @param work of a step, with whatever is to be done around it
     * @param evidence what is known of the thing that a step waits for, for the message at its deadline; may be empty
     */
    public DagRunner(Consumer<Event> journal, Clock clock, Sleeper sleeper, RandomGenerator random,
            Map<Step.Lane, Pace> paces, Function<Step, Step.Work> work, Function<Step, String> evidence) {
        this.journal = journal;
        this.clock = clock;
        this.sleeper = sleeper;
        this.random = random;
        this.work = work;
        this.evidence = evidence;
        paces.forEach((lane, pace) -> lanes.put(lane, new Gate(pace, clock)));
    }

    /** The bounds of one lane. */
    private static final class Gate {
        private final Semaphore places;
        private final Duration pause;
        private final Clock clock;
        private Instant next = Instant.MIN;

        Gate(Pace pace, Clock clock) {
            this.places = new Semaphore(pace.width(), true);
            this.pause = pace.pause();
            this.clock = clock;
        }

        Semaphore places() {
            return places;
        }

        /** How long the next one that starts has to wait; takes that start. */
        synchronized Duration turn() {
            Instant now = clock.instant();
            Instant start = next.isAfter(now) ? next : now;
            next = start.plus(pause);
            return Duration.between(now, start);
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
        working.forEach(Working::interrupt);
        open.countDown();
    }

    /** Waits while the run is paused. */
    public void awaitOpen() throws InterruptedException {
        journalWhenOpen(null);
    }

    /**
     * No further step starts, nor a further attempt of one, until {@link #resume}; those at work go on. When this
     * returns that is in the journal, before any later start. May be called before {@link #run}. After {@link #end}
     * nothing is journalled: the next run would find itself paused.
     */
    public void pause(String text) {
        gate.writeLock().lock();
        try {
            if (open.getCount() == 0 && !cancelled && !over) {
                journal.accept(new Event.RunPaused(text));
                open = new CountDownLatch(1);
                if (cancelled) {
                    // meanwhile, which opened what was closed before
                    open.countDown();
                }
            }
        } finally {
            gate.writeLock().unlock();
        }
    }

    /** Ends a pause; nothing where there is none. */
    public void resume(String text) {
        gate.writeLock().lock();
        try {
            if (open.getCount() > 0 && !cancelled && !over) {
                journal.accept(new Event.RunContinued(text));
                open.countDown();
            }
        } finally {
            gate.writeLock().unlock();
        }
    }

    /** The end of the run is told next: from now on nothing is left that a pause could hold back. */
    public void end() {
        gate.writeLock().lock();
        try {
            over = true;
        } finally {
            gate.writeLock().unlock();
        }
    }

    /**
     * Runs until nothing more can be done; when it returns or throws, no step is at work. A bug in a step, or a journal
     * that fails, stops the run and is thrown.
     */
    public Result run(Collection<Step> steps) throws InterruptedException {
        var graph = new Graph(steps);
        var problems = new ArrayList<Problem>();
        int active = 0;
        List<Step> ready = graph.free();
        Thread watch = Thread.ofVirtual().name("deadlines").start(this::watch);
        try {
            while (true) {
                if (!cancelled) {
                    for (Step step : ready) {
                        start(step);
                        active++;
                    }
                }
                if (active == 0) {
                    break;
                }
                Ended end = ended.take();
                active--;
                ready = List.of();
                switch (end) {
                    case Done(Step step) -> ready = graph.freedBy(step);
                    case Failed(Step step, Problem problem) -> {
                        problems.add(problem);
                        graph.lostBy(step).forEach(lost -> skip(lost, step, problem));
                    }
                    case Stopped _ -> {
                        // the reason is the cancellation, which is told below
                    }
                    case Broken(Step step, Throwable bug) ->
                        throw new IllegalStateException("step " + step.id() + " is broken: " + bug, bug);
                }
            }
        } finally {
            watch.interrupt();
            if (active > 0) {
                cancel();
                awaitAll(active);
            }
        }
        if (cancelled) {
            return new Result(Event.Outcome.CANCELLED, List.copyOf(problems));
        }
        return new Result(problems.isEmpty() ? Event.Outcome.DONE : Event.Outcome.FAILED, List.copyOf(problems));
    }

    private void awaitAll(int active) {
        boolean interrupted = false;
        for (int left = active; left > 0;) {
            try {
                ended.take();
                left--;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void skip(Step step, Step cause, Problem problem) {
        if (!cancelled) {
            journal.accept(new Event.StepSkipped(step.id(), step.action().machine(), cause.id(),
                    step.action().title() + " was skipped: " + cause.id() + " failed: " + problem.message()));
        }
    }

    private void start(Step step) {
        var attempts = new Working(step.id());
        working.add(attempts);
        Thread.ofVirtual().name("step-" + step.id()).start(() -> {
            Ended end;
            try {
                end = execute(step, attempts);
            } catch (InterruptedException e) {
                end = new Stopped(step);
            } catch (RuntimeException | Error e) {
                end = cancelled ? new Stopped(step) : new Broken(step, e);
                LOG.debug("step {} ended by an exception", step.id(), e);
            }
            working.remove(attempts);
            ended.add(end);
        });
    }

    private Ended execute(Step step, Working self) throws InterruptedException {
        self.begun();
        if (cancelled) {
            throw new InterruptedException();
        }
        Gate lane = Objects.requireNonNull(lanes.get(step.lane()));
        for (int attempt = 1;; attempt++) {
            Failure failure;
            lane.places().acquire();
            try {
                failure = attempt(step, self, attempt, lane);
            } finally {
                lane.places().release();
            }
            if (failure == null) {
                return new Done(step);
            }
            boolean again = failure.retryable() && attempt < step.attempts();
            Duration pause = BACKOFF.after(attempt, random);
            journal.accept(new Event.StepFailed(step.id(), step.action().machine(), attempt, failure.problem(),
                    again ? pause.toMillis() : -1, step.action().title() + " failed: " + failure.problem().message()));
            if (!again) {
                return new Failed(step, failure.problem());
            }
            sleeper.sleep(pause);
        }
    }

    private record Failure(Problem problem, boolean retryable) {}

    /** One attempt; null: the step is done. */
    private @Nullable Failure attempt(Step step, Working self, int attempt, Gate lane) throws InterruptedException {
        try {
            journalWhenOpen(null);
            if (step.alreadyDone().holds()) {
                journal.accept(new Event.StepDone(step.id(), step.action().machine(), true,
                        step.action().title() + ": already done", step.inputs()));
                return null;
            }
            Duration turn = lane.turn();
            if (turn.isPositive()) {
                sleeper.sleep(turn);
            }
            journalWhenOpen(new Event.StepStarted(step.id(), step.action().machine(), attempt,
                    step.action().title() + (attempt > 1 ? " (attempt " + attempt + ")" : ""), step.inputs()));
            var current = new CurrentAttempt(step, clock.instant().plus(step.deadline()));
            self.until(current.deadline());
            try {
                work.apply(step).perform(current);
            } finally {
                self.until(null);
            }
            journal.accept(new Event.StepDone(step.id(), step.action().machine(), false,
                    step.action().title() + ": done", step.inputs()));
            return null;
        } catch (Step.Failed e) {
            Problem problem = e.problem();
            return new Failure(problem.code().equals(DEADLINE) ? overdue(step, problem) : problem, e.retryable());
        } catch (IOException | UncheckedIOException e) {
            if (cancelled && isInterruption(e)) {
                throw (InterruptedException) new InterruptedException().initCause(e);
            }
            return failure(step, self, e);
        } catch (InterruptedException e) {
            if (cancelled || !self.overdue()) {
                throw e;
            }
            return new Failure(overdue(step, null), true);
        }
    }

    /** As channels tell it. */
    private static boolean isInterruption(Exception e) {
        Throwable cause = e instanceof UncheckedIOException ? e.getCause() : e;
        return cause instanceof ClosedByInterruptException || cause instanceof InterruptedIOException;
    }

    private Failure failure(Step step, Working self, Exception e) {
        if (cancelled && e instanceof UncheckedIOException broken) {
            throw broken;
        }
        LOG.debug("step {} failed", step.id(), e);
        if (self.overdue()) {
            return new Failure(overdue(step, null), true);
        }
        Throwable cause = e instanceof UncheckedIOException && e.getCause() != null ? e.getCause() : e;
        return new Failure(Problem.error("io", step.id(),
                cause.getMessage() != null ? cause.getMessage() : cause.getClass().getSimpleName(), "",
                "look at the log, then run it again"), true);
    }

    /** Which step, how long it had, what was seen last, and what the step itself waited for. */
    private Problem overdue(Step step, @Nullable Problem told) {
        String seen = evidence.apply(step);
        String why = !seen.isEmpty() ? seen : told != null ? told.message() : "it did not say what it waited for";
        return Problem.error(DEADLINE, told == null ? step.id() : told.path(),
                step.id() + " did not end in " + words(step.deadline()) + ": " + why,
                told == null ? "" : told.expected(),
                told == null
                        ? "kindling status shows every machine's evidence; kindling up goes on from here"
                        : told.remedy());
    }

    /** {@code 45 s}, {@code 15 min}, {@code 12 h}. */
    private static String words(Duration duration) {
        return duration.toSeconds() < 120
                ? duration.toSeconds() + " s"
                : duration.toMinutes() < 120 ? duration.toMinutes() + " min" : duration.toHours() + " h";
    }

    /** Journals the start of a step when the run is not paused; null: only waits for that. */
    private void journalWhenOpen(@Nullable Event start) throws InterruptedException {
        while (true) {
            CountDownLatch closed;
            gate.readLock().lockInterruptibly();
            try {
                closed = open;
                if (closed.getCount() == 0) {
                    if (start != null) {
                        journal.accept(start);
                    }
                    return;
                }
            } finally {
                gate.readLock().unlock();
            }
            closed.await();
        }
    }

    private void watch() {
        try {
            while (true) {
                sleeper.sleep(WATCH);
                Instant tooLate = clock.instant().minus(GRACE);
                working.forEach(each -> each.interruptWhenDueBefore(tooLate));
            }
        } catch (InterruptedException e) {
            // the run has ended
        }
    }

    /** The thread of a step. Interruptions reach it only while it works. */
    private static final class Working {
        private final String step;
        private @Nullable Thread thread;
        private @Nullable Instant deadline;
        private boolean cancelled;
        private boolean overdue;

        Working(String step) {
            this.step = step;
        }

        /** Called by the step's own thread. */
        synchronized void begun() {
            thread = Thread.currentThread();
            if (cancelled) {
                thread.interrupt();
            }
        }

        /** An attempt's effects begin, or (null) have ended. */
        synchronized void until(@Nullable Instant newDeadline) {
            deadline = newDeadline;
            if (newDeadline != null) {
                overdue = false;
            } else if (overdue && !cancelled && Thread.interrupted()) {
                LOG.debug("step {} ended as its deadline came", step);
            }
        }

        synchronized void interrupt() {
            cancelled = true;
            if (thread != null) {
                thread.interrupt();
            }
        }

        synchronized void interruptWhenDueBefore(Instant moment) {
            if (deadline != null && thread != null && deadline.isBefore(moment) && !overdue) {
                overdue = true;
                thread.interrupt();
            }
        }

        /** Whether the last attempt was interrupted because of its deadline. */
        synchronized boolean overdue() {
            return overdue;
        }
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

        @Override
        public void sleep(Duration duration) throws InterruptedException {
            sleeper.sleep(duration);
        }
    }
}

package dev.kindling.engine.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.model.Limits;
import dev.kindling.engine.plan.Pace;
import dev.kindling.engine.plan.Step;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class DagRunnerTest {
    private final List<Event> journal = Collections.synchronizedList(new ArrayList<>());
    private final List<String> order = Collections.synchronizedList(new ArrayList<>());
    private final FakeTime time = new FakeTime();

    private DagRunner runner() {
        return runner(Pace.of(Limits.NONE), _ -> "");
    }

    private DagRunner runner(Map<Step.Lane, Pace> paces, Function<Step, String> evidence) {
        return new DagRunner(journal::add, time, time, new SplittableRandom(1), paces, Step::work, evidence);
    }

    private static Map<Step.Lane, Pace> wide(Step.Lane lane, int width) {
        Map<Step.Lane, Pace> paces = Pace.of(Limits.NONE);
        paces.put(lane, new Pace(width, Duration.ZERO));
        return paces;
    }

    /** Runs with a clock that jumps to the next attempt that is waited for; steps take no time. */
    private DagRunner.Result run(DagRunner runner, Collection<Step> steps) throws Exception {
        return run(runner, steps, () -> false);
    }

    /** The same, but the clock goes on while steps work, up to their deadlines. */
    private DagRunner.Result runLong(DagRunner runner, Collection<Step> steps) throws Exception {
        return run(runner, steps, () -> true);
    }

    /** @param on whether the clock goes on while steps work */
    private DagRunner.Result run(DagRunner runner, Collection<Step> steps, BooleanSupplier on) throws Exception {
        var task = new FutureTask<>(() -> runner.run(steps));
        Thread.ofVirtual().start(task);
        while (!task.isDone()) {
            time.advanceToNext(on.getAsBoolean() ? Duration.ZERO : Duration.ofSeconds(1));
            Thread.onSpinWait();
        }
        try {
            return task.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private static Step step(String id, List<String> dependsOn, int attempts, Step.Check done, Step.Work work) {
        return new Step(new Plan.Action(id, "do " + id, null, null, "", "", false, dependsOn, false, Duration.ZERO),
                Step.Lane.WAIT, attempts, Duration.ofMinutes(15), done, work);
    }

    private Step works(String id, String... dependsOn) {
        return step(id, List.of(dependsOn), 1, () -> false, _ -> order.add(id));
    }

    private static Step fails(String id, String... dependsOn) {
        return step(id, List.of(dependsOn), 1, () -> false, _ -> {
            throw new Step.Failed(problem("broken"), true);
        });
    }

    private static Problem problem(String code) {
        return Problem.error(code, "here", "it broke", "", "");
    }

    private <T extends Event> List<T> told(Class<T> type) {
        synchronized (journal) {
            return journal.stream().filter(type::isInstance).map(type::cast).toList();
        }
    }

    @Test
    void runsStepsAfterThoseTheyDependOn() throws Exception {
        var result = run(runner(), List.of(works("d", "b", "c"), works("b", "a"), works("c", "a"), works("a")));
        assertThat(result.outcome()).isEqualTo(Event.Outcome.DONE);
        assertThat(order).hasSize(4).startsWith("a").endsWith("d");
    }

    @Test
    void journalsBeforeTheEffectAndAfterIt() throws Exception {
        var seen = new ArrayList<List<Event>>();
        run(runner(), List.of(step("a", List.of(), 1, () -> false, _ -> seen.add(List.copyOf(journal)))));
        assertThat(seen.getFirst()).hasExactlyElementsOfTypes(Event.StepStarted.class);
        assertThat(journal).hasExactlyElementsOfTypes(Event.StepStarted.class, Event.StepDone.class);
    }

    @Test
    void doesNothingWhereNothingIsToBeDone() throws Exception {
        var result = run(runner(), List.of(step("a", List.of(), 1, () -> true, _ -> order.add("a"))));
        assertThat(result.outcome()).isEqualTo(Event.Outcome.DONE);
        assertThat(order).isEmpty();
        assertThat(journal).singleElement()
                .satisfies(event -> assertThat(((Event.StepDone) event).already()).isTrue());
    }

    @Test
    void aFailedStepKeepsOnlyItsDependentsFromStarting() throws Exception {
        var result = run(runner(), List.of(fails("a"), works("after-a", "a"), works("b"), works("after-b", "b")));
        assertThat(result.outcome()).isEqualTo(Event.Outcome.FAILED);
        assertThat(result.problems()).extracting(Problem::code).containsExactly("broken");
        assertThat(order).containsExactly("b", "after-b");
    }

    @Test
    void tellsWhichStepsAreSkippedAndWhichFailureIsTheCause() throws Exception {
        run(runner(), List.of(works("ok"), fails("a", "ok"), works("b", "a"), works("c", "b", "ok"), works("d", "c")));
        assertThat(told(Event.StepSkipped.class)).extracting(Event.StepSkipped::step).containsExactly("b", "c", "d");
        assertThat(told(Event.StepSkipped.class)).allSatisfy(skipped -> {
            assertThat(skipped.cause()).isEqualTo("a");
            assertThat(skipped.text()).contains("was skipped: a failed: it broke");
        });
    }

    @Test
    void aStepThatTwoFailuresKeepBackIsSkippedOnce() throws Exception {
        run(runner(), List.of(fails("a"), fails("b"), works("c", "a", "b")));
        assertThat(told(Event.StepSkipped.class)).hasSize(1);
    }

    @Test
    void triesAgainOnlyWhatCanBeMended() throws Exception {
        var tries = new AtomicInteger();
        var result = run(runner(), List.of(step("flaky", List.of(), 3, () -> false, _ -> {
            if (tries.incrementAndGet() < 3) {
                throw new IOException("not yet");
            }
        }), step("hopeless", List.of(), 3, () -> false, _ -> {
            order.add("hopeless");
            throw new Step.Failed(problem("wrong-disk"), false);
        })));
        assertThat(tries).hasValue(3);
        assertThat(order).containsExactly("hopeless");
        assertThat(result.problems()).extracting(Problem::code).containsExactly("wrong-disk");
    }

    @Test
    void waitsBetweenAttemptsAsLongAsItSays() throws Exception {
        run(runner(), List.of(step("flaky", List.of(), 6, () -> false, _ -> {
            throw new IOException("never");
        })));
        List<Duration> said = told(Event.StepFailed.class).stream().map(Event.StepFailed::retryInMillis)
                .filter(millis -> millis >= 0).map(Duration::ofMillis).toList();
        assertThat(said).hasSize(5);
        assertThat(time.slept()).containsAll(said);
    }

    @Test
    void pausesGrowAndAreSpreadOverTheirWholeLength() {
        var backoff = new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(60));
        var random = new SplittableRandom(7);
        for (int attempt = 1; attempt <= 30; attempt++) {
            long most = Math.min(60_000, 2_000L << Math.min(attempt - 1, 10));
            long least = Long.MAX_VALUE;
            long longest = 0;
            for (int n = 0; n < 2_000; n++) {
                long millis = backoff.after(attempt, random).toMillis();
                least = Math.min(least, millis);
                longest = Math.max(longest, millis);
            }
            assertThat(longest).as("attempt " + attempt).isBetween(most * 99 / 100, most);
            assertThat(least).isBetween(0L, most / 100);
        }
    }

    @Test
    void anotherStepWorksWhileOneWaitsForItsNextAttempt() throws Exception {
        var first = new AtomicInteger();
        var result = run(runner(wide(Step.Lane.WAIT, 1), _ -> ""),
                List.of(step("flaky", List.of(), 2, () -> false, _ -> {
                    order.add("flaky");
                    if (first.incrementAndGet() == 1) {
                        throw new IOException("not yet");
                    }
                }), works("other")));
        assertThat(result.outcome()).isEqualTo(Event.Outcome.DONE);
        assertThat(order).hasSize(3).contains("other");
    }

    @Test
    void aStepThatDoesNotEndIsEndedAndTheMessageNamesItsTimeAndWhatWasSeen() throws Exception {
        var runner = runner(Pace.of(Limits.NONE),
                _ -> "its machine was last seen 12 min ago; first failed prerequisite: no inventory received");
        var result = runLong(runner, List.of(step("install/wk-3", List.of(), 1, () -> false,
                _ -> new CountDownLatch(1).await()), works("boot/wk-3", "install/wk-3")));
        assertThat(result.outcome()).isEqualTo(Event.Outcome.FAILED);
        assertThat(result.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.code()).isEqualTo("deadline");
            assertThat(problem.message()).isEqualTo("install/wk-3 did not end in 15 min: its machine was last seen"
                    + " 12 min ago; first failed prerequisite: no inventory received");
        });
        assertThat(told(Event.StepSkipped.class)).extracting(Event.StepSkipped::text)
                .allSatisfy(text -> assertThat(text).contains("install/wk-3 did not end in 15 min"));
    }

    @Test
    void aStepThatGivesUpByItselfAtItsDeadlineIsToldInTheSameWords() throws Exception {
        var result = run(runner(), List.of(step("nodes/ready", List.of(), 1, () -> false, _ -> {
            throw new Step.Failed(
                    Problem.error("deadline", "cluster", "not Ready: wk-1", "every node Ready", "look there"), true);
        })));
        assertThat(result.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.message()).isEqualTo("nodes/ready did not end in 15 min: not Ready: wk-1");
            assertThat(problem.expected()).isEqualTo("every node Ready");
        });
    }

    @Test
    void aStepIsTriedAgainAfterItsDeadline() throws Exception {
        var tries = new AtomicInteger();
        // only until it has failed: a thread that is not let work would be late again
        var result = run(runner(), List.of(step("slow", List.of(), 20, () -> false, _ -> {
            if (tries.incrementAndGet() == 1) {
                new CountDownLatch(1).await();
            }
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
        })), () -> told(Event.StepFailed.class).isEmpty());
        assertThat(result.outcome()).isEqualTo(Event.Outcome.DONE);
    }

    @Test
    void cancelStopsWhatWaitsAndStartsNothingMore() throws Exception {
        var runner = runner();
        var started = new CountDownLatch(1);
        Thread.ofVirtual().start(() -> {
            try {
                started.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            runner.cancel();
        });
        var result = runner.run(List.of(step("waits", List.of(), 1, () -> false, _ -> {
            started.countDown();
            new CountDownLatch(1).await();
        }), works("after", "waits")));
        assertThat(result.outcome()).isEqualTo(Event.Outcome.CANCELLED);
        assertThat(order).isEmpty();
        assertThat(told(Event.StepSkipped.class)).isEmpty();
    }

    @Test
    void aPauseThatComesAfterTheEndHoldsNobodyBack() throws Exception {
        DagRunner runner = runner();
        run(runner, List.of(works("a")));
        runner.end();
        runner.pause("too late");
        runner.resume("too late");
        assertThat(journal).hasExactlyElementsOfTypes(Event.StepStarted.class, Event.StepDone.class);
    }

    @Test
    void pauseLetsWorkGoOnAndStartsNothingUntilResumed() throws Exception {
        var runner = runner();
        var atWork = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        var task = new FutureTask<>(() -> runner.run(List.of(step("a", List.of(), 1, () -> false, _ -> {
            atWork.countDown();
            goOn.await();
            order.add("a");
        }), works("b", "a"))));
        Thread.ofVirtual().start(task);
        atWork.await();
        runner.pause("paused by a test");
        goOn.countDown();
        while (told(Event.StepDone.class).isEmpty()) {
            Thread.onSpinWait();
        }
        assertThat(task.isDone()).isFalse();
        assertThat(order).containsExactly("a");
        runner.resume("goes on");
        assertThat(task.get().outcome()).isEqualTo(Event.Outcome.DONE);
        assertThat(journal).extracting(event -> event.getClass().getSimpleName()).containsExactly("StepStarted",
                "RunPaused", "StepDone", "RunContinued", "StepStarted", "StepDone");
    }

    @Test
    void noStartIsInTheJournalBetweenAPauseAndItsEnd() throws Exception {
        var runner = runner();
        var steps = new ArrayList<Step>();
        for (int n = 0; n < 300; n++) {
            steps.add(works("s" + n));
        }
        Thread.ofVirtual().start(() -> {
            for (int n = 0; n < 50; n++) {
                runner.pause("p");
                Thread.onSpinWait();
                runner.resume("r");
            }
        }).join();
        var pausing = Thread.ofVirtual().start(() -> {
            for (int n = 0; n < 200; n++) {
                runner.pause("p");
                Thread.onSpinWait();
                runner.resume("r");
            }
        });
        assertThat(run(runner, steps).outcome()).isEqualTo(Event.Outcome.DONE);
        pausing.join();
        boolean paused = false;
        for (Event event : journal) {
            switch (event) {
                case Event.RunPaused _ -> paused = true;
                case Event.RunContinued _ -> paused = false;
                case Event.StepStarted started -> assertThat(paused).as(started.step()).isFalse();
                default -> {
                    // may be told at any time
                }
            }
        }
    }

    @Test
    void aPausedRunCanBeCancelled() throws Exception {
        var runner = runner();
        runner.pause("paused before it began");
        var task = new FutureTask<>(() -> runner.run(List.of(works("a"))));
        Thread.ofVirtual().start(task);
        assertThatThrownBy(() -> task.get(50, TimeUnit.MILLISECONDS))
                .isInstanceOf(TimeoutException.class);
        runner.cancel();
        assertThat(task.get().outcome()).isEqualTo(Event.Outcome.CANCELLED);
        assertThat(order).isEmpty();
    }

    @Test
    void aStepThatIsInterruptedAtAFileHasNotFailed() throws Exception {
        Path file = Files.createTempFile("kindling-", ".test");
        var runner = runner();
        var result = run(runner, List.of(step("writes", List.of(), 20, () -> false, _ -> {
            runner.cancel();
            while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
            Files.newByteChannel(file).read(ByteBuffer.allocate(1));
        })));
        Files.delete(file);
        assertThat(result.outcome()).isEqualTo(Event.Outcome.CANCELLED);
        assertThat(told(Event.StepFailed.class)).isEmpty();
    }

    @Test
    @Timeout(60)
    void aCancellationWhileThePauseIsWrittenHoldsNobodyBack() throws Exception {
        var meanwhile = new AtomicReference<Runnable>(() -> {});
        var runner = new DagRunner(_ -> Objects.requireNonNull(meanwhile.get()).run(), time, time,
                new SplittableRandom(1),
                Pace.of(Limits.NONE), Step::work, _ -> "");
        meanwhile.set(runner::cancel);
        runner.pause("paused");
        runner.awaitOpen();
        assertThat(runner.run(List.of(works("a"))).outcome()).isEqualTo(Event.Outcome.CANCELLED);
    }

    @Test
    void boundsTheStepsOfALaneByWhatTheUserAsksFor() throws Exception {
        for (int width : new int[]{1, 2, 5}) {
            var inside = new Semaphore(width);
            // that many are at work at once: they wait for each other
            var together = new CyclicBarrier(width);
            var steps = new ArrayList<Step>();
            for (int n = 0; n < 20; n++) {
                steps.add(new Step(
                        new Plan.Action("s" + n, "s", null, null, "", "", false, List.of(), false, Duration.ZERO),
                        Step.Lane.POWER, 1, Duration.ofMinutes(1), () -> false, _ -> {
                            if (!inside.tryAcquire()) {
                                throw new Step.Failed(problem("too-many"), false);
                            }
                            try {
                                together.await(60, TimeUnit.SECONDS);
                            } catch (BrokenBarrierException | TimeoutException e) {
                                throw new Step.Failed(problem("too-few"), false);
                            }
                            inside.release();
                        }));
            }
            var result = run(runner(wide(Step.Lane.POWER, width), _ -> ""), steps);
            assertThat(result.problems()).as("width " + width).isEmpty();
        }
    }

    @Test
    void stepsThatWaitForEachOtherAreRefusedBeforeTheFirstEffect() {
        assertThatThrownBy(() -> runner().run(List.of(works("ok"), works("a", "b"), works("b", "a"))))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("a, b");
        assertThat(order).isEmpty();
        assertThat(journal).isEmpty();
    }

    @Test
    void aBugEndsTheRunAfterTheOthersHaveStopped() {
        var stopped = new CountDownLatch(1);
        var waiting = new CountDownLatch(1);
        assertThatThrownBy(() -> runner().run(List.of(step("waits", List.of(), 1, () -> false, _ -> {
            waiting.countDown();
            try {
                new CountDownLatch(1).await();
            } finally {
                stopped.countDown();
            }
        }), step("bug", List.of(), 1, () -> false, _ -> {
            waiting.await();
            throw new IllegalArgumentException("a bug");
        })))).isInstanceOf(IllegalStateException.class).hasMessageContaining("a bug");
        assertThat(stopped.getCount()).isZero();
    }

    @Test
    void anUnreadableFileIsAFailureAndNoBug() throws Exception {
        var result = run(runner(), List.of(step("a", List.of(), 1, () -> false, _ -> {
            throw new UncheckedIOException(new IOException("disk full"));
        })));
        assertThat(result.problems()).extracting(Problem::message).containsExactly("disk full");
    }

    @Test
    void startsOfALaneKeepTheirPause() throws Exception {
        Map<Step.Lane, Pace> paces = Pace.of(Limits.NONE);
        paces.put(Step.Lane.POWER, new Pace(1, Duration.ofSeconds(2)));
        List<Instant> starts = Collections.synchronizedList(new ArrayList<>());
        List<Step> steps = List.of("a", "b", "c", "d").stream()
                .map(id -> new Step(works(id).action(), Step.Lane.POWER, 1, Duration.ofMinutes(15), () -> false,
                        _ -> starts.add(time.instant())))
                .toList();
        Instant begin = time.instant();
        assertThat(run(runner(paces, _ -> ""), steps).outcome()).isEqualTo(Event.Outcome.DONE);
        assertThat(starts).containsExactly(begin, begin.plusSeconds(2),
                begin.plusSeconds(4), begin.plusSeconds(6));
    }

    @Test
    void nothingGoesOnWithoutTheJournal() {
        var failing = new DagRunner(_ -> {
            throw new IllegalStateException("disk full");
        }, time, time, new SplittableRandom(1), Pace.of(Limits.NONE), Step::work, _ -> "");
        assertThatThrownBy(() -> failing.run(List.of(works("a")))).hasRootCauseMessage("disk full");
        assertThat(order).isEmpty();
    }
}

package dev.kindling.engine.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.plan.Step;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DagRunnerTest {
    private final List<Event> journal = Collections.synchronizedList(new ArrayList<>());
    private final List<String> order = Collections.synchronizedList(new ArrayList<>());

    private DagRunner runner() {
        return new DagRunner(journal::add, Clock.systemUTC(), new SplittableRandom(1));
    }

    private static Step step(String id, List<String> dependsOn, int attempts, Step.Check done, Step.Work work) {
        return new Step(new Plan.Action(id, "do " + id, null, null, "", "", false, dependsOn, false, Duration.ZERO),
                Step.Lane.WAIT, attempts, Duration.ofMinutes(1), done, work);
    }

    private Step works(String id, String... dependsOn) {
        return step(id, List.of(dependsOn), 1, () -> false, _ -> order.add(id));
    }

    private static Problem problem(String code) {
        return Problem.error(code, "here", "it broke", "", "");
    }

    @Test
    void runsStepsAfterThoseTheyDependOn() throws InterruptedException {
        var result = runner().run(List.of(works("d", "b", "c"), works("b", "a"), works("c", "a"), works("a")));
        assertThat(result.outcome()).isEqualTo(Event.Outcome.DONE);
        assertThat(order).hasSize(4).startsWith("a").endsWith("d");
    }

    @Test
    void journalsBeforeTheEffectAndAfterIt() throws InterruptedException {
        var seen = new ArrayList<List<Event>>();
        runner().run(List.of(step("a", List.of(), 1, () -> false, _ -> seen.add(List.copyOf(journal)))));
        assertThat(seen.getFirst()).hasExactlyElementsOfTypes(Event.StepStarted.class);
        assertThat(journal).hasExactlyElementsOfTypes(Event.StepStarted.class, Event.StepDone.class);
    }

    @Test
    void doesNothingWhereNothingIsToBeDone() throws InterruptedException {
        var result = runner().run(List.of(step("a", List.of(), 1, () -> true, _ -> order.add("a"))));
        assertThat(result.outcome()).isEqualTo(Event.Outcome.DONE);
        assertThat(order).isEmpty();
        assertThat(journal).singleElement()
                .satisfies(event -> assertThat(((Event.StepDone) event).already()).isTrue());
    }

    @Test
    void aFailedStepKeepsOnlyItsDependentsFromStarting() throws InterruptedException {
        var result = runner().run(List.of(step("a", List.of(), 1, () -> false, _ -> {
            throw new Step.Failed(problem("broken"), true);
        }), works("after-a", "a"), works("b"), works("after-b", "b")));
        assertThat(result.outcome()).isEqualTo(Event.Outcome.FAILED);
        assertThat(result.problems()).extracting(Problem::code).containsExactly("broken");
        assertThat(order).containsExactly("b", "after-b");
    }

    @Test
    void triesAgainOnlyWhatCanBeMended() throws InterruptedException {
        var tries = new AtomicInteger();
        var result = runner().run(List.of(step("flaky", List.of(), 3, () -> false, _ -> {
            if (tries.incrementAndGet() < 2) {
                throw new java.io.IOException("not yet");
            }
        }), step("hopeless", List.of(), 3, () -> false, _ -> {
            order.add("hopeless");
            throw new Step.Failed(problem("wrong-disk"), false);
        })));
        assertThat(tries).hasValue(2);
        assertThat(order).containsExactly("hopeless");
        assertThat(result.problems()).extracting(Problem::code).containsExactly("wrong-disk");
    }

    @Test
    void cancelStopsWhatWaitsAndStartsNothingMore() throws InterruptedException {
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
    }

    @Test
    void boundsTheStepsOfALane() throws InterruptedException {
        var now = new AtomicInteger();
        var most = new AtomicInteger();
        var steps = new ArrayList<Step>();
        for (int n = 0; n < 20; n++) {
            steps.add(
                    new Step(new Plan.Action("s" + n, "s", null, null, "", "", false, List.of(), false, Duration.ZERO),
                            Step.Lane.LOCAL, 1, Duration.ofMinutes(1), () -> false, _ -> {
                                most.accumulateAndGet(now.incrementAndGet(), Math::max);
                                java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
                                now.decrementAndGet();
                            }));
        }
        runner().run(steps);
        assertThat(most.get()).isBetween(1, Step.Lane.LOCAL.width());
    }

    @Test
    void refusesCirclesUnknownDependenciesAndDuplicates() {
        assertThatThrownBy(() -> runner().run(List.of(works("a", "b"), works("b", "a"))))
                .hasMessageContaining("wait for each other");
        assertThatThrownBy(() -> runner().run(List.of(works("a", "nowhere")))).hasMessageContaining("nowhere");
        assertThatThrownBy(() -> runner().run(List.of(works("a"), works("a")))).hasMessageContaining("two steps");
    }

    @Test
    void aJournalThatFailsStopsTheRun() {
        var failing = new DagRunner(_ -> {
            throw new IllegalStateException("disk full");
        }, Clock.systemUTC(), new SplittableRandom(1));
        assertThatThrownBy(() -> failing.run(List.of(works("a"), works("b", "a")))).hasRootCauseMessage("disk full");
        assertThat(order).isEmpty();
    }
}

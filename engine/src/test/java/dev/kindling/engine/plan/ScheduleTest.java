package dev.kindling.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Plan;
import dev.kindling.engine.model.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    private static Step step(String id, Step.Lane lane, long seconds, String... dependsOn) {
        return new Step(new Plan.Action(id, id, null, null, "", "", false, List.of(dependsOn), false,
                Duration.ofSeconds(seconds)), lane, 1, Duration.ofMinutes(1), () -> false, _ -> {});
    }

    @Test
    void theLongestChainCounts() {
        List<Step> steps = List.of(step("a", Step.Lane.WAIT, 5), step("b", Step.Lane.WAIT, 30, "a"),
                step("c", Step.Lane.WAIT, 10, "a"), step("d", Step.Lane.WAIT, 1, "b", "c"));
        assertThat(Schedule.length(steps, Pace.of(Limits.NONE), _ -> 1)).hasSeconds(36);
        assertThat(Schedule.length(steps, Pace.of(Limits.NONE), step -> step.id().equals("b") ? 0 : 1)).hasSeconds(16);
        assertThat(Schedule.length(steps, Pace.of(Limits.NONE), step -> step.id().equals("b") ? 2 : 1)).hasSeconds(66);
        assertThat(Schedule.length(List.of(), Pace.of(Limits.NONE), _ -> 1)).isZero();
    }

    @Test
    void aLaneKeepsThePauseBetweenItsStarts() {
        List<Step> steps = List.of(step("a", Step.Lane.POWER, 5), step("b", Step.Lane.POWER, 5),
                step("c", Step.Lane.POWER, 5));
        Map<Step.Lane, Pace> paces = Pace.of(Limits.NONE);
        paces.put(Step.Lane.POWER, new Pace(64, Duration.ofSeconds(10)));
        assertThat(Schedule.length(steps, paces, _ -> 1)).hasSeconds(25);
        paces.put(Step.Lane.POWER, new Pace(1, Duration.ofSeconds(2)));
        assertThat(Schedule.length(steps, paces, _ -> 1)).hasSeconds(15);
    }

    @Test
    void aLaneTakesNoMoreAtOnceThanItIsWide() {
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < 130; i++) {
            steps.add(step("w" + i, Step.Lane.WRITE, 30));
            steps.add(step("x" + i, Step.Lane.WAIT, 1, "w" + i));
        }
        // 64 at once: three rounds, and the last wait
        assertThat(Schedule.length(steps, Pace.of(Limits.NONE), _ -> 1)).hasSeconds(91);
    }
}

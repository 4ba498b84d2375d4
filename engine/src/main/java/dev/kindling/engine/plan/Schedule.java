package dev.kindling.engine.plan;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.function.ToLongFunction;

/** How long steps take together: each waits for those that it depends on, and for a free place in its lane. */
public final class Schedule {
    private Schedule() {}

    private record Ready(Step step, long at, int order) {}

    /**
     * The time from the start of the first step to the end of the last one.
     *
     * @param steps each after those that it depends on
     * @param attempts how often each is done; 0: not at all
     */
    public static Duration length(List<Step> steps, ToLongFunction<Step> attempts) {
        Map<String, List<Step>> dependents = new HashMap<>();
        Map<String, Integer> missing = new HashMap<>();
        Map<String, Integer> order = new HashMap<>();
        Map<String, Long> readyAt = new HashMap<>();
        var ready = new PriorityQueue<Ready>(Comparator.comparingLong(Ready::at).thenComparingInt(Ready::order));
        for (Step step : steps) {
            order.put(step.id(), order.size());
            missing.put(step.id(), step.action().dependsOn().size());
            step.action().dependsOn()
                    .forEach(before -> dependents.computeIfAbsent(before, _ -> new ArrayList<>()).add(step));
            if (step.action().dependsOn().isEmpty()) {
                ready.add(new Ready(step, 0, order.get(step.id())));
            }
        }
        var lanes = new EnumMap<Step.Lane, Queue<Long>>(Step.Lane.class);
        long length = 0;
        while (!ready.isEmpty()) {
            Ready next = ready.remove();
            long millis = next.step().action().estimate().toMillis() * attempts.applyAsLong(next.step());
            long end = next.at();
            if (millis > 0) {
                Queue<Long> busy = lanes.computeIfAbsent(next.step().lane(), lane -> lane.width() == Integer.MAX_VALUE
                        ? new ArrayDeque<>(1)
                        : new PriorityQueue<>());
                long start = busy.size() < next.step().lane().width() ? next.at() : Math.max(next.at(), busy.remove());
                end = start + millis;
                if (next.step().lane().width() < Integer.MAX_VALUE) {
                    busy.add(end);
                }
            }
            length = Math.max(length, end);
            for (Step dependent : dependents.getOrDefault(next.step().id(), List.of())) {
                long at = readyAt.merge(dependent.id(), end, Math::max);
                if (missing.merge(dependent.id(), -1, Integer::sum) == 0) {
                    ready.add(new Ready(dependent, at, order.getOrDefault(dependent.id(), 0)));
                }
            }
        }
        return Duration.ofMillis(length);
    }
}

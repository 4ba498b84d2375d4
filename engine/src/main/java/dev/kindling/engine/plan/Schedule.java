package dev.kindling.engine.plan;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
     * @param paces of every lane
     * @param attempts how often each is done; 0: not at all
     */
    public static Duration length(List<Step> steps, Map<Step.Lane, Pace> paces, ToLongFunction<Step> attempts) {
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
        var next = new EnumMap<Step.Lane, Long>(Step.Lane.class);
        long length = 0;
        while (!ready.isEmpty()) {
            Ready first = ready.remove();
            Step.Lane lane = first.step().lane();
            Pace pace = Objects.requireNonNull(paces.get(lane));
            long millis = first.step().action().estimate().toMillis() * attempts.applyAsLong(first.step());
            long end = first.at();
            if (millis > 0) {
                Queue<Long> busy = lanes.computeIfAbsent(lane, _ -> new PriorityQueue<>());
                long free = busy.size() < pace.width() ? first.at() : Math.max(first.at(), busy.remove());
                long start = Math.max(free, next.getOrDefault(lane, 0L));
                next.put(lane, start + pace.pause().toMillis());
                end = start + millis;
                if (pace.width() < Integer.MAX_VALUE) {
                    busy.add(end);
                }
            }
            length = Math.max(length, end);
            for (Step dependent : dependents.getOrDefault(first.step().id(), List.of())) {
                long at = readyAt.merge(dependent.id(), end, Math::max);
                if (missing.merge(dependent.id(), -1, Integer::sum) == 0) {
                    ready.add(new Ready(dependent, at, order.getOrDefault(dependent.id(), 0)));
                }
            }
        }
        return Duration.ofMillis(length);
    }
}

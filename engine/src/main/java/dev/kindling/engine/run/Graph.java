package dev.kindling.engine.run;

import dev.kindling.engine.plan.Step;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Who waits for whom. A step leaves it when the last step that it depends on is done, or when one has failed. */
final class Graph {
    /** Of each step that still waits: how many it waits for. */
    private final Map<String, Integer> missing = new HashMap<>();
    private final Map<String, List<Step>> dependents = new HashMap<>();
    private final List<Step> free = new ArrayList<>();

    /**
     * @throws IllegalArgumentException where two steps have one id, one depends on none, or some wait for each other
     */
    Graph(Collection<Step> steps) {
        var byId = new LinkedHashMap<String, Step>();
        for (Step step : steps) {
            if (byId.put(step.id(), step) != null) {
                throw new IllegalArgumentException("two steps are called " + step.id());
            }
        }
        for (Step step : steps) {
            for (String dependency : step.action().dependsOn()) {
                if (!byId.containsKey(dependency)) {
                    throw new IllegalArgumentException(step.id() + " depends on " + dependency + ", which is no step");
                }
                dependents.computeIfAbsent(dependency, _ -> new ArrayList<>()).add(step);
            }
            if (step.action().dependsOn().isEmpty()) {
                free.add(step);
            } else {
                missing.put(step.id(), step.action().dependsOn().size());
            }
        }
        refuseCircles(byId);
    }

    /** Before the first effect: a circle found at the end of a run would be found too late. */
    private void refuseCircles(Map<String, Step> byId) {
        var left = new HashMap<>(missing);
        var ready = new ArrayDeque<>(free);
        while (!ready.isEmpty()) {
            for (Step step : dependents.getOrDefault(ready.remove().id(), List.of())) {
                if (left.merge(step.id(), -1, Integer::sum) == 0) {
                    left.remove(step.id());
                    ready.add(step);
                }
            }
        }
        if (!left.isEmpty()) {
            throw new IllegalArgumentException("steps wait for each other: "
                    + byId.keySet().stream().filter(left::containsKey).toList());
        }
    }

    /** The steps that wait for nothing. */
    List<Step> free() {
        return List.copyOf(free);
    }

    /** The steps that may begin now that this one is done. */
    List<Step> freedBy(Step done) {
        var freed = new ArrayList<Step>();
        for (Step step : dependents.getOrDefault(done.id(), List.of())) {
            Integer left = missing.computeIfPresent(step.id(), (_, count) -> count - 1);
            if (left != null && left == 0) {
                missing.remove(step.id());
                freed.add(step);
            }
        }
        return freed;
    }

    /** The steps that can never begin because this one failed, and that no earlier failure has taken out. */
    List<Step> lostBy(Step failed) {
        var lost = new ArrayList<Step>();
        var causes = new ArrayDeque<>(List.of(failed));
        while (!causes.isEmpty()) {
            for (Step step : dependents.getOrDefault(causes.remove().id(), List.of())) {
                if (missing.remove(step.id()) != null) {
                    lost.add(step);
                    causes.add(step);
                }
            }
        }
        return lost;
    }
}

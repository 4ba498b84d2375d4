package dev.kindling.engine.api;

import dev.kindling.engine.model.Cluster;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a run would do, before it does anything.
 *
 * @param id fingerprint of the definition and of the recorded facts: equal plans have equal ids
 * @param cluster what is wanted
 * @param definition the text that it was made from
 * @param actions in an order that respects {@code dependsOn}
 * @param notices honest labels: what is simulated or a stand-in, and why
 * @param leftovers machines that an earlier definition had and this one has not: nothing is done to them
 * @param facts what the plan rests on besides the definition, readable, by what it is about
 *            ({@code hardware of demo-1})
 * @param estimate how long the pending actions take, with no more of a kind at once than a run allows
 */
public record Plan(String id, Cluster cluster, String definition, List<Action> actions, List<String> notices,
        List<Leftover> leftovers, SortedMap<String, String> facts, Duration estimate) {
    public Plan {
        actions = List.copyOf(actions);
        notices = List.copyOf(notices);
        leftovers = List.copyOf(leftovers);
        facts = Collections.unmodifiableSortedMap(new TreeMap<>(facts));
    }

    /** A plan that rests on nothing else; as if all that can go on at once did. */
    public Plan(String id, Cluster cluster, String definition, List<Action> actions, List<String> notices) {
        this(id, cluster, definition, actions, notices, List.of(), Collections.emptySortedMap(),
                criticalPath(actions));
    }

    /** How many actions are not done yet. */
    public long pending() {
        return actions.stream().filter(action -> !action.done()).count();
    }

    /** How many actions that are not done can cost data. */
    public long destructive() {
        return actions.stream().filter(action -> action.destructive() && !action.done()).count();
    }

    private static Duration criticalPath(List<Action> actions) {
        Map<String, Duration> ends = new HashMap<>();
        Duration longest = Duration.ZERO;
        for (Action action : actions) {
            Duration start = action.dependsOn().stream().map(before -> ends.getOrDefault(before, Duration.ZERO))
                    .max(Duration::compareTo).orElse(Duration.ZERO);
            Duration end = action.done() ? start : start.plus(action.estimate());
            ends.put(action.id(), end);
            longest = end.compareTo(longest) > 0 ? end : longest;
        }
        return longest;
    }

    /**
     * One step of the run.
     *
     * @param id stable: {@code install/demo-wk-1}
     * @param machine name of the machine it is about; null: the whole cluster
     * @param disk what is written; null where no disk is touched
     * @param before state before, one line
     * @param after state after, one line
     * @param destructive true where data can be lost
     * @param dependsOn ids
     * @param done true where the journal says that it was done
     * @param estimate usual time
     */
    public record Action(String id, String title, @Nullable String machine, @Nullable DiskTarget disk, String before,
            String after, boolean destructive, List<String> dependsOn, boolean done, Duration estimate) {
        public Action {
            dependsOn = List.copyOf(dependsOn);
        }

        public Optional<DiskTarget> diskTarget() {
            return Optional.ofNullable(disk);
        }
    }

    /**
     * A machine that is no longer in the definition.
     *
     * @param disk that was written for this cluster; null: none was
     * @param before what is recorded of it
     * @param after what becomes of it
     * @param remedy how to take it out
     */
    public record Leftover(String machine, @Nullable DiskTarget disk, String before, String after, String remedy) {}

    /** A plan to look at, as a text that needs nothing else. */
    public enum Picture {
        /** A page for a browser. */
        HTML,
        /** The graph, for Graphviz. */
        DOT,
        /** The graph, for Mermaid, as Markdown pages show it. */
        MERMAID
    }

    /**
     * A disk that is written.
     *
     * @param selector serial or WWN from the definition
     * @param model "unknown until the machine is seen" before discovery
     * @param bytes capacity; 0 where unknown
     */
    public record DiskTarget(String selector, String model, long bytes) {}
}

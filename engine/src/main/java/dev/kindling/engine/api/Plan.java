package dev.kindling.engine.api;

import dev.kindling.engine.model.Cluster;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a run would do, before it does anything.
 *
 * @param id fingerprint of the definition and of the recorded facts: equal plans have equal ids
 * @param cluster what is wanted
 * @param definition the text that it was made from
 * @param actions in an order that respects {@code dependsOn}
 * @param notices honest labels: what is simulated or a stand-in, and why
 */
public record Plan(String id, Cluster cluster, String definition, List<Action> actions, List<String> notices) {
    public Plan {
        actions = List.copyOf(actions);
        notices = List.copyOf(notices);
    }

    /** How many actions are not done yet. */
    public long pending() {
        return actions.stream().filter(action -> !action.done()).count();
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
     * A disk that is written.
     *
     * @param selector serial or WWN from the definition
     * @param model "unknown until the machine is seen" before discovery
     * @param bytes capacity; 0 where unknown
     */
    public record DiskTarget(String selector, String model, long bytes) {}
}

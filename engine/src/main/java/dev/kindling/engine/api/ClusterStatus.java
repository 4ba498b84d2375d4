package dev.kindling.engine.api;

import dev.kindling.engine.model.MacAddress;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.Role;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a cluster, folded from its events.
 *
 * @param reason of the state, one line
 * @param since when the state began
 * @param run id of the latest run; null: none yet
 * @param startedAt of the latest run; null: none yet
 * @param endedAt of the latest run; null: none yet, or it is running
 * @param machines in the order of the definition
 * @param unknown machines that asked to boot and are not in the definition
 * @param notices honest labels: what is simulated or a stand-in
 * @param lastSeq of the newest event that is folded in
 */
public record ClusterStatus(String name, State state, String reason, Instant since, List<Condition> conditions,
        @Nullable String run, @Nullable Instant startedAt, @Nullable Instant endedAt, int stepsDone, int stepsTotal,
        List<String> activeSteps, List<MachineStatus> machines, List<UnknownMachine> unknown, List<String> notices,
        long lastSeq) {
    public ClusterStatus {
        conditions = List.copyOf(conditions);
        activeSteps = List.copyOf(activeSteps);
        machines = List.copyOf(machines);
        unknown = List.copyOf(unknown);
        notices = List.copyOf(notices);
    }

    /** The same, of a cluster on which nobody works any more although its journal has no end of the run. */
    public ClusterStatus interrupted(String why) {
        return new ClusterStatus(name, State.FAILED, why, since, conditions, run, startedAt, endedAt, stepsDone,
                stepsTotal, List.of(), machines, unknown, notices, lastSeq);
    }

    /** State of a cluster. */
    public enum State {
        /** Defined; nothing was done. */
        DEFINED,
        PROGRESSING,
        READY,
        DEGRADED,
        FAILED,
        DELETING,
        DELETED
    }

    /**
     * What is known of a machine.
     *
     * @param stageSince when the stage began
     * @param evidence the last thing that it did or that was done to it
     * @param evidenceAt when
     * @param stuck why it is stuck; null: it is not
     * @param progress of the current stage, 0 to 1; negative where unknown
     * @param hardware as the machine told it; null: not yet
     */
    public record MachineStatus(String name, MacAddress mac, Role role, Machine.Kind kind, String address,
            BootStage stage, Instant stageSince, String evidence, Instant evidenceAt, @Nullable String stuck,
            double progress, @Nullable Hardware hardware) {}

    /** A machine that asked to boot and is not in the definition. It was answered nothing. */
    public record UnknownMachine(MacAddress mac, String firmware, Instant firstSeen, Instant lastSeen, int requests) {}
}

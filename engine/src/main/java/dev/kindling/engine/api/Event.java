package dev.kindling.engine.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened, written to the journal before anyone is told. All state is folded from these.
 *
 * <p>
 * Names are in the past tense. {@link #text} is the line for people.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME, include = JsonTypeInfo.As.PROPERTY, property = "type")
public sealed interface Event {
    /** A line for people, without the time. */
    String text();

    /** The machine that it is about, by its name in the definition; null: the cluster. */
    default @Nullable String machine() {
        return null;
    }

    /**
     * An event with its place in the journal.
     *
     * @param seq grows by one per cluster, from 1
     * @param run id of the run; empty outside a run
     */
    record Recorded(long seq, Instant at, String cluster, String run, Event event) {}

    /** A definition was accepted. {@code definition} is its text. */
    record Defined(String definition, String text) implements Event {}

    /** A run began. {@code notices}: what is simulated or a stand-in. */
    record RunStarted(String planId, int steps, boolean resumed, List<String> notices, String text) implements Event {}

    /**
     * A step began; written before its first effect. {@code inputs}: fingerprint of what the step is made of; null: not
     * known (records of older versions).
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record StepStarted(String step, @Nullable String machine, int attempt, String text,
            @Nullable String inputs) implements Event {
        public StepStarted(String step, @Nullable String machine, int attempt, String text) {
            this(step, machine, attempt, text, null);
        }
    }

    /** A step has something to say. {@code fraction} is 0 to 1, negative where unknown. */
    record StepProgressed(String step, @Nullable String machine, double fraction, String text) implements Event {}

    /** A step was done and verified; {@code already} when nothing had to be done; {@code inputs} as above. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record StepDone(String step, @Nullable String machine, boolean already, String text,
            @Nullable String inputs) implements Event {
        public StepDone(String step, @Nullable String machine, boolean already, String text) {
            this(step, machine, already, text, null);
        }
    }

    /** An attempt failed. {@code retryInMillis} is negative when there is no further attempt. */
    record StepFailed(String step, @Nullable String machine, int attempt, Problem problem, long retryInMillis,
            String text) implements Event {}

    /** How a run ended. */
    record RunEnded(Outcome outcome, String text) implements Event {}

    /** A machine of the definition showed evidence of its boot. {@code fraction} is 0 to 1, negative where unknown. */
    record MachineObserved(String machine, BootStage stage, double fraction, String text) implements Event {}

    /** A machine makes no progress; null reason: it does again. */
    record MachineStuck(String machine, @Nullable String reason, String text) implements Event {}

    /** A machine told what it is made of. */
    record InventoryReceived(String machine, Hardware hardware, String text) implements Event {}

    /** A machine outside the definition asked to boot. */
    record UnknownMachineSeen(String mac, String firmware, String text) implements Event {}

    /**
     * The engine is about to let the stage write a disk. Written before the order is given out: at most one order
     * exists per machine and disk.
     */
    record DiskWriteOrdered(String machine, String order, Plan.DiskTarget disk, String text) implements Event {}

    /** The stage has written, synced and marked the disk. */
    record DiskWritten(String machine, String order, String text) implements Event {}

    /** A machine was given its boot script: {@code boot} counts its boots from 1, and each has its own token. */
    record BootScriptServed(String machine, int boot, String text) implements Event {}

    /** A one-time install config was given out. */
    record InstallConfigServed(String machine, int boot, String text) implements Event {}

    /**
     * Something outside was created by us and must be removed one day: kind {@code process}, {@code file},
     * {@code lease}.
     */
    record ResourceCreated(String kind, String id, String text) implements Event {}

    /** A recorded resource is gone. */
    record ResourceRemoved(String kind, String id, String text) implements Event {}

    /** {@code down} began to remove what was recorded. The cluster's state is DELETING. */
    record RemovalStarted(String text) implements Event {}

    /** Everything that was recorded is gone. The cluster's state is DELETED, until it is defined again. */
    record Removed(String text) implements Event {}

    /** A condition changed. */
    record ConditionChanged(Condition condition, String text) implements Event {}

    /** A secret was stored under a name; never its value. */
    record SecretStored(String name, String text) implements Event {}

    /** The GitOps tree was committed. */
    record HandedOff(String commit, String branch, String text) implements Event {}

    /** Something worth knowing that has no other event, such as a label "stand-in control plane". */
    record Noted(@Nullable String machine, boolean warning, String text) implements Event {}

    /** A step can not begin, because {@code cause}, another step, failed. */
    record StepSkipped(String step, @Nullable String machine, String cause, String text) implements Event {}

    /** Somebody asked the run, from whichever process, for something; the run itself answers with an event. */
    record Requested(Request request, String text) implements Event {}

    /** From here on no step starts; those at work go on. */
    record RunPaused(String text) implements Event {}

    /** Steps start again. */
    record RunContinued(String text) implements Event {}

    /**
     * A hook of the definition was run.
     *
     * @param when such as {@code before-install}
     * @param step null: it belongs to the whole run
     * @param output its last lines, with secrets masked
     * @param problem null: it ended with 0
     */
    record HookRan(String when, @Nullable String step, @Nullable String machine, List<String> command, long millis,
            String output, @Nullable Problem problem, String text) implements Event {
        public HookRan {
            command = List.copyOf(command);
        }
    }

    /** Everything up to this record of the cluster's journal was told to a webhook. */
    record WebhookDelivered(String url, long upTo, String text) implements Event {}

    /** How a run ended. */
    enum Outcome {
        DONE,
        FAILED,
        CANCELLED
    }

    /** What can be asked of a run at work. */
    enum Request {
        PAUSE,
        RESUME,
        CANCEL
    }
}

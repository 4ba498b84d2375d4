package dev.kindling.engine.status;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.ClusterStatus.MachineStatus;
import dev.kindling.engine.api.ClusterStatus.State;
import dev.kindling.engine.api.ClusterStatus.UnknownMachine;
import dev.kindling.engine.api.Condition;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.MacAddress;
import dev.kindling.engine.model.Machine;
import java.time.Instant;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Folds a cluster's events into its status, one after the other. The same events give the same status: no clock, no
 * I/O. Each event costs the same whatever the number of machines; {@link #status()} costs one pass over them.
 *
 * <p>
 * For one thread at a time. What it reads out of events, beyond their own meaning:
 * <ul>
 * <li>{@code CLUSTER_AVAILABLE} becomes true by {@link Event.ConditionChanged} (whoever asked the API server says so)
 * or by a run that ends well, all of whose steps were verified. It becomes unknown when a control-plane machine
 * restarts;
 * <li>{@link Event.Noted} with {@code warning} and without a machine is a notice.
 * </ul>
 */
public final class StatusFold {
    /** A misconfigured network can hold any number of machines that are not ours. */
    private static final int MOST_UNKNOWN = 1000;

    private static final String NOTHING_HEARD = "nothing was heard of it yet";

    private final String name;
    private final Function<String, Validation> parser;
    private final Map<String, MachineState> machines = new LinkedHashMap<>();
    private final Map<MacAddress, UnknownMachine> unknown = new LinkedHashMap<>();
    private final Map<Condition.Type, Condition> conditions = new EnumMap<>(Condition.Type.class);
    private final Set<String> notices = new LinkedHashSet<>();
    private final Set<String> stepsDone = new LinkedHashSet<>();
    private final Map<String, String> active = new LinkedHashMap<>();
    private final EnumMap<BootStage, Integer> perStage = new EnumMap<>(BootStage.class);

    private @Nullable String definition;
    private State state = State.DEFINED;
    private String reason = "no definition yet";
    private Instant since = Instant.EPOCH;
    private @Nullable String run;
    private @Nullable Instant startedAt;
    private @Nullable Instant endedAt;
    private @Nullable String failure;
    private @Nullable String paused;
    private boolean running;
    private int steps;
    private long lastSeq;

    /**
     * @param name of the cluster
     * @param parser reads the text of a definition
     */
    public StatusFold(String name, Function<String, Validation> parser) {
        this.name = name;
        this.parser = parser;
        for (Condition.Type type : Condition.Type.values()) {
            conditions.put(type,
                    new Condition(type, Condition.Status.UNKNOWN, "NotDefined", "no definition yet", Instant.EPOCH));
        }
    }

    /** The status after these events; empty where there are none. */
    public static Optional<ClusterStatus> of(List<Event.Recorded> events, Function<String, Validation> parser) {
        if (events.isEmpty()) {
            return Optional.empty();
        }
        StatusFold fold = new StatusFold(events.getFirst().cluster(), parser);
        events.forEach(fold::add);
        return Optional.of(fold.status());
    }

    /** Takes the next event in. Events that were taken in before are skipped. */
    public StatusFold add(Event.Recorded recorded) {
        if (recorded.seq() <= lastSeq) {
            return this;
        }
        if (lastSeq == 0) {
            since = recorded.at();
            conditions.replaceAll((type, condition) -> new Condition(type, condition.status(), condition.reason(),
                    condition.message(), recorded.at()));
        }
        lastSeq = recorded.seq();
        fold(recorded.event(), recorded.at(), recorded.run());
        return this;
    }

    /** The last record that was folded; 0: none. */
    public long lastSeq() {
        return lastSeq;
    }

    /** What is known now. */
    public ClusterStatus status() {
        List<MachineStatus> list = machines.values().stream().map(MachineState::status).toList();
        return new ClusterStatus(name, state, reason(), since, List.copyOf(conditions.values()), run, startedAt,
                endedAt,
                stepsDone.size(), Math.max(steps, stepsDone.size()), List.copyOf(active.keySet()), list,
                List.copyOf(unknown.values()), List.copyOf(notices), lastSeq);
    }

    private void fold(Event event, Instant at, String inRun) {
        switch (event) {
            case Event.Defined defined -> defined(defined.definition(), at);
            case Event.RunStarted started -> runStarted(started, at, inRun);
            case Event.StepStarted step -> active.put(step.step(), step.text());
            case Event.StepProgressed step -> active.replace(step.step(), step.text());
            case Event.StepDone step -> {
                active.remove(step.step());
                stepsDone.add(step.step());
            }
            case Event.StepFailed step -> stepFailed(step);
            case Event.RunEnded ended -> runEnded(ended, at);
            case Event.MachineObserved seen -> observed(seen, at);
            case Event.MachineStuck stuck ->
                machine(stuck.machine()).ifPresent(machine -> machine.stuck = stuck.reason());
            case Event.InventoryReceived inventory -> {
                machine(inventory.machine()).ifPresent(machine -> machine.hardware = inventory.hardware());
                observed(inventory, at);
            }
            case Event.UnknownMachineSeen seen -> unknown(seen, at);
            case Event.DiskWriteOrdered ordered -> machine(ordered.machine())
                    .ifPresent(machine -> machine.evidence(ordered.text(), at));
            case Event.DiskWritten written -> {
                machine(written.machine()).ifPresent(machine -> machine.diskWritten = true);
                observed(written, at);
            }
            case Event.InstallConfigServed served ->
                observed(served, at);
            case Event.BootScriptServed served -> observed(served, at);
            case Event.RemovalStarted removal -> removalStarted(removal.text(), at);
            case Event.Removed removed -> removed(removed.text(), at);
            case Event.ConditionChanged changed -> set(changed.condition().type(), changed.condition().status(),
                    changed.condition().reason(), changed.condition().message(), at);
            case Event.Noted noted -> {
                if (noted.warning() && noted.machine() == null) {
                    notices.add(noted.text());
                }
            }
            case Event.ResourceCreated created -> {
            }
            case Event.ResourceRemoved removed -> {
            }
            case Event.SecretStored stored -> {
            }
            case Event.HandedOff handedOff -> {
            }
            case Event.StepSkipped skipped -> active.remove(skipped.step());
            case Event.RunPaused pause -> paused = pause.text();
            case Event.RunContinued _ -> paused = null;
            case Event.Requested _,Event.HookRan _,Event.WebhookDelivered _ -> {
            }
        }
    }

    private void defined(String text, Instant at) {
        boolean changed = !text.equals(definition);
        definition = text;
        Cluster cluster = parser.apply(text).cluster();
        Map<String, MachineState> before = Map.copyOf(machines);
        machines.clear();
        perStage.clear();
        if (cluster == null) {
            notices.add("the recorded definition cannot be read by this version of Kindling");
        } else {
            for (Machine machine : cluster.machines()) {
                MachineState known = before.get(machine.name());
                MachineState now = known != null && known.machine.mac().equals(machine.mac())
                        ? known.as(machine)
                        : new MachineState(machine, at);
                machines.put(machine.name(), now);
                perStage.merge(now.stage, 1, Integer::sum);
                unknown.remove(machine.mac());
            }
        }
        if (state == State.DELETED || startedAt == null) {
            enter(State.DEFINED, "defined; nothing was done yet", at);
        }
        if (changed && !running) {
            set(Condition.Type.TEMPLATE_APPLIED, Condition.Status.FALSE, "NotApplied",
                    "the definition is not applied yet",
                    at);
        }
        if (is(Condition.Type.CLUSTER_AVAILABLE, Condition.Status.UNKNOWN) && startedAt == null) {
            set(Condition.Type.CLUSTER_AVAILABLE, Condition.Status.UNKNOWN, "NotAsked",
                    "the API server was not asked yet",
                    at);
        }
        machinesChanged(at);
    }

    private void runStarted(Event.RunStarted started, Instant at, String inRun) {
        run = inRun;
        startedAt = at;
        endedAt = null;
        running = true;
        failure = null;
        paused = null;
        steps = started.steps();
        stepsDone.clear();
        active.clear();
        if (!started.resumed()) {
            notices.clear();
        }
        notices.addAll(started.notices());
        enter(State.PROGRESSING, started.text(), at);
        set(Condition.Type.TEMPLATE_APPLIED, Condition.Status.FALSE, "Applying", started.text(),
                at);
    }

    private void stepFailed(Event.StepFailed failed) {
        if (failed.retryInMillis() < 0) {
            active.remove(failed.step());
            if (failure == null) {
                failure = failed.step() + ": " + failed.problem().message();
            }
        } else {
            active.put(failed.step(), failed.text());
        }
    }

    private void runEnded(Event.RunEnded ended, Instant at) {
        running = false;
        paused = null;
        endedAt = at;
        active.clear();
        if (state == State.DELETED) {
            return;
        }
        boolean removing = state == State.DELETING;
        State broken = is(Condition.Type.CLUSTER_AVAILABLE, Condition.Status.TRUE) && !removing
                ? State.DEGRADED
                : State.FAILED;
        switch (ended.outcome()) {
            case DONE -> {
                if (!removing) {
                    set(Condition.Type.TEMPLATE_APPLIED, Condition.Status.TRUE, "Applied", ended.text(), at);
                    enter(allReady() ? State.READY : State.DEGRADED, allReady() ? ended.text() : notReady(), at);
                    if (allReady() && is(Condition.Type.CLUSTER_AVAILABLE, Condition.Status.UNKNOWN)) {
                        set(Condition.Type.CLUSTER_AVAILABLE, Condition.Status.TRUE, "RunVerified",
                                "the API server answered and every step was verified", at);
                    }
                }
            }
            case FAILED -> {
                String why = failure == null ? ended.text() : failure;
                enter(broken, why, at);
                set(Condition.Type.TEMPLATE_APPLIED, Condition.Status.FALSE, "RunFailed", why, at);
            }
            case CANCELLED -> {
                enter(broken, ended.text(), at);
                set(Condition.Type.TEMPLATE_APPLIED, Condition.Status.FALSE, "RunCancelled", ended.text(), at);
            }
        }
    }

    private void removalStarted(String text, Instant at) {
        running = true;
        failure = null;
        active.clear();
        enter(State.DELETING, text, at);
        set(Condition.Type.TEMPLATE_APPLIED, Condition.Status.FALSE, "Deleting", text, at);
    }

    private void removed(String text, Instant at) {
        running = false;
        active.clear();
        enter(State.DELETED, text, at);
        for (Condition.Type type : Condition.Type.values()) {
            set(type, Condition.Status.FALSE, "Deleted", text, at);
        }
        machines.replaceAll((machineName, machine) -> new MachineState(machine.machine, at));
        perStage.clear();
        perStage.put(BootStage.WAITING, machines.size());
    }

    private void observed(Event event, Instant at) {
        Observation.of(event).ifPresent(seen -> machine(seen.machine()).ifPresent(machine -> {
            BootStage before = machine.stage;
            BootTransition transition = machine.observe(seen, at);
            if (before == machine.stage) {
                return;
            }
            perStage.merge(before, -1, Integer::sum);
            perStage.merge(machine.stage, 1, Integer::sum);
            if (transition.meaning() == BootTransition.Meaning.NEW_BOOT
                    && machine.machine.role() == dev.kindling.engine.model.Role.CONTROL_PLANE
                    && is(Condition.Type.CLUSTER_AVAILABLE, Condition.Status.TRUE)) {
                set(Condition.Type.CLUSTER_AVAILABLE, Condition.Status.UNKNOWN, "ControlPlaneRestarted",
                        seen.machine() + " restarted; the API server was not asked since", at);
            }
            machinesChanged(at);
        }));
    }

    private void unknown(Event.UnknownMachineSeen seen, Instant at) {
        MacAddress mac = new MacAddress(seen.mac());
        UnknownMachine before = unknown.get(mac);
        if (before != null) {
            unknown.put(mac, new UnknownMachine(mac, seen.firmware(), before.firstSeen(), at, before.requests() + 1));
        } else if (unknown.size() < MOST_UNKNOWN) {
            unknown.put(mac, new UnknownMachine(mac, seen.firmware(), at, at, 1));
        }
    }

    /** What follows for the cluster from the stages of its machines. */
    private void machinesChanged(Instant at) {
        if (state == State.DELETED || machines.isEmpty()) {
            return;
        }
        int all = machines.size();
        int installed = atLeast(BootStage.SYSTEM);
        int ready = atLeast(BootStage.READY);
        set(Condition.Type.INFRASTRUCTURE_READY, installed == all ? Condition.Status.TRUE : Condition.Status.FALSE,
                installed == all
                        ? "MachinesInstalled"
                        : all == atMost(BootStage.WAITING) ? "NotStarted" : "MachinesPending",
                installed + " of " + all + " machines run their installed system", at);
        set(Condition.Type.NODES_READY, ready == all ? Condition.Status.TRUE : Condition.Status.FALSE,
                ready == all ? "AllReady" : "NodesPending", ready + " of " + all + " nodes are ready", at);
        if (!running && state == State.READY && ready < all) {
            enter(State.DEGRADED, notReady(), at);
        } else if (!running && state == State.DEGRADED && ready == all
                && is(Condition.Type.TEMPLATE_APPLIED, Condition.Status.TRUE)) {
            enter(State.READY, "all nodes are ready again", at);
        }
    }

    private boolean allReady() {
        return atLeast(BootStage.READY) == machines.size();
    }

    private String notReady() {
        return atLeast(BootStage.READY) + " of " + machines.size() + " nodes are ready";
    }

    private int atLeast(BootStage stage) {
        return perStage.entrySet().stream().filter(entry -> entry.getKey().compareTo(stage) >= 0)
                .mapToInt(Map.Entry::getValue).sum();
    }

    private int atMost(BootStage stage) {
        return perStage.entrySet().stream().filter(entry -> entry.getKey().compareTo(stage) <= 0)
                .mapToInt(Map.Entry::getValue).sum();
    }

    private Optional<MachineState> machine(String machineName) {
        return Optional.ofNullable(machines.get(machineName));
    }

    private boolean is(Condition.Type type, Condition.Status status) {
        Condition condition = conditions.get(type);
        return condition != null && condition.status() == status;
    }

    private void set(Condition.Type type, Condition.Status status, String why, String message, Instant at) {
        Condition before = conditions.get(type);
        conditions.put(type, new Condition(type, status, why, message,
                before != null && before.status() == status ? before.since() : at));
    }

    private void enter(State next, String why, Instant at) {
        if (state != next) {
            since = at;
        }
        state = next;
        reason = why;
    }

    /** While a run goes on: the first machine that is stuck, else a failure, else the youngest step. */
    private String reason() {
        if (!running) {
            return reason;
        }
        if (paused != null) {
            return paused;
        }
        Optional<String> stuck = machines.values().stream().filter(machine -> machine.stuck != null)
                .map(machine -> machine.machine.name() + " is stuck: " + machine.stuck).findFirst();
        if (stuck.isPresent()) {
            return stuck.get();
        }
        if (failure != null) {
            return failure;
        }
        String youngest = reason;
        for (String text : active.values()) {
            youngest = text;
        }
        return youngest;
    }

    private static final class MachineState {
        private final Machine machine;
        private BootStage stage = BootStage.WAITING;
        private Instant stageSince;
        private String evidence = NOTHING_HEARD;
        private Instant evidenceAt;
        private @Nullable String stuck;
        private double progress = -1;
        private boolean diskWritten;
        private @Nullable Hardware hardware;

        MachineState(Machine machine, Instant at) {
            this.machine = machine;
            this.stageSince = at;
            this.evidenceAt = at;
        }

        MachineState as(Machine definedNow) {
            MachineState copy = new MachineState(definedNow, stageSince);
            copy.stage = stage;
            copy.evidence = evidence;
            copy.evidenceAt = evidenceAt;
            copy.stuck = stuck;
            copy.progress = progress;
            copy.diskWritten = diskWritten;
            copy.hardware = hardware;
            return copy;
        }

        BootTransition observe(Observation seen, Instant at) {
            BootTransition transition = BootTransition.of(stage, seen.stage());
            switch (transition.meaning()) {
                case FORWARD -> {
                    progress = seen.fraction();
                    evidence(seen.text(), at);
                }
                case RESTARTING -> evidence("restarting: " + seen.text(), at);
                case NO_CHANGE -> evidence(seen.text(), at);
                case NEW_BOOT -> {
                    progress = seen.fraction();
                    evidence("started anew: " + seen.text() + (diskWritten ? " (its disk is written)" : ""), at);
                }
            }
            if (transition.stage() != stage) {
                stage = transition.stage();
                stageSince = at;
            }
            if (transition.meaning() != BootTransition.Meaning.NO_CHANGE) {
                stuck = null;
            }
            return transition;
        }

        void evidence(String text, Instant at) {
            evidence = text;
            evidenceAt = at;
        }

        MachineStatus status() {
            return new MachineStatus(machine.name(), machine.mac(), machine.role(), machine.kind(),
                    machine.address().getHostAddress(), stage, stageSince, evidence, evidenceAt, stuck, progress,
                    hardware);
        }
    }
}

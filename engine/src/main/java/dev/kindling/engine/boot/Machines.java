package dev.kindling.engine.boot;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.Condition;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.MacAddress;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.plan.Step;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What each machine of a cluster has shown so far. Every change is in the journal before it is visible here, and the
 * journal alone brings all of it back.
 */
public final class Machines {
    private static final Logger LOG = LoggerFactory.getLogger(Machines.class);

    private final Cluster cluster;
    private final Consumer<Event> journal;
    private final Clock clock;
    private final Map<String, Entry> byName = new LinkedHashMap<>();
    private final Map<MacAddress, Entry> byMac = new LinkedHashMap<>();
    private final Map<String, Instant> strangers = new ConcurrentHashMap<>();

    /**
     * @param journal writes an event durably before it returns
     */
    public Machines(Cluster cluster, Collection<Event.Recorded> recorded, Consumer<Event> journal, Clock clock) {
        this.cluster = cluster;
        this.journal = journal;
        this.clock = clock;
        for (Machine machine : cluster.machines()) {
            var entry = new Entry(machine, clock.instant());
            byName.put(machine.name(), entry);
            byMac.put(machine.mac(), entry);
        }
        recorded.forEach(record -> restore(record.event()));
    }

    /**
     * A machine at one moment.
     *
     * @param evidence the last thing that it did
     * @param hardware null until its inventory came
     * @param order of its disk; null until one was given
     * @param written whether that order was carried out
     * @param boots how many boot scripts it was given
     * @param configBoot the boot in which it was given its install config; 0: never
     * @param ready whether its node has been Ready
     * @param heardInThisRun whether it showed anything since this process began
     * @param failure what it said went wrong in this boot; null: nothing
     */
    public record Snapshot(Machine machine, BootStage stage, String evidence, Instant evidenceAt,
            @Nullable Hardware hardware, Event.@Nullable DiskWriteOrdered order, boolean written, int boots,
            int configBoot, boolean ready, boolean heardInThisRun, @Nullable String failure) {
        /** Whether the disk that the definition names now holds our system. */
        public boolean installed() {
            return written && order != null && order.disk().selector().equals(machine.disk().toString());
        }

        private Snapshot with(BootStage newStage, String newEvidence, Instant at, boolean heard) {
            return new Snapshot(machine, newStage, newEvidence, at, hardware, order, written, boots, configBoot,
                    ready || newStage == BootStage.READY, heardInThisRun || heard, failure);
        }

        private Snapshot withFailure(@Nullable String newFailure) {
            return new Snapshot(machine, stage, evidence, evidenceAt, hardware, order, written, boots, configBoot,
                    ready,
                    heardInThisRun, newFailure);
        }

        /** The transition for each event about a machine; others change nothing. */
        private Snapshot after(Event event, Instant at, boolean heard) {
            return switch (event) {
                case Event.MachineObserved(String _, BootStage newStage, double _, String text) ->
                    with(newStage, text, at, heard);
                case Event.InventoryReceived(String _, Hardware newHardware, String text) -> new Snapshot(machine,
                        BootStage.INSTALLER, text, at, newHardware, order, written, boots, configBoot, ready,
                        heardInThisRun || heard, failure);
                case Event.DiskWriteOrdered newOrder -> new Snapshot(machine, stage, evidence, evidenceAt, hardware,
                        newOrder, false, boots, configBoot, ready, heardInThisRun, failure);
                case Event.DiskWritten(String _, String _, String text) ->
                    new Snapshot(machine, BootStage.WRITTEN, text, at,
                            hardware, order, true, boots, configBoot, ready, heardInThisRun || heard, failure);
                case Event.BootScriptServed(String _, int boot, String text) ->
                    new Snapshot(machine, BootStage.SCRIPT, text,
                            at, hardware, order, written, boot, configBoot, ready, heardInThisRun || heard, null);
                case Event.InstallConfigServed(String _, int boot, String text) ->
                    new Snapshot(machine, BootStage.JOINING,
                            text, at, hardware, order, written, boots, boot, ready, heardInThisRun || heard, failure);
                case Event.Noted(String _, boolean warning, String text) -> warning ? withFailure(text) : this;
                default -> this;
            };
        }

        /** The evidence with its age, for messages. */
        public String lastEvidence(Instant now) {
            return evidence.isEmpty()
                    ? "nothing was heard of it"
                    : "the last evidence is '" + evidence + "', "
                            + Math.max(0, Duration.between(evidenceAt, now).toSeconds()) + " s ago";
        }
    }

    public Cluster cluster() {
        return cluster;
    }

    public Optional<Machine> find(MacAddress mac) {
        return Optional.ofNullable(byMac.get(mac)).map(entry -> entry.now.machine());
    }

    public Snapshot now(String machine) {
        Entry entry = entry(machine);
        entry.lock.lock();
        try {
            return entry.now;
        } finally {
            entry.lock.unlock();
        }
    }

    public List<Snapshot> all() {
        var all = new ArrayList<Snapshot>();
        byName.keySet().forEach(name -> all.add(now(name)));
        return all;
    }

    /** Evidence of a stage, told by the machine itself or seen while it waits for our answer. */
    public void observe(String machine, BootStage stage, double fraction, String text) {
        Entry entry = entry(machine);
        entry.lock.lock();
        try {
            entry.reportedAt = clock.instant();
            journalUnlessSaid(entry, new Event.MachineObserved(machine, stage, fraction, text));
        } finally {
            entry.lock.unlock();
        }
    }

    /**
     * Evidence that the boot service overheard at a moment that may have passed: what the machine reported after that
     * moment stands.
     *
     * @param stages the stage that it shows, for the stage that the machine is in
     */
    void overheard(String machine, Instant at, UnaryOperator<BootStage> stages, String text) {
        Entry entry = entry(machine);
        entry.lock.lock();
        try {
            if (at.isBefore(entry.reportedAt)) {
                LOG.debug("{}: {}, overtaken by '{}'", machine, text, entry.now.evidence());
            } else {
                journalUnlessSaid(entry,
                        new Event.MachineObserved(machine, stages.apply(entry.now.stage()), -1, text));
            }
        } finally {
            entry.lock.unlock();
        }
    }

    /** What was said within a second, with nothing new but a fraction, is not said again. */
    private void journalUnlessSaid(Entry entry, Event.MachineObserved event) {
        boolean said = entry.now.stage() == event.stage()
                && (entry.now.evidence().equals(event.text()) || (event.fraction() >= 0 && event.fraction() < 1))
                && Duration.between(entry.now.evidenceAt(), clock.instant()).toMillis() < 1000;
        if (!said) {
            change(entry, event);
        }
    }

    /** Journals an event about a machine and makes it visible. */
    public void record(String machine, Event event) {
        Entry entry = entry(machine);
        entry.lock.lock();
        try {
            entry.reportedAt = clock.instant();
            change(entry, event);
        } finally {
            entry.lock.unlock();
        }
    }

    /** Gives the next order of a machine's disk, or the one that was given before and is not carried out. */
    public Event.DiskWriteOrdered order(String machine, String newId, Plan.DiskTarget disk) {
        Entry entry = entry(machine);
        entry.lock.lock();
        try {
            Event.DiskWriteOrdered given = entry.now.order();
            if (given != null && given.disk().selector().equals(disk.selector())) {
                return given;
            }
            var order = new Event.DiskWriteOrdered(machine, newId, disk,
                    machine + ": the disk with " + disk.selector() + " (" + disk.model() + ") may be written");
            change(entry, order);
            return order;
        } finally {
            entry.lock.unlock();
        }
    }

    /** A new boot of the machine: its number, from 1. */
    public int nextBoot(String machine, String text) {
        Entry entry = entry(machine);
        entry.lock.lock();
        try {
            entry.reportedAt = clock.instant();
            int boot = entry.now.boots() + 1;
            change(entry, new Event.BootScriptServed(machine, boot, text));
            return boot;
        } finally {
            entry.lock.unlock();
        }
    }

    /**
     * Takes the right to fetch the install config: once per boot that was seen, never after the node was Ready.
     *
     * @return false where it was fetched already
     */
    public boolean takeConfig(String machine) {
        Entry entry = entry(machine);
        entry.lock.lock();
        try {
            if (entry.now.ready() || entry.now.configBoot() >= Math.max(1, entry.now.boots())) {
                return false;
            }
            change(entry, new Event.InstallConfigServed(machine, Math.max(1, entry.now.boots()),
                    machine + " fetched its install config"));
            return true;
        } finally {
            entry.lock.unlock();
        }
    }

    /** A machine that is not in the definition. Journalled when it is new, and then at most once a minute. */
    public void stranger(MacAddress mac, String firmware, String text) {
        Instant at = clock.instant();
        var old = strangers.put(mac.value(), at);
        if (old == null || Duration.between(old, at).toSeconds() >= 60) {
            journal.accept(new Event.UnknownMachineSeen(mac.value(), firmware, text));
        } else {
            strangers.put(mac.value(), old);
        }
    }

    /** Journals a condition of the cluster that somebody has looked at. */
    public void condition(Condition.Type type, Condition.Status status, String reason, String message) {
        journal.accept(new Event.ConditionChanged(new Condition(type, status, reason, message, clock.instant()),
                message));
    }

    /** Journals something worth knowing about the whole cluster, at most once. */
    public void note(String text) {
        if (strangers.putIfAbsent(text, clock.instant()) == null) {
            journal.accept(new Event.Noted(null, true, text));
        }
    }

    /**
     * Waits until a machine is as wanted.
     *
     * @param what is waited for, for the message: "its inventory"
     * @throws Step.Failed at the attempt's deadline, with the machine, its stage and its last evidence; or at once
     *             where the machine reports a failure
     */
    public Snapshot await(String machine, String what, Predicate<Snapshot> wanted, Step.Attempt attempt)
            throws InterruptedException, Step.Failed {
        Entry entry = entry(machine);
        entry.lock.lockInterruptibly();
        try {
            while (!wanted.test(entry.now)) {
                String failure = entry.now.failure();
                if (failure != null) {
                    entry.now = entry.now.withFailure(null);
                    throw new Step.Failed(Problem.error("machine-failed", "machine " + machine, failure, what,
                            "look at the machine's console; it reported this itself"), true);
                }
                long left = Duration.between(clock.instant(), attempt.deadline()).toMillis();
                if (left <= 0) {
                    throw new Step.Failed(Problem.error("deadline", "machine " + machine,
                            machine + " is at the stage '" + entry.now.stage().label() + "'; "
                                    + entry.now.lastEvidence(clock.instant()),
                            what, "kindling status shows every machine's evidence; kindling up goes on from here"),
                            true);
                }
                boolean signalled = entry.changed.await(Math.min(left, 1000), TimeUnit.MILLISECONDS);
                if (!signalled && Thread.interrupted()) {
                    throw new InterruptedException();
                }
            }
            return entry.now;
        } finally {
            entry.lock.unlock();
        }
    }

    private void change(Entry entry, Event event) {
        journal.accept(event);
        entry.now = entry.now.after(event, clock.instant(), true);
        entry.changed.signalAll();
    }

    private void restore(Event event) {
        String name = switch (event) {
            case Event.MachineObserved(String machine, BootStage _, double _, String _) -> machine;
            case Event.InventoryReceived(String machine, Hardware _, String _) -> machine;
            case Event.DiskWriteOrdered(String machine, String _, Plan.DiskTarget _, String _) -> machine;
            case Event.DiskWritten(String machine, String _, String _) -> machine;
            case Event.BootScriptServed(String machine, int _, String _) -> machine;
            case Event.InstallConfigServed(String machine, int _, String _) -> machine;
            case Event.UnknownMachineSeen(String mac, String _, String _) -> {
                strangers.put(mac, clock.instant());
                yield null;
            }
            default -> null;
        };
        Entry entry = name == null ? null : byName.get(name);
        if (entry != null) {
            entry.now = entry.now.after(event, clock.instant(), false);
        }
    }

    private Entry entry(String machine) {
        Entry entry = byName.get(machine);
        if (entry == null) {
            throw new IllegalArgumentException("no machine " + machine + " in " + cluster.name());
        }
        return entry;
    }

    private static final class Entry {
        final ReentrantLock lock = new ReentrantLock();
        final java.util.concurrent.locks.Condition changed = lock.newCondition();
        /** When the machine itself was last heard. */
        Instant reportedAt = Instant.EPOCH;
        /** Written under the lock; the machine in it never changes. */
        volatile Snapshot now;

        Entry(Machine machine, Instant at) {
            now = new Snapshot(machine, BootStage.WAITING, "", at, null, null, false, 0, 0, false, false, null);
        }
    }
}

package dev.kindling.engine;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.boot.Machines;
import dev.kindling.engine.definition.Definitions;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.plan.Facts;
import dev.kindling.engine.plan.Step;
import dev.kindling.engine.report.Reports;
import dev.kindling.engine.run.DagRunner;
import dev.kindling.engine.run.Hooks;
import dev.kindling.engine.status.StatusFold;
import dev.kindling.engine.status.StuckRules;
import dev.kindling.engine.store.Acquisition;
import dev.kindling.engine.store.Lease;
import dev.kindling.engine.store.LostLock;
import dev.kindling.engine.store.Owner;
import dev.kindling.engine.store.Store;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Leads one run from its lock to its report: replays the journal, observes, does the rest, stops what it started. */
final class Conductor {
    private static final Logger LOG = LoggerFactory.getLogger(Conductor.class);

    private final Workspace workspace;
    private final Store store;
    private final World world;
    private final Clock clock;
    private final String cluster;
    private final String run;
    private final ApplyOptions options;
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private @Nullable Lease lease;
    private volatile @Nullable DagRunner runner;
    private volatile boolean journalBroken;

    Conductor(Workspace workspace, Store store, World world, String cluster, String run, ApplyOptions options) {
        this.workspace = workspace;
        this.store = store;
        this.world = world;
        this.clock = world.clock();
        this.cluster = cluster;
        this.run = run;
        this.options = options;
    }

    /** Takes the cluster's lock. @return why it cannot be had */
    List<Problem> begin() {
        Optional<Owner> stalled = store.stalled(cluster);
        if (stalled.isPresent()) {
            try {
                LOG.warn("{} let its lock on cluster {} expire; {}", stalled.get(), cluster,
                        stalled.get().end() ? "ended, so that it cannot wake up" : "it cannot be ended");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return switch (store.acquire(cluster, workspace.lockLasts())) {
            case Acquisition.Acquired(Lease mine, var _) -> {
                lease = mine;
                mine.onLost(this::cancel);
                yield List.of();
            }
            case Acquisition.HeldBy held -> List.of(Problem.error("run-in-progress", "cluster " + cluster,
                    "another run holds it: " + held.owner() + ", until " + held.expires(),
                    "a cluster that nobody works on", "wait until then, or follow it: kindling events --follow"));
        };
    }

    /** Asks the run, or the keeping of its machines, to end. */
    void cancel() {
        cancelled.countDown();
        DagRunner current = runner;
        if (current != null) {
            current.cancel();
        }
    }

    /** Which steps of a run a process does. */
    enum Part {
        /** What needs the network of the host: downloads. A virtual rack's own network leads nowhere. */
        PREPARATION,
        /** All of them; those of the preparation find their work done. */
        ALL
    }

    /**
     * After {@link #begin}; returns when everything that was started is stopped.
     *
     * @return whether the part was done, so that the next one may begin
     */
    boolean conduct(Part part) {
        try (Lease mine = Objects.requireNonNull(lease)) {
            return conduct(mine, part) == Event.Outcome.DONE;
        } catch (LostLock e) {
            LOG.warn("{}: {}; this run stops and does no harm", run, e.getMessage());
        } catch (RuntimeException | IOException e) {
            LOG.error("{} is broken", run, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    private Event.Outcome conduct(Lease mine, Part part) throws IOException, InterruptedException {
        Consumer<Event> journal = journal(mine);
        List<Event.Recorded> before = store.read(cluster, 0);
        Facts facts = Facts.of(before);
        String definition = facts.lastDefinition()
                .orElseThrow(() -> new IOException("the journal has no definition of " + cluster));
        Cluster model = Kindling.modelOf(Definitions.read("definition of " + cluster, definition));
        var machines = new Machines(model, facts.events(), journal, clock);
        var hooks = new Hooks(model, run, workspace.directory(), new Secrets(workspace, store, cluster, _ -> {})::mask,
                journal);
        var wiring = new Wiring(workspace, store, world);
        var dag = new DagRunner(journal, clock, world.sleeper(), world.random(), Lanes.of(model, options),
                hooks::around, step -> evidence(step, machines));
        runner = dag;
        if (cancelled.getCount() == 0) {
            dag.cancel();
        }
        try (Wiring.Wired wired = wiring.wire(machines, options, run, journal)) {
            boolean begins = before.stream().noneMatch(this::beganThisRun);
            if (begins) {
                journal.accept(new Event.RunStarted(wiring.plan(model, definition, facts).id(), wired.steps().size(),
                        facts.ran(), wiring.notices(model),
                        (facts.ran() ? "run resumed: " : "run started: ") + wired.steps().size() + " steps"));
            }
            var control = new Control(run, this::cancel);
            control.of(dag, before);
            try (Kindling.Subscription _ = store.tail(cluster, before.getLast().seq(), control::obey)) {
                DagRunner.Result result = perform(mine, dag, hooks, machines, journal, begins,
                        part == Part.ALL
                                ? wiring.remaining(wired.steps(), model, definition, facts)
                                : wired.preparation());
                if (part == Part.PREPARATION && result.outcome() == Event.Outcome.DONE) {
                    return Event.Outcome.DONE;
                }
                result = afterwards(hooks, result);
                boolean keep = options.keepRunning() && result.outcome() == Event.Outcome.DONE;
                if (!keep) {
                    wired.stop();
                }
                dag.end();
                journal.accept(new Event.RunEnded(result.outcome(), switch (result.outcome()) {
                    case DONE -> "cluster " + cluster + " is formed and handed off";
                    case FAILED -> "the run failed: " + result.problems().getFirst().message();
                    case CANCELLED -> "the run was stopped; kindling up goes on from here";
                }));
                report();
                if (keep) {
                    cancelled.await();
                }
                return result.outcome();
            }
        }
    }

    /** Whoever writes to it, a step or a machine's report: nothing goes on without the journal. */
    private Consumer<Event> journal(Lease mine) {
        Consumer<Event> durable = world.journal().apply(event -> store.append(mine, run, event));
        return event -> {
            try {
                durable.accept(event);
            } catch (RuntimeException e) {
                journalBroken = true;
                cancel();
                throw e;
            }
        };
    }

    private boolean beganThisRun(Event.Recorded recorded) {
        return recorded.run().equals(run) && recorded.event() instanceof Event.RunStarted;
    }

    private DagRunner.Result perform(Lease mine, DagRunner dag, Hooks hooks, Machines machines,
            Consumer<Event> journal, boolean begins, List<Step> steps) throws InterruptedException {
        Thread watch = Thread.ofVirtual().name("stuck-watch").start(() -> watch(mine, machines, journal));
        try {
            if (begins) {
                dag.awaitOpen();
                Optional<Problem> refusal = cancelled.getCount() == 0
                        ? Optional.empty()
                        : hooks.run("before-run", Map.of());
                if (refusal.isPresent()) {
                    return new DagRunner.Result(Event.Outcome.FAILED, List.of(refusal.get()));
                }
            }
            return dag.run(steps);
        } catch (IllegalStateException e) {
            if (journalBroken) {
                throw e;
            }
            LOG.error("{} is broken", run, e);
            return new DagRunner.Result(Event.Outcome.FAILED, List.of(Problem.error("bug", run,
                    "this is a bug in Kindling: " + e.getMessage(), "",
                    "report it with: kindling bundle " + cluster + " -o FILE; kindling up goes on from here")));
        } finally {
            watch.interrupt();
            watch.join();
        }
    }

    private DagRunner.Result afterwards(Hooks hooks, DagRunner.Result result) throws InterruptedException {
        Optional<Problem> refusal = hooks.run("after-run", Map.of("OUTCOME", result.outcome().name(), "PROBLEM",
                result.problems().isEmpty() ? "" : result.problems().getFirst().message()));
        if (refusal.isEmpty() || result.outcome() != Event.Outcome.DONE) {
            return result;
        }
        return new DagRunner.Result(Event.Outcome.FAILED, List.of(refusal.get()));
    }

    /** What is known of the machine that a step waits for, and what should have come next of it. */
    private String evidence(Step step, Machines machines) {
        String name = step.action().machine();
        if (name == null) {
            return "";
        }
        Machines.Snapshot now = machines.now(name);
        String seen = now.evidence().isEmpty()
                ? "nothing was heard of its machine"
                : "its machine was last seen "
                        + StuckRules.words(Duration.between(now.evidenceAt(), clock.instant())) + " ago, at the stage '"
                        + now.stage().label() + "': " + now.evidence();
        return seen + StuckRules.missing(now.stage(), now.machine().kind())
                .map(missing -> "; first failed prerequisite: " + missing).orElse("");
    }

    /** The run is over by now, and the report can be made again from the journal at any time. */
    private void report() {
        List<Event.Recorded> events = store.read(cluster, 0);
        Optional<ClusterStatus> status = StatusFold.of(events, text -> Definitions.read("definition", text));
        try {
            if (status.isPresent()) {
                workspace.write(cluster, Reports.render(events, status.get()));
            }
        } catch (IOException e) {
            LOG.warn("{}: its report cannot be written; kindling report tries again", run, e);
        }
    }

    /** Once a second: whether the lock is still ours, and which machines make no progress, and why. */
    private void watch(Lease mine, Machines machines, Consumer<Event> journal) {
        Map<String, String> told = new HashMap<>();
        var fold = new StatusFold(cluster, text -> Definitions.read("definition", text));
        try {
            while (!Thread.interrupted()) {
                if (mine.lost()) {
                    LOG.warn("{}: another process has taken the cluster over; this run stops", run);
                    cancel();
                    return;
                }
                store.read(cluster, fold.lastSeq()).forEach(fold::add);
                for (ClusterStatus.MachineStatus machine : fold.status().machines()) {
                    String reason = StuckRules.reason(machine, clock.instant()).orElse(null);
                    boolean was = machine.stuck() != null;
                    if (reason != null && !was) {
                        told.put(machine.name(), reason);
                        journal.accept(new Event.MachineStuck(machine.name(), reason,
                                machine.name() + " is stuck: " + reason));
                    } else if (reason == null && was && told.remove(machine.name()) != null) {
                        journal.accept(new Event.MachineStuck(machine.name(), null, machine.name() + " goes on"));
                    }
                }
                TimeUnit.SECONDS.sleep(1);
            }
        } catch (InterruptedException e) {
            // the run has ended
        } catch (RuntimeException e) {
            LOG.warn("the watch for stuck machines of {} ended", machines.cluster().name(), e);
        }
    }
}

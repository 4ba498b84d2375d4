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
import dev.kindling.engine.status.StatusFold;
import dev.kindling.engine.status.StuckRules;
import dev.kindling.engine.store.Acquisition;
import dev.kindling.engine.store.Lease;
import dev.kindling.engine.store.LostLock;
import dev.kindling.engine.store.Owner;
import dev.kindling.engine.store.Store;
import java.io.IOException;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Leads one run from its lock to its report: replays the journal, observes, does the rest, stops what it started. */
final class Conductor {
    private static final Logger LOG = LoggerFactory.getLogger(Conductor.class);

    private final Workspace workspace;
    private final Store store;
    private final Clock clock;
    private final RandomGenerator random;
    private final String cluster;
    private final String run;
    private final ApplyOptions options;
    private final UnaryOperator<Consumer<Event>> journalGuard;
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private @Nullable Lease lease;
    private volatile @Nullable DagRunner runner;

    Conductor(Workspace workspace, Store store, Clock clock, RandomGenerator random, String cluster, String run,
            ApplyOptions options, UnaryOperator<Consumer<Event>> journal) {
        this.workspace = workspace;
        this.store = store;
        this.clock = clock;
        this.random = random;
        this.cluster = cluster;
        this.run = run;
        this.options = options;
        this.journalGuard = journal;
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
        Consumer<Event> durable = journalGuard.apply(event -> store.append(mine, run, event));
        // whoever writes it, a step or a machine's report: nothing goes on without its journal
        Consumer<Event> journal = event -> {
            try {
                durable.accept(event);
            } catch (RuntimeException e) {
                cancel();
                throw e;
            }
        };
        Facts facts = Facts.of(store.read(cluster, 0));
        String definition = facts.lastDefinition()
                .orElseThrow(() -> new IOException("the journal has no definition of " + cluster));
        Cluster model = Kindling.modelOf(Definitions.read("definition of " + cluster, definition));
        var wiring = new Wiring(workspace, store, clock, random);
        var machines = new Machines(model, facts.events(), journal, clock);
        try (Wiring.Wired wired = wiring.wire(machines, options, run, journal)) {
            if (facts.events().stream().noneMatch(this::beganThisRun)) {
                journal.accept(new Event.RunStarted(wiring.plan(model, definition, facts).id(), wired.steps().size(),
                        facts.ran(), wiring.notices(model),
                        (facts.ran() ? "run resumed: " : "run started: ") + wired.steps().size() + " steps"));
            }
            DagRunner.Result result = run(machines, journal, switch (part) {
                case ALL -> wired.steps();
                case PREPARATION ->
                    wired.steps().stream().filter(step -> step.id().startsWith(ClusterRun.PREPARE)).toList();
            });
            if (part == Part.PREPARATION && result.outcome() == Event.Outcome.DONE) {
                return Event.Outcome.DONE;
            }
            boolean keep = options.keepRunning() && result.outcome() == Event.Outcome.DONE;
            if (!keep) {
                wired.stop();
            }
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

    private boolean beganThisRun(Event.Recorded recorded) {
        return recorded.run().equals(run) && recorded.event() instanceof Event.RunStarted;
    }

    private DagRunner.Result run(Machines machines, Consumer<Event> journal, List<Step> steps)
            throws InterruptedException {
        var dag = new DagRunner(journal, clock, random);
        runner = dag;
        if (cancelled.getCount() == 0) {
            dag.cancel();
        }
        Thread watch = Thread.ofVirtual().name("stuck-watch").start(() -> watchForStuck(machines, journal));
        try {
            return dag.run(steps);
        } finally {
            watch.interrupt();
            watch.join();
        }
    }

    private void report() throws IOException {
        List<Event.Recorded> events = store.read(cluster, 0);
        Optional<ClusterStatus> status = StatusFold.of(events, text -> Definitions.read("definition", text));
        if (status.isPresent()) {
            workspace.write(cluster, Reports.render(events, status.get()));
        }
    }

    /** Once a second: which machines make no progress, and why. */
    private void watchForStuck(Machines machines, Consumer<Event> journal) {
        Map<String, String> told = new HashMap<>();
        var fold = new StatusFold(cluster, text -> Definitions.read("definition", text));
        try {
            while (!Thread.interrupted()) {
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

package dev.kindling.engine;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Primer;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.RunResult;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.boot.BootAssets;
import dev.kindling.engine.definition.Definitions;
import dev.kindling.engine.machine.virtual.VirtualRack;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.plan.Facts;
import dev.kindling.engine.report.Reports;
import dev.kindling.engine.status.StatusFold;
import dev.kindling.engine.store.Acquisition;
import dev.kindling.engine.store.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/**
 * The engine in this process, over one workspace. Runs go on in processes of their own, so that a UI may come and go.
 */
public final class Engine implements Kindling {
    private final Workspace workspace;
    private final Store store;
    private final RunPlace runs;
    private final Wiring wiring;
    private final Clock clock;
    private final RandomGenerator random;

    Engine(Workspace workspace, Store store, RunPlace runs, Clock clock, RandomGenerator random) {
        this.workspace = workspace;
        this.store = store;
        this.runs = runs;
        this.wiring = new Wiring(workspace, clock, random);
        this.clock = clock;
        this.random = random;
    }

    /**
     * Opens or creates a workspace.
     *
     * @throws UncheckedIOException where it cannot be read or written, or is damaged; the message says what to do
     */
    public static Kindling open(Path directory) {
        Clock clock = Clock.systemUTC();
        var random = new java.security.SecureRandom();
        try {
            Workspace workspace = Workspace.open(directory, System.getenv());
            Store store = Store.open(workspace.directory(), clock);
            return new Engine(workspace, store, new RunnerProcesses(workspace, store), clock, random);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The primer and its medium; needs no workspace. */
    public static Primer primer() {
        return new PrimerHere(new Workspace(Path.of(""), System.getenv()).assetCache(), Path.of("/"));
    }

    /**
     * The same, with runs in this process: for tests.
     *
     * @param journal wraps the way to the journal, for tests that break it off
     */
    static Engine openInProcess(Path directory, Map<String, String> environment, Clock clock, RandomGenerator random,
            UnaryOperator<Consumer<Event>> journal) throws IOException {
        Workspace workspace = Workspace.open(directory, environment);
        Store store = Store.open(workspace.directory(), clock);
        return new Engine(workspace, store, new RunsHere(workspace, store, clock, random, journal), clock, random);
    }

    @Override
    public Validation validate(String source, String text) {
        return Definitions.read(source, text);
    }

    @Override
    public String compose(Draft draft) {
        return Definitions.compose(draft);
    }

    @Override
    public Draft defaults() {
        return Definitions.defaults();
    }

    @Override
    public String demo(boolean simulated, int nodes) {
        return Definitions.demo(simulated ? Machine.Kind.SIMULATED : Machine.Kind.VIRTUAL, nodes);
    }

    @Override
    public Optional<Problem> virtualRackProblem() {
        String remedy = "run as root, or allow user namespaces and /dev/net/tun, and install what is missing;"
                + " or rehearse with simulated machines: kindling demo --simulated";
        try {
            Optional<String> missing = VirtualRack.unavailable()
                    .or(() -> BootAssets.check().stream()
                            .map(part -> part.what() + " (package " + part.debianPackage() + ")")
                            .findFirst());
            return missing.map(why -> Problem.error("virtual-rack-unavailable", "virtual rack", why,
                    "QEMU, its firmware, boot files, and a private network namespace with taps", remedy));
        } catch (IOException e) {
            return Optional
                    .of(Problem.error("virtual-rack-unavailable", "virtual rack", String.valueOf(e.getMessage()), "",
                            remedy));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of(Problem.error("interrupted", "virtual rack", "interrupted", "", "try again"));
        }
    }

    @Override
    public Plan plan(Validation validation) {
        Cluster cluster = Kindling.modelOf(validation);
        Facts facts = Facts.of(history(cluster.name(), 0));
        return wiring.plan(cluster, validation.text(), facts);
    }

    @Override
    public Started apply(Plan plan, ApplyOptions options) {
        String cluster = plan.cluster().name();
        Optional<Acquisition.HeldBy> holder = store.holder(cluster);
        if (holder.isPresent()) {
            return refused(Problem.error("run-in-progress", "cluster " + cluster,
                    "another run holds it: " + holder.get().owner(), "a cluster that nobody works on",
                    "follow it with: kindling events --follow, or end it with: kindling down"));
        }
        Validation now = validate("definition of " + cluster, plan.definition());
        if (!now.ok()) {
            return new Started(Optional.empty(), now.problems());
        }
        if (!plan(now).id().equals(plan.id())) {
            return refused(Problem.error("plan-outdated", "cluster " + cluster,
                    "something changed since the plan was made", "the facts that the plan was made from",
                    "make the plan again: kindling plan"));
        }
        Facts facts = Facts.of(history(cluster, 0));
        List<Problem> problems = wiring.contradictions(plan.cluster(), facts, options);
        if (!problems.isEmpty()) {
            return new Started(Optional.empty(), problems);
        }
        if (!plan.definition().equals(facts.definition())) {
            store.append(cluster, "", new Event.Defined(plan.definition(), "definition of " + cluster + " accepted"));
        }
        String run = newRunId();
        List<Problem> notStarted = runs.start(cluster, run, options);
        return notStarted.isEmpty()
                ? new Started(Optional.of(run), List.of())
                : new Started(Optional.empty(), notStarted);
    }

    private static Started refused(Problem problem) {
        return new Started(Optional.empty(), List.of(problem));
    }

    @Override
    public RunResult await(String run) throws InterruptedException {
        String cluster = clusterOf(run);
        var problems = new ArrayList<Problem>();
        var ended = new AtomicReference<Event.RunEnded>();
        var done = new CountDownLatch(1);
        try (Subscription _ = store.tail(cluster, 0, recorded -> {
            if (!recorded.run().equals(run)) {
                return;
            }
            if (recorded.event() instanceof Event.StepFailed failed && failed.retryInMillis() < 0) {
                problems.add(failed.problem());
            } else if (recorded.event() instanceof Event.RunEnded end) {
                ended.set(end);
                done.countDown();
            }
        })) {
            while (!done.await(500, TimeUnit.MILLISECONDS)) {
                // asked before the journal is looked at once more: the run may have ended in between
                Optional<Problem> gone = runs.gone(cluster, run);
                if (gone.isPresent() && !done.await(1, TimeUnit.SECONDS)) {
                    return new RunResult(run, Event.Outcome.FAILED, List.of(gone.get()));
                }
            }
        }
        return new RunResult(run, java.util.Objects.requireNonNull(ended.get()).outcome(), problems);
    }

    @Override
    public void cancel(String run) {
        runs.cancel(clusterOf(run), run);
    }

    @Override
    public List<ClusterStatus> clusters() {
        return store.clusters().stream().flatMap(cluster -> status(cluster).stream()).toList();
    }

    @Override
    public Optional<ClusterStatus> status(String cluster) {
        return StatusFold.of(history(cluster, 0), text -> Definitions.read("definition", text));
    }

    @Override
    public Optional<Validation> definition(String cluster) {
        return Facts.of(history(cluster, 0)).lastDefinition().map(text -> validate("definition of " + cluster, text));
    }

    @Override
    public List<Event.Recorded> history(String cluster, long afterSeq) {
        return store.read(cluster, afterSeq);
    }

    @Override
    public Subscription events(String cluster, long afterSeq, Consumer<Event.Recorded> listener) {
        return store.tail(cluster, afterSeq, listener);
    }

    @Override
    public Hardware hardware() {
        return LocalHardware.read(Path.of("/"));
    }

    @Override
    public Optional<Report> report(String cluster) {
        return status(cluster).filter(status -> status.run() != null).map(status -> {
            try {
                return workspace.write(cluster, Reports.render(history(cluster, 0), status));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @Override
    public RunResult down(String cluster) throws InterruptedException {
        return new Removal(workspace, store, runs).remove(cluster, newRunId());
    }

    @Override
    public Path workspace() {
        return workspace.directory();
    }

    @Override
    public List<Event.Recorded> history(String cluster, long afterSeq, int limit) {
        return store.read(cluster, afterSeq, limit);
    }

    @Override
    public void close() {
        runs.close();
        store.close();
    }

    private String clusterOf(String run) {
        for (String cluster : store.clusters()) {
            if (runs.belongs(cluster, run)
                    || store.read(cluster, 0).stream().anyMatch(recorded -> recorded.run().equals(run))) {
                return cluster;
            }
        }
        throw new IllegalArgumentException("no run " + run + " in " + workspace.directory());
    }

    /** Sorts by time: {@code run-20261121-031500-4f3a}. */
    private String newRunId() {
        byte[] tail = new byte[2];
        random.nextBytes(tail);
        return "run-" + DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC).format(clock.instant())
                + "-" + HexFormat.of().formatHex(tail);
    }

}

package dev.kindling.engine;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Edit;
import dev.kindling.engine.api.Edited;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Primer;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.RunResult;
import dev.kindling.engine.api.Template;
import dev.kindling.engine.api.SealedSecrets;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.boot.BootAssets;
import dev.kindling.engine.definition.Definitions;
import dev.kindling.engine.definition.Templates;
import dev.kindling.engine.machine.virtual.VirtualRack;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.plan.Facts;
import dev.kindling.engine.plan.PlanFile;
import dev.kindling.engine.plan.Step;
import dev.kindling.engine.report.PlanPictures;
import dev.kindling.engine.report.Reports;
import dev.kindling.engine.report.SupportBundle;
import dev.kindling.engine.run.Sleeper;
import dev.kindling.engine.secret.Place;
import dev.kindling.engine.secret.Secret;
import dev.kindling.engine.store.Acquisition;
import dev.kindling.engine.store.Store;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/**
 * The engine in this process, over one workspace. Runs go on in processes of their own, so that a UI may come and go.
 */
public final class Engine implements Kindling {
    private static final Duration LETTING_GO = Duration.ofSeconds(30);

    /** A run that is at work says more often that it is. */
    private static final Duration SILENCE = Duration.ofSeconds(20);

    private final Workspace workspace;
    private final Store store;
    private final RunPlace runs;
    private final Wiring wiring;
    private final World world;
    private final Statuses statuses;
    private final Clock clock;
    private final RandomGenerator random;

    Engine(Workspace workspace, Store store, RunPlace runs, World world) {
        this.workspace = workspace;
        this.store = store;
        this.runs = runs;
        this.wiring = new Wiring(workspace, store, world);
        this.statuses = new Statuses(workspace, store);
        this.world = world;
        this.clock = world.clock();
        this.random = world.random();
    }

    /**
     * Opens or creates a workspace.
     *
     * @throws UncheckedIOException where it cannot be read or written, or is damaged; the message says what to do
     */
    public static Kindling open(Path directory) {
        return open(directory, System.getenv());
    }

    /**
     * The same, with other settings.
     *
     * @param environment {@code KINDLING_STATE} is the URL of a state in PostgreSQL; the others are in
     *            {@code docs/reference/state.md}
     */
    public static Kindling open(Path directory, Map<String, String> environment) {
        World world = World.real();
        try {
            Workspace workspace = Workspace.open(directory, environment);
            Store store = Store.open(workspace.directory(), workspace.environment(), world.clock());
            return new Engine(workspace, store, new RunnerProcesses(workspace, store), world);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The same to look at: a workspace that is not there is empty, and is not made. Nothing can be run with it then.
     */
    public static Kindling look(Path directory, Map<String, String> environment) {
        World world = World.real();
        try {
            Workspace workspace = Workspace.look(directory, environment);
            Statuses.prepare(workspace);
            Store store = Store.look(workspace.directory(), workspace.environment(), world.clock());
            return new Engine(workspace, store, new RunnerProcesses(workspace, store), world);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** JSON Schema 2020-12 of a definition, for editors; needs no workspace. */
    public static String schema() {
        return Definitions.schema();
    }

    /**
     * The secrets of a workspace.
     *
     * @param prompt asks a person, without an echo, for the passphrase; empty where there is nobody to ask
     * @param newPrompt asks for a new passphrase
     */
    public static SealedSecrets secrets(Path directory, Map<String, String> environment,
            Function<String, Optional<char[]>> prompt, Function<String, Optional<char[]>> newPrompt) {
        try {
            Workspace workspace = Workspace.open(directory, environment);
            Store store = Store.open(workspace.directory(), environment, Clock.systemUTC());
            return new SecretsHere(store, SecretsHere.place(workspace, store),
                    workspace.keys(typed(prompt), typed(newPrompt)), workspace.newKeys(typed(newPrompt)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Function<String, Optional<Secret>> typed(Function<String, Optional<char[]>> prompt) {
        return question -> prompt.apply(question).map(answer -> {
            Secret secret = Secret.of(answer);
            Arrays.fill(answer, '\0');
            return secret;
        });
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
        return openInProcess(directory, environment,
                new World(clock, random, Sleeper.REAL, journal, Simulator.OVER_LOOPBACK));
    }

    static Engine openInProcess(Path directory, Map<String, String> environment, World world) throws IOException {
        Workspace workspace = Workspace.open(directory, environment);
        Store store = Store.open(workspace.directory(), workspace.environment(), world.clock());
        return new Engine(workspace, store, new RunsHere(workspace, store, world), world);
    }

    @Override
    public Validation validate(String source, String text) {
        return Templates.isOrder(text) ? allTemplates().order(source, text) : Definitions.read(source, text);
    }

    private Templates allTemplates() {
        return Unchecked.get(() -> Templates.of(workspace.templates()));
    }

    @Override
    public List<Template> templates() {
        return allTemplates().list();
    }

    @Override
    public Validation render(String template, Map<String, String> parameters) {
        return allTemplates().render(template, parameters);
    }

    @Override
    public Validation importFrom(String source, String text, Map<String, String> more) {
        return allTemplates().imported(source, text, more);
    }

    @Override
    public List<Template.Test> testTemplate(String template) {
        return allTemplates().test(template);
    }

    @Override
    public String compose(Draft draft) {
        return Definitions.compose(draft);
    }

    @Override
    public Edited edit(String source, String text, List<Edit> edits) {
        return Definitions.edit(source, text, edits);
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
        return Outline.marked(wiring.plan(cluster, validation.text(), facts), validation.problems());
    }

    @Override
    public Started apply(Plan plan, ApplyOptions options) {
        String cluster = plan.cluster().name();
        Optional<Acquisition.HeldBy> holder = holderBesidesOneThatEnds(cluster);
        if (holder.isPresent()) {
            return refused(Problem.error("run-in-progress", "cluster " + cluster,
                    "another run holds it: " + holder.get().owner(), "a cluster that nobody works on",
                    "follow it with: kindling events --follow, or end it with: kindling down"));
        }
        Validation now = validate("definition of " + cluster, plan.definition());
        if (!now.ok()) {
            return new Started(Optional.empty(), now.problems());
        }
        List<Problem> notYet = notYet(now);
        if (!notYet.isEmpty()) {
            return new Started(Optional.empty(), notYet);
        }
        Facts facts = Facts.of(history(cluster, 0));
        List<Problem> changes = wiring.changes(plan, wiring.plan(Kindling.modelOf(now), plan.definition(), facts),
                facts);
        if (!changes.isEmpty()) {
            return new Started(Optional.empty(), changes);
        }
        List<Problem> problems = new ArrayList<>(Lanes.problems(options));
        problems.addAll(wiring.contradictions(plan.cluster(), facts, options));
        if (!problems.isEmpty()) {
            return new Started(Optional.empty(), problems);
        }
        Optional<Problem> locked = Unchecked.get(new Secrets(workspace, store, cluster, _ -> {})::locked);
        return locked.isPresent() ? refused(locked.get()) : begin(plan, facts, options);
    }

    /** What a definition asks for that this version cannot perform, as errors. */
    static List<Problem> notYet(Validation validation) {
        return validation.problems().stream().filter(Definitions::isNotYet)
                .map(problem -> new Problem(Problem.Severity.ERROR, problem.code(), problem.path(), problem.line(),
                        problem.column(), problem.message(), problem.expected(), problem.remedy()))
                .toList();
    }

    private Started begin(Plan plan, Facts facts, ApplyOptions options) {
        String cluster = plan.cluster().name();
        if (!plan.definition().equals(facts.definition())) {
            store.append(cluster, "", new Event.Defined(plan.definition(), "definition of " + cluster + " accepted"));
        }
        String run = newRunId();
        List<Problem> notStarted = runs.start(cluster, run, options);
        return notStarted.isEmpty()
                ? new Started(Optional.of(run), List.of())
                : new Started(Optional.empty(), notStarted);
    }

    /** Who works on a cluster. A run that has told its end writes its report and lets go within a moment. */
    private Optional<Acquisition.HeldBy> holderBesidesOneThatEnds(String cluster) {
        Optional<Acquisition.HeldBy> holder = store.holder(cluster);
        Instant deadline = Instant.now().plus(LETTING_GO);
        while (holder.isPresent() && Instant.now().isBefore(deadline) && lastRunEnded(cluster)) {
            LockSupport.parkNanos(10_000_000);
            holder = store.holder(cluster);
        }
        return holder;
    }

    private boolean lastRunEnded(String cluster) {
        return statuses.of(cluster).filter(status -> status.endedAt() != null).isPresent();
    }

    @Override
    public String export(Plan plan) {
        return PlanFile.write(plan);
    }

    @Override
    public Imported importPlan(String source, String text) {
        return PlanFile.read(source, text, definition -> validate(source, definition));
    }

    @Override
    public String picture(Plan plan, Plan.Picture form) {
        return PlanPictures.render(plan, form);
    }

    @Override
    public Rehearsal rehearse(Plan plan, RehearsalOptions options, Consumer<Event.Recorded> listener)
            throws InterruptedException {
        List<Step> steps = wiring.steps(plan.cluster(), Facts.of(history(plan.cluster().name(), 0)));
        return new RehearsalRoom(clock, random).rehearse(plan, steps, options, listener);
    }

    /** Starts a run in a workspace that nobody else knows: nothing there can have changed, nothing real is touched. */
    Started beginRehearsal(Plan plan, ApplyOptions options) {
        return begin(plan, Facts.of(List.of()), options);
    }

    private static Started refused(Problem problem) {
        return new Started(Optional.empty(), List.of(problem));
    }

    @Override
    public RunResult await(String run) throws InterruptedException {
        String cluster = clusterOf(run);
        var done = new CountDownLatch(1);
        try (Subscription _ = store.tail(cluster, 0, recorded -> {
            if (recorded.run().equals(run) && recorded.event() instanceof Event.RunEnded) {
                done.countDown();
            }
        })) {
            // a run whose process died says nothing any more; it is looked for often at first, and seldom later
            for (long pause = 5; !done.await(pause, TimeUnit.MILLISECONDS); pause = Math.min(500, pause * 2)) {
                Optional<Problem> gone = runs.gone(cluster, run);
                if (gone.isPresent()) {
                    return result(cluster, run, gone);
                }
            }
        }
        return result(cluster, run, Optional.empty());
    }

    /** What the journal says of a run that is over; {@code gone}, where it does not say how it ended. */
    private RunResult result(String cluster, String run, Optional<Problem> gone) {
        var problems = new ArrayList<Problem>();
        for (Event.Recorded recorded : store.read(cluster, 0)) {
            if (!recorded.run().equals(run)) {
                continue;
            }
            switch (recorded.event()) {
                case Event.StepFailed failed when failed.retryInMillis() < 0 -> problems.add(failed.problem());
                case Event.HookRan hook -> {
                    Problem problem = hook.problem();
                    if (problem != null && hook.step() == null) {
                        problems.add(problem);
                    }
                }
                case Event.RunEnded(Event.Outcome outcome, String _) -> {
                    return new RunResult(run, outcome, problems);
                }
                default -> {
                    // says nothing of the end
                }
            }
        }
        gone.ifPresent(problems::add);
        return new RunResult(run, Event.Outcome.FAILED, problems);
    }

    @Override
    public void cancel(String run) {
        request(run, Event.Request.CANCEL, "asked to stop by ");
    }

    @Override
    public void pause(String run) {
        request(run, Event.Request.PAUSE, "asked to pause by ");
    }

    @Override
    public void resume(String run) {
        if (!request(run, Event.Request.RESUME, "asked to go on by ")) {
            String cluster = clusterOf(run);
            if (Control.pause(history(cluster, 0)) != null) {
                store.append(cluster, run, new Event.RunContinued("the pause is over; kindling up goes on"));
            }
        }
    }

    /** Through the journal: the run may be another process's, or another computer's. */
    private boolean request(String run, Event.Request request, String text) {
        String cluster = clusterOf(run);
        boolean atWork = runs.gone(cluster, run).isEmpty() || store.holder(cluster).isPresent();
        if (atWork) {
            store.append(cluster, run, new Event.Requested(request, text + System.getProperty("user.name")));
        }
        return atWork;
    }

    @Override
    public List<ClusterStatus> clusters() {
        return store.clusters().stream().flatMap(cluster -> status(cluster).stream()).toList();
    }

    @Override
    public Optional<ClusterStatus> status(String cluster) {
        return statuses.of(cluster).map(this::lookedAt);
    }

    /**
     * What the journal cannot know: a run whose process was killed told nobody. Nobody holds its cluster's lock then,
     * and nothing new is told; between two processes of one run neither lasts long.
     */
    private ClusterStatus lookedAt(ClusterStatus status) {
        boolean atWork = status.state() == ClusterStatus.State.DELETING
                || (status.state() == ClusterStatus.State.PROGRESSING && status.run() != null
                        && status.endedAt() == null);
        if (!atWork || store.holder(status.name()).isPresent()) {
            return status;
        }
        List<Event.Recorded> newest = store.read(status.name(), status.lastSeq() - 1, 1);
        if (newest.isEmpty() || clock.instant().isBefore(newest.getFirst().at().plus(SILENCE))) {
            return status;
        }
        boolean deleting = status.state() == ClusterStatus.State.DELETING;
        return status.interrupted(deleting
                ? "the removal was broken off: its process is gone; kindling down goes on"
                : "the run was broken off: its process is gone; kindling up goes on from the journal");
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
    public Optional<Path> bundle(String cluster, Path file) {
        Optional<ClusterStatus> status = status(cluster);
        if (status.isEmpty()) {
            return Optional.empty();
        }
        try (var out = new BufferedOutputStream(Files.newOutputStream(file))) {
            SupportBundle.write(out, history(cluster, 0), status.get(),
                    new Secrets(workspace, store, cluster, _ -> {})::mask,
                    Map.of("java", Runtime.version().toString(), "os",
                            System.getProperty("os.name") + " " + System.getProperty("os.version"), "arch",
                            System.getProperty("os.arch"), "cpus",
                            Integer.toString(Runtime.getRuntime().availableProcessors())));
            return Optional.of(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    @Override
    public RunResult down(String cluster) throws InterruptedException {
        String run = newRunId();
        RunResult result = new Removal(workspace, store, runs).remove(cluster, run);
        new Deliveries(workspace, store, world, cluster, run).deliver(true, Duration.ofSeconds(5));
        return result;
    }

    @Override
    public List<String> names() {
        return store.clusters();
    }

    @Override
    public Audit audit(String cluster) {
        return store.verify(cluster);
    }

    @Override
    public void backup(Path file) {
        Unchecked.run(() -> {
            store.backup(file);
            Optional<byte[]> sealed = SecretsHere.place(workspace, store).read();
            if (sealed.isPresent()) {
                Place.file(file.resolveSibling(file.getFileName() + ".secrets")).change(_ -> sealed.get());
            }
        });
    }

    @Override
    public void exportJournal(String cluster, Path file) {
        Unchecked.run(() -> store.exportJournal(cluster, file));
    }

    @Override
    public List<Problem> importJournal(Path file) {
        return Unchecked.get(() -> store.importJournal(file));
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
        return store.clusters().stream().filter(cluster -> runs.belongs(cluster, run)).findFirst()
                .or(() -> store.clusterOf(run))
                .orElseThrow(() -> new IllegalArgumentException("no run " + run + " in " + store.place()));
    }

    /** Sorts by time: {@code run-20261121-031500-4f3a}. */
    private String newRunId() {
        byte[] tail = new byte[2];
        random.nextBytes(tail);
        return "run-" + DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC).format(clock.instant())
                + "-" + HexFormat.of().formatHex(tail);
    }

}

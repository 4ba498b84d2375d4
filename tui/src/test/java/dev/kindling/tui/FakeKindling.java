package dev.kindling.tui;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.ConnectionFailed;
import dev.kindling.engine.api.ClusterStatus.MachineStatus;
import dev.kindling.engine.api.Condition;
import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Edit;
import dev.kindling.engine.api.Edited;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.RunResult;
import dev.kindling.engine.api.Template;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.MacAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An engine in memory that replays a script. Nothing happens by itself: {@link #play} and {@link #await} make it
 * happen, on the caller's thread, and the clock goes on as the script says.
 */
public final class FakeKindling implements Kindling {
    private final Path workspace;
    private final MutableClock clock;
    private final Map<String, Draft> drafts = new LinkedHashMap<>();
    private final Map<String, Journal> journals = new TreeMap<>();
    private final List<Racks.Beat> script = new ArrayList<>();
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final List<Problem> scriptedProblems = new ArrayList<>();
    private @Nullable Problem refusal;
    private boolean done;
    private boolean changed;
    private boolean cancelled;
    private boolean outOfReach;
    private @Nullable Runnable whileRunning;

    /** Events of one cluster and who listens to them. */
    private static final class Journal {
        private final Validation definition;
        private final List<Event.Recorded> events = new CopyOnWriteArrayList<>();
        private final List<Consumer<Event.Recorded>> listeners = new CopyOnWriteArrayList<>();

        Journal(Validation definition) {
            this.definition = definition;
        }
    }

    public FakeKindling(Path workspace, MutableClock clock) {
        this.workspace = workspace;
        this.clock = clock;
        script.addAll(Racks.goodRun(false));
    }

    /** What the next run will tell. */
    public FakeKindling script(List<Racks.Beat> beats) {
        script.clear();
        script.addAll(beats);
        return this;
    }

    /** Every definition has these problems. */
    public FakeKindling problems(List<Problem> problems) {
        scriptedProblems.clear();
        scriptedProblems.addAll(problems);
        return this;
    }

    /** No run starts. */
    public FakeKindling refuse(Problem why) {
        refusal = why;
        return this;
    }

    /** Like a server that is gone, or that came back. */
    public void outOfReach(boolean gone) {
        outOfReach = gone;
    }

    /** Plans have nothing left to do. */
    public FakeKindling everythingIsDone() {
        done = true;
        return this;
    }

    /** Plans are others from now on. */
    public FakeKindling factsChange() {
        changed = true;
        return this;
    }

    /** Called in the middle of {@link #await}: the place to press Ctrl-C. */
    public FakeKindling whileRunning(Runnable action) {
        whileRunning = action;
        return this;
    }

    /** A cluster that is known already, with these events in its journal. */
    public FakeKindling known(Draft draft, List<Racks.Beat> beats) {
        String text = compose(draft);
        journals.put(draft.name(), new Journal(validate(draft.name() + ".yaml", text)));
        record(draft.name(), new Event.Defined(text, "definition accepted"));
        beats.forEach(beat -> {
            clock.advance(beat.after());
            record(draft.name(), beat.event());
        });
        return this;
    }

    /** What was asked of the engine that has effects, in order. */
    public List<String> calls() {
        return List.copyOf(calls);
    }

    @Override
    public Validation validate(String source, String text) {
        Draft draft = drafts.get(text);
        List<Problem> problems = new ArrayList<>(scriptedProblems);
        Cluster cluster = null;
        if (problems.stream().noneMatch(problem -> problem.severity() == Problem.Severity.ERROR)) {
            if (draft == null) {
                problems.add(new Problem(Problem.Severity.ERROR, "fake-unknown", "", 1, 1, "not a text of this test",
                        "", ""));
            } else {
                problems.addAll(DraftCheck.problems(draft, text));
                if (problems.stream().noneMatch(problem -> problem.severity() == Problem.Severity.ERROR)) {
                    cluster = Racks.cluster(draft);
                }
            }
        }
        return new Validation(source, text, cluster, problems);
    }

    @Override
    public List<Template> templates() {
        return List.of();
    }

    @Override
    public Validation render(String template, Map<String, String> parameters) {
        return new Validation("template " + template, "", null,
                List.of(Problem.error("template-unknown", template, "this test has no templates", "", "")));
    }

    @Override
    public Validation importFrom(String source, String text, Map<String, String> more) {
        return validate(source, text);
    }

    @Override
    public List<Template.Test> testTemplate(String template) {
        return List.of();
    }

    @Override
    public String compose(Draft draft) {
        String text = DraftCheck.yaml(draft);
        drafts.put(text, draft);
        return text;
    }

    @Override
    public Edited edit(String source, String text, List<Edit> edits) {
        throw new UnsupportedOperationException("no screen edits a text");
    }

    @Override
    public Draft defaults() {
        Draft full = Racks.draft("virtual");
        return new Draft(full.name(), full.distribution(), full.version(), full.dhcp(), full.cidr(), full.bootServer(),
                full.pool(), full.gateway(), full.dns(), full.vip(), List.of());
    }

    @Override
    public String demo(boolean simulated, int nodes) {
        Draft full = Racks.draft(simulated ? "simulated" : "virtual");
        return compose(new Draft(full.name(), full.distribution(), full.version(), full.dhcp(), full.cidr(),
                full.bootServer(), full.pool(), full.gateway(), full.dns(), full.vip(),
                full.machines().subList(0, Math.min(nodes, full.machines().size()))));
    }

    @Override
    public Plan plan(Validation validation) {
        Plan plan = Racks.plan(Kindling.modelOf(validation), validation.text(), done);
        return changed
                ? new Plan("c0ffee", plan.cluster(), plan.definition(), plan.actions(), plan.notices())
                : plan;
    }

    @Override
    public Started apply(Plan plan, ApplyOptions options) {
        calls.add("apply " + plan.cluster().name() + " " + options);
        Problem why = refusal;
        if (why != null) {
            return new Started(Optional.empty(), List.of(why));
        }
        String name = plan.cluster().name();
        journals.putIfAbsent(name, new Journal(validate(name + ".yaml", plan.definition())));
        return new Started(Optional.of("run-1"), List.of());
    }

    /** Plays the next beats of the script. */
    public void play(int beats) {
        for (int i = 0; i < beats && !script.isEmpty(); i++) {
            Racks.Beat beat = script.removeFirst();
            clock.advance(beat.after());
            record(journals.keySet().iterator().next(), beat.event());
        }
    }

    private void record(String cluster, Event event) {
        Journal journal = java.util.Objects.requireNonNull(journals.get(cluster));
        Event.Recorded recorded = new Event.Recorded(journal.events.size() + 1L, clock.instant(), cluster,
                event instanceof Event.Defined ? "" : "run-1", event);
        journal.events.add(recorded);
        journal.listeners.forEach(listener -> listener.accept(recorded));
    }

    @Override
    public RunResult await(String run) {
        Event.Outcome outcome = Event.Outcome.FAILED;
        List<Problem> problems = new ArrayList<>();
        int half = script.size() / 2;
        play(half);
        Runnable action = whileRunning;
        if (action != null) {
            action.run();
        }
        if (cancelled) {
            script(List.of(new Racks.Beat(java.time.Duration.ofSeconds(1),
                    new Event.RunEnded(Event.Outcome.CANCELLED, "cancelled by the operator"))));
        }
        while (!script.isEmpty()) {
            Event next = script.getFirst().event();
            play(1);
            if (next instanceof Event.RunEnded ended) {
                outcome = ended.outcome();
            }
            if (next instanceof Event.StepFailed failed && failed.retryInMillis() < 0) {
                problems.add(failed.problem());
            }
        }
        return new RunResult(run, outcome, problems);
    }

    @Override
    public void pause(String run) {
        calls.add("pause " + run);
        journals.keySet().forEach(cluster -> record(cluster, new Event.RunPaused("paused by a test")));
    }

    @Override
    public void resume(String run) {
        calls.add("resume " + run);
        journals.keySet().forEach(cluster -> record(cluster, new Event.RunContinued("goes on")));
    }

    @Override
    public Optional<Path> bundle(String cluster, Path file) {
        calls.add("bundle " + cluster);
        try {
            return Optional.of(Files.writeString(file, "a bundle of " + cluster));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void cancel(String run) {
        calls.add("cancel " + run);
        cancelled = true;
    }

    @Override
    public List<ClusterStatus> clusters() {
        return journals.keySet().stream().map(name -> status(name).orElseThrow()).toList();
    }

    @Override
    public Optional<ClusterStatus> status(String cluster) {
        if (outOfReach) {
            throw new ConnectionFailed(Problem.error("server-gone", "http://rack7", "http://rack7 does not answer", "",
                    ""));
        }
        return Optional.ofNullable(journals.get(cluster)).map(FakeKindling::fold);
    }

    @Override
    public Optional<Validation> definition(String cluster) {
        return Optional.ofNullable(journals.get(cluster)).map(journal -> journal.definition);
    }

    @Override
    public List<Event.Recorded> history(String cluster, long afterSeq) {
        Journal journal = journals.get(cluster);
        return journal == null ? List.of() : journal.events.stream().filter(e -> e.seq() > afterSeq).toList();
    }

    @Override
    public Subscription events(String cluster, long afterSeq, Consumer<Event.Recorded> listener) {
        history(cluster, afterSeq).forEach(listener);
        Journal journal = java.util.Objects.requireNonNull(journals.get(cluster));
        journal.listeners.add(listener);
        return () -> journal.listeners.remove(listener);
    }

    @Override
    public Hardware hardware() {
        return new Hardware("Acme", "Workbench", "00000000-0000-4000-8000-00000000000f", "Acme CPU 9", 8, 16384,
                "uefi", null, "2.0",
                List.of(new Hardware.Disk("nvme0n1", "ACME NVMe 1T", "AC-4711", "eui.0011223344556677", 1L << 40,
                        "nvme", false, false, "mounted at /", "GPT, 3 partitions"),
                        new Hardware.Disk("sda", "Stick", "", "", 16L << 30, "usb", false, true, "", "empty")),
                List.of(new Hardware.Nic("eno1", "02:00:00:00:00:01", true, 1000, "e1000e"),
                        new Hardware.Nic("eno2", "02:00:00:00:00:02", false, 0, "e1000e")));
    }

    @Override
    public Optional<Report> report(String cluster) {
        return status(cluster).filter(status -> status.run() != null)
                .map(status -> new Report("# Run of " + cluster + "\n", "<!DOCTYPE html><title>" + cluster
                        + "</title>\n", "{}",
                        List.of(Path.of("reports/" + cluster + ".md"), Path.of("reports/" + cluster + ".html"))));
    }

    @Override
    public RunResult down(String cluster) {
        calls.add("down " + cluster);
        record(cluster, new Event.RemovalStarted("removing what was recorded"));
        record(cluster, new Event.Removed("everything that was recorded is gone"));
        return new RunResult("run-2", Event.Outcome.DONE, List.of());
    }

    @Override
    public Audit audit(String cluster) {
        throw new UnsupportedOperationException("tested with the real engine");
    }

    @Override
    public void backup(Path file) {
        throw new UnsupportedOperationException("tested with the real engine");
    }

    @Override
    public void exportJournal(String cluster, Path file) {
        throw new UnsupportedOperationException("tested with the real engine");
    }

    @Override
    public List<Problem> importJournal(Path file) {
        throw new UnsupportedOperationException("tested with the real engine");
    }

    @Override
    public String export(Plan plan) {
        return dev.kindling.engine.plan.PlanFile.write(plan);
    }

    @Override
    public Imported importPlan(String source, String text) {
        return dev.kindling.engine.plan.PlanFile.read(source, text, definition -> validate(source, definition));
    }

    @Override
    public String picture(Plan plan, Plan.Picture form) {
        return dev.kindling.engine.report.PlanPictures.render(plan, form);
    }

    @Override
    public Rehearsal rehearse(Plan plan, RehearsalOptions options, Consumer<Event.Recorded> listener)
            throws InterruptedException {
        calls.add("rehearse " + plan.cluster().name() + " " + options);
        Runnable action = whileRunning;
        if (action != null) {
            action.run();
        }
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        List<Event.Recorded> events = new ArrayList<>();
        for (Racks.Beat beat : Racks.goodRun(false)) {
            events.add(new Event.Recorded(events.size() + 1L, clock.instant(), plan.cluster().name(), "run-1",
                    beat.event()));
        }
        events.forEach(listener);
        return new Rehearsal(new RunResult("run-1", Event.Outcome.DONE, List.of()),
                java.time.Duration.ofMillis(1700), plan.estimate(), events);
    }

    @Override
    public Path workspace() {
        return workspace;
    }

    @Override
    public void close() {
        calls.add("close");
    }

    private static ClusterStatus fold(Journal journal) {
        return new Fold(Kindling.modelOf(journal.definition)).all(List.copyOf(journal.events));
    }

    /** As much of the engine's fold as the screens show. */
    private static final class Fold {
        private final Cluster cluster;
        private final Map<String, MachineStatus> machines = new LinkedHashMap<>();
        private final Map<Condition.Type, Condition> conditions = new TreeMap<>();
        private final List<ClusterStatus.UnknownMachine> unknown = new ArrayList<>();
        private final Set<String> active = new LinkedHashSet<>();
        private ClusterStatus.State state = ClusterStatus.State.DEFINED;
        private String reason = "nothing was done yet";
        private Instant since = Racks.START;
        private @Nullable String run;
        private @Nullable Instant startedAt;
        private @Nullable Instant endedAt;
        private int done;
        private int total;
        private List<String> notices = List.of();

        Fold(Cluster cluster) {
            this.cluster = cluster;
            for (Condition.Type type : Condition.Type.values()) {
                conditions.put(type, new Condition(type, Condition.Status.UNKNOWN, "NotLookedAt",
                        "nothing is known yet", Racks.START));
            }
            cluster.machines()
                    .forEach(machine -> machines.put(machine.name(), new MachineStatus(machine.name(), machine.mac(),
                            machine.role(), machine.kind(), machine.address().getHostAddress(), BootStage.WAITING,
                            Racks.START, "nothing heard yet", Racks.START, null, -1, null)));
        }

        ClusterStatus all(List<Event.Recorded> events) {
            events.forEach(this::one);
            return new ClusterStatus(cluster.name(), state, reason, since, List.copyOf(conditions.values()), run,
                    startedAt, endedAt, done, total, List.copyOf(active), List.copyOf(machines.values()), unknown,
                    notices, events.size());
        }

        private void one(Event.Recorded recorded) {
            Instant at = recorded.at();
            switch (recorded.event()) {
                case Event.RunStarted started -> {
                    run = recorded.run();
                    startedAt = at;
                    total = started.steps();
                    notices = started.notices();
                    become(ClusterStatus.State.PROGRESSING, "a run is going on", at);
                }
                case Event.StepStarted started -> active.add(started.step());
                case Event.StepDone step -> {
                    active.remove(step.step());
                    done++;
                }
                case Event.StepFailed failed -> {
                    active.remove(failed.step());
                    reason = failed.text();
                }
                case Event.RunEnded ended -> {
                    endedAt = at;
                    active.clear();
                    switch (ended.outcome()) {
                        case DONE -> become(ClusterStatus.State.READY, ended.text(), at);
                        case FAILED -> become(ClusterStatus.State.FAILED, ended.text(), at);
                        case CANCELLED -> become(ClusterStatus.State.DEGRADED, ended.text(), at);
                    }
                }
                case Event.MachineObserved seen -> machines.computeIfPresent(seen.machine(),
                        (_, m) -> new MachineStatus(m.name(), m.mac(), m.role(), m.kind(), m.address(), seen.stage(),
                                seen.stage() == m.stage() ? m.stageSince() : at, seen.text(), at, null,
                                seen.fraction(), m.hardware()));
                case Event.MachineStuck stuck -> machines.computeIfPresent(stuck.machine(),
                        (_, m) -> new MachineStatus(m.name(), m.mac(), m.role(), m.kind(), m.address(), m.stage(),
                                m.stageSince(), m.evidence(), m.evidenceAt(), stuck.reason(), m.progress(),
                                m.hardware()));
                case Event.InventoryReceived told -> machines.computeIfPresent(told.machine(),
                        (_, m) -> new MachineStatus(m.name(), m.mac(), m.role(), m.kind(), m.address(), m.stage(),
                                m.stageSince(), m.evidence(), m.evidenceAt(), m.stuck(), m.progress(),
                                told.hardware()));
                case Event.UnknownMachineSeen stranger -> unknown.add(new ClusterStatus.UnknownMachine(
                        new MacAddress(stranger.mac()), stranger.firmware(), at, at, 3));
                case Event.ConditionChanged changed ->
                    conditions.put(changed.condition().type(), changed.condition());
                case Event.RemovalStarted removal -> become(ClusterStatus.State.DELETING, removal.text(), at);
                case Event.Removed removed -> become(ClusterStatus.State.DELETED, removed.text(), at);
                case Event.Defined _,Event.StepProgressed _,Event.DiskWriteOrdered _,Event.DiskWritten _,Event.InstallConfigServed _,Event.BootScriptServed _,Event.ResourceCreated _,Event.ResourceRemoved _,Event.SecretStored _,Event.HandedOff _,Event.Noted _,Event.StepSkipped _,Event.Requested _,Event.RunPaused _,Event.RunContinued _,Event.HookRan _,Event.WebhookDelivered _ -> {
                    // told by the log only
                }
            }
        }

        private void become(ClusterStatus.State newState, String why, Instant at) {
            state = newState;
            reason = why;
            since = at;
        }
    }

}

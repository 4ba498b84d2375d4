package dev.kindling.desktop.vm;

import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Draft.DraftMachine;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.SimpleStringProperty;
import javafx.beans.property.StringProperty;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.collections.ObservableMap;
import org.jspecify.annotations.Nullable;

/**
 * The answers, what is wrong with them, the definition they amount to, and the plan.
 *
 * <p>
 * Every change is checked a moment later, off the user interface thread; a check that was overtaken by a further change
 * is thrown away. A definition that holds more than the wizard asks for is shown as it is and {@link #locked}: nothing
 * is lost without a decision.
 */
public final class Wizard {
    private static final Duration TYPING_PAUSE = Duration.ofMillis(250);

    private final Kindling kindling;
    private final Work work;
    private final DraftStore store;

    private final Map<Field, StringProperty> answers = new EnumMap<>(Field.class);
    private final ObservableList<MachineRow> machines = FXCollections.observableArrayList();
    private final ObservableList<Finding> findings = FXCollections.observableArrayList();
    private final ObservableMap<String, String> notYet = FXCollections.observableHashMap();
    private final ReadOnlyStringWrapper definition = new ReadOnlyStringWrapper("");
    private final ReadOnlyBooleanWrapper checking = new ReadOnlyBooleanWrapper();
    private final ReadOnlyBooleanWrapper locked = new ReadOnlyBooleanWrapper();
    private final ReadOnlyStringWrapper lockReason = new ReadOnlyStringWrapper("");
    private final ReadOnlyObjectWrapper<@Nullable Validation> validation = new ReadOnlyObjectWrapper<>();
    private final ReadOnlyObjectWrapper<@Nullable Plan> plan = new ReadOnlyObjectWrapper<>();
    private final ReadOnlyBooleanWrapper starting = new ReadOnlyBooleanWrapper();
    private final ReadOnlyBooleanWrapper mayStart = new ReadOnlyBooleanWrapper();
    private final ObservableList<Problem> refusals = FXCollections.observableArrayList();
    private final ObservableList<Hardware.Nic> interfaces = FXCollections.observableArrayList();
    private final StringProperty confirmation = new SimpleStringProperty("");
    private final StringProperty serveOn = new SimpleStringProperty("");
    private final BooleanProperty keepRunning = new SimpleBooleanProperty(true);

    private long edition;
    private boolean filling;
    private String source = "answers";
    private Work.@Nullable Timer pause;

    Wizard(Kindling kindling, Work work, DraftStore store) {
        this.kindling = kindling;
        this.work = work;
        this.store = store;
        for (Field field : Field.ofCluster()) {
            StringProperty answer = new SimpleStringProperty("");
            answer.addListener((_, _, _) -> changed());
            answers.put(field, answer);
        }
        confirmation.addListener((_, _, _) -> decideStart());
        starting.addListener((_, _, _) -> decideStart());
    }

    // --- answers ---

    /** An answer that exists once, to be bound to a control. */
    public StringProperty answer(Field field) {
        StringProperty answer = answers.get(field);
        if (answer == null) {
            throw new IllegalArgumentException(field + " is asked of each machine");
        }
        return answer;
    }

    /** The machines as typed. Change them with {@link #addMachine} and {@link #removeMachine}. */
    public ObservableList<MachineRow> machines() {
        return machines;
    }

    /** Adds a machine that goes on where the last one stopped. */
    public MachineRow addMachine() {
        return add(Drafts.next(draft().machines(), draft().name()));
    }

    /** Adds a real machine that was seen on the network. */
    public MachineRow addMachine(String mac) {
        DraftMachine next = Drafts.next(draft().machines(), draft().name());
        return add(new DraftMachine("", next.role(), "manual", mac, next.address(), "", next.firmware()));
    }

    private MachineRow add(DraftMachine machine) {
        MachineRow row = new MachineRow(machine, this::changed);
        machines.add(row);
        changed();
        return row;
    }

    public void removeMachine(MachineRow row) {
        machines.remove(row);
        changed();
    }

    /** The answers as they are now. */
    public Draft draft() {
        return new Draft(text(Field.NAME), text(Field.DISTRIBUTION), text(Field.VERSION), text(Field.DHCP),
                text(Field.CIDR), text(Field.BOOT_SERVER), text(Field.POOL), text(Field.GATEWAY), text(Field.DNS),
                text(Field.VIP), machines.stream().map(MachineRow::draft).toList());
    }

    private String text(Field field) {
        return answer(field).get().strip();
    }

    // --- where the answers come from ---

    /** Starts with these answers. */
    public void start(Draft draft) {
        source = "answers";
        locked.set(false);
        fill(draft);
        check(false);
        markDistributions(draft);
    }

    /**
     * Starts with a definition that exists.
     *
     * @param then called when it is loaded
     */
    public void open(Validation opened, Runnable then) {
        Cluster cluster = opened.cluster();
        if (cluster == null) {
            source = opened.source();
            lockReason.set(opened.source() + " has problems. Mend the file and open it again, "
                    + "or answer the questions from the start.");
            locked.set(true);
            edition++;
            show(new Checked(opened.text(), opened, draft()));
            then.run();
            return;
        }
        Draft draft = Drafts.of(cluster);
        work.run("reading " + opened.source(),
                () -> Optional.ofNullable(kindling.validate("answers", kindling.compose(draft)).cluster()),
                recomposed -> {
                    if (recomposed.filter(cluster::equals).isPresent()) {
                        start(draft);
                    } else {
                        source = opened.source();
                        lockReason.set(opened.source() + " holds settings that this wizard does not ask for. "
                                + "It is used exactly as written.");
                        locked.set(true);
                        edition++;
                        fill(draft);
                        show(new Checked(opened.text(), opened, draft));
                    }
                    then.run();
                });
    }

    /** Goes on from the answers, giving up whatever else the definition holds. */
    public void unlock() {
        locked.set(false);
        source = "answers";
        check(false);
    }

    private void fill(Draft draft) {
        filling = true;
        try {
            answer(Field.NAME).set(draft.name());
            answer(Field.DISTRIBUTION).set(draft.distribution());
            answer(Field.VERSION).set(draft.version());
            answer(Field.DHCP).set(draft.dhcp());
            answer(Field.CIDR).set(draft.cidr());
            answer(Field.BOOT_SERVER).set(draft.bootServer());
            answer(Field.POOL).set(draft.pool());
            answer(Field.GATEWAY).set(draft.gateway());
            answer(Field.DNS).set(draft.dns());
            answer(Field.VIP).set(draft.vip());
            machines.setAll(draft.machines().stream().map(machine -> new MachineRow(machine, this::changed)).toList());
        } finally {
            filling = false;
        }
    }

    // --- checking ---

    private void changed() {
        if (filling || locked.get()) {
            return;
        }
        long typed = ++edition;
        forgetPlan();
        checking.set(true);
        decideStart();
        if (pause != null) {
            pause.stop();
        }
        pause = work.later(TYPING_PAUSE, () -> {
            if (typed == edition) {
                check(true);
            }
        });
    }

    private void check(boolean keep) {
        long checked = ++edition;
        Draft draft = draft();
        checking.set(true);
        forgetPlan();
        work.run("checking the answers", () -> {
            if (keep) {
                store.save(draft);
            }
            String text = kindling.compose(draft);
            return new Checked(text, kindling.validate("answers", text), draft);
        }, result -> {
            if (checked == edition) {
                show(result);
            }
        });
    }

    private void show(Checked result) {
        definition.set(result.text);
        validation.set(result.validation);
        findings.setAll(result.validation.problems().stream().map(problem -> Places.locate(problem, result.draft))
                .toList());
        forgetPlan();
        checking.set(false);
        decideStart();
    }

    private record Checked(String text, Validation validation, Draft draft) {}

    /** Asks the engine about every distribution, so that the choice says what can be had today. */
    private void markDistributions(Draft draft) {
        work.run("asking which distributions are there", () -> {
            Map<String, String> marks = new java.util.HashMap<>();
            for (String distribution : Field.DISTRIBUTION.choices()) {
                Draft other = new Draft(draft.name(), distribution, draft.version(), draft.dhcp(), draft.cidr(),
                        draft.bootServer(), draft.pool(), draft.gateway(), draft.dns(), draft.vip(), draft.machines());
                kindling.validate("answers", kindling.compose(other)).problems().stream()
                        .filter(problem -> problem.severity() == Problem.Severity.ERROR)
                        .filter(problem -> Places.locate(problem, other).field() == Field.DISTRIBUTION).findFirst()
                        .ifPresent(problem -> marks.put(distribution, problem.message()));
            }
            return marks;
        }, marks -> {
            notYet.clear();
            notYet.putAll(marks);
        });
    }

    /** Distributions that cannot be had yet, with the engine's reason. */
    public ObservableMap<String, String> notYet() {
        return notYet;
    }

    /** Everything that is wrong, in the order of the definition. */
    public ObservableList<Finding> findings() {
        return findings;
    }

    /** What is wrong with an answer that exists once. */
    public List<Finding> findings(Field field) {
        return findings.stream().filter(finding -> finding.field() == field).toList();
    }

    /** What is wrong with a machine's answer. */
    public List<Finding> findings(MachineRow row, Field field) {
        int index = machines.indexOf(row);
        return findings.stream().filter(finding -> finding.field() == field && finding.machine() == index).toList();
    }

    /** How many errors a screen's answers have. */
    public long errors(Screen screen) {
        return findings.stream().filter(finding -> finding.isError() && finding.screen() == screen).count();
    }

    /** The definition as YAML. */
    public ReadOnlyStringProperty definition() {
        return definition.getReadOnlyProperty();
    }

    /** True from a change until it was checked. */
    public ReadOnlyBooleanProperty checking() {
        return checking.getReadOnlyProperty();
    }

    /** True while a definition is used as it was written; the answers cannot be changed then. */
    public ReadOnlyBooleanProperty locked() {
        return locked.getReadOnlyProperty();
    }

    /** Why it is locked, for people. */
    public ReadOnlyStringProperty lockReason() {
        return lockReason.getReadOnlyProperty();
    }

    /** Where the definition came from, for messages. */
    public String source() {
        return source;
    }

    // --- this computer ---

    /** Looks for the ports of this computer. */
    void lookAround() {
        work.run("looking at this computer", () -> kindling.hardware().nics(), interfaces::setAll);
    }

    /** Ports of this computer that real machines could be served on. */
    public ObservableList<Hardware.Nic> interfaces() {
        return interfaces;
    }

    /** The interface to serve real machines on; empty: none. */
    public StringProperty serveOn() {
        return serveOn;
    }

    /** Whether machines that Kindling started keep running after the run. */
    public BooleanProperty keepRunning() {
        return keepRunning;
    }

    // --- plan and start ---

    /** The plan of the checked definition; null: none yet. */
    public ReadOnlyObjectProperty<@Nullable Plan> plan() {
        return plan.getReadOnlyProperty();
    }

    /** Why the run could not start. */
    public ObservableList<Problem> refusals() {
        return refusals;
    }

    /** Makes the plan when there is none and the definition is right. */
    public void makePlan() {
        Validation checked = validation.get();
        if (checked == null || !checked.ok() || plan.get() != null || checking.get()) {
            return;
        }
        long planned = edition;
        work.run("making the plan", () -> kindling.plan(checked), made -> {
            if (planned == edition) {
                plan.set(made);
                decideStart();
            }
        });
    }

    private void forgetPlan() {
        plan.set(null);
        refusals.clear();
        confirmation.set("");
    }

    /** Actions that can lose data on a real machine. */
    public static List<Plan.Action> dangers(Plan plan) {
        List<Plan.Action> dangers = new ArrayList<>();
        for (Plan.Action action : plan.actions()) {
            String name = action.machine();
            if (action.destructive() && !action.done() && name != null && plan.cluster().machine(name)
                    .filter(machine -> machine.kind() == Machine.Kind.MANUAL).isPresent()) {
                dangers.add(action);
            }
        }
        return dangers;
    }

    /** What has to be typed before the run may start; empty: nothing. */
    public String mustType() {
        Plan made = plan.get();
        return made == null || dangers(made).isEmpty() ? "" : made.cluster().name();
    }

    /** What was typed to confirm. */
    public StringProperty confirmation() {
        return confirmation;
    }

    /** True when the run may be started. */
    public ReadOnlyBooleanProperty mayStart() {
        return mayStart.getReadOnlyProperty();
    }

    private void decideStart() {
        mayStart.set(plan.get() != null && !starting.get() && !checking.get()
                && (mustType().isEmpty() || mustType().equals(confirmation.get().strip())));
    }

    /**
     * Starts the run.
     *
     * @param started called with the cluster's name when it started; otherwise {@link #refusals} tells why not
     */
    public void start(Consumer<String> started) {
        Plan made = plan.get();
        if (made == null || !mayStart.get()) {
            return;
        }
        starting.set(true);
        refusals.clear();
        ApplyOptions options = new ApplyOptions(Optional.of(serveOn.get().strip()).filter(name -> !name.isEmpty()),
                keepRunning.get(), ApplyOptions.DEFAULT.lossPercent(), ApplyOptions.DEFAULT.seed());
        work.run("starting the run", () -> {
            try {
                return Optional.of(kindling.apply(made, options));
            } catch (RuntimeException e) {
                work.ui(() -> starting.set(false));
                throw e;
            }
        }, result -> {
            starting.set(false);
            Kindling.Started answer = result.orElseThrow();
            if (answer.run().isPresent()) {
                store.clear();
                forgetPlan();
                decideStart();
                started.accept(made.cluster().name());
            } else {
                refusals.setAll(answer.problems());
            }
        });
    }
}

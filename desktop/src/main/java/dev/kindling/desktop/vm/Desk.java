package dev.kindling.desktop.vm;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.ClusterStatus.UnknownMachine;
import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Validation;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleObjectProperty;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import org.jspecify.annotations.Nullable;

/** Everything that works once the workspace is open: what there is to open, and which screen is shown. */
public final class Desk {
    private final Kindling kindling;
    private final Work work;
    private final DraftStore store;
    private final Wizard wizard;
    private final Rack rack;
    private final ObjectProperty<Screen> screen = new SimpleObjectProperty<>(Screen.START);
    private final ObservableList<ClusterStatus> clusters = FXCollections.observableArrayList();
    private final ReadOnlyObjectWrapper<@Nullable Draft> unfinished = new ReadOnlyObjectWrapper<>();
    private final ReadOnlyObjectWrapper<@Nullable ClusterStatus> known = new ReadOnlyObjectWrapper<>();
    private final ObjectProperty<@Nullable Finding> target = new SimpleObjectProperty<>();

    public Desk(Kindling kindling, Work work, DraftStore store) {
        this.kindling = kindling;
        this.work = work;
        this.store = store;
        wizard = new Wizard(kindling, work, store);
        rack = new Rack(kindling, work);
        rack.status().addListener((_, _, fresh) -> learn(fresh));
        wizard.answer(Field.NAME).addListener((_, _, _) -> known.set(null));
        screen.addListener((_, _, shown) -> entered(shown));
        wizard.checking().addListener((_, _, checking) -> {
            if (!checking && screen.get() == Screen.REVIEW) {
                wizard.makePlan();
            }
        });
        refresh();
    }

    private void entered(Screen shown) {
        switch (shown) {
            case START -> refresh();
            case MACHINES -> recall();
            case REVIEW -> wizard.makePlan();
            case CLUSTER, NETWORK, RACK -> {
            }
        }
    }

    /** Reads the clusters of the workspace and the unfinished answers again. */
    public void refresh() {
        work.run("reading the workspace", () -> new Found(kindling.clusters(), store.load()), found -> {
            clusters.setAll(found.clusters);
            unfinished.set(found.draft.orElse(null));
        });
    }

    private record Found(List<ClusterStatus> clusters, Optional<Draft> draft) {}

    /** A new cluster, from the engine's defaults. */
    public void startNew() {
        work.run("reading the defaults", kindling::defaults, this::begin);
    }

    /** Goes on with the answers of the last time. */
    public void goOn() {
        Draft draft = unfinished.get();
        if (draft != null) {
            begin(draft);
        }
    }

    private void begin(Draft draft) {
        wizard.start(draft);
        wizard.lookAround();
        screen.set(Screen.CLUSTER);
    }

    /**
     * A control plane and two workers to try things on.
     *
     * @param simulated true: programs that speak the boot protocols; false: QEMU machines on this computer
     */
    public void startDemo(boolean simulated) {
        work.run("reading the demo", () -> kindling.validate("the demo", kindling.demo(simulated, 3)), this::open);
    }

    /** Follows a cluster of the workspace, running or not. */
    public void attach(String cluster) {
        rack.follow(cluster);
        screen.set(Screen.RACK);
    }

    /** Takes the definition that was last applied to a cluster into the wizard. */
    public void edit(String cluster) {
        work.run("reading the definition of " + cluster, () -> kindling.definition(cluster),
                found -> found.ifPresent(this::open));
    }

    /**
     * Takes a definition's text into the wizard.
     *
     * @param source name of the file
     */
    public void open(String source, String text) {
        work.run("reading " + source, () -> kindling.validate(source, text), this::open);
    }

    private void open(Validation validation) {
        wizard.lookAround();
        wizard.open(validation, () -> {
            screen.set(Screen.REVIEW);
            wizard.makePlan();
        });
    }

    /** Starts the run and goes to the rack. */
    public void start() {
        wizard.start(this::attach);
    }

    /** Goes to the place of a problem. */
    public void goTo(Finding finding) {
        screen.set(finding.screen());
        target.set(null);
        target.set(finding);
    }

    /** The problem that was last gone to; its field takes the focus. */
    public ObjectProperty<@Nullable Finding> target() {
        return target;
    }

    // --- what is known of the machines that are being defined ---

    private void recall() {
        String name = wizard.answer(Field.NAME).get().strip();
        if (!name.isEmpty()) {
            work.run("reading the state of " + name, () -> kindling.status(name), found -> learn(found.orElse(null)));
        }
    }

    private void learn(@Nullable ClusterStatus status) {
        if (status != null && status.name().equals(wizard.answer(Field.NAME).get().strip())) {
            known.set(status);
        }
    }

    /** The cluster of the answers as far as the workspace knows it; null: not at all. */
    public ReadOnlyObjectProperty<@Nullable ClusterStatus> known() {
        return known.getReadOnlyProperty();
    }

    /** What the machine of a row told of itself; empty: it was not seen yet. */
    public Optional<Hardware> hardware(MachineRow row) {
        ClusterStatus status = known.get();
        String mac = row.get(Field.MAC).strip().toLowerCase(Locale.ROOT).replace('-', ':');
        return status == null
                ? Optional.empty()
                : status.machines().stream().filter(machine -> machine.mac().value().equals(mac)).findFirst()
                        .map(ClusterStatus.MachineStatus::hardware);
    }

    /** Machines that asked to boot and are in no row. */
    public List<UnknownMachine> unknown() {
        ClusterStatus status = known.get();
        List<String> macs = wizard.machines().stream()
                .map(row -> row.get(Field.MAC).strip().toLowerCase(Locale.ROOT).replace('-', ':')).toList();
        return status == null
                ? List.of()
                : status.unknown().stream().filter(machine -> !macs.contains(machine.mac().value())).toList();
    }

    public ObjectProperty<Screen> screen() {
        return screen;
    }

    public Wizard wizard() {
        return wizard;
    }

    public Rack rack() {
        return rack;
    }

    /** The clusters of the workspace, by name. */
    public ObservableList<ClusterStatus> clusters() {
        return clusters;
    }

    /** Answers of the last time that became no run; null: none. */
    public ReadOnlyObjectProperty<@Nullable Draft> unfinished() {
        return unfinished.getReadOnlyProperty();
    }

    /** Where the clusters are kept, for people. */
    public String workspace() {
        return kindling.place();
    }

    /** Ends following and closes the engine. Blocks. */
    public void close() {
        kindling.close();
    }
}

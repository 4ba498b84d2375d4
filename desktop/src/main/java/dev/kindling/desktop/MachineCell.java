package dev.kindling.desktop;

import atlantafx.base.theme.Styles;
import dev.kindling.desktop.vm.Rack;
import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus.MachineStatus;
import dev.kindling.engine.api.Hardware;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.Collectors;
import javafx.beans.InvalidationListener;
import javafx.beans.WeakInvalidationListener;
import javafx.geometry.Pos;
import javafx.scene.control.Label;
import javafx.scene.control.ListCell;
import javafx.scene.control.Tooltip;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import org.jspecify.annotations.Nullable;

/** A machine of the live rack. */
final class MachineCell extends ListCell<MachineStatus> {
    private final Rack rack;
    private final InvalidationListener clock = _ -> showElapsed();
    private final StackPane mark = new StackPane();
    private final Label name = Ui.label("", Styles.TEXT_BOLD);
    private final Label what = Ui.label("", Styles.TEXT_MUTED);
    private final Label where = Ui.label("", "mono", Styles.TEXT_MUTED);
    private final Label stage = Ui.label("", Styles.TEXT_BOLD);
    private final Label elapsed = Ui.label("", Styles.TEXT_MUTED);
    private final StageTrack track = new StageTrack();
    private final Label evidence = Ui.label("", Styles.TEXT_MUTED);
    private final Label stuck = Ui.wrapped("", "warning-text");
    private final HBox card;

    MachineCell(Rack rack) {
        this.rack = rack;
        rack.now().addListener(new WeakInvalidationListener(clock));
        mark.getStyleClass().add("machine-mark");
        VBox left = new VBox(2, name, what, where);
        left.setMinWidth(190);
        left.setPrefWidth(190);
        stuck.setGraphic(Icon.WARNING.node("warning-icon"));
        VBox right = new VBox(6, Ui.row(10, stage, Ui.spacer(), elapsed), track, evidence, stuck);
        HBox.setHgrow(right, Priority.ALWAYS);
        right.setMinWidth(0);
        card = new HBox(14, mark, left, right);
        card.setAlignment(Pos.CENTER_LEFT);
        card.getStyleClass().add("machine-card");
        setContentDisplay(javafx.scene.control.ContentDisplay.GRAPHIC_ONLY);
        getStyleClass().add("machine-cell");
        // the width of the list, not that of the longest line
        setPrefWidth(0);
        card.setMaxWidth(Region.USE_PREF_SIZE);
        card.prefWidthProperty().bind(widthProperty().subtract(12));
    }

    @Override
    protected void updateItem(@Nullable MachineStatus machine, boolean empty) {
        super.updateItem(machine, empty);
        if (empty || machine == null) {
            setGraphic(null);
            setTooltip(null);
            return;
        }
        boolean ready = machine.stage() == BootStage.READY;
        String problem = machine.stuck();
        mark.getChildren().setAll(problem != null
                ? Icon.WARNING.node("warning-icon")
                : ready
                        ? Icon.CHECK.node("success-icon")
                        : machine.stage() == BootStage.WAITING ? Icon.RING.node() : Icon.PLAY.node("accent-icon"));
        name.setText(machine.name());
        what.setText(machine.role().name().toLowerCase(Locale.ROOT).replace('_', ' ') + ", "
                + machine.kind().name().toLowerCase(Locale.ROOT));
        where.setText(machine.address());
        stage.setText(StageTrack.text(machine));
        track.show(machine);
        evidence.setText(machine.evidence());
        Ui.show(evidence, !machine.evidence().isEmpty());
        stuck.setText(problem == null ? "" : "Stuck: " + problem);
        Ui.show(stuck, problem != null);
        showElapsed();
        setTooltip(new Tooltip(hardware(machine)));
        setAccessibleText(machine.name() + ", " + what.getText() + ", " + stage.getText()
                + (problem == null ? "" : ", stuck: " + problem) + ", " + machine.evidence());
        setGraphic(card);
    }

    private void showElapsed() {
        MachineStatus machine = getItem();
        if (machine == null || isEmpty()) {
            return;
        }
        String time = Rack.elapsed(Duration.between(machine.stageSince(), rack.now().get()));
        elapsed.setText(machine.stage() == BootStage.WAITING ? "" : time + " in this stage");
    }

    private static String hardware(MachineStatus machine) {
        Hardware hardware = machine.hardware();
        if (hardware == null) {
            return machine.mac() + "\nHardware: not told yet";
        }
        String disks = hardware.disks().stream().map(disk -> "Disk " + disk.device() + ": " + disk.model() + ", serial "
                + (disk.serial().isEmpty() ? "none" : disk.serial()) + ", " + Rack.size(disk.bytes()))
                .collect(Collectors.joining("\n"));
        return machine.mac() + "\n" + (hardware.vendor() + " " + hardware.product()).strip() + "\n"
                + hardware.processors()
                + ", " + hardware.memoryMib() + " MiB, " + hardware.firmware() + "\n" + disks;
    }
}

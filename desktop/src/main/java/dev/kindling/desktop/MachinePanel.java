package dev.kindling.desktop;

import atlantafx.base.theme.Styles;
import dev.kindling.desktop.vm.Desk;
import dev.kindling.desktop.vm.Field;
import dev.kindling.desktop.vm.Finding;
import dev.kindling.desktop.vm.MachineRow;
import dev.kindling.desktop.vm.Rack;
import dev.kindling.engine.api.Hardware;
import java.util.Objects;
import java.util.Optional;
import javafx.beans.InvalidationListener;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Button;
import javafx.scene.control.ScrollPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.VBox;
import org.jspecify.annotations.Nullable;

/** What is wrong with the selected machine, and what it told of itself. */
final class MachinePanel {
    private final Desk desk;
    private final VBox content = new VBox(14);
    private final ScrollPane root = new ScrollPane(content);
    private @Nullable MachineRow row;

    MachinePanel(Desk desk) {
        this.desk = desk;
        content.getStyleClass().add("panel");
        content.setId("machine-panel");
        root.setFitToWidth(true);
        root.setMinWidth(250);
        root.setPrefWidth(262);
        root.setHbarPolicy(ScrollPane.ScrollBarPolicy.NEVER);
        root.getStyleClass().add("panel-frame");
        desk.wizard().findings().addListener((InvalidationListener) _ -> render());
        desk.known().addListener((_, _, _) -> render());
        render();
    }

    Parent node() {
        return root;
    }

    void show(@Nullable MachineRow selected) {
        row = selected;
        render();
    }

    private void render() {
        content.getChildren().clear();
        MachineRow shown = row;
        if (shown == null || !desk.wizard().machines().contains(shown)) {
            content.getChildren().add(Ui.wrapped("Select a machine to see what is known of it.", Styles.TEXT_MUTED));
            return;
        }
        String name = shown.get(Field.MACHINE_NAME).isBlank()
                ? "Machine "
                        + (desk.wizard().machines().indexOf(shown) + 1)
                : shown.get(Field.MACHINE_NAME);
        content.getChildren().add(Ui.label(name, Styles.TITLE_4));
        int index = desk.wizard().machines().indexOf(shown);
        for (Finding finding : desk.wizard().findings()) {
            if (finding.machine() == index) {
                Field field = finding.field();
                content.getChildren().add(Ui.note(finding.isError() ? Icon.CROSS : Icon.WARNING,
                        (field == null ? "" : field.label() + ": ") + Problems.sentence(finding.problem()),
                        finding.isError() ? "danger" : "warning"));
            }
        }
        Optional<Hardware> hardware = desk.hardware(shown);
        if (hardware.isEmpty()) {
            content.getChildren().add(Ui.wrapped("Not seen yet. A machine tells what it is made of when it boots over "
                    + "the network for the first time; its disks can be chosen here then.", Styles.TEXT_MUTED));
        } else {
            describe(shown, hardware.get());
        }
    }

    private void describe(MachineRow machine, Hardware hardware) {
        VBox system = new VBox(3, Ui.label("System", "section"));
        String product = (hardware.vendor() + " " + hardware.product()).strip();
        if (!product.isEmpty()) {
            system.getChildren().add(Ui.wrapped(product));
        }
        system.getChildren().addAll(Ui.wrapped(hardware.processors()
                + (hardware.cpuModel().isEmpty() ? "" : ", " + hardware.cpuModel())),
                Ui.wrapped(hardware.memoryMib() + " MiB memory"),
                Ui.wrapped(hardware.firmware().toUpperCase(java.util.Locale.ROOT) + ", Secure Boot "
                        + secureBoot(hardware.secureBoot()) + ", TPM "
                        + (hardware.tpm().isEmpty() ? "unknown" : hardware.tpm())));
        VBox disks = new VBox(8, Ui.label("Disks", "section"));
        hardware.disks().forEach(disk -> disks.getChildren().add(disk(machine, disk)));
        VBox ports = new VBox(6, Ui.label("Network ports", "section"));
        hardware.nics().forEach(nic -> ports.getChildren().add(port(nic)));
        content.getChildren().addAll(system, disks, ports);
    }

    private static String secureBoot(@Nullable Boolean on) {
        return on == null ? "unknown" : on ? "on" : "off";
    }

    private Node disk(MachineRow machine, Hardware.Disk disk) {
        boolean chosen = !disk.serial().isEmpty() && disk.serial().equals(machine.get(Field.DISK));
        String why = whyNot(disk);
        VBox box = new VBox(3,
                Ui.row(8, Icon.DISK.node(), Ui.whole(disk.device(), Styles.TEXT_BOLD),
                        Ui.spacer(), chosen ? Ui.pill("Chosen", Icon.CHECK, "success") : new HBox()),
                Ui.wrapped(Rack.size(disk.bytes()) + ", " + disk.model()
                        + (disk.transport().isEmpty() ? "" : ", " + disk.transport())
                        + (disk.rotational() ? ", rotating" : ""), Styles.TEXT_MUTED),
                Ui.wrapped("Serial " + (disk.serial().isEmpty() ? "none" : disk.serial()), "mono"));
        if (!disk.content().isEmpty()) {
            box.getChildren().add(Ui.wrapped("Holds: " + disk.content(), Styles.TEXT_MUTED));
        }
        if (why != null) {
            box.getChildren().add(Ui.note(Icon.WARNING, why, "warning"));
        } else if (!chosen) {
            Button choose = Ui.button("Write to this disk", Icon.DISK, () -> {
                machine.answer(Field.DISK).set(disk.serial());
                render();
            });
            choose.setId("choose-" + disk.serial());
            choose.setAccessibleText("Write to the disk with serial " + disk.serial());
            choose.disableProperty().bind(desk.wizard().locked());
            box.getChildren().add(choose);
        }
        box.getStyleClass().add("list-row");
        return box;
    }

    /** Why a disk must not be chosen; null: it may. */
    private static @Nullable String whyNot(Hardware.Disk disk) {
        if (disk.serial().isEmpty()) {
            return "It has no serial to choose it by.";
        }
        if (disk.removable()) {
            return "Removable: perhaps the boot medium.";
        }
        return disk.inUseBy().isEmpty() ? null : "In use: " + disk.inUseBy() + ".";
    }

    private static Node port(Hardware.Nic nic) {
        String speed = nic.speedMbit() > 0 ? ", " + nic.speedMbit() + " Mbit/s" : "";
        return new VBox(2,
                Ui.row(8, nic.link() ? Icon.CHECK.node("success-icon") : Icon.CROSS.node(),
                        Ui.label(nic.name() + (nic.link() ? ", link" + speed : ", no link"), Styles.TEXT_BOLD)),
                Ui.wrapped(Objects.requireNonNullElse(nic.mac(), "") + (nic.driver().isEmpty()
                        ? ""
                        : "  "
                                + nic.driver()),
                        "mono"));
    }
}

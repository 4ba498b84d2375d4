package dev.kindling.desktop;

import atlantafx.base.theme.Styles;
import dev.kindling.desktop.vm.Field;
import dev.kindling.desktop.vm.Finding;
import dev.kindling.desktop.vm.Wizard;
import dev.kindling.engine.api.Hardware;
import java.util.EnumMap;
import java.util.Map;
import javafx.beans.InvalidationListener;
import javafx.scene.Parent;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.RadioButton;
import javafx.scene.control.ScrollPane;
import javafx.scene.control.ToggleGroup;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.VBox;

/** The provisioning network: who gives which addresses. */
final class NetworkView implements View {
    private final Wizard wizard;
    private final Map<Field, FieldBox> boxes = new EnumMap<>(Field.class);
    private final RadioButton server = new RadioButton("_Kindling gives the addresses (DHCP server)");
    private final RadioButton proxy = new RadioButton(
            "A DHCP server that is alread_y there does; Kindling only says what to boot (ProxyDHCP)");
    private final Label dhcpWrong = Ui.wrapped("", "error-text");
    private final ScrollPane root;

    NetworkView(Wizard wizard) {
        this.wizard = wizard;
        box(Field.CIDR, "_Provisioning network", 18);
        box(Field.BOOT_SERVER, "This _computer's address", 18);
        box(Field.POOL, "Add_ress pool", 26);
        box(Field.GATEWAY, "_Gateway", 18);
        box(Field.DNS, "Na_me servers", 26);
        box(Field.VIP, "Control p_lane address", 18);

        GridPane grid = new GridPane(32, 18);
        grid.addRow(0, boxes.get(Field.CIDR), boxes.get(Field.BOOT_SERVER));
        grid.addRow(1, boxes.get(Field.POOL), boxes.get(Field.GATEWAY));
        grid.addRow(2, boxes.get(Field.DNS), boxes.get(Field.VIP));

        VBox content = new VBox(22,
                Ui.heading("Network", "The network that the machines boot from. It should be one that you may serve."),
                new LockNote(wizard), dhcp(), grid, interfaces());
        content.getStyleClass().addAll("page", "form");
        server.setWrapText(true);
        proxy.setWrapText(true);
        root = new ScrollPane(content);
        root.setFitToWidth(true);
        wizard.findings().addListener((InvalidationListener) _ -> refresh());
        refresh();
    }

    private void box(Field field, String label, int columns) {
        FieldBox box = FieldBox.text(wizard, field, label, columns);
        box.setPrefWidth(390);
        boxes.put(field, box);
    }

    private VBox dhcp() {
        ToggleGroup group = new ToggleGroup();
        server.setToggleGroup(group);
        server.setMnemonicParsing(true);
        server.setId("dhcp-server");
        proxy.setToggleGroup(group);
        proxy.setMnemonicParsing(true);
        proxy.setId("dhcp-proxy");
        server.disableProperty().bind(wizard.locked());
        proxy.disableProperty().bind(wizard.locked());
        group.selectedToggleProperty().addListener((_, _, chosen) -> {
            if (chosen != null) {
                wizard.answer(Field.DHCP).set(server.equals(chosen) ? "server" : "proxy");
            }
        });
        wizard.answer(Field.DHCP).addListener((_, _, mode) -> select(mode));
        select(wizard.answer(Field.DHCP).get());
        return new VBox(8, Ui.label(Field.DHCP.label(), "field-label"), server, proxy,
                Ui.wrapped(Field.DHCP.help(), Styles.TEXT_MUTED, "field-below"), dhcpWrong);
    }

    private void select(String mode) {
        if (mode.equals("server")) {
            server.setSelected(true);
        } else if (mode.equals("proxy")) {
            proxy.setSelected(true);
        }
    }

    private VBox interfaces() {
        ComboBox<String> choice = new ComboBox<>();
        choice.setId("serve-on");
        choice.setEditable(true);
        choice.setPromptText("none");
        choice.setPrefWidth(260);
        choice.setAccessibleText("Interface to serve real machines on");
        choice.getEditor().textProperty().bindBidirectional(wizard.serveOn());
        Label seen = Ui.wrapped("", Styles.TEXT_MUTED, "field-below");
        InvalidationListener fill = _ -> {
            String typed = wizard.serveOn().get();
            choice.getItems().setAll(wizard.interfaces().stream().map(Hardware.Nic::name).toList());
            wizard.serveOn().set(typed);
            seen.setText(wizard.interfaces().isEmpty()
                    ? "Needed for real machines only."
                    : "Needed for real machines only. Here: " + String.join(", ", wizard.interfaces().stream()
                            .map(nic -> nic.name() + (nic.link() ? " (link)" : " (no link)")).toList()));
        };
        wizard.interfaces().addListener(fill);
        fill.invalidated(wizard.interfaces());
        Label label = Ui.label("Serve on _interface", "field-label");
        label.setMnemonicParsing(true);
        label.setLabelFor(choice);
        VBox box = new VBox(label, choice, seen);
        box.getStyleClass().add("field");
        return box;
    }

    private void refresh() {
        var findings = wizard.findings(Field.DHCP);
        Ui.show(dhcpWrong, !findings.isEmpty());
        if (!findings.isEmpty()) {
            dhcpWrong.setGraphic(Icon.CROSS.node("error-icon"));
            dhcpWrong.setText(Problems.sentence(findings.getFirst().problem()));
        }
    }

    @Override
    public Parent node() {
        return root;
    }

    @Override
    public void focus() {
        (proxy.isSelected() ? proxy : server).requestFocus();
    }

    @Override
    public void focus(Finding finding) {
        FieldBox box = boxes.get(finding.field());
        if (box == null) {
            focus();
        } else {
            box.control().requestFocus();
        }
    }
}

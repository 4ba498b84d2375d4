package dev.kindling.desktop;

import atlantafx.base.theme.Styles;
import dev.kindling.desktop.vm.Field;
import dev.kindling.desktop.vm.Finding;
import dev.kindling.desktop.vm.Wizard;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import javafx.beans.InvalidationListener;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.control.RadioButton;
import javafx.scene.control.ScrollPane;
import javafx.scene.control.ToggleGroup;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.VBox;

/** Name, distribution and version. */
final class ClusterView implements View {
    private final Wizard wizard;
    private final FieldBox name;
    private final FieldBox version;
    private final Map<String, RadioButton> choices = new HashMap<>();
    private final Map<String, Label> marks = new HashMap<>();
    private final Label wrong = Ui.wrapped("", "error-text");
    private final ScrollPane root;

    ClusterView(Wizard wizard) {
        this.wizard = wizard;
        name = FieldBox.text(wizard, Field.NAME, "Na_me", 24);
        version = FieldBox.text(wizard, Field.VERSION, "_Version", 24);

        VBox content = new VBox(22,
                Ui.heading("Cluster", "What the cluster is called and which Kubernetes it runs."),
                new LockNote(wizard), name, distributions(), version);
        content.getStyleClass().addAll("page", "form");
        root = new ScrollPane(content);
        root.setFitToWidth(true);
        wizard.findings().addListener((InvalidationListener) _ -> refresh());
        wizard.notYet().addListener((InvalidationListener) _ -> refresh());
        refresh();
    }

    private VBox distributions() {
        GridPane grid = new GridPane(12, 12);
        ToggleGroup group = new ToggleGroup();
        int index = 0;
        for (String id : Field.DISTRIBUTION.choices()) {
            RadioButton choice = new RadioButton(displayName(id));
            choice.setId("distribution-" + id);
            choice.setToggleGroup(group);
            choice.setUserData(id);
            choice.disableProperty().bind(wizard.locked());
            choices.put(id, choice);
            Label mark = Ui.label("");
            marks.put(id, mark);
            VBox tile = new VBox(6, choice, mark);
            tile.getStyleClass().add("tile");
            tile.setPrefWidth(250);
            tile.setOnMouseClicked(_ -> {
                if (!choice.isDisabled()) {
                    choice.setSelected(true);
                    choice.requestFocus();
                }
            });
            grid.add(tile, index % 3, index / 3);
            index++;
        }
        group.selectedToggleProperty().addListener((_, _, chosen) -> {
            if (chosen != null) {
                wizard.answer(Field.DISTRIBUTION).set((String) chosen.getUserData());
            }
        });
        wizard.answer(Field.DISTRIBUTION).addListener((_, _, id) -> select(id));
        select(wizard.answer(Field.DISTRIBUTION).get());
        Label label = Ui.label("_Distribution", "field-label");
        label.setMnemonicParsing(true);
        label.setLabelFor(firstChoice());
        return new VBox(8, label, grid, wrong);
    }

    private RadioButton firstChoice() {
        return Objects.requireNonNull(choices.get(Field.DISTRIBUTION.choices().getFirst()));
    }

    private void select(String id) {
        RadioButton choice = choices.get(id);
        if (choice != null) {
            choice.setSelected(true);
        }
    }

    private void refresh() {
        marks.forEach((id, mark) -> {
            String reason = wizard.notYet().get(id);
            boolean can = reason == null;
            mark.getStyleClass().setAll("label", can ? "success-text" : Styles.TEXT_MUTED);
            mark.setGraphic(can ? Icon.CHECK.node("success-icon") : Icon.CLOCK.node());
            mark.setText(can ? "Available" : "Not yet");
            choices.computeIfPresent(id, (_, choice) -> {
                choice.setAccessibleText(displayName(id) + (can ? ", available" : ", not yet: " + reason));
                return choice;
            });
            if (reason != null) {
                Ui.tooltip(mark, reason);
            }
        });
        var findings = wizard.findings(Field.DISTRIBUTION);
        Ui.show(wrong, !findings.isEmpty());
        if (!findings.isEmpty()) {
            wrong.setGraphic(Icon.CROSS.node("error-icon"));
            wrong.setText(Problems.sentence(findings.getFirst().problem()));
        }
    }

    private static String displayName(String id) {
        return switch (id) {
            case "k3s" -> "K3s";
            case "rke2" -> "RKE2";
            case "kubeadm" -> "kubeadm";
            case "talos" -> "Talos Linux";
            case "microk8s" -> "MicroK8s";
            case "okd" -> "OKD";
            default -> id;
        };
    }

    @Override
    public Parent node() {
        return root;
    }

    @Override
    public void focus() {
        name.control().requestFocus();
    }

    @Override
    public void focus(Finding finding) {
        if (finding.field() == Field.VERSION) {
            version.control().requestFocus();
        } else if (finding.field() == Field.DISTRIBUTION) {
            choices.values().stream().filter(RadioButton::isSelected).findFirst()
                    .orElseGet(this::firstChoice).requestFocus();
        } else {
            focus();
        }
    }
}

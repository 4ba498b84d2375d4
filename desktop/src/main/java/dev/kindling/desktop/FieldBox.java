package dev.kindling.desktop;

import atlantafx.base.theme.Styles;
import dev.kindling.desktop.vm.Field;
import dev.kindling.desktop.vm.Finding;
import dev.kindling.desktop.vm.Wizard;
import java.util.List;
import javafx.beans.InvalidationListener;
import javafx.css.PseudoClass;
import javafx.scene.control.Control;
import javafx.scene.control.Label;
import javafx.scene.control.TextField;
import javafx.scene.layout.VBox;

/** A label, a control, and below it either one line of help or what is wrong. */
final class FieldBox extends VBox {
    private static final PseudoClass INVALID = PseudoClass.getPseudoClass("invalid");

    private final Wizard wizard;
    private final Field field;
    private final Control control;
    private final Label below = Ui.wrapped("", "field-below");

    FieldBox(Wizard wizard, Field field, String mnemonicLabel, Control control) {
        this.wizard = wizard;
        this.field = field;
        this.control = control;
        Label label = Ui.label(mnemonicLabel, "field-label");
        label.setMnemonicParsing(true);
        label.setLabelFor(control);
        control.setId("field-" + field.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-'));
        control.setAccessibleText(field.label());
        control.disableProperty().bind(wizard.locked());
        getChildren().setAll(label, control, below);
        getStyleClass().add("field");
        wizard.findings().addListener((InvalidationListener) _ -> refresh());
        refresh();
    }

    /** A field of free text. */
    static FieldBox text(Wizard wizard, Field field, String mnemonicLabel, int columns) {
        TextField input = new TextField();
        input.setPrefColumnCount(columns);
        input.setMaxWidth(javafx.scene.layout.Region.USE_PREF_SIZE);
        input.textProperty().bindBidirectional(wizard.answer(field));
        return new FieldBox(wizard, field, mnemonicLabel, input);
    }

    Control control() {
        return control;
    }

    private void refresh() {
        List<Finding> findings = wizard.findings(field);
        control.pseudoClassStateChanged(INVALID, findings.stream().anyMatch(Finding::isError));
        below.getStyleClass().removeAll(Styles.TEXT_MUTED, "error-text", "warning-text");
        if (findings.isEmpty()) {
            below.setGraphic(null);
            below.setText(field.help());
            below.getStyleClass().add(Styles.TEXT_MUTED);
        } else {
            Finding first = findings.getFirst();
            below.setGraphic(
                    first.isError() ? Icon.CROSS.node("error-icon") : Icon.WARNING.node("warning-icon"));
            below.setText(Problems.sentence(first.problem()));
            below.getStyleClass().add(first.isError() ? "error-text" : "warning-text");
        }
        control.setAccessibleHelp(below.getText());
    }
}

package dev.kindling.desktop;

import dev.kindling.desktop.vm.Wizard;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;

/** Says that a definition is used as it was written, and offers to go on from the answers instead. */
final class LockNote extends HBox {
    LockNote(Wizard wizard) {
        super(12);
        Label reason = Ui.wrapped("");
        reason.textProperty().bind(wizard.lockReason().map(Problems::capital));
        HBox.setHgrow(reason, Priority.ALWAYS);
        reason.setMaxWidth(Double.MAX_VALUE);
        Button unlock = Ui.button("_Use the answers only", Icon.PEN, wizard::unlock);
        unlock.setAccessibleHelp("Writes a new definition from the answers on these screens; "
                + "settings that the wizard does not ask for are given up.");
        getChildren().setAll(Icon.INFO.node(), reason, unlock);
        getStyleClass().addAll("note", "accent");
        visibleProperty().bind(wizard.locked());
        managedProperty().bind(wizard.locked());
    }
}

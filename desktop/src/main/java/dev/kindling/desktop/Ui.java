package dev.kindling.desktop;

import atlantafx.base.theme.Styles;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.ScrollPane;
import javafx.scene.control.Tooltip;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;

/** The few building blocks that all screens share. */
final class Ui {
    private Ui() {}

    /** A button with a mnemonic in its text. */
    static Button button(String text, Icon icon, Runnable action) {
        Button button = new Button(text, icon.node());
        button.setMnemonicParsing(true);
        button.setOnAction(_ -> action.run());
        button.setAccessibleText(text.replace("_", ""));
        button.setMinWidth(Region.USE_PREF_SIZE);
        return button;
    }

    static Label label(String text, String... styles) {
        Label label = new Label(text);
        label.getStyleClass().addAll(styles);
        return label;
    }

    /** Text that is never cut. */
    static Label whole(String text, String... styles) {
        Label label = label(text, styles);
        label.setMinWidth(Region.USE_PREF_SIZE);
        return label;
    }

    /** Text that wraps where the line is full. */
    static Label wrapped(String text, String... styles) {
        Label label = label(text, styles);
        label.setWrapText(true);
        label.setMinHeight(Region.USE_PREF_SIZE);
        return label;
    }

    /** Title of a screen with a line of explanation below. */
    static VBox heading(String title, String explanation) {
        Label head = label(title, Styles.TITLE_2);
        head.setId("title");
        return new VBox(4, head, wrapped(explanation, Styles.TEXT_MUTED));
    }

    /** A page that is as high as the window, and scrolls where that is less than it needs. */
    static ScrollPane scrolling(Region page) {
        ScrollPane pane = new ScrollPane(page);
        pane.setFitToWidth(true);
        pane.setFitToHeight(true);
        pane.setFocusTraversable(false);
        return pane;
    }

    static Region spacer() {
        Region spacer = new Region();
        HBox.setHgrow(spacer, Priority.ALWAYS);
        return spacer;
    }

    static HBox row(double gap, Node... nodes) {
        HBox row = new HBox(gap, nodes);
        row.setAlignment(Pos.CENTER_LEFT);
        return row;
    }

    /** A small rounded mark of icon and text; never colour alone. */
    static Label pill(String text, Icon icon, String style) {
        Label pill = new Label(text, icon.node());
        pill.getStyleClass().addAll("pill", style);
        pill.setMinWidth(Region.USE_PREF_SIZE);
        return pill;
    }

    /** A framed note of icon and text. */
    static HBox note(Icon icon, String text, String style) {
        Label message = wrapped(text);
        HBox.setHgrow(message, Priority.ALWAYS);
        message.setMaxWidth(Double.MAX_VALUE);
        HBox note = new HBox(10, icon.node(), message);
        note.setAlignment(Pos.TOP_LEFT);
        note.getStyleClass().addAll("note", style);
        note.setAccessibleText(text);
        return note;
    }

    static void tooltip(Node node, String text) {
        Tooltip tooltip = new Tooltip(text);
        tooltip.setWrapText(true);
        tooltip.setMaxWidth(420);
        Tooltip.install(node, tooltip);
    }

    /** Shows or hides a node together with the room that it takes. */
    static void show(Node node, boolean visible) {
        node.setVisible(visible);
        node.setManaged(visible);
    }
}

package dev.kindling.desktop;

import dev.kindling.desktop.vm.Field;
import dev.kindling.desktop.vm.Finding;
import dev.kindling.desktop.vm.MachineRow;
import dev.kindling.desktop.vm.Wizard;
import java.util.List;
import java.util.Objects;
import javafx.application.Platform;
import javafx.beans.InvalidationListener;
import javafx.beans.WeakInvalidationListener;
import javafx.css.PseudoClass;
import javafx.scene.Node;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Control;
import javafx.scene.control.TableCell;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.control.Tooltip;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import org.jspecify.annotations.Nullable;

/**
 * One answer about one machine. Enter and leaving the cell take what was typed, Escape does not; Tab goes on to the
 * next cell. A choice is changed with the arrow keys.
 */
final class AnswerCell extends TableCell<MachineRow, String> {
    /** In the table's properties while an edit begins: the character that began it. */
    static final String FIRST_CHARACTER = "kindling.first-character";
    private static final PseudoClass INVALID = PseudoClass.getPseudoClass("invalid");

    private final Wizard wizard;
    private final Field field;
    private final InvalidationListener marker = _ -> mark();
    private @Nullable Control editor;

    AnswerCell(Wizard wizard, Field field) {
        this.wizard = wizard;
        this.field = field;
        getStyleClass().add("answer-cell");
        if (field == Field.MAC || field == Field.ADDRESS || field == Field.DISK) {
            getStyleClass().add("mono");
        }
        wizard.findings().addListener(new WeakInvalidationListener(marker));
    }

    @Override
    public void startEdit() {
        super.startEdit();
        MachineRow row = getTableRow().getItem();
        if (!isEditing() || row == null) {
            return;
        }
        Object first = getTableView().getProperties().remove(FIRST_CHARACTER);
        String typed = Objects.toString(first, "");
        boolean begun = !typed.isEmpty();
        Control control = field.choices().isEmpty()
                ? textEditor(begun ? typed : row.get(field))
                : choiceEditor(row.get(field), typed);
        control.setAccessibleText(field.label());
        control.setId("cell-editor");
        editor = control;
        setText(null);
        setGraphic(control);
        // With its skin in place the field selects its text now, on getting the focus, and not at some later pulse,
        // when
        // it would swallow what was typed meanwhile.
        control.applyCss();
        control.requestFocus();
        if (begun && control instanceof TextField input) {
            input.end();
        }
        control.focusedProperty().addListener((_, _, focused) -> {
            if (!focused && control.equals(editor) && isEditing()) {
                commitEdit(value(control));
            }
        });
    }

    private TextField textEditor(String text) {
        TextField input = new TextField(text);
        input.addEventFilter(KeyEvent.KEY_PRESSED, event -> pressed(event, input));
        return input;
    }

    private ComboBox<String> choiceEditor(String value, String typed) {
        ComboBox<String> choice = new ComboBox<>();
        choice.getItems().setAll(field.choices());
        choice.setMaxWidth(Double.MAX_VALUE);
        choice.setValue(field.choices().stream().filter(option -> !typed.isEmpty() && option.startsWith(typed))
                .findFirst().orElse(value));
        choice.addEventFilter(KeyEvent.KEY_PRESSED, event -> pressed(event, choice));
        return choice;
    }

    private void pressed(KeyEvent event, Control control) {
        if (event.getCode() == KeyCode.ENTER) {
            commitEdit(value(control));
            event.consume();
        } else if (event.getCode() == KeyCode.ESCAPE) {
            cancelEdit();
            event.consume();
        } else if (event.getCode() == KeyCode.TAB) {
            int row = getIndex();
            TableView<MachineRow> table = getTableView();
            commitEdit(value(control));
            editNext(table, row, event.isShiftDown() ? -1 : 1);
            event.consume();
        }
    }

    private void editNext(TableView<MachineRow> table, int row, int step) {
        List<TableColumn<MachineRow, ?>> columns = table.getVisibleLeafColumns();
        int cell = row * columns.size() + columns.indexOf(getTableColumn()) + step;
        if (cell < 0 || cell >= table.getItems().size() * columns.size()) {
            return;
        }
        int nextRow = cell / columns.size();
        TableColumn<MachineRow, ?> nextColumn = columns.get(cell % columns.size());
        table.getSelectionModel().clearAndSelect(nextRow, nextColumn);
        table.getFocusModel().focus(nextRow, nextColumn);
        table.scrollToColumn(nextColumn);
        Platform.runLater(() -> table.edit(nextRow, nextColumn));
    }

    private static String value(Control control) {
        if (control instanceof TextField input) {
            return input.getText();
        }
        Object chosen = control instanceof ComboBox<?> choice ? choice.getValue() : null;
        return chosen == null ? "" : chosen.toString();
    }

    @Override
    public void commitEdit(String typed) {
        MachineRow row = getTableRow() == null ? null : getTableRow().getItem();
        boolean hadFocus = editor != null && editor.isFocusWithin();
        editor = null;
        super.commitEdit(typed);
        if (row != null) {
            row.answer(field).set(typed);
        }
        if (hadFocus) {
            getTableView().requestFocus();
        }
        render();
    }

    @Override
    public void cancelEdit() {
        boolean hadFocus = editor != null && editor.isFocusWithin();
        editor = null;
        super.cancelEdit();
        if (hadFocus) {
            getTableView().requestFocus();
        }
        render();
    }

    @Override
    protected void updateItem(@Nullable String item, boolean empty) {
        super.updateItem(item, empty);
        if (!isEditing() || empty) {
            render();
        }
    }

    private void render() {
        MachineRow row = row();
        setText(row == null ? null : row.get(field));
        mark();
    }

    private @Nullable MachineRow row() {
        return isEmpty() || getTableRow() == null ? null : getTableRow().getItem();
    }

    private void mark() {
        MachineRow row = row();
        List<Finding> findings = row == null ? List.of() : wizard.findings(row, field);
        pseudoClassStateChanged(INVALID, findings.stream().anyMatch(Finding::isError));
        if (editor != null) {
            return;
        }
        Node graphic = null;
        if (!findings.isEmpty()) {
            graphic = findings.getFirst().isError() ? Icon.CROSS.node("error-icon") : Icon.WARNING.node("warning-icon");
        }
        setGraphic(graphic);
        setTooltip(findings.isEmpty() ? null : new Tooltip(Problems.sentence(findings.getFirst().problem())));
        setAccessibleHelp(findings.isEmpty() ? "" : Problems.sentence(findings.getFirst().problem()));
    }
}

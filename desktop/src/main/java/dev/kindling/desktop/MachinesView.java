package dev.kindling.desktop;

import atlantafx.base.theme.Styles;
import dev.kindling.desktop.vm.Desk;
import dev.kindling.desktop.vm.Field;
import dev.kindling.desktop.vm.Finding;
import dev.kindling.desktop.vm.MachineRow;
import dev.kindling.desktop.vm.Wizard;
import dev.kindling.engine.api.ClusterStatus.UnknownMachine;
import java.util.List;
import javafx.application.Platform;
import javafx.beans.InvalidationListener;
import javafx.scene.Parent;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.ScrollPane;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TablePosition;
import javafx.scene.control.TableView;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;

/** The machines in a table that is edited in place, with what is known of the selected one beside it. */
final class MachinesView implements View {
    /** Its head and a few rows. */
    private static final double LEAST_TABLE = 170;

    private final Desk desk;
    private final Wizard wizard;
    private final TableView<MachineRow> table = new TableView<>();
    private final MachinePanel panel;
    private final VBox unknown = new VBox(8);
    private final ScrollPane root;

    MachinesView(Desk desk) {
        this.desk = desk;
        wizard = desk.wizard();
        panel = new MachinePanel(desk);

        table.setId("machines");
        table.setItems(wizard.machines());
        table.setAccessibleText("Machines. Enter or typing edits a cell, Insert adds a machine, Delete removes it.");
        table.getStyleClass().addAll(Styles.BORDERED, Styles.DENSE);
        table.setPlaceholder(Ui.label("No machine yet. Add the first one: it forms the cluster.", Styles.TEXT_MUTED));
        table.getSelectionModel().setCellSelectionEnabled(true);
        table.editableProperty().bind(wizard.locked().not());
        for (Field field : Field.ofMachine()) {
            table.getColumns().add(column(field));
        }
        table.addEventHandler(KeyEvent.KEY_PRESSED, this::pressed);
        table.addEventHandler(KeyEvent.KEY_TYPED, this::typed);
        table.getSelectionModel().selectedItemProperty().addListener((_, _, row) -> panel.show(row));
        VBox.setVgrow(table, Priority.ALWAYS);

        Button add = Ui.button("A_dd a machine", Icon.PLUS, this::add);
        add.setId("add-machine");
        add.disableProperty().bind(wizard.locked());
        Button remove = Ui.button("_Remove", Icon.TRASH, this::remove);
        remove.setId("remove-machine");
        remove.disableProperty().bind(
                table.getSelectionModel().selectedItemProperty().isNull().or(wizard.locked()));
        Label hint = Ui.wrapped("Enter or typing edits, Tab goes on, Insert adds, Delete removes.", Styles.TEXT_MUTED);

        table.setMinHeight(LEAST_TABLE);
        VBox left = new VBox(10, table, Ui.row(10, add, remove), hint, unknown);
        HBox.setHgrow(left, Priority.ALWAYS);
        HBox both = new HBox(14, left, panel.node());
        VBox.setVgrow(both, Priority.ALWAYS);
        VBox page = new VBox(18,
                Ui.heading("Machines", "Each machine by the MAC address of the port that boots, "
                        + "its fixed address and the one disk that may be written."),
                new LockNote(wizard), both);
        page.getStyleClass().add("page");
        root = Ui.scrolling(page);

        desk.known().addListener((_, _, _) -> listUnknown());
        wizard.machines().addListener((InvalidationListener) _ -> listUnknown());
        listUnknown();
    }

    private TableColumn<MachineRow, String> column(Field field) {
        TableColumn<MachineRow, String> column = new TableColumn<>(field.label());
        column.setUserData(field);
        column.setCellValueFactory(row -> row.getValue().answer(field));
        column.setCellFactory(_ -> new AnswerCell(wizard, field));
        column.setSortable(false);
        column.setReorderable(false);
        column.setPrefWidth(switch (field) {
            case MACHINE_NAME -> 98;
            case ROLE -> 116;
            case ADDRESS -> 98;
            case KIND -> 88;
            case FIRMWARE -> 92;
            case DISK -> 126;
            default -> 150;
        });
        return column;
    }

    private void add() {
        MachineRow row = wizard.addMachine();
        edit(row, Field.MAC);
    }

    private void edit(MachineRow row, Field field) {
        select(row, field);
        // the row's cells exist after the next layout only
        Platform.runLater(() -> {
            table.layout();
            table.edit(wizard.machines().indexOf(row), columnOf(field));
        });
    }

    private void select(MachineRow row, Field field) {
        int index = wizard.machines().indexOf(row);
        table.requestFocus();
        table.scrollTo(index);
        table.getSelectionModel().clearAndSelect(index, columnOf(field));
        table.getFocusModel().focus(index, columnOf(field));
    }

    private TableColumn<MachineRow, ?> columnOf(Field field) {
        return table.getColumns().stream().filter(column -> column.getUserData() == field).findFirst().orElseThrow();
    }

    private void remove() {
        MachineRow row = table.getSelectionModel().getSelectedItem();
        if (row == null || wizard.locked().get()) {
            return;
        }
        int index = wizard.machines().indexOf(row);
        wizard.removeMachine(row);
        if (!wizard.machines().isEmpty()) {
            select(wizard.machines().get(Math.min(index, wizard.machines().size() - 1)), Field.MACHINE_NAME);
        }
    }

    private void pressed(KeyEvent event) {
        if (table.getEditingCell() != null) {
            return;
        }
        if (event.getCode() == KeyCode.INSERT && !wizard.locked().get()) {
            add();
            event.consume();
        } else if (event.getCode() == KeyCode.DELETE) {
            remove();
            event.consume();
        }
    }

    /** A letter on a selected cell replaces its text, as in a spreadsheet. */
    private void typed(KeyEvent event) {
        String text = event.getCharacter();
        TablePosition<?, ?> focused = table.getFocusModel().getFocusedCell();
        if (table.getEditingCell() == null && focused.getRow() >= 0 && focused.getColumn() >= 0
                && table.isEditable() && !event.isShortcutDown()
                && !event.isAltDown() && text.length() == 1 && text.charAt(0) > ' ' && text.charAt(0) != 0x7f) {
            table.getProperties().put(AnswerCell.FIRST_CHARACTER, text);
            table.edit(focused.getRow(), table.getVisibleLeafColumn(focused.getColumn()));
            event.consume();
        }
    }

    private void listUnknown() {
        List<UnknownMachine> machines = desk.unknown();
        Ui.show(unknown, !machines.isEmpty());
        unknown.getChildren().setAll(Ui.label("Asked to boot, but not in the definition", Styles.TEXT_BOLD));
        for (UnknownMachine machine : machines) {
            Button claim = Ui.button("Add to the definition", Icon.PLUS,
                    () -> edit(wizard.addMachine(machine.mac().value()), Field.DISK));
            claim.setId("claim-" + machine.mac().value().replace(":", ""));
            claim.setAccessibleText("Add " + machine.mac() + " to the definition");
            claim.disableProperty().bind(wizard.locked());
            Label mac = Ui.label(machine.mac().value(), "mono");
            mac.setMinWidth(Region.USE_PREF_SIZE);
            HBox row = Ui.row(10, Icon.WARNING.node("warning-icon"), mac,
                    Ui.label(machine.firmware() + ", asked " + machine.requests()
                            + (machine.requests() == 1 ? " time" : " times") + ", answered nothing",
                            Styles.TEXT_MUTED),
                    Ui.spacer(), claim);
            row.getStyleClass().add("list-row");
            unknown.getChildren().add(row);
        }
    }

    @Override
    public Parent node() {
        return root;
    }

    @Override
    public void focus() {
        table.requestFocus();
        if (!wizard.machines().isEmpty() && table.getSelectionModel().isEmpty()) {
            select(wizard.machines().getFirst(), Field.MACHINE_NAME);
        }
        panel.show(table.getSelectionModel().getSelectedItem());
    }

    @Override
    public void focus(Finding finding) {
        if (finding.machine() < 0 || finding.machine() >= wizard.machines().size()) {
            focus();
            return;
        }
        Field field = finding.field();
        select(wizard.machines().get(finding.machine()), field == null ? Field.MACHINE_NAME : field);
    }
}

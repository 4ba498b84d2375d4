package dev.kindling.desktop;

import atlantafx.base.theme.Styles;
import dev.kindling.desktop.vm.Desk;
import dev.kindling.desktop.vm.Field;
import dev.kindling.desktop.vm.Finding;
import dev.kindling.desktop.vm.Rack;
import dev.kindling.desktop.vm.Screen;
import dev.kindling.desktop.vm.Wizard;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.model.Machine;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import javafx.beans.InvalidationListener;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.Label;
import javafx.scene.control.ScrollPane;
import javafx.scene.control.Tab;
import javafx.scene.control.TabPane;
import javafx.scene.control.TableCell;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.control.TextArea;
import javafx.scene.control.TextField;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import org.jspecify.annotations.Nullable;

/** The last look before anything happens: problems, notices, the plan, the definition, the confirmation. */
final class ReviewView implements View {
    /** The plan's head and a few of its rows. */
    private static final double LEAST_TABS = 230;

    /** A list of disks that is longer scrolls. */
    private static final double MOST_DISKS = 130;

    private final Desk desk;
    private final Wizard wizard;
    private final VBox problems = new VBox(8);
    private boolean focusedUnchecked;
    private final VBox notices = new VBox(6);
    private final Label summary = Ui.label("", Styles.TEXT_MUTED);
    private final TableView<Plan.Action> plan = new TableView<>();
    private final TextArea definition = new TextArea();
    private final VBox danger = new VBox(10);
    private final TextField typed = new TextField();
    private final TabPane tabs = new TabPane();
    private final CheckBox keep = new CheckBox("_Keep virtual machines switched on after the run");
    private final ScrollPane root;

    ReviewView(Desk desk) {
        this.desk = desk;
        wizard = desk.wizard();

        Tab planTab = new Tab("Plan", planPane());
        Tab definitionTab = new Tab("Definition", definition);
        tabs.getTabs().addAll(planTab, definitionTab);
        tabs.setId("review-tabs");
        tabs.setTabClosingPolicy(TabPane.TabClosingPolicy.UNAVAILABLE);
        VBox.setVgrow(tabs, Priority.ALWAYS);
        definition.setId("definition");
        definition.setEditable(false);
        definition.getStyleClass().add("code");
        definition.textProperty().bind(wizard.definition());
        definition.setAccessibleText("The definition as YAML");

        typed.setId("confirmation");
        typed.textProperty().bindBidirectional(wizard.confirmation());
        typed.setMaxWidth(260);
        danger.getStyleClass().addAll("note", "danger");

        keep.setMnemonicParsing(true);
        keep.setId("keep-running");
        keep.selectedProperty().bindBidirectional(wizard.keepRunning());

        VBox page = new VBox(14,
                Ui.heading("Review", "Everything that a run would do. Nothing happens before you start it."),
                new LockNote(wizard), notices, problems, tabs, keep, danger);
        page.getStyleClass().add("page");
        tabs.setMinHeight(LEAST_TABS);
        danger.setMinHeight(Region.USE_PREF_SIZE);
        root = Ui.scrolling(page);

        wizard.findings().addListener((InvalidationListener) _ -> render());
        wizard.refusals().addListener((InvalidationListener) _ -> render());
        wizard.checking().addListener((_, _, _) -> render());
        wizard.plan().addListener((_, _, _) -> render());
        render();
    }

    private VBox planPane() {
        plan.setId("plan");
        plan.setAccessibleText("The plan, one action a row");
        plan.getStyleClass().addAll(Styles.BORDERED, Styles.DENSE);
        plan.setPlaceholder(Ui.label("There is no plan yet.", Styles.TEXT_MUTED));
        plan.setColumnResizePolicy(TableView.CONSTRAINED_RESIZE_POLICY_FLEX_LAST_COLUMN);
        plan.getColumns().add(column("", 44, action -> action.done()
                ? Icon.CHECK.node("success-icon")
                : Icon.RING.node(), action -> action.done() ? "done" : "to do"));
        plan.getColumns().add(column("Action", 320, _ -> null, Plan.Action::title));
        TableColumn<Plan.Action, Plan.Action> effect = column("Effect", 136, ReviewView::effect,
                ReviewView::effectText);
        effect.setMinWidth(136); // the one word of the plan that must never be cut
        plan.getColumns().add(effect);
        plan.getColumns().add(column("Disk", 250, action -> action.disk() == null ? null : Icon.DISK.node(),
                ReviewView::diskText));
        plan.getColumns().add(column("Before and after", 220, _ -> null,
                action -> action.before().isEmpty() && action.after().isEmpty()
                        ? ""
                        : action.before() + " \u2192 " + action.after()));
        plan.getColumns().add(column("Usually", 96, _ -> null, action -> estimate(action.estimate())));
        VBox.setVgrow(plan, Priority.ALWAYS);
        VBox pane = new VBox(8, summary, plan);
        pane.getStyleClass().add("tab-body");
        return pane;
    }

    private static @Nullable Node effect(Plan.Action action) {
        return action.destructive() ? Icon.BOLT.node("error-icon") : null;
    }

    private static String effectText(Plan.Action action) {
        return action.destructive() ? "ERASES DISK" : "";
    }

    private static String diskText(Plan.Action action) {
        Plan.DiskTarget disk = action.disk();
        if (disk == null) {
            return "";
        }
        return disk.bytes() > 0
                ? disk.selector() + ", " + disk.model() + ", " + Rack.size(disk.bytes())
                : disk.selector() + " (not seen yet)";
    }

    private static String estimate(Duration duration) {
        return duration.isZero() ? "" : Rack.elapsed(duration);
    }

    private static TableColumn<Plan.Action, Plan.Action> column(String title, double width,
            Function<Plan.Action, @Nullable Node> graphic, Function<Plan.Action, String> text) {
        TableColumn<Plan.Action, Plan.Action> column = new TableColumn<>(title);
        column.setPrefWidth(width);
        column.setSortable(false);
        column.setReorderable(false);
        column.setCellValueFactory(row -> new ReadOnlyObjectWrapper<>(row.getValue()));
        column.setCellFactory(_ -> new TableCell<>() {
            @Override
            protected void updateItem(Plan.@Nullable Action action, boolean empty) {
                super.updateItem(action, empty);
                getStyleClass().remove("destructive");
                if (empty || action == null) {
                    setText(null);
                    setGraphic(null);
                    setTooltip(null);
                    return;
                }
                String words = text.apply(action);
                setGraphic(graphic.apply(action));
                setText(title.isEmpty() ? null : words);
                setAccessibleText(words);
                if (!words.isEmpty()) {
                    setTooltip(new javafx.scene.control.Tooltip(words));
                }
                if (action.destructive() && !action.done() && words.equals("ERASES DISK")) {
                    getStyleClass().add("destructive");
                }
            }
        });
        return column;
    }

    private void render() {
        renderProblems();
        Plan made = wizard.plan().get();
        plan.getItems().setAll(made == null ? List.of() : made.actions());
        notices.getChildren().setAll(made == null
                ? List.of()
                : made.notices().stream().map(notice -> Ui.note(Icon.WARNING, notice, "notice")).toList());
        Ui.show(notices, made != null && !made.notices().isEmpty());
        if (made != null) {
            long erases = made.actions().stream().filter(action -> action.destructive() && !action.done()).count();
            summary.setText(made.pending() + " of " + made.actions().size() + " actions to do"
                    + (erases == 0 ? "" : ", " + erases + (erases == 1 ? " disk" : " disks") + " to erase")
                    + (made.estimate().isZero() ? "" : ", about " + Rack.elapsed(made.estimate())));
        } else {
            summary.setText(wizard.checking().get() ? "Checking the answers" : "No plan while there are problems");
        }
        Ui.show(keep, made == null || made.cluster().machines().stream()
                .anyMatch(machine -> machine.kind() == Machine.Kind.VIRTUAL));
        renderDanger(made);
    }

    /** Problems under the screen where they are mended, each one a button that goes there. */
    private void renderProblems() {
        boolean focused = problems.isFocusWithin() || (plan.isFocused() && focusedUnchecked);
        problems.getChildren().clear();
        for (var refusal : wizard.refusals()) {
            problems.getChildren().add(Ui.note(Icon.CROSS, "The run did not start: "
                    + Problems.sentence(refusal), "danger"));
        }
        for (Screen screen : Screen.values()) {
            List<Finding> here = wizard.findings().stream().filter(finding -> finding.screen() == screen).toList();
            if (here.isEmpty()) {
                continue;
            }
            VBox group = new VBox(2, Ui.label(screen == Screen.REVIEW ? "Definition" : screen.title(), "section"));
            for (Finding finding : here) {
                group.getChildren().add(link(finding));
            }
            problems.getChildren().add(group);
        }
        Ui.show(problems, !problems.getChildren().isEmpty());
        if (focused) {
            focus();
        }
    }

    private Button link(Finding finding) {
        Field field = finding.field();
        String where = (finding.machine() >= 0 ? "Machine " + (finding.machine() + 1) + ", " : "")
                + (field == null ? "" : field.label() + ": ");
        Button link = new Button(where + Problems.sentence(finding.problem()),
                finding.isError() ? Icon.CROSS.node("error-icon") : Icon.WARNING.node("warning-icon"));
        link.setId("problem-" + finding.problem().code());
        link.setMnemonicParsing(false);
        link.getStyleClass().addAll(Styles.FLAT, "problem-link");
        link.setAlignment(Pos.CENTER_LEFT);
        link.setWrapText(true);
        link.setMaxWidth(Double.MAX_VALUE);
        link.setAccessibleText((finding.isError() ? "Error: " : "Warning: ") + link.getText() + " Go there.");
        link.setOnAction(_ -> desk.goTo(finding));
        return link;
    }

    private void renderDanger(@Nullable Plan made) {
        String word = wizard.mustType();
        Ui.show(danger, !word.isEmpty());
        if (made == null || word.isEmpty()) {
            danger.getChildren().clear();
            return;
        }
        List<Plan.Action> dangers = Wizard.dangers(made);
        VBox disks = new VBox(2);
        for (Plan.Action action : dangers) {
            disks.getChildren().add(Ui.wrapped(action.machine() + ": " + diskText(action), "mono"));
        }
        ScrollPane list = new ScrollPane(disks);
        list.setFitToWidth(true);
        list.setMaxHeight(MOST_DISKS);
        list.setMinHeight(Math.min(MOST_DISKS, 24.0 * dangers.size()));
        list.getStyleClass().add("disks");
        list.setAccessibleText("The disks that will be erased");
        Label question = Ui.wrapped("T_ype " + word + " to confirm", Styles.TEXT_BOLD);
        question.setMnemonicParsing(true);
        question.setLabelFor(typed);
        typed.setAccessibleText("Type " + word + " to confirm that these disks are erased");
        danger.getChildren().setAll(
                Ui.row(8, Icon.BOLT.node("error-icon"), Ui.label(
                        dangers.size() == 1
                                ? "One disk of a real machine will be erased"
                                : dangers.size() + " disks of real machines will be erased",
                        Styles.TEXT_BOLD)),
                list, question, typed);
    }

    @Override
    public Parent node() {
        return root;
    }

    @Override
    public void focus() {
        // where the answers are still being checked, the first problem takes the focus when it arrives
        focusedUnchecked = wizard.checking().get();
        if (problems.isVisible() && !problems.getChildren().isEmpty()
                && problems.getChildren().getFirst() instanceof VBox group && group.getChildren().size() > 1) {
            group.getChildren().get(1).requestFocus();
        } else {
            plan.requestFocus();
        }
    }
}

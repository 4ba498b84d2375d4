package dev.kindling.desktop;

import atlantafx.base.theme.Styles;
import dev.kindling.desktop.vm.Desk;
import dev.kindling.desktop.vm.Rack;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.ClusterStatus.MachineStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.function.Consumer;
import javafx.application.Platform;
import javafx.beans.InvalidationListener;
import javafx.collections.ListChangeListener;
import javafx.geometry.Orientation;
import javafx.geometry.Pos;
import javafx.scene.Parent;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.ListCell;
import javafx.scene.control.ListView;
import javafx.scene.control.ProgressBar;
import javafx.scene.control.ScrollPane;
import javafx.scene.control.SplitPane;
import javafx.scene.control.TextArea;
import javafx.scene.control.TextField;
import javafx.scene.control.Tooltip;
import javafx.scene.layout.FlowPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import org.jspecify.annotations.Nullable;

/** The live rack: how every machine and the whole cluster stand, and what happened. */
final class RackView implements View {
    /** A machine and a few events. */
    private static final double LEAST_SPLIT = 260;

    private final Rack rack;
    private final Consumer<Path> browser;
    private final DateTimeFormatter time;

    private final VBox notices = new VBox(6);
    private final Label name = Ui.label("", Styles.TITLE_2);
    private final StackPane state = new StackPane();
    private final Label reason = Ui.label("", Styles.TEXT_MUTED);
    private final ProgressBar progress = new ProgressBar(0);
    private final Label counted = Ui.label("");
    private final FlowPane conditions = new FlowPane(8, 6);
    private final ListView<MachineStatus> machines = new ListView<>();
    private final ListView<Event.Recorded> log = new ListView<>();
    private final TextField filter = new TextField();
    private final Button cancel;
    private final Button report;
    private final Button resume;
    private final StackPane root = new StackPane();
    private final ScrollPane page;

    RackView(Desk desk, Consumer<Path> browser, ZoneId zone) {
        this.rack = desk.rack();
        this.browser = browser;
        time = DateTimeFormatter.ofPattern("HH:mm:ss").withZone(zone);

        cancel = Ui.button("Canc_el the run", Icon.STOP, rack::cancel);
        cancel.setId("cancel");
        cancel.getStyleClass().addAll(Styles.DANGER, Styles.BUTTON_OUTLINED);
        report = Ui.button("_Report", Icon.FILE, () -> rack.report(this::showReport));
        report.setId("report");
        resume = Ui.button("_Change or resume", Icon.PEN, () -> desk.edit(rack.cluster().get()));
        resume.setId("resume");

        state.setAlignment(Pos.CENTER_LEFT);
        HBox head = Ui.row(12, name, state, Ui.spacer(), resume, report, cancel);
        progress.setMaxWidth(Double.MAX_VALUE);
        progress.setId("progress");
        progress.setAccessibleText("Progress of the run");
        HBox.setHgrow(progress, Priority.ALWAYS);

        machines.setId("rack");
        machines.setItems(rack.machines());
        machines.setCellFactory(_ -> new MachineCell(rack));
        machines.setAccessibleText("Machines of the rack");
        machines.getStyleClass().add("rack-list");
        machines.setPlaceholder(Ui.label("Waiting for the first state", Styles.TEXT_MUTED));
        SplitPane split = new SplitPane(machines, logPane());
        split.setOrientation(Orientation.VERTICAL);
        split.setDividerPositions(0.64);
        VBox.setVgrow(split, Priority.ALWAYS);

        reason.setMaxWidth(Double.MAX_VALUE);
        conditions.setMinHeight(Region.USE_PREF_SIZE);
        split.setMinHeight(LEAST_SPLIT);
        VBox live = new VBox(10, notices, head, Ui.row(12, progress, counted), reason, conditions, split);
        live.getStyleClass().addAll("page", "rack");
        page = Ui.scrolling(live);
        root.getChildren().setAll(page);

        rack.status().addListener((_, _, status) -> render(status));
        rack.now().addListener((InvalidationListener) _ -> count(rack.status().get()));
        rack.cluster().addListener((_, _, cluster) -> name.setText(cluster));
        rack.cancelling().addListener((_, _, _) -> buttons());
        rack.running().addListener((_, _, _) -> buttons());
        render(null);
    }

    private VBox logPane() {
        filter.setId("log-filter");
        filter.setPromptText("Filter: words, machine or kind");
        filter.setPrefColumnCount(26);
        filter.textProperty().bindBidirectional(rack.filter());
        Label label = Ui.whole("_Filter", Styles.TEXT_MUTED);
        label.setMnemonicParsing(true);
        label.setLabelFor(filter);
        filter.setAccessibleText("Filter of the event log");
        log.setId("log");
        log.setItems(rack.log());
        log.setAccessibleText("Event log");
        log.getStyleClass().addAll("log", Styles.DENSE);
        log.setCellFactory(_ -> new LogCell());
        log.setPlaceholder(Ui.label("No events", Styles.TEXT_MUTED));
        VBox.setVgrow(log, Priority.ALWAYS);
        // stay at the newest line as long as the user does not look at an older one
        rack.log().addListener((ListChangeListener<Event.Recorded>) _ -> {
            if (log.getSelectionModel().isEmpty()) {
                Platform.runLater(() -> log.scrollTo(rack.log().size() - 1));
            }
        });
        VBox pane = new VBox(8, Ui.row(10, Ui.whole("Events", Styles.TITLE_4), Ui.spacer(), label, filter), log);
        pane.getStyleClass().add("log-pane");
        return pane;
    }

    private void render(@Nullable ClusterStatus status) {
        Ui.show(notices, status != null && !status.notices().isEmpty());
        Ui.show(conditions, status != null);
        notices.getChildren().clear();
        conditions.getChildren().clear();
        state.getChildren().clear();
        reason.setText("");
        if (status != null) {
            status.notices().forEach(notice -> notices.getChildren().add(Ui.note(Icon.WARNING, notice, "notice")));
            status.conditions().forEach(condition -> conditions.getChildren().add(States.pill(condition)));
            state.getChildren().setAll(States.pill(status.state()));
            String active = status.activeSteps().isEmpty() ? "" : "Now: " + String.join(", ", status.activeSteps());
            reason.setText(Problems.capital(status.reason()) + (active.isEmpty() ? "" : "   " + active));
            reason.setTooltip(tooltip(Problems.capital(status.reason()) + "\n" + active));
            progress.setProgress(status.stepsTotal() == 0 ? 0 : (double) status.stepsDone() / status.stepsTotal());
        } else {
            progress.setProgress(0);
        }
        count(status);
        buttons();
    }

    private static Tooltip tooltip(String text) {
        Tooltip tooltip = new Tooltip(text.strip());
        tooltip.setWrapText(true);
        tooltip.setMaxWidth(560);
        return tooltip;
    }

    private void count(@Nullable ClusterStatus status) {
        if (status == null) {
            counted.setText("");
            return;
        }
        Instant started = status.startedAt();
        Instant ended = status.endedAt();
        String lasted = started == null
                ? ""
                : ", " + Rack.elapsed(Duration.between(started, ended == null
                        ? rack.now().get()
                        : ended));
        counted.setText(status.stepsDone() + " of " + status.stepsTotal() + " steps, " + Rack.ready(status) + " of "
                + status.machines().size() + " machines ready" + lasted);
        progress.setAccessibleText("Progress of the run: " + counted.getText());
    }

    private void buttons() {
        ClusterStatus status = rack.status().get();
        boolean running = rack.running().get();
        Ui.show(cancel, running);
        cancel.setDisable(rack.cancelling().get());
        cancel.setText(rack.cancelling().get() ? "Cancelling at the next safe point" : "Canc_el the run");
        Ui.show(resume, !running && status != null);
        report.setDisable(status == null || status.run() == null);
    }

    private void showReport(Optional<Kindling.Report> found) {
        TextArea text = new TextArea(found.map(Kindling.Report::markdown).orElse("There is no report yet."));
        text.setEditable(false);
        text.setId("report-text");
        text.getStyleClass().add("code");
        text.setAccessibleText("Report of the run");
        VBox.setVgrow(text, Priority.ALWAYS);
        Button close = Ui.button("_Back to the rack", Icon.CHECK, () -> {
            root.getChildren().setAll(page);
            report.requestFocus();
        });
        close.setCancelButton(true);
        close.setId("close-report");
        Optional<Path> page = found.flatMap(report -> report.files().stream()
                .filter(file -> file.toString().endsWith(".html")).findFirst());
        Button open = Ui.button("_Open in the browser", Icon.FILE, () -> page.ifPresent(browser));
        open.setDisable(page.isEmpty());
        VBox view = new VBox(12, Ui.heading("Report of " + rack.cluster().get(),
                found.map(report -> "Written to " + String.join(", ",
                        report.files().stream().map(Path::toString).toList())).orElse("")),
                text, Ui.row(10, Ui.spacer(), open, close));
        view.getStyleClass().add("page");
        root.getChildren().setAll(view);
        text.requestFocus();
    }

    /** Time, machine, line; warnings and failures carry a mark. */
    private final class LogCell extends ListCell<Event.Recorded> {
        private final Label at = Ui.label("", "mono", Styles.TEXT_MUTED);
        private final Label machine = Ui.label("", "mono", "log-machine");
        private final StackPane mark = new StackPane();
        private final Label text = Ui.label("");
        private final HBox line = Ui.row(10, at, mark, machine, text);

        LogCell() {
            mark.setMinWidth(16);
            mark.setPrefWidth(16);
            at.setMinWidth(USE_PREF_SIZE);
            text.setMinWidth(0);
            setPrefWidth(0); // as wide as the list: what does not fit is in the tooltip
        }

        @Override
        protected void updateItem(Event.@Nullable Recorded recorded, boolean empty) {
            super.updateItem(recorded, empty);
            if (empty || recorded == null) {
                setGraphic(null);
                setTooltip(null);
                setAccessibleText("");
                return;
            }
            at.setText(time.format(recorded.at()));
            String about = recorded.event().machine();
            machine.setText(about == null ? "" : about);
            text.setText(recorded.event().text());
            mark.getChildren().setAll(iconOf(recorded.event()).node(styleOf(recorded.event())));
            setTooltip(tooltip(recorded.event().text()));
            setAccessibleText(at.getText() + " " + machine.getText() + " " + text.getText());
            setGraphic(line);
        }
    }

    private static Icon iconOf(Event event) {
        return switch (event) {
            case Event.StepFailed _ -> Icon.CROSS;
            case Event.MachineStuck stuck -> stuck.reason() == null ? Icon.CHECK : Icon.WARNING;
            case Event.UnknownMachineSeen _ -> Icon.WARNING;
            case Event.Noted noted -> noted.warning() ? Icon.WARNING : Icon.INFO;
            case Event.RunEnded ended -> ended.outcome() == Event.Outcome.DONE ? Icon.CHECK : Icon.CROSS;
            case Event.StepDone _ -> Icon.CHECK;
            case Event.DiskWriteOrdered _ -> Icon.BOLT;
            default -> Icon.RING;
        };
    }

    private static String styleOf(Event event) {
        return switch (iconOf(event)) {
            case CROSS -> "error-icon";
            case WARNING, BOLT -> "warning-icon";
            case CHECK -> "success-icon";
            default -> "quiet-icon";
        };
    }

    @Override
    public Parent node() {
        return root;
    }

    @Override
    public void focus() {
        root.getChildren().setAll(page);
        machines.requestFocus();
    }
}

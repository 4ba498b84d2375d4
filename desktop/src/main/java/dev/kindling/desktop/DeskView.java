package dev.kindling.desktop;

import atlantafx.base.theme.Styles;
import dev.kindling.desktop.vm.Desk;
import dev.kindling.desktop.vm.Finding;
import dev.kindling.desktop.vm.Screen;
import dev.kindling.desktop.vm.Wizard;
import dev.kindling.desktop.vm.Work;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import javafx.beans.InvalidationListener;
import javafx.css.PseudoClass;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Button;
import javafx.scene.control.ContentDisplay;
import javafx.scene.control.Label;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyCodeCombination;
import javafx.scene.input.KeyCombination;
import javafx.scene.layout.BorderPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;

/** Navigation at the left, one screen in the middle, the way on and back at the bottom. */
final class DeskView implements View {
    private static final PseudoClass CURRENT = PseudoClass.getPseudoClass("current");

    private final Desk desk;
    private final Outside outside;
    private final BorderPane root = new BorderPane();
    private final StackPane middle = new StackPane();
    private final Map<Screen, View> views = new EnumMap<>(Screen.class);
    private final Map<Screen, Button> steps = new EnumMap<>(Screen.class);
    private final Button back = Ui.button("_Back", Icon.PLAY, this::back);
    private final Button next = Ui.button("_Next", Icon.PLAY, this::next);
    private final Button start = Ui.button("Star_t the run", Icon.PLAY, this::next);
    private final Button save = Ui.button("_Save definition...", Icon.FILE, this::save);
    private final Label told = Ui.label("", Styles.TEXT_MUTED);
    private final HBox footer = Ui.row(10, save, told, Ui.spacer(), back, next, start);

    /** What the screens need of the world. */
    record Outside(FileDialogs dialogs, Consumer<Path> browser, Work work) {}

    DeskView(Desk desk, Outside outside) {
        this.desk = desk;
        this.outside = outside;
        views.put(Screen.START, new StartView(desk, this::openFile));
        views.put(Screen.CLUSTER, new ClusterView(desk.wizard()));
        views.put(Screen.MACHINES, new MachinesView(desk));
        views.put(Screen.NETWORK, new NetworkView(desk.wizard()));
        views.put(Screen.REVIEW, new ReviewView(desk));
        views.put(Screen.RACK, new RackView(desk, outside.browser, outside.work.clock().getZone()));

        back.setGraphic(null);
        back.setId("back");
        back.setCancelButton(true);
        next.setGraphic(null);
        next.setId("next");
        next.getStyleClass().add(Styles.ACCENT);
        start.setId("start");
        start.getStyleClass().add(Styles.ACCENT);
        save.setId("save");
        footer.getStyleClass().add("footer");

        middle.getStyleClass().add("middle");
        BorderPane content = new BorderPane(middle);
        content.setBottom(footer);
        root.setLeft(navigation());
        root.setCenter(content);

        Wizard wizard = desk.wizard();
        wizard.findings().addListener((InvalidationListener) _ -> mark());
        wizard.checking().addListener((_, _, _) -> mark());
        wizard.mayStart().addListener((_, _, _) -> mark());
        desk.rack().cluster().addListener((_, _, _) -> mark());
        desk.screen().addListener((_, _, screen) -> enter(screen));
        desk.target().addListener((_, _, finding) -> {
            if (finding != null) {
                view(finding.screen()).focus(finding);
            }
        });
        enter(desk.screen().get());
        root.sceneProperty().addListener((_, _, scene) -> {
            if (scene != null) {
                scene.getAccelerators().put(new KeyCodeCombination(KeyCode.S, KeyCombination.SHORTCUT_DOWN), () -> {
                    if (!save.isDisabled() && save.isVisible()) {
                        save();
                    }
                });
            }
        });
    }

    private VBox navigation() {
        VBox navigation = new VBox(4);
        navigation.getStyleClass().add("navigation");
        for (Screen screen : Screen.values()) {
            String number = screen.number().isEmpty() ? "0" : screen.number();
            Button step = new Button((screen.number().isEmpty() ? "" : screen.number() + "  ") + screen.title());
            step.setId("step-" + screen.name().toLowerCase(java.util.Locale.ROOT));
            step.setMaxWidth(Double.MAX_VALUE);
            step.setAlignment(Pos.CENTER_LEFT);
            step.setContentDisplay(ContentDisplay.RIGHT);
            step.getStyleClass().setAll("button", "step");
            step.setOnAction(_ -> desk.screen().set(screen));
            Ui.tooltip(step, "Alt+" + number);
            steps.put(screen, step);
            navigation.getChildren().add(step);
            root.sceneProperty().addListener((_, _, scene) -> {
                if (scene != null) {
                    scene.getAccelerators().put(
                            new KeyCodeCombination(KeyCode.valueOf("DIGIT" + number), KeyCombination.ALT_DOWN),
                            step::fire);
                }
            });
        }
        return navigation;
    }

    private View view(Screen screen) {
        return Objects.requireNonNull(views.get(screen), screen.title());
    }

    private void enter(Screen screen) {
        View view = view(screen);
        middle.getChildren().setAll(view.node());
        told.setText("");
        mark();
        // the content of a scroll pane is part of the scene, and can take the focus, once its skin is there only
        middle.applyCss();
        middle.layout();
        view.focus();
    }

    /** Says at each step how it stands, and what the buttons do now. */
    private void mark() {
        Screen current = desk.screen().get();
        boolean begun = !desk.wizard().definition().get().isEmpty();
        steps.forEach((screen, step) -> {
            step.pseudoClassStateChanged(CURRENT, screen == current);
            step.setDisable(switch (screen) {
                case START -> false;
                case CLUSTER, MACHINES, NETWORK, REVIEW -> !begun;
                case RACK -> desk.rack().cluster().get().isEmpty();
            });
            long errors = desk.wizard().errors(screen);
            boolean shows = begun && screen.asks();
            Node graphic = null;
            if (shows) {
                graphic = errors > 0
                        ? Ui.pill(Long.toString(errors), Icon.CROSS, "danger")
                        : Icon.CHECK.node("success-icon");
            }
            step.setGraphic(graphic);
            step.setAccessibleText(screen.title() + (screen == current ? ", current step" : "")
                    + (shows ? errors > 0 ? ", " + errors + " problems" : ", complete" : ""));
        });
        boolean wizard = current.asks() || current == Screen.REVIEW;
        Ui.show(footer, wizard);
        Button onward = current == Screen.REVIEW ? start : next;
        for (Button button : List.of(next, start)) {
            Ui.show(button, button.equals(onward));
            button.setDefaultButton(wizard && button.equals(onward));
        }
        start.setDisable(!desk.wizard().mayStart().get());
        save.setDisable(!begun);
    }

    private void back() {
        desk.screen().set(desk.screen().get().before());
    }

    private void next() {
        switch (desk.screen().get()) {
            case CLUSTER -> desk.screen().set(Screen.MACHINES);
            case MACHINES -> desk.screen().set(Screen.NETWORK);
            case NETWORK -> desk.screen().set(Screen.REVIEW);
            case REVIEW -> desk.start();
            case START, RACK -> {
            }
        }
    }

    private void save() {
        String name = desk.wizard().draft().name();
        outside.dialogs.save("Save the definition", (name.isEmpty() ? "cluster" : name) + ".yaml")
                .ifPresent(path -> {
                    String text = desk.wizard().definition().get();
                    outside.work.run("saving " + path, () -> Files.writeString(path, text),
                            written -> told.setText("Saved to " + written));
                });
    }

    private void openFile() {
        outside.dialogs.open("Open a definition").ifPresent(path -> outside.work.run("reading " + path,
                () -> Files.readString(path), text -> desk.open(path.getFileName().toString(), text)));
    }

    @Override
    public Parent node() {
        return root;
    }

    @Override
    public void focus() {
        view(desk.screen().get()).focus();
    }

    @Override
    public void focus(Finding finding) {
        desk.goTo(finding);
    }
}

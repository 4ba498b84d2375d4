package dev.kindling.desktop;

import atlantafx.base.theme.PrimerDark;
import atlantafx.base.theme.PrimerLight;
import atlantafx.base.theme.Styles;
import dev.kindling.desktop.vm.Desk;
import dev.kindling.desktop.vm.DraftStore;
import dev.kindling.engine.api.Kindling;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import javafx.application.Application;
import javafx.application.ColorScheme;
import javafx.application.Platform;
import javafx.css.PseudoClass;
import javafx.geometry.Pos;
import javafx.geometry.Rectangle2D;
import javafx.scene.Scene;
import javafx.scene.control.CheckMenuItem;
import javafx.scene.control.Label;
import javafx.scene.control.MenuButton;
import javafx.scene.control.MenuItem;
import javafx.scene.control.ProgressIndicator;
import javafx.scene.control.RadioMenuItem;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.ToggleGroup;
import javafx.scene.image.Image;
import javafx.scene.image.ImageView;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyCodeCombination;
import javafx.scene.input.KeyCombination;
import javafx.scene.layout.BorderPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.VBox;
import javafx.stage.Screen;
import javafx.stage.Stage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The window: shown at once, filled when the workspace is open. */
final class DesktopWindow {
    private static final PseudoClass HIGH_CONTRAST = PseudoClass.getPseudoClass("high-contrast");
    private static final double WIDTH = 1280;
    private static final double HEIGHT = 800;
    private static final int BASE_FONT_PX = 14;
    private static final int SCALE_STEP = 10;

    private final Logger log = LoggerFactory.getLogger(DesktopWindow.class);
    private final Stage stage;
    private final Outside outside;
    private final FxWork work;
    private final BorderPane root = new BorderPane();
    private final Scene scene = new Scene(root, WIDTH, HEIGHT);
    private final Label workspace = Ui.label("", Styles.TEXT_MUTED);
    private final HBox failure = new HBox();
    private volatile Appearance appearance;
    private @Nullable Desk desk;
    private boolean closed;

    /**
     * What the window needs of the world.
     *
     * @param engine opens the workspace; may take its time
     * @param browser shows a file in the user's browser
     */
    record Outside(Callable<Kindling> engine, DraftStore drafts, SettingsFile settings, FileDialogs dialogs,
            Consumer<Path> browser, Clock clock) {}

    DesktopWindow(Stage stage, Outside outside) {
        this.stage = stage;
        this.outside = outside;
        work = new FxWork(outside.clock, this::failed);
        appearance = outside.settings.load();
    }

    /** Shows the window and opens the workspace behind it. */
    void show() {
        root.getStyleClass().add("window");
        root.setTop(new VBox(header(), failure));
        root.setCenter(opening());
        Ui.show(failure, false);
        scene.getStylesheets().add(resource("/dev/kindling/desktop/kindling.css"));
        apply(appearance);
        Platform.getPreferences().colorSchemeProperty().addListener((_, _, _) -> apply(appearance));
        scene.getAccelerators().put(new KeyCodeCombination(KeyCode.PLUS, KeyCombination.SHORTCUT_DOWN),
                () -> zoom(SCALE_STEP));
        scene.getAccelerators().put(new KeyCodeCombination(KeyCode.EQUALS, KeyCombination.SHORTCUT_DOWN),
                () -> zoom(SCALE_STEP));
        scene.getAccelerators().put(new KeyCodeCombination(KeyCode.MINUS, KeyCombination.SHORTCUT_DOWN),
                () -> zoom(-SCALE_STEP));
        scene.getAccelerators().put(new KeyCodeCombination(KeyCode.DIGIT0, KeyCombination.SHORTCUT_DOWN),
                () -> choose(appearance.with(Appearance.DEFAULT.scale())));
        stage.setTitle("Kindling");
        for (int size : new int[]{16, 32, 48, 128}) {
            stage.getIcons().add(new Image(resource("/dev/kindling/assets/icons/kindling-" + size + ".png")));
        }
        stage.setMinWidth(900);
        stage.setMinHeight(600);
        stage.setScene(scene);
        Rectangle2D screen = Screen.getPrimary().getVisualBounds();
        stage.setWidth(Math.min(WIDTH, screen.getWidth()));
        stage.setHeight(Math.min(HEIGHT, screen.getHeight()));
        if (System.getProperty("kindling.timing") != null) {
            tellFirstFrame();
        }
        stage.show();
        work.run("opening the workspace", outside.engine, this::opened);
    }

    /** The second pulse after the scene is laid out begins when the first frame was handed to the window system. */
    private void tellFirstFrame() {
        scene.addPostLayoutPulseListener(new Runnable() {
            private int pulses;

            @Override
            public void run() {
                pulses++;
                if (pulses == 2) {
                    scene.removePostLayoutPulseListener(this);
                    System.err.println("kindling.firstFrame="
                            + (System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime()));
                } else {
                    Platform.requestNextPulse();
                }
            }
        });
    }

    private void opened(Kindling kindling) {
        if (closed) {
            Thread.ofVirtual().start(kindling::close);
            return;
        }
        Desk made = new Desk(kindling, work, outside.drafts);
        desk = made;
        workspace.setText(made.workspace());
        DeskView view = new DeskView(made, new DeskView.Outside(outside.dialogs, outside.browser, work));
        root.setCenter(view.node());
        root.applyCss();
        root.layout();
        view.focus();
    }

    private void failed(String what, Exception e) {
        log.error("failed: {}", what, e);
        String text = "Failed " + what + ": " + (e.getMessage() == null ? e.toString() : e.getMessage());
        HBox note = Ui.note(Icon.CROSS, text, "danger");
        note.setId("failure");
        HBox.setHgrow(note, javafx.scene.layout.Priority.ALWAYS);
        failure.getChildren().setAll(note, Ui.button("_Dismiss", Icon.CHECK, () -> Ui.show(failure, false)));
        failure.getStyleClass().setAll("failure");
        failure.setSpacing(12);
        failure.setAlignment(Pos.CENTER_LEFT);
        Ui.show(failure, true);
        if (desk == null) {
            root.setCenter(new VBox());
        }
    }

    private HBox header() {
        ImageView mark = new ImageView(new Image(resource("/dev/kindling/assets/icons/kindling-64.png")));
        mark.setFitHeight(28);
        mark.setFitWidth(28);
        mark.setAccessibleText("Kindling");
        HBox header = Ui.row(10, mark, Ui.label("Kindling", Styles.TITLE_4), workspace, Ui.spacer(), lookMenu());
        header.getStyleClass().add("header");
        return header;
    }

    private MenuButton lookMenu() {
        ToggleGroup themes = new ToggleGroup();
        MenuButton menu = new MenuButton("_Appearance", Icon.GEAR.node());
        menu.setMnemonicParsing(true);
        menu.setId("appearance");
        menu.setAccessibleText("Appearance: theme, text size, contrast");
        menu.getItems().addAll(theme("As the _system", Appearance.Theme.SYSTEM, themes),
                theme("_Light", Appearance.Theme.LIGHT, themes), theme("_Dark", Appearance.Theme.DARK, themes),
                new SeparatorMenuItem());
        CheckMenuItem contrast = new CheckMenuItem("High _contrast");
        contrast.setSelected(appearance.highContrast());
        contrast.setOnAction(_ -> choose(appearance.with(contrast.isSelected())));
        MenuItem larger = item("L_arger text", KeyCode.PLUS, () -> zoom(SCALE_STEP));
        MenuItem smaller = item("S_maller text", KeyCode.MINUS, () -> zoom(-SCALE_STEP));
        MenuItem normal = item("_Normal text", KeyCode.DIGIT0,
                () -> choose(appearance.with(Appearance.DEFAULT.scale())));
        menu.getItems().addAll(contrast, new SeparatorMenuItem(), larger, smaller, normal);
        return menu;
    }

    private static MenuItem item(String text, KeyCode key, Runnable action) {
        MenuItem item = new MenuItem(text);
        item.setAccelerator(new KeyCodeCombination(key, KeyCombination.SHORTCUT_DOWN));
        item.setOnAction(_ -> action.run());
        return item;
    }

    private RadioMenuItem theme(String text, Appearance.Theme theme, ToggleGroup group) {
        RadioMenuItem item = new RadioMenuItem(text);
        item.setToggleGroup(group);
        item.setSelected(appearance.theme() == theme);
        item.setOnAction(_ -> choose(appearance.with(theme)));
        return item;
    }

    private void zoom(int percent) {
        choose(appearance.with(appearance.scale() + percent));
    }

    /** Takes a new appearance and keeps it for the next start. */
    void choose(Appearance chosen) {
        apply(chosen);
        work.run("keeping the appearance", () -> {
            outside.settings.save(() -> appearance);
            return true;
        }, _ -> {});
    }

    private void apply(Appearance chosen) {
        appearance = chosen;
        boolean dark = switch (chosen.theme()) {
            case SYSTEM -> Platform.getPreferences().getColorScheme() == ColorScheme.DARK;
            case LIGHT -> false;
            case DARK -> true;
        };
        Application.setUserAgentStylesheet(
                dark ? new PrimerDark().getUserAgentStylesheet() : new PrimerLight().getUserAgentStylesheet());
        root.pseudoClassStateChanged(PseudoClass.getPseudoClass("dark"), dark);
        root.pseudoClassStateChanged(HIGH_CONTRAST, chosen.highContrast());
        root.setStyle("-fx-font-size: " + Math.round(BASE_FONT_PX * chosen.scale() / 100.0) + "px;");
    }

    private static VBox opening() {
        ProgressIndicator turning = new ProgressIndicator();
        turning.setMaxSize(36, 36);
        VBox opening = new VBox(14, turning, Ui.label("Opening the workspace", Styles.TEXT_MUTED));
        opening.setAlignment(Pos.CENTER);
        return opening;
    }

    private static String resource(String path) {
        return java.util.Objects.requireNonNull(DesktopWindow.class.getResource(path), path).toExternalForm();
    }

    Scene scene() {
        return scene;
    }

    /** Ends everything; a run of this process is broken off and can be resumed. */
    void close() {
        closed = true;
        work.close();
        Desk open = desk;
        if (open != null) {
            open.close();
        }
    }
}

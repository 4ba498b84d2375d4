package dev.kindling.desktop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.desktop.vm.FakeKindling;
import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.Condition;
import dev.kindling.engine.api.Event;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Control;
import javafx.scene.control.ListView;
import javafx.scene.control.RadioButton;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.control.TextInputControl;
import javafx.stage.Stage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.testfx.api.FxRobot;
import org.testfx.framework.junit5.ApplicationExtension;
import org.testfx.framework.junit5.Start;
import org.testfx.util.WaitForAsyncUtils;

/** Every screen in light and dark, with pictures under target/screens. */
@ExtendWith({RequiresDisplay.class, ApplicationExtension.class})
@SuppressWarnings("NullAway.Init") // set by start
class ScreensTest {
    @TempDir
    private Path directory;
    private TestWindow window;

    @Start
    void start(Stage stage) {
        window = new TestWindow(stage, directory);
    }

    @AfterEach
    void close() {
        WaitForAsyncUtils.waitForAsyncFx(30_000, window.window::close);
    }

    private void shoot(String name, String copy) {
        for (Appearance.Theme theme : new Appearance.Theme[]{Appearance.Theme.DARK, Appearance.Theme.LIGHT}) {
            WaitForAsyncUtils.waitForAsyncFx(30_000, () -> window.window.choose(Appearance.DEFAULT.with(theme)));
            window.picture(name + "-" + theme.name().toLowerCase(java.util.Locale.ROOT),
                    theme == Appearance.Theme.LIGHT && !copy.isEmpty() ? copy : null);
        }
    }

    private static void press(FxRobot robot, String id) {
        TestWindow.until(id, () -> robot.lookup(id).tryQueryAs(Button.class).filter(button -> !button.isDisabled())
                .isPresent());
        robot.interact(() -> robot.lookup(id).queryAs(Button.class).fire());
    }

    private void everyControlTellsItsName(FxRobot robot) {
        Set<String> silent = new HashSet<>();
        robot.interact(() -> collect(window.stage.getScene().getRoot(), silent));
        assertThat(silent).as("controls without an accessible text").isEmpty();
    }

    private static void collect(Node node, Set<String> silent) {
        boolean asks = node instanceof Button || node instanceof TextInputControl || node instanceof TableView
                || node instanceof ListView || node instanceof ComboBox || node instanceof RadioButton
                || node instanceof CheckBox;
        if (asks && node instanceof Control control && control.isFocusTraversable() && silentName(control)) {
            silent.add(node.toString());
        }
        if (node instanceof Parent parent) {
            parent.getChildrenUnmodifiable().forEach(child -> collect(child, silent));
        }
    }

    private static boolean silentName(Control control) {
        boolean inside = control.getParent() instanceof ComboBox; // its own editor
        boolean said = control instanceof javafx.scene.control.Labeled labeled && labeled.getText() != null
                && !labeled.getText().isBlank();
        String text = control.getAccessibleText();
        return !inside && !said && (text == null || text.isBlank());
    }

    @Test
    void showsTheWizardScreens(FxRobot robot) {
        press(robot, "#new");
        TestWindow.until("the cluster screen", () -> robot.lookup("#field-name").tryQuery().isPresent());
        robot.interact(() -> robot.lookup("#field-name").queryAs(TextField.class).setText("Lab!"));
        TestWindow.until("the problem", () -> robot.lookup(".field .error-text").tryQuery().isPresent());
        shoot("cluster", "");
        everyControlTellsItsName(robot);

        robot.interact(() -> robot.lookup("#field-name").queryAs(TextField.class).setText("lab"));
        press(robot, "#step-network");
        shoot("network", "");
        everyControlTellsItsName(robot);

        press(robot, "#step-review");
        TestWindow.until("the plan", () -> robot.lookup("#plan").queryTableView().getItems().size() == 11);
        shoot("review", "");
        everyControlTellsItsName(robot);

        press(robot, "#step-machines");
        robot.interact(() -> robot.lookup("#add-machine").queryAs(Button.class).fire());
        TestWindow.until("the editor", () -> robot.lookup("#cell-editor").tryQuery().isPresent());
        TestWindow.until("the problems of the new machine",
                () -> robot.lookup(".panel .note.danger").queryAll().size() == 2);
        shoot("machines-editing", "");
        press(robot, "#step-review");
        TestWindow.until("the problems", () -> robot.lookup(".problem-link").queryAll().size() == 2);
        shoot("review-problems", "");
    }

    @Test
    void showsTheLiveRack(FxRobot robot) {
        TestWindow.until("the start page", () -> robot.lookup("#new").tryQuery().isPresent());
        shoot("start-empty", "");
        press(robot, "#demo-simulated");
        press(robot, "#start");
        TestWindow.until("the rack", () -> robot.lookup("#rack").queryListView().getItems().size() == 3);
        FakeKindling kindling = window.kindling;
        kindling.happens("demo", new Event.StepStarted("boot-service", null, 1, "serving DHCP, TFTP and HTTP"));
        kindling.happens("demo", new Event.StepDone("boot-service", null, false, "boot service answers"));
        for (String machine : new String[]{"demo-cp-1", "demo-wk-1", "demo-wk-2"}) {
            kindling.happens("demo", new Event.StepStarted("boot/" + machine, machine, 1, "switched on"));
            kindling.observed("demo", machine, BootStage.DHCP, -1, "DHCP DISCOVER from its firmware, UEFI x64");
            window.clock.advance(Duration.ofSeconds(3));
        }
        kindling.observed("demo", "demo-cp-1", BootStage.INSTALLER, -1, "the stage sent the inventory");
        kindling.happens("demo", new Event.InventoryReceived("demo-cp-1", FakeKindling.server("KDL-DEMO-CP-1"),
                "16 CPUs, 64 GiB, 3 disks"));
        kindling.happens("demo", new Event.StepDone("boot/demo-cp-1", "demo-cp-1", false, "the stage runs"));
        kindling.observed("demo", "demo-cp-1", BootStage.READY, -1, "node Ready");
        kindling.observed("demo", "demo-wk-1", BootStage.WRITING, 0.42, "wrote 28 of 67 MB to KDL-DEMO-WK-1");
        window.clock.advance(Duration.ofSeconds(75));
        kindling.happens("demo", new Event.MachineStuck("demo-wk-2",
                "4 DISCOVERs and no REQUEST: another DHCP server answers first", "demo-wk-2 makes no progress"));
        kindling.happens("demo", new Event.UnknownMachineSeen("3c:ec:ef:00:00:77", "UEFI x64",
                "3c:ec:ef:00:00:77 asked to boot and is not in the definition"));
        kindling.happens("demo", new Event.ConditionChanged(new Condition(Condition.Type.INFRASTRUCTURE_READY,
                Condition.Status.TRUE, "BootServiceAnswers", "the boot service answers", window.clock.instant()),
                "infrastructure is ready"));
        TestWindow.until("the events", () -> robot.lookup("#log").queryListView().getItems().size() >= 17);
        TestWindow.until("the stuck reason", () -> robot.lookup(".warning-text").tryQuery().isPresent());
        shoot("rack", "desktop-rack");
        everyControlTellsItsName(robot);

        press(robot, "#step-machines");
        TestWindow.until("the unknown machine", () -> robot.lookup("#claim-3cecef000077").tryQuery().isPresent());
        TestWindow.until("the hardware", () -> robot.lookup(".panel .list-row").queryAll().size() == 3);
        shoot("machines", "desktop-wizard");
        everyControlTellsItsName(robot);
        press(robot, "#claim-3cecef000077");
        TestWindow.until("the claimed machine",
                () -> robot.lookup("#machines").queryTableView().getItems().size() == 4);

        kindling.happens("demo", new Event.RunEnded(Event.Outcome.DONE, "the cluster is ready"));
        press(robot, "#step-rack");
        TestWindow.until("the end", () -> !robot.lookup("#cancel").query().isVisible());
        press(robot, "#report");
        TestWindow.until("the report", () -> robot.lookup("#report-text").tryQuery().isPresent());
        shoot("report", "");
        press(robot, "#step-start");
        TestWindow.until("the cluster", () -> robot.lookup("#open-demo").tryQuery().isPresent());
        shoot("start", "");
        everyControlTellsItsName(robot);
    }

    /** The smallest window of a laptop, text at 150 %, the longest name, more disks than have room. */
    @Test
    void smallWindowWithLargeTextShowsThePlanAndEveryButton(FxRobot robot) {
        robot.interact(() -> {
            window.stage.setWidth(1024);
            window.stage.setHeight(640);
            window.window.choose(new Appearance(Appearance.Theme.LIGHT, 150, false));
        });
        press(robot, "#new");
        TestWindow.until("the cluster screen", () -> robot.lookup("#field-name").tryQuery().isPresent());
        robot.interact(() -> robot.lookup("#field-name").queryAs(TextField.class)
                .setText("a-cluster-with-a-very-long-name-of-forty"));
        press(robot, "#step-review");
        TestWindow.until("the plan", () -> robot.lookup("#plan").queryTableView().getItems().size() == 11);
        TestWindow.until("rows of the plan", () -> robot.lookup("#plan").query().getBoundsInLocal().getHeight() > 100);
        assertThat(robot.lookup("#keep-running").query().isVisible()).as("no machine is virtual").isFalse();
        fitsTheWidth(robot, "#confirmation");
        fits(robot, "#start");
        fits(robot, "#back");
        window.picture("review-small", null);
        press(robot, "#step-machines");
        fitsTheWidth(robot, "#add-machine");
        fits(robot, "#next");
        window.picture("machines-small", null);
        press(robot, "#step-start");
        press(robot, "#demo-simulated");
        press(robot, "#start");
        TestWindow.until("the rack", () -> robot.lookup("#rack").queryListView().getItems().size() == 3);
        fits(robot, "#cancel");
        fitsTheWidth(robot, "#log-filter");
        window.picture("rack-small", null);
    }

    private void fitsTheWidth(FxRobot robot, String id) {
        TestWindow.until(id + " is in the window's width", () -> {
            var bounds = robot.lookup(id).query().localToScene(robot.lookup(id).query().getBoundsInLocal());
            return bounds.getMinX() >= 0 && bounds.getMaxX() <= window.stage.getScene().getWidth();
        });
    }

    private void fits(FxRobot robot, String id) {
        fitsTheWidth(robot, id);
        TestWindow.until(id + " is in the window's height", () -> {
            var bounds = robot.lookup(id).query().localToScene(robot.lookup(id).query().getBoundsInLocal());
            return bounds.getMinY() >= 0 && bounds.getMaxY() <= window.stage.getScene().getHeight();
        });
    }

    @Test
    void scalesTheTextAndRaisesTheContrast(FxRobot robot) {
        press(robot, "#new");
        TestWindow.until("the cluster screen", () -> robot.lookup("#field-name").tryQuery().isPresent());
        double before = robot.lookup("#field-name").query().getBoundsInLocal().getHeight();
        robot.interact(() -> window.window.choose(new Appearance(Appearance.Theme.DARK, 150, true)));
        TestWindow.until("larger fields",
                () -> robot.lookup("#field-name").query().getBoundsInLocal().getHeight() > before * 1.2);
        window.picture("cluster-large-contrast", null);
        TestWindow.until("the kept choice", () -> new SettingsFile(directory.resolve("desktop.properties")).load()
                .equals(new Appearance(Appearance.Theme.DARK, 150, true)));
    }

    @Test
    void keepsTheLastOfManyQuickChoices(FxRobot robot) {
        robot.interact(() -> {
            for (int scale = 100; scale <= 150; scale++) {
                window.window.choose(new Appearance(Appearance.Theme.LIGHT, scale, false));
            }
        });
        TestWindow.until("the last choice", () -> new SettingsFile(directory.resolve("desktop.properties")).load()
                .equals(new Appearance(Appearance.Theme.LIGHT, 150, false)));
    }
}

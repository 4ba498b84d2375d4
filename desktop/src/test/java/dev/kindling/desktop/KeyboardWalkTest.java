package dev.kindling.desktop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus.MachineStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javafx.event.Event;
import javafx.event.EventType;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.ListView;
import javafx.scene.control.TableView;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.stage.Stage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.testfx.api.FxRobot;
import org.testfx.framework.junit5.ApplicationExtension;
import org.testfx.framework.junit5.Start;
import org.testfx.util.WaitForAsyncUtils;

/** From the start page to a running rack without a mouse. */
@ExtendWith({RequiresDisplay.class, ApplicationExtension.class})
@SuppressWarnings("NullAway.Init") // set by start
class KeyboardWalkTest {
    @TempDir
    private Path directory;
    private TestWindow window;

    @Start
    void start(Stage stage) {
        window = new TestWindow(stage, directory);
    }

    @AfterEach
    void close(TestInfo test) {
        window.picture(test.getTestMethod().orElseThrow().getName(), null);
        WaitForAsyncUtils.waitForAsyncFx(30_000, window.window::close);
    }

    private void focused(FxRobot robot, String id) {
        try {
            TestWindow.until("focus on " + id, () -> {
                Node owner = window.stage.getScene().getFocusOwner();
                return owner != null && id.equals(owner.getId());
            });
        } catch (AssertionError e) {
            throw new AssertionError("the focus is on " + window.stage.getScene().getFocusOwner(), e);
        }
        robot.interrupt();
    }

    /**
     * Presses and releases a key at the node that has the focus. Not through the X server: on a loaded machine its
     * auto-repeat would press the key several times.
     */
    private void key(FxRobot robot, KeyCode code, KeyCode... held) {
        boolean control = List.of(held).contains(KeyCode.CONTROL);
        boolean alt = List.of(held).contains(KeyCode.ALT);
        robot.interact(() -> {
            for (EventType<KeyEvent> type : List.of(KeyEvent.KEY_PRESSED, KeyEvent.KEY_RELEASED)) {
                Node owner = window.stage.getScene().getFocusOwner();
                Event.fireEvent(owner, new KeyEvent(owner, owner, type, "", code.getName(), code, false, control, alt,
                        false));
            }
        });
    }

    private void alt(FxRobot robot, KeyCode code) {
        key(robot, code, KeyCode.ALT);
    }

    @Test
    void walksFromTheStartPageToARunningRackAndMendsAProblemOnTheWay(FxRobot robot) throws Exception {
        focused(robot, "new");
        key(robot, KeyCode.ENTER);
        focused(robot, "field-name");
        robot.write("lab");

        alt(robot, KeyCode.N);
        focused(robot, "machines");
        key(robot, KeyCode.RIGHT);
        key(robot, KeyCode.RIGHT);
        key(robot, KeyCode.RIGHT);
        robot.write("5");
        focused(robot, "cell-editor");
        robot.write("2:54");
        key(robot, KeyCode.ENTER);
        focused(robot, "machines");

        alt(robot, KeyCode.N);
        focused(robot, "dhcp-server");
        alt(robot, KeyCode.N);
        focused(robot, "problem-mac-invalid");
        assertThat(robot.lookup("#problem-mac-invalid").queryAs(Button.class).getText())
                .contains("'52:54' is no MAC address").contains("expected six pairs");

        key(robot, KeyCode.ENTER);
        focused(robot, "machines");
        TableView<?> machines = robot.lookup("#machines").queryTableView();
        assertThat(machines.getFocusModel().getFocusedCell().getRow()).isZero();
        assertThat(machines.getFocusModel().getFocusedCell().getColumn()).isEqualTo(3);
        robot.write("5");
        focused(robot, "cell-editor");
        robot.write("2:54:00:4b:4c:01");
        key(robot, KeyCode.ENTER);
        focused(robot, "machines");

        alt(robot, KeyCode.DIGIT4);
        TestWindow.until("the plan", () -> robot.lookup("#plan").queryTableView().getItems().size() == 11);
        assertThat(robot.lookup("#start").queryAs(Button.class).isDisabled()).isTrue();
        key(robot, KeyCode.S, KeyCode.CONTROL);
        Path saved = directory.resolve("lab.yaml");
        TestWindow.until("the saved definition", () -> Files.exists(saved) && Files.size(saved) > 0);
        assertThat(saved).content().contains("mac: 52:54:00:4b:4c:01");

        alt(robot, KeyCode.Y);
        focused(robot, "confirmation");
        robot.write("lab");
        alt(robot, KeyCode.T);
        focused(robot, "rack");

        window.kindling.observed("lab", "lab-wk-1", BootStage.KERNEL, 0.5, "fetched 12 of 24 MB");
        ListView<MachineStatus> rack = robot.lookup("#rack").queryListView();
        TestWindow.until("the stage", () -> rack.getItems().size() == 3
                && rack.getItems().get(1).stage() == BootStage.KERNEL);
        assertThat(robot.lookup(".note.notice").queryAll()).isNotEmpty();

        alt(robot, KeyCode.E);
        TestWindow.until("the cancel", () -> window.kindling.cancelled().contains("run-1"));
    }

    @Test
    void editsAMachineCellByCellWithTab(FxRobot robot) {
        focused(robot, "new");
        key(robot, KeyCode.ENTER);
        focused(robot, "field-name");
        alt(robot, KeyCode.N);
        focused(robot, "machines");
        key(robot, KeyCode.INSERT);
        focused(robot, "cell-editor");
        robot.write("aa:bb:cc:00:00:01");
        key(robot, KeyCode.TAB);
        TestWindow.until("the address editor", () -> editing(robot) == 4);
        focused(robot, "cell-editor");
        key(robot, KeyCode.TAB);
        TestWindow.until("the disk editor", () -> editing(robot) == 5);
        focused(robot, "cell-editor");
        robot.write("SN-1");
        key(robot, KeyCode.ESCAPE);
        focused(robot, "machines");

        var row = (dev.kindling.desktop.vm.MachineRow) robot.lookup("#machines").queryTableView().getItems().get(3);
        assertThat(row.get(dev.kindling.desktop.vm.Field.MAC)).isEqualTo("aa:bb:cc:00:00:01");
        assertThat(row.get(dev.kindling.desktop.vm.Field.DISK)).as("Escape takes nothing").isEmpty();
        key(robot, KeyCode.DELETE);
        TestWindow.until("one machine less",
                () -> robot.lookup("#machines").queryTableView().getItems().size() == 3);
    }

    private static int editing(FxRobot robot) {
        var cell = robot.lookup("#machines").queryTableView().getEditingCell();
        return cell == null ? -1 : cell.getColumn();
    }
}

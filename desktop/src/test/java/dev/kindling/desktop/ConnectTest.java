package dev.kindling.desktop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.desktop.vm.MemoryDraftStore;
import dev.kindling.engine.Engine;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.http.ApiServer;
import dev.kindling.engine.http.HttpKindling;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import javafx.scene.control.Button;
import javafx.scene.control.Labeled;
import javafx.stage.Stage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.testfx.api.FxRobot;
import org.testfx.framework.junit5.ApplicationExtension;
import org.testfx.framework.junit5.Start;
import org.testfx.util.WaitForAsyncUtils;

/** {@code kindling gui --connect}: the same window, over a server with the real engine. Nothing is run. */
@ExtendWith({RequiresDisplay.class, ApplicationExtension.class})
@SuppressWarnings("NullAway.Init") // set by start
class ConnectTest {
    @TempDir
    private Path directory;
    private Kindling engine;
    private ApiServer server;
    private DesktopWindow window;

    @Start
    void start(Stage stage) {
        Path workspace = directory.resolve("workspace");
        engine = Engine.open(workspace);
        server = ApiServer.start(engine, workspace, new ApiServer.Options(new ApiServer.Listen.Tcp("127.0.0.1", 0),
                new ApiServer.Tls.None(), null, "test"), Clock.systemUTC());
        HttpKindling.Connection connection = DesktopApp.connection(
                Map.of("--connect", server.url(), "--token-file", server.tokenFile().toString()), Map.of(),
                directory.resolve("here")).orElseThrow();
        FileDialogs none = new FileDialogs() {
            @Override
            public Optional<Path> save(String title, String suggestedName) {
                return Optional.empty();
            }

            @Override
            public Optional<Path> open(String title) {
                return Optional.empty();
            }
        };
        window = new DesktopWindow(stage,
                new DesktopWindow.Outside(() -> HttpKindling.connect(connection), new MemoryDraftStore(),
                        new SettingsFile(directory.resolve("desktop.properties")), none, _ -> {},
                        Clock.systemUTC()));
        window.show();
    }

    @AfterEach
    void close() {
        WaitForAsyncUtils.waitForAsyncFx(30_000, window::close);
        server.close();
        engine.close();
    }

    @Test
    void showsTheServerAndPlansTheDemonstrationThere(FxRobot robot) {
        TestWindow.until("the server's address", () -> !robot.lookup((Labeled label) -> ("server " + server.url())
                .equals(label.getText())).queryAll().isEmpty());
        TestWindow.until("the button", () -> robot.lookup("#demo-simulated").tryQueryAs(Button.class).isPresent());
        robot.interact(() -> robot.lookup("#demo-simulated").queryAs(Button.class).fire());
        TestWindow.until("the plan's honest label", () -> !robot.lookup((Labeled label) -> label.getText() != null
                && label.getText().contains("SIMULATED")).queryAll().isEmpty());
        assertThat(engine.clusters()).as("nothing was started").isEmpty();
    }
}

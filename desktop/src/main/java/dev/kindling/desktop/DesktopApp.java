package dev.kindling.desktop;

import dev.kindling.engine.Engine;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.Objects;
import javafx.application.Application;
import javafx.stage.Stage;
import org.jspecify.annotations.Nullable;

/** The wiring of the real application; everything else gets what it needs as parameters. */
public final class DesktopApp extends Application {
    private @Nullable DesktopWindow window;

    @Override
    public void start(Stage stage) {
        Path workspace = Path.of(Objects.requireNonNull(getParameters().getNamed().get("workspace")));
        window = new DesktopWindow(stage, new DesktopWindow.Outside(() -> Engine.open(workspace),
                new FileDraftStore(workspace.resolve("desktop-draft.properties")),
                SettingsFile.ofUser(System.getenv(), System.getProperty("user.home", "")), new FxFileDialogs(stage),
                path -> getHostServices().showDocument(path.toUri().toString()), Clock.system(ZoneId.systemDefault())));
        window.show();
    }

    @Override
    public void stop() {
        if (window != null) {
            window.close();
        }
    }
}

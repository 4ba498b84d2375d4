package dev.kindling.desktop;

import dev.kindling.engine.Engine;
import dev.kindling.engine.http.HttpKindling;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import javafx.application.Application;
import javafx.stage.Stage;
import org.jspecify.annotations.Nullable;

/** The wiring of the real application; everything else gets what it needs as parameters. */
public final class DesktopApp extends Application {
    private @Nullable DesktopWindow window;

    @Override
    public void start(Stage stage) {
        Map<String, String> given = new HashMap<>();
        getParameters().getNamed().forEach((name, value) -> given.put("--" + name, value));
        Path workspace = Path.of(Objects.requireNonNull(given.get("--workspace")));
        Optional<HttpKindling.Connection> server = connection(given, System.getenv(), workspace);
        window = new DesktopWindow(stage, new DesktopWindow.Outside(
                () -> server.isPresent() ? HttpKindling.connect(server.get()) : Engine.open(workspace),
                new FileDraftStore(workspace.resolve("desktop-draft.properties")),
                SettingsFile.ofUser(System.getenv(), System.getProperty("user.home", "")), new FxFileDialogs(stage),
                path -> getHostServices().showDocument(path.toUri().toString()), Clock.system(ZoneId.systemDefault())));
        window.show();
    }

    /** The server that options or environment name; empty: none. */
    static Optional<HttpKindling.Connection> connection(Map<String, String> options, Map<String, String> environment,
            Path workspace) {
        return HttpKindling.connection(options.get("--connect"), path(options.get("--token-file")),
                path(options.get("--cacert")), options.get("--fingerprint"), environment, workspace);
    }

    private static @Nullable Path path(@Nullable String file) {
        return file == null ? null : Path.of(file);
    }

    @Override
    public void stop() {
        if (window != null) {
            window.close();
        }
    }
}

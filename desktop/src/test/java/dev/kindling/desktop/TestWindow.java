package dev.kindling.desktop;

import dev.kindling.desktop.vm.FakeKindling;
import dev.kindling.desktop.vm.MemoryDraftStore;
import dev.kindling.desktop.vm.TestClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javafx.embed.swing.SwingFXUtils;
import javafx.stage.Stage;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.testfx.service.query.EmptyNodeQueryException;
import org.testfx.util.WaitForAsyncUtils;

/** The real window over an engine in memory. */
final class TestWindow {
    final TestClock clock = new TestClock();
    final FakeKindling kindling = new FakeKindling(clock);
    final List<Path> opened = new ArrayList<>();
    final Stage stage;
    final DesktopWindow window;
    @Nullable
    Path chosen;

    TestWindow(Stage stage, Path directory) {
        this.stage = stage;
        FileDialogs dialogs = new FileDialogs() {
            @Override
            public Optional<Path> save(String title, String suggestedName) {
                return Optional.of(directory.resolve(suggestedName));
            }

            @Override
            public Optional<Path> open(String title) {
                return Optional.ofNullable(chosen);
            }
        };
        window = new DesktopWindow(stage, new DesktopWindow.Outside(() -> kindling, new MemoryDraftStore(),
                new SettingsFile(directory.resolve("desktop.properties")), dialogs, opened::add, clock));
        stage.setX(0);
        stage.setY(0);
        window.show();
        window.choose(Appearance.DEFAULT.with(Appearance.Theme.LIGHT));
        stage.toFront();
        stage.requestFocus();
    }

    /** Waits until something holds on the JavaFX thread; fails after a long time. */
    static void until(String what, Callable<Boolean> condition) {
        try {
            WaitForAsyncUtils.waitFor(30, TimeUnit.SECONDS,
                    () -> WaitForAsyncUtils.asyncFx(() -> {
                        try {
                            return condition.call();
                        } catch (EmptyNodeQueryException _) {
                            return false; // not on the screen yet
                        }
                    }).get(30, TimeUnit.SECONDS));
        } catch (TimeoutException e) {
            throw new AssertionError("never seen: " + what, e);
        }
    }

    /**
     * Writes a picture of the window, and a copy for the documentation when {@code -Dgolden.update=true} asks for it.
     */
    void picture(String name, @Nullable String copy) {
        WaitForAsyncUtils.waitForFxEvents();
        var image = SwingFXUtils.fromFXImage(
                WaitForAsyncUtils.waitForAsyncFx(30_000, () -> stage.getScene().snapshot(null)), null);
        try {
            Path file = Files.createDirectories(Path.of("target", "screens")).resolve(name + ".png");
            ImageIO.write(image, "png", file.toFile());
            if (copy != null && Boolean.getBoolean("golden.update")) {
                Path pictures = Files.createDirectories(
                        Path.of(System.getProperty("kindling.home"), "docs", "pictures"));
                Files.copy(file, pictures.resolve(copy + ".png"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

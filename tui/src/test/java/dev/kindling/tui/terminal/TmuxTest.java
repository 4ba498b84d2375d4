package dev.kindling.tui.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The program as a user starts it, with the real engine, in a terminal that we did not write: tmux (Debian package
 * {@code tmux}).
 */
class TmuxTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    @TempDir
    Path directory;

    @AfterEach
    void endTheTerminal() throws Exception {
        tmux("kill-server");
    }

    private String tmux(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("tmux", "-S", directory.resolve("tmux").toString()));
        command.addAll(List.of(arguments));
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new AssertionError("this test needs tmux (Debian package tmux)", e);
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("tmux %s: %s", List.of(arguments), output).isZero();
        return output;
    }

    private void start(String locale, String... arguments) throws Exception {
        tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "-c", directory.toString(),
                "LC_ALL=" + locale + " '" + Path.of(System.getProperty("java.home"), "bin", "java")
                        + "' --enable-native-access=ALL-UNNAMED -cp '" + System.getProperty("java.class.path")
                        + "' dev.kindling.tui.Main " + String.join(" ", arguments) + "; echo code $?; exec cat");
    }

    /** Waits until the terminal shows all of these texts, as a person would. */
    private String shows(String... texts) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        String screen = "";
        while (System.nanoTime() < end) {
            screen = tmux("capture-pane", "-p");
            if (List.of(texts).stream().allMatch(screen::contains)) {
                return screen;
            }
            Thread.sleep(50);
        }
        throw new AssertionError("the terminal never showed " + List.of(texts) + ", but:\n" + screen);
    }

    @Test
    void theScreensRunOnAConsoleAndGiveTheTerminalBack() throws Exception {
        start("C.UTF-8", "tui", "--workspace", "ws");
        shows("No cluster yet", "▸ New cluster (wizard)", "q quit");
        tmux("send-keys", "Enter");
        shows("1 Cluster", "Cluster name", "step 1 of 4");
        tmux("send-keys", "PageDown");
        shows("step 2 of 4", "This computer");
        tmux("resize-window", "-x", "20", "-y", "5");
        shows("Kindling needs 40x10");
        tmux("resize-window", "-x", "100", "-y", "30");
        shows("step 2 of 4", "Name servers");
        tmux("send-keys", "C-c");
        shows("code 0");
    }

    @Test
    void aConsoleWithoutUnicodeGetsAscii() throws Exception {
        start("C", "tui", "--workspace", "ws");
        String screen = shows("No cluster yet", "> New cluster (wizard)");
        assertThat(screen.chars()).allMatch(c -> c < 128);
        tmux("send-keys", "q");
        shows("code 0");
    }

    @Test
    void theDemonstrationsPlanIsShownBeforeAnythingRuns() throws Exception {
        start("C.UTF-8", "tui", "--workspace", "ws");
        shows("No cluster yet");
        tmux("send-keys", "End", "Enter");
        shows("Plan ", "NOTICE: SIMULATED", "s start");
        tmux("send-keys", "Escape");
        shows("No cluster yet");
        tmux("send-keys", "q");
        shows("code 0");
    }
}

package dev.kindling.tui.cli;

import dev.kindling.tui.FakeKindling;
import dev.kindling.tui.MutableClock;
import dev.kindling.tui.Racks;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A shell around the command line: everything that goes in and comes out is in memory. */
final class CliHarness {
    final MutableClock clock = new MutableClock(Racks.START);
    final FakeKindling kindling;
    final Map<String, String> environment = new HashMap<>(Map.of("TERM", "xterm-256color"));
    private final Path directory;
    private Workspaces engine;
    private boolean terminal;
    private boolean unicode = true;
    private String typed = "";
    private @Nullable Runnable ctrlC;
    private boolean impatient;
    private String out = "";
    private String err = "";

    CliHarness(Path directory) {
        this.directory = directory;
        this.kindling = new FakeKindling(Path.of("/ws"), clock);
        this.engine = (_, _) -> kindling;
    }

    /** With the engine itself instead of one in memory. */
    CliHarness withRealEngine() {
        engine = Workspaces.ofEngine();
        return this;
    }

    CliHarness onTerminal() {
        terminal = true;
        return this;
    }

    CliHarness inAsciiLocale() {
        unicode = false;
        return this;
    }

    CliHarness typing(String text) {
        typed = text;
        return this;
    }

    /** As the user's finger does it: nothing happens where nobody listens. */
    void pressCtrlC() {
        Runnable handler = ctrlC;
        if (handler != null) {
            handler.run();
        }
    }

    CliHarness pressingCtrlCAsSoonAsItIsListenedTo() {
        impatient = true;
        return this;
    }

    int run(String... args) {
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        Surroundings world = new Surroundings(new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(outBytes, true, StandardCharsets.UTF_8),
                new PrintStream(errBytes, true, StandardCharsets.UTF_8), environment, directory, clock, terminal,
                unicode, () -> 100, engine, handler -> {
                    ctrlC = handler;
                    if (impatient) {
                        handler.run();
                    }
                    return () -> ctrlC = null;
                });
        int code = Cli.run(world, args);
        out = outBytes.toString(StandardCharsets.UTF_8);
        err = errBytes.toString(StandardCharsets.UTF_8);
        return code;
    }

    String out() {
        return out;
    }

    String err() {
        return err;
    }

    /** Both streams and the exit code, as a golden file keeps them; paths of this test's directory become DIR. */
    String transcript(String... args) {
        int code = run(args);
        return ("$ kindling " + String.join(" ", args) + "\n" + out
                + (err.isEmpty() ? "" : "--- standard error\n" + err)
                + "--- exit code " + code + "\n").replace(directory.toString(), "DIR");
    }
}

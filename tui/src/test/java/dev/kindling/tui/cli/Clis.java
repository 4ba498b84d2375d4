package dev.kindling.tui.cli;

import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;

/** What a command of another package is given. */
public final class Clis {
    private Clis() {}

    /** A command line whose output goes there; with options such as {@code --json}. */
    public static Cli of(OutputStream out, Clock clock, String... options) {
        var stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        var line = Cli.grammar(new Surroundings(new ByteArrayInputStream(new byte[0]), stream, stream, Map.of(),
                Path.of(""), clock, false, true, () -> 100, (_, _) -> {
                    throw new IllegalStateException("no engine is needed");
                }, _ -> () -> {}));
        line.parseArgs(options);
        return line.getCommand();
    }
}

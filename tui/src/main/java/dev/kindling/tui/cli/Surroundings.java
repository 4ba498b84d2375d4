package dev.kindling.tui.cli;

import dev.kindling.tui.terminal.Tty;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;

/**
 * The world around a command, so that tests can be the world.
 *
 * @param directory that relative paths are resolved against
 * @param terminal whether a person sits at both ends: input and output are a terminal
 * @param unicode whether the output can show more than ASCII
 * @param columns width of the terminal
 * @param workspaces opens them
 * @param interrupts Ctrl-C
 */
public record Surroundings(InputStream in, PrintStream out, PrintStream err, Map<String, String> environment,
        Path directory, Clock clock, boolean terminal, boolean unicode, IntSupplier columns,
        Workspaces workspaces, Interrupts interrupts) {

    /** This process. */
    public static Surroundings real(StandardOutput out) {
        Map<String, String> environment = System.getenv();
        Charset charset = charset(environment);
        return new Surroundings(System.in, out.text(charset), errors(charset),
                environment, Path.of(""), Clock.systemUTC(), isTerminal(),
                charset.equals(StandardCharsets.UTF_8), Tty::columns, Workspaces.ofEngine(), Interrupts.ofProcess());
    }

    // Java's own check of both ends; our system call costs a tenth of a second at the start
    private static boolean isTerminal() {
        return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
    }

    /**
     * UTF-8 where the locale says so; else ASCII, in which Java prints {@code ?} for what cannot be shown. The launcher
     * gives Java another locale, for the names of files, and keeps the user's in {@code KINDLING_LOCALE}.
     */
    static Charset charset(Map<String, String> environment) {
        for (String name : new String[]{"KINDLING_LOCALE", "LC_ALL", "LC_CTYPE", "LANG"}) {
            String value = environment.getOrDefault(name, "");
            if (!value.isEmpty()) {
                String lower = value.toLowerCase(Locale.ROOT);
                return lower.contains("utf-8") || lower.contains("utf8")
                        ? StandardCharsets.UTF_8
                        : StandardCharsets.US_ASCII;
            }
        }
        return StandardCharsets.US_ASCII;
    }

    private static PrintStream errors(Charset charset) {
        return new PrintStream(new FileOutputStream(FileDescriptor.err), true, charset);
    }
}

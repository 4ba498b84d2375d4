package dev.kindling.tui.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What subcommands share and the root command does not know. */
public final class Commands {
    private Commands() {}

    /** The root command, which picocli has set before it calls a subcommand. */
    public static Cli of(@Nullable Cli parent) {
        return Objects.requireNonNull(parent, "subcommands run below kindling");
    }

    /** {@code 90s}, {@code 30m}, {@code 2h}. */
    static Duration duration(String option, String text) {
        if (!text.matches("[1-9][0-9]{0,5}[smh]")) {
            throw Refusal.badUse(option + " " + text + " is no length of time", "write it as 90s, 30m or 2h");
        }
        return Duration.parse("PT" + text.toUpperCase(Locale.ROOT));
    }

    /** A command for the user to copy: names the workspace where it is not the default one. */
    static String withWorkspace(String command, Cli cli) {
        return cli.workspace == null ? command : command + " --workspace " + cli.workspace;
    }
}

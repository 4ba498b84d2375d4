package dev.kindling.tui.cli;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What subcommands share and the root command does not know. */
public final class Commands {
    private Commands() {}

    /** The root command, which picocli has set before it calls a subcommand. */
    public static Cli of(@Nullable Cli parent) {
        return Objects.requireNonNull(parent, "subcommands run below kindling");
    }

    /** A command for the user to copy: names the workspace where it is not the default one. */
    static String withWorkspace(String command, Cli cli) {
        return cli.workspace == null ? command : command + " --workspace " + cli.workspace;
    }
}

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

    /** A command for the user to copy: names workspace and server where they are not the default ones. */
    static String withWorkspace(String command, Cli cli) {
        return command + (cli.workspace == null ? "" : " --workspace " + cli.workspace)
                + (cli.connect == null ? "" : " --connect " + cli.connect)
                + (cli.tokenFile == null ? "" : " --token-file " + cli.tokenFile)
                + (cli.authority == null ? "" : " --cacert " + cli.authority)
                + (cli.fingerprint == null ? "" : " --fingerprint " + cli.fingerprint);
    }
}

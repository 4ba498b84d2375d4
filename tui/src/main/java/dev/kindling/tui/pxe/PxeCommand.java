package dev.kindling.tui.pxe;

import dev.kindling.tui.cli.Cli;
import dev.kindling.tui.cli.Commands;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code kindling pxe}. */
@Command(name = "pxe", description = "The network boot service by itself, without a cluster.", subcommands = {
        ServeCommand.class, ProbeCommand.class, TryCommand.class, HintsCommand.class})
public final class PxeCommand implements Runnable {
    @ParentCommand
    @Nullable
    Cli parent;

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec().commandLine(), "pxe what? Say serve, probe, try or hints");
    }

    private CommandSpec spec() {
        return java.util.Objects.requireNonNull(spec, "picocli sets it");
    }

    Cli cli() {
        return Commands.of(parent);
    }
}

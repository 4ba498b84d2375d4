package dev.kindling.tui.primer;

import dev.kindling.tui.cli.Cli;
import dev.kindling.tui.cli.Commands;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code kindling primer}. */
@Command(name = "primer", description = "In the live system of a primer medium: installs the primer to a disk.", subcommands = {
        PrimerInstallCommand.class})
public final class PrimerCommand implements Runnable {
    @ParentCommand
    @Nullable
    Cli parent;

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                Objects.requireNonNull(spec, "picocli sets it").commandLine(), "primer what? Say install");
    }

    Cli cli() {
        return Commands.of(parent);
    }
}

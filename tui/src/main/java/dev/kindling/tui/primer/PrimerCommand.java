package dev.kindling.tui.primer;

import dev.kindling.tui.cli.CommandGroup;
import picocli.CommandLine.Command;

/** {@code kindling primer}. */
@Command(name = "primer", description = "In the live system of a primer medium: installs the primer to a disk.", subcommands = {
        PrimerInstallCommand.class})
public final class PrimerCommand extends CommandGroup {}

package dev.kindling.tui.pxe;

import dev.kindling.tui.cli.CommandGroup;
import picocli.CommandLine.Command;

/** {@code kindling pxe}. */
@Command(name = "pxe", description = "The network boot service by itself, without a cluster.", subcommands = {
        ServeCommand.class, ProbeCommand.class, TryCommand.class, HintsCommand.class})
public final class PxeCommand extends CommandGroup {}

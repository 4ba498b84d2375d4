package dev.kindling.tui.iso;

import dev.kindling.tui.cli.Cli;
import dev.kindling.tui.cli.CommandGroup;
import picocli.CommandLine.Command;

/** {@code kindling iso}. */
@Command(name = "iso", description = "Installation media: makes, changes and reads them, without other programs.", subcommands = {
        BuildCommand.class, InspectCommand.class, ExtractCommand.class, EditCommand.class, EmbedCommand.class,
        SeedCommand.class, DiskCommand.class, WriteCommand.class, IsoPrimerCommand.class})
public final class IsoCommand extends CommandGroup {
    /** None of the subcommands has a workspace. */
    @Override
    public Cli cli() {
        Cli cli = super.cli();
        cli.withoutWorkspace();
        return cli;
    }
}

package dev.kindling.tui.iso;

import dev.kindling.tui.cli.Cli;
import dev.kindling.tui.cli.Commands;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code kindling iso}. */
@Command(name = "iso", description = "Installation media: makes, changes and reads them, without other programs.", subcommands = {
        BuildCommand.class, InspectCommand.class, ExtractCommand.class, EditCommand.class, EmbedCommand.class,
        SeedCommand.class, WriteCommand.class, IsoPrimerCommand.class})
public final class IsoCommand implements Runnable {
    @ParentCommand
    @Nullable
    Cli parent;

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public void run() {
        CommandSpec own = Objects.requireNonNull(spec, "picocli sets it");
        throw new CommandLine.ParameterException(own.commandLine(),
                "iso what? One of " + String.join(", ", own.subcommands().keySet()));
    }

    /** What the subcommands share with all others; none of them has a workspace. */
    Cli cli() {
        Cli cli = Commands.of(parent);
        cli.withoutWorkspace();
        return cli;
    }
}

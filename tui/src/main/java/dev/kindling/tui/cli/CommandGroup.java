package dev.kindling.tui.cli;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** A command that only has subcommands, and asks which of them is meant. */
public abstract class CommandGroup implements Runnable {
    @ParentCommand
    @Nullable
    Cli parent;

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public final void run() {
        CommandSpec own = Objects.requireNonNull(spec, "picocli sets it");
        throw new CommandLine.ParameterException(own.commandLine(),
                own.name() + " what? Say one of: " + String.join(", ", own.subcommands().keySet()));
    }

    /** What the subcommands share with all others. */
    public Cli cli() {
        return Commands.of(parent);
    }
}

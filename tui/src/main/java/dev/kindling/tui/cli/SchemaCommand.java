package dev.kindling.tui.cli;

import dev.kindling.engine.Engine;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** {@code kindling schema}. */
@Command(name = "schema", description = {"Prints the JSON Schema of definitions, for editors.",
        "The first line of a definition names the file:", "# yaml-language-server: $schema=FILE"})
final class SchemaCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    Cli parent;

    @Override
    public Integer call() {
        // JSON it is, whoever reads it
        Commands.of(parent).world().out().print(Engine.schema());
        return ExitCode.DONE;
    }
}

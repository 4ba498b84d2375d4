package dev.kindling.tui.cli;

import dev.kindling.engine.api.Kindling;
import dev.kindling.tui.cli.OutputFile.Existing;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Parameters;

/** {@code kindling init}. */
@Command(name = "init", description = "Writes a commented definition to start from.")
final class InitCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    Cli parent;

    @Parameters(arity = "0..1", paramLabel = "FILE", defaultValue = "cluster.yaml", description = "(default: ${DEFAULT-VALUE})")
    String file = "cluster.yaml";

    @Option(names = "--force", description = "overwrite FILE")
    boolean force;

    @Option(names = "--template", paramLabel = "NAME", description = "write what this template makes of --set; kindling template list shows the names")
    @Nullable
    String template;

    @CommandLine.Mixin
    TemplateCommand.Given given = new TemplateCommand.Given();

    /** What was written, for programs. */
    record Result(String file) {}

    @Override
    public Integer call() throws IOException {
        Cli cli = Commands.of(parent);
        if (template != null) {
            try (Kindling kindling = cli.open()) {
                return TemplateCommand.render(cli, kindling.render(template, given.values), file, force);
            }
        }
        if (!given.values.isEmpty()) {
            throw Refusal.badUse("--set fills a template, and none is named", "add --template NAME");
        }
        Path target = OutputFile.write(cli, file, starter(), force ? Existing.REPLACED : Existing.KEPT);
        cli.json(new Result(target.toString()));
        cli.say("Wrote " + file + ". Next: kindling validate " + file + ", kindling plan " + file + "\n");
        return ExitCode.DONE;
    }

    /** The definition to start from. */
    static String starter() throws IOException {
        try (InputStream in = Objects.requireNonNull(InitCommand.class.getResourceAsStream("starter.yaml"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}

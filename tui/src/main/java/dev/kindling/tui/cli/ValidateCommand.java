package dev.kindling.tui.cli;

import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import dev.kindling.tui.text.ProblemText;
import dev.kindling.tui.text.Text;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Parameters;

/** {@code kindling validate}. */
@Command(name = "validate", description = "Reports everything that is wrong with a definition at once.")
final class ValidateCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    Cli parent;

    @Parameters(paramLabel = "FILE", description = "definition, YAML or JSON; - is standard input")
    @Nullable
    String file;

    @Option(names = "--environment", paramLabel = "NAME", description = "which of the definition's environments")
    @Nullable
    String environment;

    /** The outcome for programs. */
    record Result(String source, boolean ok, List<Problem> problems) {}

    @Override
    public Integer call() {
        Cli cli = Commands.of(parent);
        String source = Objects.requireNonNull(file);
        try (Kindling kindling = cli.open()) {
            return show(cli, Cli.inEnvironment(kindling, kindling.validate(source, cli.read(source)), environment));
        }
    }

    /** Prints the problems, or that there are none: here they are the result. */
    private static int show(Cli cli, Validation validation) {
        cli.json(new Result(validation.source(), validation.ok(), validation.problems()));
        if (!validation.problems().isEmpty()) {
            cli.say(ProblemText.of(validation.source(), validation.text(), validation.problems(), cli.ansi()));
        }
        if (validation.ok()) {
            var cluster = Kindling.modelOf(validation);
            cli.tell(validation.source() + " is valid: cluster " + cluster.name() + " with "
                    + Text.count(cluster.machines().size(), "machine") + ".\n");
        }
        return validation.ok() ? ExitCode.DONE : ExitCode.BAD_USE;
    }
}

package dev.kindling.tui.cli;

import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.tui.text.ProblemText;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Parameters;

/** {@code kindling apply}. */
@Command(name = "apply", description = {"Does what a plan says that was written with kindling plan -o.",
        "Refuses, and says why, where a fact behind it has changed since."})
final class ApplyCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    Cli parent;

    @Parameters(paramLabel = "PLANFILE", description = "written by kindling plan -o; - is standard input")
    @Nullable
    String file;

    @Mixin
    RunWishes wishes = new RunWishes();

    @Override
    public Integer call() throws InterruptedException {
        Cli cli = Commands.of(parent);
        String source = Objects.requireNonNull(file);
        try (Kindling kindling = cli.openToRun()) {
            Kindling.Imported imported = kindling.importPlan(source,
                    cli.read(source, "kindling plan FILE -o " + source + " writes one"));
            if (imported.plan().isEmpty()) {
                return refused(cli, source, imported.problems(), ExitCode.BAD_USE);
            }
            Plan plan = imported.plan().get();
            Kindling.ApplyOptions options = wishes.options();
            if (!kindling.plan(kindling.validate(source, plan.definition())).id().equals(plan.id())) {
                // nobody is asked to confirm what is refused anyway
                return refused(cli, source, kindling.apply(plan, options).problems(), ExitCode.FAILED);
            }
            return new Run(cli, kindling).of(plan, new Run.Choices(options, wishes.yes, null,
                    Commands.withWorkspace("kindling up --cluster " + plan.cluster().name(), cli)));
        }
    }

    private static int refused(Cli cli, String source, List<Problem> problems, int code) {
        cli.complain(ProblemText.of(source, "", problems, cli.ansi()));
        cli.json(new ValidateCommand.Result(source, false, problems));
        return code;
    }
}

package dev.kindling.tui.cli;

import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Validation;
import dev.kindling.tui.text.PlanText;
import dev.kindling.tui.text.ProblemText;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Parameters;

/** {@code kindling plan}. */
@Command(name = "plan", description = "Shows everything that a run would do, and starts nothing.")
final class PlanCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    Cli parent;

    @Parameters(arity = "0..1", paramLabel = "FILE", description = "definition; - is standard input; none: the definition of the workspace's cluster")
    @Nullable
    String file;

    @Option(names = "--environment", paramLabel = "NAME", description = "which of the definition's environments")
    @Nullable
    String environment;

    @Option(names = "--cluster", paramLabel = "NAME", description = "without FILE: which cluster of the workspace")
    @Nullable
    String cluster;

    @Option(names = "--detailed-exitcode", description = "exit with 3 when there is something to do")
    boolean detailed;

    /** A plan for programs. */
    record Result(String id, String cluster, long pending, List<String> notices, List<Action> actions) {
        static Result of(Plan plan) {
            return new Result(plan.id(), plan.cluster().name(), plan.pending(), plan.notices(),
                    plan.actions().stream().map(Action::of).toList());
        }
    }

    /** An action for programs. */
    record Action(String id, String title, @Nullable String machine, Plan.@Nullable DiskTarget disk, String before,
            String after, boolean destructive, List<String> dependsOn, boolean done, long estimateSeconds) {
        static Action of(Plan.Action action) {
            return new Action(action.id(), action.title(), action.machine(), action.disk(), action.before(),
                    action.after(), action.destructive(), action.dependsOn(), action.done(),
                    action.estimate().toSeconds());
        }
    }

    @Override
    public Integer call() {
        Cli cli = Commands.of(parent);
        try (Kindling kindling = cli.open()) {
            Validation validation = cli.definition(kindling, file, cluster, environment);
            if (!validation.ok()) {
                return ValidateCommand.show(cli, validation);
            }
            if (!validation.problems().isEmpty()) {
                cli.remark(ProblemText.of(validation.source(), validation.text(), validation.problems(), cli.ansi()));
            }
            Plan plan = kindling.plan(validation);
            cli.say(PlanText.of(plan, cli.ansi()));
            cli.json(Result.of(plan));
            return detailed && plan.pending() > 0 ? ExitCode.CHANGES : ExitCode.DONE;
        }
    }
}

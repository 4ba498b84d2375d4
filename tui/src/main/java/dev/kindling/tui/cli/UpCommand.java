package dev.kindling.tui.cli;

import dev.kindling.engine.api.Kindling;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Parameters;

/** {@code kindling up}. */
@Command(name = "up", description = {"Brings a cluster up, or goes on where a run was broken off.",
        "Shows the plan first. Asks before anything is destroyed on real machines."})
final class UpCommand implements Callable<Integer> {
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

    @Option(names = "--plan", paramLabel = "ID", description = "only if the plan still has this id: nothing changed since it was looked at")
    @Nullable
    String plan;

    @Mixin
    RunWishes wishes = new RunWishes();

    @Override
    public Integer call() throws InterruptedException {
        Cli cli = Commands.of(parent);
        String resume = Commands.withWorkspace("kindling up", cli);
        try (Kindling kindling = cli.openToRun()) {
            return new Run(cli, kindling).of(cli.definition(kindling, file, cluster, environment),
                    new Run.Choices(wishes.options(), wishes.yes, plan, resume));
        }
    }
}

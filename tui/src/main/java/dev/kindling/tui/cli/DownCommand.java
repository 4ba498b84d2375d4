package dev.kindling.tui.cli;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.RunResult;
import dev.kindling.tui.text.ProblemText;
import dev.kindling.tui.text.Text;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Parameters;

/** {@code kindling down}. */
@Command(name = "down", description = {"Removes what was made for a cluster.",
        "Exactly what the journal recorded, nothing else. Asks first."})
final class DownCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    Cli parent;

    @Parameters(arity = "0..1", paramLabel = "CLUSTER", description = "of the workspace; not needed where there is one")
    @Nullable
    String cluster;

    @Option(names = {"-y", "--yes"}, description = "do not ask")
    boolean yes;

    @Override
    public Integer call() throws InterruptedException {
        Cli cli = Commands.of(parent);
        try (Kindling kindling = cli.open()) {
            ClusterStatus status = cli.cluster(kindling, cluster);
            if (!yes) {
                confirm(cli, status);
            }
            RunResult result = down(cli, kindling, status);
            cli.json(new Run.Result(status.name(), result.run(), result.outcome(), result.problems(),
                    status.notices(), List.of()));
            return switch (result.outcome()) {
                case DONE -> {
                    cli.say("Cluster " + status.name() + " is gone.\n");
                    yield ExitCode.DONE;
                }
                case FAILED -> {
                    cli.say(ProblemText.of(status.name(), "", result.problems(), cli.ansi()));
                    yield ExitCode.FAILED;
                }
                case CANCELLED -> ExitCode.CANCELLED;
            };
        }
    }

    private static RunResult down(Cli cli, Kindling kindling, ClusterStatus status) throws InterruptedException {
        PlainProgress lines = new PlainProgress(cli::remark, cli.ansi());
        try (Kindling.Subscription _ = kindling.events(status.name(), status.lastSeq(), (Event.Recorded recorded) -> {
            if (!cli.quiet) {
                lines.event(recorded);
            }
        })) {
            return kindling.down(status.name());
        }
    }

    private static void confirm(Cli cli, ClusterStatus status) {
        if (!cli.world().terminal() || cli.json) {
            throw Refusal.badUse("down removes cluster " + status.name() + ", and there is no terminal to ask at",
                    "give --yes");
        }
        cli.say("This removes cluster " + status.name() + " with " + Text.count(status.machines().size(), "machine")
                + ".\nType its name to go on: ");
        if (!status.name().equals(Run.answer(cli))) {
            throw Refusal.badUse("not confirmed; nothing was done", "");
        }
    }
}

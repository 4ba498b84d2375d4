package dev.kindling.tui.cli;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Kindling;
import dev.kindling.tui.text.StatusText;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Parameters;

/** {@code kindling status}. */
@Command(name = "status", description = "What is known of the workspace's clusters.")
final class StatusCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    Cli parent;

    @Parameters(arity = "0..1", paramLabel = "CLUSTER", description = "only this one")
    @Nullable
    String cluster;

    /** The clusters for programs. */
    record Result(String workspace, List<ClusterStatus> clusters) {}

    @Override
    public Integer call() {
        Cli cli = Commands.of(parent);
        try (Kindling kindling = cli.open()) {
            List<ClusterStatus> clusters = cluster == null
                    ? kindling.clusters()
                    : List.of(cli.cluster(kindling, cluster));
            cli.json(new Result(kindling.workspace().toString(), clusters));
            if (clusters.isEmpty()) {
                cli.say("The " + kindling.place() + " has no cluster yet.\n");
                cli.tell("  kindling up FILE starts one; kindling demo --simulated shows how\n");
            }
            String between = "";
            for (ClusterStatus status : clusters) {
                cli.say(between + StatusText.of(status, cli.world().clock().instant(), cli.ansi()));
                between = "\n";
            }
            return ExitCode.DONE;
        }
    }
}

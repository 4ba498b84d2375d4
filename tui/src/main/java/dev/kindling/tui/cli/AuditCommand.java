package dev.kindling.tui.cli;

import dev.kindling.engine.api.Kindling;
import dev.kindling.tui.text.Text;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kindling audit}. */
@Command(name = "audit", description = "The journal as a proof of what was done.")
final class AuditCommand extends CommandGroup {
    /** The chain of one cluster, for programs. */
    record Chain(String cluster, boolean ok, long records, String head, long firstBadRecord, @Nullable String reason) {}

    /** All of them. */
    record Result(boolean ok, List<Chain> clusters) {}

    @Command(name = "verify", description = "Recomputes the hashes that chain a cluster's records: exit code 1 where a"
            + " record was changed, removed or put in, and which is the first. Records that were cut off at the end show"
            + " only when you compare the last hash with one that you noted.")
    int verify(
            @Parameters(arity = "0..1", paramLabel = "CLUSTER", description = "only this one") @Nullable String cluster) {
        Cli cli = cli();
        List<Chain> chains = new ArrayList<>();
        try (Kindling kindling = cli.open()) {
            List<String> names = kindling.names();
            if (cluster != null && !names.contains(cluster)) {
                throw Refusal.badUse("the workspace " + kindling.workspace() + " has no cluster " + cluster,
                        names.isEmpty() ? "it has none" : "it has " + String.join(", ", names));
            }
            for (String name : cluster == null ? names : List.of(cluster)) {
                Kindling.Audit audit = kindling.audit(name);
                chains.add(new Chain(name, audit.ok(), audit.records(), audit.head(), audit.firstBadRecord(),
                        audit.reason()));
            }
        }
        boolean ok = chains.stream().allMatch(Chain::ok);
        cli.json(new Result(ok, chains));
        for (Chain chain : chains) {
            cli.say(chain.cluster() + ": " + (chain.ok()
                    ? cli.ansi().green("unbroken") + ", " + Text.count(chain.records(), "record")
                            + ", the last hash is "
                            + chain.head()
                    : cli.ansi().red("broken") + " at record " + chain.firstBadRecord() + ": "
                            + Text.clean(String.valueOf(chain.reason())))
                    + "\n");
        }
        if (chains.isEmpty()) {
            cli.say("The workspace has no cluster yet.\n");
        }
        return ok ? ExitCode.DONE : ExitCode.FAILED;
    }
}

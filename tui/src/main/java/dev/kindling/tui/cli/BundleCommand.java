package dev.kindling.tui.cli;

import dev.kindling.engine.api.Kindling;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Parameters;

/** {@code kindling bundle}. */
@Command(name = "bundle", description = {"Writes a ZIP with what helps to look into a problem.",
        "Report, journal, status and definition of a cluster; no secrets."})
final class BundleCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    Cli parent;

    @Parameters(arity = "0..1", paramLabel = "CLUSTER", description = "of the workspace; not needed where there is one")
    @Nullable
    String cluster;

    @Option(names = {"-o",
            "--output"}, paramLabel = "FILE", description = "where to (default: kindling-CLUSTER.zip)")
    @Nullable
    String output;

    /** The file, for programs. */
    record Result(String cluster, String file) {}

    @Override
    public Integer call() {
        Cli cli = Commands.of(parent);
        try (Kindling kindling = cli.open()) {
            String name = cli.cluster(kindling, cluster).name();
            String file = output == null ? "kindling-" + name + ".zip" : output;
            Path written = OutputFile.make(cli, file, OutputFile.Existing.REPLACED,
                    aside -> {
                        if (kindling.bundle(name, aside).isEmpty()) {
                            throw Refusal.failed("cluster " + name + " is gone", "kindling status");
                        }
                    });
            cli.json(new Result(name, written.toString()));
            cli.say("Bundle: " + written + "\n");
            return ExitCode.DONE;
        }
    }
}

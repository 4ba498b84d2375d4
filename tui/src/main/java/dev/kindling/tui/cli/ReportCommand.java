package dev.kindling.tui.cli;

import dev.kindling.engine.api.Kindling;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Parameters;

/** {@code kindling report}. */
@Command(name = "report", description = "The report of the latest run.")
final class ReportCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    Cli parent;

    @Parameters(arity = "0..1", paramLabel = "CLUSTER", description = "of the workspace; not needed where there is one")
    @Nullable
    String cluster;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "md", description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
    Format format = Format.md;

    @Option(names = {"-o",
            "--output"}, paramLabel = "FILE", description = "write it there instead of to standard output")
    @Nullable
    String output;

    /** Formats, spelled as they are typed. */
    enum Format {
        md,
        html,
        json
    }

    /** The report for programs. */
    record Result(String cluster, Format format, List<String> files, String text) {}

    @Override
    public Integer call() {
        Cli cli = Commands.of(parent);
        try (Kindling kindling = cli.open()) {
            String name = cli.cluster(kindling, cluster).name();
            Kindling.Report report = kindling.report(name).orElseThrow(
                    () -> Refusal.failed("cluster " + name + " had no run yet", "kindling up starts one"));
            String text = switch (format) {
                case md -> report.markdown();
                case html -> report.html();
                case json -> report.json();
            };
            if (output != null) {
                Path file = OutputFile.write(cli, output, text, OutputFile.Existing.REPLACED);
                cli.tell("Report: " + file + "\n");
            } else {
                cli.say(text);
            }
            cli.json(new Result(name, format, report.files().stream().map(Path::toString).toList(), text));
            return ExitCode.DONE;
        }
    }
}

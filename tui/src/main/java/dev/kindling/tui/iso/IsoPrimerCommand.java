package dev.kindling.tui.iso;

import dev.kindling.engine.Engine;
import dev.kindling.engine.api.Primer;
import dev.kindling.tui.cli.Cli;
import dev.kindling.tui.cli.ExitCode;
import dev.kindling.tui.cli.Refusal;
import dev.kindling.tui.text.ProblemText;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code kindling iso primer}. */
@Command(name = "primer", description = {"Makes the primer medium: an ISO for optical drives and USB sticks.",
        "Its live system shows Kindling's screens and installs the primer to a disk."})
final class IsoPrimerCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    IsoCommand parent;

    @Option(names = "--definition", paramLabel = "FILE", description = "the cluster that the installed primer forms")
    @Nullable
    String definition;

    @Option(names = "--answers", paramLabel = "FILE", description = "installs without anybody, by this answer file (docs/primer.md)")
    @Nullable
    String answers;

    @Option(names = "--discovery", description = "a medium that only reports what a machine is made of")
    boolean discovery;

    @Option(names = "--report", paramLabel = "URL", description = "with --discovery: where what was found is posted to, as JSON")
    @Nullable
    URI report;

    @Option(names = "--package", paramLabel = "NAME", description = "a further Debian package for the live system, such as firmware; can be repeated")
    List<String> packages = List.of();

    @Option(names = {"-o",
            "--output"}, required = true, paramLabel = "PRIMER.iso", description = "overwritten where it exists")
    Path output = Path.of("");

    /** What was made, for programs. */
    record Result(String file, long bytes, String id) {}

    @Override
    public Integer call() throws IOException {
        Cli cli = Objects.requireNonNull(parent).cli();
        if (report != null && !discovery) {
            throw Refusal.badUse("--report goes with --discovery", "add --discovery");
        }
        if (report != null && (report.getHost() == null || !String.valueOf(report.getScheme()).matches("https?"))) {
            throw Refusal.badUse("'" + report + "' is no address of a receiver", "http://10.77.0.1:8080/inventory");
        }
        if (discovery && (answers != null || definition != null)) {
            throw Refusal.badUse("a discovery medium installs nothing, so that it needs no answers and no definition",
                    "leave out --answers and --definition, or --discovery");
        }
        Primer.Order order = new Primer.Order(cli.world().directory().resolve(output),
                answers == null ? "" : cli.read(answers), definition == null ? "" : cli.read(definition), discovery,
                Optional.ofNullable(report), packages);
        String[] last = {""};
        Primer.Made made;
        try {
            made = Engine.primer().make(order, (what, done, total) -> {
                String line = total > 0 ? what + " " + done * 10 / total * 10 + " %" : what;
                if (!line.equals(last[0])) {
                    last[0] = line;
                    cli.remark(line);
                }
            });
        } catch (IOException e) {
            throw Refusal.failed("the primer medium was not made: " + e.getMessage(), "");
        }
        if (!made.problems().isEmpty()) {
            cli.remark(ProblemText.of("primer", "", made.problems(), cli.ansi()));
            return ExitCode.FAILED;
        }
        cli.json(new Result(made.file().toString(), made.bytes(), made.id()));
        cli.say("Wrote " + output + ": " + made.bytes() / 1_000_000 + " MB, primer " + made.id() + ".\n");
        cli.tell("  Boots on BIOS and UEFI, from an optical drive and from a USB stick.\n");
        return ExitCode.DONE;
    }
}

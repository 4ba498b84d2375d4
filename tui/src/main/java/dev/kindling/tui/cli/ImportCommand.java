package dev.kindling.tui.cli;

import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Validation;
import dev.kindling.tui.cli.OutputFile.Existing;
import dev.kindling.tui.text.ProblemText;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code kindling import}. */
@Command(name = "import", description = "Makes a definition of what another tool is fed with: Taskfile variables, provision requests, orders.")
final class ImportCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    Cli parent;

    @Parameters(paramLabel = "FILE", description = "YAML or JSON; - is standard input")
    @Nullable
    String file;

    @Option(names = "--set", paramLabel = "NAME=VALUE", description = "what FILE does not say: name, version, kind, cidr, gateway, bootServer, pool; repeatable")
    Map<String, String> more = new LinkedHashMap<>();

    @Option(names = {"-o",
            "--output"}, paramLabel = "FILE", description = "where the definition goes (default: standard output)")
    @Nullable
    String output;

    @Option(names = "--force", description = "overwrite the output")
    boolean force;

    @Override
    public Integer call() {
        Cli cli = Commands.of(parent);
        String source = Objects.requireNonNull(file);
        try (Kindling kindling = cli.open()) {
            Validation made = kindling.importFrom(source, cli.read(source, ""), more);
            if (made.text().isEmpty()) {
                return cli.refuse(made);
            }
            // to be completed by hand: it is written with its problems, which are told
            if (output == null) {
                cli.say(made.text());
            } else {
                OutputFile.write(cli, output, made.text(), force ? Existing.REPLACED : Existing.KEPT);
                cli.tell("Wrote " + output + ".\n");
            }
            cli.json(new TemplateCommand.Rendered(output, made.text()));
            if (!made.problems().isEmpty()) {
                cli.complain(ProblemText.of(output == null ? source : output, made.text(), made.problems(),
                        cli.ansi()));
            }
            return made.ok() ? ExitCode.DONE : ExitCode.BAD_USE;
        }
    }
}

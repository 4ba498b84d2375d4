package dev.kindling.tui.cli;

import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Parameters;

/** {@code kindling completion}. */
@Command(name = "completion", description = {"Prints a completion script for a shell.",
        "  source <(kindling completion bash)"})
final class CompletionCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    Cli parent;

    @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}")
    @Nullable
    Shell shell;

    /** Shells, spelled as they are typed. */
    enum Shell {
        bash,
        zsh
    }

    @Override
    public Integer call() {
        Cli cli = Commands.of(parent);
        String script = AutoComplete.bash("kindling", Cli.grammar(cli.world()));
        cli.world().out().print(switch (Objects.requireNonNull(shell)) {
            case bash -> script;
            // zsh reads bash's completions through its own emulation, which has to be loaded first
            case zsh -> "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" + script;
        });
        cli.world().out().flush();
        return ExitCode.DONE;
    }
}

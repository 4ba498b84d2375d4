package dev.kindling.tui.cli;

import dev.kindling.engine.Engine;
import dev.kindling.engine.api.Kindling;
import dev.kindling.tui.terminal.TuiApp;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code kindling tui}. */
@Command(name = "tui", description = "Wizard and live view of the machines in this terminal.")
final class TuiCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    Cli parent;

    @Option(names = "--ascii", description = "draw with ASCII only (default: where the locale is not UTF-8)")
    boolean ascii;

    @Option(names = "--warm-up", hidden = true, description = "for the primer medium, which keeps the classes that were loaded: draws nothing that is seen, and stops")
    boolean warmUp;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Cli cli = Commands.of(parent);
        if (!warmUp && !cli.world().terminal()) {
            throw Refusal.badUse("kindling tui needs a terminal",
                    "kindling up and kindling status do the same in scripts");
        }
        try (Kindling kindling = cli.openToRun()) {
            if (warmUp) {
                kindling.hardware();
                TuiApp.warmUp(kindling, Engine.primer(), cli.world().directory(), cli.world().clock());
                return ExitCode.DONE;
            }
            String farewell = TuiApp.run(kindling, Engine.primer(), cli.world().directory(),
                    Commands.withWorkspace("kindling tui", cli), ascii || !cli.world().unicode(), cli.world().clock());
            if (!farewell.isEmpty()) {
                cli.world().out().println(farewell);
            }
            return ExitCode.DONE;
        }
    }
}

package dev.kindling.tui.cli;

import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Kindling;
import dev.kindling.tui.text.HardwareText;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** {@code kindling hardware}. */
@Command(name = "hardware", description = "What this computer is made of.")
final class HardwareCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    Cli parent;

    @Override
    public Integer call() {
        Cli cli = Commands.of(parent);
        try (Kindling kindling = cli.open()) {
            Hardware hardware = kindling.hardware();
            cli.json(hardware);
            HardwareText.lines(hardware).forEach(line -> cli.say(line + "\n"));
            return ExitCode.DONE;
        }
    }
}

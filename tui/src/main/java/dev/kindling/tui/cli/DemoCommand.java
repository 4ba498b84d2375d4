package dev.kindling.tui.cli;

import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Problem;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code kindling demo}. */
@Command(name = "demo", description = {"Boots a cluster on virtual machines of this computer.",
        "From power-on over the network to the end, in a private network."})
final class DemoCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    Cli parent;

    @Option(names = "--simulated", description = "machines are programs that speak the boot protocols; needs no QEMU")
    boolean simulated;

    @Option(names = "--nodes", paramLabel = "N", defaultValue = "3", description = "number of machines (default: ${DEFAULT-VALUE})")
    int nodes;

    @Option(names = "--keep", description = "leave the machines running afterwards")
    boolean keep;

    @Mixin
    Randomness randomness = new Randomness();

    @Option(names = "--no-install", description = "for the launcher: never install missing Debian packages, name them")
    boolean noInstall;

    @Override
    public Integer call() throws InterruptedException {
        Cli cli = Commands.of(parent);
        try (Kindling kindling = cli.openToRun()) {
            Optional<Problem> noRack = simulated ? Optional.empty() : kindling.virtualRackProblem();
            noRack.ifPresent(problem -> cli.remark("No virtual rack can run here: " + problem.message()
                    + ".\nThe same plan runs against SIMULATED MACHINES instead.\n"));
            String text = demo(kindling, simulated || noRack.isPresent());
            Path file = OutputFile.write(cli, cli.workspaceDirectory().resolve("demo.yaml").toString(), text,
                    OutputFile.Existing.REPLACED);
            cli.remark("The definition of this demo is " + file + ".\n");
            return new Run(cli, kindling).of(kindling.validate(file.toString(), text), new Run.Choices(
                    randomness.options(null, keep, Map.of()), true, null,
                    Commands.withWorkspace("kindling up", cli)));
        }
    }

    private String demo(Kindling kindling, boolean simulated) {
        try {
            return kindling.demo(simulated, nodes);
        } catch (IllegalArgumentException e) {
            throw Refusal.badUse(String.valueOf(e.getMessage()), "give another number: --nodes N");
        }
    }
}

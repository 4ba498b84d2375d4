package dev.kindling.tui.cli;

import dev.kindling.engine.api.Kindling;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What every command that starts a run can be told about it. */
final class RunWishes {
    @Option(names = "--interface", paramLabel = "IF", description = "interface of this computer that real machines are served on")
    @Nullable
    String interfaceName;

    @Option(names = {"-y", "--yes"}, description = "do not ask")
    boolean yes;

    @Option(names = "--keep", description = "leave virtual machines running afterwards")
    boolean keep;

    @Option(names = "--parallel", paramLabel = "KIND=N", split = ",", description = "how many steps of a kind work at once: power=16,write=8,local=2")
    Map<String, Integer> parallel = Map.of();

    @Mixin
    Randomness randomness = new Randomness();

    Kindling.ApplyOptions options() {
        return randomness.options(interfaceName, keep, parallel);
    }
}

package dev.kindling.tui.cli;

import picocli.CommandLine.Option;

/** What simulated machines do by chance. */
final class Randomness {
    @Option(names = "--seed", paramLabel = "S", defaultValue = "1", description = "of everything random in simulated machines (default: ${DEFAULT-VALUE})")
    long seed;

    @Option(names = "--loss", paramLabel = "PERCENT", defaultValue = "0", description = "of simulated machines' datagrams that are lost (default: ${DEFAULT-VALUE})")
    int loss;

    int loss() {
        if (loss < 0 || loss > 100) {
            throw Refusal.badUse("--loss " + loss + " is no percentage", "give 0 to 100");
        }
        return loss;
    }
}

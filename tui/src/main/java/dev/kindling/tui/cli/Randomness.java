package dev.kindling.tui.cli;

import dev.kindling.engine.api.Kindling;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What simulated machines do by chance. */
final class Randomness {
    @Option(names = "--seed", paramLabel = "S", defaultValue = "1", description = "of everything random in simulated machines (default: ${DEFAULT-VALUE})")
    long seed;

    @Option(names = "--loss", paramLabel = "PERCENT", defaultValue = "0", description = "of simulated machines' datagrams that are lost (default: ${DEFAULT-VALUE})")
    int loss;

    @Option(names = "--delay", paramLabel = "MILLIS", defaultValue = "0", description = "of whatever simulated machines send (default: ${DEFAULT-VALUE})")
    int delay;

    @Option(names = "--failure-rate", paramLabel = "PERCENT", defaultValue = "0", description = "of simulated machines' boots and disk writes that fail (default: ${DEFAULT-VALUE})")
    int failures;

    /** The options of a run with these. */
    Kindling.ApplyOptions options(@Nullable String interfaceName, boolean keep, Map<String, Integer> parallel) {
        Kindling.RehearsalOptions checked = rehearsal();
        return new Kindling.ApplyOptions(Optional.ofNullable(interfaceName), keep, checked.lossPercent(),
                checked.seed(), checked.delay(), checked.failurePercent(), parallel);
    }

    Kindling.RehearsalOptions rehearsal() {
        percentage("--loss", loss);
        percentage("--failure-rate", failures);
        if (delay < 0 || delay > 10_000) {
            throw Refusal.badUse("--delay " + delay + " is no delay", "give 0 to 10000 milliseconds");
        }
        return new Kindling.RehearsalOptions(loss, Duration.ofMillis(delay), failures, seed);
    }

    private static void percentage(String option, int percent) {
        if (percent < 0 || percent > 100) {
            throw Refusal.badUse(option + " " + percent + " is no percentage", "give 0 to 100");
        }
    }
}

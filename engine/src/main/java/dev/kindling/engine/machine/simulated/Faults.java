package dev.kindling.engine.machine.simulated;

import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.model.Machine;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * What goes wrong with one simulated machine, by chance; the same seed gives the same machine the same luck. The engine
 * sees what it would see of a real machine: silence, another boot, a report of a failed write.
 */
final class Faults {
    /** Longer than a simulated machine may be silent before it is called stuck. */
    private static final Duration SILENCE = Duration.ofSeconds(70);
    private static final int SILENT_ONE_IN = 5;

    private final RandomGenerator random;
    private final int percent;

    Faults(RandomGenerator random, int percent) {
        this.random = random;
        this.percent = percent;
    }

    static Faults of(Machine machine, ApplyOptions options) {
        // another sequence than the network's: a lost datagram does not change who fails
        return new Faults(new java.util.SplittableRandom(options.seed() * 17 + machine.name().hashCode()),
                options.failurePercent());
    }

    /** How long it does nothing after it was switched on. */
    Duration silence() {
        return fails() && random.nextInt(SILENT_ONE_IN) == 0 ? SILENCE : Duration.ZERO;
    }

    /** Whether it starts anew in the middle of a boot. */
    boolean bootFails() {
        return fails();
    }

    boolean writeFails() {
        return fails();
    }

    private boolean fails() {
        return random.nextInt(100) < percent;
    }
}

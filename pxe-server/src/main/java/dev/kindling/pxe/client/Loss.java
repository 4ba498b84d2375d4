package dev.kindling.pxe.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Which datagrams get lost on the way, and how long the others take; a seeded generator makes it repeatable. Safe for
 * several threads.
 */
public final class Loss {
    private final RandomGenerator random;
    private final int percent;
    private final Duration delay;

    private Loss(RandomGenerator random, int percent, Duration delay) {
        if (percent < 0 || percent > 100) {
            throw new IllegalArgumentException("percent of packets lost: " + percent);
        }
        this.random = random;
        this.percent = percent;
        this.delay = delay;
    }

    /** A network without faults. */
    public static Loss none() {
        return new Loss(new java.util.Random(0), 0, Duration.ZERO);
    }

    /** Loses so many of a hundred datagrams, in each direction. */
    public static Loss of(RandomGenerator random, int percent) {
        return of(random, percent, Duration.ZERO);
    }

    /**
     * The same, on a long way.
     *
     * @param delay before whatever the machine sends: a round trip takes that much longer
     */
    public static Loss of(RandomGenerator random, int percent, Duration delay) {
        return new Loss(random, percent, delay);
    }

    /** Waits as long as what is sent now is under way. */
    void travel() throws InterruptedException {
        if (delay.isPositive()) {
            Thread.sleep(delay);
        }
    }

    synchronized boolean takes() {
        return percent > 0 && random.nextInt(100) < percent;
    }
}

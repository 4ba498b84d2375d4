package dev.kindling.pxe.client;

import java.util.random.RandomGenerator;

/** Which datagrams get lost on the way; a seeded generator makes it repeatable. Safe for several threads. */
public final class Loss {
    private final RandomGenerator random;
    private final int percent;

    private Loss(RandomGenerator random, int percent) {
        if (percent < 0 || percent > 100) {
            throw new IllegalArgumentException("percent of packets lost: " + percent);
        }
        this.random = random;
        this.percent = percent;
    }

    /** A network without faults. */
    public static Loss none() {
        return new Loss(new java.util.Random(0), 0);
    }

    /** Loses so many of a hundred datagrams, in each direction. */
    public static Loss of(RandomGenerator random, int percent) {
        return new Loss(random, percent);
    }

    synchronized boolean takes() {
        return percent > 0 && random.nextInt(100) < percent;
    }
}

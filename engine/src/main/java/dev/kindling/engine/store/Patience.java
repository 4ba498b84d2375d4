package dev.kindling.engine.store;

import java.time.Duration;

/** A bounded number of attempts: pauses that double, from a tenth of a second to one, until the time is over. */
final class Patience {
    private final long end;
    private long pauseMillis = 100;

    Patience(Duration atMost) {
        this.end = System.nanoTime() + atMost.toNanos();
    }

    boolean left() {
        return System.nanoTime() - end < 0;
    }

    void pause() throws InterruptedException {
        Thread.sleep(pauseMillis);
        pauseMillis = Math.min(1000, pauseMillis * 2);
    }
}

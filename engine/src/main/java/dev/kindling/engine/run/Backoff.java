package dev.kindling.engine.run;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Exponential backoff with full jitter: a time between nothing and {@code first * 2^(attempt - 1)}, at most
 * {@code longest}, so that a rack whose machines failed together does not try again together.
 */
record Backoff(Duration first, Duration longest) {
    Duration after(int attempt, RandomGenerator random) {
        long most = Math.min(longest.toMillis(), first.toMillis() << Math.min(attempt - 1, 20));
        return Duration.ofMillis(random.nextLong(most + 1));
    }
}

package dev.kindling.engine;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.run.Sleeper;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/**
 * What a run has of the world, and what a test replaces.
 *
 * @param random used by many threads
 * @param sleeper waits by the time of the clock
 * @param journal wraps the way to the journal, for tests that break it off
 * @param simulator makes simulated machines and what they boot from
 */
record World(Clock clock, RandomGenerator random, Sleeper sleeper, UnaryOperator<Consumer<Event>> journal,
        Simulator simulator) {
    static World real() {
        return new World(Clock.systemUTC(), new SecureRandom(), Sleeper.REAL, UnaryOperator.identity(),
                Simulator.OVER_LOOPBACK);
    }
}

package dev.kindling.engine.run;

import java.time.Duration;

/** Waits. A parameter, so that a test with a clock of its own need not. */
@FunctionalInterface
public interface Sleeper {
    /** Really waits. */
    Sleeper REAL = Thread::sleep;

    void sleep(Duration duration) throws InterruptedException;
}

package dev.kindling.desktop.vm;

import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/** Threads and time, as the view models see them. */
public interface Work {
    /**
     * Runs a task that may block, then hands its result to the user interface thread. When the task throws, the failure
     * is shown to the user and {@code then} is not called.
     *
     * @param what for the message, such as "reading the cluster's state"
     */
    <T> void run(String what, Callable<T> task, Consumer<? super T> then);

    /** Runs on the user interface thread, soon; may be called from any thread. */
    void ui(Runnable task);

    /** Runs on the user interface thread after a delay; may be called from any thread. */
    Timer later(Duration delay, Runnable task);

    /** What time it is. */
    Clock clock();

    /** Something that will run later. */
    interface Timer {
        /** No effect once it ran. */
        void stop();
    }
}

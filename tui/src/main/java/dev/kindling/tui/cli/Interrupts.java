package dev.kindling.tui.cli;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Ctrl-C. */
public interface Interrupts {
    /**
     * Calls {@code handler} at the first Ctrl-C instead of ending the process. A second one quits at once.
     *
     * @return to be closed when the process shall end at Ctrl-C again
     */
    Registration on(Runnable handler);

    /** Ends when closed. */
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }

    /** SIGINT of this process. */
    static Interrupts ofProcess() {
        return handler -> {
            AtomicInteger count = new AtomicInteger();
            return Signals.on(List.of("INT"), () -> {
                if (count.incrementAndGet() == 1) {
                    handler.run();
                } else {
                    Runtime.getRuntime().halt(ExitCode.CANCELLED);
                }
            });
        };
    }
}

package dev.kindling.engine;

import java.io.IOException;
import java.io.UncheckedIOException;

/** Where the facade promises an {@link UncheckedIOException}: the workspace itself cannot be read or written. */
final class Unchecked {
    private Unchecked() {}

    /** What reads or writes the workspace. */
    interface Work<T> {
        T get() throws IOException;
    }

    /** The same without an answer. */
    interface Effect {
        void run() throws IOException;
    }

    static <T> T get(Work<T> work) {
        try {
            return work.get();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void run(Effect effect) {
        get(() -> {
            effect.run();
            return effect;
        });
    }
}

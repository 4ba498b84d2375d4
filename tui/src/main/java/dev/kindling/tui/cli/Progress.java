package dev.kindling.tui.cli;

import dev.kindling.engine.api.Event;

/** Shows a run while it goes on. Called from one thread at a time, except {@link #note}. */
interface Progress extends AutoCloseable {
    void event(Event.Recorded recorded);

    /** A line of our own that must not be lost. */
    void note(String line);

    @Override
    void close();

    /** Shows nothing but our own notes: {@code --quiet}. */
    static Progress quiet(java.util.function.Consumer<String> lines) {
        return new Progress() {
            @Override
            public void event(Event.Recorded recorded) {}

            @Override
            public void note(String line) {
                lines.accept(line);
            }

            @Override
            public void close() {}
        };
    }
}

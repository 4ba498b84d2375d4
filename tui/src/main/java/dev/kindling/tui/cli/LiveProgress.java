package dev.kindling.tui.cli;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.tui.text.Ansi;
import dev.kindling.tui.text.EventText;
import dev.kindling.tui.text.StatusText;
import java.io.PrintStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A line per machine, drawn over again in place. What must be seen later, too (warnings, failures), scrolls away above
 * it as ordinary lines.
 */
final class LiveProgress implements Progress {
    private static final long REDRAW_MILLIS = 200;
    private final PrintStream out;
    private final Supplier<Optional<ClusterStatus>> status;
    private final Clock clock;
    private final IntSupplier columns;
    private final Ansi ansi;
    private final UnaryOperator<String> charset;
    private final ReentrantLock lock = new ReentrantLock();
    private final Thread painter;
    private List<String> drawn = List.of();
    private volatile boolean closed;

    LiveProgress(PrintStream out, Supplier<Optional<ClusterStatus>> status, Clock clock, IntSupplier columns, Ansi ansi,
            UnaryOperator<String> charset) {
        this.out = out;
        this.status = status;
        this.clock = clock;
        this.columns = columns;
        this.ansi = ansi;
        this.charset = charset;
        this.painter = Thread.ofVirtual().name("live-view").unstarted(this::repaint);
    }

    /** Keeps the picture fresh, for elapsed times grow without any event. */
    LiveProgress start() {
        paint();
        painter.start();
        return this;
    }

    private void repaint() {
        try {
            while (!closed) {
                paint();
                Thread.sleep(REDRAW_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void paint() {
        List<String> lines = StatusText.live(status.get().orElse(null), clock.instant(), columns.getAsInt() - 1, ansi);
        lock.lock();
        try {
            if (!closed && !lines.equals(drawn)) {
                draw(lines, List.of());
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void event(Event.Recorded recorded) {
        switch (EventText.mark(recorded.event())) {
            case WARNING, BAD -> note(EventText.line(recorded, ansi));
            case NONE, GOOD -> {
                // told by the machine's line
            }
        }
    }

    @Override
    public void note(String line) {
        lock.lock();
        try {
            draw(drawn, List.of(line));
        } finally {
            lock.unlock();
        }
    }

    // Cursor up, then each line is cleared to its end (EL): nothing flickers, no full-screen mode is entered, and what
    // was on the terminal before stays there.
    private void draw(List<String> lines, List<String> above) {
        StringBuilder frame = new StringBuilder();
        if (!drawn.isEmpty()) {
            frame.append("\u001b[").append(drawn.size()).append("A\r");
        }
        List<String> all = new ArrayList<>(above);
        all.addAll(lines);
        all.forEach(line -> frame.append(charset.apply(line)).append("\u001b[K\n"));
        frame.append("\u001b[J");
        out.print(frame);
        out.flush();
        drawn = List.copyOf(lines);
    }

    @Override
    public void close() {
        lock.lock();
        try {
            paint();
            closed = true;
        } finally {
            lock.unlock();
        }
        painter.interrupt();
    }
}

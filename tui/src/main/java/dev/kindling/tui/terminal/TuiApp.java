package dev.kindling.tui.terminal;

import com.googlecode.lanterna.TerminalSize;
import com.googlecode.lanterna.input.KeyStroke;
import com.googlecode.lanterna.screen.TerminalScreen;
import com.googlecode.lanterna.terminal.Terminal;
import com.googlecode.lanterna.terminal.virtual.DefaultVirtualTerminal;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Primer;
import dev.kindling.tui.screen.Effect;
import dev.kindling.tui.screen.Frame;
import dev.kindling.tui.screen.Message;
import dev.kindling.tui.screen.Model;
import dev.kindling.tui.screen.Performer;
import dev.kindling.tui.screen.Size;
import dev.kindling.tui.screen.Update;
import dev.kindling.tui.screen.View;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** The loop around the screens: keys and news in, cells out. */
public final class TuiApp {
    /** Pause where nothing happens: not felt by people, and under one percent of a processor. */
    private static final long IDLE_MILLIS = 20;
    /** How often the status is read while events come in. */
    private static final Duration REFRESH = Duration.ofMillis(150);
    /** How often it is read where none come. */
    private static final Duration LOOK = Duration.ofSeconds(3);
    private final TerminalScreen screen;
    private final Clock clock;
    private final LinkedBlockingQueue<Message> news = new LinkedBlockingQueue<>();
    private final Performer performer;
    private final Set<String> stale = new HashSet<>();
    private Model model;
    private @Nullable Frame drawn;
    private Instant refreshed = Instant.MIN;
    private @Nullable String farewell;

    /**
     * The screens on a terminal.
     *
     * @param directory that file names are resolved against
     * @param reattach the command that comes back to this workspace
     * @param executor for what can take time
     */
    TuiApp(Terminal terminal, Kindling kindling, Primer primer, Path directory, String reattach, boolean ascii,
            Clock clock,
            Executor executor) throws IOException {
        this.screen = new TerminalScreen(terminal);
        this.clock = clock;
        this.performer = new Performer(kindling, primer, directory, executor, news::add);
        TerminalSize size = terminal.getTerminalSize();
        this.model = Model.start(new Size(Math.max(1, size.getColumns()), Math.max(1, size.getRows())), ascii,
                clock.instant(), kindling.place(), reattach);
    }

    /**
     * Shows the screens on this process's terminal until the user leaves.
     *
     * @return what is to be printed afterwards, may be empty
     * @throws IOException if the terminal cannot be read or written
     */
    public static String run(Kindling kindling, Primer primer, Path directory, String reattach, boolean ascii,
            Clock clock)
            throws IOException, InterruptedException {
        Charset charset = ascii ? StandardCharsets.US_ASCII : StandardCharsets.UTF_8;
        TuiApp app = new TuiApp(new TtyTerminal(charset), kindling, primer, directory, reattach, ascii, clock,
                task -> Thread.ofVirtual().name("tui-effect").start(task));
        return app.run();
    }

    /** Draws the first screen in memory, so that everything that it needs has been loaded once. */
    public static void warmUp(Kindling kindling, Primer primer, Path directory, Clock clock) throws IOException {
        TuiApp app = new TuiApp(new DefaultVirtualTerminal(new TerminalSize(80, 24)), kindling, primer, directory, "",
                true, clock, Runnable::run);
        app.open();
        app.turn();
        app.close();
    }

    private String run() throws IOException, InterruptedException {
        open();
        try {
            while (farewell == null) {
                if (!turn()) {
                    Thread.sleep(IDLE_MILLIS);
                }
            }
            return farewell;
        } finally {
            close();
        }
    }

    void open() throws IOException {
        screen.startScreen();
        screen.setCursorPosition(null);
        Update.first().forEach(performer::perform);
        draw();
    }

    void close() throws IOException {
        performer.close();
        screen.stopScreen();
    }

    /** What the user shall see after the screens; null: they go on. */
    @Nullable
    String farewell() {
        return farewell;
    }

    /** Takes what is there, draws what changed. Returns whether there was anything. */
    boolean turn() throws IOException {
        boolean busy = false;
        TerminalSize resized = screen.doResizeIfNecessary();
        if (resized != null) {
            drawn = null;
            take(new Message.Resized(new Size(Math.max(1, resized.getColumns()), Math.max(1, resized.getRows()))));
            busy = true;
        }
        for (KeyStroke stroke = screen.pollInput(); stroke != null; stroke = screen.pollInput()) {
            Keys.of(stroke).ifPresent(key -> take(new Message.Pressed(key)));
            busy = true;
        }
        for (Message message = news.poll(); message != null; message = news.poll()) {
            if (message instanceof Message.EventsSeen seen) {
                stale.add(seen.cluster());
            }
            take(message);
            busy = true;
        }
        tick();
        draw();
        return busy;
    }

    private void tick() {
        Instant now = clock.instant();
        if (Duration.between(refreshed, now).compareTo(LOOK) >= 0) {
            // a run may be silent, and so is a server that is gone
            model.watched().ifPresent(stale::add);
        }
        if (!stale.isEmpty() && Duration.between(refreshed, now).compareTo(REFRESH) >= 0) {
            refreshed = now;
            stale.removeIf(performer::refresh);
        }
        take(new Message.Ticked(now));
    }

    private void take(Message message) {
        Update.Result result = Update.of(model, message);
        model = result.model();
        for (Effect effect : result.effects()) {
            if (effect instanceof Effect.Quit quit) {
                farewell = quit.farewell();
            } else {
                performer.perform(effect);
            }
        }
    }

    private void draw() throws IOException {
        Frame frame = View.of(model);
        if (drawn != null && frame.equals(drawn)) {
            return;
        }
        Cells.copy(frame, drawn, screen);
        screen.refresh();
        drawn = frame;
    }

    /** What the last drawn frame was. */
    List<String> lines() {
        Frame frame = View.of(model);
        return java.util.stream.IntStream.range(0, frame.size().rows()).mapToObj(frame::line).toList();
    }
}

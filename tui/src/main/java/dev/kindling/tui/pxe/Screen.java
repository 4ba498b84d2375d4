package dev.kindling.tui.pxe;

import dev.kindling.pxe.PxeEvent;
import dev.kindling.pxe.PxeServer;
import dev.kindling.pxe.standalone.BootBoard;
import dev.kindling.pxe.standalone.BootProgress;
import dev.kindling.tui.cli.Cli;
import dev.kindling.tui.text.Text;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A line for each event: time, machine, what it did; with {@code --json} an object. A thread of its own writes, so that
 * a slow terminal does not hold up the service: where it cannot follow, lines are left out, and their number is told.
 */
final class Screen implements Consumer<PxeEvent>, AutoCloseable {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT)
            .withZone(ZoneId.systemDefault());
    private static final int WAITING = 8192;
    private static final int LOOK_SECONDS = 2;
    private static final int LINES_A_SECOND = 500;

    private final Cli cli;
    private final BootBoard board = new BootBoard();
    private final BlockingQueue<PxeEvent> waiting = new ArrayBlockingQueue<>(WAITING);
    private final AtomicLong leftOut = new AtomicLong();
    private final Thread writer = new Thread(this::write, "screen");
    private volatile boolean closing;
    // of the writer
    private long second;
    private int lines;
    private int spared;

    Screen(Cli cli) {
        this.cli = cli;
        writer.setDaemon(true);
        writer.start();
    }

    /** What stands in every object. */
    record Line(String event, Instant at, @Nullable String mac, String text, Object details) {}

    /** A machine that does not go on. */
    record Stuck(String event, Instant at, String mac, BootProgress.Stage stage, Instant since, String evidence,
            String text) {}

    /** Something that the service itself has to say. */
    record Note(String event, Instant at, String text) {}

    /** The ports, as really bound; 0 where one is not used. */
    record Ready(String event, int dhcp, int proxy, int tftp, int http, int https) {}

    void ready(PxeServer server) {
        if (cli.forPrograms()) {
            cli.json(new Ready("Ready", server.dhcpPort(), server.proxyPort(), server.tftpPort(), server.httpPort(),
                    server.httpsPort()));
        } else {
            cli.say("ready\n");
        }
    }

    /** Every machine that was heard, and how far it has come. */
    BootBoard board() {
        return board;
    }

    /** Something that the service itself has to say. */
    void note(String text) {
        Instant now = cli.world().clock().instant();
        if (cli.forPrograms()) {
            cli.json(new Note("Note", now, text));
        } else {
            cli.say(line(now, "kindling", text));
        }
    }

    @Override
    public void accept(PxeEvent event) {
        if (!waiting.offer(event)) {
            leftOut.incrementAndGet();
        }
    }

    private void write() {
        var events = new ArrayList<PxeEvent>();
        long look = System.nanoTime();
        try {
            while (!closing || !waiting.isEmpty()) {
                PxeEvent first = waiting.poll(200, TimeUnit.MILLISECONDS);
                beginSecond(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime()));
                if (first != null) {
                    events.add(first);
                    waiting.drainTo(events);
                    show(events);
                    events.clear();
                }
                if (System.nanoTime() - look > TimeUnit.SECONDS.toNanos(LOOK_SECONDS)) {
                    look = System.nanoTime();
                    tellStuck();
                }
            }
            beginSecond(-1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void show(Iterable<PxeEvent> events) {
        var text = new StringBuilder();
        for (PxeEvent event : events) {
            board.accept(event);
            String mac = event.mac() == null ? null : event.mac().value();
            if (cli.forPrograms()) {
                cli.json(new Line(event.getClass().getSimpleName(), event.at(), mac, event.text(), event));
            } else if (isShown(event)) {
                text.append(line(event.at(), mac == null ? "-" : mac, event.text()));
            }
        }
        if (!text.isEmpty()) {
            // one write for all that were waiting
            cli.tell(text.toString());
        }
        long missing = leftOut.getAndSet(0);
        if (missing > 0) {
            note("%d events came faster than they could be shown, and were left out".formatted(missing));
        }
    }

    private void beginSecond(long now) {
        if (now == second) {
            return;
        }
        if (spared > 0) {
            note("%d more lines of transfers and leases that went well are left out: more than %d a second"
                    .formatted(spared, LINES_A_SECOND));
        }
        second = now;
        lines = 0;
        spared = 0;
    }

    /** Trouble always; of the rest so much as can be read. */
    private boolean isShown(PxeEvent event) {
        boolean shown = switch (event) {
            case PxeEvent.DhcpSeen _,PxeEvent.DhcpAnswered _,PxeEvent.FetchStarted _,PxeEvent.FetchDone _ ->
                lines++ < LINES_A_SECOND;
            case PxeEvent.Ignored _,PxeEvent.FetchFailed _,PxeEvent.Stalled _,PxeEvent.AddressConflict _,PxeEvent.ForeignServer _ ->
                true;
        };
        spared += shown ? 0 : 1;
        return shown;
    }

    /** Says which machines do not go on, once for each stage. */
    private void tellStuck() {
        Instant now = cli.world().clock().instant();
        for (BootBoard.Stuck stuck : board.newlyStuck(now)) {
            BootProgress machine = stuck.progress();
            if (cli.forPrograms()) {
                cli.json(new Stuck("Stuck", now, machine.mac().value(), machine.stage(), machine.since(),
                        machine.evidence(), stuck.reason()));
            } else {
                cli.say(line(now, machine.mac().value(), stuck.reason()));
            }
        }
    }

    private static String line(Instant at, String who, String text) {
        return "%s %-17s %s\n".formatted(TIME.format(at), who, Text.clean(text));
    }

    /** Shows what is waiting. */
    @Override
    public void close() {
        closing = true;
        try {
            writer.join(TimeUnit.SECONDS.toMillis(1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

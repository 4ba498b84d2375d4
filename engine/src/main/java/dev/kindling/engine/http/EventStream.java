package dev.kindling.engine.http;

import dev.kindling.engine.api.ConnectionFailed;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows a cluster's events over server-sent events. A stream that breaks, or falls silent, is opened again after the
 * last event that came, so that each event comes once and in order.
 */
final class EventStream implements Kindling.Subscription {
    private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);
    /** Three heartbeats. */
    private static final Duration SILENCE = Routes.HEARTBEAT.multipliedBy(3);
    private static final long FIRST_PAUSE = 100;
    private static final long LONGEST_PAUSE = 5000;

    private final HttpKindling.Wires wires;
    private final String path;
    private final Function<String, Event.Recorded> reader;
    private final Consumer<Event.Recorded> listener;
    private final Consumer<EventStream> ended;
    private final String name;
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile boolean closed;
    private volatile long heardAt;
    private long seq;
    private volatile @Nullable InputStream open;

    EventStream(HttpKindling.Wires wires, String path, long afterSeq, Function<String, Event.Recorded> reader,
            Consumer<Event.Recorded> listener, Consumer<EventStream> ended) {
        this.wires = wires;
        this.path = path;
        this.seq = afterSeq;
        this.reader = reader;
        this.listener = listener;
        this.ended = ended;
        this.name = "events " + path;
    }

    void start() {
        Thread.ofVirtual().name(name).start(this::run);
    }

    private void run() {
        long pause = FIRST_PAUSE;
        try {
            while (!closed) {
                long before = seq;
                try {
                    follow();
                } catch (IOException e) {
                    LOG.debug("{} broke after {}: {}", path, seq, e.toString());
                } catch (ConnectionFailed e) {
                    if (!Failures.passes(e.problem()) && !closed) {
                        LOG.error("events of {} cannot be followed: {}", path, e.problem());
                        return;
                    }
                    LOG.debug("{} after {}: {}", path, seq, e.problem());
                }
                pause = seq > before ? FIRST_PAUSE : Math.min(2 * pause, LONGEST_PAUSE);
                closed |= closing.await(pause, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            if (!closed) {
                LOG.error("a subscription to {} ended after event {}", path, seq, e);
            }
        } finally {
            closed = true;
            ended.accept(this);
        }
    }

    private void follow() throws IOException, InterruptedException {
        HttpResponse<InputStream> response = wires.send(wires.request(path).header("Accept", OpenApi.EVENT_STREAM)
                .header("Last-Event-ID", Long.toString(seq)).GET().build(), HttpResponse.BodyHandlers.ofInputStream());
        if (response.statusCode() != 200) {
            try (InputStream body = response.body()) {
                throw new ConnectionFailed(dev.kindling.engine.api.Problem.error(
                        response.statusCode() == 503 ? "server-stops" : "events-refused", path,
                        "the server answered with status " + response.statusCode() + ": "
                                + new String(body.readNBytes(500), StandardCharsets.UTF_8).strip(),
                        "", "look at the token and its role"));
            }
        }
        try (InputStream stream = response.body()) {
            open = stream;
            heardAt = System.nanoTime();
            Thread watchdog = Thread.ofVirtual().name("silence " + path).start(() -> watch(stream));
            try {
                read(stream);
            } finally {
                open = null;
                watchdog.interrupt();
            }
        }
    }

    /** A connection that was cut somewhere in between says nothing, for ever. */
    private void watch(InputStream stream) {
        try {
            while (System.nanoTime() - heardAt < SILENCE.toNanos()) {
                Thread.sleep(1000);
            }
            stream.close();
        } catch (InterruptedException e) {
            // it ended by itself
        } catch (IOException e) {
            LOG.debug("closing {}", path, e);
        }
    }

    private void read(InputStream stream) throws IOException {
        read(stream, (_, data) -> {
            heardAt = System.nanoTime();
            if (!data.isEmpty()) {
                Event.Recorded recorded = reader.apply(data);
                if (recorded.seq() > seq) {
                    listener.accept(recorded);
                    seq = recorded.seq();
                }
            }
            return !closed;
        });
    }

    /** Hears what a stream says. */
    interface Hearer {
        /**
         * An event, or, without data, a sign of life; returns whether there shall be more.
         *
         * @param name of the event
         */
        boolean hear(String name, String data);
    }

    /** Reads a stream to its end, or until nobody wants more. */
    static void read(InputStream stream, Hearer hearer) throws IOException {
        var lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
        var data = new StringBuilder();
        String name = "";
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith("data:")) {
                data.append(line, line.startsWith("data: ") ? 6 : 5, line.length());
            } else if (line.startsWith("event:")) {
                name = line.substring(6).strip();
            } else if (line.isEmpty()) {
                if (!hearer.hear(name, data.toString())) {
                    return;
                }
                data.setLength(0);
                name = "";
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        InputStream stream = open;
        if (stream != null) {
            try {
                stream.close();
            } catch (IOException e) {
                LOG.debug("closing {}", path, e);
            }
        }
        closing.countDown();
    }

    @Override
    public String toString() {
        return path + " after " + seq;
    }
}

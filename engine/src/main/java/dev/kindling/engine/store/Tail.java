package dev.kindling.engine.store;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling.Subscription;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows a cluster's journal: reads on from where it stands, told by this process or looking by itself. */
final class Tail implements Subscription {
    private static final Logger LOG = LoggerFactory.getLogger(Tail.class);

    /** How soon events of another process are seen. */
    private static final Duration POLL = Duration.ofMillis(100);

    private static final int PAGE = 500;

    private final Store store;
    private final Wakeup wakeup;
    private final String cluster;
    private final Consumer<Event.Recorded> listener;
    private final Consumer<Tail> ended;
    private volatile boolean closed;
    private long seq;

    Tail(Store store, Wakeup wakeup, String cluster, long afterSeq, Consumer<Event.Recorded> listener,
            Consumer<Tail> ended) {
        this.store = store;
        this.wakeup = wakeup;
        this.cluster = cluster;
        this.listener = listener;
        this.ended = ended;
        this.seq = afterSeq;
    }

    void start() {
        Thread.ofVirtual().name("tail-" + cluster).start(this::run);
    }

    private void run() {
        try {
            while (!closed) {
                long seen = wakeup.generation();
                List<Event.Recorded> page = store.read(cluster, seq, PAGE);
                for (Event.Recorded recorded : page) {
                    if (closed) {
                        return;
                    }
                    listener.accept(recorded);
                    seq = recorded.seq();
                }
                if (page.isEmpty()) {
                    wakeup.await(seen, POLL);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            if (!store.isClosed()) {
                LOG.error("a subscription to cluster {} ended after event {}", cluster, seq, e);
            }
        } finally {
            closed = true;
            ended.accept(this);
        }
    }

    @Override
    public void close() {
        closed = true;
        wakeup.all();
    }
}

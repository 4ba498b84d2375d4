package dev.kindling.engine.store;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling.Subscription;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows a cluster's journal: reads on from where it stands, told by this process or looking by itself. */
final class Tail implements Subscription {
    private static final Logger LOG = LoggerFactory.getLogger(Tail.class);

    private static final int PAGE = 500;

    /** Before a journal that cannot be read is tried again. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Store store;
    private final Wakeup wakeup;
    private final Duration poll;
    private final String cluster;
    private final Consumer<Event.Recorded> listener;
    private final Consumer<Tail> ended;
    private volatile boolean closed;
    private long seq;

    /**
     * @param poll how soon events of another process are seen, unless somebody tells of them
     */
    Tail(Store store, Wakeup wakeup, Duration poll, String cluster, long afterSeq, Consumer<Event.Recorded> listener,
            Consumer<Tail> ended) {
        this.store = store;
        this.wakeup = wakeup;
        this.poll = poll;
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
                List<Event.Recorded> page = page();
                for (Event.Recorded recorded : page) {
                    if (closed) {
                        return;
                    }
                    listener.accept(recorded);
                    seq = recorded.seq();
                }
                if (page.isEmpty()) {
                    wakeup.await(seen, poll);
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

    /** A state that cannot be reached, or a file that is busy, comes back; a user interface waits for it. */
    private List<Event.Recorded> page() throws InterruptedException {
        boolean told = false;
        while (true) {
            try {
                return store.read(cluster, seq, PAGE);
            } catch (UncheckedIOException e) {
                if (closed || store.isClosed()) {
                    return List.of();
                }
                if (!told) {
                    told = true;
                    LOG.warn("the events of cluster {} after {} cannot be read; trying again", cluster, seq, e);
                }
                Thread.sleep(PAUSE);
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        wakeup.all();
    }
}

package dev.kindling.pxe;

import dev.kindling.pxe.dhcp.Lease;
import dev.kindling.pxe.dhcp.LeaseLog;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes leases durable before their replies leave, for all DHCP services of one boot service. A thread of its own takes
 * all that was decided while it wrote the former ones, writes them with one disk sync, and only then has their replies
 * sent. So an ACK that was sent is on the disk, and the disk's time is shared by all who wait for it.
 */
final class LeaseStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseStore.class);
    /** Leases that wait for the disk: some seconds of all that one service can take. */
    private static final int MOST_WAITING = 50_000;
    private static final Entry CLOSE = new Entry(List.of(), () -> {}, reason -> {});

    private final LeaseLog log;
    private final List<Supplier<List<Lease>>> standing = new CopyOnWriteArrayList<>();
    private final LinkedBlockingQueue<Entry> queue = new LinkedBlockingQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final Thread writer;

    private record Entry(Collection<Lease> leases, Runnable stored, Consumer<String> refused) {}

    LeaseStore(LeaseLog log) {
        this.log = log;
        this.writer = Thread.ofPlatform().daemon().name("dhcp-leases").start(this::write);
    }

    /** The leases of a former run. */
    List<Lease> restored() {
        return log.restored();
    }

    /** Adds one who gives all of its leases as they stand, for the compaction of the log. */
    void compactedFrom(Supplier<List<Lease>> all) {
        standing.add(all);
    }

    /**
     * Stores them, soon.
     *
     * @param stored run by the writer's thread, when they are on the disk
     * @param refused told the reason instead, where that is not possible
     */
    void store(Collection<Lease> leases, Runnable stored, Consumer<String> refused) {
        if (waiting.addAndGet(leases.size()) > MOST_WAITING) {
            waiting.addAndGet(-leases.size());
            refused.accept("the disk is too slow for so many");
            return;
        }
        queue.add(new Entry(leases, stored, refused));
    }

    private void write() {
        var entries = new ArrayList<Entry>();
        boolean closing = false;
        try {
            while (!closing) {
                entries.add(queue.take());
                queue.drainTo(entries);
                closing = entries.remove(CLOSE);
                write(entries);
                entries.clear();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(List<Entry> entries) {
        var leases = new ArrayList<Lease>();
        entries.forEach(entry -> leases.addAll(entry.leases()));
        String failure = null;
        try {
            log.append(leases, () -> standing.stream().flatMap(each -> each.get().stream()).toList());
        } catch (IOException | RuntimeException e) {
            LOG.error("leases could not be stored", e);
            failure = String.valueOf(e.getMessage());
        }
        waiting.addAndGet(-leases.size());
        for (Entry entry : entries) {
            if (failure == null) {
                entry.stored().run();
            } else {
                entry.refused().accept(failure);
            }
        }
    }

    /** Ends the thread, with all that was decided stored. */
    @Override
    public void close() throws IOException {
        queue.add(CLOSE);
        try {
            writer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        log.close();
    }
}

package dev.kindling.engine.store;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lock on a cluster, renewed by itself until it is closed or lost.
 *
 * <p>
 * Its token grows with each owner of the cluster's lock, so that a paused process that wakes up after a takeover can be
 * told from the new owner: {@link Store#append(Lease, String, dev.kindling.engine.api.Event)}.
 */
public final class Lease implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Lease.class);

    private final Store store;
    private final String cluster;
    private final long token;
    private final Duration ttl;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final List<Runnable> whenLost = new CopyOnWriteArrayList<>();
    private volatile boolean lost;
    private volatile long renewedAt = System.nanoTime();
    private final Thread heartbeat;

    Lease(Store store, String cluster, long token, Duration ttl) {
        this.store = store;
        this.cluster = cluster;
        this.token = token;
        this.ttl = ttl;
        this.heartbeat = Thread.ofVirtual().name("lease-" + cluster).unstarted(this::beat);
    }

    Lease started() {
        heartbeat.start();
        return this;
    }

    public String cluster() {
        return cluster;
    }

    /** Grows with each owner. */
    public long token() {
        return token;
    }

    /** True once another owner has it, or may have it; it never comes back. */
    public boolean lost() {
        return lost;
    }

    /**
     * Renews it now, for an effect that no record in the journal comes before.
     *
     * @throws LostLock where another has it
     */
    public void ensureHeld() {
        if (!renew()) {
            throw new LostLock("the lock on cluster " + cluster + " now belongs to another process");
        }
    }

    /** Extends it by its time to live from now; false: another has it. */
    boolean renew() {
        long asked = System.nanoTime();
        if (store.renew(cluster, token, ttl)) {
            renewedAt = asked;
        } else {
            markLost();
        }
        return !lost;
    }

    /** Calls once it is lost; at once, where it is already. Whoever acts on the cluster must stop then. */
    public void onLost(Runnable action) {
        whenLost.add(action);
        if (lost && whenLost.remove(action)) {
            action.run();
        }
    }

    void markLost() {
        lost = true;
        for (Runnable action : List.copyOf(whenLost)) {
            if (whenLost.remove(action)) {
                action.run();
            }
        }
    }

    private void beat() {
        Duration pause = ttl.dividedBy(3);
        try {
            while (!closed.get() && !lost) {
                LockSupport.parkNanos(this, pause.toNanos());
                if (closed.get()) {
                    return;
                }
                // A database that says nothing more, as one behind an unplugged cable, holds the renewal up for longer
                // than the lock lasts. A process that was paused gets as long as ever to learn what became of its lock.
                Thread renewal = Thread.ofVirtual().name("renewal-" + cluster).start(this::renewOrSayWhyNot);
                Duration left = ttl.minusNanos(System.nanoTime() - renewedAt);
                if (!renewal.join(left.compareTo(pause) < 0 ? pause : left)) {
                    expired();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void renewOrSayWhyNot() {
        try {
            if (!renew()) {
                LOG.warn("the lock on cluster {} was taken over by another process", cluster);
            }
        } catch (RuntimeException e) {
            LOG.warn("the lock on cluster {} could not be renewed: {}", cluster, e.getMessage());
            // Until then nobody else may have it, so that it is tried again at the next beat.
            if (System.nanoTime() - renewedAt >= ttl.toNanos()) {
                expired();
            }
        }
    }

    private void expired() {
        if (!closed.get() && !lost) {
            LOG.warn("the lock on cluster {} has expired: another process may have it", cluster);
            markLost();
        }
    }

    /** Frees the lock, unless it was lost. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            LockSupport.unpark(heartbeat);
            store.release(this);
        }
    }
}

package dev.kindling.pxe.http;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Counts connections and memory, so that one client cannot take what the others need. */
final class Admission {
    /** The same refusal of the same client is told again after this. */
    private static final long TELL_AGAIN_NANOS = 10_000_000_000L;
    private static final int MAX_TOLD = 1024;

    private final Limits limits;
    private final AtomicInteger all = new AtomicInteger();
    private final ConcurrentHashMap<Object, Integer> ofClient = new ConcurrentHashMap<>();
    private final AtomicLong memory = new AtomicLong();
    private final ConcurrentHashMap<Object, Long> told = new ConcurrentHashMap<>();

    /** One who has 2^64 addresses is still one. */
    private record Prefix(long bits) {}

    Admission(Limits limits) {
        this.limits = limits;
    }

    /** Counts a connection in; else says why not. Whoever is in must {@link #leave}. */
    @Nullable
    String enter(InetAddress remote) {
        if (all.incrementAndGet() > limits.connections()) {
            all.decrementAndGet();
            return "more than %d connections at once".formatted(limits.connections());
        }
        Object client = client(remote);
        if (ofClient.merge(client, 1, Integer::sum) > limits.perAddress()) {
            leave(remote);
            return "more than %d connections of one client at once".formatted(limits.perAddress());
        }
        return null;
    }

    void leave(InetAddress remote) {
        all.decrementAndGet();
        ofClient.computeIfPresent(client(remote), (client, n) -> n == 1 ? null : n - 1);
    }

    /** Takes memory; false where there is too little, and nothing is taken then. */
    boolean reserve(long octets) {
        if (memory.addAndGet(octets) > limits.memory()) {
            memory.addAndGet(-octets);
            return false;
        }
        return true;
    }

    void free(long octets) {
        memory.addAndGet(-octets);
    }

    /** Whether to tell of a refusal: a flood of connections must not become a flood of events. */
    boolean worthTelling(InetAddress remote, String reason) {
        if (told.size() > MAX_TOLD) {
            return false;
        }
        long now = System.nanoTime();
        Object key = reason + client(remote);
        Long before = told.get(key);
        if (before != null && now - before < TELL_AGAIN_NANOS) {
            return false;
        }
        told.put(key, now);
        return true;
    }

    /** Forgets what was told long ago. */
    void sweep() {
        long now = System.nanoTime();
        told.values().removeIf(since -> now - since > TELL_AGAIN_NANOS);
    }

    private static Object client(InetAddress remote) {
        return remote instanceof Inet6Address six ? new Prefix(ByteBuffer.wrap(six.getAddress()).getLong()) : remote;
    }
}

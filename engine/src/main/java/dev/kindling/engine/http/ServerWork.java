package dev.kindling.engine.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The requests that are being answered, each on a virtual thread; ends them in order when the server stops. */
final class ServerWork {
    private final Phaser running = new Phaser(1);
    private final Set<Runnable> watchers = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<@Nullable Void> stopped = new CompletableFuture<>();
    private volatile boolean stopping;

    /** Ends when closed. */
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }

    /** Begins it, or returns false: the server stops, and nothing is begun any more. */
    boolean begin(Runnable task) {
        if (stopping) {
            return false;
        }
        running.register();
        Thread.ofVirtual().name("http").start(() -> {
            try {
                task.run();
            } finally {
                running.arriveAndDeregister();
            }
        });
        return true;
    }

    boolean stopping() {
        return stopping;
    }

    /** Done when the server stops: for those who wait for something. */
    CompletableFuture<@Nullable Void> stopped() {
        return stopped;
    }

    Registration whenStopping(Runnable action) {
        watchers.add(action);
        if (stopping) {
            action.run();
        }
        return () -> watchers.remove(action);
    }

    /** Ends streams at once, and gives the rest that long. */
    void stop(Duration patience) {
        stopping = true;
        watchers.forEach(Runnable::run);
        stopped.complete(null);
        try {
            running.awaitAdvanceInterruptibly(running.arrive(), patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            // whoever has no answer now gets none
            org.slf4j.LoggerFactory.getLogger(ServerWork.class).warn("requests were cut off by the end of the server");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

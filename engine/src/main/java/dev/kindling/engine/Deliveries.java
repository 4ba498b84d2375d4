package dev.kindling.engine;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.definition.Definitions;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Webhook;
import dev.kindling.engine.run.Courier;
import dev.kindling.engine.store.Acquisition;
import dev.kindling.engine.store.Lease;
import dev.kindling.engine.store.Store;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The couriers of a cluster's webhooks, beside its run and never in its way. One process has them at a time, so that
 * events come in their order; what could not be delivered waits in the journal for the next run.
 */
final class Deliveries {
    private static final Logger LOG = LoggerFactory.getLogger(Deliveries.class);
    private static final Duration LOCK = Duration.ofSeconds(15);
    /** A run that nobody works on for so long has died; its process may take a while to start. */
    private static final Duration SILENCE = Duration.ofSeconds(30);
    /** How long it is tried to deliver the rest after the end of a run. */
    static final Duration PATIENCE = Duration.ofMinutes(10);

    private final Workspace workspace;
    private final Store store;
    private final World world;
    private final String cluster;
    private final String run;

    Deliveries(Workspace workspace, Store store, World world, String cluster, String run) {
        this.workspace = workspace;
        this.store = store;
        this.world = world;
        this.cluster = cluster;
        this.run = run;
    }

    /** The webhooks of the definition that was accepted last, even where the cluster was removed since. */
    static List<Webhook> webhooks(List<Event.Recorded> journal) {
        for (Event.Recorded recorded : journal.reversed()) {
            if (recorded.event() instanceof Event.Defined(String text, String _)) {
                Cluster model = Definitions.read("definition", text).cluster();
                return model == null ? List.of() : model.webhooks();
            }
        }
        return List.of();
    }

    /**
     * Delivers until everything of the run is told, {@code patience} has passed since its end, or this thread is
     * interrupted.
     *
     * @param ended true: the run is over already
     */
    void deliver(boolean ended, Duration patience) throws InterruptedException {
        List<Webhook> webhooks = webhooks(store.read(cluster, 0));
        if (webhooks.isEmpty()) {
            return;
        }
        var end = new End(ended, patience);
        Lease lease = lock(end);
        if (lease == null) {
            return;
        }
        try (lease) {
            List<Event.Recorded> before = store.read(cluster, 0);
            var couriers = new ArrayList<Thread>();
            try {
                for (Webhook webhook : webhooks) {
                    couriers.add(Thread.ofVirtual().name("courier-" + webhook.url())
                            .start(() -> deliver(webhook, before, end)));
                }
                for (Thread courier : couriers) {
                    courier.join();
                }
            } finally {
                couriers.forEach(Thread::interrupt);
            }
        }
    }

    /** Null: another process has the couriers, and this run is over. */
    private @Nullable Lease lock(End end) throws InterruptedException {
        while (true) {
            switch (store.acquire(cluster + "/webhooks", LOCK)) {
                case Acquisition.Acquired(Lease mine, var _) -> {
                    return mine;
                }
                case Acquisition.HeldBy _ -> {
                    if (end.tooLate()) {
                        return null;
                    }
                    TimeUnit.MILLISECONDS.sleep(200);
                }
            }
        }
    }

    private void deliver(Webhook webhook, List<Event.Recorded> before, End end) {
        try {
            String secret = webhook.secretName();
            byte[] key = secret == null
                    ? new byte[0]
                    : new Secrets(workspace, store, cluster, event -> store.append(cluster, run, event)).named(secret);
            long reached = Courier.reached(webhook, before);
            new Courier(webhook, key, (seq, limit) -> store.read(cluster, seq, limit),
                    event -> store.append(cluster, run, event), world.sleeper(), world.random())
                    .deliver(reached >= 0 ? reached : beginning(webhook, before), end::here, end::tooLate);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            LOG.error("the webhook {} is not told any more in this run", webhook.url(), e);
        }
    }

    /** What was before the webhook was defined is no news. What a courier did not tell that was killed is. */
    private static long beginning(Webhook webhook, List<Event.Recorded> before) {
        long defined = 0;
        for (Event.Recorded recorded : before.reversed()) {
            if (recorded.event() instanceof Event.Defined) {
                if (webhooks(List.of(recorded)).stream().noneMatch(other -> other.url().equals(webhook.url()))) {
                    break;
                }
                defined = recorded.seq();
            }
        }
        return defined;
    }

    /** Whether the run has ended, by its own word or because nobody works on the cluster any more. */
    private final class End {
        private final Duration patience;
        private @Nullable Instant at;
        private Instant workedOn = world.clock().instant();
        private long read;

        End(boolean ended, Duration patience) {
            this.patience = patience;
            this.at = ended ? workedOn : null;
        }

        synchronized boolean here() {
            Instant now = world.clock().instant();
            if (at == null && (saysSo() || silentFor(now).compareTo(SILENCE) > 0)) {
                at = now;
                return false; // its last record may have come after the last look
            }
            return at != null;
        }

        synchronized boolean tooLate() {
            return here() && !world.clock().instant().isBefore(Objects.requireNonNull(at).plus(patience));
        }

        private boolean saysSo() {
            boolean says = false;
            for (Event.Recorded recorded : store.read(cluster, read)) {
                read = recorded.seq();
                says |= recorded.run().equals(run) && recorded.event() instanceof Event.RunEnded;
            }
            return says;
        }

        private Duration silentFor(Instant now) {
            if (store.holder(cluster).isPresent()) {
                workedOn = now;
            }
            return Duration.between(workedOn, now);
        }
    }
}

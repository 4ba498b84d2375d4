package dev.kindling.engine.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The answer to a wish for the lock on a cluster. */
public sealed interface Acquisition {
    /**
     * It is ours.
     *
     * @param takenFrom the owner that died or let it expire; null: it was free
     */
    record Acquired(Lease lease, @Nullable Owner takenFrom) implements Acquisition {}

    /**
     * It is another's.
     *
     * @param since when it was acquired
     * @param expires when it becomes free unless renewed
     * @param alive whether that process runs; null where that cannot be seen from here
     */
    record HeldBy(Owner owner, Instant since, Instant expires, @Nullable Boolean alive) implements Acquisition {}
}

package dev.kindling.engine.model;

import java.time.Duration;
import java.util.List;

/**
 * When a cluster counts as up.
 *
 * @param timeout how long forming it may take, from the first machine's system to the last Ready node
 * @param checks what is looked at beside {@link Check#API} and {@link Check#NODES}, which always are
 */
public record Checks(Duration timeout, List<Check> checks) {
    public static final Checks DEFAULT = new Checks(Duration.ofMinutes(15), List.of());

    public Checks {
        checks = List.copyOf(checks);
        if (!timeout.isPositive()) {
            throw new IllegalArgumentException("a timeout is longer than nothing");
        }
    }

    /** Something that is looked at. */
    public enum Check {
        API,
        NODES,
        OPERATORS,
        DNS,
        INGRESS,
        STORAGE,
        ETCD,
        CERTIFICATES,
        NETWORK,
        SECURITY,
        PERFORMANCE;

        /** Whether every run looks at it. */
        public boolean isAlwaysDone() {
            return this == API || this == NODES;
        }
    }
}

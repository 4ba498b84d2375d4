package dev.kindling.engine.api;

import java.time.Instant;

/**
 * One aspect of a cluster. It exists from the first moment, with a reason.
 *
 * @param reason CamelCase word for programs
 * @param message for people
 * @param since when {@code status} last changed
 */
public record Condition(Type type, Status status, String reason, String message, Instant since) {
    /** Aspects. */
    public enum Type {
        TEMPLATE_APPLIED,
        INFRASTRUCTURE_READY,
        NODES_READY,
        CLUSTER_AVAILABLE
    }

    /** Truth values. */
    public enum Status {
        TRUE,
        FALSE,
        UNKNOWN
    }
}

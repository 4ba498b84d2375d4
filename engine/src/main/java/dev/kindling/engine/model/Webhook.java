package dev.kindling.engine.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who is told of a cluster's events over HTTP.
 *
 * @param url http or https
 * @param secretName name of the secret that signs what is sent; null: unsigned
 * @param events types of events that are sent, such as {@code StepFailed}; empty: all but the progress of steps
 */
public record Webhook(String url, @Nullable String secretName, List<String> events) {
    public Webhook {
        events = List.copyOf(events);
    }
}

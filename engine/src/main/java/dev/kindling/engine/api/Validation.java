package dev.kindling.engine.api;

import dev.kindling.engine.model.Cluster;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of reading a definition.
 *
 * @param source where the text came from, for messages
 * @param text the definition as it was written
 * @param cluster the model; null where a problem is an error
 * @param problems all of them, in the order of the text
 */
public record Validation(String source, String text, @Nullable Cluster cluster, List<Problem> problems) {
    public Validation {
        problems = List.copyOf(problems);
    }

    public boolean ok() {
        return cluster != null;
    }
}

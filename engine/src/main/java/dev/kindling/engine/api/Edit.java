package dev.kindling.engine.api;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A change of a definition's text.
 *
 * @param path where: {@code spec.nodePools[1].count}, {@code spec.nodePools[workers].count} (the item whose name is
 *            workers), {@code spec.nodePools[+]} (a new item at the end), {@code metadata.labels["example.com/owner"]}
 * @param value what is written there, as YAML ({@code 5}, {@code "yes"}, {@code [a, b]}, or a block of lines); null:
 *            the key or item is removed
 */
public record Edit(String path, @Nullable String value) {
    private static final Pattern PLAIN = Pattern
            .compile("(?!(?i:true|false|null|yes|no|on|off|y|n)$)[A-Za-z][A-Za-z0-9-]*");

    /** Writes a text: one that looks like a number or a truth value stays a text. */
    public static Edit text(String path, String text) {
        return new Edit(path, PLAIN.matcher(text).matches()
                ? text
                : '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\t", "\\t")
                        + '"');
    }

    /** Writes a number. */
    public static Edit number(String path, long number) {
        return new Edit(path, Long.toString(number));
    }

    /** Removes a key with its value, or an item. */
    public static Edit remove(String path) {
        return new Edit(path, null);
    }
}

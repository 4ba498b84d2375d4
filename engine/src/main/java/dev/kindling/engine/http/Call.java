package dev.kindling.engine.http;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request that was let in and fits its route.
 *
 * @param inPath values of the path's names
 * @param query values that were given or are the default
 * @param from address of the other end
 * @param headers names in lower case
 * @param file holds the body of a route that takes a file; null: {@code body} does
 */
record Call(Principal user, String from, String path, Map<String, String> inPath, Map<String, String> query,
        Map<String, String> headers, byte[] body, @Nullable Path file) {
    Call with(byte[] arrived, @Nullable Path inFile) {
        return new Call(user, from, path, inPath, query, headers, arrived, inFile);
    }

    /** Of a route that takes a file. */
    Path sent() {
        return Objects.requireNonNull(file);
    }

    String cluster() {
        return name("cluster");
    }

    String name(String of) {
        return Objects.requireNonNull(inPath.get(of), of);
    }

    Optional<String> value(String of) {
        return Optional.ofNullable(query.get(of));
    }

    /** Of a parameter that has a default. */
    String given(String of) {
        return value(of).orElseThrow();
    }

    int number(String of) {
        return Integer.parseInt(given(of));
    }

    Optional<String> header(String of) {
        return Optional.ofNullable(headers.get(of));
    }

    String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /** Whether the client prefers that type of content to JSON. */
    boolean wants(String type) {
        return header("accept").orElse("").contains(type);
    }
}

package dev.kindling.pxe.http;

import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is answered.
 *
 * @param headers without Content-Length, Date and Connection
 * @param length Content-Length; the body may be missing (HEAD), but never differs
 * @param transfer told when it ends; null: not a download
 */
record Response(int status, Map<String, String> headers, long length, Body body, @Nullable Transfer transfer) {
    /** What follows the headers. */
    sealed interface Body {
        /** Nothing. */
        record None() implements Body {}

        /** Part of generated content. */
        record Octets(byte[] octets, int from, int length) implements Body {}

        /** Part of an open file; who writes it closes it. */
        record Region(FileChannel file, long from, long length) implements Body {}
    }

    /** A download for the events. {@code told} is false for the small range requests of a mounted image. */
    record Transfer(String path, long octets, boolean told) {}

    static Response text(int status, String text) {
        return text(status, text, Map.of());
    }

    static Response text(int status, String text, Map<String, String> more) {
        var headers = new LinkedHashMap<>(more);
        headers.put("Content-Type", "text/plain; charset=utf-8");
        byte[] octets = text.getBytes(StandardCharsets.UTF_8);
        return new Response(status, headers, octets.length, new Body.Octets(octets, 0, octets.length), null);
    }

    /** As HEAD asks for it: the same headers. */
    Response withoutBody() {
        return new Response(status, headers, length, new Body.None(), null);
    }
}

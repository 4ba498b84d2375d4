package dev.kindling.pxe.http;

import dev.kindling.pxe.BootFile;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is answered.
 *
 * @param head status line and fields, each with its line end; without Date, Connection and the empty line
 * @param body what follows; missing for HEAD
 * @param held what the body is read from; null: nothing
 * @param transfer told when it ends; null: not a download
 */
record Response(byte[] head, List<Segment> body, @Nullable Held held, @Nullable Transfer transfer) {
    /** A piece of a body. */
    sealed interface Segment {
        long length();

        /** In memory. */
        record Octets(byte[] octets, int from, int size) implements Segment {
            @Override
            public long length() {
                return size;
            }
        }

        /** Part of an open file. */
        record FilePart(OpenFile file, long from, long length) implements Segment {}

        /** Part of something that is made while it is read. */
        record MadePart(BootFile.Content content, long from, long length) implements Segment {}
    }

    /** What has to be told that the response is over. */
    interface Held {
        /** All of the file went out. */
        default void sent() {}

        /** Called once, at the end. */
        void release();
    }

    /** A download for the events. {@code told} is false for the small range requests of a mounted image. */
    record Transfer(String path, long octets, boolean told) {}

    static Response text(int status, String text) {
        return text(status, text, Map.of());
    }

    static Response text(int status, String text, Map<String, String> more) {
        byte[] octets = text.getBytes(StandardCharsets.UTF_8);
        if (status == 204) {
            return new Response(new Fields(status).octets(), List.of(), null, null); // RFC 9110: not even a length
        }
        var head = new Fields(status).with("Content-Type", "text/plain; charset=utf-8");
        more.forEach(head::with);
        return new Response(head.with("Content-Length", Integer.toString(octets.length)).octets(),
                List.of(new Segment.Octets(octets, 0, octets.length)), null, null);
    }

    /** The same headers, as HEAD asks for them. */
    Response withoutBody() {
        if (held != null) {
            held.release();
        }
        return new Response(head, List.of(), null, null);
    }

    /** Octets of the body. */
    long length() {
        long length = 0;
        for (Segment segment : body) {
            length += segment.length();
        }
        return length;
    }

    /** Status line and header fields in the making. */
    static final class Fields {
        private final StringBuilder text = new StringBuilder(256);

        Fields(int status) {
            text.append("HTTP/1.1 ").append(status).append(' ')
                    .append(HttpResponseStatus.valueOf(status).reasonPhrase()).append("\r\n");
        }

        Fields with(String name, String value) {
            text.append(name).append(": ").append(value).append("\r\n");
            return this;
        }

        byte[] octets() {
            return text.toString().getBytes(StandardCharsets.ISO_8859_1);
        }
    }
}

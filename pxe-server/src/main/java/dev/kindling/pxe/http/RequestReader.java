package dev.kindling.pxe.http;

import dev.kindling.pxe.http.RequestHead.Malformed;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what arrives on a connection into requests, however it was cut into packets. Holds no more than the octets of
 * unfinished requests.
 */
final class RequestReader {
    static final int MAX_LINE = 8 * 1024;
    static final int MAX_HEAD = 16 * 1024;
    static final int MAX_BODY = 1 << 20;
    private static final int MAX_CHUNK_LINE = 1024;
    private static final byte[] NOTHING = {};
    /** The first octet of a TLS handshake record. */
    private static final int TLS_HANDSHAKE = 0x16;
    private static final Pattern CHUNK_SIZE = Pattern.compile("([0-9A-Fa-f]{1,7})[ \t]*(;[^\\p{Cntrl}]*)?");

    private byte[] in = NOTHING;
    private int from;
    private int to;
    /** Before this there is no end of a header section. */
    private int scanned;
    private @Nullable RequestHead head;
    private byte[] body = NOTHING;
    private int bodyLength;
    private Chunk chunk = Chunk.SIZE;
    private long left;
    private int trailers;

    private enum Chunk {
        SIZE,
        DATA,
        DATA_END,
        TRAILERS
    }

    /** A request that is complete. */
    record Request(RequestHead head, byte[] body) {}

    /** Takes all of it, and leaves its release to the caller. */
    void add(ByteBuf arrived) {
        int more = arrived.readableBytes();
        if (from == to) {
            in = ByteBufUtil.getBytes(arrived);
            scanned = 0;
            from = 0;
            to = more;
            return;
        }
        if (to + more > in.length) {
            byte[] larger = new byte[Math.max(to - from + more, Math.min(2 * (to - from), MAX_HEAD + 1))];
            System.arraycopy(in, from, larger, 0, to - from);
            scanned -= from;
            to -= from;
            from = 0;
            in = larger;
        }
        arrived.getBytes(arrived.readerIndex(), in, to, more);
        to += more;
    }

    /** Octets in memory. */
    int held() {
        return (from == to ? 0 : in.length) + body.length;
    }

    /** Whether a request has begun that is not complete. */
    boolean begun() {
        return head != null || from < to;
    }

    /** The request whose body is awaited. */
    @Nullable
    RequestHead head() {
        return head;
    }

    /**
     * The next request; null until more arrives.
     *
     * @throws Malformed where the rest of the connection cannot be trusted to be requests
     */
    @Nullable
    Request next() throws Malformed {
        if (head == null && !readHead()) {
            return null;
        }
        var known = Objects.requireNonNull(head);
        if (known.length() == 0) {
            head = null;
            return new Request(known, NOTHING);
        }
        if (!(known.length() == RequestHead.CHUNKED ? readChunks() : readBody())) {
            if (from == to) {
                in = NOTHING;
                from = 0;
                to = 0;
            }
            return null;
        }
        byte[] whole = body.length == bodyLength ? body : Arrays.copyOf(body, bodyLength);
        head = null;
        body = NOTHING;
        bodyLength = 0;
        return new Request(known, whole);
    }

    private boolean readHead() throws Malformed {
        // RFC 9112, section 2.2: an empty line before a request is left over from the one before
        while (from < to && (in[from] == '\r' || in[from] == '\n')) {
            from++;
        }
        if (from == to) {
            in = NOTHING;
            from = 0;
            to = 0;
            scanned = 0;
            return false;
        }
        scanned = Math.max(scanned, from);
        if (in[from] <= ' ' || in[from] == 0x7f) {
            throw new Malformed(400, in[from] == TLS_HANDSHAKE
                    ? "TLS is spoken here to the port of plain HTTP"
                    : "no request of HTTP");
        }
        int end = headEnd();
        if ((end < 0 ? to : end) - from > MAX_HEAD || (end < 0 && to - from > MAX_LINE)) {
            int line = from;
            while (line < to && in[line] != '\n') {
                line++;
            }
            if (line - from > MAX_LINE) {
                throw new Malformed(414, "a request line of more than " + MAX_LINE + " octets");
            }
            if ((end < 0 ? to : end) - from > MAX_HEAD) {
                throw new Malformed(431, "a header section of more than " + MAX_HEAD + " octets");
            }
        }
        if (end < 0) {
            return false;
        }
        var parsed = RequestHead.parse(in, from, end);
        if (parsed.target().length() > MAX_LINE) {
            throw new Malformed(414, "a request line of more than " + MAX_LINE + " octets");
        }
        if (parsed.length() > MAX_BODY) {
            throw new Malformed(413, "a body of more than " + MAX_BODY + " octets");
        }
        head = parsed;
        from = end;
        scanned = end;
        chunk = Chunk.SIZE;
        trailers = 0;
        left = parsed.length();
        return true;
    }

    /** Behind the empty line; -1 where it has not come. */
    private int headEnd() {
        for (int i = scanned; i < to; i++) {
            if (in[i] == '\n') {
                int next = i + 1 < to && in[i + 1] == '\r' ? i + 2 : i + 1;
                if (next < to && in[next] == '\n') {
                    return next + 1;
                }
            }
        }
        scanned = Math.max(from, to - 2);
        return -1;
    }

    private boolean readBody() {
        take();
        return left == 0;
    }

    private boolean readChunks() throws Malformed {
        while (true) {
            switch (chunk) {
                case SIZE -> {
                    String line = line();
                    if (line == null) {
                        return false;
                    }
                    var size = CHUNK_SIZE.matcher(line);
                    if (!size.matches()) {
                        throw new Malformed(400, "a chunk without its size");
                    }
                    left = Long.parseLong(size.group(1), 16);
                    if (bodyLength + left > MAX_BODY) {
                        throw new Malformed(413, "a body of more than " + MAX_BODY + " octets");
                    }
                    chunk = left == 0 ? Chunk.TRAILERS : Chunk.DATA;
                }
                case DATA -> {
                    take();
                    if (left > 0) {
                        return false;
                    }
                    chunk = Chunk.DATA_END;
                }
                case DATA_END -> {
                    String line = line();
                    if (line == null) {
                        return false;
                    }
                    if (!line.isEmpty()) {
                        throw new Malformed(400, "a chunk that is longer than its size");
                    }
                    chunk = Chunk.SIZE;
                }
                case TRAILERS -> {
                    String line = line();
                    if (line == null) {
                        return false;
                    }
                    trailers += line.length();
                    if (trailers > MAX_HEAD) {
                        throw new Malformed(431, "trailers of more than " + MAX_HEAD + " octets");
                    }
                    if (line.isEmpty()) {
                        return true;
                    }
                }
            }
        }
    }

    /** Moves what has come into the body. */
    private void take() {
        int n = (int) Math.min(left, to - from);
        if (bodyLength + n > body.length) {
            body = Arrays.copyOf(body, (int) Math.min(Math.max(bodyLength + n, 2L * body.length), MAX_BODY));
        }
        System.arraycopy(in, from, body, bodyLength, n);
        bodyLength += n;
        from += n;
        left -= n;
        scanned = from;
    }

    private @Nullable String line() throws Malformed {
        for (int i = from; i < to; i++) {
            if (in[i] == '\n') {
                int end = i > from && in[i - 1] == '\r' ? i - 1 : i;
                String line = new String(in, from, end - from, StandardCharsets.ISO_8859_1);
                from = i + 1;
                scanned = from;
                return line;
            }
        }
        if (to - from > MAX_CHUNK_LINE) {
            throw new Malformed(400, "a chunk without its size");
        }
        return null;
    }
}

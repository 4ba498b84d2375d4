package dev.kindling.pxe.client;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * HTTP as a booted machine speaks it: from its own address, with its token. For simulated machines; a thousand of them
 * may ask at once on virtual threads. Not for HTTPS.
 */
public final class MachineHttp {
    private static final int LARGEST_TEXT = 4 << 20;
    private final InetAddress local;
    private final @Nullable String token;
    private final Duration timeout;

    /** An answer with a small body. */
    public record Reply(int status, String body) {
        /** Whether the status is 200 to 299. */
        public boolean ok() {
            return status >= 200 && status < 300;
        }
    }

    /** The answer to a download; {@code bytes} of it were written. */
    public record Download(int status, long bytes) {}

    /**
     * Speaks for one machine.
     *
     * @param local the machine's address, which this host must have: anything in 127/8 on Linux
     * @param token bearer token; null: none
     * @param timeout for a connection, and for the next octets on it
     */
    public MachineHttp(InetAddress local, @Nullable String token, Duration timeout) {
        this.local = local;
        this.token = token;
        this.timeout = timeout;
    }

    /**
     * GET.
     *
     * @throws IOException if there is no whole answer, or one above 4 MiB
     * @throws InterruptedException if the thread was interrupted; the connection is closed then
     */
    public Reply get(URI uri) throws IOException, InterruptedException {
        return text(uri, null);
    }

    /** POST of a text, as {@link #get}. */
    public Reply post(URI uri, String body) throws IOException, InterruptedException {
        return text(uri, body.getBytes(StandardCharsets.UTF_8));
    }

    /** GET of something large, as {@link #get}; {@code to} gets the body whatever the status is. */
    public Download download(URI uri, OutputStream to) throws IOException, InterruptedException {
        long[] bytes = {0};
        var head = PlainHttp.exchange(local, uri, token, null, timeout, (octets, from, length) -> {
            to.write(octets, from, length);
            bytes[0] += length;
        });
        return new Download(head.status(), bytes[0]);
    }

    private Reply text(URI uri, byte @Nullable [] content) throws IOException, InterruptedException {
        var body = new ByteArrayOutputStream();
        var head = PlainHttp.exchange(local, uri, token, content, timeout, (octets, from, length) -> {
            if (body.size() + length > LARGEST_TEXT) {
                throw new IOException("more than 4 MiB of text");
            }
            body.write(octets, from, length);
        });
        return new Reply(head.status(), body.toString(StandardCharsets.UTF_8));
    }

    /** Without the token. */
    @Override
    public String toString() {
        return "MachineHttp[" + local.getHostAddress() + "]";
    }
}

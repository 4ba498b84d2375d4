package dev.kindling.pxe.client;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Counts what is downloaded, and keeps it only as long as it may be a script. */
final class Sink {
    private static final String MARK = "#!ipxe";
    private static final int LARGEST_SCRIPT = 256 * 1024;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream(512);
    private long bytes;
    private boolean marked;
    private boolean script = true;

    void take(byte[] octets, int from, int length) {
        bytes += length;
        if (script) {
            kept.write(octets, from, length);
            marked = marked || (kept.size() >= MARK.length() && text().startsWith(MARK));
            script = kept.size() <= LARGEST_SCRIPT && (marked || kept.size() < MARK.length());
            if (!script) {
                kept.reset();
            }
        }
    }

    long bytes() {
        return bytes;
    }

    /** The script; null if it is something else. */
    @Nullable
    String script() {
        return marked && script ? text() : null;
    }

    private String text() {
        return kept.toString(StandardCharsets.UTF_8);
    }
}

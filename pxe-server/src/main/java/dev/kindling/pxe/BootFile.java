package dev.kindling.pxe;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Something that can be fetched by TFTP or HTTP. Its length is known before the first byte is sent. */
public sealed interface BootFile {
    /** A media type for HTTP, such as {@code application/octet-stream}. */
    String contentType();

    /** Generated content. */
    record Bytes(byte[] content, String contentType) implements BootFile {}

    /** A regular file, sent without copying it through the heap where the transport allows that. */
    record OnDisk(Path path, String contentType) implements BootFile {}

    /** Content that is made while it is read, such as an image that is assembled on the fly. */
    record Generated(Content content, String contentType) implements BootFile {}

    /**
     * There is such a file, but not for this one, or not now.
     *
     * @param reason for {@link PxeEvent.FetchFailed}; the asker is told only that it is refused
     */
    record Refused(String reason) implements BootFile {
        @Override
        public String contentType() {
            return "text/plain; charset=utf-8";
        }
    }

    /**
     * Octets that can be read from any place, for one transfer. One thread at a time reads it; a call may wait for a
     * disk.
     */
    interface Content extends AutoCloseable {
        /** Octets; the same at each call. */
        long size();

        /**
         * Fills {@code to}, or reads to the end.
         *
         * @param at from 0 to {@link #size()}
         * @throws IOException if it cannot be made or read: the transfer breaks off
         */
        void read(long at, ByteBuffer to) throws IOException;

        /**
         * Names exactly these octets, of letters, digits, dots and dashes: whoever opens the file again and finds the
         * same version may go on where another transfer stopped. Null: they may differ each time, and are given out as
         * a whole only.
         */
        default @Nullable String version() {
            return null;
        }

        /**
         * Where these octets stand in files already. Such a part may be sent from there, without being read through
         * here; HTTP does so where the system can.
         *
         * @param least shorter ones are not worth telling
         * @return in the order of their places, from {@code from} on, none behind {@code from + length}
         */
        default List<Stretch> stretches(long from, long length, long least) {
            return List.of();
        }

        /** The whole of it was written (HTTP) or acknowledged (TFTP). */
        default void sent() {}

        /** The transfer is over, whether all was sent or not. Called once, even where nothing was read. */
        @Override
        default void close() {}
    }

    /**
     * A part of a {@link Content} that is a part of a file.
     *
     * @param at place in the content
     * @param length octets
     * @param file a regular file
     * @param offset place in the file
     * @param fileSize octets of the whole file; the transfer breaks off where it has others by now
     * @param modified time of its last change, likewise, in milliseconds since 1970
     */
    record Stretch(long at, long length, Path file, long offset, long fileSize, long modified) {}

    /** A script or another text in UTF-8. */
    static BootFile text(String text) {
        return new Bytes(text.getBytes(StandardCharsets.UTF_8), "text/plain; charset=utf-8");
    }

    /** A file of bytes without a better type. */
    static BootFile file(Path path) {
        return new OnDisk(path, "application/octet-stream");
    }
}

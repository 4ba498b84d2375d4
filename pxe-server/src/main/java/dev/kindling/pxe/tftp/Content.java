package dev.kindling.pxe.tftp;

import dev.kindling.pxe.BootFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;

/** The octets of a transfer, readable again from any offset, because blocks get lost. */
interface Content {
    /** A text that is translated is held in memory; nothing larger is sent so. */
    int MAX_NETASCII = 1 << 20;

    /** Octets to send. */
    long size();

    /** Fills {@code to} with the octets from {@code offset} on, all of which are there. */
    void read(long offset, ByteBuffer to) throws IOException;

    /** The machine has acknowledged all of it. */
    default void sent() {}

    /** Frees what is held. */
    default void close() {}

    /** In memory. */
    record Octets(byte[] octets) implements Content {
        @Override
        public long size() {
            return octets.length;
        }

        @Override
        public void read(long offset, ByteBuffer to) {
            to.put(octets, (int) offset, to.remaining());
        }
    }

    /** Made while it is read. */
    record Generated(BootFile.Content content) implements Content {
        @Override
        public long size() {
            return content.size();
        }

        @Override
        public void read(long offset, ByteBuffer to) throws IOException {
            content.read(offset, to);
        }

        @Override
        public void sent() {
            content.sent();
        }

        @Override
        public void close() {
            content.close();
        }
    }

    /**
     * Opens a file; {@code netascii} translates line ends (RFC 764, by way of RFC 1350).
     *
     * @throws IOException of {@link java.nio.file.NoSuchFileException} where it is not there,
     *             {@link AccessDeniedException} where it is refused, otherwise where it cannot be read
     */
    static Content open(BootFile file, boolean netascii, OpenFiles files) throws IOException {
        return switch (file) {
            case BootFile.Bytes bytes -> new Octets(netascii ? toNetascii(bytes.content()) : bytes.content());
            case BootFile.OnDisk disk when netascii -> {
                if (Files.size(disk.path()) > MAX_NETASCII) {
                    throw new IOException("too large for netascii: ask in octet mode");
                }
                yield new Octets(toNetascii(Files.readAllBytes(disk.path())));
            }
            case BootFile.OnDisk disk -> files.open(disk.path());
            case BootFile.Generated generated when netascii -> {
                generated.content().close();
                throw new IOException("not a text: ask in octet mode");
            }
            case BootFile.Generated generated -> new Generated(generated.content());
            case BootFile.Refused refused -> throw new AccessDeniedException(refused.reason());
        };
    }

    /** LF becomes CR LF, CR becomes CR NUL. */
    private static byte[] toNetascii(byte[] octets) {
        var out = new ByteArrayOutputStream(octets.length + octets.length / 16);
        for (byte b : octets) {
            if (b == '\n') {
                out.write('\r');
            }
            out.write(b);
            if (b == '\r') {
                out.write(0);
            }
        }
        return out.toByteArray();
    }
}

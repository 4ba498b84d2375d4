package dev.kindling.pxe.tftp;

import dev.kindling.pxe.BootFile;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;

/** The octets of a transfer, readable again from any offset, because blocks get lost. */
sealed interface Content {
    /** A text that is translated is held in memory; nothing larger is sent so. */
    int MAX_NETASCII = 1 << 20;

    /** Octets to send. */
    long size();

    /** Appends exactly {@code length} octets from {@code offset} on. */
    void read(long offset, int length, ByteBuf to) throws IOException;

    /** The machine has acknowledged all of it. */
    default void sent() {}

    /** Frees what is held. */
    void close();

    /** Generated. */
    record InMemory(byte[] octets) implements Content {
        @Override
        public long size() {
            return octets.length;
        }

        @Override
        public void read(long offset, int length, ByteBuf to) {
            to.writeBytes(octets, (int) offset, length);
        }

        @Override
        public void close() {}
    }

    /** Made while it is read. */
    record Generated(BootFile.Content content) implements Content {
        @Override
        public long size() {
            return content.size();
        }

        @Override
        public void read(long offset, int length, ByteBuf to) throws IOException {
            content.read(offset, to.internalNioBuffer(to.writerIndex(), length));
            to.writerIndex(to.writerIndex() + length);
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

    /** A file with the size that it had when it was opened. */
    record OnDisk(FileChannel file, long size) implements Content {
        @Override
        public void read(long offset, int length, ByteBuf to) throws IOException {
            for (int done = 0; done < length;) {
                int n = to.writeBytes(file, offset + done, length - done);
                if (n < 0) {
                    throw new EOFException("the file became shorter while it was sent");
                }
                done += n;
            }
        }

        @Override
        public void close() {
            try {
                file.close();
            } catch (IOException e) {
                // it was only read from: nothing is lost
            }
        }
    }

    /** Opens a file; {@code netascii} translates line ends (RFC 764, by way of RFC 1350). */
    static Content open(BootFile file, boolean netascii) throws IOException {
        if (netascii) {
            return new InMemory(toNetascii(switch (file) {
                case BootFile.Bytes bytes -> bytes.content();
                case BootFile.OnDisk disk -> {
                    if (Files.size(disk.path()) > MAX_NETASCII) {
                        throw new IOException("too large for netascii: ask in octet mode");
                    }
                    yield Files.readAllBytes(disk.path());
                }
                case BootFile.Generated generated -> {
                    generated.content().close();
                    throw new IOException("not a text: ask in octet mode");
                }
                case BootFile.Refused refused -> throw new AccessDeniedException(refused.reason());
            }));
        }
        return switch (file) {
            case BootFile.Bytes bytes -> new InMemory(bytes.content());
            case BootFile.Generated generated -> new Generated(generated.content());
            case BootFile.Refused refused -> throw new AccessDeniedException(refused.reason());
            case BootFile.OnDisk disk -> {
                if (!Files.isRegularFile(disk.path())) {
                    throw new NoSuchFileException(disk.path().toString());
                }
                var channel = FileChannel.open(disk.path(), StandardOpenOption.READ);
                try {
                    yield new OnDisk(channel, channel.size());
                } catch (IOException e) {
                    channel.close();
                    throw e;
                }
            }
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

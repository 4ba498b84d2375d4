package dev.kindling.pxe.net;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;

/**
 * Writes Ethernet frames as pcapng (draft-ietf-opsawg-pcapng): one section, an interface description for each
 * interface, an enhanced packet for each frame, times in nanoseconds. A file that has reached its limit is moved to the
 * same name with {@code .1}, in place of an older one, and a new one is begun. For one thread at a time.
 */
final class Pcapng implements Closeable {
    private static final int SECTION = 0x0a0d0d0a;
    private static final int INTERFACE = 1;
    private static final int ENHANCED_PACKET = 6;
    private static final int BYTE_ORDER = 0x1a2b3c4d;
    private static final int LINKTYPE_ETHERNET = 1;
    private static final int OPTION_APPLICATION = 4;
    private static final int OPTION_NAME = 2;
    private static final int OPTION_RESOLUTION = 9;
    private static final int OPTION_FLAGS = 2;
    private static final byte NANOSECONDS = 9;
    private static final int INBOUND = 1;
    private static final int OUTBOUND = 2;
    /** The type, and the length at both ends. */
    private static final int AROUND = 12;

    private final Path file;
    private final long limit;
    private final List<String> interfaces;
    private OutputStream out;
    private long written;

    private Pcapng(Path file, long limit, List<String> interfaces, OutputStream out) {
        this.file = file;
        this.limit = limit;
        this.interfaces = interfaces;
        this.out = out;
    }

    /**
     * Begins a file, in place of one that is there. Only its owner may read it.
     *
     * @param limit octets after which another file is begun
     * @param interfaces their names; frames refer to them by their index
     */
    static Pcapng create(Path file, long limit, List<String> interfaces) throws IOException {
        var writer = new Pcapng(file, limit, List.copyOf(interfaces), open(file));
        try {
            writer.header();
            return writer;
        } catch (IOException e) {
            writer.close();
            throw e;
        }
    }

    private static OutputStream open(Path file) throws IOException {
        Files.deleteIfExists(file);
        return new BufferedOutputStream(Channels.newOutputStream(Files.newByteChannel(file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))), 65_536);
    }

    /** Where the file goes that has reached its limit. */
    static Path older(Path file) {
        return file.resolveSibling(file.getFileName() + ".1");
    }

    private void header() throws IOException {
        written = 0;
        // version 1.0, length of the section not given
        block(SECTION, buffer(64).putInt(BYTE_ORDER).putShort((short) 1).putShort((short) 0).putLong(-1),
                OPTION_APPLICATION, "Kindling".getBytes(StandardCharsets.UTF_8));
        for (String name : interfaces) {
            byte[] text = name.getBytes(StandardCharsets.UTF_8);
            // no limit of the length
            ByteBuffer body = buffer(64 + text.length).putShort((short) LINKTYPE_ETHERNET).putShort((short) 0)
                    .putInt(0);
            option(body, OPTION_NAME, text);
            block(INTERFACE, body, OPTION_RESOLUTION, new byte[]{NANOSECONDS});
        }
        out.flush();
    }

    /**
     * A frame.
     *
     * @param index of the interface
     * @param nanos since 1970
     * @param octets what was kept of it
     * @param length octets that it had
     */
    void frame(int index, long nanos, byte[] octets, int length, boolean outgoing) throws IOException {
        if (written + octets.length + 64 > limit) {
            out.close();
            Files.move(file, older(file), StandardCopyOption.REPLACE_EXISTING);
            out = open(file);
            header();
        }
        ByteBuffer body = buffer(64 + octets.length).putInt(index).putInt((int) (nanos >>> 32)).putInt((int) nanos)
                .putInt(octets.length).putInt(length).put(octets);
        pad(body);
        block(ENHANCED_PACKET, body, OPTION_FLAGS,
                buffer(4).putInt(outgoing ? OUTBOUND : INBOUND).array());
    }

    private static ByteBuffer buffer(int octets) {
        return ByteBuffer.allocate(octets).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void pad(ByteBuffer body) {
        body.position((body.position() + 3) & ~3);
    }

    private static void option(ByteBuffer body, int code, byte[] value) {
        body.putShort((short) code).putShort((short) value.length).put(value);
        pad(body);
    }

    /** With its last option, and the end of the options. */
    @SuppressWarnings("ByteBufferBackingArray") // every body is one of buffer()
    private void block(int type, ByteBuffer body, int lastOption, byte[] value) throws IOException {
        option(body, lastOption, value);
        body.putInt(0).flip();
        int length = body.limit() + AROUND;
        out.write(buffer(8).putInt(type).putInt(length).array());
        out.write(body.array(), 0, body.limit());
        out.write(buffer(4).putInt(length).array());
        written += length;
    }

    void flush() throws IOException {
        out.flush();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}

package dev.kindling.pxe;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What {@link RemotePxeServer} and {@link PxeHelper} say to each other: frames of a length (four octets) and a record.
 * An id ties a reply to its question; a handle names a content that is open in the engine.
 */
sealed interface HelperMessage {
    /** Raised with each change of what is said; the first message of both sides has it. */
    int VERSION = 2;
    /** Octets of a content that are asked for at once, and of a file that are handed over with its description. */
    int PIECE = 256 * 1024;
    /** Octets of a frame. */
    int MOST_OCTETS = 16 << 20;

    /** The first one of the engine. */
    record Serve(int version, PxeConfig config) implements HelperMessage {}

    /** The first one of the helper, before it binds anything. */
    record Hello(int version) implements HelperMessage {}

    record Started(PxeConfig.Ports ports) implements HelperMessage {}

    /**
     * Nothing is served.
     *
     * @param contradiction whether the configuration is wrong, rather than the machine not willing
     */
    record NotStarted(String reason, boolean contradiction) implements HelperMessage {}

    record Event(PxeEvent event) implements HelperMessage {}

    /** Events that were left out since the last such message, because the engine did not read. */
    record LeftOut(long events) implements HelperMessage {}

    record Decide(long id, Client client) implements HelperMessage {}

    record Decided(long id, Answer answer) implements HelperMessage {}

    record AskReserved(long id, InetAddress address) implements HelperMessage {}

    record Reserved(long id, boolean reserved) implements HelperMessage {}

    record Open(long id, BootSource.Fetch fetch) implements HelperMessage {}

    record Opened(long id, Found found) implements HelperMessage {}

    record Read(long id, long handle, long at, int octets) implements HelperMessage {}

    record Octets(long id, byte[] octets) implements HelperMessage {}

    record Sent(long handle) implements HelperMessage {}

    record Close(long handle) implements HelperMessage {}

    record Post(long id, BootSource.Post post) implements HelperMessage {}

    record Posted(long id, BootSource.Reply reply) implements HelperMessage {}

    /** In place of a reply: the boot source failed. */
    record Failed(long id, String reason) implements HelperMessage {}

    /** A {@link BootFile}, as it crosses the line. */
    sealed interface Found {
        record Nothing() implements Found {}

        record Here(byte[] content, String contentType) implements Found {}

        record OnDisk(Path path, String contentType) implements Found {}

        record InPieces(long handle, long size, @Nullable String version, String contentType) implements Found {}

        record Refused(String reason) implements Found {}
    }

    /** The whole frame. */
    default byte[] frame() throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.writeInt(0);
        RecordCodec.write(out, HelperMessage.class, this);
        byte[] frame = bytes.toByteArray();
        int length = frame.length - Integer.BYTES;
        if (length > MOST_OCTETS) {
            throw new IOException("a message of " + length + " octets is too long");
        }
        ByteBuffer.wrap(frame).putInt(length);
        return frame;
    }

    /** The next one; null where the other side has ended. */
    static @Nullable HelperMessage next(DataInputStream in) throws IOException {
        int length;
        try {
            length = in.readInt();
        } catch (EOFException e) {
            return null;
        }
        if (length < 1 || length > MOST_OCTETS) {
            throw new IOException("no frame of the boot service's helper: a length of " + length);
        }
        byte[] frame = in.readNBytes(length);
        return frame.length < length
                ? null
                : RecordCodec.read(new DataInputStream(new ByteArrayInputStream(frame)), HelperMessage.class);
    }
}

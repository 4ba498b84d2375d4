package dev.kindling.pxe.tftp;

import dev.kindling.pxe.net.Peer;
import dev.kindling.pxe.net.UdpLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Moves the packets of one transfer. Each call says whether it is over. For the loop's thread alone; holds less than a
 * kilobyte.
 */
final class Session {
    /** A machine that is silent for so long is worth a line; and again after twice that, and so on. */
    private static final long FIRST_STALL = Duration.ofSeconds(5).toNanos();

    final UdpLoop.Socket socket;
    final Peer client;
    final TftpPacket.Request request;
    final Terms terms;
    private final Told told;
    private final Content content;
    private final Transfer transfer;
    private final long startedAt;
    private boolean announced;
    private long nextStall = FIRST_STALL;
    /** Why the kernel did not send the last packet that it refused. */
    private @Nullable String refusal;

    Session(UdpLoop.Socket socket, Peer client, TftpPacket.Request request, Terms terms, Content content, Told told,
            long now) {
        this.socket = socket;
        this.client = client;
        this.request = request;
        this.terms = terms;
        this.content = content;
        this.told = told;
        this.transfer = new Transfer(terms, content.size());
        this.startedAt = now;
    }

    boolean start(long now) {
        return perform(transfer.start(now), now);
    }

    boolean onAck(int block, long now) {
        return perform(transfer.onAck(block, now), now);
    }

    boolean onFailure(TftpPacket.Failure failure, long now) {
        return perform(transfer.onFailure(failure), now);
    }

    /** The same request once more. */
    boolean onRequestAgain(long now) {
        return perform(transfer.onRequestAgain(now), now);
    }

    boolean onTimer(long now) {
        long silent = transfer.withoutProgress(now);
        if (silent >= nextStall) {
            told.stalled(Duration.ofNanos(silent).toSeconds(), transfer.place(), reason());
            nextStall *= 2;
        }
        return now - transfer.deadline() >= 0 && perform(transfer.onTimer(now), now);
    }

    private String reason() {
        return refusal == null ? transfer.obstacle() : "the kernel did not send to it (" + refusal + ")";
    }

    void unsent(String why) {
        refusal = why;
    }

    boolean stalled(long now) {
        return transfer.stalled(now);
    }

    /** Ends it where the client never answered at all: the address may be forged. For when there are too many. */
    boolean isDeaf(long now) {
        if (transfer.heard() || now - startedAt < FIRST_STALL) {
            return false;
        }
        abandon("no answer at all, while too many others ask");
        return true;
    }

    boolean stuckAtFirstBlock(long now) {
        return transfer.stuckAtFirstBlock(now);
    }

    /** The client asks for something else from the same port, or the server ends. */
    void abandon(String reason) {
        if (announced) {
            told.failed(reason);
        }
        content.close();
    }

    private boolean perform(Transfer.Move move, long now) {
        switch (move) {
            case Transfer.Move.Wait _ -> {
                return false;
            }
            case Transfer.Move.Acknowledge _ -> {
                send(socket, client, new TftpPacket.Oack(terms.acknowledged()));
                return false;
            }
            case Transfer.Move.Send send -> {
                announce();
                try {
                    blocks(send.first(), send.count());
                    return false;
                } catch (IOException e) {
                    String why = String.valueOf(e.getMessage());
                    send(socket, client, new TftpPacket.Failure(TftpPacket.Failure.OTHER, why));
                    told.failed(why);
                }
            }
            case Transfer.Move.Done _ -> {
                content.sent();
                told.done(content.size(), Duration.ofNanos(now - startedAt));
            }
            case Transfer.Move.SizeOnly _ -> {
                // nothing to tell
            }
            case Transfer.Move.GiveUp giveUp -> told.failed(giveUp.reason());
        }
        content.close();
        return true;
    }

    /** Only now: a client that wanted to know the size would seem to begin twice. */
    private void announce() {
        if (!announced) {
            announced = true;
            told.started(content.size());
        }
    }

    /**
     * DATA, all blocks in one message that the kernel cuts. The content is read by one call to the end of the room,
     * then each block is moved forward to its place behind its header.
     */
    private void blocks(long first, int count) throws IOException {
        int size = terms.blockSize();
        int packet = TftpPacket.HEADER + size;
        int headers = count * TftpPacket.HEADER;
        long offset = (first - 1) * size;
        int octets = (int) Math.min((long) count * size, content.size() - offset);
        ByteBuffer room = socket.room(headers + octets);
        int start = room.position();
        room.position(start + headers);
        content.read(offset, room);
        for (int i = 0; i < count; i++) {
            room.putInt(start + i * packet, (TftpPacket.DATA << 16) | (int) (first + i & 0xffff));
            if (i < count - 1) {
                room.put(start + i * packet + TftpPacket.HEADER, room, start + headers + i * size, size);
            }
        }
        socket.send(client, headers + octets, packet);
    }

    static void send(UdpLoop.Socket socket, Peer to, TftpPacket packet) {
        ByteBuffer octets = packet.encode();
        int length = octets.remaining();
        socket.room(length).put(octets);
        socket.send(to, length, length);
    }
}

package dev.kindling.pxe.tftp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.SegmentedDatagramPacket;
import java.io.IOException;
import java.net.InetSocketAddress;

/** Writes DATA packets, many of them in one system call where the kernel cuts them (UDP generic segmentation). */
final class Blocks {
    /** Limits of UDP_SEGMENT: octets of an IPv4 datagram, and segments (64 in kernels before 6.x). */
    private static final int MAX_OCTETS = 65_507;
    private static final int MAX_SEGMENTS = 64;

    private Blocks() {}

    /**
     * Sends the blocks of a move.
     *
     * @param segmentation whether the kernel can cut
     * @param cannotCut called if it turned out that this interface cannot; the lost packets are repeated by the timer
     */
    static void send(Channel channel, InetSocketAddress to, Content content, int blockSize, Transfer.Move.Send move,
            boolean segmentation, Runnable cannotCut) throws IOException {
        int packet = TftpPacket.HEADER + blockSize;
        int batch = segmentation ? Math.clamp(MAX_OCTETS / packet, 1, MAX_SEGMENTS) : 1;
        try {
            for (int sent = 0; sent < move.count(); sent += batch) {
                int count = Math.min(batch, move.count() - sent);
                ByteBuf octets = packets(channel, content, blockSize, move.first() + sent, count);
                if (count == 1) {
                    var _ = channel.write(new DatagramPacket(octets, to));
                } else {
                    var _ = channel.write(new SegmentedDatagramPacket(octets, packet, to)).addListener(done -> {
                        if (!done.isSuccess() && channel.isOpen()) {
                            cannotCut.run();
                        }
                    });
                }
            }
        } finally {
            channel.flush();
        }
    }

    private static ByteBuf packets(Channel channel, Content content, int blockSize, long first, int count)
            throws IOException {
        long offset = (first - 1) * blockSize;
        int octets = (int) Math.min((long) count * blockSize, content.size() - offset);
        ByteBuf out = channel.alloc().directBuffer(octets + count * TftpPacket.HEADER);
        try {
            if (count == 1) {
                header(out, first);
                content.read(offset, octets, out);
                return out;
            }
            // one read for the whole window, then the headers in between: cheaper than a system call for each block
            ByteBuf plain = channel.alloc().directBuffer(octets);
            try {
                content.read(offset, octets, plain);
                for (int i = 0; i < count; i++) {
                    header(out, first + i);
                    out.writeBytes(plain, Math.min(blockSize, plain.readableBytes()));
                }
            } finally {
                plain.release();
            }
            return out;
        } catch (IOException | RuntimeException e) {
            out.release();
            throw e;
        }
    }

    private static void header(ByteBuf out, long block) {
        out.writeShort(3).writeShort((int) (block & 0xffff));
    }
}

package dev.kindling.pxe;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Makes of QEMU's iPXE ROM a ROM that does not say that it is iPXE, like those of network adapters: in the DHCP
 * messages that the machine sends, options 77 and 175 become padding, until it asks for its loader by TFTP.
 *
 * <p>
 * QEMU hands over every frame that the machine sends and takes back what is to be sent (filter-redirector), each behind
 * its length in four bytes.
 */
final class PlainRom implements AutoCloseable {
    private static final int ETHERNET = 14;
    private static final int UDP = 17;
    private static final int BOOTP_FIXED = 236;
    private static final int MAGIC = 0x63825363;

    private final Path fromMachine;
    private final Path toNetwork;
    private final ServerSocketChannel from = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    private final ServerSocketChannel to = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    private final AtomicInteger blanked = new AtomicInteger();

    PlainRom(Path directory) throws IOException {
        fromMachine = directory.resolve("from-machine");
        toNetwork = directory.resolve("to-network");
        from.bind(UnixDomainSocketAddress.of(fromMachine));
        to.bind(UnixDomainSocketAddress.of(toNetwork));
        Thread.ofPlatform().daemon().name("plain-rom").start(this::pass);
    }

    /** For QEMU, with an adapter whose frames have no header of virtio before them. */
    String[] options() {
        return new String[]{"-device", "e1000,netdev=net,bootindex=1,mac=" + VirtualMachine.MAC, "-chardev",
                "socket,id=out,path=" + fromMachine, "-chardev", "socket,id=in,path=" + toNetwork, "-object",
                "filter-redirector,id=plain,netdev=net,queue=rx,outdev=out,indev=in"};
    }

    /** How many options were taken away. */
    int blanked() {
        return blanked.get();
    }

    private void pass() {
        try (var out = from.accept(); var in = to.accept()) {
            var frames = new DataInputStream(new BufferedInputStream(Channels.newInputStream(out)));
            var network = new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(in)));
            boolean plain = true;
            while (true) {
                byte[] frame = new byte[frames.readInt()];
                frames.readFully(frame);
                plain = plain && !asksByTftp(frame);
                if (plain) {
                    blank(frame);
                }
                network.writeInt(frame.length);
                network.write(frame);
                network.flush();
            }
        } catch (EOFException e) {
            // the machine is off
        } catch (IOException e) {
            System.err.println("plain ROM: " + e);
        }
    }

    /** Where the UDP header begins; -1 where there is none. */
    private static int udp(ByteBuffer frame) {
        boolean ipv4 = frame.limit() > ETHERNET + 28 && frame.getShort(12) == 0x0800;
        return ipv4 && frame.get(ETHERNET + 9) == UDP ? ETHERNET + (frame.get(ETHERNET) & 15) * 4 : -1;
    }

    private static boolean asksByTftp(byte[] bytes) {
        var frame = ByteBuffer.wrap(bytes);
        int udp = udp(frame);
        return udp > 0 && frame.getShort(udp + 2) == 69;
    }

    private void blank(byte[] bytes) {
        var frame = ByteBuffer.wrap(bytes);
        int udp = udp(frame);
        int magic = udp + 8 + BOOTP_FIXED;
        if (udp < 0 || (frame.getShort(udp + 2) != 67 && frame.getShort(udp + 2) != 4011)
                || frame.limit() < magic + 4 || frame.getInt(magic) != MAGIC) {
            return;
        }
        for (int at = magic + 4; at < frame.limit() && (frame.get(at) & 255) != 255;) {
            int code = frame.get(at) & 255;
            int length = code == 0 ? 1 : 2 + (frame.get(at + 1) & 255);
            if (code == 77 || code == 175) {
                java.util.Arrays.fill(bytes, at, at + length, (byte) 0);
                frame.putShort(udp + 6, (short) 0); // no checksum
                blanked.incrementAndGet();
            }
            at += length;
        }
    }

    @Override
    public void close() throws IOException {
        from.close();
        to.close();
    }
}

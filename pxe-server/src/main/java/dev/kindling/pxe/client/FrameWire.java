package dev.kindling.pxe.client;

import dev.kindling.pxe.net.PacketSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * DHCP in whole Ethernet frames, as firmware speaks it: from port 68 without an address, whatever else on this host has
 * that port, and with the hardware address of the machine that is played.
 */
final class FrameWire implements DhcpWire {
    private static final int ETHERNET = 14;
    private static final int IP = 20;
    private static final int UDP = 8;
    private static final int CLIENT_PORT = 68;
    private static final byte UDP_PROTOCOL = 17;
    /** Offsets in a DHCP message: the client's address, and its hardware address. */
    private static final int CIADDR = 12;
    private static final int CHADDR = 28;
    private static final Duration SLICE = Duration.ofMillis(100);

    private final PacketSocket socket;
    /** Hardware addresses of those who have spoken. */
    private final Map<InetAddress, byte[]> neighbours = new HashMap<>();

    FrameWire(String device) throws IOException {
        socket = PacketSocket.open(device, PacketSocket.IPV4, PacketSocket.Filter.NONE);
    }

    @Override
    public void send(ByteBuffer octets, InetSocketAddress to) throws IOException {
        byte[] message = new byte[octets.remaining()];
        octets.duplicate().get(message);
        byte[] everyone = {-1, -1, -1, -1, -1, -1};
        var frame = ByteBuffer.allocate(ETHERNET + IP + UDP + message.length);
        frame.put(neighbours.getOrDefault(to.getAddress(), everyone)).put(message, CHADDR, 6)
                .putShort((short) PacketSocket.IPV4);
        int header = frame.position();
        frame.putShort((short) 0x4500).putShort((short) (IP + UDP + message.length)).putInt(0).put((byte) 64)
                .put(UDP_PROTOCOL).putShort((short) 0).put(message, CIADDR, 4).put(to.getAddress().getAddress());
        frame.putShort(header + 10, checksum(frame, header));
        // without a check sum, which UDP over IPv4 may leave out
        frame.putShort((short) CLIENT_PORT).putShort((short) to.getPort()).putShort((short) (UDP + message.length))
                .putShort((short) 0).put(message);
        socket.send(frame.array());
    }

    private static short checksum(ByteBuffer frame, int from) {
        int sum = 0;
        for (int at = from; at < from + IP; at += 2) {
            sum += frame.getShort(at) & 0xffff;
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        return (short) ~(sum + (sum >>> 16));
    }

    @Override
    public @Nullable Received receive(long deadline) throws IOException, InterruptedException {
        while (System.nanoTime() < deadline) {
            if (Thread.interrupted()) {
                throw new InterruptedException("stopped");
            }
            var frame = socket.receive(SLICE);
            var datagram = frame.isEmpty() ? null : datagram(frame.get());
            if (datagram != null) {
                return datagram;
            }
        }
        return null;
    }

    /** Empty for what is not a whole UDP datagram to port 68. */
    private @Nullable Received datagram(byte[] bytes) throws UnknownHostException {
        if (bytes.length < ETHERNET + IP + UDP || bytes[ETHERNET] >> 4 != 4 || bytes[ETHERNET + 9] != UDP_PROTOCOL) {
            return null;
        }
        var frame = ByteBuffer.wrap(bytes);
        int udp = ETHERNET + (bytes[ETHERNET] & 0xf) * 4;
        boolean fragment = (frame.getShort(ETHERNET + 6) & 0x3fff) != 0;
        if (fragment || udp + UDP > bytes.length || (frame.getShort(udp + 2) & 0xffff) != CLIENT_PORT) {
            return null;
        }
        int length = (frame.getShort(udp + 4) & 0xffff) - UDP;
        if (length < 0 || udp + UDP + length > bytes.length) {
            return null;
        }
        InetAddress from = InetAddress.getByAddress(Arrays.copyOfRange(bytes, ETHERNET + 12, ETHERNET + 16));
        neighbours.put(from, Arrays.copyOfRange(bytes, 6, 12));
        return new Received(frame.slice(udp + UDP, length),
                new InetSocketAddress(from, frame.getShort(udp) & 0xffff));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

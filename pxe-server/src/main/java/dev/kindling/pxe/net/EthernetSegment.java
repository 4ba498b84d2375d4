package dev.kindling.pxe.net;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.net.PacketSocket.Filter;
import dev.kindling.pxe.net.PacketSocket.Filter.Instruction;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What UDP sockets cannot do on one Ethernet interface: ask by ARP who uses an address, send to a machine that does not
 * answer ARP yet, ask other DHCP servers as a client would, and hear what they answer. Needs CAP_NET_RAW.
 */
@SuppressWarnings("ByteBufferBackingArray") // each buffer is made by allocate or wrap
public final class EthernetSegment implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EthernetSegment.class);
    private static final MacAddress BROADCAST = new MacAddress(0xffff_ffff_ffffL);
    private static final int ETHERNET_HEADER = 14;
    private static final int IP_HEADER = 20;
    private static final int UDP_HEADER = 8;
    private static final int UDP = 17;
    private static final int ARP_BYTES = 28;
    /** Shorter frames are padded (802.3), here rather than by each driver. */
    private static final int SHORTEST_FRAME = 60;
    private static final int CLIENT_PORT = 68;
    /** How soon a thread notices that it is to end. */
    private static final Duration PATIENCE = Duration.ofMillis(500);
    /** IPv4, no later fragment, UDP, to port 68: what DHCP servers send to clients. */
    private static final Filter TO_CLIENTS = new Filter(
            // ldb [23]; jeq #17
            new Instruction(0x30, 0, 0, 23), new Instruction(0x15, 0, 6, UDP),
            // ldh [20]; jset #0x1fff
            new Instruction(0x28, 0, 0, 20), new Instruction(0x45, 4, 0, 0x1fff),
            // ldxb 4*([14]&0xf); ldh [x+16]; jeq #68
            new Instruction(0xb1, 0, 0, 14), new Instruction(0x48, 0, 0, 16), new Instruction(0x15, 0, 1, CLIENT_PORT),
            // ret all; ret nothing
            new Instruction(0x06, 0, 0, 65_536), new Instruction(0x06, 0, 0, 0));

    private final PacketSocket arp;
    private final PacketSocket ip;
    private final Listener listener;
    private final Readers readers = new Readers();
    private volatile boolean closed;
    /** Whether an ARP frame is taken from the kernel at this moment, and told. */
    private final AtomicBoolean taking = new AtomicBoolean();

    /** Told what is heard, by threads of the segment. Must not block. */
    public interface Listener {
        /** A host said by ARP that it has an address. */
        void uses(Inet4Address address, MacAddress host);

        /** A datagram to a DHCP client's port, from another server. */
        void overheard(byte[] payload, InetSocketAddress server);
    }

    private EthernetSegment(PacketSocket arp, PacketSocket ip, Listener listener) {
        this.arp = arp;
        this.ip = ip;
        this.listener = listener;
    }

    /**
     * Opens it and begins to listen.
     *
     * @throws IOException without CAP_NET_RAW, or where the interface is not Ethernet; the message says which
     */
    public static EthernetSegment open(String device, Listener listener) throws IOException {
        NetworkInterface face = NetworkInterface.getByName(device);
        byte[] hardware = face == null ? null : face.getHardwareAddress();
        if (hardware == null || hardware.length != 6) {
            throw new IOException(device + " is no Ethernet interface");
        }
        PacketSocket arp = PacketSocket.open(device, PacketSocket.ARP, Filter.NONE);
        try {
            PacketSocket ip = PacketSocket.open(device, PacketSocket.IPV4, TO_CLIENTS);
            var segment = new EthernetSegment(arp, ip, listener);
            segment.readers.start("arp-" + device, () -> segment.receive(arp, segment.taking, segment::arp));
            segment.readers.start("servers-" + device,
                    () -> segment.receive(ip, new AtomicBoolean(), segment::datagram));
            return segment;
        } catch (IOException | RuntimeException e) {
            arp.close();
            throw e;
        }
    }

    /** The interface's hardware address of now: a bridge takes another one with a new port, a bond with a failure. */
    public MacAddress mac() throws IOException {
        return MacAddress.of(arp.hardwareAddress());
    }

    /**
     * Asks who has the address; an answer goes to the listener. An ARP Probe (RFC 5227 section 2.1.1), from no IP
     * address: all who hear it write down the sender's, and a wrong one cuts them off.
     */
    public void ask(InetAddress address) throws IOException {
        MacAddress source = mac();
        ByteBuffer frame = ethernet(source, BROADCAST, PacketSocket.ARP, ARP_BYTES);
        // Ethernet, IPv4, request
        frame.putShort((short) 1).putShort((short) PacketSocket.IPV4).put((byte) 6).put((byte) 4).putShort((short) 1);
        frame.put(source.bytes()).put(new byte[4]).put(new byte[6]).put(address.getAddress());
        arp.send(frame.array());
    }

    /** Whether hosts have said by ARP what the listener was not told yet: a busy computer lets our thread wait. */
    public boolean isBehind() throws IOException {
        // in this order: what is taken from there is being taken
        return arp.awaitFrame(Duration.ZERO) || taking.get();
    }

    /** Sends a datagram to a host by its hardware address, whether or not it answers ARP for {@code to}. */
    public void send(InetSocketAddress from, InetSocketAddress to, MacAddress hardware, byte[] payload)
            throws IOException {
        arp.send(frame(mac(), hardware, from, to, payload));
    }

    /** Broadcasts a datagram as a client does that has no address yet (RFC 2131 section 4.1). */
    public void broadcastAsClient(byte[] payload) throws IOException {
        arp.send(frame(mac(), BROADCAST, new InetSocketAddress("0.0.0.0", CLIENT_PORT),
                new InetSocketAddress("255.255.255.255", 67), payload));
    }

    static byte[] frame(MacAddress source, MacAddress target, InetSocketAddress from, InetSocketAddress to,
            byte[] payload) {
        int udp = UDP_HEADER + payload.length;
        ByteBuffer frame = ethernet(source, target, PacketSocket.IPV4, IP_HEADER + udp);
        frame.putShort((short) 0x4500).putShort((short) (IP_HEADER + udp));
        // no identification, "do not fragment", time to live 64
        frame.putInt(0x4000).put((byte) 64).put((byte) UDP).putShort((short) 0);
        frame.put(from.getAddress().getAddress()).put(to.getAddress().getAddress());
        frame.putShort(ETHERNET_HEADER + 10, checksum(frame, ETHERNET_HEADER, IP_HEADER, 0));
        frame.putShort((short) from.getPort()).putShort((short) to.getPort()).putShort((short) udp).putShort((short) 0);
        frame.put(payload);
        // over the addresses, the protocol and the length too (RFC 768); a sum of 0 is sent as its complement
        short sum = checksum(frame, ETHERNET_HEADER + 12, 8 + udp, UDP + udp);
        frame.putShort(ETHERNET_HEADER + IP_HEADER + 6, sum == 0 ? (short) -1 : sum);
        return frame.array();
    }

    private static ByteBuffer ethernet(MacAddress source, MacAddress target, int type, int bytes) {
        return ByteBuffer.allocate(Math.max(SHORTEST_FRAME, ETHERNET_HEADER + bytes)).put(target.bytes())
                .put(source.bytes()).putShort((short) type);
    }

    /** RFC 1071. */
    private static short checksum(ByteBuffer bytes, int from, int length, int start) {
        int sum = start;
        for (int at = 0; at + 1 < length; at += 2) {
            sum += bytes.getShort(from + at) & 0xffff;
        }
        if (length % 2 == 1) {
            sum += (bytes.get(from + length - 1) & 0xff) << 8;
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (short) ~sum;
    }

    private interface Frame {
        void take(ByteBuffer frame) throws IOException;
    }

    private void receive(PacketSocket socket, AtomicBoolean taking, Frame each) {
        boolean told = false;
        while (!closed) {
            try {
                taking.set(false);
                if (socket.awaitFrame(PATIENCE)) {
                    taking.set(true);
                    Optional<byte[]> frame = socket.receive(Duration.ZERO);
                    if (frame.isPresent()) {
                        each.take(ByteBuffer.wrap(frame.get()));
                    }
                }
                told = false;
            } catch (IOException | RuntimeException e) {
                // such as ENETDOWN while the interface is down; or a frame that is not what its type says
                if (!told) {
                    LOG.warn("{}: {}", Thread.currentThread().getName(), e.toString());
                }
                told = true;
            }
        }
    }

    private void arp(ByteBuffer frame) throws IOException {
        int at = ETHERNET_HEADER;
        if (frame.limit() >= at + ARP_BYTES && frame.getShort(at + 2) == PacketSocket.IPV4 && frame.get(at + 4) == 6
                && frame.getInt(at + 14) != 0) {
            MacAddress sender = MacAddress.of(frame.array(), at + 8);
            if (!sender.equals(mac())) {
                listener.uses(address(frame, at + 14), sender);
            }
        }
    }

    private void datagram(ByteBuffer frame) throws IOException {
        int udp = ETHERNET_HEADER + 4 * (frame.get(ETHERNET_HEADER) & 15);
        int end = udp + (frame.limit() >= udp + UDP_HEADER ? frame.getShort(udp + 4) & 0xffff : 0);
        if (udp + UDP_HEADER <= end && end <= frame.limit()) {
            listener.overheard(Arrays.copyOfRange(frame.array(), udp + UDP_HEADER, end),
                    new InetSocketAddress(address(frame, ETHERNET_HEADER + 12), frame.getShort(udp) & 0xffff));
        }
    }

    private static Inet4Address address(ByteBuffer frame, int at) throws IOException {
        return (Inet4Address) InetAddress.getByAddress(Arrays.copyOfRange(frame.array(), at, at + 4));
    }

    /** Ends the threads and frees the sockets. */
    @Override
    public void close() throws IOException {
        closed = true;
        readers.end(List.of(arp, ip));
    }
}

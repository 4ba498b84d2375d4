package dev.kindling.pxe.net;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Inet6Address;
import java.time.Duration;
import java.util.Optional;

/**
 * Neighbour discovery as a router on one interface (RFC 4861): hears router solicitations, sends router advertisements.
 * Needs CAP_NET_RAW. The kernel fills in the check sum, and our link-local address as source, as soon as there is one.
 */
public final class Icmp6Socket implements Closeable {
    private static final int IPPROTO_ICMPV6 = 58;
    private static final int IPPROTO_IPV6 = 41;
    private static final int ICMP6_FILTER = 1;
    private static final int IPV6_UNICAST_HOPS = 16;
    private static final int IPV6_MULTICAST_IF = 17;
    private static final int IPV6_MULTICAST_HOPS = 18;
    private static final int IPV6_JOIN_GROUP = 20;
    private static final int ROUTER_SOLICITATION = 133;
    /** A receiver drops what a router may have passed on (RFC 4861 section 6.1.2). */
    private static final int HOP_LIMIT = 255;
    private static final byte[] ALL_ROUTERS = {(byte) 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
    private static final byte[] ALL_NODES = {(byte) 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

    private final int socket;
    private final int index;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(1500);
    private final MemorySegment from = arena.allocate(28, 4);

    private Icmp6Socket(int socket, int index) {
        this.socket = socket;
        this.index = index;
    }

    /**
     * Opens it.
     *
     * @throws IOException without CAP_NET_RAW, or where there is no such interface
     */
    public static Icmp6Socket open(String device) throws IOException {
        int index = Native.interfaceIndex(device);
        int socket = Native.socket(Native.AF_INET6, Native.SOCK_RAW, IPPROTO_ICMPV6);
        try (Arena arena = Arena.ofConfined()) {
            Native.bindToDevice(socket, device);
            MemorySegment types = arena.allocate(32, 4);
            // a bit for every type that is not wanted
            types.fill((byte) 0xff);
            types.set(JAVA_INT, 4L * (ROUTER_SOLICITATION >> 5), ~(1 << (ROUTER_SOLICITATION & 31)));
            Native.option(socket, IPPROTO_ICMPV6, ICMP6_FILTER, types);
            Native.option(socket, IPPROTO_IPV6, IPV6_UNICAST_HOPS, HOP_LIMIT);
            Native.option(socket, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, HOP_LIMIT);
            Native.option(socket, IPPROTO_IPV6, IPV6_MULTICAST_IF, index);
            MemorySegment group = arena.allocate(20, 4);
            MemorySegment.copy(ALL_ROUTERS, 0, group, JAVA_BYTE, 0, 16);
            group.set(JAVA_INT, 16, index);
            Native.option(socket, IPPROTO_IPV6, IPV6_JOIN_GROUP, group);
            return new Icmp6Socket(socket, index);
        } catch (IOException | RuntimeException e) {
            Native.close(socket);
            throw e;
        }
    }

    /** struct sockaddr_in6. */
    private static MemorySegment address(Arena arena, byte[] sixteen, int scope) {
        MemorySegment address = arena.allocate(28, 4);
        address.set(JAVA_SHORT, 0, (short) Native.AF_INET6);
        MemorySegment.copy(sixteen, 0, address, JAVA_BYTE, 8, 16);
        address.set(JAVA_INT, 24, scope);
        return address;
    }

    /** Sends to all nodes of the link. */
    public void advertise(byte[] message) throws IOException {
        send(message, ALL_NODES);
    }

    /** Sends to one node. */
    public void advertise(byte[] message, Inet6Address to) throws IOException {
        send(message, to.getAddress());
    }

    private void send(byte[] message, byte[] to) throws IOException {
        try (Arena temporary = Arena.ofConfined()) {
            Native.send(socket, message, address(temporary, to, index));
        }
    }

    /**
     * The sender of a router solicitation that came in within that time; the unspecified address where it has none yet.
     * Blocks its thread: not for virtual ones.
     */
    public Optional<Inet6Address> awaitSolicitation(Duration most) throws IOException {
        if (!Native.awaitInput(socket, (int) Math.min(most.toMillis(), Integer.MAX_VALUE))
                || Native.receive(socket, buffer, from) <= 0) {
            return Optional.empty();
        }
        return Optional.of(Inet6Address.getByAddress(null, from.asSlice(8, 16).toArray(JAVA_BYTE), -1));
    }

    @Override
    public void close() throws IOException {
        Native.close(socket);
        arena.close();
    }
}

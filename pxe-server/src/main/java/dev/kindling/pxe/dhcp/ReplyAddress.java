package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.MacAddress;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Where a reply goes: RFC 2131 section 4.1, as a function.
 *
 * @param to address and port
 * @param hardware of a machine that does not answer ARP for that address yet; null elsewhere
 */
record ReplyAddress(InetSocketAddress to, @Nullable MacAddress hardware) {
    private static final int SERVER_PORT = 67;
    private static final int CLIENT_PORT = 68;

    private ReplyAddress(Inet4Address address, int port) {
        this(new InetSocketAddress(address, port), null);
    }

    /**
     * The destination of {@code reply}.
     *
     * @param request what it answers
     * @param reply the message itself
     * @param arrival how the request came in
     * @param ownPort our DHCP port; where it is not 67 the other side's ports are not the registered ones either
     */
    static ReplyAddress of(DhcpPacket request, DhcpPacket reply, Arrival arrival, int ownPort) {
        InetSocketAddress from = arrival.from();
        // on loopback there is nobody else to hear a broadcast; port 4011 is asked by unicast and answers so
        if (arrival.link().interfaceName() == null || (arrival.service() == Arrival.Service.BOOT_SERVER
                && !from.getAddress().isAnyLocalAddress())) {
            return new ReplyAddress(from, null);
        }
        int port = ownPort == SERVER_PORT ? CLIENT_PORT : from.getPort();
        boolean hasAddress = !request.ciaddr().isAnyLocalAddress();
        if (hasAddress && request.is(MessageType.INFORM)) {
            return new ReplyAddress(request.ciaddr(), port);
        }
        if (!request.giaddr().isAnyLocalAddress()) {
            return new ReplyAddress(request.giaddr(), ownPort == SERVER_PORT ? SERVER_PORT : from.getPort());
        }
        if (reply.is(MessageType.NAK)) {
            return new ReplyAddress(Ipv4.BROADCAST, port);
        }
        if (hasAddress) {
            return new ReplyAddress(request.ciaddr(), port);
        }
        return request.broadcast() || reply.yiaddr().isAnyLocalAddress()
                ? new ReplyAddress(Ipv4.BROADCAST, port)
                : new ReplyAddress(new InetSocketAddress(reply.yiaddr(), port), request.mac());
    }
}

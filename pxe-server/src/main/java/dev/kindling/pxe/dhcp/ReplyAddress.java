package dev.kindling.pxe.dhcp;

import java.net.InetSocketAddress;
import java.util.Optional;

/** Where a reply goes: RFC 2131 section 4.1, as a function. */
final class ReplyAddress {
    private static final int SERVER_PORT = 67;
    private static final int CLIENT_PORT = 68;

    private ReplyAddress() {}

    /**
     * The destination of {@code reply}.
     *
     * <p>
     * One case of the RFC is left out: "unicast to yiaddr at the hardware address" for a client without the broadcast
     * flag. The client does not answer ARP for yiaddr yet, so this would need a packet socket; the RFC allows broadcast
     * where unicast is not possible, and every client takes that.
     *
     * @param request what it answers
     * @param reply the message itself
     * @param arrival how the request came in
     * @param ownPort our DHCP port; where it is not 67 the other side's ports are not the registered ones either
     */
    static InetSocketAddress of(DhcpPacket request, DhcpPacket reply, Arrival arrival, int ownPort) {
        InetSocketAddress from = arrival.from();
        // on loopback there is nobody else to hear a broadcast; port 4011 is asked by unicast and answers so
        if (arrival.link().interfaceName() == null || (arrival.service() == Arrival.Service.BOOT_SERVER
                && !from.getAddress().isAnyLocalAddress())) {
            return from;
        }
        int port = ownPort == SERVER_PORT ? CLIENT_PORT : from.getPort();
        boolean hasAddress = !request.ciaddr().isAnyLocalAddress();
        if (request.type().equals(Optional.of(MessageType.INFORM)) && hasAddress) {
            return new InetSocketAddress(request.ciaddr(), port);
        }
        if (!request.giaddr().isAnyLocalAddress()) {
            return new InetSocketAddress(request.giaddr(), ownPort == SERVER_PORT ? SERVER_PORT : from.getPort());
        }
        boolean refusal = reply.type().equals(Optional.of(MessageType.NAK));
        return hasAddress && !refusal
                ? new InetSocketAddress(request.ciaddr(), port)
                : new InetSocketAddress(Ipv4.BROADCAST, port);
    }
}

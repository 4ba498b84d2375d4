package dev.kindling.pxe.net;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * The other end of datagrams: a key that costs no look at byte arrays.
 *
 * @param high first half of an IPv6 address; 0 for IPv4
 * @param low second half; for IPv4 as in ::ffff:1.2.3.4
 * @param port UDP port
 * @param scope interface index of a link-local IPv6 address; else 0
 */
public record Peer(long high, long low, int port, int scope) {
    private static final long MAPPED = 0xffffL << 32;

    /** The end with this address. */
    public static Peer of(InetSocketAddress address) {
        byte[] octets = address.getAddress().getAddress();
        var buffer = ByteBuffer.wrap(octets);
        return octets.length == 4
                ? ofIpv4(buffer.getInt(), address.getPort())
                : new Peer(buffer.getLong(), buffer.getLong(), address.getPort(),
                        ((Inet6Address) address.getAddress()).getScopeId());
    }

    static Peer ofIpv4(int address, int port) {
        return new Peer(0, MAPPED | (address & 0xffff_ffffL), port, 0);
    }

    /** Whether the address is one of IPv4. */
    public boolean isIpv4() {
        return high == 0 && low >>> 32 == 0xffff;
    }

    /** Written out, like {@link #equals}: those of a record take long until the thorough compiler has seen them. */
    @Override
    public int hashCode() {
        return Long.hashCode(high) ^ 31 * (Long.hashCode(low) ^ 31 * port) ^ scope;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Peer peer && low == peer.low && port == peer.port && high == peer.high
                && scope == peer.scope;
    }

    /** Its IP address; of IPv6 with the scope. */
    public InetAddress address() {
        try {
            return isIpv4()
                    ? InetAddress.getByAddress(ByteBuffer.allocate(4).putInt((int) low).array())
                    : scoped(ByteBuffer.allocate(16).putLong(high).putLong(low).array());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 octets are an address", e);
        }
    }

    private InetAddress scoped(byte[] octets) throws UnknownHostException {
        return scope == 0 ? InetAddress.getByAddress(octets) : Inet6Address.getByAddress(null, octets, scope);
    }
}

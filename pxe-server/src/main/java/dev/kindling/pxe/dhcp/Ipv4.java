package dev.kindling.pxe.dhcp;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** IPv4 addresses as numbers, because a pool is a range of them. */
final class Ipv4 {
    static final Inet4Address ZERO = of(0);
    static final Inet4Address BROADCAST = of(-1);

    private Ipv4() {}

    static Inet4Address of(int value) {
        return of(new byte[]{(byte) (value >> 24), (byte) (value >> 16), (byte) (value >> 8), (byte) value});
    }

    /** The address in {@code four} bytes, in network order. */
    static Inet4Address of(byte[] four) {
        try {
            return (Inet4Address) InetAddress.getByAddress(four);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("an IPv4 address has four bytes, not " + four.length, e);
        }
    }

    static int value(InetAddress address) {
        if (!(address instanceof Inet4Address)) {
            throw new IllegalArgumentException("not an IPv4 address: " + address.getHostAddress());
        }
        // the hash code of an Inet4Address is its value, by its documentation
        return address.hashCode();
    }

    static int mask(int prefixLength) {
        return prefixLength == 0 ? 0 : -1 << (32 - prefixLength);
    }
}

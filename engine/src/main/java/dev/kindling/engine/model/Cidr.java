package dev.kindling.engine.model;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/** A network in CIDR form. The address is the network's own (host bits zero). */
public record Cidr(InetAddress network, int prefixLength) {
    public Cidr {
        int bits = network.getAddress().length * 8;
        if (prefixLength < 0 || prefixLength > bits) {
            throw new IllegalArgumentException("prefix length " + prefixLength + " is not in 0.." + bits);
        }
        BigInteger hostBits = BigInteger.ONE.shiftLeft(bits - prefixLength).subtract(BigInteger.ONE);
        if (new BigInteger(1, network.getAddress()).and(hostBits).signum() != 0) {
            throw new IllegalArgumentException(network.getHostAddress() + "/" + prefixLength + " has host bits set");
        }
    }

    /** Parses {@code 10.77.0.0/24}; never asks a name server. */
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException("'" + text + "' has no prefix length, such as /24");
        }
        String length = text.substring(slash + 1);
        if (!length.matches("0|[1-9]\\d{0,2}")) {
            throw new IllegalArgumentException("'" + length + "' is not a prefix length");
        }
        return new Cidr(Addresses.parse(text.substring(0, slash)), Integer.parseInt(length));
    }

    public boolean contains(InetAddress address) {
        byte[] a = address.getAddress();
        byte[] n = network.getAddress();
        if (a.length != n.length) {
            return false;
        }
        int shift = n.length * 8 - prefixLength;
        return new BigInteger(1, a).shiftRight(shift).equals(new BigInteger(1, n).shiftRight(shift));
    }

    /** The network that an address is in: the host bits are cleared. */
    public static Cidr around(InetAddress address, int prefixLength) {
        byte[] bytes = address.getAddress();
        for (int bit = Math.max(prefixLength, 0); bit < bytes.length * 8; bit++) {
            bytes[bit / 8] &= (byte) ~(0x80 >> (bit % 8));
        }
        return new Cidr(address(bytes), prefixLength);
    }

    public boolean overlaps(Cidr other) {
        return contains(other.network) || other.contains(network);
    }

    /** The last address: the broadcast address in IPv4. */
    public InetAddress last() {
        byte[] bytes = network.getAddress();
        for (int bit = prefixLength; bit < bytes.length * 8; bit++) {
            bytes[bit / 8] |= (byte) (0x80 >> (bit % 8));
        }
        return address(bytes);
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(Arrays.toString(bytes), e);
        }
    }

    @Override
    public String toString() {
        return network.getHostAddress() + "/" + prefixLength;
    }
}

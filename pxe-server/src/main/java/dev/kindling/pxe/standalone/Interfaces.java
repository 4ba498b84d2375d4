package dev.kindling.pxe.standalone;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.net.PacketSocket;
import java.io.IOException;
import java.math.BigInteger;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** This host's network interfaces. */
public final class Interfaces {
    private Interfaces() {}

    /** An IPv4 address of an interface, with the length of its network's prefix in bits. */
    public record Address(Inet4Address address, int prefixLength) {
        /** Whether the other one is in the same network. */
        public boolean reaches(Inet4Address other) {
            int mask = prefixLength == 0 ? 0 : -1 << (32 - prefixLength);
            return ((value(address) ^ value(other)) & mask) == 0;
        }

        private static int value(Inet4Address address) {
            return java.nio.ByteBuffer.wrap(address.getAddress()).getInt();
        }
    }

    /**
     * The IPv4 addresses of an interface, in the kernel's order.
     *
     * @throws IOException if there is no such interface, if it is down, or if it has no IPv4 address; the message says
     *             which, and what to do
     */
    public static List<Address> addresses(String name) throws IOException {
        List<Address> addresses = ipv4(name);
        if (addresses.isEmpty()) {
            throw new IOException(
                    "the interface %s has no IPv4 address. Give it one: ip address add 192.168.77.1/24 dev %s"
                            .formatted(name, name));
        }
        return addresses;
    }

    /**
     * The same, none where it has none.
     *
     * @throws IOException if there is no such interface, or if it is down; the message says which, and what to do
     */
    public static List<Address> ipv4(String name) throws IOException {
        mustExist(name);
        // null where it has no address at all
        NetworkInterface found = NetworkInterface.getByName(name);
        if (found != null && !found.isUp()) {
            throw new IOException("the interface %s is down. Switch it on: ip link set %s up".formatted(name, name));
        }
        return found == null ? List.of() : found.getInterfaceAddresses().stream().flatMap(Interfaces::ipv4).toList();
    }

    /** An IPv6 address of an interface that is not link-local, with the length of its network's prefix in bits. */
    public record Address6(Inet6Address address, int prefixLength) {
        /** Whether the other one is in the same network. */
        public boolean reaches(Inet6Address other) {
            return new BigInteger(address.getAddress()).xor(new BigInteger(other.getAddress()))
                    .shiftRight(128 - prefixLength).signum() == 0;
        }
    }

    /**
     * The IPv6 addresses of an interface that are not link-local, in the kernel's order; none where there is no such
     * interface.
     */
    public static List<Address6> addresses6(String name) throws IOException {
        NetworkInterface found = NetworkInterface.getByName(name);
        return found == null ? List.of() : found.getInterfaceAddresses().stream().flatMap(Interfaces::ipv6).toList();
    }

    private static Stream<Address6> ipv6(InterfaceAddress address) {
        return address.getAddress() instanceof Inet6Address six && !six.isLinkLocalAddress()
                ? Stream.of(new Address6(withoutScope(six), address.getNetworkPrefixLength()))
                : Stream.empty();
    }

    /** Java adds the interface, which has no place in a URL. */
    private static Inet6Address withoutScope(Inet6Address address) {
        try {
            return Inet6Address.getByAddress(null, address.getAddress(), -1);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("16 octets are an address", e);
        }
    }

    /**
     * The hardware address of an interface. Needs CAP_NET_RAW: Java knows only interfaces that have an address.
     *
     * @throws IOException if there is no such interface, if it is no Ethernet, or without that privilege
     */
    public static MacAddress mac(String name) throws IOException {
        mustExist(name);
        try (var socket = PacketSocket.open(name, PacketSocket.ARP, PacketSocket.Filter.NONE)) {
            return MacAddress.of(socket.hardwareAddress());
        }
    }

    private static Stream<Address> ipv4(InterfaceAddress address) {
        return address.getAddress() instanceof Inet4Address four
                ? Stream.of(new Address(four, address.getNetworkPrefixLength()))
                : Stream.empty();
    }

    /** Asks the kernel's list for this process's own network namespace; /sys may be another one's. */
    private static void mustExist(String name) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/net/dev"))) {
            List<String> names = lines.filter(line -> line.indexOf(':') > 0)
                    .map(line -> line.substring(0, line.indexOf(':')).strip()).sorted().toList();
            if (!names.contains(name)) {
                throw new IOException(
                        "there is no interface %s. There are: %s".formatted(name, String.join(", ", names)));
            }
        }
    }
}

package dev.kindling.pxe.standalone;

import dev.kindling.pxe.MacAddress;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.List;
import java.util.stream.Collectors;

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
        NetworkInterface found = up(name);
        List<Address> addresses = found.getInterfaceAddresses().stream().map(Interfaces::ipv4).flatMap(List::stream)
                .toList();
        if (addresses.isEmpty()) {
            throw new IOException(
                    "the interface %s has no IPv4 address. Give it one: ip address add 192.168.77.1/24 dev %s"
                            .formatted(name, name));
        }
        return addresses;
    }

    /**
     * The hardware address of an interface.
     *
     * @throws IOException if there is no such interface, if it is down, or if it has none
     */
    public static MacAddress mac(String name) throws IOException {
        byte[] address = up(name).getHardwareAddress();
        if (address == null || address.length != 6) {
            throw new IOException("the interface %s has no Ethernet address".formatted(name));
        }
        return MacAddress.of(address);
    }

    private static NetworkInterface up(String name) throws IOException {
        NetworkInterface found = NetworkInterface.getByName(name);
        if (found == null) {
            throw new IOException("there is no interface " + name + ". There are: " + names());
        }
        if (!found.isUp()) {
            throw new IOException("the interface %s is down. Switch it on: ip link set %s up".formatted(name, name));
        }
        return found;
    }

    private static List<Address> ipv4(InterfaceAddress address) {
        return address.getAddress() instanceof Inet4Address four
                ? List.of(new Address(four, address.getNetworkPrefixLength()))
                : List.of();
    }

    private static String names() throws SocketException {
        return NetworkInterface.networkInterfaces().map(NetworkInterface::getName).sorted()
                .collect(Collectors.joining(", "));
    }
}

package dev.kindling.pxe.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the machine is plugged in.
 *
 * @param servers who hears its broadcasts: on loopback each DHCP server's address and port, else 255.255.255.255 port
 *            67
 * @param proxyPort of the PXE boot servers, 4011
 * @param tftpPort of the TFTP servers, 69
 * @param local address to send from before there is a lease; the wildcard address lets the system choose
 * @param device a real interface: DHCP goes over it in whole frames, and it gets the leased address while the machine
 *            boots; null: on loopback, where servers answer to the port that asked
 */
public record Network(List<InetSocketAddress> servers, int proxyPort, int tftpPort, InetAddress local,
        @Nullable String device) {
    public Network {
        servers = List.copyOf(servers);
    }

    DhcpWire wire(Loss loss) throws IOException {
        return device == null ? new Wire(local, 0, 1500, loss) : new FrameWire(device);
    }

    /** One boot service on loopback with these ports. */
    public static Network loopback(InetAddress server, int dhcpPort, int proxyPort, int tftpPort) {
        return new Network(List.of(new InetSocketAddress(server, dhcpPort)), proxyPort, tftpPort,
                InetAddress.ofLiteral("0.0.0.0"), null);
    }

    /** A real network, which needs CAP_NET_RAW for DHCP and CAP_NET_ADMIN for the leased address. */
    public static Network on(String device) {
        return new Network(List.of(new InetSocketAddress(InetAddress.ofLiteral("255.255.255.255"), 67)), 4011, 69,
                InetAddress.ofLiteral("0.0.0.0"), device);
    }
}

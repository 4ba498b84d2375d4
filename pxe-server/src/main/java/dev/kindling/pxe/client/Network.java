package dev.kindling.pxe.client;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * Where the machine is plugged in.
 *
 * @param servers who hears its broadcasts: on loopback each DHCP server's address and port, else 255.255.255.255 port
 *            67
 * @param proxyPort of the PXE boot servers, 4011
 * @param tftpPort of the TFTP servers, 69
 * @param local address to send from before there is a lease; the wildcard address lets the system choose
 * @param clientPort 68; 0 on loopback, where servers answer to the port that asked
 */
public record Network(List<InetSocketAddress> servers, int proxyPort, int tftpPort, InetAddress local,
        int clientPort) {
    public Network {
        servers = List.copyOf(servers);
    }

    /** One boot service on loopback with these ports. */
    public static Network loopback(InetAddress server, int dhcpPort, int proxyPort, int tftpPort) {
        return new Network(List.of(new InetSocketAddress(server, dhcpPort)), proxyPort, tftpPort,
                InetAddress.ofLiteral("0.0.0.0"), 0);
    }

    /** A real network: broadcasts from port 68, which needs the right to bind it. */
    public static Network broadcast() {
        return new Network(List.of(new InetSocketAddress(InetAddress.ofLiteral("255.255.255.255"), 67)), 4011, 69,
                InetAddress.ofLiteral("0.0.0.0"), 68);
    }
}

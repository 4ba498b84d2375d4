package dev.kindling.pxe;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link PxeServer} listens.
 *
 * @param links
 *            one for each network that is served
 * @param mode
 *            who gives the addresses
 * @param dhcpPort
 *            67 (UDP); 0 picks a free one. The client's port is one more where this is 67; elsewhere replies go to the
 *            port that the request came from
 * @param proxyPort
 *            4011 (UDP), used with {@link Mode#PROXY} and for firmware that asks there; 0 picks a free one
 * @param tftpPort
 *            69 (UDP); 0 picks a free one
 * @param httpPort
 *            80 (TCP); 0 picks a free one
 * @param leaseFile
 *            where leases survive a restart; null: kept in memory only
 */
public record PxeConfig(List<Link> links, Mode mode, int dhcpPort, int proxyPort, int tftpPort, int httpPort,
        @Nullable Path leaseFile) {
    public PxeConfig {
        links = List.copyOf(links);
    }

    /** Who gives the addresses. */
    public enum Mode {
        /** We do. */
        DHCP,
        /** A foreign DHCP server does; we only say what to boot. */
        PROXY,
        /** No DHCP of any kind: TFTP and HTTP only. */
        NONE
    }

    /**
     * A network that is served.
     *
     * @param interfaceName
     *            bound to this interface (SO_BINDTODEVICE); null on loopback, where replies go back to the sender's
     *            address and port
     * @param address
     *            ours on it: server identifier, next-server, host of the boot URLs
     * @param prefixLength
     *            of the network, 1 to 30
     * @param from
     *            first address of the pool; null: reservations only
     * @param to
     *            last address of the pool, inclusive
     * @param router
     *            option 3; null: none
     * @param dns
     *            option 6
     * @param domain
     *            option 15; null: none
     * @param leaseTime
     *            option 51
     */
    public record Link(@Nullable String interfaceName, InetAddress address, int prefixLength,
            @Nullable InetAddress from,
            @Nullable InetAddress to, @Nullable InetAddress router, List<InetAddress> dns, @Nullable String domain,
            Duration leaseTime) {
        public Link {
            dns = List.copyOf(dns);
        }
    }
}

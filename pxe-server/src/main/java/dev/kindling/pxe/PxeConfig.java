package dev.kindling.pxe;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link PxeServer} listens. Begin with {@link #of} and change what differs from the defaults.
 *
 * @param links one for each network that is served
 * @param mode who gives the addresses
 * @param ports where it listens
 * @param leaseFile where leases survive a restart; null: kept in memory only
 * @param tls certificate and key of HTTPS; null: no HTTPS
 */
public record PxeConfig(List<Link> links, Mode mode, Ports ports, @Nullable Path leaseFile,
        @Nullable Tls tls) {
    public PxeConfig {
        links = List.copyOf(links);
    }

    /** On the standard ports, leases in memory. */
    public static PxeConfig of(List<Link> links, Mode mode) {
        return new PxeConfig(links, mode, Ports.STANDARD, null, null);
    }

    public PxeConfig withPorts(Ports other) {
        return new PxeConfig(links, mode, other, leaseFile, tls);
    }

    public PxeConfig withLeaseFile(@Nullable Path file) {
        return new PxeConfig(links, mode, ports, file, tls);
    }

    public PxeConfig withTls(@Nullable Tls other) {
        return new PxeConfig(links, mode, ports, leaseFile, other);
    }

    /**
     * Where a server listens; 0 picks a free port.
     *
     * @param dhcp 67 (UDP). The client's port is one more where this is 67; elsewhere replies go to the port that the
     *            request came from
     * @param proxy 4011 (UDP), used with {@link Mode#PROXY} and for firmware that asks there
     * @param tftp 69 (UDP)
     * @param http 80 (TCP)
     * @param https 443 (TCP), used where there is a certificate
     */
    public record Ports(int dhcp, int proxy, int tftp, int http, int https) {
        public static final Ports STANDARD = new Ports(67, 4011, 69, 80, 443);
        /** Free ones, for tests and simulated machines on loopback. */
        public static final Ports FREE = new Ports(0, 0, 0, 0, 0);
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
     * @param interfaceName bound to this interface (SO_BINDTODEVICE); null on loopback, where replies go back to the
     *            sender's address and port
     * @param address ours on it: server identifier, next-server, host of the boot URLs
     * @param prefixLength of the network, 1 to 30
     * @param from first address of the pool; null: reservations only
     * @param to last address of the pool, inclusive
     * @param router option 3; null: none
     * @param dns option 6
     * @param domain option 15; null: none
     * @param leaseTime option 51
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

package dev.kindling.pxe;

import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link PxeServer} listens. Begin with {@link #of} and change what differs from the defaults.
 *
 * @param links one for each interface that is served
 * @param relayed networks on none of those interfaces, whose machines ask through a relay agent
 * @param links6 networks that are served by DHCPv6, for boot over IPv6
 * @param ipv6Absence whether machines on the IPv4 links are told by router advertisements that there is nothing to be
 *            had by IPv6: iPXE else waits some 13 seconds for a router, each time that it asks DHCP
 * @param mode who gives the addresses
 * @param ports where it listens
 * @param tftp what TFTP grants
 * @param proxyOffer how {@link Mode#PROXY} leads PXE firmware
 * @param leaseFile where leases survive a restart; null: kept in memory only
 * @param tls certificate and key of HTTPS; null: no HTTPS
 */
public record PxeConfig(List<Link> links, List<Subnet> relayed, List<Link6> links6, boolean ipv6Absence, Mode mode,
        Ports ports, Tftp tftp, ProxyOffer proxyOffer, @Nullable Path leaseFile, @Nullable Tls tls) {
    public PxeConfig {
        links = List.copyOf(links);
        relayed = List.copyOf(relayed);
        links6 = List.copyOf(links6);
    }

    /** On the standard ports, leases in memory. */
    public static PxeConfig of(List<Link> links, Mode mode) {
        return new PxeConfig(links, List.of(), List.of(), false, mode, Ports.STANDARD, Tftp.STANDARD,
                ProxyOffer.BY_FIRMWARE, null, null);
    }

    /** With further networks that are reached through relay agents. */
    public PxeConfig withRelayed(List<Subnet> subnets) {
        return new PxeConfig(links, subnets, links6, ipv6Absence, mode, ports, tftp, proxyOffer, leaseFile, tls);
    }

    /** With boot over IPv6. */
    public PxeConfig withLinks6(List<Link6> others) {
        return new PxeConfig(links, relayed, others, ipv6Absence, mode, ports, tftp, proxyOffer, leaseFile, tls);
    }

    /** With machines told that there is nothing to be had by IPv6. Not on a network that has an IPv6 router. */
    public PxeConfig withIpv6Absence(boolean told) {
        return new PxeConfig(links, relayed, links6, told, mode, ports, tftp, proxyOffer, leaseFile, tls);
    }

    public PxeConfig withPorts(Ports other) {
        return new PxeConfig(links, relayed, links6, ipv6Absence, mode, other, tftp, proxyOffer, leaseFile, tls);
    }

    public PxeConfig withTftp(Tftp other) {
        return new PxeConfig(links, relayed, links6, ipv6Absence, mode, ports, other, proxyOffer, leaseFile, tls);
    }

    public PxeConfig withProxyOffer(ProxyOffer other) {
        return new PxeConfig(links, relayed, links6, ipv6Absence, mode, ports, tftp, other, leaseFile, tls);
    }

    public PxeConfig withLeaseFile(@Nullable Path file) {
        return new PxeConfig(links, relayed, links6, ipv6Absence, mode, ports, tftp, proxyOffer, file, tls);
    }

    public PxeConfig withTls(@Nullable Tls other) {
        return new PxeConfig(links, relayed, links6, ipv6Absence, mode, ports, tftp, proxyOffer, leaseFile, other);
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

    /**
     * What TFTP grants to those who ask for more.
     *
     * @param singlePort all packets from the port that was asked, so that they pass a network address translation or a
     *            firewall without a TFTP helper; otherwise from another port for each transfer, as RFC 1350 has it
     * @param maxWindow blocks before an acknowledgement is due (RFC 7440), 1 to 65535
     * @param maxBlock octets of a block (RFC 2348), 8 to 65464; the interface's MTU may allow fewer
     */
    public record Tftp(boolean singlePort, int maxWindow, int maxBlock) {
        public static final Tftp STANDARD = new Tftp(false, 64, 65_464);

        public Tftp {
            if (maxWindow < 1 || maxWindow > 65_535) {
                throw new IllegalArgumentException("a TFTP window of 1 to 65535 blocks is wanted, not " + maxWindow);
            }
            if (maxBlock < 8 || maxBlock > 65_464) {
                throw new IllegalArgumentException("a TFTP block of 8 to 65464 octets is wanted, not " + maxBlock);
            }
        }
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
     * How PXE firmware beside a foreign DHCP server learns its boot file. Firmware differs in which it takes.
     */
    public enum ProxyOffer {
        /** {@link #NAMES_FILE} for a BIOS, {@link #ASKS_BOOT_SERVER} for all others. */
        BY_FIRMWARE,
        /** The offer names the file, and says by option 43 (tag 6, bit 3) to take it. */
        NAMES_FILE,
        /** The offer has no option 43, whereupon firmware asks us on port 4011. */
        ASKS_BOOT_SERVER
    }

    /**
     * An interface that is served, and the network on it.
     *
     * @param interfaceName bound to this interface (SO_BINDTODEVICE); null on loopback, where replies go back to the
     *            sender's address and port
     * @param address ours on it: server identifier, next-server, host of the boot URLs
     * @param subnet the network on it, with that address in it
     */
    public record Link(@Nullable String interfaceName, InetAddress address, Subnet subnet) {
        public Link {
            if (!subnet.contains(address)) {
                throw new IllegalArgumentException("our address %s is not in the network %s that is on its interface"
                        .formatted(address.getHostAddress(), subnet));
            }
        }
    }

    /**
     * An interface that is served by DHCPv6, beside or without IPv4. Its machines know that they have to ask only where
     * a router, or we, advertise it.
     *
     * @param interfaceName bound to this interface
     * @param address ours on it, not the link-local one: host of the boot URLs
     * @param prefixLength of the network, 1 to 128
     * @param from first address of the pool; null: no addresses, only what to boot
     * @param to last address of the pool, inclusive
     * @param dns name servers
     * @param domain search domain; null: none
     * @param lifetime of the addresses
     * @param advertise whether we send the router advertisements: not where a router does
     */
    public record Link6(String interfaceName, InetAddress address, int prefixLength, @Nullable InetAddress from,
            @Nullable InetAddress to, List<InetAddress> dns, @Nullable String domain, Duration lifetime,
            boolean advertise) {
        public Link6 {
            dns = List.copyOf(dns);
            if (address.getAddress().length != 16 || address.isLinkLocalAddress() || prefixLength < 1
                    || prefixLength > 128) {
                throw new IllegalArgumentException(
                        "an IPv6 address with a prefix of 1 to 128 bits is wanted, and no link-local one, not %s/%d"
                                .formatted(address.getHostAddress(), prefixLength));
            }
            if ((from == null) != (to == null)
                    || (from != null && to != null && !(Subnet.inside(address, prefixLength, from)
                            && Subnet.inside(address, prefixLength, to)))) {
                throw new IllegalArgumentException("the IPv6 pool from %s to %s is not inside the network of %s/%d"
                        .formatted(from, to, address.getHostAddress(), prefixLength));
            }
        }

        public boolean contains(InetAddress other) {
            return Subnet.inside(address, prefixLength, other);
        }
    }

    /**
     * What the machines of one IPv4 network are given. Begin with {@link #of} and add to it.
     *
     * @param network any address in it
     * @param prefixLength 1 to 30
     * @param range the pool; null: reservations only
     * @param router option 3; null: none
     * @param dns option 6
     * @param domain option 15; null: none
     * @param leaseTime option 51
     */
    public record Subnet(InetAddress network, int prefixLength, @Nullable Range range, @Nullable InetAddress router,
            List<InetAddress> dns, @Nullable String domain, Duration leaseTime) {
        public Subnet {
            dns = List.copyOf(dns);
            if (network.getAddress().length != 4 || prefixLength < 1 || prefixLength > 30) {
                throw new IllegalArgumentException("an IPv4 network with a prefix of 1 to 30 bits is wanted, not %s/%d"
                        .formatted(network.getHostAddress(), prefixLength));
            }
            if (leaseTime.toSeconds() < 1) {
                throw new IllegalArgumentException("a lease of %s ends at once".formatted(leaseTime));
            }
            if (range != null && !(inside(network, prefixLength, range.from())
                    && inside(network, prefixLength, range.to()))) {
                throw new IllegalArgumentException("the range %s is not inside the network %s/%d"
                        .formatted(range, network.getHostAddress(), prefixLength));
            }
        }

        /** Reservations only, for an hour, without a router and name servers. */
        public static Subnet of(InetAddress network, int prefixLength) {
            return new Subnet(network, prefixLength, null, null, List.of(), null, Duration.ofHours(1));
        }

        /**
         * With a pool.
         *
         * @param first its first address
         * @param last its last one, inclusive
         */
        public Subnet withRange(InetAddress first, InetAddress last) {
            return new Subnet(network, prefixLength, new Range(first, last), router, dns, domain, leaseTime);
        }

        public Subnet withRouter(@Nullable InetAddress address) {
            return new Subnet(network, prefixLength, range, address, dns, domain, leaseTime);
        }

        public Subnet withDns(List<InetAddress> servers) {
            return new Subnet(network, prefixLength, range, router, servers, domain, leaseTime);
        }

        public Subnet withDomain(@Nullable String name) {
            return new Subnet(network, prefixLength, range, router, dns, name, leaseTime);
        }

        public Subnet withLeaseTime(Duration time) {
            return new Subnet(network, prefixLength, range, router, dns, domain, time);
        }

        public boolean contains(InetAddress address) {
            return inside(network, prefixLength, address);
        }

        private static boolean inside(InetAddress network, int prefixLength, InetAddress address) {
            byte[] one = network.getAddress();
            byte[] other = address.getAddress();
            return other.length == one.length
                    && new BigInteger(one).xor(new BigInteger(other)).shiftRight(8 * one.length - prefixLength)
                            .signum() == 0;
        }

        /** {@code 10.77.0.1/24}, with the address that was given for the network. */
        @Override
        public String toString() {
            return network.getHostAddress() + "/" + prefixLength;
        }
    }

    /**
     * Addresses that are leased to whoever asks.
     *
     * @param from the first
     * @param to the last, inclusive
     */
    public record Range(InetAddress from, InetAddress to) {
        public Range {
            if (Arrays.compareUnsigned(from.getAddress(), to.getAddress()) > 0) {
                throw new IllegalArgumentException("the range from %s to %s is empty".formatted(from.getHostAddress(),
                        to.getHostAddress()));
            }
        }

        /** {@code 10.77.0.100 to 10.77.0.199}. */
        @Override
        public String toString() {
            return from.getHostAddress() + " to " + to.getHostAddress();
        }
    }
}

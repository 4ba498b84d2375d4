package dev.kindling.pxe;

import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.PxeConfig.Link6;
import dev.kindling.pxe.PxeConfig.Mode;
import dev.kindling.pxe.PxeConfig.Subnet;
import dev.kindling.pxe.dhcp.Arrival;
import dev.kindling.pxe.dhcp.DhcpService;
import dev.kindling.pxe.dhcp.LeaseLog;
import dev.kindling.pxe.dhcp6.RouterAdvertisement;
import dev.kindling.pxe.http.HttpServer;
import dev.kindling.pxe.http.TlsIdentity;
import dev.kindling.pxe.net.Neighbours;
import dev.kindling.pxe.net.PortFailure;
import dev.kindling.pxe.net.PortFailure.Transport;
import dev.kindling.pxe.net.UdpSockets;
import dev.kindling.pxe.net.UsableAddress;
import dev.kindling.pxe.tftp.TftpServer;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole boot service: DHCP or ProxyDHCP, the PXE boot server on port 4011, TFTP and HTTP.
 *
 * <pre>
 * try (var server = PxeServer.start(config, source, events, Clock.systemUTC())) {
 *     ...
 * }
 * </pre>
 */
public final class PxeServer implements PxeService {
    private static final Logger LOG = LoggerFactory.getLogger(PxeServer.class);

    /** How long a start waits for the kernel's check of our IPv6 addresses, which takes a second or two. */
    public static final Duration IPV6_PATIENCE = Duration.ofSeconds(10);

    private final PxeConfig config;
    private final Clock clock;
    /** What is open, the last one first. */
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final @Nullable LeaseStore leases;
    private final DhcpService dhcp;
    /** Machines may ask over HTTP and TFTP before all of them are there. */
    private final List<Dhcp6Endpoint> dhcp6 = new CopyOnWriteArrayList<>();
    // 0 until bound
    private int dhcpPort;
    private int proxyPort;
    private int tftpPort;
    private int httpPort;
    private int httpsPort;

    private PxeServer(PxeConfig config, BootSource source, Clock clock) throws IOException {
        this.config = config;
        this.clock = clock;
        this.leases = config.mode() == Mode.DHCP || !config.links6().isEmpty() ? leases(config.leaseFile()) : null;
        this.dhcp = new DhcpService(config, this::httpPort, this::httpsPort, source,
                leases == null ? List.of() : leases.restored());
        if (leases != null) {
            leases.compactedFrom(dhcp::leases);
        }
    }

    /**
     * Opens everything, or nothing.
     *
     * @param source decides what each machine boots; asked by several threads at once
     * @param events told by several threads at once; must not block
     * @throws IOException if a port or the lease file cannot be had: the message names it, what is in the way, and a
     *             remedy
     * @throws IllegalArgumentException if the links contradict each other
     */
    public static PxeServer start(PxeConfig config, BootSource source, Consumer<PxeEvent> events, Clock clock)
            throws IOException {
        check(config);
        var server = new PxeServer(config, source, clock);
        try {
            server.open(source, guarded(events));
            // tests and programs that serve themselves have no machine that would wait
            if (config.links().stream().anyMatch(link -> link.interfaceName() != null)) {
                Rehearsal.begin(config.mode(), server.leases != null);
            }
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** What a listener does must not stop the service. */
    private static Consumer<PxeEvent> guarded(Consumer<PxeEvent> events) {
        return event -> {
            try {
                events.accept(event);
            } catch (RuntimeException e) {
                LOG.error("the event was not taken: {}", event, e);
            }
        };
    }

    private static @Nullable LeaseStore leases(@Nullable Path file) throws IOException {
        try {
            return file == null ? null : new LeaseStore(LeaseLog.open(file));
        } catch (FileSystemException e) {
            throw new IOException("the lease file %s cannot be opened (%s). Name a file in a directory that this user"
                    .formatted(file, e) + " may write.", e);
        }
    }

    private static void check(PxeConfig config) {
        List<Link> links = config.links();
        if (links.isEmpty() && config.links6().isEmpty()) {
            throw new IllegalArgumentException("a boot service needs at least one network to serve");
        }
        var interfaces = new HashSet<String>();
        for (Link link : links) {
            if (!(link.address() instanceof Inet4Address)) {
                throw new IllegalArgumentException("DHCP is for IPv4: " + link.address().getHostAddress());
            }
            if (link.interfaceName() != null && !interfaces.add(link.interfaceName())) {
                throw new IllegalArgumentException("two networks on one interface, " + link.interfaceName());
            }
        }
        List<Subnet> subnets = Stream.concat(links.stream().map(Link::subnet), config.relayed().stream()).toList();
        for (int one = 0; config.mode() == Mode.DHCP && one < subnets.size(); one++) {
            for (Subnet other : subnets.subList(one + 1, subnets.size())) {
                if (subnets.get(one).contains(other.network()) || other.contains(subnets.get(one).network())) {
                    throw new IllegalArgumentException("the networks %s and %s overlap".formatted(subnets.get(one),
                            other));
                }
            }
        }
    }

    /** DHCP comes last: a machine that hears an offer finds the rest open. */
    private void open(BootSource source, Consumer<PxeEvent> events) throws IOException {
        if (leases != null) {
            open.push(leases);
        }
        for (Link6 link : config.links6()) {
            UsableAddress.await(link.interfaceName(), link.address(), IPV6_PATIENCE, LOG::info);
        }
        var http = HttpServer.of(source, this::whoHas, events, clock);
        open.push(http);
        httpPort = listen(http, "HTTP", config.ports().http(), null);
        if (config.tls() != null) {
            httpsPort = listen(http, "HTTPS", config.ports().https(), TlsIdentity.of(config.tls(), clock));
        }
        try {
            var addresses = Stream.concat(config.links().stream().map(Link::address),
                    config.links6().stream().map(Link6::address)).toList();
            var tftp = TftpServer.start(addresses, config.ports().tftp(), config.tftp(), source, this::whoHas, events,
                    clock);
            open.push(tftp);
            tftpPort = tftp.port();
        } catch (IOException e) {
            throw PortFailure.explain("TFTP", Transport.UDP, addresses(), config.ports().tftp(), e);
        }
        if (config.mode() != Mode.NONE || !config.links6().isEmpty()) {
            var sockets = new UdpSockets();
            var endpoint = new DhcpEndpoint(dhcp, leases, events, clock, sockets);
            // closed after the sockets, from whose thread it is used
            open.push(endpoint);
            open.push(sockets);
            listen6(sockets, source, events);
            if (config.ipv6Absence()) {
                tellIpv6Absence();
            }
            if (config.mode() == Mode.NONE || config.links().isEmpty()) {
                return;
            }
            proxyPort = listen(endpoint, Arrival.Service.BOOT_SERVER, config.ports().proxy());
            dhcpPort = listen(endpoint, Arrival.Service.DHCP, config.ports().dhcp());
            config.links().forEach(endpoint::lookOut);
        }
    }

    private int listen(HttpServer http, String service, int port, @Nullable TlsIdentity tls) throws IOException {
        try {
            return http.listen(ownAddresses(), port, tls);
        } catch (IOException e) {
            throw PortFailure.explain(service, Transport.TCP, addresses(), port, e);
        }
    }

    private void listen6(UdpSockets sockets, BootSource source, Consumer<PxeEvent> events) throws IOException {
        for (Link6 link : config.links6()) {
            try {
                var endpoint = Dhcp6Endpoint.start(link, sockets, leases, source, this::httpPort, this::httpsPort,
                        events,
                        clock);
                dhcp6.add(endpoint);
                open.push(endpoint);
            } catch (IOException e) {
                throw PortFailure.explain("DHCPv6", Transport.UDP, link.interfaceName(), Dhcp6Endpoint.PORT, e);
            }
        }
    }

    /** Only a convenience: without the privilege, or without IPv6 on this host, machines boot all the same, later. */
    private void tellIpv6Absence() {
        var served = config.links6().stream().map(Link6::interfaceName).collect(Collectors.toSet());
        for (Link link : config.links()) {
            if (link.interfaceName() != null && !served.contains(link.interfaceName())) {
                try {
                    open.push(RouterAdvertiser.start(link.interfaceName(), RouterAdvertisement.absence()));
                } catch (IOException e) {
                    LOG.info("machines on {} wait for IPv6 in vain before they boot: {}", link.interfaceName(),
                            e.getMessage());
                }
            }
        }
    }

    private List<InetAddress> ownAddresses() {
        return Stream.concat(config.links().stream().map(Link::address), config.links6().stream().map(Link6::address))
                .distinct().toList();
    }

    private String addresses() {
        return ownAddresses().stream().map(InetAddress::getHostAddress).collect(Collectors.joining(", "));
    }

    private int listen(DhcpEndpoint endpoint, Arrival.Service service, int port)
            throws IOException {
        boolean broadcasts = service == Arrival.Service.DHCP;
        // where any port will do, the one of the first link serves for all of them
        int bound = port;
        for (Link link : config.links()) {
            try {
                bound = endpoint.listen(link, service, bound);
            } catch (IOException e) {
                String where = link.interfaceName() == null ? link.address().getHostAddress() : link.interfaceName();
                throw PortFailure.explain(broadcasts ? "DHCP" : "The PXE boot server", Transport.UDP, where,
                        bound, e);
            }
        }
        return bound;
    }

    @Override
    public PxeConfig.Ports ports() {
        return new PxeConfig.Ports(dhcpPort, proxyPort, tftpPort, httpPort, httpsPort);
    }

    /** How far the addresses of each network are used, those of IPv4 first; for any thread. */
    public List<PoolUse> pools() {
        return Stream.concat(dhcp.pools(clock.instant()).stream(), dhcp6.stream().map(Dhcp6Endpoint::pool)).toList();
    }

    /**
     * The machine behind an address: the one that holds our lease on it; where a foreign server or nobody gives
     * addresses, the one that was last heard to use it, or the one that the kernel knows as neighbour.
     */
    @Nullable
    MacAddress whoHas(InetAddress address) {
        if (address instanceof Inet6Address) {
            return dhcp6.stream().flatMap(endpoint -> endpoint.whoHas(address).stream()).findFirst().orElse(null);
        }
        MacAddress known = dhcp.whoHas(address, clock.instant()).orElse(null);
        return known != null || config.mode() == Mode.DHCP ? known : Neighbours.macOf(address).orElse(null);
    }

    @Override
    public void close() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                LOG.warn("not closed cleanly", e);
            }
        }
    }
}

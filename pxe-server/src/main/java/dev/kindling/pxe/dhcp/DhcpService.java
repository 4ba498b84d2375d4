package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeConfig;
import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.PxeEvent;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides about each datagram on the DHCP ports. No I/O: what has to be stored, sent and told stands in the
 * {@link Outcome}. {@link #handle} is for one thread at a time; {@link #whoHas} may be called by any.
 */
public final class DhcpService {
    private final PxeConfig config;
    private final Exchange.Setup setup;
    private final Map<Link, AddressServer> addressServers = new HashMap<>();
    private final BootServer bootServer = new BootServer();

    /**
     * @param httpPort of our HTTP service, as really bound, by the time of the first datagram
     * @param httpsPort likewise; 0: none
     * @param restored the leases of a former run; those of networks that are not served any more are dropped
     */
    public DhcpService(PxeConfig config, IntSupplier httpPort, IntSupplier httpsPort, BootSource source,
            Collection<Lease> restored) {
        this.config = config;
        this.setup = new Exchange.Setup(source, config.ports().dhcp(), httpPort, httpsPort);
        Set<InetAddress> ours = config.links().stream().map(Link::address).collect(Collectors.toSet());
        for (Link link : config.links()) {
            var table = new LeaseTable(link);
            restored.stream().filter(lease -> table.inNetwork(lease.address())).forEach(table::put);
            addressServers.put(link, new AddressServer(table, ours));
        }
    }

    /** Receive, is it well-formed, is it for us, decide, reply. Throws only what the {@link BootSource} throws. */
    public Outcome handle(byte[] datagram, Arrival arrival, Instant now) {
        return switch (DhcpPacket.decode(datagram)) {
            case Decoded.Malformed bad -> ignore(now, bad.mac(), bad.reason(), arrival);
            case DhcpPacket packet when packet.op() == DhcpPacket.Op.REPLY -> otherServer(packet, arrival, now);
            case DhcpPacket packet -> packet.type()
                    .map(type -> request(new Exchange(setup, packet, type, arrival, now)))
                    .orElseGet(() -> ignore(now, packet.mac(), "it has no DHCP message type", arrival));
        };
    }

    private Outcome request(Exchange x) {
        if (x.arrival().service() == Arrival.Service.BOOT_SERVER) {
            return bootServer.bootServer(x);
        }
        return switch (config.mode()) {
            case PROXY -> bootServer.proxy(x);
            case NONE -> x.silence();
            case DHCP -> {
                InetAddress relay = x.request().giaddr();
                AddressServer server = addressServers.get(x.link());
                yield server == null || (!relay.isAnyLocalAddress() && !server.leases().inNetwork(relay))
                        ? x.ignore("its relay %s is in no network that is served here"
                                .formatted(relay.getHostAddress()))
                        : server.handle(x);
            }
        };
    }

    /** A server's message on a server's port: one that another server sent to a relay, or astray. */
    private Outcome otherServer(DhcpPacket packet, Arrival arrival, Instant now) {
        InetAddress server = packet.options().address(OptionCode.SERVER_ID).<InetAddress>map(a -> a)
                .orElse(arrival.from().getAddress());
        if (config.links().stream().anyMatch(link -> link.address().equals(server))) {
            return new Outcome(null, List.of(), List.of());
        }
        String text = "another DHCP server, %s, answers on the network of %s".formatted(server.getHostAddress(),
                arrival.link().address().getHostAddress());
        return new Outcome(null, List.of(), List.of(new PxeEvent.ForeignServer(now, packet.mac(), server, text)));
    }

    private static Outcome ignore(Instant now, @Nullable MacAddress mac, String reason,
            Arrival arrival) {
        String text = "a datagram from %s not answered: %s".formatted(arrival.from(), reason);
        return new Outcome(null, List.of(), List.of(new PxeEvent.Ignored(now, mac, reason, text)));
    }

    /**
     * The machine behind an address: by an unexpired lease from us, or, where a foreign server gives the addresses, the
     * one that was last heard to use it.
     */
    public Optional<MacAddress> whoHas(InetAddress address, Instant now) {
        return switch (config.mode()) {
            case DHCP -> addressServers.values().stream()
                    .flatMap(server -> server.leases().boundTo(address, now).stream()).findFirst();
            case PROXY -> bootServer.whoHas(address);
            case NONE -> Optional.empty();
        };
    }

    /** All leases as they stand, for the compaction of their log. */
    public List<Lease> leases() {
        return addressServers.values().stream().flatMap(server -> server.leases().all().stream())
                .filter(lease -> lease.state() != Lease.State.OFFERED).toList();
    }
}

package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PoolUse;
import dev.kindling.pxe.PxeConfig;
import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.PxeConfig.Mode;
import dev.kindling.pxe.PxeEvent;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Decides about each datagram on the DHCP ports. No I/O: what has to be stored, sent and told stands in the
 * {@link Outcome}. {@link #handle} is for one thread at a time; {@link #whoHas} and {@link #pools} may be called by
 * any.
 */
public final class DhcpService {
    private final PxeConfig config;
    private final Exchange.Setup setup;
    /** Those of the networks on our links, in their order, then the relayed ones. */
    private final List<AddressServer> addressServers = new ArrayList<>();
    private final BootServer bootServer = new BootServer();
    private final Foreign foreign = new Foreign();

    /**
     * @param httpPort of our HTTP service, as really bound, by the time of the first datagram
     * @param httpsPort likewise; 0: none
     * @param restored the leases of a former run; those of networks that are not served any more are dropped
     */
    public DhcpService(PxeConfig config, IntSupplier httpPort, IntSupplier httpsPort, BootSource source,
            Collection<Lease> restored) {
        this.config = config;
        this.setup = new Exchange.Setup(source, config.proxyOffer(), config.ports().dhcp(), httpPort, httpsPort);
        Set<InetAddress> ours = config.links().stream().map(Link::address).collect(Collectors.toSet());
        Stream.concat(config.links().stream().map(Link::subnet), config.relayed().stream()).forEach(subnet -> {
            var table = new LeaseTable(subnet, ours);
            restored.stream().filter(
                    lease -> lease.address() instanceof Inet4Address four && table.inNetwork(four)).forEach(table::put);
            addressServers.add(new AddressServer(table, ours));
        });
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
            case DHCP -> addresses(x);
        };
    }

    /** By the server of the network that the machine is on: what the relay says goes before what is seen from here. */
    private Outcome addresses(Exchange x) {
        DhcpPacket request = x.request();
        Optional<Inet4Address> selected = RelayInfo.of(request).linkSelection();
        if (selected.isPresent()) {
            return addresses(x, selected.get(), "its relay selects the network of ");
        }
        selected = request.options().address(OptionCode.SUBNET_SELECTION);
        if (selected.isPresent()) {
            return addresses(x, selected.get(), "it selects the network of ");
        }
        if (!request.giaddr().isAnyLocalAddress()) {
            return addresses(x, request.giaddr(), "its relay is ");
        }
        // a machine behind a relay renews by unicast, without it
        for (AddressServer server : addressServers.subList(config.links().size(), addressServers.size())) {
            if (server.leases().inNetwork(request.ciaddr())) {
                return server.handle(x);
            }
        }
        return addressServers.get(config.links().indexOf(x.link())).handle(x);
    }

    private Outcome addresses(Exchange x, Inet4Address inside, String what) {
        for (AddressServer server : addressServers) {
            if (server.leases().inNetwork(inside)) {
                return server.handle(x);
            }
        }
        return x.ignore(what + inside.getHostAddress() + ", which is in no network that is served here");
    }

    /** A server's message on a server's port: one that another server sent to a relay, or astray. */
    private Outcome otherServer(DhcpPacket packet, Arrival arrival, Instant now) {
        InetAddress server = packet.options().address(OptionCode.SERVER_ID).<InetAddress>map(a -> a)
                .orElse(arrival.from().getAddress());
        if (config.links().stream().anyMatch(link -> link.address().equals(server))) {
            return Outcome.silent(List.of());
        }
        String text = "another DHCP server, %s, answers on the network of %s".formatted(server.getHostAddress(),
                arrival.link().address().getHostAddress());
        return Outcome.silent(List.of(new PxeEvent.ForeignServer(now, packet.mac(), server, offer(packet), text)));
    }

    /**
     * A datagram to a client's port, which another server sent.
     *
     * @param link that it was heard on
     * @param from its sender
     */
    public Outcome overheard(byte[] datagram, Link link, InetSocketAddress from, Instant now) {
        if (!(DhcpPacket.decode(datagram) instanceof DhcpPacket packet) || packet.op() != DhcpPacket.Op.REPLY
                || packet.is(MessageType.NAK)) {
            return Outcome.silent(List.of());
        }
        InetAddress server = packet.options().address(OptionCode.SERVER_ID).<InetAddress>map(a -> a)
                .orElse(from.getAddress());
        PxeEvent.Offer offer = offer(packet);
        boolean ours = config.links().stream().map(Link::address)
                .anyMatch(own -> own.equals(server) || own.equals(from.getAddress()));
        if (ours || !foreign.isNews(server, offer, now)) {
            return Outcome.silent(List.of());
        }
        boolean boots = offer.bootFile() != null
                || packet.options().text(OptionCode.VENDOR_CLASS).orElse("").startsWith("PXEClient");
        String gives = offer.address() == null ? "" : " gives addresses, such as " + offer.address().getHostAddress();
        String serves = boots
                ? (gives.isEmpty() ? "" : ", and") + " serves network boot, file " + offer.bootFile() + " from "
                        + (offer.nextServer() == null ? "itself" : offer.nextServer().getHostAddress())
                : "";
        String text = "another %s server, %s, on %s%s%s".formatted(offer.address() == null ? "network boot" : "DHCP",
                server.getHostAddress(), link.interfaceName(), gives, serves);
        return Outcome.silent(List.of(new PxeEvent.ForeignServer(now, packet.mac(), server, offer, text)));
    }

    /**
     * A message to other servers, as a machine that boots would send it: who answers is there beside us.
     *
     * @param mac of the interface that it leaves from
     */
    public static byte[] probe(MacAddress mac, int xid) {
        return DhcpPacket.request(mac, xid).withBroadcast(true).withOptions(DhcpOptions.none()
                .withByte(OptionCode.MESSAGE_TYPE, MessageType.DISCOVER.code())
                .with(OptionCode.PARAMETER_LIST, new byte[]{1, 3, 6, 15, 43, 54, 60, 66, 67})
                .with(OptionCode.VENDOR_CLASS, "PXEClient:Arch:00007:UNDI:003016")
                .withShort(OptionCode.CLIENT_ARCHITECTURE, 7).with(OptionCode.CLIENT_NETWORK_INTERFACE,
                        new byte[]{1, 3, 16}))
                .encode();
    }

    /** A host said by ARP that it has the address. */
    public Outcome inUse(Inet4Address address, MacAddress host, Instant now) {
        for (AddressServer server : addressServers) {
            if (server.leases().inNetwork(address)) {
                return server.inUse(address, host, now);
            }
        }
        return Outcome.silent(List.of());
    }

    /** Nobody answered when it was asked who has {@link Outcome#unchecked}. */
    public void unanswered(Inet4Address address, Instant now) {
        for (AddressServer server : addressServers) {
            if (server.leases().inNetwork(address)) {
                server.leases().unanswered(address, now);
            }
        }
    }

    /** What a server's message gives. */
    static PxeEvent.Offer offer(DhcpPacket reply) {
        return new PxeEvent.Offer(known(reply.yiaddr()), known(reply.siaddr()), reply.bootFile().orElse(null));
    }

    private static @Nullable InetAddress known(Inet4Address address) {
        return address.isAnyLocalAddress() ? null : address;
    }

    private static Outcome ignore(Instant now, @Nullable MacAddress mac, String reason,
            Arrival arrival) {
        String text = "a datagram from %s not answered: %s".formatted(arrival.from(), reason);
        return Outcome.silent(List.of(new PxeEvent.Ignored(now, mac, reason, text)));
    }

    /**
     * The machine behind an address: by an unexpired lease from us, or, where a foreign server gives the addresses, the
     * one that was last heard to use it.
     */
    public Optional<MacAddress> whoHas(InetAddress address, Instant now) {
        return switch (config.mode()) {
            case DHCP -> addressServers.stream()
                    .flatMap(server -> server.leases().boundTo(address, now).stream()).findFirst();
            case PROXY -> bootServer.whoHas(address);
            case NONE -> Optional.empty();
        };
    }

    /** How far each network's addresses are used; none but in {@link Mode#DHCP}. */
    public List<PoolUse> pools(Instant now) {
        return config.mode() == Mode.DHCP
                ? addressServers.stream().map(server -> server.leases().use(now)).toList()
                : List.of();
    }

    /** All leases as they stand, for the compaction of their log. */
    public List<Lease> leases() {
        return addressServers.stream().flatMap(server -> server.leases().all().stream())
                .filter(lease -> lease.state() != Lease.State.OFFERED).toList();
    }
}

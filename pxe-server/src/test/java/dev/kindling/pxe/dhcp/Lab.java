package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.Answer;
import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.Client;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeConfig;
import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.PxeConfig.Mode;
import dev.kindling.pxe.PxeConfig.ProxyOffer;
import dev.kindling.pxe.PxeConfig.Subnet;
import dev.kindling.pxe.PxeEvent;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A service on eth0, 10.77.0.1/24 with the pool 10.77.0.100 to .103, and a clock that stands until it is moved. */
final class Lab implements BootSource {
    static final Instant START = Instant.parse("2026-11-21T03:00:00Z");
    static final InetAddress SERVER = ip("10.77.0.1");
    static final Link LINK = new Link("eth0", SERVER, Subnet.of(SERVER, 24)
            .withRange(ip("10.77.0.100"), ip("10.77.0.103")).withRouter(ip("10.77.0.254"))
            .withDns(List.of(ip("10.77.0.53"))).withDomain("lab.example"));

    final Map<MacAddress, Answer> answers = new HashMap<>();
    final List<InetAddress> reserved = new ArrayList<>();
    final List<Client> asked = new ArrayList<>();
    final List<PxeEvent> events = new ArrayList<>();
    final List<Lease> changes = new ArrayList<>();
    final DhcpService service;
    private final Link link;
    Instant now = START;

    Lab(Mode mode) {
        this(mode, LINK, List.of());
    }

    Lab(Mode mode, List<Subnet> relayed) {
        this(PxeConfig.of(List.of(LINK), mode).withRelayed(relayed), List.of());
    }

    /** Beside a foreign server. */
    Lab(ProxyOffer form) {
        this(PxeConfig.of(List.of(LINK), Mode.PROXY).withProxyOffer(form), List.of());
    }

    Lab(Mode mode, Link link, List<Lease> restored) {
        this(PxeConfig.of(List.of(link), mode), restored);
    }

    private Lab(PxeConfig config, List<Lease> restored) {
        link = config.links().getFirst();
        service = new DhcpService(config, () -> 80, () -> 0, this, restored);
    }

    static Inet4Address ip(String text) {
        return (Inet4Address) InetAddress.ofLiteral(text);
    }

    static MacAddress mac(int number) {
        return new MacAddress("52:54:00:4b:4c:%02x".formatted(number));
    }

    /** A message of an ordinary client. */
    static DhcpPacket message(MessageType type, int machine) {
        return DhcpPacket.request(mac(machine), 0x1000 + machine)
                .withOptions(DhcpOptions.none().withByte(OptionCode.MESSAGE_TYPE, type.code()));
    }

    static DhcpPacket with(DhcpPacket packet, int code, String text) {
        return packet.withOptions(packet.options().with(code, text));
    }

    static DhcpPacket with(DhcpPacket packet, int code, InetAddress address) {
        return packet.withOptions(packet.options().with(code, address));
    }

    static DhcpPacket pxe(MessageType type, int machine, int architecture) {
        DhcpPacket plain = with(message(type, machine), OptionCode.VENDOR_CLASS,
                "PXEClient:Arch:%05d:UNDI:003016".formatted(architecture));
        return plain.withOptions(plain.options().withShort(OptionCode.CLIENT_ARCHITECTURE, architecture));
    }

    static DhcpPacket select(DhcpPacket request, InetAddress server, InetAddress address) {
        return with(with(request, OptionCode.SERVER_ID, server), OptionCode.REQUESTED_ADDRESS, address);
    }

    /** Makes a machine one that gets an address of the pool. */
    Lab knows(int machine) {
        return answers(machine, null, null);
    }

    Lab answers(int machine, @Nullable String address, @Nullable String bootFile) {
        answers.put(mac(machine), new Answer.Lease(address == null ? null : ip(address), null, bootFile));
        return this;
    }

    Outcome outcome(DhcpPacket packet, String from, int port, Arrival.Service service67) {
        Outcome outcome = service.handle(packet.encode(1472), new Arrival(link, new InetSocketAddress(from, port),
                service67), now);
        events.addAll(outcome.events());
        changes.addAll(outcome.changes());
        return outcome;
    }

    /** Sends a broadcast on port 67; what comes back, if anything. */
    Optional<DhcpPacket> send(DhcpPacket packet) {
        return Optional.ofNullable(outcome(packet, "0.0.0.0", 68, Arrival.Service.DHCP).reply())
                .map(reply -> (DhcpPacket) DhcpPacket.decode(reply.payload()));
    }

    /** DISCOVER, OFFER, REQUEST, ACK. */
    Inet4Address dora(int machine) {
        Inet4Address offered = send(message(MessageType.DISCOVER, machine)).orElseThrow().yiaddr();
        DhcpPacket ack = send(select(message(MessageType.REQUEST, machine), SERVER, offered)).orElseThrow();
        if (ack.type().orElseThrow() != MessageType.ACK || !ack.yiaddr().equals(offered)) {
            throw new AssertionError("offered " + offered + " and then sent " + ack);
        }
        return offered;
    }

    String lastEvent() {
        return events.getLast().text();
    }

    @Override
    public Answer answer(Client client) {
        asked.add(client);
        return answers.getOrDefault(client.mac(), new Answer.Ignore("unknown machine"));
    }

    @Override
    public boolean isReserved(InetAddress address) {
        return reserved.contains(address);
    }

    @Override
    public Optional<BootFile> open(Fetch fetch) {
        return Optional.empty();
    }
}

package dev.kindling.pxe.client;

import dev.kindling.pxe.dhcp.DhcpOptions;
import dev.kindling.pxe.dhcp.DhcpPacket;
import dev.kindling.pxe.dhcp.MessageType;
import dev.kindling.pxe.dhcp.OptionCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** DISCOVER, OFFER, REQUEST, ACK, and where needed a question to the PXE boot server. */
final class DhcpDialogue {
    private static final String STEP = "dhcp";
    private static final int REQUEST_TRIES = 4;

    private final Machine machine;
    private final Network network;
    private final Timing timing;
    private final Loss loss;
    private final RandomGenerator random;
    private final Consumer<Step> steps;
    private final Holder holder;

    DhcpDialogue(Machine machine, Network network, Timing timing, Loss loss, RandomGenerator random,
            Consumer<Step> steps, Holder holder) {
        this.holder = holder;
        this.machine = machine;
        this.network = network;
        this.timing = timing;
        this.loss = loss;
        this.random = random;
        this.steps = steps;
    }

    /** Who makes the leased address an address of this host. */
    interface Holder {
        void hold(InetAddress address, int prefixLength) throws IOException;
    }

    private static int prefixLength(DhcpPacket ack) {
        return ack.options().address(OptionCode.SUBNET_MASK)
                .map(mask -> Integer.bitCount(ByteBuffer.wrap(mask.getAddress()).getInt())).orElse(24);
    }

    /** An address, and what to boot; which may come from two servers. */
    private record Offers(@Nullable DhcpPacket address, @Nullable DhcpPacket proxy) {
        boolean complete() {
            return address != null && (address.bootFile().isPresent() || proxy != null);
        }
    }

    /**
     * Gets a lease.
     *
     * @throws BootException if nobody offers one
     */
    Result.Lease obtain(Requests speaker) throws IOException, InterruptedException {
        try (var wire = network.wire(loss)) {
            int xid = random.nextInt();
            for (Duration wait : timing.dhcp()) {
                broadcast(wire, speaker.message(machine, xid, MessageType.DISCOVER, DhcpOptions.none()));
                steps.accept(new Step(STEP, speaker + " sends DISCOVER"));
                var offers = collect(wire, xid, wait);
                if (offers.address() == null) {
                    continue;
                }
                var acknowledged = request(wire, speaker, xid, offers.address());
                if (acknowledged.isPresent()) {
                    return lease(wire, speaker, xid, acknowledged.get(), offers.proxy());
                }
                xid = random.nextInt(); // refused: begin anew
            }
        }
        throw new BootException(STEP, "no DHCP offer (PXE-E51)");
    }

    private Offers collect(DhcpWire wire, int xid, Duration wait) throws IOException, InterruptedException {
        var offers = new Offers(null, null);
        long deadline = System.nanoTime() + wait.toNanos();
        while (!offers.complete()) {
            var packet = receive(wire, xid, deadline);
            if (packet == null) {
                break;
            }
            if (!packet.type().equals(Optional.of(MessageType.OFFER))) {
                continue;
            }
            if (packet.yiaddr().isAnyLocalAddress()) {
                offers = new Offers(offers.address(), packet);
            } else if (offers.address() == null) {
                steps.accept(new Step(STEP, "is offered " + packet.yiaddr().getHostAddress()));
                offers = new Offers(packet, offers.proxy());
                deadline = Math.min(deadline, System.nanoTime() + timing.proxy().toNanos());
            }
        }
        return offers;
    }

    /** Empty if the server refuses, or is silent. */
    private Optional<DhcpPacket> request(DhcpWire wire, Requests speaker, int xid, DhcpPacket offer)
            throws IOException, InterruptedException {
        var choice = offer.options().address(OptionCode.SERVER_ID)
                .map(server -> DhcpOptions.none().with(OptionCode.SERVER_ID, server)).orElse(DhcpOptions.none())
                .with(OptionCode.REQUESTED_ADDRESS, offer.yiaddr());
        for (int attempt = 0; attempt < REQUEST_TRIES; attempt++) {
            broadcast(wire, speaker.message(machine, xid, MessageType.REQUEST, choice));
            long deadline = System.nanoTime() + timing.request().toNanos();
            for (var packet = receive(wire, xid, deadline); packet != null; packet = receive(wire, xid, deadline)) {
                if (packet.type().equals(Optional.of(MessageType.ACK))) {
                    return Optional.of(packet);
                }
                if (packet.type().equals(Optional.of(MessageType.NAK))) {
                    steps.accept(new Step(STEP, "is refused its address (NAK)"));
                    return Optional.empty();
                }
            }
        }
        return Optional.empty();
    }

    private Result.Lease lease(DhcpWire wire, Requests speaker, int xid, DhcpPacket ack, @Nullable DhcpPacket proxy)
            throws IOException, InterruptedException {
        holder.hold(ack.yiaddr(), prefixLength(ack));
        var boot = boot(wire, speaker, xid, ack, proxy);
        var lease = new Result.Lease(ack.yiaddr(), nextServer(boot), boot.bootFile().orElse(null),
                ack.options().text(OptionCode.HOST_NAME).orElse(null));
        steps.accept(new Step(STEP, "%s has the address %s, boot file %s from %s".formatted(speaker,
                lease.address().getHostAddress(), lease.bootFile(), lease.nextServer().getHostAddress())));
        return lease;
    }

    /** The message that says what to boot; an address server that names a file counts more than a ProxyDHCP server. */
    private DhcpPacket boot(DhcpWire wire, Requests speaker, int xid, DhcpPacket ack, @Nullable DhcpPacket proxy)
            throws IOException, InterruptedException {
        return ack.bootFile().isPresent() || proxy == null
                ? boot(wire, speaker, xid, ack, ack, false)
                : boot(wire, speaker, xid, ack, proxy, true);
    }

    private DhcpPacket boot(DhcpWire wire, Requests speaker, int xid, DhcpPacket ack, DhcpPacket offer,
            boolean fromProxy) throws IOException, InterruptedException {
        // iPXE takes a file that is named; HTTP Boot knows no boot servers
        if (speaker == Requests.IPXE ? offer.bootFile().isPresent() : machine.kind() == Machine.Kind.UEFI_HTTP) {
            return offer;
        }
        var discovery = BootDiscovery.of(offer, fromProxy);
        if (discovery.local()) {
            steps.accept(new Step(STEP, "is told by the boot menu to go on with its disk"));
            return offer.withFile("").withOptions(offer.options().without(OptionCode.BOOT_FILE_NAME));
        }
        return discovery.asks() ? askBootServer(wire, speaker, xid, ack, offer, discovery) : offer;
    }

    private DhcpPacket askBootServer(DhcpWire wire, Requests speaker, int xid, DhcpPacket ack, DhcpPacket offer,
            BootDiscovery discovery) throws IOException, InterruptedException {
        var servers = discovery.servers().isEmpty() ? List.of(nextServer(offer)) : discovery.servers();
        var question = speaker.message(machine, xid, MessageType.REQUEST, discovery.item()).withCiaddr(ack.yiaddr());
        for (int attempt = 0; attempt < REQUEST_TRIES; attempt++) {
            var server = new InetSocketAddress(servers.get(attempt % servers.size()), network.proxyPort());
            steps.accept(new Step(STEP, "asks the boot server %s, port %d".formatted(
                    server.getAddress().getHostAddress(), server.getPort())));
            wire.send(ByteBuffer.wrap(question.encode()), server);
            long deadline = System.nanoTime() + timing.request().toNanos();
            for (var packet = receive(wire, xid, deadline); packet != null; packet = receive(wire, xid, deadline)) {
                if (packet.type().equals(Optional.of(MessageType.ACK)) && packet.bootFile().isPresent()) {
                    return packet;
                }
            }
        }
        throw new BootException(STEP, "the PXE boot server does not answer on port %d (PXE-E55)".formatted(
                network.proxyPort()));
    }

    private static InetAddress nextServer(DhcpPacket packet) {
        if (!packet.siaddr().isAnyLocalAddress()) {
            return packet.siaddr();
        }
        var named = packet.options().text(OptionCode.TFTP_SERVER_NAME).filter(name -> name.matches("[0-9.]+"));
        return named.isPresent()
                ? InetAddress.ofLiteral(named.get())
                : packet.options().address(OptionCode.SERVER_ID).<InetAddress>map(server -> server)
                        .orElse(packet.siaddr());
    }

    private void broadcast(DhcpWire wire, DhcpPacket packet) throws IOException, InterruptedException {
        // on a real card: what is sent to an address that nobody has yet is for the machine that is played, not for us
        var sent = network.device() == null ? packet : packet.withBroadcast(true);
        for (var server : network.servers()) {
            wire.send(ByteBuffer.wrap(sent.encode()), server);
        }
    }

    /** The next answer to us; null when the deadline has passed. */
    private @Nullable DhcpPacket receive(DhcpWire wire, int xid, long deadline)
            throws IOException, InterruptedException {
        while (true) {
            var received = wire.receive(deadline);
            if (received == null) {
                return null;
            }
            byte[] octets = new byte[received.octets().remaining()];
            received.octets().get(octets);
            if (DhcpPacket.decode(octets) instanceof DhcpPacket packet && packet.op() == DhcpPacket.Op.REPLY
                    && packet.xid() == xid && packet.mac().equals(machine.mac())) {
                return packet;
            }
        }
    }
}

package dev.kindling.pxe;

import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.PxeConfig.Mode;
import dev.kindling.pxe.PxeConfig.Ports;
import dev.kindling.pxe.PxeConfig.Subnet;
import dev.kindling.pxe.dhcp.Arrival;
import dev.kindling.pxe.dhcp.DhcpOptions;
import dev.kindling.pxe.dhcp.DhcpPacket;
import dev.kindling.pxe.dhcp.DhcpService;
import dev.kindling.pxe.dhcp.MessageType;
import dev.kindling.pxe.dhcp.OptionCode;
import dev.kindling.pxe.net.UdpSockets;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves itself on loopback for a second, before the first machine asks: the Java machine interprets what it has not
 * run often, and compiles what it has. Without this the first thousands of a rack that is switched on at once would
 * wait a hundred times longer than the rest.
 */
final class Rehearsal implements BootSource {
    private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);
    private static final InetAddress SERVER = InetAddress.ofLiteral("127.0.0.1");
    private static final long NANOS = 1_000_000_000L;
    /** Enough for the compiler to take notice of all that is on the way. */
    private static final int MACHINES = 12_000;
    private static final int PATIENCE_MILLIS = 200;

    private Rehearsal() {}

    /** Begins in a thread of its own, and ends by itself. */
    static void begin() {
        Thread.ofPlatform().daemon().name("dhcp-rehearsal").start(() -> {
            try {
                new Rehearsal().run();
            } catch (IOException e) {
                // no loopback, or no address on it: only the speed of the first answers is lost
                LOG.debug("no rehearsal", e);
            }
        });
    }

    private void run() throws IOException {
        Link link = new Link(null, SERVER, Subnet.of(SERVER, 8).withRange(InetAddress.ofLiteral("127.16.0.1"),
                InetAddress.ofLiteral("127.17.0.1")));
        var service = new DhcpService(PxeConfig.of(List.of(link), Mode.DHCP).withPorts(Ports.FREE), () -> 80, () -> 0,
                this, List.of());
        try (var sockets = new UdpSockets();
                var endpoint = new DhcpEndpoint(service, null, _ -> {}, Clock.systemUTC(), sockets);
                var client = new DatagramSocket(0, SERVER)) {
            int port = endpoint.listen(link, Arrival.Service.DHCP, 0);
            client.setSoTimeout(PATIENCE_MILLIS);
            long end = System.nanoTime() + NANOS;
            for (int machine = 0; machine < MACHINES && System.nanoTime() < end; machine++) {
                DhcpPacket discover = DhcpPacket.request(new MacAddress(0x0200_0000_0000L + machine), machine)
                        .withOptions(DhcpOptions.none().withByte(OptionCode.MESSAGE_TYPE, MessageType.DISCOVER.code())
                                .with(OptionCode.VENDOR_CLASS, "PXEClient:Arch:00007:UNDI:003016")
                                .withShort(OptionCode.CLIENT_ARCHITECTURE, 7));
                DhcpPacket offer = exchange(client, discover, port);
                exchange(client, discover.withOptions(discover.options()
                        .withByte(OptionCode.MESSAGE_TYPE, MessageType.REQUEST.code())
                        .with(OptionCode.SERVER_ID, SERVER).with(OptionCode.REQUESTED_ADDRESS, offer.yiaddr())), port);
            }
        }
    }

    private static DhcpPacket exchange(DatagramSocket client, DhcpPacket request, int port) throws IOException {
        byte[] bytes = request.encode();
        client.send(new DatagramPacket(bytes, bytes.length, SERVER, port));
        var reply = new DatagramPacket(new byte[DhcpPacket.DEFAULT_LIMIT], DhcpPacket.DEFAULT_LIMIT);
        client.receive(reply);
        return (DhcpPacket) DhcpPacket.decode(Arrays.copyOf(reply.getData(), reply.getLength()));
    }

    @Override
    public Answer answer(Client client) {
        return new Answer.Lease(null, null, "snponly.efi");
    }

    @Override
    public Optional<BootFile> open(Fetch fetch) {
        return Optional.empty();
    }
}

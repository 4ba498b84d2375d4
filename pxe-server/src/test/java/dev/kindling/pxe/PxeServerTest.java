package dev.kindling.pxe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.PxeConfig.Link6;
import dev.kindling.pxe.PxeConfig.Mode;
import dev.kindling.pxe.PxeConfig.Subnet;
import dev.kindling.pxe.dhcp.DhcpOptions;
import dev.kindling.pxe.dhcp.DhcpPacket;
import dev.kindling.pxe.dhcp.MessageType;
import dev.kindling.pxe.dhcp.OptionCode;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole service on loopback, on free ports, without any privilege. */
class PxeServerTest {
    private static final MacAddress MAC = new MacAddress("52:54:00:4b:4c:01");
    private static final InetAddress SERVER = InetAddress.ofLiteral("127.77.0.1");
    private static final InetAddress ADDRESS = InetAddress.ofLiteral("127.77.0.11");
    private static final Link LINK = new Link(null, SERVER, Subnet.of(SERVER, 24));

    @TempDir
    private Path directory;
    private final BlockingQueue<PxeEvent> events = new LinkedBlockingQueue<>();
    private final Machines machines = new Machines();

    /** Knows one machine, and remembers who fetched. */
    private static class Machines implements BootSource {
        final List<Fetch> fetches = new CopyOnWriteArrayList<>();

        @Override
        public Answer answer(Client client) {
            return client.mac().equals(MAC)
                    ? new Answer.Lease(ADDRESS, null, "http://" + client.server().getHostAddress() + ":"
                            + client.httpPort() + "/boot.ipxe")
                    : new Answer.Ignore("unknown machine");
        }

        @Override
        public Optional<BootFile> open(Fetch fetch) {
            fetches.add(fetch);
            return Optional.of(BootFile.text("#!ipxe\n"));
        }
    }

    @Test
    void leadsAMachineFromItsFirstDhcpMessageToItsFile() throws Exception {
        try (PxeServer server = start(config(Mode.DHCP, 0, 0)); var socket = new DatagramSocket(0, ADDRESS)) {
            DhcpPacket discover = DhcpPacket.request(MAC, 42).withOptions(type(MessageType.DISCOVER)
                    .with(OptionCode.USER_CLASS, "iPXE").with(OptionCode.VENDOR_CLASS, "PXEClient:Arch:00000"));
            DhcpPacket offer = exchange(socket, discover, server.dhcpPort());
            assertThat(offer.yiaddr()).isEqualTo(ADDRESS);
            assertThat(offer.bootFile()).contains("http://127.77.0.1:" + server.httpPort() + "/boot.ipxe");
            assertThat(server.whoHas(ADDRESS)).isNull();

            DhcpPacket ack = exchange(socket, discover.withOptions(type(MessageType.REQUEST)
                    .with(OptionCode.SERVER_ID, SERVER).with(OptionCode.REQUESTED_ADDRESS, ADDRESS)),
                    server.dhcpPort());
            assertThat(ack.type()).contains(MessageType.ACK);
            assertThat(server.whoHas(ADDRESS)).isEqualTo(MAC);
            assertThat(Files.readString(directory.resolve("leases"))).startsWith("BOUND 127.77.0.11 " + MAC);

            assertThat(get(ADDRESS, server.httpPort())).startsWith("HTTP/1.1 200").endsWith("#!ipxe\n");
            assertThat(machines.fetches).extracting(BootSource.Fetch::mac).containsExactly(MAC);
            assertThat(server.tftpPort()).isPositive();
            assertThat(events.poll(60, TimeUnit.SECONDS)).isInstanceOf(PxeEvent.DhcpSeen.class);
        }
    }

    @Test
    void answersTheBootServerPort() throws Exception {
        try (PxeServer server = start(config(Mode.PROXY, 0, 0)); var socket = new DatagramSocket(0, ADDRESS)) {
            DhcpPacket ack = exchange(socket, DhcpPacket.request(MAC, 42).withOptions(type(MessageType.REQUEST)
                    .with(OptionCode.USER_CLASS, "iPXE")), server.proxyPort());

            assertThat(ack.type()).contains(MessageType.ACK);
            assertThat(server.whoHas(ADDRESS)).isEqualTo(MAC);
        }
    }

    @Test
    void survivesGarbageAndSaysWhatWasWrong() throws Exception {
        try (PxeServer server = start(config(Mode.DHCP, 0, 0)); var socket = new DatagramSocket(0, ADDRESS)) {
            byte[] garbage = new byte[400];
            Arrays.fill(garbage, (byte) 1);
            garbage[2] = 6;
            socket.send(new DatagramPacket(garbage, garbage.length, SERVER, server.dhcpPort()));
            socket.send(new DatagramPacket(garbage, 0, SERVER, server.dhcpPort()));

            assertThat(events.poll(60, TimeUnit.SECONDS)).isInstanceOfSatisfying(PxeEvent.Ignored.class,
                    event -> assertThat(event.reason()).isEqualTo("the DHCP magic cookie is missing"));
            assertThat(events.poll(60, TimeUnit.SECONDS)).isInstanceOfSatisfying(PxeEvent.Ignored.class,
                    event -> assertThat(event.reason()).isEqualTo("0 bytes are too few for DHCP"));
            assertThat(exchange(socket, DhcpPacket.request(MAC, 1).withOptions(type(MessageType.DISCOVER)),
                    server.dhcpPort()).yiaddr()).isEqualTo(ADDRESS);
        }
    }

    @Test
    void survivesABootSourceThatFails() throws Exception {
        var failing = new Machines() {
            @Override
            public Answer answer(Client client) {
                throw new IllegalStateException("told to");
            }
        };
        try (PxeServer server = PxeServer.start(config(Mode.DHCP, 0, 0), failing, events::add, Clock.systemUTC());
                var socket = new DatagramSocket(0, ADDRESS)) {
            byte[] discover = DhcpPacket.request(MAC, 1).withOptions(type(MessageType.DISCOVER)).encode();
            for (int time = 0; time < 2; time++) {
                socket.send(new DatagramPacket(discover, discover.length, SERVER, server.dhcpPort()));
                assertThat(events.poll(60, TimeUnit.SECONDS)).isInstanceOfSatisfying(PxeEvent.Ignored.class,
                        event -> assertThat(event.text()).contains("internal error", "told to"));
            }
        }
    }

    @Test
    void servesOnWhereTheListenerThrows() throws Exception {
        Consumer<PxeEvent> broken = event -> {
            throw new IllegalStateException("told to");
        };
        try (PxeServer server = PxeServer.start(config(Mode.DHCP, 0, 0), new Machines(), broken, Clock.systemUTC());
                var socket = new DatagramSocket(0, ADDRESS)) {
            DhcpPacket discover = DhcpPacket.request(MAC, 1).withOptions(type(MessageType.DISCOVER));
            for (int time = 0; time < 2; time++) {
                assertThat(exchange(socket, discover, server.dhcpPort()).yiaddr()).isEqualTo(ADDRESS);
            }
        }
    }

    @Test
    void namesTheHolderOfAPortAndClosesWhatItOpened() throws Exception {
        try (var holder = new DatagramSocket(0, SERVER)) {
            int taken = holder.getLocalPort();
            int http = freePort();
            assertThatThrownBy(() -> start(config(Mode.DHCP, taken, http))).isInstanceOf(IOException.class)
                    .hasMessageMatching("DHCP cannot listen on 127.77.0.1, port " + taken + "/UDP: \\S+ \\(process "
                            + ProcessHandle.current().pid() + "\\) holds it\\. Stop that service.*");
            // the lease file and the HTTP port are free again
            try (PxeServer server = start(config(Mode.DHCP, 0, http))) {
                assertThat(server.httpPort()).isEqualTo(http);
            }
        }
    }

    @Test
    @DisplayName("lesson 6: so is the one that holds a port of TFTP or HTTP")
    void namesTheHolderOfATransferPort() throws Exception {
        try (PxeServer server = start(config(Mode.NONE, 0, 0))) {
            assertThat(server.dhcpPort()).isZero();
            assertThatThrownBy(() -> start(config(Mode.NONE, 0, server.httpPort()))).isInstanceOf(IOException.class)
                    .hasMessageContaining("HTTP cannot listen on 127.77.0.1, port " + server.httpPort() + "/TCP")
                    .hasMessageContaining("(process " + ProcessHandle.current().pid() + ") holds it");
        }
    }

    @Test
    void namesTheLeaseFileThatCannotBeOpened() throws IOException {
        Files.createDirectory(directory.resolve("leases"));

        assertThatThrownBy(() -> start(config(Mode.DHCP, 0, 0))).isInstanceOf(IOException.class)
                .hasMessageContaining("the lease file " + directory.resolve("leases") + " cannot be opened");
    }

    @Test
    void aStartThatFailsForAnIpv6AddressLeavesTheLeaseFileToTheNext() throws Exception {
        var absent = new Link6("lo", InetAddress.ofLiteral("fd77::9999"), 64, null, null, List.of(), null,
                Duration.ofHours(1), false);

        assertThatThrownBy(() -> start(config(Mode.DHCP, 0, 0).withLinks6(List.of(absent))))
                .isInstanceOf(IOException.class).hasMessageContaining("fd77:0:0:0:0:0:0:9999");

        try (PxeServer server = start(config(Mode.DHCP, 0, 0))) {
            assertThat(server.dhcpPort()).isPositive();
        }
    }

    @Test
    void refusesLinksThatContradictEachOther() {
        var one = new Link("eth0", SERVER, Subnet.of(SERVER, 24));

        assertThatThrownBy(() -> start(PxeConfig.of(List.of(one, one), Mode.DHCP)))
                .isInstanceOf(IllegalArgumentException.class).hasMessage("two networks on one interface, eth0");
        assertThatThrownBy(() -> start(PxeConfig.of(List.of(LINK), Mode.DHCP)
                .withRelayed(List.of(Subnet.of(ADDRESS, 28))))).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the networks 127.77.0.1/24 and 127.77.0.11/28 overlap");
        assertThatThrownBy(() -> start(PxeConfig.of(List.of(), Mode.DHCP)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private PxeConfig config(Mode mode, int dhcpPort, int httpPort) {
        return PxeConfig.of(List.of(LINK), mode).withPorts(new PxeConfig.Ports(dhcpPort, 0, 0, httpPort, 0))
                .withLeaseFile(directory.resolve("leases"));
    }

    private PxeServer start(PxeConfig config) throws IOException {
        return PxeServer.start(config, machines, events::add, Clock.systemUTC());
    }

    private static DhcpOptions type(MessageType type) {
        return DhcpOptions.none().withByte(OptionCode.MESSAGE_TYPE, type.code());
    }

    private static DhcpPacket exchange(DatagramSocket socket, DhcpPacket packet, int port) throws IOException {
        socket.setSoTimeout(60_000);
        byte[] bytes = packet.encode();
        socket.send(new DatagramPacket(bytes, bytes.length, SERVER, port));
        var reply = new DatagramPacket(new byte[1500], 1500);
        socket.receive(reply);
        return (DhcpPacket) DhcpPacket.decode(Arrays.copyOf(reply.getData(), reply.getLength()));
    }

    private static String get(InetAddress from, int port) throws IOException {
        try (var socket = new Socket(SERVER, port, from, 0)) {
            socket.getOutputStream().write("GET /boot.ipxe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(SERVER, 0));
            return socket.getLocalPort();
        }
    }
}

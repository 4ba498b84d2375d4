package dev.kindling.pxe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.pxe.PxeConfig.Link;
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
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The service does the same in this process and in one of its own; and what only the second one has to stand. */
class RemotePxeServerTest {
    private static final MacAddress MAC = new MacAddress("52:54:00:4b:4c:01");
    private static final InetAddress SERVER = InetAddress.ofLiteral("127.78.0.1");
    private static final InetAddress ADDRESS = InetAddress.ofLiteral("127.78.0.11");
    private static final int LARGE = 700_001;

    @TempDir
    private Path directory;
    private final BlockingQueue<PxeEvent> events = new LinkedBlockingQueue<>();
    private final CountDownLatch contentSent = new CountDownLatch(1);
    private final CountDownLatch contentClosed = new CountDownLatch(1);

    /** An engine as a process, to be killed or stopped. Prints the helper's process id, and its TFTP and DHCP port. */
    static final class EngineProcess {
        private EngineProcess() {}

        public static void main(String[] arguments) throws Exception {
            Path file = Path.of(arguments[0]);
            var source = new BootSource() {
                @Override
                public Answer answer(Client client) {
                    return new Answer.Lease(ADDRESS, null, null);
                }

                @Override
                public Optional<BootFile> open(Fetch fetch) {
                    return Optional.of(BootFile.file(file));
                }
            };
            try (var server = RemotePxeServer.start(command(), config(Mode.DHCP, 0), source, event -> {})) {
                System.out.println("READY " + server.pid() + " " + server.tftpPort() + " " + server.dhcpPort());
                new CountDownLatch(1).await();
            }
        }
    }

    /** Where the service runs. */
    enum Place {
        HERE,
        IN_ITS_OWN_PROCESS
    }

    /** What both have. */
    private record Running(int dhcp, int proxy, int tftp, int http, AutoCloseable server) implements AutoCloseable {
        @Override
        public void close() {
            try {
                server.close();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }

    private Running start(Place place, PxeConfig config, BootSource source) throws IOException {
        Consumer<PxeEvent> told = events::add;
        return switch (place) {
            case HERE -> {
                var server = PxeServer.start(config, source, told, Clock.systemUTC());
                yield new Running(server.dhcpPort(), server.proxyPort(), server.tftpPort(), server.httpPort(), server);
            }
            case IN_ITS_OWN_PROCESS -> {
                var server = RemotePxeServer.start(command(), config, source, told);
                yield new Running(server.dhcpPort(), server.proxyPort(), server.tftpPort(), server.httpPort(), server);
            }
        };
    }

    private static List<String> command() {
        return List.of(Namespace.javaCommand(PxeHelper.class));
    }

    private static PxeConfig config(Mode mode, int dhcpPort) {
        return PxeConfig.of(List.of(new Link(null, SERVER, Subnet.of(SERVER, 24).withDns(List.of(SERVER)))), mode)
                .withPorts(new PxeConfig.Ports(dhcpPort, 0, 0, 0, 0));
    }

    /** Knows one machine, and has a file of each kind. */
    private class Machines implements BootSource {
        @Override
        public Answer answer(Client client) {
            return client.mac().equals(MAC)
                    ? new Answer.Lease(ADDRESS, "node1", client.httpUrl("boot.ipxe"))
                    : new Answer.Ignore("unknown machine");
        }

        @Override
        public Optional<BootFile> open(Fetch fetch) {
            return switch (fetch.path()) {
                case "boot.ipxe" -> Optional.of(BootFile.text("#!ipxe " + fetch.mac() + " " + fetch.token() + "\n"));
                case "large" -> Optional.of(new BootFile.Bytes(large(), "x/large"));
                case "disk" -> Optional.of(BootFile.file(directory.resolve("disk")));
                case "made" -> Optional.of(new BootFile.Generated(new Made(), "x/made"));
                case "secret" -> Optional.of(new BootFile.Refused("not for you"));
                case "broken" -> throw new IllegalStateException("told to");
                default -> Optional.empty();
            };
        }

        @Override
        public Reply post(Post post) {
            return new Reply(202, post.path() + " of " + post.mac() + ": " + post.body());
        }
    }

    private final class Made implements BootFile.Content {
        @Override
        public long size() {
            return LARGE;
        }

        @Override
        public void read(long at, ByteBuffer to) {
            byte[] all = large();
            to.put(all, (int) at, Math.min(to.remaining(), all.length - (int) at));
        }

        @Override
        public void sent() {
            contentSent.countDown();
        }

        @Override
        public void close() {
            contentClosed.countDown();
        }
    }

    private static byte[] large() {
        byte[] all = new byte[LARGE];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) (i * 31 + i / 251);
        }
        return all;
    }

    @ParameterizedTest
    @EnumSource
    void leadsAMachineFromItsFirstDhcpMessageToItsFile(Place place) throws Exception {
        Path leases = directory.resolve("leases");
        try (var server = start(place, config(Mode.DHCP, 0).withLeaseFile(leases), new Machines());
                var socket = new DatagramSocket(0, ADDRESS)) {
            DhcpPacket discover = DhcpPacket.request(MAC, 42).withOptions(type(MessageType.DISCOVER)
                    .with(OptionCode.USER_CLASS, "iPXE").with(OptionCode.VENDOR_CLASS, "PXEClient:Arch:00000"));
            DhcpPacket offer = exchange(socket, discover, server.dhcp());
            assertThat(offer.yiaddr()).isEqualTo(ADDRESS);
            assertThat(offer.bootFile()).contains("http://127.78.0.1:" + server.http() + "/boot.ipxe");
            DhcpPacket ack = exchange(socket, discover.withOptions(type(MessageType.REQUEST)
                    .with(OptionCode.SERVER_ID, SERVER).with(OptionCode.REQUESTED_ADDRESS, ADDRESS)), server.dhcp());
            assertThat(ack.type()).contains(MessageType.ACK);
            assertThat(Files.readString(leases)).startsWith("BOUND 127.78.0.11 " + MAC);

            assertThat(http(server, "GET", "boot.ipxe", "Authorization: Bearer abc\r\n", ""))
                    .startsWith("HTTP/1.1 200").endsWith("#!ipxe " + MAC + " abc\n");
            assertThat(http(server, "POST", "report", "", "hello")).startsWith("HTTP/1.1 202")
                    .endsWith("report of " + MAC + ": hello");
            assertThat(events.poll(60, TimeUnit.SECONDS)).isInstanceOfSatisfying(PxeEvent.DhcpSeen.class,
                    seen -> assertThat(seen.agent()).isEqualTo(Agent.IPXE));
        }
    }

    @ParameterizedTest
    @EnumSource
    void answersTheBootServerPort(Place place) throws Exception {
        try (var server = start(place, config(Mode.PROXY, 0), new Machines());
                var socket = new DatagramSocket(0, ADDRESS)) {
            DhcpPacket ack = exchange(socket, DhcpPacket.request(MAC, 42).withOptions(type(MessageType.REQUEST)
                    .with(OptionCode.USER_CLASS, "iPXE")), server.proxy());

            assertThat(ack.type()).contains(MessageType.ACK);
        }
    }

    @ParameterizedTest
    @EnumSource
    void servesFilesOfEachKindByHttpAndTftp(Place place) throws Exception {
        Files.write(directory.resolve("disk"), large());
        try (var server = start(place, config(Mode.NONE, 0), new Machines())) {
            String content = new String(large(), StandardCharsets.ISO_8859_1);
            for (String path : List.of("large", "disk", "made")) {
                assertThat(http(server, "GET", path, "", "").endsWith("\r\n\r\n" + content)).as(path).isTrue();
            }
            assertThat(contentSent.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(contentClosed.await(60, TimeUnit.SECONDS)).isTrue();
            for (String path : List.of("large", "disk", "made")) {
                try (var download = new Download(server.tftp(), path)) {
                    assertThat(download.toEnd()).as(path).isEqualTo(large());
                }
            }
            assertThat(http(server, "GET", "none", "", "")).startsWith("HTTP/1.1 404");
            assertThat(http(server, "GET", "secret", "", "")).startsWith("HTTP/1.1 403").doesNotContain("not for you");
            assertThat(http(server, "GET", "broken", "", "")).startsWith("HTTP/1.1 500");
        }
        assertThat(events).filteredOn(PxeEvent.FetchFailed.class::isInstance)
                .anySatisfy(event -> assertThat(event.text()).contains("not for you"));
    }

    @ParameterizedTest
    @EnumSource
    void survivesABootSourceThatFails(Place place) throws Exception {
        var failing = new Machines() {
            @Override
            public Answer answer(Client client) {
                throw new IllegalStateException("told to");
            }
        };
        try (var server = start(place, config(Mode.DHCP, 0), failing); var socket = new DatagramSocket(0, ADDRESS)) {
            byte[] discover = DhcpPacket.request(MAC, 1).withOptions(type(MessageType.DISCOVER)).encode();
            for (int time = 0; time < 2; time++) {
                socket.send(new DatagramPacket(discover, discover.length, SERVER, server.dhcp()));
                assertThat(events.poll(60, TimeUnit.SECONDS)).isInstanceOfSatisfying(PxeEvent.Ignored.class,
                        event -> assertThat(event.text()).contains("internal error", "told to"));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void namesTheHolderOfAPortAndRefusesWhatContradictsItself(Place place) throws Exception {
        try (var holder = new DatagramSocket(0, SERVER)) {
            assertThatThrownBy(() -> start(place, config(Mode.DHCP, holder.getLocalPort()), new Machines()))
                    .isInstanceOf(IOException.class).hasMessageMatching("DHCP cannot listen on 127.78.0.1, port "
                            + holder.getLocalPort() + "/UDP: \\S+ \\(process " + ProcessHandle.current().pid()
                            + "\\) holds it\\. Stop that service.*");
        }
        assertThatThrownBy(() -> start(place, PxeConfig.of(List.of(), Mode.DHCP), new Machines()))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("at least one network");
    }

    @Test
    void aDecisionThatDoesNotComeIsAnIgnoreWithThatReasonAndALaterOneIsTaken() throws Exception {
        var hanging = new CountDownLatch(1);
        var slow = new Machines() {
            @Override
            public Answer answer(Client client) {
                try {
                    hanging.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return super.answer(client);
            }
        };
        try (var server = start(Place.IN_ITS_OWN_PROCESS, config(Mode.DHCP, 0), slow);
                var socket = new DatagramSocket(0, ADDRESS)) {
            byte[] discover = DhcpPacket.request(MAC, 1).withOptions(type(MessageType.DISCOVER)).encode();
            socket.send(new DatagramPacket(discover, discover.length, SERVER, server.dhcp()));
            PxeEvent event = events.poll(30, TimeUnit.SECONDS);
            while (!(event instanceof PxeEvent.Ignored)) {
                event = events.poll(30, TimeUnit.SECONDS);
            }
            assertThat(((PxeEvent.Ignored) event).reason()).isEqualTo("the engine did not decide within 5 s");

            hanging.countDown();
            // the helper has little patience until it has heard of the engine again: a machine repeats what it asks
            DhcpPacket offer = null;
            for (int attempt = 0; offer == null && attempt < 60; attempt++) {
                try {
                    offer = exchange(socket, DhcpPacket.request(MAC, 2).withOptions(type(MessageType.DISCOVER)),
                            server.dhcp(), 1000);
                } catch (SocketTimeoutException e) {
                    // again
                }
            }
            assertThat(offer).isNotNull().extracting(DhcpPacket::yiaddr).isEqualTo(ADDRESS);
        }
    }

    @Test
    void eventsThatAListenerDoesNotTakeAreLeftOutAndCounted() throws Exception {
        var hanging = new CountDownLatch(1);
        Consumer<PxeEvent> slow = event -> {
            try {
                hanging.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        try (var server = RemotePxeServer.start(command(), config(Mode.DHCP, 0), new Machines(), slow);
                var socket = new DatagramSocket(0, ADDRESS)) {
            // 8192 wait in the helper, some more in the pipe; what the kernel drops is none of these
            for (int sent = 0; sent < 30_000; sent++) {
                socket.send(new DatagramPacket(new byte[1], 1, SERVER, server.dhcpPort()));
                while (sent % 64 == 0 && waitsInTheKernel(server.dhcpPort())) {
                    Thread.sleep(1);
                }
            }
            assertThat(server.eventsLeftOut()).isZero();
            hanging.countDown();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (server.eventsLeftOut() == 0 && System.nanoTime() < end) {
                socket.send(new DatagramPacket(new byte[1], 1, SERVER, server.dhcpPort()));
                Thread.sleep(20);
            }
            assertThat(server.eventsLeftOut()).isPositive();
        }
    }

    /** Whether datagrams to that port were not taken yet. */
    private static boolean waitsInTheKernel(int port) throws IOException {
        String empty = ".*:%04X \\S+ \\S+ \\S+:0{8} .*".formatted(port);
        return Files.readAllLines(Path.of("/proc/net/udp")).stream().noneMatch(line -> line.matches(empty));
    }

    @Test
    void theHelperEndsWhenItsEngineIsKilled() throws Exception {
        Process engine = engine();
        ProcessHandle helper = ProcessHandle.of(Long.parseLong(ready(engine)[1])).orElseThrow();

        // SIGKILL: nothing is cleaned up
        engine.destroyForcibly();

        helper.onExit().get(30, TimeUnit.SECONDS);
        assertThat(helper.isAlive()).isFalse();
    }

    /** A one-time file that nobody closes is refused for ever, also to the next helper. */
    @Test
    void whatIsFoundWhenTheHelperHasEndedIsClosed() throws Exception {
        var asked = new CountDownLatch(1);
        var ended = new CountDownLatch(1);
        var slow = new Machines() {
            @Override
            public Optional<BootFile> open(Fetch fetch) {
                asked.countDown();
                try {
                    ended.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return super.open(fetch);
            }
        };
        try (var server = RemotePxeServer.start(command(), config(Mode.NONE, 0), slow, event -> {});
                var socket = new Socket(SERVER, server.httpPort(), ADDRESS, 0)) {
            socket.getOutputStream().write("GET /made HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(
                    StandardCharsets.US_ASCII));
            assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();
            ProcessHandle.of(server.pid()).orElseThrow().destroyForcibly();
            server.ended().get(60, TimeUnit.SECONDS);

            ended.countDown();

            assertThat(contentClosed.await(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void anEngineThatHangsDoesNotStopATransferThatIsUnderWay() throws Exception {
        Files.write(directory.resolve("disk"), large());
        Process engine = engine();
        try {
            String[] ready = ready(engine);
            try (var download = new Download(Integer.parseInt(ready[2]), "disk");
                    var socket = new DatagramSocket(0, ADDRESS)) {
                download.block();
                new ProcessBuilder("kill", "-STOP", Long.toString(engine.pid())).start().waitFor();

                assertThat(download.toEnd()).isEqualTo(large());

                new ProcessBuilder("kill", "-CONT", Long.toString(engine.pid())).start().waitFor();
                assertThat(exchange(socket, DhcpPacket.request(MAC, 2).withOptions(type(MessageType.DISCOVER)),
                        Integer.parseInt(ready[3])).yiaddr()).isEqualTo(ADDRESS);
            }
        } finally {
            engine.destroyForcibly();
        }
    }

    private Process engine() throws IOException {
        return new ProcessBuilder(Namespace.javaCommand(EngineProcess.class, directory.resolve("disk").toString()))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private static String[] ready(Process engine) throws IOException {
        String line = engine.inputReader().readLine();
        assertThat(line).startsWith("READY ");
        return line.split(" ", -1);
    }

    /** TFTP, block by block. */
    private static final class Download implements AutoCloseable {
        private static final int BLOCK = 1024;
        private final DatagramSocket socket = new DatagramSocket(0, ADDRESS);
        private final ByteBuffer content = ByteBuffer.allocate(LARGE + BLOCK);
        private int peer;
        private int block;

        Download(int port, String path) throws IOException {
            socket.setSoTimeout(60_000);
            byte[] request = ("\0\1" + path + "\0octet\0blksize\0" + BLOCK + "\0").getBytes(StandardCharsets.US_ASCII);
            socket.send(new DatagramPacket(request, request.length, SERVER, port));
            assertThat(receive().get(1)).as("OACK").isEqualTo((byte) 6);
        }

        private ByteBuffer receive() throws IOException {
            var packet = new DatagramPacket(new byte[BLOCK + 4], BLOCK + 4);
            socket.receive(packet);
            peer = packet.getPort();
            return ByteBuffer.wrap(packet.getData(), 0, packet.getLength());
        }

        /** Acknowledges the last one, and takes the next; whether there are more. */
        boolean block() throws IOException {
            byte[] ack = {0, 4, (byte) (block >> 8), (byte) block};
            socket.send(new DatagramPacket(ack, ack.length, SERVER, peer));
            ByteBuffer data = receive();
            // a server that waited for more than a second repeats: the OACK, or a block
            while (data.getShort(0) == 6 || (data.getShort(0) == 3 && (data.getShort(2) & 0xffff) != block + 1)) {
                data = receive();
            }
            assertThat(data.getShort()).isEqualTo((short) 3);
            block = data.getShort() & 0xffff;
            boolean more = data.remaining() == BLOCK;
            content.put(data);
            return more;
        }

        byte[] toEnd() throws IOException {
            boolean more = true;
            while (more) {
                more = block();
            }
            byte[] ack = {0, 4, (byte) (block >> 8), (byte) block};
            socket.send(new DatagramPacket(ack, ack.length, SERVER, peer));
            return Arrays.copyOf(content.array(), content.position());
        }

        @Override
        public void close() {
            socket.close();
        }
    }

    private static DhcpOptions type(MessageType type) {
        return DhcpOptions.none().withByte(OptionCode.MESSAGE_TYPE, type.code());
    }

    private static DhcpPacket exchange(DatagramSocket socket, DhcpPacket packet, int port) throws IOException {
        return exchange(socket, packet, port, 60_000);
    }

    private static DhcpPacket exchange(DatagramSocket socket, DhcpPacket packet, int port, int millis)
            throws IOException {
        socket.setSoTimeout(millis);
        byte[] bytes = packet.encode();
        socket.send(new DatagramPacket(bytes, bytes.length, SERVER, port));
        while (true) {
            var reply = new DatagramPacket(new byte[1500], 1500);
            socket.receive(reply);
            var decoded = (DhcpPacket) DhcpPacket.decode(Arrays.copyOf(reply.getData(), reply.getLength()));
            if (decoded.xid() == packet.xid()) {
                return decoded;
            }
        }
    }

    private static String http(Running server, String method, String path, String header, String body)
            throws IOException {
        try (var socket = new Socket(SERVER, server.http(), ADDRESS, 0)) {
            socket.getOutputStream().write((method + " /" + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    + header + (body.isEmpty() ? "" : "Content-Length: " + body.length() + "\r\n") + "\r\n" + body)
                    .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }
}

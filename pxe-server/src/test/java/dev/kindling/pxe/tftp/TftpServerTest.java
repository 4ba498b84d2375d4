package dev.kindling.pxe.tftp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeConfig;
import dev.kindling.pxe.PxeEvent;
import dev.kindling.pxe.Recorder;
import dev.kindling.pxe.Served;
import dev.kindling.pxe.Tool;
import dev.kindling.pxe.tftp.TftpPacket.Ack;
import dev.kindling.pxe.tftp.TftpPacket.Data;
import dev.kindling.pxe.tftp.TftpPacket.Failure;
import dev.kindling.pxe.tftp.TftpPacket.Oack;
import dev.kindling.pxe.tftp.TftpPacket.Request;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server over real sockets, asked by real clients and by hand-made packets. */
class TftpServerTest {
    private static final String ADDRESS = "127.77.69.1";
    private static final MacAddress MAC = new MacAddress("52:54:00:4b:4c:01");

    @TempDir
    private Path top;
    private Path root = Path.of(".");
    @TempDir
    private Path away;
    private final Recorder events = new Recorder();
    private Served source = new Served(Path.of("."));
    private TftpServer server;

    @BeforeEach
    void start() throws IOException {
        root = Files.createDirectory(top.resolve("root"));
        source = new Served(root);
        server = start(PxeConfig.Tftp.STANDARD);
    }

    private TftpServer start(PxeConfig.Tftp config) throws IOException {
        return TftpServer.start(List.of(InetAddress.ofLiteral(ADDRESS), InetAddress.ofLiteral("127.77.69.2")), 0,
                config,
                source,
                address -> address.getHostAddress().startsWith("127.77.69.") ? MAC : null, events,
                Clock.systemUTC());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            |
            --option 'blksize 1428' | 1428
            --option 'tsize' --option 'blksize 1428' --option 'windowsize 16' | 16
            --option 'blksize 65464' --option 'windowsize 4' | 4
            --option 'timeout 2' --option 'windowsize 64' | 64
            """)
    void servesAtftp(@org.jspecify.annotations.Nullable String options, @org.jspecify.annotations.Nullable String shown)
            throws Exception {
        byte[] content = file("loader.efi", 3_000_001);
        var atftp = shell("atftp", "atftp --verbose --trace %s --get -r loader.efi -l got %s %d"
                .formatted(options == null ? "" : options, ADDRESS, server.port()));
        assertThat(atftp.output()).contains(shown == null ? "" : shown);
        assertThat(away.resolve("got")).hasBinaryContent(content);
        var started = events.next(PxeEvent.FetchStarted.class);
        assertThat(started.size()).isEqualTo(content.length);
        var done = events.next(PxeEvent.FetchDone.class);
        assertThat(done.bytes()).isEqualTo(content.length);
        assertThat(done.path()).isEqualTo("loader.efi");
        assertThat(done.protocol()).isEqualTo(BootSource.Protocol.TFTP);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 511, 512, 513, 1024, 100_000})
    void servesFilesOfEverySizeToTheClientOfHpa(int size) throws Exception {
        byte[] content = file("f", size);
        shell("tftp-hpa", "tftp -m binary %s %d -c get f got".formatted(ADDRESS, server.port()));
        assertThat(away.resolve("got")).hasBinaryContent(content);
    }

    @Test
    void servesCurlWithAndWithoutOptions() throws Exception {
        byte[] content = file("dir/kernel", 1_234_567);
        shell("curl", "curl -sSf -o a tftp://%1$s:%2$d/dir/kernel && curl -sSf --tftp-blksize 8192 -o b "
                .formatted(ADDRESS, server.port())
                + "tftp://%s:%d/dir/kernel && curl -sSf --tftp-no-options -o c ".formatted(ADDRESS, server.port())
                + "tftp://%s:%d//dir/kernel".formatted(ADDRESS, server.port()));
        for (String name : List.of("a", "b", "c")) {
            assertThat(away.resolve(name)).hasBinaryContent(content);
        }
    }

    @Test
    void servesBusybox() throws Exception {
        byte[] content = file("f", 400_000);
        shell("busybox-static", "busybox tftp -g -b 1400 -r f -l got %s %d".formatted(ADDRESS, server.port()));
        assertThat(away.resolve("got")).hasBinaryContent(content);
    }

    @Test
    void goesOnBeyondBlock65535() throws Exception {
        file("image", 104 * 1024 * 1024 + 3);
        shell("tftp-hpa", "tftp -m binary %s %d -c get image got".formatted(ADDRESS, server.port()));
        assertThat(Files.mismatch(root.resolve("image"), away.resolve("got"))).isEqualTo(-1);
    }

    @Test
    @DisplayName("lesson 10: windows (RFC 7440), beyond the last block number")
    void goesOnBeyondBlock65535WithWindows() throws Exception {
        file("image", 40 * 1024 * 1024);
        shell("atftp", "atftp --option 'windowsize 32' --get -r image -l got %s %d".formatted(ADDRESS, server.port()));
        assertThat(Files.mismatch(root.resolve("image"), away.resolve("got"))).isEqualTo(-1);
    }

    @Test
    void translatesLineEndsInNetascii() throws Exception {
        source.with("text", BootFile.text("one\ntwo\rthree\r\n"));
        try (var client = new Peer()) {
            client.send(new Request(false, "text", "NetASCII", new LinkedHashMap<>(Map.of("tsize", "0"))));
            assertThat(client.next()).isEqualTo(new Oack(new LinkedHashMap<>(Map.of("tsize", "19"))));
            client.send(new Ack(0));
            assertThat(text(client.block(1))).isEqualTo("one\r\ntwo\r\0three\r\0\r\n");
        }
    }

    @Test
    void repliesFromTheAddressThatWasAskedAndFromAPortOfItsOwn() throws Exception {
        source.with("f", BootFile.text("f"));
        try (var client = new Peer()) {
            client.server = new InetSocketAddress("127.77.69.2", server.port());
            client.ask("f");
            client.next();
            assertThat(client.server.getAddress().getHostAddress()).isEqualTo("127.77.69.2");
            assertThat(client.server.getPort()).isNotEqualTo(server.port());
        }
    }

    @Test
    void tellsWhoAsked() throws Exception {
        source.with("f", BootFile.text("f"));
        try (var client = new Peer()) {
            client.ask("f");
            client.next();
            client.send(new Ack(1));
            assertThat(events.next(PxeEvent.FetchDone.class).mac()).isEqualTo(MAC);
            assertThat(source.fetches).singleElement()
                    .isEqualTo(new BootSource.Fetch(BootSource.Protocol.TFTP, "f",
                            InetAddress.ofLiteral("127.77.69.3"), MAC, null, false));
        }
    }

    @Test
    @DisplayName("lesson 12: duplicate read requests are one transfer")
    void isOneTransferHoweverOftenTheSamePortAsks() throws Exception {
        source.with("f", BootFile.text("f"));
        try (var client = new Peer()) {
            var listener = client.server;
            client.ask("f", "tsize", "0");
            assertThat(client.next()).isInstanceOf(Oack.class);
            var transfer = client.server;
            client.server = listener;
            client.ask("f", "tsize", "0");
            assertThat(client.next()).isInstanceOf(Oack.class);
            assertThat(client.server).isEqualTo(transfer);
            assertThat(source.fetches).hasSize(1);
        }
    }

    @Test
    void letsARomAskForTheNextFileFromTheSamePort() throws Exception {
        source.with("a", BootFile.text("the first")).with("b", BootFile.text("the second"));
        try (var client = new Peer()) {
            var listener = client.server;
            client.ask("a", "tsize", "0");
            assertThat(client.next()).isInstanceOf(Oack.class);
            client.server = listener;
            client.ask("b");
            assertThat(text(client.block(1))).isEqualTo("the second");
        }
    }

    @Test
    @DisplayName("lesson 11: nothing is told of it")
    void tellsNothingWhereOnlyTheSizeWasAsked() throws Exception {
        source.with("a", BootFile.text("a")).with("b", BootFile.text("b"));
        try (var client = new Peer(); var second = new Peer()) {
            client.ask("a", "tsize", "0", "blksize", "1468");
            assertThat(client.next()).isInstanceOf(Oack.class);
            client.send(new Failure(8, "User aborted the transfer"));
            second.ask("b");
            second.next();
            second.send(new Ack(1));
            assertThat(events.next(PxeEvent.FetchStarted.class).path()).isEqualTo("b");
            assertThat(events.next(PxeEvent.FetchDone.class).path()).isEqualTo("b");
            assertThat(events.rest()).isEmpty();
        }
    }

    @Test
    void answersAPacketFromAnotherPortWithUnknownTransfer() throws Exception {
        source.with("f", BootFile.text("x".repeat(600)));
        try (var client = new Peer(); var stranger = new Peer()) {
            client.ask("f");
            client.next();
            stranger.server = client.server;
            stranger.send(new Failure(Failure.UNKNOWN_TID, "an error must not be answered with an error"));
            stranger.send(new Ack(1));
            assertThat(stranger.next()).isInstanceOfSatisfying(Failure.class,
                    failure -> assertThat(failure.code()).isEqualTo(Failure.UNKNOWN_TID));
            stranger.send(new Ack(1));
            assertThat(stranger.next()).as("one answer for each ACK, none for the error")
                    .isInstanceOf(Failure.class);
            client.send(new Ack(1));
            assertThat(text(client.block(2))).hasSize(88);
            assertThat(stranger.isSilent()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ../secret              | 2 | leads upwards
            a/../../secret         | 2 | leads upwards
            ..\\..\\secret         | 2 | leads upwards
            /..                    | 2 | leads upwards
            a/..                   | 2 | leads upwards
            a\u0007b               | 2 | control character
            a\u00ffb               | 2 | not UTF-8
            ''                     | 2 | no file name
            ///                    | 2 | no file name
            missing                | 1 | not found
            %2e%2e/secret          | 1 | not found
            C:/secret              | 1 | not found
            broken                 | 0 | internal error
            """)
    void refusesWhatItMustNotServe(String name, int code, String reason) throws Exception {
        Files.writeString(top.resolve("secret"), "secret");
        try (var client = new Peer()) {
            client.sendOctets(ByteBuffer.wrap(("\0\1" + name + "\0octet\0").getBytes(StandardCharsets.ISO_8859_1)));
            assertThat(client.next()).isInstanceOfSatisfying(Failure.class, failure -> {
                assertThat(failure.code()).isEqualTo(code);
                assertThat(failure.message()).contains(reason);
            });
            assertThat(events.next(PxeEvent.FetchFailed.class).reason()).contains(reason);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/boot/x64.efi", "\\boot\\x64.efi", "boot//x64.efi", "./boot/x64.efi", "BOOT\\X64.EFI",
            "boot/x64.efi\u00ff"})
    void findsAFileHoweverFirmwareWritesItsName(String name) throws Exception {
        source.with("boot/x64.efi", BootFile.text("loader"));
        try (var client = new Peer()) {
            client.sendOctets(ByteBuffer.wrap(("\0\1" + name + "\0octet\0").getBytes(StandardCharsets.ISO_8859_1)));
            assertThat(text(client.next())).isEqualTo("loader");
        }
    }

    @Test
    void takesNoFiles() throws Exception {
        try (var client = new Peer()) {
            client.send(new Request(true, "f", "octet", new LinkedHashMap<>()));
            assertThat(client.next()).isEqualTo(new Failure(Failure.REFUSED, "this server takes no files"));
        }
    }

    @Test
    @DisplayName("lesson 13: single-port mode, where only that port passes")
    void servesEveryTransferFromThePortThatWasAskedWhereOnlyThatOnePassesTheFirewall() throws Exception {
        source.with("a", BootFile.text("x".repeat(600))).with("b", BootFile.text("y".repeat(600)));
        try (var single = start(new PxeConfig.Tftp(true, 64, 1468)); var client = new Peer(); var second = new Peer()) {
            var port = new InetSocketAddress(ADDRESS, single.port());
            client.server = port;
            second.server = port;
            client.ask("a");
            assertThat(text(client.next())).startsWith("xx");
            second.ask("b");
            assertThat(text(second.next())).startsWith("yy");
            client.send(new Ack(1));
            assertThat(text(client.block(2))).isEqualTo("x".repeat(88));
            second.send(new Ack(1));
            assertThat(text(second.block(2))).isEqualTo("y".repeat(88));
            assertThat(client.server).isEqualTo(port);
            assertThat(second.server).isEqualTo(port);
        }
    }

    @Test
    void grantsNoMoreThanItsConfigurationSays() throws Exception {
        source.with("f", BootFile.text("f"));
        try (var strict = start(new PxeConfig.Tftp(false, 8, 1024)); var client = new Peer()) {
            client.server = new InetSocketAddress(ADDRESS, strict.port());
            client.ask("f", "blksize", "8192", "windowsize", "64");
            assertThat(client.next()).isInstanceOfSatisfying(Oack.class, oack -> assertThat(oack.options())
                    .containsExactly(Map.entry("blksize", "1024"), Map.entry("windowsize", "8")));
        }
    }

    @Test
    @DisplayName("lesson 10: the block size is stepped down for a peer that went silent")
    void tellsOfAStallWhileItLastsAndOffersLessNextTime() throws Exception {
        file("f", 100_000);
        try (var client = new Peer(); var again = new Peer()) {
            client.ask("f", "blksize", "9000");
            assertThat(client.next()).isInstanceOf(Oack.class);
            client.send(new Ack(0));
            assertThat(events.next(PxeEvent.Stalled.class)).satisfies(stalled -> {
                assertThat(stalled.mac()).isEqualTo(MAC);
                assertThat(stalled.stage()).isEqualTo("TFTP f");
                assertThat(stalled.seconds()).isGreaterThanOrEqualTo(5);
                assertThat(stalled.text())
                        .matches("stuck \\d+ s at block 1 of 12 of f: blocks of 9000 octets may be too "
                                + "large for the way; the next request is offered fewer");
            });
            again.ask("f", "blksize", "9000");
            assertThat(again.next()).isInstanceOfSatisfying(Oack.class,
                    oack -> assertThat(oack.options()).containsEntry("blksize", "1428"));
        }
    }

    @Test
    void servesOverIpv6AndKnowsTheAsker() throws Exception {
        byte[] content = file("f", 200_000);
        try (var six = TftpServer.start(List.of(InetAddress.ofLiteral("::1")), 0, PxeConfig.Tftp.STANDARD, source,
                address -> null, events, Clock.systemUTC())) {
            shell("curl", "curl -sSf --tftp-blksize 1400 -o a tftp://[::1]:%d/f".formatted(six.port()));
            assertThat(away.resolve("a")).hasBinaryContent(content);
            assertThat(source.fetches).singleElement()
                    .satisfies(fetch -> assertThat(fetch.remote()).isEqualTo(InetAddress.ofLiteral("::1")));
        }
    }

    @Test
    void survivesNoise() throws Exception {
        source.with("f", BootFile.text("alive"));
        var random = new Random(7);
        for (int i = 0; i < 20; i++) {
            try (var client = new Peer(); var noise = new Peer()) {
                for (int j = 0; j < 50; j++) {
                    byte[] octets = new byte[random.nextInt(40)];
                    random.nextBytes(octets);
                    if (octets.length > 1) {
                        octets[0] = 0;
                        octets[1] = (byte) random.nextInt(8);
                    }
                    noise.sendOctets(ByteBuffer.wrap(octets));
                }
                client.ask("f");
                assertThat(text(client.next())).isEqualTo("alive");
            }
        }
    }

    @Test
    @DisplayName("lesson 12: five hundred transfers at once")
    void servesFiveHundredAtOnce() throws Exception {
        byte[] content = file("loader", 300_000);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<Integer>>();
            for (int i = 0; i < 500; i++) {
                tasks.add(() -> {
                    try (var client = new Peer()) {
                        return client.download("loader", content);
                    }
                });
            }
            for (var result : threads.invokeAll(tasks)) {
                assertThat(result.get()).isEqualTo(content.length);
            }
        }
    }

    private byte[] file(String name, int size) throws IOException {
        byte[] content = new byte[size];
        new Random(size).nextBytes(content);
        Files.createDirectories(root.resolve(name).getParent());
        Files.write(root.resolve(name), content);
        return content;
    }

    private Tool shell(String debianPackage, String command) throws Exception {
        String program = command.substring(0, command.indexOf(' '));
        assertThat(Tool.run("coreutils", away, "sh", "-c", "command -v " + program).exit())
                .as("%s is missing: install the Debian package %s", program, debianPackage).isZero();
        var result = Tool.run(debianPackage, away, "sh", "-c", command);
        assertThat(result.exit()).as("%s%n%s", command, result.output()).isZero();
        return result;
    }

    private static String text(TftpPacket packet) {
        assertThat(packet).isInstanceOf(Data.class);
        return StandardCharsets.UTF_8.decode(((Data) packet).payload()).toString();
    }

    /** A client in the test's hand. */
    private final class Peer implements AutoCloseable {
        private final DatagramChannel channel = DatagramChannel.open();
        private final ByteBuffer buffer = ByteBuffer.allocate(70_000);
        /** Where the next packet goes: the transfer's port after the first answer. */
        private InetSocketAddress server = new InetSocketAddress(ADDRESS, TftpServerTest.this.server.port());

        Peer() throws IOException {
            channel.bind(new InetSocketAddress("127.77.69.3", 0));
        }

        void ask(String file, String... options) throws IOException {
            var map = new LinkedHashMap<String, String>();
            for (int i = 0; i < options.length; i += 2) {
                map.put(options[i], options[i + 1]);
            }
            send(new Request(false, file, "octet", map));
        }

        void send(TftpPacket packet) throws IOException {
            sendOctets(packet.encode());
        }

        void sendOctets(ByteBuffer octets) throws IOException {
            channel.send(octets, server);
        }

        /** The next packet; one that never comes fails. */
        TftpPacket next() throws IOException {
            channel.socket().setSoTimeout(30_000);
            return receive();
        }

        /** That block; what a server repeats that was not answered within a second is passed over. */
        TftpPacket block(int number) throws IOException {
            TftpPacket packet = next();
            while (packet instanceof Oack || (packet instanceof Data data && data.block() < number)) {
                packet = next();
            }
            assertThat(packet).isInstanceOfSatisfying(Data.class, data -> assertThat(data.block()).isEqualTo(number));
            return packet;
        }

        private TftpPacket receive() throws IOException {
            var packet = new java.net.DatagramPacket(buffer.array(), buffer.capacity());
            channel.socket().receive(packet);
            server = (InetSocketAddress) packet.getSocketAddress();
            return TftpPacket.parse(ByteBuffer.wrap(packet.getData(), 0, packet.getLength()).slice()).orElseThrow();
        }

        /** Whether nothing waits here. */
        boolean isSilent() throws IOException {
            channel.configureBlocking(false);
            return channel.receive(ByteBuffer.allocate(16)) == null;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }

        int download(String file, byte[] expected) throws IOException {
            // a request may be lost where five hundred come at once: then it is repeated, as every client does
            channel.socket().setSoTimeout(1000);
            TftpPacket first = null;
            for (int attempt = 0; first == null && attempt < 30; attempt++) {
                ask(file, "blksize", "1400", "windowsize", "4");
                try {
                    first = receive();
                } catch (SocketTimeoutException e) {
                    // again
                }
            }
            assertThat(first).isInstanceOf(Oack.class);
            send(new Ack(0));
            int got = 0;
            for (int block = 0;;) {
                if (next() instanceof Data data && data.block() == block + 1) {
                    block++;
                    int length = data.payload().remaining();
                    assertThat(data.payload()).isEqualTo(ByteBuffer.wrap(expected, got, length));
                    got += length;
                    if (length < 1400 || block % 4 == 0) {
                        send(new Ack(block));
                    }
                    if (length < 1400) {
                        return got;
                    }
                }
            }
        }
    }
}

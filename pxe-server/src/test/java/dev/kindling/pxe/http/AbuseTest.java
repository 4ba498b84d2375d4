package dev.kindling.pxe.http;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.PxeEvent;
import dev.kindling.pxe.Served;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Clients that mean harm, or are broken, over real sockets. */
class AbuseTest {
    @TempDir
    private Path away;
    @TempDir
    private Path top;

    @Test
    void servesGoodClientsBesideFiveThousandHalfOpenConnections() throws Exception {
        Files.writeString(top.resolve("f"), "good\n");
        var open = new ArrayList<SocketChannel>();
        try (var lab = new Lab(away, new Served(top))) {
            for (int i = 0; i < 5000; i++) {
                var channel = SocketChannel.open().bind(new InetSocketAddress(
                        InetAddress.ofLiteral("127.77.81." + (1 + i % 10)), 0));
                channel.connect(new InetSocketAddress(Lab.ADDRESS, lab.port));
                channel.write(StandardCharsets.US_ASCII.encode("GET /f HTTP/1.1\r\nHost: h\r\nX: ".substring(0,
                        i % 30)));
                open.add(channel);
            }
            for (int i = 0; i < 20; i++) {
                assertThat(lab.shell("curl", "curl -sSf -m 60 URL/f")).isEqualTo("good\n");
            }
        } finally {
            for (var channel : open) {
                channel.close();
            }
        }
    }

    @Test
    void tellsAMachineThatHasTooManyConnectionsAndServesTheOthers() throws Exception {
        Files.writeString(top.resolve("f"), "good\n");
        var open = new ArrayList<Socket>();
        try (var lab = new Lab(away, new Served(top), Limits.DEFAULT.withConnections(100, 3), null)) {
            for (int i = 0; i < 3; i++) {
                open.add(new Socket(Lab.ADDRESS, lab.port, InetAddress.ofLiteral("127.77.80.3"), 0));
                // an answer: this one is counted
                open.getLast().getOutputStream().write("GET /f HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(
                        StandardCharsets.US_ASCII));
                assertThat(open.getLast().getInputStream().read()).isEqualTo('H');
            }
            assertThat(lab.shell("curl", "curl -sS -w '%{http_code}' --interface 127.77.80.3 URL/f"))
                    .isEqualTo("too many connections\n503");
            assertThat(lab.shell("curl", "curl -sS --interface 127.77.80.4 URL/f")).isEqualTo("good\n");
            var event = lab.events.next(PxeEvent.Ignored.class);
            assertThat(event.mac()).isEqualTo(Lab.MAC);
            assertThat(event.reason()).isEqualTo("more than 3 connections of one client at once");
            open.removeLast().close();
            assertThat(lab.shell("curl",
                    "curl -sS --retry 20 --retry-delay 1 --interface 127.77.80.3 URL/f")).contains("good\n");
        } finally {
            for (var socket : open) {
                socket.close();
            }
        }
    }

    @Test
    void refusesUnfinishedRequestsBeyondTheMemoryForThem() throws Exception {
        var small = new Limits(Limits.DEFAULT.idle(), Limits.DEFAULT.header(), Limits.DEFAULT.body(),
                Limits.DEFAULT.stall(), Limits.DEFAULT.window(), 1, 100, 100, 20_000);
        Files.writeString(top.resolve("f"), "good\n");
        try (var lab = new Lab(away, new Served(top), small, null);
                var one = new Socket(Lab.ADDRESS, lab.port)) {
            one.getOutputStream().write(("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 90000\r\n\r\n"
                    + "x".repeat(80_000)).getBytes(StandardCharsets.US_ASCII));
            one.setSoTimeout(30_000);
            assertThat(new String(one.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.1 503");
            assertThat(lab.events.next(PxeEvent.Ignored.class).reason()).contains("too many unfinished requests");
            assertThat(lab.shell("curl", "curl -sSf URL/f")).isEqualTo("good\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/../secret", "/%2e%2e/secret", "/%2E%2e%2fsecret", "/..%2fsecret", "/..%5csecret",
            "/..\\secret", "/%252e%252e/secret", "/%252e%252e%252fsecret", "/%c0%ae%c0%ae/secret",
            "/%e0%80%ae%e0%80%ae/secret", "/%c0%af..%c0%afsecret", "/%uff0e%uff0e/secret", "/d/../../secret",
            "/d/..%2f..%2fsecret", "/./../secret", "//secret", "/..;/secret", "/...//secret", "/secret%00",
            "/%00/../secret", "/d%00/../../secret", "/..%00/secret", "/..%0d%0a/secret", "http://h/../secret",
            "/?/../secret", "/#/../secret", "/file:///etc/passwd", "/c:%5csecret", "/~root/secret", "/.%2e/secret",
            "/%2e./secret", "/d/%2e%2e/%2e%2e/secret", "/%ef%bc%8e%ef%bc%8e/secret", "/\u00c0\u00ae/secret"})
    void givesNothingOutsideTheRootByAnyEncoding(String target) throws Exception {
        Path root = Files.createDirectories(top.resolve("root"));
        Files.createDirectory(root.resolve("d"));
        Files.writeString(top.resolve("secret"), "SECRET");
        try (var lab = new Lab(away, new Served(root))) {
            String answer = lab.raw("GET " + target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
            assertThat(answer).containsPattern("^HTTP/1.1 40[04] ").doesNotContain("SECRET", "root:x");
            assertThat(lab.events.next(PxeEvent.FetchFailed.class).reason()).isNotBlank();
        }
    }

    @Test
    void waitsForNoPipeAndNoDeviceEvenWhereTheSourceOffersThem() throws Exception {
        var source = new Served(top).with("zero", BootFile.file(Path.of("/dev/zero")))
                .with("tty", BootFile.file(Path.of("/dev/tty"))).with("pipe", BootFile.file(top.resolve("pipe")))
                .with("directory", BootFile.file(top)).with("cpuinfo", BootFile.file(Path.of("/dev/null")));
        try (var lab = new Lab(away, source)) {
            lab.shell("coreutils", "mkfifo " + top.resolve("pipe"));
            for (String name : List.of("zero", "tty", "pipe", "directory", "cpuinfo")) {
                assertThat(lab.shell("curl", "curl -sS -m 60 -o body -w '%{http_code}' URL/" + name)).isEqualTo("404");
            }
        }
    }

    /** Netty logs "rejectedExecution ... Event loop shut down?" where an answer comes after the end. */
    @Test
    void endsUnderLoadWithoutAComplaint() throws Exception {
        Files.write(top.resolve("f"), new byte[30_000_000]);
        var log = new ListAppender<ILoggingEvent>();
        log.start();
        var root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
        root.addAppender(log);
        try {
            for (int round = 0; round < 15; round++) {
                var sockets = new ArrayList<Socket>();
                var lab = new Lab(away, new Served(top).with("text", BootFile.text("text")));
                for (int i = 0; i < 30; i++) {
                    var socket = new Socket(Lab.ADDRESS, lab.port);
                    sockets.add(socket);
                    socket.getOutputStream().write(("GET /f HTTP/1.1\r\nHost: h\r\n\r\n".repeat(1 + i % 2)
                            + "GET /text HTTP/1.1\r\nHost: h\r\n\r\n".repeat(20)).getBytes(StandardCharsets.US_ASCII));
                }
                lab.close();
                for (var socket : sockets) {
                    socket.close();
                }
            }
        } finally {
            root.detachAppender(log);
        }
        assertThat(log.list).filteredOn(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
                .extracting(ILoggingEvent::getFormattedMessage).isEmpty();
    }

    @Test
    void tellsWhichFileAMachineStoppedTaking() throws IOException, InterruptedException {
        Files.write(top.resolve("kernel"), new byte[60_000_000]);
        var brief = Duration.ofMillis(300);
        var limits = new Limits(Limits.DEFAULT.idle(), Limits.DEFAULT.header(), Limits.DEFAULT.body(), brief,
                brief.multipliedBy(4), 1, 10, 10, 1 << 20);
        try (var lab = new Lab(away, new Served(top), limits, null);
                var socket = new Socket(Lab.ADDRESS, lab.port, InetAddress.ofLiteral("127.77.80.3"), 0)) {
            socket.getOutputStream().write("GET /kernel HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(
                    StandardCharsets.US_ASCII));
            assertThat(lab.events.next(PxeEvent.Stalled.class)).satisfies(event -> {
                assertThat(event.mac()).isEqualTo(Lab.MAC);
                assertThat(event.stage()).isEqualTo("HTTP kernel");
                assertThat(event.reason()).startsWith("it takes nothing more after ");
            });
            assertThat(lab.events.next(PxeEvent.FetchFailed.class).reason()).startsWith("given up");
        }
    }
}

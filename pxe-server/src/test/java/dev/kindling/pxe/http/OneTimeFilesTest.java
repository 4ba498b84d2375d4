package dev.kindling.pxe.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.Answer;
import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.Client;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.OneTimeFiles;
import dev.kindling.pxe.PxeEvent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jspecify.annotations.Nullable;

/** Secrets that are given out once, over real sockets. */
class OneTimeFilesTest {
    private static final String GET = "curl -sS -o body -w '%{http_code}' --interface 127.77.80.3 ";
    private static final Duration HOUR = Duration.ofHours(1);

    @TempDir
    private Path away;
    private Instant now = Instant.parse("2026-11-21T12:00:00Z");
    private final OneTimeFiles files = new OneTimeFiles(new Clock() {
        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    });
    private Lab lab;

    private final class Source implements BootSource {
        @Override
        public Answer answer(Client client) {
            return new Answer.Ignore("no DHCP here");
        }

        @Override
        public Optional<BootFile> open(Fetch fetch) {
            return files.open(fetch);
        }
    }

    @BeforeEach
    void start() throws IOException {
        lab = new Lab(away, new Source());
    }

    @AfterEach
    void stop() {
        lab.close();
    }

    @Test
    void givesASecretToItsMachineOnce() throws Exception {
        put("token", Lab.MAC, null, "s3cret");
        assertThat(lab.shell("curl", GET + "URL/token")).isEqualTo("200");
        assertThat(away.resolve("body")).hasContent("s3cret");
        // curl has the last octet before the server is told that it was taken
        lab.events.next(PxeEvent.FetchDone.class);
        assertThat(lab.shell("curl", GET + "URL/token")).isEqualTo("403");
        assertThat(away.resolve("body")).hasContent("refused");
        assertThat(lab.events.next(PxeEvent.FetchFailed.class)).satisfies(event -> {
            assertThat(event.mac()).isEqualTo(Lab.MAC);
            assertThat(event.reason()).isEqualTo("refused: a secret that was given out once already");
        });
    }

    @Test
    void headUsesNothingUp() throws Exception {
        put("token", Lab.MAC, null, "s3cret");
        assertThat(lab.shell("curl", "curl -sSI --interface 127.77.80.3 URL/token"))
                .contains("HTTP/1.1 200 OK", "Content-Length: 6", "Cache-Control: no-store", "Accept-Ranges: none");
        assertThat(lab.shell("curl", GET + "URL/token")).isEqualTo("200");
    }

    @Test
    void refusesAnotherMachineAndOneThatIsNotKnown() throws Exception {
        put("token", new MacAddress("52:54:00:00:00:09"), null, "s3cret");
        assertThat(lab.shell("curl", GET + "URL/token")).isEqualTo("403");
        assertThat(lab.events.next(PxeEvent.FetchFailed.class).reason())
                .isEqualTo("refused: a secret of another machine, 52:54:00:00:00:09");
        assertThat(lab.shell("curl", "curl -sS -o body -w '%{http_code}' URL/token")).isEqualTo("403");
        assertThat(lab.events.next(PxeEvent.FetchFailed.class).reason()).contains("who asks for it is not known");
    }

    @Test
    void refusesAnotherAddress() throws Exception {
        put("token", Lab.MAC, InetAddress.ofLiteral("127.77.80.4"), "s3cret");
        assertThat(lab.shell("curl", GET + "URL/token")).isEqualTo("403");
        assertThat(lab.events.next(PxeEvent.FetchFailed.class).reason())
                .isEqualTo("refused: a secret for the address 127.77.80.4, not for 127.77.80.3");
    }

    @Test
    void refusesWhatIsOver() throws Exception {
        put("token", Lab.MAC, null, "s3cret");
        now = now.plus(HOUR);
        assertThat(lab.shell("curl", GET + "URL/token")).isEqualTo("403");
        assertThat(lab.events.next(PxeEvent.FetchFailed.class).reason())
                .isEqualTo("refused: a secret whose time was over at 2026-11-21T13:00:00Z");
    }

    @Test
    void aBrokenTransferMayBeRepeatedAndNoTwoRunAtOnce() throws Exception {
        put("large", Lab.MAC, null, "x".repeat(30_000_000));
        try (var socket = new Socket(Lab.ADDRESS, lab.port, InetAddress.ofLiteral("127.77.80.3"), 0)) {
            socket.getOutputStream()
                    .write("GET /large HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().readNBytes(1000)).hasSize(1000);
            assertThat(lab.shell("curl", GET + "URL/large")).as("while it is fetched").isEqualTo("403");
            assertThat(lab.events.next(PxeEvent.FetchFailed.class).reason()).contains("being fetched already");
        }
        assertThat(lab.events.next(PxeEvent.FetchFailed.class).reason()).contains("of 30000000 octets");
        assertThat(lab.shell("curl", GET + "URL/large")).as("after it broke").isEqualTo("200");
        assertThat(away.resolve("body")).hasSize(30_000_000);
        assertThat(lab.shell("curl", GET + "URL/large")).as("after it was sent").isEqualTo("403");
    }

    @Test
    void aRangeGetsTheWholeSoThatNoPartIsGivenOutTwice() throws Exception {
        put("token", Lab.MAC, null, "s3cret");
        assertThat(lab.shell("curl", GET + "-r 0-4 URL/token")).isEqualTo("200");
        assertThat(away.resolve("body")).hasContent("s3cret");
        assertThat(lab.shell("curl", GET + "-r 0-4 URL/token")).isEqualTo("403");
    }

    @Test
    void aNewSecretTakesThePlaceOfTheOldOneAndOneCanBeTakenBack() throws Exception {
        put("token", Lab.MAC, null, "first");
        put("token", Lab.MAC, null, "second");
        assertThat(lab.shell("curl", GET + "URL/token")).isEqualTo("200");
        assertThat(away.resolve("body")).hasContent("second");
        put("token", Lab.MAC, null, "third");
        files.remove("token");
        assertThat(lab.shell("curl", GET + "URL/token")).isEqualTo("404");
    }

    private void put(String path, MacAddress mac, @Nullable InetAddress address, String text) {
        files.put(path, mac, address, HOUR, (BootFile.Bytes) BootFile.text(text));
    }
}

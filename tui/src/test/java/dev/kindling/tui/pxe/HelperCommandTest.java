package dev.kindling.tui.pxe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.Answer;
import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.Client;
import dev.kindling.pxe.PxeConfig;
import dev.kindling.pxe.RemotePxeServer;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** {@code kindling pxe serve --helper}, as a program starts it. */
class HelperCommandTest {
    private static final InetAddress SERVER = InetAddress.ofLiteral("127.79.0.1");

    private static final class Source implements BootSource {
        @Override
        public Answer answer(Client client) {
            return new Answer.Ignore("not asked here");
        }

        @Override
        public Optional<BootFile> open(Fetch fetch) {
            return Optional.of(BootFile.text("this is " + fetch.path()));
        }
    }

    @Test
    void servesForAnotherProgramAndEndsWithIt() throws Exception {
        var config = PxeConfig.of(List.of(new PxeConfig.Link(null, SERVER, PxeConfig.Subnet.of(SERVER, 24))),
                PxeConfig.Mode.DHCP).withPorts(PxeConfig.Ports.FREE);
        var server = RemotePxeServer.start(Lan.kindling("serve", "--helper"), config, new Source(), event -> {});
        try (server; var client = HttpClient.newHttpClient()) {
            assertThat(List.of(server.dhcpPort(), server.proxyPort(), server.tftpPort(), server.httpPort()))
                    .allSatisfy(port -> assertThat(port).isPositive());
            var reply = client.send(HttpRequest.newBuilder(URI.create("http://127.79.0.1:" + server.httpPort()
                    + "/some/file")).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(reply.body()).isEqualTo("this is some/file");
        }
        assertThat(server.ended().get(30, TimeUnit.SECONDS)).isZero();
        assertThat(ProcessHandle.of(server.pid())).isEmpty();
    }

    @Test
    void withoutItInterfaceAndRootAreNeeded() throws Exception {
        Process serve = new ProcessBuilder(Lan.kindling("serve", "--root", "/")).redirectErrorStream(true).start();
        assertThat(new String(serve.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("--interface IF and --root DIR (or --iso NAME=DIR) are needed");
        assertThat(serve.waitFor()).isEqualTo(2);
    }
}

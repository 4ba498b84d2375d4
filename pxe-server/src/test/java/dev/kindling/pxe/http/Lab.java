package dev.kindling.pxe.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.Recorder;
import dev.kindling.pxe.Tool;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A server on loopback for a test, its events, and ways to ask it. */
final class Lab implements AutoCloseable {
    static final String ADDRESS = "127.77.80.1";
    /** The machine that the address .3 belongs to. */
    static final MacAddress MAC = new MacAddress("52:54:00:4b:4c:01");
    private static final InetAddress KNOWN = InetAddress.ofLiteral("127.77.80.3");

    final Recorder events = new Recorder();
    final HttpServer server;
    final int port;
    final String url;
    private final Path away;

    Lab(Path away, BootSource source) throws IOException {
        this(away, source, Limits.DEFAULT, null);
    }

    Lab(Path away, BootSource source, Limits limits, @Nullable TlsIdentity tls) throws IOException {
        this.away = away;
        server = new HttpServer(new Service(source, address -> address.equals(KNOWN) ? MAC : null, events,
                Clock.systemUTC()), limits);
        port = server.listen(List.of(InetAddress.ofLiteral(ADDRESS), InetAddress.ofLiteral("127.77.80.2")), 0, tls);
        url = (tls == null ? "http://" : "https://") + ADDRESS + ":" + port;
    }

    @Override
    public void close() {
        server.close();
    }

    /** Sends octets, and reads until the server closes. */
    String raw(String request) throws IOException {
        try (var socket = new Socket(ADDRESS, port)) {
            socket.setSoTimeout(30_000);
            try {
                socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            } catch (IOException e) {
                // the server may answer and close before it has read all
            }
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    /** Runs a command of the shell that has to succeed; {@code URL} stands for this server. */
    String shell(String debianPackage, String command) throws Exception {
        var result = Tool.run(debianPackage, away, "sh", "-c", command.replace("URL", url));
        assertThat(result.exit()).as("%s%n%s (Debian package: %s)", command, result.output(), debianPackage).isZero();
        return result.output();
    }

    /** The same for one that has to fail. */
    String fails(String debianPackage, String command) throws Exception {
        var result = Tool.run(debianPackage, away, "sh", "-c", command.replace("URL", url));
        assertThat(result.exit()).as("%s%n%s", command, result.output()).isNotZero();
        return result.output();
    }
}

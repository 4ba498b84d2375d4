package dev.kindling.engine.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a server that says whatever the test wants; against our own, the contract of the facade is the test. */
@SuppressWarnings("NullAway.Init") // set by open
class UnixHttpClientTest {
    @TempDir
    Path temporary;
    private ServerSocketChannel listening;
    private UnixHttpClient client;
    private final BlockingQueue<String> asked = new LinkedBlockingQueue<>();

    @BeforeEach
    void open() throws IOException {
        Path socket = temporary.resolve("socket");
        listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listening.bind(UnixDomainSocketAddress.of(socket));
        client = new UnixHttpClient(socket);
    }

    @AfterEach
    void close() throws IOException {
        client.close();
        listening.close();
    }

    /** What the other end does with a connection whose request's head it has read. */
    private interface Other {
        void say(InputStream in, OutputStream out) throws IOException;
    }

    private void answer(Other other) {
        Thread.ofVirtual().start(() -> {
            try (SocketChannel channel = listening.accept()) {
                InputStream in = Channels.newInputStream(channel);
                var head = new StringBuilder();
                while (head.indexOf("\r\n\r\n") < 0) {
                    int c = in.read();
                    if (c < 0) {
                        throw new EOFException("there is no head");
                    }
                    head.append((char) c);
                }
                asked.add(head.toString());
                other.say(in, Channels.newOutputStream(channel));
            } catch (IOException e) {
                asked.add("broken: " + e);
            }
        });
    }

    private void say(String text) {
        answer((_, out) -> out.write(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static HttpRequest.Builder request() {
        return HttpRequest.newBuilder(URI.create("http://localhost/a/b?c=d%20e"));
    }

    private String get() throws IOException, InterruptedException {
        return client.send(request().build(), BodyHandlers.ofString()).body();
    }

    @Test
    void bodiesOfEveryKindArriveWhole() throws Exception {
        say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One: a\r\nx-one: b\r\n\r\nhello, not this");
        var answer = client.send(request().header("Authorization", "Bearer x").build(), BodyHandlers.ofString());
        assertThat(answer.body()).isEqualTo("hello");
        assertThat(answer.headers().allValues("X-ONE")).containsExactly("a", "b");
        assertThat(asked.take()).startsWith("GET /a/b?c=d%20e HTTP/1.1\r\nHost: localhost\r\n")
                .contains("Authorization: Bearer x\r\n");
        say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n");
        assertThat(get()).isEqualTo("abc0123456789");
        say("HTTP/1.1 200\r\n\r\nuntil the end");
        assertThat(get()).isEqualTo("until the end");
        say("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n");
        assertThat(get()).isEmpty();
    }

    @Test
    void largeBodiesGoBothWays() throws Exception {
        byte[] large = new byte[40 << 20];
        new java.util.Random(5).nextBytes(large);
        answer((in, out) -> {
            byte[] got = in.readNBytes(large.length);
            out.write(("HTTP/1.1 200 OK\r\nContent-Length: " + got.length + "\r\n\r\n")
                    .getBytes(StandardCharsets.ISO_8859_1));
            out.write(got);
        });
        var answer = client.send(request().POST(HttpRequest.BodyPublishers.ofByteArray(large)).build(),
                BodyHandlers.ofByteArray());
        assertThat(asked.take()).contains("Content-Length: " + large.length);
        assertThat(answer.body()).isEqualTo(large);
    }

    @Test
    void refusalBeforeTheBodyIsReadIsHeard() throws Exception {
        answer((_, out) -> out.write("HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nless"
                .getBytes(StandardCharsets.ISO_8859_1)));
        var answer = client.send(request().POST(HttpRequest.BodyPublishers.ofByteArray(new byte[8 << 20])).build(),
                BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(answer.body()).isEqualTo("less");
    }

    @Test
    void whatIsCutOffOrNoHttpIsAnError() throws Exception {
        for (String wrong : List.of("", "HTTP/1.1 200", "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
                "HTTP/1.1 200 OK\r\nX: " + "x".repeat(20_000) + "\r\n\r\n",
                "HTTP/1.1 200 OK\r\n" + "a: b\r\n".repeat(200) + "\r\n")) {
            say(wrong);
            assertThatThrownBy(this::get).as(wrong).isInstanceOf(IOException.class);
        }
    }

    @Test
    void patienceAndInterruptsEndARequest() throws Exception {
        answer((in, _) -> in.read());
        assertThatThrownBy(() -> client.send(request().timeout(Duration.ofMillis(100)).build(),
                BodyHandlers.ofString())).isInstanceOf(HttpTimeoutException.class);
        answer((in, out) -> {
            out.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort".getBytes(StandardCharsets.ISO_8859_1));
            in.read();
        });
        assertThatThrownBy(() -> client.send(request().timeout(Duration.ofMillis(100)).build(),
                BodyHandlers.ofString())).isInstanceOf(HttpTimeoutException.class);
        Thread here = Thread.currentThread();
        answer((in, _) -> {
            here.interrupt();
            in.read();
        });
        assertThatThrownBy(this::get).isInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void closingEndsAStreamThatSomebodyReads() throws Exception {
        answer((in, out) -> {
            out.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
                    .getBytes(StandardCharsets.ISO_8859_1));
            in.read();
            asked.add("gone");
        });
        var answer = client.send(request().build(), BodyHandlers.ofInputStream());
        try (InputStream body = answer.body()) {
            assertThat(body.readNBytes(3)).isEqualTo("abc".getBytes(StandardCharsets.ISO_8859_1));
        }
        asked.take();
        assertThat(asked.poll(60, TimeUnit.SECONDS)).as("the other end hears of it").isEqualTo("gone");
    }

    @Test
    void whereNobodyListensIsSaidSo() throws Exception {
        listening.close();
        assertThatThrownBy(this::get).isInstanceOf(ConnectException.class);
        for (Path none : List.of(temporary.resolve("none"), temporary.resolve("x".repeat(120)))) {
            try (var other = new UnixHttpClient(none)) {
                assertThatThrownBy(() -> other.send(request().build(), BodyHandlers.ofString()))
                        .isInstanceOf(ConnectException.class);
            }
        }
    }

    @Test
    void onlyTheUsersOwnAndRootsServersAreTrusted() {
        assertThat(UnixHttpClient.isTrusted("al", "al")).isTrue();
        assertThat(UnixHttpClient.isTrusted("al", "root")).isTrue();
        assertThat(UnixHttpClient.isTrusted("root", "al")).isTrue();
        assertThat(UnixHttpClient.isTrusted("al", "mallory")).isFalse();
    }
}

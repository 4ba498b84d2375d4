package dev.kindling.pxe.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeEvent;
import dev.kindling.pxe.Recorder;
import dev.kindling.pxe.Served;
import dev.kindling.pxe.Tool;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server over real sockets, asked by curl, busybox and by hand. */
class HttpServerTest {
    private static final String ADDRESS = "127.77.80.1";
    private static final String END = " HTTP/1.1\r\nHost: h\r\n\r\n";
    private static final MacAddress MAC = new MacAddress("52:54:00:4b:4c:01");

    @TempDir
    private Path root;
    @TempDir
    private Path away;
    private final Recorder events = new Recorder();
    private Served source = new Served(Path.of("."));
    private HttpServer server;
    private String url = "";
    private int port;

    @BeforeEach
    void start() throws IOException {
        source = new Served(root);
        start(Limits.DEFAULT);
    }

    private void start(Limits limits) throws IOException {
        server = new HttpServer(new Service(source,
                address -> address.equals(InetAddress.ofLiteral("127.77.80.3")) ? MAC : null, events,
                Clock.systemUTC()), limits);
        port = server.listen(List.of(InetAddress.ofLiteral(ADDRESS), InetAddress.ofLiteral("127.77.80.2")), 0, null);
        url = "http://" + ADDRESS + ":" + port;
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void servesAFileToCurlAndTellsIt() throws Exception {
        byte[] content = file("dir/system.img", 5_000_001);
        shell("curl", "curl -sSf --interface 127.77.80.3 -o got " + url + "/dir/system.img");
        assertThat(away.resolve("got")).hasBinaryContent(content);
        var started = events.next(PxeEvent.FetchStarted.class);
        assertThat(started.size()).isEqualTo(content.length);
        assertThat(started.mac()).isEqualTo(MAC);
        var done = events.next(PxeEvent.FetchDone.class);
        assertThat(done.path()).isEqualTo("dir/system.img");
        assertThat(done.bytes()).isEqualTo(content.length);
        assertThat(done.protocol()).isEqualTo(BootSource.Protocol.HTTP);
    }

    @Test
    void servesBusyboxWget() throws Exception {
        byte[] content = file("f", 700_000);
        shell("busybox", "busybox wget -q -O got " + url + "/f && busybox wget -q -O got2 " + url + "/f");
        assertThat(away.resolve("got2")).hasBinaryContent(content);
    }

    @Test
    void servesHttp10() throws Exception {
        source.with("f", BootFile.text("old"));
        assertThat(raw("GET /f HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.1 200 OK").containsIgnoringCase(
                "connection: close").endsWith("\r\n\r\nold");
    }

    @Test
    void endsAnAnswerWithoutABody() throws Exception {
        String report = "POST /silent HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi";

        assertThat(raw(report + report.replace("HTTP/1.1", "HTTP/1.0"))).as("and goes on to the next")
                .containsSubsequence("200 OK", "Content-Length: 0", "200 OK", "Content-Length: 0").endsWith("\r\n\r\n");
    }

    @Test
    void resumesADownload() throws Exception {
        byte[] content = file("f", 3_000_000);
        Files.write(away.resolve("got"), java.util.Arrays.copyOf(content, 1_234_567));
        shell("curl", "curl -sSf -C - -o got " + url + "/f");
        assertThat(away.resolve("got")).hasBinaryContent(content);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            -r 0-9                                   | 206 | 10  | 0123456789
            -r 5-                                    | 206 | 11  | 56789abcdef
            -r -3                                    | 206 | 3   | def
            -r 0-0,0-3                               | 206 | 4   | 0123
            -r 16-                                   | 416 | 23  | the file has 16 octets
            -r 2-3 -H 'If-Range: "other"'            | 200 | 16  | 0123456789abcdef
            """)
    void servesRanges(String options, int status, int length, String body) throws Exception {
        Files.writeString(root.resolve("disk"), "0123456789abcdef");
        source.with("memory", BootFile.text("0123456789abcdef"));
        for (String name : new String[]{"disk", "memory"}) {
            if (name.equals("memory") && options.contains("If-Range")) {
                continue; // generated content has no tag to compare with, and no Last-Modified
            }
            var curl = shell("curl", "curl -sS -i " + options + " " + url + "/" + name);
            assertThat(curl.output()).startsWith("HTTP/1.1 " + status)
                    .containsIgnoringCase("content-length: " + length + "\r\n");
            assertThat(curl.output().strip()).endsWith("\r\n\r\n" + body);
        }
    }

    @Test
    @DisplayName("lesson 14: HEAD equals GET")
    void answersHeadWithTheHeadersOfGet() throws Exception {
        file("f", 1000);
        source.with("text", BootFile.text("text"));
        for (String path : new String[]{"/f", "/text", "/missing"}) {
            var get = shell("curl", "curl -sS -o body -D - " + url + path).output();
            var head = shell("curl", "curl -sS -I " + url + path).output();
            assertThat(head.replaceAll("(?i)date: .*", "")).isEqualTo(get.replaceAll("(?i)date: .*", ""));
            assertThat(head).containsIgnoringCase("content-length:").doesNotContainIgnoringCase("chunked");
        }
        assertThat(source.fetches).filteredOn(fetch -> fetch.path().equals("text"))
                .extracting(BootSource.Fetch::head).containsExactly(false, true);
    }

    @Test
    void saysThatAFileHasNotChanged() throws Exception {
        file("f", 1000);
        String tag = shell("curl", "curl -sS -I " + url + "/f | sed -n 's/^etag: //Ip'").output().strip();
        String date = shell("curl", "curl -sS -I " + url + "/f | sed -n 's/^last-modified: //Ip'").output().strip();
        assertThat(status("-H 'If-None-Match: " + tag + "'")).isEqualTo("304");
        assertThat(status("-H 'If-None-Match: \"x\", W/" + tag + "'")).isEqualTo("304");
        assertThat(status("-H 'If-None-Match: \"x\"' -H 'If-Modified-Since: " + date + "'")).isEqualTo("200");
        assertThat(status("-H 'If-Modified-Since: " + date + "'")).isEqualTo("304");
        assertThat(status("-H 'If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT'")).isEqualTo("200");
        assertThat(status("-r 0-9 -H 'If-Range: " + tag.replace("\"", "\\\"").replace("\\", "") + "'"))
                .isEqualTo("206");
    }

    @Test
    @DisplayName("lesson 14: keep-alive")
    void keepsTheConnectionForTheNextRequest() throws Exception {
        file("f", 100_000);
        var curl = shell("curl", "curl -sS -v -o a -o b -o c %1$s/f %1$s/missing %1$s/broken 2>&1".formatted(url));
        assertThat(curl.output().split("Re-using existing", -1)).hasSize(3);
        assertThat(curl.output()).contains("HTTP/1.1 200", "HTTP/1.1 404", "HTTP/1.1 500");
        assertThat(away.resolve("b")).hasContent("not found\n");
        assertThat(events.next(PxeEvent.FetchFailed.class).reason()).isEqualTo("not found");
        assertThat(events.next(PxeEvent.FetchFailed.class).reason()).isEqualTo("internal error");
    }

    @Test
    void answersPipelinedRequestsInOrder() throws Exception {
        source.with("a", BootFile.text("first")).with("b", BootFile.text("second"));
        file("f", 200_000);
        String all = raw("%s /f%s%s /a%s%s /f%s%s /b%s".formatted("GET", END, "GET", END, "HEAD", END, "GET",
                END.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")));
        assertThat(all.split("HTTP/1.1 200 OK", -1)).hasSize(5);
        assertThat(all.indexOf("first")).isLessThan(all.indexOf("second")).isGreaterThan(200_000);
        assertThat(all).endsWith("second");
    }

    @Test
    void takesWhatAMachineReports() throws Exception {
        var curl = shell("curl", "printf 'stage=installer\\ntext=gr\\303\\274n\\n' | curl -sSf --interface 127.77.80.3 "
                + "-H 'Authorization: Bearer t0ken' --data-binary @- " + url + "/m/x/progress");
        assertThat(curl.output()).isEqualTo("taken 26\n");
        assertThat(source.posts).containsExactly(new BootSource.Post("m/x/progress",
                InetAddress.ofLiteral("127.77.80.3"), MAC, "t0ken", "stage=installer\ntext=grün\n"));
    }

    @Test
    void passesTheTokenToTheSource() throws Exception {
        source.with("m/x/config", BootFile.text("mode=real\n"));
        shell("curl", "curl -sSf -H 'authorization: bearer abc' " + url + "/m/x/config");
        assertThat(source.fetches).singleElement().satisfies(fetch -> {
            assertThat(fetch.token()).isEqualTo("abc");
            assertThat(fetch.mac()).isNull();
        });
    }

    @Test
    void takesAMebibyteAndNoMore() throws Exception {
        Files.write(away.resolve("fits"), "x".repeat(1 << 20).getBytes(StandardCharsets.US_ASCII));
        Files.write(away.resolve("more"), "x".repeat((1 << 20) + 1).getBytes(StandardCharsets.US_ASCII));
        String post = "curl -sS -o body -w '%%{http_code}' %s --data-binary @%s " + url + "/p";
        assertThat(shell("curl", post.formatted("", "fits")).output()).isEqualTo("200");
        assertThat(shell("curl", post.formatted("-H 'Transfer-Encoding: chunked'", "fits")).output()).isEqualTo("200");
        assertThat(shell("curl", post.formatted("", "more")).output()).isEqualTo("413");
        assertThat(raw("POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n"
                + "x".repeat(0x100001) + "\r\n0\r\n\r\n")).startsWith("HTTP/1.1 413");
        assertThat(source.posts).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            GET /../secret HTTP/1.1\\r\\nHost: h                        | 400
            GET /%2e%2e/secret HTTP/1.1\\r\\nHost: h                    | 400
            GET //etc/passwd HTTP/1.1\\r\\nHost: h                      | 404
            GET /a%00 HTTP/1.1\\r\\nHost: h                             | 400
            GET /a\\b HTTP/1.1\\r\\nHost: h                             | 400
            GET etc/passwd HTTP/1.1\\r\\nHost: h                        | 400
            GET / HTTP/1.1                                              | 400
            GET /f HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: x         | 400
            GET /f HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: -1        | 400
            GET /f HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: 1\\r\\nContent-Length: 2 | 400
            GARBAGE                                                     | 400
            PUT /f HTTP/1.1\\r\\nHost: h                                | 405
            DELETE /f HTTP/1.1\\r\\nHost: h                             | 405
            GET /missing HTTP/1.1\\r\\nHost: h                          | 404
            GET /dir HTTP/1.1\\r\\nHost: h                              | 404
            POST /p HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: 1048577  | 413
            """)
    void answersHostileRequestsWithTheirStatus(String request, int status) throws Exception {
        Files.createDirectory(root.resolve("dir"));
        String sent = request.strip().replace("\\r\\n", "\r\n");
        assertThat(raw(sent.replaceFirst("(\r\n|$)", "\r\nConnection: close\r\n") + "\r\n\r\n"))
                .startsWith("HTTP/1.1 " + status).containsIgnoringCase("content-length:");
    }

    @ParameterizedTest
    @ValueSource(ints = {9_000, 20_000})
    void bordersTheSizeOfTheHeader(int size) throws Exception {
        assertThat(raw("GET /" + "a".repeat(size) + " HTTP/1.1\r\nHost: h\r\n\r\n")).startsWith("HTTP/1.1 414");
        assertThat(raw("GET /f HTTP/1.1\r\nHost: h\r\nX: " + "a".repeat(2 * size) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431");
    }

    @Test
    void tellsADownloadThatBrokeOff() throws Exception {
        file("f", 60_000_000);
        try (var socket = new Socket(ADDRESS, port)) {
            socket.getOutputStream().write("GET /f HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().readNBytes(100_000)).hasSize(100_000);
        }
        assertThat(events.next(PxeEvent.FetchFailed.class).reason()).contains("connection was lost after",
                "of 60000000 octets");
    }

    @Test
    void tellsNotEachSmallRangeOfAMountedImage() throws Exception {
        file("f", 10_000);
        shell("curl", "curl -sSf -r 0-511 -o a %1$s/f && curl -sSf -r 512-1023 -o b %1$s/f".formatted(url));
        shell("curl", "curl -sSf -o a %1$s/f".formatted(url));
        assertThat(events.next(PxeEvent.FetchDone.class).bytes()).isEqualTo(10_000);
        assertThat(events.rest()).isEmpty();
    }

    @Test
    void closesConnectionsThatDoNotMove() throws Exception {
        server.close();
        var brief = Duration.ofMillis(200);
        var patient = Limits.DEFAULT;
        start(new Limits(brief, brief, brief, patient.stall(), patient.window(), 1, 10, 10, 1 << 20));
        assertThat(raw("")).as("silent").isEmpty();
        assertThat(raw("GET /f HTT")).as("half a header").isEmpty();
        assertThat(raw("POST /f HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf")).as("half a body").isEmpty();
        server.close();
        start(new Limits(patient.idle(), patient.header(), patient.body(), brief, brief, 1, 10, 10, 1 << 20));
        file("f", 60_000_000);
        try (var socket = new Socket(ADDRESS, port)) {
            socket.getOutputStream().write("GET /f HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(events.next(PxeEvent.FetchFailed.class).reason()).as("reads nothing")
                    .contains("given up, as it took 0 octets in 0 s, after ", "of 60000000 octets");
        }
    }

    @Test
    void answersOnEveryLink() throws Exception {
        source.with("f", BootFile.text("f"));
        assertThat(shell("curl", "curl -sSf http://127.77.80.2:%d/f".formatted(port)).output())
                .isEqualTo("f");
    }

    private String status(String options) throws Exception {
        return shell("curl", "curl -sS -o body -w '%{http_code}' " + options + " " + url + "/f").output();
    }

    /** Sends octets, and reads until the server closes. */
    private String raw(String request) throws IOException {
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

    private byte[] file(String name, int size) throws IOException {
        byte[] content = new byte[size];
        new Random(size).nextBytes(content);
        Files.createDirectories(root.resolve(name).getParent());
        Files.write(root.resolve(name), content);
        return content;
    }

    private Tool shell(String debianPackage, String command) throws Exception {
        var result = Tool.run(debianPackage, away, "sh", "-c", command);
        assertThat(result.exit()).as("%s%n%s (Debian package: %s)", command, result.output(), debianPackage).isZero();
        return result;
    }
}

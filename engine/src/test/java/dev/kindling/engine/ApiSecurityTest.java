package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.engine.api.ConnectionFailed;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.http.AccessTokens;
import dev.kindling.engine.http.ApiServer;
import dev.kindling.engine.http.HttpKindling;
import dev.kindling.engine.http.Role;
import dev.kindling.engine.http.Trust;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is let in, and what the server does with those who mean no good. Raw sockets and curl are at the other end. */
@SuppressWarnings("NullAway.Init") // set by open
class ApiSecurityTest {
    @TempDir
    Path temporary;
    private Served served;

    @BeforeEach
    void open() throws IOException {
        served = new Served(temporary.resolve("workspace"));
    }

    @AfterEach
    void close() {
        served.close();
    }

    /** What the server says to these bytes, until it closes the connection. */
    private String raw(String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), served.url().getPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private String get(String path, String... headers) throws IOException {
        return raw("GET " + path + " HTTP/1.1\r\nConnection: close\r\n" + String.join("\r\n", headers)
                + (headers.length > 0 ? "\r\n" : "") + "\r\n");
    }

    @Test
    void healthNeedsNoTokenAndEverythingElseDoes() throws IOException {
        assertThat(get("/healthz", "Host: localhost")).startsWith("HTTP/1.1 200 ");
        assertThat(get("/readyz", "Host: localhost")).startsWith("HTTP/1.1 200 ");
        String refused = get("/api/v1/clusters", "Host: localhost");
        assertThat(refused).startsWith("HTTP/1.1 401 ").containsIgnoringCase("www-authenticate: Bearer")
                .contains("application/problem+json", "token-missing", "kindling token create");
        assertThat(get("/no/such/path", "Host: localhost")).as("strangers learn of no paths").startsWith(
                "HTTP/1.1 401 ");
    }

    @Test
    void webPagesCannotAskThroughABrowser() throws IOException {
        String token = "Authorization: Bearer " + served.token();
        assertThat(get("/api/v1/clusters", "Host: localhost:8443", token)).startsWith("HTTP/1.1 200 ");
        // DNS rebinding: the browser was told that evil.example is 127.0.0.1
        assertThat(get("/api/v1/clusters", "Host: evil.example", token)).startsWith("HTTP/1.1 421 ")
                .contains("host-foreign");
        assertThat(get("/healthz", "Host: evil.example")).startsWith("HTTP/1.1 421 ");
        assertThat(get("/api/v1/clusters", token)).startsWith("HTTP/1.1 400 ");
        assertThat(get("/api/v1/clusters", "Host: localhost", "Host: evil.example", token)).startsWith(
                "HTTP/1.1 400 ");
        String foreign = get("/api/v1/clusters", "Host: localhost", "Origin: https://evil.example", token);
        assertThat(foreign).startsWith("HTTP/1.1 403 ").contains("origin-foreign")
                .doesNotContainIgnoringCase("access-control-");
        String preflight = raw(String.join("\r\n", "OPTIONS /api/v1/clusters HTTP/1.1", "Host: localhost",
                "Connection: close", "Origin: https://evil.example", "Access-Control-Request-Method: POST", "", ""));
        assertThat(preflight).startsWith("HTTP/1.1 403 ").doesNotContainIgnoringCase("access-control-");
    }

    @Test
    void rolesAllowWhatTheySay() throws Exception {
        try (AccessTokens tokens = AccessTokens.open(temporary.resolve("workspace"), Clock.systemUTC())) {
            String viewer = tokens.create("v", Role.VIEWER, Optional.empty()).orElseThrow().reveal();
            String operator = tokens.create("o", Role.OPERATOR, Optional.empty()).orElseThrow().reveal();
            String expired = tokens.create("e", Role.ADMIN, Optional.of(Duration.ofMillis(1))).orElseThrow().reveal();
            Thread.sleep(5);
            String host = "Host: localhost";
            assertThat(get("/api/v1/version", host, "Authorization: Bearer " + viewer)).startsWith("HTTP/1.1 200 ")
                    .contains("\"VIEWER\"");
            assertThat(get("/api/v1/version", host, "Authorization: Bearer " + expired)).startsWith("HTTP/1.1 401 ");
            for (String path : List.of("/api/v1/clusters", "/api/v1/clusters/x/apply",
                    "/api/v1/clusters/x/cancel", "/api/v1/operations/x/cancel")) {
                assertThat(raw("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                        + "Authorization: Bearer " + viewer + "\r\n\r\n")).as(path).startsWith("HTTP/1.1 403 ")
                        .contains("role-too-low");
            }
            assertThat(raw("DELETE /api/v1/clusters/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    + "Authorization: Bearer " + operator + "\r\n\r\n")).startsWith("HTTP/1.1 403 ")
                    .contains("admin");
            assertThat(raw("POST /api/v1/clusters/x/cancel HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    + "Authorization: Bearer " + operator + "\r\n\r\n")).startsWith("HTTP/1.1 404 ");
            assertThat(tokens.revoke("v")).isTrue();
            assertThat(get("/api/v1/version", host, "Authorization: Bearer " + viewer)).startsWith("HTTP/1.1 401 ");
        }
    }

    @Test
    void wrongTokensAreSlowedDownAndARightOneOfThisComputerIsNot() throws IOException {
        var statuses = new ArrayList<String>();
        for (int i = 0; i < 12; i++) {
            statuses.add(get("/api/v1/clusters", "Host: localhost", "Authorization: Bearer wrong" + i)
                    .substring(9, 12));
        }
        assertThat(statuses).startsWith("401").endsWith("429", "429").filteredOn("401"::equals).hasSize(10);
        assertThat(get("/api/v1/clusters", "Host: localhost", "Authorization: Bearer " + served.token()))
                .startsWith("HTTP/1.1 200 ");
        assertThat(get("/api/v1/clusters", "Host: localhost")).as("who shows none guesses none")
                .startsWith("HTTP/1.1 401 ");
    }

    @Test
    void bodiesOfStrangersAreNotReadAndLargeOnesOfNobody() throws IOException {
        // the refusal comes before the body, which is never sent
        String head = "POST /api/v1/validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\n";
        assertThat(raw(head + "Content-Length: 1000000\r\n\r\n")).startsWith("HTTP/1.1 401 ");
        String mine = head + "Authorization: Bearer " + served.token() + "\r\n";
        assertThat(raw(mine + "Content-Length: 99000000\r\n\r\n")).startsWith("HTTP/1.1 413 ")
                .contains("body-too-large");
        assertThat(raw(mine + "Expect: 100-continue\r\nContent-Length: 99000000\r\n\r\n"))
                .startsWith("HTTP/1.1 413 ");
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), served.url().getPort())) {
            var out = socket.getOutputStream();
            out.write((mine + "Transfer-Encoding: chunked\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
            byte[] chunk = ("10000\r\n" + "x".repeat(0x10000) + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
            InputStream in = socket.getInputStream();
            for (int i = 0; i < 300 && in.available() == 0; i++) {
                out.write(chunk);
            }
            assertThat(new String(in.readAllBytes(), StandardCharsets.ISO_8859_1)).startsWith("HTTP/1.1 413 ");
        }
    }

    @Test
    void whatIsNoRequestIsRefusedAndTheServerGoesOn() throws IOException {
        for (String nonsense : List.of("hello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: localhost\r\nA: " + "x".repeat(40_000) + "\r\n\r\n",
                "GET /" + "x".repeat(20_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "POST /api/v1/validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\n"
                        + "Authorization: Bearer " + served.token()
                        + "\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")) {
            assertThat(raw(nonsense)).matches("(?s)HTTP/1.1 4\\d\\d .*");
        }
        assertThat(get("/healthz?%zz", "Host: localhost")).startsWith("HTTP/1.1 400 ");
        assertThat(get("/healthz", "Host: localhost")).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws IOException {
        String one = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
        String two = "GET /api/v1/clusters HTTP/1.1\r\nHost: localhost\r\n\r\n";
        String three = "HEAD /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        String answers = raw(one + two + one + three);
        assertThat(answers.split("HTTP/1.1 ", -1)).hasSize(5);
        assertThat(answers).containsSubsequence("HTTP/1.1 200 ", "HTTP/1.1 401 ", "HTTP/1.1 200 ", "HTTP/1.1 200 ")
                .endsWith("\r\n\r\n");
    }

    @Test
    void onlyTheOwnerOfTheUnixSocketNeedsNoToken() throws Exception {
        Path workspace = temporary.resolve("unix");
        try (Kindling engine = Racks.engine(workspace, java.util.function.UnaryOperator.identity());
                ApiServer server = ApiServer.start(engine, workspace, new ApiServer.Options(
                        new ApiServer.Listen.Unix(), new ApiServer.Tls.None(), null, "test"), Clock.systemUTC())) {
            Path socket = Path.of(server.url().substring("unix:".length()));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket))).isEqualTo("rw-------");
            assertThat(curl("--unix-socket", socket.toString(), "http://localhost/api/v1/version"))
                    .contains("\"user\":\"owner\"", "\"ADMIN\"");
        }
        assertThat(workspace.resolve("api.sock")).doesNotExist();
    }

    @Test
    void selfSignedCertificateIsTakenByCurlAndByItsFingerprintOnly() throws Exception {
        Path workspace = temporary.resolve("tls");
        try (Kindling engine = Racks.engine(workspace, java.util.function.UnaryOperator.identity());
                ApiServer server = ApiServer.start(engine, workspace, new ApiServer.Options(
                        new ApiServer.Listen.Tcp("127.0.0.1", 0), new ApiServer.Tls.SelfSigned(), null, "test"),
                        Clock.systemUTC())) {
            assertThat(curl("--cacert", workspace.resolve("api-cert.pem").toString(), server.url() + "/healthz"))
                    .contains("\"ok\"");
            assertThat(PosixFilePermissions.toString(
                    Files.getPosixFilePermissions(workspace.resolve("api-key.pem")))).isEqualTo("rw-------");
            URI url = URI.create(server.url());
            for (Trust trust : List.of(new Trust.Fingerprint(server.fingerprint()),
                    new Trust.Authority(workspace.resolve("api-cert.pem")))) {
                try (Kindling client = HttpKindling.connect(
                        new HttpKindling.Connection(url, server.tokenFile(), trust, temporary))) {
                    assertThat(client.clusters()).isEmpty();
                }
            }
            for (Trust trust : List.of(new Trust.Computer(), new Trust.Fingerprint("0".repeat(64)))) {
                try (Kindling client = HttpKindling.connect(
                        new HttpKindling.Connection(url, server.tokenFile(), trust, temporary))) {
                    assertThatThrownBy(client::clusters).isInstanceOfSatisfying(ConnectionFailed.class,
                            failed -> assertThat(failed.problem().code()).isEqualTo("server-certificate"));
                }
            }
        }
    }

    private static String curl(String... arguments) throws Exception {
        var command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "20"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("curl: %s", said).isZero();
        return said;
    }

    @Test
    void otherServersAreToldFromOurs() throws IOException {
        var other = com.sun.net.httpserver.HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                0);
        other.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 2);
            exchange.getResponseBody().write("{}".getBytes(StandardCharsets.UTF_8));
            exchange.close();
        });
        other.start();
        try (Kindling client = HttpKindling.connect(new HttpKindling.Connection(
                URI.create("http://127.0.0.1:" + other.getAddress().getPort()),
                temporary.resolve("workspace/api-token"), new Trust.Computer(), temporary))) {
            assertThatThrownBy(client::clusters).isInstanceOfSatisfying(ConnectionFailed.class,
                    failed -> assertThat(failed.problem().code()).isEqualTo("server-unknown"));
        } finally {
            other.stop(0);
        }
    }

    @Test
    void eventStreamIsWhatCurlUnderstandsAndGoesOnAfterAnId() throws Exception {
        Racks.up(served.engine(), Racks.simulated(served.engine(), 1, 95), Kindling.ApplyOptions.DEFAULT);
        HttpResponse<InputStream> stream = java.net.http.HttpClient.newHttpClient().send(
                served.request("/api/v1/clusters/demo/events").header("Accept", "text/event-stream")
                        .header("Last-Event-ID", "3").build(),
                HttpResponse.BodyHandlers.ofInputStream());
        assertThat(stream.headers().firstValue("Content-Type")).contains("text/event-stream");
        try (InputStream in = stream.body()) {
            var text = new StringBuilder();
            while (!text.toString().contains("id: 5\n")) {
                text.append(new String(in.readNBytes(1), StandardCharsets.UTF_8));
            }
            assertThat(text).contains("id: 4\n", "event: ", "data: {\"seq\":4,").doesNotContain("id: 3\n");
        }
        HttpRequest.Builder bad = served.request("/api/v1/clusters/demo/events").header("Accept", "text/event-stream")
                .header("Last-Event-ID", "x");
        assertThat(served.send(bad).statusCode()).isEqualTo(400);
    }

    @Test
    void tlsIsOfTheNewestVersionOnly() throws Exception {
        Path workspace = temporary.resolve("tls13");
        try (Kindling engine = Racks.engine(workspace, java.util.function.UnaryOperator.identity());
                ApiServer server = ApiServer.start(engine, workspace, new ApiServer.Options(
                        new ApiServer.Listen.Tcp("127.0.0.1", 0), new ApiServer.Tls.SelfSigned(), null, "test"),
                        Clock.systemUTC())) {
            String address = "127.0.0.1:" + URI.create(server.url()).getPort();
            assertThat(openssl(address, "-tls1_3")).contains("TLSv1.3").contains("Server public key is 256 bit")
                    .contains("Cipher is TLS_");
            // the lowest security level, so that it is the server that refuses
            for (String version : List.of("-tls1", "-tls1_1", "-tls1_2")) {
                assertThat(openssl(address, version, "-cipher", "ALL:@SECLEVEL=0")).as(version)
                        .contains("alert protocol version").contains("no peer certificate available");
            }
            assertThat(openssl(address, "-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_8_SHA256"))
                    .contains("handshake failure");
        }
    }

    private static String openssl(String address, String... arguments) throws Exception {
        var command = new ArrayList<>(List.of("timeout", "20", "openssl", "s_client", "-connect", address));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectInput(new java.io.File("/dev/null")).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("openssl within its time: %s", said).isNotEqualTo(124);
        return said;
    }

    @Test
    void tokenIsInAFileOfItsOwnerAndAnOpenOneIsNotTaken() throws Exception {
        Path token = temporary.resolve("workspace/api-token");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(token))).isEqualTo("rw-------");
        served.stop();
        try {
            Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-r-----"));
            assertThatThrownBy(served::startAgain).isInstanceOfSatisfying(ConnectionFailed.class,
                    failed -> assertThat(failed.problem().code()).isEqualTo("token-file-open"));
        } finally {
            Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-------"));
            served.startAgain();
        }
    }

    @Test
    void namesLeadToNoOtherFiles() throws IOException {
        String token = "Authorization: Bearer " + served.token();
        for (String name : List.of("..", "%2e%2e", "..%2f..%2fetc", "%2fetc%2fpasswd", "....//", "x%00", "x%0a", "-x",
                "a".repeat(64), "A", "\\..", "~", "rehearsal-20260101-000000-../../x")) {
            for (String path : List.of("/api/v1/clusters/%s", "/api/v1/clusters/%s/journal",
                    "/api/v1/clusters/%s/report", "/api/v1/operations/%s", "/api/v1/operations/%s/events")) {
                String answer = get(path.formatted(name), "Host: localhost", token);
                assertThat(answer).as(path.formatted(name)).matches("(?s)HTTP/1.1 40[04] .*")
                        .contains("application/problem+json");
            }
        }
        String journal = "{\"format\":\"kindling-journal/1\",\"cluster\":\"../../evil\"}\n";
        assertThat(raw("POST /api/v1/journals HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + token
                + "\r\nContent-Type: application/jsonl\r\nContent-Length: " + journal.length() + "\r\n\r\n" + journal))
                .startsWith("HTTP/1.1 422 ").contains("import-format").doesNotContain(temporary.toString());
    }

    @Test
    void filesThatAreTooLargeOrCutOffLeaveNothing() throws Exception {
        String head = "POST /api/v1/journals HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + "Authorization: Bearer " + served.token() + "\r\nContent-Type: application/jsonl\r\n";
        assertThat(raw(head + "Content-Length: 3000000000\r\n\r\n")).startsWith("HTTP/1.1 413 ")
                .contains("at most 1024 MiB");
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), served.url().getPort())) {
            socket.getOutputStream().write((head + "Content-Length: 1000000\r\n\r\nsome").getBytes(
                    StandardCharsets.ISO_8859_1));
            assertThat(scratch(1)).as("it is being received").isEqualTo(1);
        }
        assertThat(scratch(0)).isZero();
    }

    /** How many files of requests there are, once there are that many, or after a while. */
    private long scratch(int wanted) throws Exception {
        for (int i = 0;; i++) {
            try (var files = Files.list(temporary.resolve("workspace"))) {
                long there = files.filter(file -> file.getFileName().toString().startsWith(".api-")).count();
                if (there == wanted || i == 1200) {
                    return there;
                }
            }
            Thread.sleep(50);
        }
    }

    @Test
    void requestsThatTwoReadersWouldTakeDifferentlyAreRefused() throws IOException {
        String head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
        for (String odd : List.of("Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                "Content-Length: -1\r\n\r\n", "Content-Length: 1, 2\r\n\r\nab", "Bad Name: x\r\n\r\n",
                "Name : x\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n")) {
            assertThat(raw(head + odd)).as(odd).startsWith("HTTP/1.1 400 ");
        }
    }

    @Test
    void keysOfOneCallerMeanNothingToAnother() throws Exception {
        try (AccessTokens tokens = AccessTokens.open(temporary.resolve("workspace"), Clock.systemUTC())) {
            String other = tokens.create("o", Role.OPERATOR, Optional.empty()).orElseThrow().reveal();
            var body = HttpRequest.BodyPublishers.ofString(Racks.simulated(served.engine(), 1, 99));
            var first = served.send(served.request("/api/v1/rehearse").header("Content-Type", "application/yaml")
                    .header("Idempotency-Key", "one").POST(body));
            var again = served.send(served.request("/api/v1/rehearse").header("Content-Type", "application/yaml")
                    .header("Idempotency-Key", "one").POST(body));
            var others = served.send(HttpRequest.newBuilder(served.url().resolve("/api/v1/rehearse"))
                    .header("Authorization", "Bearer " + other).header("Content-Type", "application/yaml")
                    .header("Idempotency-Key", "one").POST(body));
            assertThat(again.headers().firstValue("Location")).isEqualTo(first.headers().firstValue("Location"))
                    .isPresent();
            assertThat(again.headers().firstValue("Idempotent-Replayed")).isPresent();
            assertThat(others.statusCode()).isEqualTo(202);
            assertThat(others.headers().firstValue("Location")).isNotEqualTo(first.headers().firstValue("Location"));
            assertThat(others.headers().firstValue("Idempotent-Replayed")).isEmpty();
            for (var begun : List.of(first, others)) {
                served.send(served.request(begun.headers().firstValue("Location").orElseThrow() + "/cancel")
                        .POST(HttpRequest.BodyPublishers.noBody()));
            }
        }
    }

    @Test
    void whoAskedForWhatIsWrittenDown() throws Exception {
        try (AccessTokens tokens = AccessTokens.open(temporary.resolve("workspace"), Clock.systemUTC())) {
            String operator = tokens.create("op", Role.OPERATOR, Optional.empty()).orElseThrow().reveal();
            served.send(HttpRequest.newBuilder(served.url().resolve("/api/v1/clusters/none/cancel"))
                    .header("Authorization", "Bearer " + operator).POST(HttpRequest.BodyPublishers.noBody()));
        }
        HttpResponse<InputStream> backup = java.net.http.HttpClient.newHttpClient().send(
                served.request("/api/v1/backup").build(), HttpResponse.BodyHandlers.ofInputStream());
        try (var zip = new java.util.zip.ZipInputStream(backup.body())) {
            assertThat(zip.getNextEntry()).extracting(java.util.zip.ZipEntry::getName).isEqualTo("state.db");
        }
        String acts = served.send(served.request("/api/v1/acts")).body();
        assertThat(acts).containsSubsequence("\"operation\":\"listActs\"", "\"user\":\"local\"",
                "\"operation\":\"backup\"", "\"status\":200", "\"user\":\"op\"", "\"role\":\"OPERATOR\"",
                "\"address\":\"127.0.0.1\"", "\"operation\":\"cancelCluster\"", "\"status\":404");
        served.stop();
        served.startAgain();
        assertThat(served.send(served.request("/api/v1/acts?limit=1")).body()).contains("\"next\":\"");
        assertThat(served.send(served.request("/api/v1/acts")).body()).contains("cancelCluster");
    }

    @Test
    void bugsAreToldWithoutTheirInsides() throws Exception {
        Path workspace = Files.createDirectory(temporary.resolve("broken"));
        Kindling broken = (Kindling) java.lang.reflect.Proxy.newProxyInstance(Kindling.class.getClassLoader(),
                new Class<?>[]{Kindling.class}, (_, method, _) -> {
                    if (method.getName().equals("workspace")) {
                        return workspace;
                    }
                    throw new IllegalStateException("canary-of-a-bug in Some.java:12 at /root/secret");
                });
        try (ApiServer server = ApiServer.start(broken, workspace, new ApiServer.Options(
                new ApiServer.Listen.Tcp("127.0.0.1", 0), new ApiServer.Tls.None(), null, "test"),
                Clock.systemUTC())) {
            String token = Files.readString(server.tokenFile()).strip();
            for (String path : List.of("/api/v1/clusters", "/api/v1/clusters/demo", "/api/v1/hardware",
                    "/api/v1/operations", "/api/v1/backup", "/metrics")) {
                HttpResponse<String> answer = java.net.http.HttpClient.newHttpClient().send(
                        HttpRequest.newBuilder(URI.create(server.url() + path))
                                .header("Authorization", "Bearer " + token).build(),
                        HttpResponse.BodyHandlers.ofString());
                assertThat(answer.statusCode()).as(path).isEqualTo(500);
                assertThat(answer.body()).contains("\"code\":\"bug\"").doesNotContain("canary", ".java", "Exception",
                        "\tat ");
            }
        }
    }

    @Test
    void oneAddressHasOnlySoManyConnectionsAndOthersAreServedWhenTheyAreGone() throws Exception {
        var held = new ArrayList<Socket>();
        try {
            var refused = new Semaphore(0);
            for (int i = 0; i < 300; i++) {
                var socket = new Socket(InetAddress.getLoopbackAddress(), served.url().getPort());
                held.add(socket);
                Thread.startVirtualThread(() -> {
                    try {
                        refused.release(socket.getInputStream().read() < 0 ? 1 : 0);
                    } catch (java.net.SocketException e) {
                        // closed below
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
            }
            assertThat(refused.tryAcquire(44, 20, TimeUnit.SECONDS)).isTrue();
            assertThat(refused.tryAcquire(500, TimeUnit.MILLISECONDS)).as("one more is refused").isFalse();
        } finally {
            for (Socket socket : held) {
                socket.close();
            }
        }
        String answer = "";
        for (int i = 0; i < 3000 && !answer.startsWith("HTTP/1.1 200 "); i++) {
            Thread.sleep(20);
            try {
                answer = get("/healthz", "Host: localhost");
            } catch (java.net.SocketException e) {
                // refused still
            }
        }
        assertThat(answer).startsWith("HTTP/1.1 200 ");
    }

    /** Waits for the server's patience: a minute. */
    @Test
    @org.junit.jupiter.api.Tag("full")
    void clientsThatDripOrReadNothingAreEndedWhileOthersAreServed() throws Exception {
        try (Socket dripping = new Socket(InetAddress.getLoopbackAddress(), served.url().getPort());
                Socket silent = new Socket(InetAddress.getLoopbackAddress(), served.url().getPort())) {
            dripping.setSoTimeout(1000);
            long began = System.nanoTime();
            boolean ended = false;
            dripping.getOutputStream().write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: "
                    .getBytes(StandardCharsets.ISO_8859_1));
            while (!ended && System.nanoTime() - began < Duration.ofSeconds(100).toNanos()) {
                try {
                    dripping.getOutputStream().write('x');
                    ended = dripping.getInputStream().read() < 0;
                } catch (java.net.SocketTimeoutException e) {
                    assertThat(get("/healthz", "Host: localhost")).startsWith("HTTP/1.1 200 ");
                } catch (java.net.SocketException e) {
                    ended = true;
                }
            }
            assertThat(ended).as("a head that never ends").isTrue();
            silent.setSoTimeout(20_000);
            assertThat(silent.getInputStream().read()).as("a client that says nothing").isNegative();
        }
    }
}

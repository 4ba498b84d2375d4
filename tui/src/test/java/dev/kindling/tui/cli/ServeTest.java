package dev.kindling.tui.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kindling serve} as a process of its own with the real engine, and the command line at the other end. */
@SuppressWarnings("NullAway.Init") // set by serve
class ServeTest {
    @TempDir
    Path directory;
    private @Nullable Process server;
    private String url;
    private String token;

    private Process kindling(String... arguments) throws IOException {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), "dev.kindling.tui.Main"));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).directory(directory.toFile())
                .redirectError(ProcessBuilder.Redirect.appendTo(directory.resolve("stderr").toFile()));
        builder.environment().put("KINDLING_KEY_FILE", directory.resolve("key").toString());
        return builder.start();
    }

    private void serve(String... more) throws IOException {
        var arguments = new ArrayList<>(List.of("serve", "--workspace", "ws", "--json"));
        arguments.addAll(List.of(more));
        Process started = kindling(arguments.toArray(String[]::new));
        server = started;
        var out = new BufferedReader(started.inputReader(StandardCharsets.UTF_8));
        String line = out.readLine();
        assertThat(line).as("standard error: %s", Files.readString(directory.resolve("stderr"))).isNotNull();
        JsonNode told = JsonMapper.builder().build().readTree(line);
        url = told.path("url").asText();
        token = told.path("tokenFile").asText();
    }

    @AfterEach
    void stop() throws Exception {
        Process running = server;
        if (running != null) {
            running.destroy();
            assertThat(running.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    private CliHarness shell() {
        var shell = new CliHarness(directory);
        shell.environment.put("KINDLING_CONNECT", url);
        shell.environment.put("KINDLING_TOKEN_FILE", token);
        shell.environment.put("KINDLING_WORKSPACE", "here");
        return shell;
    }

    @Test
    void everyCommandWorksOverTheConnection() throws Exception {
        serve("--listen", "127.0.0.1:0");
        CliHarness shell = shell();

        assertThat(shell.run("status")).isZero();
        assertThat(shell.out()).contains("The server " + url + " has no cluster yet");
        assertThat(shell.run("demo", "--simulated", "--nodes", "2")).as(shell.err()).isZero();
        assertThat(shell.out()).contains("Plan ", "SIMULATED", "cluster demo is READY");
        assertThat(directory.resolve("here/demo-report.html")).isNotEmptyFile();
        assertThat(directory.resolve("ws/demo-report.html")).isNotEmptyFile();
        assertThat(shell.run("status")).isZero();
        assertThat(shell.out()).contains("demo", "READY");
        assertThat(shell.run("plan", "here/demo.yaml", "--detailed-exitcode")).isZero();
        assertThat(shell.run("up", "here/demo.yaml", "--yes")).isZero();
        assertThat(shell.out()).contains("Nothing to do");
        assertThat(shell.run("events", "demo")).isZero();
        assertThat(shell.out().lines().count()).isGreaterThan(20);
        assertThat(shell.run("report", "demo", "--format", "md")).isZero();
        assertThat(shell.out()).contains("# ");
        assertThat(shell.run("hardware")).isZero();
        assertThat(shell.run("validate", "here/demo.yaml")).isZero();
        assertThat(shell.run("down", "demo", "--yes")).isZero();
        assertThat(shell.out()).contains("Cluster demo is gone");
        // the runs were the server's
        assertThat(shell.kindling.calls()).isEmpty();
    }

    @Test
    void theOwnersSocketNeedsNoTokenAndOthersMayNotOpenIt() throws Exception {
        serve("--listen", "unix");
        var shell = new CliHarness(directory);
        shell.environment.put("KINDLING_WORKSPACE", "here");
        assertThat(shell.run("status", "--connect", url)).as(shell.err()).isZero();
        assertThat(shell.out()).contains("The server " + url + " has no cluster yet");
        shell.environment.put("KINDLING_CONNECT", url);
        assertThat(shell.run("demo", "--simulated", "--nodes", "1")).as(shell.err()).isZero();
        assertThat(shell.run("state", "backup", "copy.db")).as(shell.err()).isZero();
        assertThat(directory.resolve("copy.db")).isNotEmptyFile();
        assertThat(shell.run("state", "export", "demo", "demo.jsonl")).as(shell.err()).isZero();
        assertThat(shell.run("state", "import", "demo.jsonl")).isEqualTo(1);
        assertThat(shell.err()).contains("import-exists");
        assertThat(shell.run("rehearse", "here/demo.yaml")).as(shell.err()).isZero();
        assertThat(shell.out()).contains("Rehearsed: 1 of 1 simulated machine");
        assertThat(shell.kindling.calls()).as("the runs were the server's").isEmpty();

        // setpriv: util-linux
        Path socket = Path.of(url.substring("unix:".length()));
        var world = java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x");
        Files.setPosixFilePermissions(directory, world);
        Files.setPosixFilePermissions(directory.resolve("ws"), world);
        assertThat(asNobody(socket)).contains("curl: (7)");
        Files.setPosixFilePermissions(socket, java.nio.file.attribute.PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThat(asNobody(socket)).as("the kernel tells who asks").contains("token-missing");

        shell.environment.remove("KINDLING_CONNECT");
        assertThat(shell.run("status", "--connect", "unix:none.sock")).isEqualTo(1);
        assertThat(shell.err()).contains("nothing listens at unix:/", "kindling serve");
        assertThat(shell.run("status", "--connect", "unix")).isEqualTo(1);
        assertThat(shell.err()).contains("here/api.sock");
    }

    private String asNobody(Path socket) throws Exception {
        Process curl = new ProcessBuilder("setpriv", "--reuid=nobody", "--clear-groups", "curl", "-sS", "--max-time",
                "20", "--unix-socket", socket.toString(), "http://localhost/api/v1/clusters")
                .directory(new java.io.File("/")).redirectErrorStream(true).start();
        String said = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(curl.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return said;
    }

    @Test
    void whatIsWrongWithAConnectionIsSaidWithARemedy() throws Exception {
        serve("--listen", "127.0.0.1:0", "--tls", "self-signed");
        CliHarness shell = shell();

        assertThat(shell.run("status")).isEqualTo(1);
        assertThat(shell.err()).contains("is not the one that is trusted", "--fingerprint");
        assertThat(shell.run("status", "--fingerprint", "00".repeat(32))).isEqualTo(1);
        assertThat(shell.err()).contains("the server shows the certificate with SHA-256");
        assertThat(shell.run("status", "--cacert", "ws/api-cert.pem")).as(shell.err()).isZero();
        String sha256 = sha256(directory.resolve("ws/api-cert.pem"));
        assertThat(shell.run("status", "--fingerprint", sha256)).as(shell.err()).isZero();

        shell.environment.put("KINDLING_FINGERPRINT", sha256);
        Path wrong = Files.writeString(directory.resolve("wrong"), "kindling_wrong\n");
        assertThat(shell.run("status", "--token-file", "wrong")).isEqualTo(1);
        assertThat(shell.err()).contains("others may read the token file");
        Files.setPosixFilePermissions(wrong, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        assertThat(shell.run("status", "--token-file", "wrong")).isEqualTo(1);
        assertThat(shell.err()).contains("the token is not known, or has expired", "kindling token create");
        assertThat(shell.run("status", "--token-file", "none")).isEqualTo(1);
        assertThat(shell.err()).contains("there is no token file");
        assertThat(shell.run("status", "--connect", "http://192.0.2.1:8443")).isEqualTo(1);
        assertThat(shell.err()).contains("clear text", "https://192.0.2.1:8443");
        assertThat(shell.run("status", "--connect", url.replace("https", "http"))).isEqualTo(1);
        assertThat(shell.err()).contains("kindling:").doesNotContain("bug", "Exception");
        stop();
        assertThat(shell.run("status")).isEqualTo(1);
        assertThat(shell.err()).contains("nothing listens at " + url, "kindling serve");
    }

    private String sha256(Path certificate) throws Exception {
        Process openssl = new ProcessBuilder("openssl", "x509", "-in", certificate.toString(), "-noout",
                "-fingerprint", "-sha256").start();
        String said = new String(openssl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(openssl.waitFor()).as("openssl reads the certificate").isZero();
        return said.substring(said.indexOf('=') + 1).strip();
    }

    @Test
    void tokensAreMadeOnceListedUsedAndRevokedWhileTheServerRuns() throws Exception {
        serve("--listen", "127.0.0.1:0");
        var keeper = new CliHarness(directory);
        keeper.environment.put("KINDLING_WORKSPACE", "ws");
        assertThat(keeper.run("token", "create", "--role", "viewer", "--name", "past", "--expires", "90d"))
                .isZero();
        assertThat(keeper.run("token", "create", "--role", "viewer", "--name", "ci")).isZero();
        String made = keeper.out().strip();
        assertThat(made).startsWith("kindling_").doesNotContain("\n");
        assertThat(keeper.run("token", "create", "--role", "viewer", "--name", "ci")).isEqualTo(2);
        assertThat(keeper.run("token", "list")).isZero();
        assertThat(keeper.out()).contains("ci ", "viewer", "never expires", "expires 2026-").doesNotContain(made);
        for (String kept : List.of("ws/api.db", "ws/api.db-wal", "ws/kindling.log")) {
            if (Files.exists(directory.resolve(kept))) {
                assertThat(Files.readString(directory.resolve(kept), StandardCharsets.ISO_8859_1).contains(made))
                        .as("the token is in %s", kept).isFalse();
            }
        }

        Path file = Files.createFile(directory.resolve("ci.token"), java.nio.file.attribute.PosixFilePermissions
                .asFileAttribute(java.nio.file.attribute.PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, made + "\n");
        CliHarness shell = shell();
        assertThat(shell.run("status", "--token-file", "ci.token")).as(shell.err()).isZero();
        assertThat(shell.run("demo", "--simulated", "--token-file", "ci.token")).isEqualTo(1);
        assertThat(shell.err()).contains("the token 'ci' has the role viewer", "--role operator");

        assertThat(keeper.run("token", "revoke", "ci")).isZero();
        assertThat(shell.run("status", "--token-file", "ci.token")).isEqualTo(1);
        assertThat(keeper.run("token", "revoke", "ci")).isEqualTo(2);
    }

    @Test
    void secondServerOfAWorkspaceAndOpenAddressesWithoutTlsAreRefused() throws Exception {
        serve("--listen", "127.0.0.1:0");
        Process second = kindling("serve", "--workspace", "ws", "--listen", "127.0.0.1:0");
        assertThat(second.waitFor()).isEqualTo(1);
        assertThat(Files.readString(directory.resolve("stderr"))).contains("another kindling serve has the workspace");
        Process open = kindling("serve", "--workspace", "other", "--listen", "0.0.0.0:0");
        assertThat(open.waitFor()).isEqualTo(1);
        assertThat(Files.readString(directory.resolve("stderr"))).contains("--tls self-signed");
    }

    @Test
    void theUnitIsAcceptedBySystemd() throws Exception {
        Process printed = kindling("serve", "--workspace", "ws", "--print-unit");
        Path unit = Files.writeString(directory.resolve("kindling.service"),
                new String(printed.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        assertThat(printed.waitFor()).isZero();
        assertThat(unit).content().contains("KillMode=process").doesNotContain("--print-unit");
        Process verify = new ProcessBuilder("systemd-analyze", "verify", "--man=no", unit.toString())
                .redirectErrorStream(true).start();
        assertThat(new String(verify.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .doesNotContain("kindling.service");
        assertThat(verify.waitFor()).isZero();
    }
}

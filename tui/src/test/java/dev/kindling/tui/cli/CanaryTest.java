package dev.kindling.tui.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.kindling.engine.Engine;
import dev.kindling.engine.api.Kindling;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A value that nobody else has is put into every place for a secret that the command knows: BMC, registry and API
 * credentials, the key of webhooks, tokens of the server, the passphrase, the environment, and mistakes, such as a
 * password in an address. Then whatever the commands, the server, the processes and the files show is searched for it,
 * as it is, in base64 and in hex.
 */
@Tag("full")
@Timeout(300)
class CanaryTest {
    private static final List<String> STORED = List.of("lab/bmc", "lab/registry", "lab/proxmox", "lab/hook");

    @TempDir
    Path directory;

    private final Map<String, String> canaries = new ConcurrentSkipListMap<>();
    private final Set<String> found = new TreeSet<>();
    private final List<Process> started = new ArrayList<>();
    private final Instant began = Instant.now();

    @AfterEach
    void end() throws Exception {
        for (Process process : started) {
            process.destroy();
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        }
        endCouriers();
    }

    /** Runs, and the couriers of their webhooks, outlive the commands; nobody takes what a courier has. */
    private void endCouriers() throws Exception {
        for (ProcessHandle process : ProcessHandle.allProcesses().toList()) {
            byte[] line = read(Path.of("/proc", Long.toString(process.pid()), "cmdline"));
            if (new String(line, StandardCharsets.ISO_8859_1).contains(directory.toString())) {
                process.destroyForcibly();
                process.onExit().get(60, TimeUnit.SECONDS);
            }
        }
    }

    private String canary(String name) {
        byte[] random = new byte[15];
        new SecureRandom().nextBytes(random);
        return canaries.computeIfAbsent(name, _ -> "canary" + HexFormat.of().formatHex(random));
    }

    private void search(String where, byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        String lower = text.toLowerCase(Locale.ROOT);
        canaries.forEach((name, canary) -> {
            byte[] value = canary.getBytes(StandardCharsets.UTF_8);
            boolean seen = text.contains(canary) || lower.contains(HexFormat.of().formatHex(value));
            for (int shift = 0; shift < 3 && !seen; shift++) {
                // where the value begins within a group of three octets decides how base64 shows it
                byte[] shifted = new byte[shift + value.length];
                System.arraycopy(value, 0, shifted, shift, value.length);
                String encoded = Base64.getEncoder().encodeToString(shifted);
                seen = text.contains(encoded.substring(shift == 0 ? 0 : 4, encoded.length() - 4));
            }
            if (seen) {
                synchronized (found) {
                    found.add(name + " is in " + where);
                }
            }
        });
    }

    private Process start(String... arguments) throws IOException {
        return start(List.of(), arguments);
    }

    private Process start(List<String> behind, String... arguments) throws IOException {
        var command = new ArrayList<>(behind);
        command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), "dev.kindling.tui.Main"));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.put("KINDLING_WORKSPACE", directory.resolve("ws").toString());
        environment.put("KINDLING_KEY", "passphrase");
        environment.put("KINDLING_PASSPHRASE_FILE", directory.resolve("passphrase").toString());
        environment.put("TERM", "xterm");
        environment.put("LAB_PASSWORD", canary("variable of the user"));
        Process process = builder.start();
        started.add(process);
        return process;
    }

    /** Runs a command and searches what it says. */
    private String kindling(int code, String... arguments) throws Exception {
        Process process = start(arguments);
        process.getOutputStream().close();
        byte[] said = process.getInputStream().readAllBytes();
        assertThat(process.waitFor()).as(new String(said, StandardCharsets.UTF_8)).isEqualTo(code);
        search("kindling " + String.join(" ", arguments), said);
        return new String(said, StandardCharsets.UTF_8);
    }

    private Path secretFile(String name, String value) throws IOException {
        Path file = Files.writeString(directory.resolve(name), value + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file;
    }

    private String definition() {
        try (Kindling engine = Engine.open(directory.resolve("example"))) {
            // the hook tells what it finds: the first is a secret of the workspace, the second is not in its reach
            return engine.demo(true, 2).replace("127.77.", "127.117.") + """
                      webhooks:
                        - {url: "http://127.0.0.1:9/nobody", secretName: lab/hook}
                      hooks:
                        - {when: before-run, command: [cat, stolen]}
                        - {when: after-run, command: [env]}
                    """;
        }
    }

    @Test
    void noSecretIsShownByAnythingThatPeopleLookAt() throws Exception {
        Path passphrase = secretFile("passphrase", canary("passphrase"));
        for (String name : STORED) {
            Path file = secretFile("value", canary(name));
            kindling(0, "secrets", "set", name, "--from", "value");
            Files.delete(file);
        }
        Files.writeString(directory.resolve("demo.yaml"), definition());
        Path stolen = secretFile("ws/stolen", canary("lab/bmc"));

        var over = new AtomicBoolean();
        Thread watch = Thread.ofPlatform().start(() -> {
            while (!over.get()) {
                processes();
                LockSupport.parkNanos(20_000_000);
            }
        });
        for (String[] command : new String[][]{{"validate", "demo.yaml"}, {"plan", "demo.yaml"},
                {"plan", "demo.yaml", "--json"}, {"plan", "demo.yaml", "-o", "demo.plan"},
                {"plan", "demo.yaml", "--html", "plan.html"}, {"plan", "demo.yaml", "--dot"},
                {"plan", "demo.yaml", "--mermaid"}, {"up", "demo.yaml", "--yes"}, {"status", "demo"},
                {"status", "--json"}, {"events", "demo", "--json"}, {"report", "demo", "--format", "md"},
                {"bundle", "demo", "-o", "help.zip"}, {"state", "backup", "copy.db"},
                {"state", "export", "demo", "demo.jsonl"}, {"audit", "verify"}, {"secrets", "list"},
                {"hardware", "--json"}, {"template", "list"}}) {
            kindling(0, command);
        }
        Files.delete(stolen);
        kindling(2, "secrets", "get", "lab/bmc");
        assertThat(kindling(0, "events", "demo", "--json")).as("the hook told it, and it was masked").contains("***");
        zip("the bundle", Files.readAllBytes(directory.resolve("help.zip")));

        screens();
        mistakes();
        server();
        over.set(true);
        watch.join();
        kindling(0, "down", "demo", "--yes");

        Files.delete(passphrase);
        endCouriers();
        files(directory);
        // whatever was left in the directory for temporary files meanwhile
        try (var left = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            for (Path file : left.filter(Files::isRegularFile).toList()) {
                // 0 for one that is gone meanwhile
                if (file.toFile().lastModified() > began.toEpochMilli() && file.toFile().length() < 1 << 20) {
                    search(file.toString(), read(file));
                }
            }
        }
        assertThat(found).isEmpty();
    }

    /** The dashboard and the screen of a machine, on a terminal that python3 looks at. */
    private void screens() throws Exception {
        Path script = directory.resolve("typing.py");
        try (var in = CanaryTest.class.getResourceAsStream("typing.py")) {
            Files.write(script, Objects.requireNonNull(in).readAllBytes());
        }
        Path dialogue = Files.writeString(directory.resolve("dialogue"), "demo\t\nREADY\tq\n");
        Process process = start(List.of("python3", script.toString(), dialogue.toString()), "tui");
        byte[] shown = process.getInputStream().readAllBytes();
        assertThat(process.waitFor()).as(new String(shown, StandardCharsets.UTF_8)).isZero();
        assertThat(new String(shown, StandardCharsets.UTF_8)).contains("KDL-DEMO-CP-1");
        search("the screens", shown);
    }

    /** What people do by mistake: passwords where they do not belong, a wrong passphrase, a file that is spoilt. */
    private void mistakes() throws Exception {
        String password = canary("mistake");
        Path wrong = directory.resolve("mistakes.yaml");
        Files.writeString(wrong, """
                apiVersion: kindling.dev/v1
                kind: Cluster
                metadata: {name: lab}
                spec:
                  distribution: {name: k3s, version: v1.34.2+k3s1, settings: {registry-password: %1$s}}
                  handOff: {remote: "https://bob:%1$s@git.example/lab.git"}
                  webhooks:
                    - {url: "https://bob:%1$s@ci.example/hook"}
                    - {url: "https://ci.example/hook?token=%1$s", secretName: "%1$s!"}
                  nodePools:
                    - name: cp
                      role: control-plane
                      machines:
                        - {bmc: {address: "https://root:%1$s@10.0.0.1", credentials: "%1$s!", password: "%1$s"}}
                """.formatted(password));
        kindling(2, "validate", "mistakes.yaml");
        kindling(2, "validate", "mistakes.yaml", "--json");
        kindling(2, "up", "mistakes.yaml", "--yes");
        kindling(1, "status", "--connect", "http://bob:" + password + "@127.0.0.1:1");
        kindling(1, "status", "--connect", "http://127.0.0.1:1/?token=" + password);
        kindling(1, "status", "--state", "postgresql://bob:" + password + "@127.0.0.1:1/x");
        Files.delete(wrong);

        secretFile("passphrase", canary("wrong passphrase"));
        kindling(1, "secrets", "get", "lab/bmc", "--yes-show", "--debug");
        secretFile("passphrase", canary("passphrase"));
        Path secrets = directory.resolve("ws/secrets");
        String sealed = Files.readString(secrets);
        Files.writeString(secrets, sealed.substring(0, sealed.length() / 2));
        kindling(1, "secrets", "get", "lab/bmc", "--yes-show", "--debug");
        Files.writeString(secrets, sealed);
    }

    private void server() throws Exception {
        String made = kindling(0, "token", "create", "--role", "admin", "--name", "ci").strip();
        canaries.put("token of the server", made.substring("kindling_".length()));
        Process server = start("serve", "--listen", "127.0.0.1:0", "--json");
        String line = server.inputReader(StandardCharsets.UTF_8).readLine();
        search("what the server says first", line.getBytes(StandardCharsets.UTF_8));
        JsonNode told = JsonMapper.builder().build().readTree(line);
        String url = told.path("url").asText();
        canaries.put("token file of the server", Files.readString(Path.of(told.path("tokenFile").asText())).strip()
                .substring("kindling_".length()));
        try (HttpClient client = HttpClient.newHttpClient()) {
            String document = get(client, url + "/api/v1/openapi.json", made);
            JsonNode paths = JsonMapper.builder().build().readTree(document).path("paths");
            assertThat(paths.size()).isGreaterThan(20);
            for (Map.Entry<String, JsonNode> path : paths.properties()) {
                if (path.getValue().has("get")) {
                    get(client, url + path.getKey().replace("{cluster}", "demo").replace("{template}", "x")
                            .replace("{operation}", "x"), made);
                }
            }
            get(client, url + "/api/v1/clusters/demo/events?token=" + made, canary("wrong token"));
            get(client, url + "/api/v1/none", "kindling_" + canary("wrong token"));
            String definition = "webhooks: [{url: 'https://bob:" + canary("mistake") + "@x.example/'}]";
            HttpResponse<byte[]> refused = client.send(HttpRequest.newBuilder(URI.create(url + "/api/v1/validate"))
                    .header("Authorization", "Bearer " + made).header("Content-Type", "application/yaml")
                    .POST(HttpRequest.BodyPublishers.ofString(definition)).build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            search("the answer to a definition with a password",
                    // it repeats the text that it was asked about
                    new String(refused.body(), StandardCharsets.UTF_8).replace(definition, "").getBytes(
                            StandardCharsets.UTF_8));
        }
        // the process's own destroy() would close what it says, too
        server.toHandle().destroy();
        search("what the server says", server.getInputStream().readAllBytes());
    }

    /** The body of an answer; of a stream, its beginning. */
    private String get(HttpClient client, String url, String token) throws Exception {
        var body = new HashMap<String, byte[]>();
        for (String accept : List.of("*/*", "text/event-stream", "text/html")) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(url)).header("Authorization", "Bearer " + token)
                    .header("Accept", accept).timeout(Duration.ofSeconds(20)).build();
            HttpResponse<InputStream> answer = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            search("the headers of " + url, answer.headers().map().toString().getBytes(StandardCharsets.UTF_8));
            boolean endless = answer.headers().firstValue("Content-Type").orElse("").startsWith("text/event-stream");
            byte[] read;
            try (var in = answer.body()) {
                // a stream goes on: its beginning, which tells of the whole run
                read = endless ? in.readNBytes(8192) : in.readAllBytes();
            }
            search("GET " + url + " as " + accept, read);
            if (answer.headers().firstValue("Content-Type").equals(Optional.of("application/zip"))) {
                zip("GET " + url, read);
            }
            body.put(accept, read);
        }
        return new String(body.getOrDefault("*/*", new byte[0]), StandardCharsets.UTF_8);
    }

    private void zip(String where, byte[] bytes) throws IOException {
        try (var zip = new ZipInputStream(new ByteArrayInputStream(bytes))) {
            int entries = 0;
            for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                search(where + ": " + entry.getName(), zip.readAllBytes());
                entries++;
            }
            assertThat(entries).as(where).isPositive();
        }
    }

    /** Every command line; and the environment of ours, but for what the user's own shell put there. */
    private void processes() {
        ProcessHandle.allProcesses().forEach(process -> {
            byte[] line = read(Path.of("/proc", Long.toString(process.pid()), "cmdline"));
            String words = new String(line, StandardCharsets.ISO_8859_1);
            // a mistake on a command line is the user's own
            search("a command line", words.replace(canaries.getOrDefault("mistake", "-"), "").getBytes(
                    StandardCharsets.ISO_8859_1));
            if (words.contains(directory.toString())) {
                String environment = new String(read(Path.of("/proc", Long.toString(process.pid()), "environ")),
                        StandardCharsets.ISO_8859_1);
                search("the environment of a process",
                        environment.replace("LAB_PASSWORD=" + canaries.getOrDefault("variable of the user", "-"), "")
                                .getBytes(StandardCharsets.ISO_8859_1));
            }
        });
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            // it has ended
            return new byte[0];
        }
    }

    private void files(Path root) throws IOException {
        try (var files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                // the token file is there to hold it
                if (!file.endsWith("api-token")) {
                    search(root.relativize(file).toString(), Files.readAllBytes(file));
                }
            }
        }
    }
}

package dev.kindling.tui.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.kindling.engine.Engine;
import dev.kindling.engine.api.Kindling;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Webhooks of the real command to a receiver that is not ours and does not take everything; courier and run are killed,
 * and the receiver is away for a while. openssl checks the signatures.
 */
@Timeout(300)
class WebhookTest {
    private static final String SECRET = "canary-of-the-hook-5d21";

    @TempDir
    Path directory;

    private final JsonMapper json = JsonMapper.builder().build();
    /** Keeps the port for the receiver, who may listen on it at any time; nobody does until then. */
    private final Socket held = new Socket();
    private @Nullable Process receiver;
    private int port;

    /** A request as the receiver saw it. */
    private record Request(String id, int seq, String type, int status, String signature, Path body) {}

    @AfterEach
    void endEverything() throws Exception {
        for (String part : List.of("ALL", "COURIER")) {
            for (ProcessHandle process : ours(part)) {
                process.destroyForcibly();
                process.onExit().get(60, TimeUnit.SECONDS);
            }
        }
        stopReceiver();
        held.close();
    }

    private void stopReceiver() throws InterruptedException {
        Process running = receiver;
        if (running != null) {
            running.destroyForcibly().waitFor();
        }
    }

    private void startReceiver() throws Exception {
        Path script = directory.resolve("receiver.py");
        try (var in = WebhookTest.class.getResourceAsStream("receiver.py")) {
            Files.write(script, Objects.requireNonNull(in).readAllBytes());
        }
        Files.createDirectories(directory.resolve("received"));
        Process started = new ProcessBuilder("python3", script.toString(), Integer.toString(port),
                directory.resolve("received").toString()).inheritIO().start();
        receiver = started;
        while (!listens()) {
            assertThat(started.isAlive()).as("python3 runs").isTrue();
            Thread.sleep(20);
        }
    }

    private boolean listens() {
        try (var probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return probe.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private Process kindling(String... arguments) throws IOException {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), "dev.kindling.tui.Main"));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("said").toFile()));
        builder.environment().put("KINDLING_KEY_FILE", directory.resolve("key").toString());
        builder.environment().put("KINDLING_WORKSPACE", workspace().toString());
        return builder.start();
    }

    private Path workspace() {
        return directory.resolve("ws");
    }

    private void goesWell(Process command) throws Exception {
        assertThat(command.waitFor(90, TimeUnit.SECONDS)).isTrue();
        assertThat(command.exitValue()).as(Files.readString(directory.resolve("said"))).isZero();
    }

    /** The processes of the workspace's runs: the runs themselves (ALL), or their couriers. */
    private List<ProcessHandle> ours(String part) {
        return ProcessHandle.allProcesses().filter(process -> {
            try {
                return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"))
                        .contains("\0" + part + "\0" + workspace() + "\0");
            } catch (IOException e) {
                // it has ended
                return false;
            }
        }).toList();
    }

    private void kill(String part) throws Exception {
        List<ProcessHandle> found = ours(part);
        assertThat(found).as(part).isNotEmpty();
        for (ProcessHandle process : found) {
            process.destroyForcibly();
            process.onExit().get(60, TimeUnit.SECONDS);
        }
    }

    private List<Request> requests() throws IOException {
        Path log = directory.resolve("received/log");
        if (!Files.exists(log)) {
            return List.of();
        }
        var requests = new ArrayList<Request>();
        for (String line : Files.readAllLines(log)) {
            String[] words = line.split(" ", -1);
            Path body = directory.resolve("received/" + words[0] + ".json");
            JsonNode event = json.readTree(body.toFile());
            String id = event.path("id").asText();
            requests.add(new Request(id, Integer.parseInt(id.substring(id.indexOf('/') + 1)),
                    event.path("type").asText(), Integer.parseInt(words[1]), words[2], body));
        }
        return requests;
    }

    private List<Request> taken() throws IOException {
        return requests().stream().filter(request -> request.status() == 202).toList();
    }

    private void awaitTaken(int count) throws Exception {
        while (taken().size() < count) {
            Thread.sleep(10);
        }
    }

    @Test
    void everythingIsToldInOrderAndSignedWhateverDiesMeanwhile() throws Exception {
        held.setReuseAddress(true);
        held.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        port = held.getLocalPort();
        Files.writeString(directory.resolve("secret"), SECRET + "\n");
        goesWell(kindling("secrets", "set", "lab/hook", "--from", "secret"));
        try (Kindling engine = Engine.open(directory.resolve("example"))) {
            Files.writeString(directory.resolve("demo.yaml"), engine.demo(true, 3).replace("127.77.", "127.116.") + """
                      webhooks:
                        - {url: "http://127.0.0.1:%d/hook", secretName: lab/hook}
                      # the first run is killed before its end: three machines take longer than eight events
                      limits: {power: {parallel: 1, pause: 4s}}
                    """.formatted(port));
        }
        startReceiver();
        Process first = kindling("up", "demo.yaml", "--yes");
        awaitTaken(8);
        kill("COURIER");
        kill("ALL");
        first.waitFor();
        stopReceiver();
        List<Request> beforeTheEnd = taken();

        Process second = kindling("up", "demo.yaml", "--yes");
        goesWell(second);
        assertThat(Files.readString(directory.resolve("said"))).doesNotContain("Nothing to do");
        assertThat(taken()).as("nobody listened").isEqualTo(beforeTheEnd);
        startReceiver();
        while (taken().stream().noneMatch(request -> request.type().equals("dev.kindling.RunEnded"))) {
            Thread.sleep(50);
        }
        for (ProcessHandle courier : ours("COURIER")) {
            courier.onExit().get(60, TimeUnit.SECONDS);
        }

        List<Request> all = requests();
        assertThat(all).extracting(Request::status).contains(0, 429, 503);
        assertThat(taken().stream().map(Request::seq).distinct()).as("in their order").isSorted();
        assertThat(stepsBack(taken())).as("only a courier that was killed does not know what was taken").isLessThan(2);
        assertThat(new TreeSet<>(taken().stream().map(Request::seq).toList())).as("nothing is missing")
                .isEqualTo(wanted());
        for (Request request : all) {
            assertThat(request.signature()).isEqualTo("sha256=" + openssl(request.body()));
        }
    }

    private static int stepsBack(List<Request> requests) {
        int back = 0;
        for (int i = 1; i < requests.size(); i++) {
            back += requests.get(i).seq() <= requests.get(i - 1).seq() ? 1 : 0;
        }
        return back;
    }

    /** What the journal has from the first run's first record on, but for what no webhook is told unless it asks. */
    private Set<Integer> wanted() throws Exception {
        Path events = directory.resolve("events");
        Process printed = kindling("state", "export", "demo", events.toString());
        goesWell(printed);
        var wanted = new TreeSet<Integer>();
        var silent = new HashSet<>(List.of("WebhookDelivered", "StepProgressed", "Defined"));
        for (String line : Files.readAllLines(events, StandardCharsets.UTF_8)) {
            JsonNode record = json.readTree(line);
            JsonNode body = record.path("body").isTextual()
                    ? json.readTree(record.path("body").asText())
                    : record.path("body");
            if (record.path("seq").asInt() > 0 && !silent.contains(body.path("type").asText())) {
                wanted.add(record.path("seq").asInt());
            }
        }
        assertThat(wanted).hasSizeGreaterThan(40);
        return wanted;
    }

    private String openssl(Path body) throws Exception {
        Process openssl = new ProcessBuilder("openssl", "dgst", "-sha256", "-hmac", SECRET, body.toString()).start();
        String said = new String(openssl.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(openssl.waitFor()).isZero();
        return said.substring(said.lastIndexOf(' ') + 1);
    }
}

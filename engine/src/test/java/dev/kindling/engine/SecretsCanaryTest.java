package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.secret.KeySource;
import dev.kindling.engine.secret.Keys;
import dev.kindling.engine.secret.Secret;
import dev.kindling.engine.secret.SecretStore;
import dev.kindling.engine.store.Json;
import dev.kindling.engine.store.PostgresServer;
import dev.kindling.engine.store.Store;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster is brought up, by a process of its own, with values that nobody else has in every secret that there is;
 * then everything that anybody may look at is searched for them, as they are, in base64 and in hex.
 */
@Timeout(120)
@ExtendWith(PostgresServer.Shared.class)
class SecretsCanaryTest {
    private static final Pattern URL = Pattern.compile("http://127\\.[0-9.]+:[0-9]+");

    @TempDir
    Path temporary;

    private final Map<String, String> canaries = new TreeMap<>();
    private final List<String> found = new ArrayList<>();

    @Test
    void noSecretIsSeenWhereItDoesNotBelong(PostgresServer server) throws Exception {
        Path workspace = Files.createDirectory(temporary.resolve("workspace"));
        Map<String, String> environment = new HashMap<>(server.environment(server.freshState()));
        canary("passphrase");
        Path passphrase = Files.writeString(temporary.resolve("passphrase"), canaries.get("passphrase") + "\n");
        Files.setPosixFilePermissions(passphrase, PosixFilePermissions.fromString("rw-------"));
        environment.put("KINDLING_KEY", "passphrase");
        environment.put("KINDLING_PASSPHRASE_FILE", passphrase.toString());
        canaries.put("password of the database", server.password());

        try (Engine engine = Engine.openInProcess(workspace, environment, Clock.systemUTC(), new SecureRandom(),
                journal -> journal); Store store = Store.open(workspace, environment, Clock.systemUTC())) {
            var owner = new Workspace(workspace, environment);
            try (SecretStore secrets = SecretStore.open(SecretsHere.place(owner, store),
                    owner.keys(_ -> java.util.Optional.empty()), new SecureRandom(), Clock.systemUTC())) {
                for (String name : List.of("boot-key", "cluster-token", "api-token")) {
                    secrets.put("demo/" + name, Secret.of(canary(name)));
                }
                assertThat(SecretStore.kind(SecretsHere.place(owner, store))).contains(KeySource.Kind.PASSPHRASE);
            }
            String definition = Racks.simulated(engine, 2, 106);
            store.append("demo", "", new Event.Defined(definition, "defined"));
            Plan plan = engine.plan(engine.validate("test", definition));
            search("the plan", Json.mapper().writeValueAsBytes(plan.actions()));

            run(workspace, environment, store, plan);
            assertThat(engine.status("demo").orElseThrow().state().name())
                    .as(Files.readString(temporary.resolve("run.log"))).isEqualTo("READY");
            try (SecretStore secrets = SecretStore.open(SecretsHere.place(owner, store),
                    Keys.only(new KeySource.Passphrase(Secret.of(canaries.getOrDefault("passphrase", "")))),
                    new SecureRandom(), Clock.systemUTC())) {
                String kubeconfig = secrets.get("demo/kubeconfig").orElseThrow().reveal();
                assertThat(kubeconfig).as("the canaries were used").contains(canaries.get("api-token"));
            }
            assertThat(engine.report("demo")).isPresent();
            engine.backup(temporary.resolve("backup.db"));
            engine.exportJournal("demo", temporary.resolve("export.jsonl"));
            for (Event.Recorded recorded : engine.history("demo", 0)) {
                search("event " + recorded.seq(), Json.mapper().writeValueAsBytes(recorded));
            }
            byte[] dump = server.dump();
            assertThat(new String(dump, StandardCharsets.UTF_8)).contains("run-canary");
            search("a dump of the database", dump);
            search("the status", engine.status("demo").orElseThrow().toString().getBytes(StandardCharsets.UTF_8));
        }
        try (var files = Files.walk(temporary)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                // the disks are the machines' own: a node must know how to join
                if (!file.toString().endsWith(".disk") && !file.equals(passphrase)) {
                    search(temporary.relativize(file).toString(), Files.readAllBytes(file));
                }
            }
        }
        assertThat(found).isEmpty();
    }

    @Test
    void theSearchFindsWhatItIsLookingForInEveryForm() {
        byte[] canary = canary("example").getBytes(StandardCharsets.UTF_8);
        List<byte[]> hidden = List.of(canary, HexFormat.of().formatHex(canary).getBytes(StandardCharsets.UTF_8),
                HexFormat.of().withUpperCase().formatHex(canary).getBytes(StandardCharsets.UTF_8),
                base64("x", canary), base64("xy", canary), base64("xyz", canary));
        for (byte[] form : hidden) {
            found.clear();
            byte[] haystack = Arrays.copyOf("something before ".getBytes(StandardCharsets.UTF_8), 17 + form.length);
            System.arraycopy(form, 0, haystack, 17, form.length);
            search("here", haystack);
            assertThat(found).isNotEmpty();
        }
        found.clear();
        search("here", "canary".getBytes(StandardCharsets.UTF_8));
        assertThat(found).isEmpty();
    }

    private static byte[] base64(String before, byte[] canary) {
        byte[] all = Arrays.copyOf(before.getBytes(StandardCharsets.UTF_8), before.length() + canary.length);
        System.arraycopy(canary, 0, all, before.length(), canary.length);
        return Base64.getEncoder().encode(all);
    }

    private String canary(String name) {
        byte[] random = new byte[15];
        new SecureRandom().nextBytes(random);
        String value = "canary" + HexFormat.of().formatHex(random);
        canaries.put(name, value);
        return value;
    }

    private void run(Path workspace, Map<String, String> environment, Store store, Plan plan) throws Exception {
        var command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Runner.class.getName()));
        command.addAll(
                Runner.arguments(Conductor.Part.ALL.name(), workspace, "demo", "run-canary", ApplyOptions.DEFAULT));
        var builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(temporary.resolve("run.log").toFile()).redirectInput(new File("/dev/null"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            while (process.isAlive()) {
                for (Path entry : processes(process)) {
                    search("the command line of a process", read(entry.resolve("cmdline")));
                    search("the environment of a process", read(entry.resolve("environ")));
                }
                ask(store, plan);
                process.waitFor(50, TimeUnit.MILLISECONDS);
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private static List<Path> processes(Process process) {
        var all = new ArrayList<Path>();
        all.add(Path.of("/proc/" + process.pid()));
        process.descendants().forEach(child -> all.add(Path.of("/proc/" + child.pid())));
        return all;
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            // it has ended
            return new byte[0];
        }
    }

    /** Somebody in the machines' network, who has no machine's token, asks the boot service. */
    private void ask(Store store, Plan plan) throws InterruptedException {
        for (Event.Recorded recorded : store.read("demo", 0)) {
            Matcher url = URL.matcher(recorded.event().text());
            if (!url.find()) {
                continue;
            }
            try (HttpClient client = HttpClient.newHttpClient()) {
                for (Machine machine : plan.cluster().machines()) {
                    for (String what : List.of("config", "order", "part/seed", "boot.ipxe")) {
                        client.sendAsync(
                                HttpRequest.newBuilder(
                                        URI.create(url.group() + "/m/" + machine.mac() + "/" + what))
                                        .timeout(Duration.ofMillis(300)).build(),
                                HttpResponse.BodyHandlers.ofByteArray())
                                .handle((answer, _) -> answer == null ? new byte[0] : answer.body())
                                .thenAccept(body -> search("an answer of the boot service to " + what, body)).join();
                    }
                }
            }
            return;
        }
    }

    /** Looks for the first twelve characters of each canary after the common word, so that a piece is found too. */
    private synchronized void search(String where, byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        String lower = text.toLowerCase(java.util.Locale.ROOT);
        canaries.forEach((name, canary) -> {
            byte[] value = canary.getBytes(StandardCharsets.UTF_8);
            boolean seen = text.contains(canary) || lower.contains(HexFormat.of().formatHex(value));
            for (int shift = 0; shift < 3 && !seen; shift++) {
                // where the value begins within a group of three octets decides how base64 shows it
                byte[] shifted = new byte[shift + value.length];
                System.arraycopy(value, 0, shifted, shift, value.length);
                String encoded = Base64.getEncoder().encodeToString(shifted);
                String middle = encoded.substring(shift == 0 ? 0 : 4, encoded.length() - 4);
                seen = text.contains(middle) || text.contains(middle.replace('+', '-').replace('/', '_'));
            }
            if (seen) {
                found.add(name + " is in " + where);
            }
        });
    }
}

package dev.kindling.engine.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.HeldPort;
import dev.kindling.engine.boot.DiskLayout.MachineSeed;
import dev.kindling.engine.boot.EngineSide.Posted;
import dev.kindling.engine.model.MacAddress;
import dev.kindling.pxe.BootFile;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From an empty disk to a ready node, in machines of QEMU with both kinds of firmware. */
class SystemTest {
    private static final String MAC = "52:54:00:4b:4c:11";
    private static final String TOKEN = "one-token-for-stage-and-system";
    private static final String API_TOKEN = "api-token-of-the-test";
    private static final String CLUSTER_TOKEN = "cluster-token-of-the-test";
    private static final long DISK = 512L << 20;
    private static final Duration LIMIT = Duration.ofMinutes(10);

    @TempDir
    Path directory;

    private BootAssets assets;
    private EngineSide engine;
    private Path target;
    private Path other;
    /** Which the machine forwards. */
    private HeldPort apiPort;

    @BeforeEach
    void open() throws IOException {
        assets = TestAssets.get();
        engine = new EngineSide(MAC, TOKEN);
        target = Files.createFile(directory.resolve("target.img"));
        other = Files.createFile(directory.resolve("other.img"));
        for (Path disk : List.of(target, other)) {
            try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
                file.setLength(DISK);
            }
        }
        apiPort = new HeldPort();
    }

    @AfterEach
    void close() throws IOException {
        engine.close();
        apiPort.close();
    }

    @Test
    void anEmptyDiskBecomesAReadyServerOnBothKindsOfFirmware() throws Exception {
        install("o-1");
        engine.answer("config", "action=wait\nretry=1\n");
        try (Qemu machine = bootFromDisk("bios", List.of())) {
            engine.watch(machine);
            Posted system = engine.await("the system", LIMIT, post -> post.isStage("system"));
            assertThat(system.values()).containsEntry("text", "demo-cp-1 runs");
            engine.answer("config", standInServer());
            engine.await("joining", LIMIT, post -> post.isStage("joining"));
            Posted kubeconfig = engine.await("the kubeconfig", LIMIT, post -> post.path().equals("kubeconfig"));
            engine.await("ready", LIMIT, post -> post.isStage("ready"));
            answersLikeAnApi(kubeconfig.body());
            assertThat(machine.console()).contains("STAND-IN CONTROL PLANE").contains("formatting")
                    .doesNotContain(TOKEN)
                    .doesNotContain(API_TOKEN).doesNotContain(CLUSTER_TOKEN);
        }
        // The power was cut; the install config is not given out a second time.
        engine.answer("config", "");
        try (Qemu machine = bootFromDisk("uefi", Qemu.uefi(directory))) {
            engine.watch(machine);
            engine.await("ready", LIMIT, post -> post.isStage("ready"));
            try (KubernetesClient client = client(API_TOKEN)) {
                assertThat(client.nodes().list().getItems()).extracting(node -> node.getMetadata().getName())
                        .containsExactlyInAnyOrder("demo-cp-1", "demo-wk-1");
            }
            assertThat(machine.console()).doesNotContain("formatting").doesNotContain(TOKEN);
        }
        assertThat(engine.requests).filteredOn(request -> request.endsWith("/config")).isNotEmpty();
        try (RandomAccessFile file = new RandomAccessFile(other.toFile(), "r")) {
            byte[] all = new byte[(int) DISK];
            file.readFully(all);
            assertThat(Hashes.of(all)).as("the other disk").isEqualTo(Hashes.of(new byte[(int) DISK]));
        }
    }

    @Test
    void anAgentJoinsAsSoonAsTheServerAnswers() throws Exception {
        install("o-2");
        engine.answer("config", """
                mode=stand-in
                role=agent
                distribution=k3s
                version=v1.34.2+k3s1
                node.name=demo-wk-1
                node.ip=10.0.2.15
                server.url=%s
                cluster.token=%s
                """.formatted(engine.url(), CLUSTER_TOKEN));
        engine.take("/stand-in/join", CLUSTER_TOKEN);
        engine.breakNext("/stand-in/join", 2);
        try (Qemu machine = bootFromDisk("bios", List.of())) {
            engine.watch(machine);
            Posted join = engine.await("the join", LIMIT, post -> post.path().equals("/stand-in/join"));
            assertThat(join.values()).containsEntry("name", "demo-wk-1").containsEntry("ip", "10.0.2.15");
            Posted ready = engine.await("ready", LIMIT, post -> post.isStage("ready"));
            assertThat(ready.body()).contains("STAND-IN CONTROL PLANE");
        }
    }

    /** There is no K3s in this test: a script in its place shows what it was started with. */
    @Test
    void realModeFetchesChecksAndStartsTheNamedBinary() throws Exception {
        install("o-3");
        Path binary = Files.writeString(directory.resolve("k3s"), """
                #!/bin/sh
                case "$1" in
                server)
                    grep -q 'cluster-cidr: "10.42.0.0/16"' /etc/rancher/k3s/config.yaml || exit 3
                    grep -q 'token: "cluster-token-of-the-test"' /etc/rancher/k3s/config.yaml || exit 4
                    grep -q ' /var/lib/rancher ext4 ' /proc/mounts || exit 5
                    grep -q ' /sys/fs/cgroup cgroup2 ' /proc/mounts || exit 6
                    [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ] || exit 7
                    printf 'server: https://127.0.0.1:6443\n' >/etc/rancher/k3s/k3s.yaml
                    while :; do sleep 1; done
                    ;;
                kubectl)
                    case "$*" in *readyz*) printf ok ;; *) printf True ;; esac
                    ;;
                esac
                """);
        engine.file("k3s", binary);
        engine.breakNext("/files/k3s", 1);
        engine.answer("config", standInServer().replace("mode=stand-in", "mode=real")
                + "pod.cidr=10.42.0.0/16\nk3s.url=files/k3s\nk3s.sha256=" + Hashes.of(binary) + "\n");
        try (Qemu machine = bootFromDisk("bios", List.of())) {
            engine.watch(machine);
            Posted kubeconfig = engine.await("the kubeconfig", LIMIT, post -> post.path().equals("kubeconfig"));
            assertThat(kubeconfig.body()).isEqualTo("server: https://10.0.2.15:6443\n");
            Posted ready = engine.await("ready", LIMIT, post -> post.isStage("ready"));
            assertThat(ready.values()).containsEntry("text", "K3s runs");
            assertThat(machine.console()).doesNotContain("STAND-IN").doesNotContain(CLUSTER_TOKEN);
        }
    }

    private void install(String order) throws IOException, InterruptedException {
        SystemImage system = SystemImage.build(assets);
        DiskLayout layout = new DiskLayout(system);
        MachineSeed seed = new MachineSeed("demo-cp-1", new MacAddress(MAC), engine.url().toString(), TOKEN, order,
                InetAddress.ofLiteral("10.0.2.15"), 24, InetAddress.ofLiteral("10.0.2.2"),
                List.of(InetAddress.ofLiteral("10.0.2.3")), "example.test");
        StringBuilder text = new StringBuilder("action=install\norder=" + order + "\nmachine=demo-cp-1\n")
                .append("disk.serial=KDL-TARGET\ndisk.bytes=" + DISK + "\nmarker.offset=" + DiskLayout.MARKER_OFFSET)
                .append('\n');
        int number = 0;
        for (Payload.Piece piece : layout.pieces(seed, DISK)) {
            String at = "write." + number++;
            if (piece.content() instanceof BootFile.Bytes bytes) {
                engine.part(piece.name(), bytes.content());
            } else {
                engine.file(piece.name(), system.file());
            }
            text.append(at).append(".url=").append(engine.url())
                    .append(piece.shared() ? "/files/" : "/m/" + MAC + "/part/")
                    .append(piece.name()).append('\n');
            text.append(at).append(".offset=").append(piece.offset()).append('\n').append(at).append(".bytes=")
                    .append(piece.bytes()).append('\n').append(at).append(".sha256=").append(piece.sha256())
                    .append('\n');
        }
        engine.answer("order", text.toString());
        StageImage stage = StageImage.build(assets);
        List<String> arguments = new ArrayList<>(List.of("-kernel", assets.kernel().toString(), "-initrd",
                stage.file().toString(), "-append",
                StageImage.kernelArguments(engine.url(), new MacAddress(MAC), TOKEN)));
        arguments.addAll(disksAndNetwork());
        try (Qemu machine = Qemu.start(directory, "stage", arguments)) {
            engine.watch(machine);
            engine.await("written", LIMIT, post -> post.isStage("written"));
            engine.answer("order", "action=boot-disk\n");
            machine.awaitEnd(LIMIT);
        }
    }

    private Qemu bootFromDisk(String name, List<String> firmware) {
        List<String> arguments = new ArrayList<>(firmware);
        arguments.addAll(disksAndNetwork());
        return Qemu.start(directory, name, arguments);
    }

    private List<String> disksAndNetwork() {
        List<String> arguments = new ArrayList<>(Qemu.disk(target, "KDL-TARGET", 1));
        arguments.addAll(Qemu.disk(other, "KDL-OTHER", 2));
        arguments.addAll(Qemu.userNetwork(MAC, ",hostfwd=tcp:127.0.0.1:" + apiPort.number() + "-:6443"));
        return arguments;
    }

    private void answersLikeAnApi(String kubeconfig) throws Exception {
        assertThat(kubeconfig).contains("STAND-IN").contains("http://10.0.2.15:6443");
        Config config = Config.fromKubeconfig(kubeconfig);
        assertThat(config.getMasterUrl()).startsWith("http://10.0.2.15:6443");
        assertThat(kubeconfig).contains("token: " + API_TOKEN + "\n");
        HttpClient http = HttpClient.newHttpClient();
        assertThat(get(http, "/readyz", null).body()).isEqualTo("ok");
        assertThat(get(http, "/version", null).body()).contains("\"gitVersion\":\"v1.34.2+k3s1-standin\"");
        assertThat(get(http, "/api/v1/nodes", null).statusCode()).isEqualTo(401);
        assertThat(get(http, "/api/v1/nodes", CLUSTER_TOKEN).statusCode()).isEqualTo(401);
        assertThat(get(http, "/api/v1/pods", API_TOKEN).statusCode()).isEqualTo(404);
        String body = "name=demo-wk-1\nip=10.0.2.16\n";
        assertThat(post(http, body, API_TOKEN).statusCode()).isEqualTo(401);
        assertThat(post(http, "name=../config\nip=1\n", CLUSTER_TOKEN).statusCode()).isEqualTo(400);
        assertThat(post(http, body, CLUSTER_TOKEN).statusCode()).isEqualTo(200);
        try (KubernetesClient client = client(API_TOKEN)) {
            assertThat(client.getKubernetesVersion().getGitVersion()).endsWith("-standin");
            List<Node> nodes = client.nodes().list().getItems();
            assertThat(nodes).extracting(node -> node.getMetadata().getName()).containsExactlyInAnyOrder("demo-cp-1",
                    "demo-wk-1");
            assertThat(nodes).allSatisfy(node -> assertThat(node.getStatus().getConditions()).singleElement()
                    .satisfies(condition -> {
                        assertThat(condition.getType()).isEqualTo("Ready");
                        assertThat(condition.getStatus()).isEqualTo("True");
                        assertThat(condition.getMessage()).contains("stand-in");
                    }));
        }
        try (KubernetesClient stranger = client("wrong")) {
            Assertions.assertThatThrownBy(() -> stranger.nodes().list())
                    .isInstanceOfSatisfying(KubernetesClientException.class,
                            e -> assertThat(e.getCode()).isEqualTo(401));
        }
        List<CompletableFuture<HttpResponse<String>>> many = IntStream.range(0, 20)
                .mapToObj(i -> http.sendAsync(request("/api/v1/nodes", API_TOKEN).build(),
                        HttpResponse.BodyHandlers.ofString()))
                .toList();
        assertThat(many).allSatisfy(each -> assertThat(each.join().statusCode()).isEqualTo(200));
    }

    private HttpRequest.Builder request(String path, @Nullable String token) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + apiPort.number() + path))
                .version(HttpClient.Version.HTTP_1_1).timeout(Duration.ofMinutes(1));
        return token == null ? request : request.header("Authorization", "Bearer " + token);
    }

    private HttpResponse<String> get(HttpClient http, String path, @Nullable String token)
            throws IOException, InterruptedException {
        return http.send(request(path, token).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> post(HttpClient http, String body, String token)
            throws IOException, InterruptedException {
        return http.send(request("/stand-in/join", token).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private KubernetesClient client(String token) {
        return new KubernetesClientBuilder().withConfig(new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + apiPort.number()).withOauthToken(token)
                .withRequestRetryBackoffLimit(0)
                .build()).build();
    }

    private static String standInServer() {
        return """
                mode=stand-in
                role=server
                distribution=k3s
                version=v1.34.2+k3s1
                node.name=demo-cp-1
                node.ip=10.0.2.15
                server.url=http://10.0.2.15:6443
                cluster.token=%s
                api.token=%s
                """.formatted(CLUSTER_TOKEN, API_TOKEN);
    }
}

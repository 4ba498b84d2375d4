package dev.kindling.engine.handoff;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.kindling.engine.model.AddressRange;
import dev.kindling.engine.model.Addressing;
import dev.kindling.engine.model.Cidr;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.HandOff;
import dev.kindling.engine.status.Clusters;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GitOpsTreeTest {
    private static final Path GOLDEN = Path.of("src/test/resources/dev/kindling/engine/handoff/gitops-tree.txt");
    private static final YAMLMapper YAML = YAMLMapper.builder().build();

    @Test
    void isTheSameBytesEveryTime() throws IOException {
        StringBuilder text = new StringBuilder();
        tree().files().forEach((path, content) -> text.append("=== ").append(path).append('\n').append(content));
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(GOLDEN, text);
        }
        assertThat(text.toString()).isEqualTo(Files.readString(GOLDEN, StandardCharsets.UTF_8));
        assertThat(tree()).isEqualTo(tree());
    }

    @Test
    void liesWhereTheContractSays() {
        assertThat(tree().files().keySet()).contains("gitops/core/apps/demo/cert-manager.yaml",
                "gitops/core/clusters/demo/cluster.yaml", "bootstrap/demo/root.yaml",
                "manifests/cert-manager/demo/values.yaml");
        assertThat(GitOpsTree.of(Clusters.of("demo", 1, 0)).files().keySet()).containsExactly(
                "bootstrap/demo/README.md",
                "bootstrap/demo/project.yaml", "bootstrap/demo/root.yaml", "gitops/core/apps/demo/cluster-facts.yaml",
                "gitops/core/clusters/demo/cluster.yaml");
    }

    @Test
    void everyYamlFileIsWhatKubernetesExpects() throws IOException {
        Map<String, String> groups = Map.of("Application", "argoproj.io/v1alpha1", "AppProject", "argoproj.io/v1alpha1",
                "ConfigMap", "v1", "IPAddressPool", "metallb.io/v1beta1", "L2Advertisement", "metallb.io/v1beta1");
        for (Map.Entry<String, String> file : tree().owned().entrySet()) {
            if (!file.getKey().endsWith(".yaml")) {
                continue;
            }
            for (JsonNode document : documents(file.getValue())) {
                String kind = document.at("/kind").asText();
                assertThat(groups).as(file.getKey()).containsEntry(kind, document.at("/apiVersion").asText());
                assertThat(document.at("/metadata/name").asText()).matches("[a-z0-9]([a-z0-9-]*[a-z0-9])?");
                assertThat(document.at("/metadata/namespace").asText()).isNotBlank();
                if (kind.equals("Application")) {
                    assertThat(document.at("/spec/project").asText()).isEqualTo("demo");
                    assertThat(document.at("/spec/destination/server").asText()).isNotBlank();
                }
            }
        }
    }

    @Test
    void theRootApplicationFollowsTheApplications() throws IOException {
        JsonNode root = documents(tree().owned().get("bootstrap/demo/root.yaml")).getFirst();
        assertThat(root.at("/spec/source/path").asText()).isEqualTo("gitops/core/apps/demo");
        assertThat(root.at("/spec/source/targetRevision").asText()).isEqualTo("main");
        assertThat(root.at("/spec/source/repoURL").asText()).isEqualTo("https://git.example.com/platform/gitops.git");
        JsonNode app = documents(tree().owned().get("gitops/core/apps/demo/cert-manager.yaml")).getFirst();
        assertThat(app.at("/spec/sources/0/helm/valueFiles/0").asText())
                .isEqualTo("$values/manifests/cert-manager/demo/values.yaml");
        JsonNode project = documents(tree().owned().get("bootstrap/demo/project.yaml")).getFirst();
        assertThat(project.at("/spec/sourceRepos")).extracting(JsonNode::asText)
                .contains(app.at("/spec/sources/0/repoURL").asText(), root.at("/spec/source/repoURL").asText());
    }

    @Test
    void statesTheFactsOfTheCluster() throws IOException {
        JsonNode map = documents(tree().owned().get("gitops/core/clusters/demo/cluster.yaml")).getFirst();
        JsonNode facts = YAML.readTree(map.at("/data/cluster.yaml").asText());
        assertThat(facts.at("/api/address").asText()).isEqualTo("10.77.0.10");
        assertThat(facts.at("/nodes")).hasSize(3);
        assertThat(facts.at("/nodes/0/mac").isTextual()).isTrue();
        assertThat(facts.at("/nodes/0/mac").asText()).isEqualTo("52:54:00:00:00:01");
        assertThat(facts.at("/nodes/0/role").asText()).isEqualTo("control-plane");
        assertThat(facts.at("/distribution/version").asText()).isEqualTo("v1.34.2+k3s1");
    }

    @Test
    void writesNoCredentialsOfTheRemote() {
        Cluster cluster = Clusters.of("demo", 1, 1,
                new HandOff("main", "https://anna:canary-5f2e@git.example.com/gitops.git", List.of("metallb")));
        assertThat(GitOpsTree.of(cluster).files().values()).allSatisfy(
                content -> assertThat(content).doesNotContain("canary-5f2e").doesNotContain("anna"));
        assertThat(String.join("", GitOpsTree.of(cluster).files().values()))
                .contains("https://git.example.com/gitops.git");
    }

    @Test
    void saysWhenThereIsNoRemote() {
        GitOpsTree tree = GitOpsTree.of(Clusters.of("demo", 1, 1));
        assertThat(tree.files().get("bootstrap/demo/README.md")).contains("No remote is configured");
        assertThat(tree.files().get("bootstrap/demo/root.yaml")).contains(".invalid/");
    }

    @Test
    void anAppWithoutAChartIsADirectoryOfManifests() throws IOException {
        Cluster cluster = Clusters.of("demo", 1, 1, new HandOff("main", null, List.of("our-shop")));
        GitOpsTree tree = GitOpsTree.of(cluster);
        JsonNode app = documents(tree.owned().get("gitops/core/apps/demo/our-shop.yaml")).getFirst();
        assertThat(app.at("/spec/source/path").asText()).isEqualTo("manifests/our-shop/demo");
        assertThat(app.at("/spec/source/directory/exclude").asText()).isEqualTo("values.yaml");
        assertThat(tree.seeded().get("manifests/our-shop/demo/values.yaml")).contains("knows no chart");
    }

    @Test
    void allCoreAppsHaveATreeThatParses() throws IOException {
        List<String> names = CoreApp.all().stream().map(CoreApp::name).toList();
        assertThat(names).doesNotHaveDuplicates().hasSizeGreaterThan(8);
        GitOpsTree tree = GitOpsTree.of(Clusters.of("demo", 3, 5, new HandOff("main", null, names)));
        for (Map.Entry<String, String> file : tree.files().entrySet()) {
            if (file.getKey().endsWith(".yaml")) {
                assertThat(documents(file.getValue())).as(file.getKey()).isNotEmpty();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"52:54:00:00:00:01", "0x1f", "1e3", "yes", "No", "null", "~", "2026-01-02", "1.10", "*", "'- a'",
            "'a: b'",
            "'# c'", "'a #b'", "''", "190:20:30", "0o17", "on", "'{a}'", "'&x'", "'!t'", "'@a'", "'%a'", "=", "<<",
            ".inf"})
    void aTextStaysAText(String value) throws IOException {
        String yaml = Yaml.write(Yaml.map("key", value));
        JsonNode parsed = YAML.readTree(yaml).get("key");
        assertThat(parsed.isTextual()).as(yaml).isTrue();
        assertThat(parsed.asText()).isEqualTo(value);
    }

    static GitOpsTree tree() {
        Cluster base = Clusters.of("demo", 1, 2, new HandOff("main", "https://git.example.com/platform/gitops.git",
                List.of("metallb", "cert-manager", "kube-prometheus-stack", "rancher", "our-shop")));
        Addressing addressing = new Addressing(java.net.InetAddress.ofLiteral("10.77.0.10"),
                AddressRange.parse("10.77.0.200-10.77.0.220"), Cidr.parse("10.42.0.0/16"), Cidr.parse("10.43.0.0/16"));
        return GitOpsTree.of(new Cluster(base.name(), base.distribution(), base.boot(), base.networks(), base.pools(),
                base.machines(), addressing, base.handOff(), base.labels()));
    }

    private static List<JsonNode> documents(@org.jspecify.annotations.Nullable String yaml) throws IOException {
        try (MappingIterator<JsonNode> values = YAML.readerFor(JsonNode.class).readValues(yaml == null ? "" : yaml)) {
            List<JsonNode> all = new ArrayList<>();
            values.forEachRemaining(all::add);
            return all;
        }
    }
}

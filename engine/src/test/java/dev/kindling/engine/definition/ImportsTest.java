package dev.kindling.engine.definition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.model.Cluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The forms of the documents that Kindling was asked to read. */
class ImportsTest {
    private static final String TASKFILE = """
            vars:
              CLUSTER_NAME: "production"
              VMID_PREFIX: 40
              CP_VMS: "1-52:54:00:4b:00:01-192.168.2.161 2-52:54:00:4b:00:02-192.168.2.162 3-52:54:00:4b:00:03-192.168.2.163"
              WK_VMS: "4-52:54:00:4b:00:04-192.168.2.164 5-52:54:00:4b:00:05-192.168.2.165"
            """;

    @TempDir
    Path directory;

    private static Validation imported(String text, Map<String, String> more) throws IOException {
        return Templates.of(List.of()).imported("there", text, more);
    }

    private static Cluster cluster(Validation validation) {
        return Objects.requireNonNull(validation.cluster(), () -> validation.problems() + validation.text());
    }

    private static List<String> codes(Validation validation) {
        return validation.problems().stream().map(Problem::code).distinct().toList();
    }

    @Test
    void taskfileVariablesAreMachinesWithFixedAddresses() throws IOException {
        Validation validation = imported(TASKFILE, Map.of("bootServer", "192.168.2.5", "version", "v1.11.0"));

        Cluster cluster = cluster(validation);
        assertThat(cluster.name()).isEqualTo("production");
        assertThat(cluster.machines()).hasSize(5);
        assertThat(cluster.machines().get(3).name()).isEqualTo("production-wk-1");
        assertThat(cluster.machines().get(3).address().getHostAddress()).isEqualTo("192.168.2.164");
        assertThat(Objects.requireNonNull(cluster.machines().get(3).mac()).value()).isEqualTo("52:54:00:4b:00:04");
        assertThat(cluster.distribution().version()).isEqualTo("v1.11.0");
        assertThat(validation.text()).contains("vmidPrefix: 40", "192.168.2.0/24 was taken");
        assertThat(codes(validation)).contains("import-incomplete", "distribution-not-yet");
    }

    @Test
    void placeholdersInMachinesAreReported() throws IOException {
        Validation validation = imported(TASKFILE.replace("52:54:00:4b:00:02", "XX:XX:XX:XX:XX:02"), Map.of());

        assertThat(validation.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.path()).isEqualTo("CP_VMS");
            assertThat(problem.message()).contains("2-XX:XX");
        });
        assertThat(validation.text()).isEmpty();
    }

    @Test
    void clusterRequestKeepsSizesAddressesAndRanges() throws IOException {
        Validation validation = imported("""
                {"cluster_name": "production", "vmid_prefix": 40, "control_plane_nodes": 3, "worker_nodes": 2,
                 "network_config": {"vip": "192.168.2.160",
                   "node_ips": ["192.168.2.161", "192.168.2.162", "192.168.2.163"],
                   "pod_cidr": "10.244.0.0/16", "service_cidr": "10.96.0.0/12"},
                 "resource_config": {"cpu_cores": 4, "memory_gb": 8, "storage_gb": 100}}
                """, Map.of("bootServer", "192.168.2.5"));

        Cluster cluster = cluster(validation);
        assertThat(cluster.machines()).hasSize(5);
        assertThat(Objects.requireNonNull(cluster.addressing().vip()).getHostAddress()).isEqualTo("192.168.2.160");
        assertThat(cluster.pools().getFirst().minimum().cpus()).isEqualTo(4);
        assertThat(cluster.pools().getFirst().minimum().memoryMib()).isEqualTo(8192);
        assertThat(cluster.machines().get(1).address().getHostAddress()).isEqualTo("192.168.2.162");
    }

    @Test
    void provisionRequestKeepsServicesPlacementAndChecks() throws IOException {
        Validation validation = imported("""
                {"name": "okd-production", "type": "OKD", "version": "4.19.0", "bootMethod": "PXE",
                 "network": {"isolation": "VLAN", "privateVLAN": 107, "publicAccess": true},
                 "services": [
                   {"name": "load-balancer", "type": "LOAD_BALANCER", "startupOrder": 1,
                    "configuration": {"dualHomed": true, "publicInterface": "vmbr0.3",
                      "services": ["api", "ingress", "machine-config"]}},
                   {"name": "pxe-server", "type": "PXE_BOOT", "dependsOn": ["load-balancer"], "startupOrder": 2,
                    "configuration": {"dhcpRange": "10.1.107.100-150", "staticAssignments": true}}],
                 "nodeGroups": [
                   {"name": "bootstrap", "role": "BOOTSTRAP", "count": 1,
                    "boot": {"method": "PXE", "configTemplate": "scos-bootstrap"},
                    "placement": {"targetNodes": ["storage01"]},
                    "lifecycle": {"temporary": true, "cleanupAfterBoot": true}},
                   {"name": "masters", "role": "CONTROL_PLANE", "count": 3,
                    "boot": {"method": "PXE", "configTemplate": "scos-master"},
                    "placement": {"antiAffinity": "SOFT", "preferredNodes": ["hv5", "hv6", "hv7"]}}],
                 "validation": {"waitForCluster": true, "timeoutMinutes": 45,
                   "healthChecks": ["cluster-operators", "node-readiness", "api-availability"]}}
                """, Map.of("bootServer", "10.1.107.2"));

        Cluster cluster = cluster(validation);
        assertThat(cluster.machines()).hasSize(4);
        assertThat(cluster.provisioningNetwork().vlan()).isEqualTo(107);
        assertThat(validation.text()).contains("pool: 10.1.107.100-10.1.107.150", "left out: network.publicAccess",
                "timeout: \"45m\"", "services: \"api,ingress,machine-config\"", "antiAffinity: soft",
                "preferredHosts: [hv5, hv6, hv7]", "config: scos-master", "temporary: true");
    }

    @Test
    void cloudInitScriptsOfARequestAreLeftOutAndNamed() throws IOException {
        Validation validation = imported("""
                {"name": "k3s-edge", "type": "K3S", "version": "v1.32.0+k3s1", "bootMethod": "TEMPLATE",
                 "nodeGroups": [{"name": "server", "role": "CONTROL_PLANE", "count": 1,
                   "template": {"imageSource": "local-zfs:9001/ubuntu-24.04-template",
                     "cloudInit": {"packages": ["curl", "jq"], "runCmd": ["systemctl enable k3s"]}}}]}
                """, Map.of("bootServer", "10.77.0.1", "cidr", "10.77.0.0/24"));

        assertThat(cluster(validation).machines()).hasSize(1);
        assertThat(validation.text()).contains("ubuntu-24.04-template",
                "left out: nodeGroups[0].template.cloudInit");
    }

    @Test
    void orderOfATemplateStaysAnOrder() throws IOException {
        Files.writeString(directory.resolve("ocp.yaml"), """
                apiVersion: kindling.dev/v1
                kind: Template
                metadata: {name: ocp-4-17-small, version: 1.0.0, title: Small}
                extends: ha
                definition:
                  spec:
                    hardwareClasses:
                      - {name: fc430, minimum: {cpus: 1, memory: 1Gi}}
                """);
        Validation validation = Templates.of(List.of(directory)).imported("there", """
                {"name": "shop", "template": "ocp-4-17-small", "template_parameters": {"distribution": "okd"},
                 "node_sets": [{"name": "workers", "host_class": "fc430", "size": 4}], "tenant": "a"}
                """, Map.of());

        assertThat(validation.text()).contains("kind: ClusterOrder", "template: ocp-4-17-small", "left out: tenant");
        assertThat(cluster(validation).machines()).hasSize(7);
    }

    @Test
    void clusterOrderOfKubernetesHoldsItsParametersAsJson() throws IOException {
        Validation validation = imported("""
                apiVersion: cloudkit.openshift.io/v1alpha1
                kind: ClusterOrder
                metadata: {name: shop}
                spec:
                  templateID: single-node
                  templateParameters: '{"kind": "simulated"}'
                  nodeRequests:
                    - {resourceClass: fc430, numberOfNodes: 2}
                """.replace("resourceClass: fc430, ", ""), Map.of());

        assertThat(cluster(validation).machines()).hasSize(3);
    }

    @Test
    void whatIsOfNoKnownFormIsRefused() throws IOException {
        assertThat(codes(imported("a: 1\n", Map.of()))).containsExactly("import-unknown");
        assertThat(codes(imported("- 1\n", Map.of()))).containsExactly("import-unknown");
        assertThat(codes(imported(TASKFILE, Map.of("bootserver", "x")))).containsExactly("parameter-unknown");
        assertThat(imported("{", Map.of()).ok()).isFalse();
    }
}

package dev.kindling.engine.definition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.model.BootSettings;
import dev.kindling.engine.model.Cidr;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Distribution;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.Network;
import dev.kindling.engine.model.NodePool;
import dev.kindling.engine.model.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DefinitionsTest {
    private static final String RESOURCES = "engine/src/test/resources/dev/kindling/engine/definition/";

    private static String problems(String text) {
        StringBuilder lines = new StringBuilder();
        for (Problem problem : Definitions.read("test", text).problems()) {
            lines.append(problem).append('\n');
        }
        return lines.toString();
    }

    @Test
    void tenMistakesGiveTenProblemsInTheOrderOfTheText() throws IOException {
        String text = Files.readString(Golden.home().resolve(RESOURCES + "ten-mistakes.yaml"));

        assertThat(problems(text).lines()).hasSize(10);
        Golden.check(RESOURCES + "ten-mistakes.problems", problems(text));
    }

    /** Requests in the words of other tools, as people paste them. */
    @Test
    void wordsOfOtherToolsAreTranslated() throws IOException {
        String text = Files.readString(Golden.home().resolve(RESOURCES + "other-words.yaml"));

        Golden.check(RESOURCES + "other-words.problems", problems(text));
    }

    @Test
    void everythingWrittenIsInTheModel() throws IOException {
        Cluster cluster = Kindling.modelOf(Definitions.read("three",
                Files.readString(Golden.home().resolve("docs/examples/three-machines.yaml"))));

        assertThat(cluster.name()).isEqualTo("lab");
        assertThat(cluster.labels()).isEqualTo(Map.of("owner", "platform team", "room", "2.17"));
        assertThat(cluster.distribution())
                .isEqualTo(new Distribution(Distribution.Kind.K3S, "v1.34.2+k3s1", Map.of("disable", "traefik")));
        assertThat(cluster.boot()).isEqualTo(
                new BootSettings(BootSettings.Method.PXE, BootSettings.Dhcp.PROXY, "console=ttyS0,115200n8"));
        assertThat(cluster.networks()).hasSize(2);
        Network first = cluster.provisioningNetwork();
        assertThat(first.toString()).isEqualTo("Network[name=machines, cidr=10.20.107.0/24, vlan=107,"
                + " gateway=/10.20.107.1, dns=[/10.20.0.53, /10.20.1.53], domain=lab.example, bootServer=/10.20.107.5,"
                + " pool=null, isolated=false, attachment=Attachment[bond=LACP, bridge=null, ports=[eno1, eno2]]]");
        assertThat(cluster.networks().getLast().isolated()).isTrue();
        assertThat(cluster.addressing().toString())
                .isEqualTo("Addressing[vip=/10.20.107.10, loadBalancerRange=10.20.107.200-10.20.107.220,"
                        + " podCidr=10.244.0.0/16, serviceCidr=10.96.0.0/12]");
        assertThat(cluster.pools()).extracting(NodePool::minimum).containsExactly(
                new NodePool.Sizing(4, 8192, 100, 1, 2, null),
                new NodePool.Sizing(8, 16384, 200, 2, 2, null));
        assertThat(cluster.pools().getLast().toString()).isEqualTo("NodePool[name=workers, role=WORKER, count=2,"
                + " spares=0, minimum=Sizing[cpus=8, memoryMib=16384, diskGib=200, disks=2, nics=2, firmware=null],"
                + " hardwareClass=storage,"
                + " placement=Placement[antiAffinity=NONE, preferredHosts=[], targetHosts=[]],"
                + " lifecycle=Lifecycle[temporary=false, cleanUpAfterBoot=false],"
                + " boot=BootSettings[method=PXE, dhcp=PROXY, kernelArguments=console=ttyS0,115200n8, config=],"
                + " networks=[machines, storage], image=null, tags=[ssd], metadata={rack=2}]");
        assertThat(cluster.machines()).extracting(Machine::name).containsExactly("lab-cp-1", "lab-wk-1", "lab-wk-2");
        Machine primer = cluster.primer();
        assertThat(primer.uuid()).isEqualTo(UUID.fromString("4c4c4544-0042-3510-8054-b4c04f4a4d31"));
        assertThat(primer.virtual()).isNull();
        assertThat(primer.kind()).isEqualTo(Machine.Kind.MANUAL);
        assertThat(primer.role()).isEqualTo(Role.CONTROL_PLANE);
        assertThat(cluster.machines().getLast().disk())
                .isEqualTo(new Machine.DiskSelector(null, "naa.5000c500a1b2c3d5"));
        assertThat(cluster.handOff().toString()).isEqualTo("HandOff[branch=main,"
                + " remote=git@git.example:platform/clusters.git, apps=[cert-manager, ingress-nginx, metallb]]");
    }

    @Test
    void defaultsAreThoseOfTheReference() {
        Cluster cluster = Kindling.modelOf(Definitions.read("small", """
                apiVersion: kindling.dev/v1
                kind: Cluster
                metadata: {name: small}
                spec:
                  distribution: {name: k3s, version: v1.34.2+k3s1}
                  networks: [{name: lan, cidr: 10.77.0.0/24, bootServer: 10.77.0.1}]
                  nodePools:
                    - name: only
                      role: control-plane
                      kind: virtual
                      machines: [{mac: "52:54:00:4b:00:01", disk: {serial: 0012}}]
                """));

        assertThat(cluster.boot())
                .isEqualTo(new BootSettings(BootSettings.Method.PXE, BootSettings.Dhcp.SERVER, ""));
        assertThat(cluster.addressing().podCidr()).isEqualTo(Cidr.parse("10.42.0.0/16"));
        assertThat(cluster.addressing().serviceCidr()).isEqualTo(Cidr.parse("10.43.0.0/16"));
        assertThat(cluster.pools().getFirst().minimum()).isEqualTo(new NodePool.Sizing(1, 512, 4));
        assertThat(cluster.handOff().branch()).isEqualTo("main");
        assertThat(cluster.primer().virtual())
                .isEqualTo(new Machine.VirtualHardware(Machine.FirmwareKind.UEFI, 1, 1024, 4));
        assertThat(cluster.primer().disk().serial()).as("a number is the text that was written").isEqualTo("0012");
        assertThat(cluster.provisioningNetwork().attachment()).isEqualTo(Network.Attachment.SINGLE_PORT);
    }

    @Test
    void machineOverridesSizesOfItsPoolKeyByKey() {
        Cluster cluster = Kindling.modelOf(Definitions.read("sizes", """
                apiVersion: kindling.dev/v1
                kind: Cluster
                metadata: {name: small}
                spec:
                  distribution: {name: k3s, version: v1.34.2+k3s1}
                  networks: [{name: lan, cidr: 10.77.0.0/24, bootServer: 10.77.0.1}]
                  nodePools:
                    - name: only
                      role: control-plane
                      kind: virtual
                      virtual: {firmware: bios, memory: 2Gi, disk: 1Ti}
                      machines: [{mac: "52:54:00:4b:00:01", disk: {serial: a}, virtual: {memory: 3Gi, cpus: 2}}]
                """));

        assertThat(cluster.primer().virtual())
                .isEqualTo(new Machine.VirtualHardware(Machine.FirmwareKind.BIOS, 2, 3072, 1024));
    }

    @ParameterizedTest
    @CsvSource({"'\n','\r\n'", "'apiVersion','\uFEFFapiVersion'", "': ',':   '"})
    void textOfOtherEditorsIsTheSameDefinition(String from, String to) {
        String text = from.equals("apiVersion")
                ? ProblemTableTest.GOOD.replaceFirst(from, to)
                : ProblemTableTest.GOOD.replace(from, to);

        Validation validation = Definitions.read("other editor", text);

        assertThat(validation.problems()).isEmpty();
        assertThat(validation.cluster()).isEqualTo(Definitions.read("ours", ProblemTableTest.GOOD).cluster());
    }

    @Test
    void positionInJsonIndentedWithTabsIsThatOfTheText() {
        String text = "{\n\t\"apiVersion\": \"kindling.dev/v1\",\n\t\"kind\": \"Cluser\"\n}\n";

        assertThat(Definitions.read("json", text).problems()).extracting(ProblemTableTest::brief)
                .contains("kind kind 3:10");
    }

    /** Whatever is done to a definition: an answer, places inside of the text, and a model only without errors. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void damagedTextGivesProblemsAndNoFailure(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        String[] scraps = {"[", "]", "{", "}", ":", "- ", "\n", "  ", "\"", "'", "&a", "*a", "!x", "#", "|", ">", "\t",
                "?",
                ",", "0", "-1", "null", "~", "%", "@", "\u0000", "\uD800", "é", "999999999999999999999", "10.77.0.0/33",
                "---\n", "...", "::", "<<: *a"};
        for (int round = 0; round < 400; round++) {
            StringBuilder text = new StringBuilder(ProblemTableTest.GOOD);
            for (int edit = random.nextInt(1, 6); edit > 0; edit--) {
                int at = random.nextInt(text.length());
                int end = Math.min(text.length(), at + random.nextInt(0, 12));
                text.replace(at, end, scraps[random.nextInt(scraps.length)]);
            }
            Validation validation = Definitions.read("damaged", text.toString());

            List<Problem> errors = validation.problems().stream()
                    .filter(problem -> problem.severity() == Problem.Severity.ERROR).toList();
            assertThat(validation.ok()).as("seed %d round %d:%n%s", seed, round, text).isEqualTo(errors.isEmpty());
            long lines = text.chars().filter(c -> c == '\n').count() + 1;
            assertThat(validation.problems()).as("seed %d round %d:%n%s", seed, round, text).allSatisfy(
                    problem -> assertThat(problem.line()).isBetween(1, (int) lines));
        }
    }
}

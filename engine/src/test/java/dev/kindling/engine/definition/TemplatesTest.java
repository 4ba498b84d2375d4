package dev.kindling.engine.definition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Template;
import dev.kindling.engine.api.Validation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class TemplatesTest {
    private static final String HEAD = """
            apiVersion: kindling.dev/v1
            kind: Template
            """;
    private static final String SMALL = HEAD + """
            metadata: {name: small, version: 1.0.0, title: Small}
            nodeRequirements:
              - {role: control-plane, minimum: {cpus: 2}}
            hardwareClasses: [m1, m2]
            parameters:
              - {name: cluster, type: name, required: true}
              - {name: size, type: integer, minimum: 1, maximum: 3, default: 1}
              - {name: firmware, type: choice, choices: [uefi, bios], default: uefi}
              - {name: hardware, type: text}
              - {name: dns, type: list}
              - {name: site, type: text, default: "${cluster}.example"}
              - name: address
                type: address
                defaultBy: {parameter: firmware, values: {uefi: 10.77.0.11, bios: 10.77.0.12}}
              - {name: extra, type: boolean, default: false}
            definition:
              apiVersion: kindling.dev/v1
              kind: Cluster
              metadata: {name: "${cluster}", labels: {site: "${site}", price: "5 $$"}}
              spec:
                distribution: {name: k3s, version: v1.34.2+k3s1}
                hardwareClasses: [{name: m1}, {name: m2}, {name: m3}]
                networks:
                  - {name: provisioning, cidr: 10.77.0.0/24, bootServer: 10.77.0.1, dns: "${dns}"}
                nodePools:
                  - name: control-plane
                    role: control-plane
                    kind: virtual
                    hardwareClass: ${hardware}
                    virtual: {firmware: "${firmware}", cpus: 2}
                    machines:
                      - {mac: "52:54:00:4b:00:01", address: "${address}", disk: {serial: "KDL-${cluster}-1"}}
                  - name: workers
                    $when: ${extra}
                    role: worker
                    kind: virtual
                    virtual: {firmware: "${firmware}"}
                    machines:
                      - {mac: "52:54:00:4b:00:02", disk: {serial: "KDL-${cluster}-2"}}
            tests:
              - {name: works, parameters: {cluster: lab}, machines: 1}
              - {name: fails on purpose, parameters: {cluster: lab}, machines: 7}
              - {name: refuses, parameters: {cluster: lab, size: 9}, problems: [parameter-range]}
            """;

    @TempDir
    Path directory;

    private Templates with(String... files) throws IOException {
        for (int i = 0; i < files.length; i++) {
            Files.writeString(directory.resolve("t" + i + ".yaml"), files[i]);
        }
        return Templates.of(List.of(directory));
    }

    private static List<String> codes(Validation validation) {
        return validation.problems().stream().map(Problem::code).toList();
    }

    private static Template named(Templates templates, String name) {
        return templates.list().stream().filter(template -> template.name().equals(name)).findFirst().orElseThrow();
    }

    /** Every ready-made template brings tests for every distribution. */
    @TestFactory
    Stream<DynamicTest> readyMadeTemplatesPassTheirOwnTests() throws IOException {
        Templates templates = Templates.of(List.of());
        return templates.list().stream().flatMap(template -> templates.test(template.name()).stream()
                .map(test -> dynamicTest(template.name() + ": " + test.name(),
                        () -> assertThat(test.passed()).as("%s %s", test.message(), test.problems()).isTrue())));
    }

    @Test
    void readyMadeTemplatesCoverTheCommonScenarios() throws IOException {
        Templates templates = Templates.of(List.of());

        assertThat(templates.list()).extracting(Template::name).containsExactly("edge", "ha", "production",
                "single-node");
        assertThat(templates.list()).allMatch(Template::usable);
        assertThat(templates.list()).allSatisfy(template -> assertThat(templates.test(template.name())).isNotEmpty());
    }

    @Test
    void fillsGapsAndTakesDefaults() throws IOException {
        Validation rendered = with(SMALL).render("small", Map.of("cluster", "lab", "firmware", "bios"));

        assertThat(rendered.problems()).isEmpty();
        var cluster = Objects.requireNonNull(rendered.cluster());
        assertThat(cluster.name()).isEqualTo("lab");
        assertThat(cluster.labels()).containsEntry("site", "lab.example").containsEntry("price", "5 $");
        assertThat(cluster.machines()).hasSize(1);
        assertThat(cluster.machines().getFirst().address().getHostAddress()).isEqualTo("10.77.0.12");
        assertThat(cluster.machines().getFirst().disk().serial()).isEqualTo("KDL-lab-1");
        assertThat(cluster.pools().getFirst().minimum().cpus()).isEqualTo(2);
        assertThat(cluster.networks().getFirst().dns()).isEmpty();
        assertThat(rendered.text()).startsWith("# Rendered by Kindling from the template small@1.0.0");
    }

    @Test
    void groupsWhoseConditionHoldsAreThere() throws IOException {
        Validation rendered = with(SMALL).render("small",
                Map.of("cluster", "lab", "extra", "true", "dns", "10.77.0.2, 10.77.0.3"));

        var cluster = Objects.requireNonNull(rendered.cluster(), () -> rendered.problems().toString());
        assertThat(cluster.machines()).hasSize(2);
        assertThat(cluster.networks().getFirst().dns()).hasSize(2);
    }

    @Test
    void everyWrongParameterIsReportedAtOnce() throws IOException {
        Validation rendered = with(SMALL).render("small",
                Map.of("clusterr", "lab", "size", "4", "firmware", "ufi", "address", "10.77.0.999", "extra", "maybe"));

        assertThat(codes(rendered)).containsExactlyInAnyOrder("parameter-unknown", "parameter-missing",
                "parameter-range", "parameter-range", "bad-address", "wrong-type");
        assertThat(rendered.problems()).extracting(Problem::remedy).contains("Did you mean 'cluster'?",
                "Did you mean 'uefi'?");
        assertThat(rendered.ok()).isFalse();
    }

    @Test
    void numberOutsideOfTheBoundsIsNamedWithThem() throws IOException {
        Validation rendered = with(SMALL).render("small", Map.of("cluster", "lab", "size", "0"));

        assertThat(rendered.problems()).singleElement()
                .satisfies(problem -> assertThat(problem.expected()).isEqualTo("a number from 1 to 3"));
    }

    @Test
    void hardwareClassThatTheTemplateWasNotMadeForIsRefused() throws IOException {
        Templates templates = with(SMALL);

        assertThat(codes(templates.render("small", Map.of("cluster", "lab", "hardware", "m3"))))
                .containsExactly("hardware-class-not-allowed");
        assertThat(templates.render("small", Map.of("cluster", "lab", "hardware", "m2")).ok()).isTrue();
    }

    @Test
    void unknownTemplateIsNamedWithTheNearestOne() throws IOException {
        Validation rendered = with(SMALL).render("smal", Map.of());

        assertThat(rendered.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.code()).isEqualTo("template-unknown");
            assertThat(problem.remedy()).isEqualTo("Did you mean 'small'?");
        });
    }

    @Test
    void extendingTemplateChangesWhatItNames() throws IOException {
        Templates templates = with(SMALL, HEAD + """
                metadata: {name: other, version: 2.1.0, title: Other}
                extends: small
                parameters:
                  - {name: firmware, type: choice, choices: [uefi, bios], default: bios}
                definition:
                  metadata: {labels: ~}
                  spec:
                    nodePools:
                      - {name: control-plane, virtual: {memory: 2Gi}}
                """);
        Validation rendered = templates.render("other@2.1.0", Map.of("cluster", "lab"));

        var cluster = Objects.requireNonNull(rendered.cluster(), () -> rendered.problems().toString());
        var virtual = Objects.requireNonNull(cluster.machines().getFirst().virtual());
        assertThat(virtual.memoryMib()).isEqualTo(2048);
        assertThat(virtual.cpus()).isEqualTo(2);
        assertThat(virtual.firmware().name()).isEqualTo("BIOS");
        assertThat(cluster.labels()).isEmpty();
        assertThat(named(templates, "other").parent()).isEqualTo("small@1.0.0");
        assertThat(templates.test("other")).as("tests are not inherited").isEmpty();
    }

    @Test
    void newestVersionIsTakenAndAnOlderOneCanBeAskedFor() throws IOException {
        Templates templates = with(SMALL, SMALL.replace("1.0.0", "1.10.0").replace("price: \"5", "price: \"10"),
                SMALL.replace("1.0.0", "1.9.0").replace("price: \"5", "price: \"9"));

        assertThat(templates.render("small", Map.of("cluster", "lab")).text()).contains("10 $", "small@1.10.0");
        assertThat(templates.render("small@1.9.0", Map.of("cluster", "lab")).text()).contains("9 $");
    }

    @Test
    void usersTemplateHidesTheReadyMadeOneOfItsName() throws IOException {
        Templates templates = with(SMALL.replace("name: small", "name: ha").replace("1.0.0", "0.1.0"));

        assertThat(named(templates, "ha").origin()).isEqualTo(directory.resolve("t0.yaml").toString());
        assertThat(named(templates, "ha").version()).isEqualTo("0.1.0");
        assertThat(named(templates, "production").problems()).as("which extends the hidden one").isEmpty();
        assertThat(named(templates, "production").parent()).isEqualTo("ha@1.0.0");
    }

    @Test
    void templatesThatExtendEachOtherAreReported() throws IOException {
        String first = HEAD + "metadata: {name: one, version: 1.0.0, title: One}\nextends: two\n";
        String second = HEAD + "metadata: {name: two, version: 1.0.0, title: Two}\nextends: one\n";

        assertThat(with(first, second).list()).flatExtracting(Template::problems).extracting(Problem::code)
                .contains("template-cycle");
    }

    @Test
    void fileThatIsNoTextIsListedAndHidesNoOther() throws IOException {
        Files.write(directory.resolve("binary.yaml"), new byte[]{(byte) 0xff, (byte) 0xfe, 0});
        Files.createDirectory(directory.resolve("folder.yaml"));
        Templates templates = Templates.of(List.of(directory));
        assertThat(named(templates, "binary").problems()).extracting(Problem::message)
                .containsExactly("it is no text in UTF-8");
        assertThat(named(templates, "folder").usable()).isFalse();
        assertThat(named(templates, "ha").usable()).isTrue();
        assertThat(templates.render("binary", Map.of()).problems()).extracting(Problem::code)
                .containsExactly("template-unknown");
    }

    @Test
    void brokenFileIsListedWithItsProblems() throws IOException {
        Templates templates = with("kind: Template\nmetdata: {}\n");
        Template broken = named(templates, "t0");

        assertThat(broken.usable()).isFalse();
        assertThat(broken.problems()).extracting(Problem::code).contains("unknown-key", "missing");
    }

    @Test
    void unknownPlaceholderIsReportedWithItsPlace() throws IOException {
        Validation rendered = with(SMALL.replace("\"KDL-${cluster}-1\"", "\"KDL-${clutser}-1\"")).render("small",
                Map.of("cluster", "lab"));

        assertThat(rendered.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.code()).isEqualTo("template-placeholder");
            assertThat(problem.path()).isEqualTo("definition.spec.nodePools[0].machines[0].disk.serial");
            assertThat(problem.remedy()).isEqualTo("Did you mean '${cluster}'?");
        });
    }

    @Test
    void testsOfATemplateTellWhatTheyFound() throws IOException {
        List<Template.Test> tests = with(SMALL).test("small");

        assertThat(tests).extracting(Template.Test::passed).containsExactly(true, false, true);
        assertThat(tests.get(1).message()).isEqualTo("1 machines; expected 7");
    }

    @Test
    void orderIsItsDefinition() throws IOException {
        Templates templates = with(SMALL);
        String order = """
                apiVersion: kindling.dev/v1
                kind: ClusterOrder
                metadata: {name: lab}
                spec:
                  template: small
                  parameters: {firmware: bios, extra: true}
                  nodeSets:
                    - {name: workers, hardwareClass: m1, size: 1}
                """;
        Validation validation = templates.order("order.yaml", order);

        assertThat(Templates.isOrder(order)).isTrue();
        assertThat(Templates.isOrder(SMALL)).isFalse();
        var cluster = Objects.requireNonNull(validation.cluster(), () -> validation.problems().toString());
        assertThat(cluster.pools().getLast().hardwareClass()).isEqualTo("m1");
        assertThat(cluster.machines()).hasSize(2);
    }

    @Test
    void problemsOfAnOrderHaveItsPlaces() throws IOException {
        Validation validation = with(SMALL).order("order.yaml", """
                apiVersion: kindling.dev/v1
                kind: ClusterOrder
                metadata: {name: lab}
                spec:
                  template: small
                  parameters:
                    firmware: ufi
                """);

        assertThat(validation.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.path()).isEqualTo("parameters.firmware");
            assertThat(problem.line()).isEqualTo(7);
        });
    }

    @Test
    void aDefaultIsReadLikeAValueThatIsGiven() throws IOException {
        Validation rendered = with(SMALL.replace("{name: dns, type: list}",
                "{name: dns, type: list, default: \"10.77.0.2, 10.77.0.3\"}")).render("small",
                        Map.of("cluster", "lab"));

        var cluster = Objects.requireNonNull(rendered.cluster(), () -> rendered.problems().toString());
        assertThat(cluster.networks().getFirst().dns()).hasSize(2);
    }

    @Test
    void anOrderIsAnOrderInOneLineOfJsonToo() throws IOException {
        String order = "{\"apiVersion\": \"kindling.dev/v1\", \"kind\": \"ClusterOrder\","
                + " \"metadata\": {\"name\": \"lab\"}, \"spec\": {\"template\": \"small\"}}";

        assertThat(Templates.isOrder(order)).isTrue();
        assertThat(with(SMALL).order("order.json", order).ok()).isTrue();
        assertThat(Templates.isOrder("apiVersion: kindling.dev/v1\nkind: Cluster # no ClusterOrder\n")).isFalse();
    }

    @Test
    void machinesAreWrittenCompactly() throws IOException {
        Templates templates = Templates.of(List.of());
        Validation rendered = templates.render("single-node",
                Map.of("cluster", "lab", "kind", "manual", "machine", "52:54:00:4b:00:01@10.77.0.11/S4EWNX0R"));

        var cluster = Objects.requireNonNull(rendered.cluster(), () -> rendered.problems().toString());
        assertThat(cluster.machines().getFirst().disk().serial()).isEqualTo("S4EWNX0R");
        assertThat(codes(templates.render("single-node", Map.of("cluster", "lab", "machine", "here"))))
                .containsExactly("parameter-range");
    }
}

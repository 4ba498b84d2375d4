package dev.kindling.tui.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.Engine;
import dev.kindling.tui.MutableClock;
import dev.kindling.tui.Racks;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands about definitions, with the real engine; nothing is started. */
class DefinitionCommandsTest {
    private static final String FILE = """
            # a shop
            apiVersion: kindling.dev/v1
            kind: Cluster
            metadata: {name: shop}
            spec:
              distribution: {name: k3s, version: v1.34.2+k3s1}
              networks: [{name: lan, cidr: 10.77.0.0/24, bootServer: 10.77.0.1}]
              nodePools:
                - {name: control, role: control-plane, kind: virtual, count: 1}
                - name: workers   # as many as it takes
                  role: worker
                  kind: virtual
                  count: 2
                - {name: last, role: infra, kind: virtual, count: 1}
            environments:
              - name: staging
                spec: {nodePools: [{name: last, count: 3}]}
            """;

    @TempDir
    Path directory;

    private Path file = Path.of("");
    private String out = "";
    private String err = "";

    @BeforeEach
    void write() throws IOException {
        file = Files.writeString(directory.resolve("shop.yaml"), FILE);
    }

    private int run(String... arguments) {
        var outBytes = new ByteArrayOutputStream();
        var errBytes = new ByteArrayOutputStream();
        int code = Cli.run(new Surroundings(new ByteArrayInputStream(new byte[0]),
                new PrintStream(outBytes, true, StandardCharsets.UTF_8),
                new PrintStream(errBytes, true, StandardCharsets.UTF_8), Map.of("TERM", "dumb"), directory,
                new MutableClock(Racks.START), false, true, () -> 100, Workspaces.ofEngine(), _ -> () -> {}),
                arguments);
        out = outBytes.toString(StandardCharsets.UTF_8);
        err = errBytes.toString(StandardCharsets.UTF_8);
        return code;
    }

    @Test
    void environmentIsValidatedAndPlanned() {
        assertThat(run("validate", "shop.yaml", "--environment", "staging")).isZero();
        assertThat(out).contains("cluster shop-staging with 6 machines");
        assertThat(run("plan", "shop.yaml", "--environment", "staging", "--json")).isZero();
        assertThat(out).contains("\"cluster\":\"shop-staging\"").contains("power/shop-staging-infra-3");
    }

    @Test
    void unknownEnvironmentIsNamedWithThoseThatThereAre() {
        assertThat(run("validate", "shop.yaml", "--environment", "stagign")).isEqualTo(2);
        assertThat(out).contains("environment-unknown").contains("Did you mean 'staging'?");
    }

    @Test
    void validateSaysWhatIsWrongInAnyEnvironment() throws IOException {
        Files.writeString(file, FILE.replace("{name: last, count: 3}", "{name: last, count: 3, vlan: 2}"));

        assertThat(run("validate", "shop.yaml")).isEqualTo(2);
        assertThat(out).contains("shop.yaml:17:").contains("environments[0].spec.nodePools[0].vlan");
    }

    @Test
    void schemaIsPrinted() {
        assertThat(run("schema")).isZero();
        assertThat(out).startsWith("{\n  \"$schema\"").isEqualTo(Engine.schema());
    }

    @Test
    void poolInTheMiddleIsNotScaledWhereItMovesOthers() throws IOException {
        assertThat(run("scale", "shop.yaml", "workers=3")).isEqualTo(2);
        assertThat(err).contains("machines-move").contains("shop-infra-1").contains("addresses: FIRST-LAST");
        assertThat(file).hasContent(FILE);
    }

    @Test
    void poolThatIsNotThereIsNotScaled() {
        assertThat(run("scale", "shop.yaml", "worker=3")).isEqualTo(2);
        assertThat(err).contains("pool-unknown").contains("control, workers, last");
        assertThat(run("scale", "shop.yaml")).isEqualTo(2);
        assertThat(err).contains("kindling scale cluster.yaml workers=5");
        assertThat(run("scale", "shop.yaml", "last=many")).isEqualTo(2);
    }

    @Test
    void longLineIsShownAroundThePlace() throws IOException {
        Files.writeString(file, "{\"kind\": \"" + "x".repeat(500) + "\", \"apiVersion\": \"\uD83D\uDD25\", \"spec\": "
                + "{".repeat(1) + "}}");

        assertThat(run("validate", "shop.yaml")).isEqualTo(2);
        assertThat(out.lines()).allMatch(line -> line.length() < 1200);
        String[] lines = out.lines().toArray(String[]::new);
        for (int i = 1; i < lines.length; i++) {
            if (lines[i].endsWith("^") && lines[i - 1].contains("1 | ")) {
                assertThat(lines[i - 1].length()).isLessThan(200);
            }
        }
    }

    /** {@code plan --dot | dot -Tsvg}: what is to be said beside goes to the other stream. */
    @Test
    void graphsComeWithoutTheWarnings() throws IOException {
        Files.copy(Path.of("../docs/examples/okd-load-balancer.yaml"), file, StandardCopyOption.REPLACE_EXISTING);
        assertThat(run("plan", "shop.yaml", "--dot")).as(err).isZero();
        assertThat(out).startsWith("digraph plan {").endsWith("}\n");
        assertThat(err).contains("warning", "distribution-not-yet");
        assertThat(run("plan", "shop.yaml", "--mermaid")).as(err).isZero();
        assertThat(out).startsWith("%% Plan ").contains("flowchart LR");
        assertThat(err).contains("warning", "distribution-not-yet");
    }
}

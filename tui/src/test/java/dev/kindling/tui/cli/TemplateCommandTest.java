package dev.kindling.tui.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The template commands with the engine itself. */
class TemplateCommandTest {
    @TempDir
    Path directory;
    CliHarness shell;

    @BeforeEach
    void openShell() {
        shell = new CliHarness(directory).withRealEngine();
    }

    @Test
    void templatesAreListedAndShown() throws IOException {
        assertThat(shell.run("template", "list")).isZero();
        assertThat(shell.out()).contains("single-node@", "ha@", "production@", "edge@").doesNotContain("base@");

        assertThat(shell.run("template", "show", "ha")).isZero();
        assertThat(shell.out()).contains("extends: base@", "workers  integer (from 0 to 5000)",
                "cluster  name, required");

        assertThat(shell.run("template", "show", "ha", "--json")).isZero();
        JsonNode template = new JsonMapper().readTree(shell.out());
        assertThat(template.path("parameters").size()).isGreaterThan(5);
    }

    @Test
    void renderedTemplateIsValidAndCanBePlanned() {
        assertThat(shell.run("template", "render", "single-node", "--set", "cluster=lab", "-o", "lab.yaml"))
                .as(shell.err() + shell.out()).isZero();
        assertThat(shell.run("validate", "lab.yaml")).as(shell.out()).isZero();
        assertThat(shell.run("plan", "lab.yaml")).as(shell.out() + shell.err()).isZero();
        assertThat(shell.out()).contains("lab-cp-1");
    }

    @Test
    void existingFileIsOverwrittenOnlyWhenAsked() throws IOException {
        Files.writeString(directory.resolve("lab.yaml"), "mine");

        assertThat(shell.run("init", "lab.yaml", "--template", "single-node", "--set", "cluster=lab")).isEqualTo(2);
        assertThat(directory.resolve("lab.yaml")).hasContent("mine");
        assertThat(shell.run("init", "lab.yaml", "--template", "single-node", "--set", "cluster=lab", "--force"))
                .as(shell.err()).isZero();
        assertThat(shell.run("validate", "lab.yaml")).isZero();
    }

    @Test
    void wrongParametersAreRefusedAndNothingIsWritten() {
        assertThat(shell.run("template", "render", "ha", "--set", "worker=3", "-o", "lab.yaml")).isEqualTo(2);
        assertThat(shell.out()).isEmpty();
        assertThat(shell.err()).contains("parameter-unknown", "Did you mean 'workers'?", "parameter-missing");
        assertThat(directory.resolve("lab.yaml")).doesNotExist();
        assertThat(shell.run("init", "--set", "a=b")).isEqualTo(2);
        assertThat(shell.err()).contains("--template");
        assertThat(shell.run("template", "show", "hi")).isEqualTo(2);
        assertThat(shell.err()).contains("single-node");
    }

    @Test
    void newTemplatePassesItsOwnTestsAndABrokenOneFails() throws IOException {
        assertThat(shell.run("template", "new", "mine")).as(shell.err()).isZero();
        Path file = directory.resolve(".kindling/templates/mine.yaml");
        assertThat(file).exists();
        assertThat(shell.run("template", "test", "mine")).as(shell.out()).isZero();
        assertThat(shell.out()).contains("2 tests, 0 failed");

        Files.writeString(file, Files.readString(file).replace("site: \"${site}\"", "site: \"${city}\""));
        assertThat(shell.run("template", "test", "mine")).isEqualTo(1);
        assertThat(shell.out()).contains("FAILED", "template-placeholder");
        assertThat(shell.run("template", "new", "mine")).isEqualTo(2);
        assertThat(shell.run("template", "new", "Mine!")).isEqualTo(2);
    }

    @Test
    void orderIsValidatedAndPlannedLikeADefinition() throws IOException {
        Files.writeString(directory.resolve("order.yaml"), """
                apiVersion: kindling.dev/v1
                kind: ClusterOrder
                metadata: {name: lab}
                spec:
                  template: edge
                  parameters: {kind: simulated, dhcp: server}
                  nodeSets:
                    - {name: workers, size: 4}
                """);

        assertThat(shell.run("validate", "order.yaml")).as(shell.out()).isZero();
        assertThat(shell.out()).contains("5 machines");
        assertThat(shell.run("plan", "order.yaml")).as(shell.out() + shell.err()).isZero();
    }
}

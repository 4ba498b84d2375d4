package dev.kindling.tui.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that start nothing, where there is no workspace, or none can be made. */
class LookingTest {
    @TempDir
    Path directory;

    @Test
    void makesNoWorkspace() throws Exception {
        CliHarness shell = new CliHarness(directory).withRealEngine();
        assertThat(shell.run("init")).isZero();
        for (String command : new String[]{"validate cluster.yaml", "plan cluster.yaml", "plan cluster.yaml --dot",
                "status", "template list", "template show ha", "template render single-node --set cluster=lab",
                "rehearse cluster.yaml", "audit verify"}) {
            assertThat(shell.run(command.split(" ", -1))).as(command + "\n" + shell.err()).isZero();
        }
        for (String command : new String[]{"events", "report", "bundle", "wait", "pause", "cancel", "down --yes"}) {
            assertThat(shell.run(command.split(" ", -1))).as(command).isEqualTo(2);
            assertThat(shell.err()).contains("has no cluster yet");
        }
        assertThat(directory).isDirectoryContaining("glob:**cluster.yaml");
        try (var files = Files.list(directory)) {
            assertThat(files).hasSize(1);
        }
    }

    @Test
    void needsNoPlaceForAWorkspace() throws Exception {
        CliHarness shell = new CliHarness(directory).withRealEngine();
        Files.writeString(directory.resolve("file"), "");
        assertThat(shell.run("init")).isZero();
        assertThat(shell.run("validate", "cluster.yaml", "--workspace", "file/below")).as(shell.err()).isZero();
        assertThat(shell.run("demo", "--simulated", "--workspace", "file/below")).isEqualTo(1);
        assertThat(shell.err()).contains("file/below: Not a directory").contains("--workspace names another");
        assertThat(shell.run("demo", "--simulated", "--workspace", "file")).isEqualTo(1);
        assertThat(shell.err()).contains("file: it exists already, and is no directory");
    }
}

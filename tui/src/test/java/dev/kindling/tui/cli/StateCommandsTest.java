package dev.kindling.tui.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.Engine;
import dev.kindling.engine.api.Kindling;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Copies, proofs and secrets of a real cluster of one simulated machine, from the shell. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StateCommandsTest {
    private Path directory = Path.of("");
    private final Map<String, String> environment = new HashMap<>();
    private String out = "";
    private String err = "";

    @BeforeAll
    void bringUpACluster(@TempDir Path temporary) throws IOException {
        directory = temporary;
        environment.put("KINDLING_KEY_FILE", directory.resolve("key").toString());
        environment.put("KINDLING_WORKSPACE", "workspace");
        try (Kindling kindling = Engine.open(directory.resolve("workspace"), environment)) {
            Files.writeString(directory.resolve("demo.yaml"), kindling.demo(true, 1).replace("127.77.", "127.107."));
        }
        assertThat(run("up", "demo.yaml", "--yes", "-q")).as(err).isZero();
    }

    @Test
    void anExportRebuildsTheClusterInAnotherWorkspace() {
        assertThat(run("state", "export", "demo", "demo.jsonl")).isZero();
        assertThat(run("state", "export", "demo", "demo.jsonl")).isEqualTo(ExitCode.BAD_USE);
        assertThat(err).contains("demo.jsonl exists").contains("nothing is overwritten");
        assertThat(run("state", "import", "demo.jsonl")).isEqualTo(ExitCode.FAILED);
        assertThat(err).contains("import-exists");
        assertThat(run("--workspace", "second", "state", "import", "demo.jsonl")).isZero();
        assertThat(run("--workspace", "second", "status")).isZero();
        assertThat(out).contains("READY");
        assertThat(run("state", "import", "nothing.jsonl")).isEqualTo(ExitCode.BAD_USE);
    }

    @Test
    void aBackupIsAWorkspaceWithItsSecrets() throws IOException {
        assertThat(run("state", "backup", "copy.db")).isZero();
        Path third = Files.createDirectory(directory.resolve("third"));
        Files.copy(directory.resolve("copy.db"), third.resolve("state.db"));
        Files.copy(directory.resolve("copy.db.secrets"), third.resolve("secrets"));
        assertThat(run("--workspace", "third", "audit", "verify", "demo")).isZero();
        assertThat(run("--workspace", "third", "secrets", "get", "demo/kubeconfig", "--yes-show")).isZero();
        assertThat(out).contains("apiVersion: v1").contains("token:");
    }

    @Test
    void auditNamesTheFirstRecordThatWasTamperedWith() throws Exception {
        assertThat(run("audit", "verify")).isZero();
        assertThat(out).startsWith("demo: unbroken, ");
        assertThat(run("state", "backup", "spoilt.db")).isZero();
        Path fourth = Files.createDirectory(directory.resolve("fourth"));
        Path database = Files.copy(directory.resolve("spoilt.db"), fourth.resolve("state.db"));
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TRIGGER event_is_never_changed");
            statement.execute("UPDATE event SET body = 'not even JSON' WHERE seq = 4");
        }
        assertThat(run("--workspace", "fourth", "audit", "verify")).isEqualTo(ExitCode.FAILED);
        assertThat(out).isEqualTo("demo: broken at record 4: record 4 is not what was written\n");
        assertThat(run("--workspace", "fourth", "audit", "verify", "--json")).isEqualTo(ExitCode.FAILED);
        assertThat(out).contains("\"ok\":false").contains("\"firstBadRecord\":4");
        assertThat(run("audit", "verify", "nobody")).isEqualTo(ExitCode.BAD_USE);
        assertThat(err).contains("it has demo");
    }

    @Test
    void secretsAreListedWithoutValuesAndShownOnlyWhereThatIsWanted() {
        assertThat(run("secrets", "list")).isZero();
        assertThat(out).contains("demo/api-token").contains("demo/kubeconfig").doesNotContain("apiVersion");
        assertThat(run("secrets", "get", "demo/api-token")).isEqualTo(ExitCode.BAD_USE);
        assertThat(out).isEmpty();
        assertThat(err).contains("--yes-show");
        assertThat(run("secrets", "get", "demo/api-token", "--yes-show")).isZero();
        String token = out;
        assertThat(run("secrets", "rotate")).as(err).isZero();
        assertThat(run("secrets", "get", "demo/api-token", "--yes-show")).isZero();
        assertThat(out).isEqualTo(token);
        assertThat(run("secrets", "get", "demo/nothing", "--yes-show")).isEqualTo(ExitCode.BAD_USE);
    }

    @Test
    void aSecretIsSetFromAFileAndNeverToldAgain() throws Exception {
        Files.writeString(directory.resolve("hook.txt"), "s3cret-of-the-hook\n");
        assertThat(run("secrets", "set", "lab/hook", "--from", "hook.txt")).as(err).isZero();
        assertThat(out).contains("stored lab/hook").doesNotContain("s3cret");
        assertThat(run("secrets", "get", "lab/hook", "--yes-show")).isZero();
        assertThat(out).isEqualTo("s3cret-of-the-hook\n");
        assertThat(run("secrets", "set", "../x", "--from", "hook.txt")).isEqualTo(ExitCode.BAD_USE);
        Files.writeString(directory.resolve("hook.txt"), "\n");
        assertThat(run("secrets", "set", "lab/hook", "--from", "hook.txt")).isEqualTo(ExitCode.BAD_USE);
        assertThat(run("secrets", "get", "lab/hook", "--yes-show")).isZero();
        assertThat(out).isEqualTo("s3cret-of-the-hook\n");
    }

    @Test
    void aStateThatCannotBeReachedIsSaidToBeSo() {
        assertThat(run("--state", "postgresql://anna:geheim@127.0.0.1/x", "status")).isEqualTo(ExitCode.FAILED);
        assertThat(err).contains("holds a password").doesNotContain("geheim");
        assertThat(run("--state", "postgresql://anna@127.0.0.1:1/x", "status")).isEqualTo(ExitCode.FAILED);
        assertThat(err).contains("postgresql://anna@127.0.0.1:1/x").contains("look whether the server runs");
    }

    private synchronized int run(String... args) {
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        Surroundings world = new Surroundings(new ByteArrayInputStream(new byte[0]),
                new PrintStream(outBytes, true, StandardCharsets.UTF_8),
                new PrintStream(errBytes, true, StandardCharsets.UTF_8), environment, directory, Clock.systemUTC(),
                false,
                true, () -> 100, Workspaces.ofEngine(), handler -> () -> {
                    // nobody presses Ctrl-C
                });
        int code = Cli.run(world, args);
        out = outBytes.toString(StandardCharsets.UTF_8);
        err = errBytes.toString(StandardCharsets.UTF_8);
        return code;
    }
}

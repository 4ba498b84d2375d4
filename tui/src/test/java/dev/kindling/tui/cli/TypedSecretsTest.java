package dev.kindling.tui.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Passphrases and secrets that a person types at a terminal: python3 sits at the other end of a pty. */
@Timeout(120)
class TypedSecretsTest {
    @TempDir
    Path directory;

    private record Said(int code, String shown) {}

    /** @param dialogue question and answer in turn */
    private Said kindling(List<String> arguments, String... dialogue) throws Exception {
        Path script = directory.resolve("typing.py");
        try (var in = TypedSecretsTest.class.getResourceAsStream("typing.py")) {
            Files.write(script, Objects.requireNonNull(in).readAllBytes());
        }
        var lines = new ArrayList<String>();
        for (int i = 0; i < dialogue.length; i += 2) {
            lines.add(dialogue[i] + "\t" + dialogue[i + 1]);
        }
        var command = new ArrayList<>(List.of("python3", script.toString(),
                Files.write(directory.resolve("dialogue"), lines).toString(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), "dev.kindling.tui.Main"));
        command.addAll(arguments);
        var builder = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().put("KINDLING_WORKSPACE", directory.resolve("ws").toString());
        builder.environment().put("KINDLING_KEY", "passphrase");
        builder.environment().put("TERM", "xterm");
        Process process = builder.start();
        String shown = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Said(process.waitFor(), shown);
    }

    private String sealed() throws IOException {
        return Files.readString(directory.resolve("ws/secrets"));
    }

    @Test
    void whatIsTypedIsNotShownAndProtectsTheSecrets() throws Exception {
        Said slip = kindling(List.of("secrets", "set", "lab/bmc"), "Value of lab/bmc", "s3cret-value", "New passphrase",
                "correct horse", "again", "correct hose");
        assertThat(slip.code()).as(slip.shown()).isEqualTo(ExitCode.BAD_USE);
        assertThat(slip.shown()).contains("the two are not the same").doesNotContain("horse", "hose", "s3cret");
        assertThat(directory.resolve("ws/secrets")).as("a slip of the finger locks nothing").doesNotExist();

        Said stored = kindling(List.of("secrets", "set", "lab/bmc"), "Value of lab/bmc", "s3cret-value",
                "New passphrase", "correct horse", "again", "correct horse");
        assertThat(stored.code()).as(stored.shown()).isZero();
        assertThat(stored.shown()).contains("stored lab/bmc").doesNotContain("horse", "s3cret");
        assertThat(sealed()).doesNotContain("horse", "s3cret");

        Said wrong = kindling(List.of("secrets", "get", "lab/bmc"), "Passphrase of the secrets", "battery staple");
        assertThat(wrong.code()).as(wrong.shown()).isEqualTo(ExitCode.FAILED);
        assertThat(wrong.shown()).doesNotContain("battery", "s3cret");

        Said shown = kindling(List.of("secrets", "get", "lab/bmc"), "Passphrase of the secrets", "correct horse");
        assertThat(shown.code()).as(shown.shown()).isZero();
        assertThat(shown.shown()).contains("s3cret-value").doesNotContain("horse");

        Said rotated = kindling(List.of("secrets", "rotate"), "Passphrase of the secrets", "correct horse",
                "New passphrase", "battery staple", "again", "battery staple");
        assertThat(rotated.code()).as(rotated.shown()).isZero();
        assertThat(kindling(List.of("secrets", "get", "lab/bmc"), "Passphrase of the secrets", "battery staple")
                .shown()).contains("s3cret-value");
    }
}

package dev.kindling.tui.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.tui.Racks;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that commands write for the user: {@code -o} and the like. */
class OutputFileTest {
    @TempDir
    Path directory;
    private CliHarness shell;

    @BeforeEach
    void openShell() throws IOException {
        shell = new CliHarness(directory);
        shell.kindling.known(Racks.draft("simulated"), Racks.goodRun(false));
        Files.writeString(directory.resolve("demo.yaml"), shell.kindling.compose(Racks.draft("virtual")));
    }

    private static final String[][] WRITERS = {{"init"}, {"plan", "demo.yaml", "-o"}, {"plan", "demo.yaml", "--html"},
            {"report", "-o"}, {"bundle", "-o"}};

    private int run(String[] command, String file) {
        return shell.run(Stream.concat(Stream.of(command), Stream.of(file)).toArray(String[]::new));
    }

    @Test
    void aFileThatCannotBeWrittenIsSaidToBeSoAndNothingIsLeftOfIt() throws IOException {
        for (String[] command : WRITERS) {
            assertThat(run(command, "nowhere/file")).as(command[0]).isEqualTo(1);
            assertThat(shell.err()).contains("cannot write nowhere/file: there is no directory")
                    .doesNotContain("bug");
            assertThat(run(command, ".")).as(command[0]).isBetween(1, 2);
            assertThat(shell.err()).containsAnyOf("is a directory", "exists already");
        }
        assertThat(directory).isDirectoryNotContaining(file -> file.getFileName().toString().endsWith(".part"));
    }

    @Test
    void aFullDiskIsAnError() {
        for (String[] command : WRITERS) {
            if (!command[0].equals("init")) {
                assertThat(run(command, "/dev/full")).as(command[0]).isEqualTo(1);
                assertThat(shell.err()).contains("cannot write /dev/full: No space left on device");
            }
        }
    }

    @Test
    void aPipeIsWrittenToAndNotReplaced() throws Exception {
        Path pipe = directory.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
        for (String[] command : WRITERS) {
            if (!command[0].equals("init")) {
                var read = new FutureTask<>(() -> readToItsEnd(pipe));
                Thread.ofPlatform().daemon().start(read);
                assertThat(run(command, "pipe")).as(shell.err()).isZero();
                assertThat(read.get(60, TimeUnit.SECONDS)).as(command[0]).isNotEmpty();
                assertThat(Files.isRegularFile(pipe)).isFalse();
            }
        }
    }

    /** Closed at its end: to a pipe that somebody holds open a command writes before the next reader has opened it. */
    private static byte[] readToItsEnd(Path pipe) throws IOException {
        try (InputStream in = Files.newInputStream(pipe)) {
            return in.readAllBytes();
        }
    }

    @Test
    void aFileKeepsItsPermissionsAndALinkItsFile() throws IOException {
        Path real = Files.writeString(directory.resolve("real.md"), "old");
        Files.setPosixFilePermissions(real, PosixFilePermissions.fromString("rw-r-----"));
        Files.createSymbolicLink(directory.resolve("link.md"), Path.of("real.md"));

        assertThat(shell.run("report", "-o", "link.md")).isZero();

        assertThat(directory.resolve("link.md")).isSymbolicLink();
        assertThat(real).content().contains("demo").isNotEqualTo("old");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(real))).isEqualTo("rw-r-----");
    }

    @Test
    void whatIsThereAlreadyIsOverwrittenWithForceOnly() throws IOException {
        Files.writeString(directory.resolve("mine.yaml"), "mine");
        assertThat(shell.run("init", "mine.yaml")).isEqualTo(2);
        assertThat(shell.err()).contains("mine.yaml exists already").contains("--force");
        assertThat(directory.resolve("mine.yaml")).hasContent("mine");
        assertThat(shell.run("init", "mine.yaml", "--force")).isZero();
        assertThat(directory.resolve("mine.yaml")).content().startsWith("# A cluster definition");
    }
}

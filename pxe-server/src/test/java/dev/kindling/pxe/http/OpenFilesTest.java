package dev.kindling.pxe.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files that stay open between requests. */
class OpenFilesTest {
    @TempDir
    private Path directory;
    private final OpenFiles files = new OpenFiles();

    @AfterEach
    void closeThem() {
        files.close();
    }

    private static String content(OpenFile file) throws IOException {
        var octets = ByteBuffer.allocate((int) file.size());
        file.read(0, octets);
        return new String(octets.array(), StandardCharsets.US_ASCII);
    }

    private long openHere() throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(each -> {
                try {
                    return Files.readSymbolicLink(each).startsWith(directory);
                } catch (IOException e) {
                    return false;
                }
            }).count();
        }
    }

    @Test
    void manyReadersShareOneDescriptorThatStaysOpenForTheNext() throws IOException {
        Path path = Files.writeString(directory.resolve("f"), "one");
        for (int i = 0; i < 1000; i++) {
            OpenFile file = files.open(path);
            assertThat(content(file)).isEqualTo("one");
            file.release();
        }
        assertThat(openHere()).isEqualTo(1);
        files.close();
        assertThat(openHere()).isZero();
    }

    @Test
    void aFileThatWasReplacedIsReadAnewAndWhoReadsTheOldOneGoesOn() throws IOException {
        Path path = Files.writeString(directory.resolve("f"), "old content");
        OpenFile old = files.open(path);

        Files.move(Files.writeString(directory.resolve("new"), "new"), path, StandardCopyOption.REPLACE_EXISTING);
        OpenFile renewed = files.open(path);

        assertThat(content(renewed)).isEqualTo("new");
        assertThat(content(old)).isEqualTo("old content");
        assertThat(renewed.validators()).isNotEqualTo(old.validators());
        old.release();
        renewed.release();
        assertThat(openHere()).isEqualTo(1);
    }

    @Test
    void keepsSoManyOpenAndNoMore() throws IOException {
        for (int i = 0; i < 400; i++) {
            files.open(Files.writeString(directory.resolve("f" + i), "x")).release();
        }
        assertThat(openHere()).isEqualTo(256);
        assertThat(content(files.open(directory.resolve("f0")))).isEqualTo("x");
    }

    @Test
    void aFileThatIsReadWhileTheOthersAreClosedIsClosedByItsReader() throws IOException {
        OpenFile file = files.open(Files.writeString(directory.resolve("f"), "still there"));

        files.close();

        assertThat(content(file)).isEqualTo("still there");
        file.release();
        assertThat(openHere()).isZero();
        // after the end none is kept
        files.open(directory.resolve("f")).release();
        assertThat(openHere()).isZero();
    }

    @Test
    void aFileThatBecameShorterIsAnErrorAndNotAnEndlessWait() throws IOException {
        Path path = Files.writeString(directory.resolve("f"), "long enough");
        OpenFile file = files.open(path);
        Files.writeString(path, "short");

        assertThatThrownBy(() -> content(file)).isInstanceOf(IOException.class)
                .hasMessage("the file became shorter while it was sent");
    }

    @Test
    void opensNothingButFiles() {
        for (Path path : new Path[]{directory, Path.of("/dev/zero"), directory.resolve("missing")}) {
            assertThatThrownBy(() -> files.open(path)).as("%s", path).isInstanceOf(NoSuchFileException.class);
        }
    }
}

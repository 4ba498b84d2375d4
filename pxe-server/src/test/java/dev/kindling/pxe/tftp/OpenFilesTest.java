package dev.kindling.pxe.tftp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenFilesTest {
    @TempDir
    private Path directory;
    private final OpenFiles files = new OpenFiles();

    @Test
    void opensAFileOnceForAThousandReaders() throws IOException {
        Path path = write("f", 100_000, 1);
        var readers = Stream.generate(() -> open(path)).limit(1000).toList();
        assertThat(descriptorsOf(path)).isEqualTo(1);
        readers.forEach(Content::close);
        assertThat(descriptorsOf(path)).isZero();
        assertThat(files.count()).isZero();
    }

    @Test
    void readsTheSameOctetsInPiecesOfEverySize() throws IOException {
        Path path = write("f", 100_000, 2);
        Path other = write("g", 70_000, 3);
        var random = new Random(4);
        for (Path each : new Path[]{path, other, path}) {
            byte[] expected = Files.readAllBytes(each);
            var content = open(each);
            for (int i = 0; i < 2000; i++) {
                int offset = random.nextInt(expected.length + 1);
                int length = Math.min(random.nextInt(40_000), expected.length - offset);
                var got = ByteBuffer.allocate(length);
                content.read(offset, got);
                assertThat(got.flip()).as("%d octets at %d", length, offset)
                        .isEqualTo(ByteBuffer.wrap(expected, offset, length));
            }
            content.close();
        }
    }

    @Test
    void goesOnWithAFileThatWasReplacedAndGivesTheNewOneToThoseWhoAskLater() throws IOException {
        Path path = write("f", 50_000, 5);
        byte[] before = Files.readAllBytes(path);
        var first = open(path);
        Files.move(write("new", 60_000, 6), path, StandardCopyOption.REPLACE_EXISTING);
        var second = open(path);
        assertThat(first.size()).isEqualTo(50_000);
        assertThat(second.size()).isEqualTo(60_000);
        var got = ByteBuffer.allocate(50_000);
        first.read(0, got);
        assertThat(got.array()).isEqualTo(before);
        first.close();
        second.close();
        assertThat(files.count()).isZero();
    }

    @Test
    void saysThatAFileBecameShorter() throws IOException {
        Path path = write("f", 50_000, 7);
        var content = open(path);
        Files.write(path, new byte[10]);
        assertThatThrownBy(() -> content.read(40_000, ByteBuffer.allocate(512))).isInstanceOf(EOFException.class)
                .hasMessageContaining("became shorter");
        content.close();
    }

    @Test
    void opensNoDirectory() {
        assertThatThrownBy(() -> files.open(directory)).isInstanceOf(NoSuchFileException.class);
    }

    private Content open(Path path) {
        try {
            return files.open(path);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Path write(String name, int size, long seed) throws IOException {
        byte[] octets = new byte[size];
        new Random(seed).nextBytes(octets);
        return Files.write(directory.resolve(name), octets);
    }

    /** As the kernel sees it. */
    private static long descriptorsOf(Path path) throws IOException {
        try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(descriptor -> {
                try {
                    return Files.readSymbolicLink(descriptor).equals(path.toRealPath());
                } catch (IOException e) {
                    return false; // closed meanwhile: the list's own
                }
            }).count();
        }
    }
}

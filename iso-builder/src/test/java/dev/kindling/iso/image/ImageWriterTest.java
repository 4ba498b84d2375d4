package dev.kindling.iso.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageWriterTest {
    private static final int CHUNK = 1 << 20;

    /** In memory, where there is such a place: thousands of files are written, and each is synced. */
    private static final Path QUICK = Files.isWritable(Path.of("/dev/shm"))
            ? Path.of("/dev/shm")
            : Path.of(System.getProperty("java.io.tmpdir"));

    @TempDir
    Path directory;

    /** A writer that found nothing more to do once ended the others, of which one had just begun. */
    @Test
    void everyFileIsWholeHoweverTheWritersTakeTurns() throws Exception {
        Path file = Files.createTempFile(QUICK, "kindling-", ".image");
        try {
            byte[] bytes = new byte[3 * CHUNK + 700];
            new Random(1).nextBytes(bytes);
            for (int i = 0; i < 4000; i++) {
                int length = i % 40 == 0 ? 1 + i * (bytes.length / 4000) : 700;
                ImageWriter.write(Content.of(bytes).slice(0, length), file, _ -> {});
                assertThat(Files.size(file)).as("image %d", i).isEqualTo(length);
                if (i % 40 == 0) {
                    assertThat(Files.mismatch(file, Files.write(directory.resolve("wanted"),
                            java.util.Arrays.copyOf(bytes, length)))).isNegative();
                }
            }
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void aFaultInOneChunkLeavesWhatWasThere() throws IOException {
        Path file = Files.writeString(directory.resolve("image"), "before");
        Content broken = new Content() {
            @Override
            public long size() {
                return 9L * CHUNK;
            }

            @Override
            public int read(long position, ByteBuffer target) throws IOException {
                if (position >= 5L * CHUNK) {
                    throw new IOException("unreadable at " + position);
                }
                int length = target.remaining();
                target.put(new byte[length]);
                return length;
            }
        };

        assertThatThrownBy(() -> ImageWriter.write(broken, file, _ -> {})).isInstanceOf(IOException.class)
                .hasMessageContaining("unreadable at");

        assertThat(file).hasContent("before");
        try (var left = Files.list(directory)) {
            assertThat(left).containsExactly(file);
        }
    }
}

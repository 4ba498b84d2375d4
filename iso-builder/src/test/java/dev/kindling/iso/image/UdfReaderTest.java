package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.iso.Tool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** UDF file systems that others made: genisoimage (1.02), pycdlib with its links, mkudffs (all kinds of partitions). */
class UdfReaderTest {
    private static final int BLOCK = 2048;

    @TempDir
    Path directory;

    private static Map<String, String> contents(Tree tree) {
        Map<String, String> found = new TreeMap<>();
        tree.walk((path, node) -> {
            try {
                found.put(path, switch (node) {
                    case Node.File file -> new String(file.content().bytes(), UTF_8);
                    case Node.Symlink link -> "-> " + link.target();
                    case Node.Directory _ -> "directory";
                    case Node.Special special -> special.kind().name();
                });
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        return found;
    }

    private Path windowsLike() throws IOException {
        Path tree = Files.createDirectories(directory.resolve("tree/sources/deep/er"));
        byte[] big = new byte[700_001];
        new Random(5).nextBytes(big);
        Files.write(directory.resolve("tree/sources/install.wim"), big);
        Files.writeString(tree.resolve("naïve 漢字 and a name that is longer than Joliet's sixty-four characters.txt"),
                "x");
        Files.writeString(directory.resolve("tree/empty"), "");
        for (int i = 0; i < 200; i++) {
            Files.writeString(tree.resolve("file number " + i), "content " + i);
        }
        Files.setLastModifiedTime(directory.resolve("tree/empty"), FileTime.from(Isos.TIME));
        return Isos.genisoimage(directory, directory.resolve("tree"), "-udf");
    }

    @Test
    void everyFileThatGenisoimageWroteIsReadAsItWentIn() throws IOException {
        Path image = windowsLike();
        UdfReader reader = new UdfReader(Content.file(image));
        assertThat(reader.revision()).isEqualTo("1.02");
        assertThat(reader.label()).isEqualTo("THEIRS 2");
        Tree tree = reader.tree();
        assertThat(contents(tree)).isEqualTo(contents(TreeScan.of(directory.resolve("tree")).tree()));
        assertThat(tree.get("empty").orElseThrow().attributes().modified()).isEqualTo(Isos.TIME);
    }

    @Test
    void linksAndNamesThatPycdlibWroteAreRead() throws IOException {
        Files.writeString(directory.resolve("make.py"), """
                import pycdlib, io
                iso = pycdlib.PyCdlib()
                iso.new(udf='2.60', interchange_level=3)
                iso.add_directory('/DIR', udf_path='/dir')
                iso.add_fp(io.BytesIO(b'hello'), 5, '/DIR/X.;1', udf_path='/dir/x.txt')
                iso.add_fp(io.BytesIO(b'z' * 100000), 100000, '/BIG.;1', udf_path='/big \u00e9.bin')
                iso.add_symlink(udf_symlink_path='/sym', udf_target='dir/x.txt')
                iso.write('made.iso')
                """);
        Tool.run("python3-pycdlib", directory, List.of("/usr/bin/python3", "make.py"));
        assertThat(contents(new UdfReader(Content.file(directory.resolve("made.iso"))).tree()))
                .isEqualTo(Map.of("dir", "directory", "dir/x.txt", "hello", "big é.bin", "z".repeat(100_000), "sym",
                        "-> dir/x.txt"));
    }

    @ParameterizedTest
    @CsvSource({"hd, 0x0102, 1.02, 512", "hd, 0x0150, 1.50, 512", "hd, 0x0201, 2.01, 512", "cdr, 0x0150, 1.50, 2048",
            "cdr, 0x0201, 2.01, 2048", "cdrw, 0x0150, 1.50, 2048", "dvdrw, 0x0201, 2.01, 2048",
            "bdr, 0x0250, 2.50, 2048", "bdr, 0x0260, 2.60, 2048"})
    void everyKindOfPartitionThatMkudffsMakesIsOpened(String media, String asked, String revision, int block)
            throws IOException {
        Path image = directory.resolve("made.udf");
        Tool.run("udftools", directory, List.of("truncate", "-s", "40M", image.toString()));
        Tool.run("udftools", directory,
                List.of("mkudffs", "--utf8", "--media-type=" + media, "--udfrev=" + asked, "--label=KL ü",
                        image.toString()));
        UdfReader reader = new UdfReader(Content.file(image));
        assertThat(reader.label()).isEqualTo("KL ü");
        assertThat(reader.revision()).isEqualTo(revision);
        assertThat(reader.blockBytes()).isEqualTo(block);
        // its own list of bad blocks is a file of the sparable ones
        assertThat(contents(reader.tree()).keySet()).isSubsetOf("Non-Allocatable Space", "lost+found");
    }

    /**
     * Windows and burning programs write 2.50 with a metadata file; no program of Debian does: so this is made of 1.02.
     */
    @Test
    void directoriesInAMetadataFileAreFound() throws IOException {
        byte[] image = Files.readAllBytes(windowsLike());
        Map<String, String> before = contents(new UdfReader(Content.of(image)).tree());
        ByteBuffer in = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        long start = -1;
        int blocks = 0;
        List<Integer> volumes = new java.util.ArrayList<>();
        for (int at = 0; at < image.length; at += BLOCK) {
            if (in.getShort(at) == 5 && in.getInt(at + 12) == at / BLOCK) {
                start = in.getInt(at + 188);
                blocks = in.getInt(at + 192);
            } else if (in.getShort(at) == 6 && in.getInt(at + 12) == at / BLOCK) {
                volumes.add(at);
            }
        }
        assertThat(volumes).hasSize(2);
        // Behind the partition: the metadata file's entry, whose two pieces swap the halves of the partition.
        int half = blocks / 2;
        int entryAt = Math.toIntExact((start + blocks) * BLOCK);
        byte[] larger = java.util.Arrays.copyOf(image, Math.max(image.length, entryAt + BLOCK));
        ByteBuffer out = ByteBuffer.wrap(larger).order(ByteOrder.LITTLE_ENDIAN);
        out.putShort(entryAt, (short) 261).putShort(entryAt + 20, (short) 4).put(entryAt + 27, (byte) 250);
        out.putLong(entryAt + 56, (long) blocks * BLOCK).putInt(entryAt + 172, 16);
        out.putInt(entryAt + 176, (blocks - half) * BLOCK).putInt(entryAt + 180, half);
        out.putInt(entryAt + 184, half * BLOCK).putInt(entryAt + 188, 0);
        seal(out, entryAt, 192 - 16);
        for (int at = 0; at < image.length; at += BLOCK) {
            if (in.getShort(at) == 5 && in.getInt(at + 12) == at / BLOCK) {
                out.putInt(at + 192, blocks + 1);
                seal(out, at, 496);
            }
        }
        for (int at : volumes) {
            int set = in.getInt(at + 252);
            // the file set is in the second half of the metadata file now, if it was in the first half of the partition
            out.putInt(at + 252, set < half ? set + blocks - half : set - half).putShort(at + 256, (short) 1);
            out.putInt(at + 264, 70).putInt(at + 268, 2);
            byte[] map = new byte[64];
            map[0] = 2;
            map[1] = 64;
            System.arraycopy("*UDF Metadata Partition".getBytes(UTF_8), 0, map, 5, 23);
            out.put(at + 446, map).putInt(at + 446 + 40, blocks).putInt(at + 446 + 44, blocks);
            seal(out, at, 496);
        }
        assertThat(contents(new UdfReader(Content.of(larger)).tree())).isEqualTo(before);
    }

    /** Checksums of a tag (ECMA-167, 3/7.2). */
    static void seal(ByteBuffer out, int at, int covered) {
        int crc = 0;
        for (int i = at + 16; i < at + 16 + covered; i++) {
            crc ^= (out.get(i) & 0xFF) << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
            }
        }
        out.putShort(at + 8, (short) crc).putShort(at + 10, (short) covered).put(at + 4, (byte) 0);
        int sum = 0;
        for (int i = 0; i < 16; i++) {
            sum += out.get(at + i) & 0xFF;
        }
        out.put(at + 4, (byte) sum);
    }

    private byte[] changed(Consumer<ByteBuffer> change) throws IOException {
        byte[] image = Files.readAllBytes(windowsLike());
        change.accept(ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN));
        return image;
    }

    @Test
    void aDirectoryThatLeadsBackToItselfIsRefused() throws IOException {
        byte[] image = changed(in -> {
            int root = -1;
            for (int at = 0; at + BLOCK <= in.capacity(); at += BLOCK) {
                if (in.getShort(at) == 261 && in.get(at + 27) == 4) {
                    root = root < 0 ? in.getInt(at + 12) : root;
                }
            }
            for (int at = 0; at + 40 <= in.capacity(); at += 4) {
                // each name of a directory that is not the parent leads to the root
                if (in.getShort(at) == 257 && in.getShort(at + 2) == 2 && in.get(at + 18) == 2) {
                    in.putInt(at + 24, root);
                }
            }
        });
        assertThatThrownBy(() -> new UdfReader(Content.of(image)).tree()).isInstanceOf(BadImageException.class)
                .hasMessageContaining("leads back to itself");
    }

    @Test
    void aFileThatSaysMoreThanItHasIsRefused() throws IOException {
        byte[] image = changed(in -> {
            for (int at = 0; at + BLOCK <= in.capacity(); at += BLOCK) {
                if (in.getShort(at) == 261 && in.getLong(at + 56) == 700_001) {
                    in.putLong(at + 56, 1L << 60);
                    seal(in, at, Short.toUnsignedInt(in.getShort(at + 10)));
                }
            }
        });
        assertThatThrownBy(() -> new UdfReader(Content.of(image)).tree()).isInstanceOf(BadImageException.class)
                .hasMessageContaining("pieces");
    }

    @Test
    void anImageThatIsCutOffIsRefusedWithItsPlace() throws IOException {
        byte[] image = Files.readAllBytes(windowsLike());
        for (int blocks : new int[]{257, 270, 300, 400}) {
            Content cut = Content.of(java.util.Arrays.copyOf(image, blocks * BLOCK));
            assertThatThrownBy(() -> new UdfReader(cut).tree()).as("%d blocks", blocks)
                    .isInstanceOf(BadImageException.class).hasMessageContaining("expected");
        }
    }

    @Test
    void whatIsNoUdfIsSaid() throws IOException {
        assertThat(UdfReader.isUdf(Content.zeros(1 << 20))).isFalse();
        assertThat(UdfReader.isUdf(Content.of(new byte[0]))).isFalse();
        assertThatThrownBy(() -> new UdfReader(Content.zeros(1 << 20))).hasMessageContaining("no UDF");
    }
}

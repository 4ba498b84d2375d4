package dev.kindling.iso.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.iso.image.IsoReader.Entry;
import dev.kindling.iso.image.IsoReader.Kind;
import dev.kindling.iso.image.IsoReader.Names;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IsoReaderTest {
    @TempDir
    Path directory;

    private static Map<String, String> described(Path tree) throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path each : (Iterable<Path>) all.skip(1)::iterator) {
                String mode = Integer.toOctalString((int) Files.getAttribute(each, "unix:mode",
                        LinkOption.NOFOLLOW_LINKS) & 07777);
                String what = Files.isSymbolicLink(each)
                        ? "-> " + Files.readSymbolicLink(each)
                        : Files.isDirectory(each)
                                ? "directory " + mode
                                : mode + " " + Files.size(each) + " "
                                        + java.util.Arrays.hashCode(Files.readAllBytes(each)) + " "
                                        + Files.getLastModifiedTime(each).toInstant().getEpochSecond();
                found.put(tree.relativize(each).toString(), what);
            }
        }
        return found;
    }

    private static Map<String, String> described(IsoReader reader) throws IOException {
        Map<String, String> found = new TreeMap<>();
        reader.walk(reader.root(), entry -> {
            String mode = Integer.toOctalString(entry.attributes().permissions());
            found.put(entry.path(), switch (entry.kind()) {
                case SYMLINK -> "-> " + entry.target();
                case DIRECTORY -> "directory " + mode;
                default -> mode + " " + entry.size() + " "
                        + java.util.Arrays.hashCode(reader.content(entry).bytes()) + " "
                        + entry.attributes().modified().getEpochSecond();
            });
        });
        return found;
    }

    @ParameterizedTest
    @ValueSource(strings = {"xorriso", "genisoimage"})
    void everyFileOfARockRidgeImageIsReadAsItWentIn(String program) throws IOException {
        Path tree = Isos.tree(directory);
        Path iso = program.equals("xorriso")
                ? Isos.xorriso(directory, tree, "x.iso")
                : Isos.genisoimage(directory, tree, "-R", "-J", "-joliet-long");
        IsoReader reader = new IsoReader(Content.file(iso));
        assertThat(reader.names()).isEqualTo(Names.ROCK_RIDGE);
        assertThat(reader.volume().label()).startsWith("THEIRS");
        assertThat(described(reader)).isEqualTo(described(tree));
        IsoReader joliet = new IsoReader(Content.file(iso), Optional.of(Names.JOLIET));
        Entry umlauts = joliet.find("naïve café 漢字.txt").orElseThrow();
        assertThat(Isos.text(joliet.bytes(umlauts))).isEqualTo("umlauts");
        IsoReader plain = new IsoReader(Content.file(iso), Optional.of(Names.PLAIN));
        assertThat(plain.find("big.bin").orElseThrow().size()).isEqualTo(300_000);
    }

    @Test
    void directoriesThatTheWriterMovedAreWhereTheyBelong() throws IOException {
        Path tree = Isos.tree(directory);
        IsoReader reader = new IsoReader(Content.file(Isos.genisoimage(directory, tree, "-R")));
        assertThat(reader.find("a/b/c/d/e/f/g/h/i/j/k/deep file.txt").map(Entry::kind)).contains(Kind.FILE);
        assertThat(reader.list(reader.root())).extracting(Entry::name).doesNotContain("rr_moved", ".rr_moved");
    }

    @Test
    @Tag("full")
    void filesAboveFourGibibytesHaveSeveralExtents() throws IOException {
        Path tree = Files.createDirectories(directory.resolve("t"));
        long size = (4L << 30) + 5000;
        try (RandomAccessFile file = new RandomAccessFile(tree.resolve("huge").toFile(), "rw")) {
            file.setLength(size);
        }
        Node.File huge = new Node.File(Node.Attributes.file(Isos.TIME), Content.file(tree.resolve("huge")));
        assertThat(huge.content().size()).isEqualTo(size);
        // xorriso's map only: the data stays a hole
        Path iso = directory.resolve("huge.iso");
        dev.kindling.iso.Tool.run("xorriso", directory, java.util.List.of("sh", "-c",
                "xorriso -as mkisofs -quiet -R -iso-level 3 -o - t | cp --sparse=always /dev/stdin " + iso));
        IsoReader reader = new IsoReader(Content.file(iso));
        Entry entry = reader.find("huge").orElseThrow();
        assertThat(entry.size()).isEqualTo(size);
        assertThat(entry.extents()).hasSizeGreaterThan(1);
        assertThat(reader.content(entry).size()).isEqualTo(size);
    }

    @Test
    void theBootCatalogueAndThePartitionTablesAreRead() throws IOException {
        Path tree = Isos.bootTree(directory);
        IsoReader debian = new IsoReader(Content.file(Isos.debian(directory, tree)));
        BootCatalogue catalogue = debian.bootCatalogue().orElseThrow();
        assertThat(catalogue.checksumRight()).isTrue();
        assertThat(catalogue.entries()).extracting(BootCatalogue.Entry::platform).containsExactly(0, 0xEF);
        assertThat(catalogue.entries().getFirst().offset())
                .isEqualTo(debian.file("isolinux/isolinux.bin").extents().getFirst().offset());
        PartitionTables tables = debian.partitions();
        assertThat(tables.bootImage()).isEqualTo(catalogue.entries().getFirst().offset());
        assertThat(tables.gpt().orElseThrow().problems()).isEmpty();
        assertThat(tables.backup().orElseThrow().problems()).isEmpty();
        IsoReader ubuntu = new IsoReader(Content.file(Isos.ubuntu(directory, tree)));
        assertThat(ubuntu.volumes()).extracting(v -> v.base).contains(0L, 16L);
        assertThat(ubuntu.partitions().gpt().orElseThrow().partitions()).hasSizeGreaterThan(1);
        assertThat(ubuntu.partitions().backup().orElseThrow().problems()).isEmpty();
    }

    @Test
    void whatIsNoImageIsSaidWithItsPlace() {
        assertThatThrownBy(() -> new IsoReader(Content.of(new byte[100_000])))
                .isInstanceOf(BadImageException.class).hasMessageContaining("32768").hasMessageContaining("CD001");
        assertThatThrownBy(() -> new IsoReader(Content.of(new byte[10]))).isInstanceOf(BadImageException.class);
        byte[] udf = new byte[100_000];
        System.arraycopy("BEA01".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, udf, 32769, 5);
        System.arraycopy("NSR03".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, udf, 34817, 5);
        assertThatThrownBy(() -> new IsoReader(Content.of(udf))).hasMessageContaining("UDF");
    }
}

package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.iso.Tool;
import dev.kindling.iso.image.FatImage.Kind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FatTest {
    private static final Instant TIME = Instant.parse("2026-03-04T05:06:08Z");
    private static final String LONG = "A rather long name, with ünï-cødé and 漢字 in it.tar.gz";

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(Kind.class)
    void otherProgramsReadWhatWasWritten(Kind kind) throws IOException {
        Path image = directory.resolve("image");
        sample(kind).writeTo(image);
        assertThat(image).hasSize(sizeOf(kind));
        Tool.run("dosfstools", directory, List.of("fsck.vfat", "-n", "-v", image.toString()));
        String info = Tool.run("mtools", directory, List.of("minfo", "-i", image.toString(), "::"));
        assertThat(info).contains("serial number: 1234ABCD").contains("disk label=\"KINDLING   \"")
                .contains("disk type=\"" + kind + "   \"");
        String listing = Tool.run("mtools", directory, List.of("mdir", "-/", "-b", "-i", image.toString(), "::"));
        assertThat(listing.lines()).contains("::/EFI/", "::/EFI/BOOT/", "::/EFI/BOOT/BOOTX64.EFI", "::/meta-data",
                "::/empty", "::/big.bin");
        Tool.run("mtools", directory, List.of("mcopy", "-s", "-m", "-i", image.toString(), "::/", "copy"));
        Path copy = directory.resolve("copy");
        assertThat(copy.resolve("EFI/BOOT/BOOTX64.EFI")).hasContent("loader");
        assertThat(copy.resolve("big.bin")).hasBinaryContent(big());
        assertThat(copy.resolve("empty")).isEmptyFile();
        assertThat(Files.getLastModifiedTime(copy.resolve("meta-data")).toInstant()).isEqualTo(TIME);
        assertThat(Tool.run("util-linux", directory, List.of("blkid", "-p", "-o", "export", image.toString())))
                .contains("LABEL=KINDLING").contains("UUID=1234-ABCD").contains("TYPE=vfat");
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void readerFindsWhatWriterWrote(Kind kind) throws IOException {
        Path image = directory.resolve("image");
        sample(kind).writeTo(image);
        try (FileChannel channel = FileChannel.open(image)) {
            FatReader reader = new FatReader(channel);
            assertThat(reader.label()).isEqualTo("KINDLING");
            assertThat(reader.volumeId()).isEqualTo(0x1234ABCD);
            assertThat(reader.kind()).isEqualTo(kind);
            assertThat(reader.entries()).extracting(FatReader.Entry::path).contains("EFI", "EFI/BOOT",
                    "EFI/BOOT/BOOTX64.EFI", "meta-data", "many", "many/file number 299", LONG, "a.b.c", "UPPER.TXT");
            assertThat(reader.content(LONG)).asString(UTF_8).isEqualTo("long");
            assertThat(reader.content("big.bin")).isEqualTo(big());
            assertThat(reader.content("empty")).isEmpty();
            for (int i = 0; i < 300; i++) {
                assertThat(reader.content("many/file number " + i)).asString(UTF_8).isEqualTo("content " + i);
            }
            assertThat(reader.entries()).allMatch(entry -> entry.modified().equals(TIME));
            assertThatThrownBy(() -> reader.content("EFI")).isInstanceOf(IOException.class);
        }
    }

    @ParameterizedTest
    @CsvSource({"12, 1", "16, 4", "32, 40"})
    void readerFindsWhatMtoolsWrote(int bits, int mebibytes) throws IOException {
        Path image = directory.resolve("image");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength((long) mebibytes << 20);
        }
        Tool.run("dosfstools", directory, List.of("mkfs.vfat", "-F", Integer.toString(bits), "-s", "1", "-n", "THEIRS",
                "-i", "0badcafe", image.toString()));
        Path big = Files.write(directory.resolve("Some Long Name.bin"), big());
        Tool.run("mtools", directory, List.of("mmd", "-i", image.toString(), "::/Sub Directory"));
        Tool.run("mtools", directory,
                List.of("mcopy", "-i", image.toString(), big.toString(), "::/Sub Directory/Some Long Name.bin"));
        Tool.run("mtools", directory, List.of("mcopy", "-i", image.toString(), big.toString(), "::/GONE.BIN"));
        Tool.run("mtools", directory, List.of("mdel", "-i", image.toString(), "::/GONE.BIN"));
        try (FileChannel channel = FileChannel.open(image)) {
            FatReader reader = new FatReader(channel);
            assertThat(reader.kind()).hasToString("FAT" + bits);
            assertThat(reader.label()).isEqualTo("THEIRS");
            assertThat(reader.volumeId()).isEqualTo(0x0badcafe);
            assertThat(reader.entries()).extracting(FatReader.Entry::path).containsExactly("Sub Directory",
                    "Sub Directory/Some Long Name.bin");
            assertThat(reader.content("Sub Directory/Some Long Name.bin")).isEqualTo(big());
        }
    }

    @ParameterizedTest
    @CsvSource({"FAT12, 28672", "FAT12, 1474560", "FAT12, 16777216", "FAT12, 266000384", "FAT16, 2170880",
            "FAT16, 33554432", "FAT16, 134217728", "FAT16, 2147483648", "FAT32, 34603008",
            "FAT32, 67108864", "FAT32, 272630272", "FAT32, 300000256"})
    void fsckAcceptsEachSize(Kind kind, long bytes) throws IOException {
        Path image = directory.resolve("image");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            new FatImage(kind, bytes, "SIZE", 1, TIME).file("a/b/c.txt", "x".getBytes(UTF_8))
                    .writeTo(java.nio.channels.Channels.newOutputStream(file.getChannel()));
        }
        Tool.run("dosfstools", directory, List.of("fsck.vfat", "-n", image.toString()));
        try (FileChannel channel = FileChannel.open(image)) {
            assertThat(new FatReader(channel).kind()).isEqualTo(kind);
        }
    }

    @Test
    void sameCallsGiveSameBytes() throws IOException {
        assertThat(sample(Kind.FAT16).toBytes()).isEqualTo(sample(Kind.FAT16).toBytes());
        FatImage image = sample(Kind.FAT16);
        assertThat(image.toBytes()).as("written twice").isEqualTo(image.toBytes());
    }

    @Test
    void refusesNamesThatDifferInCaseOnly() {
        FatImage image = small().file("Readme.txt", new byte[1]).directory("EFI/boot");
        assertThatIllegalArgumentException().isThrownBy(() -> image.file("README.TXT", new byte[1]))
                .withMessageContaining("'README.TXT' and 'Readme.txt' differ in case only");
        assertThatIllegalArgumentException().isThrownBy(() -> image.file("EFI/BOOT/X", new byte[1]))
                .withMessageContaining("differ in case only");
        assertThatIllegalArgumentException().isThrownBy(() -> image.file("Readme.txt", new byte[1]))
                .withMessageContaining("already");
        assertThatIllegalArgumentException().isThrownBy(() -> image.file("Readme.txt/x", new byte[1]));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a:b", "what?", "dot.", "blank ", "a//b", "a\\b", "tab\tname", "/root", "dir/"})
    void refusesBadNames(String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> small().file(name, new byte[1]));
    }

    @Test
    void acceptsTheLongestNameAndRefusesALongerOne() throws IOException {
        String longest = "n".repeat(255);
        Path image = directory.resolve("image");
        small().file(longest, new byte[]{7}).writeTo(image);
        Tool.run("dosfstools", directory, List.of("fsck.vfat", "-n", image.toString()));
        try (FileChannel channel = FileChannel.open(image)) {
            assertThat(new FatReader(channel).content(longest)).containsExactly(7);
        }
        assertThatIllegalArgumentException().isThrownBy(() -> small().file("n".repeat(256), new byte[1]))
                .withMessageContaining("255").withMessageContaining("256");
    }

    @Test
    void fillsTheImageToTheLastClusterAndNotFurther() throws IOException {
        FatImage empty = small();
        Path image = directory.resolve("image");
        empty.writeTo(image);
        String info = Tool.run("mtools", directory, List.of("mdir", "-i", image.toString(), "::"));
        int free = Integer.parseInt(info.substring(info.lastIndexOf('\n', info.indexOf(" bytes free")) + 1,
                info.indexOf(" bytes free")).replace(" ", ""));
        small().file("full", new byte[free]).writeTo(image);
        Tool.run("dosfstools", directory, List.of("fsck.vfat", "-n", image.toString()));
        FatImage over = small().file("full", new byte[free]).file("one-more", new byte[1]);
        assertThatIllegalArgumentException().isThrownBy(over::toBytes).withMessageContaining("'one-more' does not fit");
    }

    @Test
    void refusesSizesLabelsAndTimesThatAreNoFat() {
        assertThatIllegalArgumentException().isThrownBy(() -> new FatImage(Kind.FAT16, 1 << 20, "X", 1, TIME))
                .withMessageContaining("clusters");
        assertThatIllegalArgumentException().isThrownBy(() -> new FatImage(Kind.FAT32, 32 << 20, "X", 1, TIME))
                .withMessageContaining("clusters");
        assertThatIllegalArgumentException().isThrownBy(() -> new FatImage(Kind.FAT16, 4_000_001, "X", 1, TIME))
                .withMessageContaining("multiple of 512");
        for (String label : List.of("", "lower", "TWELVECHARSX", "A/B")) {
            assertThatIllegalArgumentException().isThrownBy(() -> new FatImage(Kind.FAT16, 4 << 20, label, 1, TIME))
                    .withMessageContaining("label");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new FatImage(Kind.FAT16, 4 << 20, "X", 1, Instant.EPOCH))
                .withMessageContaining("1980");
    }

    @Test
    void theRootDirectoryOfFat16HasALimit() {
        FatImage image = small();
        for (int i = 0; i < 511; i++) {
            image.file("F" + i, new byte[0]);
        }
        assertThatIllegalArgumentException().isThrownBy(() -> image.file("ONE", new byte[0]))
                .withMessageContaining("512 entries");
    }

    @Test
    void damagedImagesAreRefused() throws IOException {
        Path image = directory.resolve("image");
        byte[] bytes = sample(Kind.FAT16).toBytes();
        bytes[510] = 0;
        Files.write(image, bytes);
        try (FileChannel channel = FileChannel.open(image)) {
            assertThatThrownBy(() -> new FatReader(channel)).isInstanceOf(IOException.class);
        }
        byte[] loop = sample(Kind.FAT16).toBytes();
        for (int cluster = 2; cluster < 200; cluster++) {
            loop[512 + 2 * cluster] = (byte) cluster;
            loop[512 + 2 * cluster + 1] = 0;
        }
        Files.write(image, loop);
        try (FileChannel channel = FileChannel.open(image)) {
            assertThatThrownBy(() -> new FatReader(channel)).isInstanceOf(IOException.class)
                    .hasMessageContaining("damaged");
        }
    }

    private static FatImage small() {
        return new FatImage(Kind.FAT16, 4 << 20, "SMALL", 1, TIME);
    }

    private static long sizeOf(Kind kind) {
        return kind == Kind.FAT16 ? 4 << 20 : 40 << 20;
    }

    private FatImage sample(Kind kind) throws IOException {
        FatImage image = new FatImage(kind, sizeOf(kind), "KINDLING", 0x1234ABCD, TIME)
                .file("EFI/BOOT/BOOTX64.EFI", "loader".getBytes(UTF_8)).file("meta-data", "id".getBytes(UTF_8))
                .file("empty", new byte[0]).file("big.bin", Files.write(directory.resolve("big"), big()))
                .file(LONG, "long".getBytes(UTF_8)).file("a.b.c", new byte[1]).file("UPPER.TXT", new byte[1])
                .file(".hidden", new byte[1]).directory("many");
        for (int i = 0; i < 300; i++) {
            image.file("many/file number " + i, ("content " + i).getBytes(UTF_8));
        }
        return image;
    }

    private static byte[] big() {
        byte[] big = new byte[300_001];
        new Random(5).nextBytes(big);
        return big;
    }
}

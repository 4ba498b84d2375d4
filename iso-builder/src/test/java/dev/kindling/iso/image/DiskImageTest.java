package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.iso.BootFiles;
import dev.kindling.iso.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Disk images, read by sgdisk, sfdisk, mtools, fsck.fat and 7z. */
class DiskImageTest {
    private static final byte[] RANDOM = new byte[3_000_001];

    static {
        new Random(11).nextBytes(RANDOM);
    }

    @TempDir
    Path directory;

    private static List<DiskImage.Part> parts() {
        Tree tree = new Tree(Node.Attributes.directory(Isos.TIME)).put("EFI/BOOT/BOOTX64.EFI",
                new Node.File(Node.Attributes.file(Isos.TIME), Content.of("loader".getBytes(UTF_8))));
        return List.of(DiskImage.Part.efi("EFI system", BootFiles.fat(tree.root(), "KLEFI", Isos.TIME)),
                DiskImage.Part.linux("root ü", Content.of(RANDOM)));
    }

    private Path written(DiskImage.Table table, long bytes) throws IOException {
        Path disk = directory.resolve("disk.img");
        ImageWriter.write(DiskImage.of(table, parts(), bytes, new byte[0]), disk, _ -> {});
        return disk;
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 64 << 20, (64 << 20) + 512})
    void bothTablesAreSoundAndTheContentsAreWhereTheySay(long bytes) throws IOException {
        Path disk = written(DiskImage.Table.GPT, bytes);
        assertThat(Tool.run("gdisk", directory, List.of("sgdisk", "-v", disk.toString())))
                .contains("No problems found");
        assertThat(Tool.run("gdisk", directory, List.of("sgdisk", "-p", disk.toString())))
                .containsPattern("1 +2048 .*EF00  EFI system").containsPattern("2 .*8300  root");
        assertThat(Tool.run("fdisk", directory, List.of("sfdisk", "--verify", disk.toString())))
                .contains("No errors detected");
        assertThat(Tool.run("mtools", directory,
                List.of("mtype", "-i", disk + "@@1M", "::/EFI/BOOT/BOOTX64.EFI"))).isEqualTo("loader");
        List<DiskReader.Partition> read = new DiskReader(Content.file(disk)).partitions();
        assertThat(read).extracting(DiskReader.Partition::name).containsExactly("EFI system", "root ü");
        assertThat(read.get(1).content().slice(0, RANDOM.length).bytes()).isEqualTo(RANDOM);
        Tool.run("p7zip-full", directory, List.of("7z", "x", "-y", "-oout", "-tgpt", disk.toString()));
        try (java.util.stream.Stream<Path> out = Files.list(directory.resolve("out"))) {
            assertThat(out).hasSize(2);
        }
    }

    @Test
    void aMasterBootRecordIsReadByOthers() throws IOException {
        Path disk = written(DiskImage.Table.MBR, 0);
        assertThat(Tool.run("fdisk", directory, List.of("sfdisk", "-d", disk.toString())))
                .contains("label: dos").containsPattern("start= +2048, .*type=ef").containsPattern("type=83");
        assertThat(Tool.run("fdisk", directory, List.of("sfdisk", "--verify", disk.toString())))
                .contains("No errors detected");
        assertThat(new DiskReader(Content.file(disk)).partitions()).extracting(DiskReader.Partition::type)
                .containsExactly("ef", "83");
    }

    @Test
    void theFatOfADirectoryIsSound() throws IOException {
        Path fat = directory.resolve("fat");
        ImageWriter.write(parts().getFirst().content(), fat, _ -> {});
        assertThat(Tool.run("dosfstools", directory, List.of("fsck.fat", "-n", "-v", fat.toString())))
                // the label, two directories and a file
                .contains("4 files");
        assertThat(Tool.run("util-linux", directory, List.of("blkid", "-p", "-o", "value", "-s", "LABEL",
                fat.toString()))).isEqualToIgnoringNewLines("KLEFI");
    }

    @ParameterizedTest
    @EnumSource
    void sameContentsGiveSameBytes(DiskImage.Table table) throws IOException {
        assertThat(DiskImage.of(table, parts(), 0, new byte[0]).bytes())
                .isEqualTo(DiskImage.of(table, parts(), 0, new byte[0]).bytes());
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertThatThrownBy(() -> DiskImage.of(DiskImage.Table.GPT, parts(), 1 << 20, new byte[0]))
                .hasMessageContaining("the partitions need a disk of");
        assertThatThrownBy(() -> DiskImage.of(DiskImage.Table.MBR,
                Collections.nCopies(5, DiskImage.Part.linux("x", Content.zeros(1))), 0, new byte[0]))
                .hasMessageContaining("at most 4");
        assertThatThrownBy(() -> DiskImage.of(DiskImage.Table.GPT,
                List.of(DiskImage.Part.linux("x", Content.zeros(0))), 0, new byte[0])).hasMessageContaining("is empty");
        assertThatThrownBy(
                () -> DiskImage.of(DiskImage.Table.MBR, List.of(DiskImage.Part.linux("x", Content.zeros(3L << 40))),
                        0, new byte[0]))
                .hasMessageContaining("2 TiB");
    }
}

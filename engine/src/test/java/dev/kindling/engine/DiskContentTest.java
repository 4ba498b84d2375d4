package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is on a disk, as the programs of others wrote it. */
class DiskContentTest {
    @TempDir
    Path directory;

    private byte[] made(String command) throws IOException, InterruptedException {
        Path file = directory.resolve("disk");
        try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
            disk.setLength(64 << 20);
        }
        Process process = new ProcessBuilder("sh", "-c", command + " " + file).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", command, said).isZero();
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(DiskContent.HEAD);
        }
    }

    @ParameterizedTest
    @CsvSource({"mke2fs -q -F -t ext4, ext", "mkswap -q, swap", "mkfs.fat -F 32, FAT", "mkfs.fat -F 16, FAT",
            "true, empty", "sgdisk -n 1:0:+1M, 'GPT, 0 partitions'"})
    void theFileSystemIsNamed(String command, String expected) throws Exception {
        assertThat(DiskContent.of(made("PATH=$PATH:/usr/sbin:/sbin " + command), List.of())).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"0, 4c554b53babe, LUKS", "512, 4c4142454c4f4e45, LVM", "4096, fc4e2ba9, RAID member",
            "0, 58465342, XFS", "65600, 5f42485266535f4d, Btrfs", "32769, 4344303031, ISO 9660",
            "3, 4e54465320202020, NTFS", "3, 4558464154202020, exFAT", "133120, 0cb1ba0000000000, ZFS",
            "131072, 0000000000bab10c, ZFS", "510, 55aa, boot sector", "100000, 01, unknown data"})
    void aSignatureIsKnownWhereItStands(int offset, String bytes, String expected) {
        byte[] head = new byte[DiskContent.HEAD];
        byte[] signature = java.util.HexFormat.of().parseHex(bytes);
        System.arraycopy(signature, 0, head, offset, signature.length);
        assertThat(DiskContent.of(head, List.of())).isEqualTo(expected);
    }

    @Test
    void partitionsAreNamedOneByOne() throws Exception {
        byte[] empty = new byte[DiskContent.HEAD];
        assertThat(DiskContent.of(empty, List.of(made("mkfs.fat -F 16"), empty)))
                .isEqualTo("MBR, 2 partitions: FAT, empty");
    }

    @Test
    void whatKindlingInstalledIsNamed() {
        byte[] head = new byte[DiskContent.HEAD];
        byte[] journal = "KINDLING1 install=1234-abcd stage=ERASED ".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(journal, 0, head, 41 * 512, journal.length);
        assertThat(DiskContent.of(head, List.of())).isEqualTo("a Kindling install that was cut off");
        byte[] mark = "KINDLING1 order=o-77 machine=demo-cp-1\n".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(mark, 0, head, 40 * 512, mark.length);
        assertThat(DiskContent.of(head, List.of())).isEqualTo("Kindling install o-77 of demo-cp-1");
    }

    @Test
    void whereNothingMayBeReadThePartitionsAreCounted() {
        assertThat(DiskContent.of(new byte[0], List.of())).isEmpty();
        assertThat(DiskContent.of(new byte[0], List.of(new byte[0]))).isEqualTo("1 partition");
    }
}

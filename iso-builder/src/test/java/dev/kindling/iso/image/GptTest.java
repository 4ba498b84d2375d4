package dev.kindling.iso.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.iso.Tool;
import dev.kindling.iso.image.Gpt.Partition;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GptTest {
    private static final UUID DISK = UUID.fromString("01234567-89ab-cdef-8123-456789abcdef");

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(longs = {131_072, 131_071, 8_388_608, 5_000_000_000L})
    void sgdiskFindsNoProblemOnDisksOfAnySize(long sectors) throws IOException {
        Path disk = write(sample(sectors), new byte[0]);
        assertThat(Tool.run("gdisk", directory, List.of("sgdisk", "--verify", disk.toString())))
                .contains("No problems found");
        String print = Tool.run("gdisk", directory,
                List.of("sgdisk", "--print", "-i", "1", "-i", "2", disk.toString()));
        assertThat(print).contains("01234567-89AB-CDEF-8123-456789ABCDEF").contains("EF02").contains("EF00")
                .contains("Partition name: 'Käse'").contains("21686148-6449-6E6F-744E-656564454649")
                .contains("C12A7328-F81F-11D2-BA4B-00A0C93EC93B").contains("First sector: 4096 ")
                .contains("Last sector: 69631 ");
    }

    @Test
    void readsWhatSgdiskWrote() throws IOException {
        Path disk = directory.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(64 << 20);
        }
        Tool.run("gdisk", directory,
                List.of("sgdisk", "-U", DISK.toString(), "-n", "1:2048:4095", "-t", "1:ef02", "-c", "1:boot", "-A",
                        "1:set:2", "-n", "3:4096:0", "-u", "3:9a21cf7a-1111-2222-3333-444444444444", disk.toString()));
        byte[] all = Files.readAllBytes(disk);
        Gpt gpt = Gpt.read(Arrays.copyOf(all, 34 * 512), 131_072);
        assertThat(gpt.disk()).isEqualTo(DISK);
        assertThat(gpt.partitions()).hasSize(2);
        Partition boot = gpt.partitions().getFirst();
        assertThat(boot.type()).isEqualTo(Gpt.BIOS_BOOT);
        assertThat(boot.name()).isEqualTo("boot");
        assertThat(boot.attributes()).isEqualTo(4);
        assertThat(gpt.partitions().get(1).id()).hasToString("9a21cf7a-1111-2222-3333-444444444444");
        assertThat(Gpt.readBackup(Arrays.copyOfRange(all, all.length - 33 * 512, all.length), 131_072)).isEqualTo(gpt);
    }

    @Test
    void readerFindsWhatWriterWrote() throws IOException {
        Gpt gpt = sample(131_072);
        assertThat(Gpt.read(gpt.head(new byte[0]), 131_072)).isEqualTo(gpt);
        assertThat(Gpt.readBackup(gpt.tail(), 131_072)).isEqualTo(gpt);
    }

    @Test
    void keepsBootCodeBesideTheProtectiveTable() {
        byte[] code = new byte[440];
        Arrays.fill(code, (byte) 0x90);
        byte[] head = sample(131_072).head(code);
        assertThat(Arrays.copyOf(head, 440)).isEqualTo(code);
        assertThat(Arrays.copyOfRange(head, 440, 462))
                .isEqualTo(new byte[]{0, 0, 0, 0, 0, 0, 0, 0, 2, 0, (byte) 0xEE, -1, -1, -1, 1, 0, 0, 0, -1, -1, 1, 0});
        assertThat(Arrays.copyOfRange(head, 510, 512)).isEqualTo(new byte[]{0x55, (byte) 0xAA});
    }

    @Test
    void everyChangedByteOfTheTableIsNoticed() {
        byte[] head = sample(131_072).head(new byte[0]);
        for (int at : new int[]{512, 520, 540, 603, 1024, 1100, 34 * 512 - 1}) {
            byte[] damaged = head.clone();
            damaged[at] ^= 1;
            assertThatThrownBy(() -> Gpt.read(damaged, 131_072)).as("byte %d", at).isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> Gpt.read(new byte[100], 131_072)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> Gpt.readBackup(sample(131_072).tail(), 131_073)).isInstanceOf(IOException.class)
                .hasMessageContaining("expected 131072");
    }

    @Test
    void refusesWhatCannotBeADisk() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Gpt(DISK, 67, List.of()))
                .withMessageContaining("at least 68");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Gpt(DISK, 4096, List.of(partition(1, 33, 100, "early"))))
                .withMessageContaining("'early'").withMessageContaining("34 to 4062");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Gpt(DISK, 4096, List.of(partition(1, 34, 4063, "late"))))
                .withMessageContaining("'late'");
        assertThatIllegalArgumentException().isThrownBy(
                () -> new Gpt(DISK, 4096, List.of(partition(1, 40, 100, "one"), partition(2, 100, 200, "two"))))
                .withMessageContaining("'one' and 'two' overlap");
        assertThatIllegalArgumentException().isThrownBy(
                () -> new Gpt(DISK, 4096, List.of(partition(1, 40, 99, "one"), partition(1, 100, 200, "two"))))
                .withMessageContaining("same id");
        assertThatIllegalArgumentException().isThrownBy(() -> partition(1, 40, 39, "x"));
        assertThatIllegalArgumentException().isThrownBy(() -> partition(1, 40, 50, "x".repeat(37)))
                .withMessageContaining("36");
        assertThatIllegalArgumentException().isThrownBy(() -> sample(131_072).head(new byte[441]))
                .withMessageContaining("440");
    }

    private static Gpt sample(long sectors) {
        return new Gpt(DISK, sectors,
                List.of(new Partition(Gpt.BIOS_BOOT, new UUID(1, 1), 2048, 4095, 4, "Käse"),
                        new Partition(Gpt.EFI_SYSTEM, new UUID(1, 2), 4096, 69_631, 1, "ESP"),
                        new Partition(Gpt.LINUX_DATA, new UUID(1, 3), 69_632, Gpt.lastUsable(sectors), 0, "data")));
    }

    private static Partition partition(long id, long first, long last, String name) {
        return new Partition(Gpt.LINUX_DATA, new UUID(9, id), first, last, 0, name);
    }

    private Path write(Gpt gpt, byte[] bootCode) throws IOException {
        Path disk = directory.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(gpt.sectors() * 512);
            file.write(gpt.head(bootCode));
            file.seek((gpt.sectors() - 33) * 512);
            file.write(gpt.tail());
        }
        return disk;
    }
}

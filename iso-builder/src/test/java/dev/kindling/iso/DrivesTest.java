package dev.kindling.iso;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.iso.image.Content;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DrivesTest {
    private static final long MIB = 1 << 20;

    @TempDir
    Path directory;

    /** A machine with an NVMe disk that the system is on, an idle SATA disk, and a USB stick. */
    private Drives machine(String mounts) throws IOException {
        disk("devices/pci0/nvme/nvme0/nvme0n1", "nvme0n1", 1000, "NVME-1", "nvme0n1p1");
        disk("devices/pci0/ata1/sda", "sda", 500, "SATA-1", "sda1");
        disk("devices/pci0/usb1/1-1/1-1:1.0/host6/sdb", "sdb", 16, "", "sdb1");
        write("sys/devices/pci0/usb1/1-1/serial", "USB-77");
        write("proc/self/mountinfo", "1 0 259:1 / / rw - ext4 /dev/nvme0n1p1 rw\n" + mounts);
        write("proc/swaps", "Filename Type Size Used Priority\n");
        return new Drives(directory.resolve("sys"), directory.resolve("proc"), Path.of("/dev"));
    }

    private void disk(String path, String name, long mib, String serial, String partition) throws IOException {
        write("sys/" + path + "/size", Long.toString(mib * 2048));
        write("sys/" + path + "/removable", "0");
        write("sys/" + path + "/ro", "0");
        write("sys/" + path + "/device/model", "Model of " + name);
        write("sys/" + path + "/device/serial", serial);
        write("sys/" + path + "/" + partition + "/partition", "1");
        Files.createDirectories(directory.resolve("sys/block"));
        Files.createSymbolicLink(directory.resolve("sys/block/" + name), directory.resolve("sys/" + path));
    }

    private void write(String path, String text) throws IOException {
        Path file = directory.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text + "\n");
    }

    private static Optional<String> refusal(Drives drives, String name, long bytes, String serial) throws IOException {
        return DriveWriter.refusal(drives.find(Path.of("/dev", name)).orElseThrow(), bytes,
                Optional.of(serial).filter(s -> !s.isEmpty()));
    }

    @Test
    void onlyTheStickMayBeWrittenWithoutAWord() throws IOException {
        Drives drives = machine("");
        assertThat(drives.list()).extracting(Drives.Drive::name).containsExactly("nvme0n1", "sda", "sdb");
        assertThat(drives.list()).extracting(Drives.Drive::identity).containsExactly("NVME-1", "SATA-1", "USB-77");
        assertThat(refusal(drives, "sdb", MIB, "")).isEmpty();
        assertThat(refusal(drives, "sda", MIB, "").orElseThrow()).contains("internal");
        assertThat(refusal(drives, "sda", MIB, "SATA-1")).isEmpty();
        assertThat(refusal(drives, "sda", MIB, "SATA-2").orElseThrow()).contains("SATA-1");
        assertThat(refusal(drives, "nvme0n1", MIB, "").orElseThrow()).contains("in use by this system");
        assertThat(refusal(drives, "nvme0n1", MIB, "NVME-1").orElseThrow()).contains("in use by this system");
        assertThat(refusal(drives, "sdb", 100 * MIB, "").orElseThrow()).contains("16777216");
    }

    @Test
    void aMountedStickIsRefusedWithItsMountPoint() throws IOException {
        Drives drives = machine("2 1 8:17 / /media/my\\040stick rw - vfat /dev/sdb1 rw\n");
        assertThat(refusal(drives, "sdb", MIB, "USB-77").orElseThrow()).contains("/media/my stick");
    }

    @Test
    void whatIsWrittenIsReadBack() throws IOException {
        Path target = directory.resolve("stick");
        Files.write(target, new byte[9 << 20]);
        byte[] image = new byte[(5 << 20) + 7 * 2048];
        new java.util.Random(3).nextBytes(image);
        long[] heard = new long[2];
        DriveWriter.write(Content.of(image), target, p -> heard[0] = p.done(), p -> heard[1] = p.done());
        assertThat(Arrays.copyOf(Files.readAllBytes(target), image.length)).isEqualTo(image);
        assertThat(heard).containsExactly(image.length, image.length);
    }

    @Test
    void aCancelledWriteLeavesNothingThatBoots() throws IOException {
        Path target = Files.write(directory.resolve("stick"), new byte[12 << 20]);
        byte[] image = new byte[10 << 20];
        Arrays.fill(image, (byte) 7);
        assertThatThrownBy(() -> DriveWriter.write(Content.of(image), target,
                _ -> Thread.currentThread().interrupt(), _ -> {})).hasMessageContaining("cancel");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(Arrays.copyOf(Files.readAllBytes(target), 4096)).containsOnly(0);
    }

    @Test
    void aSystemWithoutSysIsTold() {
        assertThatThrownBy(() -> new Drives(directory.resolve("none"), directory, directory).list())
                .hasMessageContaining("Linux only").hasMessageContaining("diskutil");
    }
}

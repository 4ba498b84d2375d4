package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.kindling.iso.image.FatImage;
import dev.kindling.iso.image.Gpt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * How the disk of an installed primer is laid out, and what of the medium goes where:
 *
 * <pre>
 *   LBA 0..33     protective MBR with boot code, GPT
 *   LBA 40        mark of the installation, as on the disks of nodes
 *   LBA 41..56    {@link PrimerJournal}
 *   1 MiB         BIOS boot partition with GRUB's core image
 *   2 MiB         EFI system partition: boot loaders, kernel, layers, as on the medium
 *   the rest      state volume: ext4 in LUKS2, the writable side of the system
 *   last 33       backup of the GPT
 * </pre>
 *
 * @param medium where it is mounted
 * @param id of the medium
 */
record PrimerDisk(Path medium, String id) {
    static final long MIB = 1 << 20;
    /** GRUB's space; the EFI system partition is behind it. */
    static final long BIOS_BOOT = DiskLayout.BODY_OFFSET;
    static final long ESP = BIOS_BOOT + SystemImage.BIOS_BOOT_BYTES;
    /** Directories and tables of the file system, and room for another kernel and initramfs. */
    private static final long ESP_SPARE = 64 * MIB;
    private static final long MIN_STATE = 1024 * MIB;

    /** A file that the primer boots from, on its medium. */
    Path file(String name) {
        return medium.resolve(PrimerMedium.DIRECTORY).resolve(name);
    }

    /** What of the medium goes to the disk. */
    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(medium.resolve(PrimerMedium.DIRECTORY))) {
            List<String> leftOut = List.of("config.area", "core.img", "boot.img", id);
            return all.filter(each -> !leftOut.contains(String.valueOf(each.getFileName()))).sorted().toList();
        }
    }

    private long espBytes() throws IOException {
        long bytes = ESP_SPARE;
        for (Path each : files()) {
            bytes += Files.size(each);
        }
        return (bytes + MIB - 1) / MIB * MIB;
    }

    /** The smallest disk, in bytes. */
    long needed() throws IOException {
        return stateAt() + MIN_STATE + 2 * MIB;
    }

    /** Where the state volume begins. */
    long stateAt() throws IOException {
        return ESP + espBytes();
    }

    FatImage esp(String order) throws IOException {
        FatImage esp = new FatImage(FatImage.Kind.FAT32, espBytes(), SystemImage.LABEL,
                uuid(order, "volume").hashCode(),
                PrimerLayers.TIMESTAMP);
        for (String loader : List.of("BOOTX64.EFI", "grubx64.efi", "mmx64.efi")) {
            esp.file("EFI/BOOT/" + loader, medium.resolve("EFI/BOOT").resolve(loader));
        }
        esp.file("EFI/debian/grub.cfg", PrimerMedium.grubConfig(order, "disk").getBytes(UTF_8));
        esp.file(PrimerMedium.DIRECTORY + "/" + order, (order + "\n").getBytes(UTF_8));
        for (Path each : files()) {
            esp.file(PrimerMedium.DIRECTORY + "/" + each.getFileName(), each);
        }
        return esp;
    }

    Gpt table(String order, long diskBytes) throws IOException {
        long sectors = diskBytes / Gpt.SECTOR;
        long bios = BIOS_BOOT / Gpt.SECTOR;
        long esp = ESP / Gpt.SECTOR;
        long state = stateAt() / Gpt.SECTOR;
        return new Gpt(uuid(order, "disk"), sectors,
                List.of(new Gpt.Partition(Gpt.BIOS_BOOT, uuid(order, "bios"), bios, esp - 1, 0, "kindling-bios"),
                        new Gpt.Partition(Gpt.EFI_SYSTEM, uuid(order, "esp"), esp, state - 1, 0, "kindling-esp"),
                        new Gpt.Partition(Gpt.LINUX_DATA, uuid(order, "state"), state,
                                DiskLayout.lastAligned(sectors), 0, "kindling-state")));
    }

    private static UUID uuid(String order, String what) {
        return UUID.nameUUIDFromBytes(("kindling primer " + order + " " + what).getBytes(UTF_8));
    }
}

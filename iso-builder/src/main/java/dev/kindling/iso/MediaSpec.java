package dev.kindling.iso;

import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.Tree;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a medium holds and how it boots. Start with {@link #of} and add with the {@code with} methods.
 *
 * @param tree everything that is on it
 * @param label of the volume: 1 to 32 characters
 * @param bios path in the tree of a boot image for BIOS machines (isolinux.bin, or GRUB's cdboot image)
 * @param efi path in the tree of a FAT image for UEFI machines
 * @param mbr boot code for the first sector, which lets a BIOS machine boot from a USB stick: isohdpfx.bin of isolinux,
 *            or boot_hybrid.img of GRUB
 * @param appended contents behind the file system, each in a partition of its own; a FAT image becomes an EFI system
 *            partition
 * @param epoch the time stamp of everything; without it nodes keep theirs, and the volume has the newest of them
 */
public record MediaSpec(Tree tree, String label, Optional<String> bios, Optional<String> efi, Optional<Content> mbr,
        List<Content> appended, Optional<Instant> epoch) {
    public MediaSpec {
        appended = List.copyOf(appended);
    }

    /** A medium that does not boot. */
    public static MediaSpec of(Tree tree, String label) {
        return new MediaSpec(tree, label, Optional.empty(), Optional.empty(), Optional.empty(), List.of(),
                Optional.empty());
    }

    /** A label of a directory's name, of characters that every reader takes, as ISO 9660 wants them. */
    public static String label(Path directory) throws IOException {
        Path name = directory.toRealPath().getFileName();
        String label = name == null ? "" : name.toString().toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9_]", "_");
        return label.isEmpty() ? "KINDLING" : label.substring(0, Math.min(32, label.length()));
    }

    public MediaSpec withBios(String path) {
        return new MediaSpec(tree, label, Optional.of(path), efi, mbr, appended, epoch);
    }

    public MediaSpec withEfi(String path) {
        return new MediaSpec(tree, label, bios, Optional.of(path), mbr, appended, epoch);
    }

    public MediaSpec withMbr(Content code) {
        return new MediaSpec(tree, label, bios, efi, Optional.of(code), appended, epoch);
    }

    public MediaSpec withAppended(List<Content> contents) {
        return new MediaSpec(tree, label, bios, efi, mbr, contents, epoch);
    }

    public MediaSpec withEpoch(Instant instant) {
        return new MediaSpec(tree, label, bios, efi, mbr, appended, Optional.of(instant));
    }
}

package dev.kindling.iso;

import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.FatImage;
import dev.kindling.iso.image.Node;
import dev.kindling.iso.image.Tree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds what makes a tree bootable, where distributions put it. */
public final class BootFiles {
    private static final List<String> BIOS = List.of("isolinux/isolinux.bin", "boot/isolinux/isolinux.bin",
            "syslinux/isolinux.bin", "boot/syslinux/isolinux.bin", "isolinux.bin",
            "boot/x86_64/loader/isolinux.bin", "boot/grub/i386-pc/eltorito.img", "boot/grub2/i386-pc/eltorito.img",
            "boot/grub/eltorito.img", "images/eltorito.img");
    private static final List<String> EFI = List.of("boot/grub/efi.img", "images/efiboot.img", "isolinux/efiboot.img",
            "EFI/archiso/efiboot.img", "boot/x86_64/efi", "boot/efi.img", "efi.img", "efiboot.img");
    /** In the tree first: a medium should boot by the code that belongs to its boot loader. */
    private static final List<String> ISOLINUX_MBR = List.of("isolinux/isohdpfx.bin", "syslinux/isohdpfx.bin",
            "/usr/lib/ISOLINUX/isohdpfx.bin", "/usr/lib/syslinux/bios/isohdpfx.bin",
            "/usr/share/syslinux/isohdpfx.bin");
    private static final List<String> GRUB_MBR = List.of("boot/grub/i386-pc/boot_hybrid.img",
            "boot/grub2/i386-pc/boot_hybrid.img", "/usr/lib/grub/i386-pc/boot_hybrid.img",
            "/usr/share/grub2/i386-pc/boot_hybrid.img");
    /** isolinux.bin at byte 64: "this image can be started by isohdpfx.bin". */
    private static final int HYBRID_MAGIC = 0x7078_C0FB;

    private BootFiles() {}

    /**
     * A medium with everything that makes it boot, as far as it is found: BIOS boot image and its code for the first
     * sector, EFI image or a partition made of the directory EFI.
     *
     * @throws IOException where boot code that was found cannot be read
     */
    public static MediaSpec found(MediaSpec spec) throws IOException {
        MediaSpec with = spec;
        Optional<String> bios = bios(spec.tree());
        if (bios.isPresent()) {
            with = with.withBios(bios.get());
            Optional<Content> code = mbr(spec.tree(), bios.get());
            with = code.isPresent() ? with.withMbr(code.get()) : with;
        }
        Optional<String> efi = efiImage(spec.tree());
        if (efi.isPresent()) {
            return with.withEfi(efi.get());
        }
        Optional<Content> partition = efiPartition(spec.tree(),
                spec.epoch().orElseGet(() -> IsoBuilder.newest(spec.tree())));
        return partition.isPresent() ? with.withAppended(List.of(partition.get())) : with;
    }

    /** The path of a boot image for BIOS machines. */
    public static Optional<String> bios(Tree tree) {
        return firstFile(tree, BIOS);
    }

    /** The path of a FAT image for UEFI machines. */
    public static Optional<String> efiImage(Tree tree) {
        return firstFile(tree, EFI);
    }

    private static Optional<String> firstFile(Tree tree, List<String> paths) {
        return paths.stream().filter(path -> tree.get(path).orElse(null) instanceof Node.File).findFirst();
    }

    /**
     * An EFI system partition made of the tree's directory EFI. Empty where there is none, or none with a boot loader
     * that firmware starts by itself.
     *
     * @param epoch the time stamp of everything in it
     */
    public static Optional<Content> efiPartition(Tree tree, Instant epoch) {
        Optional<Node.Directory> efi = directory(tree.root(), "EFI");
        boolean boots = efi.flatMap(each -> directory(each, "BOOT")).filter(boot -> boot.children().keySet().stream()
                .anyMatch(name -> name.toLowerCase(Locale.ROOT).matches("boot[a-z0-9]+\\.efi"))).isPresent();
        if (efi.isEmpty() || !boots) {
            return Optional.empty();
        }
        Tree alone = new Tree(tree.root().attributes()).put("EFI", efi.get());
        return Optional.of(fat(alone.root(), "EFI", epoch));
    }

    /**
     * A FAT file system with everything of a directory, as small as it can be; of which kind its size decides.
     *
     * @param label 1 to 11 characters of upper-case ASCII
     * @param epoch the time stamp of everything in it; FAT begins in 1980
     * @throws IllegalArgumentException where the directory holds what FAT cannot
     */
    public static Content fat(Node.Directory directory, String label, Instant epoch) {
        FatImage.Layout layout = FatImage.layoutFor(directory);
        Instant time = epoch.isBefore(FatImage.EARLIEST) ? FatImage.EARLIEST : epoch;
        FatImage image = new FatImage(layout.kind(), layout.bytes(), label, (int) time.getEpochSecond(), time);
        add(image, "", directory);
        return image.content();
    }

    private static Optional<Node.Directory> directory(Node.Directory parent, String name) {
        return parent.children().entrySet().stream()
                .filter(entry -> entry.getKey().equalsIgnoreCase(name) && entry.getValue() instanceof Node.Directory)
                .map(entry -> (Node.Directory) entry.getValue()).findFirst();
    }

    private static void add(FatImage image, String path, Node.Directory directory) {
        if (!path.isEmpty()) {
            image.directory(path);
        }
        directory.children().forEach((name, node) -> {
            String below = path.isEmpty() ? name : path + "/" + name;
            switch (node) {
                case Node.Directory each -> add(image, below, each);
                case Node.File file -> image.file(below, file.content());
                case Node.Symlink link -> throw new IllegalArgumentException(below + " is a symbolic link to "
                        + link.target() + ": FAT has none, and firmware would not find a boot loader");
                case Node.Special _ -> throw new IllegalArgumentException(
                        below + " is neither file nor directory: FAT cannot hold it");
            }
        });
    }

    /**
     * Boot code for the first sector that fits to a BIOS boot image: from the tree, else from this computer.
     *
     * @param bios path of the boot image
     */
    public static Optional<Content> mbr(Tree tree, String bios) throws IOException {
        if (!(tree.get(bios).orElse(null) instanceof Node.File file)) {
            return Optional.empty();
        }
        boolean isolinux = file.content().size() > 68
                && Integer.reverseBytes(
                        java.nio.ByteBuffer.wrap(file.content().slice(64, 4).bytes()).getInt()) == HYBRID_MAGIC;
        for (String path : isolinux ? ISOLINUX_MBR : GRUB_MBR) {
            if (tree.get(path).orElse(null) instanceof Node.File code) {
                return Optional.of(code.content());
            }
            if (path.startsWith("/") && Files.isReadable(Path.of(path))) {
                return Optional.of(Content.file(Path.of(path)));
            }
        }
        return Optional.empty();
    }

    /** Where {@link #mbr} looks, for a message. */
    public static String mbrPlaces() {
        return String.join(", ", Stream.concat(ISOLINUX_MBR.stream(), GRUB_MBR.stream()).toList());
    }

}

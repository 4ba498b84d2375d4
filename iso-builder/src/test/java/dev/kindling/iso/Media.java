package dev.kindling.iso;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.kindling.iso.archive.Initramfs;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.Node;
import dev.kindling.iso.image.Tree;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** Media that boot: boot loaders of this computer's packages, and a configuration that prints {@link #MARKER}. */
final class Media {
    static final String MARKER = "KINDLING-BOOTED";

    /** Of the Debian package debian-installer-12-netboot-amd64. */
    private static final String KERNEL = "/usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64/linux";

    private Media() {}

    /** isolinux for BIOS; Debian's shim and GRUB, signed, for UEFI, in an EFI partition that is made of the tree. */
    static MediaSpec isolinuxAndGrub(Instant time) throws IOException {
        Tree tree = grub(time);
        tree.put("isolinux/isolinux.bin", file(time, "/usr/lib/ISOLINUX/isolinux.bin"));
        tree.put("isolinux/ldlinux.c32", file(time, "/usr/lib/syslinux/modules/bios/ldlinux.c32"));
        tree.put("isolinux/isolinux.cfg", text(time, "SERIAL 0 115200\nPROMPT 1\n"));
        MediaSpec spec = MediaSpec.of(tree, "KINDLING").withBios(BootFiles.bios(tree).orElseThrow());
        return spec.withMbr(BootFiles.mbr(tree, "isolinux/isolinux.bin").orElseThrow())
                .withAppended(List.of(BootFiles.efiPartition(tree, time).orElseThrow()));
    }

    /** With Debian's kernel, and an initramfs whose init shows the kernel's arguments and switches the machine off. */
    static MediaSpec withKernel(Path scratch, Instant time) throws IOException {
        MediaSpec spec = isolinuxAndGrub(time);
        Path overlay = scratch.resolve("initrd.gz");
        // as an overlay behind a vendor's: the kernel takes them apart
        try (OutputStream out = Files.newOutputStream(overlay)) {
            Initramfs.append(out, Initramfs.Compression.ZSTD, time, cpio -> {
                cpio.directories("bin");
                cpio.directories("proc");
                cpio.directories("dev");
                cpio.characterDevice("dev/console", 0600, 5, 1);
            });
            Initramfs.append(out, Initramfs.Compression.XZ, time, cpio -> {
                cpio.directories("bin");
                cpio.file("bin/busybox", 0755, Path.of("/usr/bin/busybox"));
            });
            Initramfs.append(out, Initramfs.Compression.GZIP, time, cpio -> cpio.file("init", 0755, """
                    #!/bin/busybox sh
                    /bin/busybox mount -t proc proc /proc
                    /bin/busybox echo "arguments: $(/bin/busybox cat /proc/cmdline)"
                    /bin/busybox sleep 600
                    """.getBytes(UTF_8)));
        }
        spec.tree().put("vmlinuz", file(time, KERNEL)).put("initrd.gz", file(time, overlay.toString()));
        spec.tree().put("isolinux/isolinux.cfg", text(time,
                "DEFAULT l\nPROMPT 0\nLABEL l\n  KERNEL /vmlinuz\n  APPEND initrd=/initrd.gz quiet\n"));
        spec.tree().put("boot/grub/grub.cfg",
                text(time, "linux /vmlinuz quiet\ninitrd /initrd.gz\nboot\n"));
        return spec;
    }

    /** GRUB for BIOS. */
    static MediaSpec grubForBios(Path scratch, Instant time) throws IOException {
        Tool.run("grub-pc-bin", scratch, List.of("grub-mkimage", "-O", "i386-pc-eltorito", "-p", "/boot/grub", "-o",
                "eltorito.img", "biosdisk", "iso9660", "serial", "terminal", "echo", "normal", "sleep", "halt"));
        Tree tree = grub(time);
        tree.put("boot/grub/eltorito.img",
                new Node.File(Node.Attributes.file(time), Content.file(scratch.resolve("eltorito.img"))));
        MediaSpec spec = MediaSpec.of(tree, "KINDLING").withBios(BootFiles.bios(tree).orElseThrow());
        return spec.withMbr(BootFiles.mbr(tree, "boot/grub/eltorito.img").orElseThrow());
    }

    private static Tree grub(Instant time) throws IOException {
        Tree tree = new Tree(Node.Attributes.directory(time));
        tree.put("EFI/BOOT/BOOTX64.EFI", file(time, "/usr/lib/shim/shimx64.efi.signed"));
        tree.put("EFI/BOOT/grubx64.efi", file(time, "/usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed"));
        // by this file Debian's GRUB finds the medium that it was started from
        tree.put(".disk/info", text(time, "Kindling test medium\n"));
        tree.put("boot/grub/grub.cfg",
                text(time, "serial --unit=0 --speed=115200\nterminal_output serial\necho " + MARKER + "\nsleep 600\n"));
        return tree;
    }

    private static Node file(Instant time, String path) throws IOException {
        return new Node.File(Node.Attributes.file(time), Content.file(Path.of(path)));
    }

    private static Node text(Instant time, String text) {
        return new Node.File(Node.Attributes.file(time), Content.of(text.getBytes(UTF_8)));
    }
}

package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.kindling.iso.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Images that others made, for whoever reads them. */
public final class Isos {
    static final Instant TIME = Instant.parse("2026-03-04T05:06:08Z");

    private Isos() {}

    /** A tree with everything that is hard: depth, long names, links, an empty file, many files. */
    static Path tree(Path directory) throws IOException {
        Path tree = Files.createDirectories(directory.resolve("tree"));
        Path deep = tree.resolve("a/b/c/d/e/f/g/h/i/j/k");
        Files.createDirectories(deep);
        Files.writeString(deep.resolve("deep file.txt"), "deep");
        Files.writeString(tree.resolve("n".repeat(200) + ".txt"), "long name");
        Files.writeString(tree.resolve("naïve café 漢字.txt"), "umlauts");
        Files.writeString(tree.resolve("empty"), "");
        byte[] big = new byte[300_000];
        new Random(3).nextBytes(big);
        Files.write(tree.resolve("big.bin"), big);
        Files.createSymbolicLink(tree.resolve("link"), Path.of("../" + "x/".repeat(100) + "y"));
        Files.createSymbolicLink(tree.resolve("absolute"), Path.of("/etc/nothing-here"));
        Path many = Files.createDirectories(tree.resolve("many"));
        for (int i = 0; i < 300; i++) {
            Files.writeString(many.resolve("a file with a number " + i), "content " + i);
        }
        Files.setPosixFilePermissions(tree.resolve("big.bin"), PosixFilePermissions.fromString("rwxr-x--x"));
        Files.setLastModifiedTime(tree.resolve("big.bin"), FileTime.from(TIME));
        return tree;
    }

    /** What Debian's and Ubuntu's media have: isolinux, an EFI image, md5sum.txt, a hybrid boot record. */
    public static Path bootTree(Path directory) throws IOException {
        Path tree = Files.createDirectories(directory.resolve("boot-tree"));
        Files.createDirectories(tree.resolve("isolinux"));
        Files.createDirectories(tree.resolve("boot/grub"));
        Files.createDirectories(tree.resolve(".disk"));
        Files.createDirectories(tree.resolve("install.amd"));
        Files.writeString(tree.resolve(".disk/info"), "Debian GNU/Linux 12.11.0 \"Bookworm\" - Official amd64 NETINST");
        Files.copy(Path.of("/usr/lib/ISOLINUX/isolinux.bin"), tree.resolve("isolinux/isolinux.bin"));
        Files.copy(Path.of("/usr/lib/syslinux/modules/bios/ldlinux.c32"), tree.resolve("isolinux/ldlinux.c32"));
        Files.writeString(tree.resolve("isolinux/isolinux.cfg"), """
                SERIAL 0 115200
                DEFAULT l
                TIMEOUT 1
                LABEL l
                  KERNEL /install.amd/vmlinuz
                  APPEND initrd=/install.amd/initrd.gz vga=788 --- quiet
                """);
        Files.writeString(tree.resolve("boot/grub/grub.cfg"), """
                set timeout=1
                menuentry 'Install' {
                    linux    /install.amd/vmlinuz vga=788 --- quiet
                    initrd   /install.amd/initrd.gz
                }
                """);
        byte[] kernel = new byte[400_000];
        new Random(7).nextBytes(kernel);
        Files.write(tree.resolve("install.amd/vmlinuz"), kernel);
        Files.write(tree.resolve("install.amd/initrd.gz"), new byte[5000]);
        Path efi = tree.resolve("boot/grub/efi.img");
        Tool.run("dosfstools", directory, List.of("mkfs.vfat", "-C", efi.toString(), "2048"));
        Path config = Files.writeString(directory.resolve("efi-grub.cfg"),
                "search --file --set=root /.disk/info\nset prefix=($root)/boot/grub\nlinux /install.amd/vmlinuz vga=788 --- quiet\n");
        Tool.run("mtools", directory, List.of("mmd", "-i", efi.toString(), "::/EFI", "::/EFI/boot"));
        Tool.run("mtools", directory,
                List.of("mcopy", "-i", efi.toString(), config.toString(), "::/EFI/boot/grub.cfg"));
        md5sums(tree);
        return tree;
    }

    private static void md5sums(Path tree) {
        Tool.run("coreutils", tree, List.of("sh", "-c",
                "find . -type f ! -name md5sum.txt ! -name isolinux.bin ! -name boot.cat -print0 | sort -z | xargs -0 md5sum > md5sum.txt"));
    }

    /** As Debian makes it: the EFI image in the tree, hybrid MBR and GPT. */
    public static Path debian(Path directory, Path tree) {
        return xorriso(directory, tree, "debian.iso", "-isohybrid-mbr", "/usr/lib/ISOLINUX/isohdpfx.bin", "-b",
                "isolinux/isolinux.bin", "-c", "isolinux/boot.cat", "-no-emul-boot", "-boot-load-size", "4",
                "-boot-info-table", "-eltorito-alt-boot", "-e", "boot/grub/efi.img", "-no-emul-boot",
                "-isohybrid-gpt-basdat");
    }

    /** As Ubuntu makes it: the EFI image appended, a second set of trees for the first partition. */
    public static Path ubuntu(Path directory, Path tree) {
        return xorriso(directory, tree, "ubuntu.iso", "-isohybrid-mbr", "/usr/lib/ISOLINUX/isohdpfx.bin",
                "-partition_offset", "16", "-append_partition", "2", "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
                tree.resolve("boot/grub/efi.img").toString(), "-appended_part_as_gpt", "-iso_mbr_part_type",
                "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7", "-b", "isolinux/isolinux.bin", "-c", "isolinux/boot.cat",
                "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table", "-eltorito-alt-boot", "-e",
                "--interval:appended_partition_2:::", "-no-emul-boot");
    }

    public static Path xorriso(Path directory, Path tree, String name, String... options) {
        Path iso = directory.resolve(name);
        List<String> command = new ArrayList<>(List.of("xorriso", "-as", "mkisofs", "-quiet", "-o", iso.toString(),
                "-V", "THEIRS 1", "-input-charset", "utf-8", "-J", "-joliet-long", "-R", "-iso-level", "3"));
        command.addAll(List.of(options));
        command.add(tree.toString());
        Tool.run("xorriso", directory, command);
        return iso;
    }

    /** By genisoimage. */
    static Path genisoimage(Path directory, Path tree, String... options) {
        Path iso = directory.resolve("geniso.iso");
        List<String> command = new ArrayList<>(
                List.of("genisoimage", "-quiet", "-o", iso.toString(), "-V", "THEIRS 2", "-input-charset", "utf-8",
                        "-allow-limited-size"));
        command.addAll(List.of(options));
        command.add(tree.toString());
        Tool.run("genisoimage", directory, command);
        return iso;
    }

    static String text(byte[] bytes) {
        return new String(bytes, UTF_8);
    }
}

package dev.kindling.engine.boot;

import dev.kindling.engine.boot.BootAssets.Source;
import dev.kindling.iso.archive.CpioWriter;
import dev.kindling.iso.image.FatImage;
import dev.kindling.iso.image.Gpt;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The part of an installed disk that is the same on all machines: a BIOS boot partition with GRUB's core image, and
 * behind it an EFI system partition with boot loaders, kernel and the system itself. It has no secrets.
 *
 * @param file both partitions, to be written at {@link DiskLayout#BODY_OFFSET}
 * @param sha256 of the file
 * @param bytes of the file
 * @param bootCode for the first sector of the disk: loads GRUB's core image on a BIOS
 */
public record SystemImage(Path file, String sha256, long bytes, byte[] bootCode) {
    /** Under this name the boot service offers the file. */
    public static final String FILE_NAME = "system.img";
    /** FAT label of the EFI system partition; localboot.efi looks for it. */
    static final String LABEL = "KINDLING";
    static final long BIOS_BOOT_BYTES = 1 << 20;

    private static final List<String> SCRIPTS = List.of("lib.sh", "inventory.sh", "udhcpc.sh", "system.sh",
            "stand-in.sh", "stand-in-request.sh", "k3s.sh");
    private static final List<String> OTHERS = List.of("system-init.sh", "inittab", "mke2fs.conf", "grub.cfg",
            "core.img.cfg", "stage-modules.txt", "system-modules.txt");
    /** What GRUB needs on a BIOS to get from the disk to the kernel. */
    private static final List<String> GRUB_MODULES = List.of("biosdisk", "part_gpt", "fat", "normal", "configfile",
            "linux", "regexp", "echo", "test", "serial", "terminal", "boot", "minicmd");
    /** FAT stores the years from 1980. */
    private static final Instant TIMESTAMP = Instant.parse("2026-01-01T00:00:00Z");
    /** Directories, the two allocation tables, and a rest that is never full. */
    private static final long FAT_OVERHEAD = 2 << 20;
    private static final long MIN_ESP = 34 << 20;

    /** Builds the image, or takes it from the cache. Same assets, same bytes. */
    public static SystemImage build(BootAssets assets) throws IOException {
        Path core = core(assets);
        String key = Hashes.of(String.join("\n", inputs(assets, core))).substring(0, 16);
        Path file = assets.images().get("system-" + key + ".img", aside -> write(aside, assets, core));
        byte[] bootCode = GrubBios.bootCode(Files.readAllBytes(assets.file(Source.GRUB_BIOS)),
                DiskLayout.BODY_OFFSET / Gpt.SECTOR);
        return new SystemImage(file, Hashes.of(file), Files.size(file), bootCode);
    }

    /** GRUB for a BIOS, for disks whose second partition has its configuration. */
    static Path core(BootAssets assets) throws IOException {
        return Grub.build(assets, "core.img", "i386-pc", Source.GRUB_BIOS, "(,gpt2)/EFI/debian", GRUB_MODULES);
    }

    private static List<String> inputs(BootAssets assets, Path core) throws IOException {
        List<String> inputs = new ArrayList<>(List.of("system " + Initramfs.LAYOUT, assets.kernelFiles().identity()));
        List<Path> files = new ArrayList<>(List.of(core, assets.file(Source.BUSYBOX), assets.file(Source.GRUB_SIGNED),
                assets.file(Source.SHIM_SIGNED), assets.file(Source.MOK_MANAGER)));
        files.addAll(assets.formatter());
        assets.certificates().ifPresent(files::add);
        for (Path each : files) {
            inputs.add(Hashes.of(each));
        }
        for (String name : SCRIPTS) {
            inputs.add(Hashes.of(GuestFiles.bytes(name)));
        }
        for (String name : OTHERS) {
            inputs.add(Hashes.of(GuestFiles.bytes(name)));
        }
        return inputs;
    }

    private static void write(Path file, BootAssets assets, Path core) throws IOException {
        Path initramfs = file.resolveSibling("." + file.getFileName() + ".initramfs");
        writeInitramfs(initramfs, assets);
        long content = Files.size(initramfs) + Files.size(assets.kernel());
        // shim, under the name that UEFI firmware looks for, starts grubx64.efi beside it; Debian's signed GRUB reads
        // /EFI/debian/grub.cfg of the partition that it was loaded from.
        List<Source> loaders = List.of(Source.SHIM_SIGNED, Source.GRUB_SIGNED, Source.MOK_MANAGER);
        for (Source loader : loaders) {
            content += Files.size(assets.file(loader));
        }
        long size = Math.max(MIN_ESP, (content + FAT_OVERHEAD + (1 << 20) - 1) >> 20 << 20);
        FatImage esp = new FatImage(FatImage.Kind.FAT32, size, LABEL, 0x4B444C31, TIMESTAMP)
                .file("EFI/BOOT/BOOTX64.EFI", assets.file(Source.SHIM_SIGNED))
                .file("EFI/BOOT/grubx64.efi", assets.file(Source.GRUB_SIGNED))
                .file("EFI/BOOT/mmx64.efi", assets.file(Source.MOK_MANAGER))
                .file("EFI/debian/grub.cfg", GuestFiles.bytes("grub.cfg")).file("kindling/vmlinuz", assets.kernel())
                .file("kindling/system.img", initramfs);
        byte[] biosBoot = GrubBios.core(Files.readAllBytes(core), DiskLayout.BODY_OFFSET / Gpt.SECTOR);
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
            out.write(Arrays.copyOf(biosBoot, (int) BIOS_BOOT_BYTES));
            esp.writeTo(out);
        }
        Files.delete(initramfs);
    }

    private static void writeInitramfs(Path file, BootAssets assets) throws IOException {
        List<String> names = new ArrayList<>(GuestFiles.list("stage-modules.txt"));
        names.addAll(GuestFiles.list("system-modules.txt"));
        KernelModules.Selection modules = KernelModules.in(assets.kernelFiles().modules()).select(names);
        Initramfs.write(file, assets, modules, "system-init.sh", SCRIPTS, archive -> {
            archive.file("etc/inittab", 0644, GuestFiles.bytes("inittab"));
            archive.file("etc/mke2fs.conf", 0644, GuestFiles.bytes("mke2fs.conf"));
            archive.directories("var/lib/kindling");
            writeFormatter(archive, assets);
            if (assets.certificates().isPresent()) {
                archive.directories("etc/ssl/certs");
                archive.file("etc/ssl/certs/ca-certificates.crt", 0644, assets.certificates().get());
            }
        });
    }

    /** Debian's mke2fs: the one of busybox makes no journal. Its libraries keep their places. */
    private static void writeFormatter(CpioWriter archive, BootAssets assets) throws IOException {
        List<Path> files = assets.formatter();
        archive.file("sbin/mke2fs", 0755, files.getFirst());
        for (Path library : files.subList(1, files.size())) {
            String name = library.toString().substring(1);
            archive.directories(name.substring(0, name.lastIndexOf('/')));
            archive.file(name, 0755, library);
        }
    }

    /**
     * Does what grub-bios-setup does, without a disk: ties GRUB's boot sector and core image together. The offsets are
     * those of GRUB's {@code include/grub/i386/pc/boot.h} (GRUB_BOOT_MACHINE_KERNEL_SECTOR, _DRIVE_CHECK) and
     * {@code grub-core/boot/i386/pc/diskboot.S} (the list of blocks at the end of the first sector).
     */
    static final class GrubBios {
        private static final int KERNEL_SECTOR = 0x5C;
        private static final int DRIVE_CHECK = 0x66;
        private static final int BLOCK_LIST = Gpt.SECTOR - 12;

        private GrubBios() {}

        /**
         * Boot code for the first sector.
         *
         * @param coreSector where on the disk the core image is
         */
        static byte[] bootCode(byte[] bootImage, long coreSector) throws IOException {
            if (bootImage.length != Gpt.SECTOR) {
                throw new IOException("GRUB's boot.img has " + bootImage.length + " bytes; expected " + Gpt.SECTOR);
            }
            ByteBuffer code = ByteBuffer.wrap(bootImage.clone()).order(ByteOrder.LITTLE_ENDIAN);
            if (code.getLong(KERNEL_SECTOR) != 1 || code.getShort(DRIVE_CHECK) != 0x05EB) {
                throw new IOException("this GRUB's boot.img is laid out differently from the known ones");
            }
            code.putLong(KERNEL_SECTOR, coreSector);
            // Two nops instead of the jump over "some BIOSes pass a wrong drive number": like grub-bios-setup for hard
            // disks.
            code.putShort(DRIVE_CHECK, (short) 0x9090);
            byte[] result = new byte[Gpt.BOOT_CODE];
            code.get(0, result);
            return result;
        }

        /** The core image: its first sector loads the others, which follow it directly. */
        static byte[] core(byte[] coreImage, long coreSector) throws IOException {
            ByteBuffer core = ByteBuffer.wrap(coreImage.clone()).order(ByteOrder.LITTLE_ENDIAN);
            if (coreImage.length < 2 * Gpt.SECTOR || coreImage.length > BIOS_BOOT_BYTES
                    || core.getLong(BLOCK_LIST) != 2) {
                throw new IOException(
                        "grub-mkimage made a core image that is laid out differently from the known ones");
            }
            core.putLong(BLOCK_LIST, coreSector + 1);
            byte[] result = new byte[coreImage.length];
            core.get(0, result);
            return result;
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SystemImage that && file.equals(that.file) && sha256.equals(that.sha256)
                && Arrays.equals(bootCode, that.bootCode);
    }

    @Override
    public int hashCode() {
        return sha256.hashCode();
    }

    @Override
    public String toString() {
        return "SystemImage[" + file + ", " + bytes + " bytes]";
    }
}

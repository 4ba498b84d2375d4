package dev.kindling.pxe;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The boot loaders that a distribution had signed for Secure Boot, unmodified: the firmware trusts shim by Microsoft's
 * key, and shim trusts GRUB and the kernel of its own distribution only. So one set belongs to one operating system,
 * and a {@link BootSource} that boots several keeps a directory for each: shim looks for GRUB beside itself.
 *
 * @param firmware for which processor: {@link Firmware#UEFI_X64} or {@link Firmware#UEFI_ARM64}
 * @param shim what the firmware loads
 * @param grub what shim loads; one that can boot from the network
 * @param mokManager what shim loads to enrol keys; null: none is there
 */
public record SignedLoaders(Firmware firmware, Path shim, Path grub, @Nullable Path mokManager) {
    /** A layout: file names with {@code *} for the part that differs, tried in alphabetical order. */
    private record Layout(String directory, String shim, String grubDirectory, String grub, String mokManager) {}

    /** {@code ARCH} is x64 or aa64, {@code GRUB_ARCH} and {@code DEBIAN_ARCH} and {@code RPM_ARCH} as they name it. */
    private static final List<Layout> LAYOUTS = List.of(
            // Ubuntu; before Debian, whose name is there too, as a link that an update may leave behind
            new Layout("usr/lib/shim", "shimARCH.efi.signed.latest", "usr/lib/grub/GRUB_ARCH-efi-signed",
                    "grubnetARCH.efi.signed", "mmARCH.efi"),
            // Debian: packages shim-signed, shim-helpers-*-signed and grub-efi-*-signed
            new Layout("usr/lib/shim", "shimARCH.efi.signed", "usr/lib/grub/GRUB_ARCH-efi-signed",
                    "grubnetARCH.efi.signed", "mmARCH.efi.signed"),
            // Debian's installer for network boot, as a package and as an unpacked netboot.tar.gz
            new Layout("usr/lib/debian-installer/images/*/DEBIAN_ARCH/text/debian-installer/DEBIAN_ARCH",
                    "bootnetARCH.efi", "", "grubARCH.efi", "mmARCH.efi"),
            new Layout("debian-installer/DEBIAN_ARCH", "bootnetARCH.efi", "", "grubARCH.efi", "mmARCH.efi"),
            // SUSE: package shim and grub2-*-efi
            new Layout("usr/share/efi/RPM_ARCH", "shim.efi", "", "grub.efi", "MokManager.efi"),
            // Fedora, RHEL and its like: packages shim-* and grub2-efi-*
            new Layout("boot/efi/EFI/*", "shimARCH.efi", "", "grubARCH.efi", "mmARCH.efi"),
            // installation media
            new Layout("EFI/BOOT", "BOOTARCH.EFI", "", "grubARCH.efi", "mmARCH.efi"));
    /** PE/COFF: where the optional header's data directories begin, by its magic. */
    private static final int PE32_DIRECTORIES = 96;
    private static final int PE32_PLUS_DIRECTORIES = 112;
    private static final int CERTIFICATE_TABLE = 4;
    private static final int MOST_HEADER = 4096;
    private static final Pattern OPTIONAL = Pattern.compile(
            "(.*/)?(revocations(_sbat|_sku)?\\.efi|shim_certificate(_\\d+)?\\.efi"
                    + "|[a-z0-9_]+-efi/(command|fs|crypto|terminal|video|partmap|parttool|moddep)\\.lst"
                    + "|grub\\.cfg-[0-9A-Za-z-]+|locale/.*\\.(gmo|mo)(\\.gz)?)");

    /**
     * All complete sets below {@code root}, the best first.
     *
     * @param root of an installed system ({@code /}), or of an installation medium
     * @throws IOException if a directory or a file that is there cannot be read
     */
    public static List<SignedLoaders> find(Path root, Firmware firmware) throws IOException {
        var found = new ArrayList<SignedLoaders>();
        for (Layout layout : LAYOUTS) {
            for (Path directory : directories(root, named(layout.directory(), firmware))) {
                Path grubs = layout.grubDirectory().isEmpty()
                        ? directory
                        : root.resolve(named(layout.grubDirectory(), firmware));
                Optional<Path> shim = signed(directory, named(layout.shim(), firmware));
                Optional<Path> grub = signed(grubs, named(layout.grub(), firmware));
                if (shim.isPresent() && grub.isPresent()) {
                    found.add(new SignedLoaders(firmware, shim.get(), grub.get(),
                            signed(directory, named(layout.mokManager(), firmware)).orElse(null)));
                }
            }
        }
        return List.copyOf(found);
    }

    /**
     * The file behind a name, in whatever directory and case it is asked for: {@code shimx64.efi} and
     * {@code bootx64.efi} by firmware, {@code grubx64.efi}, {@code grub.efi}, {@code mmx64.efi} and
     * {@code MokManager.efi} by shim.
     */
    public Optional<Path> file(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
        String suffix = named("ARCH.efi", firmware);
        if (name.equals("shim" + suffix) || name.equals("boot" + suffix) || name.equals("bootnet" + suffix)
                || name.equals("shim.efi")) {
            return Optional.of(shim);
        }
        if (name.equals("grub" + suffix) || name.equals("grub.efi")) {
            return Optional.of(grub);
        }
        return name.equals("mm" + suffix) || name.equals("mokmanager.efi")
                ? Optional.ofNullable(mokManager)
                : Optional.empty();
    }

    /**
     * Whether shim and GRUB look for this file on every boot although few have it: that it is not there is no failure.
     */
    public static boolean mayBeMissing(String path) {
        return OPTIONAL.matcher(path).matches();
    }

    /**
     * Whether a PE program carries a signature (PE/COFF section "Attribute Certificate Table"). Whose it is, and
     * whether the firmware trusts it, only the firmware can say.
     *
     * @throws IOException if it cannot be read
     */
    public static boolean isSigned(Path program) throws IOException {
        byte[] start = new byte[MOST_HEADER];
        long size;
        try (var file = new RandomAccessFile(program.toFile(), "r")) {
            size = file.length();
            int length = (int) Math.min(size, start.length);
            file.readFully(start, 0, length);
        }
        ByteBuffer header = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN);
        int pe = header.getShort(0) == 0x5a4d ? header.getInt(0x3c) : -1;
        if (pe < 0 || pe > MOST_HEADER - 256 || header.getInt(pe) != 0x4550) {
            return false;
        }
        int optional = pe + 24;
        int directories = optional
                + (header.getShort(optional) == 0x20b ? PE32_PLUS_DIRECTORIES : PE32_DIRECTORIES);
        long at = header.getInt(directories + 8 * CERTIFICATE_TABLE) & 0xffffffffL;
        long length = header.getInt(directories + 8 * CERTIFICATE_TABLE + 4) & 0xffffffffL;
        return length > 8 && at + length <= size;
    }

    private static Optional<Path> signed(Path directory, String name) throws IOException {
        Path file = directory.resolve(name);
        if (Files.isRegularFile(file)) {
            return isSigned(file) ? Optional.of(file) : Optional.empty();
        }
        if (!Files.isDirectory(directory)) {
            return Optional.empty();
        }
        // FAT and ISO 9660 do not care about the case
        for (Path other : list(directory, each -> each.equalsIgnoreCase(name))) {
            if (Files.isRegularFile(other) && isSigned(other)) {
                return Optional.of(other);
            }
        }
        return Optional.empty();
    }

    /** What matches the path, of which one segment may be a {@code *}. */
    private static List<Path> directories(Path root, String path) throws IOException {
        int star = path.indexOf('*');
        if (star < 0) {
            return List.of(root.resolve(path));
        }
        Path parent = root.resolve(path.substring(0, star));
        String rest = path.substring(star + 1);
        return Files.isDirectory(parent)
                ? list(parent, _ -> true).stream().map(each -> Path.of(each + rest)).filter(Files::isDirectory).toList()
                : List.of();
    }

    private static List<Path> list(Path directory, java.util.function.Predicate<String> wanted) throws IOException {
        var all = new ArrayList<Path>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory,
                each -> wanted.test(each.getFileName().toString()))) {
            entries.forEach(all::add);
        } catch (java.nio.file.DirectoryIteratorException e) {
            throw e.getCause();
        }
        all.sort(null);
        return all;
    }

    private static String named(String pattern, Firmware firmware) {
        return switch (firmware) {
            case UEFI_X64 -> pattern.replace("GRUB_ARCH", "x86_64").replace("DEBIAN_ARCH", "amd64")
                    .replace("RPM_ARCH", "x86_64").replace("ARCH", "x64");
            case UEFI_ARM64 -> pattern.replace("GRUB_ARCH", "arm64").replace("DEBIAN_ARCH", "arm64")
                    .replace("RPM_ARCH", "aarch64").replace("ARCH", "aa64");
            default -> throw new IllegalArgumentException(
                    "nobody signs loaders for " + firmware.title() + ": UEFI x64 and UEFI arm64 only");
        };
    }
}

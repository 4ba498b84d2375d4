package dev.kindling.engine.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The programs of others that a machine boots with. They are never part of Kindling: they come from packages of the
 * operating system that Kindling runs on; the kernel is downloaded with apt (its package is unpacked into the cache,
 * not installed).
 */
public final class BootAssets {
    /** Which Debian kernel the machines run. */
    public enum KernelFlavour {
        /** Small; drivers of virtual machines only. */
        CLOUD("linux-image-cloud-amd64"),
        /** Drivers of real machines too. */
        GENERIC("linux-image-amd64");

        private final String debianPackage;

        KernelFlavour(String debianPackage) {
            this.debianPackage = debianPackage;
        }

        /** The package that always depends on the current kernel of this flavour. */
        public String debianPackage() {
            return debianPackage;
        }
    }

    /**
     * Something that is not there.
     *
     * @param what for people: "iPXE for UEFI firmware"
     * @param debianPackage the package that brings it
     * @param why where it was looked for, or what went wrong
     */
    public record Missing(String what, String debianPackage, String why) {}

    /** How the preparation went. */
    public sealed interface Preparation {}

    /** Everything is there. */
    public record Ready(BootAssets assets) implements Preparation {}

    /** Something is missing; all of it is listed. */
    public record Incomplete(List<Missing> missing) implements Preparation {
        public Incomplete {
            missing = List.copyOf(missing);
        }

        /** The command that brings all of it. */
        public String remedy() {
            return "sudo apt-get install "
                    + String.join(" ", missing.stream().map(Missing::debianPackage).distinct().sorted().toList());
        }
    }

    /** Told while something takes long. */
    public interface Progress {
        /**
         * It goes on.
         *
         * @param what for people
         * @param done bytes
         * @param total bytes; -1 where unknown
         */
        void at(String what, long done, long total);
    }

    private final Path cache;
    private final Kernel kernel;
    private final Map<Source, Path> files;
    private final List<Path> formatter;
    private final @Nullable Path certificates;

    private BootAssets(Path cache, Kernel kernel, Map<Source, Path> files, List<Path> formatter,
            @Nullable Path certificates) {
        this.cache = cache;
        this.kernel = kernel;
        this.files = files;
        this.formatter = formatter;
        this.certificates = certificates;
    }

    /**
     * Finds everything, and downloads the kernel where the cache does not hold the current one. Without the network the
     * newest kernel of the cache is used. Can be called by several programs at a time.
     *
     * @param cache directory of ours, made where it does not exist; what it holds can be removed at any time
     * @throws IOException where the cache cannot be written
     */
    public static Preparation prepare(Path cache, KernelFlavour flavour, Progress progress) throws IOException {
        return prepare(cache, Path.of("/"), flavour, progress);
    }

    /**
     * As above.
     *
     * @param root of the operating system whose files are used
     */
    static Preparation prepare(Path cache, Path root, KernelFlavour flavour, Progress progress) throws IOException {
        List<Missing> missing = new ArrayList<>(check(root));
        Files.createDirectories(cache);
        Kernel kernel = null;
        try {
            kernel = KernelPackage.prepare(new CacheDirectory(cache.toAbsolutePath().resolve("kernel")),
                    flavour.debianPackage(), progress);
        } catch (KernelPackage.Unavailable e) {
            missing.add(new Missing("Linux kernel", flavour.debianPackage(), String.valueOf(e.getMessage())));
        }
        if (kernel == null || !missing.isEmpty()) {
            return new Incomplete(missing);
        }
        Map<Source, Path> files = new EnumMap<>(Source.class);
        for (Source source : Source.values()) {
            files.put(source, source.find(root).orElseThrow());
        }
        Path formatter = Source.MKE2FS.find(root).orElseThrow();
        Path authorities = root.resolve("etc/ssl/certs/ca-certificates.crt");
        return new Ready(new BootAssets(cache.toAbsolutePath(), kernel, files,
                SharedLibraries.closure(root, formatter),
                Files.isReadable(authorities) ? authorities : null));
    }

    /** What is missing of the files that are not downloaded; quick, and changes nothing. */
    public static List<Missing> check() {
        return check(Path.of("/"));
    }

    static List<Missing> check(Path root) {
        List<Missing> missing = new ArrayList<>();
        for (Source source : Source.values()) {
            Optional<Path> file = source.find(root);
            if (file.isEmpty()) {
                missing.add(new Missing(source.what, source.debianPackage,
                        "none of these exists: " + source.places.replace(" ", ", ")));
            } else if (source == Source.BUSYBOX) {
                notStatic(file.get()).ifPresent(
                        why -> missing.add(new Missing(source.what, source.debianPackage, file.get() + " " + why)));
            }
        }
        return missing;
    }

    /** The stage has no libraries. */
    private static Optional<String> notStatic(Path program) {
        try {
            return Elf.read(program).interpreter().map(loader -> "is not static: it needs " + loader);
        } catch (IOException e) {
            return Optional.of("cannot be used: " + e.getMessage());
        }
    }

    /** The kernel, as the boot loader loads it. */
    public Path kernel() {
        return kernel.image();
    }

    /** What {@code uname -r} says on the machines. */
    public String kernelRelease() {
        return kernel.release();
    }

    /** iPXE for BIOS, started by the PXE ROM of the network port. */
    public Path undionly() {
        return file(Source.UNDIONLY);
    }

    /** iPXE for UEFI that uses the firmware's network driver: the one to try first. */
    public Path snponly() {
        return file(Source.SNPONLY);
    }

    /** iPXE for UEFI with drivers of its own, for machines where the firmware's driver fails. */
    public Path ipxeEfi() {
        return file(Source.IPXE_EFI);
    }

    /**
     * A UEFI program that starts what is installed on the disk, to be chained from iPXE. iPXE itself cannot: its
     * {@code sanboot} is for SAN disks, and leaving it with an error makes the firmware try every other network entry
     * first, which takes minutes.
     */
    public Path localBootEfi() throws IOException {
        return Grub.localBootEfi(this);
    }

    Path cache() {
        return cache;
    }

    CacheDirectory images() {
        return new CacheDirectory(cache.resolve("images"));
    }

    Kernel kernelFiles() {
        return kernel;
    }

    Path file(Source source) {
        Supplier<IllegalStateException> bug = () -> new IllegalStateException(source + " was not looked for");
        return Optional.ofNullable(files.get(source)).orElseThrow(bug);
    }

    /** mke2fs with its libraries and its loader. */
    List<Path> formatter() {
        return formatter;
    }

    /** The certificate authorities that this computer trusts, for the registries of container images. */
    Optional<Path> certificates() {
        return Optional.ofNullable(certificates);
    }

    /**
     * An unpacked kernel package.
     *
     * @param identity SHA-256 of the package
     * @param archive the package file
     */
    record Kernel(Path image, Path modules, String release, String identity, Path archive) {}

    /** What is taken from packages that are installed. */
    enum Source {
        /** For both systems. */
        BUSYBOX("busybox, statically linked", "busybox-static", "/bin/busybox /usr/bin/busybox"),
        /** Formats the data partition; busybox makes no journal. */
        MKE2FS("mke2fs", "e2fsprogs", "/sbin/mke2fs /usr/sbin/mke2fs"),
        /** Chained by a BIOS. */
        UNDIONLY("iPXE for BIOS", "ipxe", "/usr/lib/ipxe/undionly.kpxe /usr/share/ipxe/undionly.kpxe"),
        /** Chained by UEFI. */
        SNPONLY("iPXE for UEFI", "ipxe", "/usr/lib/ipxe/snponly.efi /usr/share/ipxe/snponly.efi"),
        /** Chained by UEFI where the firmware's driver is broken. */
        IPXE_EFI("iPXE for UEFI with its own drivers", "ipxe", "/usr/lib/ipxe/ipxe.efi /boot/ipxe.efi"),
        /** Builds the two below. */
        GRUB_MKIMAGE("grub-mkimage", "grub-common", "/usr/bin/grub-mkimage"),
        /** Starts an installed disk on a BIOS. */
        GRUB_BIOS("GRUB modules for BIOS", "grub-pc-bin", "/usr/lib/grub/i386-pc/boot.img"),
        /** Hands over from iPXE to the disk on UEFI. */
        GRUB_EFI("GRUB modules for UEFI", "grub-efi-amd64-bin", "/usr/lib/grub/x86_64-efi/kernel.img"),
        /** Starts an installed disk on UEFI. */
        GRUB_SIGNED("signed GRUB for UEFI", "grub-efi-amd64-signed",
                "/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed"),
        /** What Secure Boot trusts. */
        SHIM_SIGNED("signed shim", "shim-signed", "/usr/lib/shim/shimx64.efi.signed"),
        /** Started by shim to enrol keys. */
        MOK_MANAGER("signed MOK manager", "shim-helpers-amd64-signed", "/usr/lib/shim/mmx64.efi.signed");

        private final String what;
        private final String debianPackage;
        /** Absolute paths, separated by blanks. */
        private final String places;

        Source(String what, String debianPackage, String places) {
            this.what = what;
            this.debianPackage = debianPackage;
            this.places = places;
        }

        private Optional<Path> find(Path root) {
            return Stream.of(places.split(" ")).map(place -> root.resolve(place.substring(1)))
                    .filter(Files::isRegularFile)
                    .filter(Files::isReadable).findFirst();
        }
    }
}

package dev.kindling.pxe.standalone;

import dev.kindling.pxe.Firmware;
import dev.kindling.pxe.SignedLoaders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Boot loaders that the distribution's packages have installed, by the names under which firmware, shim and GRUB ask
 * for them. They are served as they are: unmodified, hence signed.
 */
final class Packaged {
    private static final Logger LOG = LoggerFactory.getLogger(Packaged.class);
    private static final Map<String, List<String>> PLACES = Map.ofEntries(
            // package ipxe; snponly and undionly use the firmware's own driver, which works where iPXE has none
            Map.entry("undionly.kpxe", List.of("/usr/lib/ipxe/undionly.kpxe", "/usr/share/ipxe/undionly.kpxe")),
            Map.entry("ipxe.pxe", List.of("/usr/lib/ipxe/ipxe.pxe", "/usr/share/ipxe/ipxe.pxe")),
            Map.entry("snponly.efi", List.of("/usr/lib/ipxe/snponly.efi", "/usr/share/ipxe/snponly.efi")),
            Map.entry("ipxe.efi", List.of("/usr/lib/ipxe/ipxe.efi", "/usr/share/ipxe/ipxe.efi")),
            Map.entry("snponly-arm64.efi", List.of("/usr/lib/ipxe/arm64/snponly.efi",
                    "/usr/lib/ipxe/snponly-arm64.efi", "/usr/share/ipxe/arm64-efi/snponly.efi")));
    /** A distribution has signed loaders for these. */
    private static final List<Firmware> SIGNED = List.of(Firmware.UEFI_X64, Firmware.UEFI_ARM64);

    private Packaged() {}

    static Optional<Path> find(String name) {
        List<String> places = PLACES.get(name);
        if (places != null) {
            return places.stream().map(Path::of).filter(Files::isRegularFile).findFirst();
        }
        return name.endsWith(".efi") && name.indexOf('/') < 0 ? signed(name) : Optional.empty();
    }

    private static Optional<Path> signed(String name) {
        for (Firmware firmware : SIGNED) {
            try {
                for (SignedLoaders set : SignedLoaders.find(Path.of("/"), firmware)) {
                    Optional<Path> file = set.file(name);
                    if (file.isPresent()) {
                        return file;
                    }
                }
            } catch (IOException e) {
                LOG.warn("the signed loaders of this system cannot be read", e);
            }
        }
        return Optional.empty();
    }
}

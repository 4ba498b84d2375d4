package dev.kindling.pxe.standalone;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Boot loaders that the distribution's packages have installed, by the names under which firmware, shim and GRUB ask
 * for them. They are served as they are: unmodified, hence signed.
 */
final class Packaged {
    private static final Map<String, List<String>> PLACES = Map.ofEntries(
            // package ipxe; snponly and undionly use the firmware's own driver, which works where iPXE has none
            Map.entry("undionly.kpxe", List.of("/usr/lib/ipxe/undionly.kpxe", "/usr/share/ipxe/undionly.kpxe")),
            Map.entry("ipxe.pxe", List.of("/usr/lib/ipxe/ipxe.pxe", "/usr/share/ipxe/ipxe.pxe")),
            Map.entry("snponly.efi", List.of("/usr/lib/ipxe/snponly.efi", "/usr/share/ipxe/snponly.efi")),
            Map.entry("ipxe.efi", List.of("/usr/lib/ipxe/ipxe.efi", "/usr/share/ipxe/ipxe.efi")),
            Map.entry("snponly-arm64.efi", List.of("/usr/lib/ipxe/arm64/snponly.efi",
                    "/usr/lib/ipxe/snponly-arm64.efi", "/usr/share/ipxe/arm64-efi/snponly.efi")),
            // packages shim-signed and grub-efi-*-signed
            Map.entry("shimx64.efi", List.of("/usr/lib/shim/shimx64.efi.signed")),
            Map.entry("bootx64.efi", List.of("/usr/lib/shim/shimx64.efi.signed")),
            Map.entry("mmx64.efi", List.of("/usr/lib/shim/mmx64.efi.signed")),
            Map.entry("grubx64.efi", List.of("/usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed")),
            Map.entry("shimaa64.efi", List.of("/usr/lib/shim/shimaa64.efi.signed")),
            Map.entry("bootaa64.efi", List.of("/usr/lib/shim/shimaa64.efi.signed")),
            Map.entry("mmaa64.efi", List.of("/usr/lib/shim/mmaa64.efi.signed")),
            Map.entry("grubaa64.efi", List.of("/usr/lib/grub/arm64-efi-signed/grubnetaa64.efi.signed")));

    private Packaged() {}

    static Optional<Path> find(String name) {
        return PLACES.getOrDefault(name, List.of()).stream().map(Path::of).filter(Files::isRegularFile).findFirst();
    }
}

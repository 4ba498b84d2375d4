package dev.kindling.pxe.client;

import dev.kindling.pxe.MacAddress;
import java.util.Map;
import java.util.UUID;

/**
 * The machine that boots.
 *
 * @param settings what iPXE reads from SMBIOS, such as {@code serial}, {@code manufacturer} and {@code product}
 */
public record Machine(MacAddress mac, UUID uuid, Kind kind, Map<String, String> settings) {
    public Machine {
        settings = Map.copyOf(settings);
    }

    /** The firmware. */
    public enum Kind {
        /** A PXE ROM on a BIOS machine. */
        BIOS_PXE(0, "pcbios", "i386"),
        /** EDK2 on 64-bit x86. */
        UEFI_PXE(7, "efi", "x86_64"),
        /** EDK2 on 64-bit ARM. */
        UEFI_ARM64_PXE(11, "efi", "arm64"),
        /** UEFI HTTP Boot on 64-bit x86. */
        UEFI_HTTP(16, "efi", "x86_64"),
        /** iPXE as the ROM of the network card in a BIOS machine, as QEMU has it. */
        BIOS_IPXE(0, "pcbios", "i386"),
        /** iPXE as the ROM of the network card in a UEFI machine. */
        UEFI_IPXE(7, "efi", "x86_64");

        private final int architecture;
        private final String platform;
        private final String buildArchitecture;

        Kind(int architecture, String platform, String buildArchitecture) {
            this.architecture = architecture;
            this.platform = platform;
            this.buildArchitecture = buildArchitecture;
        }

        /** The value of option 93 (IANA registry "Processor Architecture Types"). */
        int architecture() {
            return architecture;
        }

        /** iPXE's {@code platform}. */
        String platform() {
            return platform;
        }

        /** iPXE's {@code buildarch}. */
        String buildArchitecture() {
            return buildArchitecture;
        }

        boolean isIpxe() {
            return this == BIOS_IPXE || this == UEFI_IPXE;
        }

        boolean isUefi() {
            return platform.equals("efi");
        }
    }
}

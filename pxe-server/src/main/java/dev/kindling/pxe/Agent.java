package dev.kindling.pxe;

/** The program on the machine that speaks at this moment. */
public enum Agent {
    /** The firmware's own PXE stack: vendor class {@code PXEClient}. */
    FIRMWARE_PXE,
    /** UEFI HTTP Boot: vendor class {@code HTTPClient}. */
    FIRMWARE_HTTP,
    /** iPXE, by its user class (option 77). */
    IPXE,
    /** An ordinary DHCP client, such as the one of an installer or of an installed system. */
    OPERATING_SYSTEM;

    /** For people, with the firmware that it runs on: "UEFI x64 PXE firmware". */
    public String text(Firmware firmware) {
        return switch (this) {
            case FIRMWARE_PXE -> firmware.title() + " PXE firmware";
            case FIRMWARE_HTTP -> firmware.title() + " HTTP Boot firmware";
            case IPXE -> "iPXE on " + firmware.title() + " firmware";
            case OPERATING_SYSTEM -> "an operating system";
        };
    }
}

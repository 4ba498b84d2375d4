package dev.kindling.pxe;

/**
 * What the machine's firmware can execute, from DHCP option 93 (RFC 4578 and the IANA registry "Processor Architecture
 * Types").
 */
public enum Firmware {
    /** Architecture 0, booting by HTTP 20: PC BIOS. */
    BIOS,
    /** Architectures 7 and 9, booting by HTTP 16: 64-bit x86 UEFI. Both 7 and 9 are in use for it. */
    UEFI_X64,
    /** Architecture 11, booting by HTTP 19: 64-bit ARM UEFI. */
    UEFI_ARM64,
    /** Any other value, or none: boots nothing by TFTP, may still be an operating system asking for its address. */
    OTHER
}

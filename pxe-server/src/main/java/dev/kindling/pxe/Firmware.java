package dev.kindling.pxe;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What the machine's firmware can execute, from DHCP option 93 (RFC 4578 and the IANA registry "Processor Architecture
 * Types"). A value for PXE and the one for HTTP boot of the same processor are one constant: {@link Agent} tells them
 * apart.
 */
public enum Firmware {
    /** PC BIOS. */
    BIOS("BIOS", 0, 20),
    /** NEC PC-98. */
    PC98("NEC PC-98", 1),
    /** Itanium EFI. */
    ITANIUM("Itanium EFI", 2),
    /** DEC Alpha. */
    ALPHA("DEC Alpha", 3),
    /** Arc x86. */
    ARC_X86("Arc x86", 4),
    /** Intel Lean Client. */
    LEAN_CLIENT("Intel Lean Client", 5),
    /** 32-bit x86 UEFI. */
    UEFI_X86("UEFI x86 (32 bit)", 6, 15),
    /** 64-bit x86 UEFI. Both 7 and 9 (by its name, EFI byte code) are in use for it. */
    UEFI_X64("UEFI x64", 7, 9, 16, 17),
    /** EFI on XScale. */
    EFI_XSCALE("EFI XScale", 8),
    /** 32-bit ARM UEFI. */
    UEFI_ARM32("UEFI arm (32 bit)", 10, 18),
    /** 64-bit ARM UEFI. */
    UEFI_ARM64("UEFI arm64", 11, 19),
    /** PowerPC Open Firmware. */
    POWER_OPEN_FIRMWARE("PowerPC Open Firmware", 12),
    /** PowerPC ePAPR. */
    POWER_EPAPR("PowerPC ePAPR", 13),
    /** POWER OPAL v3 (Petitboot). */
    POWER_OPAL("POWER OPAL", 14),
    /** U-Boot on 32-bit ARM. */
    UBOOT_ARM32("U-Boot arm (32 bit)", 21, 23),
    /** U-Boot on 64-bit ARM. */
    UBOOT_ARM64("U-Boot arm64", 22, 24),
    /** 32-bit RISC-V UEFI. */
    UEFI_RISCV32("UEFI RISC-V (32 bit)", 25, 26),
    /** 64-bit RISC-V UEFI. */
    UEFI_RISCV64("UEFI RISC-V (64 bit)", 27, 28),
    /** 128-bit RISC-V UEFI. */
    UEFI_RISCV128("UEFI RISC-V (128 bit)", 29, 30),
    /** s390 basic. */
    S390("s390", 31),
    /** s390 extended. */
    S390_EXTENDED("s390 extended", 32),
    /** 32-bit MIPS UEFI. */
    UEFI_MIPS32("UEFI MIPS (32 bit)", 33),
    /** 64-bit MIPS UEFI. */
    UEFI_MIPS64("UEFI MIPS (64 bit)", 34),
    /** 32-bit Sunway UEFI. */
    UEFI_SUNWAY32("UEFI Sunway (32 bit)", 35),
    /** 64-bit Sunway UEFI. */
    UEFI_SUNWAY64("UEFI Sunway (64 bit)", 36),
    /** 32-bit LoongArch UEFI. */
    UEFI_LOONGARCH32("UEFI LoongArch (32 bit)", 37, 38),
    /** 64-bit LoongArch UEFI. */
    UEFI_LOONGARCH64("UEFI LoongArch (64 bit)", 39, 40),
    /** The Raspberry Pi's boot ROM. It says 0 like a PC's BIOS, or 41: told by its hardware address as well. */
    RASPBERRY_PI("Raspberry Pi", 41),
    /** Any other value, or none: boots nothing by TFTP, may still be an operating system asking for its address. */
    OTHER("unknown");

    private static final Map<Integer, Firmware> BY_ARCHITECTURE = Arrays.stream(values())
            .flatMap(each -> each.architectures.stream().map(number -> Map.entry(number, each)))
            .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

    private final String title;
    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<Integer> architectures;

    Firmware(String title, Integer... architectures) {
        this.title = title;
        this.architectures = List.of(architectures);
    }

    /** The firmware behind a value of option 93; {@link #OTHER} where the value is not assigned. */
    public static Firmware of(int architecture) {
        return BY_ARCHITECTURE.getOrDefault(architecture, OTHER);
    }

    /** For people: "UEFI x64". */
    public String title() {
        return title;
    }
}

package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.Agent;
import dev.kindling.pxe.Firmware;
import dev.kindling.pxe.MacAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Who sends a request, as far as its options tell. */
record Caller(MacAddress mac, @Nullable UUID uuid, Firmware firmware, Agent agent) {
    /** As in {@code PXEClient:Arch:00007:UNDI:003016}; repeats option 93, which some firmware leaves out. */
    private static final Pattern ARCHITECTURE = Pattern.compile(":Arch:(\\d{1,5})");
    private static final String IPXE = "iPXE";

    static Caller of(DhcpPacket packet) {
        DhcpOptions options = packet.options();
        String vendorClass = options.text(OptionCode.VENDOR_CLASS).orElse("");
        return new Caller(packet.mac(), uuid(options).orElse(null), firmware(options, vendorClass),
                agent(options, vendorClass));
    }

    private static Agent agent(DhcpOptions options, String vendorClass) {
        // iPXE keeps the vendor class of the firmware that it stands in for
        if (options.bytes(OptionCode.USER_CLASS).filter(Caller::namesIpxe).isPresent()) {
            return Agent.IPXE;
        }
        if (vendorClass.startsWith("PXEClient")) {
            return Agent.FIRMWARE_PXE;
        }
        return vendorClass.startsWith("HTTPClient") ? Agent.FIRMWARE_HTTP : Agent.OPERATING_SYSTEM;
    }

    /** iPXE sends its bare name; RFC 3004 wants a list of values, each behind its length. */
    private static boolean namesIpxe(byte[] userClass) {
        if (text(userClass, 0, userClass.length).equals(IPXE)) {
            return true;
        }
        for (int at = 0; at < userClass.length;) {
            int length = userClass[at++] & 0xff;
            if (length == 0 || at + length > userClass.length) {
                return false;
            }
            if (text(userClass, at, length).equals(IPXE)) {
                return true;
            }
            at += length;
        }
        return false;
    }

    private static String text(byte[] bytes, int from, int length) {
        return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
    }

    private static Firmware firmware(DhcpOptions options, String vendorClass) {
        List<Integer> architectures = options.shorts(OptionCode.CLIENT_ARCHITECTURE);
        if (architectures.isEmpty()) {
            Matcher inClass = ARCHITECTURE.matcher(vendorClass);
            architectures = inClass.find() ? List.of(Integer.valueOf(inClass.group(1))) : List.of();
        }
        // option 93 may hold several, the preferred one first (RFC 4578 section 2.1)
        return architectures.stream().map(Caller::firmware).filter(known -> known != Firmware.OTHER).findFirst()
                .orElse(Firmware.OTHER);
    }

    /** The numbers of the IANA registry; 16, 19 and 20 are the same machines booting by HTTP. */
    private static Firmware firmware(int architecture) {
        return switch (architecture) {
            case 0, 20 -> Firmware.BIOS;
            case 7, 9, 16 -> Firmware.UEFI_X64;
            case 11, 19 -> Firmware.UEFI_ARM64;
            default -> Firmware.OTHER;
        };
    }

    /**
     * Type 0 and 16 bytes as SMBIOS holds them, that is with the first three fields in little-endian order: so do EDK2
     * and iPXE both.
     */
    private static Optional<UUID> uuid(DhcpOptions options) {
        return options.bytes(OptionCode.CLIENT_UUID).filter(value -> value.length == 17 && value[0] == 0).map(value -> {
            var little = ByteBuffer.wrap(value, 1, 8).slice().order(ByteOrder.LITTLE_ENDIAN);
            long high = (little.getInt() & 0xffffffffL) << 32 | (little.getShort() & 0xffffL) << 16
                    | (little.getShort() & 0xffffL);
            return new UUID(high, ByteBuffer.wrap(value, 9, 8).getLong());
        });
    }

    /** For people: "UEFI x64 PXE firmware". */
    String text() {
        String machine = switch (firmware) {
            case BIOS -> "BIOS";
            case UEFI_X64 -> "UEFI x64";
            case UEFI_ARM64 -> "UEFI arm64";
            case OTHER -> "unknown";
        };
        return switch (agent) {
            case FIRMWARE_PXE -> machine + " PXE firmware";
            case FIRMWARE_HTTP -> machine + " HTTP Boot firmware";
            case IPXE -> "iPXE on " + machine + " firmware";
            case OPERATING_SYSTEM -> "an operating system";
        };
    }
}

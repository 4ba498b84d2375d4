package dev.kindling.pxe.dhcp6;

import dev.kindling.pxe.Agent;
import dev.kindling.pxe.Client;
import dev.kindling.pxe.Firmware;
import dev.kindling.pxe.MacAddress;
import java.net.Inet6Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who sends a request, as far as its options and its address tell.
 *
 * @param duid option 1 in hexadecimal; empty where absent
 * @param mac null where nothing tells it
 * @param architectures option 61, the preferred one first
 * @param vendor option 16 as it came; null where absent
 */
record Caller6(String duid, @Nullable MacAddress mac, @Nullable UUID uuid, Firmware firmware, Agent agent,
        List<Integer> architectures, byte @Nullable [] vendor) {
    private static final int ETHERNET = 1;
    private static final int DUID_LLT = 1;
    private static final int DUID_LL = 3;
    private static final int DUID_UUID = 4;

    /**
     * @param from the client's own address, through however many relay agents
     * @param told option 79 of the first relay agent, where it sends it
     */
    static Caller6 of(Options6 options, Inet6Address from, Optional<byte[]> told) {
        byte[] duid = options.first(OptionCode6.CLIENT_ID).orElse(new byte[0]);
        byte @Nullable [] vendor = options.first(OptionCode6.VENDOR_CLASS).orElse(null);
        MacAddress mac = told.filter(value -> value.length == 8 && value[1] == ETHERNET)
                .map(value -> MacAddress.of(Arrays.copyOfRange(value, 2, 8)))
                .or(() -> inDuid(duid)).or(() -> inAddress(from)).orElse(null);
        List<Integer> architectures = options.shorts(OptionCode6.CLIENT_ARCHITECTURE);
        return new Caller6(HexFormat.of().formatHex(duid), mac, uuid(duid).orElse(null),
                firmware(architectures), agent(options, vendor), architectures, vendor);
    }

    private static Firmware firmware(List<Integer> architectures) {
        return architectures.stream().map(Firmware::of).filter(each -> each != Firmware.OTHER).findFirst()
                .orElse(Firmware.OTHER);
    }

    private static Agent agent(Options6 options, byte @Nullable [] vendor) {
        boolean ipxe = options.first(OptionCode6.USER_CLASS).stream().flatMap(value -> strings(value, 0).stream())
                .anyMatch("iPXE"::equals);
        if (ipxe) {
            return Agent.IPXE;
        }
        // behind the four bytes of the enterprise number
        List<String> classes = vendor == null ? List.of() : strings(vendor, 4);
        if (classes.stream().anyMatch(name -> name.startsWith("HTTPClient"))) {
            return Agent.FIRMWARE_HTTP;
        }
        return classes.stream().anyMatch(name -> name.startsWith("PXEClient"))
                ? Agent.FIRMWARE_PXE
                : Agent.OPERATING_SYSTEM;
    }

    /** Strings, each behind a length of two bytes; what is cut off is left out. */
    private static List<String> strings(byte[] value, int start) {
        var found = new ArrayList<String>();
        for (int at = start; at + 2 <= value.length;) {
            int length = (value[at] & 0xff) << 8 | (value[at + 1] & 0xff);
            if (at + 2 + length > value.length) {
                break;
            }
            found.add(new String(value, at + 2, length, StandardCharsets.ISO_8859_1));
            at += 2 + length;
        }
        return found;
    }

    private static Optional<MacAddress> inDuid(byte[] duid) {
        if (duid.length < 4 || (duid[2] << 8 | (duid[3] & 0xff)) != ETHERNET || duid[0] != 0) {
            return Optional.empty();
        }
        return switch (duid[1]) {
            case DUID_LLT -> duid.length == 14
                    ? Optional.of(MacAddress.of(Arrays.copyOfRange(duid, 8, 14)))
                    : Optional.empty();
            case DUID_LL -> duid.length == 10
                    ? Optional.of(MacAddress.of(Arrays.copyOfRange(duid, 4, 10)))
                    : Optional.empty();
            default -> Optional.empty();
        };
    }

    /** Firmware makes its link-local address of its MAC (RFC 4291 appendix A). */
    private static Optional<MacAddress> inAddress(Inet6Address from) {
        byte[] bytes = from.getAddress();
        if (bytes[11] != (byte) 0xff || bytes[12] != (byte) 0xfe) {
            return Optional.empty();
        }
        return Optional.of(MacAddress.of(new byte[]{(byte) (bytes[8] ^ 2), bytes[9], bytes[10], bytes[13], bytes[14],
                bytes[15]}));
    }

    /** RFC 6355: EDK2 and iPXE send the machine's SMBIOS UUID, in the order of the wire. */
    private static Optional<UUID> uuid(byte[] duid) {
        if (duid.length != 18 || duid[0] != 0 || duid[1] != DUID_UUID) {
            return Optional.empty();
        }
        var bytes = ByteBuffer.wrap(duid, 2, 16);
        return Optional.of(new UUID(bytes.getLong(), bytes.getLong()));
    }

    Client.Sent sent() {
        String vendorClass = vendor == null ? null : strings(vendor, 4).stream().findFirst().orElse(null);
        return new Client.Sent(duid, architectures, vendorClass, agent == Agent.IPXE ? "iPXE" : null, null);
    }

    /** For people: "UEFI x64 PXE firmware over IPv6". */
    String text() {
        return agent.text(firmware) + " over IPv6";
    }
}

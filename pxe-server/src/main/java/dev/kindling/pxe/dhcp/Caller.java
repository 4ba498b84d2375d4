package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.Agent;
import dev.kindling.pxe.Client;
import dev.kindling.pxe.Firmware;
import dev.kindling.pxe.MacAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Who sends a request, as far as its options tell. */
record Caller(MacAddress mac, @Nullable UUID uuid, Firmware firmware, Agent agent, Client.Sent sent) {
    /** As in {@code PXEClient:Arch:00007:UNDI:003016}; repeats option 93, which some firmware leaves out. */
    private static final Pattern ARCHITECTURE = Pattern.compile(":Arch:(\\d{1,5})");
    private static final String PXE = "PXEClient";
    private static final String HTTP = "HTTPClient";
    private static final String IPXE = "iPXE";
    /** What the IEEE has given to the Raspberry Pi Foundation and to Raspberry Pi Trading. */
    private static final Set<String> RASPBERRY_PI = Set.of("b8:27:eb", "dc:a6:32", "e4:5f:01", "28:cd:c1", "d8:3a:dd",
            "2c:cf:67", "88:a2:9e");

    static Caller of(DhcpPacket packet) {
        DhcpOptions options = packet.options();
        String vendorClass = options.text(OptionCode.VENDOR_CLASS).orElse(null);
        String userClass = options.bytes(OptionCode.USER_CLASS).map(Caller::userClass).orElse(null);
        List<Integer> architectures = architectures(options, vendorClass);
        Agent agent = agent(options, vendorClass, userClass);
        String clientId = options.bytes(OptionCode.CLIENT_ID).map(HexFormat.of()::formatHex).orElse(null);
        return new Caller(packet.mac(), uuid(options).orElse(null), firmware(packet.mac(), architectures, agent), agent,
                new Client.Sent(clientId, architectures, vendorClass, userClass, bootItem(options)));
    }

    private static Agent agent(DhcpOptions options, @Nullable String vendorClass, @Nullable String userClass) {
        // iPXE keeps the vendor class of the firmware that it stands in for; its user class may have been set by a
        // script or an embedded setting, but it always lists its features in option 175
        if ((userClass != null && List.of(userClass.split(",", -1)).contains(IPXE))
                || options.inner(OptionCode.IPXE).filter(inner -> !inner.codes().isEmpty()).isPresent()) {
            return Agent.IPXE;
        }
        if (vendorClass == null) {
            return Agent.OPERATING_SYSTEM;
        }
        if (vendorClass.startsWith(PXE)) {
            return Agent.FIRMWARE_PXE;
        }
        return vendorClass.startsWith(HTTP) ? Agent.FIRMWARE_HTTP : Agent.OPERATING_SYSTEM;
    }

    /**
     * RFC 3004 wants a list of values, each behind its length; iPXE and others send one bare value, which is taken as
     * such where it is no well-formed list.
     */
    private static String userClass(byte[] value) {
        var names = new StringBuilder();
        int at = 0;
        while (at < value.length) {
            int length = value[at++] & 0xff;
            if (length == 0 || at + length > value.length) {
                return text(value, 0, value.length);
            }
            names.append(names.isEmpty() ? "" : ",").append(text(value, at, length));
            at += length;
        }
        return names.toString();
    }

    private static String text(byte[] bytes, int from, int length) {
        return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
    }

    private static List<Integer> architectures(DhcpOptions options, @Nullable String vendorClass) {
        List<Integer> all = options.shorts(OptionCode.CLIENT_ARCHITECTURE);
        if (!all.isEmpty() || vendorClass == null) {
            return all;
        }
        Matcher inClass = ARCHITECTURE.matcher(vendorClass);
        return inClass.find() ? List.of(Integer.valueOf(inClass.group(1))) : List.of();
    }

    private static Firmware firmware(MacAddress mac, List<Integer> architectures, Agent agent) {
        // option 93 may hold several, the preferred one first (RFC 4578 section 2.1)
        Firmware first = Firmware.OTHER;
        for (int each : architectures) {
            if (first == Firmware.OTHER) {
                first = Firmware.of(each);
            }
        }
        boolean pi = first == Firmware.BIOS && agent == Agent.FIRMWARE_PXE
                && RASPBERRY_PI.contains(mac.value().substring(0, 8));
        return pi ? Firmware.RASPBERRY_PI : first;
    }

    /** PXE 2.1 table 2-1, tag 71: type and layer of the boot server that the client asks for. */
    private static @Nullable Integer bootItem(DhcpOptions options) {
        return options.inner(OptionCode.VENDOR_SPECIFIC).flatMap(inner -> inner.bytes(OptionCode.PXE_BOOT_ITEM))
                .filter(item -> item.length == 4).map(item -> (item[0] & 0xff) << 8 | (item[1] & 0xff)).orElse(null);
    }

    /**
     * Type 0 and 16 bytes as SMBIOS holds them, that is with the first three fields in little-endian order: so do EDK2
     * and iPXE both. All zeros and all ones mean "not set" there (SMBIOS section 7.2.1): many boards share them.
     */
    private static Optional<UUID> uuid(DhcpOptions options) {
        return options.bytes(OptionCode.CLIENT_UUID).filter(value -> value.length == 17 && value[0] == 0).map(value -> {
            var little = ByteBuffer.wrap(value, 1, 8).slice().order(ByteOrder.LITTLE_ENDIAN);
            long high = (little.getInt() & 0xffffffffL) << 32 | (little.getShort() & 0xffffL) << 16
                    | (little.getShort() & 0xffffL);
            return new UUID(high, ByteBuffer.wrap(value, 9, 8).getLong());
        }).filter(uuid -> !uuid.equals(new UUID(0, 0)) && !uuid.equals(new UUID(-1, -1)));
    }

    /** For people: "UEFI x64 PXE firmware". */
    String text() {
        return agent.text(firmware);
    }
}

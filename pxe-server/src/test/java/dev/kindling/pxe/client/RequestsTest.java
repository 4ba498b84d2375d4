package dev.kindling.pxe.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.dhcp.DhcpOptions;
import dev.kindling.pxe.dhcp.DhcpPacket;
import dev.kindling.pxe.dhcp.MessageType;
import dev.kindling.pxe.dhcp.OptionCode;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Octet for octet what was captured from OVMF and iPXE in QEMU with slirp. */
class RequestsTest {
    private static final int SECS = 8;

    @ParameterizedTest
    @CsvSource({"ovmf-discover, UEFI, UEFI_PXE, 03", "ovmf-request, UEFI, UEFI_PXE, 03",
            "ipxe-efi-discover, IPXE, UEFI_IPXE, 01", "ipxe-efi-request, IPXE, UEFI_IPXE, 01",
            "ipxe-bios-discover, IPXE, BIOS_IPXE, 02", "ipxe-bios-request, IPXE, BIOS_IPXE, 02"})
    void saysWhatRealFirmwareSays(String capture, Requests speaker, Machine.Kind kind, String lastOctet)
            throws IOException {
        byte[] captured = bytes(capture);
        var decoded = (DhcpPacket) DhcpPacket.decode(captured);
        boolean discover = capture.endsWith("discover");
        var choice = discover
                ? DhcpOptions.none()
                : DhcpOptions.none().with(OptionCode.SERVER_ID, InetAddress.ofLiteral("10.0.2.2"))
                        .with(OptionCode.REQUESTED_ADDRESS, InetAddress.ofLiteral("10.0.2.15"));
        var machine = new Machine(new MacAddress("52:54:00:4b:4c:" + lastOctet),
                UUID.fromString("11223344-5566-7788-99aa-bbccddeeff00"), kind, Map.of());

        byte[] ours = speaker.message(machine, decoded.xid(), discover ? MessageType.DISCOVER : MessageType.REQUEST,
                choice).encode();

        ours[SECS + 1] = captured[SECS + 1]; // iPXE counts on
        assertThat(HexFormat.of().formatHex(ours))
                .isEqualTo(HexFormat.of().formatHex(captured));
    }

    private static byte[] bytes(String name) throws IOException {
        try (var in = Objects.requireNonNull(RequestsTest.class.getResourceAsStream(name + ".hex"), name)) {
            return HexFormat.of()
                    .parseHex(new String(in.readAllBytes(), StandardCharsets.US_ASCII).replaceAll("\\s", ""));
        }
    }
}

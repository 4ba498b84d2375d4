package dev.kindling.pxe.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.MacAddress;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DhcpPacketTest {
    private static final MacAddress MAC = new MacAddress("52:54:00:4b:4c:01");

    @Test
    void readsBackWhatItWrote() {
        DhcpPacket packet = DhcpPacket.request(MAC, 0xcafebabe).withSecs(7).withBroadcast(true)
                .withCiaddr(Ipv4.of(0x0a4d000b)).withGiaddr(Ipv4.of(0x0a4d0001)).withSname("boot")
                .withFile("snponly.efi")
                .withOptions(DhcpOptions.none().withByte(OptionCode.MESSAGE_TYPE, MessageType.DISCOVER.code())
                        .with(OptionCode.VENDOR_CLASS, "PXEClient:Arch:00007:UNDI:003016")
                        .withShort(OptionCode.CLIENT_ARCHITECTURE, 7));

        assertThat(DhcpPacket.decode(packet.encode())).isEqualTo(packet);
    }

    @Test
    @DisplayName("lesson 8: at least 300 bytes, END before the padding")
    void padsToBootpSizeAfterTheEndOption() {
        byte[] bytes = DhcpPacket.request(MAC, 1).withOptions(DhcpOptions.none().withByte(53, 1)).encode();

        assertThat(bytes).hasSize(300);
        assertThat(Arrays.copyOfRange(bytes, 240, 245)).containsExactly(53, 1, 1, 255, 0);
        assertThat(Arrays.copyOfRange(bytes, 245, 300)).containsOnly(0);
    }

    @Test
    void putsRelayAgentInformationLast() {
        byte[] bytes = DhcpPacket.request(MAC, 1).withOptions(DhcpOptions.none().withByte(53, 1)
                .with(OptionCode.RELAY_AGENT_INFORMATION, new byte[]{1, 1, 9}).withByte(54, 1)).encode();

        assertThat(Arrays.copyOfRange(bytes, 240, 252)).containsExactly(53, 1, 1, 54, 1, 1, 82, 3, 1, 1, 9, 255);
    }

    @Test
    void splitsAndJoinsLongOptions() {
        byte[] value = new byte[600];
        new Random(1).nextBytes(value);
        DhcpPacket packet = DhcpPacket.request(MAC, 1).withOptions(DhcpOptions.none().with(43, value));

        assertThat(DhcpPacket.decode(packet.encode(1400))).isEqualTo(packet);
    }

    @Test
    void overloadsFileAndSnameWhereTheOptionsDoNotFit() {
        DhcpOptions options = DhcpOptions.none().withByte(53, 5).with(61, new byte[200]).with(15, new byte[100])
                .with(12, new byte[40]).with(119, new byte[60]);
        byte[] bytes = DhcpPacket.request(MAC, 1).withOptions(options).encode(DhcpPacket.DEFAULT_LIMIT);

        assertThat(bytes).hasSizeLessThanOrEqualTo(DhcpPacket.DEFAULT_LIMIT);
        var decoded = (DhcpPacket) DhcpPacket.decode(bytes);
        assertThat(decoded.options().codes()).containsExactlyInAnyOrder(53, 61, 15, 12, 119);
        assertThat(decoded.file()).isEmpty();
    }

    @Test
    void leavesOutTheLastOptionsWhereNothingIsFree() {
        DhcpOptions options = DhcpOptions.none().withByte(53, 5).with(61, new byte[250]).with(15, new byte[200]);
        byte[] bytes = DhcpPacket.request(MAC, 1).withFile("boot").withSname("me").withOptions(options).encode();

        assertThat(((DhcpPacket) DhcpPacket.decode(bytes)).options().codes()).containsExactly(53, 61);
    }

    @Test
    void acceptsOptionsWithoutAnEnd() {
        byte[] bytes = Arrays.copyOf(
                DhcpPacket.request(MAC, 1).withOptions(DhcpOptions.none().withByte(53, 1)).encode(),
                243);

        assertThat(((DhcpPacket) DhcpPacket.decode(bytes)).type()).contains(MessageType.DISCOVER);
    }

    @Test
    void ignoresAnOverloadInsideTheOverloadedField() {
        byte[] bytes = DhcpPacket.request(MAC, 1).withSname("kept")
                .withOptions(DhcpOptions.none().withByte(53, 1).withByte(15, 1)).encode();
        bytes[243] = OptionCode.OVERLOAD;
        bytes[108] = OptionCode.OVERLOAD;
        bytes[109] = 1;
        bytes[110] = 2;

        assertThat(DhcpPacket.decode(bytes)).isInstanceOfSatisfying(DhcpPacket.class,
                packet -> assertThat(packet.sname()).isEqualTo("kept"));
    }

    @Test
    void namesWhatIsWrongWithAPacket() {
        byte[] good = DhcpPacket.request(MAC, 1).withOptions(DhcpOptions.none().withByte(53, 1)).encode();

        assertThat(reason(Arrays.copyOf(good, 239))).isEqualTo("239 bytes are too few for DHCP");
        assertThat(reason(changed(good, 0, 3))).isEqualTo("op 3 is neither request nor reply");
        assertThat(reason(changed(good, 1, 32)))
                .isEqualTo("hardware type 32 with addresses of 6 bytes is not Ethernet");
        assertThat(reason(changed(good, 2, 255)))
                .isEqualTo("hardware type 1 with addresses of 255 bytes is not Ethernet");
        assertThat(reason(changed(good, 236, 0))).isEqualTo("the DHCP magic cookie is missing");
        assertThat(reason(changed(Arrays.copyOf(good, 243), 241, 9)))
                .isEqualTo("option 53 in the options says 9 bytes where 1 are left");
        assertThat(reason(Arrays.copyOf(good, 241))).isEqualTo("option 53 in the options has no length");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void neverThrowsWhateverTheBytes(long seed) {
        var random = new Random(seed);
        byte[] good = DhcpPacket.request(MAC, 1).withOptions(DhcpOptions.none().withByte(53, 1).withByte(52, 3)
                .with(60, "PXEClient").with(77, "iPXE").with(93, new byte[]{0, 7}).with(43, new byte[]{6, 1, 8}))
                .encode();
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = Arrays.copyOf(good, random.nextInt(good.length * 2));
            for (int flips = random.nextInt(12); flips > 0 && bytes.length > 0; flips--) {
                // most of the interest is in the options, which start at 240
                int at = random.nextBoolean()
                        ? random.nextInt(bytes.length)
                        : Math.min(bytes.length - 1, 240 + random.nextInt(60));
                bytes[at] = (byte) random.nextInt(256);
            }
            if (DhcpPacket.decode(bytes) instanceof DhcpPacket packet) {
                packet.options().codes().forEach(code -> {
                    packet.options().text(code);
                    packet.options().address(code);
                    packet.options().number(code);
                    packet.options().shorts(code);
                    packet.options().inner(code);
                });
                assertThat(DhcpPacket.decode(packet.encode(4000))).as("seed %d round %d", seed, round)
                        .isInstanceOf(DhcpPacket.class);
            }
        }
    }

    private static byte[] changed(byte[] bytes, int at, int value) {
        byte[] copy = bytes.clone();
        copy[at] = (byte) value;
        return copy;
    }

    private static String reason(byte[] bytes) {
        return ((Decoded.Malformed) DhcpPacket.decode(bytes)).reason();
    }
}

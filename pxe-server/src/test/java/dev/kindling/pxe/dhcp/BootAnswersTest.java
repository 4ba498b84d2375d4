package dev.kindling.pxe.dhcp;

import static dev.kindling.pxe.dhcp.Lab.ip;
import static dev.kindling.pxe.dhcp.Lab.mac;
import static dev.kindling.pxe.dhcp.Lab.message;
import static dev.kindling.pxe.dhcp.Lab.pxe;
import static dev.kindling.pxe.dhcp.Lab.select;
import static dev.kindling.pxe.dhcp.Lab.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.Agent;
import dev.kindling.pxe.Client;
import dev.kindling.pxe.Firmware;
import dev.kindling.pxe.PxeConfig.Mode;
import dev.kindling.pxe.PxeConfig.ProxyOffer;
import dev.kindling.pxe.PxeEvent;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.ParameterizedTest;

/** What boot agents are told, as a DHCP server, beside one, and on port 4011. */
class BootAnswersTest {
    private static final byte[] USE_THE_BOOT_FILE = {6, 1, 8, (byte) 255};
    private final Lab dhcp = new Lab(Mode.DHCP);
    private final Lab proxy = new Lab(Mode.PROXY);

    @Test
    @DisplayName("lesson 3: siaddr, sname and file say the same as the options; lesson 5: file and option 67"
            + " both, the latter with a NUL")
    void tellsPxeFirmwareItsFileInEveryPlaceWhereItMayLook() {
        dhcp.answers(1, "10.77.0.11", "snponly.efi");

        DhcpPacket offer = dhcp.send(pxe(MessageType.DISCOVER, 1, 7)).orElseThrow();

        assertThat(offer.siaddr()).isEqualTo(ip("10.77.0.1"));
        assertThat(offer.sname()).isEqualTo("10.77.0.1");
        assertThat(offer.file()).isEqualTo("snponly.efi");
        assertThat(offer.options().bytes(OptionCode.TFTP_SERVER_NAME))
                .contains("10.77.0.1\0".getBytes(StandardCharsets.US_ASCII));
        assertThat(offer.options().bytes(OptionCode.BOOT_FILE_NAME))
                .contains("snponly.efi\0".getBytes(StandardCharsets.US_ASCII));
        assertThat(offer.options().text(OptionCode.VENDOR_CLASS)).contains("PXEClient");
        assertThat(offer.options().bytes(OptionCode.VENDOR_SPECIFIC)).contains(USE_THE_BOOT_FILE);
        assertThat(dhcp.asked).containsExactly(new Client(mac(1), null, Firmware.UEFI_X64, Agent.FIRMWARE_PXE,
                ip("10.77.0.1"), 80, 0,
                new Client.Sent(null, List.of(7), "PXEClient:Arch:00007:UNDI:003016", null, null),
                Client.Way.direct("eth0")));
        assertThat(dhcp.events).extracting(PxeEvent::text).containsExactly("DISCOVER from UEFI x64 PXE firmware",
                "OFFER 10.77.0.11, boot file snponly.efi");
    }

    @Test
    void tellsIpxeAnUrlAndNotToWaitForProxies() {
        String url = "http://10.77.0.1/m/52:54:00:4b:4c:01/boot.ipxe";
        dhcp.answers(1, null, url);

        DhcpPacket offer = dhcp.send(with(pxe(MessageType.DISCOVER, 1, 0), OptionCode.USER_CLASS, "iPXE"))
                .orElseThrow();

        assertThat(offer.file()).isEqualTo(url);
        assertThat(offer.options().text(OptionCode.BOOT_FILE_NAME)).contains(url);
        assertThat(offer.options().inner(OptionCode.IPXE).orElseThrow().number(OptionCode.IPXE_NO_PROXY_DHCP))
                .hasValue(1);
        assertThat(offer.options().has(OptionCode.VENDOR_SPECIFIC)).isFalse();
    }

    @Test
    @DisplayName("lesson 14: HTTPClient is echoed, an absolute URL, no option 43")
    void tellsHttpBootAnUrlAndNothingOfPxe() {
        String url = "http://10.77.0.1/snponly.efi";
        dhcp.answers(1, null, url);

        DhcpPacket offer = dhcp.send(with(message(MessageType.DISCOVER, 1), OptionCode.VENDOR_CLASS,
                "HTTPClient:Arch:00016:UNDI:003001")).orElseThrow();

        assertThat(offer.file()).isEqualTo(url);
        assertThat(offer.options().text(OptionCode.BOOT_FILE_NAME)).contains(url);
        assertThat(offer.options().text(OptionCode.VENDOR_CLASS)).contains("HTTPClient");
        assertThat(offer.options().has(OptionCode.VENDOR_SPECIFIC)).isFalse();
    }

    @Test
    @DisplayName("lesson 5: what is too long for file stands in option 67 alone")
    void putsALongUrlIntoOption67Alone() {
        String url = "http://10.77.0.1/" + "x".repeat(120);
        dhcp.answers(1, null, url);

        DhcpPacket offer = dhcp.send(with(pxe(MessageType.DISCOVER, 1, 0), OptionCode.USER_CLASS, "iPXE"))
                .orElseThrow();

        assertThat(offer.file()).isEmpty();
        assertThat(offer.bootFile()).contains(url);
    }

    @Test
    void saysNothingOfPxeToFirmwareThatIsToBootFromDisk() {
        dhcp.knows(1);

        DhcpPacket offer = dhcp.send(pxe(MessageType.DISCOVER, 1, 7)).orElseThrow();

        // with that class and no file, EDK2 would ask port 4011
        assertThat(offer.options().has(OptionCode.VENDOR_CLASS)).isFalse();
        assertThat(offer.siaddr()).isEqualTo(ip("0.0.0.0"));
    }

    @Test
    void staysWithinTheSizeThatTheClientTakes() {
        String url = "http://10.77.0.1/" + "x".repeat(200);
        dhcp.answers(1, null, url);
        DhcpPacket discover = with(pxe(MessageType.DISCOVER, 1, 0), OptionCode.USER_CLASS, "iPXE");
        DhcpPacket large = discover.withOptions(discover.options().with(OptionCode.CLIENT_ID, new byte[200]));

        assertThat(size(large)).isLessThanOrEqualTo(548);
        assertThat(size(large.withOptions(large.options().withShort(OptionCode.MAX_MESSAGE_SIZE, 1500))))
                .isBetween(549, 1472);
        assertThat(size(large.withOptions(large.options().withShort(OptionCode.MAX_MESSAGE_SIZE, 65535))))
                .isBetween(549, 1472);
        assertThat(size(large.withOptions(large.options().withShort(OptionCode.MAX_MESSAGE_SIZE, 1))))
                .isLessThanOrEqualTo(548);
    }

    @Test
    @DisplayName("lesson 2: with 43.6 = 8 a BIOS takes the file of the offer")
    void proxyOffersABootFileAndNoAddress() {
        proxy.answers(1, null, "undionly.kpxe");

        DhcpPacket offer = proxy.send(pxe(MessageType.DISCOVER, 1, 0)).orElseThrow();

        assertThat(offer.yiaddr()).isEqualTo(ip("0.0.0.0"));
        assertThat(offer.file()).isEqualTo("undionly.kpxe");
        assertThat(offer.options().codes()).containsExactlyInAnyOrder(OptionCode.MESSAGE_TYPE, OptionCode.SERVER_ID,
                OptionCode.VENDOR_CLASS, OptionCode.VENDOR_SPECIFIC, OptionCode.TFTP_SERVER_NAME,
                OptionCode.BOOT_FILE_NAME);
        assertThat(offer.options().bytes(OptionCode.VENDOR_SPECIFIC)).contains(USE_THE_BOOT_FILE);
    }

    @Test
    @DisplayName("lesson 2: without option 43 UEFI firmware asks port 4011")
    void proxySendsUefiFirmwareToTheBootServerPort() {
        proxy.answers(1, null, "snponly.efi");

        assertThat(proxy.send(pxe(MessageType.DISCOVER, 1, 7)).orElseThrow().options()
                .has(OptionCode.VENDOR_SPECIFIC)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"NAMES_FILE, 0, true", "NAMES_FILE, 7, true", "ASKS_BOOT_SERVER, 0, false",
            "ASKS_BOOT_SERVER, 7, false", "BY_FIRMWARE, 0, true", "BY_FIRMWARE, 7, false"})
    void theFormOfAProxyOfferCanBeChosen(ProxyOffer form, int architecture, boolean option43) {
        var lab = new Lab(form).answers(1, null, "loader");

        DhcpPacket offer = lab.send(pxe(MessageType.DISCOVER, 1, architecture)).orElseThrow();

        assertThat(offer.options().has(OptionCode.VENDOR_SPECIFIC)).isEqualTo(option43);
        assertThat(offer.bootFile()).contains("loader");
    }

    @Test
    void proxyIsSilentToOperatingSystemsAndToMessagesForTheOtherServer() {
        proxy.answers(1, null, "snponly.efi");

        assertThat(proxy.send(message(MessageType.DISCOVER, 1))).isEmpty();
        assertThat(proxy.asked).isEmpty();
        assertThat(proxy.send(select(pxe(MessageType.REQUEST, 1, 7), ip("10.77.0.2"), ip("10.77.0.20")))).isEmpty();
    }

    @Test
    void proxyLearnsWhoHasWhichAddressFromWhatItHears() {
        proxy.send(select(pxe(MessageType.REQUEST, 1, 7), ip("10.77.0.2"), ip("10.77.0.20")));

        assertThat(proxy.service.whoHas(ip("10.77.0.20"), proxy.now)).contains(mac(1));
        assertThat(proxy.events).singleElement().isInstanceOfSatisfying(PxeEvent.ForeignServer.class,
                event -> assertThat(event.address()).isEqualTo(ip("10.77.0.2")));
        proxy.send(message(MessageType.RELEASE, 1).withCiaddr(ip("10.77.0.20")));
        assertThat(proxy.service.whoHas(ip("10.77.0.20"), proxy.now)).isEmpty();
    }

    @Test
    @DisplayName("lesson 2: port 4011 is answered in both modes")
    void answersTheBootServerPortInBothModes() {
        for (Lab lab : new Lab[]{dhcp, proxy}) {
            lab.answers(1, null, "snponly.efi");
            DhcpPacket request = pxe(MessageType.REQUEST, 1, 7).withCiaddr(ip("10.77.0.20"));
            Outcome outcome = lab.outcome(request.withOptions(request.options().with(OptionCode.VENDOR_SPECIFIC,
                    DhcpOptions.none().with(71, new byte[]{0, 0, 0, 0}))), "10.77.0.20", 68,
                    Arrival.Service.BOOT_SERVER);

            assertThat(outcome.reply()).isNotNull().satisfies(reply -> {
                assertThat(reply.to()).isEqualTo(new InetSocketAddress("10.77.0.20", 68));
                var ack = (DhcpPacket) DhcpPacket.decode(reply.payload());
                assertThat(ack.type()).contains(MessageType.ACK);
                assertThat(ack.bootFile()).contains("snponly.efi");
                assertThat(ack.options().inner(OptionCode.VENDOR_SPECIFIC).orElseThrow().has(71)).isTrue();
            });
        }
        assertThat(proxy.service.whoHas(ip("10.77.0.20"), proxy.now)).contains(mac(1));
    }

    @Test
    void tellsOfForeignServersWhoseMessagesStray() {
        DhcpPacket offer = message(MessageType.OFFER, 1).reply().withOptions(DhcpOptions.none()
                .withByte(OptionCode.MESSAGE_TYPE, MessageType.OFFER.code())
                .with(OptionCode.SERVER_ID, ip("10.77.0.2")));

        assertThat(dhcp.send(offer)).isEmpty();

        assertThat(dhcp.events).singleElement().isInstanceOfSatisfying(PxeEvent.ForeignServer.class,
                event -> assertThat(event.address()).isEqualTo(ip("10.77.0.2")));
    }

    @Test
    void namesWhyAHostilePacketIsIgnored() {
        Outcome outcome = dhcp.service.handle(new byte[300], new Arrival(Lab.LINK,
                new InetSocketAddress("10.77.0.66", 68), Arrival.Service.DHCP), dhcp.now);

        assertThat(outcome.reply()).isNull();
        assertThat(outcome.events()).singleElement().isInstanceOfSatisfying(PxeEvent.Ignored.class,
                event -> assertThat(event.reason())
                        .isEqualTo("hardware type 0 with addresses of 0 bytes is not Ethernet"));
    }

    private int size(DhcpPacket packet) {
        var reply = dhcp.outcome(packet, "0.0.0.0", 68, Arrival.Service.DHCP).reply();
        return reply == null ? 0 : reply.payload().length;
    }
}

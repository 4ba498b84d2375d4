package dev.kindling.pxe.dhcp6;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeConfig.Link6;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** RFC 4861 sections 4.2 and 4.6, RFC 8106 section 5.1. */
class RouterAdvertisementTest {
    private static final MacAddress MAC = new MacAddress("52:54:00:12:34:56");

    private static Link6 link(int prefixLength, List<InetAddress> dns) {
        return new Link6("eth0", InetAddress.ofLiteral("fd00:77:ffff:ffff::1"), prefixLength, null, null, dns, null,
                Duration.ofHours(1), true);
    }

    private static byte[] octets(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    @Test
    void tellsToAskDhcpv6AndThatWeAreNoRouter() {
        assertThat(RouterAdvertisement.encode(link(64, List.of()), MAC)).isEqualTo(octets("""
                86 00 0000 00 c0 0000 00000000 00000000 \
                01 01 525400123456 \
                03 04 40 80 00000e10 00000e10 00000000 fd000077ffffffff0000000000000000"""));
    }

    @Test
    void namesTheNameServersAndCutsThePrefixWithinAnOctet() {
        byte[] message = RouterAdvertisement.encode(link(51, List.of(InetAddress.ofLiteral("fd00:77::53"),
                InetAddress.ofLiteral("fd00:77::54"))), MAC);

        assertThat(HexFormat.of().formatHex(message)).endsWith("0304338000000e1000000e1000000000"
                + "fd000077ffffe0000000000000000000" + "1905000000000e10"
                + "fd000077000000000000000000000053" + "fd000077000000000000000000000054");
    }

    @Test
    void theAbsenceOfARouterIsAMessageWithoutFlagsAndOptions() {
        assertThat(RouterAdvertisement.absence()).isEqualTo(octets("86000000 00000000 00000000 00000000"));
    }
}

package dev.kindling.pxe.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.dhcp.DhcpOptions;
import dev.kindling.pxe.dhcp.DhcpPacket;
import dev.kindling.pxe.dhcp.OptionCode;
import java.util.HexFormat;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** PXE specification 2.1, table 2-1. */
class BootDiscoveryTest {
    private static DhcpPacket offer(String file, boolean pxe, String option43) {
        var options = DhcpOptions.none();
        if (pxe) {
            options = options.with(OptionCode.VENDOR_CLASS, "PXEClient");
        }
        if (!option43.isEmpty()) {
            options = options.with(OptionCode.VENDOR_SPECIFIC, HexFormat.of().parseHex(option43.replace(" ", "")));
        }
        return DhcpPacket.request(new MacAddress("52:54:00:12:34:56"), 1).withFile(file).withOptions(options);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', emptyValue = "", value = {
            // of a server that gives the address: file, PXEClient, option 43, asks, type, servers
            "DHCP  | x.0 | false | ''                                                    | false |       |",
            "DHCP  | ''  | false | ''                                                    | false |       |",
            "DHCP  | x.0 | true  | ''                                                    | false |       |",
            "DHCP  | x.0 | true  | 060108 ff                                             | false |       |",
            "DHCP  | ''  | true  | ''                                                    | true  |       |",
            "DHCP  | x.0 | true  | 060103 0807 8000 01 0a4d0009 0906 8000 03 616263 ff   | true  | 32768 | 10.77.0.9",
            "DHCP  | x.0 | true  | 06010b 0807 8000 01 0a4d0009 ff                       | false |       |",
            // of a ProxyDHCP server
            "PROXY | x.0 | true  | 060108 ff                                             | false |       |",
            "PROXY | ''  | true  | 060108 ff                                             | true  |       |",
            "PROXY | x.0 | true  | ''                                                    | true  |       |",
            "PROXY | ''  | true  | 0807 0003 01 0a4d0009 ff                              | true  | 3     | 10.77.0.9",
            "PROXY | ''  | true  | 080e 0003 01 0a4d0009 0004 01 0a4d000a 0904 0004 01 61 ff | true  | 4 | 10.77.0.10",
            "PROXY | ''  | true  | 0803 0003 00 0904 0003 01 61 ff                       | true  | 3     |"})
    void asksTheBootServerWhereTheOfferSaysSo(String from, String file, boolean pxe, String option43, boolean asks,
            Integer type, String servers) throws Exception {
        var discovery = BootDiscovery.of(offer(file, pxe, option43), from.equals("PROXY"));

        assertThat(discovery.asks()).isEqualTo(asks);
        assertThat(discovery.type()).isEqualTo(type);
        assertThat(discovery.servers().stream().map(each -> each.getHostAddress()).collect(Collectors.joining(" ")))
                .isEqualTo(servers == null ? "" : servers);
    }

    @Test
    void goesOnWithItsDiskWhereTheMenusFirstItemIsThat() throws Exception {
        var discovery = BootDiscovery.of(offer("", true, "0904 0000 01 61 ff"), true);

        assertThat(discovery.local()).isTrue();
        assertThat(discovery.asks()).isFalse();
    }

    @Test
    void namesTheItemThatItTook() throws Exception {
        var item = BootDiscovery.of(offer("", true, "0807 8001 01 0a4d0009 ff"), true).item();

        assertThat(item.bytes(OptionCode.VENDOR_SPECIFIC).orElseThrow())
                .startsWith(HexFormat.of().parseHex("470480010000"));
        assertThat(BootDiscovery.of(offer("", true, ""), true).item().codes()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0807 8000 02 0a4d0009 ff", "0802 8000 ff", "0901 80 ff"})
    void saysThatAListIsMalformed(String option43) {
        assertThatThrownBy(() -> BootDiscovery.of(offer("", true, option43), true)).isInstanceOf(BootException.class)
                .hasMessage("option 43 of the offer is malformed");
    }
}

package dev.kindling.pxe.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.dhcp.DhcpOptions;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VendorWordsTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "060108ff | fetch the boot file of this offer, ask no boot server",
            "060107 | no broadcast for boot servers, no multicast for them, only those that are listed",
            "060100 | look for boot servers in any way", "0704e0000102 | multicast discovery at 224.0.1.2",
            "080700000 10a000001 | boot servers: type 0 at 10.0.0.1", "08038000 00 | boot servers: type 32768 at any",
            "090e 0000 04 4469736b 8000 04 4c697665 | menu: Disk (type 0), Live (type 32768)",
            "0a03 0a 4638 | prompt \"F8\" for 10 s", "0a01ff | prompt \"\" without end",
            "0a0100 | boots the menu's first item at once", "4704 80000000 | boot item 32768",
            "0104e0000102 | multicast TFTP (tag 1)", "0a00 | tag 10 of 0 octets is malformed",
            "0803000002 | tag 8 of 3 octets is malformed", "c902aabb | tag 201 of 2 octets"})
    void saysWhatFirmwareIsTold(String hex, String words) {
        DhcpOptions outer = DhcpOptions.none().with(43, HexFormat.of().parseHex(hex.replace(" ", "")));
        assertThat(VendorWords.of(outer.inner(43).orElseThrow())).containsExactly(words);
    }
}

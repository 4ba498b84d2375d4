package dev.kindling.pxe.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrivilegesTest {
    @ParameterizedTest
    @CsvSource({"000001ffffffffff, true", "0000000000002400, true", "0000000000002000, false",
            "0000000000000400, false", "0000000000000000, false", "ffffffffffffdbff, false"})
    void sufficeWithBothCapabilities(String effective, boolean sufficient) {
        var privileges = Privileges.of(List.of("Name:\tjava", "Uid:\t1000\t1001\t1002\t1003",
                "Gid:\t100\t101\t102\t103", "CapPrm:\t000001ffffffffff", "CapEff:\t" + effective));

        assertThat(privileges).isEqualTo(new Privileges(1001, 101, sufficient));
    }

    @Test
    void whereTheSystemDoesNotTellTheAttemptDoes() {
        assertThat(Privileges.of(List.of()).sufficient()).isTrue();
    }

    @Test
    void sudoReadsTheRuleAsTheVeryWords() {
        assertThat(new Privileges(1000, 100, false).sudoersRule(List.of("/opt/it is, here/kindling", "a=b", "*")))
                .startsWith("#1000 ALL=(root) NOPASSWD: /usr/bin/setpriv --reuid\\=1000 --regid\\=100 --init-groups ")
                .endsWith(" --no-new-privs /opt/it\\ is\\,\\ here/kindling a\\=b \\*");
    }
}

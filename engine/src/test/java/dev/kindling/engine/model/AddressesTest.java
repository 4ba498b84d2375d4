package dev.kindling.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressesTest {
    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "10.77.0.1", "255.255.255.255"})
    void parsesFourDecimalNumbers(String text) {
        assertThat(Addresses.parse(text).getHostAddress()).isEqualTo(text);
    }

    @Test
    void parsesIpv6() {
        assertThat(Addresses.parse("fd00::1").getHostAddress()).isEqualTo("fd00:0:0:0:0:0:0:1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10", "10.77", "10.77.1", "010.77.0.1", "10.77.0.256", "10.77.0.1.2", " 10.77.0.1",
            "localhost", "::ffff:10.77.0.1", "fe80::1%eth0", "[::1]", "0x0a.0.0.1", "1:2", ":"})
    void refusesWhatReadersDisagreeAbout(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Addresses.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.77.0.0", "10.77.0.1/24", "10.77.0.0/33", "10.77.0.0/+24", "10.77.0.0/024", "10/8",
            "10.77.0.0/", "fd00::/129"})
    void refusesNetworksThatAreNone(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Cidr.parse(text));
    }

    @ParameterizedTest
    @CsvSource({"10.77.0.129, 25, 10.77.0.128/25", "10.77.0.129, 32, 10.77.0.129/32", "10.77.0.129, 0, 0.0.0.0/0"})
    void findsTheNetworkAroundAnAddress(String address, int prefixLength, String network) {
        assertThat(Cidr.around(Addresses.parse(address), prefixLength)).isEqualTo(Cidr.parse(network));
    }
}

package dev.kindling.pxe.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class UsableAddressTest {
    private static final InetAddress OWN = InetAddress.ofLiteral("fd77::1");
    private static final String LOOPBACK = "00000000000000000000000000000001 01 80 10 80       lo";

    private static String own(String flags) {
        return "fd770000000000000000000000000001 02 40 00 " + flags + "     eth0";
    }

    private static String linkLocal(String flags) {
        return "fe80000000000000505400fffe4b4c01 02 40 20 " + flags + "     eth0";
    }

    @Test
    void findsNothingInTheWayOfCheckedAddresses() throws IOException {
        assertThat(UsableAddress.obstacle(List.of(LOOPBACK, own("80"), linkLocal("80")), "eth0", OWN)).isNull();
    }

    @Test
    void waitsWhileAnAddressIsTentativeOrTheLinkLocalOneIsNotThereYet() throws IOException {
        assertThat(UsableAddress.obstacle(List.of(own("c0"), linkLocal("80")), "eth0", OWN))
                .contains("still looks whether another host has fd77:0:0:0:0:0:0:1 of eth0");
        assertThat(UsableAddress.obstacle(List.of(own("80"), linkLocal("c0")), "eth0", OWN))
                .contains("the link-local address of eth0");
        assertThat(UsableAddress.obstacle(List.of(own("80")), "eth0", OWN)).contains("no IPv6 link-local address");
    }

    @Test
    void refusesADuplicateAndAnAddressThatIsNotThere() {
        assertThatThrownBy(() -> UsableAddress.obstacle(List.of(own("c8"), linkLocal("80")), "eth0", OWN))
                .isInstanceOf(IOException.class).hasMessageContaining("another host has fd77:0:0:0:0:0:0:1 of eth0");
        assertThatThrownBy(() -> UsableAddress.obstacle(List.of(linkLocal("80")), "eth0", OWN))
                .isInstanceOf(IOException.class).hasMessageContaining("does not have the address");
    }
}

package dev.kindling.pxe.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.PxeConfig.Subnet;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 2131 section 4.1, row by row. */
class ReplyAddressTest {
    @ParameterizedTest(name = "{0} {1} giaddr {2} ciaddr {3} broadcast {4} -> {5}")
    @CsvSource({
            // a relay gets it, whatever else is said
            "DISCOVER, OFFER, 10.9.0.1, 0.0.0.0,    false, 10.9.0.1:67",
            "REQUEST,  ACK,   10.9.0.1, 10.77.0.20, true,  10.9.0.1:67",
            "REQUEST,  NAK,   10.9.0.1, 10.77.0.20, false, 10.9.0.1:67",
            // a client with an address gets it there, and then the broadcast flag does not count
            "REQUEST,  ACK,   0.0.0.0,  10.77.0.20, false, 10.77.0.20:68",
            "REQUEST,  ACK,   0.0.0.0,  10.77.0.20, true,  10.77.0.20:68",
            // an INFORM is answered at its address, not through the relay (section 4.3.5)
            "INFORM,   ACK,   10.9.0.1, 10.77.0.20, false, 10.77.0.20:68",
            // a refusal is broadcast: the client's address may be wrong
            "REQUEST,  NAK,   0.0.0.0,  10.77.0.20, false, 255.255.255.255:68",
            "REQUEST,  NAK,   0.0.0.0,  0.0.0.0,    false, 255.255.255.255:68",
            // a client without an address gets a broadcast where it asks for that
            "DISCOVER, OFFER, 0.0.0.0,  0.0.0.0,    true,  255.255.255.255:68",
            // and else unicast to its new address, at its hardware address
            "DISCOVER, OFFER, 0.0.0.0,  0.0.0.0,    false, 10.77.0.20:68 at 52:54:00:4b:4c:01",
            "REQUEST,  ACK,   0.0.0.0,  0.0.0.0,    false, 10.77.0.20:68 at 52:54:00:4b:4c:01"})
    @DisplayName("lesson 7: replies go where RFC 2131 section 4.1 says; lesson 8: those for a relay to its port 67")
    void followsTheRfc(MessageType asked, MessageType answered, String giaddr, String ciaddr, boolean broadcast,
            String expected) {
        assertThat(destination(asked, answered, giaddr, ciaddr, broadcast,
                new Arrival(Lab.LINK, new InetSocketAddress("10.77.0.20", 68), Arrival.Service.DHCP), 67))
                .isEqualTo(expected);
    }

    @ParameterizedTest(name = "from {0}")
    @CsvSource({"10.77.0.20:68, 10.77.0.20:68", "10.77.0.20:2070, 10.77.0.20:2070", "0.0.0.0:68, 255.255.255.255:68"})
    void answersTheBootServerPortWhereItWasAskedFrom(String from, String expected) {
        String[] parts = from.split(":", -1);
        assertThat(destination(MessageType.REQUEST, MessageType.ACK, "0.0.0.0", "0.0.0.0", false,
                new Arrival(Lab.LINK, new InetSocketAddress(parts[0], Integer.parseInt(parts[1])),
                        Arrival.Service.BOOT_SERVER),
                67)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"10.9.0.1, 10.9.0.1:5000", "0.0.0.0, 255.255.255.255:5000"})
    void answersToTheSourcePortWhereThePortIsNotTheRegisteredOne(String giaddr, String expected) {
        assertThat(destination(MessageType.DISCOVER, MessageType.OFFER, giaddr, "0.0.0.0", true,
                new Arrival(Lab.LINK, new InetSocketAddress("10.77.0.20", 5000), Arrival.Service.DHCP), 6767))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"67", "6767"})
    void answersTheSenderOnLoopback(int port) {
        var loopback = new Link(null, Lab.ip("127.77.0.1"), Subnet.of(Lab.ip("127.77.0.1"), 24));
        assertThat(destination(MessageType.REQUEST, MessageType.NAK, "0.0.0.0", "127.77.0.9", true,
                new Arrival(loopback, new InetSocketAddress("127.77.0.50", 5000), Arrival.Service.DHCP), port))
                .isEqualTo("127.77.0.50:5000");
    }

    private static String destination(MessageType asked, MessageType answered, String giaddr, String ciaddr,
            boolean broadcast, Arrival arrival, int ownPort) {
        DhcpPacket request = Lab.message(asked, 1).withGiaddr(Lab.ip(giaddr)).withCiaddr(Lab.ip(ciaddr))
                .withBroadcast(broadcast);
        DhcpPacket reply = request.reply().withYiaddr(Lab.ip(answered == MessageType.NAK
                || arrival.service() == Arrival.Service.BOOT_SERVER ? "0.0.0.0" : "10.77.0.20"))
                .withOptions(DhcpOptions.none().withByte(OptionCode.MESSAGE_TYPE, answered.code()));
        ReplyAddress to = ReplyAddress.of(request, reply, arrival, ownPort);
        return to.to().getAddress().getHostAddress() + ":" + to.to().getPort()
                + (to.hardware() == null ? "" : " at " + to.hardware());
    }
}

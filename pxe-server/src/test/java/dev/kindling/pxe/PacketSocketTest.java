package dev.kindling.pxe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.pxe.net.PacketSocket;
import java.io.IOException;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class PacketSocketTest {
    private static final String OURS = "02:00:00:00:00:01";
    private static final String THEIRS = "02:00:00:00:00:02";

    /** Prints the ARP frames of eth0; asks who has 10.9.0.2 for each line of standard input. */
    static final class ArpListener {
        private ArpListener() {}

        public static void main(String[] arguments) throws Exception {
            try (var socket = PacketSocket.open("eth0", PacketSocket.ARP, PacketSocket.Filter.NONE)) {
                Thread.ofPlatform().daemon().start(() -> {
                    try {
                        while (System.in.read() >= 0) {
                            socket.send(HexFormat.of().parseHex("ffffffffffff020000000001" + "0806"
                                    + "0001080006040001" + "020000000001" + "0a090001" + "000000000000" + "0a090002"));
                        }
                    } catch (IOException e) {
                        System.out.println(e);
                    }
                });
                System.out.println("READY");
                while (true) {
                    socket.receive(Duration.ofSeconds(1))
                            .ifPresent(frame -> System.out.println(HexFormat.of().formatHex(frame)));
                }
            }
        }
    }

    @Test
    void seesAndSendsFramesThatNoOtherSocketCan() throws IOException {
        try (var here = new Namespace(); var there = new Namespace(here)) {
            here.cable("eth0", there, "eth0", THEIRS);
            here.run("ip", "link", "set", "eth0", "address", OURS);
            there.run("ip", "address", "add", "10.9.0.2/24", "dev", "eth0");
            var listener = here.start(Namespace.javaCommand(ArpListener.class));
            listener.await("READY");

            // nobody is there: the kernel asks the link
            there.start("ping", "-c", "1", "-W", "1", "10.9.0.1");
            assertThat(listener.await("0a090001")).as("the broadcast request of a stranger")
                    .startsWith("ffffffffffff").contains(THEIRS.replace(":", "") + "0806");

            listener.line();
            // to us: its own request, which it may repeat, names it likewise
            assertThat(listener.await(OURS.replace(":", "") + THEIRS.replace(":", "") + "0806"))
                    .as("an answer to an address that is not set on our interface")
                    .contains(THEIRS.replace(":", "") + "0a090002");
        }
    }

    @Test
    void namesAnInterfaceThatIsNotThere() {
        assertThatThrownBy(() -> PacketSocket.open("none9", PacketSocket.ALL, PacketSocket.Filter.NONE))
                .isInstanceOf(IOException.class).hasMessageContaining("there is no network interface none9");
    }
}

package dev.kindling.pxe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.pxe.net.TrafficCapture;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A boot service with a capture beside it, real clients on the cable, and tshark as the reader. */
class TrafficCaptureTest {
    private static final String MACHINE = "52:54:00:4b:4c:01";

    @TempDir
    private Path directory;

    /** Arguments: the file, then those of {@link LabServer}. */
    static final class CapturingServer {
        private CapturingServer() {}

        public static void main(String[] arguments) throws Exception {
            Consumer<String> told = System.out::println;
            try (var _ = TrafficCapture.start(Path.of(arguments[0]), 1 << 20,
                    List.of(new TrafficCapture.Device("eth0", (Inet4Address) InetAddress.ofLiteral("10.9.0.1"))), 69,
                    List.of(), told)) {
                LabServer.main(List.of(arguments).subList(1, arguments.length).toArray(String[]::new));
            }
        }
    }

    @Test
    void holdsTheLeaseAndTheTransferAndNothingElse() throws Exception {
        Path file = directory.resolve("boot.pcapng");
        try (var here = new Namespace(); var there = new Namespace(here)) {
            here.cable("eth0", there, "eth0", MACHINE);
            here.run("ip", "address", "add", "10.9.0.1/24", "dev", "eth0");
            var server = here.start(Namespace.javaCommand(CapturingServer.class, file.toString(), "DHCP", "-",
                    "eth0,10.9.0.1,24,10.9.0.100,10.9.0.199,3600"));
            server.await("READY");
            there.run(Namespace.tool("dhclient", "isc-dhcp-client"), "-4", "-1", "-v", "-sf", "/bin/true", "-lf",
                    "/dev/null", "-pf", directory.resolve("pid").toString(), "eth0");
            server.await("DhcpAnswered");
            // its daemon writes that behind the end of the one that was started
            there.run("sh", "-c", "until [ -s %1$s ]; do sleep 0.1; done; kill $(cat %1$s)"
                    .formatted(directory.resolve("pid")));
            there.run("ip", "address", "add", "10.9.0.100/24", "dev", "eth0");
            there.run(Namespace.tool("atftp", "atftp"), "--option", "blksize 1200", "--get", "-r", "undionly.kpxe",
                    "-l", directory.resolve("got").toString(), "10.9.0.1");
            server.await("FetchDone");
            there.run("curl", "-s", "http://10.9.0.1/secret");
            // UDP to us that is no boot traffic
            there.run("bash", "-c", "echo hello > /dev/udp/10.9.0.1/5353");
            server.endInput();
            assertThat(server.ends(Duration.ofSeconds(30))).isTrue();
        }

        String lines = read(file, "-T", "fields", "-e", "frame.interface_name", "-e", "_ws.col.Protocol", "-e",
                "_ws.col.Info", "-E", "separator=/s");
        assertThat(lines).contains("eth0 DHCP DHCP Discover", "eth0 DHCP DHCP Offer", "eth0 DHCP DHCP Request",
                "eth0 DHCP DHCP ACK", "eth0 TFTP Read Request, File: undionly.kpxe", "Option Acknowledgement",
                "Data Packet, Block: 2", "eth0 ARP ").doesNotContain("HTTP", "TCP", "hello", "5353");
        long octets = read(file, "-Y", "tftp.opcode == 3", "-T", "fields", "-e", "frame.len", "-e", "frame.cap_len",
                "-E", "separator=/s").lines().filter(line -> line.matches("\\d+ \\d+"))
                .mapToLong(line -> Long.parseLong(line.split(" ", -1)[0]) - 46).sum();
        // the last block may be shorter than an Ethernet frame
        assertThat(octets).as("all blocks are there, with the lengths that they had").isGreaterThanOrEqualTo(
                Files.size(Path.of("/usr/lib/ipxe/undionly.kpxe")));
        assertThat(Files.size(file)).as("of the blocks the first octets only").isLessThan(octets / 2);
        assertThat(Tool.run("wireshark-common", directory, "capinfos", file.toString()).output())
                .doesNotContain("cut short");
    }

    private String read(Path file, String... more) throws Exception {
        var command = new ArrayList<>(List.of("tshark", "-r", file.toString()));
        command.addAll(List.of(more));
        return Tool.run("tshark", directory, command.toArray(String[]::new)).output();
    }

    @Test
    void namesTheFileThatCannotBeWritten() {
        assertThatThrownBy(() -> TrafficCapture.start(directory.resolve("none/boot.pcapng"), 1 << 20, List.of(), 69,
                List.of(), note -> {})).isInstanceOf(IOException.class)
                .hasMessageContaining("the capture " + directory.resolve("none/boot.pcapng") + " cannot be written");
    }
}

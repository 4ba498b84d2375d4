package dev.kindling.pxe.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.net.PortFailure.Transport;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is read from /proc, and what is said about a port that cannot be had. */
class KernelTablesTest {
    @TempDir
    private Path proc;

    @Test
    void findsNeighboursThatHaveAnswered() throws IOException {
        Path table = Files.writeString(proc.resolve("arp"), """
                IP address       HW type     Flags       HW address            Mask     Device
                10.77.0.20       0x1         0x2         52:54:00:4b:4c:01     *        srv0
                10.77.0.21       0x1         0x0         00:00:00:00:00:00     *        srv0
                """);

        assertThat(Neighbours.macOf(InetAddress.ofLiteral("10.77.0.20"), table))
                .contains(new MacAddress("52:54:00:4b:4c:01"));
        assertThat(Neighbours.macOf(InetAddress.ofLiteral("10.77.0.21"), table)).isEmpty();
        assertThat(Neighbours.macOf(InetAddress.ofLiteral("10.77.0.2"), table)).isEmpty();
        assertThat(Neighbours.macOf(InetAddress.ofLiteral("10.77.0.20"), proc.resolve("none"))).isEmpty();
    }

    @Test
    void findsTheHoldersOfAPort() throws IOException {
        Files.createDirectory(proc.resolve("net"));
        Files.writeString(proc.resolve("net/udp"),
                """
                          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
                          7: 00000000:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 0
                          8: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 0
                          9: 0100007F:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 4713 2 0000000000000000 0
                        """);
        Files.createDirectories(proc.resolve("812/fd"));
        Files.writeString(proc.resolve("812/comm"), "dnsmasq\n");
        Files.createSymbolicLink(proc.resolve("812/fd/4"), Path.of("socket:[4711]"));
        Files.createSymbolicLink(proc.resolve("812/fd/5"), Path.of("pipe:[9]"));

        assertThat(PortFailure.holders(proc, Transport.UDP, 67)).containsExactly("dnsmasq (process 812)",
                "a process of user id 1000");
        assertThat(PortFailure.holders(proc, Transport.UDP, 69)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "67 | Permission denied | ports below 1024 need the capability CAP_NET_BIND_SERVICE. Run as root, or give it only what it needs: sudo setpriv",
            "6767 | Operation not permitted | binding to an interface needs the capability CAP_NET_RAW. Run as root",
            "67 | Cannot assign requested address | this machine does not have that address.",
            "67 | No such device | there is no such interface."})
    void saysTheRemedy(int port, String error, String remedy) {
        IOException explained = PortFailure.explain("DHCP", Transport.UDP, "eth0", port,
                new IOException("wrapped", new BindException("bind(..) failed: " + error)));

        assertThat(explained.getMessage()).doesNotContain("COMMAND")
                .startsWith("DHCP cannot listen on eth0, port " + port + "/UDP: " + remedy);
    }

    @Test
    void theRemedyIsTheCommandThatTheUserTyped(@TempDir Path home) throws IOException {
        Path launcher = Files.createFile(home.resolve("kindling"));
        List<String> java = List.of("/jdk/bin/java", "-Xmx64m", "-cp", "a.jar", "x.Main", "pxe", "serve", "--root",
                "/it's here");
        assertThat(OwnCommand.launched(java, "x.Main pxe serve", home.toString())).as("no launcher").isEqualTo(java);

        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(OwnCommand.quoted(OwnCommand.launched(java, "x.Main pxe serve", home.toString())))
                .isEqualTo(launcher + " pxe serve --root '/it'\\''s here'");
    }
}

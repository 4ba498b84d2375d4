package dev.kindling.pxe.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.Tool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our files, as Wireshark's tools read them. */
class PcapngTest {
    private static final byte[] ARP = HexFormat.of().parseHex("ffffffffffff0200000000010806"
            + "0001080006040001" + "0200000000010a090001" + "0000000000000a090002");

    @TempDir
    private Path directory;

    @Test
    void othersReadInterfacesTimesLengthsAndDirections() throws Exception {
        Path file = directory.resolve("boot.pcapng");
        try (var writer = Pcapng.create(file, 1 << 20, List.of("eth0", "eth1.5"))) {
            writer.frame(0, 1_700_000_000_123_456_789L, ARP, ARP.length, false);
            // an odd length needs filling up; cut off after 43 of 1500 octets
            writer.frame(1, 1_700_000_001_000_000_001L, Arrays.copyOf(ARP, 43), 1500, true);
        }

        assertThat(Tool.run("tshark", directory, "tshark", "-r", file.toString(), "-T", "fields", "-e",
                "frame.interface_name", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len", "-e",
                "frame.packet_flags_direction", "-e", "arp.dst.proto_ipv4", "-E", "separator=/s").output().lines()
                .filter(line -> line.startsWith("eth")))
                .containsExactly("eth0 1700000000.123456789 42 42 0x00000001 10.9.0.2",
                        "eth1.5 1700000001.000000001 1500 43 0x00000002 10.9.0.2");
        assertThat(Tool.run("wireshark-common", directory, "capinfos", file.toString()).output())
                .contains("pcapng", "Number of packets:   2", "nanoseconds (9)", "Kindling")
                .containsPattern("Number of interfaces in file: +2").doesNotContain("cut short", "damaged");
        assertThat(Files.getPosixFilePermissions(file)).hasToString("[OWNER_READ, OWNER_WRITE]");
    }

    @Test
    void twoFilesStayWithinTheirLimitHoweverMuchIsWritten() throws Exception {
        Path file = directory.resolve("boot.pcapng");
        try (var writer = Pcapng.create(file, 70_000, List.of("eth0"))) {
            for (int i = 0; i < 5_000; i++) {
                writer.frame(0, 1_700_000_000_000_000_000L + i, ARP, ARP.length, false);
            }
        }

        try (var all = Files.list(directory)) {
            assertThat(all).containsExactlyInAnyOrder(file, Pcapng.older(file));
        }
        assertThat(Files.size(file)).isLessThan(70_000);
        assertThat(Files.size(Pcapng.older(file))).isBetween(69_000L, 70_000L);
        for (Path each : List.of(file, Pcapng.older(file))) {
            assertThat(Tool.run("wireshark-common", directory, "capinfos", "-c", each.toString()).output())
                    .contains("Number of packets:").doesNotContain("cut short");
        }
        assertThat(Tool.run("tshark", directory, "tshark", "-r", file.toString(), "-T", "fields", "-e",
                "frame.time_epoch").output()).contains("1700000000.000004999");
    }
}

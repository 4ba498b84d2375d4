package dev.kindling.pxe.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.Answer;
import dev.kindling.pxe.Client;
import dev.kindling.pxe.PxeConfig.Mode;
import dev.kindling.pxe.Tool;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bytes from real programs, against a readable reading of them and of what we answer. */
class CapturedPacketsTest {
    private static final Path CAPTURES = Path.of("src/test/resources/testdata/dhcp");

    static Stream<String> captures() throws IOException {
        try (Stream<Path> files = Files.list(CAPTURES)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".hex"))
                    .map(name -> name.replace(".hex", "")).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("captures")
    void readsAndAnswers(String name) throws IOException {
        byte[] bytes = bytes(name);
        var packet = (DhcpPacket) DhcpPacket.decode(bytes);
        var text = new StringBuilder("captured\n").append(describe(packet));
        for (Mode mode : new Mode[]{Mode.DHCP, Mode.PROXY}) {
            var lab = new Lab(mode);
            Outcome outcome = outcome(lab, name, bytes);
            text.append("\nas ").append(mode).append('\n');
            lab.asked.forEach(client -> text.append("  asks about ").append(describe(client)).append('\n'));
            outcome.events().forEach(event -> text.append("  tells ").append(event.getClass().getSimpleName())
                    .append(": ").append(event.text()).append('\n'));
            outcome.changes().forEach(lease -> text.append("  stores ").append(lease).append('\n'));
            if (outcome.reply() != null) {
                text.append("  sends to ").append(outcome.reply().to())
                        .append(outcome.reply().hardware() == null ? "" : " at " + outcome.reply().hardware())
                        .append('\n')
                        .append(describe((DhcpPacket) DhcpPacket.decode(outcome.reply().payload())));
            }
        }
        Path golden = CAPTURES.resolve(name + ".golden");
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(golden, text);
        }
        assertThat(text.toString()).isEqualTo(Files.readString(golden));
    }

    static byte[] bytes(String name) throws IOException {
        return HexFormat.of().parseHex(Files.readString(CAPTURES.resolve(name + ".hex")).replaceAll("\\s", ""));
    }

    private static Outcome outcome(Lab lab, String name, byte[] bytes) {
        var packet = (DhcpPacket) DhcpPacket.decode(bytes);
        boolean onBootServerPort = name.contains("boot-server");
        lab.answers.put(packet.mac(), new Answer.Lease(null, null, switch (Caller.of(packet).agent()) {
            case FIRMWARE_PXE -> "snponly.efi";
            case FIRMWARE_HTTP, IPXE -> "http://10.77.0.1/boot";
            case OPERATING_SYSTEM -> null;
        }));
        return lab.service.handle(bytes, new Arrival(Lab.LINK,
                new InetSocketAddress(packet.ciaddr(), onBootServerPort ? 4011 : 68),
                onBootServerPort ? Arrival.Service.BOOT_SERVER : Arrival.Service.DHCP), lab.now);
    }

    @Test
    void wiresharkFindsNothingWrongWithOurAnswers(@TempDir Path directory) throws Exception {
        var answers = new ArrayList<byte[]>();
        for (String name : captures().toList()) {
            for (Mode mode : new Mode[]{Mode.DHCP, Mode.PROXY}) {
                Outcome.Reply reply = outcome(new Lab(mode), name, bytes(name)).reply();
                if (reply != null) {
                    answers.add(reply.payload());
                }
            }
        }
        Path capture = Files.write(directory.resolve("answers.pcap"), pcap(answers));
        Tool tshark = Tool.run("tshark", directory, "tshark", "-n", "-r", capture.toString(), "-T", "fields", "-e",
                "dhcp.type", "-e", "_ws.malformed", "-e", "_ws.expert.message");

        // a reply, nothing malformed, no remark
        assertThat(tshark.output().lines().filter(line -> !line.startsWith("Running as user")))
                .hasSizeGreaterThan(10).hasSameSizeAs(answers).allMatch(line -> line.strip().equals("2"));
    }

    /** A capture file of IPv4 packets (link type 101), from port 67 to port 68. */
    private static byte[] pcap(List<byte[]> payloads) {
        int size = payloads.stream().mapToInt(payload -> payload.length + 44).sum();
        ByteBuffer file = ByteBuffer.allocate(24 + size).putInt(0xa1b2c3d4).putShort((short) 2).putShort((short) 4)
                .putInt(0).putInt(0).putInt(65_535).putInt(101);
        for (byte[] payload : payloads) {
            int length = payload.length + 28;
            file.putInt(0).putInt(0).putInt(length).putInt(length);
            file.put((byte) 0x45).put((byte) 0).putShort((short) length).putInt(0).put((byte) 64).put((byte) 17)
                    .putShort((short) 0).put(Lab.SERVER.getAddress()).putInt(-1);
            file.putShort((short) 67).putShort((short) 68).putShort((short) (length - 20)).putShort((short) 0)
                    .put(payload);
        }
        return file.array();
    }

    private static String describe(Client client) {
        return "%s, uuid %s, %s, %s".formatted(client.mac(), client.uuid(), client.firmware(), client.agent());
    }

    private static String describe(DhcpPacket packet) {
        var text = new StringBuilder("    %s %s xid %08x secs %d%s%n".formatted(packet.op(),
                packet.type().map(MessageType::name).orElse("?"), packet.xid(), packet.secs(),
                packet.broadcast() ? " broadcast" : ""));
        text.append("    ciaddr %s yiaddr %s siaddr %s giaddr %s chaddr %s%n".formatted(
                packet.ciaddr().getHostAddress(), packet.yiaddr().getHostAddress(), packet.siaddr().getHostAddress(),
                packet.giaddr().getHostAddress(), packet.mac()));
        text.append("    sname \"%s\" file \"%s\"%n".formatted(packet.sname(), packet.file()));
        for (int code : packet.options().codes()) {
            byte[] value = packet.options().bytes(code).orElseThrow();
            String readable = new String(value, StandardCharsets.ISO_8859_1);
            text.append("    %3d %s%s%n".formatted(code, HexFormat.of().formatHex(value),
                    readable.matches("[ -~]{3,}\0?") ? " \"" + readable.replace("\0", "\\0") + '"' : ""));
        }
        return text.toString();
    }
}

package dev.kindling.pxe.tftp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.Memory;
import dev.kindling.pxe.PxeConfig;
import dev.kindling.pxe.Served;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Packets that no honest client sends, by a seed, at a server that serves an honest one all the while. */
class TftpFuzzTest {
    private static final String ADDRESS = "127.77.70.1";
    private static final byte[] FILE = octets(40_000, 3);

    @Test
    void servesAGoodClientThroughAHundredThousandBadPackets() throws Exception {
        attack(1, 100_000);
    }

    @Test
    @Tag("full")
    void servesAGoodClientThroughTenMillionBadPacketsWithoutGrowing() throws Exception {
        attack(2, 1_000_000);
        long before = Memory.used();
        attack(3, 9_000_000);
        assertThat(Memory.used() - before).as("octets more than after the first million").isLessThan(16 << 20);
    }

    /** As the parser itself sees them: any octets are a packet or none, and a packet survives its own encoding. */
    @Test
    void parsesAnyOctets() {
        var random = new Random(4);
        for (int i = 0; i < 200_000; i++) {
            var packet = TftpPacket.parse(packet(random));
            packet.ifPresent(parsed -> assertThat(TftpPacket.parse(parsed.encode())).contains(parsed));
        }
    }

    private static void attack(long seed, int packets) throws IOException {
        var random = new Random(seed);
        var source = new Served(Path.of("/nonexistent")).with("f", new BootFile.Bytes(FILE, "text/plain"));
        try (var server = TftpServer.start(List.of(InetAddress.ofLiteral(ADDRESS)), 0, PxeConfig.Tftp.STANDARD, source,
                address -> null, event -> {}, Clock.systemUTC())) {
            var target = new InetSocketAddress(ADDRESS, server.port());
            var strangers = new ArrayList<DatagramChannel>();
            for (int i = 0; i < 16; i++) {
                var stranger = DatagramChannel.open().bind(new InetSocketAddress("127.77.70.2", 0));
                stranger.configureBlocking(false);
                strangers.add(stranger);
            }
            var answer = ByteBuffer.allocate(2048);
            var transferPorts = new ArrayList<>(List.of(target));
            for (int sent = 0; sent < packets; sent++) {
                var stranger = strangers.get(random.nextInt(strangers.size()));
                // at the listener, at ports that belong to a transfer of one's own, and at those of others
                stranger.send(packet(random), transferPorts.get(random.nextInt(transferPorts.size())));
                if (stranger.receive(answer.clear()) instanceof InetSocketAddress from && transferPorts.size() < 64
                        && !transferPorts.contains(from)) {
                    transferPorts.add(from);
                }
                if (sent % 10_000 == 0) {
                    source.fetches.clear();
                    assertThat(download(target)).as("seed %d, after %d packets", seed, sent).isEqualTo(FILE);
                }
            }
            for (var stranger : strangers) {
                stranger.close();
            }
        }
    }

    /** Half of them nearly right. */
    private static ByteBuffer packet(Random random) {
        if (random.nextInt(16) == 0) {
            return ByteBuffer.wrap(octets(random.nextInt(1500), random.nextLong()));
        }
        int operation = random.nextInt(8);
        var text = new StringBuilder();
        switch (operation) {
            case 1, 2 -> {
                text.append(random.nextBoolean() ? "f" : "../".repeat(random.nextInt(4)) + "x").append('\0')
                        .append(random.nextInt(8) == 0 ? "mail" : random.nextBoolean() ? "octet" : "netascii")
                        .append('\0');
                for (int i = random.nextInt(4); i > 0; i--) {
                    text.append(List.of("blksize", "WINDOWSIZE", "tsize", "timeout", "multicast")
                            .get(random.nextInt(5))).append('\0').append(random.nextInt() >> random.nextInt(32))
                            .append(random.nextInt(8) == 0 ? "" : "\0");
                }
            }
            case 3, 4, 5 -> text.append((char) 0).append((char) random.nextInt(128)).append("data");
            default -> text.append("blksize\0").append(random.nextInt());
        }
        byte[] body = text.toString().getBytes(StandardCharsets.ISO_8859_1);
        int length = random.nextInt(8) == 0 ? random.nextInt(body.length + 1) : body.length;
        return ByteBuffer.allocate(2 + length).putShort((short) operation).put(body, 0, length).flip();
    }

    /** An honest client: repeats what is not answered. */
    private static byte[] download(InetSocketAddress server) throws IOException {
        try (var channel = DatagramChannel.open().bind(new InetSocketAddress("127.77.70.3", 0))) {
            channel.socket().setSoTimeout(500);
            var got = ByteBuffer.allocate(FILE.length);
            ByteBuffer last = ByteBuffer.wrap("\0\1f\0octet\0".getBytes(StandardCharsets.ISO_8859_1));
            InetSocketAddress to = server;
            var buffer = new java.net.DatagramPacket(new byte[2048], 2048);
            for (int block = 1, attempts = 0;;) {
                channel.send(last.duplicate(), to);
                try {
                    do {
                        channel.socket().receive(buffer);
                        to = (InetSocketAddress) buffer.getSocketAddress();
                    } while (buffer.getLength() < 4 || ByteBuffer.wrap(buffer.getData()).getShort(2) != block);
                } catch (SocketTimeoutException e) {
                    if (++attempts > 20) {
                        throw e;
                    }
                    continue;
                }
                got.put(buffer.getData(), 4, buffer.getLength() - 4);
                last = new TftpPacket.Ack(block++).encode();
                if (buffer.getLength() < 516) {
                    channel.send(last.duplicate(), to);
                    return got.array();
                }
            }
        }
    }

    private static byte[] octets(int count, long seed) {
        byte[] octets = new byte[count];
        new Random(seed).nextBytes(octets);
        return octets;
    }
}

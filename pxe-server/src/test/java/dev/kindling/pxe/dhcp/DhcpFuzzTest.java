package dev.kindling.pxe.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.Answer;
import dev.kindling.pxe.Memory;
import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.PxeConfig.Mode;
import dev.kindling.pxe.PxeConfig.Subnet;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What real firmware sent, with damage by a seed, at the whole decision: no exception, every reply well-formed, and the
 * memory does not grow with the machines that are made up.
 */
class DhcpFuzzTest {
    private static final Link LINK = new Link("eth0", Lab.SERVER, Subnet.of(Lab.SERVER, 16)
            .withRange(Lab.ip("10.77.1.0"), Lab.ip("10.77.40.255")).withLeaseTime(Duration.ofMinutes(2)));

    @ParameterizedTest
    @EnumSource(names = {"DHCP", "PROXY"})
    void survivesAHundredThousandMessages(Mode mode) throws IOException {
        assertThat(new Attack(mode).run(1, 50_000)).as("replies").isGreaterThan(5_000);
    }

    @ParameterizedTest
    @EnumSource(names = {"DHCP", "PROXY"})
    @Tag("full")
    void survivesTenMillionMessagesWithoutGrowing(Mode mode) throws IOException {
        var attack = new Attack(mode);
        attack.run(2, 1_000_000);
        long before = Memory.used();
        attack.run(3, 4_000_000);
        assertThat(Memory.used() - before).as("octets more than after the first million").isLessThan(16 << 20);
    }

    private static final class Attack {
        private final Lab lab;
        private final List<byte[]> captured = new ArrayList<>();

        Attack(Mode mode) throws IOException {
            lab = new Lab(mode, LINK, List.of());
            for (String name : CapturedPacketsTest.captures().toList()) {
                captured.add(CapturedPacketsTest.bytes(name));
            }
        }

        int run(long seed, int messages) {
            var random = new Random(seed);
            int replies = 0;
            for (int i = 0; i < messages; i++) {
                lab.now = lab.now.plusMillis(random.nextInt(3));
                byte[] message = damaged(captured.get(random.nextInt(captured.size())).clone(), random);
                if (DhcpPacket.decode(message) instanceof DhcpPacket packet) {
                    lab.answers.clear();
                    lab.answers.put(packet.mac(), new Answer.Lease(null, "host", "snponly.efi"));
                }
                boolean bootServer = random.nextInt(8) == 0;
                var arrival = new Arrival(LINK, new InetSocketAddress(address(random), bootServer ? 4011 : 68),
                        bootServer ? Arrival.Service.BOOT_SERVER : Arrival.Service.DHCP);
                Outcome outcome = lab.service.handle(message, arrival, lab.now);
                lab.service.overheard(message, LINK, arrival.from(), lab.now);
                if (outcome.unchecked() != null && random.nextInt(16) == 0) {
                    lab.service.inUse(outcome.unchecked(), Lab.mac(random.nextInt(256)), lab.now);
                }
                if (outcome.reply() != null) {
                    assertThat(DhcpPacket.decode(outcome.reply().payload())).as("seed %d, message %d", seed, i)
                            .isInstanceOf(DhcpPacket.class);
                    replies++;
                }
                lab.asked.clear();
            }
            return replies;
        }

        private static InetAddress address(Random random) {
            return random.nextBoolean() ? Lab.ip("0.0.0.0") : inNetwork(random);
        }

        private static Inet4Address inNetwork(Random random) {
            return Ipv4.of(0x0a4d0000 | random.nextInt(0x10000));
        }

        /** Another machine, another address, another type of message; then perhaps bits at random places. */
        private static byte[] damaged(byte[] message, Random random) {
            for (int at = 31; at < 34; at++) {
                message[at] = (byte) random.nextInt();
            }
            if (random.nextInt(4) == 0) {
                System.arraycopy(inNetwork(random).getAddress(), 0, message, random.nextBoolean() ? 12 : 24, 4);
            }
            if (random.nextBoolean() && DhcpPacket.decode(message) instanceof DhcpPacket packet) {
                DhcpOptions options = packet.options().withByte(OptionCode.MESSAGE_TYPE, 1 + random.nextInt(8))
                        .with(OptionCode.REQUESTED_ADDRESS, inNetwork(random));
                message = packet.withOptions(
                        random.nextBoolean() ? options.with(OptionCode.SERVER_ID, Lab.SERVER) : options).encode(1472);
            }
            for (int changes = random.nextInt(4) == 0 ? random.nextInt(8) : 0; changes > 0; changes--) {
                int at = random.nextBoolean() ? random.nextInt(message.length) : 240 + random.nextInt(40);
                message[Math.min(at, message.length - 1)] = (byte) random.nextInt();
            }
            return random.nextInt(32) == 0 ? Arrays.copyOf(message, random.nextInt(message.length)) : message;
        }
    }
}

package dev.kindling.pxe.dhcp6;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.Answer;
import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.Client;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.Memory;
import dev.kindling.pxe.PxeConfig.Link6;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Messages that no honest client sends, by a seed, at the whole decision; every reply must be well-formed. */
class Dhcp6FuzzTest implements BootSource {
    private static final MessageType6[] TYPES = MessageType6.values();
    private static final Link6 LINK = new Link6("eth0", InetAddress.ofLiteral("fd77::1"), 64,
            InetAddress.ofLiteral("fd77::1:0:0:0"), InetAddress.ofLiteral("fd77::2:0:0:0"), List.of(), "lab.example",
            Duration.ofHours(1), true);
    private static final MacAddress SERVER = new MacAddress("02:00:00:00:00:01");
    private final Dhcp6Service service = new Dhcp6Service(LINK, SERVER, this, () -> 80, () -> 0, List.of());
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    @Override
    public Answer answer(Client client) {
        return new Answer.Lease(null, null, "snponly.efi");
    }

    @Override
    public Optional<BootFile> open(Fetch fetch) {
        return Optional.empty();
    }

    @Test
    void survivesAHundredThousandMessages() {
        assertThat(attack(6, 100_000)).as("replies").isGreaterThan(10_000);
    }

    @Test
    @Tag("full")
    void survivesTenMillionMessagesWithoutGrowing() {
        attack(7, 1_000_000);
        long before = Memory.used();
        attack(8, 9_000_000);
        assertThat(Memory.used() - before).as("octets more than after the first million").isLessThan(16 << 20);
    }

    private int attack(long seed, int messages) {
        var random = new Random(seed);
        int replies = 0;
        for (int i = 0; i < messages; i++) {
            now = now.plusMillis(random.nextInt(3));
            byte[] message = message(random);
            Dhcp6Service.Outcome outcome = service.handle(message, new InetSocketAddress(
                    InetAddress.ofLiteral("fe80::5054:ff:fe4b:%x".formatted(random.nextInt(1 << 16))), 546), now);
            if (outcome.reply() != null) {
                assertThat(Message6.decode(outcome.reply())).as("seed %d, message %d", seed, i).isPresent();
                replies++;
            }
        }
        return replies;
    }

    /** A good one, or one of its kinds with damage; perhaps through relay agents; sometimes mere noise. */
    private static byte[] message(Random random) {
        byte[] bytes = new byte[random.nextInt(120)];
        random.nextBytes(bytes);
        if (random.nextInt(8) != 0) {
            MessageType6 type = TYPES[random.nextInt(TYPES.length)];
            Message6 message = new Message6.Plain(type, random.nextInt(1 << 24), options(random));
            for (int relays = random.nextInt(8) == 0 ? random.nextInt(12) : 0; relays > 0; relays--) {
                message = new Message6.Relayed(random.nextInt(16) == 0, relays, Options6.address(
                        (random.nextBoolean() ? LINK.address() : InetAddress.ofLiteral("::")).getAddress()),
                        Options6.address(InetAddress.ofLiteral("fe80::9").getAddress()),
                        Options6.none().with(OptionCode6.RELAY_MESSAGE, message.encode()));
            }
            bytes = message.encode();
        }
        for (int changes = random.nextInt(4) == 0 ? random.nextInt(6) : 0; changes > 0
                && bytes.length > 0; changes--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        return random.nextInt(16) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)) : bytes;
    }

    private static Options6 options(Random random) {
        byte[] client = new byte[random.nextInt(16) == 0 ? random.nextInt(160) : 10];
        random.nextBytes(client);
        Options6 options = Options6.none().with(OptionCode6.CLIENT_ID, client);
        if (random.nextBoolean()) {
            options = options.with(OptionCode6.SERVER_ID, ByteBuffer.allocate(10).putInt(0x30001).put(SERVER.bytes())
                    .array());
        }
        for (int associations = random.nextInt(3); associations > 0; associations--) {
            var body = ByteBuffer.allocate(40).putInt(random.nextInt(3)).putLong(0).putShort((short) 5)
                    .putShort((short) 24).put(LINK.address().getAddress(), 0, 8).putLong(random.nextLong());
            options = options.with(random.nextInt(8) == 0 ? OptionCode6.IA_PD : OptionCode6.IA_NA,
                    Arrays.copyOf(body.array(), random.nextInt(4) == 0 ? random.nextInt(41) : 40));
        }
        if (random.nextBoolean()) {
            options = options.with(OptionCode6.RAPID_COMMIT, new byte[0]);
        }
        return random.nextBoolean()
                ? options
                : options.with(OptionCode6.VENDOR_CLASS,
                        "\0\0\1\127\0\16HTTPClient:Arc".getBytes(StandardCharsets.ISO_8859_1));
    }
}

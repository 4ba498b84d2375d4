package dev.kindling.pxe.dhcp6;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.Agent;
import dev.kindling.pxe.Answer;
import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.Client;
import dev.kindling.pxe.Firmware;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PoolUse;
import dev.kindling.pxe.PxeConfig.Link6;
import dev.kindling.pxe.PxeEvent;
import dev.kindling.pxe.dhcp.Lease;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class Dhcp6ServiceTest implements BootSource {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final InetSocketAddress FIRMWARE = new InetSocketAddress(ip("fe80::5054:ff:fe4b:4c01"), 546);
    private static final byte[] DUID = HexFormat.of().parseHex("000400112233445566778899aabbccddeeff");
    private static final byte[] PXE = vendor("PXEClient:Arch:00007:UNDI:003001");

    private final Link6 link = new Link6("eth0", ip("fd77::1"), 64, ip("fd77::1000"), ip("fd77::1003"),
            List.of(ip("fd77::53")), "lab.example", Duration.ofMinutes(100), true);
    private Dhcp6Service service = new Dhcp6Service(link, new MacAddress("02:00:00:00:00:01"), this,
            () -> 80, () -> 0, List.of());
    private final List<Client> asked = new ArrayList<>();
    private Answer answer = new Answer.Lease(null, null, "snponly.efi");
    private Instant now = NOW;
    private List<PxeEvent> events = List.of();

    @Override
    public Answer answer(Client client) {
        asked.add(client);
        return answer;
    }

    @Override
    public Optional<BootFile> open(Fetch fetch) {
        return Optional.empty();
    }

    @Test
    @DisplayName("lesson 18: DHCPv6 option 59 is the boot file's URL")
    void advertisesAnAddressAndTheBootFileAsUrl() {
        Message6.Plain reply = ask(MessageType6.SOLICIT, solicit());
        assertThat(reply.type()).isEqualTo(MessageType6.ADVERTISE);
        assertThat(reply.transaction()).isEqualTo(0xabcdef);
        assertThat(reply.options().first(OptionCode6.CLIENT_ID)).contains(DUID);
        assertThat(addresses(reply)).hasSize(1).allMatch(address -> address.startsWith("fd77:0:0:0:0:0:0:100"));
        assertThat(text(reply, OptionCode6.BOOT_FILE_URL)).isEqualTo("tftp://[fd77:0:0:0:0:0:0:1]/snponly.efi");
        assertThat(reply.options().first(OptionCode6.DNS_SERVERS)).contains(ip("fd77::53").getAddress());
        assertThat(reply.options().first(OptionCode6.DOMAIN_LIST))
                .contains("\3lab\7example\0".getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    @DisplayName("lesson 18: DHCPv6 option 61 tells the architecture")
    void tellsTheBootSourceWhoAsks() {
        ask(MessageType6.SOLICIT, solicit().with(OptionCode6.CLIENT_ARCHITECTURE, new byte[]{0, 7}));
        Client client = asked.getFirst();
        assertThat(client.mac()).as("from the link-local address").isEqualTo(new MacAddress("52:54:00:4b:4c:01"));
        assertThat(client.firmware()).isEqualTo(Firmware.UEFI_X64);
        assertThat(client.agent()).isEqualTo(Agent.FIRMWARE_PXE);
        assertThat(client.uuid()).hasToString("00112233-4455-6677-8899-aabbccddeeff");
    }

    @Test
    void tellsIpxeByItsUserClass() {
        ask(MessageType6.SOLICIT, solicit().with(OptionCode6.USER_CLASS, HexFormat.of().parseHex("000469505845")));
        assertThat(asked.getFirst().agent()).isEqualTo(Agent.IPXE);
    }

    @Test
    @DisplayName("lesson 18: DHCPv6 option 16 comes back for HTTP Boot")
    void givesUefiHttpBootItsClassBack() {
        answer = new Answer.Lease(null, null, "http://[fd77::1]/snponly.efi");
        Message6.Plain reply = ask(MessageType6.SOLICIT,
                start().with(OptionCode6.VENDOR_CLASS, vendor("HTTPClient:Arch:00016:UNDI:003001"))
                        .with(OptionCode6.IA_NA, association(7)));
        assertThat(reply.options().first(OptionCode6.VENDOR_CLASS)).contains(vendor("HTTPClient"));
        assertThat(text(reply, OptionCode6.BOOT_FILE_URL)).isEqualTo("http://[fd77::1]/snponly.efi");
    }

    @Test
    void givesTheAdvertisedAddressOnRequestAndKeepsItOnRenewal() {
        String advertised = addresses(ask(MessageType6.SOLICIT, solicit())).getFirst();
        Message6.Plain reply = ask(MessageType6.REQUEST, solicit().with(OptionCode6.SERVER_ID, server()));
        assertThat(reply.type()).isEqualTo(MessageType6.REPLY);
        assertThat(addresses(reply)).containsExactly(advertised);
        assertThat(service.whoHas(ip(advertised), now)).contains(new MacAddress("52:54:00:4b:4c:01"));
        now = NOW.plus(Duration.ofMinutes(90));
        assertThat(addresses(ask(MessageType6.RENEW, solicit().with(OptionCode6.SERVER_ID, server()))))
                .containsExactly(advertised);
        now = now.plus(Duration.ofMinutes(90));
        assertThat(addresses(ask(MessageType6.REBIND, solicit()))).containsExactly(advertised);
        now = now.plus(Duration.ofMinutes(101));
        assertThat(service.whoHas(ip(advertised), now)).isEmpty();
    }

    @Test
    void tellsItsTimes() {
        byte[] given = ask(MessageType6.SOLICIT, solicit()).options().first(OptionCode6.IA_NA).orElseThrow();
        var bytes = ByteBuffer.wrap(given);
        assertThat(List.of(bytes.getInt(), bytes.getInt(), bytes.getInt())).containsExactly(7, 3000, 4800);
        assertThat(ByteBuffer.wrap(given, 12 + 4 + 16, 8).getLong()).isEqualTo(6000L << 32 | 6000);
    }

    @Test
    void commitsAtOnceWhereThatIsAskedFor() {
        Message6.Plain reply = ask(MessageType6.SOLICIT, solicit().with(OptionCode6.RAPID_COMMIT, new byte[0]));
        assertThat(reply.type()).isEqualTo(MessageType6.REPLY);
        assertThat(reply.options().has(OptionCode6.RAPID_COMMIT)).isTrue();
        assertThat(service.whoHas(ip(addresses(reply).getFirst()), now)).isPresent();
    }

    @Test
    void givesEveryClientAnAddressOfItsOwnAndSaysWhenNoneIsLeft() {
        var given = new ArrayList<String>();
        for (int machine = 1; machine <= 4; machine++) {
            given.addAll(addresses(ask(MessageType6.REQUEST,
                    start(machine).with(OptionCode6.SERVER_ID, server()).with(OptionCode6.IA_NA, association(1)))));
        }
        assertThat(given).hasSize(4).doesNotHaveDuplicates();
        Message6.Plain refused = ask(MessageType6.SOLICIT, start(5).with(OptionCode6.IA_NA, association(1)));
        assertThat(refused.type()).isEqualTo(MessageType6.ADVERTISE);
        assertThat(status(refused)).isEqualTo(2);
        assertThat(addresses(refused)).isEmpty();
        // given back: another may have it
        ask(MessageType6.RELEASE,
                start(1).with(OptionCode6.SERVER_ID, server()).with(OptionCode6.IA_NA, association(1)));
        assertThat(addresses(ask(MessageType6.SOLICIT, start(5).with(OptionCode6.IA_NA, association(1)))))
                .containsExactly(given.getFirst());
    }

    @Test
    void givesNobodyAnAddressThatWasFoundInUse() {
        String first = addresses(ask(MessageType6.REQUEST, solicit().with(OptionCode6.SERVER_ID, server()))).getFirst();
        ask(MessageType6.DECLINE, solicit().with(OptionCode6.SERVER_ID, server()));
        assertThat(addresses(ask(MessageType6.SOLICIT, solicit()))).doesNotContain(first);
        now = NOW.plus(Duration.ofMinutes(11));
        assertThat(addresses(ask(MessageType6.SOLICIT, solicit()))).hasSize(1);
    }

    @Test
    void confirmsWhatFitsTheLinkAndNothingElse() {
        assertThat(status(ask(MessageType6.CONFIRM, start().with(OptionCode6.IA_NA, association(1, ip("fd77::99"))))))
                .isZero();
        assertThat(status(ask(MessageType6.CONFIRM, start().with(OptionCode6.IA_NA, association(1, ip("fd78::99"))))))
                .isEqualTo(4);
        assertThat(handle(MessageType6.CONFIRM, start())).isNull();
    }

    @Test
    void endsTheUseOfAnAddressThatIsNotItsOwn() {
        Message6.Plain reply = ask(MessageType6.RENEW, start().with(OptionCode6.SERVER_ID, server())
                .with(OptionCode6.IA_NA, association(1, ip("fd99::5"))));
        byte[] given = reply.options().first(OptionCode6.IA_NA).orElseThrow();
        Options6 inner = Objects.requireNonNull(Options6.decode(ByteBuffer.wrap(given, 12, given.length - 12)));
        byte[] stranger = inner.all(OptionCode6.IA_ADDRESS).getLast();
        assertThat(Arrays.copyOf(stranger, 16)).isEqualTo(ip("fd99::5").getAddress());
        assertThat(ByteBuffer.wrap(stranger, 16, 8).getLong()).as("both lifetimes").isZero();
    }

    @Test
    void answersAnInformationRequestWithoutAnAddress() {
        Message6.Plain reply = ask(MessageType6.INFORMATION_REQUEST,
                Options6.none().with(OptionCode6.VENDOR_CLASS, PXE));
        assertThat(reply.type()).isEqualTo(MessageType6.REPLY);
        assertThat(reply.options().has(OptionCode6.IA_NA)).isFalse();
        assertThat(text(reply, OptionCode6.BOOT_FILE_URL)).startsWith("tftp://");
    }

    @Test
    void hasNoPrefixesAndNoTemporaryAddresses() {
        Message6.Plain reply = ask(MessageType6.SOLICIT,
                solicit().with(OptionCode6.IA_PD, association(3)).with(OptionCode6.IA_TA, new byte[]{0, 0, 0, 4}));
        assertThat(reply.options().first(OptionCode6.IA_PD).orElseThrow()[17]).isEqualTo((byte) 6);
        assertThat(reply.options().first(OptionCode6.IA_TA).orElseThrow()[9]).isEqualTo((byte) 2);
        assertThat(addresses(reply)).hasSize(1);
    }

    /** RFC 8415 section 16. */
    @Test
    void discardsWhatTheRfcSaysAndTellsWhy() {
        assertThat(handle(MessageType6.SOLICIT, Options6.none())).isNull();
        assertThat(reason()).contains("no client identifier");
        assertThat(handle(MessageType6.SOLICIT, solicit().with(OptionCode6.SERVER_ID, server()))).isNull();
        assertThat(reason()).contains("must not name a server");
        assertThat(handle(MessageType6.REQUEST, solicit())).isNull();
        assertThat(reason()).contains("names no server");
        assertThat(handle(MessageType6.RENEW, solicit().with(OptionCode6.SERVER_ID, new byte[]{0, 3, 9}))).isNull();
        assertThat(reason()).contains("another DHCPv6 server");
        assertThat(handle(MessageType6.INFORMATION_REQUEST, solicit())).isNull();
        assertThat(reason()).contains("must not ask for addresses");
        for (MessageType6 type : List.of(MessageType6.ADVERTISE, MessageType6.REPLY, MessageType6.RECONFIGURE)) {
            assertThat(handle(type, solicit())).isNull();
            assertThat(reason()).contains("a server's message");
        }
        answer = new Answer.Ignore("nobody knows it");
        assertThat(handle(MessageType6.SOLICIT, solicit())).isNull();
        assertThat(reason()).isEqualTo("nobody knows it");
    }

    @Test
    void wrapsItsReplyForEachRelayAgentOnTheWay() {
        var request = new Message6.Plain(MessageType6.SOLICIT, 5, solicit());
        var inner = new Message6.Relayed(false, 0, ip("fd77::fe"), ip("fe80::9"), Options6.none()
                .with(OptionCode6.INTERFACE_ID, new byte[]{42}).with(OptionCode6.CLIENT_LINK_LAYER_ADDRESS,
                        HexFormat.of().parseHex("0001020304050607"))
                .with(OptionCode6.RELAY_MESSAGE, request.encode()));
        var outer = new Message6.Relayed(false, 1, ip("::"), ip("fd88::1"),
                Options6.none().with(OptionCode6.RELAY_MESSAGE, inner.encode()));
        var agent = new InetSocketAddress(ip("fd77::99"), 547);
        Dhcp6Service.Outcome outcome = service.handle(outer.encode(), agent, now);
        assertThat(outcome.to()).isEqualTo(agent);
        var first = (Message6.Relayed) Message6.decode(Objects.requireNonNull(outcome.reply())).orElseThrow();
        assertThat(first.reply()).isTrue();
        assertThat(first.hops()).isEqualTo(1);
        assertThat(first.peer()).isEqualTo(ip("fd88::1"));
        var second = (Message6.Relayed) Message6
                .decode(first.options().first(OptionCode6.RELAY_MESSAGE).orElseThrow()).orElseThrow();
        assertThat(second.options().first(OptionCode6.INTERFACE_ID)).contains(new byte[]{42});
        var reply = (Message6.Plain) Message6.decode(second.options().first(OptionCode6.RELAY_MESSAGE).orElseThrow())
                .orElseThrow();
        assertThat(reply.type()).isEqualTo(MessageType6.ADVERTISE);
        assertThat(asked.getFirst().mac()).as("option 79").isEqualTo(new MacAddress("02:03:04:05:06:07"));
    }

    @Test
    void refusesARelayAgentOfANetworkThatIsNotServed() {
        var relayed = new Message6.Relayed(false, 0, ip("fd99::1"), ip("fe80::9"), Options6.none()
                .with(OptionCode6.RELAY_MESSAGE, new Message6.Plain(MessageType6.SOLICIT, 5, solicit()).encode()));
        Dhcp6Service.Outcome outcome = service.handle(relayed.encode(), new InetSocketAddress(ip("fd77::99"), 547),
                now);
        assertThat(outcome.reply()).isNull();
        assertThat(outcome.events().getFirst().text()).contains("fd99:0:0:0:0:0:0:1");
    }

    @Test
    void storesWhatItCommitsAndNothingThatItOnlyOffers() {
        assertThat(outcome(MessageType6.SOLICIT, solicit()).changes()).isEmpty();
        Lease bound = outcome(MessageType6.REQUEST, solicit().with(OptionCode6.SERVER_ID, server())).changes()
                .getFirst();
        assertThat(bound.state()).isEqualTo(Lease.State.BOUND);
        assertThat(bound.client()).isEqualTo("000400112233445566778899aabbccddeeff/7");
        assertThat(bound.until()).isEqualTo(NOW.plus(link.lifetime()));
        assertThat(service.leases()).containsExactly(bound);

        Lease released = outcome(MessageType6.RELEASE, solicit().with(OptionCode6.SERVER_ID, server())).changes()
                .getFirst();
        assertThat(released.state()).isEqualTo(Lease.State.RELEASED);
        assertThat(released.address()).isEqualTo(bound.address());
    }

    @Test
    void givesAnAddressThatWasLeasedBeforeTheRestartToItsHolderOnly() {
        ask(MessageType6.REQUEST, solicit().with(OptionCode6.SERVER_ID, server()));
        Link6 one = new Link6("eth0", ip("fd77::1"), 64, service.leases().getFirst().address(),
                service.leases().getFirst().address(), List.of(), null, Duration.ofMinutes(100), true);
        var foreign = new Lease(ip("fd99::1"), new MacAddress("02:00:00:00:00:09"), "000300/1", Lease.State.BOUND, NOW);
        var restored = new ArrayList<>(service.leases());
        restored.add(foreign);
        service = new Dhcp6Service(one, new MacAddress("02:00:00:00:00:01"), this, () -> 80, () -> 0, restored);

        assertThat(service.leases()).hasSize(1);
        assertThat(status(ask(MessageType6.SOLICIT, start(9).with(OptionCode6.IA_NA, association(1))))).isEqualTo(2);
        assertThat(addresses(ask(MessageType6.REBIND, solicit()))).hasSize(1);
    }

    @Test
    void takesBackTheFormerAddressOfAClientThatIsGivenAnotherOne() {
        ask(MessageType6.REQUEST, solicit().with(OptionCode6.SERVER_ID, server()));
        answer = new Answer.Lease(ip("fd77::2000"), null, null);
        List<Lease> changes = outcome(MessageType6.RENEW, solicit().with(OptionCode6.SERVER_ID, server())).changes();
        assertThat(changes).extracting(Lease::state).containsExactly(Lease.State.RELEASED, Lease.State.BOUND);
        assertThat(changes.getLast().address()).isEqualTo(ip("fd77::2000"));
    }

    @Test
    void tellsHowFarThePoolIsUsed() {
        ask(MessageType6.REQUEST, solicit().with(OptionCode6.SERVER_ID, server()));
        ask(MessageType6.SOLICIT, start(9).with(OptionCode6.IA_NA, association(1)));
        assertThat(service.pool(now)).isEqualTo(new PoolUse("fd77:0:0:0:0:0:0:1/64", 4, 2, 1, 1, 0));
    }

    @Test
    void ignoresAClientIdentifierThatIsTooLong() {
        assertThat(handle(MessageType6.SOLICIT, Options6.none().with(OptionCode6.CLIENT_ID, new byte[131])
                .with(OptionCode6.IA_NA, association(7)))).isNull();
        assertThat(reason()).isEqualTo("its client identifier has 131 octets");
    }

    private Message6.Plain ask(MessageType6 type, Options6 options) {
        Message6.Plain reply = handle(type, options);
        return Objects.requireNonNull(reply, () -> "a reply; told: " + events);
    }

    private Dhcp6Service.Outcome outcome(MessageType6 type, Options6 options) {
        return service.handle(new Message6.Plain(type, 0xabcdef, options).encode(), FIRMWARE, now);
    }

    private Message6.@Nullable Plain handle(MessageType6 type, Options6 options) {
        Dhcp6Service.Outcome outcome = outcome(type, options);
        events = outcome.events();
        if (outcome.reply() == null) {
            return null;
        }
        assertThat(outcome.to()).isEqualTo(FIRMWARE);
        return (Message6.Plain) Message6.decode(outcome.reply()).orElseThrow();
    }

    private String reason() {
        return ((PxeEvent.Ignored) events.getFirst()).reason();
    }

    private byte[] server() {
        return HexFormat.of().parseHex("00030001020000000001");
    }

    private static Options6 start() {
        return Options6.none().with(OptionCode6.CLIENT_ID, DUID);
    }

    private static Options6 start(int machine) {
        return Options6.none().with(OptionCode6.CLIENT_ID, new byte[]{0, 3, 0, 1, 2, 0, 0, 0, 0, (byte) machine});
    }

    private static Options6 solicit() {
        return start().with(OptionCode6.VENDOR_CLASS, PXE).with(OptionCode6.IA_NA, association(7));
    }

    private static byte[] association(int iaid) {
        return ByteBuffer.allocate(12).putInt(iaid).array();
    }

    private static byte[] association(int iaid, InetAddress address) {
        return ByteBuffer.allocate(12 + 4 + 24).putInt(iaid).putLong(0).putShort((short) 5).putShort((short) 24)
                .put(address.getAddress()).array();
    }

    private static byte[] vendor(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(6 + bytes.length).putInt(343).putShort((short) bytes.length).put(bytes).array();
    }

    private static List<String> addresses(Message6.Plain reply) {
        return reply.options().all(OptionCode6.IA_NA).stream()
                .map(value -> Options6.decode(ByteBuffer.wrap(value, 12, value.length - 12)))
                .flatMap(inner -> inner == null ? java.util.stream.Stream.empty() : inner.all(5).stream())
                .map(value -> Options6.address(Arrays.copyOf(value, 16)).getHostAddress()).toList();
    }

    private static int status(Message6.Plain reply) {
        return ByteBuffer.wrap(reply.options().first(OptionCode6.STATUS_CODE).orElseThrow()).getShort();
    }

    private static String text(Message6.Plain reply, int code) {
        return new String(reply.options().first(code).orElseThrow(), StandardCharsets.UTF_8);
    }

    private static Inet6Address ip(String text) {
        return Options6.address(InetAddress.ofLiteral(text).getAddress());
    }
}

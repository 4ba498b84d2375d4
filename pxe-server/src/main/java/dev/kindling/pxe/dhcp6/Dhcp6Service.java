package dev.kindling.pxe.dhcp6;

import dev.kindling.pxe.Agent;
import dev.kindling.pxe.Answer;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.Client;
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
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of DHCPv6 on one link (RFC 8415 section 18.3), with the boot file of RFC 5970. No I/O. For one
 * thread at a time; {@link #whoHas} and {@link #pool} may be called by any.
 */
public final class Dhcp6Service {
    private static final Duration OFFER_HELD = Duration.ofMinutes(1);
    private static final Duration QUARANTINE = Duration.ofMinutes(10);
    private static final int CLIENT_PORT = 546;
    private static final int SERVER_PORT = 547;
    /** RFC 8415 section 7.6. */
    private static final int MOST_HOPS = 8;
    /** RFC 8415 section 11.1. */
    private static final int MOST_DUID = 130;

    private final Pool6 pool;
    private final byte[] duid;
    private final BootSource source;
    private final IntSupplier httpPort;
    private final IntSupplier httpsPort;

    /**
     * What is to be done about a datagram.
     *
     * @param reply null: nothing is sent
     * @param changes leases that have to be on the disk before the reply leaves
     */
    public record Outcome(byte @Nullable [] reply, @Nullable InetSocketAddress to, List<Lease> changes,
            List<PxeEvent> events) {
        public Outcome {
            changes = List.copyOf(changes);
            events = List.copyOf(events);
        }

        /** Nothing to send or to store. */
        public static Outcome silent(List<PxeEvent> events) {
            return new Outcome(null, null, List.of(), events);
        }
    }

    /** What a status code option says (RFC 8415 section 21.13). */
    private enum Status {
        SUCCESS(0),
        NO_ADDRESSES(2),
        NO_BINDING(3),
        NOT_ON_LINK(4),
        NO_PREFIXES(6);

        private final int code;

        Status(int code) {
            this.code = code;
        }

        byte[] option(String text) {
            byte[] words = text.getBytes(StandardCharsets.UTF_8);
            return ByteBuffer.allocate(2 + words.length).putShort((short) code).put(words).array();
        }
    }

    /**
     * @param mac of our interface: the server identifier is made of it, so that it stays the same
     * @param httpPort of our HTTP service, as really bound, by the time of the first datagram
     * @param httpsPort likewise; 0: none
     * @param restored the leases of a former run; those of other networks are left out
     */
    public Dhcp6Service(Link6 link, MacAddress mac, BootSource source, IntSupplier httpPort,
            IntSupplier httpsPort, Collection<Lease> restored) {
        this.pool = new Pool6(link);
        restored.stream().filter(lease -> lease.address() instanceof Inet6Address && link.contains(lease.address()))
                .forEach(pool::put);
        // DUID-LL (RFC 8415 section 11.4), Ethernet
        this.duid = ByteBuffer.allocate(10).putShort((short) 3).putShort((short) 1).put(mac.bytes()).array();
        this.source = source;
        this.httpPort = httpPort;
        this.httpsPort = httpsPort;
    }

    /** All leases as they stand, for the compaction of their log. */
    public List<Lease> leases() {
        return pool.all().stream().filter(lease -> lease.state() != Lease.State.OFFERED).toList();
    }

    /** How far the network's addresses are used. */
    public PoolUse pool(Instant now) {
        return pool.use(now);
    }

    /** The machine that holds a lease on the address. */
    public Optional<MacAddress> whoHas(InetAddress address, Instant now) {
        return pool.boundTo(address, now);
    }

    /** Receive, unwrap what relay agents wrapped, decide, wrap again. */
    public Outcome handle(byte[] datagram, InetSocketAddress from, Instant now) {
        var relays = new ArrayList<Message6.Relayed>();
        Optional<Message6> message = Message6.decode(datagram);
        while (message.isPresent() && message.get() instanceof Message6.Relayed relayed) {
            if (relayed.reply() || relays.size() > MOST_HOPS) {
                return ignored(now, null, "a relay agent's message to a client, or through too many of them", from);
            }
            relays.add(relayed);
            message = relayed.options().first(OptionCode6.RELAY_MESSAGE).flatMap(Message6::decode);
        }
        if (message.isEmpty() || !(message.get() instanceof Message6.Plain request)) {
            return ignored(now, null, "no well-formed DHCPv6 message", from);
        }
        Inet6Address client = relays.isEmpty() ? (Inet6Address) from.getAddress() : relays.getLast().peer();
        Optional<byte[]> told = relays.isEmpty()
                ? Optional.empty()
                : relays.getLast().options().first(OptionCode6.CLIENT_LINK_LAYER_ADDRESS);
        if (!relays.isEmpty() && !relays.getLast().link().isAnyLocalAddress()
                && !pool.link().contains(relays.getLast().link())) {
            return ignored(now, null, "its relay agent's link %s is no network that is served here"
                    .formatted(relays.getLast().link().getHostAddress()), from);
        }
        var exchange = new Exchange(request, Caller6.of(request.options(), client, told), now);
        String wrong = wrong(request);
        Message6 reply = wrong != null ? exchange.ignore(wrong) : exchange.decide();
        if (reply == null) {
            return new Outcome(null, null, exchange.changes, exchange.events);
        }
        for (Message6.Relayed relay : relays.reversed()) {
            Options6 inside = Options6.none();
            byte[] id = relay.options().first(OptionCode6.INTERFACE_ID).orElse(null);
            if (id != null) {
                inside = inside.with(OptionCode6.INTERFACE_ID, id);
            }
            reply = new Message6.Relayed(true, relay.hops(), relay.link(), relay.peer(),
                    inside.with(OptionCode6.RELAY_MESSAGE, reply.encode()));
        }
        var to = new InetSocketAddress(from.getAddress(), relays.isEmpty() ? CLIENT_PORT : SERVER_PORT);
        return new Outcome(reply.encode(), to, exchange.changes, exchange.events);
    }

    /** RFC 8415 section 16: what must be discarded, and why; null: nothing. */
    private @Nullable String wrong(Message6.Plain request) {
        Options6 options = request.options();
        int length = options.first(OptionCode6.CLIENT_ID).map(id -> id.length).orElse(MOST_DUID);
        if (length < 3 || length > MOST_DUID) {
            return "its client identifier has " + length + " octets";
        }
        boolean clientId = options.has(OptionCode6.CLIENT_ID);
        byte @Nullable [] server = options.first(OptionCode6.SERVER_ID).orElse(null);
        return switch (request.type()) {
            case SOLICIT, CONFIRM, REBIND -> !clientId
                    ? "it has no client identifier"
                    : server != null ? "it must not name a server" : null;
            case REQUEST, RENEW, RELEASE, DECLINE -> !clientId
                    ? "it has no client identifier"
                    : server == null ? "it names no server" : other(server);
            case INFORMATION_REQUEST -> options.has(OptionCode6.IA_NA)
                    ? "an information request must not ask for addresses"
                    : server == null ? null : other(server);
            case ADVERTISE, REPLY, RECONFIGURE -> "it is a server's message";
        };
    }

    private @Nullable String other(byte[] server) {
        return Arrays.equals(server, duid) ? null : "it is for another DHCPv6 server";
    }

    private static Outcome ignored(Instant now, @Nullable MacAddress mac, String reason, InetSocketAddress from) {
        return Outcome.silent(List.of(new PxeEvent.Ignored(now, mac, reason,
                "a DHCPv6 datagram from %s not answered: %s".formatted(from, reason))));
    }

    /** One request on its way to its reply. */
    private final class Exchange {
        private final Message6.Plain request;
        private final Caller6 caller;
        private final Instant now;
        private final List<PxeEvent> events = new ArrayList<>();
        private final List<Lease> changes = new ArrayList<>();

        Exchange(Message6.Plain request, Caller6 caller, Instant now) {
            this.request = request;
            this.caller = caller;
            this.now = now;
        }

        @Nullable
        Message6 ignore(String reason) {
            events.add(new PxeEvent.Ignored(now, caller.mac(), reason, "%s from %s not answered: %s"
                    .formatted(request.type(), caller.text(), reason)));
            return null;
        }

        @Nullable
        Message6 decide() {
            if (caller.mac() == null) {
                return ignore("neither its identifier nor its address tells its hardware address");
            }
            return switch (source.answer(client(caller.mac()))) {
                case Answer.Ignore no -> ignore(no.reason());
                case Answer.Lease lease -> {
                    events.add(new PxeEvent.DhcpSeen(now, caller.mac(), request.type().name(), caller.agent(),
                            caller.firmware(), request.type() + " from " + caller.text()));
                    yield answer(lease, caller.mac());
                }
            };
        }

        private Client client(MacAddress mac) {
            return new Client(mac, caller.uuid(), caller.firmware(), caller.agent(), pool.link().address(),
                    httpPort.getAsInt(), httpsPort.getAsInt(), caller.sent(),
                    Client.Way.direct(pool.link().interfaceName()));
        }

        private @Nullable Message6 answer(Answer.Lease lease, MacAddress mac) {
            boolean rapid = request.type() == MessageType6.SOLICIT && request.options().has(OptionCode6.RAPID_COMMIT);
            return switch (request.type()) {
                case SOLICIT -> addresses(lease, mac, rapid ? MessageType6.REPLY : MessageType6.ADVERTISE, rapid);
                case REQUEST, RENEW, REBIND -> addresses(lease, mac, MessageType6.REPLY, true);
                case INFORMATION_REQUEST -> reply(lease, MessageType6.REPLY, Options6.none(), null);
                case CONFIRM -> confirm(lease);
                case RELEASE -> giveBack(Lease.State.RELEASED, now);
                case DECLINE -> giveBack(Lease.State.DECLINED, now.plus(QUARANTINE));
                case ADVERTISE, REPLY, RECONFIGURE -> null;
            };
        }

        /** An address for each IA_NA; of temporary addresses and prefixes we have none. */
        private Message6 addresses(Answer.Lease lease, MacAddress mac, MessageType6 type, boolean commit) {
            Options6 inside = Options6.none();
            InetAddress given = null;
            List<byte[]> asked = request.options().all(OptionCode6.IA_NA);
            for (byte[] value : asked) {
                if (value.length < 12) {
                    continue;
                }
                int iaid = ByteBuffer.wrap(value).getInt();
                Options6 wishes = wishes(value);
                String client = client(iaid);
                Inet6Address chosen = choose(client, wishes, lease).orElse(null);
                if (chosen == null) {
                    ignore(noneFree(lease));
                    inside = inside.with(OptionCode6.IA_NA, association(iaid, 0, Options6.none()
                            .with(OptionCode6.STATUS_CODE, Status.NO_ADDRESSES.option("no address is free"))));
                    continue;
                }
                given = chosen;
                Lease own = pool.of(client).orElse(null);
                boolean same = own != null && own.address().equals(chosen);
                if (commit) {
                    if (own != null && !same && own.holds(now)) {
                        record(new Lease(own.address(), own.mac(), client, Lease.State.RELEASED, now));
                    }
                    record(new Lease(chosen, mac, client, Lease.State.BOUND, end()));
                } else if (own == null || !same || !own.isBound(now)) {
                    pool.put(new Lease(chosen, mac, client, Lease.State.OFFERED, now.plus(OFFER_HELD)));
                }
                inside = inside.with(OptionCode6.IA_NA, association(iaid, lifetime(), addressOptions(chosen, wishes)));
            }
            for (byte[] value : request.options().all(OptionCode6.IA_TA)) {
                inside = inside.with(OptionCode6.IA_TA, refusal(value, 4, Status.NO_ADDRESSES));
            }
            for (byte[] value : request.options().all(OptionCode6.IA_PD)) {
                inside = inside.with(OptionCode6.IA_PD, refusal(value, 12, Status.NO_PREFIXES));
            }
            if (given == null && !asked.isEmpty() && type == MessageType6.ADVERTISE) {
                // RFC 8415 section 18.3.9: then the message itself says so
                inside = inside.with(OptionCode6.STATUS_CODE, Status.NO_ADDRESSES.option("no address is free"));
            }
            if (commit && request.type() == MessageType6.SOLICIT) {
                inside = inside.with(OptionCode6.RAPID_COMMIT, new byte[0]);
            }
            return reply(lease, type, inside, given);
        }

        private String noneFree(Answer.Lease lease) {
            Link6 link = pool.link();
            return lease.address() instanceof Inet6Address reserved
                    ? "its reserved address %s is another's".formatted(plain(reserved))
                    : link.from() == null || link.to() == null
                            ? "no address is reserved for it and this network has no pool"
                            : "no address is free from %s to %s".formatted(plain(link.from()), plain(link.to()));
        }

        /** A client has one address for each of its identity associations (RFC 8415 section 12). */
        private String client(int iaid) {
            return caller.duid() + '/' + Integer.toHexString(iaid);
        }

        private void record(Lease lease) {
            pool.put(lease);
            changes.add(lease);
        }

        /** In whole seconds, as the client is told them, and never before the client's own end. */
        private Instant end() {
            return now.plus(pool.link().lifetime()).plusMillis(999).truncatedTo(ChronoUnit.SECONDS);
        }

        private Options6 wishes(byte[] association) {
            Options6 inner = Options6.decode(ByteBuffer.wrap(association, 12, association.length - 12));
            return inner == null ? Options6.none() : inner;
        }

        private Optional<Inet6Address> choose(String client, Options6 wishes, Answer.Lease lease) {
            if (lease.address() instanceof Inet6Address reserved) {
                return pool.isForeign(reserved, client, now) ? Optional.empty() : Optional.of(reserved);
            }
            Inet6Address wished = wishes.first(OptionCode6.IA_ADDRESS).filter(value -> value.length >= 16)
                    .map(value -> Options6.address(Arrays.copyOf(value, 16))).orElse(null);
            return pool.choose(client, wished, now);
        }

        /** The address, and those that the client must stop to use: with lifetimes of zero (section 18.3.4). */
        private Options6 addressOptions(Inet6Address chosen, Options6 wishes) {
            Options6 all = Options6.none().with(OptionCode6.IA_ADDRESS, address(chosen.getAddress(), lifetime()));
            if (request.type() == MessageType6.RENEW || request.type() == MessageType6.REBIND) {
                for (byte[] wish : wishes.all(OptionCode6.IA_ADDRESS)) {
                    if (wish.length >= 16 && !Arrays.equals(Arrays.copyOf(wish, 16), chosen.getAddress())) {
                        all = all.with(OptionCode6.IA_ADDRESS, address(Arrays.copyOf(wish, 16), 0));
                    }
                }
            }
            return all;
        }

        private int lifetime() {
            return Math.clamp(pool.link().lifetime().toSeconds(), 1, Integer.MAX_VALUE);
        }

        private @Nullable Message6 confirm(Answer.Lease lease) {
            List<byte[]> addresses = request.options().all(OptionCode6.IA_NA).stream().filter(ia -> ia.length >= 12)
                    .flatMap(ia -> wishes(ia).all(OptionCode6.IA_ADDRESS).stream()).filter(a -> a.length >= 16)
                    .toList();
            if (addresses.isEmpty()) {
                return ignore("it names no address to confirm");
            }
            boolean here = addresses.stream()
                    .allMatch(a -> pool.link().contains(Options6.address(Arrays.copyOf(a, 16))));
            Options6 status = Options6.none().with(OptionCode6.STATUS_CODE, here
                    ? Status.SUCCESS.option("its addresses fit this link")
                    : Status.NOT_ON_LINK.option("its addresses are of another link"));
            return reply(lease, MessageType6.REPLY, status, null);
        }

        private Message6 giveBack(Lease.State state, Instant until) {
            Options6 inside = Options6.none();
            for (byte[] value : request.options().all(OptionCode6.IA_NA)) {
                if (value.length < 12) {
                    continue;
                }
                int iaid = ByteBuffer.wrap(value).getInt();
                Lease own = pool.of(client(iaid)).orElse(null);
                if (own == null) {
                    inside = inside.with(OptionCode6.IA_NA, association(iaid, 0, Options6.none()
                            .with(OptionCode6.STATUS_CODE, Status.NO_BINDING.option("no such binding here"))));
                } else {
                    record(new Lease(own.address(), own.mac(), own.client(), state, until));
                }
            }
            Options6 all = header().with(OptionCode6.STATUS_CODE, Status.SUCCESS.option("taken back"));
            for (byte[] value : inside.all(OptionCode6.IA_NA)) {
                all = all.with(OptionCode6.IA_NA, value);
            }
            return new Message6.Plain(MessageType6.REPLY, request.transaction(), all);
        }

        private Options6 header() {
            Options6 options = request.options().first(OptionCode6.CLIENT_ID)
                    .map(id -> Options6.none().with(OptionCode6.CLIENT_ID, id)).orElse(Options6.none());
            return options.with(OptionCode6.SERVER_ID, duid);
        }

        private Message6 reply(Answer.Lease lease, MessageType6 type, Options6 inside, @Nullable InetAddress given) {
            Options6 options = header().withAll(inside);
            if (type == MessageType6.ADVERTISE) {
                options = options.with(OptionCode6.PREFERENCE, new byte[]{(byte) 255});
            }
            if (!pool.link().dns().isEmpty()) {
                options = options.withAddresses(OptionCode6.DNS_SERVERS, pool.link().dns());
            }
            if (pool.link().domain() != null) {
                options = options.with(OptionCode6.DOMAIN_LIST, labels(pool.link().domain()));
            }
            String url = lease.bootFile() == null ? null : url(lease.bootFile());
            if (url != null) {
                options = options.with(OptionCode6.BOOT_FILE_URL, url.getBytes(StandardCharsets.UTF_8));
                // EDK2 takes an offer for HTTP boot only with this class
                if (caller.agent() == Agent.FIRMWARE_HTTP && caller.vendor() != null) {
                    options = options.with(OptionCode6.VENDOR_CLASS, vendorClass(caller.vendor(), "HTTPClient"));
                }
            }
            if (caller.mac() != null && given != null) {
                events.add(new PxeEvent.DhcpAnswered(now, caller.mac(), type.name(), given, url, "%s %s%s".formatted(
                        type, given.getHostAddress(), url == null ? "" : ", boot file " + url)));
            }
            return new Message6.Plain(type, request.transaction(), options);
        }

        /** RFC 5970: a URL, also where firmware of the other family wants a path. */
        private String url(String bootFile) {
            return bootFile.contains("://")
                    ? bootFile
                    : "tftp://[" + plain(pool.link().address()) + "]/" + bootFile;
        }
    }

    private static String plain(InetAddress address) {
        return Options6.address(address.getAddress()).getHostAddress();
    }

    private static byte[] vendorClass(byte[] asked, String name) {
        byte[] text = name.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(6 + text.length).put(asked, 0, 4).putShort((short) text.length).put(text).array();
    }

    /** An IA_NA with the times after which its client asks again: half and four fifths of the lifetime. */
    private static byte[] association(int iaid, int lifetime, Options6 inner) {
        int renew = lifetime / 2;
        int rebind = lifetime / 5 * 4;
        return ByteBuffer.allocate(12 + inner.encodedLength()).putInt(iaid).putInt(renew).putInt(rebind)
                .put(inner.encoded()).array();
    }

    private static byte[] address(byte[] sixteen, int lifetime) {
        return ByteBuffer.allocate(24).put(sixteen).putInt(lifetime).putInt(lifetime).array();
    }

    private static byte[] refusal(byte[] association, int length, Status status) {
        byte[] option = Options6.none().with(OptionCode6.STATUS_CODE, status.option("not given here")).encoded();
        return ByteBuffer.allocate(length + option.length).put(Arrays.copyOf(Arrays.copyOf(association, 4), length))
                .put(option).array();
    }

    /** RFC 1035 section 3.1. */
    private static byte[] labels(String domain) {
        var bytes = ByteBuffer.allocate(domain.length() + 2);
        for (String label : domain.split("\\.", -1)) {
            bytes.put((byte) label.length()).put(label.getBytes(StandardCharsets.US_ASCII));
        }
        return Arrays.copyOf(bytes.put((byte) 0).array(), bytes.position());
    }
}

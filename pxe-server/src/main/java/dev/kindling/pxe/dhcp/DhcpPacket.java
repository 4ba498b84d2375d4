package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.MacAddress;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A DHCP message for Ethernet (RFC 2131 section 2), without what surrounds it in UDP.
 *
 * @param op who sends it
 * @param hops relays that it went through, 0 to 255
 * @param xid chosen by the client, the same in the reply
 * @param secs since the client began, 0 to 65535
 * @param broadcast the client cannot take unicast before it has its address
 * @param ciaddr the client's own address, 0.0.0.0 unless it can answer ARP for it
 * @param yiaddr the address that it is given
 * @param siaddr the server of the next step (TFTP)
 * @param giaddr the relay
 * @param mac the client's hardware address (chaddr)
 * @param sname server host name, up to 64 bytes, one char each
 * @param file boot file, up to 128 bytes, one char each
 * @param options RFC 2132 and later
 */
public record DhcpPacket(Op op, int hops, int xid, int secs, boolean broadcast, Inet4Address ciaddr,
        Inet4Address yiaddr, Inet4Address siaddr, Inet4Address giaddr, MacAddress mac, String sname, String file,
        DhcpOptions options) implements Decoded {
    /** Whom a message comes from. */
    public enum Op {
        /** The client (BOOTREQUEST). */
        REQUEST,
        /** The server (BOOTREPLY). */
        REPLY
    }

    /** Of the 576 bytes that any host must accept (RFC 2131 section 2), what IP and UDP leave. */
    public static final int DEFAULT_LIMIT = 576 - 28;

    private static final int SNAME = 44;
    private static final int FILE = 108;
    private static final int COOKIE = 236;
    private static final int OPTIONS = 240;
    private static final int MAGIC = 0x63825363;
    private static final int ETHERNET = 1;
    private static final int BROADCAST_FLAG = 0x8000;
    /** BOOTP's size (RFC 951): older relays and clients drop what is shorter. */
    private static final int MINIMUM = 300;
    private static final int FILE_HOLDS_OPTIONS = 1;
    private static final int SNAME_HOLDS_OPTIONS = 2;

    public DhcpPacket {
        if (sname.length() > FILE - SNAME || file.length() > COOKIE - FILE) {
            throw new IllegalArgumentException("sname holds 64 bytes and file 128: " + sname + ", " + file);
        }
    }

    /** A message from a client that has no address yet; secs 0, no flags, no options. */
    public static DhcpPacket request(MacAddress mac, int xid) {
        return new DhcpPacket(Op.REQUEST, 0, xid, 0, false, Ipv4.ZERO, Ipv4.ZERO, Ipv4.ZERO, Ipv4.ZERO, mac, "", "",
                DhcpOptions.none());
    }

    /** An answer to this one: what RFC 2131 table 3 has the server copy, no addresses, no options. */
    public DhcpPacket reply() {
        return new DhcpPacket(Op.REPLY, 0, xid, 0, broadcast, Ipv4.ZERO, Ipv4.ZERO, Ipv4.ZERO, giaddr, mac, "", "",
                DhcpOptions.none());
    }

    public DhcpPacket withSecs(int seconds) {
        return new DhcpPacket(op, hops, xid, seconds, broadcast, ciaddr, yiaddr, siaddr, giaddr, mac, sname, file,
                options);
    }

    public DhcpPacket withBroadcast(boolean flag) {
        return new DhcpPacket(op, hops, xid, secs, flag, ciaddr, yiaddr, siaddr, giaddr, mac, sname, file, options);
    }

    public DhcpPacket withCiaddr(InetAddress address) {
        return new DhcpPacket(op, hops, xid, secs, broadcast, (Inet4Address) address, yiaddr, siaddr, giaddr, mac,
                sname, file, options);
    }

    public DhcpPacket withYiaddr(InetAddress address) {
        return new DhcpPacket(op, hops, xid, secs, broadcast, ciaddr, (Inet4Address) address, siaddr, giaddr, mac,
                sname, file, options);
    }

    public DhcpPacket withSiaddr(InetAddress address) {
        return new DhcpPacket(op, hops, xid, secs, broadcast, ciaddr, yiaddr, (Inet4Address) address, giaddr, mac,
                sname, file, options);
    }

    public DhcpPacket withGiaddr(InetAddress address) {
        return new DhcpPacket(op, hops, xid, secs, broadcast, ciaddr, yiaddr, siaddr, (Inet4Address) address, mac,
                sname, file, options);
    }

    public DhcpPacket withSname(String name) {
        return new DhcpPacket(op, hops, xid, secs, broadcast, ciaddr, yiaddr, siaddr, giaddr, mac, name, file, options);
    }

    public DhcpPacket withFile(String path) {
        return new DhcpPacket(op, hops, xid, secs, broadcast, ciaddr, yiaddr, siaddr, giaddr, mac, sname, path,
                options);
    }

    public DhcpPacket withOptions(DhcpOptions all) {
        return new DhcpPacket(op, hops, xid, secs, broadcast, ciaddr, yiaddr, siaddr, giaddr, mac, sname, file, all);
    }

    /** Option 53; empty for BOOTP and for types that this package does not know. */
    public Optional<MessageType> type() {
        OptionalInt code = options.number(OptionCode.MESSAGE_TYPE);
        return code.isPresent() ? MessageType.of(code.getAsInt()) : Optional.empty();
    }

    boolean is(MessageType wanted) {
        return options.number(OptionCode.MESSAGE_TYPE).orElse(0) == wanted.code();
    }

    /** The boot file, from option 67 or else from {@code file}. */
    public Optional<String> bootFile() {
        return options.text(OptionCode.BOOT_FILE_NAME)
                .or(() -> file.isEmpty() ? Optional.empty() : Optional.of(file));
    }

    /** Reads one datagram. Never throws, whatever the bytes. */
    public static Decoded decode(byte[] bytes) {
        if (bytes.length < OPTIONS) {
            return new Malformed("%d bytes are too few for DHCP".formatted(bytes.length), null);
        }
        var in = ByteBuffer.wrap(bytes);
        int op = in.get() & 0xff;
        int hardwareType = in.get() & 0xff;
        int hardwareLength = in.get() & 0xff;
        if (hardwareType != ETHERNET || hardwareLength != 6) {
            return new Malformed("hardware type %d with addresses of %d bytes is not Ethernet"
                    .formatted(hardwareType, hardwareLength), null);
        }
        var mac = MacAddress.of(bytes, 28);
        if (op != 1 && op != 2) {
            return new Malformed("op %d is neither request nor reply".formatted(op), mac);
        }
        if (in.getInt(COOKIE) != MAGIC) {
            return new Malformed("the DHCP magic cookie is missing", mac);
        }
        var reader = new DhcpOptions.Reader();
        Optional<String> wrong = reader.read(bytes, OPTIONS, bytes.length, "the options");
        int overload = reader.options().number(OptionCode.OVERLOAD).orElse(0);
        boolean fileHasOptions = (overload & FILE_HOLDS_OPTIONS) != 0;
        boolean snameHasOptions = (overload & SNAME_HOLDS_OPTIONS) != 0;
        // the order of RFC 3396 section 5; an overload option inside the overloaded fields means nothing
        if (wrong.isEmpty() && fileHasOptions) {
            wrong = reader.read(bytes, FILE, COOKIE, "file");
        }
        if (wrong.isEmpty() && snameHasOptions) {
            wrong = reader.read(bytes, SNAME, FILE, "sname");
        }
        if (wrong.isPresent()) {
            return new Malformed(wrong.get(), mac);
        }
        int hops = in.get() & 0xff;
        int xid = in.getInt();
        int secs = in.getShort() & 0xffff;
        boolean broadcast = (in.getShort() & BROADCAST_FLAG) != 0;
        return new DhcpPacket(op == 1 ? Op.REQUEST : Op.REPLY, hops, xid, secs, broadcast, address(bytes, 12),
                address(bytes, 16), address(bytes, 20), address(bytes, 24), mac,
                snameHasOptions ? "" : text(bytes, SNAME, FILE), fileHasOptions ? "" : text(bytes, FILE, COOKIE),
                reader.options().without(OptionCode.OVERLOAD));
    }

    /** The message in at most {@link #DEFAULT_LIMIT} bytes. */
    public byte[] encode() {
        return encode(DEFAULT_LIMIT);
    }

    /**
     * The message, padded after END to the 300 bytes of BOOTP. Options keep their order, except that 82 is the last
     * (RFC 3046 section 2.2). Where they need more than {@code limit} bytes, the {@code file} and {@code sname} fields
     * take some if they are empty; options that fit nowhere are left out, so the important ones go first.
     *
     * @param limit bytes of UDP payload, at least {@link #DEFAULT_LIMIT}
     */
    public byte[] encode(int limit) {
        int relayAt = -1;
        int needed = 0;
        boolean[] left = new boolean[options.count()];
        for (int at = 0; at < left.length; at++) {
            left[at] = options.codeAt(at) != OptionCode.RELAY_AGENT_INFORMATION;
            relayAt = left[at] ? relayAt : at;
            needed += left[at] ? DhcpOptions.size(options.valueAt(at)) : 0;
        }
        int relay = relayAt < 0 ? 0 : DhcpOptions.size(options.valueAt(relayAt));
        int room = Math.max(limit, DEFAULT_LIMIT) - OPTIONS - 1 - relay;
        var area = new DhcpOptions.Area(Math.min(needed, room) + relay + 1);
        byte @Nullable [] fileField = null;
        byte @Nullable [] snameField = null;
        if (needed <= room) {
            take(left, area, room);
        } else {
            // three bytes for option 52
            take(left, area, room - 3);
            int overload = 0;
            if (file.isEmpty() && some(left)) {
                fileField = overloaded(left, COOKIE - FILE);
                overload |= FILE_HOLDS_OPTIONS;
            }
            if (sname.isEmpty() && some(left)) {
                snameField = overloaded(left, FILE - SNAME);
                overload |= SNAME_HOLDS_OPTIONS;
            }
            if (overload != 0) {
                area.add(OptionCode.OVERLOAD, new byte[]{(byte) overload});
            }
        }
        if (relayAt >= 0) {
            area.add(OptionCode.RELAY_AGENT_INFORMATION, options.valueAt(relayAt));
        }
        area.end();
        byte[] bytes = new byte[Math.max(MINIMUM, OPTIONS + area.used())];
        ByteBuffer.wrap(bytes).put((byte) (op == Op.REQUEST ? 1 : 2)).put((byte) ETHERNET).put((byte) 6)
                .put((byte) hops).putInt(xid).putShort((short) secs).putShort((short) (broadcast ? BROADCAST_FLAG : 0))
                .putInt(Ipv4.value(ciaddr)).putInt(Ipv4.value(yiaddr)).putInt(Ipv4.value(siaddr))
                .putInt(Ipv4.value(giaddr)).putShort((short) (mac.bits() >> 32)).putInt((int) mac.bits())
                .putInt(COOKIE, MAGIC);
        field(sname, snameField, bytes, SNAME);
        field(file, fileField, bytes, FILE);
        System.arraycopy(area.bytes(), 0, bytes, OPTIONS, area.used());
        return bytes;
    }

    private static boolean some(boolean[] left) {
        for (boolean each : left) {
            if (each) {
                return true;
            }
        }
        return false;
    }

    /** Moves options that fit into {@code room} bytes, in their order; one that does not fit is passed over. */
    private void take(boolean[] left, DhcpOptions.Area to, int room) {
        for (int at = 0; at < left.length; at++) {
            if (left[at] && to.used() + DhcpOptions.size(options.valueAt(at)) <= room) {
                to.add(options.codeAt(at), options.valueAt(at));
                left[at] = false;
            }
        }
    }

    private byte[] overloaded(boolean[] left, int size) {
        var field = new DhcpOptions.Area(size);
        take(left, field, size - 1);
        field.end();
        return field.bytes();
    }

    @SuppressWarnings("deprecation") // the low byte of each char is just what the wire wants
    private static void field(String text, byte @Nullable [] holds, byte[] to, int at) {
        if (holds != null) {
            System.arraycopy(holds, 0, to, at, holds.length);
        } else if (!text.isEmpty()) {
            text.getBytes(0, text.length(), to, at);
        }
    }

    private static Inet4Address address(byte[] bytes, int at) {
        return bytes[at] == 0 && bytes[at + 1] == 0 && bytes[at + 2] == 0 && bytes[at + 3] == 0
                ? Ipv4.ZERO
                : Ipv4.of(Arrays.copyOfRange(bytes, at, at + 4));
    }

    private static String text(byte[] bytes, int from, int to) {
        int end = from;
        while (end < to && bytes[end] != 0) {
            end++;
        }
        return end == from ? "" : new String(bytes, from, end - from, StandardCharsets.ISO_8859_1);
    }
}

package dev.kindling.pxe.dhcp;

import java.io.ByteArrayOutputStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Options in the order in which they go onto the wire: those of a packet (RFC 2132), or the ones encapsulated in
 * another option, such as 43 and 175. Immutable. An option that occurs several times is one value (RFC 3396).
 */
public final class DhcpOptions {
    private static final DhcpOptions NONE = new DhcpOptions(new byte[0][], new byte[0]);

    /** In their order. A message has some ten of them: a search is faster than a map, and copies cost little. */
    private final byte[][] values;
    private final byte[] codes;

    private DhcpOptions(byte[][] values, byte[] codes) {
        this.values = values;
        this.codes = codes;
    }

    /** No option at all; the start for {@link #with}. */
    public static DhcpOptions none() {
        return NONE;
    }

    public Set<Integer> codes() {
        var all = new LinkedHashSet<Integer>();
        for (byte code : codes) {
            all.add(code & 0xff);
        }
        return all;
    }

    public boolean has(int code) {
        return index(code) >= 0;
    }

    private int index(int code) {
        for (int at = 0; at < codes.length; at++) {
            if (codes[at] == (byte) code) {
                return at;
            }
        }
        return -1;
    }

    private byte @Nullable [] value(int code) {
        int at = index(code);
        return at < 0 ? null : values[at];
    }

    /** The value as sent, possibly of no bytes. */
    public Optional<byte[]> bytes(int code) {
        byte[] value = value(code);
        return value == null ? Optional.empty() : Optional.of(value.clone());
    }

    /** The value as text without NULs at its end, one char for each byte; empty where it is absent or blank. */
    public Optional<String> text(int code) {
        byte[] value = value(code);
        if (value == null) {
            return Optional.empty();
        }
        int length = value.length;
        while (length > 0 && value[length - 1] == 0) {
            length--;
        }
        return length == 0
                ? Optional.empty()
                : Optional.of(new String(value, 0, length, StandardCharsets.ISO_8859_1));
    }

    /** The first address in the value; empty where it is absent or shorter than an address. */
    public Optional<Inet4Address> address(int code) {
        byte[] value = value(code);
        return value == null || value.length < 4
                ? Optional.empty()
                : Optional.of(Ipv4.of(Arrays.copyOf(value, 4)));
    }

    /**
     * An unsigned number of one, two or four bytes (the latter up to 2^31-1); empty where absent or of another length.
     */
    public OptionalInt number(int code) {
        byte[] value = value(code);
        if (value == null) {
            return OptionalInt.empty();
        }
        return switch (value.length) {
            case 1 -> OptionalInt.of(value[0] & 0xff);
            case 2 -> OptionalInt.of(ByteBuffer.wrap(value).getShort() & 0xffff);
            // 0xffffffff means "for ever" in lease times: it is clamped
            case 4 -> OptionalInt.of((int) Math.min(Integer.MAX_VALUE, ByteBuffer.wrap(value).getInt() & 0xffffffffL));
            default -> OptionalInt.empty();
        };
    }

    /** A list of unsigned 16-bit numbers; an odd last byte is left out. */
    public List<Integer> shorts(int code) {
        byte[] value = value(code);
        if (value == null) {
            return List.of();
        }
        var all = new ArrayList<Integer>(value.length / 2);
        for (int at = 0; at + 1 < value.length; at += 2) {
            all.add((value[at] & 0xff) << 8 | (value[at + 1] & 0xff));
        }
        return List.copyOf(all);
    }

    /** These options with one more at the end, or with its value replaced in its place. */
    public DhcpOptions with(int code, byte[] value) {
        return having(code, value.clone());
    }

    private DhcpOptions having(int code, byte[] value) {
        if (code <= OptionCode.PAD || code >= OptionCode.END) {
            throw new IllegalArgumentException("not an option code: " + code);
        }
        int at = index(code);
        if (at >= 0) {
            byte[][] changed = values.clone();
            changed[at] = value;
            return new DhcpOptions(changed, codes);
        }
        byte[][] longer = Arrays.copyOf(values, values.length + 1);
        byte[] longerCodes = Arrays.copyOf(codes, codes.length + 1);
        longer[values.length] = value;
        longerCodes[codes.length] = (byte) code;
        return new DhcpOptions(longer, longerCodes);
    }

    /** These options with one of another message at the end, where that has it. */
    DhcpOptions copying(DhcpOptions other, int code) {
        byte[] value = other.value(code);
        return value == null ? this : having(code, value);
    }

    /** These options less one. */
    public DhcpOptions without(int code) {
        int gone = index(code);
        if (gone < 0) {
            return this;
        }
        byte[][] shorter = new byte[values.length - 1][];
        byte[] shorterCodes = new byte[codes.length - 1];
        for (int at = 0; at < shorter.length; at++) {
            shorter[at] = values[at < gone ? at : at + 1];
            shorterCodes[at] = codes[at < gone ? at : at + 1];
        }
        return new DhcpOptions(shorter, shorterCodes);
    }

    /** Text without a NUL at its end. */
    public DhcpOptions with(int code, String text) {
        return having(code, text.getBytes(StandardCharsets.UTF_8));
    }

    public DhcpOptions with(int code, InetAddress address) {
        return having(code, address.getAddress());
    }

    public DhcpOptions withAddresses(int code, Collection<InetAddress> addresses) {
        var all = new ByteArrayOutputStream();
        addresses.forEach(address -> all.writeBytes(address.getAddress()));
        return with(code, all.toByteArray());
    }

    public DhcpOptions withByte(int code, int value) {
        return having(code, new byte[]{(byte) value});
    }

    public DhcpOptions withShort(int code, int value) {
        return having(code, new byte[]{(byte) (value >> 8), (byte) value});
    }

    public DhcpOptions withInt(int code, int value) {
        return having(code, ByteBuffer.allocate(4).putInt(value).array());
    }

    /** Encapsulates {@code inner}; PXE 2.1 wants END after the ones in option 43, iPXE bears it in 175. */
    public DhcpOptions with(int code, DhcpOptions inner) {
        var all = new Area(inner.size() + 1);
        for (int at = 0; at < inner.codes.length; at++) {
            all.add(inner.codes[at], inner.values[at]);
        }
        all.end();
        return having(code, all.bytes());
    }

    /** The options encapsulated in one; empty where it is absent or not well-formed inside. */
    public Optional<DhcpOptions> inner(int code) {
        byte[] value = value(code);
        if (value == null) {
            return Optional.empty();
        }
        var reader = new Reader();
        return reader.read(value, 0, value.length, "an option").isPresent()
                ? Optional.empty()
                : Optional.of(reader.options());
    }

    /** How many there are. */
    int count() {
        return codes.length;
    }

    int codeAt(int index) {
        return codes[index] & 0xff;
    }

    /** For the encoder, which does not keep or change what it sees. */
    byte[] valueAt(int index) {
        return values[index];
    }

    /** Bytes that all of them take, without END. */
    int size() {
        int size = 0;
        for (byte[] value : values) {
            size += size(value);
        }
        return size;
    }

    /** Bytes that one takes, split where it is long. */
    static int size(byte[] value) {
        return value.length <= 255 ? value.length + 2 : value.length + 2 * ((value.length + 254) / 255);
    }

    /** Bytes that options are written into. */
    static final class Area {
        private final byte[] bytes;
        private int used;

        Area(int size) {
            bytes = new byte[size];
        }

        int used() {
            return used;
        }

        /** Splits values over 255 bytes as RFC 3396 says. */
        void add(int code, byte[] value) {
            int at = 0;
            do {
                int length = Math.min(255, value.length - at);
                bytes[used++] = (byte) code;
                bytes[used++] = (byte) length;
                System.arraycopy(value, at, bytes, used, length);
                used += length;
                at += length;
            } while (at < value.length);
        }

        void end() {
            bytes[used++] = (byte) OptionCode.END;
        }

        byte[] bytes() {
            return bytes;
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DhcpOptions that && codes().equals(that.codes())
                && codes().stream().allMatch(code -> Arrays.equals(value(code), that.value(code)));
    }

    @Override
    public int hashCode() {
        return codes().hashCode();
    }

    /** {@code {53=01, 61=01525400...}}: code and value in hexadecimal. */
    @Override
    public String toString() {
        var text = new StringBuilder("{");
        for (int at = 0; at < codes.length; at++) {
            text.append(at > 0 ? ", " : "").append(codeAt(at)).append('=')
                    .append(HexFormat.of().formatHex(values[at]));
        }
        return text.append('}').toString();
    }

    /** Gathers options from one or more areas of a packet. */
    static final class Reader {
        private byte[][] values = new byte[16][];
        private byte[] codes = new byte[16];
        private int found;

        /** Takes the options up to END or the end of the area; says what is wrong, or nothing where all is well. */
        Optional<String> read(byte[] bytes, int from, int to, String area) {
            int at = from;
            while (at < to) {
                int code = bytes[at++] & 0xff;
                if (code == OptionCode.END) {
                    return Optional.empty();
                }
                if (code == OptionCode.PAD) {
                    continue;
                }
                if (at == to) {
                    return Optional.of("option %d in %s has no length".formatted(code, area));
                }
                int length = bytes[at++] & 0xff;
                if (at + length > to) {
                    return Optional.of("option %d in %s says %d bytes where %d are left"
                            .formatted(code, area, length, to - at));
                }
                add((byte) code, Arrays.copyOfRange(bytes, at, at + length));
                at += length;
            }
            // no END: some clients leave it out, and what was read is whole
            return Optional.empty();
        }

        private void add(byte code, byte[] value) {
            for (int at = 0; at < found; at++) {
                if (codes[at] == code) {
                    values[at] = join(values[at], value);
                    return;
                }
            }
            if (found == codes.length) {
                values = Arrays.copyOf(values, 2 * found);
                codes = Arrays.copyOf(codes, 2 * found);
            }
            values[found] = value;
            codes[found++] = code;
        }

        DhcpOptions options() {
            return new DhcpOptions(Arrays.copyOf(values, found), Arrays.copyOf(codes, found));
        }

        private static byte[] join(byte[] first, byte[] second) {
            return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
        }
    }
}

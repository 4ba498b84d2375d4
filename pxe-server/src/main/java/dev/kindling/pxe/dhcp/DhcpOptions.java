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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Options in the order in which they go onto the wire: those of a packet (RFC 2132), or the ones encapsulated in
 * another option, such as 43 and 175. Immutable. An option that occurs several times is one value (RFC 3396).
 */
public final class DhcpOptions {
    private final Map<Integer, byte[]> values;

    private DhcpOptions(Map<Integer, byte[]> values) {
        this.values = values;
    }

    /** No option at all; the start for {@link #with}. */
    public static DhcpOptions none() {
        return new DhcpOptions(Map.of());
    }

    public Set<Integer> codes() {
        return values.keySet();
    }

    public boolean has(int code) {
        return values.containsKey(code);
    }

    /** The value as sent, possibly of no bytes. */
    public Optional<byte[]> bytes(int code) {
        byte[] value = values.get(code);
        return value == null ? Optional.empty() : Optional.of(value.clone());
    }

    /** The value as text without NULs at its end, one char for each byte; empty where it is absent or blank. */
    public Optional<String> text(int code) {
        byte[] value = values.get(code);
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
        byte[] value = values.get(code);
        return value == null || value.length < 4
                ? Optional.empty()
                : Optional.of(Ipv4.of(Arrays.copyOf(value, 4)));
    }

    /**
     * An unsigned number of one, two or four bytes (the latter up to 2^31-1); empty where absent or of another length.
     */
    public OptionalInt number(int code) {
        byte[] value = values.get(code);
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
        byte[] value = values.getOrDefault(code, new byte[0]);
        var all = new ArrayList<Integer>();
        for (int at = 0; at + 1 < value.length; at += 2) {
            all.add((value[at] & 0xff) << 8 | (value[at + 1] & 0xff));
        }
        return List.copyOf(all);
    }

    /** These options with one more at the end, or with its value replaced in its place. */
    public DhcpOptions with(int code, byte[] value) {
        if (code <= OptionCode.PAD || code >= OptionCode.END) {
            throw new IllegalArgumentException("not an option code: " + code);
        }
        var copy = new LinkedHashMap<>(values);
        copy.put(code, value.clone());
        return new DhcpOptions(copy);
    }

    /** These options less one. */
    public DhcpOptions without(int code) {
        var copy = new LinkedHashMap<>(values);
        copy.remove(code);
        return new DhcpOptions(copy);
    }

    /** Text without a NUL at its end. */
    public DhcpOptions with(int code, String text) {
        return with(code, text.getBytes(StandardCharsets.UTF_8));
    }

    public DhcpOptions with(int code, InetAddress address) {
        return with(code, address.getAddress());
    }

    public DhcpOptions withAddresses(int code, Collection<InetAddress> addresses) {
        var all = new ByteArrayOutputStream();
        addresses.forEach(address -> all.writeBytes(address.getAddress()));
        return with(code, all.toByteArray());
    }

    public DhcpOptions withByte(int code, int value) {
        return with(code, new byte[]{(byte) value});
    }

    public DhcpOptions withShort(int code, int value) {
        return with(code, new byte[]{(byte) (value >> 8), (byte) value});
    }

    public DhcpOptions withInt(int code, int value) {
        return with(code, ByteBuffer.allocate(4).putInt(value).array());
    }

    /** Encapsulates {@code inner}; PXE 2.1 wants END after the ones in option 43, iPXE bears it in 175. */
    public DhcpOptions with(int code, DhcpOptions inner) {
        var all = new ByteArrayOutputStream();
        inner.values.forEach((innerCode, value) -> write(all, innerCode, value));
        all.write(OptionCode.END);
        return with(code, all.toByteArray());
    }

    /** The options encapsulated in one; empty where it is absent or not well-formed inside. */
    public Optional<DhcpOptions> inner(int code) {
        byte[] value = values.get(code);
        if (value == null) {
            return Optional.empty();
        }
        var reader = new Reader();
        return reader.read(value, 0, value.length, "an option").isPresent()
                ? Optional.empty()
                : Optional.of(reader.options());
    }

    /** Splits values over 255 bytes as RFC 3396 says. */
    static void write(ByteArrayOutputStream out, int code, byte[] value) {
        int at = 0;
        do {
            int length = Math.min(255, value.length - at);
            out.write(code);
            out.write(length);
            out.write(value, at, length);
            at += length;
        } while (at < value.length);
    }

    /** Bytes that {@link #write} takes. */
    static int size(byte[] value) {
        return value.length + 2 * Math.max(1, (value.length + 254) / 255);
    }

    /** For the encoder, which does not keep or change what it sees. */
    Map<Integer, byte[]> raw() {
        return values;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DhcpOptions that && values.keySet().equals(that.values.keySet())
                && values.entrySet().stream().allMatch(e -> Arrays.equals(e.getValue(), that.values.get(e.getKey())));
    }

    @Override
    public int hashCode() {
        return values.keySet().hashCode();
    }

    /** {@code {53=01, 61=01525400...}}: code and value in hexadecimal. */
    @Override
    public String toString() {
        var text = new StringBuilder("{");
        values.forEach((code, value) -> text.append(text.length() > 1 ? ", " : "").append(code).append('=')
                .append(HexFormat.of().formatHex(value)));
        return text.append('}').toString();
    }

    /** Gathers options from one or more areas of a packet. */
    static final class Reader {
        private final Map<Integer, byte[]> found = new LinkedHashMap<>();

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
                found.merge(code, Arrays.copyOfRange(bytes, at, at + length), Reader::join);
                at += length;
            }
            // no END: some clients leave it out, and what was read is whole
            return Optional.empty();
        }

        DhcpOptions options() {
            return new DhcpOptions(found);
        }

        private static byte[] join(byte[] first, byte[] second) {
            return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
        }
    }
}

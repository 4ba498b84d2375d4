package dev.kindling.pxe;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * An Ethernet address. Kept as a number, because a busy service handles many thousands a second and shows few.
 *
 * @param bits the six bytes, in the low 48 bits
 */
public record MacAddress(long bits) implements Comparable<MacAddress> {
    private static final Pattern CANONICAL = Pattern.compile("[0-9a-f]{2}(:[0-9a-f]{2}){5}");

    public MacAddress {
        if (bits >>> 48 != 0) {
            throw new IllegalArgumentException("an Ethernet address has 48 bits: " + Long.toHexString(bits));
        }
    }

    /** Of text with colons or hyphens, such as {@code 52:54:00:4b:4c:01}. */
    public MacAddress(String value) {
        this(parse(value));
    }

    private static long parse(String value) {
        String canonical = value.toLowerCase(Locale.ROOT).replace('-', ':');
        if (!CANONICAL.matcher(canonical).matches()) {
            throw new IllegalArgumentException("not a MAC address: " + canonical);
        }
        return HexFormat.fromHexDigitsToLong(canonical.replace(":", ""));
    }

    /** The six bytes at the start of {@code bytes}. */
    public static MacAddress of(byte[] bytes) {
        return of(bytes, 0);
    }

    /** The six bytes from that index on. */
    public static MacAddress of(byte[] bytes, int from) {
        long bits = 0;
        for (int at = from; at < from + 6; at++) {
            bits = bits << 8 | (bytes[at] & 0xff);
        }
        return new MacAddress(bits);
    }

    /** The six bytes, in transmission order. */
    public byte[] bytes() {
        byte[] bytes = new byte[6];
        for (int at = 0; at < 6; at++) {
            bytes[at] = (byte) (bits >> (40 - 8 * at));
        }
        return bytes;
    }

    /** In lower case with colons: {@code 52:54:00:4b:4c:01}. */
    public String value() {
        byte[] text = new byte[17];
        for (int at = 0; at < 6; at++) {
            int each = (int) (bits >> (40 - 8 * at));
            text[3 * at] = (byte) Character.forDigit(each >> 4 & 15, 16);
            text[3 * at + 1] = (byte) Character.forDigit(each & 15, 16);
            if (at < 5) {
                text[3 * at + 2] = ':';
            }
        }
        return new String(text, StandardCharsets.ISO_8859_1);
    }

    @Override
    public int compareTo(MacAddress other) {
        return Long.compare(bits, other.bits);
    }

    @Override
    public String toString() {
        return value();
    }
}

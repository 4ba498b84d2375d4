package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/** How ECMA-119 (4th edition) writes numbers, names and times; sections 7 and 8.4.26. */
final class IsoBytes {
    /** Bytes of a logical sector, and here also of a logical block. */
    static final int SECTOR = 2048;

    private IsoBytes() {}

    static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** What a buffer of {@link #buffer} holds, all of it and not a copy. */
    @SuppressWarnings("ByteBufferBackingArray") // made by buffer(int)
    static byte[] bytes(ByteBuffer buffer) {
        return buffer.array();
    }

    static long sectors(long bytes) {
        return (bytes + SECTOR - 1) / SECTOR;
    }

    /** 7.3.3: little-endian, then big-endian. */
    static void both32(ByteBuffer out, long value) {
        out.putInt((int) value).putInt(Integer.reverseBytes((int) value));
    }

    /** 7.2.3: little-endian, then big-endian. */
    static void both16(ByteBuffer out, int value) {
        out.putShort((short) value).putShort(Short.reverseBytes((short) value));
    }

    /** Text, then filler up to a width. */
    static void text(ByteBuffer out, String text, int width, Charset charset) {
        byte[] bytes = text.getBytes(charset);
        int length = Math.min(bytes.length, width);
        out.put(bytes, 0, length);
        byte[] blank = " ".getBytes(charset);
        while (length + blank.length <= width) {
            out.put(blank);
            length += blank.length;
        }
        if (length < width) {
            out.put((byte) 0);
        }
    }

    /** 9.1.5: seven bytes, as UTC; what the field cannot say becomes the nearest that it can. */
    static void time(ByteBuffer out, Instant instant) {
        LocalDateTime utc = utc(instant, 1900, 2155);
        out.put((byte) (utc.getYear() - 1900)).put((byte) utc.getMonthValue()).put((byte) utc.getDayOfMonth());
        out.put((byte) utc.getHour()).put((byte) utc.getMinute()).put((byte) utc.getSecond()).put((byte) 0);
    }

    /** 8.4.26.1: seventeen bytes, in digits. */
    static void longTime(ByteBuffer out, Instant instant) {
        LocalDateTime utc = utc(instant, 1, 9999);
        out.put(String.format("%04d%02d%02d%02d%02d%02d00", utc.getYear(), utc.getMonthValue(), utc.getDayOfMonth(),
                utc.getHour(), utc.getMinute(), utc.getSecond()).getBytes(US_ASCII)).put((byte) 0);
    }

    /** 8.4.26.1: not specified. */
    static void noTime(ByteBuffer out) {
        out.put("0".repeat(16).getBytes(US_ASCII)).put((byte) 0);
    }

    private static LocalDateTime utc(Instant instant, int firstYear, int lastYear) {
        LocalDateTime utc = LocalDateTime.ofEpochSecond(instant.getEpochSecond(), 0, ZoneOffset.UTC);
        return utc.getYear() < firstYear
                ? LocalDateTime.of(firstYear, 1, 1, 0, 0)
                : utc.getYear() > lastYear ? LocalDateTime.of(lastYear, 12, 31, 23, 59, 59) : utc;
    }
}

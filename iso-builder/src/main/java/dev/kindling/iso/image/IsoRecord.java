package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * A directory record (ECMA-119, 9.1) as it stands on the medium, with what its system use fields say (SUSP 1.12, RRIP
 * 1.12).
 */
final class IsoRecord {
    static final int HEADER = 33;
    static final int DIRECTORY = 0x02;
    static final int MORE_EXTENTS = 0x80;
    /** SUSP sets no limit to the chain of continuation areas; a chain as long as this holds any name and any link. */
    private static final int CONTINUATIONS = 64;

    /** Where it is, in bytes. */
    final long at;
    final byte[] bytes;

    @Nullable
    String name;
    @Nullable
    String target;
    int mode = -1;
    int uid;
    int gid;
    @Nullable
    Instant modified;
    long device = -1;
    /** Block of the directory that this record stands for; -1: for itself. */
    long childAt = -1;
    /** Where the number of {@link #childAt} or of the parent is written, for whoever moves directories; else -1. */
    long childField = -1;
    long parentField = -1;
    boolean relocated;
    boolean compressed;

    IsoRecord(long at, byte[] bytes) {
        this.at = at;
        this.bytes = bytes;
    }

    private int int32(int offset) {
        return ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).getInt(offset);
    }

    long block() {
        // behind an extended attribute record, which is counted in blocks
        return (int32(2) & 0xFFFF_FFFFL) + (bytes[1] & 0xFF);
    }

    long length() {
        return int32(10) & 0xFFFF_FFFFL;
    }

    int flags() {
        return bytes[25] & 0xFF;
    }

    boolean isDirectory() {
        return (flags() & DIRECTORY) != 0;
    }

    boolean interleaved() {
        return bytes[26] != 0 || bytes[27] != 0;
    }

    byte[] identifier() {
        return java.util.Arrays.copyOfRange(bytes, HEADER, HEADER + (bytes[32] & 0xFF));
    }

    /** "." or "..". */
    boolean isDot() {
        return bytes[32] == 1 && (bytes[HEADER] == 0 || bytes[HEADER] == 1);
    }

    /** 9.1.5. */
    Instant recorded() {
        return time(bytes, 18);
    }

    private int systemUse() {
        int length = bytes[32] & 0xFF;
        return HEADER + length + (length % 2 == 0 ? 1 : 0);
    }

    /** Seven bytes of a date; what is no date becomes 1970. */
    static Instant time(byte[] b, int at) {
        try {
            return LocalDateTime.of(1900 + (b[at] & 0xFF), b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5])
                    .toInstant(ZoneOffset.UTC).minusSeconds(b[at + 6] * 900L);
        } catch (DateTimeException e) {
            return Instant.EPOCH;
        }
    }

    /** Seventeen bytes of digits (8.4.26.1); not specified: 1970. */
    static Instant longTime(byte[] b, int at) {
        try {
            String digits = new String(b, at, 16, US_ASCII);
            return LocalDateTime.of(number(digits, 0, 4), number(digits, 4, 2), number(digits, 6, 2),
                    number(digits, 8, 2), number(digits, 10, 2), number(digits, 12, 2),
                    number(digits, 14, 2) * 10_000_000)
                    .toInstant(ZoneOffset.UTC).minusSeconds(b[at + 16] * 900L);
        } catch (DateTimeException | NumberFormatException e) {
            return Instant.EPOCH;
        }
    }

    private static int number(String digits, int at, int length) {
        return Integer.parseInt(digits, at, at + length, 10);
    }

    /** The bytes to pass over in every record but the root's first one; -1 where there is no system use. */
    int suspSkip() {
        int at = systemUse();
        return at + 7 <= bytes.length && bytes[at] == 'S' && bytes[at + 1] == 'P' && (bytes[at + 4] & 0xFF) == 0xBE
                && (bytes[at + 5] & 0xFF) == 0xEF ? bytes[at + 6] & 0xFF : -1;
    }

    /** Pieces of names and targets, until all fields are read. */
    private static final class Pieces {
        final ByteArrayOutputStream name = new ByteArrayOutputStream();
        boolean named;
        final ByteArrayOutputStream target = new ByteArrayOutputStream();
        boolean linked;
        boolean joined = true;
    }

    /**
     * Reads the system use fields.
     *
     * @param skip as {@link #suspSkip} of the root says
     * @param base number of the block where the volume's block 0 is
     */
    void readSystemUse(ImageBytes image, int skip, long base) throws IOException {
        Pieces pieces = new Pieces();
        int start = Math.min(bytes.length, systemUse() + skip);
        ByteBuffer area = ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).position(start);
        long areaAt = at;
        for (int hops = 0;; hops++) {
            long[] next = fields(area, areaAt, pieces);
            if (next == null) {
                break;
            }
            long position = (base + next[0]) * IsoVolume.BLOCK + next[1];
            if (hops == CONTINUATIONS || next[2] > 1 << 16) {
                throw BadImageException.damaged(
                        "a chain of continuation areas without an end, or of " + next[2] + " bytes", position,
                        "at most " + CONTINUATIONS + " areas of 64 KiB for one record");
            }
            area = image.read(position, (int) next[2], "a continuation area of the record at byte " + at);
            areaAt = position;
        }
        if (pieces.named) {
            name = pieces.name.toString(UTF_8);
        }
        if (pieces.linked) {
            target = pieces.target.toString(UTF_8);
        }
    }

    /** Block, offset and length of the next area, if there is one. */
    private long @Nullable [] fields(ByteBuffer area, long areaAt, Pieces pieces) throws IOException {
        long[] next = null;
        while (area.remaining() >= 4) {
            int field = area.position();
            int length = area.get(field + 2) & 0xFF;
            if (length < 4 || length > area.remaining()) {
                // padding, or an application's own use of the rest
                break;
            }
            area.position(field + length);
            String signature = "" + (char) (area.get(field) & 0xFF) + (char) (area.get(field + 1) & 0xFF);
            switch (signature) {
                case "CE" -> {
                    if (length >= 28) {
                        next = new long[]{area.getInt(field + 4) & 0xFFFF_FFFFL, area.getInt(field + 12) & 0xFFFF_FFFFL,
                                area.getInt(field + 20) & 0xFFFF_FFFFL};
                    }
                }
                case "NM" -> name(area, field, length, pieces);
                case "SL" -> link(area, field, length, pieces);
                case "PX" -> {
                    if (length >= 36) {
                        mode = area.getInt(field + 4);
                        uid = area.getInt(field + 20);
                        gid = area.getInt(field + 28);
                    }
                }
                case "TF" -> times(area, field, length);
                case "PN" -> {
                    if (length >= 20) {
                        device = ((area.getInt(field + 4) & 0xFFFF_FFFFL) << 32)
                                | (area.getInt(field + 12) & 0xFFFF_FFFFL);
                    }
                }
                case "CL" -> {
                    if (length >= 12) {
                        childAt = area.getInt(field + 4) & 0xFFFF_FFFFL;
                        childField = areaAt + field + 4;
                    }
                }
                case "PL" -> parentField = areaAt + field + 4;
                case "RE" -> relocated = true;
                case "ZF" -> compressed = true;
                case "ST" -> {
                    return next;
                }
                default -> {
                    // ER, ES, SF, AL, AS and others: nothing that a tree of files needs
                }
            }
        }
        return next;
    }

    private static void name(ByteBuffer area, int field, int length, Pieces pieces) {
        // bits 1 and 2 say "." and "..", which the identifier says already
        if (length >= 5 && (area.get(field + 4) & 0x06) == 0) {
            pieces.named = true;
            pieces.name.writeBytes(ImageBytes.bytes(area.slice(field + 5, length - 5)));
        }
    }

    private static void link(ByteBuffer area, int field, int length, Pieces pieces) {
        pieces.linked = true;
        for (int part = field + 5; part + 2 <= field + length;) {
            int flags = area.get(part);
            int size = Math.min(area.get(part + 1) & 0xFF, field + length - part - 2);
            if (!pieces.joined) {
                pieces.target.write('/');
            }
            if ((flags & 0x08) != 0) {
                pieces.target.write('/');
                pieces.joined = true;
            } else {
                if ((flags & 0x02) != 0) {
                    pieces.target.write('.');
                } else if ((flags & 0x04) != 0) {
                    pieces.target.writeBytes("..".getBytes(US_ASCII));
                } else {
                    pieces.target.writeBytes(ImageBytes.bytes(area.slice(part + 2, size)));
                }
                // bit 0: the name goes on in the next part
                pieces.joined = (flags & 0x01) != 0;
            }
            part += 2 + size;
        }
    }

    private void times(ByteBuffer area, int field, int length) {
        if (length < 5) {
            return;
        }
        int flags = area.get(field + 4);
        int each = (flags & 0x80) != 0 ? 17 : 7;
        // the time of creation, where there is one, stands in front of the time of modification
        int place = field + 5 + ((flags & 0x01) != 0 ? each : 0);
        if ((flags & 0x02) != 0 && place + each <= field + length) {
            byte[] date = ImageBytes.bytes(area.slice(place, each));
            modified = each == 17 ? longTime(date, 0) : time(date, 0);
        }
    }

    @Override
    public String toString() {
        return new String(identifier(), ISO_8859_1) + " at byte " + at;
    }
}

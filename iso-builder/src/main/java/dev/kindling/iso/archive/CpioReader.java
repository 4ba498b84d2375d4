package dev.kindling.iso.archive;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Reads a cpio archive in the "newc" format (magic 070701, or 070702 with checksums, which are not checked), entry by
 * entry. Decompressing is the caller's.
 */
public final class CpioReader {
    private static final int HEADER = 110;

    private final InputStream in;
    private final int contentLimit;
    private long position;

    /**
     * @param contentLimit bytes of the longest content to accept: each entry is held in memory
     */
    public CpioReader(InputStream in, int contentLimit) {
        this.in = in;
        this.contentLimit = contentLimit;
    }

    /**
     * The next entry, empty at the trailer.
     *
     * @throws IOException where the archive is not newc, is cut off, or has an entry above the limit
     */
    public Optional<CpioEntry> next() throws IOException {
        byte[] header = read(HEADER);
        String magic = new String(header, 0, 6, US_ASCII);
        if (!magic.equals("070701") && !magic.equals("070702")) {
            throw new IOException("no newc header at byte " + (position - HEADER) + ": expected 070701, found '"
                    + magic.replaceAll("[^ -~]", ".") + "'");
        }
        long size = field(header, 6);
        long nameSize = field(header, 11);
        if (nameSize < 1 || nameSize > 4096) {
            throw new IOException("a name of " + nameSize + " bytes at byte " + position + ": expected 1 to 4096");
        }
        if (size > contentLimit) {
            throw new IOException("an entry of " + size + " bytes at byte " + position + ": at most " + contentLimit);
        }
        String name = new String(read((int) nameSize), 0, (int) nameSize - 1, UTF_8);
        align();
        byte[] content = read((int) size);
        align();
        if (name.equals("TRAILER!!!")) {
            return Optional.empty();
        }
        return Optional.of(new CpioEntry(name, (int) field(header, 1), (int) field(header, 2), (int) field(header, 3),
                (int) field(header, 4), field(header, 5), (int) field(header, 9), (int) field(header, 10), content));
    }

    private static long field(byte[] header, int index) throws IOException {
        String digits = new String(header, 6 + 8 * index, 8, US_ASCII);
        try {
            // stricter than parseLong, which takes signs
            return HexFormat.fromHexDigitsToLong(digits);
        } catch (IllegalArgumentException e) {
            throw new IOException("header field " + index + " is not hexadecimal: '" + digits + "'", e);
        }
    }

    private void align() throws IOException {
        read((int) (-position & 3));
    }

    private byte[] read(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        position += bytes.length;
        if (bytes.length < length) {
            throw new EOFException("the archive ends at byte " + position + " without a trailer");
        }
        return bytes;
    }
}

package dev.kindling.iso.archive;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Exactly one member of a gzip stream (RFC 1952): what is behind it can be read afterwards, unlike with the JDK's. */
final class GzipMember extends InputStream {
    static final int BUFFER = 1 << 13;
    private static final int HEADER_CRC = 0x02;
    private static final int EXTRA = 0x04;
    private static final int NAME = 0x08;
    private static final int COMMENT = 0x10;

    private final PushbackInputStream in;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 crc = new CRC32();
    private final byte[] buffer = new byte[BUFFER];
    /** Octets of the buffer that the inflater was given last. */
    private int input;
    private boolean ended;

    /**
     * @param in at the first octet of the member; able to take back {@link #BUFFER} octets
     */
    GzipMember(PushbackInputStream in) throws IOException {
        this.in = in;
        byte[] header = exactly(10);
        if (header[2] != 8) {
            throw new IOException("an archive compressed by gzip with method " + header[2] + ": expected 8");
        }
        int flags = header[3];
        if ((flags & EXTRA) != 0) {
            byte[] length = exactly(2);
            exactly((length[0] & 0xFF) | (length[1] & 0xFF) << 8);
        }
        for (int text : new int[]{NAME, COMMENT}) {
            while ((flags & text) != 0 && exactly(1)[0] != 0) {
                // to the NUL
            }
        }
        if ((flags & HEADER_CRC) != 0) {
            exactly(2);
        }
    }

    private byte[] exactly(int length) throws IOException {
        byte[] read = in.readNBytes(length);
        if (read.length < length) {
            throw new EOFException("an archive compressed by gzip is cut off");
        }
        return read;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (ended) {
            return -1;
        }
        try {
            while (true) {
                int count = inflater.inflate(target, offset, length);
                if (count > 0) {
                    crc.update(target, offset, count);
                    return count;
                }
                if (inflater.finished()) {
                    end();
                    return -1;
                }
                if (inflater.needsDictionary()) {
                    throw new IOException("an archive compressed by gzip asks for a dictionary");
                }
                input = in.read(buffer, 0, BUFFER);
                if (input < 0) {
                    throw new EOFException("an archive compressed by gzip is cut off");
                }
                inflater.setInput(buffer, 0, input);
            }
        } catch (DataFormatException e) {
            throw new IOException("an archive compressed by gzip is damaged: " + e.getMessage(), e);
        }
    }

    private void end() throws IOException {
        int left = inflater.getRemaining();
        long written = inflater.getBytesWritten();
        in.unread(buffer, input - left, left);
        inflater.end();
        ended = true;
        byte[] trailer = exactly(8);
        if (number(trailer, 0) != crc.getValue() || number(trailer, 4) != (written & 0xFFFF_FFFFL)) {
            throw new IOException("an archive compressed by gzip is damaged: its checksum is another");
        }
    }

    private static long number(byte[] bytes, int at) {
        return (bytes[at] & 0xFFL) | (bytes[at + 1] & 0xFFL) << 8 | (bytes[at + 2] & 0xFFL) << 16
                | (bytes[at + 3] & 0xFFL) << 24;
    }
}

package dev.kindling.iso.archive;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.EOFException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.SingleXZInputStream;
import org.tukaani.xz.XZOutputStream;

/**
 * An initramfs as the kernel takes it: newc archives one behind the other, each plain or compressed by its own, with
 * zeros in between ({@code Documentation/driver-api/early-userspace/buffer-format.rst}). A later entry wins over an
 * earlier one of the same name, which is how an overlay is put behind a vendor's initramfs.
 */
public final class Initramfs {
    /** How an archive is compressed. */
    public enum Compression {
        NONE,
        GZIP,
        XZ,
        ZSTD;

        /** Of xz: the kernel knows neither CRC-64 nor SHA-256. */
        private static final int CHECK = org.tukaani.xz.XZ.CHECK_CRC32;

        private OutputStream to(OutputStream out) throws IOException {
            return switch (this) {
                case NONE -> out;
                case GZIP -> new GZIPOutputStream(out, 1 << 16);
                case XZ -> new XZOutputStream(out, new LZMA2Options(), CHECK);
                case ZSTD -> new ZstdOutputStream(out, 19).setChecksum(true);
            };
        }
    }

    /** Fills an archive. */
    public interface Filler {
        void fill(CpioWriter archive) throws IOException;
    }

    /** What the kernel may read and this does not, by the first bytes in hexadecimal. */
    private static final Map<String, String> OTHERS = Map.of("02214c18", "lz4", "04224d18", "lz4", "425a68", "bzip2",
            "5d0000", "lzma", "894c5a4f", "lzo");
    private static final int PEEK = 6;
    /** The largest dictionary of any preset takes a quarter of it. */
    private static final int XZ_MEMORY_KIB = 256 << 10;
    private static final int ALIGNMENT = 4;

    private final PushbackInputStream in;
    private final long limit;
    private long bytes;
    /** What the archive at hand is read from; the source itself where it is plain. */
    private @Nullable PushbackInputStream member;
    private @Nullable CpioReader archive;

    /**
     * @param limit bytes of all contents together: whoever made the archive may mean harm
     */
    public Initramfs(InputStream in, long limit) {
        this.in = new PushbackInputStream(in, GzipMember.BUFFER);
        this.limit = limit;
    }

    /**
     * Adds an archive to the end of an initramfs.
     *
     * @param out at a multiple of 4 bytes; stays open
     * @param epoch time stamp of every entry
     */
    public static void append(OutputStream out, Compression compression, Instant epoch, Filler filler)
            throws IOException {
        Counting counting = new Counting(out);
        try (OutputStream compressed = compression.to(counting);
                CpioWriter archive = new CpioWriter(compressed, epoch)) {
            filler.fill(archive);
        }
        out.write(new byte[(int) (-counting.count & (ALIGNMENT - 1))]);
    }

    /**
     * The next entry of any archive; empty at the end of the last one.
     *
     * @throws IOException where something is neither archive nor compressed by what is read here, is cut off, or holds
     *             more than the limit
     */
    public Optional<CpioEntry> next() throws IOException {
        while (true) {
            if (archive == null && !open()) {
                return Optional.empty();
            }
            if (archive != null) {
                Optional<CpioEntry> entry = archive.next();
                if (entry.isPresent()) {
                    bytes += entry.get().content().length;
                    if (bytes > limit) {
                        throw new IOException("the archives hold more than " + limit + " bytes");
                    }
                    return entry;
                }
                archive = null;
            }
        }
    }

    /** Goes to the next archive; false where there is none. */
    private boolean open() throws IOException {
        while (true) {
            PushbackInputStream source = member == null ? in : member;
            byte[] start = start(source);
            if (start.length == 0) {
                if (member == null) {
                    return false;
                }
                member = null;
                continue;
            }
            if (start[0] == '0') {
                archive = new CpioReader(source, (int) Math.min(limit, Integer.MAX_VALUE));
                return true;
            }
            if (member != null) {
                throw new IOException("behind an archive within a compressed one: expected another archive, found "
                        + HexFormat.of().formatHex(start));
            }
            member = new PushbackInputStream(decompressed(start), PEEK);
        }
    }

    private InputStream decompressed(byte[] start) throws IOException {
        String hex = HexFormat.of().formatHex(start);
        if (hex.startsWith("1f8b")) {
            return new GzipMember(in);
        }
        if (hex.equals("fd377a585a00")) {
            return new SingleXZInputStream(in, XZ_MEMORY_KIB);
        }
        if (hex.startsWith("28b52ffd")) {
            return new ZstdInputStream(new ZstdFrame(in));
        }
        for (Map.Entry<String, String> other : OTHERS.entrySet()) {
            if (hex.startsWith(other.getKey())) {
                throw new IOException("an archive compressed by " + other.getValue()
                        + " is not read; compress it by gzip, xz or zstd instead");
            }
        }
        throw new IOException("no archive: expected newc, gzip, xz or zstd, found " + hex);
    }

    /** The first bytes behind zeros, fewer at the end; they are read again. */
    private static byte[] start(PushbackInputStream source) throws IOException {
        int first;
        do {
            first = source.read();
        } while (first == 0);
        if (first < 0) {
            return new byte[0];
        }
        source.unread(first);
        byte[] start = source.readNBytes(PEEK);
        source.unread(start);
        return start;
    }

    /** Passes exactly one frame of zstd (RFC 8878, section 3.1.1): the library would read on. */
    private static final class ZstdFrame extends InputStream {
        private final InputStream in;
        private byte[] piece;
        private int at;
        private boolean checksum;
        private boolean last;

        ZstdFrame(InputStream in) throws IOException {
            this.in = in;
            byte[] start = exactly(5);
            int descriptor = start[4];
            boolean single = (descriptor & 0x20) != 0;
            checksum = (descriptor & 0x04) != 0;
            int size = switch ((descriptor >> 6) & 3) {
                case 0 -> single ? 1 : 0;
                case 1 -> 2;
                case 2 -> 4;
                default -> 8;
            };
            int dictionary = new int[]{0, 1, 2, 4}[descriptor & 3];
            byte[] rest = exactly(size + dictionary + (single ? 0 : 1));
            piece = Arrays.copyOf(start, start.length + rest.length);
            System.arraycopy(rest, 0, piece, start.length, rest.length);
        }

        private byte[] exactly(int length) throws IOException {
            byte[] read = in.readNBytes(length);
            if (read.length < length) {
                throw new EOFException("an archive compressed by zstd is cut off");
            }
            return read;
        }

        /** False at the end. */
        private boolean more() throws IOException {
            if (at < piece.length) {
                return true;
            }
            at = 0;
            if (last) {
                piece = checksum ? exactly(4) : new byte[0];
                checksum = false;
                return piece.length > 0;
            }
            byte[] header = exactly(3);
            int block = (header[0] & 0xFF) | (header[1] & 0xFF) << 8 | (header[2] & 0xFF) << 16;
            last = (block & 1) != 0;
            // a run of one octet has one, however long it is
            byte[] content = exactly(((block >> 1) & 3) == 1 ? 1 : block >> 3);
            piece = Arrays.copyOf(header, header.length + content.length);
            System.arraycopy(content, 0, piece, header.length, content.length);
            return true;
        }

        @Override
        public int read() throws IOException {
            return more() ? piece[at++] & 0xFF : -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (!more()) {
                return -1;
            }
            int count = Math.min(length, piece.length - at);
            System.arraycopy(piece, at, target, offset, count);
            at += count;
            return count;
        }
    }

    /** Knows how much went through, and keeps what is below open. */
    private static final class Counting extends FilterOutputStream {
        private long count;

        Counting(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int octet) throws IOException {
            out.write(octet);
            count++;
        }

        @Override
        public void write(byte[] octets, int offset, int length) throws IOException {
            out.write(octets, offset, length);
            count += length;
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }
}

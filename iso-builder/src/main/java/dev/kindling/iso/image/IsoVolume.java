package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One tree of directory records with the descriptor that leads to it (ECMA-119, 8.4 and 8.5). An image has one for each
 * kind of name, and again for a partition that is to be mounted by itself.
 */
final class IsoVolume {
    static final int BLOCK = 2048;
    /** More than any directory: a million names of 255 bytes. */
    private static final long DIRECTORY_LIMIT = 512L << 20;

    /** Which names the records have. */
    enum Kind {
        PRIMARY,
        JOLIET,
        ENHANCED
    }

    final ImageBytes image;
    final Kind kind;
    /** Of the descriptor, in bytes. */
    final long at;
    /** Number of the image's block that this volume calls block 0. */
    final long base;
    final ByteBuffer descriptor;
    final IsoRecord root;
    /** Bytes to pass over in front of system use fields; -1 where there are none. */
    final int skip;
    final boolean rockRidge;

    IsoVolume(ImageBytes image, Kind kind, long at, long base) throws IOException {
        this.image = image;
        this.kind = kind;
        this.at = at;
        this.base = base;
        descriptor = image.read(at, BLOCK, "a volume descriptor");
        int block = descriptor.getShort(128) & 0xFFFF;
        if (block != BLOCK) {
            throw new BadImageException("a volume with logical blocks of " + block + " bytes", at + 128, "2048",
                    "such images are not supported");
        }
        byte[] record = new byte[34];
        descriptor.get(156, record);
        root = new IsoRecord(at + 156, record);
        if (!root.isDirectory()) {
            throw BadImageException.damaged("the record of the root is none of a directory", at + 156, "the flag 2");
        }
        IsoRecord first = kind == Kind.JOLIET ? root : self(root.block());
        skip = kind == Kind.JOLIET ? -1 : first.suspSkip();
        if (skip >= 0) {
            first.readSystemUse(image, 0, base);
        }
        rockRidge = first.mode != -1;
    }

    long position(long block) {
        return (base + block) * BLOCK;
    }

    String text(int offset, int length) {
        byte[] bytes = new byte[length];
        descriptor.get(offset, bytes);
        String text = new String(bytes, kind == Kind.JOLIET ? UTF_16BE : ISO_8859_1);
        int end = text.indexOf('\0');
        return (end < 0 ? text : text.substring(0, end)).stripTrailing();
    }

    /** Blocks. */
    long space() {
        return descriptor.getInt(80) & 0xFFFF_FFFFL;
    }

    /** The first record of a directory. */
    IsoRecord self(long block) throws IOException {
        ByteBuffer sector = image.read(position(block), BLOCK, "a directory");
        return record(sector, 0, position(block));
    }

    private static IsoRecord record(ByteBuffer sector, int offset, long sectorAt) throws BadImageException {
        int length = sector.get(offset) & 0xFF;
        int name = offset + 32 < sector.capacity() ? sector.get(offset + 32) & 0xFF : 0;
        if (length < IsoRecord.HEADER + name || name == 0 || offset + length > sector.capacity()) {
            throw BadImageException.damaged("a directory record of " + length + " bytes with a name of " + name,
                    sectorAt + offset, "at least 34 bytes that hold the name, within one sector");
        }
        return new IsoRecord(sectorAt + offset, ImageBytes.bytes(sector.slice(offset, length)));
    }

    /** The records of a directory in their order, "." and ".." with them, system use fields read. */
    List<IsoRecord> records(long block, long bytes) throws IOException {
        long at = position(block);
        if (bytes > DIRECTORY_LIMIT || !image.holds(at, bytes)) {
            throw BadImageException.damaged("a directory of " + bytes + " bytes", at,
                    "at most " + Math.min(DIRECTORY_LIMIT, Math.max(0, image.size() - at)));
        }
        List<IsoRecord> records = new ArrayList<>();
        for (long done = 0; done < bytes; done += BLOCK) {
            ByteBuffer sector = image.read(at + done, (int) Math.min(BLOCK, bytes - done), "a directory");
            for (int offset = 0; offset < sector.capacity() && sector.get(offset) != 0;) {
                IsoRecord record = record(sector, offset, at + done);
                if (skip >= 0) {
                    record.readSystemUse(image, done == 0 && offset == 0 && block == root.block() ? 0 : skip, base);
                }
                records.add(record);
                offset += record.bytes.length;
            }
        }
        return records;
    }

    /** The name that people see. */
    String name(IsoRecord record) {
        if (record.name != null) {
            return record.name;
        }
        String name = new String(record.identifier(), kind == Kind.JOLIET ? UTF_16BE : ISO_8859_1);
        if (kind == Kind.ENHANCED || record.isDirectory()) {
            return name;
        }
        int version = name.lastIndexOf(';');
        String bare = version > 0 ? name.substring(0, version) : name;
        return kind == Kind.PRIMARY && bare.endsWith(".") && bare.length() > 1
                ? bare.substring(0, bare.length() - 1)
                : bare;
    }
}

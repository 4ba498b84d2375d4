package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_16BE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads UDF file systems (ECMA-167, OSTA UDF 1.02 to 2.60): those of Windows' installation media and of disks, with
 * partitions as they are, of write-once media (virtual), with spare blocks (sparable), and with a metadata file.
 * Strategy 4 only, which all but a few write-once media have. Nothing of the image is believed: checksums are checked,
 * numbers are checked before memory is taken, trees that lead back to themselves are refused.
 */
public final class UdfReader {
    private static final int[] BLOCKS = {2048, 512, 4096, 1024};
    private static final int ANCHOR = 256;
    private static final int TAG = 16;
    private static final int DESCRIPTORS = 256;
    private static final int PIECES = 1 << 20;
    private static final int NODES = 2_000_000;
    private static final int DEPTH = 512;
    private static final int LINK_LIMIT = 1 << 16;
    /** Holes of a file may be longer than the image, but not without an end. */
    private static final long HOLES = 1L << 30;

    private static final int TAG_ANCHOR = 2;
    private static final int TAG_PARTITION = 5;
    private static final int TAG_LOGICAL_VOLUME = 6;
    private static final int TAG_TERMINATOR = 8;
    private static final int TAG_FILE_SET = 256;
    private static final int TAG_IDENTIFIER = 257;
    private static final int TAG_FILE = 261;
    private static final int TAG_EXTENDED_FILE = 266;

    private static final int TYPE_DIRECTORY = 4;
    private static final int TYPE_BLOCK_DEVICE = 6;
    private static final int TYPE_CHARACTER_DEVICE = 7;
    private static final int TYPE_FIFO = 9;
    private static final int TYPE_SOCKET = 10;
    private static final int TYPE_SYMLINK = 12;
    private static final int TYPE_STREAMS = 13;

    private final ImageBytes image;
    private final int block;
    private final String label;
    private final String revision;
    private final List<Partition> partitions = new ArrayList<>();
    private final Address root;
    private int nodes;
    private long directoryBytes;

    /** A block within a partition of the logical volume (ECMA-167, 4/7.1). */
    private record Address(long block, int partition) {}

    /** Where the blocks of a partition of the logical volume are. */
    private interface Partition {
        /** The first byte of a block in the image. */
        long position(long block) throws BadImageException;
    }

    /**
     * A piece of a file.
     *
     * @param at in the image; -1: nothing was recorded, it reads as zeros
     */
    private record Piece(long at, long bytes) {}

    /** A file entry (4/14.9, 4/14.17). */
    private record FileEntry(int type, Node.Attributes attributes, long size, List<Piece> pieces, int major,
            int minor) {}

    /** True where there is a UDF file system; it may be damaged all the same. */
    public static boolean isUdf(Content content) throws IOException {
        return anchor(new ImageBytes(content)) != null;
    }

    /**
     * Opens a file system.
     *
     * @throws BadImageException where it is none, or damaged, or of a kind that is not read
     */
    public UdfReader(Content content) throws IOException {
        image = new ImageBytes(content);
        Anchor anchor = anchor(image);
        if (anchor == null) {
            throw new BadImageException("no UDF file system: no anchor", ANCHOR * 2048L,
                    "a descriptor with the tag 2 at block 256", "name an image; what the file is tells: file PATH");
        }
        block = anchor.block;
        Map<Integer, ByteBuffer> physical = new TreeMap<>();
        ByteBuffer volume;
        try {
            volume = descriptors(anchor.main, anchor.mainBytes, physical);
        } catch (BadImageException e) {
            // there are two of everything that matters
            physical.clear();
            volume = descriptors(anchor.reserve, anchor.reserveBytes, physical);
        }
        label = string(volume, 84, 128);
        int suffix = Short.toUnsignedInt(volume.getShort(216 + 24));
        revision = Integer.toHexString(suffix >> 8) + "." + (suffix & 0xFF) / 16 + (suffix & 0xF);
        if (volume.getInt(212) != block) {
            throw BadImageException.damaged("a logical block of " + volume.getInt(212) + " bytes", -1,
                    block + " bytes");
        }
        maps(volume, physical);
        Address set = address(volume, 248 + 4);
        ByteBuffer files = tagged(position(set), TAG_FILE_SET, "the file set");
        root = address(files, 400 + 4);
    }

    private record Anchor(int block, long main, long mainBytes, long reserve, long reserveBytes) {}

    /** At block 256, else at the end or 256 blocks before (3/8.4.2.1); the size of a block is found by trying. */
    private static @Nullable Anchor anchor(ImageBytes image) throws IOException {
        for (int block : BLOCKS) {
            long last = image.size() / block - 1;
            for (long at : new long[]{ANCHOR, last, last - ANCHOR, 512}) {
                if (at < 0 || !image.holds(at * block, 512)) {
                    continue;
                }
                ByteBuffer tag = image.read(at * block, 512, "an anchor");
                if (tag.getShort(0) == TAG_ANCHOR && isSound(tag, TAG + 16) && unsigned(tag, 12) == at) {
                    return new Anchor(block, unsigned(tag, 20), unsigned(tag, 16), unsigned(tag, 28),
                            unsigned(tag, 24));
                }
            }
        }
        return null;
    }

    /** The descriptor of the logical volume; those of partitions go into the map by their number (3/8.4.2). */
    private ByteBuffer descriptors(long at, long bytes, Map<Integer, ByteBuffer> physical) throws IOException {
        ByteBuffer volume = null;
        for (int i = 0; i < Math.min(DESCRIPTORS, bytes / block); i++) {
            ByteBuffer each = image.read((at + i) * block, 512, "a descriptor of the UDF volume");
            int tag = Short.toUnsignedInt(each.getShort(0));
            if (tag == TAG_TERMINATOR || tag == 0) {
                break;
            }
            if (!isSound(each, 512)) {
                throw damaged("a descriptor of the UDF volume", (at + i) * block);
            }
            if (tag == TAG_PARTITION) {
                physical.merge((int) each.getShort(22), each, UdfReader::newer);
            } else if (tag == TAG_LOGICAL_VOLUME) {
                volume = volume == null ? each : newer(volume, each);
            }
        }
        if (volume == null) {
            throw BadImageException.damaged("the UDF volume has no logical volume", at * block, "a descriptor of it");
        }
        return volume;
    }

    /** The one that prevails (3/8.4.3). */
    private static ByteBuffer newer(ByteBuffer one, ByteBuffer other) {
        return unsigned(other, 16) >= unsigned(one, 16) ? other : one;
    }

    /** Partition maps (3/10.7, UDF 2.2.8 to 2.2.10). */
    private void maps(ByteBuffer volume, Map<Integer, ByteBuffer> physical) throws IOException {
        int count = volume.getInt(268);
        int at = 440;
        // kinds of maps that need the ones before them to be read
        for (int i = 0; i < count; i++) {
            int length = at + 2 <= 512 ? volume.get(at + 1) & 0xFF : 0;
            if (length < 6 || at + length > 512) {
                throw BadImageException.damaged("partition map " + i + " of the UDF volume", -1,
                        "a map within its descriptor");
            }
            if (volume.get(at) == 1) {
                partitions.add(plain(physical, volume.getShort(at + 4)));
            } else if (volume.get(at) == 2 && length == 64) {
                byte[] id = new byte[23];
                volume.get(at + 5, id);
                String kind = new String(id, US_ASCII).replace("\0", "").strip();
                Plain plain = plain(physical, volume.getShort(at + 38));
                partitions.add(switch (kind) {
                    case "*UDF Virtual Partition" -> virtual(plain);
                    case "*UDF Sparable Partition" -> sparable(plain, volume, at);
                    case "*UDF Metadata Partition" -> metadata(plain, volume, at);
                    default -> throw unknown("a UDF partition of the kind '" + kind + "'");
                });
            } else {
                throw unknown("a UDF partition map of type " + volume.get(at));
            }
            at += length;
        }
    }

    private static BadImageException unknown(String what) {
        return new BadImageException(what, -1, "a plain, virtual, sparable or metadata partition",
                "mount the image with the system that made it");
    }

    /** A partition that lies as it is. */
    private record Plain(int block, long first, long blocks) implements Partition {
        @Override
        public long position(long number) throws BadImageException {
            if (number < 0 || number >= blocks) {
                throw BadImageException.damaged("block " + number + " of a UDF partition of " + blocks, -1,
                        "a block within it");
            }
            return (first + number) * block;
        }
    }

    private Plain plain(Map<Integer, ByteBuffer> physical, int number) throws BadImageException {
        ByteBuffer partition = physical.get(number);
        if (partition == null) {
            throw BadImageException.damaged("the UDF volume has no partition " + number, -1, "a descriptor of it");
        }
        return new Plain(block, unsigned(partition, 188), unsigned(partition, 192));
    }

    /** Blocks of which a table tells the place; the table was written last (UDF 2.2.11). */
    private Partition virtual(Plain plain) throws IOException {
        long last = lastRecorded();
        FileEntry table = null;
        for (long at = last; at > plain.first && at > last - 32 && table == null; at--) {
            ByteBuffer tag = image.read(at * block, TAG, "a tag");
            if (tag.getShort(0) == TAG_FILE || tag.getShort(0) == TAG_EXTENDED_FILE) {
                table = entry(at * block, plain);
            }
        }
        if (table == null) {
            throw BadImageException.damaged("the table of a write-once UDF volume", last * block,
                    "a file entry in its last block");
        }
        byte[] bytes = small(table, (int) Math.min(Integer.MAX_VALUE / 2, image.size()),
                "the virtual allocation table");
        ByteBuffer in = IsoBytes.buffer(bytes.length).put(bytes).flip();
        boolean old = table.type == 0;
        int start = old ? 0 : bytes.length < 2 ? 0 : Short.toUnsignedInt(in.getShort(0));
        int end = old ? bytes.length - 36 : bytes.length;
        return number -> {
            if (number < 0 || number >= (end - start) / 4) {
                throw BadImageException.damaged("virtual block " + number + " of a UDF volume", -1,
                        "a block of its table");
            }
            return plain.position(unsigned(in, start + 4 * (int) number));
        };
    }

    /** Of a medium that is not full the rest may be in the image, as zeros. */
    private long lastRecorded() throws IOException {
        int step = 1 << 20;
        for (long end = image.size() / block * block; end > 0; end -= step) {
            int length = (int) Math.min(step, end);
            ByteBuffer in = image.read(end - length, length, "the end of the image");
            for (int at = length - 1; at >= 0; at--) {
                if (in.get(at) != 0) {
                    return (end - length + at) / block;
                }
            }
        }
        return 0;
    }

    /** Packets with damaged blocks lie elsewhere (UDF 2.2.9, 2.2.12). */
    private Partition sparable(Plain plain, ByteBuffer volume, int at) throws IOException {
        int packet = Short.toUnsignedInt(volume.getShort(at + 40));
        int tables = volume.get(at + 42) & 0xFF;
        if (packet == 0 || tables == 0 || tables > 4) {
            throw BadImageException.damaged("a sparable UDF partition with packets of " + packet + " blocks and "
                    + tables + " tables", -1, "packets of 32 blocks, 1 to 4 tables");
        }
        ByteBuffer head = image.read(unsigned(volume, at + 48) * block, block, "a sparing table");
        int entries = Short.toUnsignedInt(head.getShort(48));
        ByteBuffer table = image.read(unsigned(volume, at + 48) * block, 56 + 8 * entries, "a sparing table");
        Map<Long, Long> spared = new HashMap<>();
        for (int i = 0; i < entries; i++) {
            spared.put(unsigned(table, 56 + 8 * i), unsigned(table, 60 + 8 * i));
        }
        return number -> {
            Long elsewhere = spared.get(number / packet * packet);
            return elsewhere == null ? plain.position(number) : (elsewhere + number % packet) * block;
        };
    }

    /** Directories and file entries are in a file of their own (UDF 2.2.10); there is a second one. */
    private Partition metadata(Plain plain, ByteBuffer volume, int at) throws IOException {
        FileEntry file;
        try {
            file = entry(plain.position(unsigned(volume, at + 40)), plain);
        } catch (BadImageException e) {
            file = entry(plain.position(unsigned(volume, at + 44)), plain);
        }
        TreeMap<Long, Piece> pieces = new TreeMap<>();
        long next = 0;
        for (Piece piece : file.pieces) {
            pieces.put(next, piece);
            next += piece.bytes;
        }
        return number -> {
            Map.Entry<Long, Piece> found = pieces.floorEntry(number * block);
            if (found == null || found.getValue().at < 0
                    || number * block - found.getKey() >= found.getValue().bytes) {
                throw BadImageException.damaged("block " + number + " of the UDF metadata", -1, "a block of its file");
            }
            return found.getValue().at + number * block - found.getKey();
        };
    }

    private long position(Address address) throws BadImageException {
        if (address.partition < 0 || address.partition >= partitions.size()) {
            throw BadImageException.damaged("a place in the UDF partition " + address.partition, -1,
                    "one of " + partitions.size() + " partitions");
        }
        return partitions.get(address.partition).position(address.block);
    }

    private static Address address(ByteBuffer in, int at) {
        return new Address(unsigned(in, at), Short.toUnsignedInt(in.getShort(at + 4)));
    }

    private static long unsigned(ByteBuffer in, int at) {
        return in.getInt(at) & 0xFFFF_FFFFL;
    }

    private static BadImageException damaged(String what, long at) {
        return BadImageException.damaged(what + " is damaged", at, "the right tag and checksums");
    }

    /** Checksum and CRC of a tag (3/7.2). */
    private static boolean isSound(ByteBuffer in, int length) {
        int sum = 0;
        for (int i = 0; i < TAG; i++) {
            sum += i == 4 ? 0 : in.get(i) & 0xFF;
        }
        int covered = Short.toUnsignedInt(in.getShort(10));
        return (sum & 0xFF) == (in.get(4) & 0xFF) && covered <= Math.max(length, in.capacity()) - TAG
                && Crc.of(in, TAG, covered) == Short.toUnsignedInt(in.getShort(8));
    }

    /** CRC-16 of ITU-T V.41 (3/7.2.6). */
    private static final class Crc {
        private static int of(ByteBuffer in, int at, int length) {
            int crc = 0;
            for (int i = at; i < at + length; i++) {
                crc ^= (in.get(i) & 0xFF) << 8;
                for (int bit = 0; bit < 8; bit++) {
                    crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
                }
            }
            return crc & 0xFFFF;
        }
    }

    private ByteBuffer tagged(long at, int tag, String what) throws IOException {
        ByteBuffer in = image.read(at, block, what);
        if (Short.toUnsignedInt(in.getShort(0)) != tag || !isSound(in, block)) {
            throw damaged(what, at);
        }
        return in;
    }

    /** Of the volume. */
    public String label() {
        return label;
    }

    /** Of the specification that the writer says it kept to: 1.02 to 2.60. */
    public String revision() {
        return revision;
    }

    /** Bytes of a block. */
    public int blockBytes() {
        return block;
    }

    private FileEntry entry(Address address) throws IOException {
        return entry(position(address), partitions.get(address.partition));
    }

    /** @param own the partition that short pieces are in: that of the entry itself */
    private FileEntry entry(long at, Partition own) throws IOException {
        ByteBuffer in = image.read(at, block, "a file entry");
        int tag = Short.toUnsignedInt(in.getShort(0));
        if ((tag != TAG_FILE && tag != TAG_EXTENDED_FILE) || !isSound(in, block)) {
            throw damaged("a file entry", at);
        }
        if (in.getShort(20) != 4) {
            throw new BadImageException("a file entry of the strategy " + in.getShort(20), at, "strategy 4",
                    "mount the image with the system that made it");
        }
        boolean extended = tag == TAG_EXTENDED_FILE;
        int flags = Short.toUnsignedInt(in.getShort(34));
        int rest = extended ? 216 : 176;
        long attributesLength = unsigned(in, rest - 8);
        long piecesLength = unsigned(in, rest - 4);
        if (rest + attributesLength + piecesLength > block) {
            throw BadImageException.damaged("a file entry of " + attributesLength + " and " + piecesLength + " bytes",
                    at, "at most a block of " + block);
        }
        int type = in.get(27) & 0xFF;
        long size = in.getLong(56);
        Node.Attributes attributes = new Node.Attributes(permissions(in.getInt(44), flags), owner(in.getInt(36)),
                owner(in.getInt(40)), UdfTime.read(in, extended ? 92 : 84));
        int start = (int) (rest + attributesLength);
        List<Piece> pieces = (flags & 7) == 3
                ? List.of(new Piece(at + start, piecesLength))
                : pieces(in, start, (int) piecesLength, flags & 7, own, size, at);
        long there = pieces.stream().mapToLong(Piece::bytes).sum();
        if (size < 0 || there < size) {
            throw BadImageException.damaged("a file of " + size + " bytes with pieces of " + there, at,
                    "pieces for all of it");
        }
        int[] device = device(in, rest, (int) attributesLength);
        return new FileEntry(type, attributes, size, pieces, device[0], device[1]);
    }

    /** "Not specified" is nobody's, and we say root's. */
    private static int owner(int id) {
        return id == -1 ? 0 : id;
    }

    /** 4/14.9.5, 4/14.6.8. */
    private static int permissions(int bits, int flags) {
        return (bits & 7) | (bits >> 5 & 7) << 3 | (bits >> 10 & 7) << 6 | ((flags & 0x40) != 0 ? 04000 : 0)
                | ((flags & 0x80) != 0 ? 02000 : 0) | ((flags & 0x100) != 0 ? 01000 : 0);
    }

    /** Allocation descriptors (4/14.14), in the entry and in the blocks that continue it. */
    private List<Piece> pieces(ByteBuffer entry, int start, int length, int kind, Partition own, long size, long at)
            throws IOException {
        if (kind > 1) {
            throw new BadImageException("extended allocation descriptors", at, "short, long or none",
                    "mount the image with the system that made it");
        }
        List<Piece> pieces = new ArrayList<>();
        int each = kind == 0 ? 8 : 16;
        ByteBuffer in = entry;
        int place = start;
        int end = start + length;
        long left = size;
        long holes = Math.max(HOLES, image.size());
        Set<Long> continued = new HashSet<>();
        while (place + each <= end && left > 0) {
            long bytes = unsigned(in, place) & 0x3FFF_FFFF;
            int state = in.getInt(place) >>> 30;
            Partition partition = own;
            if (kind == 1) {
                Address address = address(in, place + 4);
                if (address.partition >= partitions.size()) {
                    throw BadImageException.damaged("a piece in the UDF partition " + address.partition, at,
                            "one of " + partitions.size() + " partitions");
                }
                partition = partitions.get(address.partition);
            }
            long number = unsigned(in, place + 4);
            place += each;
            if (bytes == 0) {
                break;
            }
            if (state == 3) {
                long next = partition.position(number);
                if (!continued.add(next)) {
                    throw BadImageException.damaged("the pieces of a file lead back to themselves", next,
                            "each continuation once");
                }
                in = image.read(next, (int) Math.min(bytes, block), "a continuation of a file entry");
                place = 24;
                end = in.capacity() < 24 ? 0 : (int) Math.min(in.capacity(), 24 + unsigned(in, 20));
                continue;
            }
            long kept = Math.min(bytes, left);
            left -= kept;
            if (state == 0) {
                recorded(pieces, partition, number, kept);
            } else {
                holes -= kept;
                if (holes < 0) {
                    throw new BadImageException("a file with holes of more than " + Math.max(HOLES, image.size())
                            + " bytes", at, "at most that many", "do not trust this image");
                }
                pieces.add(new Piece(-1, kept));
            }
            if (pieces.size() > PIECES) {
                throw BadImageException.damaged("a file of more than " + PIECES + " pieces", at, "fewer");
            }
        }
        return pieces;
    }

    /** Blocks that follow each other in the partition may lie apart in the image. */
    private void recorded(List<Piece> pieces, Partition partition, long first, long bytes) throws BadImageException {
        if (partition instanceof Plain plain) {
            long at = plain.position(first);
            plain.position(first + (bytes - 1) / block);
            if (!image.holds(at, bytes)) {
                throw BadImageException.damaged("a piece of a file of " + bytes + " bytes", at,
                        "a place within the image of " + image.size());
            }
            pieces.add(new Piece(at, bytes));
            return;
        }
        for (long done = 0; done < bytes; done += block) {
            long at = partition.position(first + done / block);
            long length = Math.min(block, bytes - done);
            if (!image.holds(at, length)) {
                throw BadImageException.damaged("a block of a file", at,
                        "a place within the image of " + image.size());
            }
            Piece last = pieces.isEmpty() ? null : pieces.getLast();
            if (last != null && last.at >= 0 && last.at + last.bytes == at) {
                pieces.set(pieces.size() - 1, new Piece(last.at, last.bytes + length));
            } else {
                pieces.add(new Piece(at, length));
            }
        }
    }

    /** The numbers of a device: an extended attribute of type 12 (4/14.10.7). */
    private static int[] device(ByteBuffer in, int start, int length) {
        for (int at = start + 24; at + 24 <= start + length;) {
            long bytes = unsigned(in, at + 8);
            if (in.getInt(at) == 12) {
                return new int[]{in.getInt(at + 16), in.getInt(at + 20)};
            }
            if (bytes < 12 || bytes > length) {
                break;
            }
            at += (int) bytes;
        }
        return new int[2];
    }

    private Content content(FileEntry entry) throws IOException {
        List<Content> parts = new ArrayList<>();
        long left = entry.size;
        for (Piece piece : entry.pieces) {
            long bytes = Math.min(left, piece.bytes);
            parts.add(piece.at < 0 ? Content.zeros(bytes) : image.slice(piece.at, bytes, "a piece of a file"));
            left -= bytes;
        }
        return Content.join(parts);
    }

    private byte[] small(FileEntry entry, int limit, String what) throws IOException {
        if (entry.size > limit) {
            throw BadImageException.damaged(what + " of " + entry.size + " bytes", -1, "at most " + limit);
        }
        return content(entry).bytes();
    }

    /** Everything; contents stay in the image. */
    public Tree tree() throws IOException {
        nodes = 0;
        directoryBytes = 0;
        FileEntry entry = entry(root);
        if (entry.type != TYPE_DIRECTORY) {
            throw BadImageException.damaged("the root of the UDF file system is no directory", position(root),
                    "a directory");
        }
        Tree tree = new Tree(entry.attributes);
        fill(tree.root(), entry, new HashSet<>(Set.of(position(root))), "", 0);
        return tree;
    }

    private void fill(Node.Directory into, FileEntry directory, Set<Long> seen, String path, int depth)
            throws IOException {
        // No two directories share bytes, so all of them together are not longer than the image.
        directoryBytes += directory.size;
        if (directoryBytes > image.size() || depth > DEPTH) {
            throw new BadImageException("the directory " + path + " is too long, or " + depth + " directories deep", -1,
                    "less than the image has", "do not trust this image");
        }
        byte[] bytes = small(directory, Integer.MAX_VALUE / 2, "the directory " + path);
        ByteBuffer in = ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + 38 <= bytes.length;) {
            int length = in.get(at + 19) & 0xFF;
            int use = Short.toUnsignedInt(in.getShort(at + 36));
            int end = at + 38 + use + length;
            if (Short.toUnsignedInt(in.getShort(at)) != TAG_IDENTIFIER || end > bytes.length) {
                throw BadImageException.damaged("an entry of the directory /" + path, -1,
                        "a file identifier at its byte " + at);
            }
            int flags = in.get(at + 18);
            // deleted ones, and the parent
            if ((flags & 0x0C) == 0) {
                String name = characters(in, at + 38 + use, length);
                checked(name, path);
                Address address = address(in, at + 24);
                long place = position(address);
                FileEntry entry = entry(address);
                if (++nodes > NODES || (entry.type == TYPE_DIRECTORY && !seen.add(place))) {
                    throw new BadImageException("the directory /" + path + " leads back to itself", place,
                            "each directory once", "do not trust this image");
                }
                Optional<Node> node = node(entry, name);
                if (node.isPresent()) {
                    into.children.put(name, node.get());
                    if (node.get() instanceof Node.Directory below) {
                        fill(below, entry, seen, path.isEmpty() ? name : path + "/" + name, depth + 1);
                    }
                }
            }
            at = (end + 3) / 4 * 4;
        }
    }

    private static void checked(String name, String path) throws BadImageException {
        if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf('/') >= 0
                || name.indexOf('\0') >= 0) {
            throw new BadImageException("the name '" + name + "' in the directory /" + path, -1, "a name of a file",
                    "do not trust this image");
        }
    }

    private Optional<Node> node(FileEntry entry, String name) throws IOException {
        Node.Attributes attributes = entry.attributes;
        return switch (entry.type) {
            case TYPE_DIRECTORY -> Optional.of(new Node.Directory(attributes));
            case TYPE_SYMLINK -> {
                String target = target(small(entry, LINK_LIMIT, "the link " + name));
                yield target.isEmpty() ? Optional.empty() : Optional.of(new Node.Symlink(attributes, target));
            }
            case TYPE_BLOCK_DEVICE -> special(entry, Node.Special.Kind.BLOCK_DEVICE);
            case TYPE_CHARACTER_DEVICE -> special(entry, Node.Special.Kind.CHARACTER_DEVICE);
            case TYPE_FIFO -> special(entry, Node.Special.Kind.FIFO);
            case TYPE_SOCKET -> special(entry, Node.Special.Kind.SOCKET);
            // named streams: attributes of other systems, no files
            case TYPE_STREAMS -> Optional.empty();
            default -> Optional.of(new Node.File(attributes, content(entry)));
        };
    }

    private static Optional<Node> special(FileEntry entry, Node.Special.Kind kind) {
        return Optional.of(new Node.Special(entry.attributes, kind, entry.major, entry.minor));
    }

    /** Path components (4/14.16). */
    private static String target(byte[] bytes) {
        StringBuilder path = new StringBuilder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        boolean first = true;
        for (int at = 0; at + 4 <= bytes.length;) {
            int length = in.get(at + 1) & 0xFF;
            if (at + 4 + length > bytes.length) {
                break;
            }
            if (!first && path.charAt(path.length() - 1) != '/') {
                path.append('/');
            }
            path.append(switch (in.get(at)) {
                case 1, 2 -> "/";
                case 3 -> "..";
                case 4 -> ".";
                default -> characters(in, at + 4, length).replace("\0", "");
            });
            first &= path.isEmpty();
            at += 4 + length;
        }
        return path.toString();
    }

    /** OSTA compressed Unicode (UDF 2.1.1). */
    private static String characters(ByteBuffer in, int at, int length) {
        if (length < 1) {
            return "";
        }
        byte[] bytes = new byte[length - 1];
        in.get(at + 1, bytes);
        int width = in.get(at) & 0xFF;
        return new String(bytes, width == 16 || width == 255 ? UTF_16BE : ISO_8859_1);
    }

    /** A field of a fixed width with the length in its last byte (1/7.2.12). */
    private static String string(ByteBuffer in, int at, int width) {
        return characters(in, at, Math.min(width - 1, in.get(at + width - 1) & 0xFF));
    }
}

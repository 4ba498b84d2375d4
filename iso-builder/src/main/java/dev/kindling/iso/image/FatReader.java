package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Reads a FAT12, FAT16 or FAT32 file system, whoever made it. Deleted entries are passed over. Nothing of it is
 * believed: a damaged one gets an error, never a loop or more memory than the image has bytes.
 */
public final class FatReader {
    private static final int DIRECTORY_LIMIT = 65_536 * 32;
    /**
     * A file or a directory.
     *
     * @param path with slashes, without one in front
     * @param bytes 0 for a directory
     * @param modified taken as UTC
     */
    public record Entry(String path, boolean directory, long bytes, Instant modified) {}

    /**
     * @param slot where its directory entry is, in bytes from the start of the file system
     */
    private record Located(Entry entry, long cluster, long slot) {}

    private final Content image;
    /** Of an entry of the allocation table: 12, 16 or 32. */
    private final int bits;
    private final int clusterBytes;
    private final int fats;
    private final long fatBytes;
    private final long fatAt;
    private final long dataAt;
    private final long clusters;
    private final int volumeId;
    private final String label;
    private final Map<String, Located> found = new LinkedHashMap<>();
    private final BitSet directoryClusters = new BitSet();

    /**
     * Reads the whole tree of names.
     *
     * @param image the file system, from its first byte; stays open
     * @throws IOException where it is no FAT file system, or damaged
     */
    public FatReader(SeekableByteChannel image) throws IOException {
        this(new ChannelContent(image, image.size()));
    }

    /** As above. */
    public FatReader(Content image) throws IOException {
        this.image = image;
        ByteBuffer boot = read(0, 512);
        if (boot.getShort(510) != (short) 0xAA55 || boot.getShort(11) != 512 || boot.get(13) == 0) {
            throw new IOException("no FAT file system with sectors of 512 bytes");
        }
        int perCluster = boot.get(13) & 0xFF;
        int reserved = boot.getShort(14) & 0xFFFF;
        int rootEntries = boot.getShort(17) & 0xFFFF;
        int shortFatSectors = boot.getShort(22) & 0xFFFF;
        fats = boot.get(16) & 0xFF;
        fatBytes = (shortFatSectors != 0 ? shortFatSectors : boot.getInt(36) & 0xFFFF_FFFFL) * 512;
        long sectors = boot.getShort(19) != 0 ? boot.getShort(19) & 0xFFFF : boot.getInt(32) & 0xFFFF_FFFFL;
        long rootAt = reserved * 512L + fats * fatBytes;
        clusterBytes = perCluster * 512;
        fatAt = reserved * 512L;
        dataAt = rootAt + (rootEntries * 32 + 511) / 512 * 512L;
        clusters = Math.min((sectors * 512 - dataAt) / clusterBytes, 0x0FFF_FFF5L);
        if (clusters < 1 || dataAt > image.size()) {
            throw new IOException("no FAT file system: " + sectors + " sectors, of which data begins at byte " + dataAt
                    + "; the image has " + image.size() + " bytes");
        }
        // The number of clusters decides, and nothing else (section 3.5 of the specification).
        bits = clusters < 4085 ? 12 : clusters < 65_525 ? 16 : 32;
        int extended = bits == 32 ? 64 : 36;
        volumeId = boot.getInt(extended + 3);
        byte[] labelBytes = new byte[11];
        boot.get(extended + 7, labelBytes);
        label = new String(labelBytes, US_ASCII).stripTrailing();
        if (bits == 32) {
            directory(boot.getInt(44) & 0x0FFF_FFFFL, "");
        } else {
            walk(read(rootAt, rootEntries * 32), List.of(), rootAt, "");
        }
    }

    /** A channel that nobody else moves. */
    private record ChannelContent(SeekableByteChannel channel, long size) implements Content {
        @Override
        public int read(long position, ByteBuffer target) throws IOException {
            return channel.position(position).read(target);
        }
    }

    public String label() {
        return label;
    }

    public int volumeId() {
        return volumeId;
    }

    /** True for FAT32, false for FAT12 and FAT16. */
    public boolean isFat32() {
        return bits == 32;
    }

    public FatImage.Kind kind() {
        return switch (bits) {
            case 12 -> FatImage.Kind.FAT12;
            case 16 -> FatImage.Kind.FAT16;
            default -> FatImage.Kind.FAT32;
        };
    }

    /** Everything, directories before what is in them. */
    public List<Entry> entries() {
        return found.values().stream().map(Located::entry).toList();
    }

    /** Everything as a tree; contents stay in the image. */
    public Tree tree() throws IOException {
        Tree tree = new Tree(Node.Attributes.directory(Instant.EPOCH));
        for (Located each : found.values()) {
            Entry entry = each.entry();
            tree.put(entry.path(), entry.directory()
                    ? new Node.Directory(Node.Attributes.directory(entry.modified()))
                    : new Node.File(Node.Attributes.file(entry.modified()), part(each)));
        }
        return tree;
    }

    /** Clusters that lie one behind the other are one part. */
    private Content part(Located file) throws IOException {
        long left = file.entry().bytes();
        List<Content> parts = new ArrayList<>();
        List<Long> chain = left == 0 ? List.of() : chain(file.cluster(), left);
        for (int i = 0; i < chain.size();) {
            int end = i + 1;
            while (end < chain.size() && chain.get(end) == chain.get(end - 1) + 1) {
                end++;
            }
            long bytes = Math.min(left, (long) (end - i) * clusterBytes);
            if (place(chain.get(i)) > image.size() - bytes) {
                throw new EOFException(file.entry().path() + " is damaged: it lies behind the end of the image");
            }
            parts.add(image.slice(place(chain.get(i)), bytes));
            left -= bytes;
            i = end;
        }
        if (left > 0) {
            throw new IOException(file.entry().path() + " is damaged: its clusters hold less than its size");
        }
        return Content.join(parts);
    }

    /**
     * The content of a file.
     *
     * @param path exactly as in {@link #entries()}
     */
    public byte[] content(String path) throws IOException {
        Located located = found.get(path);
        if (located == null || located.entry().directory()) {
            throw new FileNotFoundException(path + " is no file of this file system");
        }
        long bytes = located.entry().bytes();
        if (bytes > clusters * clusterBytes || bytes > Integer.MAX_VALUE - 64) {
            throw new IOException(path + " is damaged, or too large to be read into memory: " + bytes + " bytes");
        }
        List<Long> chain = bytes == 0 ? List.of() : chain(located.cluster(), bytes);
        if ((long) chain.size() * clusterBytes < bytes) {
            throw new IOException(path + " is damaged: its clusters hold less than its size");
        }
        return Arrays.copyOf(bytes(content(chain)), (int) bytes);
    }

    /**
     * What to write where so that a file has another content and nothing else changes: the rest of the file system
     * stays as it is, byte for byte.
     *
     * @return bytes by their place in the file system
     * @throws IOException where there is no such file, or no room for it
     */
    public Map<Long, byte[]> replacement(String path, byte[] content) throws IOException {
        Located located = found.get(path);
        if (located == null || located.entry().directory()) {
            throw new FileNotFoundException(path + " is no file of this file system");
        }
        List<Long> old = located.cluster() == 0 ? List.of() : chain(located.cluster(), Long.MAX_VALUE);
        int needed = (content.length + clusterBytes - 1) / clusterBytes;
        byte[] fat = bytes(read(fatAt, Math.toIntExact(fatBytes)));
        List<Long> now = new ArrayList<>(old.subList(0, Math.min(needed, old.size())));
        for (long free = 2; free < clusters + 2 && now.size() < needed; free++) {
            if (next(fat, free) == 0) {
                now.add(free);
            }
        }
        if (now.size() < needed) {
            throw new IOException(path + " does not fit: " + content.length + " bytes are wanted, "
                    + (long) now.size() * clusterBytes + " are free");
        }
        for (long cluster : old) {
            link(fat, cluster, 0);
        }
        Map<Long, byte[]> writes = new LinkedHashMap<>();
        for (int i = 0; i < needed; i++) {
            link(fat, now.get(i), i + 1 < needed ? now.get(i + 1) : 0x0FFF_FFFF);
            int from = i * clusterBytes;
            writes.put(place(now.get(i)),
                    Arrays.copyOf(Arrays.copyOfRange(content, from, Math.min(content.length, from + clusterBytes)),
                            clusterBytes));
        }
        for (int i = 0; i < fats; i++) {
            writes.put(fatAt + i * fatBytes, fat);
        }
        ByteBuffer slot = read(located.slot(), 32);
        long first = needed == 0 ? 0 : now.getFirst();
        slot.putShort(26, (short) first).putInt(28, content.length);
        if (bits == 32) {
            slot.putShort(20, (short) (first >> 16));
            // how many clusters are free: unknown, which everybody counts anew (5)
            long information = (read(48, 2).getShort(0) & 0xFFFFL) * 512;
            if (information > 0 && information < fatAt) {
                writes.put(information + 488, new byte[]{-1, -1, -1, -1});
            }
        }
        writes.put(located.slot(), bytes(slot));
        return writes;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.capacity()];
        buffer.get(0, bytes);
        return bytes;
    }

    private void directory(long start, String prefix) throws IOException {
        List<Long> chain = chain(start, DIRECTORY_LIMIT + 1L);
        for (long cluster : chain) {
            if (directoryClusters.get((int) cluster)) {
                throw new IOException("the directory '" + prefix + "' is damaged: back to cluster " + cluster);
            }
            directoryClusters.set((int) cluster);
        }
        if ((long) chain.size() * clusterBytes > DIRECTORY_LIMIT + clusterBytes) {
            throw new IOException("the directory '" + prefix + "' is damaged: more than 65536 entries");
        }
        walk(content(chain), chain, 0, prefix);
    }

    /**
     * @param chain of the directory's clusters; empty for a root that has none
     * @param start where a root without clusters is
     */
    private void walk(ByteBuffer directory, List<Long> chain, long start, String prefix) throws IOException {
        char[] longName = new char[260];
        int longLength = 0;
        for (int at = 0; at + 32 <= directory.capacity() && directory.get(at) != 0; at += 32) {
            int attributes = directory.get(at + 11) & 0xFF;
            int first = directory.get(at) & 0xFF;
            if (first == 0xE5) {
                longLength = 0;
            } else if ((attributes & 0x3F) == FatImage.LONG_NAME) {
                longLength = longPiece(directory, at, first, longName, longLength);
            } else {
                if ((attributes & FatImage.VOLUME_LABEL) == 0 && first != '.') {
                    String name = longLength > 0 ? new String(longName, 0, longLength) : shortName(directory, at);
                    long slot = chain.isEmpty() ? start + at : place(chain.get(at / clusterBytes)) + at % clusterBytes;
                    enter(directory, at, slot, checked(name, slot), prefix,
                            (attributes & FatImage.DIRECTORY) != 0);
                }
                longLength = 0;
            }
        }
    }

    private static String checked(String name, long slot) throws IOException {
        if (name.isEmpty() || name.equals("..") || name.indexOf('/') >= 0 || name.indexOf('\0') >= 0) {
            throw new IOException("the entry at byte " + slot + " has a name that would leave its directory: '"
                    + name.replace('\0', '?') + "'");
        }
        return name;
    }

    private static int longPiece(ByteBuffer directory, int at, int first, char[] name, int length) throws IOException {
        int number = first & 0x3F;
        if (number < 1 || number > 20) {
            throw new IOException("a long name of " + number + " pieces");
        }
        int end = length;
        for (int i = 12; i >= 0; i--) {
            int offset = i < 5 ? 1 + 2 * i : i < 11 ? 14 + 2 * (i - 5) : 28 + 2 * (i - 11);
            char unit = directory.getChar(at + offset);
            name[(number - 1) * 13 + i] = unit;
            if ((first & 0x40) != 0 && unit != 0 && unit != 0xFFFF && end == length) {
                end = (number - 1) * 13 + i + 1;
            }
        }
        return end;
    }

    private static String shortName(ByteBuffer directory, int at) {
        byte[] bytes = new byte[11];
        directory.get(at, bytes);
        String base = new String(bytes, 0, 8, US_ASCII).stripTrailing();
        String extension = new String(bytes, 8, 3, US_ASCII).stripTrailing();
        // Windows NT's bits for names in lower case, which Linux and mtools set, too
        base = (directory.get(at + 12) & 0x08) != 0 ? base.toLowerCase(Locale.ROOT) : base;
        extension = (directory.get(at + 12) & 0x10) != 0 ? extension.toLowerCase(Locale.ROOT) : extension;
        return extension.isEmpty() ? base : base + "." + extension;
    }

    private void enter(ByteBuffer directory, int at, long slot, String name, String prefix, boolean isDirectory)
            throws IOException {
        String path = prefix + name;
        if (path.length() > 1 << 16) {
            throw new IOException("a path of " + path.length() + " characters: at most 65536");
        }
        long cluster = (bits == 32 ? (directory.getShort(at + 20) & 0x0FFFL) << 16 : 0)
                | (directory.getShort(at + 26) & 0xFFFFL);
        long bytes = directory.getInt(at + 28) & 0xFFFF_FFFFL;
        Instant modified = time(directory.getShort(at + 24) & 0xFFFF, directory.getShort(at + 22) & 0xFFFF);
        if (found.put(path, new Located(new Entry(path, isDirectory, bytes, modified), cluster, slot)) != null) {
            throw new IOException("two entries are called " + path);
        }
        if (isDirectory) {
            directory(cluster, path + "/");
        }
    }

    /** Programs that do not care write zeros, which are no date: the first day that there is. */
    private static Instant time(int date, int time) {
        try {
            return LocalDateTime.of(1980 + (date >> 9), (date >> 5) & 15, date & 31, time >> 11, (time >> 5) & 63,
                    (time & 31) * 2).toInstant(ZoneOffset.UTC);
        } catch (DateTimeException e) {
            return Instant.parse("1980-01-01T00:00:00Z");
        }
    }

    /** The clusters that follow each other from this one, until there are {@code wanted} bytes or the chain ends. */
    private List<Long> chain(long start, long wanted) throws IOException {
        List<Long> chain = new ArrayList<>();
        long cluster = start;
        while (cluster < end() && (long) chain.size() * clusterBytes < wanted) {
            if (cluster < 2 || cluster >= clusters + 2 || chain.size() > clusters) {
                throw new IOException("a chain of clusters from " + start + " is damaged at " + cluster);
            }
            chain.add(cluster);
            long bit = cluster * bits;
            ByteBuffer entry = read(fatAt + bit / 8, bits == 32 ? 4 : 2);
            cluster = bits == 32
                    ? entry.getInt(0) & 0x0FFF_FFFFL
                    : ((entry.getShort(0) & 0xFFFF) >> (bit % 8)) & ((1 << bits) - 1);
        }
        return chain;
    }

    /** Clusters from this number on end a chain. */
    private long end() {
        return bits == 32 ? 0x0FFF_FFF8L : (1L << bits) - 8;
    }

    private long next(byte[] fat, long cluster) {
        long bit = cluster * bits;
        int at = (int) (bit / 8);
        if (at + (bits == 32 ? 4 : 2) > fat.length) {
            return -1;
        }
        ByteBuffer table = ByteBuffer.wrap(fat).order(ByteOrder.LITTLE_ENDIAN);
        return bits == 32
                ? table.getInt(at) & 0x0FFF_FFFFL
                : ((table.getShort(at) & 0xFFFF) >> (bit % 8)) & ((1 << bits) - 1);
    }

    private void link(byte[] fat, long cluster, long next) {
        long bit = cluster * bits;
        int at = (int) (bit / 8);
        ByteBuffer table = ByteBuffer.wrap(fat).order(ByteOrder.LITTLE_ENDIAN);
        if (bits == 32) {
            table.putInt(at, (table.getInt(at) & 0xF000_0000) | ((int) next & 0x0FFF_FFFF));
        } else {
            int shift = (int) (bit % 8);
            int mask = ((1 << bits) - 1) << shift;
            table.putShort(at, (short) ((table.getShort(at) & ~mask) | (((int) next << shift) & mask)));
        }
    }

    private long place(long cluster) {
        return dataAt + (cluster - 2) * clusterBytes;
    }

    private ByteBuffer content(List<Long> chain) throws IOException {
        long bytes = (long) chain.size() * clusterBytes;
        if (bytes > image.size()) {
            throw new IOException("a chain of " + bytes + " bytes in an image of " + image.size());
        }
        ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
        for (long each : chain) {
            all.put(read(place(each), clusterBytes));
        }
        return all;
    }

    private ByteBuffer read(long position, int length) throws IOException {
        if (position > image.size() - length) {
            throw new EOFException("the image ends at byte " + image.size() + "; a read of " + length + " bytes at "
                    + position + " was needed");
        }
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        image.readFully(position, buffer);
        return buffer.flip();
    }
}

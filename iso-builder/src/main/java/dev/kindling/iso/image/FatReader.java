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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a FAT12, FAT16 or FAT32 file system, whoever made it. Deleted entries are passed over. */
public final class FatReader {
    /**
     * A file or a directory.
     *
     * @param path with slashes, without one in front
     * @param bytes 0 for a directory
     * @param modified taken as UTC
     */
    public record Entry(String path, boolean directory, long bytes, Instant modified) {}

    private record Located(Entry entry, int cluster) {}

    private final SeekableByteChannel image;
    private final FatImage.Kind kind;
    private final int clusterBytes;
    private final long fatAt;
    private final long dataAt;
    private final long clusters;
    private final int volumeId;
    private final String label;
    private final Map<String, Located> found = new LinkedHashMap<>();

    /**
     * Reads the whole tree of names.
     *
     * @param image the file system, from its first byte; stays open
     * @throws IOException where it is no FAT file system, or damaged
     */
    public FatReader(SeekableByteChannel image) throws IOException {
        this.image = image;
        ByteBuffer boot = read(0, 512);
        if (boot.getShort(510) != (short) 0xAA55 || boot.getShort(11) != 512 || boot.get(13) == 0) {
            throw new IOException("no FAT file system with sectors of 512 bytes");
        }
        int perCluster = boot.get(13) & 0xFF;
        int reserved = boot.getShort(14) & 0xFFFF;
        int rootEntries = boot.getShort(17) & 0xFFFF;
        int fat16Sectors = boot.getShort(22) & 0xFFFF;
        long fatSectors = fat16Sectors != 0 ? fat16Sectors : boot.getInt(36) & 0xFFFF_FFFFL;
        long sectors = boot.getShort(19) != 0 ? boot.getShort(19) & 0xFFFF : boot.getInt(32) & 0xFFFF_FFFFL;
        long rootAt = (reserved + boot.get(16) * fatSectors) * 512;
        clusterBytes = perCluster * 512;
        fatAt = reserved * 512L;
        dataAt = rootAt + (rootEntries * 32 + 511) / 512 * 512L;
        clusters = (sectors * 512 - dataAt) / clusterBytes;
        // The number of clusters decides, and nothing else (section 3.5 of the specification).
        kind = clusters < 4085
                ? FatImage.Kind.FAT12
                : clusters < 65_525 ? FatImage.Kind.FAT16 : FatImage.Kind.FAT32;
        boolean fat32 = isFat32();
        int extended = fat32 ? 64 : 36;
        volumeId = boot.getInt(extended + 3);
        byte[] labelBytes = new byte[11];
        boot.get(extended + 7, labelBytes);
        label = new String(labelBytes, US_ASCII).stripTrailing();
        ByteBuffer root = fat32 ? chain(boot.getInt(44), Long.MAX_VALUE) : read(rootAt, rootEntries * 32);
        walk(root, "");
    }

    public String label() {
        return label;
    }

    public int volumeId() {
        return volumeId;
    }

    public FatImage.Kind kind() {
        return kind;
    }

    /** True for FAT32, false for FAT12 and FAT16. */
    public boolean isFat32() {
        return kind == FatImage.Kind.FAT32;
    }

    /** Everything, directories before what is in them. */
    public List<Entry> entries() {
        return found.values().stream().map(Located::entry).toList();
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
        byte[] content = new byte[(int) located.entry().bytes()];
        if (content.length > 0) {
            ByteBuffer chain = chain(located.cluster(), located.entry().bytes());
            if (chain.capacity() < content.length) {
                throw new IOException(path + " is damaged: its clusters hold less than its size");
            }
            chain.get(0, content);
        }
        return content;
    }

    private void walk(ByteBuffer directory, String prefix) throws IOException {
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
                    enter(directory, at, prefix + name, (attributes & FatImage.DIRECTORY) != 0);
                }
                longLength = 0;
            }
        }
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
        return extension.isEmpty() ? base : base + "." + extension;
    }

    private void enter(ByteBuffer directory, int at, String path, boolean isDirectory) throws IOException {
        int cluster = (isFat32() ? directory.getShort(at + 20) << 16 : 0) | (directory.getShort(at + 26) & 0xFFFF);
        long bytes = directory.getInt(at + 28) & 0xFFFF_FFFFL;
        Instant modified = time(directory.getShort(at + 24) & 0xFFFF, directory.getShort(at + 22) & 0xFFFF, path);
        if (found.put(path, new Located(new Entry(path, isDirectory, bytes, modified), cluster)) != null) {
            throw new IOException("two entries are called " + path);
        }
        if (isDirectory) {
            walk(chain(cluster, Long.MAX_VALUE), path + "/");
        }
    }

    private static Instant time(int date, int time, String path) throws IOException {
        try {
            return LocalDateTime.of(1980 + (date >> 9), (date >> 5) & 15, date & 31, time >> 11, (time >> 5) & 63,
                    (time & 31) * 2).toInstant(ZoneOffset.UTC);
        } catch (DateTimeException e) {
            throw new IOException(path + " has an impossible time stamp", e);
        }
    }

    /** The clusters that follow each other from this one, until there are {@code wanted} bytes or the chain ends. */
    private ByteBuffer chain(int start, long wanted) throws IOException {
        List<Integer> chain = new ArrayList<>();
        long cluster = start & 0x0FFF_FFFFL;
        while (cluster < endMark() && (long) chain.size() * clusterBytes < wanted) {
            if (cluster < 2 || cluster >= clusters + 2 || chain.size() > clusters) {
                throw new IOException("a chain of clusters from " + start + " is damaged at " + cluster);
            }
            chain.add((int) cluster);
            cluster = next(cluster);
        }
        ByteBuffer all = ByteBuffer.allocate(Math.multiplyExact(chain.size(), clusterBytes))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (int each : chain) {
            all.put(read(dataAt + (each - 2L) * clusterBytes, clusterBytes));
        }
        return all;
    }

    /** The smallest entry that says that a chain ends. */
    private long endMark() {
        return switch (kind) {
            case FAT12 -> 0xFF8;
            case FAT16 -> 0xFFF8;
            case FAT32 -> 0x0FFF_FFF8;
        };
    }

    private long next(long cluster) throws IOException {
        return switch (kind) {
            case FAT12 -> {
                int both = read(fatAt + cluster + cluster / 2, 2).getShort(0) & 0xFFFF;
                yield cluster % 2 == 0 ? both & 0xFFF : both >> 4;
            }
            case FAT16 -> read(fatAt + 2 * cluster, 2).getShort(0) & 0xFFFFL;
            case FAT32 -> read(fatAt + 4 * cluster, 4).getInt(0) & 0x0FFF_FFFFL;
        };
    }

    private ByteBuffer read(long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        image.position(position);
        while (buffer.hasRemaining()) {
            if (image.read(buffer) < 0) {
                throw new EOFException("the image ends at byte " + image.position() + "; a read of " + length
                        + " bytes at " + position + " was needed");
            }
        }
        return buffer.flip();
    }
}

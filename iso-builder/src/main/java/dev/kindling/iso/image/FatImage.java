package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes a FAT12, FAT16 or FAT32 file system with everything that is to be in it ("Microsoft FAT Specification", 2005).
 * Files lie in one piece each, in the order in which they were added; the same calls give the same bytes.
 *
 * <p>
 * Whatever does not fit is refused with {@link IllegalArgumentException} naming the path: a bad name, two names that
 * differ in case only, a file above 4 GiB, more content than the image holds.
 */
public final class FatImage {
    /** Which FAT. The number of clusters decides how others read it, so each kind has its range of sizes. */
    public enum Kind {
        /** From 28 KiB to 254 MiB. */
        FAT12(12, 1, 512, 1, 4084),
        /** From 2.1 MiB to 2 GiB. */
        FAT16(16, 1, 512, 4085, 65_524),
        /** From 33 MiB. */
        FAT32(32, 32, 0, 65_525, 0x0FFF_FFF5);

        private final int entryBits;
        private final int reservedSectors;
        private final int rootEntries;
        private final int minClusters;
        private final int maxClusters;

        Kind(int entryBits, int reservedSectors, int rootEntries, int minClusters, int maxClusters) {
            this.entryBits = entryBits;
            this.reservedSectors = reservedSectors;
            this.rootEntries = rootEntries;
            this.minClusters = minClusters;
            this.maxClusters = maxClusters;
        }
    }

    /** The first time stamp that FAT can say. */
    public static final Instant EARLIEST = Instant.parse("1980-01-01T00:00:00Z");

    static final int SECTOR = 512;
    static final int ENTRY = 32;
    static final int DIRECTORY = 0x10;
    static final int VOLUME_LABEL = 0x08;
    static final int LONG_NAME = 0x0F;
    private static final int ARCHIVE = 0x20;
    /** Programs count clusters wrongly by a few, says the specification: stay away from the limits. */
    private static final int MARGIN = 16;
    private static final int FATS = 2;
    private static final long FILE_LIMIT = 0xFFFF_FFFFL;
    private static final int DIRECTORY_LIMIT = 65_536 * ENTRY;
    private static final int MEDIA = 0xF8;
    private static final String LABEL_EXTRA = " $%'-_@~`!(){}^#&";

    private final Kind kind;
    private final long sectors;
    private final String label;
    private final int volumeId;
    private final int date;
    private final int time;
    private final int sectorsPerCluster;
    private final int fatSectors;
    private final int clusters;
    private final Directory root = new Directory(null, "");
    /** Directories and files by path, upper case: FAT does not know the difference. */
    private final Map<String, Item> nodes = new LinkedHashMap<>();

    /**
     * An empty file system.
     *
     * @param bytes size of the image, a multiple of 512
     * @param label 1 to 11 characters of upper-case ASCII
     * @param volumeId what Linux shows as UUID: {@code 1234-ABCD}
     * @param timestamp of every entry, stored as UTC with a resolution of two seconds; 1980 to 2107
     */
    public FatImage(Kind kind, long bytes, String label, int volumeId, Instant timestamp) {
        this.kind = kind;
        this.label = checkedLabel(label);
        this.volumeId = volumeId;
        LocalDateTime utc = LocalDateTime.ofInstant(timestamp, ZoneOffset.UTC);
        if (utc.getYear() < 1980 || utc.getYear() > 2107) {
            throw new IllegalArgumentException("time stamp " + timestamp + ": FAT knows the years 1980 to 2107 only");
        }
        date = ((utc.getYear() - 1980) << 9) | (utc.getMonthValue() << 5) | utc.getDayOfMonth();
        time = (utc.getHour() << 11) | (utc.getMinute() << 5) | (utc.getSecond() / 2);
        if (bytes <= 0 || bytes % SECTOR != 0 || bytes / SECTOR > 0xFFFF_FFFFL) {
            throw new IllegalArgumentException(
                    "an image of " + bytes + " bytes: expected a multiple of 512 up to 2 TiB");
        }
        sectors = bytes / SECTOR;
        int perCluster = kind == Kind.FAT32 && bytes > 260L << 20 ? 8 : 1;
        Geometry geometry = Geometry.of(kind, sectors, perCluster);
        while (geometry.clusters() > kind.maxClusters - MARGIN && perCluster < 128) {
            perCluster *= 2;
            geometry = Geometry.of(kind, sectors, perCluster);
        }
        if (geometry.clusters() < kind.minClusters + MARGIN || geometry.clusters() > kind.maxClusters - MARGIN) {
            throw new IllegalArgumentException("an image of " + bytes + " bytes has " + geometry.clusters()
                    + " clusters; " + kind + " has " + (kind.minClusters + MARGIN) + " to "
                    + (kind.maxClusters - MARGIN));
        }
        sectorsPerCluster = perCluster;
        fatSectors = geometry.fatSectors();
        clusters = (int) geometry.clusters();
    }

    /** A kind and a size. */
    public record Layout(Kind kind, long bytes) {}

    /** What is large enough for a directory with all that is in it, with little to spare. */
    public static Layout layoutFor(Node.Directory content) {
        // Up to the size where FAT32 begins to be better no cluster is larger than this.
        long data = roomFor(content, 4096);
        long bytes = (data + data / 64 + (64 << 10) + 0xFFFF) & ~0xFFFFL;
        if (bytes < 2 << 20) {
            return new Layout(Kind.FAT12, bytes);
        }
        return bytes > 240 << 20 ? new Layout(Kind.FAT32, bytes) : new Layout(Kind.FAT16, Math.max(bytes, 5 << 19));
    }

    private static long roomFor(Node.Directory directory, long cluster) {
        // "." and ".."; a name of up to 255 characters takes 21 entries with the short one
        long entries = 2;
        long room = 0;
        for (Map.Entry<String, Node> child : directory.children().entrySet()) {
            entries += 2 + child.getKey().length() / 13;
            room += switch (child.getValue()) {
                case Node.Directory below -> roomFor(below, cluster);
                case Node.File file -> (file.content().size() + cluster - 1) / cluster * cluster;
                case Node.Symlink _,Node.Special _ -> 0;
            };
        }
        return room + (entries * ENTRY + cluster - 1) / cluster * cluster;
    }

    /** How the sectors are divided. */
    private record Geometry(int fatSectors, long clusters) {
        static Geometry of(Kind kind, long sectors, int perCluster) {
            long rest = sectors - kind.reservedSectors - kind.rootEntries * ENTRY / SECTOR;
            long fat = 0;
            long clusters = 0;
            for (long needed = 1; needed > fat;) {
                fat = needed;
                clusters = (rest - FATS * fat) / perCluster;
                needed = ((clusters + 2) * kind.entryBits + 8L * SECTOR - 1) / (8L * SECTOR);
            }
            return new Geometry((int) fat, clusters);
        }
    }

    private static String checkedLabel(String label) {
        boolean good = !label.isBlank() && label.length() <= 11 && label.chars().allMatch(
                c -> (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || LABEL_EXTRA.indexOf(c) >= 0);
        if (!good) {
            throw new IllegalArgumentException(
                    "label '" + label
                            + "': expected 1 to 11 characters of upper-case ASCII letters, digits or $%'-_@~");
        }
        return label + " ".repeat(11 - label.length());
    }

    private sealed interface Item {
        /** Bytes on the disk. */
        long size();

        String path();
    }

    private record Entry(FatName name, Item node) {}

    private static final class Directory implements Item {
        private final @Nullable Directory parent;
        private final String path;
        private final List<Entry> entries = new ArrayList<>();
        private final Set<String> shortNames = new HashSet<>();
        private int slots;

        private Directory(@Nullable Directory parent, String path) {
            this.parent = parent;
            this.path = path;
            // "." and ".." below the root, the label in the root
            this.slots = parent == null ? 1 : 2;
        }

        @Override
        public long size() {
            return (long) slots * ENTRY;
        }

        @Override
        public String path() {
            return path;
        }
    }

    private record FileNode(String path, long size, Content content) implements Item {}

    /** Adds a directory and those of its parents that are not there yet. */
    public FatImage directory(String path) {
        directoryAt(path);
        return this;
    }

    /** Adds a file, and the directories that lead to it. */
    public FatImage file(String path, byte[] content) {
        return file(path, Content.of(content));
    }

    /**
     * Adds a file whose content is copied when the image is written.
     *
     * @throws IOException where its size cannot be read
     */
    public FatImage file(String path, Path source) throws IOException {
        return file(path, Content.file(source));
    }

    /** Adds a file whose content is read when the image is. */
    public FatImage file(String path, Content content) {
        add(new FileNode(path, content.size(), content));
        return this;
    }

    private void add(FileNode file) {
        if (file.size() > FILE_LIMIT) {
            throw new IllegalArgumentException(
                    file.path() + " has " + file.size() + " bytes; FAT holds at most " + FILE_LIMIT);
        }
        int slash = file.path().lastIndexOf('/');
        Directory parent = slash < 0 ? root : directoryAt(file.path().substring(0, slash));
        enter(parent, file.path().substring(slash + 1), file);
    }

    private Directory directoryAt(String path) {
        Item known = nodes.get(key(path));
        if (known instanceof Directory directory) {
            if (!directory.path().equals(path)) {
                throw new IllegalArgumentException(
                        "'" + path + "' and '" + directory.path()
                                + "' differ in case only: FAT takes them for the same");
            }
            return directory;
        }
        int slash = path.lastIndexOf('/');
        Directory parent = slash < 0 ? root : directoryAt(path.substring(0, slash));
        Directory directory = new Directory(parent, path);
        enter(parent, path.substring(slash + 1), directory);
        return directory;
    }

    private void enter(Directory parent, String name, Item node) {
        Item known = nodes.get(key(node.path()));
        if (known != null) {
            throw new IllegalArgumentException(known.path().equals(node.path())
                    ? "'" + node.path() + "' is in the image already"
                    : "'" + node.path() + "' and '" + known.path()
                            + "' differ in case only: FAT takes them for the same");
        }
        FatName fatName = FatName.of(name, node.path(), parent.shortNames);
        int slots = parent.slots + fatName.slots();
        if (parent.parent == null && kind.rootEntries > 0 && slots > kind.rootEntries) {
            throw new IllegalArgumentException(
                    node.path() + ": the root directory of " + kind + " has room for " + kind.rootEntries + " entries");
        }
        if ((long) slots * ENTRY > DIRECTORY_LIMIT) {
            throw new IllegalArgumentException(node.path() + ": the directory is full");
        }
        parent.slots = slots;
        parent.entries.add(new Entry(fatName, node));
        nodes.put(key(node.path()), node);
    }

    private static String key(String path) {
        return path.toUpperCase(Locale.ROOT);
    }

    /** Bytes of the image. */
    public long size() {
        return sectors * SECTOR;
    }

    /** The image in memory; for small ones. */
    public byte[] toBytes() {
        try {
            return content().bytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes the image to a new file. */
    public void writeTo(Path file) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
            writeTo(out);
        }
    }

    /** Writes the image from its first byte to its last. The stream stays open. */
    public void writeTo(OutputStream out) throws IOException {
        content().transferTo(0, size(), Channels.newChannel(out));
    }

    /** The image as it is now. Files are read when it is. */
    public Content content() {
        Map<Item, Integer> firstClusters = new LinkedHashMap<>();
        byte[] fat = allocate(firstClusters);
        int used = firstClusters.keySet().stream().mapToInt(this::clustersOf).sum();
        List<Content> parts = new ArrayList<>();
        Content bootSector = Content.of(bootSector());
        parts.add(bootSector);
        if (kind == Kind.FAT32) {
            Content information = Content.of(fsInfo(clusters - used, used + 2));
            parts.addAll(List.of(information, Content.zeros(4L * SECTOR), bootSector, information,
                    Content.zeros((kind.reservedSectors - 8L) * SECTOR)));
        }
        for (int i = 0; i < FATS; i++) {
            parts.add(Content.of(fat));
        }
        if (kind.rootEntries > 0) {
            byte[] entries = entries(root, firstClusters);
            parts.add(Content.of(entries));
            parts.add(Content.zeros((long) kind.rootEntries * ENTRY - entries.length));
        }
        for (Item node : firstClusters.keySet()) {
            parts.add(switch (node) {
                case Directory directory -> Content.of(entries(directory, firstClusters));
                case FileNode file -> file.content();
            });
            parts.add(Content.zeros((long) clustersOf(node) * clusterBytes() - node.size()));
        }
        parts.add(Content.zeros(size() - parts.stream().mapToLong(Content::size).sum()));
        return Content.join(parts);
    }

    /** Gives each node its clusters, in the order of the nodes, and makes the allocation table of that. */
    private byte[] allocate(Map<Item, Integer> firstClusters) {
        ByteBuffer fat = ByteBuffer.allocate(fatSectors * SECTOR).order(ByteOrder.LITTLE_ENDIAN);
        int end = switch (kind) {
            case FAT12 -> 0xFFF;
            case FAT16 -> 0xFFFF;
            case FAT32 -> 0x0FFF_FFFF;
        };
        put(fat, 0, (end & ~0xFF) | MEDIA);
        put(fat, 1, end);
        long next = 2;
        List<Item> order = new ArrayList<>();
        if (kind == Kind.FAT32) {
            order.add(root);
        }
        order.addAll(nodes.values());
        for (Item node : order) {
            int count = clustersOf(node);
            if (next + count > clusters + 2L) {
                throw new IllegalArgumentException("'" + node.path() + "' does not fit: it needs " + node.size()
                        + " bytes, " + (clusters + 2L - next) * clusterBytes() + " are left of " + size());
            }
            // An empty file has no cluster, and says so with 0.
            if (count > 0) {
                firstClusters.put(node, (int) next);
                for (int i = 0; i < count; i++, next++) {
                    put(fat, (int) next, i + 1 < count ? (int) next + 1 : end);
                }
            }
        }
        return bytes(fat);
    }

    private void put(ByteBuffer fat, int cluster, int value) {
        switch (kind) {
            case FAT12 -> {
                // One and a half bytes each: the neighbour has the other half of the middle one.
                int at = cluster + cluster / 2;
                int other = fat.getShort(at);
                fat.putShort(at,
                        (short) (cluster % 2 == 0 ? (other & 0xF000) | value : (other & 0x000F) | (value << 4)));
            }
            case FAT16 -> fat.putShort(2 * cluster, (short) value);
            case FAT32 -> fat.putInt(4 * cluster, value);
        }
    }

    private int clusterBytes() {
        return sectorsPerCluster * SECTOR;
    }

    private int clustersOf(Item node) {
        return (int) ((node.size() + clusterBytes() - 1) / clusterBytes());
    }

    private byte[] entries(Directory directory, Map<Item, Integer> firstClusters) {
        ByteBuffer out = ByteBuffer.allocate(directory.slots * ENTRY).order(ByteOrder.LITTLE_ENDIAN);
        Directory parent = directory.parent;
        if (parent == null) {
            entry(out, label.getBytes(US_ASCII), VOLUME_LABEL, 0, 0);
        } else {
            entry(out, ".          ".getBytes(US_ASCII), DIRECTORY, firstClusters.getOrDefault(directory, 0), 0);
            // The root is 0 here even where it has a cluster of its own.
            int up = parent.parent == null ? 0 : firstClusters.getOrDefault(parent, 0);
            entry(out, "..         ".getBytes(US_ASCII), DIRECTORY, up, 0);
        }
        for (Entry each : directory.entries) {
            if (each.name().needsLong()) {
                longName(out, each.name());
            }
            int cluster = firstClusters.getOrDefault(each.node(), 0);
            switch (each.node()) {
                case Directory sub -> entry(out, each.name().shortName(), DIRECTORY, cluster, 0);
                case FileNode file -> entry(out, each.name().shortName(), ARCHIVE, cluster, file.size());
            }
        }
        return bytes(out);
    }

    private void entry(ByteBuffer out, byte[] shortName, int attributes, int cluster, long size) {
        out.put(shortName).put((byte) attributes).put((byte) 0).put((byte) 0);
        out.putShort((short) time).putShort((short) date).putShort((short) date);
        out.putShort((short) (cluster >>> 16)).putShort((short) time).putShort((short) date);
        out.putShort((short) cluster).putInt((int) size);
    }

    /** The last piece comes first; behind the name is one NUL, then all bits set. */
    private static void longName(ByteBuffer out, FatName name) {
        int pieces = name.slots() - 1;
        for (int piece = pieces; piece >= 1; piece--) {
            int at = out.position();
            out.put((byte) (piece == pieces ? piece | 0x40 : piece));
            for (int i = 0; i < 13; i++) {
                int index = (piece - 1) * 13 + i;
                int unit = index < name.name().length()
                        ? name.name().charAt(index)
                        : index == name.name().length()
                                ? 0
                                : 0xFFFF;
                // Three runs of 5, 6 and 2 characters, between the fields that older systems look at.
                int offset = i < 5 ? 1 + 2 * i : i < 11 ? 14 + 2 * (i - 5) : 28 + 2 * (i - 11);
                out.putShort(at + offset, (short) unit);
            }
            out.put(at + 11, (byte) LONG_NAME);
            out.put(at + 13, (byte) name.checksum());
            out.position(at + ENTRY);
        }
    }

    private byte[] bootSector() {
        boolean small = kind != Kind.FAT32;
        ByteBuffer out = ByteBuffer.allocate(SECTOR).order(ByteOrder.LITTLE_ENDIAN);
        out.put(new byte[]{(byte) 0xEB, (byte) (small ? 0x3C : 0x58), (byte) 0x90});
        // Some programs take a file system for FAT only when they know this name.
        out.put("MSWIN4.1".getBytes(US_ASCII));
        out.putShort((short) SECTOR).put((byte) sectorsPerCluster).putShort((short) kind.reservedSectors);
        out.put((byte) FATS).putShort((short) kind.rootEntries);
        out.putShort((short) (small && sectors < 65_536 ? sectors : 0)).put((byte) MEDIA);
        out.putShort((short) (small ? fatSectors : 0)).putShort((short) 63).putShort((short) 255).putInt(0);
        out.putInt((int) (small && sectors < 65_536 ? 0 : sectors));
        if (!small) {
            out.putInt(fatSectors).putShort((short) 0).putShort((short) 0).putInt(2);
            out.putShort((short) 1).putShort((short) 6).put(new byte[12]);
        }
        out.put((byte) 0x80).put((byte) 0).put((byte) 0x29).putInt(volumeId);
        out.put(label.getBytes(US_ASCII)).put((kind + "   ").getBytes(US_ASCII));
        // int 0x18: tells the BIOS that there is nothing to boot here
        out.put(new byte[]{(byte) 0xCD, 0x18});
        out.putShort(510, (short) 0xAA55);
        return bytes(out);
    }

    private static byte[] fsInfo(int free, int next) {
        ByteBuffer out = ByteBuffer.allocate(SECTOR).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0, 0x4161_5252).putInt(484, 0x6141_7272).putInt(488, free).putInt(492, next);
        out.putInt(508, 0xAA55_0000);
        return bytes(out);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.capacity()];
        buffer.get(0, bytes);
        return bytes;
    }
}

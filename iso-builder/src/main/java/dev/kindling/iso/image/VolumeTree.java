package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The directories and path tables of one volume (ECMA-119, sections 6.8, 6.9, 9): the primary one with Rock Ridge, or
 * the Joliet one. First everything is measured, then written: what lies where is known in between.
 */
final class VolumeTree {
    /** Bytes of one extent of a file: the most that a record can say, in whole sectors. */
    static final long EXTENT_LIMIT = 0xFFFF_F800L;
    /** Levels of directories that a primary volume may have, the root's included (6.8.2.1). */
    private static final int LEVELS = 8;
    private static final int RECORD = 33;
    private static final int RECORD_LIMIT = 255;
    /** Where a record has its date. */
    private static final int RECORD_TIME = 18;
    private static final byte[] NONE = new byte[0];
    private static final int NUMBER_LIMIT = 0xFFFF;
    private static final int DIRECTORY_FLAG = 0x02;
    private static final int MORE_EXTENTS_FLAG = 0x80;

    private final boolean joliet;
    /** In the order of the path table, numbered from 1. */
    private final List<Directory> directories = new ArrayList<>();
    private final Directory root;
    /** Takes in what is too deep; made when it is needed. */
    private @Nullable Directory shelter;
    private final NameMapper shelterNames;
    private final Identifiers identifiers;
    private int pathTableBytes;

    /**
     * How the names of a plain volume are made.
     *
     * @param kept identifiers, without version, of nodes that have had one
     * @param brief 8 and 3 characters only: interchange level 1
     */
    record Identifiers(Map<Node, String> kept, boolean brief) {
        /** All of them new. */
        static final Identifiers NEW = new Identifiers(Map.of(), false);
    }

    /** A directory of the volume. */
    private static final class Directory {
        private final String id;
        private final String name;
        private final Node.Directory node;
        /** Where it is in the volume. */
        private final Directory parent;
        /** Where it belongs; another one only for a relocated directory. */
        private final Directory home;
        private final int level;
        private final List<Child> children = new ArrayList<>();
        private int number;
        private int subdirectories;
        private long sector;
        private int bytes;
        private int areaSectors;

        private Directory(String id, String name, Node.Directory node, @Nullable Directory parent,
                @Nullable Directory home) {
            this.id = id;
            this.name = name;
            this.node = node;
            this.parent = parent == null ? this : parent;
            this.home = home == null ? this.parent : home;
            this.level = parent == null ? 1 : parent.level + 1;
        }

        private boolean relocated() {
            return parent != home;
        }
    }

    /**
     * A name in a directory.
     *
     * @param directory what it leads to, in the volume or through a relocation
     */
    private record Child(String id, String name, Node node, @Nullable Directory directory, boolean relocation) {
        private boolean isDirectory() {
            return directory != null && !relocation;
        }
    }

    VolumeTree(Node.Directory root, boolean joliet) {
        this(root, joliet, Identifiers.NEW);
    }

    VolumeTree(Node.Directory root, boolean joliet, Identifiers identifiers) {
        this.joliet = joliet;
        this.identifiers = identifiers;
        shelterNames = new NameMapper(false, identifiers.brief);
        this.root = new Directory("\0", "", root, null, null);
        fill(this.root);
        sort(this.root);
        number();
        directories.forEach(this::measure);
    }

    private void fill(Directory directory) {
        NameMapper names = new NameMapper(joliet, identifiers.brief);
        @SuppressWarnings("IdentityHashMapUsage") // nodes are who they are
        Map<Node, String> kept = new IdentityHashMap<>();
        if (!identifiers.kept.isEmpty()) {
            for (Node node : directory.node.children.values()) {
                String id = identifiers.kept.get(node);
                if (id != null && names.keep(id)) {
                    kept.put(node, id);
                }
            }
        }
        for (Map.Entry<String, Node> entry : directory.node.children.entrySet()) {
            String name = entry.getKey();
            switch (entry.getValue()) {
                case Node.Directory node -> enter(directory, names, name, node, kept.get(node));
                case Node.File file -> directory.children
                        .add(new Child(id(names, kept.get(file), name), name, file, null, false));
                case Node.Symlink _,Node.Special _ -> {
                    // Joliet has files and directories only.
                    if (!joliet) {
                        directory.children.add(new Child(id(names, kept.get(entry.getValue()), name), name,
                                entry.getValue(), null, false));
                    }
                }
            }
        }
        if (directory == root && shelter != null) {
            root.subdirectories++;
            directory.children.add(new Child(names.directory("RR_MOVED"), shelter.name, shelter.node, shelter, false));
        }
    }

    private static String id(NameMapper names, @Nullable String kept, String name) {
        return kept == null ? names.file(name) : kept;
    }

    private void enter(Directory directory, NameMapper names, String name, Node.Directory node,
            @Nullable String kept) {
        directory.subdirectories++;
        if (joliet || directory.level < LEVELS) {
            String id = kept == null ? names.directory(name) : kept;
            Directory below = new Directory(id, name, node, directory, null);
            directory.children.add(new Child(id, name, node, below, false));
            fill(below);
            return;
        }
        Directory place = shelter();
        String id = shelterNames.directory(name);
        Directory below = new Directory(id, name, node, place, directory);
        place.subdirectories++;
        place.children.add(new Child(id, name, node, below, false));
        directory.children.add(new Child(id(names, kept, name), name, node, below, true));
        fill(below);
    }

    private Directory shelter() {
        if (shelter == null) {
            String name = "rr_moved";
            for (int i = 1; root.node.children.containsKey(name); i++) {
                name = "rr_moved_" + i;
            }
            shelter = new Directory("RR_MOVED", name, new Node.Directory(root.node.attributes()), root, null);
        }
        return shelter;
    }

    /** 9.3: by identifier; shorter before longer, as it is filled with blanks. */
    private void sort(Directory directory) {
        directory.children.sort(Comparator.comparing(Child::id));
        for (Child child : directory.children) {
            if (child.directory != null && !child.relocation) {
                sort(child.directory);
            }
        }
    }

    /** 6.9.1: by level, then by the parent's number, then by identifier. */
    private void number() {
        directories.add(root);
        for (int i = 0; i < directories.size(); i++) {
            Directory directory = directories.get(i);
            directory.number = i + 1;
            pathTableBytes += 8 + (id(directory).length + 1) / 2 * 2;
            for (Child child : directory.children) {
                if (child.directory != null && !child.relocation) {
                    directories.add(child.directory);
                }
            }
        }
        if (directories.size() > NUMBER_LIMIT) {
            throw new IllegalArgumentException(directories.size() + " directories; ISO 9660 numbers them with 16 bits: "
                    + NUMBER_LIMIT + " at most. Pack some of them into an archive");
        }
    }

    private byte[] id(Directory directory) {
        return directory == root ? new byte[1] : directory.id.getBytes(joliet ? UTF_16BE : ISO_8859_1);
    }

    private byte[] id(Child child) {
        return (child.isDirectory() ? child.id : child.id + ";1").getBytes(joliet ? UTF_16BE : ISO_8859_1);
    }

    int pathTableBytes() {
        return pathTableBytes;
    }

    /** Sectors of all directories with their continuation areas. */
    long sectors() {
        return directories.stream().mapToLong(each -> each.bytes / IsoBytes.SECTOR + each.areaSectors).sum();
    }

    /** Gives every directory its place. */
    void place(long firstSector) {
        long next = firstSector;
        for (Directory directory : directories) {
            directory.sector = next;
            next += directory.bytes / IsoBytes.SECTOR + directory.areaSectors;
        }
    }

    /** 9.4, one table of the two that differ in the order of bytes. */
    byte[] pathTable(ByteOrder order) {
        ByteBuffer out = ByteBuffer.allocate((int) IsoBytes.sectors(pathTableBytes) * IsoBytes.SECTOR).order(order);
        for (Directory directory : directories) {
            byte[] id = id(directory);
            out.put((byte) id.length).put((byte) 0).putInt((int) directory.sector);
            out.putShort((short) directory.parent.number).put(id);
            if (id.length % 2 == 1) {
                out.put((byte) 0);
            }
        }
        return out.array();
    }

    /** The root's record, as it stands in the volume descriptor (8.4.18): without system use fields. */
    byte[] rootRecord() {
        ByteBuffer out = IsoBytes.buffer(RECORD + 1);
        record(out, new byte[1], new byte[0], root.sector, root.bytes, DIRECTORY_FLAG,
                root.node.attributes().modified());
        return IsoBytes.bytes(out);
    }

    private void measure(Directory directory) {
        SystemUse.Area area = new SystemUse.Area();
        ByteBuffer none = IsoBytes.buffer(0);
        directory.bytes = write(directory, none, area, _ -> 0);
        directory.areaSectors = area.sectors();
    }

    /**
     * All directories, from the sector on that was given to {@link #place}.
     *
     * @param sectorOf where a content begins
     */
    byte[] directories(ToLongFunction<Content> sectorOf) {
        ByteBuffer all = IsoBytes.buffer(Math.toIntExact(sectors() * IsoBytes.SECTOR));
        for (Directory directory : directories) {
            int at = (int) (directory.sector - root.sector) * IsoBytes.SECTOR;
            SystemUse.Area area = new SystemUse.Area(directory.sector + directory.bytes / IsoBytes.SECTOR,
                    all.slice(at + directory.bytes, directory.areaSectors * IsoBytes.SECTOR));
            write(directory, all.slice(at, directory.bytes).order(ByteOrder.LITTLE_ENDIAN), area, sectorOf);
        }
        return IsoBytes.bytes(all);
    }

    /** Writes a directory's records, or, into an empty buffer, measures them. */
    private int write(Directory directory, ByteBuffer out, SystemUse.Area area, ToLongFunction<Content> sectorOf) {
        Directory parent = directory.parent;
        int at = add(out, 0, new byte[1], self(directory), area, directory.sector, directory.bytes, DIRECTORY_FLAG,
                directory.node);
        at = add(out, at, new byte[]{1}, up(directory), area, parent.sector, parent.bytes, DIRECTORY_FLAG,
                directory.home.node);
        for (Child child : directory.children) {
            if (child.node instanceof Node.File file && file.content().size() <= EXTENT_LIMIT) {
                byte[] name = joliet ? NONE : child.name.getBytes(UTF_8);
                int head = head((child.id.length() + 2) * (joliet ? 2 : 1));
                int length = head + (joliet ? 0 : SystemUse.ofFile(name));
                if (length < RECORD_LIMIT) {
                    // Most names are those of files, and their records are written as they stand.
                    at = start(at, even(length));
                    if (out.capacity() > 0) {
                        file(out.position(at), child, file, sectorOf.applyAsLong(file.content()), even(length), name);
                    }
                    at += even(length);
                    continue;
                }
            }
            byte[] id = id(child);
            if (child.isDirectory() && child.directory != null) {
                at = add(out, at, id, fields(child), area, child.directory.sector, child.directory.bytes,
                        DIRECTORY_FLAG, child.node);
            } else if (child.node instanceof Node.File file) {
                long sector = sectorOf.applyAsLong(file.content());
                long left = file.content().size();
                while (left > EXTENT_LIMIT) {
                    at = add(out, at, id, fields(child), area, sector, EXTENT_LIMIT, MORE_EXTENTS_FLAG, file);
                    sector += EXTENT_LIMIT / IsoBytes.SECTOR;
                    left -= EXTENT_LIMIT;
                }
                at = add(out, at, id, fields(child), area, sector, left, 0, file);
            } else {
                at = add(out, at, id, fields(child), area, 0, 0, 0, child.node);
            }
        }
        return (int) IsoBytes.sectors(at) * IsoBytes.SECTOR;
    }

    private void file(ByteBuffer out, Child child, Node.File file, long sector, int length, byte[] name) {
        int at = out.position();
        int letters = child.id.length();
        int bytes = (letters + 2) * (joliet ? 2 : 1);
        start(out, length, sector, file.content().size(), 0, file.attributes().modified(), bytes);
        for (int i = 0; i < letters; i++) {
            letter(out, child.id.charAt(i));
        }
        letter(out, ';');
        letter(out, '1');
        if (!joliet) {
            out.position(at + head(bytes));
            SystemUse.ofFile(out, file.attributes(), head(bytes) - RECORD_TIME, name);
        }
    }

    private void letter(ByteBuffer out, char letter) {
        if (joliet) {
            out.put((byte) (letter >> 8));
        }
        out.put((byte) letter);
    }

    private SystemUse self(Directory directory) {
        SystemUse use = new SystemUse();
        if (joliet) {
            return use;
        }
        if (directory == root) {
            use.sp();
        }
        use.attributes(directory.node, 2 + directory.subdirectories);
        return directory == root ? use.er() : use;
    }

    private SystemUse up(Directory directory) {
        SystemUse use = new SystemUse();
        if (joliet) {
            return use;
        }
        use.attributes(directory.home.node, 2 + directory.home.subdirectories);
        return directory.relocated() ? use.parentAt(directory.home.sector) : use;
    }

    private SystemUse fields(Child child) {
        SystemUse use = new SystemUse();
        if (joliet) {
            return use;
        }
        use.attributes(child.node, child.directory == null ? 1 : 2 + child.directory.subdirectories);
        if (child.relocation && child.directory != null) {
            use.childAt(child.directory.sector);
        } else if (child.directory != null && child.directory.relocated()) {
            use.relocated();
        }
        switch (child.node) {
            case Node.Symlink link -> use.target(link.target());
            case Node.Special special -> {
                if (special.kind() == Node.Special.Kind.CHARACTER_DEVICE
                        || special.kind() == Node.Special.Kind.BLOCK_DEVICE) {
                    use.device(special);
                }
            }
            case Node.File _,Node.Directory _ -> {
                // nothing more to say
            }
        }
        return use.name(child.name);
    }

    /** Adds a record, in the next sector where this one has no room for it (6.8.1.1), and tells where it ends. */
    private int add(ByteBuffer out, int position, byte[] id, SystemUse use, SystemUse.Area area, long sector,
            long bytes, int flags, Node node) {
        int head = head(id.length);
        byte[] fields = use.encode(RECORD_LIMIT - 1 - head, area);
        int length = even(head + fields.length);
        int at = start(position, length);
        if (out.capacity() > 0) {
            record(out.position(at), id, fields, sector, bytes, flags, node.attributes().modified());
        }
        return at + length;
    }

    /** Where a record of that length has room. */
    private static int start(int position, int length) {
        int offset = position % IsoBytes.SECTOR;
        return offset + length > IsoBytes.SECTOR ? position + IsoBytes.SECTOR - offset : position;
    }

    /** Bytes in front of the system use fields. */
    private static int head(int id) {
        return even(RECORD + id);
    }

    private static int even(int length) {
        return (length + 1) / 2 * 2;
    }

    /** 9.1. */
    private static void record(ByteBuffer out, byte[] id, byte[] fields, long sector, long bytes, int flags,
            Instant modified) {
        start(out, even(head(id.length) + fields.length), sector, bytes, flags, modified, id.length);
        out.put(id);
        if (id.length % 2 == 0) {
            out.put((byte) 0);
        }
        out.put(fields);
    }

    /** What stands in front of a record's identifier. */
    private static void start(ByteBuffer out, int length, long sector, long bytes, int flags, Instant modified,
            int identifier) {
        out.put((byte) length).put((byte) 0);
        IsoBytes.both32(out, sector);
        IsoBytes.both32(out, bytes);
        IsoBytes.time(out, modified);
        out.put((byte) flags).put((byte) 0).put((byte) 0);
        IsoBytes.both16(out, 1);
        out.put((byte) identifier);
    }
}

package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The system use fields of one directory record: SUSP 1.12 and Rock Ridge (RRIP 1.10). Fields that do not fit into the
 * record go into a continuation area.
 */
final class SystemUse {
    /** Fields of this length point to the rest. */
    private static final int CE = 28;
    private static final int FIELD_LIMIT = 255;
    private static final int PX = 36;
    private static final int TF = 26;
    private static final int REGULAR = 0100000;
    private static final byte[] PX_START = {'P', 'X', PX, 1};
    private static final byte[] TF_START = {'T', 'F', TF, 1, 0x0E};
    private static final byte[] NM_START = {'N', 'M'};
    private static final String[][] EXTENSION = {{"RRIP_1991A",
            "THE ROCK RIDGE INTERCHANGE PROTOCOL PROVIDES SUPPORT FOR POSIX FILE SYSTEM SEMANTICS",
            "PLEASE CONTACT DISC PUBLISHER FOR SPECIFICATION SOURCE.  SEE PUBLISHER IDENTIFIER IN PRIMARY VOLUME "
                    + "DESCRIPTOR FOR CONTACT INFORMATION."}};

    private final List<byte[]> fields = new ArrayList<>(6);

    /** Continuation areas of a directory: each lies within one sector (SUSP 5.1). */
    static final class Area {
        private final long firstSector;
        private final ByteBuffer bytes;
        private int at;

        /** Measures only. */
        Area() {
            this(0, ByteBuffer.allocate(0));
        }

        Area(long firstSector, ByteBuffer bytes) {
            this.firstSector = firstSector;
            this.bytes = bytes;
        }

        /** Finds room and writes the field that points there. */
        private int reserve(int length, ByteBuffer pointer) {
            int offset = at % IsoBytes.SECTOR;
            if (offset + length > IsoBytes.SECTOR) {
                at += IsoBytes.SECTOR - offset;
            }
            int place = at;
            at += length;
            pointer.put(new byte[]{'C', 'E', CE, 1});
            IsoBytes.both32(pointer, firstSector + place / IsoBytes.SECTOR);
            IsoBytes.both32(pointer, place % IsoBytes.SECTOR);
            IsoBytes.both32(pointer, length);
            return place;
        }

        private void put(int place, byte[] content) {
            if (bytes.capacity() > 0) {
                bytes.put(place, content);
            }
        }

        int sectors() {
            return (int) IsoBytes.sectors(at);
        }
    }

    private static ByteBuffer field(String signature, int length) {
        ByteBuffer out = IsoBytes.buffer(length);
        return out.put(signature.getBytes(US_ASCII)).put((byte) length).put((byte) 1);
    }

    /** The mark of a volume with system use fields, first in the first record (SUSP 5.3). */
    SystemUse sp() {
        fields.add(new byte[]{'S', 'P', 7, 1, (byte) 0xBE, (byte) 0xEF, 0});
        return this;
    }

    /** Names the extension that the fields belong to (SUSP 5.5, RRIP 4.3). */
    SystemUse er() {
        for (String[] each : EXTENSION) {
            ByteBuffer out = field("ER", 8 + each[0].length() + each[1].length() + each[2].length());
            out.put((byte) each[0].length()).put((byte) each[1].length()).put((byte) each[2].length()).put((byte) 1);
            out.put((each[0] + each[1] + each[2]).getBytes(US_ASCII));
            fields.add(IsoBytes.bytes(out));
        }
        return this;
    }

    /** Mode, links, owner (RRIP 4.1.1), and the time of the last change (4.1.6). */
    SystemUse attributes(Node node, int links) {
        Node.Attributes attributes = node.attributes();
        ByteBuffer px = field("PX", PX);
        IsoBytes.both32(px, type(node) | attributes.permissions());
        IsoBytes.both32(px, links);
        IsoBytes.both32(px, attributes.uid());
        IsoBytes.both32(px, attributes.gid());
        fields.add(IsoBytes.bytes(px));
        // Modify, access, attributes: readers expect the three of them, and we know one.
        ByteBuffer tf = field("TF", TF).put((byte) 0x0E);
        IsoBytes.time(tf, attributes.modified());
        repeat(tf, 7);
        repeat(tf, 7);
        fields.add(IsoBytes.bytes(tf));
        return this;
    }

    /** The last bytes once more. */
    private static void repeat(ByteBuffer out, int length) {
        int at = out.position();
        out.put(at, out, at - length, length).position(at + length);
    }

    /** Bytes of the fields of a regular file, where all of them fit into its record. */
    static int ofFile(byte[] name) {
        return PX + TF + 5 * Math.ceilDiv(name.length, FIELD_LIMIT - 5) + name.length;
    }

    /**
     * The fields of a regular file of which all fit into its record, as {@link #encode} gives them: written in place,
     * because most records of a large image are such.
     *
     * @param time how many bytes in front of the fields the record has its date
     */
    static void ofFile(ByteBuffer out, Node.Attributes attributes, int time, byte[] name) {
        int record = out.position() - time;
        out.put(PX_START);
        IsoBytes.both32(out, REGULAR | attributes.permissions());
        IsoBytes.both32(out, 1);
        IsoBytes.both32(out, attributes.uid());
        IsoBytes.both32(out, attributes.gid());
        out.put(TF_START).put(out.position(), out, record, 7).position(out.position() + 7);
        repeat(out, 7);
        repeat(out, 7);
        out.put(NM_START).put((byte) (5 + name.length)).put((byte) 1).put((byte) 0).put(name);
    }

    private static int type(Node node) {
        return switch (node) {
            case Node.Directory _ -> 0040000;
            case Node.File _ -> REGULAR;
            case Node.Symlink _ -> 0120000;
            case Node.Special special -> switch (special.kind()) {
                case FIFO -> 0010000;
                case CHARACTER_DEVICE -> 0020000;
                case BLOCK_DEVICE -> 0060000;
                case SOCKET -> 0140000;
            };
        };
    }

    /** The real name (RRIP 4.1.4), in pieces where it is long. */
    SystemUse name(String name) {
        byte[] bytes = name.getBytes(UTF_8);
        int at = 0;
        do {
            int length = Math.min(bytes.length - at, FIELD_LIMIT - 5);
            boolean more = at + length < bytes.length;
            fields.add(IsoBytes.bytes(field("NM", 5 + length).put((byte) (more ? 1 : 0)).put(bytes, at, length)));
            at += length;
        } while (at < bytes.length);
        return this;
    }

    /**
     * Device numbers (RRIP 4.1.2). Linux takes the high word for the major number, unless it is 0: then both are in the
     * low word, which is how most programs write it and all read it.
     */
    SystemUse device(Node.Special special) {
        boolean small = special.minor() <= 0xFF;
        ByteBuffer pn = field("PN", 20);
        IsoBytes.both32(pn, small ? 0 : special.major());
        IsoBytes.both32(pn, small ? (special.major() << 8) | special.minor() : special.minor());
        fields.add(IsoBytes.bytes(pn));
        return this;
    }

    /** Where a relocated directory is now (RRIP 4.1.5.1). */
    SystemUse childAt(long sector) {
        return location("CL", sector);
    }

    /** Where a relocated directory's parent is (RRIP 4.1.5.2). */
    SystemUse parentAt(long sector) {
        return location("PL", sector);
    }

    private SystemUse location(String signature, long sector) {
        ByteBuffer out = field(signature, 12);
        IsoBytes.both32(out, sector);
        fields.add(IsoBytes.bytes(out));
        return this;
    }

    /** This is a relocated directory (RRIP 4.1.5.3). */
    SystemUse relocated() {
        fields.add(new byte[]{'R', 'E', 4, 1});
        return this;
    }

    /** A symbolic link's target, name by name (RRIP 4.1.3). */
    SystemUse target(String target) {
        ByteBuffer out = IsoBytes.buffer(FIELD_LIMIT);
        startLink(out);
        if (target.startsWith("/")) {
            out.put((byte) 0x08).put((byte) 0);
        }
        for (String name : target.split("/", -1)) {
            byte[] bytes = name.getBytes(UTF_8);
            int flags = name.equals(".") ? 0x02 : name.equals("..") ? 0x04 : 0;
            int at = 0;
            int end = flags == 0 ? bytes.length : 0;
            while (!name.isEmpty()) {
                if (out.remaining() < 2 + Math.min(end - at, 1)) {
                    endLink(out, true);
                    startLink(out);
                }
                int length = Math.min(end - at, out.remaining() - 2);
                boolean more = at + length < end;
                out.put((byte) (flags | (more ? 1 : 0))).put((byte) length).put(bytes, at, length);
                at += length;
                if (!more) {
                    break;
                }
            }
        }
        endLink(out, false);
        return this;
    }

    private static void startLink(ByteBuffer out) {
        out.clear().put(new byte[]{'S', 'L', 0, 1, 0});
    }

    private void endLink(ByteBuffer out, boolean more) {
        out.put(2, (byte) out.position()).put(4, (byte) (more ? 1 : 0));
        fields.add(Arrays.copyOf(IsoBytes.bytes(out), out.position()));
    }

    /**
     * The fields for a record.
     *
     * @param room bytes that the record has for them
     * @return at most so many, an even number where that fits
     */
    byte[] encode(int room, Area area) {
        int all = 0;
        for (byte[] each : fields) {
            all += each.length;
        }
        if (all <= room) {
            byte[] together = new byte[all];
            int at = 0;
            for (byte[] each : fields) {
                System.arraycopy(each, 0, together, at, each.length);
                at += each.length;
            }
            return together;
        }
        ByteBuffer record = IsoBytes.buffer(room);
        int used = fill(0, record, area);
        if (used < fields.size()) {
            throw new IllegalStateException("fields are left");
        }
        return Arrays.copyOf(IsoBytes.bytes(record), record.position());
    }

    /** Puts fields from an index on; those that do not fit go to the area, after which none are left. */
    private int fill(int from, ByteBuffer out, Area area) {
        int left = 0;
        for (int i = from; i < fields.size(); i++) {
            left += fields.get(i).length;
        }
        int index = from;
        while (index < fields.size()
                && (left <= out.remaining() || fields.get(index).length + CE <= out.remaining())) {
            left -= fields.get(index).length;
            out.put(fields.get(index++));
        }
        if (index == fields.size()) {
            return index;
        }
        int length = continued(index);
        int place = area.reserve(length, out);
        ByteBuffer more = IsoBytes.buffer(length);
        int end = fill(index, more, area);
        area.put(place, IsoBytes.bytes(more));
        return end;
    }

    /** Bytes of the next continuation area: all that is left, or as many fields as a sector holds. */
    private int continued(int from) {
        int all = 0;
        int fitting = 0;
        for (int i = from; i < fields.size(); i++) {
            all += fields.get(i).length;
            if (all + CE <= IsoBytes.SECTOR) {
                fitting = all;
            }
        }
        return all <= IsoBytes.SECTOR ? all : fitting + CE;
    }
}

package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.UTF_16LE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32;

/**
 * A GUID partition table (UEFI specification 2.10, chapter 5) for a disk with sectors of 512 bytes: 128 entries, a
 * backup at the end of the disk, and a protective master boot record that can hold a BIOS boot loader.
 *
 * @param disk identity of the disk
 * @param sectors size of the disk in units of 512 bytes
 * @param partitions at most 128, in the order of their entries; they do not overlap
 */
public record Gpt(UUID disk, long sectors, List<Partition> partitions) {
    /** Bytes of a sector. */
    public static final int SECTOR = 512;
    /** Sectors in front of the first one that a partition may use. */
    public static final int HEAD_SECTORS = 34;
    /** Sectors behind the last one that a partition may use. */
    public static final int TAIL_SECTORS = 33;
    /** Bytes of boot code in the first sector; behind them is the disk signature of a classic partition table. */
    public static final int BOOT_CODE = 440;

    public static final UUID EFI_SYSTEM = UUID.fromString("c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
    /** Where GRUB keeps its core image on a BIOS machine. */
    public static final UUID BIOS_BOOT = UUID.fromString("21686148-6449-6e6f-744e-656564454649");
    public static final UUID LINUX_DATA = UUID.fromString("0fc63daf-8483-4772-8e79-3d69d8477de4");
    public static final UUID BASIC_DATA = UUID.fromString("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7");

    private static final int ENTRIES = 128;
    private static final int ENTRY = 128;
    private static final int HEADER = 92;
    private static final long SIGNATURE = 0x5452_4150_2049_4645L; // "EFI PART"
    private static final int REVISION = 0x0001_0000;
    private static final int NAME_LIMIT = 36;
    private static final UUID UNUSED = new UUID(0, 0);

    /**
     * A partition.
     *
     * @param type one of the types above, or another
     * @param id unique
     * @param first its first sector
     * @param last its last sector
     * @param attributes bit 0: required by the platform, bit 2: legacy BIOS bootable
     * @param name at most 36 UTF-16 units
     */
    public record Partition(UUID type, UUID id, long first, long last, long attributes, String name) {
        public Partition {
            if (name.length() > NAME_LIMIT) {
                throw new IllegalArgumentException(
                        "partition '" + name + "': a name has at most " + NAME_LIMIT + " characters");
            }
            if (type.equals(UNUSED)) {
                throw new IllegalArgumentException("partition '" + name + "': the type of all zeros means unused");
            }
            if (first > last) {
                throw new IllegalArgumentException(
                        "partition '" + name + "' ends at sector " + last + ", before its start at " + first);
            }
        }

        public long sectors() {
            return last - first + 1;
        }
    }

    public Gpt {
        partitions = List.copyOf(partitions);
        if (sectors < HEAD_SECTORS + TAIL_SECTORS + 1) {
            throw new IllegalArgumentException("a disk of " + sectors + " sectors has no room for a partition table: "
                    + "at least " + (HEAD_SECTORS + TAIL_SECTORS + 1) + " sectors are needed");
        }
        if (partitions.size() > ENTRIES) {
            throw new IllegalArgumentException(
                    partitions.size() + " partitions; the table has " + ENTRIES + " entries");
        }
        for (int i = 0; i < partitions.size(); i++) {
            Partition one = partitions.get(i);
            if (one.first() < HEAD_SECTORS || one.last() > sectors - TAIL_SECTORS - 1) {
                throw new IllegalArgumentException("partition '" + one.name() + "' has the sectors " + one.first()
                        + " to " + one.last() + "; usable are " + HEAD_SECTORS + " to " + (sectors - TAIL_SECTORS - 1));
            }
            for (Partition other : partitions.subList(0, i)) {
                if (one.first() <= other.last() && other.first() <= one.last()) {
                    throw new IllegalArgumentException(
                            "partitions '" + other.name() + "' and '" + one.name() + "' overlap");
                }
                if (one.id().equals(other.id())) {
                    throw new IllegalArgumentException(
                            "partitions '" + other.name() + "' and '" + one.name() + "' have the same id");
                }
            }
        }
    }

    /** The last sector that a partition of such a disk may use. */
    public static long lastUsable(long sectors) {
        return sectors - TAIL_SECTORS - 1;
    }

    /**
     * The first 34 sectors: protective master boot record, header, entries.
     *
     * @param bootCode at most 440 bytes, run by a BIOS; empty: the disk does not boot on a BIOS
     */
    public byte[] head(byte[] bootCode) {
        if (bootCode.length > BOOT_CODE) {
            throw new IllegalArgumentException("boot code of " + bootCode.length + " bytes; at most " + BOOT_CODE);
        }
        byte[] entries = entries();
        ByteBuffer head = buffer(HEAD_SECTORS * SECTOR);
        head.put(0, bootCode);
        protectiveMbr(head);
        head.put(SECTOR, header(1, sectors - 1, 2, entries));
        head.put(2 * SECTOR, entries);
        return bytes(head);
    }

    /** The last 33 sectors: entries, header. */
    public byte[] tail() {
        byte[] entries = entries();
        ByteBuffer tail = buffer(TAIL_SECTORS * SECTOR);
        tail.put(0, entries);
        tail.put(entries.length, header(sectors - 1, 1, sectors - TAIL_SECTORS, entries));
        return bytes(tail);
    }

    /** One entry of type 0xEE over the whole disk (5.2.3), so that older programs leave it alone. */
    private void protectiveMbr(ByteBuffer head) {
        int entry = 446;
        // Not marked as active: the specification wants 0, and firmware that sees 0x80 may refuse to boot by UEFI.
        head.put(entry, (byte) 0);
        head.put(entry + 1, new byte[]{0x00, 0x02, 0x00});
        head.put(entry + 4, (byte) 0xEE);
        head.put(entry + 5, new byte[]{(byte) 0xFF, (byte) 0xFF, (byte) 0xFF});
        head.putInt(entry + 8, 1);
        head.putInt(entry + 12, (int) Math.min(sectors - 1, 0xFFFF_FFFFL));
        head.putShort(510, (short) 0xAA55);
    }

    private byte[] header(long self, long other, long entriesAt, byte[] entries) {
        ByteBuffer header = buffer(SECTOR);
        header.putLong(SIGNATURE).putInt(REVISION).putInt(HEADER).putInt(0).putInt(0);
        header.putLong(self).putLong(other).putLong(HEAD_SECTORS).putLong(lastUsable(sectors));
        putGuid(header, disk);
        header.putLong(entriesAt).putInt(ENTRIES).putInt(ENTRY).putInt(crc(entries, 0, entries.length));
        byte[] result = bytes(header);
        header.putInt(16, crc(result, 0, HEADER));
        return bytes(header);
    }

    private byte[] entries() {
        ByteBuffer entries = buffer(ENTRIES * ENTRY);
        for (int i = 0; i < partitions.size(); i++) {
            Partition partition = partitions.get(i);
            entries.position(i * ENTRY);
            putGuid(entries, partition.type());
            putGuid(entries, partition.id());
            entries.putLong(partition.first()).putLong(partition.last()).putLong(partition.attributes());
            entries.put(partition.name().getBytes(UTF_16LE));
        }
        return bytes(entries);
    }

    /**
     * Reads the table at the start of a disk, and checks both checksums. The backup is not looked at.
     *
     * @param head at least the first 34 sectors
     * @param sectors size of the disk in units of 512 bytes
     * @throws IOException where there is no valid table
     */
    public static Gpt read(byte[] head, long sectors) throws IOException {
        return read(head, SECTOR, 2 * SECTOR, 1, sectors);
    }

    /**
     * Reads the backup at the end of a disk.
     *
     * @param tail the last 33 sectors
     */
    public static Gpt readBackup(byte[] tail, long sectors) throws IOException {
        return read(tail, tail.length - SECTOR, tail.length - TAIL_SECTORS * SECTOR, sectors - 1, sectors);
    }

    private static Gpt read(byte[] bytes, int headerAt, int entriesAt, long self, long sectors) throws IOException {
        if (entriesAt < 0 || bytes.length < Math.max(headerAt + SECTOR, entriesAt + ENTRIES * ENTRY)) {
            throw new IOException(bytes.length + " bytes are not enough to hold a partition table");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (in.getLong(headerAt) != SIGNATURE) {
            throw new IOException("no GUID partition table: the signature 'EFI PART' is missing");
        }
        byte[] header = Arrays.copyOfRange(bytes, headerAt, headerAt + HEADER);
        Arrays.fill(header, 16, 20, (byte) 0);
        if (in.getInt(headerAt + 12) != HEADER || in.getInt(headerAt + 16) != crc(header, 0, HEADER)) {
            throw new IOException("the header of the partition table is damaged");
        }
        if (in.getLong(headerAt + 24) != self) {
            throw new IOException("the partition table says that it is at sector " + in.getLong(headerAt + 24)
                    + ", expected " + self);
        }
        if (in.getInt(headerAt + 80) != ENTRIES || in.getInt(headerAt + 84) != ENTRY) {
            throw new IOException("the partition table has " + in.getInt(headerAt + 80) + " entries of "
                    + in.getInt(headerAt + 84) + " bytes; only 128 of 128 are supported");
        }
        if (in.getInt(headerAt + 88) != crc(bytes, entriesAt, ENTRIES * ENTRY)) {
            throw new IOException("the entries of the partition table are damaged");
        }
        List<Partition> partitions = new ArrayList<>();
        for (int i = 0; i < ENTRIES; i++) {
            int at = entriesAt + i * ENTRY;
            if (!guid(in, at).equals(UNUSED)) {
                String name = new String(bytes, at + 56, 2 * NAME_LIMIT, UTF_16LE);
                int end = name.indexOf('\0');
                partitions.add(new Partition(guid(in, at), guid(in, at + 16), in.getLong(at + 32), in.getLong(at + 40),
                        in.getLong(at + 48), end < 0 ? name : name.substring(0, end)));
            }
        }
        try {
            return new Gpt(guid(in, headerAt + 56), sectors, partitions);
        } catch (IllegalArgumentException e) {
            throw new IOException("the partition table makes no sense: " + e.getMessage(), e);
        }
    }

    /** The first three fields are little-endian, the rest is in the order in which it is printed. */
    private static void putGuid(ByteBuffer out, UUID id) {
        long high = id.getMostSignificantBits();
        out.putInt((int) (high >>> 32)).putShort((short) (high >>> 16)).putShort((short) high);
        out.putLong(Long.reverseBytes(id.getLeastSignificantBits()));
    }

    /** A UUID of version 8 (RFC 9562): from a hash of our own. */
    static UUID id(byte[] identity, int number) {
        ByteBuffer in = ByteBuffer.wrap(identity);
        long high = in.getLong(0) + number;
        return new UUID((high & ~0xF000L) | 0x8000L,
                (in.getLong(8) & ~0xC000_0000_0000_0000L) | 0x8000_0000_0000_0000L);
    }

    static UUID guid(ByteBuffer in, int at) {
        long high = ((in.getInt(at) & 0xFFFF_FFFFL) << 32) | ((in.getShort(at + 4) & 0xFFFFL) << 16)
                | (in.getShort(at + 6) & 0xFFFFL);
        return new UUID(high, Long.reverseBytes(in.getLong(at + 8)));
    }

    private static int crc(byte[] bytes, int from, int length) {
        CRC32 crc = new CRC32();
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.capacity()];
        buffer.get(0, bytes);
        return bytes;
    }
}

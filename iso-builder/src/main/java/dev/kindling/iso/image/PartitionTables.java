package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.UTF_16LE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32;

/**
 * The partition tables that an image has when it lies on a USB stick. Hybrid images have several at once, whose
 * partitions overlap; all are shown as they are.
 *
 * @param mbr partitions of the master boot record, without the empty ones; empty list where there is no such record
 * @param bootCode the first sector holds code for a BIOS
 * @param bootImage what isohybrid's or GRUB's boot code loads: bytes from the start, 0 where there is none
 * @param gpt at the start
 * @param backup at the end
 * @param apple the number of entries of an Apple partition map
 */
public record PartitionTables(List<Mbr> mbr, boolean bootCode, long bootImage, Optional<GptHeader> gpt,
        Optional<GptHeader> backup, int apple) {
    static final int SECTOR = 512;
    private static final long GPT = 0x5452_4150_2049_4645L; // "EFI PART"
    private static final int ENTRIES = 1024;

    /**
     * A partition of the master boot record; places in sectors of 512 bytes.
     *
     * @param index 0 to 3
     */
    public record Mbr(int index, boolean active, int type, long first, long sectors) {}

    /**
     * A partition of a GUID partition table; places in sectors of 512 bytes.
     *
     * @param index of its entry
     * @param last the last sector of it
     */
    public record GptPartition(int index, UUID type, UUID id, long first, long last, String name) {}

    /**
     * A header with its entries.
     *
     * @param at in sectors
     * @param other where it says that the other header is
     * @param entriesAt in sectors
     * @param problems what is wrong with it; empty where it is valid
     */
    public record GptHeader(long at, long other, long firstUsable, long lastUsable, UUID disk, long entriesAt,
            int entryCount, int entrySize, List<GptPartition> partitions, List<String> problems) {
        public GptHeader {
            partitions = List.copyOf(partitions);
            problems = List.copyOf(problems);
        }
    }

    public PartitionTables {
        mbr = List.copyOf(mbr);
    }

    /** Reads the tables of an image, also of one that is no ISO 9660. */
    public static PartitionTables read(Content image) throws IOException {
        return read(new ImageBytes(image));
    }

    static PartitionTables read(ImageBytes image) throws IOException {
        List<Mbr> mbr = new ArrayList<>();
        boolean code = false;
        long bootImage = 0;
        if (image.size() < 2 * SECTOR) {
            return new PartitionTables(mbr, false, 0, Optional.empty(), Optional.empty(), 0);
        }
        ByteBuffer first = image.read(0, SECTOR, "the first sector");
        if (first.getShort(510) == (short) 0xAA55) {
            for (int i = 0; i < 4; i++) {
                int at = 446 + 16 * i;
                int type = first.get(at + 4) & 0xFF;
                long sectors = first.getInt(at + 12) & 0xFFFF_FFFFL;
                if (type != 0 && sectors != 0) {
                    mbr.add(new Mbr(i, first.get(at) == (byte) 0x80, type, first.getInt(at + 8) & 0xFFFF_FFFFL,
                            sectors));
                }
            }
            for (int i = 0; i < 432 && !code; i++) {
                code = first.get(i) != 0;
            }
            bootImage = code ? first.getLong(432) * SECTOR : 0;
        }
        Optional<GptHeader> gpt = header(image, 1);
        long lastSector = image.size() / SECTOR - 1;
        Optional<GptHeader> backup = header(image, lastSector);
        if (backup.isEmpty() && gpt.isPresent() && gpt.get().other() > 1 && gpt.get().other() < lastSector) {
            // behind it may be padding, which a strict firmware takes for a fault
            backup = header(image, gpt.get().other());
        }
        return new PartitionTables(mbr, code, bootImage, gpt, backup, apple(image));
    }

    private static int apple(ImageBytes image) throws IOException {
        for (int block : new int[]{512, 2048}) {
            if (image.holds(block, 16)) {
                ByteBuffer entry = image.read(block, 16, "an Apple partition map");
                int count = Integer.reverseBytes(entry.getInt(4));
                if (entry.getShort(0) == 0x4D50 && count > 0 && count < 64) {
                    return count;
                }
            }
        }
        return 0;
    }

    private static Optional<GptHeader> header(ImageBytes image, long sector) throws IOException {
        if (!image.holds(sector * SECTOR, SECTOR)) {
            return Optional.empty();
        }
        ByteBuffer in = image.read(sector * SECTOR, SECTOR, "a GUID partition table");
        if (in.getLong(0) != GPT) {
            return Optional.empty();
        }
        List<String> problems = new ArrayList<>();
        int size = in.getInt(12);
        if (size < 92 || size > SECTOR) {
            problems.add("a header of " + size + " bytes");
        } else {
            byte[] header = new byte[size];
            in.get(0, header);
            header[16] = header[17] = header[18] = header[19] = 0;
            check(problems, "the header's checksum", crc(header) & 0xFFFF_FFFFL, in.getInt(16) & 0xFFFF_FFFFL);
        }
        check(problems, "the header's own sector", sector, in.getLong(24));
        long other = in.getLong(32);
        long entriesAt = in.getLong(72);
        int count = in.getInt(80);
        int entrySize = in.getInt(84);
        long usable = image.size() / SECTOR;
        check(problems, "the sector of the other header", sector == 1 ? usable - 1 : 1, other);
        List<GptPartition> partitions = new ArrayList<>();
        if (count < 0 || count > ENTRIES || entrySize < 128 || entrySize > 4096 || entriesAt < 1 || entriesAt > usable
                || !image.holds(entriesAt * SECTOR, (long) count * entrySize)) {
            problems.add(count + " entries of " + entrySize + " bytes at sector " + entriesAt
                    + " are not within the image, or too many");
        } else {
            ByteBuffer entries = image.read(entriesAt * SECTOR, count * entrySize, "partition entries");
            check(problems, "the entries' checksum", crc(ImageBytes.bytes(entries)) & 0xFFFF_FFFFL,
                    in.getInt(88) & 0xFFFF_FFFFL);
            for (int i = 0; i < count; i++) {
                int at = i * entrySize;
                if (entries.getLong(at) != 0 || entries.getLong(at + 8) != 0) {
                    String name = new String(ImageBytes.bytes(entries.slice(at + 56, 72)), UTF_16LE);
                    int end = name.indexOf('\0');
                    partitions.add(new GptPartition(i, Gpt.guid(entries, at), Gpt.guid(entries, at + 16),
                            entries.getLong(at + 32), entries.getLong(at + 40),
                            end < 0 ? name : name.substring(0, end)));
                }
            }
            for (GptPartition each : partitions) {
                // isohybrid's own begins at sector 0, over the table itself
                if (each.first() < 0 || each.last() < each.first() || each.last() >= usable) {
                    problems.add("the partition '" + each.name() + "' has the sectors " + each.first() + " to "
                            + each.last() + " of " + usable);
                }
            }
        }
        return Optional.of(new GptHeader(sector, other, in.getLong(40), in.getLong(48), Gpt.guid(in, 56), entriesAt,
                count, entrySize, partitions, problems));
    }

    private static void check(List<String> problems, String what, long expected, long found) {
        if (expected != found) {
            problems.add(what + " is " + found + ", expected " + expected);
        }
    }

    static int crc(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}

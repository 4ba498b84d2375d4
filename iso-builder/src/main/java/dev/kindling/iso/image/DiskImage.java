package dev.kindling.iso.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * A disk image that does not exist as a file: a partition table and contents, each in a partition that begins at a
 * whole mebibyte. The same contents give the same bytes: identifiers come from a hash of names, types, sizes and the
 * first bytes of contents.
 */
public final class DiskImage {
    /** Which table leads to the partitions. */
    public enum Table {
        /** A GUID partition table with its backup, and a protective master boot record. */
        GPT,
        /** A classic master boot record: four partitions, 2 TiB. */
        MBR
    }

    /**
     * What goes into a partition.
     *
     * @param type of a GUID partition table
     * @param mbrType of a master boot record, 1 to 255
     * @param name at most 36 characters
     * @param content filled up with zeros to a whole mebibyte
     */
    public record Part(UUID type, int mbrType, String name, Content content) {
        /** A FAT file system for firmware. */
        public static Part efi(String name, Content content) {
            return new Part(Gpt.EFI_SYSTEM, 0xEF, name, content);
        }

        /** A file system of Linux. */
        public static Part linux(String name, Content content) {
            return new Part(Gpt.LINUX_DATA, 0x83, name, content);
        }

        /** A file system of Windows, or FAT for everybody. */
        public static Part data(String name, Content content) {
            return new Part(Gpt.BASIC_DATA, 0x0C, name, content);
        }

        /** Where GRUB keeps its second part on a BIOS machine with a GUID partition table. */
        public static Part biosBoot(Content content) {
            return new Part(Gpt.BIOS_BOOT, 0xDA, "BIOS boot", content);
        }
    }

    private static final long ALIGNMENT = 1 << 20;
    private static final int SECTOR = Gpt.SECTOR;
    private static final int IDENTITY_BYTES = 1 << 16;

    private DiskImage() {}

    /**
     * Puts a disk together.
     *
     * @param bytes of the whole disk, a multiple of 512; 0: as small as it can be
     * @param bootCode for the first sector, at most 440 bytes; empty for none
     * @throws IllegalArgumentException where the parts do not fit
     */
    public static Content of(Table table, List<Part> parts, long bytes, byte[] bootCode) throws IOException {
        if (parts.isEmpty() || bytes % SECTOR != 0) {
            throw new IllegalArgumentException(
                    "a disk of " + bytes + " bytes with " + parts.size() + " partitions: expected a multiple of 512, "
                            + "and at least one");
        }
        long needed = ALIGNMENT;
        List<Long> starts = new ArrayList<>();
        for (Part part : parts) {
            if (part.content().size() == 0) {
                throw new IllegalArgumentException("the partition '" + part.name() + "' is empty");
            }
            starts.add(needed);
            needed += room(part);
        }
        long end = needed;
        // the second table needs 33 sectors, and disks have whole mebibytes
        needed += table == Table.GPT ? ALIGNMENT : 0;
        long size = bytes == 0 ? needed : bytes;
        if (size < end + (table == Table.GPT ? (long) Gpt.TAIL_SECTORS * SECTOR : 0)) {
            throw new IllegalArgumentException("the partitions need a disk of " + needed + " bytes; it has " + size);
        }
        byte[] identity = identity(parts, size);
        byte[] head = new byte[(int) ALIGNMENT];
        byte[] tail = new byte[0];
        if (table == Table.GPT) {
            Gpt gpt = gpt(parts, starts, size, identity);
            byte[] start = gpt.head(bootCode);
            System.arraycopy(start, 0, head, 0, start.length);
            tail = gpt.tail();
        } else {
            masterBootRecord(head, parts, starts, bootCode);
        }
        System.arraycopy(identity, 16, head, Gpt.BOOT_CODE, 4);
        List<Content> all = new ArrayList<>(List.of(Content.of(head)));
        for (Part part : parts) {
            all.add(part.content());
            all.add(Content.zeros(room(part) - part.content().size()));
        }
        all.add(Content.zeros(size - end - tail.length));
        all.add(Content.of(tail));
        return Content.join(all);
    }

    private static long room(Part part) {
        return Math.multiplyExact(Math.ceilDiv(part.content().size(), ALIGNMENT), ALIGNMENT);
    }

    private static Gpt gpt(List<Part> parts, List<Long> starts, long size, byte[] identity) {
        List<Gpt.Partition> partitions = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            long first = starts.get(i) / SECTOR;
            partitions.add(new Gpt.Partition(parts.get(i).type(), Gpt.id(identity, i + 1), first,
                    first + room(parts.get(i)) / SECTOR - 1, 0, parts.get(i).name()));
        }
        return new Gpt(Gpt.id(identity, 0), size / SECTOR, partitions);
    }

    private static void masterBootRecord(byte[] head, List<Part> parts, List<Long> starts, byte[] bootCode) {
        if (parts.size() > 4 || bootCode.length > Gpt.BOOT_CODE) {
            throw new IllegalArgumentException(parts.size() + " partitions and boot code of " + bootCode.length
                    + " bytes: a master boot record has at most 4, and " + Gpt.BOOT_CODE);
        }
        System.arraycopy(bootCode, 0, head, 0, bootCode.length);
        ByteBuffer out = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < parts.size(); i++) {
            long first = starts.get(i) / SECTOR;
            long sectors = room(parts.get(i)) / SECTOR;
            if (first + sectors > 0xFFFF_FFFFL) {
                throw new IllegalArgumentException("the partition '" + parts.get(i).name()
                        + "' ends behind 2 TiB: a master boot record cannot say that");
            }
            out.position(446 + 16 * i);
            // the first one is active where there is code that looks for it
            out.put((byte) (i == 0 && bootCode.length > 0 ? 0x80 : 0)).put(new byte[]{(byte) 0xFE, -1, -1});
            out.put((byte) parts.get(i).mbrType()).put(new byte[]{(byte) 0xFE, -1, -1});
            out.putInt((int) first).putInt((int) sectors);
        }
        out.putShort(510, (short) 0xAA55);
    }

    private static byte[] identity(List<Part> parts, long size) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(Long.toString(size).getBytes(StandardCharsets.US_ASCII));
            for (Part part : parts) {
                digest.update((part.type() + " " + part.name() + " " + part.content().size())
                        .getBytes(StandardCharsets.UTF_8));
                digest.update(part.content().slice(0, Math.min(IDENTITY_BYTES, part.content().size())).bytes());
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}

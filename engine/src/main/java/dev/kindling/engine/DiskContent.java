package dev.kindling.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is on a disk, in a few words, for people who are about to erase it. Pure. */
final class DiskContent {
    /** How much of a disk and of its partitions has to be read: the signature of ZFS is behind its first 128 KiB. */
    static final int HEAD = 256 << 10;
    private static final int SECTOR = 512;
    /** Mark of a finished installation, and journal of one that is not (LBA 40 and 41). */
    private static final Pattern MARK = Pattern.compile("KINDLING1 order=([A-Za-z0-9._:+-]+) machine=([!-~]+)");
    private static final String JOURNAL = "KINDLING1 install=";

    private DiskContent() {}

    /**
     * @param head of the disk, at most {@link #HEAD} bytes; empty: it cannot be read
     * @param partitions heads of its partitions, in order
     */
    static String of(byte[] head, List<byte[]> partitions) {
        String parts = partitions.size() + (partitions.size() == 1 ? " partition" : " partitions");
        if (head.length == 0) {
            return partitions.isEmpty() ? "" : parts;
        }
        Matcher mark = MARK.matcher(text(head, 40 * SECTOR, SECTOR));
        if (mark.lookingAt()) {
            return "Kindling install " + mark.group(1) + " of " + mark.group(2);
        }
        if (text(head, 41 * SECTOR, SECTOR).startsWith(JOURNAL)) {
            return "a Kindling install that was cut off";
        }
        boolean gpt = text(head, SECTOR, 8).equals("EFI PART");
        if (gpt || !partitions.isEmpty()) {
            String kinds = String.join(", ", partitions.stream().map(DiskContent::kind).toList());
            return (gpt ? "GPT, " : "MBR, ") + parts + (kinds.isEmpty() ? "" : ": " + kinds);
        }
        return kind(head);
    }

    /** What a partition, or a disk without a table, holds. */
    private static String kind(byte[] head) {
        if (text(head, 0, 6).equals("LUKS\u00ba\u00be")) {
            return "LUKS";
        }
        if (text(head, SECTOR, 8).equals("LABELONE")) {
            return "LVM";
        }
        if (text(head, 4096, 4).equals("\u00fcN+\u00a9")) {
            return "RAID member";
        }
        if (text(head, 1080, 2).equals("S\u00ef")) {
            return "ext";
        }
        if (text(head, 0, 4).equals("XFSB")) {
            return "XFS";
        }
        if (text(head, 65_600, 8).equals("_BHRfS_M")) {
            return "Btrfs";
        }
        if (text(head, 4086, 10).equals("SWAPSPACE2")) {
            return "swap";
        }
        if (text(head, 32_769, 5).equals("CD001")) {
            return "ISO 9660";
        }
        if (text(head, 3, 8).equals("NTFS    ")) {
            return "NTFS";
        }
        if (text(head, 3, 8).equals("EXFAT   ")) {
            return "exFAT";
        }
        if (text(head, 82, 5).equals("FAT32") || text(head, 54, 4).equals("FAT1")) {
            return "FAT";
        }
        if (zfs(head)) {
            return "ZFS";
        }
        for (byte each : head) {
            if (each != 0) {
                return text(head, 510, 2).equals("U\u00aa") ? "boot sector" : "unknown data";
            }
        }
        return "empty";
    }

    /** The ring of uberblocks in the first label; one of them is in use (ZFS on-disk specification, 1.2.2). */
    private static boolean zfs(byte[] head) {
        for (int at = 128 << 10; at + 8 <= head.length; at += 1024) {
            String magic = text(head, at, 8);
            if (magic.equals("\f\u00b1\u00ba\0\0\0\0\0") || magic.equals("\0\0\0\0\0\u00ba\u00b1\f")) {
                return true;
            }
        }
        return false;
    }

    private static String text(byte[] bytes, int offset, int length) {
        return offset >= bytes.length
                ? ""
                : new String(bytes, offset, Math.min(length, bytes.length - offset), ISO_8859_1);
    }
}

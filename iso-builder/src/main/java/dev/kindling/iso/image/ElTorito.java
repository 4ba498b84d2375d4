package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** How a CD boots: "El Torito" Bootable CD-ROM Format Specification 1.0, and what boot loaders want to be told. */
final class ElTorito {
    static final int BIOS = 0x00;
    static final int UEFI = 0xEF;
    private static final int ENTRY = 32;
    private static final int BOOTABLE = 0x88;
    /** What a BIOS loads of a boot image without emulation: one sector of 2048 bytes; it loads the rest itself. */
    private static final int BIOS_LOAD = 4;

    private ElTorito() {}

    /**
     * An image to boot.
     *
     * @param platform one of the above
     * @param sector where it begins
     */
    record Entry(int platform, long sector, long bytes) {
        /** In units of 512 bytes. 0 where the field is too small: firmware takes the whole of it then. */
        private int loadCount() {
            if (platform == BIOS) {
                return BIOS_LOAD;
            }
            long count = (bytes + 511) / 512;
            return count > 0xFFFF ? 0 : (int) count;
        }
    }

    /** The descriptor that leads to the catalogue (figure 7). */
    static byte[] bootRecord(long catalogueSector) {
        ByteBuffer out = IsoBytes.buffer(IsoBytes.SECTOR);
        out.put((byte) 0).put("CD001".getBytes(US_ASCII)).put((byte) 1);
        out.put("EL TORITO SPECIFICATION".getBytes(US_ASCII));
        return IsoBytes.bytes(out.putInt(0x47, (int) catalogueSector));
    }

    /** The catalogue (figures 2 to 5): the first entry is the default one, each other one has a section. */
    static byte[] catalogue(List<Entry> entries) {
        ByteBuffer out = IsoBytes.buffer(IsoBytes.SECTOR);
        out.put((byte) 1).put((byte) entries.getFirst().platform()).putShort(30, (short) 0xAA55);
        int sum = 0;
        for (int at = 0; at < ENTRY; at += 2) {
            sum += out.getShort(at);
        }
        out.putShort(28, (short) -sum);
        entry(out, 1, entries.getFirst());
        for (int i = 1; i < entries.size(); i++) {
            int header = 2 * i;
            out.position(header * ENTRY);
            out.put((byte) (i + 1 < entries.size() ? 0x90 : 0x91)).put((byte) entries.get(i).platform());
            out.putShort((short) 1);
            entry(out, header + 1, entries.get(i));
        }
        return IsoBytes.bytes(out);
    }

    private static void entry(ByteBuffer out, int index, Entry entry) {
        out.position(index * ENTRY).put((byte) BOOTABLE).put((byte) 0).putShort((short) 0).put((byte) 0);
        out.put((byte) 0).putShort((short) entry.loadCount()).putInt((int) entry.sector());
    }

    /**
     * A BIOS boot image that knows where it lies: mkisofs' boot information table at byte 8, which isolinux and GRUB
     * read; and for GRUB also the place of its second part, in the block list at the end of its third sector.
     *
     * @throws IOException where it cannot be read
     */
    static Content informed(Content image, long sector) throws IOException {
        byte[] bytes = image.bytes();
        if (bytes.length < 64) {
            throw new IOException("a BIOS boot image of " + bytes.length + " bytes is too short to be one");
        }
        ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (isGrub(out)) {
            out.putLong(GRUB_BLOCK_LIST, sector * 4 + 5);
        }
        int sum = 0;
        for (int at = 64; at < bytes.length; at += 4) {
            int left = bytes.length - at;
            sum += left >= 4
                    ? out.getInt(at)
                    : (out.get(at) & 0xFF) | (left > 1 ? (out.get(at + 1) & 0xFF) << 8 : 0)
                            | (left > 2 ? (out.get(at + 2) & 0xFF) << 16 : 0);
        }
        out.putInt(8, VolumeDescriptors.FIRST).putInt(12, (int) sector).putInt(16, bytes.length).putInt(20, sum);
        out.put(24, new byte[40]);
        return Content.of(bytes);
    }

    private static final int GRUB_BLOCK_LIST = 2548;
    /** Where diskboot.img loads the rest of GRUB to: the segment at the end of its block list. */
    private static final short GRUB_SEGMENT = 0x0820;

    /** GRUB's image for CDs: cdboot.img (2048 bytes), then diskboot.img (512) with its block list, then the core. */
    private static boolean isGrub(ByteBuffer image) {
        return image.capacity() > 2560 && image.getShort(2558) == GRUB_SEGMENT;
    }
}

package dev.kindling.iso.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What firmware may boot from an optical disc ("El Torito" Bootable CD-ROM Format Specification 1.0, section 2).
 *
 * @param at of the catalogue, in bytes
 * @param checksumRight of the validation entry
 * @param entries in their order; the first is the default
 */
public record BootCatalogue(long at, boolean checksumRight, List<Entry> entries) {
    /** For BIOS machines. */
    public static final int PLATFORM_BIOS = 0;
    /** For UEFI machines (UEFI specification 2.10, 13.3.2.1). */
    public static final int PLATFORM_EFI = 0xEF;
    private static final int ENTRY = 32;
    /** 64 KiB of catalogue: more than firmware reads. */
    private static final int ENTRIES = 2048;

    /**
     * Something to boot.
     *
     * @param at of the entry, in bytes
     * @param platform {@link #PLATFORM_BIOS}, {@link #PLATFORM_EFI}, 1 PowerPC, 2 Mac
     * @param emulation 0 none, 1 to 3 a floppy disk, 4 a hard disk
     * @param loadSectors of 512 bytes
     * @param offset of the boot image, in bytes
     */
    public record Entry(long at, int platform, boolean bootable, int emulation, int loadSegment, int loadSectors,
            long offset) {}

    public BootCatalogue {
        entries = List.copyOf(entries);
    }

    static BootCatalogue read(ImageBytes image, long at) throws IOException {
        ByteBuffer validation = image.read(at, ENTRY, "the boot catalogue");
        if (validation.get(0) != 1 || validation.getShort(30) != (short) 0xAA55) {
            throw BadImageException.damaged("no boot catalogue", at, "a validation entry, 01 ... 55 AA");
        }
        int sum = 0;
        for (int i = 0; i < ENTRY; i += 2) {
            sum += validation.getShort(i);
        }
        List<Entry> entries = new ArrayList<>();
        int platform = validation.get(1) & 0xFF;
        int left = 1;
        boolean last = false;
        long place = at + ENTRY;
        for (int count = 0; left > 0 || !last; count++, place += ENTRY) {
            if (count > ENTRIES) {
                throw BadImageException.damaged("a boot catalogue without an end", place, "a last section");
            }
            if (!image.holds(place, ENTRY)) {
                break;
            }
            ByteBuffer entry = image.read(place, ENTRY, "the boot catalogue");
            int header = entry.get(0) & 0xFF;
            if (left > 0 && (header == 0x88 || header == 0)) {
                entries.add(new Entry(place, platform, header == 0x88, entry.get(1) & 0x0F,
                        entry.getShort(2) & 0xFFFF, entry.getShort(6) & 0xFFFF,
                        (entry.getInt(8) & 0xFFFF_FFFFL) * IsoVolume.BLOCK));
                left--;
            } else if (header == 0x90 || header == 0x91) {
                last = header == 0x91;
                platform = entry.get(1) & 0xFF;
                left = entry.getShort(2) & 0xFFFF;
            } else if (header != 0x44) {
                // 44: more of the entry before; anything else: nothing follows
                break;
            }
        }
        return new BootCatalogue(at, (sum & 0xFFFF) == 0, entries);
    }
}

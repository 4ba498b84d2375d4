package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * An ISO 9660 image (ECMA-119, interchange level 3) with Rock Ridge and Joliet, that boots as a CD by El Torito and as
 * a disk by a GUID partition table or a master boot record. The same input gives the same bytes: nothing comes from the
 * clock or from chance.
 *
 * <p>
 * From the first sector to the last: system area with the partition table (16 sectors of 2048 bytes), volume
 * descriptors, boot catalogue, path tables, directories, files, EFI image, appended contents, padding with the second
 * partition table.
 */
public final class IsoImage {
    /** Drives read ahead and fail at the end of a disc that was written in one go; mkisofs pads by as much. */
    private static final int PADDING = 150;
    /** From so many bytes on, a content begins at a block as most file systems have them. */
    private static final int WORTH_ALIGNING = 1 << 20;
    private static final int BLOCK = 4096;
    private static final int SYSTEM_AREA = 16 * IsoBytes.SECTOR;
    /** Sectors of a partition table in one of an image. */
    private static final int PER_SECTOR = IsoBytes.SECTOR / Gpt.SECTOR;
    /** Where boot code for hybrid disks is told its second part; in front of the disk's signature. */
    private static final int SECOND_STAGE = 432;
    private static final int MBR_CODE_LIMIT = 440;
    private static final long SECTOR_LIMIT = 0xFFFF_FFFFL;

    private final Tree tree;
    private final String label;
    private final Instant time;
    private @Nullable String biosPath;
    private @Nullable String efiPath;
    private @Nullable Content mbr;
    private List<Content> appended = List.of();

    private final List<Content> parts = new ArrayList<>();
    private final Map<Content, Long> places = new HashMap<>();
    /** The sector behind everything that has a place so far. */
    private long next;

    /**
     * An image that does not boot.
     *
     * @param label of the volume: 1 to 32 characters of ASCII; 16 of them are seen through Joliet
     * @param time of the volume
     */
    public IsoImage(Tree tree, String label, Instant time) {
        if (label.isBlank() || label.length() > 32 || !label.chars().allMatch(c -> c >= ' ' && c <= '~')) {
            throw new IllegalArgumentException(
                    "label '" + label + "': expected 1 to 32 characters of ASCII (best: A-Z, 0-9 and _)");
        }
        this.tree = tree;
        this.label = label;
        this.time = time;
    }

    /** Boots BIOS machines by a file of the tree: isolinux.bin, or GRUB's image for CDs. */
    public IsoImage bios(String path) {
        biosPath = path;
        return this;
    }

    /** Boots UEFI machines by a file of the tree: a FAT file system. It becomes an EFI system partition. */
    public IsoImage efi(String path) {
        efiPath = path;
        return this;
    }

    /** Boot code for the first sector of a disk: isohdpfx.bin of isolinux, boot_hybrid.img of GRUB, or another. */
    public IsoImage mbr(Content code) {
        mbr = code;
        return this;
    }

    /**
     * Contents behind the file system, each a partition. A FAT file system becomes an EFI system partition; where
     * {@link #efi} names none, UEFI machines boot the first of them from a CD, too.
     */
    public IsoImage append(List<Content> contents) {
        appended = List.copyOf(contents);
        return this;
    }

    /** Where a partition lies, in sectors of the image. */
    private record Region(long sector, Content content, boolean efi) {}

    /**
     * The image. Only boot images are read for that; files are read when the image is.
     *
     * @throws IllegalArgumentException where the image cannot be made of what was given
     * @throws IOException where a boot image cannot be read
     */
    public Content content() throws IOException {
        parts.clear();
        places.clear();
        Content bios = biosPath == null ? null : file(biosPath, "BIOS");
        Content efi = efiPath == null ? null : file(efiPath, "EFI");
        if (efi != null && !isFat(efi)) {
            throw new IllegalArgumentException(
                    "the EFI image " + efiPath + " holds no FAT file system; UEFI firmware reads nothing else");
        }
        CompletableFuture<VolumeTree> second = CompletableFuture.supplyAsync(() -> new VolumeTree(tree.root(), true));
        VolumeTree primary = new VolumeTree(tree.root(), false);
        VolumeTree joliet = joined(second);
        boolean boots = bios != null || efi != null || appended.stream().anyMatch(IsoImage::isFatQuietly);

        long catalogueAt = VolumeDescriptors.FIRST + (boots ? 4L : 3L);
        long tablesAt = catalogueAt + (boots ? 1 : 0);
        long primaryTable = IsoBytes.sectors(primary.pathTableBytes());
        long jolietTable = IsoBytes.sectors(joliet.pathTableBytes());
        long primaryAt = tablesAt + 2 * primaryTable + 2 * jolietTable;
        long jolietAt = primaryAt + primary.sectors();
        primary.place(primaryAt);
        joliet.place(jolietAt);
        next = jolietAt + joliet.sectors();
        placeFiles(bios, efi);

        List<Region> regions = new ArrayList<>();
        if (efi != null) {
            regions.add(new Region(place(efi, efi), efi, true));
        }
        for (Content each : appended) {
            regions.add(new Region(place(each, each), each, isFat(each)));
        }
        List<ElTorito.Entry> entries = new ArrayList<>();
        if (bios != null) {
            entries.add(new ElTorito.Entry(ElTorito.BIOS, sectorOf(bios), bios.size()));
        }
        regions.stream().filter(Region::efi).findFirst().ifPresent(region -> entries
                .add(new ElTorito.Entry(ElTorito.UEFI, region.sector(), region.content().size())));

        // The padding holds the second partition table at its end.
        long sectors = next + PADDING;
        if (sectors > SECTOR_LIMIT) {
            throw new IllegalArgumentException(
                    "an image of " + sectors + " sectors; ISO 9660 counts them with 32 bits: 8 TiB at most");
        }
        List<byte[]> head = new ArrayList<>();
        head.add(VolumeDescriptors.volume(false, label, sectors, primary, tablesAt, tablesAt + primaryTable, time));
        if (boots) {
            head.add(ElTorito.bootRecord(catalogueAt));
        }
        head.add(VolumeDescriptors.volume(true, label, sectors, joliet, tablesAt + 2 * primaryTable,
                tablesAt + 2 * primaryTable + jolietTable, time));
        head.add(VolumeDescriptors.terminator());
        if (boots) {
            head.add(ElTorito.catalogue(entries));
        }
        for (VolumeTree each : List.of(primary, joliet)) {
            head.add(each.pathTable(ByteOrder.LITTLE_ENDIAN));
            head.add(each.pathTable(ByteOrder.BIG_ENDIAN));
        }
        CompletableFuture<byte[]> others = CompletableFuture.supplyAsync(() -> joliet.directories(this::sectorOf));
        head.add(primary.directories(this::sectorOf));
        byte[] identity = identity(head);
        head.add(joined(others));

        List<Content> all = new ArrayList<>(head.size() + parts.size() + 2);
        byte[] systemArea = new byte[SYSTEM_AREA];
        byte[] tail = systemArea(systemArea, bios, regions, sectors, identity);
        all.add(Content.of(systemArea));
        head.forEach(each -> all.add(Content.of(each)));
        all.addAll(parts);
        all.add(Content.join(List.of(Content.zeros((long) PADDING * IsoBytes.SECTOR - tail.length),
                Content.of(tail))));
        return Joined.of(all, IsoBytes.SECTOR);
    }

    /** The two volumes of a large tree are the same work, done by two. */
    private static <T> T joined(CompletableFuture<T> work) {
        try {
            return work.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    private Content file(String path, String what) {
        return tree.get(path).map(node -> node instanceof Node.File file ? file.content() : null)
                .orElseThrow(() -> new IllegalArgumentException(
                        "the " + what + " boot image " + path + " is no regular file of the tree"));
    }

    private void placeFiles(@Nullable Content bios, @Nullable Content efi) throws IOException {
        if (bios != null) {
            place(bios, ElTorito.informed(bios, begin(bios)));
        }
        List<Content> files = new ArrayList<>();
        tree.each(node -> {
            if (node instanceof Node.File file && !file.content().equals(efi)) {
                files.add(file.content());
            }
        });
        files.forEach(content -> place(content, content));
    }

    /** Gives a content the next sectors, unless it has some. */
    private long place(Content key, Content content) {
        Long known = places.get(key);
        if (known != null) {
            return known;
        }
        long at = begin(content);
        places.put(key, at);
        next += IsoBytes.sectors(content.size());
        parts.add(content);
        return at;
    }

    /** The sector where a content that has no place yet will begin. */
    private long begin(Content content) {
        long gap = gap(next, content);
        if (gap > 0) {
            parts.add(Content.zeros(gap * IsoBytes.SECTOR));
            next += gap;
        }
        return next;
    }

    /** Sectors to leave out, so that a large content begins at a block of file systems and they can share it. */
    static long gap(long sector, Content content) {
        return content.size() < WORTH_ALIGNING ? 0 : -sector & (BLOCK / IsoBytes.SECTOR - 1);
    }

    private long sectorOf(Content content) {
        Long sector = places.get(content);
        // While sizes are measured nothing has a place yet.
        return sector == null ? 0 : sector;
    }

    /**
     * What identifiers are made of: everything about the image but the bytes of its files, and Joliet's copy of it. The
     * tables of a large image are megabytes, and a hash of two checksums of them is as good as one of all their bytes.
     */
    private byte[] identity(List<byte[]> head) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(label.getBytes(UTF_8));
            for (byte[] each : head) {
                CRC32 one = new CRC32();
                CRC32C other = new CRC32C();
                one.update(each);
                other.update(each);
                digest.update(
                        ByteBuffer.allocate(20).putInt(each.length).putLong(one.getValue()).putLong(other.getValue())
                                .array());
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /**
     * Boot code and partition table.
     *
     * @return the end of the image
     */
    private byte[] systemArea(byte[] area, @Nullable Content bios, List<Region> regions, long sectors,
            byte[] identity) throws IOException {
        byte[] tail = new byte[Gpt.TAIL_SECTORS * Gpt.SECTOR];
        byte[] code = mbr == null ? new byte[0] : bootCode(mbr, bios);
        if (!regions.isEmpty()) {
            List<Gpt.Partition> partitions = new ArrayList<>();
            for (Region region : regions) {
                long first = region.sector() * PER_SECTOR;
                long last = first + (region.content().size() + Gpt.SECTOR - 1) / Gpt.SECTOR - 1;
                int number = partitions.size() + 1;
                partitions.add(new Gpt.Partition(region.efi() ? Gpt.EFI_SYSTEM : Gpt.LINUX_DATA,
                        Gpt.id(identity, number), first, last, 0, region.efi() ? "EFI system" : "Appended " + number));
            }
            Gpt gpt = new Gpt(Gpt.id(identity, 0), sectors * PER_SECTOR, partitions);
            byte[] head = gpt.head(code);
            System.arraycopy(head, 0, area, 0, head.length);
            tail = gpt.tail();
            if (code.length > 0) {
                // Some BIOSes boot a disk only when an entry is active. UEFI wants the protective one not to be: so
                // there is an empty one, of one sector, which nobody else looks at.
                partition(area, 1, 0x80, 0x00, 0, 1);
            }
        } else if (code.length > 0) {
            System.arraycopy(code, 0, area, 0, code.length);
            partition(area, 0, 0x80, 0x17, 0, Math.min(sectors * PER_SECTOR, SECTOR_LIMIT));
            area[510] = 0x55;
            area[511] = (byte) 0xAA;
        }
        if (code.length > 0) {
            System.arraycopy(identity, 16, area, MBR_CODE_LIMIT, 4);
        }
        return tail;
    }

    private static void partition(byte[] area, int index, int status, int type, long first, long count) {
        ByteBuffer out = ByteBuffer.wrap(area).order(ByteOrder.LITTLE_ENDIAN).position(446 + 16 * index);
        out.put((byte) status).put(new byte[]{0, 1, 0}).put((byte) type);
        out.put(new byte[]{(byte) 0xFE, (byte) 0xFF, (byte) 0xFF}).putInt((int) first).putInt((int) count);
    }

    /** The boot code, told where its second part is. */
    private byte[] bootCode(Content source, @Nullable Content bios) throws IOException {
        if (source.size() > SYSTEM_AREA) {
            throw new IllegalArgumentException("boot code of " + source.size() + " bytes: a first sector has 512");
        }
        byte[] bytes = source.bytes();
        byte[] code = Arrays.copyOf(bytes, MBR_CODE_LIMIT);
        String text = new String(bytes, ISO_8859_1);
        boolean isolinux = text.contains("isolinux.bin");
        boolean grub = text.contains("GRUB ");
        if (isolinux || grub) {
            if (bios == null) {
                throw new IllegalArgumentException("this boot code starts a BIOS boot image, and the medium has none: "
                        + "name one with --bios");
            }
            long at = sectorOf(bios) * PER_SECTOR;
            ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN).putLong(SECOND_STAGE, isolinux ? at : at + PER_SECTOR);
        }
        return code;
    }

    private static boolean isFatQuietly(Content content) {
        try {
            return isFat(content);
        } catch (IOException e) {
            // It is read again, and then the failure is reported.
            return false;
        }
    }

    /** As firmware recognises it: the mark of a boot sector, and the name of the file system in it. */
    static boolean isFat(Content content) throws IOException {
        if (content.size() < Gpt.SECTOR) {
            return false;
        }
        byte[] sector = content.slice(0, Gpt.SECTOR).bytes();
        return sector[510] == 0x55 && sector[511] == (byte) 0xAA
                && (new String(sector, 54, 3, ISO_8859_1).equals("FAT")
                        || new String(sector, 82, 3, ISO_8859_1).equals("FAT"));
    }
}

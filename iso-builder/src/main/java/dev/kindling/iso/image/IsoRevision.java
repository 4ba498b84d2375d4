package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * An image with another tree of files, made of the one that is there: what is not changed stays where it is, byte for
 * byte. New contents and the directories lie in the padding behind the file system; where that is too small, the image
 * grows, and appended partitions and the second partition table move along. Boot records, catalogue and partitions keep
 * leading to what they led to.
 */
public final class IsoRevision {
    private static final int BLOCK = IsoVolume.BLOCK;
    private static final long MEBIBYTE = 1 << 20;
    /** As mkisofs pads: drives read ahead. */
    private static final long PADDING = 150L * BLOCK;
    /** Longer plain names, which no standard knows, are made anew. */
    private static final int KEPT_NAME = 31;
    private static final int SPECIAL_PROTECTIVE = 0xEE;

    private final IsoReader reader;
    private final Tree tree;
    private final ImageBytes image;
    /** Changed bytes by their place in the old image, all below the end of the file system. */
    private final TreeMap<Long, byte[]> patches = new TreeMap<>();
    private final Map<Content, Long> places = new HashMap<>();
    private final List<Content> added = new ArrayList<>();
    private long next;

    /**
     * @param reader of the image
     * @param tree made from {@link IsoReader#tree} of the same reader: contents that are parts of the image stay
     */
    public IsoRevision(IsoReader reader, Tree tree) {
        this.reader = reader;
        this.tree = tree;
        this.image = reader.image();
    }

    /**
     * Changes bytes where they are.
     *
     * @param offset in the old image
     */
    public IsoRevision patch(long offset, byte[] bytes) {
        patches.put(offset, bytes);
        return this;
    }

    /** A boot image that has another content and lies elsewhere. */
    private record Moved(long from, long to, long oldBytes, long bytes) {}

    /** The new image; nothing of it is written, and files are read when it is. */
    public Content content() throws IOException {
        PartitionTables tables = reader.partitions();
        long used = usedEnd();
        long limit = movesFrom(tables, used);
        long hole = zeroEnd(used, limit);
        // Behind the used part is something that no table tells of: it stays, and all that is new goes behind it.
        boolean free = hole == limit;
        long start = free ? used : limit;
        next = start / BLOCK;
        List<Moved> moved = placeFiles();
        List<Runnable> later = new ArrayList<>();
        for (IsoVolume volume : reader.volumes()) {
            directories(volume, later);
        }
        long end = next * BLOCK;
        long shift = 0;
        if (end > limit) {
            long wanted = end - limit + (limit == image.size() || reachesEnd(tables, limit) ? PADDING : 0);
            long unit = image.size() % MEBIBYTE == 0 || limit < image.size() ? MEBIBYTE : BLOCK;
            shift = (wanted + unit - 1) / unit * unit;
        }
        later.forEach(Runnable::run);
        spaces(used, end, shift);
        catalogue(limit, shift, moved);
        byte[] tail = partitionTables(tables, limit, used, shift, moved);
        List<Content> parts = new ArrayList<>();
        parts.add(patched(image.image(), 0, start));
        parts.addAll(added);
        long gap = limit + shift - end;
        parts.add(shift == 0 ? patched(image.image(), end, limit) : Content.zeros(gap));
        parts.add(patched(image.image(), limit, image.size() - tail.length));
        parts.add(Content.of(tail));
        return Content.join(parts);
    }

    private boolean reachesEnd(PartitionTables tables, long limit) {
        return tables.backup().map(b -> Math.min(b.at(), b.entriesAt()) * PartitionTables.SECTOR == limit)
                .orElse(false);
    }

    /** Old bytes with the patches over them. */
    private Content patched(Content old, long from, long to) {
        List<Content> parts = new ArrayList<>();
        long at = from;
        for (Map.Entry<Long, byte[]> each : patches.subMap(from, to).entrySet()) {
            if (each.getKey() < at) {
                throw new IllegalStateException("two changes at byte " + each.getKey());
            }
            parts.add(old.slice(at, each.getKey() - at));
            parts.add(Content.of(each.getValue()));
            at = each.getKey() + each.getValue().length;
        }
        if (at < to) {
            parts.add(old.slice(at, to - at));
        }
        return Content.join(parts);
    }

    /** The end of the last byte that the file system knows, in whole sectors. */
    private long usedEnd() throws IOException {
        long[] end = {(16 + 16L) * BLOCK};
        reader.extents(extent -> end[0] = Math.max(end[0], extent.offset() + extent.bytes()));
        for (IsoVolume volume : reader.volumes()) {
            long table = volume.descriptor.getInt(132) & 0xFFFF_FFFFL;
            int[] tables = {volume.descriptor.getInt(140), volume.descriptor.getInt(144),
                    Integer.reverseBytes(volume.descriptor.getInt(148)),
                    Integer.reverseBytes(volume.descriptor.getInt(152))};
            for (int each : tables) {
                if (each != 0) {
                    end[0] = Math.max(end[0], volume.position(each & 0xFFFF_FFFFL) + table);
                }
            }
            end[0] = Math.max(end[0], volume.position(volume.root.block()) + volume.root.length());
        }
        Optional<BootCatalogue> catalogue = reader.bootCatalogue();
        end[0] = Math.max(end[0], catalogue.map(c -> c.at() + BLOCK).orElse(0L));
        long used = (end[0] + BLOCK - 1) / BLOCK * BLOCK;
        if (used > image.size()) {
            throw BadImageException.damaged("the image is cut off: its files end at byte " + used, image.size(),
                    used + " bytes");
        }
        return used;
    }

    /** From where on everything moves when the file system grows: appended partitions, second partition table, end. */
    private long movesFrom(PartitionTables tables, long used) {
        long limit = image.size() / BLOCK * BLOCK;
        List<Long> starts = new ArrayList<>();
        tables.mbr().forEach(p -> starts.add(p.first() * PartitionTables.SECTOR));
        tables.gpt().ifPresent(
                g -> g.partitions().forEach(p -> starts.add(p.first() * PartitionTables.SECTOR)));
        tables.backup().ifPresent(b -> {
            starts.add(b.at() * PartitionTables.SECTOR);
            starts.add(b.entriesAt() * PartitionTables.SECTOR);
        });
        for (long start : starts) {
            if (start >= used && start < limit && !isGap(tables, start)) {
                limit = start / BLOCK * BLOCK;
            }
        }
        return Math.max(limit, used);
    }

    /** xorriso describes what lies between partitions as partitions called Gap0, Gap1 and so on. */
    private static boolean isGap(PartitionTables tables, long start) {
        return tables.gpt().stream().flatMap(g -> g.partitions().stream())
                .anyMatch(p -> p.first() * PartitionTables.SECTOR == start && p.name().matches("Gap\\d+"))
                && tables.mbr().stream().noneMatch(p -> p.first() * PartitionTables.SECTOR == start);
    }

    private long zeroEnd(long from, long to) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        for (long at = from; at < to; at += buffer.capacity()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), to - at));
            image.image().readFully(at, buffer);
            for (int i = 0; i < buffer.limit(); i++) {
                if (buffer.get(i) != 0) {
                    return at + i;
                }
            }
        }
        return to;
    }

    private boolean stays(Content content) {
        return content instanceof Content.Slice slice && slice.whole().equals(image.image())
                && slice.offset() % BLOCK == 0;
    }

    private List<Moved> placeFiles() throws IOException {
        Map<Long, Integer> owners = new HashMap<>();
        Map<String, Content> now = new TreeMap<>();
        tree.walk((path, node) -> {
            if (node instanceof Node.File file && file.content().size() > 0) {
                now.put(path, file.content());
                if (stays(file.content()) && file.content() instanceof Content.Slice slice) {
                    places.put(slice, slice.offset() / BLOCK);
                    owners.merge(slice.offset(), 1, Integer::sum);
                }
            }
        });
        Map<Long, BootCatalogue.Entry> boot = new HashMap<>();
        reader.bootCatalogue().ifPresent(c -> c.entries().forEach(e -> boot.put(e.offset(), e)));
        List<Moved> moved = new ArrayList<>();
        for (Map.Entry<String, Content> each : now.entrySet()) {
            Content content = each.getValue();
            if (places.containsKey(content)) {
                continue;
            }
            Optional<IsoReader.Entry> old = reader.find(each.getKey())
                    .filter(e -> e.kind() == IsoReader.Kind.FILE && e.extents().size() == 1);
            long oldAt = old.map(e -> e.extents().getFirst().offset()).orElse(-1L);
            long room = old.map(e -> (e.size() + BLOCK - 1) / BLOCK * BLOCK).orElse(0L);
            boolean alone = oldAt >= 0 && !owners.containsKey(oldAt);
            BootCatalogue.Entry entry = boot.get(oldAt);
            Content informed = content;
            boolean fits = alone && content.size() <= room && content.size() <= 1 << 24;
            long place = fits ? oldAt / BLOCK : begin(content);
            if (entry != null && entry.platform() == BootCatalogue.PLATFORM_BIOS && hasTable(oldAt)) {
                informed = ElTorito.informed(content, place);
            }
            if (entry != null) {
                moved.add(new Moved(oldAt, place * BLOCK, room, content.size()));
            }
            places.put(content, place);
            if (fits) {
                byte[] bytes = new byte[(int) room];
                informed.readFully(0, ByteBuffer.wrap(bytes, 0, (int) content.size()));
                patches.put(oldAt, bytes);
                owners.put(oldAt, 1);
            } else {
                add(informed);
            }
        }
        return moved;
    }

    private boolean hasTable(long bootImage) throws IOException {
        return image.holds(bootImage, 64) && image.read(bootImage, 16, "a boot image").getInt(8) == 16
                && image.read(bootImage, 16, "a boot image").getInt(12) == bootImage / BLOCK;
    }

    /** The sector where a content that is added next will begin. */
    private long begin(Content content) {
        long gap = IsoImage.gap(next, content);
        added.add(Content.zeros(gap * BLOCK));
        next += gap;
        return next;
    }

    private void add(Content content) {
        added.add(content);
        long sectors = IsoBytes.sectors(content.size());
        added.add(Content.zeros(sectors * BLOCK - content.size()));
        next += sectors;
    }

    private void directories(IsoVolume volume, List<Runnable> later) throws IOException {
        if (volume.kind == IsoVolume.Kind.ENHANCED) {
            IsoVolume primary = reader.volumes().getFirst();
            if (volume.root.block() != primary.root.block()) {
                throw new BadImageException("an enhanced volume descriptor with a tree of its own", volume.at,
                        "the primary volume's tree", "such images cannot be changed");
            }
            // shows the same records; its turn comes behind the primary one
            later.add(() -> copyDescriptor(primary, volume));
            return;
        }
        VolumeTree records = volume.kind == IsoVolume.Kind.JOLIET
                ? new VolumeTree(tree.root(), true)
                : new VolumeTree(tree.root(), false, identifiers(volume));
        long table = IsoBytes.sectors(records.pathTableBytes());
        long tablesAt = next;
        records.place(tablesAt + 2 * table - volume.base);
        add(Content.of(records.pathTable(ByteOrder.LITTLE_ENDIAN)));
        add(Content.of(records.pathTable(ByteOrder.BIG_ENDIAN)));
        add(Content.of(records.directories(
                content -> content.size() == 0 ? 0 : places.getOrDefault(content, 0L) - volume.base)));
        ByteBuffer pointers = IsoBytes.buffer(58);
        IsoBytes.both32(pointers, records.pathTableBytes());
        pointers.putInt((int) (tablesAt - volume.base)).putInt(0);
        pointers.putInt(Integer.reverseBytes((int) (tablesAt + table - volume.base))).putInt(0);
        pointers.put(records.rootRecord(), 0, 34);
        patches.put(volume.at + 132, ImageBytes.bytes(pointers));
    }

    /** What has a plain name keeps it; where all of them are of 8 and 3 characters, new ones are, too. */
    private VolumeTree.Identifiers identifiers(IsoVolume volume) throws IOException {
        Map<String, String> found = new HashMap<>();
        identifiers(volume, volume.root, "", found);
        @SuppressWarnings("IdentityHashMapUsage") // nodes are who they are
        Map<Node, String> kept = new IdentityHashMap<>();
        found.forEach((path, id) -> {
            if (id.length() <= KEPT_NAME) {
                tree.get(path).ifPresent(node -> kept.put(node, id));
            }
        });
        return new VolumeTree.Identifiers(kept,
                found.values().stream().allMatch(id -> id.matches("[^.]{0,8}(\\.[^.]{0,3})?")));
    }

    private void identifiers(IsoVolume volume, IsoRecord directory, String prefix, Map<String, String> found)
            throws IOException {
        for (List<IsoRecord> each : IsoReader.files(volume, volume.records(directory.block(), directory.length()))) {
            IsoRecord record = each.getFirst();
            String id = new String(record.identifier(), ISO_8859_1);
            String path = prefix + IsoReader.checkedName(volume, record);
            found.put(path, record.isDirectory() ? id : id.replaceFirst(";\\d*$", ""));
            if (record.isDirectory()) {
                identifiers(volume, record, path + "/", found);
            } else if (record.childAt >= 0) {
                identifiers(volume, volume.self(record.childAt), path + "/", found);
            }
        }
    }

    private void copyDescriptor(IsoVolume primary, IsoVolume enhanced) {
        byte[] pointers = patches.get(primary.at + 132);
        if (pointers != null) {
            patches.put(enhanced.at + 132, pointers);
        }
    }

    /** The size that each volume says it has. */
    private void spaces(long used, long end, long shift) {
        for (IsoVolume volume : reader.volumes()) {
            long space = (volume.base + volume.space()) * BLOCK;
            long now = Math.max(space >= used ? space + shift : space, end) / BLOCK - volume.base;
            if (now != volume.space()) {
                ByteBuffer out = IsoBytes.buffer(8);
                IsoBytes.both32(out, now);
                patches.put(volume.at + 80, ImageBytes.bytes(out));
            }
        }
    }

    private void catalogue(long limit, long shift, List<Moved> moved) throws IOException {
        Optional<BootCatalogue> catalogue = reader.bootCatalogue();
        if (catalogue.isEmpty()) {
            return;
        }
        for (BootCatalogue.Entry entry : catalogue.get().entries()) {
            long at = entry.offset() >= limit ? entry.offset() + shift : entry.offset();
            long bytes = -1;
            for (Moved each : moved) {
                if (each.from() == entry.offset()) {
                    at = each.to();
                    bytes = each.bytes();
                }
            }
            if (at == entry.offset() && bytes < 0) {
                continue;
            }
            ByteBuffer out = IsoBytes.buffer(6);
            long count = (bytes + 511) / 512;
            boolean whole = bytes >= 0 && entry.platform() == BootCatalogue.PLATFORM_EFI;
            // lesson 20: 0 where the field is too small
            out.putShort((short) (whole ? (count > 0xFFFF ? 0 : count) : entry.loadSectors()));
            out.putInt((int) (at / BLOCK));
            patches.put(entry.at() + 6, ImageBytes.bytes(out));
        }
    }

    /** First and last sector of a partition as it was and as it is to be. */
    private long[] range(long first, long last, long limit, long used, long shift, List<Moved> moved) {
        long sector = PartitionTables.SECTOR;
        for (Moved each : moved) {
            if (each.from() == first * sector && (last + 1 - first) * sector <= each.oldBytes()) {
                long start = each.to() / sector;
                return new long[]{start, start + (each.bytes() + sector - 1) / sector - 1};
            }
        }
        if (first * sector >= limit) {
            return new long[]{first + shift / sector, last + shift / sector};
        }
        long end = (last + 1) * sector;
        boolean holdsVolume = reader.volumes().stream().anyMatch(v -> v.base * BLOCK + 16L * BLOCK >= first * sector)
                && first * sector <= 16L * BLOCK;
        return new long[]{first, end > used || (holdsVolume && end == used) ? last + shift / sector : last};
    }

    /**
     * Changes the tables at the start.
     *
     * @return the end of the image where there is a second table, else nothing
     */
    private byte[] partitionTables(PartitionTables tables, long limit, long used, long shift, List<Moved> moved)
            throws IOException {
        for (PartitionTables.Mbr each : tables.mbr()) {
            long[] range = range(each.first(), each.first() + each.sectors() - 1, limit, used, shift, moved);
            long sectors = Math.min(range[1] - range[0] + 1, 0xFFFF_FFFFL);
            if (range[0] != each.first() || sectors != each.sectors()) {
                int at = 446 + 16 * each.index();
                ByteBuffer entry = image.read(at, 16, "a partition");
                entry.putInt(8, (int) range[0]).putInt(12, (int) sectors);
                if (each.type() != SPECIAL_PROTECTIVE) {
                    entry.put(5, chs(range[0] + sectors - 1));
                }
                patches.put((long) at, ImageBytes.bytes(entry));
            }
        }
        for (Moved each : moved) {
            long delta = tables.bootImage() - each.from();
            if (tables.bootCode() && delta >= 0 && delta <= BLOCK && each.from() != each.to()) {
                patches.put(432L, ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN)
                        .putLong((each.to() + delta) / PartitionTables.SECTOR).array());
            }
        }
        if (tables.gpt().isEmpty() || (!tables.gpt().get().problems().isEmpty() && tables.backup().isEmpty())) {
            return new byte[0];
        }
        PartitionTables.GptHeader gpt = tables.gpt().get();
        int bytes = gpt.entryCount() * gpt.entrySize();
        if (bytes <= 0 || bytes > 1 << 20 || !image.holds(gpt.entriesAt() * 512, bytes)) {
            return new byte[0];
        }
        ByteBuffer entries = image.read(gpt.entriesAt() * 512, bytes, "partition entries");
        for (PartitionTables.GptPartition each : gpt.partitions()) {
            long[] range = range(each.first(), each.last(), limit, used, shift, moved);
            entries.putLong(each.index() * gpt.entrySize() + 32, range[0]);
            entries.putLong(each.index() * gpt.entrySize() + 40, range[1]);
        }
        byte[] newEntries = ImageBytes.bytes(entries);
        long delta = shift / 512;
        patches.put(512L, gptHeader(gpt.at(), 1, gpt.other() + delta, gpt.entriesAt(), gpt.lastUsable() + delta,
                newEntries));
        patches.put(gpt.entriesAt() * 512, newEntries);
        Optional<PartitionTables.GptHeader> backup = tables.backup();
        if (backup.isEmpty() || backup.get().entriesAt() * 512 < limit
                || backup.get().entryCount() * backup.get().entrySize() != bytes) {
            return new byte[0];
        }
        long from = Math.min(backup.get().at(), backup.get().entriesAt()) * 512;
        ByteBuffer tail = image.read(from, Math.toIntExact(image.size() - from), "the second partition table");
        tail.put((int) (backup.get().entriesAt() * 512 - from), newEntries);
        tail.put((int) (backup.get().at() * 512 - from), gptHeader(backup.get().at(), backup.get().at() + delta, 1,
                backup.get().entriesAt() + delta, gpt.lastUsable() + delta, newEntries));
        return ImageBytes.bytes(tail);
    }

    private byte[] gptHeader(long at, long self, long other, long entriesAt, long lastUsable, byte[] entries)
            throws IOException {
        ByteBuffer header = image.read(at * 512, 512, "a partition table");
        int size = Math.clamp(header.getInt(12), 92, 512);
        header.putLong(24, self).putLong(32, other).putLong(48, lastUsable).putLong(72, entriesAt);
        header.putInt(88, PartitionTables.crc(entries)).putInt(16, 0);
        byte[] checked = new byte[size];
        header.get(0, checked);
        header.putInt(16, PartitionTables.crc(checked));
        return ImageBytes.bytes(header);
    }

    /** Cylinder, head and sector as isohybrid counts them: 64 heads, 32 sectors; beyond 1024 cylinders the last one. */
    private static byte[] chs(long sector) {
        long cylinder = sector / (64 * 32);
        if (cylinder > 1023) {
            return new byte[]{(byte) 0xFE, (byte) 0xFF, (byte) 0xFF};
        }
        int head = (int) (sector / 32 % 64);
        int s = (int) (sector % 32) + 1;
        return new byte[]{(byte) head, (byte) (s | ((cylinder >> 8) << 6)), (byte) cylinder};
    }
}

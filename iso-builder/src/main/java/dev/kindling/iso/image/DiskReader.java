package dev.kindling.iso.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads the partitions of a disk image: those of the GUID partition table, of its backup where the first is damaged,
 * else those of the master boot record with its logical ones. Sectors have 512 bytes.
 */
public final class DiskReader {
    private static final int SECTOR = PartitionTables.SECTOR;
    private static final int LOGICAL = 128;

    /**
     * A partition.
     *
     * @param number as Linux counts them, from 1; logical ones from 5
     * @param type a GUID, or two digits of the master boot record
     * @param name empty where it has none
     * @param first sector
     */
    public record Partition(int number, String type, String name, long first, Content content) {}

    private final ImageBytes image;
    private final PartitionTables tables;
    private final List<Partition> partitions = new ArrayList<>();

    /**
     * Reads the tables.
     *
     * @throws BadImageException where there is none, or a partition is not within the image
     */
    public DiskReader(Content content) throws IOException {
        image = new ImageBytes(content);
        tables = PartitionTables.read(image);
        if (tables.gpt().isPresent() || tables.backup().isPresent()) {
            PartitionTables.GptHeader table = tables.gpt().filter(DiskReader::isReadable).or(tables::backup)
                    .or(tables::gpt).orElseThrow();
            if (!isReadable(table)) {
                throw BadImageException.damaged("the partition table: " + table.problems().getFirst(),
                        table.at() * SECTOR, "a sound one, at the start or at the end");
            }
            for (PartitionTables.GptPartition each : table.partitions()) {
                add(each.index() + 1, each.type().toString(), each.name(), each.first(),
                        each.last() - each.first() + 1);
            }
        } else {
            for (PartitionTables.Mbr each : tables.mbr()) {
                if (isExtended(each.type())) {
                    logical(each.first());
                } else {
                    add(each.index() + 1, "%02x".formatted(each.type()), "", each.first(), each.sectors());
                }
            }
        }
        if (partitions.isEmpty()) {
            throw new BadImageException("no partition", -1, "a GUID partition table or a master boot record",
                    "name a disk image; what the file is tells: file PATH");
        }
        partitions.sort(Comparator.comparingInt(Partition::number));
    }

    /** A table that is right but for its place is read: images grow when they are written to larger disks. */
    private static boolean isReadable(PartitionTables.GptHeader table) {
        return table.problems().stream().noneMatch(each -> each.contains("checksum") || each.contains("entries of"));
    }

    private static boolean isExtended(int type) {
        return type == 0x05 || type == 0x0F || type == 0x85;
    }

    /** Each of the logical partitions has a table of its own, which leads to the next. */
    private void logical(long extended) throws IOException {
        Set<Long> seen = new HashSet<>();
        long at = extended;
        for (int number = 5; number < 5 + LOGICAL; number++) {
            ByteBuffer table = image.read(at * SECTOR, SECTOR, "the table of a logical partition");
            if (table.getShort(510) != (short) 0xAA55 || !seen.add(at)) {
                throw BadImageException.damaged("the table of logical partition " + number, at * SECTOR,
                        "the mark 55 AA, and each table once");
            }
            long sectors = table.getInt(458) & 0xFFFF_FFFFL;
            if (sectors > 0) {
                add(number, "%02x".formatted(table.get(450) & 0xFF), "", at + (table.getInt(454) & 0xFFFF_FFFFL),
                        sectors);
            }
            long next = table.getInt(470) & 0xFFFF_FFFFL;
            if (next == 0 || !isExtended(table.get(466) & 0xFF)) {
                return;
            }
            at = extended + next;
        }
        throw BadImageException.damaged("more than " + LOGICAL + " logical partitions", extended * SECTOR, "fewer");
    }

    private void add(int number, String type, String name, long first, long sectors) throws BadImageException {
        if (first < 1 || sectors < 1 || first > image.size() / SECTOR || sectors > image.size() / SECTOR) {
            throw BadImageException.damaged("partition " + number + " has " + sectors + " sectors from sector " + first,
                    -1, "sectors within the disk of " + image.size() / SECTOR);
        }
        partitions.add(new Partition(number, type, name, first,
                image.slice(first * SECTOR, sectors * SECTOR, "partition " + number)));
    }

    /** By number. */
    public List<Partition> partitions() {
        return List.copyOf(partitions);
    }

    /** Everything that the tables say. */
    public PartitionTables tables() {
        return tables;
    }
}

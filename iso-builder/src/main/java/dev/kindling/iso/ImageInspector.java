package dev.kindling.iso;

import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.DiskReader;
import dev.kindling.iso.image.FatReader;
import dev.kindling.iso.image.Node;
import dev.kindling.iso.image.PartitionTables;
import dev.kindling.iso.image.Tree;
import dev.kindling.iso.image.UdfReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Tells what an image without ISO 9660 is: UDF, FAT, squashfs, or a disk with partitions of these. */
public final class ImageInspector {
    /**
     * What an image is.
     *
     * @param kind of the file
     * @param bytes of the image; of a qcow2 image those of the disk in it
     * @param files what is in it, where it is one file system
     * @param partitions what is in it, where it is a disk
     * @param tables of a disk
     */
    public record Report(String kind, long bytes, Optional<Files> files, List<Partition> partitions,
            Optional<PartitionTables> tables) {
        public Report {
            partitions = List.copyOf(partitions);
        }
    }

    /**
     * What a file system holds.
     *
     * @param system with its version: UDF 2.01
     */
    public record Files(String system, String label, long files, long directories, long contentBytes) {}

    /**
     * A partition of a disk.
     *
     * @param number as Linux counts them
     * @param type a GUID, or two digits of the master boot record
     * @param firstSector in units of 512 bytes
     * @param files empty where it holds nothing that is read here
     */
    public record Partition(int number, String type, String name, long firstSector, long bytes,
            Optional<Files> files) {}

    private ImageInspector() {}

    /** Reads tables and directories; no files. */
    public static Report report(OpenImage image) throws IOException {
        Content content = image.content();
        if (image.kind() == AnyImage.Kind.SQUASHFS) {
            return new Report("squashfs", content.size(), Optional.of(files("squashfs", "", image.tree())), List.of(),
                    Optional.empty());
        }
        AnyImage.Kind inside = AnyImage.kind(content);
        String kind = image.kind() == inside ? inside.title() : image.kind().title() + " with " + inside.title();
        if (inside == AnyImage.Kind.OTHER && image.kind() == inside) {
            // says what would be read
            AnyImage.tree(content);
        }
        if (inside != AnyImage.Kind.DISK) {
            return new Report(kind, content.size(), files(content), List.of(), Optional.empty());
        }
        DiskReader disk = new DiskReader(content);
        List<Partition> partitions = new ArrayList<>();
        for (DiskReader.Partition each : disk.partitions()) {
            partitions.add(new Partition(each.number(), each.type(), each.name(), each.first(),
                    each.content().size(), readable(each.content())));
        }
        return new Report(kind, content.size(), Optional.empty(), partitions, Optional.of(disk.tables()));
    }

    private static Optional<Files> readable(Content partition) {
        try {
            return files(partition);
        } catch (IOException e) {
            // a disk is more than its damaged file system, and verify says which
            return Optional.empty();
        }
    }

    private static Optional<Files> files(Content content) throws IOException {
        return switch (AnyImage.kind(content)) {
            case UDF -> Optional.of(udf(content));
            case FAT -> {
                FatReader fat = new FatReader(content);
                yield Optional.of(files(fat.kind().toString(), fat.label(), fat.tree()));
            }
            case ISO_9660 -> Optional.of(files("ISO 9660", new IsoInspector(content).report().volume().label(),
                    AnyImage.tree(content)));
            case DISK, SQUASHFS, QCOW2, OTHER -> Optional.empty();
        };
    }

    /** What a UDF file system holds, of itself or beside ISO 9660. */
    static Files udf(Content content) throws IOException {
        UdfReader udf = new UdfReader(content);
        return files("UDF " + udf.revision(), udf.label(), udf.tree());
    }

    private static Files files(String system, String label, Tree tree) {
        long[] counts = new long[3];
        tree.each(node -> {
            switch (node) {
                case Node.File file -> {
                    counts[0]++;
                    counts[2] += file.content().size();
                }
                case Node.Directory _ -> counts[1]++;
                case Node.Symlink _,Node.Special _ -> {
                    // neither
                }
            }
        });
        return new Files(system, label, counts[0], counts[1], counts[2]);
    }

    /** What is wrong with tables and directories, in bytes from the start of what was read. */
    public static List<IsoInspector.Finding> verify(OpenImage image) throws IOException {
        List<IsoInspector.Finding> findings = new ArrayList<>();
        if (image.kind() == AnyImage.Kind.SQUASHFS) {
            // unsquashfs has read every block of it
            return findings;
        }
        if (AnyImage.kind(image.content()) != AnyImage.Kind.DISK) {
            IsoInspector.guarded(findings, () -> files(image.content()));
            return findings;
        }
        IsoInspector.tables(PartitionTables.read(image.content()), findings);
        IsoInspector.guarded(findings, () -> {
            for (DiskReader.Partition each : new DiskReader(image.content()).partitions()) {
                List<IsoInspector.Finding> inside = new ArrayList<>();
                IsoInspector.guarded(inside, () -> files(each.content()));
                inside.forEach(found -> findings.add(new IsoInspector.Finding(
                        "partition " + each.number() + ": " + found.what(),
                        found.offset() < 0 ? -1 : each.first() * 512 + found.offset(), found.remedy())));
            }
        });
        return findings;
    }
}

package dev.kindling.iso;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.kindling.iso.image.BadImageException;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.DiskReader;
import dev.kindling.iso.image.FatReader;
import dev.kindling.iso.image.IsoReader;
import dev.kindling.iso.image.Node;
import dev.kindling.iso.image.PartitionTables;
import dev.kindling.iso.image.Tree;
import dev.kindling.iso.image.UdfReader;
import java.io.IOException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/**
 * The files of an image, whatever kind of image it is: what it is tells its content, not its name. A disk is a tree,
 * too: it has a directory for each partition with a file system that is read, and a file for each other one.
 */
public final class AnyImage {
    /** Kinds of images. */
    public enum Kind {
        /** Installation media; with or without UDF beside it. */
        ISO_9660("ISO 9660"),
        /** Without ISO 9660. */
        UDF("UDF"),
        /** FAT12, FAT16, FAT32. */
        FAT("FAT"),
        /** A GUID partition table or a master boot record. */
        DISK("disk"),
        /** For {@code unsquashfs}. */
        SQUASHFS("squashfs"),
        /** For {@code qemu-img}. */
        QCOW2("qcow2"),
        /** None of these. */
        OTHER("other");

        private final String title;

        Kind(String title) {
            this.title = title;
        }

        /** For users. */
        public String title() {
            return title;
        }
    }

    private AnyImage() {}

    /** What an image is, by the marks in its first sectors. */
    public static Kind kind(Content image) throws IOException {
        String head = new String(image.slice(0, Math.min(512, image.size())).bytes(), ISO_8859_1);
        if (head.startsWith("QFI\u00FB")) {
            return Kind.QCOW2;
        }
        if (head.startsWith("hsqs")) {
            return Kind.SQUASHFS;
        }
        if (image.size() >= 34_816 && new String(image.slice(32_769, 5).bytes(), ISO_8859_1).equals("CD001")) {
            return Kind.ISO_9660;
        }
        if (UdfReader.isUdf(image)) {
            return Kind.UDF;
        }
        if (head.length() == 512 && head.endsWith("U\u00AA")
                && (head.startsWith("FAT", 54) || head.startsWith("FAT", 82))) {
            return Kind.FAT;
        }
        PartitionTables tables = PartitionTables.read(image);
        return tables.gpt().isPresent() || tables.backup().isPresent() || !tables.mbr().isEmpty()
                ? Kind.DISK
                : Kind.OTHER;
    }

    /**
     * All files; contents stay in the image. Of an image with ISO 9660 and UDF it is UDF's, unless there is Rock Ridge:
     * Windows' media have nothing but a note in ISO 9660.
     *
     * @throws BadImageException where the image is damaged, or of a kind that is not read here
     */
    public static Tree tree(Content image) throws IOException {
        return switch (kind(image)) {
            case ISO_9660 -> {
                IsoReader reader = new IsoReader(image);
                yield reader.names() == IsoReader.Names.ROCK_RIDGE || !UdfReader.isUdf(image)
                        ? reader.tree()
                        : new UdfReader(image).tree();
            }
            case UDF -> new UdfReader(image).tree();
            case FAT -> new FatReader(image).tree();
            case DISK -> disk(image);
            case SQUASHFS -> throw other("a squashfs file system", "unpack it with: unsquashfs");
            case QCOW2 -> throw other("a qcow2 image", "make it a disk image with: qemu-img convert -O raw");
            case OTHER -> throw new BadImageException("no image of a kind that is known: " + look(image), -1,
                    "an ISO 9660 image (the letters CD001 at byte 32769), UDF, FAT, squashfs, qcow2 or a disk",
                    "name an image; what the file is tells: file PATH");
        };
    }

    /** What a user may know a file by: an empty download, a page of a proxy, a compressed image. */
    private static String look(Content image) throws IOException {
        if (image.size() == 0) {
            return "an empty file";
        }
        byte[] head = image.slice(0, Math.min(16, image.size())).bytes();
        return image.size() + " bytes that begin with " + HexFormat.ofDelimiter(" ").formatHex(head);
    }

    private static BadImageException other(String what, String remedy) {
        return new BadImageException(what, -1, "an ISO 9660, UDF, FAT or disk image", remedy);
    }

    private static Tree disk(Content image) throws IOException {
        Tree tree = new Tree(Node.Attributes.directory(Instant.EPOCH));
        for (DiskReader.Partition each : new DiskReader(image).partitions()) {
            if (List.of(Kind.ISO_9660, Kind.UDF, Kind.FAT).contains(kind(each.content()))) {
                Tree inside = tree(each.content());
                tree.put(Integer.toString(each.number()), inside.root());
            } else {
                tree.put(each.number() + ".img",
                        new Node.File(Node.Attributes.file(Instant.EPOCH), each.content()));
            }
        }
        return tree;
    }
}

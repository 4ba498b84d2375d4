package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.LongStream;

/**
 * Reads ISO 9660 images (ECMA-119) with Rock Ridge, Joliet or plain names, whoever made them, by random access: opening
 * one reads a few sectors, finding a path reads the directories on the way. Nothing of the image is believed: numbers
 * are checked before memory is taken, trees that lead back to themselves are refused.
 */
public final class IsoReader {
    /** Which names a tree has. */
    public enum Names {
        /** Rock Ridge: those of the files that went in, with modes, owners and links. */
        ROCK_RIDGE,
        /** Joliet: Windows' names. */
        JOLIET,
        /** Upper case and short. */
        PLAIN
    }

    /** What stands at a path. */
    public enum Kind {
        DIRECTORY,
        FILE,
        SYMLINK,
        CHARACTER_DEVICE,
        BLOCK_DEVICE,
        FIFO,
        SOCKET
    }

    /**
     * A piece of a file.
     *
     * @param offset in bytes from the start of the image
     */
    public record Extent(long offset, long bytes) {}

    /**
     * A file, a directory or something else.
     *
     * @param path with slashes, without one at either end; empty for the root
     * @param size of a file's content, else 0
     * @param extents in their order; for a directory where its records are
     * @param target of a symbolic link, else empty
     * @param major of a device
     * @param minor of a device
     * @param compressed with zisofs: the content is not the file's
     */
    public record Entry(String path, Kind kind, Node.Attributes attributes, long size, List<Extent> extents,
            String target, int major, int minor, boolean compressed) {
        /** The last part of the path. */
        public String name() {
            return path.substring(path.lastIndexOf('/') + 1);
        }
    }

    /**
     * What the primary volume descriptor says (ECMA-119, 8.4).
     *
     * @param bytes that the file system says it has
     * @param modified 1970 where it is not said
     */
    public record Volume(String label, String system, String set, String publisher, String preparer, String application,
            Instant created, Instant modified, long bytes) {}

    private static final int FIRST_DESCRIPTOR = 16;
    private static final int DESCRIPTORS = 64;
    private static final int CONTENT_LIMIT = 256 << 20;

    private final ImageBytes image;
    private final List<IsoVolume> volumes = new ArrayList<>();
    private final IsoVolume names;
    private final Names kind;
    private final long catalogueBlock;
    private final boolean udf;

    /** Opens an image with the best names that it has: Rock Ridge, else Joliet, else plain. */
    public IsoReader(Content content) throws IOException {
        this(content, Optional.empty());
    }

    /**
     * Opens an image.
     *
     * @throws BadImageException where it is no such image, or has no such names
     */
    public IsoReader(Content content, Optional<Names> wanted) throws IOException {
        image = new ImageBytes(content);
        long[] catalogue = {-1};
        boolean[] beyond = new boolean[1];
        descriptors(0, volumes, catalogue, beyond);
        catalogueBlock = catalogue[0];
        udf = beyond[0];
        if (volumes.isEmpty()) {
            throw new BadImageException(
                    udf ? "an image with a UDF file system only" : "no ISO 9660 image: no volume descriptor",
                    FIRST_DESCRIPTOR * (long) IsoVolume.BLOCK, "the letters CD001",
                    udf
                            ? "only reading knows UDF: kindling iso inspect, kindling iso extract"
                            : "name an installation image; what the file is tells: file PATH");
        }
        partitionVolumes();
        IsoVolume primary = volumes.getFirst();
        Optional<IsoVolume> joliet = volumes.stream()
                .filter(v -> v.kind == IsoVolume.Kind.JOLIET && v.base == 0).findFirst();
        kind = wanted.orElse(
                primary.rockRidge ? Names.ROCK_RIDGE : joliet.isPresent() ? Names.JOLIET : Names.PLAIN);
        names = kind == Names.JOLIET
                ? joliet.orElseThrow(() -> new BadImageException("the image has no Joliet names", -1, "", ""))
                : primary;
        if (kind == Names.ROCK_RIDGE && !primary.rockRidge) {
            throw new BadImageException("the image has no Rock Ridge names", -1, "", "");
        }
    }

    /** The descriptors of a volume set that starts at a block. */
    private void descriptors(long base, List<IsoVolume> found, long[] catalogue, boolean[] beyond) throws IOException {
        for (int i = 0; i < DESCRIPTORS; i++) {
            long at = (base + FIRST_DESCRIPTOR + i) * IsoVolume.BLOCK;
            if (!image.holds(at, IsoVolume.BLOCK)) {
                return;
            }
            ByteBuffer sector = image.read(at, IsoVolume.BLOCK, "a volume descriptor");
            String id = ascii(sector, 1, 5);
            // NSR02 and NSR03: UDF's own descriptors (ECMA-167, 2/9.1)
            beyond[0] |= id.startsWith("NSR0");
            if (id.equals("CD001")) {
                switch (sector.get(0)) {
                    case 0 -> {
                        if (ascii(sector, 7, 23).equals("EL TORITO SPECIFICATION") && catalogue[0] < 0) {
                            catalogue[0] = sector.getInt(71) & 0xFFFF_FFFFL;
                        }
                    }
                    case 1 -> found.add(new IsoVolume(image, IsoVolume.Kind.PRIMARY, at, base));
                    case 2 -> found.add(new IsoVolume(image, supplementary(sector), at, base));
                    default -> {
                        // a partition descriptor, or the terminator
                    }
                }
            } else if (!id.startsWith("NSR0") && !id.equals("BEA01") && !id.equals("TEA01")) {
                return;
            }
        }
    }

    private static IsoVolume.Kind supplementary(ByteBuffer sector) {
        String escape = ascii(sector, 88, 3);
        return escape.equals("%/@") || escape.equals("%/C") || escape.equals("%/E")
                ? IsoVolume.Kind.JOLIET
                : IsoVolume.Kind.ENHANCED;
    }

    /** xorriso's -partition_offset: the same files in trees of their own, for whoever mounts the first partition. */
    private void partitionVolumes() throws IOException {
        PartitionTables tables = PartitionTables.read(image);
        LongStream starts = LongStream.concat(tables.mbr().stream().mapToLong(PartitionTables.Mbr::first),
                tables.gpt().stream().flatMap(g -> g.partitions().stream())
                        .mapToLong(PartitionTables.GptPartition::first));
        for (long start : starts.filter(s -> s > 0 && s % 4 == 0 && s < 1 << 16).distinct().toArray()) {
            long base = start / 4;
            long at = (base + FIRST_DESCRIPTOR) * IsoVolume.BLOCK;
            if (image.holds(at, IsoVolume.BLOCK)
                    && ascii(image.read(at, 6, "a volume descriptor"), 0, 6).equals("\u0001CD001")) {
                descriptors(base, volumes, new long[]{0}, new boolean[1]);
            }
        }
    }

    static String ascii(ByteBuffer buffer, int at, int length) {
        byte[] bytes = new byte[length];
        buffer.get(at, bytes);
        return new String(bytes, US_ASCII);
    }

    ImageBytes image() {
        return image;
    }

    List<IsoVolume> volumes() {
        return volumes;
    }

    /** The names that this reader shows. */
    public Names names() {
        return kind;
    }

    /** All kinds of names that the image has. */
    public List<Names> allNames() {
        List<Names> all = new ArrayList<>();
        if (volumes.getFirst().rockRidge) {
            all.add(Names.ROCK_RIDGE);
        }
        if (volumes.stream().anyMatch(v -> v.kind == IsoVolume.Kind.JOLIET)) {
            all.add(Names.JOLIET);
        }
        all.add(Names.PLAIN);
        return all;
    }

    /** There is a UDF file system beside, for {@link UdfReader}. */
    public boolean hasUdf() {
        return udf;
    }

    public Volume volume() {
        IsoVolume v = volumes.getFirst();
        byte[] b = ImageBytes.bytes(v.descriptor);
        return new Volume(v.text(40, 32), v.text(8, 32), v.text(190, 128), v.text(318, 128), v.text(446, 128),
                v.text(574, 128), IsoRecord.longTime(b, 813), IsoRecord.longTime(b, 830),
                v.space() * IsoVolume.BLOCK);
    }

    /** Whole image. */
    public Content content() {
        return image.image();
    }

    /** The El Torito catalogue, where there is one. */
    public Optional<BootCatalogue> bootCatalogue() throws IOException {
        return catalogueBlock < 0
                ? Optional.empty()
                : Optional.of(BootCatalogue.read(image, catalogueBlock * IsoVolume.BLOCK));
    }

    /** Master boot record, GUID partition table and Apple's, as far as they are there. */
    public PartitionTables partitions() throws IOException {
        return PartitionTables.read(image);
    }

    /** The root directory. */
    public Entry root() throws IOException {
        Entry root = entry("", names, List.of(names.self(names.root.block())));
        if (root.kind() != Kind.DIRECTORY) {
            throw BadImageException.damaged("the root is no directory", names.position(names.root.block()),
                    "a record of a directory");
        }
        return root;
    }

    /** What stands at a path; symbolic links are not followed. Plain names are found in either case. */
    public Optional<Entry> find(String path) throws IOException {
        Entry here = root();
        for (String name : path.split("/", -1)) {
            if (name.isEmpty()) {
                continue;
            }
            if (here.kind() != Kind.DIRECTORY) {
                return Optional.empty();
            }
            Optional<Entry> next = list(here).stream().filter(
                    e -> kind == Names.PLAIN ? e.name().equalsIgnoreCase(name) : e.name().equals(name)).findFirst();
            if (next.isEmpty()) {
                return next;
            }
            here = next.get();
        }
        return Optional.of(here);
    }

    /** Like {@link #find}, for a regular file that must be there. */
    public Entry file(String path) throws IOException {
        return find(path).filter(e -> e.kind() == Kind.FILE)
                .orElseThrow(() -> new FileNotFoundException("the image has no file " + path));
    }

    /** What is in a directory, in the order of the medium. */
    public List<Entry> list(Entry directory) throws IOException {
        if (directory.kind() != Kind.DIRECTORY) {
            throw new IllegalArgumentException(directory.path() + " is no directory");
        }
        Extent where = directory.extents().getFirst();
        String prefix = directory.path().isEmpty() ? "" : directory.path() + "/";
        List<Entry> entries = new ArrayList<>();
        for (List<IsoRecord> file : files(names, names.records(where.offset() / IsoVolume.BLOCK - names.base,
                where.bytes()))) {
            Entry entry = entry(prefix + checkedName(names, file.getFirst()), names, file);
            if (!(prefix.isEmpty() && entry.kind() == Kind.DIRECTORY && onlyRelocated(entry))) {
                entries.add(entry);
            }
        }
        return entries;
    }

    /** rr_moved: where writers keep directories that ISO 9660 finds too deep; its own name is no file's. */
    private boolean onlyRelocated(Entry entry) throws IOException {
        String name = entry.name();
        if (!name.equals("rr_moved") && !name.equals(".rr_moved")) {
            return false;
        }
        Extent where = entry.extents().getFirst();
        List<IsoRecord> records = names.records(where.offset() / IsoVolume.BLOCK - names.base, where.bytes());
        return records.stream().allMatch(r -> r.isDot() || r.relocated) && records.stream().anyMatch(r -> r.relocated);
    }

    /** Records by file: those of several extents together; without "." and "..", relocated and associated ones. */
    static List<List<IsoRecord>> files(IsoVolume volume, List<IsoRecord> records) throws BadImageException {
        List<List<IsoRecord>> files = new ArrayList<>();
        List<IsoRecord> open = new ArrayList<>();
        for (IsoRecord record : records) {
            // flag 4: an associated file, Apple's resource fork
            if (record.isDot() || record.relocated || (record.flags() & 0x04) != 0) {
                continue;
            }
            open.add(record);
            if ((record.flags() & IsoRecord.MORE_EXTENTS) == 0) {
                files.add(open);
                open = new ArrayList<>();
            }
        }
        if (!open.isEmpty()) {
            throw BadImageException.damaged("the last record of " + volume.name(open.getLast()) + " is missing",
                    open.getLast().at, "a record without the flag for more extents");
        }
        return files;
    }

    static String checkedName(IsoVolume volume, IsoRecord record) throws BadImageException {
        String name = volume.name(record);
        if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf('/') >= 0
                || name.indexOf('\0') >= 0) {
            throw new BadImageException("a file is called '" + name.replace('\0', '?') + "'", record.at,
                    "a name that stays in its directory", "do not trust this image");
        }
        return name;
    }

    private Entry entry(String path, IsoVolume volume, List<IsoRecord> records) throws IOException {
        IsoRecord first = records.getFirst();
        Kind what = kind(first);
        int mode = first.mode == -1 ? (what == Kind.DIRECTORY ? 0555 : 0444) : first.mode & 07777;
        Instant modified = first.modified == null ? first.recorded() : first.modified;
        Node.Attributes attributes = new Node.Attributes(mode, first.uid, first.gid, modified);
        List<Extent> extents = new ArrayList<>();
        long size = 0;
        if (what == Kind.DIRECTORY) {
            boolean elsewhere = first.childAt >= 0;
            long block = elsewhere ? first.childAt : first.block();
            extents.add(new Extent(volume.position(block), elsewhere ? volume.self(block).length() : first.length()));
        } else if (what == Kind.FILE) {
            for (IsoRecord record : records) {
                if (record.interleaved()) {
                    throw new BadImageException(path + " is interleaved", record.at + 26, "one piece per extent",
                            "such images are not supported");
                }
                size += record.length();
                if (record.length() > 0) {
                    extents.add(new Extent(volume.position(record.block()), record.length()));
                }
            }
        }
        if (what == Kind.SYMLINK
                && (first.target == null || first.target.isEmpty() || first.target.indexOf('\0') >= 0)) {
            throw BadImageException.damaged("the symbolic link " + path + " leads nowhere", first.at, "a target");
        }
        int[] device = device(first.device);
        return new Entry(path, what, attributes, size, extents,
                first.target == null || what != Kind.SYMLINK ? "" : first.target, device[0], device[1],
                first.compressed);
    }

    /** Major and minor: in a word each, or both in the low one, as Linux reads it (RRIP 4.1.2). */
    private static int[] device(long numbers) {
        if (numbers == -1) {
            return new int[2];
        }
        int high = (int) (numbers >>> 32);
        int low = (int) numbers;
        return (low & ~0xFF) != 0 && high == 0 ? new int[]{low >>> 8, low & 0xFF} : new int[]{high, low};
    }

    private static Kind kind(IsoRecord record) {
        if (record.isDirectory() || record.childAt >= 0) {
            return Kind.DIRECTORY;
        }
        return switch (record.mode == -1 ? 0100000 : record.mode & 0170000) {
            case 0120000 -> Kind.SYMLINK;
            case 0020000 -> Kind.CHARACTER_DEVICE;
            case 0060000 -> Kind.BLOCK_DEVICE;
            case 0010000 -> Kind.FIFO;
            case 0140000 -> Kind.SOCKET;
            default -> Kind.FILE;
        };
    }

    /** What takes entries, and may fail. */
    public interface Visitor {
        void visit(Entry entry) throws IOException;
    }

    /** Everything below a directory, directories before what is in them. */
    public void walk(Entry directory, Visitor visitor) throws IOException {
        walk(directory, visitor, new HashSet<>(), new long[]{image.size()});
    }

    private void walk(Entry directory, Visitor visitor, Set<Long> seen, long[] left) throws IOException {
        Extent where = directory.extents().getFirst();
        // No two directories share bytes, so all of them together are not longer than the image.
        left[0] -= Math.max(1, where.bytes());
        if (!seen.add(where.offset()) || left[0] < 0 || seen.size() > 2_000_000) {
            throw new BadImageException("the directory " + directory.path() + " leads back to itself", where.offset(),
                    "each directory once", "do not trust this image");
        }
        // A name of the length of a path again and again would make paths of megabytes.
        if (directory.path().length() > 1 << 16) {
            throw new BadImageException("a path of " + directory.path().length() + " characters", where.offset(),
                    "at most 65536", "do not trust this image");
        }
        for (Entry entry : list(directory)) {
            visitor.visit(entry);
            if (entry.kind() == Kind.DIRECTORY) {
                walk(entry, visitor, seen, left);
            }
        }
    }

    /** The content of a file: a part of the image, read when it is asked for. */
    public Content content(Entry file) throws IOException {
        if (file.kind() != Kind.FILE) {
            throw new IllegalArgumentException(file.path() + " is no regular file");
        }
        if (file.compressed()) {
            throw zisofs(file.path(), file.extents().getFirst().offset());
        }
        // Pieces that lie one behind the other are one: a file above 4 GiB is a single part of the image.
        List<Extent> pieces = new ArrayList<>();
        for (Extent extent : file.extents()) {
            Extent last = pieces.isEmpty() ? null : pieces.getLast();
            if (last != null && last.offset() + last.bytes() == extent.offset()) {
                pieces.set(pieces.size() - 1, new Extent(last.offset(), last.bytes() + extent.bytes()));
            } else {
                pieces.add(extent);
            }
        }
        List<Content> parts = new ArrayList<>();
        for (Extent piece : pieces) {
            parts.add(image.slice(piece.offset(), piece.bytes(), file.path()));
        }
        return Content.join(parts);
    }

    /** The content of a small file, in memory. */
    public byte[] bytes(Entry file) throws IOException {
        if (file.size() > CONTENT_LIMIT) {
            throw new BadImageException(file.path() + " has " + file.size() + " bytes", -1,
                    "at most " + CONTENT_LIMIT + " bytes of a file that is read into memory", "");
        }
        return content(file).bytes();
    }

    /** The text of a small file, empty where there is none. */
    public Optional<String> text(String path) throws IOException {
        Optional<Entry> entry = find(path).filter(e -> e.kind() == Kind.FILE);
        return entry.isEmpty() ? Optional.empty() : Optional.of(new String(bytes(entry.get()), ISO_8859_1));
    }

    /** Everything as a tree for a writer; contents stay in the image. */
    public Tree tree() throws IOException {
        Entry root = root();
        Tree tree = new Tree(root.attributes());
        walk(root, entry -> tree.put(entry.path(), node(entry)));
        return tree;
    }

    private Node node(Entry entry) throws IOException {
        return switch (entry.kind()) {
            case DIRECTORY -> new Node.Directory(entry.attributes());
            case FILE -> new Node.File(entry.attributes(),
                    entry.compressed() ? new Compressed(entry.path(), entry.size()) : content(entry));
            case SYMLINK -> new Node.Symlink(entry.attributes(), entry.target());
            case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET -> new Node.Special(entry.attributes(),
                    Node.Special.Kind.valueOf(entry.kind().name()), entry.major(), entry.minor());
        };
    }

    /** A file that is listed and cannot be read; others of the image can. */
    private record Compressed(String path, long size) implements Content {
        @Override
        public int read(long position, ByteBuffer target) throws IOException {
            throw zisofs(path, -1);
        }
    }

    private static BadImageException zisofs(String path, long at) {
        return new BadImageException(path + " is compressed with zisofs", at, "a file as it is",
                "mount the image with Linux to read it");
    }

    /** Every file's and directory's place, for whoever looks for overlaps; order as on the medium. */
    void extents(Consumer<Extent> visitor) throws IOException {
        walk(root(), entry -> entry.extents().forEach(visitor));
    }

    static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }
}

package dev.kindling.iso.image;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RecursiveAction;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Reads the tree below a directory of this computer. Symbolic links are taken as they are and never followed; names
 * that are hard links of one file share its content. A FIFO is kept as a FIFO and never opened. A socket is left out:
 * it is nothing without the program that listens on it.
 */
public final class TreeScan {
    /** As in {@code st_mode}. */
    private static final int TYPE = 0170000;
    private static final int FIFO = 0010000;
    private static final int CHARACTER_DEVICE = 0020000;
    private static final int DIRECTORY = 0040000;
    private static final int BLOCK_DEVICE = 0060000;
    private static final int REGULAR = 0100000;
    private static final int SYMLINK = 0120000;
    private static final int SOCKET = 0140000;

    private final boolean unix;
    private final boolean owners;
    private final Optional<LinuxFiles> linux = LinuxFiles.calls()
            .filter(_ -> String.valueOf(System.getProperty("sun.jnu.encoding")).equals("UTF-8"));
    private final Set<String> skipped = new ConcurrentSkipListSet<>();
    private final Map<Object, Content> linked = new ConcurrentHashMap<>();
    private final LongAdder nodes = new LongAdder();
    private final LongAdder bytes = new LongAdder();

    private TreeScan(boolean unix, boolean owners) {
        this.unix = unix;
        this.owners = owners;
    }

    /**
     * What was found.
     *
     * @param nodes of all kinds
     * @param bytes of all files
     * @param skipped paths of sockets
     */
    public record Result(Tree tree, long nodes, long bytes, List<String> skipped) {}

    /**
     * Reads names and attributes; contents are read when they are asked for.
     *
     * @throws IOException where something cannot be read, or has a name that this process cannot decode
     */
    public static Result of(Path directory) throws IOException {
        return of(directory, true);
    }

    /** The same; everything is root's. */
    public static Result ofRoot(Path directory) throws IOException {
        return of(directory, false);
    }

    private static Result of(Path directory, boolean owners) throws IOException {
        TreeScan scan = new TreeScan(directory.getFileSystem().supportedFileAttributeViews().contains("unix"), owners);
        Path real = directory.toRealPath();
        Node.Directory root = new Node.Directory(scan.attributes(scan.look(real)));
        try {
            ForkJoinPool.commonPool().invoke(scan.reading(real, "", root));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return new Result(new Tree(root.attributes()).put("", root), scan.nodes.sum(), scan.bytes.sum(),
                List.copyOf(scan.skipped));
    }

    /** One directory by one thread, those below it by any. */
    private RecursiveAction reading(Path directory, String prefix, Node.Directory into) {
        return new RecursiveAction() {
            @Override
            protected void compute() {
                try {
                    invokeAll(read(directory, prefix, into));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
    }

    /** Reads a directory; what is left to do are the ones below it. */
    private List<RecursiveAction> read(Path directory, String prefix, Node.Directory into) throws IOException {
        List<RecursiveAction> below = new ArrayList<>();
        for (LinuxFiles.Listed each : list(directory)) {
            String name = each.name();
            if (name.indexOf('\uFFFD') >= 0) {
                throw new IOException("a name in " + directory + " cannot be decoded: '" + name
                        + "'; run this in a UTF-8 locale, or rename it");
            }
            Node node = node(directory, name, each.status(), prefix);
            if (node != null) {
                nodes.increment();
                into.children.put(name, node);
            }
            if (node instanceof Node.Directory found) {
                below.add(reading(directory.resolve(name), prefix + name + "/", found));
            }
        }
        return below;
    }

    private List<LinuxFiles.Listed> list(Path directory) throws IOException {
        Optional<List<LinuxFiles.Listed>> fast = linux.isPresent() ? linux.get().list(directory) : Optional.empty();
        if (fast.isPresent()) {
            return fast.get();
        }
        List<LinuxFiles.Listed> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                found.add(new LinuxFiles.Listed(entry.getFileName().toString(), look(entry)));
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return found;
    }

    private @Nullable Node node(Path directory, String name, LinuxFiles.Status found, String prefix)
            throws IOException {
        Node.Attributes attributes = attributes(found);
        return switch (found.mode() & TYPE) {
            case DIRECTORY -> new Node.Directory(attributes);
            case REGULAR -> {
                bytes.add(found.size());
                Content content = new FileContent(directory, name, found.size(), found.modified().toEpochMilli());
                yield new Node.File(attributes, found.links() > 1
                        ? linked.computeIfAbsent(List.of(found.device(), found.inode()), _ -> content)
                        : content);
            }
            case SYMLINK -> new Node.Symlink(attributes,
                    Files.readSymbolicLink(directory.resolve(name)).toString());
            case FIFO -> new Node.Special(attributes, Node.Special.Kind.FIFO, 0, 0);
            case CHARACTER_DEVICE -> device(attributes, Node.Special.Kind.CHARACTER_DEVICE, found);
            case BLOCK_DEVICE -> device(attributes, Node.Special.Kind.BLOCK_DEVICE, found);
            case SOCKET -> {
                skipped.add(prefix + name);
                yield null;
            }
            default -> throw new IOException(
                    directory.resolve(name) + " is of a kind that an image cannot hold");
        };
    }

    private static Node device(Node.Attributes attributes, Node.Special.Kind kind, LinuxFiles.Status found) {
        return new Node.Special(attributes, kind, found.deviceMajor(), found.deviceMinor());
    }

    private Node.Attributes attributes(LinuxFiles.Status found) {
        return new Node.Attributes(found.mode() & 07777, owners ? found.uid() : 0, owners ? found.gid() : 0,
                found.modified());
    }

    private LinuxFiles.Status look(Path path) throws IOException {
        if (unix) {
            Map<String, Object> found = Files.readAttributes(path,
                    "unix:mode,uid,gid,rdev,size,lastModifiedTime,nlink,dev,ino", LinkOption.NOFOLLOW_LINKS);
            // The numbers of a device are spread over dev_t as glibc's makedev does it.
            long device = get(found, "rdev", Long.class);
            return new LinuxFiles.Status(get(found, "mode", Integer.class), get(found, "nlink", Integer.class),
                    get(found, "uid", Integer.class), get(found, "gid", Integer.class), get(found, "size", Long.class),
                    get(found, "lastModifiedTime", FileTime.class).toInstant(), get(found, "ino", Long.class),
                    get(found, "dev", Long.class), (int) (((device >> 8) & 0xFFF) | ((device >> 32) & ~0xFFF)),
                    (int) ((device & 0xFF) | ((device >> 12) & ~0xFF)));
        }
        // No Unix: what is a program is not known, so files are readable by all and nothing more.
        BasicFileAttributes found = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        int mode = found.isDirectory()
                ? DIRECTORY | 0755
                : found.isSymbolicLink() ? SYMLINK | 0777 : found.isRegularFile() ? REGULAR | 0644 : 0;
        return new LinuxFiles.Status(mode, 1, 0, 0, found.size(), found.lastModifiedTime().toInstant(), 0, 0, 0, 0);
    }

    private static <T> T get(Map<String, Object> attributes, String name, Class<T> type) {
        return type.cast(Objects.requireNonNull(attributes.get(name), name));
    }
}

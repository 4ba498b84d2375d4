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
    private final Set<String> skipped = new ConcurrentSkipListSet<>();
    private final Map<Object, Content> linked = new ConcurrentHashMap<>();
    private final LongAdder nodes = new LongAdder();
    private final LongAdder bytes = new LongAdder();

    private TreeScan(boolean unix) {
        this.unix = unix;
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
        TreeScan scan = new TreeScan(directory.getFileSystem().supportedFileAttributeViews().contains("unix"));
        Path real = directory.toRealPath();
        Node.Directory root = new Node.Directory(scan.look(real).attributes());
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
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (name.indexOf('\uFFFD') >= 0) {
                    throw new IOException("a name in " + directory + " cannot be decoded: '" + name
                            + "'; run this in a UTF-8 locale, or rename it");
                }
                Node node = node(entry, prefix + name);
                if (node != null) {
                    nodes.increment();
                    into.children.put(name, node);
                }
                if (node instanceof Node.Directory found) {
                    below.add(reading(entry, prefix + name + "/", found));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return below;
    }

    private @Nullable Node node(Path entry, String path) throws IOException {
        Found found = look(entry);
        Node.Attributes attributes = found.attributes();
        return switch (found.mode & TYPE) {
            case DIRECTORY -> new Node.Directory(attributes);
            case REGULAR -> {
                bytes.add(found.size);
                Content content = new FileContent(entry, found.size, found.modified.toMillis());
                yield new Node.File(attributes, found.links > 1
                        ? linked.computeIfAbsent(found.key, _ -> content)
                        : content);
            }
            case SYMLINK -> new Node.Symlink(attributes, Files.readSymbolicLink(entry).toString());
            case FIFO -> new Node.Special(attributes, Node.Special.Kind.FIFO, 0, 0);
            case CHARACTER_DEVICE -> device(attributes, Node.Special.Kind.CHARACTER_DEVICE, found.device);
            case BLOCK_DEVICE -> device(attributes, Node.Special.Kind.BLOCK_DEVICE, found.device);
            case SOCKET -> {
                skipped.add(path);
                yield null;
            }
            default -> throw new IOException(entry + " is of a kind that an image cannot hold");
        };
    }

    /** The numbers are spread over {@code dev_t} as glibc's {@code makedev} does it. */
    private static Node device(Node.Attributes attributes, Node.Special.Kind kind, long device) {
        return new Node.Special(attributes, kind, (int) (((device >> 8) & 0xFFF) | ((device >> 32) & ~0xFFF)),
                (int) ((device & 0xFF) | ((device >> 12) & ~0xFF)));
    }

    /** What the file system says of one name. */
    private record Found(int mode, int uid, int gid, long device, long size, FileTime modified, Object key,
            int links) {
        Node.Attributes attributes() {
            return new Node.Attributes(mode & 07777, uid, gid, modified.toInstant());
        }
    }

    private Found look(Path path) throws IOException {
        if (unix) {
            Map<String, Object> found = Files.readAttributes(path,
                    "unix:mode,uid,gid,rdev,size,lastModifiedTime,nlink,dev,ino", LinkOption.NOFOLLOW_LINKS);
            int links = get(found, "nlink", Integer.class);
            return new Found(get(found, "mode", Integer.class), get(found, "uid", Integer.class),
                    get(found, "gid", Integer.class), get(found, "rdev", Long.class), get(found, "size", Long.class),
                    get(found, "lastModifiedTime", FileTime.class),
                    links > 1 ? List.of(get(found, "dev", Long.class), get(found, "ino", Long.class)) : path, links);
        }
        // No Unix: what is a program is not known, so files are readable by all and nothing more.
        BasicFileAttributes found = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        int mode = found.isDirectory()
                ? DIRECTORY | 0755
                : found.isSymbolicLink() ? SYMLINK | 0777 : found.isRegularFile() ? REGULAR | 0644 : 0;
        return new Found(mode, 0, 0, 0, found.size(), found.lastModifiedTime(), path, 1);
    }

    private static <T> T get(Map<String, Object> attributes, String name, Class<T> type) {
        return type.cast(Objects.requireNonNull(attributes.get(name), name));
    }
}

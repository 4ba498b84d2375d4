package dev.kindling.iso;

import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.Node;
import dev.kindling.iso.image.Tree;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Takes files out of an image. Nothing is ever written outside of the target: links that lead out of it are left out,
 * and no link of the image is followed. Modes and times are restored; owners are not, and set-user-id bits are taken
 * away.
 */
public final class IsoExtractor {
    private final Path target;
    private final Consumer<IsoEvent> events;
    private final List<Restored> directories = new ArrayList<>();
    private long done;
    private long total;

    private record Restored(Path path, Node.Attributes attributes) {}

    /** @param path in the image */
    private record Entry(String path, Node node) {}

    private IsoExtractor(Path target, Consumer<IsoEvent> events) {
        this.target = target;
        this.events = events;
    }

    /**
     * Extracts a file, or a directory with everything in it.
     *
     * @param path in the image; empty for all
     * @param target a directory; made where it is missing
     * @throws IOException where something is in the way already, or the image is damaged
     */
    public static void extract(Tree image, String path, Path target, Consumer<IsoEvent> events) throws IOException {
        String from = path.replaceAll("^/+|/+$", "").replaceAll("/+", "/");
        Node node = image.get(from).or(() -> inEitherCase(image, from))
                .orElseThrow(() -> new FileNotFoundException("the image has nothing at " + path));
        Files.createDirectories(target);
        new IsoExtractor(target.toRealPath(), events).run(from, node);
        events.accept(new IsoEvent.Finished(target, size(node)));
    }

    /** As most systems find names of FAT and of plain ISO 9660. */
    private static Optional<Node> inEitherCase(Tree image, String path) {
        Node node = image.root();
        for (String name : path.split("/", -1)) {
            if (!(node instanceof Node.Directory directory)) {
                return Optional.empty();
            }
            List<Node> alike = directory.children().entrySet().stream()
                    .filter(each -> each.getKey().equalsIgnoreCase(name)).map(Map.Entry::getValue).toList();
            if (alike.size() != 1) {
                return Optional.empty();
            }
            node = alike.getFirst();
        }
        return Optional.of(node);
    }

    private static long size(Node node) {
        return node instanceof Node.File file ? file.content().size() : 0;
    }

    private void run(String from, Node node) throws IOException {
        List<Entry> entries = new ArrayList<>();
        if (node instanceof Node.Directory directory) {
            Tree below = new Tree(directory.attributes()).put("", directory);
            below.walk((path, each) -> entries.add(new Entry(path, each)));
        } else {
            entries.add(new Entry(from.substring(from.lastIndexOf('/') + 1), node));
        }
        total = entries.stream().mapToLong(each -> size(each.node())).sum();
        events.accept(new IsoEvent.Scanned(entries.size(), total));
        for (Entry entry : entries) {
            extract(entry.path(), entry.node());
        }
        // Last, and from the inside out: a directory without the right to write would stand in the way.
        for (Restored each : directories.reversed()) {
            restore(each.path(), each.attributes());
        }
    }

    private void extract(String relative, Node node) throws IOException {
        Path to = place(relative);
        switch (node) {
            case Node.Directory directory -> {
                if (!Files.isDirectory(to, LinkOption.NOFOLLOW_LINKS)) {
                    Files.createDirectory(to);
                }
                directories.add(new Restored(to, directory.attributes()));
            }
            case Node.File file -> {
                copy(file.content(), to);
                restore(to, file.attributes());
            }
            case Node.Symlink link -> link(link, relative, to);
            case Node.Special _ -> events
                    .accept(new IsoEvent.Noted(relative, "left out: devices, pipes and sockets are not made"));
        }
    }

    private Path place(String relative) throws IOException {
        Path to;
        try {
            to = target.resolve(relative).normalize();
        } catch (InvalidPathException e) {
            throw new IOException(relative + " is no name on this system: " + e.getReason(), e);
        }
        Path parent = to.getParent();
        // Names have no slashes and are not "..": only something that was in the target before can lead out of it.
        if (!to.startsWith(target) || parent == null || !parent.toRealPath().startsWith(target)
                || to.getNameCount() != target.getNameCount() + relative.split("/", -1).length) {
            throw new IOException(relative + " would be written outside of " + target);
        }
        return to;
    }

    private void copy(Content content, Path to) throws IOException {
        try (FileChannel out = FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long at = 0; at < content.size();) {
                long count = Math.min(8L << 20, content.size() - at);
                content.transferTo(at, count, out);
                at += count;
                done += count;
                events.accept(new IsoEvent.Progressed(done, total));
            }
        } catch (FileAlreadyExistsException e) {
            throw new IOException(to + " is there already; extract into an empty directory", e);
        }
    }

    private void link(Node.Symlink link, String relative, Path to) throws IOException {
        int depth = (int) relative.chars().filter(c -> c == '/').count();
        boolean inside = !link.target().startsWith("/") && link.target().indexOf('\\') < 0;
        boolean down = false;
        for (String name : link.target().split("/", -1)) {
            // Up only at the start, where the directories are real ones: behind a name may be another link.
            if (name.equals("..")) {
                depth--;
                inside &= depth >= 0 && !down;
            } else {
                down |= !name.isEmpty() && !name.equals(".");
            }
        }
        if (!inside) {
            events.accept(new IsoEvent.Noted(relative,
                    "left out: the link leads out of the target, to " + link.target()));
            return;
        }
        try {
            Files.createSymbolicLink(to, Path.of(link.target()));
        } catch (UnsupportedOperationException | InvalidPathException e) {
            events.accept(new IsoEvent.Noted(relative, "left out: this system has no such links"));
        } catch (FileAlreadyExistsException e) {
            throw new IOException(to + " is there already; extract into an empty directory", e);
        }
    }

    private static void restore(Path path, Node.Attributes attributes) throws IOException {
        PosixFileAttributeView posix = Files.getFileAttributeView(path, PosixFileAttributeView.class,
                LinkOption.NOFOLLOW_LINKS);
        if (posix != null) {
            posix.setPermissions(permissions(attributes.permissions()));
        }
        FileTime time = FileTime.from(attributes.modified());
        BasicFileAttributeView times = Files.getFileAttributeView(path, BasicFileAttributeView.class,
                LinkOption.NOFOLLOW_LINKS);
        times.setTimes(time, time, null);
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        PosixFilePermission[] all = {PosixFilePermission.OTHERS_EXECUTE, PosixFilePermission.OTHERS_WRITE,
                PosixFilePermission.OTHERS_READ, PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.GROUP_WRITE,
                PosixFilePermission.GROUP_READ, PosixFilePermission.OWNER_EXECUTE, PosixFilePermission.OWNER_WRITE,
                PosixFilePermission.OWNER_READ};
        Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
        for (int bit = 0; bit < all.length; bit++) {
            if ((mode & (1 << bit)) != 0) {
                set.add(all[bit]);
            }
        }
        return set;
    }
}

package dev.kindling.iso;

import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.IsoReader;
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
import java.util.Set;
import java.util.function.Consumer;

/**
 * Takes files out of an image. Nothing is ever written outside of the target: links that lead out of it are left out,
 * and no link of the image is followed. Modes and times are restored; owners are not, and set-user-id bits are taken
 * away.
 */
public final class IsoExtractor {
    private final IsoReader reader;
    private final Path target;
    private final Consumer<IsoEvent> events;
    private final List<Restored> directories = new ArrayList<>();
    private long done;
    private long total;

    private record Restored(Path path, IsoReader.Entry entry) {}

    private IsoExtractor(IsoReader reader, Path target, Consumer<IsoEvent> events) {
        this.reader = reader;
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
    public static void extract(IsoReader reader, String path, Path target, Consumer<IsoEvent> events)
            throws IOException {
        IsoReader.Entry from = reader.find(path)
                .orElseThrow(() -> new FileNotFoundException("the image has nothing at " + path));
        Files.createDirectories(target);
        Path root = target.toRealPath();
        new IsoExtractor(reader, root, events).run(from);
        events.accept(new IsoEvent.Finished(target, from.size()));
    }

    private void run(IsoReader.Entry from) throws IOException {
        List<IsoReader.Entry> entries = new ArrayList<>();
        if (from.kind() == IsoReader.Kind.DIRECTORY) {
            reader.walk(from, entries::add);
        } else {
            entries.add(from);
        }
        total = entries.stream().mapToLong(IsoReader.Entry::size).sum();
        events.accept(new IsoEvent.Scanned(entries.size(), total));
        String parent = from.kind() == IsoReader.Kind.DIRECTORY
                ? from.path()
                : from.path().substring(0, Math.max(0, from.path().lastIndexOf('/')));
        for (IsoReader.Entry entry : entries) {
            extract(entry, parent.isEmpty() ? entry.path() : entry.path().substring(parent.length() + 1));
        }
        // Last, and from the inside out: a directory without the right to write would stand in the way.
        for (Restored each : directories.reversed()) {
            restore(each.path(), each.entry());
        }
    }

    private void extract(IsoReader.Entry entry, String relative) throws IOException {
        Path to = place(relative, entry);
        switch (entry.kind()) {
            case DIRECTORY -> {
                if (!Files.isDirectory(to, LinkOption.NOFOLLOW_LINKS)) {
                    Files.createDirectory(to);
                }
                directories.add(new Restored(to, entry));
            }
            case FILE -> {
                copy(entry, to);
                restore(to, entry);
            }
            case SYMLINK -> link(entry, relative, to);
            case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET -> events
                    .accept(new IsoEvent.Noted(entry.path(), "left out: devices, pipes and sockets are not made"));
        }
    }

    private Path place(String relative, IsoReader.Entry entry) throws IOException {
        Path to;
        try {
            to = target.resolve(relative).normalize();
        } catch (InvalidPathException e) {
            throw new IOException(entry.path() + " is no name on this system: " + e.getReason(), e);
        }
        Path parent = to.getParent();
        // Names have no slashes and are not "..": only something that was in the target before can lead out of it.
        if (!to.startsWith(target) || parent == null || !parent.toRealPath().startsWith(target)
                || to.getNameCount() != target.getNameCount() + relative.split("/", -1).length) {
            throw new IOException(entry.path() + " would be written outside of " + target);
        }
        return to;
    }

    private void copy(IsoReader.Entry entry, Path to) throws IOException {
        Content content = reader.content(entry);
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

    private void link(IsoReader.Entry entry, String relative, Path to) throws IOException {
        int depth = (int) relative.chars().filter(c -> c == '/').count();
        boolean inside = !entry.target().startsWith("/") && entry.target().indexOf('\\') < 0;
        boolean down = false;
        for (String name : entry.target().split("/", -1)) {
            // Up only at the start, where the directories are real ones: behind a name may be another link.
            if (name.equals("..")) {
                depth--;
                inside &= depth >= 0 && !down;
            } else {
                down |= !name.isEmpty() && !name.equals(".");
            }
        }
        if (!inside) {
            events.accept(new IsoEvent.Noted(entry.path(),
                    "left out: the link leads out of the target, to " + entry.target()));
            return;
        }
        try {
            Files.createSymbolicLink(to, Path.of(entry.target()));
        } catch (UnsupportedOperationException | InvalidPathException e) {
            events.accept(new IsoEvent.Noted(entry.path(), "left out: this system has no such links"));
        } catch (FileAlreadyExistsException e) {
            throw new IOException(to + " is there already; extract into an empty directory", e);
        }
    }

    private static void restore(Path path, IsoReader.Entry entry) throws IOException {
        PosixFileAttributeView posix = Files.getFileAttributeView(path, PosixFileAttributeView.class,
                LinkOption.NOFOLLOW_LINKS);
        if (posix != null) {
            posix.setPermissions(permissions(entry.attributes().permissions()));
        }
        FileTime time = FileTime.from(entry.attributes().modified());
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

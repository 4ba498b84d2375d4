package dev.kindling.engine.boot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Files that are made once and used by several programs at a time: made aside, synced, and renamed into place, so that
 * a name stands either for nothing or for the whole thing, whenever the power fails. Makers of the same thing wait for
 * each other.
 */
record CacheDirectory(Path path) {
    private static final Duration LOCK_POLL = Duration.ofMillis(50);

    /** Writes a file or fills a directory that does not exist yet. */
    interface Maker {
        void make(Path aside) throws IOException;
    }

    /** The file or directory {@code name}, made now where it is not there. */
    Path get(String name, Maker maker) throws IOException {
        Path wanted = path.resolve(name);
        if (Files.exists(wanted)) {
            return wanted;
        }
        Path parent = wanted.resolveSibling("");
        Files.createDirectories(parent);
        String baseName = String.valueOf(wanted.getFileName());
        Path lockFile = parent.resolve("." + baseName + ".lock");
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = lock(channel)) {
            if (!lock.isValid()) {
                throw new IOException(lockFile + " cannot be locked");
            }
            if (Files.exists(wanted)) {
                return wanted;
            }
            Path aside = parent.resolve("." + baseName + ".part");
            deleteTree(aside);
            maker.make(aside);
            sync(aside);
            Files.move(aside, wanted, StandardCopyOption.ATOMIC_MOVE);
            force(parent);
            return wanted;
        }
    }

    /** Remembers when this was used last, for {@link #prune}. Beside it, because its own time stamp is content. */
    void used(String name) throws IOException {
        Path mark = path.resolve("." + name + ".used");
        Files.write(mark, new byte[0]);
        Files.setLastModifiedTime(mark, FileTime.from(Instant.now()));
    }

    /**
     * Removes what was not used for a while.
     *
     * @param pattern regular expression of the names that are looked at
     * @param keep how many stay in any case, those that were used last
     * @param grace what was used within it stays, too: another process may be at it
     * @return the removed names
     */
    List<String> prune(String pattern, int keep, Duration grace) throws IOException {
        List<String> names;
        try (Stream<Path> files = Files.list(path)) {
            names = files.map(file -> String.valueOf(file.getFileName())).filter(name -> name.matches(pattern))
                    .toList();
        } catch (NoSuchFileException _) {
            return List.of();
        }
        Map<String, Instant> lastUsed = new HashMap<>();
        for (String name : names) {
            Path mark = path.resolve("." + name + ".used");
            try {
                lastUsed.put(name,
                        Files.getLastModifiedTime(Files.exists(mark) ? mark : path.resolve(name)).toInstant());
            } catch (NoSuchFileException _) {
                // another process was done with it, or prunes, too
            }
        }
        Instant limit = Instant.now().minus(grace);
        List<String> old = lastUsed.keySet().stream().sorted(Comparator.comparing(lastUsed::get).reversed()).skip(keep)
                .filter(name -> lastUsed.getOrDefault(name, limit).isBefore(limit)).toList();
        for (String name : old) {
            deleteTree(path.resolve(name));
            for (String beside : List.of(".used", ".lock")) {
                Files.deleteIfExists(path.resolve("." + name + beside));
            }
        }
        return old;
    }

    /** Removes a file or a directory with all that is in it; nothing happens when there is none. */
    static void deleteTree(Path root) throws IOException {
        try (Stream<Path> walk = Files.walk(root)) {
            List<Path> all = walk.sorted(Comparator.reverseOrder()).toList();
            for (Path each : all) {
                Files.deleteIfExists(each);
            }
        } catch (UncheckedIOException e) {
            if (!(e.getCause() instanceof NoSuchFileException)) {
                throw e.getCause();
            }
            // another process removes it, too: what it has left
            deleteTree(root);
        } catch (NoSuchFileException | FileAlreadyExistsException e) {
            if (Files.exists(root)) {
                throw e;
            }
        }
    }

    private static FileLock lock(FileChannel channel) throws IOException {
        while (true) {
            try {
                return channel.lock();
            } catch (OverlappingFileLockException e) {
                // Another thread of this process holds it: file locks belong to the process and cannot be waited for.
                pause(e);
            }
        }
    }

    private static void pause(Throwable cause) throws IOException {
        try {
            Thread.sleep(LOCK_POLL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            e.addSuppressed(cause);
            throw new IOException("interrupted while waiting for another thread", e);
        }
    }

    private static void sync(Path root) throws IOException {
        List<Path> all;
        try (Stream<Path> walk = Files.walk(root)) {
            all = walk.filter(each -> !Files.isSymbolicLink(each)).toList();
        }
        for (Path each : all) {
            force(each);
        }
    }

    private static void force(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}

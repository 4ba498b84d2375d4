package dev.kindling.pxe.http;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;

/**
 * Keeps files open for the next machine, which wants the same ones. Each use asks the file system whether the name
 * still stands for the same file, so that a change is seen at once.
 */
final class OpenFiles implements AutoCloseable {
    private static final int MAX_FILES = 256;
    /** A file that was deleted takes its space until it is closed. */
    private static final long UNUSED_NANOS = 30_000_000_000L;

    private final LinkedHashMap<Path, OpenFile> files = new LinkedHashMap<>(64, 0.75f, true);
    private boolean closed;

    /**
     * Opens a regular file; the caller releases it.
     *
     * @throws NoSuchFileException for anything else: a device or a pipe could hold the reader for ever
     */
    OpenFile open(Path path) throws IOException {
        for (int attempt = 0; attempt < 5; attempt++) {
            var attributes = regular(path);
            synchronized (this) {
                var known = files.get(path);
                if (known != null && known.matches(attributes) && known.retain()) {
                    known.lastUsed = System.nanoTime();
                    return known;
                }
            }
            var opened = new OpenFile(FileChannel.open(path, StandardOpenOption.READ), attributes);
            // replaced in between, the descriptor and its attributes may be of two files
            if (opened.matches(regular(path))) {
                remember(path, opened);
                return opened;
            }
            opened.release();
        }
        throw new IOException("the file changes while it is opened");
    }

    private static BasicFileAttributes regular(Path path) throws IOException {
        var attributes = Files.readAttributes(path, BasicFileAttributes.class);
        if (!attributes.isRegularFile()) {
            throw new NoSuchFileException(path.toString());
        }
        return attributes;
    }

    private synchronized void remember(Path path, OpenFile opened) {
        if (closed) {
            return;
        }
        opened.retain();
        opened.lastUsed = System.nanoTime();
        var before = files.put(path, opened);
        if (before != null) {
            before.release();
        }
        if (files.size() > MAX_FILES) {
            files.pollFirstEntry().getValue().release();
        }
    }

    /** Closes what was not used for a while. */
    synchronized void sweep() {
        long now = System.nanoTime();
        files.values().removeIf(file -> {
            boolean unused = now - file.lastUsed > UNUSED_NANOS;
            if (unused) {
                file.release();
            }
            return unused;
        });
    }

    @Override
    public synchronized void close() {
        closed = true;
        files.values().forEach(OpenFile::release);
        files.clear();
    }
}

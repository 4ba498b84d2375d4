package dev.kindling.pxe.tftp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One descriptor for each file, however many machines read it. A file that was replaced or written to is opened anew
 * for those who ask later; the others go on with the one that they began. Safe for several threads.
 */
final class OpenFiles {
    private final Map<Path, Shared> open = new HashMap<>();
    /** Of the one thread that reads. */
    private final ReadCache cache = new ReadCache();

    /** What tells one version of a file from another. */
    private record Version(@Nullable Object key, long size, FileTime modified) {
        static Version of(Path path) throws IOException {
            var now = Files.readAttributes(path, BasicFileAttributes.class);
            if (!now.isRegularFile()) {
                throw new NoSuchFileException(path.toString());
            }
            return new Version(now.fileKey(), now.size(), now.lastModifiedTime());
        }
    }

    private static final class Shared {
        final Version version;
        final FileChannel file;
        int readers;

        Shared(Version version, FileChannel file) {
            this.version = version;
            this.file = file;
        }
    }

    /** A file with the size that it had when it was opened. */
    private final class Reader implements Content {
        private final Path path;
        private final Shared shared;

        Reader(Path path, Shared shared) {
            this.path = path;
            this.shared = shared;
        }

        @Override
        public long size() {
            return shared.version.size();
        }

        @Override
        public void read(long offset, ByteBuffer to) throws IOException {
            cache.read(shared.file, offset, to);
        }

        @Override
        public void close() {
            release(path, shared);
        }
    }

    /** Opens a regular file, or joins those who read it already. The content must be closed once. */
    synchronized Content open(Path path) throws IOException {
        var version = Version.of(path);
        Shared shared = open.get(path);
        if (shared == null || !shared.version.equals(version)) {
            shared = new Shared(version, FileChannel.open(path, StandardOpenOption.READ));
            open.put(path, shared);
        }
        shared.readers++;
        return new Reader(path, shared);
    }

    private synchronized void release(Path path, Shared shared) {
        if (--shared.readers == 0) {
            open.remove(path, shared);
            try {
                shared.file.close();
            } catch (IOException e) {
                // it was only read from: nothing is lost
            }
        }
    }

    /** Files that are open now. */
    synchronized int count() {
        return open.size();
    }
}

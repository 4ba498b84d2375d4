package dev.kindling.engine.secret;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Where the content of a {@link SecretStore} lies. Who can read it learns the names of the secrets, nothing else. */
public interface Place {
    /** What is there; empty where nothing was put yet. */
    Optional<byte[]> read() throws IOException;

    /**
     * Changes it while nobody else does. Whoever reads meanwhile gets the old content or the new one, and so does
     * everybody after a crash.
     */
    void change(Change change) throws IOException;

    /** For messages. */
    @Override
    String toString();

    /** From the content (null: there is none) to the new one; null leaves it as it is. May be called again. */
    @FunctionalInterface
    interface Change {
        byte @Nullable [] apply(byte @Nullable [] content) throws IOException;
    }

    /** A file of mode 0600. */
    static Place file(Path file) {
        return new Place() {
            @Override
            public Optional<byte[]> read() throws IOException {
                try {
                    return Optional.of(Files.readAllBytes(file));
                } catch (NoSuchFileException e) {
                    return Optional.empty();
                }
            }

            @Override
            public void change(Change change) throws IOException {
                AtomicFile.directory(AtomicFile.parent(file));
                ReentrantLock ours = AtomicFile.ofThisProcess(lockPath(file));
                ours.lock();
                try (FileChannel channel = AtomicFile.lockFile(lockPath(file)); FileLock held = lock(channel)) {
                    if (!held.isValid()) {
                        throw new IOException("no lock on " + file);
                    }
                    byte[] changed = change.apply(read().orElse(null));
                    if (changed != null) {
                        AtomicFile.write(file, changed);
                    }
                } finally {
                    ours.unlock();
                }
            }

            @Override
            public String toString() {
                return file.toString();
            }
        };
    }

    private static Path lockPath(Path file) {
        return file.resolveSibling("." + file.getFileName() + ".lock");
    }

    /** Waits for other processes; the JDK refuses a file that this one has locked by another name. */
    private static FileLock lock(FileChannel channel) throws IOException {
        for (;;) {
            try {
                return channel.lock();
            } catch (OverlappingFileLockException e) {
                LockSupport.parkNanos(2_000_000);
            }
        }
    }
}

package dev.kindling.engine.secret;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/** Writes private files so that a crash leaves the old content or the new one. */
final class AtomicFile {
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY = PosixFilePermissions
            .asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private static final Map<Path, ReentrantLock> LOCKS = new ConcurrentHashMap<>();

    private AtomicFile() {}

    /** Makes a directory, and those above it, for the owner only; one that exists stays as it is. */
    static void directory(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    /** Replaces the content: written aside, synced, renamed, and the rename synced. */
    static void write(Path file, byte[] content) throws IOException {
        Path directory = parent(file);
        Path aside = Files.createTempFile(directory, "." + file.getFileName(), ".new", OWNER_ONLY);
        try {
            fill(aside, content);
            Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(aside);
        }
        sync(directory);
    }

    /**
     * Makes a file that must not exist yet.
     *
     * @throws java.nio.file.FileAlreadyExistsException where it does
     */
    static void create(Path file, byte[] content) throws IOException {
        Path directory = parent(file);
        Path aside = Files.createTempFile(directory, "." + file.getFileName(), ".new", OWNER_ONLY);
        try {
            fill(aside, content);
            // Unlike a rename, a link never replaces.
            Files.createLink(file, aside);
        } finally {
            Files.deleteIfExists(aside);
        }
        sync(directory);
    }

    private static void fill(Path file, byte[] content) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
    }

    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Others than the owner may read or write it. */
    static boolean openToOthers(Path file) throws IOException {
        return Files.getPosixFilePermissions(file).stream()
                .anyMatch(permission -> !permission.name().startsWith("OWNER_"));
    }

    static Path parent(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IllegalArgumentException(file + " is a root directory");
        }
        return parent;
    }

    /**
     * To be held from before a lock file is opened until after it is closed: whoever closes it frees the lock of the
     * whole process, also where another thread has it by then.
     */
    static ReentrantLock ofThisProcess(Path lockFile) {
        return LOCKS.computeIfAbsent(lockFile.toAbsolutePath().normalize(), _ -> new ReentrantLock());
    }

    /** A channel on a file that exists only to be locked. */
    static FileChannel lockFile(Path file) throws IOException {
        return FileChannel.open(file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), OWNER_ONLY);
    }
}

package dev.kindling.iso.archive;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;

/**
 * Writes a cpio archive in the "newc" format (magic 070701), as described in the kernel's
 * {@code Documentation/driver-api/early-userspace/buffer-format.rst}: an initramfs. Nothing is read from the file
 * system but the content of files, so no root rights are needed for device nodes, and the same calls give the same
 * bytes: owner 0:0, one time stamp for all, inode numbers counted from 1.
 *
 * <p>
 * The kernel creates entries in the order of the archive and silently drops one whose directory is not there yet; that,
 * a second entry of the same name and a name that leaves the root are refused with {@link IllegalArgumentException}.
 *
 * <p>
 * {@link #close()} writes the trailer but leaves the stream open: compressing it and closing it are the caller's.
 */
public final class CpioWriter implements Closeable {
    /** The kernel's PATH_MAX, with the closing NUL. */
    private static final int NAME_LIMIT = 4096;
    private static final long FIELD_LIMIT = 0xFFFF_FFFFL;
    private static final String TRAILER = "TRAILER!!!";
    /** GNU cpio pads the archive to whole blocks of this size; tapes are gone, but tools still expect it. */
    private static final int BLOCK = 512;

    private final OutputStream out;
    private final long mtime;
    private final Set<String> directories = new HashSet<>(Set.of(""));
    private final Set<String> names = new HashSet<>();
    private long inode;
    private long position;
    private boolean closed;

    /**
     * @param epoch time stamp of every entry; 1970 to 2106
     */
    public CpioWriter(OutputStream out, Instant epoch) {
        this.out = out;
        mtime = epoch.getEpochSecond();
        if (mtime < 0 || mtime > FIELD_LIMIT) {
            throw new IllegalArgumentException("time stamp " + epoch + " does not fit into 32 bits");
        }
    }

    /** Adds a directory; its parent must have been added before. */
    public void directory(String name, int permissions) throws IOException {
        header(checked(name), CpioEntry.DIRECTORY | permission(permissions), 2, 0, 0, 0);
        directories.add(name);
    }

    /** Adds those of the directory and its parents that are not there yet, each with permissions 0755. */
    public void directories(String name) throws IOException {
        if (directories.contains(name)) {
            return;
        }
        int slash = name.lastIndexOf('/');
        if (slash > 0) {
            directories(name.substring(0, slash));
        }
        directory(name, 0755);
    }

    /** Adds a regular file. */
    public void file(String name, int permissions, byte[] content) throws IOException {
        header(checked(name), CpioEntry.REGULAR | permission(permissions), 1, content.length, 0, 0);
        body(content);
    }

    /**
     * Adds a regular file, copied from {@code source} without holding it in memory.
     *
     * @throws IOException also when the file changes its size while it is copied
     */
    public void file(String name, int permissions, Path source) throws IOException {
        long size = Files.size(source);
        if (size > FIELD_LIMIT) {
            throw new IllegalArgumentException(name + ": " + size + " bytes; newc holds at most " + FIELD_LIMIT);
        }
        header(checked(name), CpioEntry.REGULAR | permission(permissions), 1, size, 0, 0);
        try (InputStream in = Files.newInputStream(source)) {
            long copied = in.transferTo(out);
            if (copied != size) {
                throw new IOException(source + " changed while it was read: " + size + " bytes, then " + copied);
            }
        }
        position += size;
        align(4);
    }

    /** Adds a symbolic link. */
    public void symlink(String name, String target) throws IOException {
        byte[] content = target.getBytes(UTF_8);
        if (content.length == 0 || content.length >= NAME_LIMIT) {
            throw new IllegalArgumentException(
                    name + ": a link's target has 1 to " + (NAME_LIMIT - 1) + " bytes, not " + content.length);
        }
        header(checked(name), CpioEntry.SYMLINK | 0777, 1, content.length, 0, 0);
        body(content);
    }

    /** Adds a character device node. */
    public void characterDevice(String name, int permissions, int major, int minor) throws IOException {
        header(checked(name), CpioEntry.CHARACTER_DEVICE | permission(permissions), 1, 0, major, minor);
    }

    /** Adds a block device node. */
    public void blockDevice(String name, int permissions, int major, int minor) throws IOException {
        header(checked(name), CpioEntry.BLOCK_DEVICE | permission(permissions), 1, 0, major, minor);
    }

    /** Writes the trailer. The stream stays open. */
    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            inode = -1;
            header(TRAILER, 0, 1, 0, 0, 0);
            align(BLOCK);
            out.flush();
        }
    }

    private String checked(String name) {
        if (closed) {
            throw new IllegalStateException(name + ": the archive is complete");
        }
        if (name.isEmpty() || name.startsWith("/") || name.endsWith("/") || name.indexOf('\0') >= 0
                || ("/" + name + "/").matches(".*/(|\\.|\\.\\.)/.*")) {
            throw new IllegalArgumentException(
                    "'" + name + "' is no name for an archive: expected a relative path without . and ..");
        }
        if (name.equals(TRAILER)) {
            throw new IllegalArgumentException("'" + name + "' marks the end of an archive");
        }
        int length = name.getBytes(UTF_8).length;
        if (length >= NAME_LIMIT) {
            throw new IllegalArgumentException("a name has at most " + (NAME_LIMIT - 1) + " bytes, this one has "
                    + length + ": " + name.substring(0, 40) + "...");
        }
        String parent = name.substring(0, Math.max(0, name.lastIndexOf('/')));
        if (!directories.contains(parent)) {
            throw new IllegalArgumentException(
                    name + ": add the directory '" + parent + "' first, the kernel does not");
        }
        if (!names.add(name)) {
            throw new IllegalArgumentException(name + " is in the archive already");
        }
        return name;
    }

    private static int permission(int permissions) {
        if ((permissions & ~07777) != 0) {
            throw new IllegalArgumentException(
                    "permissions " + Integer.toOctalString(permissions) + " are not within 0..7777");
        }
        return permissions;
    }

    private void header(String name, int mode, int links, long size, int major, int minor) throws IOException {
        byte[] encoded = name.getBytes(UTF_8);
        inode++;
        String header = String.format("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", inode, mode, 0, 0,
                links, mtime, size, 0, 0, major, minor, encoded.length + 1, 0);
        write(header.getBytes(US_ASCII));
        write(encoded);
        write(new byte[1]);
        align(4);
    }

    private void body(byte[] content) throws IOException {
        write(content);
        align(4);
    }

    private void align(int boundary) throws IOException {
        write(new byte[(int) (-position & (boundary - 1))]);
    }

    private void write(byte[] bytes) throws IOException {
        out.write(bytes);
        position += bytes.length;
    }
}

package dev.kindling.iso.edit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * Changes a few bytes of a large file: all of them or none. What is to be overwritten is first saved, and safe on the
 * disk, in a file beside the image; who finds such a file after a crash puts the old bytes back.
 */
public final class InPlace {
    private static final byte[] MAGIC = "KLUNDO1\n".getBytes(US_ASCII);
    private static final int LIMIT = 256 << 20;

    private InPlace() {}

    /** Where the old bytes of an image are while it is changed. */
    public static Path undoFile(Path image) throws IOException {
        Path real = image.toRealPath();
        return real.resolveSibling("." + real.getFileName() + ".kindling-undo");
    }

    /** Somebody who stops between two writes; tests do. */
    interface Step {
        void before(long offset) throws IOException;
    }

    /**
     * Writes bytes at their places.
     *
     * @throws IOException where somebody else is at it, or the disk fails; the old bytes are back then, or will be by
     *             {@link #recover}
     */
    public static void write(Path image, Map<Long, byte[]> changes) throws IOException {
        write(image, changes, _ -> {});
    }

    static void write(Path image, Map<Long, byte[]> changes, Step step) throws IOException {
        try (FileChannel channel = FileChannel.open(image, StandardOpenOption.READ, StandardOpenOption.WRITE);
                FileLock lock = lock(channel, image)) {
            rollBack(image, channel);
            Map<Long, byte[]> sorted = new TreeMap<>(changes);
            for (Map.Entry<Long, byte[]> each : sorted.entrySet()) {
                if (each.getKey() < 0 || each.getKey() > channel.size() - each.getValue().length) {
                    throw new IOException("a change at byte " + each.getKey() + " is outside of " + image);
                }
            }
            Path undo = undoFile(image);
            save(undo, channel, sorted);
            for (Map.Entry<Long, byte[]> each : sorted.entrySet()) {
                step.before(each.getKey());
                put(channel, each.getKey(), ByteBuffer.wrap(each.getValue()));
            }
            channel.force(false);
            Files.delete(undo);
            assert lock.isValid();
        }
    }

    private static FileLock lock(FileChannel channel, Path image) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return lock;
            }
        } catch (OverlappingFileLockException e) {
            // another thread of ours: the same answer
        }
        throw new IOException(image + " is being changed by another program; wait until it is done");
    }

    /**
     * Puts the old bytes back where a change was cut off.
     *
     * @return there was such a change
     */
    public static boolean recover(Path image) throws IOException {
        if (!Files.exists(undoFile(image))) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(image, StandardOpenOption.READ, StandardOpenOption.WRITE);
                FileLock lock = lock(channel, image)) {
            return lock.isValid() && rollBack(image, channel);
        }
    }

    private static boolean rollBack(Path image, FileChannel channel) throws IOException {
        Path undo = undoFile(image);
        if (!Files.exists(undo)) {
            return false;
        }
        if (Files.size(undo) > LIMIT) {
            throw new IOException(undo + " is no file of ours: it is too large. Look at it, and remove it");
        }
        byte[] bytes = Files.readAllBytes(undo);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        // Cut off: the image was not touched yet.
        boolean whole = bytes.length >= MAGIC.length + 20
                && Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)
                && in.getInt(bytes.length - 4) == crc(bytes, bytes.length - 4)
                && in.getLong(MAGIC.length) == channel.size();
        if (whole) {
            in.position(MAGIC.length + 8).limit(bytes.length - 4);
            while (in.hasRemaining()) {
                long at = in.getLong();
                int length = in.getInt();
                put(channel, at, in.slice(in.position(), length));
                in.position(in.position() + length);
            }
            channel.force(false);
        }
        Files.delete(undo);
        return whole;
    }

    private static void save(Path undo, FileChannel channel, Map<Long, byte[]> changes) throws IOException {
        int size = MAGIC.length + 8 + 4;
        for (byte[] each : changes.values()) {
            size = Math.addExact(size, 12 + each.length);
        }
        if (size > LIMIT) {
            throw new IOException("a change of " + size + " bytes is too much for a change in place");
        }
        ByteBuffer out = ByteBuffer.allocate(size);
        out.put(MAGIC).putLong(channel.size());
        for (Map.Entry<Long, byte[]> each : changes.entrySet()) {
            byte[] old = new byte[each.getValue().length];
            ByteBuffer target = ByteBuffer.wrap(old);
            while (target.hasRemaining()) {
                if (channel.read(target, each.getKey() + target.position()) < 0) {
                    throw new IOException("the image became shorter while it was changed");
                }
            }
            out.putLong(each.getKey()).putInt(old.length).put(old);
        }
        out.putInt(crc(out.array(), size - 4)).flip();
        try (FileChannel file = FileChannel.open(undo, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
            while (out.hasRemaining()) {
                file.write(out);
            }
            file.force(true);
        } catch (IOException e) {
            Files.deleteIfExists(undo);
            throw e;
        }
        Path directory = undo.getParent();
        if (directory != null) {
            try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
                names.force(true);
            } catch (IOException e) {
                // not every system lets a directory be opened; its name is as safe as that system makes it
            }
        }
    }

    private static void put(FileChannel channel, long offset, ByteBuffer bytes) throws IOException {
        long at = offset;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }

    private static int crc(byte[] bytes, int length) {
        CRC32 crc = new CRC32();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}

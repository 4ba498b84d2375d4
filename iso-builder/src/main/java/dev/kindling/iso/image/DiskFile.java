package dev.kindling.iso.image;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A new file that several threads write at once; a large one past the system's cache where the file system can: it
 * neither waits for memory nor drives out of it what others use. A gigabyte written so and synced takes less time than
 * its copy into a cold cache without a sync. What the file system can share is not written at all.
 */
final class DiskFile implements Closeable {
    /** Largest block of a direct write; a file system that asks for more is written through the cache. */
    private static final int BLOCK_LIMIT = 1 << 16;
    /**
     * From so many bytes on it is written past the cache, into room that is taken at once; below, that gains nothing.
     */
    private static final long WORTH = 64 << 20;
    /** Shorter parts of files are copied as fast as they are shared. */
    private static final long WORTH_SHARING = 1 << 20;

    private final FileChannel file;
    private final FileChannel channel;
    private final int block;
    private final long size;
    private final List<Range> missing;

    /** A part of the file, from a place to another, of which it is the end. */
    record Range(long from, long to) {
        long bytes() {
            return to - from;
        }
    }

    private DiskFile(FileChannel file, @Nullable FileChannel direct, int block, long size, List<Range> missing) {
        this.file = file;
        this.channel = direct == null ? file : direct;
        this.block = direct == null ? 1 : block;
        this.size = size;
        this.missing = missing;
    }

    /** Makes a file, or empties the one that is there, and takes the room for a content. */
    static DiskFile create(Path path, Content content) throws IOException {
        long size = content.size();
        FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        if (size < WORTH) {
            return new DiskFile(file, null, 1, size, List.of(new Range(0, size)));
        }
        FileChannel direct = null;
        try {
            long block = Files.getFileStore(path).getBlockSize();
            boolean known = block >= 512 && block <= BLOCK_LIMIT;
            Optional<LinuxFiles> linux = LinuxFiles.calls();
            List<Range> missing = known && linux.isPresent()
                    ? share(linux.get(), content, path, block)
                    : List.of(new Range(0, size));
            direct = known ? direct(path) : null;
            DiskFile made = new DiskFile(file, direct, (int) block, size, missing);
            if (linux.isPresent()) {
                for (Range each : missing) {
                    linux.get().reserve(path, each.from(), made.whole(each.to()));
                }
            }
            return made;
        } catch (IOException e) {
            try (file; var _ = direct) {
                throw e;
            }
        }
    }

    /** Gives a file what it may share with those that a content is made of, and says what is still missing. */
    private static List<Range> share(LinuxFiles linux, Content content, Path path, long block) throws IOException {
        List<Range> missing = new ArrayList<>();
        long end = 0;
        for (Content.FilePart each : content.fileParts(0, content.size(), WORTH_SHARING)) {
            Range whole = new Range(Math.ceilDiv(each.at(), block) * block,
                    (each.at() + each.length()) / block * block);
            if ((each.at() - each.offset()) % block == 0 && linux.share(each.within(whole.from(), whole.to()), path,
                    whole.from())) {
                missing.add(new Range(end, whole.from()));
                end = whole.to();
            }
        }
        missing.add(new Range(end, content.size()));
        return missing.stream().filter(range -> range.bytes() > 0).toList();
    }

    /** What is to be written, in the order of places; each begins at a multiple of the largest block. */
    List<Range> missing() {
        return missing;
    }

    /** Found by its name: a Java runtime may be without the module jdk.unsupported, and does well enough so. */
    private static @Nullable FileChannel direct(Path path) {
        try {
            OpenOption option = (OpenOption) Class.forName("com.sun.nio.file.ExtendedOpenOption").getField("DIRECT")
                    .get(null);
            return FileChannel.open(path, StandardOpenOption.WRITE, option);
        } catch (ReflectiveOperationException | IOException | UnsupportedOperationException e) {
            // this file system has only the way through the cache, or the failure comes again there
            return null;
        }
    }

    /** A buffer that {@link #write} takes, with room for so many bytes. */
    ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocateDirect(Math.toIntExact(whole(bytes)) + block).alignedSlice(block);
    }

    /**
     * Writes what is in front of the buffer's position. Any thread may, at a place that is a multiple of the largest
     * block; what is behind the end of the file is not kept.
     */
    void write(long place, ByteBuffer buffer) throws IOException {
        // A direct write knows whole blocks only.
        while (buffer.position() % block != 0) {
            buffer.put((byte) 0);
        }
        buffer.flip();
        long at = place;
        while (buffer.hasRemaining()) {
            at += channel.write(buffer, at);
        }
    }

    /** Cuts the last block to length, and waits until all of it is on the disk. */
    void finish() throws IOException {
        if (file.size() > size) {
            file.truncate(size);
        }
        file.force(true);
    }

    private long whole(long bytes) {
        return Math.ceilDiv(bytes, block) * block;
    }

    @Override
    public void close() throws IOException {
        try (file) {
            channel.close();
        }
    }
}

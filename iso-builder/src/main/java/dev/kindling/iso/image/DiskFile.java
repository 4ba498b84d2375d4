package dev.kindling.iso.image;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A new file of a known size that several threads write at once, past the system's cache where the file system can:
 * what is written is on the disk, and a large image neither waits for memory nor drives out of it what others use. A
 * gigabyte written so and synced takes less time than its copy into a cold cache without a sync.
 */
final class DiskFile implements Closeable {
    /** Largest block of a direct write; a file system that asks for more is written through the cache. */
    private static final int BLOCK_LIMIT = 1 << 16;

    private final FileChannel file;
    private final FileChannel channel;
    private final int block;
    private final long size;

    private DiskFile(FileChannel file, @Nullable FileChannel direct, int block, long size) {
        this.file = file;
        this.channel = direct == null ? file : direct;
        this.block = direct == null ? 1 : block;
        this.size = size;
    }

    /** Makes a file, or empties the one that is there, and takes its room. */
    static DiskFile create(Path path, long size) throws IOException {
        FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        try {
            long block = Files.getFileStore(path).getBlockSize();
            FileChannel direct = block < 512 || block > BLOCK_LIMIT ? null : direct(path);
            DiskFile made = new DiskFile(file, direct, (int) block, size);
            Reservation.of(path, made.whole(size));
            return made;
        } catch (IOException e) {
            file.close();
            throw e;
        }
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

    /**
     * Takes the room of a file at once, by Linux' {@code fallocate}: a full disk is noticed before the work begins, and
     * several can write at a time, because none of them makes the file longer. Java has no call for it.
     */
    private static final class Reservation {
        private static final int WRITE_ONLY = 1;
        private static final int NO_SPACE = 28;
        private static final int FILE_TOO_BIG = 27;
        private static final int QUOTA = 122;
        /** Below that the call costs more than it gains. */
        private static final long WORTH = 64 << 20;

        private Reservation() {}

        /** Does it, or leaves it where the system, the file system or the user of this library does not allow it. */
        static void of(Path path, long size) throws IOException {
            if (size < WORTH || !System.getProperty("os.name").equals("Linux")
                    || !DiskFile.class.getModule().isNativeAccessEnabled()) {
                return;
            }
            int failure = fallocate(path.toString(), size);
            switch (failure) {
                case NO_SPACE -> throw new IOException("No space left on device");
                case QUOTA -> throw new IOException("Disk quota exceeded");
                case FILE_TOO_BIG -> throw new IOException("a file of " + size
                        + " bytes is larger than this file system takes (FAT: 4 GiB)");
                default -> {
                    // not every file system can: then each write takes its own room
                }
            }
        }

        /** The error number; 0: done. */
        private static int fallocate(String path, long size) {
            Linker linker = Linker.nativeLinker();
            Linker.Option state = Linker.Option.captureCallState("errno");
            MethodHandle open = linker.downcallHandle(linker.defaultLookup().findOrThrow("open"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                    Linker.Option.firstVariadicArg(2));
            MethodHandle reserve = linker.downcallHandle(linker.defaultLookup().findOrThrow("fallocate"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG),
                    state);
            MethodHandle close = linker.downcallHandle(linker.defaultLookup().findOrThrow("close"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
            try (Arena arena = Arena.ofConfined()) {
                int descriptor = (int) open.invokeExact(arena.allocateFrom(path), WRITE_ONLY);
                if (descriptor < 0) {
                    return -1;
                }
                MemorySegment number = arena.allocate(Linker.Option.captureStateLayout());
                int result = (int) reserve.invokeExact(number, descriptor, 0, 0L, size);
                int closed = (int) close.invokeExact(descriptor);
                return result == 0 || closed < 0
                        ? 0
                        : number.get(ValueLayout.JAVA_INT, Linker.Option.captureStateLayout()
                                .byteOffset(MemoryLayout.PathElement.groupElement("errno")));
            } catch (Throwable e) {
                // the C library of every Linux has these; anything else is a bug
                throw new IllegalStateException("fallocate", e);
            }
        }
    }
}

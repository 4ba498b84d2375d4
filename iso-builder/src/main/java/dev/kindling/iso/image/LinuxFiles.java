package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * System calls of Linux for trees of many small files: Java's own way reads a name's attributes into a map, and makes a
 * channel with its cleaner for every file. It stays the way everywhere else, and here whenever a call fails: then Java
 * does the same once more and has the exception for it.
 */
final class LinuxFiles {
    private static final int AT_CURRENT_DIRECTORY = -100;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC = 0x7FF;
    private static final int READ_ONLY_CLOEXEC = 02000000;
    private static final int WRITE_ONLY_CLOEXEC = 02000001;
    private static final int STATX_BYTES = 256;
    /** As glibc reads directories. */
    private static final int LISTING = 1 << 15;
    /** Of an entry, in front of its name ({@code struct linux_dirent64}). */
    private static final int ENTRY_NAME = 19;

    /** {@code FICLONERANGE} of {@code linux/fs.h}, and the bytes of its {@code struct file_clone_range}. */
    private static final long CLONE_RANGE = 0x4020_940DL;
    private static final int CLONE_RANGE_BYTES = 32;

    private static final int NO_SPACE = 28;
    private static final int FILE_TOO_BIG = 27;
    private static final int QUOTA = 122;

    private static final Optional<LinuxFiles> INSTANCE = find();

    private final MethodHandle openat;
    private final MethodHandle close;
    private final MethodHandle statx;
    private final MethodHandle getdents;
    private final MethodHandle pread;
    private final MethodHandle fallocate;
    private final MethodHandle ioctl;

    private LinuxFiles(Linker linker, SymbolLookup library) {
        ValueLayout.OfInt number = ValueLayout.JAVA_INT;
        ValueLayout.OfLong size = ValueLayout.JAVA_LONG;
        AddressLayout pointer = ValueLayout.ADDRESS;
        openat = linker.downcallHandle(library.findOrThrow("openat"),
                FunctionDescriptor.of(number, number, pointer, number), Linker.Option.firstVariadicArg(3));
        close = linker.downcallHandle(library.findOrThrow("close"), FunctionDescriptor.of(number, number));
        statx = linker.downcallHandle(library.findOrThrow("statx"),
                FunctionDescriptor.of(number, number, pointer, number, number, pointer));
        getdents = linker.downcallHandle(library.findOrThrow("getdents64"),
                FunctionDescriptor.of(size, number, pointer, size));
        pread = linker.downcallHandle(library.findOrThrow("pread"),
                FunctionDescriptor.of(size, number, pointer, size, size));
        fallocate = linker.downcallHandle(library.findOrThrow("fallocate"),
                FunctionDescriptor.of(number, number, number, size, size),
                Linker.Option.captureCallState("errno"));
        ioctl = linker.downcallHandle(library.findOrThrow("ioctl"),
                FunctionDescriptor.of(number, number, size, pointer), Linker.Option.firstVariadicArg(2));
    }

    /** The calls, where this is Linux with 64 bits, its C library has them, and this program may make them. */
    static Optional<LinuxFiles> calls() {
        return INSTANCE;
    }

    private static Optional<LinuxFiles> find() {
        if (!System.getProperty("os.name").equals("Linux") || ValueLayout.ADDRESS.byteSize() != 8
                || !LinuxFiles.class.getModule().isNativeAccessEnabled()) {
            return Optional.empty();
        }
        Linker linker = Linker.nativeLinker();
        SymbolLookup library = linker.defaultLookup();
        return Stream.of("openat", "close", "statx", "getdents64", "pread", "fallocate", "ioctl")
                .allMatch(name -> library.find(name).isPresent())
                        ? Optional.of(new LinuxFiles(linker, library))
                        : Optional.empty();
    }

    /** What a directory or a file is, as {@code struct statx} has it. */
    record Status(int mode, int links, int uid, int gid, long size, Instant modified, long inode, long device,
            int deviceMajor, int deviceMinor) {
        private static Status of(MemorySegment from) {
            long owner = ((long) from.get(ValueLayout.JAVA_INT, 136) << 32)
                    | (from.get(ValueLayout.JAVA_INT, 140) & 0xFFFF_FFFFL);
            return new Status(from.get(ValueLayout.JAVA_SHORT, 28) & 0xFFFF, from.get(ValueLayout.JAVA_INT, 16),
                    from.get(ValueLayout.JAVA_INT, 20), from.get(ValueLayout.JAVA_INT, 24),
                    from.get(ValueLayout.JAVA_LONG, 40), modified(from), from.get(ValueLayout.JAVA_LONG, 32), owner,
                    from.get(ValueLayout.JAVA_INT, 128), from.get(ValueLayout.JAVA_INT, 132));
        }

        private static Instant modified(MemorySegment from) {
            return Instant.ofEpochSecond(from.get(ValueLayout.JAVA_LONG, 112), from.get(ValueLayout.JAVA_INT, 120));
        }
    }

    /** A name in a directory. */
    record Listed(String name, Status status) {}

    /** Everything in a directory, in no order; empty where Java has to look. */
    Optional<List<Listed>> list(Path directory) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int descriptor = (int) openat.invokeExact(AT_CURRENT_DIRECTORY, arena.allocateFrom(directory.toString()),
                    READ_ONLY_CLOEXEC);
            if (descriptor < 0) {
                return Optional.empty();
            }
            try {
                return list(descriptor, arena);
            } finally {
                close(descriptor);
            }
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    private Optional<List<Listed>> list(int directory, Arena arena) throws Throwable {
        List<Listed> found = new ArrayList<>();
        MemorySegment entries = arena.allocate(LISTING, Long.BYTES);
        MemorySegment status = arena.allocate(STATX_BYTES, Long.BYTES);
        byte[] bytes = new byte[LISTING];
        while (true) {
            long length = (long) getdents.invokeExact(directory, entries, (long) LISTING);
            if (length <= 0) {
                return length < 0 ? Optional.empty() : Optional.of(found);
            }
            MemorySegment.copy(entries, ValueLayout.JAVA_BYTE, 0, bytes, 0, (int) length);
            for (int at = 0; at < length;) {
                int start = at + ENTRY_NAME;
                int end = start;
                while (bytes[end] != 0) {
                    end++;
                }
                at += Short.toUnsignedInt(entries.get(ValueLayout.JAVA_SHORT, at + 16L));
                if (bytes[start] == '.' && (end == start + 1 || (end == start + 2 && bytes[start + 1] == '.'))) {
                    continue;
                }
                int failure = (int) statx.invokeExact(directory, entries.asSlice(start), AT_SYMLINK_NOFOLLOW,
                        STATX_BASIC, status);
                if (failure != 0) {
                    return Optional.empty();
                }
                found.add(new Listed(new String(bytes, start, end - start, UTF_8), Status.of(status)));
            }
        }
    }

    /**
     * Reads a part of a file that is as it was when it was measured.
     *
     * @param target a direct buffer
     * @param modified milliseconds since 1970
     * @return the number of bytes, at least 1; 0 where Java has to look
     */
    int read(String path, long position, ByteBuffer target, long size, long modified) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path);
            int file = (int) openat.invokeExact(AT_CURRENT_DIRECTORY, name, READ_ONLY_CLOEXEC);
            if (file < 0) {
                return 0;
            }
            try {
                MemorySegment room = MemorySegment.ofBuffer(target);
                long length = (long) pread.invokeExact(file, room, room.byteSize(), position);
                if (length <= 0 || !isAsMeasured(file, size, modified, arena)) {
                    return 0;
                }
                target.position(target.position() + (int) length);
                return (int) length;
            } finally {
                close(file);
            }
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    private boolean isAsMeasured(int file, long size, long modified, Arena arena) throws Throwable {
        MemorySegment status = arena.allocate(STATX_BYTES, Long.BYTES);
        int failure = (int) statx.invokeExact(file, arena.allocateFrom(""), AT_EMPTY_PATH, STATX_BASIC, status);
        return failure == 0 && status.get(ValueLayout.JAVA_LONG, 40) == size
                && Status.modified(status).toEpochMilli() == modified;
    }

    /**
     * Lets a file have blocks of another as its own ({@code FICLONERANGE}: XFS, Btrfs); whichever of the two is written
     * to then gets new ones.
     *
     * @param from whole blocks of a file that is as it was when it was measured
     * @param place in the target, where a block begins
     * @return false where the two file systems cannot, or the file is another by now: then its bytes must be copied
     */
    boolean share(Content.FilePart from, Path target, long place) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int source = (int) openat.invokeExact(AT_CURRENT_DIRECTORY, arena.allocateFrom(from.file().toString()),
                    READ_ONLY_CLOEXEC);
            int file = (int) openat.invokeExact(AT_CURRENT_DIRECTORY, arena.allocateFrom(target.toString()),
                    WRITE_ONLY_CLOEXEC);
            try {
                if (source < 0 || file < 0) {
                    return false;
                }
                MemorySegment range = arena.allocate(CLONE_RANGE_BYTES, Long.BYTES);
                range.set(ValueLayout.JAVA_LONG, 0, source);
                range.set(ValueLayout.JAVA_LONG, 8, from.offset());
                range.set(ValueLayout.JAVA_LONG, 16, from.length());
                range.set(ValueLayout.JAVA_LONG, 24, place);
                int failure = (int) ioctl.invokeExact(file, CLONE_RANGE, range);
                return failure == 0 && isAsMeasured(source, from.fileSize(), from.modified(), arena);
            } finally {
                if (source >= 0) {
                    close(source);
                }
                if (file >= 0) {
                    close(file);
                }
            }
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /**
     * Takes the room of a part of a file at once ({@code fallocate}): a full disk is noticed before the work begins,
     * and several can write at a time, because none of them makes the file longer. Not every file system can; then it
     * is left.
     *
     * @throws IOException where there is no room
     */
    void reserve(Path path, long from, long to) throws IOException {
        switch (allocate(path, from, to - from)) {
            case NO_SPACE -> throw new IOException("No space left on device");
            case QUOTA -> throw new IOException("Disk quota exceeded");
            case FILE_TOO_BIG -> throw new IOException("a file of " + to
                    + " bytes is larger than this file system takes (FAT: 4 GiB)");
            default -> {
                // each write takes its own room
            }
        }
    }

    /** The error number; 0: done. */
    private int allocate(Path path, long from, long length) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int file = (int) openat.invokeExact(AT_CURRENT_DIRECTORY, arena.allocateFrom(path.toString()),
                    WRITE_ONLY_CLOEXEC);
            if (file < 0) {
                return -1;
            }
            try {
                MemorySegment number = arena.allocate(Linker.Option.captureStateLayout());
                int failure = (int) fallocate.invokeExact(number, file, 0, from, length);
                return failure == 0
                        ? 0
                        : number.get(ValueLayout.JAVA_INT, Linker.Option.captureStateLayout()
                                .byteOffset(MemoryLayout.PathElement.groupElement("errno")));
            } finally {
                close(file);
            }
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    private void close(int file) throws Throwable {
        int failure = (int) close.invokeExact(file);
        if (failure != 0) {
            throw new IOException("a file that was read cannot be closed");
        }
    }

    /** Calls of the C library throw nothing by themselves. */
    private static IOException failed(Throwable e) {
        return switch (e) {
            case IOException io -> io;
            case RuntimeException bug -> throw bug;
            case Error error -> throw error;
            default -> throw new IllegalStateException(e);
        };
    }
}

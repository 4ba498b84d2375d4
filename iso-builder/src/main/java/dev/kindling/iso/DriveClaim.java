package dev.kindling.iso;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * A block device for us alone: Linux refuses to open one with O_EXCL (and without O_CREAT, which Java always adds) that
 * is mounted or claimed, and refuses to mount one that is open so; open(2).
 */
final class DriveClaim implements AutoCloseable {
    private static final int O_RDONLY_EXCL_CLOEXEC = 0200 | 02000000;
    private final int descriptor;

    DriveClaim(Path device) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MethodHandle open = function("open", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS,
                    ValueLayout.JAVA_INT), Linker.Option.firstVariadicArg(2));
            MemorySegment path = arena.allocateFrom(device.toString());
            descriptor = (int) open.invokeExact(path, O_RDONLY_EXCL_CLOEXEC);
        } catch (Throwable e) {
            throw new IOException("cannot claim " + device, e);
        }
        if (descriptor < 0) {
            throw new IOException(
                    device + " is in use, or must not be opened by this user: unmount it, end what reads it, "
                            + "and run as root");
        }
    }

    private static MethodHandle function(String name, FunctionDescriptor type, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), type, options);
    }

    /** What is read next comes from the drive; posix_fadvise(2) with POSIX_FADV_DONTNEED. */
    void forgetCache() throws IOException {
        try {
            int failed = (int) function("posix_fadvise", FunctionDescriptor.of(ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT))
                    .invokeExact(descriptor, 0L, 0L, 4);
            if (failed != 0) {
                throw new IOException("the system keeps what was written in memory: error " + failed);
            }
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            int failed = (int) function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))
                    .invokeExact(descriptor);
            assert failed == 0;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}

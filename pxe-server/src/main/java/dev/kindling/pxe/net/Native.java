package dev.kindling.pxe.net;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The few system calls of Linux that Java has no other way to: sockets for whole Ethernet frames and for ICMPv6. Every
 * call that fails becomes an {@link IOException} with the system's own words.
 */
final class Native {
    static final int AF_INET6 = 10;
    static final int AF_PACKET = 17;
    static final int SOCK_RAW = 3;
    static final int SOCK_CLOEXEC = 0x80000;
    static final int SOL_SOCKET = 1;
    static final int SO_BINDTODEVICE = 25;
    static final int SO_ATTACH_FILTER = 26;
    static final int SO_RCVBUF = 8;
    static final int SOL_PACKET = 263;
    static final int PACKET_STATISTICS = 6;
    private static final long SIOCGSTAMPNS = 0x8907;
    static final int EPERM = 1;
    private static final int EINTR = 4;
    private static final int EAGAIN = 11;
    private static final int MSG_DONTWAIT = 0x40;
    private static final short POLLIN = 1;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final AddressLayout TEXT = ADDRESS
            .withTargetLayout(MemoryLayout.sequenceLayout(256, java.lang.foreign.ValueLayout.JAVA_BYTE));

    private static final MethodHandle SOCKET = function("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle SETSOCKOPT = function("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT,
            ADDRESS, JAVA_INT);
    private static final MethodHandle BIND = function("bind", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle GETSOCKNAME = function("getsockname", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
    private static final MethodHandle POLL = function("poll", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
    private static final MethodHandle RECVFROM = function("recvfrom", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT,
            ADDRESS, ADDRESS);
    private static final MethodHandle SENDTO = function("sendto", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT,
            ADDRESS, JAVA_INT);
    private static final MethodHandle GETSOCKOPT = function("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT,
            ADDRESS, ADDRESS);
    /** It takes any arguments after the second one. */
    private static final MethodHandle IOCTL = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("ioctl"),
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), Linker.Option.captureCallState("errno"),
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = function("close", JAVA_INT, JAVA_INT);
    private static final MethodHandle IF_NAMETOINDEX = function("if_nametoindex", JAVA_INT, ADDRESS);
    private static final MethodHandle STRERROR = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("strerror"), FunctionDescriptor.of(TEXT, JAVA_INT));

    private Native() {}

    private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, arguments), Linker.Option.captureCallState("errno"));
    }

    /** What the kernel refused, with its number, so that a caller can tell a missing privilege from the rest. */
    static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1;
        private final int errno;

        RefusedException(String call, int errno) {
            super(call + ": " + text(errno));
            this.errno = errno;
        }

        int errno() {
            return errno;
        }
    }

    private interface Call {
        long run(MemorySegment state) throws Throwable;
    }

    private static long call(String name, Call call) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            while (true) {
                long result = call.run(state);
                if (result >= 0) {
                    return result;
                }
                int errno = (int) ERRNO.get(state, 0L);
                if (errno != EINTR) {
                    throw new RefusedException(name, errno);
                }
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(name, e);
        }
    }

    static String text(int errno) {
        try {
            return ((MemorySegment) STRERROR.invokeExact(errno)).getString(0);
        } catch (Throwable e) {
            return "error " + errno;
        }
    }

    static int socket(int family, int type, int protocol) throws IOException {
        return (int) call("socket", state -> (int) SOCKET.invokeExact(state, family, type | SOCK_CLOEXEC, protocol));
    }

    static void option(int socket, int level, int name, MemorySegment value) throws IOException {
        int length = (int) value.byteSize();
        call("setsockopt", state -> (int) SETSOCKOPT.invokeExact(state, socket, level, name, value, length));
    }

    static void option(int socket, int level, int name, int value) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            option(socket, level, name, arena.allocateFrom(JAVA_INT, value));
        }
    }

    /** Reads an option that fills {@code value}. */
    static void readOption(int socket, int level, int name, MemorySegment value) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment length = arena.allocateFrom(JAVA_INT, (int) value.byteSize());
            call("getsockopt", state -> (int) GETSOCKOPT.invokeExact(state, socket, level, name, value, length));
        }
    }

    /**
     * When the kernel took in what was received last, in nanoseconds since 1970; the time now where it did not note.
     */
    static long arrivalNanos(int socket) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            // struct timespec
            MemorySegment time = arena.allocate(16, 8);
            call("ioctl", state -> (int) IOCTL.invokeExact(state, socket, SIOCGSTAMPNS, time));
            return time.get(JAVA_LONG, 0) * 1_000_000_000 + time.get(JAVA_LONG, 8);
        }
    }

    static void bindToDevice(int socket, String device) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            option(socket, SOL_SOCKET, SO_BINDTODEVICE, arena.allocateFrom(device));
        }
    }

    static void bind(int socket, MemorySegment address) throws IOException {
        int length = (int) address.byteSize();
        call("bind", state -> (int) BIND.invokeExact(state, socket, address, length));
    }

    /** The address that a socket is bound to, as far as there is room for it. */
    static void name(int socket, MemorySegment address) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment length = arena.allocateFrom(JAVA_INT, (int) address.byteSize());
            call("getsockname", state -> (int) GETSOCKNAME.invokeExact(state, socket, address, length));
        }
    }

    /** Whether there is something to receive before so many milliseconds have passed. */
    static boolean awaitInput(int socket, int millis) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            // struct pollfd: int fd, short events, short revents
            MemorySegment poll = arena.allocate(8, 4);
            poll.set(JAVA_INT, 0, socket);
            poll.set(JAVA_SHORT, 4, POLLIN);
            return call("poll", state -> (int) POLL.invokeExact(state, poll, 1L, millis)) > 0;
        }
    }

    /**
     * Does not wait.
     *
     * @param from takes the sender's address; its size is what there is room for
     * @return the bytes received; -1 where there is nothing
     */
    static int receive(int socket, MemorySegment buffer, MemorySegment from) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment length = arena.allocateFrom(JAVA_INT, (int) from.byteSize());
            return (int) call("recvfrom", state -> (long) RECVFROM.invokeExact(state, socket, buffer,
                    buffer.byteSize(), MSG_DONTWAIT, from, length));
        } catch (RefusedException e) {
            if (e.errno() == EAGAIN) {
                return -1;
            }
            throw e;
        }
    }

    /**
     * Sends all of it.
     *
     * @param to an address, or {@link MemorySegment#NULL} on a socket that needs none
     */
    static void send(int socket, byte[] bytes, MemorySegment to) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(Math.max(1, bytes.length));
            MemorySegment.copy(bytes, 0, data, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, bytes.length);
            call("sendto", state -> (long) SENDTO.invokeExact(state, socket, data, (long) bytes.length, 0, to,
                    (int) to.byteSize()));
        }
    }

    static void close(int socket) throws IOException {
        call("close", state -> (int) CLOSE.invokeExact(state, socket));
    }

    /**
     * The number of an interface.
     *
     * @throws IOException where there is no such interface
     */
    static int interfaceIndex(String device) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(device);
            long index = call("if_nametoindex", state -> (int) IF_NAMETOINDEX.invokeExact(state, name));
            if (index == 0) {
                throw new IOException("there is no network interface " + device);
            }
            return (int) index;
        }
    }
}

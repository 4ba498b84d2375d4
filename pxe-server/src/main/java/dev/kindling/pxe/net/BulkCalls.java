package dev.kindling.pxe.net;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The system calls of {@link UdpLoop}. Those for each packet take raw addresses and tell a failure as a negative
 * number, so that they cost no object; the others throw, as in {@link Native}.
 */
final class BulkCalls {
    static final int AF_INET = 2;
    static final int SOL_UDP = 17;
    static final int UDP_SEGMENT = 103;
    static final int EIO = 5;
    /** Limits of UDP_SEGMENT: octets of an IPv4 datagram, and segments (64 in kernels before 6.9). */
    static final int MOST_OCTETS = 65_507;
    static final int MOST_SEGMENTS = 64;

    private static final int EINTR = 4;
    private static final int SOCK_DGRAM = 2;
    private static final int NONBLOCK = 0x800;
    private static final int CLOEXEC = 0x80000;
    private static final int CLOCK_MONOTONIC = 1;
    private static final int NO_TIMEOUT = -1;
    private static final int EPOLLIN = 1;
    private static final int EPOLL_CTL_ADD = 1;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int SO_SNDTIMEO = 21;
    /** SO_SNDBUF, SO_RCVBUF, and their forms that need CAP_NET_ADMIN and know no limit. */
    private static final int[][] BUFFERS = {{7, 32}, {8, 33}};
    /** A full send buffer is the interface's pace; one that does not move is not waited for. */
    private static final long SEND_PATIENCE_MICROS = 10_000;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final VarHandle ERRNO = Linker.Option.captureStateLayout()
            .varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle EPOLL_CREATE = function("epoll_create1", JAVA_INT, JAVA_INT);
    private static final MethodHandle EPOLL_CTL = function("epoll_ctl", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT,
            ADDRESS);
    private static final MethodHandle EPOLL_WAIT = function("epoll_wait", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT,
            JAVA_INT);
    private static final MethodHandle EVENTFD = function("eventfd", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle TIMERFD = function("timerfd_create", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle SETTIME = function("timerfd_settime", JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS,
            ADDRESS);
    private static final MethodHandle READ = function("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    private static final MethodHandle WRITE = function("write", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    private static final MethodHandle GETSOCKNAME = function("getsockname", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
    private static final MethodHandle RECVMMSG = function("recvmmsg", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT,
            JAVA_LONG);
    private static final MethodHandle SENDMMSG = function("sendmmsg", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT,
            JAVA_INT);

    /** Of the loop's thread; the other threads' calls have their own. */
    private final MemorySegment state;
    /** struct itimerspec: interval and value, each of seconds and nanoseconds. */
    private final MemorySegment time;

    BulkCalls(Arena arena) {
        this.state = arena.allocate(Linker.Option.captureStateLayout());
        this.time = arena.allocate(JAVA_LONG, 4);
    }

    private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, arguments), Linker.Option.captureCallState("errno"));
    }

    private interface Call {
        long run(MemorySegment state) throws Throwable;
    }

    /** One that is not for each packet. */
    private static int call(String name, Call call) throws IOException {
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment state = temporary.allocate(Linker.Option.captureStateLayout());
            long result = call.run(state);
            if (result < 0) {
                throw new Native.RefusedException(name, (int) ERRNO.get(state, 0L));
            }
            return (int) result;
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(name, e);
        }
    }

    int epoll() throws IOException {
        return call("epoll_create1", at -> (int) EPOLL_CREATE.invokeExact(at, CLOEXEC));
    }

    int eventfd() throws IOException {
        return call("eventfd", at -> (int) EVENTFD.invokeExact(at, 0, CLOEXEC | NONBLOCK));
    }

    int timerfd() throws IOException {
        return call("timerfd_create", at -> (int) TIMERFD.invokeExact(at, CLOCK_MONOTONIC, CLOEXEC | NONBLOCK));
    }

    int udpSocket(int family) throws IOException {
        return Native.socket(family, SOCK_DGRAM, 0);
    }

    /** @param mark comes back with each event */
    void watch(int epoll, int descriptor, long mark, MemorySegment event) throws IOException {
        event.set(JAVA_INT, 0, EPOLLIN);
        event.set(JAVA_LONG_UNALIGNED, UdpLoop.EVENT - 8L, mark);
        call("epoll_ctl", at -> (int) EPOLL_CTL.invokeExact(at, epoll, EPOLL_CTL_ADD, descriptor, event));
    }

    /** Large buffers, and sending that waits a little. */
    void buffers(int descriptor, int octets) throws IOException {
        for (int[] names : BUFFERS) {
            try {
                Native.option(descriptor, Native.SOL_SOCKET, names[1], octets);
            } catch (Native.RefusedException e) {
                // without the privilege the kernel cuts it to net.core.rmem_max or wmem_max
                Native.option(descriptor, Native.SOL_SOCKET, names[0], octets);
            }
        }
        try (Arena temporary = Arena.ofConfined()) {
            // struct timeval
            Native.option(descriptor, Native.SOL_SOCKET, SO_SNDTIMEO,
                    temporary.allocateFrom(JAVA_LONG, 0, SEND_PATIENCE_MICROS));
        }
    }

    /** Whether the kernel knows UDP_SEGMENT (4.18 does). */
    boolean segmentation(int descriptor) {
        try {
            Native.option(descriptor, SOL_UDP, UDP_SEGMENT, 0);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Where it is bound, into {@code name}. */
    void boundTo(int descriptor, MemorySegment name) throws IOException {
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment length = temporary.allocateFrom(JAVA_INT, (int) name.byteSize());
            call("getsockname", at -> (int) GETSOCKNAME.invokeExact(at, descriptor, name, length));
        }
    }

    void write(int descriptor, MemorySegment eight) {
        try {
            call("write", at -> (long) WRITE.invokeExact(at, descriptor, eight, eight.byteSize()));
        } catch (IOException e) {
            // the counter is full: then it wakes as well
        }
    }

    void read(int descriptor, MemorySegment eight) {
        try {
            call("read", at -> (long) READ.invokeExact(at, descriptor, eight, eight.byteSize()));
        } catch (IOException e) {
            // nothing to read: then nothing is to be cleared
        }
    }

    void close(int descriptor) {
        try {
            Native.close(descriptor);
        } catch (IOException e) {
            throw new IllegalStateException("a descriptor that is not ours: " + descriptor, e);
        }
    }

    /** Has the timer run out once, so many nanoseconds from now; a time before that is forgotten. */
    void arm(int timer, long nanos) {
        long least = Math.max(1, nanos); // 0 would stop it
        time.setAtIndex(JAVA_LONG, 2, least / 1_000_000_000);
        time.setAtIndex(JAVA_LONG, 3, least % 1_000_000_000);
        try {
            if ((int) SETTIME.invokeExact(state, timer, 0, time, MemorySegment.NULL) < 0) {
                throw new IllegalStateException("timerfd_settime: " + Native.text((int) ERRNO.get(state, 0L)));
            }
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Waits for the next events; their number. */
    int await(int epoll, long events, int most) {
        try {
            return Math.max(0, (int) EPOLL_WAIT.invokeExact(state, epoll, events, most, NO_TIMEOUT));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Datagrams taken, as many as there are; does not wait. */
    int receive(int descriptor, long headers, int most) {
        try {
            return Math.max(0, (int) RECVMMSG.invokeExact(state, descriptor, headers, most, MSG_DONTWAIT, 0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Messages taken by the kernel, from the first on; or, where it did not take that, its error number negated. */
    int send(int descriptor, long headers, int count) {
        try {
            while (true) {
                int sent = (int) SENDMMSG.invokeExact(state, descriptor, headers, count, 0);
                if (sent >= 0) {
                    return sent;
                }
                int errno = (int) ERRNO.get(state, 0L);
                if (errno != EINTR) {
                    return -errno;
                }
            }
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static RuntimeException unexpected(Throwable e) {
        return e instanceof RuntimeException known ? known : new IllegalStateException(e);
    }
}

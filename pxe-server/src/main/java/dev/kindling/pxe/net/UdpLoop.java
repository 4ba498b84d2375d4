package dev.kindling.pxe.net;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * UDP sockets for bulk traffic, all served by one thread: it waits (epoll), takes what has come in (recvmmsg, many
 * datagrams in one call), hands each to the {@link Handler}, and sends what that wrote (sendmmsg). A long message is
 * cut into datagrams by the kernel (UDP_SEGMENT), or here where the interface refuses that. Nothing is allocated for a
 * datagram but its {@link Peer}. The kernel's structures are read and written through byte buffers: what the quick
 * compiler makes of accesses to memory segments takes a microsecond for each datagram, as measured.
 *
 * <p>
 * Not Netty, whose packets cost several objects and a copy each (docs/adr/0007).
 */
public final class UdpLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(UdpLoop.class);
    /** No request of TFTP is longer than 512 octets (RFC 2347); what is, is cut. */
    private static final int MOST_RECEIVED = 2048;
    private static final int BATCH = 64;
    private static final int NAME = 32;
    /** struct mmsghdr: struct msghdr (56), unsigned int length, padding. */
    private static final int MMSGHDR = 64;
    private static final int IOVEC = 16;
    /** CMSG_SPACE of a short: struct cmsghdr is a long and two ints. */
    private static final int CONTROL = 24;
    private static final int OUTBOX = 256 * 1024;
    private static final int LISTEN_BUFFER = 4 << 20;
    private static final long WAKE = -1;
    private static final long TIMER = -2;
    private static final int EVENTS = 64;
    /** Bytes of struct epoll_event, which is packed on x86-64 alone. */
    static final int EVENT = "amd64".equals(System.getProperty("os.arch")) ? 12 : 16;
    private static final ByteOrder HOST = ByteOrder.nativeOrder();
    private static final ByteOrder NETWORK = ByteOrder.BIG_ENDIAN;

    /** What the datagrams are for. Called by the one thread of the loop. */
    public interface Handler {
        /**
         * Takes a datagram.
         *
         * @param packet from its position to its limit; used again after the call
         */
        void received(Socket socket, Peer from, ByteBuffer packet);

        /**
         * Looks after what is late. Called after each turn when that time has come.
         *
         * @param now of {@link System#nanoTime()}
         * @return when to call again
         */
        long tick(long now);

        /** The kernel refused to send to that one; it may work the next time. */
        void unsent(Socket socket, Peer to, String reason);
    }

    private final Handler handler;
    private final Arena arena = Arena.ofAuto();
    private final BulkCalls calls = new BulkCalls(arena);
    private final int epoll;
    /**
     * Ends the wait when the handler wants its tick. A wait with a time-out would do, too; but it would set the
     * processor's timer for each datagram, and in a virtual machine that is an exit to the host.
     */
    private final int timer;
    /** Written to in order to end the thread's wait; -1 once closed. Guarded by the tasks. */
    private int wake;
    private final List<Socket> sockets = new ArrayList<>();
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean woken = new AtomicBoolean();
    private final Thread thread;
    private volatile boolean closing;

    private final MemorySegment events = arena.allocate((long) EVENTS * EVENT, 8);
    private final ByteBuffer happened = events.asByteBuffer().order(HOST);
    private final MemorySegment one = arena.allocateFrom(JAVA_LONG, 1);
    private final MemorySegment wakes = arena.allocate(JAVA_LONG);
    private final Messages in = new Messages();
    private final Messages out = new Messages();
    private final ByteBuffer[] received = new ByteBuffer[BATCH];
    private final Peer[] recipients = new Peer[BATCH];
    private final MemorySegment outbox = arena.allocate(OUTBOX, 64);
    private final ByteBuffer room = outbox.asByteBuffer();
    private int waiting;
    private int written;
    private @Nullable Socket sender;

    /** An array of struct mmsghdr, each with one name, one buffer and one control message. */
    private final class Messages {
        private final MemorySegment memory = arena.allocate(BATCH * MMSGHDR, 8);
        final long address = memory.address();
        final ByteBuffer headers = memory.asByteBuffer().order(HOST);
        /** Socket addresses, which are in both orders. */
        final ByteBuffer names;
        final ByteBuffer vectors;
        final ByteBuffer controls;

        Messages() {
            MemorySegment named = arena.allocate(BATCH * NAME, 8);
            MemorySegment filled = arena.allocate(BATCH * IOVEC, 8);
            MemorySegment controlled = arena.allocate(BATCH * CONTROL, 8);
            names = named.asByteBuffer();
            vectors = filled.asByteBuffer().order(HOST);
            controls = controlled.asByteBuffer().order(HOST);
            for (int i = 0; i < BATCH; i++) {
                int header = i * MMSGHDR;
                headers.putLong(header, named.address() + (long) i * NAME).putInt(header + 8, NAME);
                headers.putLong(header + 16, filled.address() + (long) i * IOVEC).putLong(header + 24, 1);
                headers.putLong(header + 32, controlled.address() + (long) i * CONTROL);
                // struct cmsghdr: length, level, type
                controls.putLong(i * CONTROL, 18).putInt(i * CONTROL + 8, BulkCalls.SOL_UDP)
                        .putInt(i * CONTROL + 12, BulkCalls.UDP_SEGMENT);
            }
        }

        void vector(int i, long base, long length) {
            vectors.putLong(i * IOVEC, base).putLong(i * IOVEC + 8, length);
        }
    }

    /**
     * Opens the machinery; no socket yet.
     *
     * @param name of the thread
     * @throws IOException where the kernel has no epoll: only Linux does
     */
    public UdpLoop(String name, Handler handler) throws IOException {
        this.handler = handler;
        this.epoll = calls.epoll();
        this.wake = calls.eventfd();
        this.timer = calls.timerfd();
        calls.watch(epoll, wake, WAKE, events);
        calls.watch(epoll, timer, TIMER, events);
        MemorySegment buffers = arena.allocate((long) BATCH * MOST_RECEIVED, 64);
        for (int i = 0; i < BATCH; i++) {
            MemorySegment buffer = buffers.asSlice((long) i * MOST_RECEIVED, MOST_RECEIVED);
            in.vector(i, buffer.address(), MOST_RECEIVED);
            received[i] = buffer.asByteBuffer();
        }
        this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    }

    /** A bound socket. Its methods are for the loop's thread alone. */
    public final class Socket {
        private final int descriptor;
        private final InetSocketAddress address;
        private boolean segmentation;

        private Socket(int descriptor, InetSocketAddress address, boolean segmentation) {
            this.descriptor = descriptor;
            this.address = address;
            this.segmentation = segmentation;
        }

        /** Where it is bound. */
        public InetSocketAddress address() {
            return address;
        }

        /**
         * Room to write the next message into.
         *
         * @param octets at most 128 KiB
         * @return with so much space from its position to its limit; of the loop, used again after {@link #send}
         */
        public ByteBuffer room(int octets) {
            if (sender != this || waiting == BATCH || written + octets > OUTBOX) {
                flush();
            }
            sender = this;
            return room.limit(written + octets).position(written);
        }

        /**
         * Sends what was written into the {@link #room}, soon.
         *
         * @param octets of the message, from where the room began
         * @param datagram octets of each datagram that it is cut into; the last may be shorter
         */
        public void send(Peer to, int octets, int datagram) {
            int most = segmentation ? Math.clamp(BulkCalls.MOST_OCTETS / datagram, 1, BulkCalls.MOST_SEGMENTS) : 1;
            for (int sent = 0; sent == 0 || sent < octets; sent += most * datagram) {
                if (waiting == BATCH) {
                    transmit();
                }
                int length = Math.min(octets - sent, most * datagram);
                message(to, written + sent, length, datagram);
            }
            written += octets;
        }

        private void message(Peer to, int from, int length, int datagram) {
            int header = waiting * MMSGHDR;
            out.vector(waiting, outbox.address() + from, length);
            out.headers.putInt(header + 8, name(to, out.names, waiting * NAME));
            boolean cut = length > datagram;
            out.headers.putLong(header + 40, cut ? CONTROL : 0);
            if (cut) {
                out.controls.putShort(waiting * CONTROL + 16, (short) datagram);
            }
            recipients[waiting++] = to;
        }
    }

    /** struct sockaddr_in or sockaddr_in6; its length. */
    private static int name(Peer peer, ByteBuffer to, int at) {
        if (peer.isIpv4()) {
            to.order(HOST).putShort(at, (short) BulkCalls.AF_INET);
            to.order(NETWORK).putShort(at + 2, (short) peer.port()).putInt(at + 4, (int) peer.low()).putLong(at + 8, 0);
            return 16;
        }
        to.order(HOST).putShort(at, (short) Native.AF_INET6).putInt(at + 24, peer.scope());
        to.order(NETWORK).putShort(at + 2, (short) peer.port()).putInt(at + 4, 0).putLong(at + 8, peer.high())
                .putLong(at + 16, peer.low());
        return 28;
    }

    private static Peer peer(ByteBuffer name, int at) {
        int family = name.order(HOST).getShort(at);
        int scope = name.getInt(at + 24);
        int port = name.order(NETWORK).getShort(at + 2) & 0xffff;
        return family == BulkCalls.AF_INET
                ? Peer.ofIpv4(name.getInt(at + 4), port)
                : new Peer(name.getLong(at + 8), name.getLong(at + 16), port, scope);
    }

    /**
     * Binds one more socket, before {@link #start}.
     *
     * @param port 0 picks a free one
     * @throws IOException if that fails, in the kernel's words
     */
    public Socket bind(InetAddress address, int port) throws IOException {
        Peer wanted = Peer.of(new InetSocketAddress(address, port));
        int descriptor = calls.udpSocket(wanted.isIpv4() ? BulkCalls.AF_INET : Native.AF_INET6);
        try (Arena temporary = Arena.ofConfined()) {
            // a rack that is switched on asks all at once: let the kernel hold as many requests as it is allowed to
            calls.buffers(descriptor, LISTEN_BUFFER);
            MemorySegment name = temporary.allocate(NAME, 8);
            Native.bind(descriptor, name.asSlice(0, name(wanted, name.asByteBuffer(), 0)));
            calls.boundTo(descriptor, name);
            var socket = new Socket(descriptor, new InetSocketAddress(address, peer(name.asByteBuffer(), 0).port()),
                    calls.segmentation(descriptor));
            calls.watch(epoll, descriptor, sockets.size(), events);
            sockets.add(socket);
            return socket;
        } catch (IOException | RuntimeException e) {
            Native.close(descriptor);
            throw e;
        }
    }

    /** Begins to receive. */
    public void start() {
        thread.start();
    }

    /**
     * Has the loop's thread do something soon. Callable from any thread; nothing happens any more once it is closed.
     */
    public void execute(Runnable task) {
        tasks.add(task);
        if (woken.compareAndSet(false, true)) {
            wake();
        }
    }

    private void wake() {
        synchronized (tasks) {
            if (wake >= 0) {
                calls.write(wake, one);
            }
        }
    }

    private void run() {
        int waker = wakeDescriptor();
        boolean due = true;
        while (!closing) {
            // a task may begin something that has a time of its own
            if (runTasks() || due) {
                due = false;
                calls.arm(timer, tick());
            }
            flush();
            int count = calls.await(epoll, events.address(), EVENTS);
            for (int i = 0; i < count; i++) {
                long which = happened.getLong(i * EVENT + EVENT - 8);
                if (which == WAKE) {
                    calls.read(waker, wakes);
                    woken.set(false);
                } else if (which == TIMER) {
                    due = true; // and is over only when it is armed again
                } else {
                    receive(sockets.get((int) which));
                }
            }
        }
        runTasks();
        flush();
    }

    private boolean runTasks() {
        boolean ran = false;
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            ran = true;
            guard(task);
        }
        return ran;
    }

    /** Nanoseconds until the next one. */
    private long tick() {
        long now = System.nanoTime();
        try {
            return handler.tick(now) - System.nanoTime();
        } catch (RuntimeException e) {
            LOG.error("the thread {} goes on after a fault", thread.getName(), e);
            return 1_000_000_000L;
        }
    }

    /** A fault in what concerns one client must not end the service of the others. */
    private void guard(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.error("the thread {} goes on after a fault", thread.getName(), e);
        }
    }

    private int wakeDescriptor() {
        synchronized (tasks) {
            return wake;
        }
    }

    private void receive(Socket socket) {
        int count = calls.receive(socket.descriptor, in.address, BATCH);
        for (int i = 0; i < count; i++) {
            int length = in.headers.getInt(i * MMSGHDR + 56);
            // the kernel wrote the length of the name there: it wants the room for one the next time
            in.headers.putInt(i * MMSGHDR + 8, NAME);
            ByteBuffer packet = received[i].limit(length).position(0);
            try {
                handler.received(socket, peer(in.names, i * NAME), packet);
            } catch (RuntimeException e) {
                LOG.error("the thread {} goes on after a fault", thread.getName(), e);
            }
        }
        flush();
    }

    /** Hands all that was written to the kernel; the outbox is free again. */
    private void flush() {
        transmit();
        written = 0;
    }

    private void transmit() {
        Socket socket = sender;
        for (int done = 0; socket != null && done < waiting;) {
            int sent = calls.send(socket.descriptor, out.address + (long) done * MMSGHDR, waiting - done);
            if (sent > 0) {
                done += sent;
            } else {
                unsent(socket, done++, -sent);
            }
        }
        waiting = 0;
    }

    /** The kernel refuses to cut where an interface has no check sums of its own, or where the way's MTU is smaller. */
    private void unsent(Socket socket, int message, int errno) {
        int header = message * MMSGHDR;
        if (out.headers.getLong(header + 40) == 0) {
            handler.unsent(socket, recipients[message], Native.text(errno));
            return;
        }
        if (errno == BulkCalls.EIO) {
            socket.segmentation = false;
            LOG.debug("{} cannot cut messages into datagrams", socket.address);
        }
        int datagram = out.controls.getShort(message * CONTROL + 16) & 0xffff;
        long base = out.vectors.getLong(message * IOVEC);
        long length = out.vectors.getLong(message * IOVEC + 8);
        out.headers.putLong(header + 40, 0);
        for (long sent = 0; sent < length; sent += datagram) {
            out.vector(message, base + sent, Math.min(datagram, length - sent));
            int result = calls.send(socket.descriptor, out.address + header, 1);
            if (result <= 0) {
                handler.unsent(socket, recipients[message], Native.text(-result));
                return;
            }
        }
    }

    /** Ends the thread and closes the sockets. */
    @Override
    public void close() {
        closing = true;
        wake();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (tasks) {
            if (wake >= 0) {
                sockets.forEach(socket -> calls.close(socket.descriptor));
                calls.close(epoll);
                calls.close(timer);
                calls.close(wake);
                wake = -1;
            }
        }
    }
}

package dev.kindling.pxe.net;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Optional;

/**
 * Whole Ethernet frames of one interface (packet(7)): what no other socket can send or see, such as ARP, a reply to an
 * address that nobody answers for yet, or what others send to each other. Needs CAP_NET_RAW. One thread may receive
 * while others send; close it when the receiver has ended.
 */
public final class PacketSocket implements Closeable {
    /** Every protocol, frames that this machine sends itself included. */
    public static final int ALL = 3;
    public static final int IPV4 = 0x0800;
    public static final int ARP = 0x0806;
    public static final int IPV6 = 0x86dd;
    private static final int MOST_BYTES = 65_536;
    private static final int PACKET_OUTGOING = 4;

    private final int socket;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(MOST_BYTES);
    private final MemorySegment from = arena.allocate(20, 4);

    private boolean closed;

    private PacketSocket(int socket) {
        this.socket = socket;
    }

    /** Which frames are wanted, as a program of the classic BPF (socket(7), SO_ATTACH_FILTER). */
    public record Filter(Instruction... instructions) {
        /** No filter. */
        public static final Filter NONE = new Filter();

        /**
         * As in linux/filter.h.
         *
         * @param code operation
         * @param ifTrue instructions to skip where a comparison holds
         * @param ifFalse where not
         * @param operand k
         */
        public record Instruction(int code, int ifTrue, int ifFalse, int operand) {}

        private MemorySegment program(Arena arena) {
            MemorySegment code = arena.allocate(8L * instructions.length, 4);
            for (int i = 0; i < instructions.length; i++) {
                code.set(JAVA_SHORT, 8L * i, (short) instructions[i].code());
                code.set(JAVA_BYTE, 8L * i + 2, (byte) instructions[i].ifTrue());
                code.set(JAVA_BYTE, 8L * i + 3, (byte) instructions[i].ifFalse());
                code.set(JAVA_INT, 8L * i + 4, instructions[i].operand());
            }
            // struct sock_fprog: unsigned short len, struct sock_filter *filter
            MemorySegment program = arena.allocate(16, 8);
            program.set(JAVA_SHORT, 0, (short) instructions.length);
            program.set(ADDRESS, 8, code);
            return program;
        }
    }

    /**
     * Opens one.
     *
     * @param protocol EtherType, or {@link #ALL}
     * @throws IOException without CAP_NET_RAW, or where there is no such interface
     */
    public static PacketSocket open(String device, int protocol, Filter filter) throws IOException {
        int index = Native.interfaceIndex(device);
        // protocol 0: nothing arrives before the filter stands
        int socket;
        try {
            socket = Native.socket(Native.AF_PACKET, Native.SOCK_RAW, 0);
        } catch (Native.RefusedException e) {
            throw e.errno() == Native.EPERM
                    ? new IOException("whole frames of " + device + " cannot be had without CAP_NET_RAW", e)
                    : e;
        }
        try (Arena arena = Arena.ofConfined()) {
            if (filter.instructions().length > 0) {
                Native.option(socket, Native.SOL_SOCKET, Native.SO_ATTACH_FILTER, filter.program(arena));
            }
            // struct sockaddr_ll
            MemorySegment address = arena.allocate(20, 4);
            address.set(JAVA_SHORT, 0, (short) Native.AF_PACKET);
            address.set(JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN), 2, (short) protocol);
            address.set(JAVA_INT, 4, index);
            Native.bind(socket, address);
            return new PacketSocket(socket);
        } catch (IOException | RuntimeException e) {
            Native.close(socket);
            throw e;
        }
    }

    /**
     * The interface's own Ethernet address.
     *
     * @throws IOException where it has none
     */
    public synchronized byte[] hardwareAddress() throws IOException {
        mustBeOpen();
        try (Arena own = Arena.ofConfined()) {
            // struct sockaddr_ll: the length stands at 11, the address behind it
            MemorySegment address = own.allocate(20, 4);
            Native.name(socket, address);
            if (address.get(JAVA_BYTE, 11) != 6) {
                throw new IOException("the interface has no Ethernet address");
            }
            return address.asSlice(12, 6).toArray(JAVA_BYTE);
        }
    }

    /**
     * Sends one.
     *
     * @param frame from the destination's hardware address on, without the check sum
     */
    public synchronized void send(byte[] frame) throws IOException {
        mustBeOpen();
        Native.send(socket, frame, MemorySegment.NULL);
    }

    /** The next frame; empty where none comes in that time. Blocks its thread: not for virtual ones. */
    public Optional<byte[]> receive(Duration most) throws IOException {
        if (!Native.awaitInput(socket, (int) Math.min(most.toMillis(), Integer.MAX_VALUE))) {
            return Optional.empty();
        }
        int length = Native.receive(socket, buffer, from);
        return length < 0 ? Optional.empty() : Optional.of(buffer.asSlice(0, length).toArray(JAVA_BYTE));
    }

    /**
     * A frame as it passed.
     *
     * @param octets from the destination's hardware address on, as many as the filter lets through
     * @param nanos when the kernel saw it, in nanoseconds since 1970
     * @param outgoing whether this machine sent it
     */
    record Passed(byte[] octets, long nanos, boolean outgoing) {}

    /** Like {@link #receive}, with what the kernel knows of the frame. */
    Optional<Passed> watch(Duration most) throws IOException {
        Optional<byte[]> frame = receive(most);
        // struct sockaddr_ll: sll_pkttype
        return frame.isEmpty()
                ? Optional.empty()
                : Optional.of(new Passed(frame.get(), Native.arrivalNanos(socket),
                        from.get(JAVA_BYTE, 10) == PACKET_OUTGOING));
    }

    /** Whether there is a frame to receive, or comes in that time. */
    boolean awaitFrame(Duration most) throws IOException {
        return Native.awaitInput(socket, (int) Math.min(most.toMillis(), Integer.MAX_VALUE));
    }

    /** Octets of frames that may wait; the kernel may grant less. */
    void setWaiting(int octets) throws IOException {
        Native.option(socket, Native.SOL_SOCKET, Native.SO_RCVBUF, octets);
    }

    /** Frames that found no room since this was asked last. */
    int takeDropped() throws IOException {
        try (Arena own = Arena.ofConfined()) {
            // struct tpacket_stats: packets, drops
            MemorySegment statistics = own.allocate(8, 4);
            Native.readOption(socket, Native.SOL_PACKET, Native.PACKET_STATISTICS, statistics);
            return statistics.get(JAVA_INT, 4);
        }
    }

    /** The number of a closed socket may be another's by now. */
    private void mustBeOpen() throws IOException {
        if (closed) {
            throw new IOException("the socket is closed");
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (!closed) {
            closed = true;
            Native.close(socket);
            arena.close();
        }
    }
}

package dev.kindling.pxe.net;

import java.io.Closeable;
import java.io.IOException;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Writes the boot traffic of some interfaces into a pcapng file, for Wireshark: DHCP, DHCPv6, the PXE boot server's
 * port, TFTP with its transfers (of their blocks the first octets only), ARP, and the router discovery of IPv6. HTTP is
 * left out: it carries install configs with their secrets, and a capture is made to be passed on.
 *
 * <p>
 * A thread for each interface reads and writes. What it is too slow for is dropped by the kernel, counted, and told;
 * the service never waits for it.
 */
public final class TrafficCapture implements Closeable {
    private static final List<Integer> PORTS = List.of(67, 68, 4011, 546, 547);
    private static final int ETHERNET_HEADER = 14;
    private static final int IPV6_HEADER = 40;
    private static final int UDP = 17;
    private static final int READ_REQUEST = 1;
    /** Frames that wait, in octets: more than the standard limit of a kernel, which then grants what it allows. */
    private static final int WAITING = 8 << 20;
    private static final int MOST_TRANSFERS = 8192;
    private static final int MOST_AT_THE_END = 10_000;
    private static final Duration PATIENCE = Duration.ofMillis(100);
    private static final long TELL_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Pcapng file;
    private final int tftpPort;
    private final SortedSet<Integer> ports;
    private final Consumer<String> notes;
    private final List<PacketSocket> sockets = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean closed;
    /** Under the lock of {@link #file}: after it, nothing is written any more. */
    private boolean failed;

    /**
     * An interface.
     *
     * @param name as the kernel has it
     * @param address ours on it; 0.0.0.0 where it has IPv6 only
     */
    public record Device(String name, Inet4Address address) {}

    /** One end of a transfer that is not ours: a client's address and port. */
    private record End(ByteBuffer address, int port) {}

    private TrafficCapture(Pcapng file, int tftpPort, SortedSet<Integer> ports, Consumer<String> notes) {
        this.file = file;
        this.tftpPort = tftpPort;
        this.ports = ports;
        this.notes = notes;
    }

    /**
     * Begins.
     *
     * @param file replaced where it is there; the older part goes to the same name with ".1"
     * @param limit octets of each of the two, 64 KiB at least
     * @param tftpPort where transfers are asked for
     * @param ports further UDP ports, beside the standard ones of DHCP
     * @param notes told for people, by threads of the capture: how many frames were missed, and why it ended
     * @throws IOException without CAP_NET_RAW, or where the file cannot be written
     */
    public static TrafficCapture start(Path file, long limit, List<Device> devices, int tftpPort,
            Collection<Integer> ports, Consumer<String> notes) throws IOException {
        if (limit < 65_536) {
            throw new IllegalArgumentException("a capture of 64 KiB at least is wanted, not " + limit + " octets");
        }
        Pcapng writer;
        try {
            writer = Pcapng.create(file, limit, devices.stream().map(Device::name).toList());
        } catch (IOException e) {
            throw new IOException("the capture %s cannot be written (%s). Name a file in a directory that this user"
                    .formatted(file, e) + " may write.", e);
        }
        SortedSet<Integer> wanted = new TreeSet<>(PORTS);
        wanted.addAll(ports);
        wanted.add(tftpPort);
        wanted.remove(0);
        var capture = new TrafficCapture(writer, tftpPort, wanted, notes);
        try {
            for (Device device : devices) {
                var socket = PacketSocket.open(device.name(), PacketSocket.ALL, BootFilter.of(wanted,
                        device.address()));
                capture.sockets.add(socket);
                socket.setWaiting(WAITING);
            }
        } catch (IOException | RuntimeException e) {
            capture.close();
            throw e;
        }
        for (int index = 0; index < devices.size(); index++) {
            capture.watch(index, devices.get(index));
        }
        return capture;
    }

    private void watch(int index, Device device) {
        var socket = sockets.get(index);
        threads.add(Thread.ofPlatform().daemon().name("capture-" + device.name())
                .start(() -> watch(index, device, socket)));
    }

    private void watch(int index, Device device, PacketSocket socket) {
        var transfers = new LinkedHashMap<End, Boolean>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<End, Boolean> eldest) {
                return size() > MOST_TRANSFERS;
            }
        };
        boolean loopback = device.address().isLoopbackAddress();
        long told = System.nanoTime();
        boolean lost = false;
        boolean more = true;
        // what has come in before the end is still written, a bounded number of frames
        for (int rest = MOST_AT_THE_END; rest > 0 && (!closed || more); rest -= closed ? 1 : 0) {
            try {
                var passed = socket.watch(closed ? Duration.ZERO : PATIENCE);
                more = passed.isPresent();
                // on loopback each frame passes twice
                if (passed.isPresent() && !(loopback && passed.get().outgoing())
                        && wanted(passed.get().octets(), transfers)) {
                    write(index, passed.get());
                } else if (passed.isEmpty()) {
                    flush();
                }
                if (System.nanoTime() - told > TELL_NANOS) {
                    told = System.nanoTime();
                    tellDropped(device, socket);
                }
                lost = false;
            } catch (IOException e) {
                // such as ENETDOWN, once, when the interface goes down
                if (!lost) {
                    notes.accept("the capture on %s: %s".formatted(device.name(), e.getMessage()));
                }
                lost = true;
                more = false;
            }
        }
        try {
            tellDropped(device, socket);
        } catch (IOException e) {
            notes.accept("the capture on %s: %s".formatted(device.name(), e.getMessage()));
        }
    }

    private void write(int index, PacketSocket.Passed frame) {
        synchronized (file) {
            if (!failed) {
                try {
                    file.frame(index, frame.nanos(), frame.octets(), length(frame.octets()), frame.outgoing());
                } catch (IOException e) {
                    fail(e);
                }
            }
        }
    }

    private void flush() {
        synchronized (file) {
            if (!failed) {
                try {
                    file.flush();
                } catch (IOException e) {
                    fail(e);
                }
            }
        }
    }

    /** Such as a disk that is full. */
    private void fail(IOException e) {
        failed = true;
        closed = true;
        notes.accept("the capture ends here, the service goes on: " + e.getMessage());
    }

    private void tellDropped(Device device, PacketSocket socket) throws IOException {
        int dropped = socket.takeDropped();
        if (dropped > 0) {
            notes.accept("the capture on %s missed %d frames, which came faster than they could be written"
                    .formatted(device.name(), dropped));
        }
    }

    /** The filter lets all UDP of ours through: of that, transfers that were asked for at the TFTP port. */
    private boolean wanted(byte[] frame, Map<End, Boolean> transfers) {
        ByteBuffer packet = ByteBuffer.wrap(frame);
        boolean six = frame.length > 54 && packet.getShort(12) == (short) PacketSocket.IPV6;
        int udp = six ? ETHERNET_HEADER + IPV6_HEADER : ETHERNET_HEADER + 4 * (frame[ETHERNET_HEADER] & 15);
        if (packet.getShort(12) == PacketSocket.ARP || frame.length < udp + 8 || (six && frame[20] != UDP)) {
            return true;
        }
        int from = packet.getShort(udp) & 0xffff;
        int to = packet.getShort(udp + 2) & 0xffff;
        int addresses = six ? 22 : 26;
        int width = six ? 16 : 4;
        if (to == tftpPort && frame.length >= udp + 10 && packet.getShort(udp + 8) == READ_REQUEST) {
            transfers.put(end(frame, addresses, width, from), true);
        }
        // get, not containsKey: those in use stay longest
        return ports.contains(from) || ports.contains(to)
                || transfers.get(end(frame, addresses, width, from)) != null
                || transfers.get(end(frame, addresses + width, width, to)) != null;
    }

    private static End end(byte[] frame, int address, int width, int port) {
        return new End(ByteBuffer.wrap(Arrays.copyOfRange(frame, address, address + width)), port);
    }

    /** What it had before the filter cut it, by its IP header. */
    private static int length(byte[] frame) {
        ByteBuffer packet = ByteBuffer.wrap(frame);
        int told = switch (packet.getShort(12) & 0xffff) {
            case PacketSocket.IPV4 -> ETHERNET_HEADER + (packet.getShort(16) & 0xffff);
            case PacketSocket.IPV6 -> ETHERNET_HEADER + IPV6_HEADER + (packet.getShort(18) & 0xffff);
            default -> 0;
        };
        // short frames are padded
        return frame.length < BootFilter.HEAD ? frame.length : Math.max(frame.length, told);
    }

    /** Writes what has come in, and ends. */
    @Override
    public void close() throws IOException {
        closed = true;
        boolean interrupted = false;
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            // the sockets stay open until the process ends, rather than be closed under a reader
            Thread.currentThread().interrupt();
        } else {
            for (PacketSocket socket : sockets) {
                socket.close();
            }
        }
        synchronized (file) {
            file.close();
        }
    }
}

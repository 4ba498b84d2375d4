package dev.kindling.pxe.tftp;

import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeConfig;
import dev.kindling.pxe.PxeEvent;
import dev.kindling.pxe.net.Peer;
import dev.kindling.pxe.net.UdpLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves files by TFTP. One thread moves all packets; files are looked up on virtual threads.
 *
 * <p>
 * A transfer is known by its client's address and port, so that many share a socket: in the single-port mode the one
 * that was asked, otherwise one of a few with ports of their own, another for each transfer of a client. Packets of
 * many clients are then received and sent by one call.
 */
public final class TftpServer implements AutoCloseable {
    /** Above this a read request is answered with "busy". */
    static final int MAX_TRANSFERS = 8192;
    /**
     * RFC 1350 wants another port for each transfer, so that late packets of the last one are not taken for its own.
     */
    private static final int TRANSFER_SOCKETS = 16;
    /** Clients for which a smaller block size is remembered. */
    private static final int MAX_REMEMBERED = 4096;
    private static final long TICK = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long IDLE = TimeUnit.SECONDS.toNanos(30);
    private static final Logger LOG = LoggerFactory.getLogger(TftpServer.class);

    private final PxeConfig.Tftp config;
    private final Lookup lookup;
    private final Function<InetAddress, @Nullable MacAddress> whoHas;
    private final Consumer<PxeEvent> events;
    private final Clock clock;
    private final RandomGenerator random;
    private final ExecutorService lookups = Executors.newVirtualThreadPerTaskExecutor();
    private final UdpLoop loop;
    private final Map<UdpLoop.Socket, Link> links = new LinkedHashMap<>();

    // of the loop's thread
    private final Map<Peer, Session> sessions = new HashMap<>();
    /** Requests whose file is being looked up. */
    private final Map<Peer, TftpPacket.Request> asked = new HashMap<>();
    private final Map<InetAddress, Integer> smallerBlocks = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Integer> eldest) {
            return size() > MAX_REMEMBERED;
        }
    };

    /** An address that is served. */
    private record Link(UdpLoop.Socket listener, List<UdpLoop.Socket> transfers, int mtu) {}

    private TftpServer(PxeConfig.Tftp config, BootSource source, Function<InetAddress, @Nullable MacAddress> whoHas,
            Consumer<PxeEvent> events, Clock clock, RandomGenerator random) throws IOException {
        this.config = config;
        this.lookup = new Lookup(source, new OpenFiles());
        this.whoHas = whoHas;
        this.events = events;
        this.clock = clock;
        this.random = random;
        this.loop = new UdpLoop("tftp", new Packets());
    }

    /**
     * Listens on each of the addresses, IPv4 or IPv6; a link-local one with its scope.
     *
     * @param port UDP port; 0 picks one that is free on all addresses
     * @param whoHas the machine that holds a lease on an address
     * @param events called from the server's own threads; must neither block nor throw
     * @throws IOException if a port cannot be bound
     */
    public static TftpServer start(List<InetAddress> addresses, int port, PxeConfig.Tftp config, BootSource source,
            Function<InetAddress, @Nullable MacAddress> whoHas, Consumer<PxeEvent> events, Clock clock)
            throws IOException {
        var server = new TftpServer(config, source, whoHas, events, clock, RandomGenerator.of("SplittableRandom"));
        try {
            for (InetAddress address : addresses) {
                server.listen(address, server.links.isEmpty() ? port : server.port());
            }
            server.loop.start();
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private void listen(InetAddress address, int port) throws IOException {
        UdpLoop.Socket listener;
        try {
            listener = loop.bind(address, port);
        } catch (IOException e) {
            throw new IOException("TFTP cannot listen on %s port %d (UDP): %s".formatted(address.getHostAddress(), port,
                    e.getMessage()), e);
        }
        var transfers = new ArrayList<UdpLoop.Socket>();
        while (!config.singlePort() && transfers.size() < TRANSFER_SOCKETS) {
            transfers.add(loop.bind(address, 0));
        }
        links.put(listener, new Link(listener, transfers.isEmpty() ? List.of(listener) : transfers, mtu(address)));
    }

    /** The UDP port, the same on all addresses. */
    public int port() {
        return links.keySet().iterator().next().address().getPort();
    }

    /** Ends all transfers. */
    @Override
    public void close() {
        lookups.shutdownNow();
        try {
            // what they opened is handed to the loop, and closed below
            if (!lookups.awaitTermination(2, TimeUnit.SECONDS)) {
                LOG.warn("a file of TFTP is still being looked up");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        loop.close();
        sessions.values().forEach(session -> session.abandon("the server ends"));
        sessions.clear();
    }

    private final class Packets implements UdpLoop.Handler {
        @Override
        public void received(UdpLoop.Socket socket, Peer from, ByteBuffer packet) {
            var known = sessions.get(from);
            var session = known != null && known.socket == socket ? known : null;
            if (session != null && packet.remaining() >= TftpPacket.HEADER && packet.getShort(0) == TftpPacket.ACK) {
                // what nearly all packets are
                settle(session, session.onAck(packet.getShort(2) & 0xffff, System.nanoTime()));
                return;
            }
            var parsed = TftpPacket.parse(packet).orElse(null);
            var link = links.get(socket);
            if (link != null && parsed instanceof TftpPacket.Request request) {
                request(link, from, request);
            } else if (session != null) {
                unusual(session, parsed);
            } else if ((link == null || config.singlePort())
                    && (parsed instanceof TftpPacket.Ack || parsed instanceof TftpPacket.Data)) {
                // never an error for an error, or two strangers would send them to each other for ever
                Session.send(socket, from, new TftpPacket.Failure(TftpPacket.Failure.UNKNOWN_TID, "unknown transfer"));
            }
        }

        @Override
        public long tick(long now) {
            boolean crowded = sessions.size() > MAX_TRANSFERS / 2;
            sessions.values().removeIf(session -> {
                boolean over = session.onTimer(now) || (crowded && session.isDeaf(now));
                if (session.stuckAtFirstBlock(now)) {
                    smallerBlocks.put(session.client.address(), Terms.smallerThan(session.terms.blockSize()));
                }
                return over;
            });
            return now + (sessions.isEmpty() ? IDLE : TICK);
        }

        @Override
        public void unsent(UdpLoop.Socket socket, Peer to, String reason) {
            LOG.debug("TFTP did not send to {}: {}", to, reason);
            var session = sessions.get(to);
            if (session != null) {
                session.unsent(reason);
            }
        }
    }

    private void unusual(Session session, @Nullable TftpPacket packet) {
        switch (packet) {
            case TftpPacket.Failure failure -> settle(session, session.onFailure(failure, System.nanoTime()));
            case TftpPacket.Data _,TftpPacket.Oack _,TftpPacket.Request _ -> Session.send(session.socket,
                    session.client, new TftpPacket.Failure(TftpPacket.Failure.ILLEGAL, "not in a download"));
            case TftpPacket.Ack _ -> throw new IllegalStateException("taken before");
            case null -> {
                // noise
            }
        }
    }

    private void settle(Session session, boolean over) {
        if (over) {
            sessions.remove(session.client);
        }
    }

    private void request(Link link, Peer client, TftpPacket.Request request) {
        long now = System.nanoTime();
        var known = sessions.get(client);
        if (known != null && known.request.equals(request) && !known.stalled(now)) {
            settle(known, known.onRequestAgain(now));
            return; // one transfer, however often it is asked for
        }
        if (request.equals(asked.get(client))) {
            return;
        }
        if (sessions.size() + asked.size() >= MAX_TRANSFERS) {
            refuse(link, client, new Told(events, clock, null, request.file()),
                    new TftpPacket.Failure(TftpPacket.Failure.OTHER, "busy: too many transfers"),
                    "busy: %d transfers".formatted(MAX_TRANSFERS));
            return;
        }
        asked.put(client, request);
        try {
            lookups.execute(() -> {
                MacAddress mac = whoHas.apply(client.address());
                var found = lookup.find(request, client.address(), mac);
                var told = new Told(events, clock, mac, found.path());
                loop.execute(() -> begin(link, client, request, found, told));
            });
        } catch (RejectedExecutionException e) {
            asked.remove(client); // closing
        }
    }

    private void begin(Link link, Peer client, TftpPacket.Request request, Lookup.Found found, Told told) {
        if (!asked.remove(client, request)) {
            if (found instanceof Lookup.Found.Granted granted) {
                granted.content().close(); // it has asked for something else since
            }
            return;
        }
        // some ROMs ask from one port for file after file
        var known = sessions.remove(client);
        if (known != null) {
            known.abandon("the client began anew from the same port");
        }
        switch (found) {
            case Lookup.Found.Denied denied -> refuse(link, client, told, denied.answer(), denied.reason());
            case Lookup.Found.Granted granted -> {
                int most = Math.min(config.maxBlock(),
                        smallerBlocks.getOrDefault(client.address(), Integer.MAX_VALUE));
                var terms = Terms.of(request, granted.content().size(),
                        new Terms.Limits(link.mtu(), !client.isIpv4(), most, config.maxWindow()));
                long now = System.nanoTime();
                var session = new Session(socket(link, known), client, request, terms, granted.content(), told, now);
                sessions.put(client, session);
                settle(session, session.start(now));
            }
        }
    }

    /** Any of them, but not the one of the same port's last transfer. */
    private UdpLoop.Socket socket(Link link, @Nullable Session before) {
        var transfers = link.transfers();
        int pick = random.nextInt(transfers.size());
        boolean same = before != null && transfers.get(pick) == before.socket;
        return transfers.get(same ? (pick + 1) % transfers.size() : pick);
    }

    private static void refuse(Link link, Peer client, Told told, TftpPacket.Failure answer, String reason) {
        Session.send(link.listener(), client, answer);
        told.failed(reason);
    }

    private static int mtu(InetAddress address) {
        try {
            var nic = NetworkInterface.getByInetAddress(address);
            // only 127.0.0.1 is written on lo, but all of 127/8 is there
            return nic != null ? nic.getMTU() : address.isLoopbackAddress() ? 65_536 : 1500;
        } catch (SocketException e) {
            return 1500;
        }
    }
}

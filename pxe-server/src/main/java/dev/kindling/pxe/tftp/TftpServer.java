package dev.kindling.pxe.tftp;

import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeConfig;
import dev.kindling.pxe.PxeEvent;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDatagramChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves files by TFTP, each transfer from a port of its own on the address that was asked.
 *
 * <p>
 * Files are looked up on virtual threads; packets are moved by a few event loops. A transfer holds one socket, one file
 * descriptor and less than a kilobyte.
 */
public final class TftpServer implements AutoCloseable {
    /** Two descriptors each; above this a read request is answered with "busy". */
    static final int MAX_TRANSFERS = 8192;
    private static final Logger LOG = LoggerFactory.getLogger(TftpServer.class);
    private static final int LISTENER_BUFFER = 4 << 20;
    /** ACKs only. */
    private static final int SESSION_BUFFER = 32 * 1024;
    /** A few windows. */
    private static final int SEND_BUFFER = 512 * 1024;
    /** Clients for which a smaller block size is remembered. */
    private static final int MAX_REMEMBERED = 4096;

    private final BootSource source;
    private final Function<InetAddress, @Nullable MacAddress> whoHas;
    private final Consumer<PxeEvent> events;
    private final Clock clock;
    private final EventLoopGroup loops;
    private final ExecutorService lookups = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Channel> listeners = new ArrayList<>();
    private final Map<InetSocketAddress, Slot> slots = new ConcurrentHashMap<>();
    private final Map<InetAddress, Integer> smallerBlocks = Collections
            .synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<InetAddress, Integer> eldest) {
                    return size() > MAX_REMEMBERED;
                }
            });
    private final boolean epoll = Epoll.isAvailable();
    private volatile boolean segmentation = epoll && EpollDatagramChannel.isSegmentedDatagramPacketSupported();

    private TftpServer(BootSource source, Function<InetAddress, @Nullable MacAddress> whoHas,
            Consumer<PxeEvent> events, Clock clock) {
        this.source = source;
        this.whoHas = whoHas;
        this.events = events;
        this.clock = clock;
        int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 4);
        this.loops = new MultiThreadIoEventLoopGroup(threads,
                epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    }

    /**
     * Listens on the address of each link.
     *
     * @param port UDP port; 0 picks one that is free on all links
     * @param whoHas the machine that holds a lease on an address
     * @param events called from the server's own threads; must not block
     * @throws IOException if a port cannot be bound
     */
    public static TftpServer start(List<PxeConfig.Link> links, int port, BootSource source,
            Function<InetAddress, @Nullable MacAddress> whoHas, Consumer<PxeEvent> events, Clock clock)
            throws IOException {
        var server = new TftpServer(source, whoHas, events, clock);
        try {
            server.listen(links, port);
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** The UDP port, the same on all links. */
    public int port() {
        return ((InetSocketAddress) listeners.getFirst().localAddress()).getPort();
    }

    /** Ends all transfers. */
    @Override
    public void close() {
        listeners.forEach(listener -> listener.close().syncUninterruptibly());
        lookups.shutdownNow();
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private void listen(List<PxeConfig.Link> links, int port) throws IOException {
        int common = port;
        for (var link : links) {
            var bound = bind(new InetSocketAddress(link.address(), common), new Listener(link)).awaitUninterruptibly();
            if (!bound.isSuccess()) {
                throw new IOException("TFTP cannot listen on %s port %d (UDP): %s"
                        .formatted(link.address().getHostAddress(), common, message(bound.cause())), bound.cause());
            }
            listeners.add(bound.channel());
            common = port();
        }
    }

    private ChannelFuture bind(InetSocketAddress address, ChannelHandler handler) {
        ChannelFactory<DatagramChannel> factory = epoll
                ? () -> new EpollDatagramChannel(SocketProtocolFamily.INET)
                : () -> new NioDatagramChannel(SocketProtocolFamily.INET);
        // a rack that is switched on asks all at once: let the kernel hold as many requests as it is allowed to
        int received = handler instanceof Listener ? LISTENER_BUFFER : SESSION_BUFFER;
        return new Bootstrap().group(loops).channelFactory(factory).option(ChannelOption.SO_RCVBUF, received)
                .option(ChannelOption.SO_SNDBUF, SEND_BUFFER).handler(handler).bind(address);
    }

    /** What a client's port is busy with, from its request to the last packet. */
    private static final class Slot {
        final TftpPacket.Request request;
        /** Null while the file is looked up and the socket is bound. */
        volatile @Nullable Session session;

        Slot(TftpPacket.Request request) {
            this.request = request;
        }
    }

    /** Takes read requests on the well-known port. */
    private final class Listener extends SimpleChannelInboundHandler<DatagramPacket> {
        private final PxeConfig.Link link;

        Listener(PxeConfig.Link link) {
            this.link = link;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            var parsed = TftpPacket.parse(packet.content().nioBuffer()).orElse(null);
            if (parsed instanceof TftpPacket.Request request) {
                request(context.channel(), packet.sender(), request);
            }
            // anything else here belongs to no transfer, or is noise; an answer would only feed a loop
        }

        private void request(Channel channel, InetSocketAddress client, TftpPacket.Request request) {
            var known = slots.get(client);
            if (known != null && known.request.equals(request)) {
                var session = known.session;
                if (session == null || !session.stalled()) {
                    if (session != null) {
                        session.requestAgain();
                    }
                    return; // one transfer, however often it is asked for
                }
            }
            var slot = new Slot(request);
            slots.put(client, slot);
            if (known != null && known.session != null) {
                // some ROMs ask from one port for file after file
                known.session.abandon();
            }
            lookups.execute(() -> {
                if (!open(channel, client, slot)) {
                    slots.remove(client, slot);
                }
            });
        }

        /** Returns false if the request was refused. Runs on a virtual thread. */
        private boolean open(Channel channel, InetSocketAddress client, Slot slot) {
            var request = slot.request;
            var told = new Told(whoHas.apply(client.getAddress()), request.file());
            if (request.write()) {
                return refuse(channel, client, told, TftpPacket.Failure.REFUSED, "this server takes no files");
            }
            if (!request.mode().equals("octet") && !request.mode().equals("netascii")) {
                return refuse(channel, client, told, TftpPacket.Failure.ILLEGAL, "unknown transfer mode");
            }
            String path;
            switch (RequestedPath.of(request.file())) {
                case RequestedPath.Refused refused -> {
                    return refuse(channel, client, told, TftpPacket.Failure.REFUSED, refused.reason());
                }
                case RequestedPath.Clean clean -> path = clean.path();
            }
            told = new Told(told.mac(), path);
            if (slots.size() > MAX_TRANSFERS) {
                return refuse(channel, client, told, TftpPacket.Failure.OTHER, "busy: too many transfers");
            }
            Content content;
            try {
                var file = find(path, client.getAddress(), told.mac());
                if (file.isEmpty()) {
                    return refuse(channel, client, told, TftpPacket.Failure.NOT_FOUND, "not found");
                }
                content = Content.open(file.get(), request.mode().equals("netascii"));
            } catch (NoSuchFileException e) {
                return refuse(channel, client, told, TftpPacket.Failure.NOT_FOUND, "not found");
            } catch (AccessDeniedException e) {
                send(channel, client, new TftpPacket.Failure(TftpPacket.Failure.REFUSED, "refused"));
                told.failed(message(e));
                return false;
            } catch (IOException e) {
                LOG.warn("TFTP {} cannot be read", path, e);
                return refuse(channel, client, told, TftpPacket.Failure.OTHER, "cannot be read");
            } catch (RuntimeException e) {
                LOG.error("the boot source failed for TFTP {}", path, e);
                return refuse(channel, client, told, TftpPacket.Failure.OTHER, "internal error");
            }
            int cap = smallerBlocks.getOrDefault(client.getAddress(), Integer.MAX_VALUE);
            var terms = Terms.of(request, content.size(), mtu(link), cap);
            var session = new Session(client, slot, told, terms, content);
            var _ = bind(new InetSocketAddress(link.address(), 0), session).addListener(bound -> {
                if (!bound.isSuccess()) {
                    content.close();
                    slots.remove(client, slot);
                    refuse(channel, client, session.told, TftpPacket.Failure.OTHER,
                            "busy: " + message(bound.cause()));
                }
            });
            return true;
        }

        private boolean refuse(Channel channel, InetSocketAddress client, Told told, int code, String reason) {
            send(channel, client, new TftpPacket.Failure(code, reason));
            told.failed(reason);
            return false;
        }
    }

    private Optional<BootFile> find(String path, InetAddress client, @Nullable MacAddress mac) {
        var found = source.open(new BootSource.Fetch(BootSource.Protocol.TFTP, path, client, mac, null, false));
        String lower = path.toLowerCase(Locale.ROOT);
        // firmware that grew up on FAT asks for BOOTX64.EFI
        return found.isPresent() || lower.equals(path)
                ? found
                : source.open(new BootSource.Fetch(BootSource.Protocol.TFTP, lower, client, mac, null, false));
    }

    /** Moves the packets of one transfer; lives in one event loop. */
    private final class Session extends SimpleChannelInboundHandler<DatagramPacket> {
        private final InetSocketAddress client;
        private final Slot slot;
        final Told told;
        private final Terms terms;
        private final Content content;
        private final Transfer transfer;
        private final long startedAt = System.nanoTime();
        private @Nullable Channel channel;
        private boolean timerSet;
        private boolean announced;
        private boolean ended;

        Session(InetSocketAddress client, Slot slot, Told told, Terms terms, Content content) {
            this.client = client;
            this.slot = slot;
            this.told = told;
            this.terms = terms;
            this.content = content;
            this.transfer = new Transfer(terms, content.size());
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            channel = context.channel();
            slot.session = this;
            perform(context.channel(), transfer.start(System.nanoTime()));
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            var parsed = TftpPacket.parse(packet.content().nioBuffer()).orElse(null);
            if (!packet.sender().equals(client)) {
                // never an error for an error, or two strangers would send them to each other for ever
                if (parsed instanceof TftpPacket.Ack || parsed instanceof TftpPacket.Data) {
                    send(context.channel(), packet.sender(),
                            new TftpPacket.Failure(TftpPacket.Failure.UNKNOWN_TID, "unknown transfer"));
                }
                return;
            }
            long now = System.nanoTime();
            switch (parsed) {
                case TftpPacket.Ack ack -> perform(context.channel(), transfer.onAck(ack.block(), now));
                case TftpPacket.Failure failure -> perform(context.channel(), transfer.onFailure(failure));
                case TftpPacket.Data data -> illegal(context.channel());
                case TftpPacket.Request request -> illegal(context.channel());
                case TftpPacket.Oack oack -> illegal(context.channel());
                case null -> {
                    // noise
                }
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            slots.remove(client, slot);
            content.close();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            LOG.debug("TFTP {} to {}", told.path, client, cause); // the timer repeats what was not sent
        }

        /** Called from the listener's loop. */
        void requestAgain() {
            inLoop(() -> perform(live(), transfer.onRequestAgain(System.nanoTime())));
        }

        /** A stale answer is harmless: the worst is one more transfer. */
        boolean stalled() {
            return transfer.stalled(System.nanoTime());
        }

        void abandon() {
            inLoop(() -> {
                if (transfer.heard() && !transfer.over()) {
                    told.failed("the client began anew from the same port");
                }
                var _ = live().close();
            });
        }

        private void inLoop(Runnable task) {
            live().eventLoop().execute(() -> {
                if (live().isOpen()) {
                    task.run();
                }
            });
        }

        private Channel live() {
            var open = channel;
            if (open == null) {
                throw new IllegalStateException("before the socket was bound");
            }
            return open;
        }

        private void illegal(Channel open) {
            send(open, client, new TftpPacket.Failure(TftpPacket.Failure.ILLEGAL, "not in a download"));
        }

        private void perform(Channel open, Transfer.Move move) {
            if (ended) {
                return;
            }
            switch (move) {
                case Transfer.Move.Wait wait -> {
                    // nothing
                }
                case Transfer.Move.Acknowledge acknowledge ->
                    send(open, client, new TftpPacket.Oack(terms.acknowledged()));
                case Transfer.Move.Send send -> {
                    announce();
                    try {
                        Blocks.send(open, client, content, terms.blockSize(), send, segmentation,
                                () -> segmentation = false);
                    } catch (IOException e) {
                        send(open, client, new TftpPacket.Failure(TftpPacket.Failure.OTHER, message(e)));
                        told.failed(message(e));
                        end(open);
                        return;
                    }
                }
                case Transfer.Move.Done done -> {
                    content.sent();
                    told.done(content.size(), Duration.ofNanos(System.nanoTime() - startedAt));
                    end(open);
                    return;
                }
                case Transfer.Move.SizeOnly sizeOnly -> {
                    end(open);
                    return;
                }
                case Transfer.Move.GiveUp giveUp -> {
                    if (transfer.stuckAtFirstBlock()) {
                        smallerBlocks.put(client.getAddress(), Terms.smallerThan(terms.blockSize()));
                    }
                    told.failed(giveUp.reason());
                    end(open);
                    return;
                }
            }
            setTimer(open);
        }

        /**
         * Not at once: we may be inside Netty's loop that reads up to 16 datagrams, and it would go on with the number
         * of the closed descriptor, which by then may be another thread's socket. If that one blocks, so does the loop.
         */
        private void end(Channel open) {
            ended = true;
            open.eventLoop().execute(() -> {
                var _ = open.close();
            });
        }

        /** Only now: a client that wanted to know the size would seem to begin twice. */
        private void announce() {
            if (!announced) {
                announced = true;
                told.started(content.size());
            }
        }

        /** One timer per transfer; when it fires early, because packets moved the deadline, it is set again. */
        private void setTimer(Channel open) {
            if (!timerSet) {
                timerSet = true;
                long wait = Math.max(0, transfer.deadline() - System.nanoTime());
                var _ = open.eventLoop().schedule(() -> {
                    timerSet = false;
                    if (open.isOpen()) {
                        perform(open, transfer.onTimer(System.nanoTime()));
                    }
                }, wait, TimeUnit.NANOSECONDS);
            }
        }
    }

    /** Tells what happens to one request. */
    private final class Told {
        private final @Nullable MacAddress mac;
        private final String path;

        Told(@Nullable MacAddress mac, String path) {
            this.mac = mac;
            this.path = path;
        }

        @Nullable
        MacAddress mac() {
            return mac;
        }

        void started(long size) {
            tell(new PxeEvent.FetchStarted(clock.instant(), mac, BootSource.Protocol.TFTP, path, size,
                    "fetches %s by TFTP, %d octets".formatted(path, size)));
        }

        void done(long size, Duration took) {
            tell(new PxeEvent.FetchDone(clock.instant(), mac, BootSource.Protocol.TFTP, path, size, took.toMillis(),
                    "has %s by TFTP, %d octets in %d ms".formatted(path, size, took.toMillis())));
        }

        void failed(String reason) {
            tell(new PxeEvent.FetchFailed(clock.instant(), mac, BootSource.Protocol.TFTP, path, reason,
                    "did not get %s by TFTP: %s".formatted(path, reason)));
        }

        private void tell(PxeEvent event) {
            try {
                events.accept(event);
            } catch (RuntimeException e) {
                LOG.error("an event was not taken: {}", event, e);
            }
        }
    }

    private static void send(Channel channel, InetSocketAddress to, TftpPacket packet) {
        var _ = channel.writeAndFlush(new DatagramPacket(Unpooled.wrappedBuffer(packet.encode()), to));
    }

    private static int mtu(PxeConfig.Link link) {
        try {
            var nic = link.interfaceName() == null
                    ? NetworkInterface.getByInetAddress(link.address())
                    : NetworkInterface.getByName(link.interfaceName());
            // only 127.0.0.1 is written on lo, but all of 127/8 is there
            return nic != null ? nic.getMTU() : link.address().isLoopbackAddress() ? 65_536 : 1500;
        } catch (SocketException e) {
            return 1500;
        }
    }

    private static String message(@Nullable Throwable e) {
        String text = e == null ? null : e.getMessage();
        return text == null ? String.valueOf(e) : text;
    }
}

package dev.kindling.pxe.net;

import dev.kindling.pxe.PxeConfig.Link;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.unix.RawUnixChannelOption;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** UDP sockets, each for one link, all served by one thread. */
public final class UdpSockets implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(UdpSockets.class);
    /** Linux: SOL_SOCKET, SO_BINDTODEVICE, and IFNAMSIZ bytes of value. */
    private static final RawUnixChannelOption BIND_TO_DEVICE = new RawUnixChannelOption("KINDLING_SO_BINDTODEVICE", 1,
            25, 16);
    /** Linux: SOL_SOCKET, SO_RCVBUFFORCE; beyond net.core.rmem_max, with CAP_NET_ADMIN. */
    private static final RawUnixChannelOption RECEIVE_BUFFER_FORCE = new RawUnixChannelOption(
            "KINDLING_SO_RCVBUFFORCE", 1, 33, 4);
    /** For the thousand machines of a row of racks that are switched on at once. */
    private static final int RECEIVE_BUFFER = 4 << 20;
    /** No DHCP message is longer than an Ethernet frame. */
    private static final int MOST_BYTES = 1500;
    /** Datagrams taken from the kernel by one system call. */
    private static final int BATCH = 64;

    private final EventLoopGroup loop;
    private final List<Channel> channels = new ArrayList<>();

    /**
     * Takes what has come in. Called by the one thread of these sockets with all datagrams that were waiting, so that a
     * costly step, such as a disk sync, can be one for all of them. Must not throw.
     */
    public interface Handler {
        void handle(Port port, List<Datagram> received);
    }

    /** An open socket, to send from. */
    public interface Port {
        /** Sends them with as few system calls as can be; from any thread. What fails is told in the log. */
        void send(List<Datagram> datagrams);

        /** The UDP port, as really bound. */
        int number();
    }

    /**
     * Starts the thread; no socket is open yet.
     *
     * @throws IOException if the system is not Linux on x86-64, for which alone the native part is here
     */
    public UdpSockets() throws IOException {
        if (!Epoll.isAvailable()) {
            throw new IOException("the DHCP service needs Linux on x86-64 (epoll)", Epoll.unavailabilityCause());
        }
        loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    }

    /**
     * Opens one more socket. SO_REUSEADDR is not set: with it a second DHCP server on this machine would go unnoticed,
     * and sockets of different interfaces do not need it.
     *
     * @param link with an interface: only what comes in there is received, from any address, broadcasts too; without:
     *            what is sent to the link's address
     * @param broadcasts whether datagrams that were sent to no address of ours are wanted
     * @param port 0 picks a free one
     * @return the socket
     * @throws IOException if that fails; the cause is the kernel's error
     */
    public Port open(Link link, boolean broadcasts, int port, Handler handler) throws IOException {
        String device = link.interfaceName();
        InetAddress address = device != null && broadcasts ? new InetSocketAddress(0).getAddress() : link.address();
        ChannelFuture bound = new Bootstrap().group(loop).channelFactory(() -> channel(device))
                .option(ChannelOption.SO_BROADCAST, true)
                // the kernel cuts it to net.core.rmem_max
                .option(ChannelOption.SO_RCVBUF, RECEIVE_BUFFER)
                .option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, MOST_BYTES)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(MOST_BYTES * BATCH))
                .handler(new Batches(handler)).bind(address, port).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            Throwable cause = bound.cause();
            throw new IOException(cause.getMessage(), cause);
        }
        channels.add(bound.channel());
        return new Open(bound.channel());
    }

    /** Runs it on the thread of the sockets, where no handler runs meanwhile. */
    public void execute(Runnable task) {
        loop.execute(task);
    }

    /** The same, after that time. */
    public void schedule(Duration delay, Runnable task) {
        var _ = loop.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    /**
     * Opens a socket for what is sent to one IPv6 multicast group on one interface, and to any address of ours there.
     *
     * @param port 0 picks a free one
     * @return the port
     * @throws IOException if that fails; the cause is the kernel's error
     */
    public int join(String device, InetAddress group, int port, Handler handler) throws IOException {
        NetworkInterface found = NetworkInterface.getByName(device);
        if (found == null) {
            throw new IOException("there is no network interface " + device);
        }
        var bootstrap = new Bootstrap().group(loop)
                .channelFactory(() -> bound(new EpollDatagramChannel(SocketProtocolFamily.INET6), device))
                .option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, MOST_BYTES)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(MOST_BYTES * BATCH))
                .handler(new Batches(handler));
        var channel = (EpollDatagramChannel) done(bootstrap.bind(new InetSocketAddress("::", port)));
        channels.add(channel);
        done(channel.joinGroup(group, found, null));
        return channel.localAddress().getPort();
    }

    private static Channel done(ChannelFuture future) throws IOException {
        if (!future.awaitUninterruptibly().isSuccess()) {
            Throwable cause = future.cause();
            throw new IOException(cause.getMessage(), cause);
        }
        return future.channel();
    }

    private static EpollDatagramChannel channel(@Nullable String device) {
        // an AF_INET socket: one of AF_INET6 refuses 255.255.255.255
        return bound(new EpollDatagramChannel(SocketProtocolFamily.INET), device);
    }

    private static EpollDatagramChannel bound(EpollDatagramChannel channel, @Nullable String device) {
        if (device != null) {
            // not by Bootstrap.option, which only logs a failure: the socket would then hear all interfaces
            ByteBuffer name = ByteBuffer.allocateDirect(16);
            name.put(device.getBytes(StandardCharsets.US_ASCII)).position(0);
            channel.config().setOption(BIND_TO_DEVICE, name);
        }
        try {
            channel.config().setOption(RECEIVE_BUFFER_FORCE,
                    ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder()).putInt(RECEIVE_BUFFER).flip());
        } catch (ChannelException e) {
            LOG.debug("without CAP_NET_ADMIN the receive buffer is at most net.core.rmem_max: {}", e.getMessage());
        }
        return channel;
    }

    /** Closes all sockets and ends the thread, after the datagrams that it is working on. */
    @Override
    public void close() {
        channels.forEach(channel -> channel.close().awaitUninterruptibly());
        loop.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private record Open(Channel channel) implements Port {
        @Override
        public void send(List<Datagram> datagrams) {
            if (datagrams.isEmpty()) {
                return;
            }
            if (!channel.eventLoop().inEventLoop()) {
                try {
                    channel.eventLoop().execute(() -> send(datagrams));
                } catch (RejectedExecutionException e) {
                    LOG.debug("not sent, for the sockets are closed: {} datagrams", datagrams.size());
                }
                return;
            }
            for (Datagram each : datagrams) {
                ChannelFuture written = channel.write(new DatagramPacket(Unpooled.wrappedBuffer(each.payload()),
                        each.peer()));
                written.addListener(sent -> {
                    if (!sent.isSuccess()) {
                        LOG.warn("a datagram to {} was not sent: {}", each.peer(), sent.cause().getMessage());
                    }
                });
            }
            channel.flush();
        }

        @Override
        public int number() {
            return ((InetSocketAddress) channel.localAddress()).getPort();
        }
    }

    /** Gathers what one turn of the event loop reads. */
    private static final class Batches extends SimpleChannelInboundHandler<DatagramPacket> {
        private final Handler handler;
        private List<Datagram> received = new ArrayList<>();

        Batches(Handler handler) {
            this.handler = handler;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            received.add(new Datagram(ByteBufUtil.getBytes(packet.content()), packet.sender()));
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            List<Datagram> batch = received;
            received = new ArrayList<>();
            handler.handle(new Open(context.channel()), batch);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // such as ENETDOWN while the interface is down: the socket stays usable
            LOG.warn("{}: {}", context.channel(), cause.toString());
        }
    }
}

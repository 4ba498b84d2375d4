package dev.kindling.pxe.http;

import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeEvent;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Serves a {@link BootSource} by HTTP/1.1: GET and HEAD with ranges and conditions, POST of up to 1 MiB. Replies always
 * have a Content-Length, are never chunked and never redirect, because UEFI HTTP Boot can neither.
 */
public final class HttpServer implements AutoCloseable {
    /** Refused connections that are still told why; beyond them a connection is just closed. */
    private static final int MAX_REFUSED = 256;
    private static final byte[] REFUSED = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n"
            .concat("Content-Type: text/plain; charset=utf-8\r\nContent-Length: 21\r\nConnection: close\r\n\r\n")
            .concat("too many connections\n").getBytes(StandardCharsets.US_ASCII);

    private final EventLoopGroup loops;
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<EventExecutor, Patrol> patrols = new HashMap<>();
    private final Set<Channel> connections = ConcurrentHashMap.newKeySet();
    private final List<TlsIdentity> identities = new ArrayList<>();
    private final List<Channel> listeners = new ArrayList<>();
    private final AtomicInteger refused = new AtomicInteger();
    private final Service service;
    private final Limits limits;
    private final Admission admission;
    private final boolean epoll = Epoll.isAvailable();

    HttpServer(Service service, Limits limits) {
        this.service = service;
        this.limits = limits;
        this.admission = new Admission(limits);
        int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 4);
        this.loops = new MultiThreadIoEventLoopGroup(threads,
                epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        for (var loop : loops) {
            var patrol = new Patrol();
            patrols.put(loop, patrol);
            long tick = limits.tick().toNanos();
            var _ = loop.scheduleAtFixedRate(patrol::check, tick, tick, TimeUnit.NANOSECONDS);
        }
        var _ = loops.scheduleAtFixedRate(() -> {
            service.sweep();
            admission.sweep();
        }, 10, 10, TimeUnit.SECONDS);
    }

    /**
     * A server that does not listen yet.
     *
     * @param whoHas the machine that holds a lease on an address
     * @param events called from the server's own threads; must neither block nor throw
     */
    public static HttpServer of(BootSource source, Function<InetAddress, @Nullable MacAddress> whoHas,
            Consumer<PxeEvent> events, Clock clock) {
        return new HttpServer(new Service(source, whoHas, events, clock), Limits.DEFAULT);
    }

    /**
     * Listens on addresses of ours. An IPv6 address may have a scope; the unspecified one serves both families.
     *
     * @param port TCP port; 0 picks one that is free on all of them
     * @param tls serves HTTPS with it, and closes it at the end; null: plain HTTP
     * @return the port
     * @throws IOException if a port cannot be bound
     */
    public int listen(List<InetAddress> addresses, int port, @Nullable TlsIdentity tls) throws IOException {
        if (tls != null) {
            identities.add(tls);
        }
        int common = port;
        for (var address : addresses) {
            var bound = new ServerBootstrap().group(loops)
                    .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                    .option(ChannelOption.SO_BACKLOG, 4096).option(ChannelOption.SO_REUSEADDR, true)
                    // a client may end its side behind its last request, and still wants the answer
                    .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                    .childHandler(new Pipeline(tls)).bind(address, common).awaitUninterruptibly();
            if (!bound.isSuccess()) {
                throw new IOException("HTTP cannot listen on %s port %d (TCP): %s"
                        .formatted(address.getHostAddress(), common, bound.cause()), bound.cause());
            }
            listeners.add(bound.channel());
            common = ((InetSocketAddress) bound.channel().localAddress()).getPort();
        }
        return common;
    }

    /** Ends all connections. */
    @Override
    public void close() {
        listeners.forEach(listener -> listener.close().syncUninterruptibly());
        // a worker that finds the loops gone would have nowhere to put its answer: they end before them
        workers.shutdownNow();
        List.copyOf(connections).forEach(connection -> connection.close().awaitUninterruptibly(1, TimeUnit.SECONDS));
        try {
            var _ = workers.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
        service.close();
        identities.forEach(TlsIdentity::close);
    }

    private final class Pipeline extends ChannelInitializer<SocketChannel> {
        private final @Nullable TlsIdentity tls;

        Pipeline(@Nullable TlsIdentity tls) {
            this.tls = tls;
        }

        @Override
        protected void initChannel(SocketChannel channel) {
            InetSocketAddress remote = channel.remoteAddress();
            if (remote == null) {
                var _ = channel.close(); // gone again
                return;
            }
            String reason = admission.enter(remote.getAddress());
            if (reason != null) {
                refuse(channel, remote.getAddress(), tls != null, reason);
                return;
            }
            var patrol = Objects.requireNonNull(patrols.get(channel.eventLoop()));
            if (tls != null) {
                SslContext context = tls.acquire();
                channel.pipeline().addLast(context.newHandler(channel.alloc()));
                ReferenceCountUtil.release(context);
            }
            var connection = new Connection(service, workers, limits, admission, remote, tls == null);
            channel.pipeline().addLast(connection);
            patrol.add(connection, channel.pipeline().lastContext());
            connections.add(channel);
            var _ = channel.closeFuture().addListener(closed -> {
                patrol.remove(connection);
                connections.remove(channel);
                admission.leave(remote.getAddress());
            });
        }
    }

    private void refuse(SocketChannel channel, InetAddress remote, boolean encrypted, String reason) {
        if (admission.worthTelling(remote, reason)) {
            service.refused(remote, reason);
        }
        if (encrypted || refused.get() >= MAX_REFUSED) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            var _ = channel.close();
            return;
        }
        refused.incrementAndGet();
        var _ = channel.closeFuture().addListener(closed -> refused.decrementAndGet());
        channel.pipeline().addLast(new Refusing());
    }

    /** Says why, and waits a little until the client has read it. */
    private static final class Refusing extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext context) {
            var _ = context.writeAndFlush(Unpooled.wrappedBuffer(REFUSED)).addListener(written -> {
                var _ = ((SocketChannel) context.channel()).shutdownOutput();
            });
            var _ = context.executor().schedule(() -> {
                var _ = context.close();
            }, 2, TimeUnit.SECONDS);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ((ByteBuf) message).release();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            var _ = context.close(); // the client has closed its side
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            var _ = context.close();
        }
    }
}

package dev.kindling.pxe.http;

import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeConfig;
import dev.kindling.pxe.PxeEvent;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Serves a {@link BootSource} by HTTP/1.1: GET and HEAD with ranges and conditions, POST of up to 1 MiB. Replies always
 * have a Content-Length, are never chunked and never redirect, because UEFI HTTP Boot can neither.
 */
public final class HttpServer implements AutoCloseable {
    private static final int MAX_CONNECTIONS = 8192;
    private static final int MAX_LINE = 8 * 1024;
    private static final int MAX_HEADERS = 16 * 1024;

    private final EventLoopGroup loops;
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final List<Channel> listeners = new ArrayList<>();
    private final Service service;
    private final Connection.Timeouts timeouts;
    private final boolean epoll = Epoll.isAvailable();

    private HttpServer(Service service, Connection.Timeouts timeouts) {
        this.service = service;
        this.timeouts = timeouts;
        int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 4);
        this.loops = new MultiThreadIoEventLoopGroup(threads,
                epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    }

    /**
     * Listens on the address of each link.
     *
     * @param port TCP port; 0 picks one that is free on all links
     * @param whoHas the machine that holds a lease on an address
     * @param events called from the server's own threads; must not block
     * @throws IOException if a port cannot be bound
     */
    public static HttpServer start(List<PxeConfig.Link> links, int port, BootSource source,
            Function<InetAddress, @Nullable MacAddress> whoHas, Consumer<PxeEvent> events, Clock clock)
            throws IOException {
        return start(links, port, new Service(source, whoHas, events, clock), Connection.Timeouts.DEFAULT);
    }

    static HttpServer start(List<PxeConfig.Link> links, int port, Service service, Connection.Timeouts timeouts)
            throws IOException {
        var server = new HttpServer(service, timeouts);
        try {
            server.listen(links, port);
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** The TCP port, the same on all links. */
    public int port() {
        return ((InetSocketAddress) listeners.getFirst().localAddress()).getPort();
    }

    /** Ends all connections. */
    @Override
    public void close() {
        listeners.forEach(listener -> listener.close().syncUninterruptibly());
        connections.close().awaitUninterruptibly();
        workers.shutdownNow();
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private void listen(List<PxeConfig.Link> links, int port) throws IOException {
        int common = port;
        for (var link : links) {
            var bound = new ServerBootstrap().group(loops)
                    .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                    .option(ChannelOption.SO_BACKLOG, 1024).option(ChannelOption.SO_REUSEADDR, true)
                    .childHandler(new Pipeline()).bind(link.address(), common).awaitUninterruptibly();
            if (!bound.isSuccess()) {
                throw new IOException("HTTP cannot listen on %s port %d (TCP): %s"
                        .formatted(link.address().getHostAddress(), common, bound.cause()), bound.cause());
            }
            listeners.add(bound.channel());
            common = port();
        }
    }

    private final class Pipeline extends ChannelInitializer<SocketChannel> {
        @Override
        protected void initChannel(SocketChannel channel) {
            if (connections.size() >= MAX_CONNECTIONS) {
                var _ = channel.close();
                return;
            }
            connections.add(channel);
            var connection = new Connection(service, workers, timeouts);
            channel.pipeline().addLast(connection.firstOctet(), new HttpServerCodec(MAX_LINE, MAX_HEADERS, 64 * 1024),
                    connection);
        }
    }
}

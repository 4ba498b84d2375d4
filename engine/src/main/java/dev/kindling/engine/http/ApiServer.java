package dev.kindling.engine.http;

import dev.kindling.engine.api.ConnectionFailed;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Problem;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Gives a {@link Kindling} out over HTTP. On loopback it speaks plain HTTP; elsewhere it speaks TLS or does not start.
 * Whoever asks shows a token, but for the owner of a Unix socket.
 */
public final class ApiServer implements AutoCloseable {
    private static final int MOST_CONNECTIONS = 1024;
    private static final int MOST_OF_ONE_ADDRESS = 256;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    static final String SOCKET = "api.sock";

    private final EventLoopGroup loops;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Map<String, Integer> perAddress = new ConcurrentHashMap<>();
    private final ServerWork work = new ServerWork();
    private final ApiStore store;
    private final FileChannel lockFile;
    private final Path tokenFile;
    private final String fingerprint;
    private final @Nullable Path socket;
    private final Channel listening;
    private final String url;

    /** Where to listen. */
    public sealed interface Listen {
        /** An address and a port; 0: any free one. */
        record Tcp(String host, int port) implements Listen {}

        /** A socket of the workspace, for its owner only. */
        record Unix() implements Listen {}
    }

    /** How the server proves who it is. */
    public sealed interface Tls {
        /** Not at all: on loopback and on a Unix socket only. */
        record None() implements Tls {}

        /** By a certificate of its own in the workspace, which clients know by its fingerprint. */
        record SelfSigned() implements Tls {}

        /** By PEM files; the key is PKCS #8. */
        record Certificate(Path chain, Path key) implements Tls {}
    }

    /**
     * How to serve.
     *
     * @param tokenFile of the administrator's token; null: {@code api-token} in the workspace
     * @param version of the program
     */
    public record Options(Listen listen, Tls tls, @Nullable Path tokenFile, String version) {}

    /**
     * Begins to listen. Closing the server leaves {@code kindling} open.
     *
     * @throws ConnectionFailed where it cannot be; the problem says why
     */
    public static ApiServer start(Kindling kindling, Path workspace, Options options, Clock clock) {
        FileChannel lockFile = lock(workspace);
        try {
            return new ApiServer(kindling, workspace, options, clock, lockFile);
        } catch (IOException e) {
            close(lockFile);
            throw new ConnectionFailed(Problem.error("server-not-started", String.valueOf(options.listen()),
                    String.valueOf(e.getMessage()), "", "look at the files that are named"));
        } catch (RuntimeException e) {
            close(lockFile);
            throw e;
        }
    }

    private static FileChannel lock(Path workspace) {
        Path file = workspace.resolve("api.lock");
        try {
            FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            FileLock held;
            try {
                held = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                held = null;
            }
            if (held == null) {
                channel.close();
                throw new ConnectionFailed(Problem.error("already-served", workspace.toString(),
                        "another kindling serve has the workspace " + workspace, "one server for each workspace",
                        "use that one, or end it"));
            }
            return channel;
        } catch (IOException e) {
            throw new ConnectionFailed(Problem.error("server-not-started", file.toString(),
                    "cannot lock " + file + ": " + e.getMessage(), "", "look at the workspace"));
        }
    }

    private ApiServer(Kindling kindling, Path workspace, Options options, Clock clock, FileChannel lockFile)
            throws IOException {
        this.lockFile = lockFile;
        boolean local = isLocal(options.listen());
        if (!local && options.tls() instanceof Tls.None) {
            throw new ConnectionFailed(Problem.error("tls-needed", "--listen",
                    "others than this computer would see the token on the wire", "TLS on every address but loopback",
                    "add --tls self-signed, or --tls-cert FILE --tls-key FILE; or listen on 127.0.0.1"));
        }
        Path tokens = options.tokenFile();
        this.tokenFile = (tokens == null ? workspace.resolve(TokenFile.NAME) : tokens).toAbsolutePath();
        String token = TokenFile.readOrMake(tokenFile);
        SslContext tls = null;
        String certificate = "";
        if (!(options.tls() instanceof Tls.None)) {
            Path chain = switch (options.tls()) {
                case Tls.Certificate(Path given, Path _) -> given;
                default -> SelfSigned.in(workspace, names(options.listen()), clock).certificate();
            };
            Path key = options.tls() instanceof Tls.Certificate(Path _, Path given)
                    ? given
                    : workspace.resolve("api-key.pem");
            tls = context(chain, key);
            certificate = fingerprintOf(chain);
        }
        this.fingerprint = certificate;
        var metrics = new Metrics();
        var json = new ApiJson();
        this.store = ApiStore.open(workspace);
        boolean unix = options.listen() instanceof Listen.Unix;
        this.loops = new MultiThreadIoEventLoopGroup(2, new DefaultThreadFactory("api", true),
                unix ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        try {
            var guard = new Guard(new AccessTokens(store, clock), token, local && !unix, hostOf(options.listen()),
                    clock, metrics);
            Scratch.tidy(workspace);
            var rehearsals = new Rehearsals(kindling, workspace, json, clock, work);
            var routes = new Routes(kindling, new Operations(kindling, clock, work, rehearsals), rehearsals, store,
                    json, metrics, work, options.version());
            var reception = new Reception(routes, workspace, guard, store, json, clock);
            this.socket = unix ? workspace.resolve(SOCKET).toAbsolutePath() : null;
            this.listening = bind(options.listen(), new Opening(tls, reception, metrics));
            this.url = switch (options.listen()) {
                case Listen.Tcp(String host, int _) -> (tls == null ? "http" : "https") + "://"
                        + (host.contains(":") ? "[" + host + "]" : host) + ":"
                        + ((InetSocketAddress) listening.localAddress()).getPort();
                case Listen.Unix() -> "unix:" + socket;
            };
        } catch (IOException | RuntimeException e) {
            var _ = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            store.close();
            throw e;
        }
    }

    private Channel bind(Listen listen, ChannelHandler opening) throws IOException {
        var bootstrap = new ServerBootstrap().group(loops).childHandler(opening)
                .option(ChannelOption.SO_BACKLOG, 256);
        SocketAddress address;
        switch (listen) {
            case Listen.Tcp(String host, int port) -> {
                address = new InetSocketAddress(InetAddress.getByName(host), port);
                bootstrap.channel(NioServerSocketChannel.class).option(ChannelOption.SO_REUSEADDR, true)
                        .childOption(ChannelOption.TCP_NODELAY, true).childOption(ChannelOption.SO_KEEPALIVE, true);
            }
            case Listen.Unix() -> {
                if (!Epoll.isAvailable()) {
                    throw new IOException(
                            "this computer has no epoll, which Unix sockets need here; listen on 127.0.0.1");
                }
                // left by a server that was killed: the lock of the workspace says that no other one uses it
                Path file = java.util.Objects.requireNonNull(socket);
                Files.deleteIfExists(file);
                address = new DomainSocketAddress(file.toString());
                bootstrap.channel(EpollServerDomainSocketChannel.class);
            }
        }
        var bound = bootstrap.bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new ConnectionFailed(Problem.error("cannot-listen", String.valueOf(address),
                    "cannot listen on " + address + ": " + bound.cause().getMessage(),
                    "a free address of this computer",
                    "give another one: --listen ADDRESS:PORT"));
        }
        if (socket != null) {
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        }
        return bound.channel();
    }

    /** A connection comes. */
    private final class Opening extends ChannelInitializer<Channel> {
        private final @Nullable SslContext tls;
        private final Reception reception;
        private final Metrics metrics;

        Opening(@Nullable SslContext tls, Reception reception, Metrics metrics) {
            this.tls = tls;
            this.reception = reception;
            this.metrics = metrics;
        }

        @Override
        protected void initChannel(Channel channel) {
            String address = address(channel);
            int all = metrics.connected();
            int ofThis = perAddress.merge(address, 1, Integer::sum);
            channel.closeFuture().addListener(_ -> {
                metrics.disconnected();
                perAddress.computeIfPresent(address, (_, count) -> count == 1 ? null : count - 1);
            });
            if (all > MOST_CONNECTIONS || ofThis > MOST_OF_ONE_ADDRESS) {
                var _ = channel.close();
                return;
            }
            connections.add(channel);
            if (tls != null) {
                channel.pipeline().addLast(tls.newHandler(channel.alloc()));
            }
            channel.pipeline().addLast(new HttpServerCodec(8192, 16384, 65536),
                    new Door(reception, new Guard.Origin(address, isOwner(channel)), metrics, work));
        }
    }

    private static String address(Channel channel) {
        return channel.remoteAddress() instanceof InetSocketAddress remote && remote.getAddress() != null
                ? remote.getAddress().getHostAddress()
                : "unix";
    }

    /** The kernel tells who is at the other end of a Unix socket (SO_PEERCRED). */
    private boolean isOwner(Channel channel) {
        if (!(channel instanceof EpollDomainSocketChannel domain) || socket == null) {
            return false;
        }
        try {
            int uid = domain.peerCredentials().uid();
            return uid == 0 || Integer.valueOf(uid).equals(Files.getAttribute(socket, "unix:uid"));
        } catch (IOException e) {
            return false;
        }
    }

    /** TLS 1.3 only: no older version is needed, and none of their ciphers, renegotiations and downgrades. */
    private static SslContext context(Path chain, Path key) throws IOException {
        try {
            return SslContextBuilder.forServer(chain.toFile(), key.toFile()).sslProvider(SslProvider.JDK)
                    .protocols("TLSv1.3").build();
        } catch (IOException | IllegalArgumentException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new ConnectionFailed(Problem.error("certificate-unusable", "--tls-cert, --tls-key",
                    "cannot use " + chain + " with " + key + ": " + cause.getMessage(),
                    "a PEM certificate chain and its PKCS #8 key", "openssl pkcs8 -topk8 -nocrypt converts a key"));
        }
    }

    /** SHA-256 of the first certificate. */
    private static String fingerprintOf(Path chain) throws IOException {
        try (var in = Files.newInputStream(chain)) {
            return Trust.fingerprint((X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in));
        } catch (GeneralSecurityException e) {
            throw new IOException(chain + " is no certificate: " + e.getMessage(), e);
        }
    }

    private static boolean isLocal(Listen listen) throws IOException {
        return switch (listen) {
            case Listen.Unix() -> true;
            case Listen.Tcp(String host, int _) -> InetAddress.getByName(host).isLoopbackAddress();
        };
    }

    private static String hostOf(Listen listen) {
        return switch (listen) {
            case Listen.Unix() -> "localhost";
            case Listen.Tcp(String host, int _) -> host.contains(":") ? "[" + host + "]" : host;
        };
    }

    private static Set<String> names(Listen listen) throws IOException {
        var names = new LinkedHashSet<String>();
        if (listen instanceof Listen.Tcp(String host, int _) && !InetAddress.getByName(host).isAnyLocalAddress()) {
            names.add(host);
        }
        names.add(InetAddress.getLocalHost().getHostName());
        return names;
    }

    /** Where it is asked: {@code http://127.0.0.1:8443}, or {@code unix:} and the path of the socket. */
    public String url() {
        return url;
    }

    /** Where the administrator's token is. */
    public Path tokenFile() {
        return tokenFile;
    }

    /** SHA-256 of its certificate, in hexadecimal; empty: it has none. */
    public String fingerprint() {
        return fingerprint;
    }

    /** Takes no more connections, ends streams, gives requests ten seconds, and goes. Runs go on. */
    @Override
    public void close() {
        listening.close().awaitUninterruptibly();
        work.stop(PATIENCE);
        connections.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
        store.close();
        if (socket != null) {
            try {
                Files.deleteIfExists(socket);
            } catch (IOException e) {
                // the next one does
            }
        }
        close(lockFile);
    }

    private static void close(FileChannel lockFile) {
        try {
            lockFile.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}

package dev.kindling.engine.http;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Authenticator;
import java.net.ConnectException;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's client, over a Unix socket, which the JDK's own does not know. HTTP/1.1 (RFC 9112) as our server speaks it:
 * one request a connection, a body of a known length or in chunks. The kernel says whose process listens: a socket that
 * somebody else put there is not spoken to.
 */
final class UnixHttpClient extends HttpClient {
    private static final int BLOCK = 16 << 10;
    private static final int LONGEST_LINE = 16 << 10;
    private static final int LONGEST_CHUNK = 64 << 20;
    private static final int MOST_HEADERS = 100;

    private final Path socket;
    private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
    private volatile boolean shut;

    UnixHttpClient(Path socket) {
        this.socket = socket;
    }

    @Override
    public <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler)
            throws IOException, InterruptedException {
        SocketChannel channel = connect();
        var late = new CountDownLatch(1);
        Optional<Thread> watch = request.timeout().map(patience -> watch(channel, patience, late));
        boolean handedOver = false;
        try {
            write(channel, request);
            InputStream in = new BufferedInputStream(Channels.newInputStream(channel), BLOCK);
            Head head = Head.read(in);
            HttpResponse.BodySubscriber<T> subscriber = handler.apply(head);
            Thread.ofVirtual().name("unix " + request.uri().getPath())
                    .start(() -> pump(channel, body(in, request, head), subscriber));
            handedOver = true;
            T body = subscriber.getBody().toCompletableFuture().get();
            return new Response<>(request, head, body);
        } catch (ExecutionException | CancellationException e) {
            throw late.getCount() == 0
                    ? new HttpTimeoutException("no answer in time")
                    : new IOException(e.getCause() == null ? e : e.getCause());
        } catch (ClosedByInterruptException e) {
            throw interrupted(e);
        } catch (InterruptedException e) {
            close(channel);
            throw e;
        } catch (IOException e) {
            throw late.getCount() == 0 ? new HttpTimeoutException("no answer in time") : e;
        } finally {
            watch.ifPresent(Thread::interrupt);
            if (!handedOver) {
                close(channel);
            }
        }
    }

    /** The interrupt stays set, which is told by the exception from now on. */
    private static InterruptedException interrupted(ClosedByInterruptException e) {
        var _ = Thread.interrupted();
        return (InterruptedException) new InterruptedException().initCause(e);
    }

    private SocketChannel connect() throws IOException, InterruptedException {
        if (shut) {
            throw new IOException("closed");
        }
        UnixDomainSocketAddress address;
        try {
            address = UnixDomainSocketAddress.of(socket);
        } catch (IllegalArgumentException e) {
            throw new ConnectException(socket + ": " + e.getMessage());
        }
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(address);
            checkOwner(channel);
        } catch (ClosedByInterruptException e) {
            throw interrupted(e);
        } catch (IOException e) {
            channel.close();
            throw switch (e) {
                case Stranger _ -> e;
                case SocketException _ when !Files.isWritable(socket) && Files.exists(socket) ->
                    new Stranger("you may not open " + socket);
                default -> (IOException) new ConnectException(socket + ": " + e.getMessage()).initCause(e);
            };
        }
        open.add(channel);
        if (shut) {
            close(channel);
        }
        return channel;
    }

    /** The socket, or the other end, belongs to somebody else. */
    static final class Stranger extends IOException {
        private static final long serialVersionUID = 1L;

        Stranger(String message) {
            super(message);
        }
    }

    /** SO_PEERCRED names who called listen: this user, or root; root speaks with everybody. */
    private void checkOwner(SocketChannel channel) throws IOException {
        UserPrincipal owner = channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
        if (!isTrusted(System.getProperty("user.name"), owner.getName()) && !isNameless(owner)) {
            throw new Stranger(socket + " is served by a process of " + owner.getName());
        }
    }

    static boolean isTrusted(String self, String owner) {
        return self.equals("root") || owner.equals("root") || owner.equals(self);
    }

    /** In a container, a user may have a number only; Java has no other way to its own. */
    private static boolean isNameless(UserPrincipal owner) throws IOException {
        Path self = Path.of("/proc/self");
        return Files.exists(self) && Files.getOwner(self).equals(owner);
    }

    /** Ends a request that takes too long. */
    private Thread watch(SocketChannel channel, Duration patience, CountDownLatch late) {
        return Thread.ofVirtual().name("patience").start(() -> {
            try {
                Thread.sleep(patience);
                late.countDown();
                close(channel);
            } catch (InterruptedException e) {
                // it answered
            }
        });
    }

    private void close(SocketChannel channel) {
        open.remove(channel);
        try {
            channel.close();
        } catch (IOException e) {
            // nothing more is wanted of it
        }
    }

    private static void write(SocketChannel channel, HttpRequest request) throws IOException, InterruptedException {
        URI uri = request.uri();
        var head = new StringBuilder().append(request.method()).append(' ').append(uri.getRawPath())
                .append(uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery())
                .append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        request.headers().map().forEach(
                (name, values) -> values.forEach(value -> head.append(name).append(": ").append(value).append("\r\n")));
        Optional<HttpRequest.BodyPublisher> body = request.bodyPublisher();
        body.ifPresent(publisher -> head.append("Content-Length: ").append(publisher.contentLength()).append("\r\n"));
        write(channel, ByteBuffer.wrap(head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII)));
        if (body.isPresent()) {
            if (body.get().contentLength() < 0) {
                throw new IOException("a body of unknown length");
            }
            publish(channel, body.get());
        }
    }

    private static void write(SocketChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static void publish(SocketChannel channel, HttpRequest.BodyPublisher publisher)
            throws IOException, InterruptedException {
        var done = new CompletableFuture<@Nullable Void>();
        publisher.subscribe(new Flow.Subscriber<>() {
            private Flow.@Nullable Subscription subscription;

            @Override
            public void onSubscribe(Flow.Subscription given) {
                subscription = given;
                given.request(1);
            }

            @Override
            public void onNext(ByteBuffer bytes) {
                Flow.Subscription here = java.util.Objects.requireNonNull(subscription);
                try {
                    write(channel, bytes);
                    here.request(1);
                } catch (IOException e) {
                    here.cancel();
                    // a server that refuses says so without reading on: its answer is what counts
                    done.complete(null);
                }
            }

            @Override
            public void onError(Throwable cause) {
                done.completeExceptionally(cause);
            }

            @Override
            public void onComplete() {
                done.complete(null);
            }
        });
        try {
            done.get();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        }
    }

    /** The first lines of an answer. */
    private record Head(int statusCode, HttpHeaders headers) implements HttpResponse.ResponseInfo {
        static Head read(InputStream in) throws IOException {
            String[] first = line(in).split(" ", 3);
            if (first.length < 2 || !first[0].startsWith("HTTP/1.") || !first[1].matches("[1-5]\\d\\d")) {
                throw new IOException("the answer is no HTTP");
            }
            Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            int count = 0;
            for (String line = line(in); !line.isEmpty(); line = line(in)) {
                int colon = line.indexOf(':');
                if (colon < 1 || ++count > MOST_HEADERS) {
                    throw new IOException("the head of the answer is no HTTP");
                }
                headers.computeIfAbsent(line.substring(0, colon).toLowerCase(Locale.ROOT), _ -> new ArrayList<>())
                        .add(line.substring(colon + 1).strip());
            }
            return new Head(Integer.parseInt(first[1]), HttpHeaders.of(headers, (_, _) -> true));
        }

        @Override
        public HttpClient.Version version() {
            return HttpClient.Version.HTTP_1_1;
        }
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the connection ended in the middle of the answer");
            }
            if (line.length() > LONGEST_LINE) {
                throw new IOException("the answer has a line that is too long");
            }
            line.append((char) c);
        }
        int end = line.length();
        return end > 0 && line.charAt(end - 1) == '\r' ? line.substring(0, end - 1) : line.toString();
    }

    /** Blocks of a body; an empty one is its end. */
    private interface Blocks {
        byte[] next() throws IOException;
    }

    private static Blocks body(InputStream in, HttpRequest request, Head head) {
        if (request.method().equals("HEAD") || head.statusCode() == 204 || head.statusCode() == 304) {
            return () -> new byte[0];
        }
        if (head.headers().firstValue("Transfer-Encoding").filter("chunked"::equalsIgnoreCase).isPresent()) {
            return chunks(in);
        }
        var left = new long[]{head.headers().firstValueAsLong("Content-Length").orElse(-1)};
        if (left[0] < 0) {
            return () -> some(in, BLOCK);
        }
        return () -> {
            byte[] block = left[0] == 0 ? new byte[0] : some(in, (int) Math.min(BLOCK, left[0]));
            if (block.length == 0 && left[0] > 0) {
                throw new EOFException("the connection ended in the middle of the answer");
            }
            left[0] -= block.length;
            return block;
        };
    }

    /** RFC 9112, section 7.1; what comes after the last chunk is of no interest, because the connection ends. */
    private static Blocks chunks(InputStream in) {
        return () -> {
            int length;
            try {
                length = Integer.parseInt(line(in).split(";", 2)[0].strip(), 16);
            } catch (NumberFormatException e) {
                throw new IOException("the answer has a chunk without a length", e);
            }
            if (length < 0 || length > LONGEST_CHUNK) {
                throw new IOException("the answer has a chunk of " + length + " bytes");
            }
            byte[] block = in.readNBytes(length);
            if (block.length < length || !line(in).isEmpty()) {
                throw new EOFException("the connection ended in the middle of the answer");
            }
            return block;
        };
    }

    /** What there is, at least one byte; empty: the end. */
    private static byte[] some(InputStream in, int most) throws IOException {
        byte[] block = new byte[most];
        int read = in.read(block);
        return read <= 0 ? new byte[0] : java.util.Arrays.copyOf(block, read);
    }

    /** Gives a body to whoever reads it, as fast as they read. */
    private void pump(SocketChannel channel, Blocks body, HttpResponse.BodySubscriber<?> subscriber) {
        var wanted = new Semaphore(0);
        var cancelled = new AtomicBoolean();
        try {
            subscriber.onSubscribe(new Flow.Subscription() {
                @Override
                public void request(long count) {
                    // without a bound: that many blocks are more than anything sends
                    wanted.release((int) Math.min(count, Integer.MAX_VALUE / 4));
                }

                @Override
                public void cancel() {
                    cancelled.set(true);
                    close(channel);
                    wanted.release();
                }
            });
            for (byte[] block = body.next(); block.length > 0; block = body.next()) {
                wanted.acquire();
                if (cancelled.get()) {
                    return;
                }
                subscriber.onNext(List.of(ByteBuffer.wrap(block)));
            }
            subscriber.onComplete();
        } catch (IOException | RuntimeException e) {
            // whoever waits for the body must hear of it
            subscriber.onError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            subscriber.onError(e);
        } finally {
            close(channel);
        }
    }

    /** An answer. */
    private record Response<T>(HttpRequest request, Head head, T body) implements HttpResponse<T> {
        @Override
        public int statusCode() {
            return head.statusCode();
        }

        @Override
        public Optional<HttpResponse<T>> previousResponse() {
            return Optional.empty();
        }

        @Override
        public HttpHeaders headers() {
            return head.headers();
        }

        @Override
        public Optional<javax.net.ssl.SSLSession> sslSession() {
            return Optional.empty();
        }

        @Override
        public URI uri() {
            return request.uri();
        }

        @Override
        public HttpClient.Version version() {
            return HttpClient.Version.HTTP_1_1;
        }
    }

    /** Ends what is under way. */
    @Override
    public void shutdownNow() {
        shut = true;
        open.forEach(this::close);
    }

    @Override
    public void shutdown() {
        shut = true;
    }

    @Override
    public boolean isTerminated() {
        return shut && open.isEmpty();
    }

    @Override
    public boolean awaitTermination(Duration patience) {
        return isTerminated();
    }

    @Override
    public void close() {
        shutdownNow();
    }

    @Override
    public <T> CompletableFuture<HttpResponse<T>> sendAsync(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
        throw new UnsupportedOperationException("virtual threads wait");
    }

    @Override
    public <T> CompletableFuture<HttpResponse<T>> sendAsync(HttpRequest request, HttpResponse.BodyHandler<T> handler,
            HttpResponse.@Nullable PushPromiseHandler<T> pushes) {
        return sendAsync(request, handler);
    }

    @Override
    public Optional<CookieHandler> cookieHandler() {
        return Optional.empty();
    }

    @Override
    public Optional<Duration> connectTimeout() {
        return Optional.empty();
    }

    @Override
    public HttpClient.Redirect followRedirects() {
        return HttpClient.Redirect.NEVER;
    }

    @Override
    public Optional<ProxySelector> proxy() {
        return Optional.empty();
    }

    @Override
    public SSLContext sslContext() {
        try {
            return SSLContext.getDefault();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has TLS", e);
        }
    }

    @Override
    public SSLParameters sslParameters() {
        return new SSLParameters();
    }

    @Override
    public Optional<Authenticator> authenticator() {
        return Optional.empty();
    }

    @Override
    public HttpClient.Version version() {
        return HttpClient.Version.HTTP_1_1;
    }

    @Override
    public Optional<Executor> executor() {
        return Optional.empty();
    }
}

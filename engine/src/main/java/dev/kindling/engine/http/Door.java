package dev.kindling.engine.http;

import dev.kindling.engine.api.Problem;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection: collects requests, has each one answered on a virtual thread, in their order. Its fields belong to
 * the connection's event loop.
 */
final class Door extends SimpleChannelInboundHandler<HttpObject> {
    private static final Logger LOG = LoggerFactory.getLogger(Door.class);
    /** What of a refused body is read and thrown away; a larger one ends the connection. */
    private static final int LARGEST_IGNORED = 64 << 10;
    /** How long a request, or a MiB of a file, may take to arrive, and a connection may say nothing. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** How long a client may take to read on. */
    private static final Duration SLOWEST_READER = Duration.ofSeconds(30);
    private static final Duration LINGER = Duration.ofSeconds(2);
    private static final int BLOCK = 64 << 10;

    private final Reception reception;
    private final Guard.Origin from;
    private final Metrics metrics;
    private final ServerWork work;

    private final ArrayDeque<Asked> waiting = new ArrayDeque<>();
    private boolean busy;
    private boolean leaving;
    private @Nullable Asked arriving;
    private @Nullable ScheduledFuture<?> deadline;

    Door(Reception reception, Guard.Origin from, Metrics metrics, ServerWork work) {
        this.reception = reception;
        this.from = from;
        this.metrics = metrics;
        this.work = work;
    }

    /** A request that arrives or waits. */
    private static final class Asked {
        private final String method;
        private final String path;
        private final boolean keepAlive;
        private Body body = Body.inMemory();
        private Reception.@Nullable Admitted admitted;
        private @Nullable Refused refused;
        private long ignored;

        Asked(HttpRequest request, boolean keepAlive) {
            this.method = request.method().name();
            this.path = request.uri().split("\\?", 2)[0];
            this.keepAlive = keepAlive;
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        arm(context);
    }

    private void arm(ChannelHandlerContext context) {
        disarm();
        deadline = context.executor().schedule(() -> {
            if (!busy) {
                var _ = context.close();
            }
        }, PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void disarm() {
        ScheduledFuture<?> before = deadline;
        if (before != null) {
            before.cancel(false);
            deadline = null;
        }
    }

    private static void discard(Asked asked) {
        try {
            asked.body.close();
        } catch (IOException e) {
            LOG.warn("{} {}", asked.method, asked.path, e);
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
        if (leaving) {
            return;
        }
        if (part instanceof HttpRequest request) {
            arm(context);
            begin(context, request);
        }
        Asked asked = arriving;
        if (asked != null && part instanceof HttpContent content) {
            if (content.decoderResult().isFailure()) {
                asked.refused = unreadable();
                leave(context, asked);
                return;
            }
            collect(context, asked, content.content());
            if (part instanceof LastHttpContent && arriving != null) {
                arriving = null;
                disarm();
                waiting.add(asked);
                next(context);
            }
        }
    }

    private void begin(ChannelHandlerContext context, HttpRequest request) {
        var asked = new Asked(request, HttpUtil.isKeepAlive(request));
        arriving = asked;
        if (request.decoderResult().isFailure()) {
            asked.refused = request.decoderResult().cause() instanceof TooLongFrameException
                    ? new Refused(431, Problem.error("head-too-large", "request",
                            "the head of the request is too large", "at most 16 KiB", "send fewer or shorter headers"))
                    : unreadable();
            leave(context, asked);
            return;
        }
        if (!request.protocolVersion().equals(HttpVersion.HTTP_1_1)
                && !request.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
            asked.refused = unreadable();
            leave(context, asked);
            return;
        }
        try {
            asked.admitted = reception.admit(asked.method, request.uri(), request.headers(), from);
            asked.body = reception.body(asked.admitted);
            asked.body.allow(HttpUtil.getContentLength(request, 0L));
        } catch (Refused e) {
            asked.refused = e;
        } catch (IOException | RuntimeException e) {
            LOG.error("{} {}", asked.method, asked.path, e);
            asked.refused = new Refused(500, Problem.error("bug", "server", "this is a bug in kindling", "",
                    "report what the server's log says"));
        }
        if (asked.refused != null
                && (HttpUtil.is100ContinueExpected(request)
                        || HttpUtil.getContentLength(request, 0L) > LARGEST_IGNORED)) {
            leave(context, asked);
        } else if (HttpUtil.is100ContinueExpected(request)) {
            var _ = context.writeAndFlush(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE,
                    Unpooled.EMPTY_BUFFER));
        }
    }

    private static Refused unreadable() {
        return Refused.badRequest("request-unreadable", "request", "that is no HTTP request", "HTTP/1.1");
    }

    private void collect(ChannelHandlerContext context, Asked asked, ByteBuf content) {
        if (asked.refused != null) {
            asked.ignored += content.readableBytes();
            if (asked.ignored > LARGEST_IGNORED) {
                leave(context, asked);
            }
            return;
        }
        try {
            long before = asked.body.size() >> 20;
            // a file's bytes only go into the system's cache here, which is quick
            asked.body.take(content);
            if (asked.body.isFile() && asked.body.size() >> 20 > before) {
                arm(context);
            }
        } catch (Refused e) {
            asked.refused = e;
            leave(context, asked);
        } catch (IOException e) {
            LOG.error("{} {}", asked.method, asked.path, e);
            asked.refused = Reception.unusable();
            leave(context, asked);
        }
    }

    /** Nothing more of this client is read: what it asked last is refused, and then the connection ends. */
    private void leave(ChannelHandlerContext context, Asked asked) {
        arriving = null;
        leaving = true;
        disarm();
        waiting.add(asked);
        next(context);
    }

    private void next(ChannelHandlerContext context) {
        if (busy || waiting.isEmpty()) {
            return;
        }
        busy = true;
        Asked asked = waiting.remove();
        // what a client asks before it has the answer waits in its socket; one that leaves is drained
        context.channel().config().setAutoRead(leaving);
        if (!work.begin(() -> answer(context, asked))) {
            discard(asked);
            var _ = context.close();
        }
    }

    private void answer(ChannelHandlerContext context, Asked asked) {
        long start = System.nanoTime();
        Refused refused = asked.refused;
        Reception.Admitted admitted = asked.admitted;
        try {
            Reception.Reply reply = refused != null || admitted == null
                    ? reception.refusal(refused == null ? unreadable() : refused, asked.path)
                    : reception.reply(admitted.with(asked.body));
            switch (reply) {
                case Reception.Reply.Bytes bytes -> whole(context, asked, bytes);
                case Reception.Reply.Stream(Answer.Writer writer) ->
                    stream(context, asked, OpenApi.EVENT_STREAM, -1, writer::write);
                case Reception.Reply.File(String type, Scratch scratch) -> {
                    InputStream open;
                    long size;
                    // it needs no name any more: nothing is left of it when the client has its last byte
                    try (scratch) {
                        open = Files.newInputStream(scratch.file());
                        size = Files.size(scratch.file());
                    }
                    try (InputStream in = open) {
                        stream(context, asked, type, size, sink -> sink.copy(in));
                    }
                }
            }
            int status = reply.status();
            String route = admitted == null ? "none" : admitted.route().id();
            metrics.answered(route, status);
            LOG.info("{} {} {} by {} in {} ms", asked.method, asked.path, status,
                    admitted == null ? from.address() : admitted.call().user().name(),
                    (System.nanoTime() - start) / 1_000_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            var _ = context.close();
        } catch (IOException e) {
            LOG.error("{} {}", asked.method, asked.path, e);
            // the client sees that something is missing
            var _ = context.close();
        } finally {
            discard(asked);
        }
    }

    private void whole(ChannelHandlerContext context, Asked asked, Reception.Reply.Bytes reply) {
        boolean head = asked.method.equals("HEAD");
        boolean close = !asked.keepAlive || work.stopping();
        var response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(reply.status()),
                head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(reply.body()));
        common(response, reply.type(), reply.headers());
        if (reply.status() != 304) {
            response.headers().set(HttpHeaderNames.CONTENT_LENGTH, reply.body().length);
        }
        context.executor().execute(() -> {
            boolean last = close || leaving;
            if (last) {
                response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            }
            ChannelFuture written = context.writeAndFlush(response);
            if (leaving && waiting.isEmpty()) {
                // closing at once would reset the connection under what the client still sends, and the answer with it
                written.addListener(_ -> {
                    var _ = context.executor().schedule(() -> {
                        var _ = context.close();
                    }, LINGER.toMillis(), TimeUnit.MILLISECONDS);
                });
            } else if (close) {
                written.addListener(ChannelFutureListener.CLOSE);
            } else {
                busy = false;
                if (waiting.isEmpty()) {
                    arm(context);
                    context.channel().config().setAutoRead(true);
                }
                next(context);
            }
        });
    }

    private static void common(HttpResponse response, String type, Map<String, String> more) {
        var headers = response.headers();
        if (!type.isEmpty()) {
            headers.set(HttpHeaderNames.CONTENT_TYPE, type);
        }
        headers.set("Kindling-Api", OpenApi.VERSION);
        headers.set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE);
        headers.set("X-Content-Type-Options", "nosniff");
        more.forEach(headers::set);
    }

    /** Writes what a stream consists of. */
    private interface Content {
        void write(ChannelSink sink) throws InterruptedException, IOException;
    }

    /** @param length in bytes; negative: nobody knows */
    private void stream(ChannelHandlerContext context, Asked asked, String type, long length, Content content)
            throws InterruptedException, IOException {
        var response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        common(response, type, Map.of());
        if (length < 0) {
            HttpUtil.setTransferEncodingChunked(response, true);
        } else {
            HttpUtil.setContentLength(response, length);
        }
        response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        Channel channel = context.channel();
        context.executor().execute(() -> {
            // to hear that the client goes; what it says meanwhile is of no interest
            leaving = true;
            channel.config().setAutoRead(true);
        });
        var _ = context.writeAndFlush(response);
        if (!asked.method.equals("HEAD")) {
            var end = new CountDownLatch(1);
            channel.closeFuture().addListener(_ -> end.countDown());
            try (ServerWork.Registration _ = work.whenStopping(end::countDown)) {
                content.write(new ChannelSink(channel, end));
            }
        }
        context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT).addListener(ChannelFutureListener.CLOSE);
    }

    /** Writes chunks; waits where the client is slow, and gives it up where it stands still. */
    private record ChannelSink(Channel channel, CountDownLatch end) implements Answer.Sink {
        @Override
        public void send(String text) throws InterruptedException {
            write(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
        }

        /** All of it, as long as the client is there. */
        void copy(InputStream in) throws IOException, InterruptedException {
            byte[] block = in.readNBytes(BLOCK);
            while (block.length > 0 && channel.isActive()) {
                write(Unpooled.wrappedBuffer(block));
                block = in.readNBytes(BLOCK);
            }
        }

        private void write(ByteBuf bytes) throws InterruptedException {
            if (!channel.isActive()) {
                bytes.release();
                return;
            }
            ChannelFuture written = channel.writeAndFlush(new DefaultHttpContent(bytes));
            if (!channel.isWritable() && !written.await(SLOWEST_READER.toMillis())) {
                LOG.warn("a client reads nothing for {} s: its stream ends", SLOWEST_READER.toSeconds());
                var _ = channel.close();
            }
        }

        @Override
        public boolean closedWithin(Duration patience) throws InterruptedException {
            return end.await(patience.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        disarm();
        Asked cutOff = arriving;
        if (cutOff != null) {
            arriving = null;
            discard(cutOff);
        }
        waiting.forEach(Door::discard);
        waiting.clear();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException || cause instanceof DecoderException) {
            LOG.debug("a connection from {} ended: {}", from.address(), cause.toString());
        } else {
            LOG.error("a connection from {} ended", from.address(), cause);
        }
        var _ = context.close();
    }
}

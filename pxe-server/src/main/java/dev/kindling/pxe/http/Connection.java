package dev.kindling.pxe.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's connection: a request at a time, in order, and nobody may hold it without moving octets. Lives in one
 * event loop.
 */
final class Connection extends ChannelInboundHandlerAdapter {
    static final int MAX_BODY = 1 << 20;
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    private final Service service;
    private final ExecutorService workers;
    private final Timeouts timeouts;
    /** Decoded while another request is being answered; at most what one read brought. */
    private final ArrayDeque<HttpObject> waiting = new ArrayDeque<>();
    private boolean answering;
    private boolean ending;
    private @Nullable HttpRequest request;
    private ByteArrayOutputStream body = new ByteArrayOutputStream(0);
    private @Nullable DefaultFileRegion region;

    private Phase phase = Phase.IDLE;
    private long deadline;
    private long seen;

    /** How long a client may take. */
    record Timeouts(Duration idle, Duration header, Duration body, Duration write) {
        static final Timeouts DEFAULT = new Timeouts(Duration.ofSeconds(60), Duration.ofSeconds(10),
                Duration.ofSeconds(60), Duration.ofSeconds(60));
    }

    private enum Phase {
        IDLE, HEADER, BODY, ANSWER
    }

    Connection(Service service, ExecutorService workers, Timeouts timeouts) {
        this.service = service;
        this.workers = workers;
        this.timeouts = timeouts;
    }

    /** Stands in front of the decoder: from the first octet of a request its header has to be complete in time. */
    ChannelInboundHandlerAdapter firstOctet() {
        return new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                if (phase == Phase.IDLE) {
                    enter(Phase.HEADER);
                }
                context.fireChannelRead(message);
            }
        };
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        enter(Phase.IDLE);
        watch(context);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug("HTTP connection lost: {}", cause.toString());
        } else {
            LOG.warn("HTTP connection closed", cause);
        }
        var _ = context.close();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (ending || !(message instanceof HttpObject part)) {
            ReferenceCountUtil.release(message);
        } else if (answering) {
            waiting.add(part);
        } else {
            take(context, part);
        }
    }

    private void take(ChannelHandlerContext context, HttpObject part) {
        try {
            if (part.decoderResult().isFailure()) {
                refuse(context, status(part.decoderResult().cause()));
                return;
            }
            if (part instanceof HttpRequest head) {
                request = head;
                body = new ByteArrayOutputStream(0);
                enter(Phase.BODY);
                if (HttpUtil.getContentLength(head, 0L) > MAX_BODY) {
                    refuse(context, HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE);
                    return;
                }
                if (HttpUtil.is100ContinueExpected(head)) {
                    var _ = context.writeAndFlush(
                            new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
                }
            }
            if (part instanceof HttpContent content) {
                if (body.size() + content.content().readableBytes() > MAX_BODY) {
                    refuse(context, HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE);
                    return;
                }
                append(content.content());
            }
            if (part instanceof LastHttpContent && request != null) {
                answer(context, Asked.of(request, remote(context), body.toByteArray()));
                request = null;
                body = new ByteArrayOutputStream(0);
            }
        } catch (IllegalArgumentException e) {
            refuse(context, HttpResponseStatus.BAD_REQUEST); // a Content-Length that is no number
        } finally {
            ReferenceCountUtil.release(part);
        }
    }

    private void append(ByteBuf octets) {
        byte[] copy = new byte[octets.readableBytes()];
        octets.readBytes(copy);
        body.writeBytes(copy);
    }

    private void answer(ChannelHandlerContext context, Asked asked) {
        answering = true;
        enter(Phase.ANSWER);
        context.channel().config().setAutoRead(false);
        workers.execute(() -> {
            Response response = service.answer(asked);
            context.executor().execute(() -> write(context, response, asked.keepAlive()));
        });
    }

    /** Bad framing: what follows on this connection cannot be trusted to be a request. */
    private void refuse(ChannelHandlerContext context, HttpResponseStatus status) {
        ending = true;
        write(context, Response.text(status.code(), status.reasonPhrase() + "\n"), false);
    }

    private void write(ChannelHandlerContext context, Response response, boolean keepAlive) {
        enter(Phase.ANSWER);
        var remote = remote(context);
        var transfer = response.transfer();
        long begun = System.nanoTime();
        if (transfer != null) {
            service.started(remote, transfer);
        }
        ChannelFuture written = send(context, response, keepAlive);
        written.addListener(done -> {
            var sent = region;
            region = null;
            if (transfer != null && done.isSuccess()) {
                service.done(remote, transfer, Duration.ofNanos(System.nanoTime() - begun));
            } else if (transfer != null) {
                service.failed(remote, transfer, "the connection was lost after %d of %d octets"
                        .formatted(sent == null ? 0 : sent.transferred(), transfer.octets()));
            }
            if (ending && done.isSuccess()) {
                linger(context);
            } else if (!keepAlive || !done.isSuccess()) {
                var _ = context.close();
            } else {
                next(context);
            }
        });
    }

    /** Closing on unread octets would reset the connection, and the client would never see why it was refused. */
    private void linger(ChannelHandlerContext context) {
        enter(Phase.HEADER);
        var _ = ((DuplexChannel) context.channel()).shutdownOutput();
        context.channel().config().setAutoRead(true);
    }

    private ChannelFuture send(ChannelHandlerContext context, Response response, boolean keepAlive) {
        var status = HttpResponseStatus.valueOf(response.status());
        return switch (response.body()) {
            case Response.Body.Octets octets -> {
                var full = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status,
                        Unpooled.wrappedBuffer(octets.octets(), octets.from(), octets.length()));
                fill(full.headers(), response, keepAlive);
                yield context.writeAndFlush(full);
            }
            case Response.Body.None none -> {
                var _ = context.write(head(status, response, keepAlive));
                yield context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
            }
            case Response.Body.Region part -> {
                var file = new DefaultFileRegion(part.file(), part.from(), part.length());
                region = file;
                var _ = context.write(head(status, response, keepAlive));
                // if the file became shorter this write fails, and nothing that follows may look like a good end
                var _ = context.write(file).addListener(done -> {
                    if (!done.isSuccess()) {
                        var _ = context.close();
                    }
                });
                yield context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
            }
        };
    }

    private DefaultHttpResponse head(HttpResponseStatus status, Response response, boolean keepAlive) {
        var head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, status);
        fill(head.headers(), response, keepAlive);
        return head;
    }

    private void fill(HttpHeaders headers, Response response, boolean keepAlive) {
        headers.set(HttpHeaderNames.DATE, DateFormatter.format(service.now()));
        response.headers().forEach(headers::set);
        headers.set(HttpHeaderNames.CONTENT_LENGTH, response.length());
        // said in both cases: HTTP/1.0 clients need the one, HTTP/1.1 clients the other
        headers.set(HttpHeaderNames.CONNECTION, keepAlive ? HttpHeaderValues.KEEP_ALIVE : HttpHeaderValues.CLOSE);
    }

    private void next(ChannelHandlerContext context) {
        answering = false;
        enter(Phase.IDLE);
        while (!answering && !ending && !waiting.isEmpty()) {
            take(context, waiting.remove());
        }
        if (!answering) {
            context.channel().config().setAutoRead(true);
        }
    }

    private static HttpResponseStatus status(Throwable cause) {
        return switch (cause) {
            case TooLongHttpLineException line -> HttpResponseStatus.REQUEST_URI_TOO_LONG;
            case TooLongHttpHeaderException header -> HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE;
            default -> HttpResponseStatus.BAD_REQUEST;
        };
    }

    private static InetAddress remote(ChannelHandlerContext context) {
        return ((InetSocketAddress) context.channel().remoteAddress()).getAddress();
    }

    private void enter(Phase entered) {
        phase = entered;
        Duration allowed = switch (entered) {
            case IDLE -> timeouts.idle();
            case HEADER -> timeouts.header();
            case BODY -> timeouts.body();
            case ANSWER -> timeouts.write();
        };
        deadline = System.nanoTime() + allowed.toNanos();
    }

    /** Closes the connection when the phase took too long; while a body is sent, octets that moved renew the time. */
    private void watch(ChannelHandlerContext context) {
        if (!context.channel().isActive()) {
            return;
        }
        long moved = progress(context);
        if (phase == Phase.ANSWER && moved != seen) {
            seen = moved;
            enter(Phase.ANSWER);
        }
        long left = deadline - System.nanoTime();
        if (left <= 0) {
            var _ = context.close();
        } else {
            // a phase may begin that is shorter than this one: look again in time for it
            long shortest = Math.min(left, timeouts.header().toNanos());
            var _ = context.executor().schedule(() -> watch(context), shortest, TimeUnit.NANOSECONDS);
        }
    }

    private static long progress(ChannelHandlerContext context) {
        var buffer = context.channel().unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.currentProgress();
    }
}

package dev.kindling.pxe.http;

import dev.kindling.pxe.http.RequestHead.Malformed;
import dev.kindling.pxe.http.Response.Segment;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.FileRegion;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's connection: a request at a time, in order, and nobody may hold it without moving octets. Lives in one
 * event loop.
 */
final class Connection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);
    private static final byte[] KEEP = ascii("Connection: keep-alive\r\n\r\n");
    private static final byte[] CLOSE = ascii("Connection: close\r\n\r\n");
    private static final byte[] CONTINUE = ascii("HTTP/1.1 100 Continue\r\n\r\n");
    /** Copied into one buffer, at most; longer files go out by sendfile where there is no TLS. */
    private static final int BUFFER = 32 << 10;
    /**
     * One sendfile. The kernel moves 64 KiB at a time anyway; at the end of each call it sends what it has, and takes
     * the acknowledgements that came meanwhile. A longer call leaves both to the processor that the acknowledgements
     * come in on, and two processors that send for one connection overtake each other.
     */
    private static final long REGION = 64 << 10;
    /** Written before others get their turn: a client that takes as fast as we give must not keep them waiting. */
    private static final long TURN = 2 << 20;
    /** Requests that were sent ahead; more is not read before the response is out. */
    private static final int READ_AHEAD = 64 << 10;

    private final Service service;
    private final Executor workers;
    private final Limits limits;
    private final Admission admission;
    private final InetAddress remote;
    /** Whether the kernel can send from a file by itself. */
    private final boolean sendfile;
    private final RequestReader reader = new RequestReader();
    private long reserved;
    private boolean inputEnded;
    private boolean ending;

    private Phase phase = Phase.HEADER;
    private long since = System.nanoTime();
    private int requests;
    private boolean continued;
    private boolean taking;

    private @Nullable Sending sending;

    private enum Phase {
        /** Between two requests. */
        IDLE,
        HEADER,
        BODY,
        /** The boot source decides. */
        DECIDE,
        ANSWER,
        /** What the client still sends is thrown away, until it has seen why it was refused. */
        LINGER
    }

    /** A response on its way. */
    private static final class Sending {
        final Response response;
        final boolean keepAlive;
        final long begun = System.nanoTime();
        final long length;
        /** What is told later is still told of this moment: the client may have gone on meanwhile. */
        final Instant at;
        boolean told;
        int segment;
        /** In that segment. */
        long offset;
        boolean headSent;
        /** Of the body, written. */
        long written;
        @Nullable
        FileRegion region;
        boolean reading;
        /** Why it ended before its end. */
        @Nullable
        String failure;
        /** Of {@link #written}, when the time-outs last began. */
        long mark;
        long moved;
        long movedAt = begun;
        boolean stallTold;
        long chunk;

        Sending(Response response, boolean keepAlive, Instant at) {
            this.response = response;
            this.at = at;
            this.keepAlive = keepAlive;
            this.length = response.length();
        }

        long progress() {
            return written + (region == null ? 0 : region.transferred());
        }
    }

    Connection(Service service, Executor workers, Limits limits, Admission admission, InetSocketAddress remote,
            boolean sendfile) {
        this.service = service;
        this.workers = workers;
        this.limits = limits;
        this.admission = admission;
        this.remote = remote.getAddress();
        this.sendfile = sendfile;
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        over("the connection was lost");
        hold(0);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug("HTTP connection lost: {}", cause.toString());
        } else {
            LOG.debug("HTTP connection closed", cause);
        }
        var _ = context.close();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
            String reason = "the TLS handshake failed: " + TlsIdentity.explain(handshake.cause());
            if (admission.worthTelling(remote, reason)) {
                service.refused(remote, reason);
            }
            var _ = context.close();
        } else if (event instanceof ChannelInputShutdownEvent) {
            // it may have sent all its requests and wait for the answers
            inputEnded = true;
            if (phase == Phase.IDLE || phase == Phase.HEADER || phase == Phase.BODY || phase == Phase.LINGER) {
                var _ = context.close();
            }
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        try {
            if (message instanceof ByteBuf octets && !ending) {
                reader.add(octets);
                if (phase == Phase.IDLE) {
                    enter(Phase.HEADER);
                }
                if (sending == null && phase != Phase.DECIDE) {
                    take(context);
                } else if (reader.held() > READ_AHEAD) {
                    context.channel().config().setAutoRead(false);
                }
                holdWhatIsRead(context);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    /** Requests that came in one packet are answered as soon as they are read. */
    private void take(ChannelHandlerContext context) {
        taking = true;
        try {
            takeAll(context);
        } finally {
            taking = false;
        }
    }

    private void takeAll(ChannelHandlerContext context) {
        while (sending == null && phase != Phase.DECIDE && !ending) {
            RequestReader.Request request;
            try {
                request = reader.next();
            } catch (Malformed e) {
                refuse(context, e.status(), e.reason());
                return;
            }
            if (request == null) {
                await(context);
                return;
            }
            requests++;
            continued = false;
            answer(context, new Asked(request.head(), remote, request.body()));
        }
    }

    private void await(ChannelHandlerContext context) {
        var head = reader.head();
        if (head == null) {
            if (!reader.begun() && requests > 0) {
                enter(Phase.IDLE);
            }
        } else if (phase != Phase.BODY) {
            enter(Phase.BODY);
            if (head.awaitsContinue() && !continued) {
                continued = true;
                var _ = context.writeAndFlush(context.alloc().directBuffer(CONTINUE.length).writeBytes(CONTINUE));
            }
        }
    }

    private void answer(ChannelHandlerContext context, Asked asked) {
        if (service.answersAtOnce(asked)) {
            write(context, service.answer(asked), asked.head().keepAlive());
            return;
        }
        enter(Phase.DECIDE);
        Runnable task = () -> {
            Response response = service.answer(asked);
            inLoop(context, () -> {
                write(context, response, asked.head().keepAlive());
                take(context);
                holdWhatIsRead(context);
            }, () -> release(response));
        };
        try {
            workers.execute(task);
        } catch (RejectedExecutionException e) {
            var _ = context.close(); // the server ends
        }
    }

    /** The loop may have ended before the worker. */
    private static void inLoop(ChannelHandlerContext context, Runnable task, Runnable otherwise) {
        try {
            context.executor().execute(task);
        } catch (RejectedExecutionException e) {
            otherwise.run();
        }
    }

    /** What follows on this connection cannot be trusted to be a request. */
    private void refuse(ChannelHandlerContext context, int status, String reason) {
        if (admission.worthTelling(remote, reason)) {
            service.refused(remote, reason);
        }
        ending = true;
        write(context, Response.text(status, reason + "\n"), false);
    }

    private void write(ChannelHandlerContext context, Response response, boolean keepAlive) {
        var next = new Sending(response, keepAlive, service.now());
        if (!context.channel().isActive()) {
            release(response);
            if (response.transfer() != null) {
                service.failed(remote, response.transfer(), "the connection was lost before the first octet");
            }
            return;
        }
        if (copies(response)) {
            if (!admission.reserve(BUFFER)) {
                release(response);
                refuse(context, 503, "too many downloads at once for the memory of this service");
                return;
            }
            next.chunk = BUFFER;
        }
        sending = next;
        enter(Phase.ANSWER);
        pump(context);
        tellStart(next);
    }

    /** Whether buffers wait for the client; those of small responses do not count. */
    private boolean copies(Response response) {
        for (Segment segment : response.body()) {
            if (segment.length() > BUFFER && (segment instanceof Segment.MadePart
                    || (segment instanceof Segment.FilePart && !sendfile))) {
                return true;
            }
        }
        return false;
    }

    private void pump(ChannelHandlerContext context) {
        var now = sending;
        long turn = 0;
        while (now != null && now == sending && !now.reading) {
            Object piece;
            try {
                piece = piece(context, now);
            } catch (IOException e) {
                LOG.warn("a download breaks off: {}", e.toString());
                over(e.toString());
                var _ = context.close();
                return;
            }
            if (piece == null) {
                if (!now.reading) {
                    finish(context, now);
                }
                return;
            }
            long size = size(piece);
            var written = context.writeAndFlush(piece);
            if (!written.isDone()) {
                var _ = written.addListener(done -> {
                    if (written(context, now, size, written)) {
                        pump(context);
                    }
                });
                return;
            }
            if (!written(context, now, size, written)) {
                return;
            }
            turn += size;
            if (turn >= TURN) {
                context.executor().execute(() -> pump(context));
                return;
            }
        }
    }

    /** Once the first octets are out: whoever is told would take the processor from them. */
    private void tellStart(Sending now) {
        if (!now.told) {
            now.told = true;
            if (now.response.transfer() != null) {
                service.started(remote, now.response.transfer(), now.at);
            }
        }
    }

    private boolean written(ChannelHandlerContext context, Sending now, long size, ChannelFuture written) {
        if (now != sending) {
            return false;
        }
        now.region = null;
        if (!written.isSuccess()) {
            over("the connection was lost");
            var _ = context.close();
            return false;
        }
        now.written += size;
        return true;
    }

    private static long size(Object piece) {
        return piece instanceof FileRegion region ? region.count() : ((ByteBuf) piece).readableBytes();
    }

    /** The next one to write; null at the end, or where it is being made. */
    private @Nullable Object piece(ChannelHandlerContext context, Sending now) throws IOException {
        var body = now.response.body();
        if (!now.headSent) {
            return first(context, now);
        }
        if (now.segment == body.size()) {
            return null;
        }
        if (body.get(now.segment) instanceof Segment.FilePart part && sendfile
                && part.length() - now.offset > BUFFER) {
            long length = Math.min(part.length() - now.offset, REGION);
            var region = part.file().region(part.from() + now.offset, length);
            advance(now, part, length);
            now.region = region;
            return region;
        }
        if (body.get(now.segment) instanceof Segment.MadePart part) {
            make(context, now, part);
            return null;
        }
        long rest = 0;
        for (Segment segment : body.subList(now.segment, body.size())) {
            rest += segment.length();
        }
        return gather(now, context.alloc().directBuffer((int) Math.min(rest - now.offset, BUFFER)));
    }

    /** The header, with as much of the body as fits. */
    private ByteBuf first(ChannelHandlerContext context, Sending now) throws IOException {
        byte[] head = now.response.head();
        byte[] date = service.date();
        byte[] connection = now.keepAlive ? KEEP : CLOSE;
        int length = head.length + date.length + connection.length;
        now.headSent = true;
        now.written -= length;
        boolean alone = sendfile && length + now.length > BUFFER;
        var buffer = context.alloc().directBuffer(alone ? length : (int) Math.min(length + now.length, BUFFER));
        return gather(now, buffer.writeBytes(head).writeBytes(date).writeBytes(connection));
    }

    /** Copies segments until the buffer is full, or one comes that is not copied. */
    private ByteBuf gather(Sending now, ByteBuf buffer) throws IOException {
        var body = now.response.body();
        try {
            while (now.segment < body.size()) {
                var segment = body.get(now.segment);
                // an empty one has room in a full buffer: left for the next, it would never be passed
                if (buffer.writableBytes() == 0 && segment.length() > 0) {
                    return buffer;
                }
                int length = (int) Math.min(segment.length() - now.offset, buffer.writableBytes());
                switch (segment) {
                    case Segment.Octets(byte[] octets, int from, int _) ->
                        buffer.writeBytes(octets, from + (int) now.offset, length);
                    case Segment.FilePart part -> {
                        if (sendfile && part.length() - now.offset > buffer.writableBytes()) {
                            return buffer;
                        }
                        part.file().read(part.from() + now.offset,
                                buffer.internalNioBuffer(buffer.writerIndex(), length));
                        buffer.writerIndex(buffer.writerIndex() + length);
                    }
                    case Segment.MadePart _ -> {
                        return buffer;
                    }
                }
                advance(now, segment, length);
            }
            return buffer;
        } catch (IOException | RuntimeException e) {
            buffer.release();
            throw e;
        }
    }

    private static void advance(Sending now, Segment segment, long length) {
        now.offset += length;
        if (now.offset == segment.length()) {
            now.segment++;
            now.offset = 0;
        }
    }

    /** Reads on a thread of its own; the next part is asked for only when this one was taken by the client. */
    private void make(ChannelHandlerContext context, Sending now, Segment.MadePart part) {
        now.reading = true;
        long at = part.from() + now.offset;
        int length = (int) Math.min(part.length() - now.offset, BUFFER);
        var buffer = context.alloc().directBuffer(length);
        Runnable task = () -> {
            @Nullable
            String failure = read(part, at, length, buffer);
            inLoop(context, () -> made(context, now, part, length, buffer, failure), () -> {
                buffer.release();
                fail(now);
            });
        };
        try {
            workers.execute(task);
        } catch (RejectedExecutionException e) {
            now.reading = false;
            buffer.release();
            var _ = context.close(); // the server ends
        }
    }

    private static @Nullable String read(Segment.MadePart part, long at, int length, ByteBuf buffer) {
        try {
            var room = buffer.internalNioBuffer(0, length);
            part.content().read(at, room);
            if (room.hasRemaining()) {
                return "the content is shorter than it said";
            }
            buffer.writerIndex(length);
            return null;
        } catch (IOException | RuntimeException e) {
            LOG.warn("generated content cannot be read", e);
            return "the content cannot be made: " + e;
        }
    }

    private void made(ChannelHandlerContext context, Sending now, Segment.MadePart part, int length, ByteBuf buffer,
            @Nullable String failure) {
        now.reading = false;
        if (now != sending) {
            // the connection was lost meanwhile, and what it was read from waited for this
            buffer.release();
            fail(now);
            return;
        }
        if (failure != null) {
            buffer.release();
            over(failure);
            var _ = context.close();
            return;
        }
        advance(now, part, length);
        var written = context.writeAndFlush(buffer);
        if (written.isDone()) {
            resume(context, now, length, written);
        } else {
            var _ = written.addListener(done -> resume(context, now, length, written));
        }
    }

    private void resume(ChannelHandlerContext context, Sending now, int length, ChannelFuture written) {
        if (written(context, now, length, written)) {
            pump(context);
        }
    }

    /** All of it was written. */
    private void finish(ChannelHandlerContext context, Sending done) {
        sending = null;
        free(done);
        tellStart(done);
        var held = done.response.held();
        if (held != null) {
            held.sent();
        }
        release(done.response);
        if (done.response.transfer() != null) {
            service.done(remote, done.response.transfer(), Duration.ofNanos(System.nanoTime() - done.begun));
        }
        if (ending) {
            linger(context);
        } else if (!done.keepAlive) {
            var _ = context.close();
        } else {
            enter(reader.begun() ? Phase.HEADER : Phase.IDLE);
            if (!context.channel().config().isAutoRead()) {
                context.channel().config().setAutoRead(true);
            }
            if (reader.begun() && !taking) {
                context.executor().execute(() -> {
                    take(context);
                    holdWhatIsRead(context);
                });
            } else if (inputEnded && !reader.begun()) {
                var _ = context.close();
            }
        }
    }

    /** The response ends before its end. */
    private void over(String why) {
        var broken = sending;
        if (broken == null) {
            return;
        }
        sending = null;
        free(broken);
        tellStart(broken);
        broken.failure = "%s after %d of %d octets".formatted(why, Math.max(0, broken.progress()), broken.length);
        if (!broken.reading) {
            fail(broken);
        }
    }

    /** Told when it is released: whoever hears of it may ask for the same again. */
    private void fail(Sending broken) {
        release(broken.response);
        if (broken.response.transfer() != null && broken.failure != null) {
            service.failed(remote, broken.response.transfer(), broken.failure);
        }
    }

    private void free(Sending ended) {
        admission.free(ended.chunk);
        ended.chunk = 0;
    }

    private static void release(Response response) {
        if (response.held() != null) {
            response.held().release();
        }
    }

    /** Closing on unread octets would reset the connection, and the client would never see why it was refused. */
    private void linger(ChannelHandlerContext context) {
        enter(Phase.LINGER);
        if (context.channel() instanceof DuplexChannel duplex && sendfile) {
            var _ = duplex.shutdownOutput();
            context.channel().config().setAutoRead(true);
        } else {
            var _ = context.close(); // TLS says by itself that this is the end
        }
    }

    /** Accounts for the memory of unfinished requests. */
    private void holdWhatIsRead(ChannelHandlerContext context) {
        // a header that comes in one piece is gone before anyone counts
        int held = ending ? 0 : reader.held();
        if (!hold(held)) {
            refuse(context, 503, "too many unfinished requests for the memory of this service");
        }
    }

    private boolean hold(long octets) {
        if (octets > reserved && !admission.reserve(octets - reserved)) {
            return false;
        }
        if (octets < reserved) {
            admission.free(reserved - octets);
        }
        reserved = octets;
        return true;
    }

    private void enter(Phase entered) {
        phase = entered;
        since = System.nanoTime();
    }

    /** Called once in a while: ends what takes too long. */
    void check(ChannelHandlerContext context, long now) {
        switch (phase) {
            case IDLE -> {
                if (now - since > limits.idle().toNanos()) {
                    var _ = context.close();
                }
            }
            case HEADER -> late(context, now, limits.header(), "the header of an HTTP request",
                    reader.begun() ? "its header does not end" : "it connected and sends nothing");
            case BODY -> late(context, now, limits.body(), "the body of an HTTP request", "its body does not end");
            case LINGER -> {
                if (now - since > limits.header().toNanos()) {
                    var _ = context.close();
                }
            }
            case DECIDE -> {
                // it is we who take the time
            }
            case ANSWER -> {
                if (sending != null && !sending.reading) {
                    checkProgress(context, sending, now);
                }
            }
        }
    }

    private void late(ChannelHandlerContext context, long now, Duration allowed, String stage, String reason) {
        if (now - since > allowed.toNanos()) {
            if (admission.worthTelling(remote, reason)) {
                service.stalled(remote, stage, Duration.ofNanos(now - since).toSeconds(), reason);
            }
            var _ = context.close();
        }
    }

    private void checkProgress(ChannelHandlerContext context, Sending now, long time) {
        long progress = now.progress();
        String stage = "HTTP " + (now.response.transfer() == null ? "response" : now.response.transfer().path());
        if (progress != now.moved) {
            now.moved = progress;
            now.movedAt = time;
            now.stallTold = false;
        } else if (!now.stallTold && time - now.movedAt > limits.stall().toNanos()) {
            now.stallTold = true;
            service.stalled(remote, stage, Duration.ofNanos(time - now.movedAt).toSeconds(),
                    "it takes nothing more after %d of %d octets".formatted(Math.max(0, progress), now.length));
        }
        if (time - since > limits.window().toNanos()) {
            if (progress - now.mark < limits.windowOctets()) {
                long took = progress - now.mark;
                over("given up, as it took %d octets in %d s,"
                        .formatted(took, limits.window().toSeconds()));
                var _ = context.close();
            } else {
                now.mark = progress;
                since = time;
            }
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}

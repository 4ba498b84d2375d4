package dev.kindling.pxe.http;

import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeEvent;
import dev.kindling.pxe.http.Response.Segment;
import io.netty.handler.codec.DateFormatter;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From a request to a response. May wait where the boot source does. */
final class Service implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Service.class);
    /** A BMC that mounts an image reads it in thousands of small ranges: they are no downloads to tell about. */
    private static final long TOLD_RANGE = 1 << 20;
    /** In a long download, a part of a file that is shorter is read as fast as the file is opened. */
    private static final long WORTH_OPENING = 1 << 18;
    private static final int MAX_STRETCHES = 512;
    /** Whoever has an address keeps it for longer than this; without it each request asks the tables again. */
    private static final long KNOWN_NANOS = 1_000_000_000;
    private static final int MAX_KNOWN = 4096;

    private final BootSource source;
    private final Function<InetAddress, @Nullable MacAddress> whoHas;
    private final Consumer<PxeEvent> events;
    private final Clock clock;
    private final OpenFiles files = new OpenFiles();
    private final ConcurrentHashMap<InetAddress, Known> known = new ConcurrentHashMap<>();
    private volatile DateField date = new DateField(-1, new byte[0]);

    private record Known(@Nullable MacAddress mac, long since) {}

    private record DateField(long second, byte[] octets) {}

    /** A file of which each part can be sent: what a range, a condition and a HEAD are about. */
    private record Offer(long size, String contentType, boolean ranges, Preconditions validators, String caching,
            Response.@Nullable Held held, Cut cut) {}

    /** Cuts a part out of a file. */
    private interface Cut {
        List<Segment> part(long from, long length) throws IOException;
    }

    Service(BootSource source, Function<InetAddress, @Nullable MacAddress> whoHas, Consumer<PxeEvent> events,
            Clock clock) {
        this.source = source;
        this.whoHas = whoHas;
        this.events = events;
        this.clock = clock;
    }

    /** Whether {@link #answer} may be called by a thread that others wait for. */
    boolean answersAtOnce(Asked asked) {
        return source.answersAtOnce() && !asked.head().method().equals("POST");
    }

    Response answer(Asked asked) {
        return switch (RequestTarget.of(asked.head().target())) {
            case RequestTarget.Refused refused -> {
                failed(mac(asked.remote()), shown(asked.head().target()), "refused: " + refused.reason());
                yield Response.text(400, refused.reason() + "\n");
            }
            case RequestTarget.Clean clean -> {
                try {
                    yield switch (asked.head().method()) {
                        case "GET", "HEAD" -> get(asked, clean.path());
                        case "POST" -> post(asked, clean.path());
                        default -> Response.text(405, "GET, HEAD and POST only\n", Map.of("Allow", "GET, HEAD, POST"));
                    };
                } catch (RuntimeException e) {
                    LOG.error("the boot source failed for {}", asked, e);
                    failed(mac(asked.remote()), clean.path(), "internal error");
                    yield Response.text(500, "internal error\n");
                }
            }
        };
    }

    private Response post(Asked asked, String path) {
        String body;
        try {
            body = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(asked.body())).toString();
        } catch (CharacterCodingException e) {
            return Response.text(400, "the body is not UTF-8\n");
        }
        var reply = source.post(new BootSource.Post(path, asked.remote(), mac(asked.remote()), asked.head().token(),
                body));
        if (reply.status() < 200 || reply.status() > 599) {
            throw new IllegalStateException("no HTTP status for a reply: " + reply.status());
        }
        return Response.text(reply.status(), reply.body());
    }

    private Response get(Asked asked, String path) {
        var head = asked.head();
        var mac = mac(asked.remote());
        var found = source.open(new BootSource.Fetch(BootSource.Protocol.HTTP, path, asked.remote(), mac, head.token(),
                head.isHead()));
        if (found.isEmpty()) {
            return notFound(mac, path);
        }
        try {
            var response = switch (found.get()) {
                case BootFile.Bytes bytes -> offer(head, path, inMemory(bytes));
                case BootFile.OnDisk disk -> offer(head, path, onDisk(disk));
                case BootFile.Generated generated -> offer(head, path, made(generated));
                case BootFile.Refused refused -> {
                    failed(mac, path, "refused: " + refused.reason());
                    yield Response.text(403, "refused\n");
                }
            };
            return head.isHead() ? response.withoutBody() : response;
        } catch (NoSuchFileException e) {
            return notFound(mac, path);
        } catch (IOException e) {
            LOG.warn("{} cannot be read", path, e);
            failed(mac, path, "the file cannot be read: " + e.getMessage());
            return Response.text(500, "the file cannot be read\n");
        }
    }

    /** It may hold a secret, and be another one next time. */
    private static Offer inMemory(BootFile.Bytes bytes) {
        byte[] octets = bytes.content();
        return new Offer(octets.length, bytes.contentType(), true, new Preconditions(null, null), "no-store", null,
                (from, length) -> List.of(new Segment.Octets(octets, (int) from, (int) length)));
    }

    private Offer onDisk(BootFile.OnDisk disk) throws IOException {
        OpenFile file = files.open(disk.path());
        return new Offer(file.size(), disk.contentType(), true, file.validators(), "", file::release,
                (from, length) -> List.of(new Segment.FilePart(file, from, length)));
    }

    private Offer made(BootFile.Generated generated) {
        var content = generated.content();
        String version = content.version();
        var opened = new ArrayList<OpenFile>();
        return new Offer(content.size(), generated.contentType(), version != null,
                new Preconditions(version == null ? null : '"' + version + '"', null),
                version == null ? "no-store" : "", new Response.Held() {
                    @Override
                    public void sent() {
                        content.sent();
                    }

                    @Override
                    public void release() {
                        opened.forEach(OpenFile::release);
                        content.close();
                    }
                }, (from, length) -> made(content, from, length, opened));
    }

    /** What stands in files is sent from there, and the rest is read. Only so many files are opened for a response. */
    private List<Segment> made(BootFile.Content content, long from, long length, List<OpenFile> opened)
            throws IOException {
        var segments = new ArrayList<Segment>();
        long at = from;
        List<BootFile.Stretch> stretches = content.stretches(from, length, length <= TOLD_RANGE ? 1 : WORTH_OPENING);
        for (BootFile.Stretch each : stretches.subList(0, Math.min(stretches.size(), MAX_STRETCHES))) {
            OpenFile file = files.open(each.file());
            opened.add(file);
            if (file.size() != each.fileSize() || file.modified() != each.modified()) {
                throw new IOException(each.file() + " is not the file any more of which this was made");
            }
            if (each.at() > at) {
                segments.add(new Segment.MadePart(content, at, each.at() - at));
            }
            segments.add(new Segment.FilePart(file, each.offset(), each.length()));
            at = each.at() + each.length();
        }
        if (at < from + length) {
            segments.add(new Segment.MadePart(content, at, from + length - at));
        }
        return segments;
    }

    private static Response offer(RequestHead asked, String path, Offer offer) throws IOException {
        try {
            return judged(asked, path, offer);
        } catch (IOException | RuntimeException e) {
            release(offer);
            throw e;
        }
    }

    private static Response judged(RequestHead asked, String path, Offer offer) throws IOException {
        long size = offer.size();
        switch (offer.validators().judge(asked)) {
            case FAILED -> {
                release(offer);
                return Response.text(412, "the file is another one now\n");
            }
            case NOT_MODIFIED -> {
                release(offer);
                return new Response(validated(304, offer).with("Content-Length", Long.toString(size)).octets(),
                        List.of(), null, null);
            }
            case GO_ON -> {
                // the usual way
            }
        }
        // RFC 9110, section 14.2: Range means something for GET only
        var range = asked.isHead() || !offer.ranges() || !offer.validators().rangeHolds(asked)
                ? new ByteRange.Whole()
                : ByteRange.of(asked.range(), size);
        return switch (range) {
            case ByteRange.Whole whole -> new Response(described(200, offer, size).octets(),
                    size == 0 ? List.of() : offer.cut().part(0, size), offer.held(),
                    new Response.Transfer(path, size, true));
            case ByteRange.Unsatisfiable none -> {
                release(offer);
                yield Response.text(416, "the file has %d octets\n".formatted(size),
                        Map.of("Content-Range", "bytes */" + size));
            }
            case ByteRange.Parts(List<ByteRange.Part> parts) when parts.size() == 1 -> {
                var part = parts.getFirst();
                yield new Response(
                        described(206, offer, part.length()).with("Content-Range", contentRange(part, size)).octets(),
                        offer.cut().part(part.from(), part.length()), partly(offer),
                        new Response.Transfer(path, part.length(), part.length() >= TOLD_RANGE));
            }
            case ByteRange.Parts(List<ByteRange.Part> parts) -> multipart(path, offer, parts);
        };
    }

    /** RFC 9110, section 14.6. */
    private static Response multipart(String path, Offer offer, List<ByteRange.Part> parts) throws IOException {
        String boundary = "kindling-" + Long.toHexString(ThreadLocalRandom.current().nextLong());
        var body = new ArrayList<Segment>();
        long length = 0;
        for (var part : parts) {
            body.add(ascii("\r\n--" + boundary + "\r\nContent-Type: " + offer.contentType() + "\r\nContent-Range: "
                    + contentRange(part, offer.size()) + "\r\n\r\n"));
            body.addAll(offer.cut().part(part.from(), part.length()));
        }
        body.add(ascii("\r\n--" + boundary + "--\r\n"));
        for (Segment segment : body) {
            length += segment.length();
        }
        var head = validated(206, offer).with("Content-Type", "multipart/byteranges; boundary=" + boundary)
                .with("Accept-Ranges", "bytes").with("Content-Length", Long.toString(length));
        return new Response(head.octets(), body, partly(offer), new Response.Transfer(path, length,
                length >= TOLD_RANGE));
    }

    private static Segment ascii(String text) {
        byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
        return new Segment.Octets(octets, 0, octets.length);
    }

    /** A part went out, which is not the whole. */
    private record Partly(Response.Held whole) implements Response.Held {
        @Override
        public void release() {
            whole.release();
        }
    }

    private static Response.@Nullable Held partly(Offer offer) {
        var held = offer.held();
        return held == null ? null : new Partly(held);
    }

    private static void release(Offer offer) {
        if (offer.held() != null) {
            offer.held().release();
        }
    }

    private static Response.Fields described(int status, Offer offer, long length) {
        return validated(status, offer).with("Content-Type", offer.contentType())
                .with("Accept-Ranges", offer.ranges() ? "bytes" : "none")
                .with("Content-Length", Long.toString(length));
    }

    private static Response.Fields validated(int status, Offer offer) {
        var fields = new Response.Fields(status);
        if (offer.validators().tag() != null) {
            fields.with("ETag", offer.validators().tag());
        }
        if (offer.validators().modified() != null) {
            fields.with("Last-Modified", DateFormatter.format(Date.from(offer.validators().modified())));
        }
        return offer.caching().isEmpty() ? fields : fields.with("Cache-Control", offer.caching());
    }

    private static String contentRange(ByteRange.Part part, long size) {
        return "bytes " + part.from() + "-" + (part.end() - 1) + "/" + size;
    }

    private Response notFound(@Nullable MacAddress mac, String path) {
        failed(mac, path, "not found");
        return Response.text(404, "not found\n");
    }

    /** The machine at an address. */
    @Nullable
    MacAddress mac(InetAddress remote) {
        long now = System.nanoTime();
        var before = known.get(remote);
        if (before != null && now - before.since() < KNOWN_NANOS) {
            return before.mac();
        }
        if (known.size() >= MAX_KNOWN) {
            known.clear();
        }
        MacAddress mac = whoHas.apply(remote);
        known.put(remote, new Known(mac, now));
        return mac;
    }

    /** The whole line, made once a second. */
    byte[] date() {
        long second = clock.instant().getEpochSecond();
        var last = date;
        if (last.second() != second) {
            last = new DateField(second,
                    ("Date: " + DateFormatter.format(Date.from(Instant.ofEpochSecond(second))) + "\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            date = last;
        }
        return last.octets();
    }

    /** Closes files that nobody has asked for lately. */
    void sweep() {
        files.sweep();
    }

    @Override
    public void close() {
        files.close();
    }

    Instant now() {
        return clock.instant();
    }

    /** @param at when it began */
    void started(InetAddress remote, Response.Transfer transfer, Instant at) {
        if (transfer.told()) {
            events.accept(new PxeEvent.FetchStarted(at, mac(remote), BootSource.Protocol.HTTP,
                    transfer.path(),
                    transfer.octets(), "fetches " + transfer.path() + " by HTTP, " + transfer.octets() + " octets"));
        }
    }

    void done(InetAddress remote, Response.Transfer transfer, Duration took) {
        if (transfer.told()) {
            events.accept(new PxeEvent.FetchDone(clock.instant(), mac(remote), BootSource.Protocol.HTTP,
                    transfer.path(),
                    transfer.octets(), took.toMillis(), "has " + transfer.path() + " by HTTP, " + transfer.octets()
                            + " octets in " + took.toMillis() + " ms"));
        }
    }

    void failed(InetAddress remote, Response.Transfer transfer, String reason) {
        if (transfer.told()) {
            failed(mac(remote), transfer.path(), reason);
        }
    }

    /** A request that was refused before its path was known. */
    void refused(InetAddress remote, String reason) {
        events.accept(new PxeEvent.Ignored(clock.instant(), mac(remote), reason, remote.getHostAddress() + " by HTTP: "
                + reason));
    }

    /** Nothing moves; the machine may still recover. */
    void stalled(InetAddress remote, String stage, long seconds, String reason) {
        events.accept(new PxeEvent.Stalled(clock.instant(), mac(remote), stage, seconds, reason,
                "%s is stuck at %s for %d s: %s".formatted(remote.getHostAddress(), stage, seconds, reason)));
    }

    private void failed(@Nullable MacAddress mac, String path, String reason) {
        events.accept(new PxeEvent.FetchFailed(clock.instant(), mac, BootSource.Protocol.HTTP, path, reason,
                "did not get %s by HTTP: %s".formatted(path, reason)));
    }

    /** What a stranger sent, fit for a log. */
    private static String shown(String target) {
        String clean = target.replaceAll("[^ -~]", "?");
        return clean.length() > 200 ? clean.substring(0, 200) + "..." : clean;
    }
}

package dev.kindling.pxe.http;

import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeEvent;
import io.netty.handler.codec.DateFormatter;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From a request to a response. Runs on virtual threads: the boot source may read its store. */
final class Service {
    private static final Logger LOG = LoggerFactory.getLogger(Service.class);
    /** A BMC that mounts an image reads it in thousands of small ranges: they are no downloads to tell about. */
    private static final long TOLD_RANGE = 1 << 20;

    private final BootSource source;
    private final Function<InetAddress, @Nullable MacAddress> whoHas;
    private final Consumer<PxeEvent> events;
    private final Clock clock;

    Service(BootSource source, Function<InetAddress, @Nullable MacAddress> whoHas, Consumer<PxeEvent> events,
            Clock clock) {
        this.source = source;
        this.whoHas = whoHas;
        this.events = events;
        this.clock = clock;
    }

    Response answer(Asked asked) {
        if (asked.hostMissing()) {
            return Response.text(400, "HTTP/1.1 without Host\n");
        }
        return switch (RequestTarget.of(asked.target())) {
            case RequestTarget.Refused refused -> {
                failed(mac(asked), asked.target(), "refused: " + refused.reason());
                yield Response.text(400, refused.reason() + "\n");
            }
            case RequestTarget.Clean clean -> {
                try {
                    yield switch (asked.method()) {
                        case "GET" -> get(asked, clean.path());
                        case "HEAD" -> get(asked, clean.path()).withoutBody();
                        case "POST" -> post(asked, clean.path());
                        default -> Response.text(405, "GET, HEAD and POST only\n", Map.of("Allow", "GET, HEAD, POST"));
                    };
                } catch (RuntimeException e) {
                    LOG.error("the boot source failed for {}", asked, e);
                    failed(mac(asked), clean.path(), "internal error");
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
        var reply = source.post(new BootSource.Post(path, asked.remote(), mac(asked), asked.token(), body));
        if (reply.status() < 200 || reply.status() > 599) {
            throw new IllegalStateException("no HTTP status for a reply: " + reply.status());
        }
        return Response.text(reply.status(), reply.body());
    }

    private Response get(Asked asked, String path) {
        var mac = mac(asked);
        var found = source.open(new BootSource.Fetch(BootSource.Protocol.HTTP, path, asked.remote(), mac,
                asked.token(), asked.head()));
        if (found.isEmpty()) {
            return notFound(mac, path);
        }
        try {
            return switch (found.get()) {
                case BootFile.Bytes bytes -> generated(asked, path, bytes);
                case BootFile.OnDisk disk -> onDisk(asked, path, disk);
                case BootFile.Generated generated -> throw new IOException("generated");
                case BootFile.Refused refused -> {
                    failed(mac, path, "refused: " + refused.reason());
                    yield Response.text(403, "refused\n");
                }
            };
        } catch (NoSuchFileException e) {
            return notFound(mac, path);
        } catch (IOException e) {
            LOG.warn("{} cannot be read", path, e);
            failed(mac, path, "the file cannot be read");
            return Response.text(500, "the file cannot be read\n");
        }
    }

    private Response generated(Asked asked, String path, BootFile.Bytes bytes) {
        int size = bytes.content().length;
        var headers = headers(bytes);
        headers.put("Cache-Control", "no-store"); // it may hold a secret, and be another one next time
        return switch (range(asked, size)) {
            case ByteRange.Whole whole -> new Response(200, headers, size,
                    new Response.Body.Octets(bytes.content(), 0, size), new Response.Transfer(path, size, true));
            case ByteRange.Unsatisfiable none -> unsatisfiable(size);
            case ByteRange.Part part -> {
                headers.put("Content-Range", contentRange(part, size));
                yield new Response(206, headers, part.length(),
                        new Response.Body.Octets(bytes.content(), (int) part.from(), (int) part.length()),
                        new Response.Transfer(path, part.length(), part.length() >= TOLD_RANGE));
            }
        };
    }

    private Response onDisk(Asked asked, String path, BootFile.OnDisk disk) throws IOException {
        var attributes = Files.readAttributes(disk.path(), BasicFileAttributes.class);
        if (!attributes.isRegularFile()) {
            throw new NoSuchFileException(disk.path().toString());
        }
        var modified = attributes.lastModifiedTime().toInstant();
        long size = attributes.size();
        String tag = "\"%x-%x\"".formatted(size, modified.getEpochSecond() * 1_000_000_000 + modified.getNano());
        var headers = headers(disk);
        headers.put("ETag", tag);
        headers.put("Last-Modified", DateFormatter.format(Date.from(modified)));
        if (unchanged(asked, tag, modified)) {
            headers.remove("Content-Type");
            return new Response(304, headers, size, new Response.Body.None(), null);
        }
        var range = fresh(asked.ifRange(), tag, modified) ? range(asked, size) : new ByteRange.Whole();
        return switch (range) {
            case ByteRange.Whole whole -> new Response(200, headers, size, region(asked, disk, 0, size),
                    new Response.Transfer(path, size, true));
            case ByteRange.Unsatisfiable none -> unsatisfiable(size);
            case ByteRange.Part part -> {
                headers.put("Content-Range", contentRange(part, size));
                yield new Response(206, headers, part.length(), region(asked, disk, part.from(), part.length()),
                        new Response.Transfer(path, part.length(), part.length() >= TOLD_RANGE));
            }
        };
    }

    private static Response.Body region(Asked asked, BootFile.OnDisk disk, long from, long length) throws IOException {
        return asked.head() || length == 0
                ? new Response.Body.None()
                : new Response.Body.Region(FileChannel.open(disk.path(), StandardOpenOption.READ), from, length);
    }

    private static Map<String, String> headers(BootFile file) {
        var headers = new LinkedHashMap<String, String>();
        headers.put("Content-Type", file.contentType());
        headers.put("Accept-Ranges", "bytes");
        return headers;
    }

    /** RFC 9110, section 14.2: Range means something for GET only. */
    private static ByteRange range(Asked asked, long size) {
        return asked.head() ? new ByteRange.Whole() : ByteRange.of(asked.range(), size);
    }

    private static String contentRange(ByteRange.Part part, long size) {
        return "bytes %d-%d/%d".formatted(part.from(), part.from() + part.length() - 1, size);
    }

    private static Response unsatisfiable(long size) {
        return Response.text(416, "the file has %d octets\n".formatted(size),
                Map.of("Content-Range", "bytes */" + size));
    }

    /** RFC 9110, section 13.2.2: If-None-Match wins over If-Modified-Since. */
    private static boolean unchanged(Asked asked, String tag, Instant modified) {
        if (asked.ifNoneMatch() != null) {
            return Arrays.stream(asked.ifNoneMatch().split(",")).map(String::strip)
                    .anyMatch(other -> other.equals("*") || other.replaceFirst("^W/", "").equals(tag));
        }
        var since = date(asked.ifModifiedSince());
        return since != null && modified.getEpochSecond() <= since.getEpochSecond();
    }

    /** Whether a download may be resumed: If-Range names what we still have. */
    private static boolean fresh(@Nullable String ifRange, String tag, Instant modified) {
        if (ifRange == null || ifRange.equals(tag)) {
            return true;
        }
        var date = date(ifRange);
        return date != null && date.getEpochSecond() == modified.getEpochSecond();
    }

    private static @Nullable Instant date(@Nullable String text) {
        var date = text == null ? null : DateFormatter.parseHttpDate(text);
        return date == null ? null : date.toInstant();
    }

    private Response notFound(@Nullable MacAddress mac, String path) {
        failed(mac, path, "not found");
        return Response.text(404, "not found\n");
    }

    private @Nullable MacAddress mac(Asked asked) {
        return whoHas.apply(asked.remote());
    }

    Date now() {
        return Date.from(clock.instant());
    }

    void started(InetAddress remote, Response.Transfer transfer) {
        if (transfer.told()) {
            tell(new PxeEvent.FetchStarted(clock.instant(), whoHas.apply(remote), BootSource.Protocol.HTTP,
                    transfer.path(), transfer.octets(),
                    "fetches %s by HTTP, %d octets".formatted(transfer.path(), transfer.octets())));
        }
    }

    void done(InetAddress remote, Response.Transfer transfer, Duration took) {
        if (transfer.told()) {
            tell(new PxeEvent.FetchDone(clock.instant(), whoHas.apply(remote), BootSource.Protocol.HTTP,
                    transfer.path(), transfer.octets(), took.toMillis(), "has %s by HTTP, %d octets in %d ms"
                            .formatted(transfer.path(), transfer.octets(), took.toMillis())));
        }
    }

    void failed(InetAddress remote, Response.Transfer transfer, String reason) {
        if (transfer.told()) {
            failed(whoHas.apply(remote), transfer.path(), reason);
        }
    }

    private void failed(@Nullable MacAddress mac, String path, String reason) {
        tell(new PxeEvent.FetchFailed(clock.instant(), mac, BootSource.Protocol.HTTP, path, reason,
                "did not get %s by HTTP: %s".formatted(path, reason)));
    }

    private void tell(PxeEvent event) {
        try {
            events.accept(event);
        } catch (RuntimeException e) {
            LOG.error("an event was not taken: {}", event, e);
        }
    }
}

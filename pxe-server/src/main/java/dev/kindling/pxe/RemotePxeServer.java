package dev.kindling.pxe;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link PxeServer} in a process of its own, which has the privileges that this one lacks. The boot source stays
 * here: it is asked over the process's standard streams. Files on disk are opened there, by their paths; other content
 * is handed over while it is fetched.
 */
public final class RemotePxeServer implements PxeService {
    private static final Logger LOG = LoggerFactory.getLogger(RemotePxeServer.class);
    private static final long PATIENCE_SECONDS = 10;
    /** For the helper's first word; a Java program behind sudo needs a second or two. */
    private static final long START_SECONDS = 60;
    /** All that the helper is told of our environment: our settings, among them secrets, are none of its business. */
    private static final Set<String> ENVIRONMENT = Set.of("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL",
            "LC_CTYPE", "TMPDIR", "JAVA_HOME", "KINDLING_JDK", "KINDLING_JAVA_OPTIONS");

    private final List<String> command;
    private final Process helper;
    private final DataInputStream in;
    private final OutputStream out;
    private final BootSource source;
    private final Consumer<PxeEvent> events;
    private final Map<Long, BootFile.Content> contents = new ConcurrentHashMap<>();
    private final AtomicLong handles = new AtomicLong();
    private final AtomicLong leftOut = new AtomicLong();
    private final CompletableFuture<Integer> ended = new CompletableFuture<>();
    private PxeConfig.Ports ports = PxeConfig.Ports.FREE;
    private volatile boolean closing;
    /** Whether nobody reads what the helper says any more. */
    private volatile boolean over;
    private volatile String lastComplaint = "nothing";

    private RemotePxeServer(List<String> command, Process helper, BootSource source, Consumer<PxeEvent> events) {
        this.command = command;
        this.helper = helper;
        this.in = new DataInputStream(new BufferedInputStream(helper.getInputStream(), 1 << 16));
        this.out = helper.getOutputStream();
        this.source = source;
        this.events = events;
    }

    /**
     * Starts the helper, and everything in it, or nothing.
     *
     * @param command starts {@link PxeHelper#run}, such as {@code kindling pxe serve --helper} behind a command that
     *            grants two capabilities ({@link dev.kindling.pxe.net.Privileges}); what it says to standard error goes
     *            to ours
     * @param source as for {@link PxeServer#start}; asked on threads of their own
     * @param events as for {@link PxeServer#start}; told by one thread. Where this side hangs, some are left out, and
     *            counted
     * @throws IOException if it cannot be started, or as {@link PxeServer#start} does
     * @throws IllegalArgumentException as {@link PxeServer#start} does, or where the TLS key is held in memory
     */
    public static RemotePxeServer start(List<String> command, PxeConfig config, BootSource source,
            Consumer<PxeEvent> events) throws IOException {
        if (config.tls() instanceof Tls.Material) {
            throw new IllegalArgumentException("a helper reads certificate and key from files (Tls.PemFiles)");
        }
        var process = new ProcessBuilder(command);
        process.environment().keySet().retainAll(ENVIRONMENT);
        var server = new RemotePxeServer(List.copyOf(command), process.start(), source, events);
        try {
            server.begin(config);
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private void begin(PxeConfig config) throws IOException {
        var complaints = Thread.ofVirtual().start(this::passComplaintsOn);
        greet(complaints);
        say(new HelperMessage.Serve(HelperMessage.VERSION, config));
        var started = new CountDownLatch(1);
        var failure = new CompletableFuture<Exception>();
        Thread.ofPlatform().daemon().name("boot-helper").start(() -> read(started, failure));
        try {
            started.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the boot service's helper starts", e);
        }
        switch (failure.getNow(null)) {
            case null -> {
            }
            case RuntimeException contradiction -> throw contradiction;
            case Exception e -> throw new IOException(e.getMessage(), e);
        }
    }

    private void greet(Thread complaints) throws IOException {
        var greeted = new CountDownLatch(1);
        Thread.ofVirtual().start(() -> {
            if (!awaited(greeted)) {
                destroy();
            }
        });
        try {
            HelperMessage first = HelperMessage.next(in);
            if (first == null) {
                var _ = complaints.join(Duration.ofSeconds(1));
                throw new IOException(
                        "the helper of the boot service did not begin; it was to be started by: %s; it said: %s"
                                .formatted(String.join(" ", command), lastComplaint));
            }
            if (!(first instanceof HelperMessage.Hello hello) || hello.version() != HelperMessage.VERSION) {
                throw new IOException("the helper of the boot service is another version than "
                        + HelperMessage.VERSION);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the boot service's helper starts", e);
        } finally {
            greeted.countDown();
        }
    }

    private static boolean awaited(CountDownLatch greeted) {
        try {
            return greeted.await(START_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** What sudo or Java say when they cannot start it is kept for the message. */
    private void passComplaintsOn() {
        try (var lines = helper.errorReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                lastComplaint = line;
                System.err.println(line);
            }
        } catch (IOException e) {
            LOG.debug("standard error of the boot service's helper", e);
        }
    }

    private HelperMessage next() throws IOException {
        HelperMessage next = HelperMessage.next(in);
        if (next == null) {
            throw new IOException("the helper of the boot service ended");
        }
        return next;
    }

    private void say(HelperMessage message) throws IOException {
        byte[] frame = message.frame();
        synchronized (out) {
            out.write(frame);
            out.flush();
        }
    }

    private void read(CountDownLatch started, CompletableFuture<Exception> failure) {
        try {
            while (true) {
                HelperMessage next = next();
                switch (next) {
                    case HelperMessage.Started message -> {
                        ports = message.ports();
                        started.countDown();
                    }
                    case HelperMessage.NotStarted message -> {
                        failure.complete(message.contradiction()
                                ? new IllegalArgumentException(message.reason())
                                : new IOException(message.reason()));
                        started.countDown();
                    }
                    case HelperMessage.Event message -> events.accept(message.event());
                    case HelperMessage.LeftOut message -> {
                        leftOut.addAndGet(message.events());
                        LOG.warn("{} events of the boot service were left out, for they were not taken in time",
                                message.events());
                    }
                    case HelperMessage.Sent message -> content(message.handle()).sent();
                    case HelperMessage.Close message -> close(contents.remove(message.handle()));
                    default -> Thread.ofVirtual().start(() -> reply(next));
                }
            }
        } catch (IOException | RuntimeException e) {
            if (!closing) {
                LOG.error("the boot service has ended: {}", e.getMessage());
            }
            failure.complete(e);
            started.countDown();
        } finally {
            over = true;
            closeContents();
            var _ = helper.onExit().thenAccept(process -> ended.complete(process.exitValue()));
        }
    }

    private void closeContents() {
        contents.keySet().forEach(handle -> close(contents.remove(handle)));
    }

    private static void close(BootFile.@Nullable Content content) {
        if (content != null) {
            // after the piece that is being read
            Thread.ofVirtual().start(() -> {
                synchronized (content) {
                    content.close();
                }
            });
        }
    }

    private void reply(HelperMessage question) {
        try {
            say(switch (question) {
                case HelperMessage.Decide asked ->
                    guarded(asked.id(), () -> new HelperMessage.Decided(asked.id(), source.answer(asked.client())));
                case HelperMessage.AskReserved asked -> guarded(asked.id(),
                        () -> new HelperMessage.Reserved(asked.id(), source.isReserved(asked.address())));
                case HelperMessage.Open asked ->
                    guarded(asked.id(), () -> new HelperMessage.Opened(asked.id(), found(asked.fetch())));
                case HelperMessage.Read asked -> guarded(asked.id(), () -> octets(asked));
                case HelperMessage.Post asked ->
                    guarded(asked.id(), () -> new HelperMessage.Posted(asked.id(), source.post(asked.post())));
                default -> throw new IOException("not for an engine: " + question.getClass().getSimpleName());
            });
        } catch (IOException e) {
            if (!closing) {
                LOG.warn("no reply to the boot service's helper: {}", e.getMessage());
            }
        }
    }

    private interface Work {
        HelperMessage run() throws IOException;
    }

    private static HelperMessage guarded(long id, Work work) {
        try {
            return work.run();
        } catch (IOException | RuntimeException e) {
            LOG.error("the boot source failed", e);
            return new HelperMessage.Failed(id, String.valueOf(e.getMessage()));
        }
    }

    private HelperMessage.Found found(BootSource.Fetch fetch) {
        var file = source.open(fetch).orElse(null);
        return switch (file) {
            case null -> new HelperMessage.Found.Nothing();
            case BootFile.Bytes bytes -> bytes.content().length <= HelperMessage.PIECE
                    ? new HelperMessage.Found.Here(bytes.content(), bytes.contentType())
                    : inPieces(new Held(bytes.content()), bytes.contentType());
            case BootFile.OnDisk disk ->
                new HelperMessage.Found.OnDisk(disk.path().toAbsolutePath(), disk.contentType());
            case BootFile.Generated made -> inPieces(made.content(), made.contentType());
            case BootFile.Refused refused -> new HelperMessage.Found.Refused(refused.reason());
        };
    }

    private HelperMessage.Found inPieces(BootFile.Content content, String contentType) {
        long handle = handles.incrementAndGet();
        contents.put(handle, content);
        if (over) {
            closeContents();
        }
        return new HelperMessage.Found.InPieces(handle, content.size(), content.version(), contentType);
    }

    /** Bytes that are too many for one message. */
    private record Held(byte[] octets) implements BootFile.Content {
        @Override
        public long size() {
            return octets.length;
        }

        @Override
        public void read(long at, ByteBuffer to) {
            to.put(octets, (int) at, Math.min(to.remaining(), octets.length - (int) at));
        }
    }

    private BootFile.Content content(long handle) throws IOException {
        var content = contents.get(handle);
        if (content == null) {
            throw new IOException("the transfer is over");
        }
        return content;
    }

    private HelperMessage octets(HelperMessage.Read asked) throws IOException {
        if (asked.octets() < 0 || asked.octets() > HelperMessage.PIECE) {
            throw new IOException("a piece of " + asked.octets() + " octets");
        }
        ByteBuffer piece = ByteBuffer.allocate(asked.octets());
        var content = content(asked.handle());
        // one reader at a time
        synchronized (content) {
            content.read(asked.at(), piece);
        }
        return new HelperMessage.Octets(asked.id(), Arrays.copyOf(piece.array(), piece.position()));
    }

    @Override
    public PxeConfig.Ports ports() {
        return ports;
    }

    /** How many events were left out so far, because this side did not take them in time. */
    public long eventsLeftOut() {
        return leftOut.get();
    }

    /** The helper's process id. */
    public long pid() {
        return helper.pid();
    }

    /** Done when the helper has ended, by {@link #close} or by itself, with its exit code. */
    public CompletableFuture<Integer> ended() {
        return ended.copy();
    }

    private void endInput() {
        try {
            out.close();
        } catch (IOException e) {
            LOG.debug("the helper had ended before", e);
        }
    }

    @Override
    public void close() {
        closing = true;
        // not here: a helper that hangs may hold up a reply that is being written
        Thread.ofVirtual().start(this::endInput);
        try {
            if (!helper.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                destroy();
            }
        } catch (InterruptedException e) {
            destroy();
            Thread.currentThread().interrupt();
        }
    }

    /** What we started may be sudo, which is not ours to kill; what runs behind it is. */
    private void destroy() {
        helper.descendants().forEach(ProcessHandle::destroyForcibly);
        helper.destroyForcibly();
    }
}

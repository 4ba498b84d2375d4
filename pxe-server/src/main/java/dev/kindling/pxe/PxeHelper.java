package dev.kindling.pxe;

import dev.kindling.pxe.net.OwnCommand;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The boot service as a process of its own, which has the privileges, for an engine that has none: it does what
 * {@link RemotePxeServer} says by standard input, asks it for decisions, and tells it events, by standard output. It
 * opens the files that the engine names: it must run as the engine's user, with capabilities, never as root for others.
 *
 * <p>
 * An engine that hangs stops no transfer of a file on disk: nothing but decisions waits for it, and not for long.
 */
public final class PxeHelper {
    private static final String SILENT = "the engine did not decide within 5 s";
    private static final long PATIENCE_MILLIS = 5_000;
    /** For an engine that was silent, and has said nothing since: other machines' answers wait behind. */
    private static final long LITTLE_PATIENCE_MILLIS = 100;
    /** Messages that wait for an engine that does not read; events above that are left out, then questions. */
    private static final int MOST_EVENTS = 8_192;
    private static final int MOST_QUESTIONS = 16_384;

    private final DataInputStream in;
    private final OutputStream out;
    private final BlockingQueue<HelperMessage> outgoing = new LinkedBlockingQueue<>();
    private final Map<Long, CompletableFuture<HelperMessage>> asked = new ConcurrentHashMap<>();
    private final AtomicLong ids = new AtomicLong();
    private final LongAdder leftOut = new LongAdder();
    private volatile boolean silent;

    private PxeHelper(InputStream in, OutputStream out) {
        this.in = new DataInputStream(new BufferedInputStream(in));
        this.out = out;
    }

    /**
     * Serves until {@code in} ends.
     *
     * @param in from the engine
     * @param out to the engine; nothing else may be written there
     * @return whether the service was started
     * @throws IOException if the engine is another version, or says what nobody understands
     */
    public static boolean run(InputStream in, OutputStream out) throws IOException {
        return new PxeHelper(in, out).run();
    }

    /**
     * The words that start a helper of this very program: its launcher's, where it has one, otherwise Java's.
     *
     * @return without what grants the privileges, {@link dev.kindling.pxe.net.Privileges#granting}
     */
    public static List<String> command() {
        String jdk = System.getProperty("java.home");
        return OwnCommand.launcher(System.getProperty("kindling.home", ""))
                // sudo leaves the environment behind
                .map(launcher -> List.of("/usr/bin/env", "KINDLING_JDK=" + jdk, launcher.toString(), "pxe", "serve",
                        "--helper"))
                .orElseGet(() -> List.of(Path.of(jdk, "bin", "java").toString(), "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1", "-Xmx64m", "-Xss512k", "-XX:MaxDirectMemorySize=48m",
                        "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-cp",
                        System.getProperty("java.class.path"), PxeHelper.class.getName()));
    }

    /** What {@link #command} starts where there is no launcher. */
    public static void main(String[] arguments) throws IOException {
        // nothing but frames may go to standard output
        PrintStream frames = System.out;
        System.setOut(System.err);
        System.exit(run(System.in, frames) ? 0 : 1);
    }

    private boolean run() throws IOException {
        say(new HelperMessage.Hello(HelperMessage.VERSION));
        HelperMessage first = HelperMessage.next(in);
        if (first == null) {
            return false;
        }
        if (!(first instanceof HelperMessage.Serve serve) || serve.version() != HelperMessage.VERSION) {
            throw new IOException("the engine speaks another version than this helper's, " + HelperMessage.VERSION);
        }
        Thread.ofPlatform().daemon().name("to-engine").start(this::write);
        // decisions are asked for as soon as a port is open
        var reader = Thread.ofPlatform().daemon().name("from-engine").start(this::read);
        try (var server = PxeServer.start(serve.config(), new Engine(), this::tell, Clock.systemUTC())) {
            outgoing.add(new HelperMessage.Started(new PxeConfig.Ports(server.dhcpPort(), server.proxyPort(),
                    server.tftpPort(), server.httpPort(), server.httpsPort())));
            reader.join();
            return true;
        } catch (IOException | IllegalArgumentException e) {
            outgoing.add(new HelperMessage.NotStarted(String.valueOf(e.getMessage()),
                    e instanceof IllegalArgumentException));
            // the engine closes when it has read that
            joined(reader);
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private static void joined(Thread reader) {
        try {
            reader.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void say(HelperMessage message) throws IOException {
        out.write(message.frame());
        out.flush();
    }

    private void write() {
        try {
            while (true) {
                say(outgoing.take());
            }
        } catch (IOException e) {
            // the engine has ended: so does our input
            outgoing.clear();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void read() {
        try {
            for (HelperMessage next = HelperMessage.next(in); next != null; next = HelperMessage.next(in)) {
                silent = false;
                long id = switch (next) {
                    case HelperMessage.Decided message -> message.id();
                    case HelperMessage.Reserved message -> message.id();
                    case HelperMessage.Opened message -> message.id();
                    case HelperMessage.Octets message -> message.id();
                    case HelperMessage.Posted message -> message.id();
                    case HelperMessage.Failed message -> message.id();
                    default -> throw new IOException("not for a helper: " + next.getClass().getSimpleName());
                };
                var waiting = asked.remove(id);
                if (waiting != null) {
                    waiting.complete(next);
                } else if (next instanceof HelperMessage.Opened opened
                        && opened.found() instanceof HelperMessage.Found.InPieces late) {
                    outgoing.add(new HelperMessage.Close(late.handle()));
                }
            }
        } catch (IOException e) {
            System.err.println("kindling: the helper of the boot service ends: " + e.getMessage());
        }
    }

    private void tell(PxeEvent event) {
        if (outgoing.size() >= MOST_EVENTS) {
            leftOut.increment();
            return;
        }
        long missing = leftOut.sumThenReset();
        if (missing > 0) {
            outgoing.add(new HelperMessage.LeftOut(missing));
        }
        outgoing.add(new HelperMessage.Event(event));
    }

    /** The reply; null where none comes in time. */
    private @Nullable HelperMessage ask(LongFunction<HelperMessage> question) throws IOException {
        if (outgoing.size() > MOST_QUESTIONS) {
            return null;
        }
        long id = ids.incrementAndGet();
        var reply = new CompletableFuture<HelperMessage>();
        asked.put(id, reply);
        outgoing.add(question.apply(id));
        try {
            HelperMessage came = await(id, reply);
            if (came instanceof HelperMessage.Failed failed) {
                throw new IOException(failed.reason());
            }
            return came;
        } catch (ExecutionException e) {
            throw new IOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } finally {
            asked.remove(id);
        }
    }

    private @Nullable HelperMessage await(long id, CompletableFuture<HelperMessage> reply)
            throws InterruptedException, ExecutionException {
        try {
            return reply.get(silent ? LITTLE_PATIENCE_MILLIS : PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            if (asked.remove(id) == null) {
                // it has just come, and what it opened would be closed by nobody
                return reply.get();
            }
            silent = true;
            return null;
        }
    }

    /** The engine's boot source, as the service sees it. */
    private final class Engine implements BootSource {
        @Override
        public Answer answer(Client client) {
            return asking(id -> new HelperMessage.Decide(id, client)) instanceof HelperMessage.Decided decided
                    ? decided.answer()
                    : new Answer.Ignore(SILENT);
        }

        @Override
        public boolean isReserved(InetAddress address) {
            // nobody's, where it cannot be known
            return silent
                    || !(asking(
                            id -> new HelperMessage.AskReserved(id, address)) instanceof HelperMessage.Reserved reply)
                    || reply.reserved();
        }

        @Override
        public Optional<BootFile> open(Fetch fetch) {
            if (!(asking(id -> new HelperMessage.Open(id, fetch)) instanceof HelperMessage.Opened opened)) {
                return Optional.of(new BootFile.Refused(SILENT));
            }
            return Optional.ofNullable(switch (opened.found()) {
                case HelperMessage.Found.Nothing _ -> null;
                case HelperMessage.Found.Here here -> new BootFile.Bytes(here.content(), here.contentType());
                case HelperMessage.Found.OnDisk file -> new BootFile.OnDisk(file.path(), file.contentType());
                case HelperMessage.Found.InPieces far -> new BootFile.Generated(new Far(far), far.contentType());
                case HelperMessage.Found.Refused refused -> new BootFile.Refused(refused.reason());
            });
        }

        @Override
        public Reply post(Post post) {
            return asking(id -> new HelperMessage.Post(id, post)) instanceof HelperMessage.Posted posted
                    ? posted.reply()
                    : new Reply(503, SILENT + "\n");
        }

        private @Nullable HelperMessage asking(LongFunction<HelperMessage> question) {
            try {
                return ask(question);
            } catch (IOException e) {
                throw new IllegalStateException("the engine's boot source failed: " + e.getMessage(), e);
            }
        }
    }

    /** Content that the engine makes while it is read. */
    private final class Far implements BootFile.Content {
        private final HelperMessage.Found.InPieces file;

        Far(HelperMessage.Found.InPieces file) {
            this.file = file;
        }

        @Override
        public long size() {
            return file.size();
        }

        @Override
        public @Nullable String version() {
            return file.version();
        }

        @Override
        public void read(long at, ByteBuffer to) throws IOException {
            long from = at;
            while (to.hasRemaining() && from < file.size()) {
                int octets = (int) Math.min(Math.min(to.remaining(), HelperMessage.PIECE), file.size() - from);
                long start = from;
                if (!(ask(id -> new HelperMessage.Read(id, file.handle(), start,
                        octets)) instanceof HelperMessage.Octets piece)
                        || piece.octets().length != octets) {
                    throw new IOException("the engine did not give the content within 5 s");
                }
                to.put(piece.octets());
                from += octets;
            }
        }

        @Override
        public void sent() {
            outgoing.add(new HelperMessage.Sent(file.handle()));
        }

        @Override
        public void close() {
            outgoing.add(new HelperMessage.Close(file.handle()));
        }
    }
}

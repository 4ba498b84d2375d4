package dev.kindling.engine.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rehearsals as operations. Each is a file of JSON lines in the workspace: the operation as it began, its events, and
 * the operation as it ended. A rehearsal ends with the server; what it told and how it ended outlive it.
 */
final class Rehearsals {
    private static final Logger LOG = LoggerFactory.getLogger(Rehearsals.class);
    private static final Pattern ID = Pattern.compile("rehearsal-\\d{8}-\\d{6}-[0-9a-f]{8}");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss")
            .withZone(ZoneOffset.UTC);
    private static final String LINES = ".jsonl";
    /** Each has an engine and as many simulated machines as its definition. */
    static final int AT_ONCE = 4;
    /** Older ones are forgotten. */
    static final int KEPT = 50;

    private final Kindling kindling;
    private final Path directory;
    private final ApiJson json;
    private final Clock clock;
    private final ServerWork work;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Live> live = new ConcurrentHashMap<>();

    Rehearsals(Kindling kindling, Path workspace, ApiJson json, Clock clock, ServerWork work) {
        this.kindling = kindling;
        this.directory = workspace.resolve("rehearsals");
        this.json = json;
        this.clock = clock;
        this.work = work;
    }

    /** How the line of an event begins. */
    private static final String EVENT = "{\"operation\":null,";

    /** A line of a file: one of the two. */
    private record Line(@Nullable Operation operation, Event.@Nullable Recorded event) {}

    /** One that runs. */
    private final class Live {
        private final BufferedWriter file;
        private final List<Event.Recorded> events = new ArrayList<>();
        private final Set<String> done = new HashSet<>();
        private Operation now;
        private @Nullable Thread worker;
        private boolean cancelled;

        Live(Operation begun, BufferedWriter file) {
            this.now = begun;
            this.file = file;
        }

        synchronized Operation now() {
            return now;
        }

        synchronized void hear(Event.Recorded recorded) {
            int steps = now.stepsTotal();
            switch (recorded.event()) {
                case Event.RunStarted run -> steps = run.steps();
                case Event.StepDone step -> done.add(step.step());
                default -> {
                    // of no matter to the operation
                }
            }
            now = now.progressed(done.size(), steps);
            events.add(recorded);
            write(new Line(null, recorded));
            notifyAll();
        }

        synchronized void end(Operation.State state, List<Problem> problems, Operation.@Nullable Rehearsed rehearsed) {
            now = new Operation(now.id(), now.cluster(), now.kind(), state, now.started(), clock.instant(),
                    now.stepsDone(), now.stepsTotal(), problems, rehearsed);
            write(new Line(now, null));
            try {
                file.close();
            } catch (IOException e) {
                LOG.warn("rehearsal {} is not kept", now.id(), e);
            }
            notifyAll();
        }

        private void write(Line line) {
            try {
                file.write(json.write(line));
                file.newLine();
            } catch (IOException e) {
                LOG.warn("rehearsal {} is not kept", now.id(), e);
            }
        }

        synchronized void begin(Thread thread) {
            worker = thread;
            if (cancelled) {
                thread.interrupt();
            }
        }

        /** Nobody interrupts the thread any more. */
        synchronized boolean leave() {
            worker = null;
            return cancelled;
        }

        synchronized void cancel() {
            cancelled = true;
            interrupt();
        }

        synchronized void interrupt() {
            if (worker != null) {
                worker.interrupt();
            }
        }

        synchronized Operation ended(Duration patience) throws InterruptedException {
            long deadline = System.nanoTime() + patience.toNanos();
            for (long left = left(deadline); now.running() && left > 0; left = left(deadline)) {
                wait(left);
            }
            return now;
        }

        synchronized List<Event.Recorded> after(long seq, int limit, Duration patience) throws InterruptedException {
            long deadline = System.nanoTime() + patience.toNanos();
            for (long left = left(deadline); now.running() && hasNothingAfter(seq) && left > 0; left = left(deadline)) {
                wait(left);
            }
            return page(events, seq, limit);
        }

        private boolean hasNothingAfter(long seq) {
            return events.isEmpty() || events.getLast().seq() <= seq;
        }
    }

    /** Milliseconds, rounded up, so that nobody asks again and again within the last one. */
    private static long left(long deadline) {
        return Math.ceilDiv(deadline - System.nanoTime(), 1_000_000L);
    }

    private static List<Event.Recorded> page(List<Event.Recorded> events, long after, int limit) {
        return events.stream().filter(recorded -> recorded.seq() > after).limit(limit).toList();
    }

    /**
     * Begins one; it goes on after the answer.
     *
     * @throws Refused where too many are at work, or the server stops
     */
    Operation begin(Plan plan, Kindling.RehearsalOptions options) {
        Live begun;
        synchronized (this) {
            if (live.size() >= AT_ONCE) {
                throw new Refused(409, List.of(Problem.error("rehearsals-at-work", "rehearsals",
                        live.size() + " rehearsals are at work on this server", "at most " + AT_ONCE,
                        "wait for one of them, or cancel it: GET " + Routes.OPERATIONS + " lists them")),
                        Map.of("Retry-After", "10"));
            }
            begun = make(plan.cluster().name());
            live.put(begun.now().id(), begun);
        }
        forgetOld();
        Operation operation = begun.now();
        if (!work.begin(() -> rehearse(begun, plan, options))) {
            begun.end(Operation.State.FAILED, List.of(stopped(operation.id())), null);
            live.remove(operation.id());
            throw new Refused(503, stopped(operation.id()));
        }
        return operation;
    }

    private static Problem stopped(String id) {
        return Problem.error("server-stops", id, "the server stopped, and the rehearsal ended with it", "",
                "rehearse again when it is back");
    }

    private Live make(String cluster) {
        Instant now = clock.instant();
        String id = "rehearsal-" + TIME.format(now) + "-" + HexFormat.of().toHexDigits(random.nextInt());
        Operation operation = Operation.begun(id, cluster, Operation.Kind.REHEARSAL, now);
        try {
            Files.createDirectories(directory,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Path file = Files.createFile(directory.resolve(id + LINES),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            BufferedWriter writer = Files.newBufferedWriter(file);
            var made = new Live(operation, writer);
            made.write(new Line(operation, null));
            // who reads the file of a server that was killed shall find at least this
            writer.flush();
            return made;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write into " + directory, e);
        }
    }

    private void rehearse(Live begun, Plan plan, Kindling.RehearsalOptions options) {
        String id = begun.now().id();
        try (ServerWork.Registration _ = work.whenStopping(begun::interrupt)) {
            begun.begin(Thread.currentThread());
            if (work.stopping()) {
                throw new InterruptedException();
            }
            Kindling.Rehearsal rehearsal = kindling.rehearse(plan, options, begun::hear);
            var _ = begun.leave();
            begun.end(Operation.state(rehearsal.result().outcome()), rehearsal.result().problems(),
                    new Operation.Rehearsed(rehearsal.took(), rehearsal.estimate()));
        } catch (InterruptedException e) {
            if (begun.leave()) {
                begun.end(Operation.State.CANCELLED, List.of(), null);
            } else {
                begun.end(Operation.State.FAILED, List.of(stopped(id)), null);
            }
        } catch (RuntimeException e) {
            LOG.error("rehearsal {}", id, e);
            var _ = begun.leave();
            begun.end(Operation.State.FAILED, List.of(Problem.error("bug", id, "this is a bug in kindling", "",
                    "report what the server's log says")), null);
        } finally {
            live.remove(id);
        }
    }

    /** Whether this is the name of a rehearsal. */
    static boolean is(String id) {
        return ID.matcher(id).matches();
    }

    /** Waits for its end, that long at most. */
    Optional<Operation> find(String id, Duration patience) throws InterruptedException {
        if (!is(id)) {
            return Optional.empty();
        }
        Live running = live.get(id);
        return running != null ? Optional.of(running.ended(patience)) : read(id, null);
    }

    /** Newest first. */
    List<Operation> all() {
        return ids().stream().flatMap(id -> {
            Live running = live.get(id);
            return (running != null ? Optional.of(running.now()) : read(id, null)).stream();
        }).toList();
    }

    /** Newest first; none that begins and is not known to run yet. */
    private synchronized List<String> ids() {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(LINES))
                    .map(name -> name.substring(0, name.length() - LINES.length())).filter(Rehearsals::is)
                    .sorted(Comparator.reverseOrder()).toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Nothing where it has ended. */
    void cancel(String id) {
        Live running = live.get(id);
        if (running != null) {
            running.cancel();
        }
    }

    /** Events after that one; waits that long where there are none yet and more may come. */
    List<Event.Recorded> events(String id, long after, int limit, Duration patience) throws InterruptedException {
        Live running = live.get(id);
        if (running != null) {
            return running.after(after, limit, patience);
        }
        var events = new ArrayList<Event.Recorded>();
        var _ = read(id, events::add);
        return page(events, after, limit);
    }

    /**
     * What the file of one says that runs no more. A server that was killed left it without its end.
     *
     * @param events hears each; null: nobody wants to, and they are not looked at
     */
    private Optional<Operation> read(String id, @Nullable Consumer<Event.Recorded> events) {
        Operation last = null;
        try (BufferedReader lines = Files.newBufferedReader(directory.resolve(id + LINES))) {
            for (String text = lines.readLine(); text != null; text = lines.readLine()) {
                if (!text.startsWith(EVENT)) {
                    last = json.convert(json.tree(text).path("operation"), Operation.class);
                } else if (events != null) {
                    events.accept(json.event(json.tree(text).path("event")));
                }
            }
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (JsonProcessingException e) {
            LOG.debug("the file of {} ends in the middle of a line", id, e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Optional.ofNullable(last).map(found -> found.running()
                ? new Operation(id, found.cluster(), found.kind(), Operation.State.FAILED, found.started(),
                        found.started(), 0, 0, List.of(stopped(id)), null)
                : found);
    }

    private void forgetOld() {
        ids().stream().skip(KEPT).filter(id -> !live.containsKey(id)).forEach(id -> {
            try {
                Files.deleteIfExists(directory.resolve(id + LINES));
            } catch (IOException e) {
                LOG.warn("cannot forget {}", id, e);
            }
        });
    }
}

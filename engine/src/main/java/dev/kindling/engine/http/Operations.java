package dev.kindling.engine.http;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.RunResult;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs and removals as operations, and the rehearsals among them. Each look reads only what the journal got since the
 * last one. How a run ends that wrote no end, because its process died, is asked of the engine.
 */
final class Operations {
    private static final Logger LOG = LoggerFactory.getLogger(Operations.class);
    /** The engine needs that long to tell a broken run from one that goes on. */
    private static final Duration TO_TELL_BROKEN = Duration.ofSeconds(3);
    /** From the answer to whoever began a run to its first record: a process must start. */
    private static final Duration UNTIL_RECORDED = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final Pattern RUN = Pattern.compile("run-\\d{8}-\\d{6}-[0-9a-f]{4}");
    private static final DateTimeFormatter RUN_TIME = DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss", Locale.ROOT);
    private static final Comparator<Operation> NEWEST_FIRST = Comparator.comparing(Operation::started)
            .thenComparing(Operation::id).reversed();

    private final Kindling kindling;
    private final Clock clock;
    private final ServerWork work;
    private final Rehearsals rehearsals;
    private final Map<String, Fold> folds = new ConcurrentHashMap<>();
    private final Map<String, Watch> watches = new ConcurrentHashMap<>();

    Operations(Kindling kindling, Clock clock, ServerWork work, Rehearsals rehearsals) {
        this.kindling = kindling;
        this.clock = clock;
        this.work = work;
        this.rehearsals = rehearsals;
    }

    /** One whose end is waited for. */
    private record Watch(Operation begun, CompletableFuture<Ended> end) {}

    private record Ended(RunResult result, Instant at) {}

    /** Operations of one cluster out of its journal. */
    private static final class Fold {
        private final Map<String, Operation> operations = new LinkedHashMap<>();
        private final Map<String, HashSet<String>> done = new LinkedHashMap<>();
        private long seq;

        synchronized List<Operation> read(Kindling kindling, String cluster) {
            for (Event.Recorded recorded : kindling.history(cluster, seq)) {
                seq = recorded.seq();
                fold(recorded);
            }
            return List.copyOf(operations.values());
        }

        private void fold(Event.Recorded recorded) {
            String run = recorded.run();
            switch (recorded.event()) {
                case Event.RunStarted started -> begin(recorded, Operation.Kind.APPLY, started.steps());
                case Event.RemovalStarted _ -> begin(recorded, Operation.Kind.DELETE, 0);
                case Event.StepDone step -> {
                    done.computeIfAbsent(run, _ -> new HashSet<>()).add(step.step());
                    change(run, now -> with(now, now.state(), null, now.problems()));
                }
                case Event.StepFailed failed when failed.retryInMillis() < 0 -> change(run, now -> {
                    var problems = new ArrayList<>(now.problems());
                    problems.add(failed.problem());
                    return with(now, now.state(), null, problems);
                });
                case Event.RunEnded ended -> change(run,
                        now -> with(now, Operation.state(ended.outcome()), recorded.at(), now.problems()));
                case Event.Removed _ -> change(run,
                        now -> with(now, Operation.State.DONE, recorded.at(), now.problems()));
                default -> {
                    // of no matter to operations
                }
            }
        }

        private void begin(Event.Recorded recorded, Operation.Kind kind, int steps) {
            // the journal has one writer at a time: what had not ended before is broken off
            operations.replaceAll((id, now) -> !now.running() || id.equals(recorded.run())
                    ? now
                    : with(now, Operation.State.FAILED, recorded.at(), List.of(broken(id, "another one went on"))));
            operations.putIfAbsent(recorded.run(), Operation.begun(recorded.run(), recorded.cluster(), kind,
                    recorded.at()).progressed(0, steps));
        }

        private void change(String run, java.util.function.UnaryOperator<Operation> change) {
            operations.computeIfPresent(run, (_, now) -> change.apply(now));
        }

        private Operation with(Operation now, Operation.State state, @Nullable Instant ended, List<Problem> problems) {
            return new Operation(now.id(), now.cluster(), now.kind(), state, now.started(), ended,
                    done.getOrDefault(now.id(), new HashSet<>()).size(), now.stepsTotal(), problems, null);
        }
    }

    private static Problem broken(String run, String why) {
        return Problem.error("run-broken", run, "it ended without a result: " + why, "",
                "apply the definition again: it goes on from the journal");
    }

    /** Of one cluster, newest first. */
    List<Operation> of(String cluster) {
        return Stream.concat(runs(cluster).stream(),
                rehearsals.all().stream().filter(rehearsal -> rehearsal.cluster().equals(cluster)))
                .sorted(NEWEST_FIRST).toList();
    }

    /** Its runs and removals, newest first. */
    private List<Operation> runs(String cluster) {
        List<Operation> recorded = new ArrayList<>(fold(cluster));
        // begun here, and not in the journal yet
        for (Watch watch : watches.values()) {
            if (watch.begun.cluster().equals(cluster)
                    && recorded.stream().noneMatch(found -> found.id().equals(watch.begun.id()))) {
                recorded.add(watch.begun);
            }
        }
        return recorded.reversed().stream().map(this::asItIs).toList();
    }

    /** Of all clusters, newest first. */
    List<Operation> all() {
        return Stream.concat(kindling.names().stream().flatMap(cluster -> runs(cluster).stream()),
                rehearsals.all().stream()).sorted(NEWEST_FIRST).toList();
    }

    private Optional<Operation> run(String id) {
        Watch watch = watches.get(id);
        List<String> clusters = watch != null
                ? List.of(watch.begun.cluster())
                : kindling.names();
        return clusters.stream().flatMap(cluster -> runs(cluster).stream())
                .filter(operation -> operation.id().equals(id)).findFirst();
    }

    /** Waits for its end, that long at most. */
    Optional<Operation> find(String id, Duration patience) throws InterruptedException {
        if (Rehearsals.is(id)) {
            return rehearsals.find(id, patience);
        }
        Optional<Operation> found = run(id);
        while (found.isEmpty() && isYoung(id) && !work.stopping()) {
            Thread.sleep(PAUSE);
            found = run(id);
        }
        if (found.isPresent() && found.get().running() && patience.isPositive()) {
            join(watch(found.get()), patience);
            return run(id);
        }
        return found;
    }

    /** Begun a moment ago, perhaps through another server of the same state: its first record is on its way. */
    private boolean isYoung(String id) {
        try {
            return RUN.matcher(id).matches() && Duration
                    .between(LocalDateTime.parse(id.substring(4, 19), RUN_TIME).toInstant(ZoneOffset.UTC),
                            clock.instant())
                    .abs().compareTo(UNTIL_RECORDED) < 0;
        } catch (DateTimeParseException e) {
            return false;
        }
    }

    /** What it told after that event; waits that long where it told nothing yet and may still do. */
    List<Event.Recorded> events(Operation operation, long after, int limit, Duration patience)
            throws InterruptedException {
        if (Rehearsals.is(operation.id())) {
            return rehearsals.events(operation.id(), after, limit, patience);
        }
        List<Event.Recorded> found = told(operation, after, limit);
        if (found.isEmpty() && operation.running() && patience.isPositive()) {
            var first = new CountDownLatch(1);
            try (Kindling.Subscription _ = kindling.events(operation.cluster(), after, recorded -> {
                if (recorded.run().equals(operation.id())) {
                    first.countDown();
                }
            }); ServerWork.Registration _ = work.whenStopping(first::countDown)) {
                if (first.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                    return told(operation, after, limit);
                }
            }
        }
        return found;
    }

    private List<Event.Recorded> told(Operation operation, long after, int limit) {
        return kindling.history(operation.cluster(), after).stream()
                .filter(recorded -> recorded.run().equals(operation.id())).limit(limit).toList();
    }

    /** A run that was begun. */
    Operation applied(String cluster, String run) {
        Operation begun = Operation.begun(run, cluster, Operation.Kind.APPLY, clock.instant());
        var _ = watch(begun);
        return begun;
    }

    /** A removal: the operation, once it has begun, or the problems that kept it from beginning. */
    sealed interface Removing {
        record Begun(Operation operation) implements Removing {}

        record Not(List<Problem> problems) implements Removing {}
    }

    Removing remove(String cluster) throws InterruptedException {
        long before = kindling.status(cluster).map(ClusterStatus::lastSeq).orElse(0L);
        var end = new CompletableFuture<Ended>();
        var began = new CompletableFuture<Optional<Event.Recorded>>();
        try (Kindling.Subscription _ = kindling.events(cluster, before, recorded -> {
            if (recorded.event() instanceof Event.RemovalStarted) {
                began.complete(Optional.of(recorded));
            }
        })) {
            // a server that stops waits for it, a while
            if (!work.begin(() -> complete(end, () -> kindling.down(cluster)))) {
                return new Removing.Not(List.of(Problem.error("server-stops", "cluster " + cluster, "the server stops",
                        "", "ask again when it is back")));
            }
            var _ = end.whenComplete((_, _) -> began.complete(Optional.empty()));
            Optional<Event.Recorded> first = began.get();
            if (first.isEmpty()) {
                RunResult ended = end.get().result;
                if (ended.outcome() == Event.Outcome.FAILED) {
                    return new Removing.Not(ended.problems());
                }
                return new Removing.Begun(run(ended.run()).orElseThrow());
            }
            Event.Recorded start = first.get();
            Operation begun = Operation.begun(start.run(), cluster, Operation.Kind.DELETE, start.at());
            watches.put(begun.id(), new Watch(begun, end));
            return new Removing.Begun(begun);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the removal of " + cluster + " failed", e.getCause());
        }
    }

    private interface Waiting {
        RunResult get() throws InterruptedException;
    }

    private void complete(CompletableFuture<Ended> end, Waiting waiting) {
        try {
            end.complete(new Ended(waiting.get(), clock.instant()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            end.completeExceptionally(e);
        } catch (RuntimeException e) {
            if (!work.stopping()) {
                LOG.error("an operation ended without a result", e);
            }
            end.completeExceptionally(e);
        }
    }

    private CompletableFuture<Ended> watch(Operation operation) {
        return watches.computeIfAbsent(operation.id(), id -> {
            var end = new CompletableFuture<Ended>();
            Thread watcher = Thread.ofVirtual().name("watch-" + id)
                    .start(() -> complete(end, () -> kindling.await(id)));
            var _ = work.stopped().thenRun(watcher::interrupt);
            return new Watch(operation, end);
        }).end;
    }

    /** What the journal says, or, where it says nothing of an end, what the engine says. */
    private Operation asItIs(Operation recorded) {
        if (!recorded.running()) {
            return recorded;
        }
        boolean first = !watches.containsKey(recorded.id());
        CompletableFuture<Ended> end = watch(recorded);
        try {
            if (first) {
                join(end, TO_TELL_BROKEN);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!end.isDone() || end.isCompletedExceptionally()) {
            return recorded;
        }
        // it may have come to the journal in between
        Optional<Operation> now = fold(recorded.cluster()).stream().filter(found -> found.id().equals(recorded.id()))
                .findFirst();
        if (now.isPresent() && !now.get().running()) {
            return now.get();
        }
        Ended ended = end.join();
        return new Operation(recorded.id(), recorded.cluster(), recorded.kind(),
                Operation.state(ended.result.outcome()), recorded.started(), ended.at, recorded.stepsDone(),
                recorded.stepsTotal(), ended.result.problems(), null);
    }

    private List<Operation> fold(String cluster) {
        return folds.computeIfAbsent(cluster, _ -> new Fold()).read(kindling, cluster);
    }

    private void join(CompletableFuture<Ended> end, Duration patience) throws InterruptedException {
        try {
            CompletableFuture.anyOf(end, work.stopped()).get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            LOG.debug("no result yet", e);
        }
    }
}

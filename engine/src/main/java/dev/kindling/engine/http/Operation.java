package dev.kindling.engine.http;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Work that goes on after the answer to the request that began it. Runs and removals are folded from the journal, so
 * that they outlive the server; a rehearsal ends with it.
 *
 * @param id of the run, or of the rehearsal
 * @param started when
 * @param ended null: it has not
 * @param stepsTotal 0 where it has no steps, or is not known yet
 * @param problems what went wrong, the first cause first
 * @param rehearsal what a rehearsal found out; null: it has not ended, or this is none
 */
record Operation(String id, String cluster, Kind kind, State state, Instant started, @Nullable Instant ended,
        int stepsDone, int stepsTotal, List<Problem> problems, @Nullable Rehearsed rehearsal) {
    Operation {
        problems = List.copyOf(problems);
    }

    /** One that began just now. */
    static Operation begun(String id, String cluster, Kind kind, Instant started) {
        return new Operation(id, cluster, kind, State.RUNNING, started, null, 0, 0, List.of(), null);
    }

    /** What is done. */
    enum Kind {
        APPLY,
        DELETE,
        REHEARSAL
    }

    /** How far it is. */
    enum State {
        RUNNING,
        DONE,
        FAILED,
        CANCELLED
    }

    /**
     * What a rehearsal found out.
     *
     * @param took from its start to its end, on the server
     * @param estimate for the machines of the definition, with the attempts that it took here
     */
    record Rehearsed(Duration took, Duration estimate) {}

    boolean running() {
        return state == State.RUNNING;
    }

    Operation progressed(int done, int total) {
        return new Operation(id, cluster, kind, state, started, ended, done, total, problems, rehearsal);
    }

    static State state(Event.Outcome outcome) {
        return switch (outcome) {
            case DONE -> State.DONE;
            case FAILED -> State.FAILED;
            case CANCELLED -> State.CANCELLED;
        };
    }

    /** Of one that has ended. */
    Event.Outcome outcome() {
        return switch (state) {
            case DONE -> Event.Outcome.DONE;
            case FAILED -> Event.Outcome.FAILED;
            case CANCELLED -> Event.Outcome.CANCELLED;
            case RUNNING -> throw new IllegalStateException(id + " runs");
        };
    }
}

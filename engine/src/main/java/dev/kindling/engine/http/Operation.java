package dev.kindling.engine.http;

import dev.kindling.engine.api.Problem;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Work that goes on after the answer to the request that began it; folded from the journal, so that it outlives the
 * server.
 *
 * @param id of the run
 * @param started when
 * @param ended null: it has not
 * @param stepsTotal 0 where it has no steps, or is not known yet
 * @param problems what went wrong, the first cause first
 */
record Operation(String id, String cluster, Kind kind, State state, Instant started, @Nullable Instant ended,
        int stepsDone, int stepsTotal, List<Problem> problems) {
    Operation {
        problems = List.copyOf(problems);
    }

    /** What is done. */
    enum Kind {
        APPLY,
        DELETE
    }

    /** How far it is. */
    enum State {
        RUNNING,
        DONE,
        FAILED,
        CANCELLED
    }
}

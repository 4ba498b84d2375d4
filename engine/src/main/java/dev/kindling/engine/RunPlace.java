package dev.kindling.engine;

import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.Problem;
import java.util.List;
import java.util.Optional;

/** Where runs go on: in this process, or in one of their own. */
interface RunPlace extends AutoCloseable {
    /** Starts a run; the answer says why it could not be started, and is empty where it runs. */
    List<Problem> start(String cluster, String run, ApplyOptions options);

    /** Stops a process that keeps a finished run's machines on, and waits until it is gone. */
    void release(String cluster) throws InterruptedException;

    /** Whether the run was started here for that cluster, perhaps before its first event. */
    boolean belongs(String cluster, String run);

    /** Why a run can no longer end by itself; empty while it may. */
    Optional<Problem> gone(String cluster, String run);

    @Override
    void close();
}

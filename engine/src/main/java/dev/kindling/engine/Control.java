package dev.kindling.engine;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.run.DagRunner;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of a run, from whichever process: the requests are in the journal, and the run that finds one obeys and
 * says so. A request may be older than the run's first step.
 */
final class Control {
    private final String run;
    private final Runnable cancel;
    private @Nullable DagRunner runner;
    private @Nullable String paused;

    /** @param cancel ends the run */
    Control(String run, Runnable cancel) {
        this.run = run;
        this.cancel = cancel;
    }

    /**
     * What holds a run of these events back; null: nothing. A run that ended is not paused. What was asked of a run
     * that died before it could obey is as good as done: whoever asked was told nothing else.
     */
    static @Nullable String pause(List<Event.Recorded> events) {
        String paused = null;
        boolean running = false;
        for (Event.Recorded recorded : events) {
            switch (recorded.event()) {
                case Event.RunStarted _ -> running = true;
                case Event.RunPaused pause -> paused = running ? pause.text() : null;
                case Event.RunContinued _ -> paused = null;
                case Event.RunEnded _,Event.Removed _ -> {
                    running = false;
                    paused = null;
                }
                case Event.Requested asked -> paused = switch (asked.request()) {
                    case PAUSE -> running ? "paused: " + asked.text() : paused;
                    case RESUME -> null;
                    case CANCEL -> paused;
                };
                default -> {
                    // holds nothing back
                }
            }
        }
        return paused;
    }

    /** From now on the runner is told; a pause that was asked for before, or outlived its process, is told at once. */
    synchronized void of(DagRunner dag, List<Event.Recorded> before) {
        runner = dag;
        String outlived = pause(before);
        before.forEach(this::obey);
        if (outlived != null && paused == null) {
            paused = outlived;
        }
        if (paused != null) {
            dag.pause(paused);
        }
    }

    /** Takes the next event of the journal in. */
    synchronized void obey(Event.Recorded recorded) {
        if (!recorded.run().equals(run)
                || !(recorded.event() instanceof Event.Requested(Event.Request request, String text))) {
            return;
        }
        DagRunner dag = runner;
        switch (request) {
            case PAUSE -> {
                paused = "paused: " + text;
                if (dag != null) {
                    dag.pause(paused);
                }
            }
            case RESUME -> {
                paused = null;
                if (dag != null) {
                    dag.resume(text);
                }
            }
            case CANCEL -> cancel.run();
        }
    }
}

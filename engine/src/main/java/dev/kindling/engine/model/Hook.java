package dev.kindling.engine.model;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A command of the user's at a moment of a run.
 *
 * @param when one of {@link #moments}: {@code before-} or {@code after-} and {@code run} or the kind of a step
 * @param command program and arguments; no shell reads them
 * @param timeout after which it is ended and counts as failed
 * @param required whether the run, or the step, fails where the command does: before the step's effect with
 *            {@code before-}
 */
public record Hook(String when, List<String> command, Duration timeout, boolean required) {
    /** Kinds of steps, the first part of a step's id, in the order of a run. */
    public static final List<String> KINDS = List.of("prepare", "serve", "power", "discover", "install", "boot", "form",
            "join", "nodes", "secrets", "handoff");

    public Hook {
        command = List.copyOf(command);
        if (command.isEmpty() || !timeout.isPositive()) {
            throw new IllegalArgumentException("a hook has a command and a time-out");
        }
    }

    /** All moments that a hook can name. */
    public static List<String> moments() {
        var moments = new ArrayList<>(List.of("before-run", "after-run"));
        for (String kind : KINDS) {
            moments.add("before-" + kind);
            moments.add("after-" + kind);
        }
        return List.copyOf(moments);
    }
}

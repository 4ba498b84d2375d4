package dev.kindling.engine.api;

import java.util.List;

/**
 * How a run ended.
 *
 * @param run its id
 * @param problems what went wrong, the first cause first
 */
public record RunResult(String run, Event.Outcome outcome, List<Problem> problems) {
    public RunResult {
        problems = List.copyOf(problems);
    }
}

package dev.kindling.desktop.vm;

import dev.kindling.engine.api.Problem;
import org.jspecify.annotations.Nullable;

/**
 * A problem and the place on the screens where it can be mended.
 *
 * @param field null: no single field
 * @param machine index of the machine's row; -1: no single machine
 */
public record Finding(Problem problem, Screen screen, @Nullable Field field, int machine) {
    public boolean isError() {
        return problem.severity() == Problem.Severity.ERROR;
    }
}

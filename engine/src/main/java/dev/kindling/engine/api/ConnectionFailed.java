package dev.kindling.engine.api;

import java.io.IOException;
import java.io.UncheckedIOException;

/** The engine at the other end of a connection cannot be worked with: the problem says why, and what to do. */
public final class ConnectionFailed extends UncheckedIOException {
    private static final long serialVersionUID = 1L;
    private final transient Problem problem;

    public ConnectionFailed(Problem problem) {
        super(new IOException(problem.message()));
        this.problem = problem;
    }

    /** Why, and what to do. */
    public Problem problem() {
        return problem;
    }
}

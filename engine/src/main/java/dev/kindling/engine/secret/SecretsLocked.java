package dev.kindling.engine.secret;

import dev.kindling.engine.api.Problem;
import java.io.IOException;

/** The secrets cannot be read with this key; the file itself may be well. */
public final class SecretsLocked extends IOException {
    private static final long serialVersionUID = 1;

    private final transient Problem problem;

    SecretsLocked(String code, String path, String message, String expected, String remedy) {
        super(message + "; " + remedy);
        this.problem = Problem.error(code, path, message, expected, remedy);
    }

    public Problem problem() {
        return problem;
    }
}

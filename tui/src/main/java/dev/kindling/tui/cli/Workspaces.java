package dev.kindling.tui.cli;

import dev.kindling.engine.Engine;
import dev.kindling.engine.api.Kindling;
import java.nio.file.Path;
import java.util.Map;

/** Opens workspaces. */
@FunctionalInterface
public interface Workspaces {
    /** The workspace is made where there is none. */
    Kindling open(Path directory, Map<String, String> environment);

    /** For a command that starts nothing: nothing is made. */
    default Kindling look(Path directory, Map<String, String> environment) {
        return open(directory, environment);
    }

    /** With the engine. */
    static Workspaces ofEngine() {
        return new Workspaces() {
            @Override
            public Kindling open(Path directory, Map<String, String> environment) {
                return Engine.open(directory, environment);
            }

            @Override
            public Kindling look(Path directory, Map<String, String> environment) {
                return Engine.look(directory, environment);
            }
        };
    }
}

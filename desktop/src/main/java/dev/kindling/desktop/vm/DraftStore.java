package dev.kindling.desktop.vm;

import dev.kindling.engine.api.Draft;
import java.util.Optional;

/** Keeps unfinished answers from one start to the next. Called off the user interface thread. */
public interface DraftStore {
    /** The answers that were kept; empty where there are none. */
    Optional<Draft> load();

    /** Keeps these answers in place of the earlier ones. */
    void save(Draft draft);

    /** Forgets them: they became a run. */
    void clear();
}

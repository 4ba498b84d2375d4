package dev.kindling.desktop.vm;

import dev.kindling.engine.api.Draft;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Answers kept in memory. */
public final class MemoryDraftStore implements DraftStore {
    private @Nullable Draft kept;

    @Override
    public synchronized Optional<Draft> load() {
        return Optional.ofNullable(kept);
    }

    @Override
    public synchronized void save(Draft draft) {
        kept = draft;
    }

    @Override
    public synchronized void clear() {
        kept = null;
    }
}

package dev.kindling.engine.store;

/** Somebody else has taken the lock on a cluster over; whoever gets this must stop acting on that cluster. */
public final class LostLock extends RuntimeException {
    private static final long serialVersionUID = 1;

    LostLock(String message) {
        super(message);
    }
}

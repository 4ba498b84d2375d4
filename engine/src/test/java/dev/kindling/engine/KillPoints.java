package dev.kindling.engine;

import dev.kindling.engine.api.Event;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * The way to the journal of one process, which dies at one record: nothing that comes after is written. At an even
 * point it dies before that record is written, at an odd one after it, so that whoever wrote it never learns of that.
 */
final class KillPoints implements UnaryOperator<Consumer<Event>> {
    private final int point;
    private final ReadWriteLock writing = new ReentrantReadWriteLock();
    private int records;
    private boolean dead;

    /** @param point twice the number of the record, from 0, plus 1 for "after"; or {@link #NEVER} */
    KillPoints(int point) {
        this.point = point;
    }

    static final int NEVER = Integer.MAX_VALUE;

    /** What stands for the end of the process. */
    static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;

        Killed() {
            super("killed here", null, false, false);
        }
    }

    /** It dies now: what it was writing is written when this returns. */
    void kill() {
        writing.writeLock().lock();
        try {
            synchronized (this) {
                dead = true;
            }
        } finally {
            writing.writeLock().unlock();
        }
    }

    /** How many records were let through. */
    synchronized int records() {
        return records;
    }

    synchronized boolean dead() {
        return dead;
    }

    @Override
    public Consumer<Event> apply(Consumer<Event> journal) {
        return event -> {
            writing.readLock().lock();
            try {
                record(journal, event);
            } finally {
                writing.readLock().unlock();
            }
        };
    }

    private void record(Consumer<Event> journal, Event event) {
        boolean last;
        synchronized (this) {
            if (dead || records * 2 == point) {
                dead = true;
                throw new Killed();
            }
            last = records * 2 + 1 == point;
            dead = last;
            records++;
        }
        journal.accept(event);
        if (last) {
            throw new Killed();
        }
    }
}

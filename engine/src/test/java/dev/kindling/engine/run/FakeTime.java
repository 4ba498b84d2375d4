package dev.kindling.engine.run;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** A clock that stands still until it is told to go on, and sleepers that wake when it does. */
final class FakeTime extends Clock implements Sleeper {
    private record Waiting(Instant due, Duration duration, Object self) {}

    private final PriorityQueue<Waiting> sleepers = new PriorityQueue<>(Comparator.comparing(Waiting::due));
    private final List<Duration> slept = new ArrayList<>();
    private Instant now = Instant.parse("2026-11-21T12:00:00Z");

    @Override
    public synchronized void sleep(Duration duration) throws InterruptedException {
        var waiting = new Waiting(now.plus(duration), duration, new Object());
        sleepers.add(waiting);
        slept.add(duration);
        notifyAll();
        try {
            while (now.isBefore(waiting.due())) {
                wait();
            }
        } finally {
            sleepers.remove(waiting);
        }
    }

    /** Goes on to the next sleeper that is due; nothing where none sleeps but those that sleep {@code but} long. */
    synchronized void advanceToNext(Duration but) {
        sleepers.stream().filter(waiting -> !waiting.duration().equals(but) && waiting.due().isAfter(now))
                .map(Waiting::due).min(Comparator.naturalOrder()).ifPresent(due -> {
                    now = due;
                    notifyAll();
                });
    }

    synchronized List<Duration> slept() {
        return List.copyOf(slept);
    }

    @Override
    public synchronized Instant instant() {
        return now;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException("only UTC");
    }
}

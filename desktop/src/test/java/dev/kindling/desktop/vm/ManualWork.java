package dev.kindling.desktop.vm;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/** Everything on the caller's thread, in the order and at the time that a test says. */
final class ManualWork implements Work {
    private final TestClock clock;
    private final Queue<Runnable> ready = new ArrayDeque<>();
    private final List<Delayed> delayed = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();

    private record Delayed(Instant at, Runnable task) {}

    ManualWork(TestClock clock) {
        this.clock = clock;
    }

    @Override
    public <T> void run(String what, Callable<T> task, Consumer<? super T> then) {
        ready.add(() -> {
            T result;
            try {
                result = task.call();
            } catch (Exception e) {
                failures.add(what + ": " + e.getMessage());
                return;
            }
            then.accept(result);
        });
    }

    @Override
    public void ui(Runnable task) {
        ready.add(task);
    }

    @Override
    public Timer later(Duration delay, Runnable task) {
        Delayed entry = new Delayed(clock.instant().plus(delay), task);
        delayed.add(entry);
        return () -> delayed.remove(entry);
    }

    @Override
    public Clock clock() {
        return clock;
    }

    /** Does what can be done now. */
    void settle() {
        for (Runnable task = ready.poll(); task != null; task = ready.poll()) {
            task.run();
        }
    }

    /** Lets time pass, doing on the way what becomes due. */
    void advance(Duration duration) {
        settle();
        Instant end = clock.instant().plus(duration);
        while (true) {
            Delayed next = delayed.stream().filter(entry -> !entry.at.isAfter(end))
                    .min(Comparator.comparing(Delayed::at)).orElse(null);
            if (next == null) {
                break;
            }
            delayed.remove(next);
            clock.advance(Duration.between(clock.instant(), next.at));
            next.task.run();
            settle();
        }
        clock.advance(Duration.between(clock.instant(), end));
    }

    List<String> failures() {
        return failures;
    }
}

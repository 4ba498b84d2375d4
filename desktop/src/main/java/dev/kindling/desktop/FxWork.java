package dev.kindling.desktop;

import dev.kindling.desktop.vm.Work;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import javafx.application.Platform;

/** Virtual threads for what blocks, the JavaFX thread for the rest. */
final class FxWork implements Work, AutoCloseable {
    private final ExecutorService blocking = Executors
            .newThreadPerTaskExecutor(Thread.ofVirtual().name("desktop-", 0).factory());
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1,
            Thread.ofPlatform().daemon().name("desktop-timer").factory());
    private final Clock clock;
    private final BiConsumer<String, Exception> failed;

    /**
     * @param failed is told, on the JavaFX thread, what was being done when a task threw
     */
    FxWork(Clock clock, BiConsumer<String, Exception> failed) {
        this.clock = clock;
        this.failed = failed;
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        timer.setRemoveOnCancelPolicy(true);
    }

    @Override
    public <T> void run(String what, Callable<T> task, Consumer<? super T> then) {
        submit(() -> {
            try {
                T result = task.call();
                ui(() -> then.accept(result));
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt(); // the window closes
            } catch (Exception e) {
                ui(() -> failed.accept(what, e));
            }
        });
    }

    private void submit(Runnable task) {
        try {
            blocking.execute(task);
        } catch (RejectedExecutionException _) {
            // the window is closed: nobody is there to see the result
        }
    }

    @Override
    public void ui(Runnable task) {
        Platform.runLater(task);
    }

    @Override
    public Timer later(Duration delay, Runnable task) {
        try {
            Future<?> future = timer.schedule(() -> ui(task), delay.toMillis(), TimeUnit.MILLISECONDS);
            return () -> future.cancel(false);
        } catch (RejectedExecutionException _) {
            return () -> {};
        }
    }

    @Override
    public Clock clock() {
        return clock;
    }

    @Override
    public void close() {
        timer.shutdownNow();
        blocking.shutdownNow();
    }
}

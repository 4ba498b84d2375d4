package dev.kindling.engine.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The only thread that writes. It takes everything that waits into one transaction, so that the wait for the disk is
 * shared: one caller gets hundreds of commits per second, many callers get thousands of events.
 */
final class Writer implements AutoCloseable {
    private static final int MOST_PER_COMMIT = 1000;

    /** The file refused a statement: the whole batch is rolled back. */
    static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;

        Failed(SQLException cause) {
            super(cause);
        }
    }

    private static final class Request<T> {
        final Function<Store.Transaction, T> work;
        final CompletableFuture<T> answer = new CompletableFuture<>();
        private @Nullable T result;
        private @Nullable RuntimeException refusal;

        Request(Function<Store.Transaction, T> work) {
            this.work = work;
        }

        /** Work refuses only before it writes, so that a refusal leaves the rest of the batch as it is. */
        void perform(Store.Transaction transaction) {
            try {
                result = work.apply(transaction);
            } catch (Failed e) {
                throw e;
            } catch (RuntimeException e) {
                refusal = e;
            }
        }

        void committed() {
            if (refusal != null) {
                answer.completeExceptionally(refusal);
            } else {
                answer.complete(result);
            }
        }
    }

    private final Connection connection;
    private final Wakeup wakeup;
    private final LinkedBlockingQueue<Request<?>> queue = new LinkedBlockingQueue<>();
    private final Thread thread;
    private final Request<Boolean> end = new Request<>(transaction -> true);
    private boolean ending;

    Writer(Connection connection, Wakeup wakeup) {
        this.connection = connection;
        this.wakeup = wakeup;
        // A plain thread: the waits are inside SQLite's native code, which would pin a virtual one.
        this.thread = Thread.ofPlatform().name("journal-writer").daemon().unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Does the work in a transaction and returns when that is on the disk. Interruption does not end the wait. */
    <T> T call(Function<Store.Transaction, T> work) {
        Request<T> request = new Request<>(work);
        synchronized (queue) {
            if (ending) {
                throw new IllegalStateException("the store is closed");
            }
            queue.add(request);
        }
        return await(request);
    }

    private static <T> T await(Request<T> request) {
        try {
            return request.answer.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    private void run() {
        List<Request<?>> batch = new ArrayList<>();
        try (Statement control = connection.createStatement();
                PreparedStatement insert = Store.Transaction.insert(connection)) {
            boolean last = false;
            while (!last) {
                batch.clear();
                batch.add(queue.take());
                queue.drainTo(batch, MOST_PER_COMMIT - 1);
                last = batch.contains(end);
                commit(control, insert, batch);
            }
        } catch (SQLException | InterruptedException e) {
            fail(batch, e);
        } finally {
            synchronized (queue) {
                ending = true;
                List<Request<?>> left = new ArrayList<>();
                queue.drainTo(left);
                fail(left, new IOException("the writer has ended"));
            }
        }
    }

    private void commit(Statement control, PreparedStatement insert, List<Request<?>> batch) {
        try {
            control.execute("BEGIN IMMEDIATE");
            try {
                Store.Transaction transaction = new Store.Transaction(connection, insert);
                batch.forEach(request -> request.perform(transaction));
                control.execute("COMMIT");
            } catch (SQLException | Failed e) {
                rollback(control, e);
                throw e;
            }
        } catch (SQLException | Failed e) {
            fail(batch, e instanceof Failed failed && failed.getCause() != null ? failed.getCause() : e);
            return;
        }
        batch.forEach(Request::committed);
        wakeup.all();
    }

    private static void rollback(Statement control, Exception cause) {
        try {
            control.execute("ROLLBACK");
        } catch (SQLException e) {
            // SQLite has already rolled back by itself after a full disk or an I/O error.
            cause.addSuppressed(e);
        }
    }

    private static void fail(List<Request<?>> batch, Throwable cause) {
        batch.forEach(request -> request.answer.completeExceptionally(
                new UncheckedIOException(
                        new IOException("the journal cannot be written: " + cause.getMessage(), cause))));
    }

    /** Performs what is queued, then closes the file. */
    @Override
    public void close() {
        synchronized (queue) {
            if (ending) {
                return;
            }
            ending = true;
            queue.add(end);
        }
        try {
            await(end);
            connection.close();
        } catch (SQLException e) {
            throw new UncheckedIOException(new IOException("the journal cannot be closed", e));
        }
    }
}

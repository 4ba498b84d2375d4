package dev.kindling.engine.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only thread that writes. It takes everything that waits into one transaction, so that the wait for the disk is
 * shared: one caller gets hundreds of commits per second, many callers get thousands of events.
 *
 * <p>
 * A transaction whose connection is lost is done again on a new one, unless the database says that it was committed.
 */
final class Writer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Writer.class);
    private static final int MOST_PER_COMMIT = 1000;

    /** The database refused a statement: the whole batch is rolled back. */
    static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final transient SQLException reason;

        Failed(SQLException reason) {
            super(reason);
            this.reason = reason;
        }
    }

    private static final class Request<T> {
        final String cluster;
        final Function<Transaction, T> work;
        final CompletableFuture<T> answer = new CompletableFuture<>();
        private @Nullable T result;
        private @Nullable RuntimeException refusal;

        Request(String cluster, Function<Transaction, T> work) {
            this.cluster = cluster;
            this.work = work;
        }

        /** Work refuses only before it writes, so that a refusal leaves the rest of the batch as it is. */
        void perform(Transaction transaction) {
            result = null;
            refusal = null;
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

    private final Database database;
    private final Runnable written;
    private final LinkedBlockingQueue<Request<?>> queue = new LinkedBlockingQueue<>();
    private final Thread thread;
    private final Request<Boolean> end = new Request<>("", transaction -> true);
    private @Nullable Connection connection;
    private boolean ending;

    Writer(Database database, Connection connection, Runnable written) {
        this.database = database;
        this.connection = connection;
        this.written = written;
        // A plain thread: the waits are inside SQLite's native code, which would pin a virtual one.
        this.thread = Thread.ofPlatform().name("journal-writer").daemon().unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /**
     * Does the work in a transaction, alone with the cluster, and returns when that is on the disk. Interruption does
     * not end the wait.
     */
    <T> T call(String cluster, Function<Transaction, T> work) {
        Request<T> request = new Request<>(cluster, work);
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
        try {
            boolean last = false;
            while (!last) {
                batch.clear();
                batch.add(queue.take());
                queue.drainTo(batch, MOST_PER_COMMIT - 1);
                last = batch.remove(end);
                if (!batch.isEmpty()) {
                    commit(batch);
                }
            }
        } catch (InterruptedException e) {
            fail(batch, new IOException("the writer was interrupted", e));
        } finally {
            synchronized (queue) {
                ending = true;
                List<Request<?>> left = new ArrayList<>();
                queue.drainTo(left);
                fail(left, new IOException("the writer has ended"));
            }
            disconnect();
            end.answer.complete(true);
        }
    }

    private void commit(List<Request<?>> batch) throws InterruptedException {
        TreeSet<String> clusters = new TreeSet<>();
        batch.forEach(request -> clusters.add(request.cluster));
        Patience patience = new Patience(database.patience());
        Database.Begun begun = null;
        boolean told = false;
        for (;;) {
            try {
                Connection open = connection;
                if (open == null) {
                    open = database.connect();
                    connection = open;
                }
                if (begun == null || !database.committed(open, begun)) {
                    begun = null;
                    begun = database.begin(open, clusters);
                    perform(open, begun, batch);
                }
                batch.forEach(Request::committed);
                written.run();
                return;
            } catch (SQLException | Failed e) {
                SQLException reason = e instanceof Failed failed ? failed.reason : (SQLException) e;
                boolean lost = database.lost(reason);
                if (lost) {
                    disconnect();
                } else {
                    rollback(reason);
                }
                if (!lost || !patience.left()) {
                    fail(batch, database.explain(reason));
                    return;
                }
                if (!told) {
                    told = true;
                    LOG.warn("{}; trying again", database.explain(reason).getMessage());
                }
                patience.pause();
            }
        }
    }

    private void perform(Connection open, Database.Begun begun, List<Request<?>> batch) throws SQLException {
        try (Transaction transaction = new Transaction(open, begun.now())) {
            batch.forEach(request -> request.perform(transaction));
            transaction.flush();
            database.commit(open);
        }
    }

    private void rollback(Exception cause) {
        Connection open = connection;
        if (open == null) {
            return;
        }
        try {
            database.rollback(open);
        } catch (SQLException e) {
            // SQLite has already rolled back by itself after a full disk or an I/O error.
            cause.addSuppressed(e);
        }
    }

    private void disconnect() {
        Connection open = connection;
        connection = null;
        try {
            if (open != null) {
                open.close();
            }
        } catch (SQLException e) {
            LOG.debug("closing a connection that is of no more use", e);
        }
    }

    private static void fail(List<Request<?>> batch, IOException cause) {
        batch.forEach(request -> request.answer.completeExceptionally(
                new UncheckedIOException("the journal cannot be written: " + cause.getMessage(), cause)));
    }

    /** Performs what is queued, then closes the connection. */
    @Override
    public void close() {
        synchronized (queue) {
            if (ending) {
                return;
            }
            ending = true;
            queue.add(end);
        }
        await(end);
    }
}

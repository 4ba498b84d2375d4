package dev.kindling.engine.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling.Audit;
import dev.kindling.engine.api.Kindling.Subscription;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.store.Transaction.LeaseRow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal of all clusters of a state, a lock for each of them, and documents. A state is a SQLite file that several
 * processes of this computer may share, or a PostgreSQL database that several computers share.
 *
 * <p>
 * An event is on the disk before {@link #append} returns. Records of a cluster are numbered from 1 without gaps and
 * chained by SHA-256, so that a record that was changed, removed or put in later shows ({@link #verify}).
 *
 * <p>
 * Thread-safe. An {@link UncheckedIOException} means that the state cannot be read or written; its cause says what to
 * do.
 */
public final class Store implements AutoCloseable {
    /** The variable with the URL of a PostgreSQL state. */
    public static final String STATE = "KINDLING_STATE";

    private static final Logger LOG = LoggerFactory.getLogger(Store.class);
    private static final int PAGE = 1000;

    private final Database database;
    private final Owner self;
    private final JsonMapper json = Json.mapper();
    private final Writer writer;
    private final ReentrantLock reading = new ReentrantLock();
    private final Wakeup wakeup = new Wakeup();
    private final AutoCloseable listening;
    private final Set<Tail> tails = ConcurrentHashMap.newKeySet();
    private final Set<Lease> leases = ConcurrentHashMap.newKeySet();
    private @Nullable Connection reader;
    private volatile boolean closed;

    private Store(Database database, Owner self, Connection writing, Connection reader) {
        this.database = database;
        this.self = self;
        this.reader = reader;
        this.writer = new Writer(database, writing, wakeup::all);
        this.listening = database.listen(wakeup::all);
    }

    /**
     * Opens or creates the SQLite file {@code state.db} in a directory.
     *
     * @param clock gives the time of events and leases
     * @throws IOException where the file is damaged, newer than this program, or cannot be used; says what to do
     */
    public static Store open(Path workspace, Clock clock) throws IOException {
        return open(workspace, clock, Owner.self());
    }

    /**
     * Opens the state of a workspace: the PostgreSQL database that {@value #STATE} names, else the workspace's own
     * file.
     *
     * @param clock gives the time of events and leases of a SQLite state; PostgreSQL has its own
     * @throws IOException where it is damaged, newer than this program, or cannot be used; says what to do
     */
    public static Store open(Path workspace, Map<String, String> environment, Clock clock) throws IOException {
        String address = environment.getOrDefault(STATE, "");
        return address.isEmpty()
                ? open(workspace, clock)
                : open(Postgres.at(address, environment), Owner.self());
    }

    /**
     * The same state to look at: where there is no file yet, none is made, and nothing is known.
     *
     * @throws IOException as {@link #open(Path, Map, Clock)}
     */
    public static Store look(Path workspace, Map<String, String> environment, Clock clock) throws IOException {
        return environment.getOrDefault(STATE, "").isEmpty() && !Files.exists(workspace.resolve(Sqlite.FILE))
                ? open(Sqlite.nothing(workspace, clock), Owner.self())
                : open(workspace, environment, clock);
    }

    static Store open(Path workspace, Clock clock, Owner self) throws IOException {
        return open(Sqlite.in(workspace.toAbsolutePath(), clock), self);
    }

    static Store open(Database database, Owner self) throws IOException {
        Connection writing = null;
        Connection reader = null;
        try {
            writing = database.connect();
            database.migrate(writing);
            reader = database.connect();
            Store store = new Store(database, self, writing, reader);
            store.writer.start();
            return store;
        } catch (SQLException e) {
            closeQuietly(reader, e);
            closeQuietly(writing, e);
            throw database.explain(e);
        } catch (IOException | RuntimeException e) {
            closeQuietly(reader, e);
            closeQuietly(writing, e);
            throw e;
        }
    }

    /** Where it lies, for messages: a file, or a URL without a password. */
    public String place() {
        return database.toString();
    }

    /** Whether other computers may use it too, so that what they need as well must be kept in it. */
    public boolean shared() {
        return database instanceof Postgres;
    }

    /**
     * Writes an event. It is on the disk when this returns. Callers on many threads share one commit.
     *
     * @param run empty outside a run
     */
    public Event.Recorded append(String cluster, String run, Event event) {
        return append(cluster, run, event, null);
    }

    /**
     * Writes an event on behalf of the owner of a lock.
     *
     * @throws LostLock where another has taken it over, or it could not be renewed in time; nothing is written
     */
    public Event.Recorded append(Lease lease, String run, Event event) {
        return append(lease.cluster(), run, event, lease);
    }

    private Event.Recorded append(String cluster, String run, Event event, @Nullable Lease lease) {
        String body = Json.write(json, event);
        if (lease != null && lease.lost()) {
            throw new LostLock("the lock on cluster " + cluster + " is lost");
        }
        return writer.call(cluster, transaction -> {
            if (lease != null && transaction.lease(cluster).filter(row -> row.token() == lease.token() && row.held())
                    .isEmpty()) {
                lease.markLost();
                throw new LostLock("the lock on cluster " + cluster + " now belongs to "
                        + transaction.lease(cluster).filter(LeaseRow::held).map(row -> row.owner().toString())
                                .orElse("nobody"));
            }
            return new Event.Recorded(transaction.append(cluster, run, body), transaction.now(), cluster, run, event);
        });
    }

    /** Events after {@code afterSeq}, oldest first, at most {@code limit}: a page of a long journal. */
    public List<Event.Recorded> read(String cluster, long afterSeq, int limit) {
        return query("SELECT seq, at, run, body FROM event WHERE cluster = ? AND seq > ? ORDER BY seq LIMIT ?",
                statement -> {
                    statement.setString(1, cluster);
                    statement.setLong(2, afterSeq);
                    statement.setInt(3, limit);
                }, row -> new Event.Recorded(row.getLong(1), Instant.parse(row.getString(2)), cluster, row.getString(3),
                        parse(cluster, row.getLong(1), row.getString(4))));
    }

    /** All events after {@code afterSeq}; read page by page, so that others get their turn. */
    public List<Event.Recorded> read(String cluster, long afterSeq) {
        List<Event.Recorded> page = read(cluster, afterSeq, PAGE);
        if (page.size() < PAGE) {
            return page;
        }
        List<Event.Recorded> all = new ArrayList<>(page);
        while (page.size() == PAGE) {
            page = read(cluster, page.getLast().seq(), PAGE);
            all.addAll(page);
        }
        return all;
    }

    /** Records as they were written, with their hashes: a page. */
    List<RawRecord> raw(String cluster, long afterSeq) {
        return query("SELECT seq, at, run, body, hash FROM event WHERE cluster = ? AND seq > ? ORDER BY seq LIMIT "
                + PAGE, statement -> {
                    statement.setString(1, cluster);
                    statement.setLong(2, afterSeq);
                }, row -> new RawRecord(row.getLong(1), row.getString(2), row.getString(3), row.getString(4),
                        row.getBytes(5)));
    }

    /** A record before anybody has made sense of it. */
    record RawRecord(long seq, String at, String run, String body, byte[] hash) {
        /** Why it cannot follow a record; null: it does. */
        @Nullable
        String misfit(String cluster, long before, byte[] previous) {
            if (seq != before + 1) {
                return "record " + (before + 1) + " is missing";
            }
            return Arrays.equals(hash, Transaction.hash(previous, cluster, seq, at, run, body))
                    ? null
                    : "record " + seq + " is not what was written";
        }
    }

    /** The number of the newest event; 0: there is none. */
    public long lastSeq(String cluster) {
        return query("SELECT coalesce(max(seq), 0) FROM event WHERE cluster = ?",
                statement -> statement.setString(1, cluster), row -> row.getLong(1)).getFirst();
    }

    /** The hash of the newest event, in hex: it covers all that came before; empty: there is none. */
    public String head(String cluster) {
        return query("SELECT hash FROM event WHERE cluster = ? ORDER BY seq DESC LIMIT 1",
                statement -> statement.setString(1, cluster), row -> HexFormat.of().formatHex(row.getBytes(1)))
                .stream().findFirst().orElse("");
    }

    /** The clusters that have events, by name. Jumps from one to the next instead of reading all events. */
    public List<String> clusters() {
        return query("""
                WITH RECURSIVE name(cluster) AS (
                  SELECT min(cluster) FROM event
                  UNION ALL
                  SELECT (SELECT min(event.cluster) FROM event WHERE event.cluster > name.cluster)
                  FROM name WHERE name.cluster IS NOT NULL)
                SELECT cluster FROM name WHERE cluster IS NOT NULL ORDER BY cluster""", statement -> {},
                row -> row.getString(1));
    }

    /** The cluster of a run; empty where no event tells of it. */
    public Optional<String> clusterOf(String run) {
        return query("SELECT cluster FROM event WHERE run = ? LIMIT 1", statement -> statement.setString(1, run),
                row -> row.getString(1)).stream().findFirst();
    }

    /**
     * Tells the events after {@code afterSeq} and all that follow, in order, each one once, whichever process writes
     * them. The listener runs on a thread of its own; an exception of it ends this subscription and is logged. After
     * {@code close} no further call begins; one that is under way may still end.
     */
    public Subscription tail(String cluster, long afterSeq, Consumer<Event.Recorded> listener) {
        Tail tail = new Tail(this, wakeup, database.poll(), cluster, afterSeq, listener, tails::remove);
        tails.add(tail);
        tail.start();
        return tail;
    }

    /**
     * Asks for the lock on a cluster. A lock that has expired, or whose process on this computer is gone, is taken
     * over.
     *
     * @param ttl how long it lasts without being renewed; it renews itself at a third of it
     */
    public Acquisition acquire(String cluster, Duration ttl) {
        Acquisition acquisition = writer.call(cluster, transaction -> {
            Instant now = transaction.now();
            Optional<LeaseRow> found = transaction.lease(cluster);
            Owner before = null;
            if (found.isPresent() && found.get().held()) {
                LeaseRow row = found.get();
                before = row.owner();
                Boolean alive = before.alive();
                if (now.isBefore(row.expires()) && !Boolean.FALSE.equals(alive)) {
                    return new Acquisition.HeldBy(before, row.since(), row.expires(), alive);
                }
            }
            long token = found.map(LeaseRow::token).orElse(0L) + 1;
            transaction.putLease(cluster, new LeaseRow(token, true, now, now.plus(ttl), self));
            return new Acquisition.Acquired(new Lease(this, cluster, token, ttl), before);
        });
        if (acquisition instanceof Acquisition.Acquired acquired) {
            leases.add(acquired.lease().started());
        }
        return acquisition;
    }

    /** Who holds the lock on a cluster; empty: nobody, or nobody that still runs. */
    public Optional<Acquisition.HeldBy> holder(String cluster) {
        return query("SELECT " + LeaseRow.COLUMNS + " FROM lease WHERE cluster = ? AND held = 1",
                statement -> statement.setString(1, cluster), LeaseRow::of).stream()
                .map(row -> new Acquisition.HeldBy(row.owner(), row.since(), row.expires(), row.owner().alive()))
                .filter(held -> now().isBefore(held.expires()) && !Boolean.FALSE.equals(held.alive()))
                .findFirst();
    }

    /**
     * The process of this computer that let the lock on a cluster expire and is still there: it is paused or hangs, and
     * may hold files, ports and the database's own lock. Empty where there is none.
     */
    public Optional<Owner> stalled(String cluster) {
        return query("SELECT " + LeaseRow.COLUMNS + " FROM lease WHERE cluster = ? AND held = 1",
                statement -> statement.setString(1, cluster), LeaseRow::of).stream()
                .filter(row -> !now().isBefore(row.expires()) && Boolean.TRUE.equals(row.owner().alive())
                        && row.owner().pid() != self.pid())
                .map(LeaseRow::owner).findFirst();
    }

    boolean renew(String cluster, long token, Duration ttl) {
        return writer.call(cluster, transaction -> {
            Optional<LeaseRow> row = transaction.lease(cluster).filter(found -> found.token() == token && found.held());
            row.ifPresent(found -> transaction.putLease(cluster,
                    new LeaseRow(token, true, found.since(), transaction.now().plus(ttl), found.owner())));
            return row.isPresent();
        });
    }

    void release(Lease lease) {
        leases.remove(lease);
        writer.call(lease.cluster(), transaction -> {
            transaction.lease(lease.cluster()).filter(found -> found.token() == lease.token())
                    .ifPresent(found -> transaction.putLease(lease.cluster(),
                            new LeaseRow(found.token(), false, found.since(), found.expires(), found.owner())));
            return Boolean.TRUE;
        });
    }

    /** Recomputes the chain of a cluster's records. Works page by page; a journal that grows meanwhile is no harm. */
    public Audit verify(String cluster) {
        byte[] previous = Transaction.GENESIS;
        long records = 0;
        for (;;) {
            List<RawRecord> page = raw(cluster, records);
            for (RawRecord record : page) {
                String misfit = record.misfit(cluster, records, previous);
                if (misfit != null) {
                    return new Audit(records, head(records, previous), records + 1, misfit);
                }
                previous = record.hash();
                records++;
            }
            if (page.size() < PAGE) {
                return new Audit(records, head(records, previous), 0, null);
            }
        }
    }

    private static String head(long records, byte[] hash) {
        return records == 0 ? "" : HexFormat.of().formatHex(hash);
    }

    /**
     * Copies the whole state, as it is at one moment, into a SQLite file that any workspace can have as its
     * {@code state.db}. Others go on working meanwhile.
     *
     * @throws java.nio.file.FileAlreadyExistsException where the file exists
     */
    public void backup(Path file) throws IOException {
        NewFile.make(file, aside -> {
            try {
                database.copyTo(aside);
            } catch (SQLException e) {
                throw database.explain(e);
            }
        });
    }

    /**
     * Writes a cluster's records, one JSON object a line, so that {@link #importJournal} can rebuild them.
     *
     * @throws java.nio.file.FileAlreadyExistsException where the file exists
     * @throws IOException where the cluster has no records, or their chain is broken
     */
    public void exportJournal(String cluster, Path file) throws IOException {
        JournalFile.write(this, cluster, file);
    }

    /** Rebuilds a cluster from its export: all of it, or, where there are problems, nothing. */
    public List<Problem> importJournal(Path file) throws IOException {
        return JournalFile.check(file, json).or(() -> {
            String cluster = JournalFile.cluster(file);
            return writer.call(cluster, transaction -> JournalFile.load(transaction, cluster, file));
        }).stream().toList();
    }

    /** A document that is kept beside the journal, such as sealed secrets; empty where there is none. */
    public Optional<byte[]> document(String name) {
        return query("SELECT content FROM document WHERE name = ?", statement -> statement.setString(1, name),
                row -> row.getBytes(1)).stream().findFirst();
    }

    /**
     * Changes a document while nobody else does, on whichever computer.
     *
     * @param change from the content (null: there is none) to the new one; null leaves it as it is. May be called again
     *            where the connection is lost
     */
    public void changeDocument(String name, Function<byte @Nullable [], byte @Nullable []> change) {
        // the lock's name cannot be that of a cluster, which has no blank
        writer.call("document " + name, transaction -> {
            try {
                byte[] changed = change.apply(transaction.document(name).orElse(null));
                if (changed != null) {
                    transaction.putDocument(name, changed);
                }
                return Boolean.TRUE;
            } catch (SQLException e) {
                throw new Writer.Failed(e);
            }
        });
    }

    /** Ends subscriptions, frees the locks that are still held, and closes the connections. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        List.copyOf(tails).forEach(Tail::close);
        for (Lease lease : List.copyOf(leases)) {
            try {
                lease.close();
            } catch (UncheckedIOException e) {
                LOG.warn("the lock on cluster {} could not be freed; it expires by itself", lease.cluster(), e);
            }
        }
        writer.close();
        try {
            listening.close();
        } catch (Exception e) {
            LOG.debug("the listener of {} could not be closed", database, e);
        }
        reading.lock();
        try {
            disconnect();
        } finally {
            reading.unlock();
        }
    }

    boolean isClosed() {
        return closed;
    }

    private Instant now() {
        return reading(database::now);
    }

    private Event parse(String cluster, long seq, String body) {
        try {
            return json.readValue(body, Event.class);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(
                    database + ": record " + seq + " of cluster " + cluster + " cannot be read", e);
        }
    }

    private <T> List<T> query(String sql, Binder binder, Mapping<T> mapping) {
        return reading(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                binder.bind(statement);
                List<T> found = new ArrayList<>();
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        found.add(mapping.map(rows));
                    }
                }
                return found;
            }
        });
    }

    /** Reads, if need be again on a new connection. */
    private <T> T reading(Reading<T> work) {
        Patience patience = new Patience(database.patience());
        for (;;) {
            SQLException failure;
            reading.lock();
            try {
                if (closed) {
                    throw new UncheckedIOException(new IOException(database + " is closed"));
                }
                Connection open = reader;
                if (open == null) {
                    open = database.connect();
                    reader = open;
                }
                return work.read(open);
            } catch (SQLException e) {
                failure = e;
                if (database.lost(e)) {
                    disconnect();
                }
            } finally {
                reading.unlock();
            }
            try {
                if (!database.lost(failure) || !patience.left()) {
                    throw new UncheckedIOException(database.explain(failure));
                }
                patience.pause();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new UncheckedIOException(database.explain(failure));
            }
        }
    }

    private void disconnect() {
        Connection open = reader;
        reader = null;
        try {
            if (open != null) {
                open.close();
            }
        } catch (SQLException e) {
            LOG.debug("closing a connection that is of no more use", e);
        }
    }

    private static void closeQuietly(@Nullable Connection connection, Exception cause) {
        if (connection != null) {
            try {
                connection.close();
            } catch (SQLException e) {
                cause.addSuppressed(e);
            }
        }
    }

    private interface Reading<T> {
        T read(Connection connection) throws SQLException;
    }

    private interface Binder {
        void bind(PreparedStatement statement) throws SQLException;
    }

    private interface Mapping<T> {
        T map(ResultSet row) throws SQLException;
    }
}

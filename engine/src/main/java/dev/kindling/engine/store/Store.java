package dev.kindling.engine.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling.Subscription;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * The journal of all clusters of a workspace, and a lock for each of them. The file may be shared by several processes
 * of this computer.
 *
 * <p>
 * An event is on the disk before {@link #append} returns. Records of a cluster are numbered from 1 without gaps and
 * chained by SHA-256, so that a record that was changed, removed or put in later shows ({@link #verify}).
 *
 * <p>
 * Thread-safe. An {@link UncheckedIOException} means that the file cannot be read or written.
 */
public final class Store implements AutoCloseable {
    private static final byte[] GENESIS = new byte[32];

    private final Path file;
    private final Clock clock;
    private final Owner self;
    private final JsonMapper json = Json.mapper();
    private final Writer writer;
    private final Connection reader;
    private final ReentrantLock reading = new ReentrantLock();
    private final Wakeup wakeup = new Wakeup();
    private final Set<Tail> tails = ConcurrentHashMap.newKeySet();
    private final Set<Lease> leases = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private Store(Path file, Clock clock, Owner self, Connection writing, Connection reader) {
        this.file = file;
        this.clock = clock;
        this.self = self;
        this.reader = reader;
        this.writer = new Writer(writing, wakeup);
    }

    /**
     * Opens or creates {@code state.db} in a directory.
     *
     * @param clock gives the time of events and leases
     * @throws IOException where the file is damaged, newer than this program, or cannot be used; says what to do
     */
    public static Store open(Path workspace, Clock clock) throws IOException {
        return open(workspace, clock, Owner.self());
    }

    static Store open(Path workspace, Clock clock, Owner self) throws IOException {
        Path file = Database.prepare(workspace.toAbsolutePath());
        Connection writing = null;
        Connection reader = null;
        try {
            writing = Database.connect(file);
            Database.migrate(writing, file);
            reader = Database.connect(file);
            Store store = new Store(file, clock, self, writing, reader);
            store.writer.start();
            return store;
        } catch (SQLException e) {
            closeQuietly(reader, e);
            closeQuietly(writing, e);
            throw e instanceof SQLiteException lite && (lite.getResultCode() == SQLiteErrorCode.SQLITE_NOTADB
                    || lite.getResultCode() == SQLiteErrorCode.SQLITE_CORRUPT)
                            ? Database.damaged(file, lite.getResultCode().message, e)
                            : new IOException("cannot open " + file + ": " + e.getMessage(), e);
        } catch (IOException | RuntimeException e) {
            closeQuietly(reader, e);
            closeQuietly(writing, e);
            throw e;
        }
    }

    /** Where it lies. */
    public Path file() {
        return file;
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
     * @throws LostLock where another has taken it over; nothing is written
     */
    public Event.Recorded append(Lease lease, String run, Event event) {
        return append(lease.cluster(), run, event, lease);
    }

    private Event.Recorded append(String cluster, String run, Event event, @Nullable Lease lease) {
        String body = Json.write(json, event);
        return writer.call(transaction -> {
            if (lease != null && transaction.lease(cluster).filter(row -> row.token() == lease.token() && row.held())
                    .isEmpty()) {
                lease.markLost();
                throw new LostLock("the lock on cluster " + cluster + " now belongs to "
                        + transaction.lease(cluster).map(row -> row.owner().toString()).orElse("nobody"));
            }
            return new Event.Recorded(transaction.append(cluster, run, clock.instant(), body), transaction.lastAt(),
                    cluster, run, event);
        });
    }

    /** Events after {@code afterSeq}, oldest first, at most {@code limit}. */
    public List<Event.Recorded> read(String cluster, long afterSeq, int limit) {
        return query("SELECT seq, at, run, body FROM event WHERE cluster = ? AND seq > ? ORDER BY seq LIMIT ?",
                statement -> {
                    statement.setString(1, cluster);
                    statement.setLong(2, afterSeq);
                    statement.setInt(3, limit);
                }, row -> new Event.Recorded(row.getLong(1), Instant.parse(row.getString(2)), cluster, row.getString(3),
                        parse(cluster, row.getLong(1), row.getString(4))));
    }

    /** All events after {@code afterSeq}. */
    public List<Event.Recorded> read(String cluster, long afterSeq) {
        return read(cluster, afterSeq, Integer.MAX_VALUE);
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

    /** The clusters that have events, by name. */
    public List<String> clusters() {
        return query("SELECT DISTINCT cluster FROM event ORDER BY cluster", statement -> {}, row -> row.getString(1));
    }

    /**
     * Tells the events after {@code afterSeq} and all that follow, in order, each one once, whichever process writes
     * them. The listener runs on a thread of its own; an exception of it ends this subscription and is logged. After
     * {@code close} no further call begins; one that is under way may still end.
     */
    public Subscription tail(String cluster, long afterSeq, Consumer<Event.Recorded> listener) {
        Tail tail = new Tail(this, wakeup, cluster, afterSeq, listener, tails::remove);
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
        Acquisition acquisition = writer.call(transaction -> {
            Instant now = clock.instant();
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
                .filter(held -> clock.instant().isBefore(held.expires()) && !Boolean.FALSE.equals(held.alive()))
                .findFirst();
    }

    boolean renew(String cluster, long token, Duration ttl) {
        return writer.call(transaction -> {
            Optional<LeaseRow> row = transaction.lease(cluster).filter(found -> found.token() == token && found.held());
            row.ifPresent(found -> transaction.putLease(cluster,
                    new LeaseRow(token, true, found.since(), clock.instant().plus(ttl), found.owner())));
            return row.isPresent();
        });
    }

    void release(Lease lease) {
        leases.remove(lease);
        writer.call(transaction -> {
            transaction.lease(lease.cluster()).filter(found -> found.token() == lease.token())
                    .ifPresent(found -> transaction.putLease(lease.cluster(),
                            new LeaseRow(found.token(), false, found.since(), found.expires(), found.owner())));
            return Boolean.TRUE;
        });
    }

    /** Recomputes the chain of a cluster's records. */
    public Verification verify(String cluster) {
        byte[] previous = GENESIS;
        long records = 0;
        for (;;) {
            List<RawRow> rows = query("SELECT seq, at, run, body, hash FROM event WHERE cluster = ? AND seq > ?"
                    + " ORDER BY seq LIMIT 1000", bind(cluster, records),
                    row -> new RawRow(row.getLong(1), row.getString(2), row.getString(3), row.getString(4),
                            row.getBytes(5)));
            if (rows.isEmpty()) {
                return new Verification(records, head(records, previous), 0, null);
            }
            for (RawRow row : rows) {
                String reason = null;
                if (row.seq() != records + 1) {
                    reason = "record " + (records + 1) + " is missing";
                } else if (!Arrays.equals(row.hash(),
                        hash(previous, cluster, row.seq(), row.at(), row.run(), row.body()))) {
                    reason = "record " + row.seq() + " is not what was written";
                }
                if (reason != null) {
                    return new Verification(records, head(records, previous), records + 1, reason);
                }
                previous = row.hash();
                records++;
            }
        }
    }

    private static Binder bind(String cluster, long afterSeq) {
        return statement -> {
            statement.setString(1, cluster);
            statement.setLong(2, afterSeq);
        };
    }

    private static String head(long records, byte[] hash) {
        return records == 0 ? "" : HexFormat.of().formatHex(hash);
    }

    /** Ends subscriptions, frees the locks that are still held, and closes the file. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        List.copyOf(tails).forEach(Tail::close);
        List.copyOf(leases).forEach(Lease::close);
        writer.close();
        reading.lock();
        try {
            reader.close();
        } catch (SQLException e) {
            throw failed(e);
        } finally {
            reading.unlock();
        }
    }

    boolean isClosed() {
        return closed;
    }

    private Event parse(String cluster, long seq, String body) {
        try {
            return json.readValue(body, Event.class);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(file + ": record " + seq + " of cluster " + cluster + " cannot be read", e);
        }
    }

    private <T> List<T> query(String sql, Binder binder, Mapping<T> mapping) {
        reading.lock();
        try (PreparedStatement statement = reader.prepareStatement(sql)) {
            binder.bind(statement);
            List<T> found = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(mapping.map(rows));
                }
            }
            return found;
        } catch (SQLException e) {
            throw failed(e);
        } finally {
            reading.unlock();
        }
    }

    private UncheckedIOException failed(SQLException e) {
        return new UncheckedIOException(new IOException(file + ": " + e.getMessage(), e));
    }

    /** SHA-256 over the hash before and each field with its length, so that no two records have the same bytes. */
    static byte[] hash(byte[] previous, String cluster, long seq, String at, String run, String body) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(previous);
            digest.update(ByteBuffer.allocate(Long.BYTES).putLong(seq).flip());
            for (String field : List.of(cluster, at, run, body)) {
                byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
                digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
                digest.update(bytes);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
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

    private interface Binder {
        void bind(PreparedStatement statement) throws SQLException;
    }

    private interface Mapping<T> {
        T map(ResultSet row) throws SQLException;
    }

    private record RawRow(long seq, String at, String run, String body, byte[] hash) {}

    record LeaseRow(long token, boolean held, Instant since, Instant expires, Owner owner) {
        static final String COLUMNS = "token, held, since, expires, user, host, pid, start_ticks, started_at, realm";

        static LeaseRow of(ResultSet row) throws SQLException {
            return new LeaseRow(row.getLong(1), row.getInt(2) == 1, Instant.parse(row.getString(3)),
                    Instant.parse(row.getString(4)), new Owner(row.getString(5), row.getString(6), row.getLong(7),
                            row.getLong(8), Instant.parse(row.getString(9)), row.getString(10)));
        }
    }

    /** What can be done inside a write transaction. Used on the writer's thread only. */
    static final class Transaction {
        private final Connection connection;
        private final PreparedStatement insert;
        private final Map<String, Head> heads = new HashMap<>();
        private Instant lastAt = Instant.EPOCH;

        private record Head(long seq, byte[] hash) {}

        Transaction(Connection connection, PreparedStatement insert) {
            this.connection = connection;
            this.insert = insert;
        }

        static PreparedStatement insert(Connection connection) throws SQLException {
            return connection
                    .prepareStatement(
                            "INSERT INTO event (cluster, seq, at, run, body, hash) VALUES (?, ?, ?, ?, ?, ?)");
        }

        Instant lastAt() {
            return lastAt;
        }

        long append(String cluster, String run, Instant at, String body) {
            try {
                Head head = heads.get(cluster);
                if (head == null) {
                    head = head(cluster);
                }
                long seq = head.seq() + 1;
                byte[] hash = hash(head.hash(), cluster, seq, at.toString(), run, body);
                insert.setString(1, cluster);
                insert.setLong(2, seq);
                insert.setString(3, at.toString());
                insert.setString(4, run);
                insert.setString(5, body);
                insert.setBytes(6, hash);
                insert.executeUpdate();
                heads.put(cluster, new Head(seq, hash));
                lastAt = at;
                return seq;
            } catch (SQLException e) {
                throw new Writer.Failed(e);
            }
        }

        private Head head(String cluster) throws SQLException {
            try (PreparedStatement statement = connection
                    .prepareStatement("SELECT seq, hash FROM event WHERE cluster = ? ORDER BY seq DESC LIMIT 1")) {
                statement.setString(1, cluster);
                try (ResultSet row = statement.executeQuery()) {
                    return row.next() ? new Head(row.getLong(1), row.getBytes(2)) : new Head(0, GENESIS);
                }
            }
        }

        Optional<LeaseRow> lease(String cluster) {
            try (PreparedStatement statement = connection
                    .prepareStatement("SELECT " + LeaseRow.COLUMNS + " FROM lease WHERE cluster = ?")) {
                statement.setString(1, cluster);
                try (ResultSet row = statement.executeQuery()) {
                    return row.next() ? Optional.of(LeaseRow.of(row)) : Optional.empty();
                }
            } catch (SQLException e) {
                throw new Writer.Failed(e);
            }
        }

        void putLease(String cluster, LeaseRow lease) {
            try (PreparedStatement statement = connection.prepareStatement("INSERT OR REPLACE INTO lease (cluster, "
                    + LeaseRow.COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
                statement.setString(1, cluster);
                statement.setLong(2, lease.token());
                statement.setInt(3, lease.held() ? 1 : 0);
                statement.setString(4, lease.since().toString());
                statement.setString(5, lease.expires().toString());
                statement.setString(6, lease.owner().user());
                statement.setString(7, lease.owner().host());
                statement.setLong(8, lease.owner().pid());
                statement.setLong(9, lease.owner().startTicks());
                statement.setString(10, lease.owner().startedAt().toString());
                statement.setString(11, lease.owner().realm());
                statement.executeUpdate();
            } catch (SQLException e) {
                throw new Writer.Failed(e);
            }
        }
    }
}

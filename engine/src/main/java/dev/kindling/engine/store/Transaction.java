package dev.kindling.engine.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What can be done inside a transaction that writes. Used by one thread only. */
final class Transaction implements AutoCloseable {
    static final byte[] GENESIS = new byte[32];

    private static final int MOST_AT_ONCE = 1000;

    private final Connection connection;
    private final Instant now;
    private final PreparedStatement insert;
    private final Map<String, Head> heads = new HashMap<>();
    private int waiting;

    /**
     * The end of a cluster's chain.
     *
     * @param seq number of the last record; 0: there is none
     */
    record Head(long seq, byte[] hash) {}

    /** The lock on a cluster, as it is kept; it stays when nobody holds it, because its token must only grow. */
    record LeaseRow(long token, boolean held, Instant since, Instant expires, Owner owner) {
        static final String COLUMNS = "token, held, since, expires, \"user\", host, pid, start_ticks, started_at, realm";

        static LeaseRow of(ResultSet row) throws SQLException {
            return new LeaseRow(row.getLong(1), row.getInt(2) == 1, Instant.parse(row.getString(3)),
                    Instant.parse(row.getString(4)), new Owner(row.getString(5), row.getString(6), row.getLong(7),
                            row.getLong(8), Instant.parse(row.getString(9)), row.getString(10)));
        }
    }

    Transaction(Connection connection, Instant now) throws SQLException {
        this.connection = connection;
        this.now = now;
        this.insert = connection
                .prepareStatement("INSERT INTO event (cluster, seq, at, run, body, hash) VALUES (?, ?, ?, ?, ?, ?)");
    }

    /** The time of everything in it. */
    Instant now() {
        return now;
    }

    long append(String cluster, String run, String body) {
        return append(cluster, now.toString(), run, body).seq();
    }

    /** Puts a record at the end of a cluster's chain. It is sent with others: {@link #flush}. */
    Head append(String cluster, String at, String run, String body) {
        try {
            Head before = head(cluster);
            long seq = before.seq() + 1;
            Head head = new Head(seq, hash(before.hash(), cluster, seq, at, run, body));
            insert.setString(1, cluster);
            insert.setLong(2, seq);
            insert.setString(3, at);
            insert.setString(4, run);
            insert.setString(5, body);
            insert.setBytes(6, head.hash());
            insert.addBatch();
            heads.put(cluster, head);
            if (++waiting >= MOST_AT_ONCE) {
                flush();
            }
            return head;
        } catch (SQLException e) {
            throw new Writer.Failed(e);
        }
    }

    /** Sends what was put in. */
    void flush() throws SQLException {
        if (waiting > 0) {
            insert.executeBatch();
            waiting = 0;
        }
    }

    Head head(String cluster) throws SQLException {
        Head known = heads.get(cluster);
        if (known != null) {
            return known;
        }
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
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO lease (cluster, "
                + LeaseRow.COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (cluster) DO UPDATE SET"
                + " token = excluded.token, held = excluded.held, since = excluded.since, expires = excluded.expires,"
                + " \"user\" = excluded.\"user\", host = excluded.host, pid = excluded.pid,"
                + " start_ticks = excluded.start_ticks, started_at = excluded.started_at, realm = excluded.realm")) {
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

    Optional<byte[]> document(String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT content FROM document WHERE name = ?")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(row.getBytes(1)) : Optional.empty();
            }
        }
    }

    void putDocument(String name, byte[] content) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO document (name, content)"
                + " VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET content = excluded.content")) {
            statement.setString(1, name);
            statement.setBytes(2, content);
            statement.executeUpdate();
        }
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

    @Override
    public void close() throws SQLException {
        insert.close();
    }
}

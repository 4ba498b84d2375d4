package dev.kindling.engine.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * What the server keeps beside the journal, in {@code api.db} of the workspace: hashes of tokens, the answers to
 * requests with an idempotency key, and who asked for what not everybody may. For several threads and processes; what
 * was written is on the disk.
 */
final class ApiStore implements AutoCloseable {
    static final String FILE = "api.db";

    private static final List<String> SCHEMA = List.of("""
            CREATE TABLE IF NOT EXISTS token (
              name TEXT PRIMARY KEY,
              role TEXT NOT NULL,
              hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
              created TEXT NOT NULL,
              expires TEXT
            ) STRICT, WITHOUT ROWID""", """
            CREATE TABLE IF NOT EXISTS answer (
              principal TEXT NOT NULL,
              key TEXT NOT NULL,
              fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
              at TEXT NOT NULL,
              status INTEGER,
              type TEXT,
              location TEXT,
              body BLOB,
              PRIMARY KEY (principal, key)
            ) STRICT, WITHOUT ROWID""", """
            CREATE TABLE IF NOT EXISTS act (
              seq INTEGER PRIMARY KEY AUTOINCREMENT,
              at TEXT NOT NULL,
              user TEXT NOT NULL,
              role TEXT NOT NULL,
              address TEXT NOT NULL,
              operation TEXT NOT NULL,
              method TEXT NOT NULL,
              path TEXT NOT NULL,
              status INTEGER,
              result TEXT
            ) STRICT""");
    private static final int ACTS_KEPT = 1_000_000;

    private final Path file;
    private final Connection connection;

    private ApiStore(Path file, Connection connection) {
        this.file = file;
        this.connection = connection;
    }

    static ApiStore open(Path workspace) {
        Path file = workspace.resolve(FILE);
        try {
            Files.createDirectories(workspace);
            try {
                Files.createFile(file,
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            } catch (FileAlreadyExistsException e) {
                // made by an earlier one
            }
            SQLiteConfig config = new SQLiteConfig();
            config.setJournalMode(SQLiteConfig.JournalMode.WAL);
            config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
            config.setBusyTimeout(10_000);
            Connection connection = config.createConnection("jdbc:sqlite:" + file);
            try (Statement statement = connection.createStatement()) {
                for (String sql : SCHEMA) {
                    statement.execute(sql);
                }
            }
            return new ApiStore(file, connection);
        } catch (SQLException e) {
            throw new UncheckedIOException(new IOException("cannot open " + file + ": " + e.getMessage(), e));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make " + file, e);
        }
    }

    /** A stored token; never its value. */
    record TokenRow(String name, Role role, byte[] hash, Instant created, @Nullable Instant expires) {}

    List<TokenRow> tokens() {
        return query("SELECT name, role, hash, created, expires FROM token ORDER BY name", row -> {
            String expires = row.getString(5);
            return new TokenRow(row.getString(1), Role.valueOf(row.getString(2).toUpperCase(Locale.ROOT)),
                    row.getBytes(3), Instant.parse(row.getString(4)), expires == null ? null : Instant.parse(expires));
        });
    }

    /** Returns false where there is one of that name. */
    boolean addToken(TokenRow token) {
        return update("INSERT INTO token (name, role, hash, created, expires) VALUES (?, ?, ?, ?, ?)"
                + " ON CONFLICT (name) DO NOTHING", token.name(), token.role().word(), token.hash(),
                token.created().toString(), token.expires() == null ? null : token.expires().toString()) > 0;
    }

    boolean removeToken(String name) {
        return update("DELETE FROM token WHERE name = ?", name) > 0;
    }

    /** Changes whenever another connection has written: cheap to ask. */
    long dataVersion() {
        return query("PRAGMA data_version", row -> row.getLong(1)).getFirst();
    }

    /**
     * What is kept of a request.
     *
     * @param answer null: it was never answered
     */
    record Kept(byte[] fingerprint, @Nullable KeptAnswer answer) {}

    record KeptAnswer(int status, String type, @Nullable String location, byte[] body) {}

    /**
     * Claims a key.
     *
     * @return what is kept under it already; empty: nothing was, and it is claimed now
     */
    synchronized Optional<Kept> claim(String principal, String key, byte[] fingerprint, Instant now,
            Instant forgetBefore) {
        update("DELETE FROM answer WHERE at < ?", forgetBefore.toString());
        if (update("INSERT INTO answer (principal, key, fingerprint, at) VALUES (?, ?, ?, ?)"
                + " ON CONFLICT DO NOTHING", principal, key, fingerprint, now.toString()) > 0) {
            return Optional.empty();
        }
        return query("SELECT fingerprint, status, type, location, body FROM answer WHERE principal = ? AND key = ?",
                row -> {
                    int status = row.getInt(2);
                    return new Kept(row.getBytes(1), status == 0
                            ? null
                            : new KeptAnswer(status, row.getString(3), row.getString(4), row.getBytes(5)));
                }, principal, key).stream().findFirst();
    }

    void keep(String principal, String key, KeptAnswer answer) {
        update("UPDATE answer SET status = ?, type = ?, location = ?, body = ? WHERE principal = ? AND key = ?",
                answer.status(), answer.type(), answer.location(), answer.body(), principal, key);
    }

    void forget(String principal, String key) {
        update("DELETE FROM answer WHERE principal = ? AND key = ?", principal, key);
    }

    /**
     * Something that not everybody may ask for.
     *
     * @param user name of the token
     * @param address where it was asked from
     * @param operation as in the OpenAPI document
     * @param status of the answer; null: the server ended before there was one
     * @param result what the answer's Location named; null: nothing
     */
    record Act(long seq, Instant at, String user, Role role, String address, String operation, String method,
            String path, @Nullable Integer status, @Nullable String result) {}

    /** Written before anything is done. */
    synchronized long actBegan(Call call, Route route, Instant at) {
        update("INSERT INTO act (at, user, role, address, operation, method, path) VALUES (?, ?, ?, ?, ?, ?, ?)",
                at.toString(), call.user().name(), call.user().role().word(), call.from(), route.id(), route.method(),
                call.path());
        long seq = query("SELECT last_insert_rowid()", row -> row.getLong(1)).getFirst();
        update("DELETE FROM act WHERE seq <= ?", seq - ACTS_KEPT);
        return seq;
    }

    void actEnded(long seq, int status, @Nullable String result) {
        update("UPDATE act SET status = ?, result = ? WHERE seq = ?", status, result, seq);
    }

    /** Those before that one, newest first. */
    List<Act> acts(long before, int limit) {
        return query("SELECT seq, at, user, role, address, operation, method, path, status, result FROM act"
                + " WHERE seq < ? ORDER BY seq DESC LIMIT ?", row -> {
                    int status = row.getInt(9);
                    return new Act(row.getLong(1), Instant.parse(row.getString(2)), row.getString(3),
                            Role.valueOf(row.getString(4).toUpperCase(Locale.ROOT)), row.getString(5),
                            row.getString(6), row.getString(7), row.getString(8), status == 0 ? null : status,
                            row.getString(10));
                }, before, limit);
    }

    private interface Mapping<T> {
        T map(ResultSet row) throws SQLException;
    }

    private synchronized <T> List<T> query(String sql, Mapping<T> mapping, @Nullable Object... values) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, values);
            List<T> found = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(mapping.map(rows));
                }
            }
            return found;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private synchronized int update(String sql, @Nullable Object... values) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, values);
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private static void bind(PreparedStatement statement, @Nullable Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
    }

    private UncheckedIOException failed(SQLException e) {
        return new UncheckedIOException(new IOException(file + ": " + e.getMessage(), e));
    }

    @Override
    public synchronized void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw failed(e);
        }
    }
}

package dev.kindling.engine.store;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL database that several operators share. Everything lies in a schema of its own ({@code kindling}, or the
 * URL's {@code currentSchema}).
 *
 * <p>
 * Time is the database's: the clocks of the operators' computers decide nothing.
 */
final class Postgres implements Database {
    private static final Logger LOG = LoggerFactory.getLogger(Postgres.class);

    static final String PASSWORD_FILE = "KINDLING_STATE_PASSWORD_FILE";

    /** As psql knows it. */
    private static final String PASSWORD = "PGPASSWORD";

    /** Each entry takes the schema from its index to the next one; entries are never edited, only added. */
    private static final List<List<String>> MIGRATIONS = List.of(List.of("""
            CREATE TABLE event (
              cluster TEXT NOT NULL,
              seq BIGINT NOT NULL CHECK (seq > 0),
              at TEXT NOT NULL,
              run TEXT NOT NULL,
              body TEXT NOT NULL,
              hash BYTEA NOT NULL CHECK (length(hash) = 32),
              PRIMARY KEY (cluster, seq)
            )""", "CREATE INDEX event_by_run ON event (run)", """
            CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
              $$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$""", """
            CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
              FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only()""", """
            CREATE TRIGGER event_is_never_removed BEFORE DELETE OR TRUNCATE ON event
              FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only()""", """
            CREATE TABLE lease (
              cluster TEXT PRIMARY KEY,
              token BIGINT NOT NULL,
              held INTEGER NOT NULL CHECK (held IN (0, 1)),
              since TEXT NOT NULL,
              expires TEXT NOT NULL,
              "user" TEXT NOT NULL,
              host TEXT NOT NULL,
              pid BIGINT NOT NULL,
              start_ticks BIGINT NOT NULL,
              started_at TEXT NOT NULL,
              realm TEXT NOT NULL
            )""", """
            CREATE TABLE document (
              name TEXT PRIMARY KEY,
              content BYTEA NOT NULL
            )""", """
            CREATE TABLE writer (
              id TEXT PRIMARY KEY,
              batch BIGINT NOT NULL,
              at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
            )"""));

    /**
     * Class 08: connection exceptions; 57P01 to 57P03: the server stops, has crashed, or is starting; 53300: too many
     * connections; 25P03: the server ended a session that did nothing for too long within a transaction.
     */
    private static final Pattern LOST = Pattern.compile("08...|57P0[1-5]|53300|25P03");

    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,62}");

    /** Shorter than a lock lasts, so that a run without its database has ended when another may begin. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Only for what a lost notice would have told. */
    private static final Duration POLL = Duration.ofSeconds(1);

    private static final Duration LISTEN = Duration.ofSeconds(5);

    private final String url;
    private final String shown;
    private final String schema;
    private final Properties properties;
    /** Of this store, among all that write to the database. */
    private final String id = UUID.randomUUID().toString();
    private final AtomicLong batches = new AtomicLong();

    private Postgres(String url, String shown, String schema, Properties properties) {
        this.url = url;
        this.shown = shown;
        this.schema = schema;
        this.properties = properties;
    }

    /**
     * Reads an address; connects to nothing.
     *
     * @param address {@code postgresql://USER@HOST:PORT/DATABASE?sslmode=verify-full}, as psql knows it, with or
     *            without {@code jdbc:} before it
     * @param environment may name a file with the password, or hold it ({@code PGPASSWORD}); else {@code ~/.pgpass}, or
     *            what {@code PGPASSFILE} names, is looked at
     * @throws IOException where it is no such address, or holds a password
     */
    static Postgres at(String address, Map<String, String> environment) throws IOException {
        String plain = address.startsWith("jdbc:") ? address.substring("jdbc:".length()) : address;
        URI uri;
        try {
            uri = new URI(plain.startsWith("postgres:") ? "postgresql" + plain.substring("postgres".length()) : plain);
        } catch (URISyntaxException e) {
            throw new IOException("the address of the state is no URL: " + e.getReason() + "; " + EXPECTED, e);
        }
        if (!"postgresql".equals(uri.getScheme()) || uri.getHost() == null || uri.getPath().length() < 2) {
            throw new IOException("the address of the state is not understood; " + EXPECTED);
        }
        Properties properties = new Properties();
        Map<String, String> query = new TreeMap<>();
        for (String word : uri.getRawQuery() == null ? List.<String>of() : List.of(uri.getRawQuery().split("&", -1))) {
            int equals = word.indexOf('=');
            if (equals < 1) {
                throw new IOException("the address of the state has '" + word + "' where NAME=VALUE is expected");
            }
            query.put(word.substring(0, equals), URLDecoder.decode(word.substring(equals + 1), StandardCharsets.UTF_8));
        }
        String user = uri.getUserInfo();
        if ((user != null && user.contains(":")) || query.containsKey("password") || query.containsKey("sslpassword")) {
            throw new IOException("the address of the state holds a password, which the list of processes would show;"
                    + " put it into ~/.pgpass, or into a file of mode 0600 and that file's name into " + PASSWORD_FILE);
        }
        String schema = query.getOrDefault("currentSchema", "kindling");
        if (!NAME.matcher(schema).matches()) {
            throw new IOException("currentSchema=" + schema + " is not understood; expected one name of lower-case"
                    + " letters, digits and _");
        }
        properties.putAll(query);
        if (user != null) {
            properties.setProperty("user", user);
        }
        String file = environment.get(PASSWORD_FILE);
        String password = environment.getOrDefault(PASSWORD, "");
        if (file != null && !file.isEmpty()) {
            properties.setProperty("password", password(Path.of(file)));
        } else if (!password.isEmpty()) {
            properties.setProperty("password", password);
        }
        properties.setProperty("currentSchema", schema);
        properties.putIfAbsent("ApplicationName", "kindling");
        properties.putIfAbsent("connectTimeout", "5");
        // a server that was unplugged does not say so
        properties.putIfAbsent("socketTimeout", "20");
        properties.putIfAbsent("tcpKeepAlive", "true");
        properties.setProperty("reWriteBatchedInserts", "true");
        // What was acknowledged is on the server's disk, whatever its configuration says. A process that is paused in
        // the
        // middle of a transaction holds its cluster's lock until the server ends the session.
        properties.putIfAbsent("options", "-c synchronous_commit=on -c idle_in_transaction_session_timeout=3000");
        String place = "postgresql://" + (user == null ? "" : user + "@") + uri.getHost()
                + (uri.getPort() < 0 ? "" : ":" + uri.getPort()) + uri.getPath();
        return new Postgres("jdbc:postgresql://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort())
                + uri.getRawPath(), place + (schema.equals("kindling") ? "" : "?currentSchema=" + schema), schema,
                properties);
    }

    private static final String EXPECTED = "expected postgresql://USER@HOST:PORT/DATABASE";

    private static String password(Path file) throws IOException {
        boolean others = Files.getPosixFilePermissions(file).stream()
                .anyMatch(permission -> !permission.name().startsWith("OWNER_"));
        if (others) {
            throw new IOException("the password file " + file + " can be read or written by others; chmod 600 " + file);
        }
        return Files.readString(file).strip();
    }

    @Override
    public Connection connect() throws SQLException {
        Properties mine = new Properties();
        mine.putAll(properties);
        mine.setProperty("ApplicationName", properties.getProperty("ApplicationName") + " " + id);
        Connection connection = new Driver().connect(url, mine);
        if (connection == null) {
            throw new SQLException("the PostgreSQL driver does not know " + shown);
        }
        return connection;
    }

    @Override
    public void migrate(Connection connection) throws SQLException, IOException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            if (connection.getMetaData().getDatabaseMajorVersion() < 13) {
                throw new IOException(shown + " is PostgreSQL " + connection.getMetaData().getDatabaseProductVersion()
                        + "; version 13 or newer is needed");
            }
            if (Database.number(statement, "SELECT 1 WHERE pg_is_in_recovery()") == 1) {
                throw new IOException(shown + " is a standby, which cannot be written to; name the primary server");
            }
            lock(statement, "");
            if (Database.number(statement, "SELECT count(*) FROM pg_namespace WHERE nspname = '" + schema + "'") == 0) {
                statement.execute("CREATE SCHEMA " + schema);
            }
            int version = 0;
            if (Database.number(statement, "SELECT count(*) FROM information_schema.tables WHERE table_schema = '"
                    + schema + "' AND table_name = 'schema_version'") == 1) {
                version = Database.number(statement, "SELECT version FROM schema_version");
            } else if (Database.number(statement,
                    "SELECT count(*) FROM information_schema.tables WHERE table_schema = '" + schema + "'") > 0) {
                throw new IOException("the schema " + schema + " of " + shown
                        + " is another program's; name another one with ?currentSchema=NAME");
            } else {
                statement.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)");
                statement.execute("INSERT INTO schema_version VALUES (0)");
            }
            if (version > MIGRATIONS.size()) {
                throw Database.newer(shown, version, MIGRATIONS.size());
            }
            if (version < MIGRATIONS.size()) {
                Database.run(statement, MIGRATIONS, version);
                statement.execute("UPDATE schema_version SET version = " + MIGRATIONS.size());
            }
            // marks are of no use to a process that is gone
            statement.execute("DELETE FROM writer WHERE at < clock_timestamp() - interval '30 days'");
            connection.commit();
        } catch (SQLException | IOException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
        tellSkew(connection);
    }

    /** Nothing depends on it, but people compare the times of the journal with their watch. */
    private void tellSkew(Connection connection) throws SQLException {
        Duration skew = Duration.between(Instant.now(), now(connection));
        if (skew.abs().toSeconds() >= 5) {
            LOG.warn("the clock of {} is {} s {} of this computer's; the journal has the database's time", shown,
                    skew.abs().toSeconds(), skew.isNegative() ? "behind" : "ahead");
        }
    }

    /**
     * Locks of the database's own, by name: unlike locks on rows they are there before the first record is, and they
     * end with the transaction, or with the connection. In order, so that nobody waits for each other.
     */
    @Override
    public Begun begin(Connection connection, SortedSet<String> clusters) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            for (String cluster : clusters) {
                lock(statement, cluster);
            }
        }
        long batch = batches.incrementAndGet();
        try (PreparedStatement mark = connection.prepareStatement("INSERT INTO writer (id, batch) VALUES (?, ?)"
                + " ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, at = excluded.at RETURNING clock_timestamp(), pg_backend_pid()")) {
            mark.setString(1, id);
            mark.setLong(2, batch);
            try (ResultSet row = mark.executeQuery()) {
                if (!row.next()) {
                    throw new SQLException("no answer from " + shown);
                }
                return new Begun(row.getObject(1, OffsetDateTime.class).toInstant(), batch, row.getInt(2));
            }
        }
    }

    private void lock(Statement statement, String cluster) throws SQLException {
        try (PreparedStatement lock = statement.getConnection()
                .prepareStatement("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))")) {
            lock.setString(1, "kindling " + schema + " " + cluster);
            lock.execute();
        }
    }

    @Override
    public void commit(Connection connection) throws SQLException {
        try (PreparedStatement notify = connection.prepareStatement("SELECT pg_notify(?, '')")) {
            notify.setString(1, channel());
            notify.execute();
        }
        connection.commit();
        connection.setAutoCommit(true);
    }

    @Override
    public void rollback(Connection connection) throws SQLException {
        connection.rollback();
        connection.setAutoCommit(true);
    }

    @Override
    public boolean lost(SQLException failure) {
        return failure.getSQLState() != null && LOST.matcher(failure.getSQLState()).matches();
    }

    /**
     * Whether the mark of the transaction is there. (The number that PostgreSQL gives a transaction does not tell: a
     * crash may give it to another one.) A session that we lost may still wait for us with its transaction open: it is
     * ended first.
     */
    @Override
    public boolean committed(Connection connection, Begun transaction) throws SQLException {
        for (int attempt = 0; attempt < 100; attempt++) {
            try (PreparedStatement end = connection.prepareStatement("SELECT pg_terminate_backend(pid)"
                    + " FROM pg_stat_activity WHERE pid = ? AND application_name = ? AND pid <> pg_backend_pid()")) {
                end.setInt(1, transaction.session());
                end.setString(2, properties.getProperty("ApplicationName") + " " + id);
                try (ResultSet still = end.executeQuery()) {
                    if (!still.next()) {
                        return mark(connection) == transaction.number();
                    }
                }
            }
            LockSupport.parkNanos(50_000_000);
        }
        throw new SQLException("the lost session of " + shown + " does not end", "08000");
    }

    private long mark(Connection connection) throws SQLException {
        try (PreparedStatement read = connection.prepareStatement("SELECT batch FROM writer WHERE id = ?")) {
            read.setString(1, id);
            try (ResultSet row = read.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }

    @Override
    public Instant now(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT clock_timestamp()")) {
            if (!row.next()) {
                throw new SQLException("no answer from " + shown);
            }
            return row.getObject(1, OffsetDateTime.class).toInstant();
        }
    }

    @Override
    public Duration patience() {
        return PATIENCE;
    }

    @Override
    public Duration poll() {
        return POLL;
    }

    @Override
    public AutoCloseable listen(Runnable changed) {
        return new Listener(changed).started();
    }

    private static final Map<String, String> TABLES = Map.of("event", "cluster, seq, at, run, body, hash", "lease",
            "cluster, " + Transaction.LeaseRow.COLUMNS, "document", "name, content");

    @Override
    public void copyTo(Path file) throws SQLException, IOException {
        Sqlite copy = Sqlite.create(file, Clock.systemUTC());
        try (Connection from = connect(); Connection to = copy.connect()) {
            copy.migrate(to);
            from.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            from.setAutoCommit(false);
            to.setAutoCommit(false);
            for (Map.Entry<String, String> table : TABLES.entrySet()) {
                copy(from, to, table.getKey(), table.getValue());
            }
            to.commit();
        }
    }

    private static void copy(Connection from, Connection to, String table, String columns) throws SQLException {
        String places = columns.replaceAll("[^,]+", "?");
        try (Statement read = from.createStatement();
                PreparedStatement write = to
                        .prepareStatement("INSERT INTO " + table + " (" + columns + ") VALUES (" + places + ")")) {
            read.setFetchSize(1000);
            try (ResultSet rows = read.executeQuery("SELECT " + columns + " FROM " + table)) {
                while (rows.next()) {
                    for (int column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
                        write.setObject(column, rows.getObject(column));
                    }
                    write.executeUpdate();
                }
            }
        }
    }

    @Override
    public IOException explain(SQLException failure) {
        // the message of a batch repeats what was to be written
        SQLException cause = failure instanceof BatchUpdateException && failure.getNextException() != null
                ? failure.getNextException()
                : failure;
        String message = String.valueOf(cause.getMessage()).replace('\n', ' ');
        String state = String.valueOf(cause.getSQLState());
        String remedy = switch (state.length() < 2 ? "" : state.substring(0, 2)) {
            case "08", "57", "53" ->
                "look whether the server runs and can be reached: psql " + shown + "; what was acknowledged is kept";
            case "28" -> "check user and password (~/.pgpass, or " + PASSWORD_FILE + ") and the server's pg_hba.conf";
            case "3D" -> "make it: createdb " + url.substring(url.lastIndexOf('/') + 1);
            case "42" -> "the user needs CREATE on the database, or a schema of its own";
            default -> "";
        };
        return new IOException("the state " + shown + ": " + message + (remedy.isEmpty() ? "" : "; " + remedy),
                failure);
    }

    @Override
    public String toString() {
        return shown;
    }

    private String channel() {
        return "kindling_" + schema;
    }

    /** A connection that only listens; when it is lost a new one is made, and everybody looks for themselves. */
    private final class Listener implements AutoCloseable, Runnable {
        private final Runnable changed;
        private final Thread thread;
        private volatile boolean closed;
        private volatile @Nullable Connection connection;

        Listener(Runnable changed) {
            this.changed = changed;
            this.thread = Thread.ofPlatform().daemon().name("state-listener").unstarted(this);
        }

        Listener started() {
            thread.start();
            return this;
        }

        @Override
        public void run() {
            boolean told = false;
            while (!closed) {
                try (Connection mine = connect(); Statement statement = mine.createStatement()) {
                    connection = mine;
                    statement.execute("LISTEN \"" + channel() + "\"");
                    changed.run();
                    told = false;
                    PGConnection listening = mine.unwrap(PGConnection.class);
                    while (!closed) {
                        if (listening.getNotifications((int) LISTEN.toMillis()).length > 0) {
                            changed.run();
                        } else {
                            statement.execute("SELECT 1");
                        }
                    }
                } catch (SQLException e) {
                    if (!closed && !told) {
                        told = true;
                        LOG.warn("no notices from {}: {}; looking once a second until it answers", shown,
                                e.getMessage());
                    }
                    LockSupport.parkNanos(closed ? 0 : 1_000_000_000L);
                }
            }
        }

        @Override
        public void close() throws SQLException {
            closed = true;
            Connection mine = connection;
            if (mine != null) {
                // not close(), which waits for the reader; the socket ends under it
                mine.abort(Runnable::run);
            }
            LockSupport.unpark(thread);
        }
    }
}

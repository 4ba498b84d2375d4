package dev.kindling.engine.store;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The SQLite file: where it lies, who may read it, its schema and whether it is sound. */
final class Sqlite implements Database {
    static final String FILE = "state.db";

    /** "KNDL": tells our files from others' ({@code file state.db}). */
    private static final int APPLICATION_ID = 0x4b4e444c;

    /** Each entry takes the schema from its index to the next one; entries are never edited, only added. */
    private static final List<List<String>> MIGRATIONS = List.of(List.of("""
            CREATE TABLE event (
              id INTEGER PRIMARY KEY,
              cluster TEXT NOT NULL,
              seq INTEGER NOT NULL CHECK (seq > 0),
              at TEXT NOT NULL,
              run TEXT NOT NULL,
              body TEXT NOT NULL,
              hash BLOB NOT NULL CHECK (length(hash) = 32),
              UNIQUE (cluster, seq)
            ) STRICT""", """
            CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
              BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""", """
            CREATE TRIGGER event_is_never_removed BEFORE DELETE ON event
              BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""", """
            CREATE TABLE lease (
              cluster TEXT PRIMARY KEY,
              token INTEGER NOT NULL,
              held INTEGER NOT NULL CHECK (held IN (0, 1)),
              since TEXT NOT NULL,
              expires TEXT NOT NULL,
              user TEXT NOT NULL,
              host TEXT NOT NULL,
              pid INTEGER NOT NULL,
              start_ticks INTEGER NOT NULL,
              started_at TEXT NOT NULL,
              realm TEXT NOT NULL
            ) STRICT, WITHOUT ROWID"""), List.of(
            "CREATE INDEX event_by_run ON event (run)",
            """
                    CREATE TABLE document (
                      name TEXT PRIMARY KEY,
                      content BLOB NOT NULL
                    ) STRICT, WITHOUT ROWID"""));

    /** How long a statement waits for other processes. */
    private static final Duration BUSY = Duration.ofSeconds(10);

    /** How soon events of another process are seen. */
    private static final Duration POLL = Duration.ofMillis(100);

    /** WAL keeps its index in memory shared through the file system, which these do not offer across hosts. */
    private static final Set<String> REMOTE = Set.of("nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "9p", "afs",
            "fuse.sshfs", "fuse.glusterfs", "ceph", "lustre");

    private final Path file;
    private final String url;
    private final Clock clock;

    private Sqlite(Path file, String url, Clock clock) {
        this.file = file;
        this.url = url;
        this.clock = clock;
    }

    private Sqlite(Path file, Clock clock) {
        this(file, "jdbc:sqlite:" + file, clock);
    }

    /** A state that knows nothing, for looking where no file is; it is in memory, and gone with its last connection. */
    static Sqlite nothing(Path directory, Clock clock) {
        return new Sqlite(directory.resolve(FILE),
                "jdbc:sqlite:file:kindling-" + UUID.randomUUID() + "?mode=memory&cache=shared", clock);
    }

    /** Makes the directory and the file ready. */
    static Sqlite in(Path directory, Clock clock) throws IOException {
        Path file = directory.resolve(FILE);
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else if (Files.exists(file)) {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        }
        String type = Files.getFileStore(directory).type().toLowerCase(Locale.ROOT);
        if (REMOTE.contains(type)) {
            throw new IOException("the workspace " + directory + " is on a network file system (" + type
                    + "), where the journal cannot be kept safely; use a directory on a local disk");
        }
        try {
            privateFile(file);
        } catch (FileAlreadyExistsException e) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        }
        return new Sqlite(file, clock);
    }

    /** A database at exactly this path, which must not exist. */
    static Sqlite create(Path file, Clock clock) throws IOException {
        privateFile(file);
        return new Sqlite(file, clock);
    }

    /** SQLite gives its -wal and -shm files the permissions of the database itself. */
    private static void privateFile(Path file) throws IOException {
        Files.createFile(file,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    @Override
    public Connection connect() throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.setBusyTimeout((int) BUSY.toMillis());
        config.enforceForeignKeys(true);
        config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
        SQLException last = null;
        for (int attempt = 0; attempt < 50; attempt++) {
            try {
                return config.createConnection(url);
            } catch (SQLiteException e) {
                // Two processes that switch a new file to WAL at once: SQLite answers busy without waiting.
                if (e.getResultCode() != SQLiteErrorCode.SQLITE_BUSY
                        && e.getResultCode() != SQLiteErrorCode.SQLITE_BUSY_RECOVERY
                        && e.getResultCode() != SQLiteErrorCode.SQLITE_LOCKED) {
                    throw e;
                }
                last = e;
                java.util.concurrent.locks.LockSupport.parkNanos(100_000_000);
            }
        }
        throw last == null ? new SQLException("no connection to " + file) : last;
    }

    @Override
    public void migrate(Connection connection) throws SQLException, IOException {
        try (Statement statement = connection.createStatement()) {
            try (ResultSet rows = statement.executeQuery("PRAGMA quick_check(1)")) {
                String finding = rows.next() ? rows.getString(1) : "no answer";
                if (!"ok".equals(finding)) {
                    throw damaged(finding, null);
                }
            }
            // looking needs no lock, which another process may hold for long
            if (Database.number(statement, "PRAGMA application_id") == APPLICATION_ID
                    && Database.number(statement, "PRAGMA user_version") == MIGRATIONS.size()) {
                return;
            }
            statement.execute("BEGIN IMMEDIATE");
            try {
                int version = Database.number(statement, "PRAGMA user_version");
                int id = Database.number(statement, "PRAGMA application_id");
                if (id != APPLICATION_ID
                        && (version != 0 || Database.number(statement, "SELECT count(*) FROM sqlite_schema") > 0)) {
                    throw new IOException(file + " is a database of another program; choose another workspace");
                }
                if (version > MIGRATIONS.size()) {
                    throw Database.newer(file, version, MIGRATIONS.size());
                }
                Database.run(statement, MIGRATIONS, version);
                if (version < MIGRATIONS.size()) {
                    statement.execute("PRAGMA application_id = " + APPLICATION_ID);
                    statement.execute("PRAGMA user_version = " + MIGRATIONS.size());
                }
                statement.execute("COMMIT");
            } catch (SQLException | IOException e) {
                statement.execute("ROLLBACK");
                throw e;
            }
        }
    }

    /** The file's lock keeps everybody else out, whichever cluster they mean. */
    @Override
    public Begun begin(Connection connection, SortedSet<String> clusters) throws SQLException {
        execute(connection, "BEGIN IMMEDIATE");
        return new Begun(clock.instant(), 0, 0);
    }

    @Override
    public void commit(Connection connection) throws SQLException {
        execute(connection, "COMMIT");
    }

    @Override
    public void rollback(Connection connection) throws SQLException {
        execute(connection, "ROLLBACK");
    }

    @Override
    public boolean lost(SQLException failure) {
        return false;
    }

    @Override
    public boolean committed(Connection connection, Begun transaction) {
        return false;
    }

    @Override
    public Instant now(Connection connection) {
        return clock.instant();
    }

    @Override
    public Duration patience() {
        return Duration.ZERO;
    }

    @Override
    public Duration poll() {
        return POLL;
    }

    @Override
    public AutoCloseable listen(Runnable changed) {
        return () -> {
            // nobody tells: other processes' events are found by looking
        };
    }

    @Override
    public void copyTo(Path copy) throws SQLException, IOException {
        privateFile(copy);
        try (Connection connection = connect();
                PreparedStatement vacuum = connection.prepareStatement("VACUUM INTO ?")) {
            vacuum.setString(1, copy.toString());
            vacuum.execute();
        } catch (SQLiteException e) {
            if (e.getResultCode() == SQLiteErrorCode.SQLITE_FULL) {
                throw new IOException("the disk is full", e);
            }
            throw e;
        }
    }

    @Override
    public IOException explain(SQLException failure) {
        return switch (failure instanceof SQLiteException lite ? lite.getResultCode() : SQLiteErrorCode.SQLITE_ERROR) {
            case SQLITE_NOTADB, SQLITE_CORRUPT -> damaged(String.valueOf(failure.getMessage()), failure);
            case SQLITE_BUSY -> new IOException(file + " is locked by another process for " + BUSY.toSeconds() + " s"
                    + lockers() + "; let it go on (kill -CONT PID) or end it (kill -9 PID): nothing is lost", failure);
            case SQLITE_FULL -> new IOException(file + ": the disk is full; nothing of the last records was written",
                    failure);
            default -> new IOException(file + ": " + failure.getMessage(), failure);
        };
    }

    /** Who holds a lock for writing on the index of the write-ahead log: proc_locks(5). */
    private String lockers() {
        try {
            String inode = ":" + Files.getAttribute(file.resolveSibling(FILE + "-shm"), "unix:ino") + " ";
            List<String> pids = Files.readAllLines(Path.of("/proc/locks")).stream()
                    .filter(line -> line.contains(inode) && line.contains(" WRITE ") && !line.contains("->"))
                    .map(line -> line.strip().split("\\s+", -1)[4]).distinct().toList();
            return pids.isEmpty() ? "" : ", process " + String.join(", ", pids);
        } catch (IOException | UnsupportedOperationException | IndexOutOfBoundsException e) {
            return "";
        }
    }

    @Override
    public String toString() {
        return file.toString();
    }

    private IOException damaged(String finding, @Nullable Throwable cause) {
        return new IOException("the workspace's database " + file + " is damaged: " + finding + "\n"
                + "  1. end every kindling process that uses it, then move it away with its -wal and -shm files: mv "
                + file
                + "* SOMEWHERE\n"
                + "  2. put a backup in its place: cp BACKUP " + file
                + ", or rebuild each cluster from an export: kindling state import FILE\n"
                + "  without a backup and an export, do not run kindling up for a cluster that exists: its disks would be written again",
                cause);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}

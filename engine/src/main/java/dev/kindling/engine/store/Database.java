package dev.kindling.engine.store;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The SQLite file: where it lies, who may read it, its schema and whether it is sound. */
final class Database {
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
            ) STRICT, WITHOUT ROWID"""));

    /** WAL keeps its index in memory shared through the file system, which these do not offer across hosts. */
    private static final Set<String> REMOTE = Set.of("nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "9p", "afs",
            "fuse.sshfs", "fuse.glusterfs", "ceph", "lustre");

    private Database() {}

    /** Makes the directory and the file ready; returns the file. */
    static Path prepare(Path directory) throws IOException {
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
            // SQLite gives its -wal and -shm files the permissions of the database itself.
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (FileAlreadyExistsException e) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        }
        return file;
    }

    /** A connection with our settings. */
    static Connection connect(Path file) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.setBusyTimeout(10_000);
        config.enforceForeignKeys(true);
        config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
        SQLException last = null;
        for (int attempt = 0; attempt < 50; attempt++) {
            try {
                return config.createConnection("jdbc:sqlite:" + file);
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

    /** Checks the file and brings its schema to the present one. */
    static void migrate(Connection connection, Path file) throws SQLException, IOException {
        try (Statement statement = connection.createStatement()) {
            try (ResultSet rows = statement.executeQuery("PRAGMA quick_check(1)")) {
                String finding = rows.next() ? rows.getString(1) : "no answer";
                if (!"ok".equals(finding)) {
                    throw damaged(file, finding, null);
                }
            }
            statement.execute("BEGIN IMMEDIATE");
            try {
                int version = number(statement, "PRAGMA user_version");
                int id = number(statement, "PRAGMA application_id");
                if (id != APPLICATION_ID
                        && (version != 0 || number(statement, "SELECT count(*) FROM sqlite_schema") > 0)) {
                    throw new IOException(file + " is a database of another program; choose another workspace");
                }
                if (version > MIGRATIONS.size()) {
                    throw new IOException(file + " was written by a newer Kindling (schema " + version
                            + "; this one knows " + MIGRATIONS.size()
                            + "); update Kindling or choose another workspace");
                }
                for (int step = version; step < MIGRATIONS.size(); step++) {
                    for (String sql : MIGRATIONS.get(step)) {
                        statement.execute(sql);
                    }
                }
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

    static IOException damaged(Path file, String finding, @org.jspecify.annotations.Nullable Throwable cause) {
        return new IOException("the workspace's database " + file + " is damaged: " + finding
                + "; move it away together with its -wal and -shm files, or put a copy back", cause);
    }

    private static int number(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getInt(1) : 0;
        }
    }
}

package dev.kindling.engine.store;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SortedSet;

/** What SQLite and PostgreSQL do each in its own way. The statements of the journal itself are the same in both. */
interface Database {
    /** A connection with our settings; outside a transaction each statement stands for itself. */
    Connection connect() throws SQLException;

    /** Refuses what is damaged, newer or another program's, and brings the schema to the present one. */
    void migrate(Connection connection) throws SQLException, IOException;

    /**
     * A transaction that has begun.
     *
     * @param now the time of everything that is written in it
     * @param number by which it can be asked about later; 0: it cannot be cut off halfway
     * @param session that does it, in the database's words
     */
    record Begun(Instant now, long number, int session) {}

    /** Begins a transaction. Until it ends nobody else writes to these clusters, on whichever computer. */
    Begun begin(Connection connection, SortedSet<String> clusters) throws SQLException;

    /** Makes it durable, and wakes those who follow the journal elsewhere. */
    void commit(Connection connection) throws SQLException;

    void rollback(Connection connection) throws SQLException;

    /** Whether the connection is gone, so that a new one may do better. */
    boolean lost(SQLException failure);

    /** Whether a transaction was made durable whose connection was lost; asked on a new one. */
    boolean committed(Connection connection, Begun transaction) throws SQLException;

    /** The time by which leases are measured. */
    Instant now(Connection connection) throws SQLException;

    /** How long a lost connection is tried again. */
    Duration patience();

    /** How often those who follow the journal look for themselves. */
    Duration poll();

    /** Calls back after each commit of others, until it is closed. */
    AutoCloseable listen(Runnable changed);

    /** Copies everything, as it is at one moment, into a SQLite database in a file that is not there yet. */
    void copyTo(Path file) throws SQLException, IOException;

    /** What to tell the user; names the place and the remedy. */
    IOException explain(SQLException failure);

    /** For messages; without a password. */
    @Override
    String toString();

    /** Runs the migrations from a schema's version on. */
    static void run(Statement statement, List<List<String>> migrations, int version) throws SQLException {
        for (List<String> migration : migrations.subList(version, migrations.size())) {
            for (String sql : migration) {
                statement.execute(sql);
            }
        }
    }

    /** The first column of the first row; 0: there is none. */
    static int number(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getInt(1) : 0;
        }
    }

    static IOException newer(Object place, int version, int known) {
        return new IOException(place + " was written by a newer Kindling (schema " + version + "; this one knows "
                + known + "); update Kindling, or choose another state. To go back to this version: with the newer one,"
                + " kindling state export CLUSTER FILE; with this one, kindling state import FILE into a new workspace");
    }
}

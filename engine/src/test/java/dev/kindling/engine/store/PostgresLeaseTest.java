package dev.kindling.engine.store;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;

/** Locks in a real PostgreSQL: time is the database's. */
@ExtendWith(PostgresServer.Shared.class)
class PostgresLeaseTest extends LeaseContract {
    private final PostgresServer server;
    private String state = "";

    PostgresLeaseTest(PostgresServer server) {
        this.server = server;
    }

    @BeforeEach
    void freshState() {
        state = server.freshState();
    }

    @Override
    Store open(Owner owner) throws IOException {
        return server.open(state, owner);
    }

    @Override
    Store openByRealTime(Owner owner) throws IOException {
        return open(owner);
    }

    @Override
    AutoCloseable silence() throws SQLException {
        Connection other = server.connect(state);
        other.setAutoCommit(false);
        try (Statement statement = other.createStatement()) {
            statement.execute("LOCK TABLE lease IN ACCESS EXCLUSIVE MODE");
        }
        return other;
    }

    /** The database's clock goes its own way: instead, everything that was agreed is moved into the past. */
    @Override
    void pass(Duration time) throws Exception {
        try (Connection connection = server.connect(state);
                Statement read = connection.createStatement();
                PreparedStatement write = connection
                        .prepareStatement("UPDATE lease SET since = ?, expires = ? WHERE cluster = ?");
                ResultSet rows = read.executeQuery("SELECT since, expires, cluster FROM lease")) {
            while (rows.next()) {
                write.setString(1, Instant.parse(rows.getString(1)).minus(time).toString());
                write.setString(2, Instant.parse(rows.getString(2)).minus(time).toString());
                write.setString(3, rows.getString(3));
                write.executeUpdate();
            }
        }
    }
}

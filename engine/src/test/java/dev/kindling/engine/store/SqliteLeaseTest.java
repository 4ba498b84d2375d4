package dev.kindling.engine.store;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** Locks in a SQLite file: time is this computer's. */
class SqliteLeaseTest extends LeaseContract {
    private Instant now = Instant.parse("2026-01-02T03:04:05Z");

    @Override
    Store open(Owner owner) throws IOException {
        return Store.open(directory, new Clock() {
            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return now;
            }
        }, owner);
    }

    @Override
    Store openByRealTime(Owner owner) throws IOException {
        return Store.open(directory, Clock.systemUTC(), owner);
    }

    @Override
    AutoCloseable silence() throws SQLException {
        Connection other = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("state.db"));
        try (Statement statement = other.createStatement()) {
            statement.execute("BEGIN IMMEDIATE");
        }
        return other;
    }

    @Override
    void pass(Duration time) {
        now = now.plus(time);
    }
}

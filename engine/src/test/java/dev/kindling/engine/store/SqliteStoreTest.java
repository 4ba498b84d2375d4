package dev.kindling.engine.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A state in a SQLite file. */
class SqliteStoreTest extends StoreContract {
    @Test
    void keepsOthersFromReadingTheWorkspace() throws IOException {
        Path workspace = directory.resolve("new/workspace");
        try (Store store = Store.open(workspace, Clock.systemUTC())) {
            store.append("demo", "", Samples.note("x"));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(workspace))).isEqualTo("rwx------");
            try (var files = Files.list(workspace)) {
                List<Path> all = files.toList();
                assertThat(all).hasSizeGreaterThan(1);
                for (Path file : all) {
                    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).as(file.toString())
                            .isEqualTo("rw-------");
                }
            }
        }
    }

    @Test
    void saysWhatIsWrongWithAFileThatIsNoDatabase() throws IOException {
        Files.writeString(directory.resolve(Sqlite.FILE),
                "this is not a database, but it is long enough. ".repeat(99));
        assertThatThrownBy(this::open).isInstanceOf(IOException.class)
                .hasMessageContaining(directory.resolve(Sqlite.FILE).toString()).hasMessageContaining("is damaged")
                .hasMessageContaining("move it away");
    }

    @Test
    void noticesDamagedPagesWhenItOpens() throws Exception {
        try (Store store = open()) {
            for (int i = 0; i < 300; i++) {
                store.append("demo", "", Samples.note("text ".repeat(40)));
            }
        }
        byte[] bytes = Files.readAllBytes(directory.resolve(Sqlite.FILE));
        for (int page = 3; page < bytes.length / 4096; page++) {
            java.util.Arrays.fill(bytes, page * 4096, page * 4096 + 64, (byte) 0x5a);
        }
        Files.write(directory.resolve(Sqlite.FILE), bytes);
        assertThatThrownBy(this::open).isInstanceOf(IOException.class).hasMessageContaining("is damaged");
    }

    @Test
    void refusesADatabaseOfANewerKindling() throws Exception {
        open().close();
        sql("PRAGMA user_version = 99");
        assertThatThrownBy(this::open).isInstanceOf(IOException.class)
                .hasMessageContaining("newer Kindling (schema 99");
    }

    @Test
    void refusesADatabaseOfAnotherProgram() throws Exception {
        sql("CREATE TABLE photos (id INTEGER)");
        assertThatThrownBy(this::open).isInstanceOf(IOException.class).hasMessageContaining("another program");
    }

    /** The schema as the first version made it, with a record. */
    @Test
    void bringsADatabaseOfAnOlderKindlingToThePresentSchema() throws Exception {
        try (Store store = open()) {
            store.append("demo", "r", Samples.note("kept"));
        }
        sql("DROP INDEX event_by_run", "DROP TABLE document", "PRAGMA user_version = 1");
        try (Store store = open()) {
            assertThat(store.read("demo", 0)).singleElement()
                    .satisfies(event -> assertThat(event.event().text()).isEqualTo("kept"));
            assertThat(store.clusterOf("r")).contains("demo");
            store.changeDocument("d", content -> new byte[]{1});
            assertThat(store.document("d")).isPresent();
        }
    }

    @Override
    Store open() throws IOException {
        return Store.open(directory, Clock.systemUTC());
    }

    @Override
    void unguard() throws Exception {
        sql("DROP TRIGGER event_is_never_changed", "DROP TRIGGER event_is_never_removed");
    }

    @Override
    void sql(String... statements) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve(Sqlite.FILE));
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}

package dev.kindling.engine.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling.Subscription;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A state in a real PostgreSQL. */
@ExtendWith(PostgresServer.Shared.class)
class PostgresStoreTest extends StoreContract {
    private final PostgresServer server;
    private String state = "";

    PostgresStoreTest(PostgresServer server) {
        this.server = server;
    }

    @BeforeEach
    void freshState() {
        state = server.freshState();
    }

    @Test
    void theServersCrashLosesNothingAndWritesNothingTwice() throws Exception {
        try (Store store = open(); ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            BlockingQueue<Event.Recorded> heard = new LinkedBlockingQueue<>();
            List<Future<List<Long>>> writers = new ArrayList<>();
            try (Subscription _ = store.tail("demo", 0, heard::add)) {
                var stopped = new java.util.concurrent.atomic.AtomicBoolean();
                for (int writer = 0; writer < 8; writer++) {
                    String name = "w" + writer + "/";
                    writers.add(threads.submit((Callable<List<Long>>) () -> {
                        List<Long> acknowledged = new ArrayList<>();
                        for (int i = 0; !stopped.get() || i < 20; i++) {
                            acknowledged.add(store.append("demo", "", Samples.note(name + i)).seq());
                        }
                        return acknowledged;
                    }));
                }
                for (int crash = 0; crash < 3; crash++) {
                    long before = store.lastSeq("demo");
                    while (store.lastSeq("demo") < before + 50) {
                        Thread.onSpinWait();
                    }
                    server.stop();
                    server.start();
                }
                stopped.set(true);
                List<Long> acknowledged = new ArrayList<>();
                for (Future<List<Long>> writer : writers) {
                    acknowledged.addAll(writer.get());
                }
                assertThat(acknowledged.stream().sorted())
                        .isEqualTo(LongStream.rangeClosed(1, acknowledged.size()).boxed().toList());
                List<Event.Recorded> kept = store.read("demo", 0);
                assertThat(kept).hasSize(acknowledged.size());
                assertThat(kept.stream().map(event -> event.event().text())).doesNotHaveDuplicates();
                assertThat(store.verify("demo").ok()).isTrue();
                for (Event.Recorded event : kept) {
                    assertThat(heard.poll(60, TimeUnit.SECONDS)).isEqualTo(event);
                }
            }
        }
    }

    /** The moment that matters: the server has committed and its answer is lost. */
    @Test
    void aCommitWhoseAnswerIsLostIsNotDoneAgain() throws Exception {
        Postgres database = Postgres.at(state, server.environment(state));
        var demo = new java.util.TreeSet<>(List.of("demo"));
        try (Store store = open()) {
            store.append("demo", "", Samples.note("1"));
            Connection answered = database.connect();
            Database.Begun done = database.begin(answered, demo);
            database.commit(answered);
            try (Connection other = database.connect()) {
                assertThat(database.committed(other, done)).isTrue();
            }
            Connection hanging = database.connect();
            Database.Begun open = database.begin(hanging, demo);
            try (Connection other = database.connect()) {
                assertThat(database.committed(other, open)).as("its session is ended, for it waits for nobody")
                        .isFalse();
            }
            assertThat(store.append("demo", "", Samples.note("2")).seq()).isEqualTo(2);
            assertThat(answered.isValid(5) || hanging.isValid(5)).isFalse();
        }
    }

    @Test
    void saysWhatToDoWhenTheServerDoesNotComeBack() throws Exception {
        try (Store store = open()) {
            store.append("demo", "", Samples.note("1"));
            server.stop();
            try {
                assertThatThrownBy(() -> store.append("demo", "", Samples.note("2")))
                        .isInstanceOf(UncheckedIOException.class).hasMessageContaining("cannot be written")
                        .hasMessageContaining("look whether the server runs");
                assertThatThrownBy(() -> store.read("demo", 0)).isInstanceOf(UncheckedIOException.class)
                        .hasMessageContaining("127.0.0.1").hasMessageNotContaining(server.password());
                assertThatThrownBy(this::open).isInstanceOf(IOException.class)
                        .hasMessageContaining("look whether the server runs");
            } finally {
                server.start();
            }
            assertThat(store.append("demo", "", Samples.note("2")).seq()).isEqualTo(2);
        }
    }

    @Test
    void tellsOtherComputersAtOnce() throws Exception {
        BlockingQueue<Event.Recorded> heard = new LinkedBlockingQueue<>();
        try (Store ours = open(); Store theirs = open(); Subscription _ = ours.tail("demo", 0, heard::add)) {
            // by looking alone, this would take more than a minute
            for (long seq = 1; seq <= 100; seq++) {
                theirs.append("demo", "", Samples.note("x"));
                Event.Recorded next = heard.poll(60, TimeUnit.SECONDS);
                assertThat(next).isNotNull().extracting(Event.Recorded::seq).isEqualTo(seq);
            }
        }
    }

    @Test
    void twoOperatorsShareTheNumbersOfACluster() throws Exception {
        try (Store ours = open();
                Store theirs = open();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int writer = 0; writer < 20; writer++) {
                Store store = writer % 2 == 0 ? ours : theirs;
                running.add(threads.submit(() -> {
                    for (int i = 0; i < 25; i++) {
                        store.append(i % 3 == 0 ? "b" : "a", "", Samples.note("x"));
                    }
                }));
            }
            for (Future<?> future : running) {
                future.get();
            }
            assertThat(ours.verify("a").records() + ours.verify("b").records()).isEqualTo(500);
            assertThat(ours.verify("a").ok() && ours.verify("b").ok()).isTrue();
        }
    }

    @Test
    void refusesAStateOfANewerKindlingAndASchemaOfAnotherProgram() throws Exception {
        open().close();
        server.sql(state, "UPDATE schema_version SET version = 99");
        assertThatThrownBy(this::open).isInstanceOf(IOException.class)
                .hasMessageContaining("newer Kindling (schema 99");
        state = server.freshState();
        String schema = state.substring(state.indexOf('=') + 1);
        server.sql(state, "CREATE SCHEMA " + schema, "CREATE TABLE photos (id INTEGER)");
        assertThatThrownBy(this::open).isInstanceOf(IOException.class).hasMessageContaining("another program's");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            postgresql://anna:geheim@db/state           | holds a password
            jdbc:postgresql://db/state?password=geheim  | holds a password
            mysql://db/state                            | expected postgresql://USER@HOST:PORT/DATABASE
            postgresql://db                             | expected postgresql://USER@HOST:PORT/DATABASE
            postgresql:///state                         | expected postgresql://USER@HOST:PORT/DATABASE
            postgresql://db/state?sslmode               | NAME=VALUE is expected
            postgresql://db/state?currentSchema=a,b     | one name
            post gres                                   | no URL
            """)
    void refusesAnAddressThatItCannotUseWithoutShowingAPassword(String address, String message) {
        assertThatThrownBy(() -> Postgres.at(address, Map.of())).isInstanceOf(IOException.class)
                .hasMessageContaining(message).hasMessageNotContaining("geheim");
    }

    @Test
    void understandsTheAddressesThatPeopleHave() throws Exception {
        String plain = state.substring("postgresql://".length());
        for (String scheme : List.of("postgresql://", "postgres://", "jdbc:postgresql://")) {
            try (Store store = Store.open(directory, server.environment(scheme + plain), java.time.Clock.systemUTC())) {
                assertThat(store.place()).isEqualTo(state);
                assertThat(store.shared()).isTrue();
            }
        }
    }

    @Test
    void refusesAPasswordThatOthersCanRead() throws Exception {
        var file = directory.resolve("password");
        Files.writeString(file, "geheim");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> Postgres.at(state, Map.of(Postgres.PASSWORD_FILE, file.toString())))
                .hasMessageContaining("chmod 600").hasMessageNotContaining("geheim");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        assertThatThrownBy(
                () -> Store.open(Postgres.at(state, Map.of(Postgres.PASSWORD_FILE, file.toString())), Owner.self()))
                .hasMessageContaining("check user and password").hasMessageNotContaining("geheim");
    }

    @Test
    void findsThePasswordWherePsqlFindsIt() throws Exception {
        try (Store store = Store.open(Postgres.at(state, Map.of("PGPASSWORD", server.password())), Owner.self())) {
            assertThat(store.clusters()).isEmpty();
        }
        var file = directory.resolve("pgpass");
        Files.writeString(file, "127.0.0.1:1:*:kindling:wrong\n127.0.0.1:" + server.port() + ":postgres:kindling:"
                + server.password() + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        // the driver's name for PGPASSFILE
        System.setProperty("org.postgresql.pgpassfile", file.toString());
        try (Store store = Store.open(Postgres.at(state, Map.of()), Owner.self())) {
            assertThat(store.clusters()).isEmpty();
        } finally {
            System.clearProperty("org.postgresql.pgpassfile");
        }
        assertThatThrownBy(() -> Store.open(Postgres.at(state, Map.of("PGPASSWORD", "geheim")), Owner.self()))
                .hasMessageContaining("check user and password").hasMessageNotContaining("geheim");
    }

    @Test
    void encryptsAndKnowsItsServerWhereTheAddressAsksForIt() throws Exception {
        assertThatThrownBy(() -> server.open(state + "&sslmode=require", Owner.self()))
                .hasMessageContaining("does not support SSL");
        Path certificate = server.encrypt(state);
        try {
            String verified = state + "&sslmode=verify-full&sslrootcert=";
            try (Store store = openEncrypted(verified + certificate)) {
                store.append("demo", "", Samples.note("x"));
                assertThat(encryptedSessions()).isPositive();
                assertThat(store.place()).isEqualTo(state);
            }
            Path another = directory.resolve("another.crt");
            assertThat(new ProcessBuilder("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=another", "-keyout", "/dev/null", "-out",
                    another.toString()).redirectErrorStream(true)
                    .redirectOutput(directory.resolve("openssl.log").toFile()).start().waitFor()).isZero();
            assertThatThrownBy(() -> server.open(verified + another, Owner.self()))
                    .hasMessageContaining("the state " + state).hasMessageContaining("certif");
        } finally {
            server.encryptNoMore(state);
        }
    }

    /** The server takes its new settings a moment after it was asked to. */
    private Store openEncrypted(String address) throws Exception {
        for (int attempt = 0;; attempt++) {
            try {
                return server.open(address, Owner.self());
            } catch (IOException e) {
                assertThat(attempt).as(e.getMessage()).isLessThan(100);
                Thread.sleep(50);
            }
        }
    }

    private int encryptedSessions() throws Exception {
        try (Connection connection = server.connect(state);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity"
                        + " USING (pid) WHERE ssl AND application_name LIKE 'kindling%'")) {
            row.next();
            return row.getInt(1);
        }
    }

    @Test
    void aJournalThatMovesHereAndBackIsTheSameBytes() throws Exception {
        Path first = directory.resolve("first.jsonl");
        try (Store file = Store.open(directory.resolve("file"), java.time.Clock.systemUTC())) {
            Samples.all().forEach(event -> file.append("demo", "run-1", event));
            file.exportJournal("demo", first);
        }
        Path second = directory.resolve("second.jsonl");
        try (Store database = open()) {
            assertThat(database.importJournal(first)).isEmpty();
            assertThat(database.verify("demo").ok()).isTrue();
            database.exportJournal("demo", second);
        }
        Path third = directory.resolve("third.jsonl");
        try (Store file = Store.open(directory.resolve("again"), java.time.Clock.systemUTC())) {
            assertThat(file.importJournal(second)).isEmpty();
            assertThat(file.append("demo", "run-1", Samples.note("goes on")).seq())
                    .isEqualTo(Samples.all().size() + 1L);
            assertThat(file.verify("demo").ok()).isTrue();
            file.exportJournal("demo", third);
        }
        assertThat(records(second)).isEqualTo(records(first)).hasSize(Samples.all().size());
        assertThat(records(third)).startsWith(records(first).toArray(String[]::new));
    }

    /** Without the lines that say when and by whom an export was made. */
    private static List<String> records(Path export) throws IOException {
        return Files.readAllLines(export).stream().filter(line -> line.contains("\"hash\"")).toList();
    }

    @Test
    void leavesNoConnectionBehind() throws Exception {
        Store store = open();
        store.append("demo", "", Samples.note("x"));
        store.close();
        try (Connection connection = server.connect(state); Statement statement = connection.createStatement()) {
            for (int left = 1; left > 0;) {
                try (ResultSet row = statement.executeQuery(
                        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'kindling%'")) {
                    row.next();
                    left = row.getInt(1);
                }
            }
        }
    }

    @Override
    Store open() throws IOException {
        return server.open(state, Owner.self());
    }

    @Override
    void sql(String... statements) throws Exception {
        server.sql(state, statements);
    }

    @Override
    void unguard() throws Exception {
        sql("DROP TRIGGER event_is_never_changed ON event", "DROP TRIGGER event_is_never_removed ON event");
    }
}

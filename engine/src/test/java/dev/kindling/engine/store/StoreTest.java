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
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class StoreTest {
    @TempDir
    Path directory;

    @Test
    void readsBackEveryKindOfEventAsItWasWritten() throws IOException {
        assertThat(Samples.all().stream().map(Event::getClass).collect(Collectors.toSet()))
                .as("the samples have one event of each kind")
                .hasSize(Event.class.getPermittedSubclasses().length);
        List<Event.Recorded> written = new ArrayList<>();
        try (Store store = open()) {
            Samples.all().forEach(event -> written.add(store.append("demo", "run-1", event)));
        }
        try (Store store = open()) {
            assertThat(store.read("demo", 0)).isEqualTo(written);
            assertThat(store.read("demo", 3, 2)).isEqualTo(written.subList(3, 5));
            assertThat(store.lastSeq("demo")).isEqualTo(written.size());
            assertThat(store.lastSeq("other")).isZero();
            assertThat(store.verify("demo").ok()).isTrue();
            assertThat(store.verify("demo").records()).isEqualTo(written.size());
        }
    }

    @Test
    void numbersEachClusterWithoutGapsWhenManyThreadsWrite() throws Exception {
        Map<String, List<Long>> answered = new ConcurrentHashMap<>();
        try (Store store = open(); ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int writer = 0; writer < 60; writer++) {
                String cluster = "c" + writer % 3;
                running.add(threads.submit(() -> {
                    for (int i = 0; i < 50; i++) {
                        long seq = store.append(cluster, "", Samples.note("n" + i)).seq();
                        answered.computeIfAbsent(cluster,
                                any -> java.util.Collections.synchronizedList(new ArrayList<>()))
                                .add(seq);
                    }
                }));
            }
            for (Future<?> future : running) {
                future.get();
            }
            assertThat(store.clusters()).containsExactly("c0", "c1", "c2");
            for (String cluster : store.clusters()) {
                assertThat(answered.getOrDefault(cluster, List.of()).stream().sorted())
                        .isEqualTo(LongStream.rangeClosed(1, 1000).boxed().toList());
                assertThat(store.read(cluster, 0).stream().map(Event.Recorded::seq))
                        .isEqualTo(LongStream.rangeClosed(1, 1000).boxed().toList());
                assertThat(store.verify(cluster).ok()).isTrue();
            }
        }
    }

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

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            UPDATE event SET body = replace(body, 'n3', 'nX') WHERE seq = 4  | 4 | record 4 is not what was written
            UPDATE event SET at = '2020-01-01T00:00:00Z' WHERE seq = 2       | 2 | record 2 is not what was written
            DELETE FROM event WHERE seq = 3                                  | 3 | record 3 is missing
            UPDATE event SET hash = zeroblob(32) WHERE seq = 5               | 5 | record 5 is not what was written
            UPDATE event SET run = 'r2' WHERE seq = 1                        | 1 | record 1 is not what was written
            """)
    void namesTheFirstRecordThatWasTamperedWith(String tampering, long broken, String reason) throws Exception {
        try (Store store = open()) {
            for (int i = 0; i < 6; i++) {
                store.append("demo", "r", Samples.note("n" + i));
            }
        }
        sql("DROP TRIGGER event_is_never_changed", "DROP TRIGGER event_is_never_removed", tampering);
        try (Store store = open()) {
            Verification verification = store.verify("demo");
            assertThat(verification.ok()).isFalse();
            assertThat(verification.brokenSeq()).isEqualTo(broken);
            assertThat(verification.records()).isEqualTo(broken - 1);
            assertThat(verification.reason()).isEqualTo(reason);
        }
    }

    @Test
    void refusesToChangeOrRemoveARecord() throws Exception {
        try (Store store = open()) {
            store.append("demo", "", Samples.note("x"));
        }
        assertThatThrownBy(() -> sql("UPDATE event SET run = 'other'")).hasMessageContaining("append-only");
        assertThatThrownBy(() -> sql("DELETE FROM event")).hasMessageContaining("append-only");
    }

    @Test
    void saysWhatIsWrongWithAFileThatIsNoDatabase() throws IOException {
        Files.writeString(directory.resolve(Database.FILE),
                "this is not a database, but it is long enough. ".repeat(99));
        assertThatThrownBy(this::open).isInstanceOf(IOException.class)
                .hasMessageContaining(directory.resolve(Database.FILE).toString()).hasMessageContaining("is damaged")
                .hasMessageContaining("move it away");
    }

    @Test
    void noticesDamagedPagesWhenItOpens() throws Exception {
        try (Store store = open()) {
            for (int i = 0; i < 300; i++) {
                store.append("demo", "", Samples.note("text ".repeat(40)));
            }
        }
        byte[] bytes = Files.readAllBytes(directory.resolve(Database.FILE));
        for (int page = 3; page < bytes.length / 4096; page++) {
            java.util.Arrays.fill(bytes, page * 4096, page * 4096 + 64, (byte) 0x5a);
        }
        Files.write(directory.resolve(Database.FILE), bytes);
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

    @Test
    void followsTheJournalFromTheGivenEventOn() throws Exception {
        BlockingQueue<Event.Recorded> heard = new LinkedBlockingQueue<>();
        try (Store store = open()) {
            for (int i = 1; i <= 1200; i++) {
                store.append("demo", "", Samples.note("before " + i));
            }
            try (Subscription tail = store.tail("demo", 7, heard::add)) {
                assertThat(tail).isNotNull();
                store.append("other", "", Samples.note("not for us"));
                for (int i = 0; i < 300; i++) {
                    store.append("demo", "", Samples.note("after"));
                }
                for (long seq = 8; seq <= 1500; seq++) {
                    Event.Recorded next = take(heard);
                    assertThat(next.seq()).isEqualTo(seq);
                    assertThat(next.cluster()).isEqualTo("demo");
                }
            }
            assertThat(heard).isEmpty();
        }
    }

    @Test
    void hearsOfEventsThatAnotherConnectionWrites() throws Exception {
        BlockingQueue<Event.Recorded> heard = new LinkedBlockingQueue<>();
        try (Store ours = open(); Store theirs = open(); Subscription tail = ours.tail("demo", 0, heard::add)) {
            assertThat(tail).isNotNull();
            for (long seq = 1; seq <= 20; seq++) {
                (seq % 2 == 0 ? ours : theirs).append("demo", "", Samples.note("x"));
                assertThat(take(heard).seq()).isEqualTo(seq);
            }
            assertThat(ours.verify("demo").records()).isEqualTo(20);
        }
    }

    @Test
    void aListenerThatThrowsEndsOnlyItsOwnSubscription() throws Exception {
        BlockingQueue<Event.Recorded> heard = new LinkedBlockingQueue<>();
        BlockingQueue<Event.Recorded> bad = new ArrayBlockingQueue<>(1);
        try (Store store = open()) {
            store.tail("demo", 0, event -> {
                bad.add(event);
                throw new IllegalStateException("listener of this test");
            });
            store.tail("demo", 0, heard::add);
            store.append("demo", "", Samples.note("1"));
            take(bad);
            store.append("demo", "", Samples.note("2"));
            assertThat(take(heard).seq()).isEqualTo(1);
            assertThat(take(heard).seq()).isEqualTo(2);
            assertThat(bad).isEmpty();
        }
    }

    @Test
    void closingASubscriptionInItsListenerEndsIt() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        List<Long> heard = java.util.Collections.synchronizedList(new ArrayList<>());
        BlockingQueue<Event.Recorded> control = new LinkedBlockingQueue<>();
        try (Store store = open()) {
            Subscription[] self = new Subscription[1];
            self[0] = store.tail("demo", 0, event -> {
                heard.add(event.seq());
                self[0].close();
                first.countDown();
            });
            store.append("demo", "", Samples.note("1"));
            assertThat(first.await(60, TimeUnit.SECONDS)).isTrue();
            store.tail("demo", 0, control::add);
            store.append("demo", "", Samples.note("2"));
            assertThat(take(control).seq()).isEqualTo(1);
            assertThat(take(control).seq()).isEqualTo(2);
            assertThat(heard).containsExactly(1L);
        }
    }

    @Test
    void refusesToWriteAfterItIsClosed() throws IOException {
        Store store = open();
        store.close();
        store.close();
        assertThatThrownBy(() -> store.append("demo", "", Samples.note("x"))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> store.read("demo", 0)).isInstanceOf(UncheckedIOException.class);
    }

    private static Event.Recorded take(BlockingQueue<Event.Recorded> queue) throws InterruptedException {
        Event.Recorded next = queue.poll(60, TimeUnit.SECONDS);
        assertThat(next).as("an event within a minute").isNotNull();
        return java.util.Objects.requireNonNull(next);
    }

    private Store open() throws IOException {
        return Store.open(directory, Clock.systemUTC());
    }

    private void sql(String... statements) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve(Database.FILE));
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}

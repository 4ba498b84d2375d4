package dev.kindling.engine.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling.Audit;
import dev.kindling.engine.api.Kindling.Subscription;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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

/** What every state keeps to, whichever database it lies in. */
@Timeout(120)
abstract class StoreContract {
    @TempDir
    Path directory;

    /** A new connection to the state of this test. */
    abstract Store open() throws IOException;

    /** Somebody with access to the database does this. */
    abstract void sql(String... statements) throws Exception;

    /** What keeps records from being changed is taken away. */
    abstract void unguard() throws Exception;

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

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            UPDATE event SET body = replace(body, 'n3', 'nX') WHERE seq = 4  | 4 | record 4 is not what was written
            UPDATE event SET at = '2020-01-01T00:00:00Z' WHERE seq = 2       | 2 | record 2 is not what was written
            DELETE FROM event WHERE seq = 3                                  | 3 | record 3 is missing
            UPDATE event SET hash = (SELECT hash FROM event WHERE seq = 1) WHERE seq = 5 | 5 | record 5 is not what was written
            UPDATE event SET run = 'r2' WHERE seq = 1                        | 1 | record 1 is not what was written
            """)
    void namesTheFirstRecordThatWasTamperedWith(String tampering, long broken, String reason) throws Exception {
        try (Store store = open()) {
            for (int i = 0; i < 6; i++) {
                store.append("demo", "r", Samples.note("n" + i));
            }
        }
        unguard();
        sql(tampering);
        try (Store store = open()) {
            Audit verification = store.verify("demo");
            assertThat(verification.ok()).isFalse();
            assertThat(verification.firstBadRecord()).isEqualTo(broken);
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

    @Test
    void findsTheClusterOfARunAndTheClustersWithoutReadingTheirEvents() throws IOException {
        try (Store store = open()) {
            assertThat(store.clusters()).isEmpty();
            for (String cluster : List.of("b", "a", "c")) {
                store.append(cluster, "run-" + cluster, Samples.note("x"));
            }
            assertThat(store.clusters()).containsExactly("a", "b", "c");
            assertThat(store.clusterOf("run-b")).contains("b");
            assertThat(store.clusterOf("run-x")).isEmpty();
        }
    }

    @Test
    void readsALongJournalPageByPageWhileOthersWrite() throws Exception {
        try (Store store = open(); ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            writeMany(store, threads, 40, 63);
            Future<?> more = threads.submit(() -> {
                for (int i = 0; i < 200; i++) {
                    store.append("demo", "", Samples.note("meanwhile"));
                }
            });
            List<Event.Recorded> all = store.read("demo", 0);
            assertThat(all.size()).isGreaterThanOrEqualTo(40 * 63);
            assertThat(all.stream().map(Event.Recorded::seq))
                    .isEqualTo(LongStream.rangeClosed(1, all.size()).boxed().toList());
            more.get();
        }
    }

    static void writeMany(Store store, ExecutorService threads, int writers, int each) throws Exception {
        List<Future<?>> running = new ArrayList<>();
        for (int writer = 0; writer < writers; writer++) {
            running.add(threads.submit(() -> {
                for (int i = 0; i < each; i++) {
                    store.append("demo", "", Samples.note("n" + i));
                }
            }));
        }
        for (Future<?> future : running) {
            future.get();
        }
    }

    @Test
    void keepsDocumentsAndChangesThemOneAtATime() throws Exception {
        try (Store ours = open();
                Store theirs = open();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            assertThat(ours.document("d")).isEmpty();
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                Store store = i % 2 == 0 ? ours : theirs;
                running.add(threads.submit(() -> store.changeDocument("d", content -> {
                    byte[] longer = java.util.Arrays.copyOf(content == null ? new byte[0] : content,
                            content == null ? 1 : content.length + 1);
                    longer[longer.length - 1] = 7;
                    return longer;
                })));
            }
            for (Future<?> future : running) {
                future.get();
            }
            assertThat(theirs.document("d").orElseThrow()).hasSize(40).containsOnly(7);
            ours.changeDocument("d", content -> null);
            assertThat(ours.document("d").orElseThrow()).hasSize(40);
        }
    }

    @Test
    void aBackupIsAWorkspaceOfItsOwnAndHasAllOfOneMoment() throws Exception {
        Path backup = directory.resolve("copy").resolve("state.db");
        Files.createDirectories(backup.getParent());
        try (Store store = open(); ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            writeMany(store, threads, 20, 20);
            store.changeDocument("d", content -> new byte[]{1, 2});
            java.util.concurrent.atomic.AtomicBoolean enough = new java.util.concurrent.atomic.AtomicBoolean();
            Future<?> more = threads.submit(() -> {
                while (!enough.get()) {
                    store.append("demo", "", Samples.note("meanwhile"));
                }
            });
            store.backup(backup);
            enough.set(true);
            more.get();
            assertThatThrownBy(() -> store.backup(backup))
                    .isInstanceOf(java.nio.file.FileAlreadyExistsException.class);
            try (var files = Files.list(Objects.requireNonNull(backup.getParent()))) {
                assertThat(files).as("nothing else is left").containsExactly(backup);
            }
            try (Store copy = Store.open(Objects.requireNonNull(backup.getParent()), java.time.Clock.systemUTC())) {
                Audit audit = copy.verify("demo");
                assertThat(audit.ok()).isTrue();
                assertThat(audit.records()).isBetween(400L, store.lastSeq("demo"));
                assertThat(copy.read("demo", 0)).isEqualTo(store.read("demo", 0).subList(0, (int) audit.records()));
                assertThat(copy.document("d").orElseThrow()).containsExactly(1, 2);
                assertThat(copy.append("demo", "", Samples.note("goes on")).seq()).isEqualTo(audit.records() + 1);
            }
        }
    }

    @Test
    void anExportRebuildsTheSameJournalAndIsNeverImportedOverOne() throws Exception {
        Path file = directory.resolve("demo.jsonl");
        List<Event.Recorded> written;
        Audit before;
        try (Store store = open()) {
            Samples.all().forEach(event -> store.append("demo", "run-1", event));
            for (int i = 0; i < 2100; i++) {
                store.append("other", "", Samples.note("not of this cluster"));
            }
            store.exportJournal("demo", file);
            store.exportJournal("other", directory.resolve("other.jsonl"));
            written = store.read("demo", 0);
            before = store.verify("demo");
            assertThatThrownBy(() -> store.exportJournal("nobody", directory.resolve("x")))
                    .hasMessageContaining("no records of a cluster nobody");
            assertThat(store.importJournal(file)).singleElement()
                    .satisfies(problem -> assertThat(problem.code()).isEqualTo("import-exists"));
            assertThat(store.verify("demo")).isEqualTo(before);
        }
        try (Store fresh = Store.open(directory.resolve("fresh"), java.time.Clock.systemUTC())) {
            assertThat(fresh.importJournal(file)).isEmpty();
            assertThat(fresh.importJournal(directory.resolve("other.jsonl"))).isEmpty();
            assertThat(fresh.read("demo", 0)).isEqualTo(written);
            assertThat(fresh.verify("demo")).isEqualTo(before);
            assertThat(fresh.verify("other").records()).isEqualTo(2100);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            3  | a text that was changed | import-chain-broken  | 4 | record 3 is not what was written
            3  |                         | import-chain-broken  | 4 | record 3 is missing
            0  |                         | import-format        | 1 | this is no export of Kindling
            -1 |                         | import-truncated     | 7 | the file ends after record 5
            """)
    void refusesAnExportThatIsNotWhatWasWritten(int record, String change, String code, int line, String message)
            throws Exception {
        Path file = directory.resolve("demo.jsonl");
        try (Store store = open()) {
            for (int i = 1; i <= 5; i++) {
                store.append("demo", "r", Samples.note("a text"));
            }
            store.exportJournal("demo", file);
        }
        List<String> lines = new ArrayList<>(Files.readAllLines(file));
        int at = record < 0 ? lines.size() - 1 : record;
        if (change == null) {
            lines.remove(at);
        } else {
            lines.set(at, lines.get(at).replace("a text", change));
        }
        Files.write(file, lines);
        try (Store fresh = Store.open(directory.resolve("fresh"), java.time.Clock.systemUTC())) {
            assertThat(fresh.importJournal(file)).singleElement().satisfies(problem -> {
                assertThat(problem.code()).isEqualTo(code);
                assertThat(problem.line()).isEqualTo(line);
                assertThat(problem.message()).startsWith(message);
            });
            assertThat(fresh.clusters()).isEmpty();
        }
    }

    @Test
    void exportsNoBrokenChain() throws Exception {
        try (Store store = open()) {
            for (int i = 1; i <= 3; i++) {
                store.append("demo", "r", Samples.note("x"));
            }
            unguard();
            sql("UPDATE event SET run = 'other' WHERE seq = 2");
            Path file = directory.resolve("demo.jsonl");
            assertThatThrownBy(() -> store.exportJournal("demo", file))
                    .hasMessageContaining("record 2 is not what was written");
            assertThat(file).doesNotExist();
        }
    }
}

import dev.kindling.engine.api.Event;
import dev.kindling.engine.store.Store;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Durable appends by concurrent writers: records a second, and how long one writer waits. Run by journal.sh. */
final class Journal {
    private Journal() {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        int seconds = Integer.parseInt(arguments[1]);
        try (Store store = Store.open(directory, System.getenv(), Clock.systemUTC())) {
            System.out.println(store.shared() ? "PostgreSQL" : "SQLite");
            write(store, "warm-up", 16, 2);
            for (int writers : new int[]{1, 4, 16, 64, 256}) {
                write(store, "w" + writers, writers, seconds);
            }
            long begun = System.nanoTime();
            int read = store.read("w256", 0).size();
            long took = System.nanoTime() - begun;
            System.out.printf(Locale.ROOT, "read %d records: %.0f a second%n", read, read / (took / 1e9));
            begun = System.nanoTime();
            long verified = store.verify("w256").records();
            System.out.printf(Locale.ROOT, "verified %d records: %.0f a second%n", verified,
                    verified / ((System.nanoTime() - begun) / 1e9));
        }
    }

    private static void write(Store store, String cluster, int writers, int seconds) throws Exception {
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        Event event = new Event.Noted(null, false, "demo-wk-1 wrote piece 3 of 4, 268435456 octets, and goes on with the next");
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<long[]>> running = new ArrayList<>();
            for (int writer = 0; writer < writers; writer++) {
                running.add(threads.submit(() -> {
                    long[] waits = new long[200_000];
                    int count = 0;
                    for (long begun = System.nanoTime(); begun < end && count < waits.length; count++) {
                        store.append(cluster, "run", event);
                        long now = System.nanoTime();
                        waits[count] = now - begun;
                        begun = now;
                    }
                    return Arrays.copyOf(waits, count);
                }));
            }
            var all = new ArrayList<long[]>();
            for (Future<long[]> future : running) {
                all.add(future.get());
            }
            long[] waits = all.stream().flatMapToLong(Arrays::stream).sorted().toArray();
            if (!cluster.equals("warm-up")) {
                System.out.printf(Locale.ROOT, "%4d writers: %6.0f records/s, waits p50 %.2f ms, p99 %.2f ms%n", writers,
                        waits.length / (double) seconds, waits[waits.length / 2] / 1e6,
                        waits[(int) (waits.length * 0.99)] / 1e6);
            }
        }
    }
}

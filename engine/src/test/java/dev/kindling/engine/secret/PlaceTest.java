package dev.kindling.engine.secret;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class PlaceTest {
    private static final int THREADS = 4;
    private static final int TIMES = 100;

    @TempDir
    Path directory;

    /** Counts, on several threads; the other process. */
    static final class Counting {
        private Counting() {}

        public static void main(String[] arguments) throws Exception {
            Place place = Place.file(Path.of(arguments[0]));
            try (var threads = Executors.newFixedThreadPool(THREADS)) {
                List<Future<?>> running = new ArrayList<>();
                for (int thread = 0; thread < THREADS; thread++) {
                    running.add(threads.submit(() -> {
                        for (int i = 0; i < TIMES; i++) {
                            place.change(there -> Integer.toString(number(there) + 1).getBytes(US_ASCII));
                        }
                        return null;
                    }));
                }
                for (Future<?> each : running) {
                    each.get();
                }
            }
        }
    }

    private static int number(byte @Nullable [] text) {
        return text == null ? 0 : Integer.parseInt(new String(text, US_ASCII));
    }

    @Test
    @Timeout(120)
    void threadsOfSeveralProcessesChangeItOneAtATime() throws Exception {
        Path file = directory.resolve("count");
        Process other = new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Counting.class.getName(), file.toString()).inheritIO().start();
        try {
            Place place = Place.file(file);
            while (place.read().isEmpty()) {
                assertThat(other.isAlive()).isTrue();
                Thread.sleep(1);
            }
            Counting.main(new String[]{file.toString()});
            assertThat(other.waitFor()).isZero();
            assertThat(number(place.read().orElseThrow())).isEqualTo(2 * THREADS * TIMES);
        } finally {
            other.destroyForcibly().waitFor();
        }
    }
}

package dev.kindling.engine.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling.Subscription;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is left after a sudden death: everything that was acknowledged, and a journal that verifies. */
@Timeout(300)
class CrashTest {
    private static final int ROUNDS = 8;

    @TempDir
    Path directory;

    /**
     * Takes the lock and writes for ever from four threads; prints each event's number and text once it is
     * acknowledged.
     */
    static final class Victim {
        private Victim() {}

        public static void main(String[] arguments) throws IOException {
            Store store = Store.open(Path.of(arguments[0]), Clock.systemUTC());
            if (!(store.acquire("demo", Duration.ofHours(1)) instanceof Acquisition.Acquired acquired)) {
                System.out.println("the lock is held");
                return;
            }
            for (int thread = 0; thread < 4; thread++) {
                int number = thread;
                Thread.ofPlatform().start(() -> {
                    for (long i = 0;; i++) {
                        String text = arguments[1] + "/" + number + "/" + i;
                        long seq = store.append(acquired.lease(), "run", Samples.note(text)).seq();
                        System.out.println(seq + " " + text);
                    }
                });
            }
        }
    }

    @Test
    void keepsEveryAcknowledgedEventWhenItIsKilled() throws Exception {
        Map<Long, String> acknowledged = new HashMap<>();
        Random random = new Random(20_260_102);
        for (int round = 0; round < ROUNDS; round++) {
            int enough = acknowledged.size() + 1 + random.nextInt(400);
            Process victim = victim("round" + round);
            try (BufferedReader output = new BufferedReader(
                    new InputStreamReader(victim.getInputStream(), StandardCharsets.UTF_8))) {
                String line;
                while ((line = output.readLine()) != null) {
                    if (!line.contains(" ") || !Character.isDigit(line.charAt(0))) {
                        throw new AssertionError("the victim said: " + line);
                    }
                    if (line.chars().filter(c -> c == '/').count() == 2 && line.indexOf(' ') > 0) {
                        acknowledged.put(Long.parseLong(line.substring(0, line.indexOf(' '))),
                                line.substring(line.indexOf(' ') + 1));
                    }
                    if (acknowledged.size() >= enough) {
                        // SIGKILL; by the handle, because Process.destroyForcibly would also close our end.
                        victim.toHandle().destroyForcibly();
                    }
                }
            } finally {
                victim.destroyForcibly().waitFor();
            }
            try (Store store = Store.open(directory, Clock.systemUTC())) {
                Map<Long, String> kept = new HashMap<>();
                store.read("demo", 0).forEach(event -> kept.put(event.seq(), event.event().text()));
                assertThat(store.verify("demo").ok()).isTrue();
                assertThat(kept).hasSize((int) store.lastSeq("demo"));
                // The last line may be cut short by the kill: its text is then a beginning of what was written.
                acknowledged.forEach((seq, text) -> assertThat(kept.get(seq)).as("event " + seq).startsWith(text));
                assertThat(store.acquire("demo", Duration.ofHours(1))).as("the lock of the killed process")
                        .isInstanceOf(Acquisition.Acquired.class);
            }
        }
        assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(ROUNDS);
    }

    @Test
    void tellsWhatAnotherProcessWritesInOrderAndOnce() throws Exception {
        BlockingQueue<Event.Recorded> heard = new LinkedBlockingQueue<>();
        try (Store store = Store.open(directory, Clock.systemUTC())) {
            Process victim = victim("other");
            try (Subscription tail = store.tail("demo", 0, heard::add)) {
                assertThat(tail).isNotNull();
                for (long seq = 1; seq <= 500; seq++) {
                    Event.Recorded next = heard.poll(60, TimeUnit.SECONDS);
                    assertThat(next).as("event " + seq).isNotNull().extracting(Event.Recorded::seq).isEqualTo(seq);
                }
            } finally {
                victim.destroyForcibly().waitFor();
            }
            assertThat(store.append("demo", "", Samples.note("goes on")).seq()).isEqualTo(store.lastSeq("demo"));
            assertThat(store.verify("demo").ok()).isTrue();
        }
    }

    private Process victim(String name) throws IOException {
        return new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Victim.class.getName(), directory.toString(), name).redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    @Test
    void keepsAPrefixWhenTheEndOfTheWriteAheadLogIsTorn() throws Exception {
        Path live = directory.resolve("live");
        Random random = new Random(7);
        boolean lostSome = false;
        try (Store store = Store.open(live, Clock.systemUTC())) {
            for (int i = 1; i <= 150; i++) {
                store.append("demo", "", Samples.note("event " + i));
            }
            List<Event.Recorded> written = store.read("demo", 0);
            for (int round = 0; round < 30; round++) {
                Path copy = Files.createDirectory(directory.resolve("copy" + round));
                Files.copy(live.resolve("state.db"), copy.resolve("state.db"));
                Path wal = Files.copy(live.resolve("state.db-wal"), copy.resolve("state.db-wal"));
                tear(wal, random);
                try (Store torn = Store.open(copy, Clock.systemUTC())) {
                    List<Event.Recorded> kept = torn.read("demo", 0);
                    assertThat(kept).isEqualTo(written.subList(0, kept.size()));
                    assertThat(torn.verify("demo").ok()).isTrue();
                    assertThat(torn.append("demo", "", Samples.note("goes on")).seq()).isEqualTo(kept.size() + 1);
                    lostSome |= kept.size() < written.size();
                }
            }
        }
        assertThat(lostSome).as("the tearing has an effect").isTrue();
    }

    /** Cuts the file somewhere, and in half of the cases spoils the last bytes that are left. */
    private static void tear(Path file, Random random) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            // The header and the first commits, which make the tables, stay: their loss is the loss of an empty
            // journal.
            long keep = 200_000 + (long) (random.nextDouble() * (channel.size() - 200_000));
            channel.truncate(keep);
            if (random.nextBoolean()) {
                byte[] noise = new byte[64];
                random.nextBytes(noise);
                channel.write(java.nio.ByteBuffer.wrap(noise), keep - 64);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package dev.kindling.engine.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.HeldPort;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.model.Webhook;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against a web server that is not ours: a Python program that checks the signature by itself. */
@Timeout(60)
class CourierTest {
    private static final String SECRET = "canary-0815";

    @TempDir
    Path temporary;
    private final List<Event.Recorded> journal = new ArrayList<>();
    private final AtomicBoolean over = new AtomicBoolean();
    /** The receiver's, who may listen on it at any time; nobody does until then. */
    private HeldPort port;
    private @Nullable Process receiver;
    private @Nullable Thread courier;

    @BeforeEach
    void choosePort() throws IOException {
        port = new HeldPort();
    }

    @AfterEach
    void end() throws InterruptedException, IOException {
        over.set(true);
        Thread running = courier;
        if (running != null) {
            running.interrupt();
            running.join();
        }
        stopReceiver();
        port.close();
    }

    private void stopReceiver() throws InterruptedException {
        Process running = receiver;
        if (running != null) {
            running.destroyForcibly().waitFor();
        }
    }

    private Thread courier() {
        return Objects.requireNonNull(courier);
    }

    private static String word(String line, int index) {
        return line.split(" ", -1)[index];
    }

    private Path received() {
        return temporary.resolve("received");
    }

    private void startReceiver(int status) throws Exception {
        Path script = temporary.resolve("receiver.py");
        try (var in = CourierTest.class.getResourceAsStream("receiver.py")) {
            Files.write(script, Objects.requireNonNull(in).readAllBytes());
        }
        Process started = new ProcessBuilder("python3", script.toString(), Integer.toString(port.number()), SECRET,
                received().toString(), Integer.toString(status)).inheritIO().start();
        receiver = started;
        while (true) {
            try (var probe = new Socket(InetAddress.getLoopbackAddress(), port.number())) {
                assertThat(probe.isConnected()).isTrue();
                return;
            } catch (IOException e) {
                assertThat(started.isAlive()).as("python3 runs").isTrue();
                Thread.sleep(20);
            }
        }
    }

    private Webhook webhook(String... events) {
        return new Webhook(URI.create("http://127.0.0.1:" + port.number() + "/hook").toString(), "lab/hook",
                List.of(events));
    }

    private synchronized void happens(Event event) {
        synchronized (journal) {
            journal.add(new Event.Recorded(journal.size() + 1L, Instant.EPOCH, "lab", "run-1", event));
        }
    }

    private void start(Webhook hook, long from) {
        var one = new Courier(hook, SECRET.getBytes(StandardCharsets.UTF_8), (seq, limit) -> {
            synchronized (journal) {
                return journal.stream().filter(recorded -> recorded.seq() > seq).limit(limit).toList();
            }
        }, this::happens, duration -> Thread.sleep(duration.dividedBy(50)), new SplittableRandom(1));
        courier = Thread.ofVirtual().start(() -> {
            try {
                one.deliver(from, over::get, over::get);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private List<String> lines() throws IOException {
        return Files.exists(received()) ? Files.readAllLines(received()) : List.of();
    }

    private void awaitLines(int count) throws Exception {
        while (lines().size() < count) {
            Thread.sleep(10);
        }
    }

    private static Event done(int number) {
        return new Event.StepDone("step/" + number, null, false, "step " + number);
    }

    @Test
    void everyEventIsToldInOrderAndSigned() throws Exception {
        startReceiver(204);
        for (int n = 1; n <= 5; n++) {
            happens(done(n));
        }
        start(webhook(), 0);
        awaitLines(5);
        assertThat(lines()).hasSize(5).allMatch(line -> line.startsWith("ok 1.0 "))
                .allMatch(line -> line.endsWith("application/cloudevents+json; charset=UTF-8"));
        assertThat(lines()).extracting(line -> word(line, 2)).containsExactly("lab/1", "lab/2", "lab/3", "lab/4",
                "lab/5");
        assertThat(lines()).extracting(line -> word(line, 3)).containsOnly("dev.kindling.StepDone");
        assertThat(lines()).extracting(line -> word(line, 4)).containsOnly("StepDone");
    }

    @Test
    void aReceiverThatIsDownForAWhileMissesNothing() throws Exception {
        happens(done(1));
        happens(done(2));
        start(webhook(), 0);
        while (journalOf(Event.Noted.class).isEmpty()) {
            Thread.sleep(10);
        }
        startReceiver(200);
        awaitLines(2);
        stopReceiver();
        happens(done(3));
        happens(done(4));
        Thread.sleep(200);
        startReceiver(200);
        while (lines().stream().noneMatch(line -> line.contains(" lab/" + lastDone() + " "))) {
            Thread.sleep(10);
        }
        assertThat(
                lines().stream().filter(line -> line.contains("StepDone")).map(line -> word(line, 2)).distinct())
                .hasSize(4).isSortedAccordingTo((a, b) -> Integer.compare(number(a), number(b)));
        assertThat(journalOf(Event.Noted.class).getFirst().text()).contains("does not take record 1", "tried again");
    }

    private static int number(String id) {
        return Integer.parseInt(id.substring(id.indexOf('/') + 1));
    }

    private long lastDone() {
        synchronized (journal) {
            return journal.stream().filter(recorded -> recorded.event() instanceof Event.StepDone)
                    .mapToLong(Event.Recorded::seq).max().orElseThrow();
        }
    }

    private <T extends Event> List<T> journalOf(Class<T> type) {
        synchronized (journal) {
            return journal.stream().map(Event.Recorded::event).filter(type::isInstance).map(type::cast).toList();
        }
    }

    @Test
    void theNextCourierGoesOnWhereTheLastOneWas() throws Exception {
        startReceiver(200);
        happens(done(1));
        happens(done(2));
        start(webhook(), 0);
        while (journalOf(Event.WebhookDelivered.class).isEmpty()) {
            Thread.sleep(10);
        }
        courier().interrupt();
        courier().join();
        happens(done(3));
        long reached;
        synchronized (journal) {
            reached = Courier.reached(webhook(), journal);
        }
        assertThat(reached).isEqualTo(2);
        start(webhook(), reached);
        awaitLines(3);
        assertThat(lines()).extracting(line -> word(line, 2)).containsExactly("lab/1", "lab/2", "lab/4");
    }

    @Test
    void onlyWhatWasAskedForIsTold() throws Exception {
        startReceiver(200);
        happens(done(1));
        happens(new Event.StepProgressed("step/1", null, 0.5, "half"));
        happens(new Event.RunEnded(Event.Outcome.DONE, "done"));
        start(webhook("RunEnded"), 0);
        awaitLines(1);
        assertThat(lines()).singleElement().asString().contains("lab/3 dev.kindling.RunEnded");
    }

    @Test
    void whatTheReceiverRefusesIsPassedOverAndNotedOnce() throws Exception {
        startReceiver(410);
        happens(done(1));
        happens(done(2));
        start(webhook("StepDone"), 0);
        awaitLines(2);
        assertThat(journalOf(Event.Noted.class)).singleElement()
                .satisfies(noted -> assertThat(noted.text()).contains("passed over at record 1", "status 410"));
    }

    @Test
    void itEndsWhenAllIsToldAndTheRunIsOver() throws Exception {
        startReceiver(200);
        happens(done(1));
        over.set(true);
        start(webhook(), 0);
        courier().join(Duration.ofSeconds(20));
        assertThat(courier().isAlive()).isFalse();
        assertThat(lines()).hasSize(1);
    }

    @Test
    void itLeavesTheRestToTheNextOneWhenItIsTooLate() throws Exception {
        happens(done(1));
        over.set(true);
        start(webhook(), 0);
        courier().join(Duration.ofSeconds(20));
        assertThat(courier().isAlive()).isFalse();
        synchronized (journal) {
            assertThat(Courier.reached(webhook(), journal)).isEqualTo(-1);
        }
    }
}

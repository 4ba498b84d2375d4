package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rehearsals as operations: begun, followed, found again, ended. */
@SuppressWarnings("NullAway.Init") // set by open
class ServedRehearsalTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir
    Path temporary;
    private Served served;
    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeEach
    void open() throws IOException {
        served = new Served(temporary.resolve("workspace"));
    }

    @AfterEach
    void close() {
        client.close();
        served.close();
    }

    private HttpResponse<String> rehearse(int machines, String query) throws IOException, InterruptedException {
        return served.send(served.request("/api/v1/rehearse" + query).header("Content-Type", "application/yaml")
                .POST(HttpRequest.BodyPublishers.ofString(Racks.simulated(served.engine(), machines, 98))));
    }

    private static String location(HttpResponse<String> begun) {
        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
        return begun.headers().firstValue("Location").orElseThrow();
    }

    private JsonNode get(String path) throws IOException, InterruptedException {
        return JSON.readTree(served.send(served.request(path)).body());
    }

    private JsonNode ended(String location) throws IOException, InterruptedException {
        JsonNode operation = get(location + "?wait=30");
        for (int i = 0; i < 5 && operation.path("state").asText().equals("RUNNING"); i++) {
            operation = get(location + "?wait=30");
        }
        return operation;
    }

    /** What a stream says after an event: at most so many events, then the connection is cut. */
    private void follow(String location, int most, List<Long> ids, List<String> ends) throws Exception {
        HttpResponse<InputStream> stream = client.send(served.request(location + "/events")
                .header("Accept", "text/event-stream")
                .header("Last-Event-ID", ids.isEmpty() ? "0" : ids.getLast().toString()).build(),
                HttpResponse.BodyHandlers.ofInputStream());
        assertThat(stream.statusCode()).isEqualTo(200);
        boolean end = false;
        int heard = 0;
        try (var lines = new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null && heard < most; line = lines.readLine()) {
                if (line.startsWith("id: ")) {
                    ids.add(Long.parseLong(line.substring(4)));
                    heard++;
                } else if (line.equals("event: operation")) {
                    end = true;
                } else if (end && line.startsWith("data: ")) {
                    ends.add(line.substring(6));
                }
            }
        }
    }

    @Test
    void isFollowedOverBrokenStreamsAndFoundAgainAfterTheServerWasStartedAgain() throws Exception {
        String location = location(rehearse(3, "?loss=2&seed=7"));
        List<Long> ids = new ArrayList<>();
        List<String> ends = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            follow(location, 4, ids, ends);
        }
        follow(location, Integer.MAX_VALUE, ids, ends);
        assertThat(ids).as("each event once, in order").hasSizeGreaterThan(20)
                .isEqualTo(LongStream.rangeClosed(1, ids.size()).boxed().toList());
        assertThat(ends).hasSize(1);
        JsonNode end = JSON.readTree(ends.getFirst());
        assertThat(end.path("state").asText()).isEqualTo("DONE");
        assertThat(end.path("kind").asText()).isEqualTo("REHEARSAL");
        assertThat(end.path("stepsDone").asInt()).isPositive().isEqualTo(end.path("stepsTotal").asInt());
        assertThat(end.path("rehearsal").path("estimate").asText()).startsWith("PT");
        assertThat(ended(location)).isEqualTo(end);

        served.stop();
        served.startAgain();
        assertThat(get(location)).isEqualTo(end);
        JsonNode events = get(location + "/events?limit=1000");
        assertThat(events.path("items")).hasSize(ids.size());
        assertThat(events.path("items").get(0).path("event").path("type").asText()).isEqualTo("Defined");
        JsonNode listed = get("/api/v1/operations").path("items");
        assertThat(listed).hasSize(1);
        assertThat(listed.get(0)).isEqualTo(end);
        assertThat(get("/api/v1/clusters").path("items")).as("nothing real came of it").isEmpty();
        follow(location, Integer.MAX_VALUE, ids, ends);
        assertThat(ends).as("a stream that comes late is told the end").hasSize(2);
    }

    @Test
    void endsWhenItIsCancelledAndWhenTheServerEnds() throws Exception {
        String first = location(rehearse(20, "?delay=500"));
        assertThat(served.send(served.request(first + "/cancel").POST(HttpRequest.BodyPublishers.noBody()))
                .statusCode()).isEqualTo(202);
        assertThat(ended(first).path("state").asText()).isEqualTo("CANCELLED");
        assertThat(served.send(served.request(first + "/pause").POST(HttpRequest.BodyPublishers.noBody()))
                .statusCode()).isEqualTo(409);

        String second = location(rehearse(20, "?delay=500"));
        served.stop();
        served.startAgain();
        JsonNode broken = get(second);
        assertThat(broken.path("state").asText()).isEqualTo("FAILED");
        assertThat(broken.path("problems").get(0).path("code").asText()).isEqualTo("server-stops");
    }

    @Test
    void ofAServerThatWasKilledIsToldToHaveBroken() throws Exception {
        String location = location(rehearse(1, ""));
        assertThat(ended(location).path("state").asText()).isEqualTo("DONE");
        Path file = temporary.resolve("workspace/rehearsals")
                .resolve(location.substring(location.lastIndexOf('/') + 1) + ".jsonl");
        byte[] whole = Files.readAllBytes(file);
        // in the middle of an event
        Files.write(file, java.util.Arrays.copyOf(whole, whole.length / 2));
        JsonNode broken = get(location);
        assertThat(broken.path("state").asText()).isEqualTo("FAILED");
        assertThat(broken.path("problems").get(0).path("remedy").asText()).isNotEmpty();
        assertThat(get(location + "/events").path("items")).isNotEmpty();
    }

    @Test
    void moreThanTheServerCanBearAreRefused() throws Exception {
        List<String> running = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            running.add(location(rehearse(5, "?delay=2000")));
        }
        HttpResponse<String> refused = rehearse(5, "?delay=2000");
        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(refused.body()).contains("rehearsals-at-work");
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
        for (String location : running) {
            served.send(served.request(location + "/cancel").POST(HttpRequest.BodyPublishers.noBody()));
            assertThat(ended(location).path("state").asText()).isEqualTo("CANCELLED");
        }
        assertThat(ended(location(rehearse(1, ""))).path("state").asText()).isEqualTo("DONE");
    }

    @Test
    void clientGoesOnWhereTheServerWasAway() throws Exception {
        try (Kindling far = served.client(temporary)) {
            Plan plan = far.plan(far.validate("demo.yaml", Racks.simulated(far, 10, 98)));
            var some = new CountDownLatch(10);
            List<Event.Recorded> heard = new ArrayList<>();
            Thread restarts = Thread.ofVirtual().start(() -> {
                try {
                    some.await();
                    served.stop();
                    served.startAgain();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            Kindling.Rehearsal rehearsal = far.rehearse(plan,
                    new Kindling.RehearsalOptions(0, java.time.Duration.ofMillis(100), 0, 1), recorded -> {
                        heard.add(recorded);
                        some.countDown();
                    });
            restarts.join();
            assertThat(rehearsal.result().outcome()).isEqualTo(Event.Outcome.FAILED);
            assertThat(rehearsal.result().problems()).first().extracting(problem -> problem.code())
                    .isEqualTo("server-stops");
            assertThat(rehearsal.events()).isEqualTo(heard);
        }
    }

    @Test
    void eventsOfARunAreThoseOfTheJournalThatAreItsOwn() throws Exception {
        String run = Racks.up(served.engine(), Racks.simulated(served.engine(), 1, 98), Kindling.ApplyOptions.DEFAULT)
                .run();
        served.engine().down("demo");
        List<Long> ids = new ArrayList<>();
        List<String> ends = new ArrayList<>();
        follow("/api/v1/operations/" + run, Integer.MAX_VALUE, ids, ends);
        assertThat(ids).isNotEmpty().isEqualTo(served.engine().history("demo", 0).stream()
                .filter(recorded -> recorded.run().equals(run)).map(Event.Recorded::seq).toList());
        assertThat(JSON.readTree(ends.getFirst()).path("state").asText()).isEqualTo("DONE");
    }
}

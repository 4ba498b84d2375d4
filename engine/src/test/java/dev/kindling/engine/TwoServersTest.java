package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.store.PostgresServer;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two servers with workspaces of their own on one PostgreSQL, as on two computers: what is begun through one of them is
 * seen, waited for and ended through the other.
 */
@Timeout(180)
@ExtendWith(PostgresServer.Shared.class)
class TwoServersTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir
    Path temporary;

    private HttpResponse<String> provision(ServerProcess server, String definition)
            throws IOException, InterruptedException {
        return server.send(server.request("/api/v1/clusters").header("Content-Type", "application/yaml")
                .POST(HttpRequest.BodyPublishers.ofString(definition)));
    }

    private static JsonNode operation(ServerProcess server, String location, int wait)
            throws IOException, InterruptedException {
        HttpResponse<String> answer = server.send(server.request(location + "?wait=" + wait));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private static JsonNode ended(ServerProcess server, String location) throws IOException, InterruptedException {
        JsonNode operation = operation(server, location, 50);
        for (int i = 0; i < 3 && operation.path("state").asText().equals("RUNNING"); i++) {
            operation = operation(server, location, 50);
        }
        return operation;
    }

    @Test
    void whatIsBegunThroughOneIsSeenAndEndedThroughTheOther(PostgresServer postgres) throws Exception {
        var environment = new HashMap<>(postgres.environment(postgres.freshState()));
        environment.put("KINDLING_KEY_FILE", temporary.resolve("key").toString());
        Path first = Files.createDirectory(temporary.resolve("first"));
        Path second = Files.createDirectory(temporary.resolve("second"));
        // disks of simulated machines, which both reach as they would reach real ones
        Files.createSymbolicLink(second.resolve("rack"), Files.createDirectory(first.resolve("rack")));
        try (var a = new ServerProcess(first, environment, false);
                var b = new ServerProcess(second, environment, true);
                Kindling throughA = a.client(temporary.resolve("a"));
                Kindling throughB = b.client(temporary.resolve("b"))) {
            List<Event.Recorded> followed = new CopyOnWriteArrayList<>();
            var end = new CountDownLatch(1);
            try (Kindling.Subscription _ = throughB.events("demo", 0, recorded -> {
                followed.add(recorded);
                if (recorded.event() instanceof Event.RunEnded) {
                    end.countDown();
                }
            })) {
                HttpResponse<String> begun = provision(a, Racks.simulated(throughA, 3, 107));
                assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
                String location = begun.headers().firstValue("Location").orElseThrow();
                // at once, when it has not begun to write its journal
                assertThat(operation(b, location, 0).path("state").asText()).isIn("RUNNING", "DONE");
                JsonNode seen = ended(b, location);
                assertThat(seen.path("state").asText()).as(seen.toString()).isEqualTo("DONE");
                assertThat(operation(a, location, 0)).isEqualTo(seen);
                assertThat(end.await(30, TimeUnit.SECONDS)).isTrue();
                assertThat(followed).isEqualTo(throughA.history("demo", 0).subList(0, followed.size()));
            }
            assertThat(throughB.status("demo").orElseThrow().state()).isEqualTo(ClusterStatus.State.READY);
            assertThat(throughB.status("demo")).isEqualTo(throughA.status("demo"));

            HttpResponse<String> large = provision(a, Racks.simulated(throughA, 120, 108).replace("name: demo",
                    "name: large"));
            String location = large.headers().firstValue("Location").orElseThrow();
            assertThat(b.send(b.request(location + "/cancel").POST(HttpRequest.BodyPublishers.noBody())).statusCode())
                    .isEqualTo(202);
            assertThat(ended(b, location).path("state").asText()).isEqualTo("CANCELLED");
            assertThat(ended(a, location).path("state").asText()).isEqualTo("CANCELLED");

            HttpResponse<String> gone = b.send(b.request("/api/v1/clusters/demo").DELETE());
            assertThat(gone.statusCode()).as(gone.body()).isEqualTo(202);
            assertThat(ended(a, gone.headers().firstValue("Location").orElseThrow()).path("state").asText())
                    .isEqualTo("DONE");
            assertThat(throughA.status("demo").orElseThrow().state()).isEqualTo(ClusterStatus.State.DELETED);

            Path backup = temporary.resolve("backup.db");
            throughB.backup(backup);
            try (Kindling copy = Racks.engine(restored(backup), java.util.function.UnaryOperator.identity())) {
                assertThat(copy.history("large", 0)).isEqualTo(throughA.history("large", 0)).isNotEmpty();
            }
            throughA.exportJournal("demo", temporary.resolve("demo.jsonl"));
            assertThat(throughB.importJournal(temporary.resolve("demo.jsonl"))).extracting(Problem::code)
                    .containsExactly("import-exists");
        }
    }

    private Path restored(Path backup) throws IOException {
        Path workspace = Files.createDirectory(temporary.resolve("restored"));
        Files.move(backup, workspace.resolve("state.db"));
        return workspace;
    }
}

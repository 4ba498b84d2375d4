package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.RunResult;
import dev.kindling.engine.api.Validation;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server goes and comes while its clients wait. */
class ServerRestartTest {
    @TempDir
    Path temporary;

    @Test
    void clientsWaitOnAndMissNoEventAndGetNoneTwice() throws Exception {
        try (Served served = new Served(temporary.resolve("workspace"));
                Kindling client = served.client(temporary)) {
            Validation validation = client.validate("demo.yaml", Racks.simulated(client, 10, 92));
            List<Event.Recorded> followed = new CopyOnWriteArrayList<>();
            var ended = new CountDownLatch(1);
            var some = new CountDownLatch(20);
            try (Kindling.Subscription _ = client.events("demo", 0, recorded -> {
                followed.add(recorded);
                some.countDown();
                if (recorded.event() instanceof Event.RunEnded) {
                    ended.countDown();
                }
            })) {
                String run = client.apply(client.plan(validation), ApplyOptions.DEFAULT).run().orElseThrow();
                assertThat(some.await(30, TimeUnit.SECONDS)).isTrue();
                for (int i = 0; i < 3; i++) {
                    served.stop();
                    served.startAgain();
                    Thread.sleep(300);
                }
                RunResult result = client.await(run);
                assertThat(result.outcome()).isEqualTo(Event.Outcome.DONE);
                assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(followed).isEqualTo(served.engine().history("demo", 0));
        }
    }

    @Test
    void operationsAndIdempotentAnswersOutliveTheServer() throws Exception {
        try (Served served = new Served(temporary.resolve("workspace"))) {
            String text = Racks.simulated(served.engine(), 1, 93);
            var provision = HttpRequest.BodyPublishers.ofString(text);
            var first = served.send(served.request("/api/v1/clusters").header("Content-Type", "application/yaml")
                    .header("Idempotency-Key", "monday").POST(provision));
            assertThat(first.statusCode()).isEqualTo(202);
            String location = first.headers().firstValue("Location").orElseThrow();
            assertThat(served.send(served.request(location + "?wait=30")).body()).contains("\"state\":\"DONE\"");
            int events = served.engine().history("demo", 0).size();

            served.stop();
            served.startAgain();
            var again = served.send(served.request("/api/v1/clusters").header("Content-Type", "application/yaml")
                    .header("Idempotency-Key", "monday").POST(provision));
            assertThat(again.statusCode()).isEqualTo(202);
            assertThat(again.body()).isEqualTo(first.body());
            assertThat(again.headers().firstValue("Location")).contains(location);
            assertThat(again.headers().firstValue("Idempotent-Replayed")).contains("true");
            assertThat(served.engine().history("demo", 0)).hasSize(events);
            assertThat(served.send(served.request(location)).body()).contains("\"state\":\"DONE\"",
                    "\"kind\":\"APPLY\"");

            var other = served.send(served.request("/api/v1/clusters").header("Content-Type", "application/yaml")
                    .header("Idempotency-Key", "monday")
                    .POST(HttpRequest.BodyPublishers.ofString(text + "# another\n")));
            assertThat(other.statusCode()).isEqualTo(422);
            assertThat(other.body()).contains("idempotency-key-reused");

            var removal = served.send(served.request("/api/v1/clusters/demo").DELETE());
            assertThat(removal.statusCode()).isEqualTo(202);
            String gone = removal.headers().firstValue("Location").orElseThrow();
            assertThat(served.send(served.request(gone + "?wait=30")).body()).contains("\"state\":\"DONE\"",
                    "\"kind\":\"DELETE\"");
            served.stop();
            served.startAgain();
            assertThat(served.send(served.request(gone)).body()).contains("\"state\":\"DONE\"");
            assertThat(served.send(served.request("/api/v1/clusters/demo/operations")).body())
                    .containsSubsequence("DELETE", "APPLY");
        }
    }
}

package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.store.Store;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the couriers of a run begin. */
@SuppressWarnings("NullAway.Init") // set before each test
class DeliveriesTest {
    private static final Pattern ID = Pattern.compile("\"id\" ?: ?\"demo/(\\d+)\"");

    @TempDir
    Path temporary;
    private final List<Long> told = new CopyOnWriteArrayList<>();
    private HttpServer receiver;
    private String without;
    private String with;

    @BeforeEach
    void listen() throws Exception {
        receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/hook", exchange -> {
            Matcher id = ID.matcher(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            assertThat(id.find()).isTrue();
            told.add(Long.parseLong(id.group(1)));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        receiver.start();
        try (Kindling kindling = Engine.open(temporary.resolve("example"))) {
            without = kindling.demo(true, 1);
        }
        with = without + "  webhooks: [{url: \"http://127.0.0.1:" + receiver.getAddress().getPort() + "/hook\"}]\n";
    }

    @AfterEach
    void stopListening() {
        receiver.stop(0);
    }

    @Test
    void whatACourierDidNotTellThatWasKilledBeforeItSaidHowFarItWasIsToldByTheNextOne() throws Exception {
        try (Store store = Store.open(temporary, Clock.systemUTC())) {
            store.append("demo", "", new Event.Defined(without, "first, nobody was to be told"));
            store.append("demo", "run-1", new Event.RunEnded(Event.Outcome.DONE, "done"));
            store.append("demo", "", new Event.Defined(with, "then with a webhook"));
            store.append("demo", "run-2", new Event.RunEnded(Event.Outcome.FAILED, "its courier was killed"));
            store.append("demo", "run-3", new Event.RunEnded(Event.Outcome.DONE, "done"));
            deliver(store, "run-3");
            assertThat(told).containsExactly(4L, 5L);
            deliver(store, "run-3");
            assertThat(told).as("nothing twice").containsExactly(4L, 5L);
        }
    }

    private void deliver(Store store, String run) throws InterruptedException {
        new Deliveries(new Workspace(temporary, Map.of()), store, World.real(), "demo", run).deliver(true,
                Duration.ofSeconds(60));
    }
}

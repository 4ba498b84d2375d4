package dev.kindling.engine.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.model.Webhook;
import dev.kindling.engine.store.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells one webhook the events of a cluster, each at least once and in their order. The journal is the queue, and how
 * far it has come is in the journal, too: the next courier goes on from there.
 *
 * <p>
 * Each event is a CloudEvent 1.0 in JSON (structured mode); its {@code id} is the same whenever it is sent again. Where
 * there is a secret, {@code X-Kindling-Signature: sha256=} with the HMAC-SHA256 of the body in hexadecimal (RFC 2104)
 * is sent along.
 */
public final class Courier {
    private static final Logger LOG = LoggerFactory.getLogger(Courier.class);
    private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration LOOK = Duration.ofMillis(250);
    private static final int PAGE = 100;
    private static final String SIGNATURE = "X-Kindling-Signature";

    private final Webhook hook;
    private final byte[] key;
    private final Feed feed;
    private final Consumer<Event> journal;
    private final Sleeper sleeper;
    private final RandomGenerator random;
    private final JsonMapper json = Json.mapper();
    private boolean complained;

    /** What a CloudEvent carries. */
    private record Data(String run, Event event) {}

    /** Recorded events, oldest first. */
    @FunctionalInterface
    public interface Feed {
        List<Event.Recorded> after(long seq, int limit);
    }

    /**
     * @param key signs what is sent; empty: unsigned
     * @param journal takes the courier's own records
     */
    public Courier(Webhook hook, byte[] key, Feed feed, Consumer<Event> journal, Sleeper sleeper,
            RandomGenerator random) {
        this.hook = hook;
        this.key = key.clone();
        this.feed = feed;
        this.journal = journal;
        this.sleeper = sleeper;
        this.random = random;
    }

    /** How far the couriers of this webhook have come in a journal; -1: there was none. */
    public static long reached(Webhook hook, List<Event.Recorded> journal) {
        long reached = -1;
        for (Event.Recorded recorded : journal) {
            if (recorded.event() instanceof Event.WebhookDelivered delivered && delivered.url().equals(hook.url())) {
                reached = Math.max(reached, delivered.upTo());
            }
        }
        return reached;
    }

    /**
     * Tells what follows {@code seq} until it is interrupted.
     *
     * @param over asked where nothing is left to tell: whether nothing more will come
     * @param tooLate asked before each further try of what is not taken: whether to leave it to the next courier
     */
    public void deliver(long seq, BooleanSupplier over, BooleanSupplier tooLate) throws InterruptedException {
        long reached = seq;
        long saved = seq;
        try (HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).version(HttpClient.Version.HTTP_1_1)
                .build()) {
            while (true) {
                List<Event.Recorded> page = feed.after(reached, PAGE);
                boolean told = false;
                for (Event.Recorded recorded : page) {
                    if (wanted(recorded.event())) {
                        if (!tell(client, recorded, tooLate)) {
                            save(reached, saved);
                            return;
                        }
                        told = true;
                    }
                    reached = recorded.seq();
                }
                if (told) {
                    save(reached, saved);
                    saved = reached;
                }
                if (page.isEmpty()) {
                    if (over.getAsBoolean()) {
                        return;
                    }
                    sleeper.sleep(LOOK);
                }
            }
        }
    }

    private boolean wanted(Event event) {
        if (event instanceof Event.WebhookDelivered) {
            return false;
        }
        return hook.events().isEmpty()
                ? !(event instanceof Event.StepProgressed)
                : hook.events().contains(event.getClass().getSimpleName());
    }

    private void save(long reached, long saved) {
        if (reached > saved) {
            journal.accept(new Event.WebhookDelivered(hook.url(), reached,
                    hook.url() + " was told everything up to record " + reached));
        }
    }

    /** False: it was not taken, and there is no more time. */
    private boolean tell(HttpClient client, Event.Recorded recorded, BooleanSupplier tooLate)
            throws InterruptedException {
        HttpRequest request = request(recorded);
        for (int attempt = 1;; attempt++) {
            String failure;
            try {
                int status = client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
                if (status >= 200 && status < 300) {
                    complained = false;
                    return true;
                }
                failure = "it answered with status " + status;
                if (status >= 400 && status < 500 && status != 408 && status != 425 && status != 429) {
                    complain("was passed over at record " + recorded.seq() + ": " + failure
                            + ", which no repetition changes");
                    return true;
                }
            } catch (IOException e) {
                failure = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            }
            if (attempt == 3) {
                complain("does not take record " + recorded.seq() + ": " + failure + "; it is tried again");
            }
            if (tooLate.getAsBoolean()) {
                return false;
            }
            sleeper.sleep(BACKOFF.after(attempt, random));
        }
    }

    /** Once, until it is well again. */
    private void complain(String text) {
        LOG.debug("webhook {} {}", hook.url(), text);
        if (!complained) {
            complained = true;
            journal.accept(new Event.Noted(null, true, "the webhook " + hook.url() + " " + text));
        }
    }

    private HttpRequest request(Event.Recorded recorded) {
        var event = new LinkedHashMap<String, Object>();
        event.put("specversion", "1.0");
        event.put("id", recorded.cluster() + "/" + recorded.seq());
        event.put("source", "/kindling/clusters/" + recorded.cluster());
        event.put("type", "dev.kindling." + recorded.event().getClass().getSimpleName());
        event.put("time", recorded.at().toString());
        event.put("datacontenttype", "application/json");
        event.put("data", new Data(recorded.run(), recorded.event()));
        byte[] body;
        try {
            body = json.writeValueAsBytes(event);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an event that cannot be written: " + recorded, e);
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(hook.url())).timeout(PATIENCE)
                .header("Content-Type", "application/cloudevents+json; charset=UTF-8")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (key.length > 0) {
            request.header(SIGNATURE, "sha256=" + HexFormat.of().formatHex(sign(body)));
        }
        return request.build();
    }

    private byte[] sign(byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(body);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }
}

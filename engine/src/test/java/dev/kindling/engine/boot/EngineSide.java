package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.fail;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The engine's side of docs/machine-protocol.md, for a machine of a test. Guests of QEMU see it at 10.0.2.2. */
final class EngineSide implements AutoCloseable {
    /** What a machine sent. */
    record Posted(String path, String body) {
        Map<String, String> values() {
            return body.lines().collect(
                    Collectors.toMap(line -> line.substring(0, line.indexOf('=')),
                            line -> line.substring(line.indexOf('=') + 1)));
        }

        boolean isStage(String stage) {
            return path.equals("progress") && body.startsWith("stage=" + stage + "\n");
        }
    }

    private final HttpServer server;
    private final String mac;
    private final String token;
    private final BlockingQueue<Posted> posts = new LinkedBlockingQueue<>();
    private final Map<String, String> answers = new ConcurrentHashMap<>(Map.of("order", "action=wait\nretry=1\n"));
    private final Map<String, String> taken = new ConcurrentHashMap<>();
    private final Map<String, byte[]> parts = new ConcurrentHashMap<>();
    private final Map<String, Path> files = new ConcurrentHashMap<>();
    private volatile @Nullable Qemu watched;
    private final Map<String, Integer> brokenAnswers = new ConcurrentHashMap<>();
    final List<String> requests = new CopyOnWriteArrayList<>();
    final List<Posted> history = new CopyOnWriteArrayList<>();

    EngineSide(String mac, String token) throws IOException {
        this.mac = mac;
        this.token = token;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    /** As the guest sees it. */
    URI url() {
        return URI.create("http://10.0.2.2:" + server.getAddress().getPort());
    }

    void answer(String name, String text) {
        answers.put(name, text);
    }

    /** Takes posts to a path outside the protocol, with this bearer token. */
    void take(String path, String bearer) {
        taken.put(path, bearer);
    }

    void part(String name, byte[] content) {
        parts.put(name, content);
    }

    void file(String name, Path file) {
        files.put(name, file);
    }

    /** The next answers to this request are 503. */
    void breakNext(String pathEnd, int times) {
        brokenAnswers.put(pathEnd, times);
    }

    /** Whose console is shown when a wait fails. */
    void watch(Qemu machine) {
        watched = machine;
    }

    /** The next post like that; those before it are dropped. */
    Posted await(String what, Duration limit, Predicate<Posted> wanted) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        List<Posted> seen = new ArrayList<>();
        while (true) {
            Posted post = posts.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (post == null) {
                return fail("waited %s for %s; seen: %s%n%s", limit, what, seen, watched);
            }
            if (wanted.test(post)) {
                return post;
            }
            if (post.isStage("failed")) {
                return fail("failed while waiting for %s: %s%n%s", what, post.body(), watched);
            }
            seen.add(post);
        }
    }

    private void handle(HttpExchange exchange) {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            requests.add(exchange.getRequestMethod() + " " + path);
            byte[] body = exchange.getRequestBody().readAllBytes();
            Optional<String> broken = brokenAnswers.keySet().stream().filter(path::endsWith).findFirst();
            if (broken.isPresent() && brokenAnswers.merge(broken.get(), -1, Integer::sum) >= 0) {
                send(exchange, 503, "later\n".getBytes(UTF_8));
                return;
            }
            if (path.startsWith("/files/")) {
                sendFile(exchange, path.substring("/files/".length()));
                return;
            }
            String authorization = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
            if (authorization.equals("Bearer " + taken.get(path))) {
                send(exchange, 200, "taken\n".getBytes(UTF_8));
                posts.add(new Posted(path, new String(body, UTF_8)));
                return;
            }
            String own = "/m/" + mac + "/";
            if (!authorization.equals("Bearer " + token)
                    || !path.startsWith(own)) {
                send(exchange, 403, "no\n".getBytes(UTF_8));
                return;
            }
            String name = path.substring(own.length());
            if (exchange.getRequestMethod().equals("POST")) {
                send(exchange, 200, new byte[0]);
                Posted posted = new Posted(name, new String(body, UTF_8));
                history.add(posted);
                posts.add(posted);
                return;
            }
            // As the protocol says: the seed is given out once.
            byte[] content = name.equals("part/seed")
                    ? parts.remove("seed")
                    : name.startsWith("part/") ? parts.get(name.substring(5)) : bytes(answers.get(name));
            if (content == null) {
                send(exchange, 404, "nothing\n".getBytes(UTF_8));
            } else {
                send(exchange, 200, content);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte @Nullable [] bytes(@Nullable String text) {
        return text == null ? null : text.getBytes(UTF_8);
    }

    private void sendFile(HttpExchange exchange, String name) throws IOException {
        Path file = files.get(name);
        if (file == null) {
            send(exchange, 404, new byte[0]);
            return;
        }
        exchange.sendResponseHeaders(200, Files.size(file));
        try (OutputStream out = exchange.getResponseBody()) {
            Files.copy(file, out);
        }
    }

    private static void send(HttpExchange exchange, int status, byte[] content) throws IOException {
        exchange.sendResponseHeaders(status, content.length == 0 ? -1 : content.length);
        if (content.length > 0) {
            exchange.getResponseBody().write(content);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}

package dev.kindling.engine.http;

import dev.kindling.engine.api.ConnectionFailed;
import dev.kindling.engine.api.Problem;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From the head of a request to its answer, whatever the connection is. */
final class Reception {
    private static final Logger LOG = LoggerFactory.getLogger(Reception.class);
    private static final Duration KEPT = Duration.ofHours(24);
    private static final List<String> BODIES = List.of("application/yaml", "application/json", "application/x-yaml",
            "text/yaml");
    private static final Principal NOBODY = new Principal("", Role.VIEWER);

    private final Routes routes;
    private final Path workspace;
    private final Guard guard;
    private final ApiStore store;
    private final ApiJson json;
    private final Clock clock;
    private final Set<String> working = ConcurrentHashMap.newKeySet();

    Reception(Routes routes, Path workspace, Guard guard, ApiStore store, ApiJson json, Clock clock) {
        this.routes = routes;
        this.workspace = workspace;
        this.guard = guard;
        this.store = store;
        this.json = json;
        this.clock = clock;
    }

    /** A request that was let in, without its body. */
    record Admitted(Route route, Call call) {
        Admitted with(Body body) {
            return new Admitted(route, call.with(body.bytes(), body.isFile() ? body.path() : null));
        }
    }

    /** Looks at the head. @throws Refused where that says enough */
    Admitted admit(String method, String target, HttpHeaders headers, Guard.Origin from) {
        guard.checkPlace(headers, from);
        var decoder = new QueryStringDecoder(target, StandardCharsets.UTF_8);
        String path = decoder.rawPath();
        String asked = method.equals("HEAD") ? "GET" : method;
        Map<Route, Map<String, String>> here = new LinkedHashMap<>();
        routes.all().forEach(route -> route.match(path).ifPresent(names -> here.put(route, names)));
        Optional<Route> found = here.keySet().stream().filter(route -> route.method().equals(asked)).findFirst();
        boolean open = found.isPresent() && found.get().role() == null;
        Principal user = open ? NOBODY : guard.checkToken(headers, from);
        if (here.isEmpty()) {
            throw new Refused(404, Problem.error("path-unknown", path, "there is nothing at " + path, "",
                    "GET /api/v1/openapi.json has all paths"));
        }
        if (found.isEmpty()) {
            var methods = new TreeSet<String>();
            here.keySet().forEach(route -> methods.add(route.method()));
            if (methods.contains("GET")) {
                methods.add("HEAD");
            }
            throw new Refused(405, List.of(Problem.error("method-unknown", path, method + " means nothing here",
                    String.join(", ", methods), "GET /api/v1/openapi.json has all paths")),
                    Map.of("Allow", String.join(", ", methods)));
        }
        Route route = found.get();
        Role least = route.role();
        if (least != null && !user.role().includes(least)) {
            throw new Refused(403, Problem.error("role-too-low", path,
                    "the token '" + user.name() + "' has the role " + user.role().word(), least.word(),
                    "use a token of that role: kindling token create --role " + least.word() + " --name NAME"));
        }
        Map<String, String> names = java.util.Objects.requireNonNull(here.get(route));
        names.forEach((name, value) -> {
            if (!Routes.NAME.matcher(value).matches()) {
                throw Refused.badRequest("name-bad", path, "'" + value + "' cannot be the name of a " + name,
                        "lower-case letters, digits, dots and dashes, at most 63");
            }
        });
        Map<String, String> given = new HashMap<>();
        headers.forEach(header -> given.put(header.getKey().toLowerCase(Locale.ROOT), header.getValue()));
        if (!route.takes().isEmpty()) {
            String type = given.getOrDefault("content-type", "").split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
            boolean none = type.isEmpty() && route.takes().startsWith("optional");
            String file = route.file();
            List<String> fitting = file != null
                    ? List.of(file)
                    : route.body() != null ? List.of("application/json") : BODIES;
            if (!none && !fitting.contains(type)) {
                throw new Refused(415, Problem.error("content-type", "Content-Type",
                        type.isEmpty() ? "the body has no type" : "a body of the type " + type,
                        String.join(" or ", fitting), "give a header: Content-Type: " + fitting.getFirst()));
            }
        }
        return new Admitted(route, new Call(user, from.address(), path, names, query(route, decoder), given,
                new byte[0], null));
    }

    /** Where the body of a request that was let in goes while it arrives. */
    Body body(Admitted admitted) throws IOException {
        return admitted.route.file() == null ? Body.inMemory() : Body.inFile(workspace);
    }

    private static Map<String, String> query(Route route, QueryStringDecoder decoder) {
        Map<String, List<String>> given;
        try {
            given = decoder.parameters();
        } catch (IllegalArgumentException e) {
            throw Refused.badRequest("query-unreadable", "query", "the query cannot be decoded",
                    "percent-encoded UTF-8");
        }
        Map<String, String> values = new HashMap<>();
        List<String> known = new ArrayList<>();
        for (Route.Parameter parameter : route.parameters()) {
            if (!parameter.in().equals("query")) {
                continue;
            }
            known.add(parameter.name());
            List<String> here = given.getOrDefault(parameter.name(), List.of());
            if (here.size() > 1) {
                throw Refused.badRequest("parameter-repeated", parameter.name(), "the parameter is given "
                        + here.size() + " times", "once");
            }
            if (!here.isEmpty()) {
                values.put(parameter.name(), checked(parameter, here.getFirst()));
            } else if (!parameter.initial().isEmpty()) {
                values.put(parameter.name(), parameter.initial());
            }
        }
        given.keySet().stream().filter(name -> !known.contains(name)).findFirst().ifPresent(name -> {
            throw Refused.badRequest("parameter-unknown", name, "the path has no parameter '" + name + "'",
                    String.join(", ", known));
        });
        return values;
    }

    private static String checked(Route.Parameter parameter, String value) {
        boolean fits = switch (parameter.type()) {
            case "boolean" -> value.equals("true") || value.equals("false");
            case "integer" -> {
                try {
                    long number = Long.parseLong(value);
                    yield number >= parameter.least() && number <= parameter.most();
                } catch (NumberFormatException e) {
                    yield false;
                }
            }
            default -> value.chars().noneMatch(Character::isISOControl);
        };
        if (!fits) {
            throw Refused.badRequest("parameter-bad", parameter.name(), "'" + value + "' does not fit",
                    switch (parameter.type()) {
                        case "boolean" -> "true or false";
                        case "integer" -> "a whole number from " + parameter.least() + " to " + parameter.most();
                        default -> "text without control characters";
                    });
        }
        return value;
    }

    /** What is sent. */
    sealed interface Reply {
        record Bytes(int status, String type, byte[] body, Map<String, String> headers) implements Reply {}

        record Stream(Answer.Writer writer) implements Reply {}

        record File(String type, Scratch scratch) implements Reply {}

        default int status() {
            return 200;
        }
    }

    /** Does what was asked; never throws for what can be told. */
    Reply reply(Admitted admitted) throws InterruptedException {
        if (!admitted.route.isAct()) {
            return answer(admitted);
        }
        long act;
        try {
            act = store.actBegan(admitted.call, admitted.route, clock.instant());
        } catch (UncheckedIOException e) {
            LOG.error("{} {}", admitted.route.method(), admitted.call.path(), e);
            return refusal(unusable(), admitted.call.path());
        }
        Reply reply = answer(admitted);
        try {
            store.actEnded(act, reply.status(), reply instanceof Reply.Bytes bytes
                    ? bytes.headers.get("Location")
                    : null);
        } catch (UncheckedIOException e) {
            // what is done is done, and the client shall hear of it
            LOG.error("the answer to act {} is not written down", act, e);
        }
        return reply;
    }

    private Reply answer(Admitted admitted) throws InterruptedException {
        try {
            Optional<String> key = admitted.route.once()
                    ? admitted.call.header("idempotency-key")
                    : Optional.empty();
            return key.isPresent() ? once(admitted, key.get()) : render(admitted);
        } catch (Refused e) {
            return refusal(e, admitted.call.path());
        }
    }

    private Reply render(Admitted admitted) throws InterruptedException {
        try {
            return switch (admitted.route.handler().handle(admitted.call)) {
                case Answer.Whole(int status, String type, String body, var headers) ->
                    new Reply.Bytes(status, type, body.getBytes(StandardCharsets.UTF_8), headers);
                case Answer.Json(int status, Object body, var headers) -> new Reply.Bytes(status, "application/json",
                        (json.write(body) + "\n").getBytes(StandardCharsets.UTF_8), headers);
                case Answer.File(String type, var scratch) -> new Reply.File(type, scratch);
                case Answer.Stream(var writer) -> new Reply.Stream(writer);
            };
        } catch (Refused e) {
            return refusal(e, admitted.call.path());
        } catch (ConnectionFailed e) {
            return refusal(new Refused(503, e.problem()), admitted.call.path());
        } catch (UncheckedIOException e) {
            LOG.error("{} {}", admitted.route.method(), admitted.call.path(), e);
            return refusal(unusable(), admitted.call.path());
        } catch (RuntimeException e) {
            LOG.error("{} {}", admitted.route.method(), admitted.call.path(), e);
            return refusal(bug(), admitted.call.path());
        }
    }

    static Refused unusable() {
        return new Refused(500, Problem.error("state-unusable", "workspace",
                "the workspace cannot be read or written", "", "look at the server's log"));
    }

    private static Refused bug() {
        return new Refused(500, Problem.error("bug", "server", "this is a bug in kindling", "",
                "report what the server's log says"));
    }

    Reply.Bytes refusal(Refused refused, String path) {
        return new Reply.Bytes(refused.status(), OpenApi.PROBLEM_JSON,
                (json.write(Wire.ProblemDetails.of(refused.status(), path, refused.problems())) + "\n")
                        .getBytes(StandardCharsets.UTF_8),
                refused.headers());
    }

    /** The same request with the same key gets the same answer. A key whose server died before it answered is free. */
    private Reply once(Admitted admitted, String key) throws InterruptedException {
        if (key.isEmpty() || key.length() > 255) {
            throw Refused.badRequest("idempotency-key-bad", "Idempotency-Key", "the key has " + key.length()
                    + " characters", "1 to 255");
        }
        String user = admitted.call.user().name();
        String work = user + "\n" + key;
        if (!working.add(work)) {
            throw new Refused(409, List.of(Problem.error("idempotency-key-at-work", "Idempotency-Key",
                    "another request with this key is at work", "", "come again in a second")),
                    Map.of("Retry-After", "1"));
        }
        try {
            byte[] fingerprint = fingerprint(admitted);
            var now = clock.instant();
            Optional<ApiStore.Kept> kept = store.claim(user, key, fingerprint, now, now.minus(KEPT));
            if (kept.isPresent()) {
                if (!MessageDigest.isEqual(kept.get().fingerprint(), fingerprint)) {
                    throw new Refused(422, Problem.error("idempotency-key-reused", "Idempotency-Key",
                            "this key was used for another request", "a key of its own for each request",
                            "use a new key"));
                }
                ApiStore.KeptAnswer answer = kept.get().answer();
                if (answer != null) {
                    return new Reply.Bytes(answer.status(), answer.type(), answer.body(), again(answer.location()));
                }
            }
            Reply reply = render(admitted);
            if (reply instanceof Reply.Bytes bytes && bytes.status < 500) {
                store.keep(user, key, new ApiStore.KeptAnswer(bytes.status, bytes.type, bytes.headers.get("Location"),
                        bytes.body));
            } else {
                store.forget(user, key);
            }
            return reply;
        } finally {
            working.remove(work);
        }
    }

    private static Map<String, String> again(@Nullable String location) {
        var headers = new HashMap<>(Map.of("Idempotent-Replayed", "true"));
        if (location != null) {
            headers.put("Location", location);
        }
        return headers;
    }

    private static byte[] fingerprint(Admitted admitted) {
        Call call = admitted.call;
        String head = String.join("\n", admitted.route.method(), call.path(), new TreeMap<>(call.query()).toString(),
                call.header("if-match").orElse(""), "");
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(head.getBytes(StandardCharsets.UTF_8));
            return digest.digest(call.body());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}

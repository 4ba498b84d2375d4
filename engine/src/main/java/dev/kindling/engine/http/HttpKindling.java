package dev.kindling.engine.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.ConnectionFailed;
import dev.kindling.engine.api.Covered;
import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Edit;
import dev.kindling.engine.api.Edited;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.RunResult;
import dev.kindling.engine.api.Template;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.definition.Definitions;
import dev.kindling.engine.plan.PlanFile;
import dev.kindling.engine.report.PlanPictures;
import dev.kindling.engine.store.NewFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The engine at the other end of an HTTP connection. The same contract as in process; what only a connection can have
 * is a {@link ConnectionFailed}. Waiting for a run, and following events, outlast a server that is started again.
 */
public final class HttpKindling implements Kindling {
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofSeconds(90);
    /** For a file that is sent. */
    private static final Duration UPLOAD = Duration.ofHours(1);
    private static final int LONG_POLL = 20;
    /** How long a server may be away while we wait for the end of a run. */
    private static final Duration AWAY = Duration.ofMinutes(2);

    private final Connection connection;
    private final Wires wires;
    private final ApiJson json = new ApiJson();
    private final Set<EventStream> streams = ConcurrentHashMap.newKeySet();

    private static final String UNIX = "unix";
    private static final String ADDRESSES = "http://HOST:PORT, https://HOST:PORT or unix:/PATH/api.sock";

    /**
     * Where a server is, and how it is asked.
     *
     * @param url {@code http://127.0.0.1:8443}, or {@code unix:} and the path of a socket
     * @param tokenFile with the token, one line; null: none, which only a Unix socket lets pass
     * @param directory of this computer where reports are kept
     */
    public record Connection(URI url, @Nullable Path tokenFile, Trust trust, Path directory) {
        public Connection {
            String scheme = String.valueOf(url.getScheme());
            boolean good = switch (scheme) {
                case UNIX -> url.getPath() != null && url.getPath().startsWith("/");
                case "http", "https" -> url.getHost() != null && tokenFile != null;
                default -> false;
            };
            if (!good || url.getRawUserInfo() != null || url.getRawQuery() != null || url.getRawFragment() != null) {
                throw bad(url.toString());
            }
            if (scheme.equals("http") && !Set.of("localhost", "127.0.0.1", "[::1]").contains(url.getHost())) {
                throw new ConnectionFailed(Problem.error("url-insecure", "--connect",
                        "the token would cross the network in clear text", "https://", "use https://"
                                + url.getAuthority() + ", or a tunnel: ssh -L"));
            }
        }

        private static ConnectionFailed bad(String named) {
            return new ConnectionFailed(Problem.error("url-bad", "--connect",
                    "'" + Covered.of(named) + "' is no address of a server", ADDRESSES, "kindling serve prints it"));
        }

        boolean isUnix() {
            return UNIX.equals(url.getScheme());
        }
    }

    /**
     * A connection as it is named on a command line, or else in the environment.
     *
     * @param url an address; {@code unix}: the socket of the directory's own server; null: KINDLING_CONNECT
     * @param tokenFile null: KINDLING_TOKEN_FILE, or else {@code api-token} in the directory; a Unix socket needs none
     * @param authority PEM file; null: KINDLING_CACERT
     * @param fingerprint null: KINDLING_FINGERPRINT
     * @param directory where copies of reports are kept
     * @return empty where neither names a server
     */
    public static Optional<Connection> connection(@Nullable String url, @Nullable Path tokenFile,
            @Nullable Path authority, @Nullable String fingerprint, Map<String, String> environment, Path directory) {
        Optional<String> address = given(url, environment, "KINDLING_CONNECT");
        return address.map(named -> {
            Optional<String> pinned = given(fingerprint, environment, "KINDLING_FINGERPRINT");
            Optional<Path> trusted = given(authority == null ? null : authority.toString(), environment,
                    "KINDLING_CACERT").map(Path::of);
            Trust trust = pinned.<Trust>map(Trust.Fingerprint::new)
                    .or(() -> trusted.map(Trust.Authority::new)).orElseGet(Trust.Computer::new);
            Optional<Path> token = given(tokenFile == null ? null : tokenFile.toString(), environment,
                    "KINDLING_TOKEN_FILE").map(Path::of);
            if (named.equals(UNIX) || named.startsWith(UNIX + ":")) {
                return new Connection(unix(named, directory), token.orElse(null), trust, directory);
            }
            try {
                return new Connection(URI.create(named), token.orElse(directory.resolve(TokenFile.NAME)), trust,
                        directory);
            } catch (IllegalArgumentException e) {
                throw Connection.bad(named);
            }
        });
    }

    /** A path may have blanks, which a URI has not. */
    private static URI unix(String named, Path directory) {
        Path socket = named.equals(UNIX)
                ? directory.resolve(ApiServer.SOCKET)
                : Path.of(named.substring(UNIX.length() + 1));
        try {
            return new URI(UNIX, null, socket.toAbsolutePath().normalize().toString(), null);
        } catch (URISyntaxException e) {
            throw Connection.bad(named);
        }
    }

    private static Optional<String> given(@Nullable String option, Map<String, String> environment, String variable) {
        return Optional.ofNullable(option).or(() -> Optional.ofNullable(environment.get(variable)))
                .filter(value -> !value.isEmpty());
    }

    private HttpKindling(Connection connection, Wires wires) {
        this.connection = connection;
        this.wires = wires;
    }

    /** Reads the token; nothing is asked yet. */
    public static Kindling connect(Connection connection) {
        return new HttpKindling(connection, new Wires(connection));
    }

    /** Requests with what all of them have, and the problems of those that got nowhere. */
    static final class Wires {
        final HttpClient client;
        private final Connection connection;
        private final @Nullable String token;
        private final String base;

        Wires(Connection connection) {
            this.connection = connection;
            Path file = connection.tokenFile();
            this.token = file == null ? null : TokenFile.read(file);
            if (connection.isUnix()) {
                this.base = "http://localhost";
                this.client = new UnixHttpClient(Path.of(connection.url().getPath()));
                return;
            }
            String url = connection.url().toString();
            this.base = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
            HttpClient.Builder builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT).followRedirects(HttpClient.Redirect.NEVER);
            if (connection.url().getScheme().equals("https")) {
                builder.sslContext(connection.trust().context());
            }
            this.client = builder.build();
        }

        HttpRequest.Builder request(String path) {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path));
            return token == null ? request : request.header("Authorization", "Bearer " + token);
        }

        <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> body) throws InterruptedException {
            HttpResponse<T> response;
            try {
                response = client.send(request, body);
            } catch (IOException e) {
                throw new ConnectionFailed(Failures.of(connection, e));
            }
            Optional<Problem> stranger = Failures.stranger(connection, response.headers().firstValue("Kindling-Api"),
                    response.statusCode());
            if (stranger.isPresent()) {
                throw new ConnectionFailed(stranger.get());
            }
            return response;
        }
    }

    /** An answer that is no success. */
    private static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int status;
        private final transient List<Problem> problems;

        Failed(int status, List<Problem> problems) {
            super(problems.getFirst().message(), null, false, false);
            this.status = status;
            this.problems = List.copyOf(problems);
        }
    }

    private String call(HttpRequest.Builder request) {
        return call(request, ANSWER);
    }

    private String call(HttpRequest.Builder request, Duration patience) {
        try {
            return interruptibly(request, patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectionFailed(Problem.error("interrupted", connection.url().toString(),
                    "interrupted while waiting for the server", "", "try again"));
        }
    }

    private String interruptibly(HttpRequest.Builder request) throws InterruptedException {
        return interruptibly(request, ANSWER);
    }

    private String interruptibly(HttpRequest.Builder request, Duration patience) throws InterruptedException {
        HttpResponse<String> response = wires.send(request.timeout(patience).build(),
                HttpResponse.BodyHandlers.ofString());
        int status = response.statusCode();
        if (status / 100 == 2) {
            return response.body();
        }
        List<Problem> problems = problems(status, response.body());
        switch (status) {
            // what no caller expects as a value
            case 400, 401, 403, 405, 415, 421, 429, 500, 503 -> throw new ConnectionFailed(problems.getFirst());
            default -> throw new Failed(status, problems);
        }
    }

    private List<Problem> problems(int status, String body) {
        try {
            Wire.ProblemDetails details = json.read(body, Wire.ProblemDetails.class);
            if (details.problems() != null && !details.problems().isEmpty()) {
                return details.problems();
            }
        } catch (JsonProcessingException e) {
            // then by its status
        }
        return List.of(Problem.error("server-error", connection.url().toString(),
                "the server answered with status " + status, "", "look at its log"));
    }

    private <T> T read(String body, Class<T> type) {
        try {
            return json.read(body, type);
        } catch (JsonProcessingException e) {
            throw unreadable(e);
        }
    }

    private ConnectionFailed unreadable(JsonProcessingException e) {
        return new ConnectionFailed(Problem.error("version-mismatch", connection.url().toString(),
                "the server's answer cannot be read: " + e.getOriginalMessage(), "a server of the same version",
                "use the same version of kindling at both ends"));
    }

    private <T> T get(String path, Class<T> type) {
        return read(call(wires.request(path).GET()), type);
    }

    private String post(String path, String type, String body) {
        return call(wires.request(path).header("Content-Type", type).POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    /** Empty where the server says that there is none. */
    private static <T> Optional<T> found(Function<Void, T> asking) {
        try {
            return Optional.of(asking.apply(null));
        } catch (Failed e) {
            if (e.status == 404) {
                return Optional.empty();
            }
            throw unexpected(e);
        }
    }

    private static ConnectionFailed unexpected(Failed e) {
        return new ConnectionFailed(e.problems.getFirst());
    }

    private static String cluster(String name) {
        return Routes.CLUSTERS + "/" + encoded(name);
    }

    /** A name that no server lets pass is a name that nothing has. */
    private static boolean cannotBe(String name) {
        return !Routes.NAME.matcher(name).matches();
    }

    @Override
    public Validation validate(String source, String text) {
        Wire.Validated told = read(post("/api/v1/validate?source=" + encoded(source), OpenApi.YAML, text),
                Wire.Validated.class);
        return model(told);
    }

    /** The model stays where it is; the text makes it again. */
    private Validation model(Wire.Validated told) {
        Validation here = Definitions.read(told.source(), told.text());
        if (told.ok() && !here.ok()) {
            throw new ConnectionFailed(Problem.error("version-mismatch", connection.url().toString(),
                    "the server takes a definition that this version cannot read: " + here.problems().getFirst(),
                    "a server of the same version", "use the same version of kindling at both ends"));
        }
        return new Validation(told.source(), told.text(), told.ok() ? here.cluster() : null, told.problems());
    }

    /** Here: an edit needs nothing but the text. */
    @Override
    public Edited edit(String source, String text, List<Edit> edits) {
        return Definitions.edit(source, text, edits);
    }

    @Override
    public String compose(Draft draft) {
        return read(post("/api/v1/compose", "application/json", json.write(draft)), Wire.Text.class).text();
    }

    @Override
    public Draft defaults() {
        return get("/api/v1/defaults", Draft.class);
    }

    @Override
    public String demo(boolean simulated, int nodes) {
        return get("/api/v1/demo?simulated=" + simulated + "&nodes=" + nodes, Wire.Text.class).text();
    }

    @Override
    public List<Template> templates() {
        return get("/api/v1/templates", Wire.TemplateList.class).items();
    }

    @Override
    public Validation render(String template, Map<String, String> parameters) {
        try {
            return model(read(post("/api/v1/templates/" + encoded(template) + "/render", "application/json",
                    json.write(parameters)), Wire.Validated.class));
        } catch (Failed e) {
            throw unexpected(e);
        }
    }

    @Override
    public List<Template.Test> testTemplate(String template) {
        return cannotBe(template)
                ? List.of()
                : read(call(wires.request("/api/v1/templates/" + encoded(template) + "/test")
                        .POST(HttpRequest.BodyPublishers.noBody())), Wire.TemplateTests.class).tests();
    }

    @Override
    public Validation importFrom(String source, String text, Map<String, String> more) {
        return model(read(post("/api/v1/import?source=" + encoded(source) + more.entrySet().stream()
                .map(word -> "&" + encoded(word.getKey()) + "=" + encoded(word.getValue()))
                .collect(Collectors.joining()), OpenApi.YAML, text), Wire.Validated.class));
    }

    @Override
    public String export(Plan plan) {
        return PlanFile.write(plan);
    }

    @Override
    public Imported importPlan(String source, String text) {
        return PlanFile.read(source, text, definition -> validate(source, definition));
    }

    @Override
    public String picture(Plan plan, Plan.Picture form) {
        return PlanPictures.render(plan, form);
    }

    @Override
    public Rehearsal rehearse(Plan plan, RehearsalOptions options, Consumer<Event.Recorded> listener)
            throws InterruptedException {
        String id;
        try {
            String answer = retried(wires.request("/api/v1/rehearse?loss=" + options.lossPercent() + "&delay="
                    + options.delay().toMillis() + "&failures=" + options.failurePercent() + "&seed="
                    + options.seed()).header("Content-Type", OpenApi.YAML)
                    .header(OpenApi.IDEMPOTENCY_KEY, UUID.randomUUID().toString())
                    .POST(HttpRequest.BodyPublishers.ofString(plan.definition())));
            id = read(answer, Operation.class).id();
        } catch (Failed e) {
            throw unexpected(e);
        }
        try {
            return rehearsed(id, plan, listener);
        } catch (InterruptedException e) {
            ask(id, "cancel");
            throw e;
        }
    }

    /** Hears a rehearsal to its end; a connection that breaks meanwhile does it no harm. */
    private Rehearsal rehearsed(String id, Plan plan, Consumer<Event.Recorded> listener) throws InterruptedException {
        String path = Routes.OPERATIONS + "/" + id;
        var events = new ArrayList<Event.Recorded>();
        for (;;) {
            // looked at before the events are read: those before its end are all among them then
            Operation operation = read(patiently(path), Operation.class);
            List<Event.Recorded> more = new ArrayList<>();
            long after = events.isEmpty() ? 0 : events.getLast().seq();
            tree(patiently(path + "/events?after=" + after + "&limit=" + Routes.PAGE
                    + (operation.running() ? "&wait=" + LONG_POLL : ""))).path("items")
                    .forEach(item -> more.add(event(item)));
            more.forEach(recorded -> {
                events.add(recorded);
                listener.accept(recorded);
            });
            if (!operation.running() && more.isEmpty()) {
                if (operation.state() == Operation.State.CANCELLED) {
                    throw new InterruptedException("the rehearsal was cancelled at the server");
                }
                Operation.Rehearsed found = operation.rehearsal();
                return new Rehearsal(new RunResult(id, operation.outcome(), operation.problems()),
                        found == null ? Duration.ZERO : found.took(), found == null
                                ? plan.estimate()
                                : found.estimate(),
                        events);
            }
        }
    }

    @Override
    public Audit audit(String cluster) {
        return get(cluster(cluster) + "/audit", Audit.class);
    }

    @Override
    public void backup(Path file) {
        var _ = fetched("/api/v1/backup", in -> Archive.read(in, file), file);
    }

    @Override
    public List<Problem> importJournal(Path file) {
        try {
            var _ = call(wires.request("/api/v1/journals").header("Content-Type", "application/jsonl")
                    .POST(HttpRequest.BodyPublishers.ofFile(file)), UPLOAD);
            return List.of();
        } catch (Failed e) {
            return e.problems.stream().map(problem -> problem.path().equals("body")
                    ? problem.of(file.toString())
                    : problem).toList();
        } catch (FileNotFoundException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void exportJournal(String cluster, Path file) {
        if (cannotBe(cluster) || !fetched(cluster(cluster) + "/journal", in -> keep(in, file), file)) {
            throw new ConnectionFailed(Refused.noCluster(cluster).problems().getFirst());
        }
    }

    @Override
    public Optional<Path> bundle(String cluster, Path file) {
        return !cannotBe(cluster) && fetched(cluster(cluster) + "/bundle", in -> keep(in, file), file)
                ? Optional.of(file)
                : Optional.empty();
    }

    /** Takes what a server sends. */
    private interface Taker {
        void take(InputStream in) throws IOException;
    }

    private static void keep(InputStream in, Path file) throws IOException {
        NewFile.make(file, aside -> Files.copy(in, aside));
    }

    /** Takes what is there; false: there is nothing. A file of that name keeps it from being asked for. */
    private boolean fetched(String path, Taker taker, Path file) {
        try {
            if (Files.exists(file)) {
                throw new FileAlreadyExistsException(file.toString(), null, "it exists; choose another name");
            }
            HttpResponse<InputStream> response = wires.send(wires.request(path).GET().build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                if (response.statusCode() == 404) {
                    return false;
                }
                if (response.statusCode() != 200) {
                    throw new ConnectionFailed(problems(response.statusCode(),
                            new String(body.readAllBytes(), StandardCharsets.UTF_8)).getFirst());
                }
                taker.take(body);
            }
            return true;
        } catch (FileAlreadyExistsException e) {
            throw new UncheckedIOException(e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectionFailed(Problem.error("interrupted", connection.url().toString(),
                    "interrupted while waiting for the server", "", "try again"));
        }
    }

    @Override
    public Optional<Problem> virtualRackProblem() {
        return Optional.ofNullable(get("/api/v1/virtual-rack", Wire.VirtualRack.class).problem());
    }

    @Override
    public Plan plan(Validation validation) {
        var cluster = Kindling.modelOf(validation);
        try {
            Wire.PlanBody told = read(post("/api/v1/plan?source=" + encoded(validation.source()), OpenApi.YAML,
                    validation.text()), Wire.PlanBody.class);
            return new Plan(told.id(), cluster, told.definition(), told.actions(), told.notices(), told.leftovers(),
                    new TreeMap<>(told.facts()), told.estimate());
        } catch (Failed e) {
            throw unexpected(e);
        }
    }

    @Override
    public Started apply(Plan plan, ApplyOptions options) {
        String path = "/api/v1/apply?keep=" + options.keepRunning() + "&loss=" + options.lossPercent() + "&seed="
                + options.seed() + "&delay=" + options.delay().toMillis() + "&failures=" + options.failurePercent()
                + options.parallel().entrySet().stream().map(kind -> "&" + encoded(kind.getKey()) + "="
                        + kind.getValue()).collect(Collectors.joining())
                + options.interfaceName().map(name -> "&interface=" + encoded(name)).orElse("");
        try {
            // one key for this call: asked again after a lost answer, the server starts nothing twice
            String answer = retried(wires.request(path).header("Content-Type", "application/json")
                    .header("Idempotency-Key", UUID.randomUUID().toString())
                    .POST(HttpRequest.BodyPublishers.ofString(export(plan))));
            return new Started(Optional.of(read(answer, Operation.class).id()), List.of());
        } catch (Failed e) {
            return new Started(Optional.empty(), e.problems);
        }
    }

    /** Asks once more where the connection broke. */
    private String retried(HttpRequest.Builder request) {
        try {
            return call(request);
        } catch (ConnectionFailed e) {
            if (e.problem().code().equals("connection-broken")) {
                return call(request);
            }
            throw e;
        }
    }

    @Override
    public RunResult await(String run) throws InterruptedException {
        if (cannotBe(run)) {
            throw noRun(run);
        }
        for (;;) {
            try {
                Operation operation = read(patiently(Routes.OPERATIONS + "/" + run + "?wait=" + LONG_POLL),
                        Operation.class);
                if (!operation.running()) {
                    return new RunResult(run, operation.outcome(), operation.problems());
                }
            } catch (Failed e) {
                throw e.status == 404 ? noRun(run) : unexpected(e);
            }
        }
    }

    /** Asks until there is an answer: a server may be away for a while, as one that is started again is. */
    private String patiently(String path) throws InterruptedException {
        long began = System.nanoTime();
        for (long pause = 200;; pause = Math.min(pause * 2, 5000)) {
            try {
                return interruptibly(wires.request(path).GET());
            } catch (ConnectionFailed e) {
                if (!Failures.passes(e.problem()) || System.nanoTime() - began > AWAY.toNanos()) {
                    throw e;
                }
                Thread.sleep(pause);
            }
        }
    }

    private IllegalArgumentException noRun(String run) {
        return new IllegalArgumentException("no run " + run + " at " + connection.url());
    }

    @Override
    public void cancel(String run) {
        ask(run, "cancel");
    }

    @Override
    public void pause(String run) {
        ask(run, "pause");
    }

    @Override
    public void resume(String run) {
        ask(run, "resume");
    }

    private void ask(String run, String what) {
        if (cannotBe(run)) {
            throw noRun(run);
        }
        try {
            call(wires.request(Routes.OPERATIONS + "/" + run + "/" + what).POST(HttpRequest.BodyPublishers.noBody()));
        } catch (Failed e) {
            throw e.status == 404 ? noRun(run) : unexpected(e);
        }
    }

    @Override
    public List<ClusterStatus> clusters() {
        var all = new ArrayList<ClusterStatus>();
        String next = "";
        do {
            Wire.ClusterPage page = get(Routes.CLUSTERS + "?limit=" + Routes.PAGE + next, Wire.ClusterPage.class);
            all.addAll(page.items());
            next = page.next() == null ? "" : "&cursor=" + page.next();
        } while (!next.isEmpty());
        return all;
    }

    @Override
    public Optional<ClusterStatus> status(String cluster) {
        return cannotBe(cluster)
                ? Optional.empty()
                : found(_ -> get(cluster(cluster), ClusterStatus.class));
    }

    @Override
    public Optional<Validation> definition(String cluster) {
        return cannotBe(cluster)
                ? Optional.empty()
                : found(_ -> get(cluster(cluster) + "/definition", Wire.Definition.class))
                        .map(told -> validate(told.source(), told.text()));
    }

    @Override
    public List<Event.Recorded> history(String cluster, long afterSeq) {
        return history(cluster, afterSeq, Integer.MAX_VALUE);
    }

    @Override
    public List<Event.Recorded> history(String cluster, long afterSeq, int limit) {
        var all = new ArrayList<Event.Recorded>();
        long after = Math.max(0, afterSeq);
        boolean more = !cannotBe(cluster);
        while (more && all.size() < limit) {
            String path = cluster(cluster) + "/events?after=" + after + "&limit="
                    + Math.clamp(limit - all.size(), 1, Routes.PAGE);
            Optional<JsonNode> page = found(_ -> tree(call(wires.request(path).GET())));
            more = page.isPresent() && page.get().path("next").isTextual();
            if (page.isPresent()) {
                page.get().path("items").forEach(item -> all.add(event(item)));
                after = page.get().path("lastSeq").asLong();
            }
        }
        return List.copyOf(all);
    }

    private JsonNode tree(String text) {
        try {
            return json.tree(text);
        } catch (JsonProcessingException e) {
            throw unreadable(e);
        }
    }

    private Event.Recorded event(JsonNode tree) {
        try {
            return json.event(tree);
        } catch (JsonProcessingException e) {
            throw unreadable(e);
        }
    }

    @Override
    public Subscription events(String cluster, long afterSeq, Consumer<Event.Recorded> listener) {
        var stream = new EventStream(wires, cluster(cluster) + "/events", Math.max(0, afterSeq),
                data -> event(tree(data)), listener, streams::remove);
        streams.add(stream);
        stream.start();
        return stream;
    }

    @Override
    public Hardware hardware() {
        return get("/api/v1/hardware", Hardware.class);
    }

    /** Both forms are kept on this computer too, where a user can open them. */
    @Override
    public Optional<Report> report(String cluster) {
        if (cannotBe(cluster)) {
            return Optional.empty();
        }
        return found(_ -> get(cluster(cluster) + "/report", Wire.ReportBody.class)).map(told -> {
            Path markdown = connection.directory().resolve(cluster + "-report.md").toAbsolutePath();
            Path html = connection.directory().resolve(cluster + "-report.html").toAbsolutePath();
            try {
                Files.createDirectories(connection.directory());
                Files.writeString(markdown, told.markdown());
                Files.writeString(html, told.html());
            } catch (IOException e) {
                throw new UncheckedIOException("cannot write the report into " + connection.directory(), e);
            }
            return new Report(told.markdown(), told.html(), told.json(), List.of(markdown, html));
        });
    }

    @Override
    public RunResult down(String cluster) throws InterruptedException {
        Operation begun;
        try {
            begun = read(interruptibly(wires.request(cluster(cluster))
                    .header("Idempotency-Key", UUID.randomUUID().toString()).DELETE()), Operation.class);
        } catch (Failed e) {
            return new RunResult("", Event.Outcome.FAILED, e.problems);
        }
        return await(begun.id());
    }

    /** Of this computer: where copies of reports are kept. */
    @Override
    public Path workspace() {
        return connection.directory();
    }

    @Override
    public String place() {
        return "server " + connection.url();
    }

    @Override
    public void close() {
        streams.forEach(EventStream::close);
        wires.client.shutdownNow();
    }

    /** For the log. */
    @Override
    public @Nullable String toString() {
        return streams.stream().map(EventStream::toString).collect(Collectors.joining(", ", place() + " [", "]"));
    }
}

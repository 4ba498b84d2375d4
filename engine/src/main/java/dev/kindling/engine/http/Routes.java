package dev.kindling.engine.http;

import static dev.kindling.engine.http.Role.ADMIN;
import static dev.kindling.engine.http.Role.OPERATOR;
import static dev.kindling.engine.http.Role.VIEWER;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Everything that can be asked over HTTP: one table, and what each entry does. */
final class Routes {
    /** Names in paths: clusters, operations. */
    static final Pattern NAME = Pattern.compile("^[a-z0-9]([a-z0-9.@+-]{0,61}[a-z0-9])?$");

    static final String CLUSTERS = "/api/v1/clusters";
    static final String OPERATIONS = "/api/v1/operations";
    static final Duration HEARTBEAT = Duration.ofSeconds(15);
    static final int PAGE = 1000;
    /** What an import may be told beside the text. */
    static final List<String> FOREIGN = List.of("name", "version", "kind", "cidr", "gateway", "bootServer", "pool");
    private static final int LONGEST_WAIT = 60;
    private static final String DEFINITION = "a definition, as YAML or JSON";

    /** Kinds of resources whose parallelism can be chosen. */
    static final List<String> KINDS = List.of("power", "write", "local");

    /** Codes of problems that another time, or another plan, would not have. */
    private static final Set<String> CONFLICTS = Set.of("run-in-progress", "plan-outdated");

    private final Kindling kindling;
    private final Operations operations;
    private final Rehearsals rehearsals;
    private final ApiStore store;
    private final ApiJson json;
    private final Metrics metrics;
    private final ServerWork work;
    private final String version;
    private final List<Route> table;
    private final String document;

    Routes(Kindling kindling, Operations operations, Rehearsals rehearsals, ApiStore store, ApiJson json,
            Metrics metrics, ServerWork work, String version) {
        this.kindling = kindling;
        this.operations = operations;
        this.rehearsals = rehearsals;
        this.store = store;
        this.json = json;
        this.metrics = metrics;
        this.work = work;
        this.version = version;
        this.table = table();
        this.document = OpenApi.document(table);
    }

    List<Route> all() {
        return table;
    }

    /** OpenAPI 3.1, as it is published. */
    String document() {
        return document;
    }

    private List<Route> table() {
        return List.of(
                Route.on("GET", "/healthz", "health", "The server runs.")
                        .answers(200, "it does", Wire.Health.class).with(_ -> Answer.ok(new Wire.Health("ok"))),
                Route.on("GET", "/readyz", "readiness", "The server can read its state.")
                        .answers(200, "it can", Wire.Health.class).with(_ -> ready()),
                Route.on("GET", "/metrics", "metrics", "Figures for Prometheus.").by(VIEWER)
                        .answers(200, "text exposition format 0.0.4", null, "text/plain")
                        .with(_ -> text("text/plain; version=0.0.4; charset=utf-8", metrics.text(kindling.clusters()))),
                Route.on("GET", "/api/v1/openapi.json", "document", "This document.")
                        .answers(200, "OpenAPI 3.1", null, "application/json").with(_ -> text("application/json",
                                document())),
                Route.on("GET", "/api/v1/version", "version", "Who answers, and as whom you ask.").by(VIEWER)
                        .answers(200, "versions", Wire.Version.class).with(call -> Answer.ok(new Wire.Version(version,
                                OpenApi.VERSION, call.user().name(), call.user().role()))),

                paged(Route.on("GET", CLUSTERS, "listClusters", "The clusters, by name.").by(VIEWER))
                        .text("state", "only clusters in this state, such as READY")
                        .answers(200, "a page", Wire.ClusterPage.class).with(this::clusters),
                choices(Route.on("POST", CLUSTERS, "createCluster",
                        "Provisions the cluster of a definition, or goes on where that was broken off.").by(OPERATOR)
                        .takes(DEFINITION)).with(this::provision),
                choices(Route.on("POST", CLUSTERS + "/provision", "provisionCluster", "The same as createCluster.")
                        .by(OPERATOR).takes(DEFINITION)).with(this::provision),
                cluster("GET", "", "getCluster", "What is known of a cluster.", VIEWER)
                        .answers(200, "its status", ClusterStatus.class).with(call -> Answer.ok(status(call))),
                cluster("GET", "/status", "getStatus", "The same as getCluster.", VIEWER)
                        .answers(200, "its status", ClusterStatus.class).with(call -> Answer.ok(status(call))),
                changing(cluster("DELETE", "", "deleteCluster",
                        "Removes exactly what was recorded as made for the cluster.", ADMIN))
                        .answers(202, "it began; Location names the operation", Operation.class)
                        .fails(409, "somebody works on the cluster").with(this::delete),
                cluster("GET", "/definition", "getDefinition", "The definition that was last applied.", VIEWER)
                        .header("If-None-Match", "the ETag that is known already")
                        .answers(200, "with an ETag, for If-Match", Wire.Definition.class, OpenApi.YAML)
                        .answers(304, "it is the known one", null).with(this::definition),
                cluster("POST", "/validate", "validateCluster", "Checks the definition that was last applied.", VIEWER)
                        .answers(200, "the outcome", Wire.Validated.class).with(call -> Answer
                                .ok(validated(applied(call.cluster())))),
                cluster("POST", "/plan", "planCluster", "What a run of the last definition would do now.", VIEWER)
                        .answers(200, "the plan", Wire.PlanBody.class)
                        .fails(422, "the definition is wrong").with(call -> Answer
                                .ok(Wire.PlanBody.of(plan(applied(call.cluster()))))),
                choices(cluster("POST", "/apply", "applyCluster",
                        "Applies a definition to this cluster: the one in the body, or else the last one.", OPERATOR)
                        .takes("optional: " + DEFINITION)
                        .header("If-Match", "ETag of the definition that this one replaces"))
                        .fails(412, "the definition is another one by now").with(this::apply),
                choices(cluster("POST", "/scale", "scaleCluster",
                        "Changes how many machines a pool has in the definition that was last applied, and applies it.",
                        OPERATOR).takes("the pool, and how many machines it shall have", Wire.Scaling.class))
                        .with(this::scale),
                changing(cluster("POST", "/cancel", "cancelCluster", "Stops the run at the next safe point.", OPERATOR))
                        .answers(202, "it was asked to", Operation.class)
                        .fails(409, "nothing runs").with(this::cancelCluster),
                changing(cluster("POST", "/pause", "pauseCluster", "No further step of its run starts.", OPERATOR))
                        .answers(202, "it was asked to", Operation.class).fails(409, "nothing runs")
                        .with(call -> asked(call, kindling::pause)),
                changing(cluster("POST", "/resume", "resumeCluster", "Ends the pause of its run.", OPERATOR))
                        .answers(202, "it was asked to", Operation.class).fails(409, "there was no run")
                        .with(call -> asked(call, kindling::resume)),
                cluster("GET", "/audit", "auditCluster", "Whether the chain of its records is whole.", VIEWER)
                        .answers(200, "the outcome", Kindling.Audit.class).with(call -> {
                            status(call);
                            return Answer.ok(kindling.audit(call.cluster()));
                        }),
                cluster("GET", "/journal", "exportJournal", "Its records, one a line, with their hashes.", ADMIN)
                        .answers(200, "JSON lines", null, "application/jsonl").with(this::journal),
                cluster("GET", "/bundle", "getBundle", "What helps to look into a problem, without secrets.", VIEWER)
                        .answers(200, "a ZIP file", null, "application/zip").with(this::bundle),
                told(cluster("GET", "/events", "listEvents",
                        "What happened, oldest first: as pages, or as a stream (Accept: text/event-stream) that goes on"
                                + " until one of both sides ends it. A stream may begin before the cluster exists.",
                        VIEWER)).with(this::events),
                cluster("GET", "/report", "getReport",
                        "The report of the latest run: as JSON, or as what Accept names.", VIEWER)
                        .answers(200, "the report", Wire.ReportBody.class, "text/markdown", "text/html")
                        .with(this::report),
                paged(cluster("GET", "/operations", "listOperationsOfCluster", "Its operations, newest first.", VIEWER))
                        .answers(200, "a page", Wire.OperationPage.class).with(call -> {
                            status(call);
                            return operationPage(call, operations.of(call.cluster()));
                        }),

                paged(Route.on("GET", OPERATIONS, "listOperations", "All operations, newest first.").by(VIEWER))
                        .answers(200, "a page", Wire.OperationPage.class)
                        .with(call -> operationPage(call, operations.all())),
                Route.on("GET", OPERATIONS + "/{operation}", "getOperation", "How far an operation is.").by(VIEWER)
                        .number("wait", "seconds to wait for its end", 0, 0, LONGEST_WAIT)
                        .answers(200, "the operation", Operation.class).fails(404, "there is none of that id")
                        .with(call -> Answer.ok(operation(call, Duration.ofSeconds(call.number("wait"))))),
                told(Route.on("GET", OPERATIONS + "/{operation}/events", "listEventsOfOperation",
                        "What it told, oldest first: as pages, or as a stream (Accept: text/event-stream) that ends with"
                                + " it; the last one is called operation, and is the operation as it ended.")
                        .by(VIEWER)).fails(404, "there is none of that id").with(this::eventsOfOperation),
                changing(Route.on("POST", OPERATIONS + "/{operation}/cancel", "cancelOperation",
                        "Stops a run at the next safe point, or a rehearsal.").by(OPERATOR))
                        .answers(202, "it was asked to", Operation.class).fails(404, "there is none of that id")
                        .fails(409, "a removal cannot be stopped").with(this::cancelOperation),

                changing(Route.on("POST", OPERATIONS + "/{operation}/pause", "pauseOperation",
                        "No further step of the run starts.").by(OPERATOR))
                        .answers(202, "it was asked to", Operation.class).fails(404, "there is none of that id")
                        .fails(409, "only a run can pause").with(call -> askedOf(call, kindling::pause)),
                changing(Route.on("POST", OPERATIONS + "/{operation}/resume", "resumeOperation",
                        "Ends a pause of the run.").by(OPERATOR))
                        .answers(202, "it was asked to", Operation.class).fails(404, "there is none of that id")
                        .fails(409, "only a run can pause").with(call -> askedOf(call, kindling::resume)),

                Route.on("POST", "/api/v1/validate", "validate", "Everything that is wrong with a definition.")
                        .by(VIEWER).takes(DEFINITION).text("source", "name for messages", "definition")
                        .answers(200, "the outcome", Wire.Validated.class)
                        .with(call -> Answer.ok(validated(read(call)))),
                Route.on("POST", "/api/v1/plan", "plan", "What a run of a definition would do now; starts nothing.")
                        .by(VIEWER).takes(DEFINITION).text("source", "name for messages", "definition")
                        .answers(200, "the plan", Wire.PlanBody.class).fails(422, "the definition is wrong")
                        .with(call -> Answer.ok(Wire.PlanBody.of(plan(read(call))))),
                choices(Route.on("POST", "/api/v1/apply", "applyPlan",
                        "Applies a plan; where a fact has changed since, the answer names each one.").by(OPERATOR)
                        .takes("a plan, as kindling plan -o writes it")).with(this::applyPlan),
                changing(Route.on("POST", "/api/v1/rehearse", "rehearse",
                        "Begins to run a definition's plan on simulated machines; nothing real is touched.")
                        .by(OPERATOR).takes(DEFINITION)).text("source", "name for messages", "definition")
                        .number("loss", "percent of datagrams to lose", 0, 0, 100)
                        .number("delay", "milliseconds by which datagrams and requests are late", 0, 0, 60_000)
                        .number("failures", "percent of boots and disk writes that fail", 0, 0, 100)
                        .number("seed", "of everything random", 1, Long.MIN_VALUE, Long.MAX_VALUE)
                        .answers(202, "a rehearsal began; Location names the operation", Operation.class)
                        .fails(409, Rehearsals.AT_ONCE + " rehearsals are at work")
                        .fails(422, "the definition is wrong").with(this::rehearse),
                Route.on("GET", "/api/v1/backup", "backup",
                        "A copy of the whole state while others work on it: a ZIP file with state.db and, where there are"
                                + " sealed secrets, secrets.")
                        .by(ADMIN).answers(200, "a ZIP file", null, Archive.ZIP).with(this::backup),
                Route.on("POST", "/api/v1/journals", "importJournal",
                        "Rebuilds a cluster's state from its exported journal; takes all of it, or nothing.").by(ADMIN)
                        .takesFile("what exportJournal gave", "application/jsonl")
                        .answers(201, "the cluster is known again; Location names it", Wire.Imported.class)
                        .fails(409, "the state knows such a cluster already")
                        .fails(422, "the journal is not as it was written").with(this::importJournal),
                paged(Route.on("GET", "/api/v1/acts", "listActs",
                        "Who asked for what only operators and admins may, and what came of it; newest first.")
                        .by(ADMIN)).answers(200, "a page", Wire.ActPage.class).with(this::acts),
                Route.on("GET", "/api/v1/templates", "listTemplates", "Templates of definitions.").by(VIEWER)
                        .answers(200, "all of them", Wire.TemplateList.class)
                        .with(_ -> Answer.ok(new Wire.TemplateList(kindling.templates()))),
                Route.on("POST", "/api/v1/templates/{template}/render", "renderTemplate",
                        "The definition that a template makes of parameters.").by(VIEWER)
                        .takes("parameters, a JSON object of texts", Map.class)
                        .answers(200, "the definition, and what is wrong with it", Wire.Validated.class)
                        .fails(422, "that are no parameters").with(this::render),
                Route.on("POST", "/api/v1/templates/{template}/test", "testTemplate",
                        "Runs the tests that a template brings along.").by(VIEWER)
                        .answers(200, "the outcomes", Wire.TemplateTests.class).with(call -> Answer
                                .ok(new Wire.TemplateTests(kindling.testTemplate(call.name("template"))))),
                foreign(Route.on("POST", "/api/v1/import", "importDefinition",
                        "The definition that another tool's input amounts to.").by(VIEWER)
                        .takes("what the other tool is fed with").text("source", "name for messages", "definition"))
                        .answers(200, "the definition, and what is wrong with it", Wire.Validated.class)
                        .with(this::importFrom),
                Route.on("POST", "/api/v1/compose", "compose", "The definition that a wizard's answers amount to.")
                        .by(VIEWER).takes("answers, as GET /api/v1/defaults gives them", Draft.class)
                        .answers(200, "YAML", Wire.Text.class)
                        .fails(422, "that is no draft").with(this::compose),
                Route.on("GET", "/api/v1/defaults", "defaults", "The answers that a wizard starts from.").by(VIEWER)
                        .answers(200, "the answers", Draft.class).with(_ -> Answer.ok(kindling.defaults())),
                Route.on("GET", "/api/v1/demo", "demo", "The definition of the demonstration.").by(VIEWER)
                        .flag("simulated", "programs instead of QEMU machines")
                        .number("nodes", "number of machines", 3, 1, 200).answers(200, "YAML", Wire.Text.class)
                        .with(call -> Answer.ok(new Wire.Text(kindling.demo(
                                Boolean.parseBoolean(call.given("simulated")), call.number("nodes"))))),
                Route.on("GET", "/api/v1/virtual-rack", "virtualRack",
                        "Whether virtual machines can run on the server.")
                        .by(VIEWER).answers(200, "why not", Wire.VirtualRack.class)
                        .with(_ -> Answer.ok(new Wire.VirtualRack(kindling.virtualRackProblem().orElse(null)))),
                Route.on("GET", "/api/v1/hardware", "hardware", "What the server's computer is made of.").by(VIEWER)
                        .answers(200, "the hardware", Hardware.class).with(_ -> Answer.ok(kindling.hardware())));
    }

    private static Route.Builder cluster(String method, String below, String id, String summary, Role role) {
        return Route.on(method, CLUSTERS + "/{cluster}" + below, id, summary).by(role)
                .fails(404, "there is no such cluster, or it has none of these");
    }

    private static Route.Builder told(Route.Builder route) {
        return route.number("after", "only events with a higher number", 0, 0, Long.MAX_VALUE)
                .number("limit", "of a page", 500, 1, PAGE).text("cursor", "next of the page before")
                .number("wait", "seconds to wait where there is none yet", 0, 0, LONGEST_WAIT)
                .count("Last-Event-ID", "the number of the last event that a stream gave")
                .answers(200, "a page, or a stream whose ids are the numbers of the events", Wire.EventPage.class,
                        OpenApi.EVENT_STREAM);
    }

    private static Route.Builder paged(Route.Builder route) {
        return route.number("limit", "of a page", 100, 1, PAGE).text("cursor", "next of the page before");
    }

    private static Route.Builder changing(Route.Builder route) {
        return route.header(OpenApi.IDEMPOTENCY_KEY,
                "for 24 hours, the same request with the same key gets the same answer and does nothing again");
    }

    private static Route.Builder choices(Route.Builder route) {
        return changing(route).text("source", "name for messages", "definition")
                .text("plan", "only if the plan still has this id")
                .text("interface", "the server's interface that real machines are served on")
                .flag("keep", "leave machines running afterwards")
                .number("loss", "percent of simulated machines' datagrams to lose", 0, 0, 100)
                .number("seed", "of everything random in simulated machines", 1, Long.MIN_VALUE, Long.MAX_VALUE)
                .number("delay", "milliseconds by which simulated machines' datagrams and requests are late", 0, 0,
                        60_000)
                .number("failures", "percent of simulated machines' boots and disk writes that fail", 0, 0, 100)
                .number("power", "machines that are switched on at once; 0: the usual number", 0, 0, 10_000)
                .number("write", "disks that are written at once; 0: the usual number", 0, 0, 10_000)
                .number("local", "other steps at once; 0: the usual number", 0, 0, 10_000)
                .answers(202, "a run began; Location names the operation", Operation.class)
                .fails(409, "somebody works on the cluster, or the plan is another one by now")
                .fails(422, "the definition is wrong, or contradicts what was recorded");
    }

    private Answer ready() {
        try {
            kindling.clusters();
            return Answer.ok(new Wire.Health("ready"));
        } catch (UncheckedIOException e) {
            throw new Refused(503, Problem.error("state-unreadable", "state", "the state cannot be read", "",
                    "look at the server's log"));
        }
    }

    private static Answer text(String type, String body) {
        return new Answer.Whole(200, type, body, Map.of());
    }

    private Answer clusters(Call call) {
        String after = cursor(call, "clusters").orElse("");
        List<ClusterStatus> found = kindling.clusters().stream().filter(status -> status.name().compareTo(after) > 0)
                .filter(status -> call.value("state").map(status.state().name()::equals).orElse(true)).toList();
        return page(found, call.number("limit"), "clusters", ClusterStatus::name, Wire.ClusterPage::new);
    }

    private static <T> Answer page(List<T> found, int limit, String of, Function<T, String> place,
            java.util.function.BiFunction<List<T>, @org.jspecify.annotations.Nullable String, Object> body) {
        boolean more = found.size() > limit;
        List<T> items = more ? found.subList(0, limit) : found;
        return Answer.ok(body.apply(items, more ? nextCursor(of, place.apply(items.getLast())) : null));
    }

    private static String nextCursor(String of, String place) {
        return Base64.getUrlEncoder().withoutPadding()
                .encodeToString((of + ":" + place).getBytes(StandardCharsets.UTF_8));
    }

    private static Optional<String> cursor(Call call, String of) {
        return call.value("cursor").map(given -> {
            try {
                String plain = new String(Base64.getUrlDecoder().decode(given), StandardCharsets.UTF_8);
                if (plain.startsWith(of + ":")) {
                    return plain.substring(of.length() + 1);
                }
            } catch (IllegalArgumentException e) {
                // the same complaint
            }
            throw Refused.badRequest("cursor-unknown", "cursor", "that cursor is none of this list",
                    "next of the page before");
        });
    }

    private ClusterStatus status(Call call) {
        return kindling.status(call.cluster()).orElseThrow(() -> Refused.noCluster(call.cluster()));
    }

    private Validation applied(String cluster) {
        if (kindling.status(cluster).isEmpty()) {
            throw Refused.noCluster(cluster);
        }
        return kindling.definition(cluster).orElseThrow(() -> new Refused(404, Problem.error("definition-missing",
                "cluster " + cluster, "cluster " + cluster + " has no definition", "", "POST one to " + CLUSTERS)));
    }

    private Validation read(Call call) {
        return kindling.validate(call.given("source"), call.text());
    }

    private static Wire.Validated validated(Validation validation) {
        var cluster = validation.cluster();
        return new Wire.Validated(validation.source(), validation.text(), validation.ok(),
                cluster == null ? null : cluster.name(),
                cluster == null ? 0 : cluster.machines().size(), validation.problems());
    }

    private Plan plan(Validation validation) {
        if (!validation.ok()) {
            throw new Refused(422, validation.problems(), Map.of());
        }
        return kindling.plan(validation);
    }

    private Answer provision(Call call) {
        return start(call, read(call));
    }

    private Answer apply(Call call) {
        call.header("if-match").ifPresent(wanted -> {
            String now = etag(applied(call.cluster()).text());
            if (!wanted.equals("*") && !List.of(wanted.split("\\s*,\\s*", -1)).contains(now)) {
                throw new Refused(412, Problem.error("definition-changed", "cluster " + call.cluster(),
                        "the definition of " + call.cluster() + " is not the one that you have seen", wanted,
                        "GET " + CLUSTERS + "/" + call.cluster() + "/definition again"));
            }
        });
        Validation validation = call.text().isBlank() ? applied(call.cluster()) : read(call);
        var cluster = validation.cluster();
        if (cluster != null && !cluster.name().equals(call.cluster())) {
            throw new Refused(422, Problem.error("cluster-other", "metadata.name",
                    "the definition is that of " + cluster.name(), call.cluster(), "POST it to " + CLUSTERS));
        }
        return start(call, validation);
    }

    private Answer scale(Call call) {
        Validation now = applied(call.cluster());
        Wire.Scaling wanted;
        try {
            wanted = json.read(call.text(), Wire.Scaling.class);
        } catch (JsonProcessingException e) {
            throw new Refused(422, Problem.error("scaling-unreadable", "body", "the body names no pool and number",
                    "{\"pool\": \"workers\", \"count\": 5}", "GET the definition: it has the names of the pools"));
        }
        Validation scaled = kindling.scale(now.source(), now.text(), wanted.pool(), wanted.count()).validation();
        if (!scaled.ok()) {
            throw new Refused(422, scaled.problems(), Map.of());
        }
        return start(call, scaled);
    }

    private Answer start(Call call, Validation validation) {
        Plan plan = plan(validation);
        call.value("plan").filter(wanted -> !wanted.equals(plan.id())).ifPresent(wanted -> {
            throw new Refused(409, Problem.error("plan-outdated", "cluster " + plan.cluster().name(),
                    "something changed since the plan was made: it is now " + plan.id(), wanted,
                    "make the plan again; POST /api/v1/apply with the whole plan names what changed"));
        });
        return start(call, plan);
    }

    private Answer start(Call call, Plan plan) {
        var parallel = new HashMap<String, Integer>();
        for (String kind : KINDS) {
            if (call.number(kind) > 0) {
                parallel.put(kind, call.number(kind));
            }
        }
        Kindling.Started started = kindling.apply(plan, new Kindling.ApplyOptions(call.value("interface"),
                Boolean.parseBoolean(call.given("keep")), call.number("loss"), Long.parseLong(call.given("seed")),
                Duration.ofMillis(call.number("delay")), call.number("failures"), parallel));
        if (started.run().isEmpty()) {
            throw new Refused(conflict(started.problems()) ? 409 : 422, started.problems(), Map.of());
        }
        return accepted(operations.applied(plan.cluster().name(), started.run().get()));
    }

    private static boolean conflict(List<Problem> problems) {
        return problems.stream().map(Problem::code).anyMatch(CONFLICTS::contains);
    }

    private static Answer accepted(Operation operation) {
        return new Answer.Json(202, operation, Map.of("Location", OPERATIONS + "/" + operation.id()));
    }

    private Answer applyPlan(Call call) {
        Kindling.Imported read = kindling.importPlan(call.given("source"), call.text());
        return start(call, read.plan().orElseThrow(() -> new Refused(422, read.problems(), Map.of())));
    }

    private Answer rehearse(Call call) {
        return accepted(rehearsals.begin(plan(read(call)),
                new Kindling.RehearsalOptions(call.number("loss"), Duration.ofMillis(call.number("delay")),
                        call.number("failures"), Long.parseLong(call.given("seed")))));
    }

    private Answer render(Call call) {
        try {
            JsonNode body = json.tree(call.text());
            if (body.isObject() && body.properties().stream().allMatch(each -> each.getValue().isTextual())) {
                var parameters = new HashMap<String, String>();
                body.properties().forEach(each -> parameters.put(each.getKey(), each.getValue().asText()));
                return Answer.ok(validated(kindling.render(call.name("template"), parameters)));
            }
        } catch (JsonProcessingException e) {
            // the same complaint
        }
        throw new Refused(422, Problem.error("parameters-unreadable", "body", "the body is no JSON object of texts",
                "{\"name\": \"value\"}", "send an object of texts"));
    }

    private static Route.Builder foreign(Route.Builder route) {
        FOREIGN.forEach(name -> route.text(name, "what the other form does not say"));
        return route;
    }

    private Answer importFrom(Call call) {
        var more = new HashMap<String, String>();
        FOREIGN.forEach(name -> call.value(name).ifPresent(value -> more.put(name, value)));
        return Answer.ok(validated(kindling.importFrom(call.given("source"), call.text(), more)));
    }

    /** Something is asked of the latest run. */
    private Answer asked(Call call, java.util.function.Consumer<String> what) {
        status(call);
        Operation latest = operations.of(call.cluster()).stream()
                .filter(operation -> operation.kind() == Operation.Kind.APPLY).findFirst()
                .orElseThrow(() -> new Refused(409, Problem.error("nothing-runs", "cluster " + call.cluster(),
                        "there was no run of " + call.cluster(), "", "GET its operations")));
        what.accept(latest.id());
        return accepted(latest);
    }

    private Answer askedOf(Call call, java.util.function.Consumer<String> what) throws InterruptedException {
        Operation operation = operation(call, Duration.ZERO);
        if (operation.kind() != Operation.Kind.APPLY) {
            throw new Refused(409, Problem.error("not-pausable", operation.id(), "only a run can pause", "",
                    "wait for its end"));
        }
        what.accept(operation.id());
        return accepted(operation);
    }

    private Answer journal(Call call) {
        status(call);
        return file("application/jsonl", file -> kindling.exportJournal(call.cluster(), file));
    }

    private Answer bundle(Call call) {
        status(call);
        return file(Archive.ZIP, file -> kindling.bundle(call.cluster(), file));
    }

    private Answer file(String type, java.util.function.Consumer<Path> writer) {
        Scratch scratch = Scratch.in(kindling.workspace());
        try {
            writer.accept(scratch.file());
            return new Answer.File(type, scratch);
        } catch (RuntimeException e) {
            scratch.close();
            throw e;
        }
    }

    private Answer backup(Call call) {
        return file(Archive.ZIP, file -> {
            try (Scratch copy = Scratch.in(kindling.workspace())) {
                kindling.backup(copy.file());
                Archive.write(file, copy.file());
            }
        });
    }

    private Answer importJournal(Call call) {
        Path sent = call.sent();
        List<Problem> problems = kindling.importJournal(sent);
        if (!problems.isEmpty()) {
            // the file's name is nobody's business; it is what was sent
            List<Problem> told = problems.stream().map(problem -> problem.path().equals(sent.toString())
                    ? problem.of("body")
                    : problem).toList();
            throw new Refused(told.getFirst().code().equals("import-exists") ? 409 : 422, told, Map.of());
        }
        try (BufferedReader lines = Files.newBufferedReader(sent)) {
            String cluster = json.tree(lines.readLine()).path("cluster").asText();
            return new Answer.Json(201, new Wire.Imported(cluster), Map.of("Location", CLUSTERS + "/" + cluster));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Answer acts(Call call) {
        int limit = call.number("limit");
        long before = cursor(call, "acts").map(Routes::number).orElse(Long.MAX_VALUE);
        return page(store.acts(before, limit + 1), limit, "acts", act -> Long.toString(act.seq()), Wire.ActPage::new);
    }

    private void tell(Answer.Sink sink, Event.Recorded recorded) {
        try {
            sink.send("id: " + recorded.seq() + "\nevent: " + recorded.event().getClass().getSimpleName()
                    + "\ndata: " + json.write(recorded) + "\n\n");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Answer delete(Call call) throws InterruptedException {
        status(call);
        return switch (operations.remove(call.cluster())) {
            case Operations.Removing.Begun(Operation begun) -> accepted(begun);
            case Operations.Removing.Not(List<Problem> problems) -> throw new Refused(409, problems, Map.of());
        };
    }

    private Answer cancelCluster(Call call) {
        status(call);
        return operations.of(call.cluster()).stream()
                .filter(operation -> operation.state() == Operation.State.RUNNING
                        && operation.kind() == Operation.Kind.APPLY)
                .findFirst().map(this::cancelled)
                .orElseThrow(() -> new Refused(409, Problem.error("nothing-runs", "cluster " + call.cluster(),
                        "no run of " + call.cluster() + " is at work", "", "GET its operations")));
    }

    private Answer cancelOperation(Call call) throws InterruptedException {
        Operation operation = operation(call, Duration.ZERO);
        return switch (operation.kind()) {
            case APPLY -> cancelled(operation);
            case DELETE -> throw new Refused(409, Problem.error("not-cancellable", operation.id(),
                    "a removal cannot be stopped", "", "wait for its end"));
            case REHEARSAL -> {
                rehearsals.cancel(operation.id());
                yield accepted(operation);
            }
        };
    }

    private Answer cancelled(Operation operation) {
        kindling.cancel(operation.id());
        return accepted(operation);
    }

    private Operation operation(Call call, Duration patience) throws InterruptedException {
        String id = call.name("operation");
        return operations.find(id, patience).orElseThrow(() -> new Refused(404, Problem.error("operation-unknown", id,
                "there is no operation " + id, "", "GET " + OPERATIONS + " lists them")));
    }

    private Answer operationPage(Call call, List<Operation> all) {
        // ids of runs begin with the time; a page goes on after the last one by its place in this order
        List<Operation> found = cursor(call, "operations").map(last -> {
            int at = all.stream().map(Operation::id).toList().indexOf(last);
            if (at < 0) {
                throw Refused.badRequest("cursor-unknown", "cursor", "that cursor is none of this list",
                        "next of the page before");
            }
            return all.subList(at + 1, all.size());
        }).orElse(all);
        return page(found, call.number("limit"), "operations", Operation::id, Wire.OperationPage::new);
    }

    private Answer definition(Call call) {
        Validation validation = applied(call.cluster());
        Map<String, String> headers = Map.of("ETag", etag(validation.text()));
        if (call.header("if-none-match").filter(etag(validation.text())::equals).isPresent()) {
            return new Answer.Whole(304, "", "", headers);
        }
        return call.wants("yaml")
                ? new Answer.Whole(200, OpenApi.YAML, validation.text(), headers)
                : new Answer.Json(200, new Wire.Definition(validation.source(), validation.text()), headers);
    }

    private static String etag(String text) {
        try {
            return '"' + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256")
                    .digest(text.getBytes(StandardCharsets.UTF_8)), 0, 16) + '"';
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private Answer events(Call call) throws InterruptedException {
        String cluster = call.cluster();
        long after = after(call, "events");
        if (call.wants(OpenApi.EVENT_STREAM)) {
            return new Answer.Stream(sink -> stream(cluster, after, sink));
        }
        status(call);
        int limit = call.number("limit");
        List<Event.Recorded> found = kindling.history(cluster, after, limit + 1);
        if (found.isEmpty() && call.number("wait") > 0) {
            var first = new CountDownLatch(1);
            try (Kindling.Subscription _ = kindling.events(cluster, after, _ -> first.countDown());
                    ServerWork.Registration _ = work.whenStopping(first::countDown)) {
                if (first.await(call.number("wait"), TimeUnit.SECONDS)) {
                    found = kindling.history(cluster, after, limit + 1);
                }
            }
        }
        return eventPage(found, after, limit, "events");
    }

    private Answer eventsOfOperation(Call call) throws InterruptedException {
        Operation operation = operation(call, Duration.ZERO);
        String list = operation.id();
        long after = after(call, list);
        if (call.wants(OpenApi.EVENT_STREAM)) {
            return new Answer.Stream(sink -> streamToItsEnd(operation, after, sink));
        }
        int limit = call.number("limit");
        return eventPage(operations.events(operation, after, limit + 1, Duration.ofSeconds(call.number("wait"))), after,
                limit, list);
    }

    /** The event that a page, or a stream, begins after. */
    private static long after(Call call, String list) {
        long after = cursor(call, list).map(Routes::number).orElse(Long.parseLong(call.given("after")));
        Optional<Long> last = call.header("last-event-id").map(Routes::number);
        return call.wants(OpenApi.EVENT_STREAM) ? last.orElse(after) : after;
    }

    private static Answer eventPage(List<Event.Recorded> found, long after, int limit, String list) {
        long last = found.isEmpty() ? after : found.get(Math.min(limit, found.size()) - 1).seq();
        return page(found, limit, list, recorded -> Long.toString(recorded.seq()),
                (items, next) -> new Wire.EventPage(items, next, last));
    }

    private static long number(String text) {
        try {
            long number = Long.parseLong(text);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // the same complaint
        }
        throw Refused.badRequest("number-expected", "Last-Event-ID", "'" + text + "' is no number of an event",
                "the id of an event");
    }

    /** HTML Living Standard, "Server-sent events". A comment now and then shows both sides that the other one lives. */
    private void stream(String cluster, long after, Answer.Sink sink) throws InterruptedException {
        sink.send("retry: 1000\n: events of " + cluster + "\n\n");
        metrics.streamBegan();
        try (Kindling.Subscription _ = kindling.events(cluster, after, recorded -> tell(sink, recorded))) {
            while (!sink.closedWithin(HEARTBEAT)) {
                sink.send(": \n\n");
            }
        } finally {
            metrics.streamEnded();
        }
    }

    /** As {@link #stream}, but of one operation, and until it ends. */
    private void streamToItsEnd(Operation operation, long after, Answer.Sink sink) throws InterruptedException {
        sink.send("retry: 1000\n: events of " + operation.id() + "\n\n");
        metrics.streamBegan();
        try {
            long seq = after;
            Operation now = operation;
            while (!sink.closedWithin(Duration.ZERO)) {
                List<Event.Recorded> more = operations.events(now, seq, PAGE,
                        now.running() ? HEARTBEAT : Duration.ZERO);
                more.forEach(recorded -> tell(sink, recorded));
                if (!more.isEmpty()) {
                    seq = more.getLast().seq();
                } else if (now.running()) {
                    sink.send(": \n\n");
                } else {
                    sink.send("event: operation\ndata: " + json.write(now) + "\n\n");
                    return;
                }
                // looked at before the next events are read: those before its end are all among them then
                now = operations.find(operation.id(), Duration.ZERO).orElse(now);
            }
        } finally {
            metrics.streamEnded();
        }
    }

    private Answer report(Call call) {
        status(call);
        Kindling.Report report = kindling.report(call.cluster()).orElseThrow(() -> new Refused(404,
                Problem.error("report-missing", "cluster " + call.cluster(), "there was no run yet", "",
                        "apply the definition")));
        if (call.wants("text/markdown")) {
            return text("text/markdown; charset=utf-8", report.markdown());
        }
        if (call.wants("text/html")) {
            return text("text/html; charset=utf-8", report.html());
        }
        return Answer.ok(new Wire.ReportBody(report.markdown(), report.html(), report.json(),
                new ArrayList<>(report.files().stream().map(Path::toString).toList())));
    }

    private Answer compose(Call call) {
        try {
            return Answer.ok(new Wire.Text(kindling.compose(json.read(call.text(), Draft.class))));
        } catch (JsonProcessingException | NullPointerException e) {
            throw new Refused(422, Problem.error("draft-unreadable", "body", "the body is no draft: "
                    + (e instanceof JsonProcessingException bad && bad.getLocation() != null
                            ? "line " + bad.getLocation().getLineNr() + ", column " + bad.getLocation().getColumnNr()
                            : "something is missing"),
                    "answers as GET /api/v1/defaults gives them", "GET /api/v1/defaults, and change that"));
        }
    }
}

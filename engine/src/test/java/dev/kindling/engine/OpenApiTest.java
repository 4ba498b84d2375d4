package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.kindling.engine.http.AccessTokens;
import dev.kindling.engine.http.Role;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The document and the server, each against the other; answers are judged by a validator that we did not write. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set by bringAClusterUp
class OpenApiTest {
    private static final Path PUBLISHED = Path.of("../docs/reference/openapi.json");
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Path workspace;
    private Served served;
    private JsonNode document;
    private String definition;
    private String run;
    private String foreignJournal;

    @BeforeAll
    void bringAClusterUp(@TempDir Path temporary) throws Exception {
        workspace = temporary.resolve("workspace");
        served = new Served(workspace);
        definition = Racks.simulated(served.engine(), 1, 94);
        run = Racks.up(served.engine(), definition, dev.kindling.engine.api.Kindling.ApplyOptions.DEFAULT).run();
        Path elsewhere = temporary.resolve("elsewhere");
        try (Engine other = Racks.engine(elsewhere, java.util.function.UnaryOperator.identity())) {
            Racks.up(other, Racks.simulated(other, 1, 97).replace("name: demo", "name: foreign"),
                    dev.kindling.engine.api.Kindling.ApplyOptions.DEFAULT);
            other.exportJournal("foreign", temporary.resolve("foreign.jsonl"));
        }
        foreignJournal = Files.readString(temporary.resolve("foreign.jsonl"));
        document = JSON.readTree(served.send(HttpRequest.newBuilder(served.url().resolve("/api/v1/openapi.json")))
                .body());
    }

    @AfterAll
    void close() {
        served.close();
    }

    @Test
    void theDocumentIsPublishedAsItIsServed() throws Exception {
        String now = served.send(HttpRequest.newBuilder(served.url().resolve("/api/v1/openapi.json"))).body();
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(PUBLISHED, now);
        }
        assertThat(now).as("-Dgolden.update=true writes it anew").isEqualTo(Files.readString(PUBLISHED));
    }

    /** One operation of the document. */
    private record Documented(String method, String path, JsonNode operation) {
        String id() {
            return operation.path("operationId").asText();
        }
    }

    private List<Documented> operations() {
        var all = new ArrayList<Documented>();
        document.path("paths").properties().forEach(path -> path.getValue().properties().forEach(method -> all
                .add(new Documented(method.getKey().toUpperCase(Locale.ROOT), path.getKey(), method.getValue()))));
        return all;
    }

    /** Bodies of the operations that need one; all others do without. */
    private String body(String id) throws Exception {
        return switch (id) {
            case "createCluster", "provisionCluster", "applyCluster", "validate", "plan" -> definition;
            case "rehearse", "importDefinition" -> definition;
            case "applyPlan" -> served.engine().export(served.engine().plan(served.engine().validate("demo",
                    definition)));
            case "scaleCluster" -> "{\"pool\": \"control-plane\", \"count\": 1}";
            case "renderTemplate" -> "{\"name\": \"demo\"}";
            case "compose" -> served.send(served.request("/api/v1/defaults")).body();
            case "importJournal" -> foreignJournal;
            default -> "";
        };
    }

    private HttpResponse<String> ask(Documented operation, String path, Map<String, String> headers) throws Exception {
        String body = body(operation.id());
        HttpRequest.Builder request = served.request(path).method(operation.method(),
                HttpRequest.BodyPublishers.ofString(body));
        if (!body.isEmpty()) {
            request.header("Content-Type",
                    switch (operation.id()) {
                        case "compose", "renderTemplate", "scaleCluster" -> "application/json";
                        case "importJournal" -> "application/jsonl";
                        default -> "application/yaml";
                    });
        }
        headers.forEach(request::header);
        return served.send(request);
    }

    private String concrete(String path) {
        return path.replace("{cluster}", "demo").replace("{operation}", run).replace("{template}",
                served.engine().templates().getFirst().name());
    }

    @Test
    void everyOperationAnswersAndEveryAnswerIsOneOfTheDocument() throws Exception {
        var statuses = new HashMap<String, Integer>();
        // the removal last: the others need what it removes
        List<Documented> all = new ArrayList<>(operations());
        all.sort(java.util.Comparator.comparing(operation -> operation.id().equals("deleteCluster")));
        for (Documented operation : all) {
            HttpResponse<String> answer = ask(operation, concrete(operation.path()), Map.of());
            for (int i = 0; i < 600 && answer.statusCode() == 409 && !operation.id().startsWith("cancel"); i++) {
                // the run of the operation before
                Thread.sleep(100);
                answer = ask(operation, concrete(operation.path()), Map.of());
            }
            statuses.put(operation.id(), answer.statusCode());
            fits(operation, answer);
        }
        statuses.forEach((id, status) -> assertThat(status).as(id).isIn(switch (id) {
            case "createCluster", "provisionCluster", "applyCluster", "scaleCluster", "applyPlan", "deleteCluster",
                    "pauseCluster", "resumeCluster", "pauseOperation", "resumeOperation", "rehearse" ->
                Set.of(202);
            case "importJournal" -> Set.of(201);
            // the run may have ended
            case "cancelCluster" -> Set.of(202, 409);
            case "cancelOperation" -> Set.of(202);
            default -> Set.of(200);
        }));
    }

    @Test
    void everyRefusalIsProblemDetailsOfTheDocument() throws Exception {
        for (Documented operation : operations()) {
            if (operation.operation().path("x-kindling-role").isMissingNode()) {
                continue;
            }
            HttpResponse<String> stranger = served.send(HttpRequest.newBuilder(
                    served.url().resolve(concrete(operation.path()))).method(operation.method(),
                            HttpRequest.BodyPublishers.noBody()));
            assertThat(stranger.statusCode()).as(operation.id()).isEqualTo(401);
            fits(operation, stranger);
            HttpResponse<String> odd = ask(operation, concrete(operation.path()) + "?odd=1", Map.of());
            assertThat(odd.statusCode()).as(operation.id()).isEqualTo(400);
            fits(operation, odd);
            if (operation.path().contains("{")) {
                HttpResponse<String> none = ask(operation, operation.path().replace("{cluster}", "none")
                        .replace("{operation}", "none").replace("{template}", "none"), Map.of());
                assertThat(none.statusCode()).as(operation.id())
                        .isIn(operation.path().contains("{template}") ? List.of(200) : List.of(404, 422));
                fits(operation, none);
            }
            if (!operation.operation().path("requestBody").isMissingNode()) {
                HttpResponse<String> untyped = served.send(served.request(concrete(operation.path()))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString("a=b")));
                assertThat(untyped.statusCode()).as(operation.id()).isEqualTo(415);
                fits(operation, untyped);
            }
        }
        for (String body : List.of("{\"name\": 5}", "{\"name\": {}}", "[]", "{", "\"x\"")) {
            for (String path : List.of("/api/v1/templates/none/render", "/api/v1/compose",
                    "/api/v1/clusters/demo/scale")) {
                assertThat(served.send(served.request(path).header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))).statusCode()).as(path + body).isEqualTo(422);
            }
        }
        var unknown = served.send(served.request("/api/v1/nothing"));
        assertThat(unknown.statusCode()).isEqualTo(404);
        var method = served.send(served.request("/api/v1/clusters").method("PATCH",
                HttpRequest.BodyPublishers.noBody()));
        assertThat(method.statusCode()).isEqualTo(405);
        assertThat(method.headers().firstValue("Allow")).contains("GET, HEAD, POST");
    }

    /** Nothing is done: the cluster is unknown, the body empty. */
    @Test
    void everyOperationAsksForTheRoleThatTheDocumentSays() throws Exception {
        List<Role> roles = List.of(Role.values());
        var tokens = new HashMap<Role, String>();
        try (AccessTokens store = AccessTokens.open(workspace, java.time.Clock.systemUTC())) {
            for (Role role : roles) {
                tokens.put(role, store.create("as-" + role.word(), role, java.util.Optional.empty()).orElseThrow()
                        .reveal());
            }
        }
        for (Documented operation : operations()) {
            if (operation.operation().path("x-kindling-role").isMissingNode()) {
                continue;
            }
            int needed = roles.indexOf(Role.valueOf(operation.operation().path("x-kindling-role").asText()
                    .toUpperCase(Locale.ROOT)));
            for (Role role : roles) {
                var answer = served.send(HttpRequest.newBuilder(served.url().resolve(operation.path()
                        .replace("{cluster}", "none").replace("{operation}", "none").replace("{template}", "none")))
                        .header("Authorization", "Bearer " + tokens.get(role)).method(operation.method(),
                                HttpRequest.BodyPublishers.noBody()));
                if (roles.indexOf(role) < needed) {
                    assertThat(answer.statusCode()).as(operation.id() + " as " + role).isEqualTo(403);
                    assertThat(answer.body()).contains("role-too-low");
                } else {
                    assertThat(answer.statusCode()).as(operation.id() + " as " + role).isNotIn(401, 403, 500, 202);
                }
            }
        }
    }

    private void fits(Documented operation, HttpResponse<String> answer) {
        String what = operation.id() + " " + answer.statusCode() + ": " + answer.body();
        JsonNode response = operation.operation().path("responses").path(Integer.toString(answer.statusCode()));
        assertThat(response.isMissingNode()).as("the document has no such status: %s", what).isFalse();
        String type = answer.headers().firstValue("Content-Type").orElse("").split(";", 2)[0];
        JsonNode content = response.path("content").path(type);
        assertThat(content.isMissingNode()).as("the document has no %s: %s", type, what).isFalse();
        assertThat(answer.headers().firstValue("Kindling-Api")).as(what).isPresent();
        if (type.endsWith("json") && content.path("schema").has("$ref")) {
            String name = content.path("schema").path("$ref").asText().replace("#/components/schemas/", "");
            assertThat(schema(name).validate(answer.body(), InputFormat.JSON)).as(what).isEmpty();
        }
    }

    /** Of the document's components; the events of every kind are among them. */
    private Schema schema(String name) {
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema("{\"$ref\":\"#/components/schemas/" + name + "\",\"components\":"
                        + document.path("components") + "}", InputFormat.JSON);
    }

    @Test
    void everyEventThatHappensFitsItsSchemaAndAForeignOneDoesNot() throws Exception {
        JsonNode page = JSON.readTree(served.send(served.request("/api/v1/clusters/demo/events?limit=1000")).body());
        var kinds = new TreeSet<String>();
        Schema recorded = schema("Recorded");
        for (JsonNode item : page.path("items")) {
            assertThat(recorded.validate(item.toString(), InputFormat.JSON)).as(item.toString()).isEmpty();
            kinds.add(item.path("event").path("type").asText());
        }
        assertThat(kinds).contains("RunStarted", "StepDone", "MachineObserved", "RunEnded");
        String foreign = page.path("items").path(0).toString().replaceFirst("\"type\":\"[A-Za-z]+\"",
                "\"type\":\"Invented\"");
        assertThat(recorded.validate(foreign, InputFormat.JSON)).isNotEmpty();
    }

    @Test
    void pagesJoinToTheWholeAndCursorsOfOtherListsAreRefused() throws Exception {
        var joined = new ArrayList<String>();
        String path = "/api/v1/clusters/demo/events?limit=7";
        String cursor = "";
        String first = "";
        do {
            JsonNode page = JSON.readTree(served.send(served.request(path + cursor)).body());
            page.path("items").forEach(item -> joined.add(item.path("seq").asText()));
            cursor = page.path("next").isTextual() ? "&cursor=" + page.path("next").asText() : "";
            first = first.isEmpty() ? cursor : first;
        } while (!cursor.isEmpty());
        assertThat(joined).isEqualTo(served.engine().history("demo", 0).stream()
                .map(recorded -> Long.toString(recorded.seq())).toList());
        assertThat(served.send(served.request("/api/v1/clusters?" + first.substring(1))).statusCode()).isEqualTo(400);
        assertThat(served.send(served.request("/api/v1/clusters?cursor=%21")).statusCode()).isEqualTo(400);
    }

    @Test
    void definitionHasATagThatGuardsWhatReplacesIt() throws Exception {
        var got = served.send(served.request("/api/v1/clusters/demo/definition").header("Accept", "application/yaml"));
        assertThat(got.body()).isEqualTo(definition);
        String tag = got.headers().firstValue("ETag").orElseThrow();
        assertThat(served.send(served.request("/api/v1/clusters/demo/definition").header("If-None-Match", tag))
                .statusCode()).isEqualTo(304);
        var other = served.send(served.request("/api/v1/clusters/demo/apply").header("If-Match", "\"other\"")
                .POST(HttpRequest.BodyPublishers.noBody()));
        assertThat(other.statusCode()).isEqualTo(412);
        assertThat(other.body()).contains("definition-changed");
    }

    @Test
    void longPollEndsWhenNothingHappensAndWhenTheTimeIsOver() throws Exception {
        long last = served.engine().history("demo", 0).getLast().seq();
        var answer = served.send(served.request("/api/v1/clusters/demo/events?wait=1&after=" + last)
                .timeout(Duration.ofSeconds(30)));
        assertThat(JSON.readTree(answer.body()).path("lastSeq").asLong()).isGreaterThanOrEqualTo(last);
    }

    @Test
    void figuresAreReadByPrometheusAndTellOfTheClusters() throws IOException, InterruptedException {
        String figures = served.send(served.request("/metrics")).body();
        assertThat(figures).contains("# TYPE kindling_http_requests_total counter", "kindling_clusters{state=\"");
        assertThat(figures.lines()).allMatch(
                line -> line.startsWith("# ") || line.matches("[a-z_]+(\\{[^}]*})? [0-9]+"));
    }
}

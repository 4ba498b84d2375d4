package dev.kindling.engine.http;

import static dev.kindling.engine.http.Schemas.map;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The OpenAPI 3.1 document, made from the routes that the server answers. */
final class OpenApi {
    /** Version of the interface: the first number changes when clients must. */
    static final String VERSION = "1.0";

    static final String PROBLEM_JSON = "application/problem+json";
    static final String EVENT_STREAM = "text/event-stream";
    static final String YAML = "application/yaml";
    static final String IDEMPOTENCY_KEY = "Idempotency-Key";

    /** Failures that every route has, by status. */
    private static final Map<Integer, String> COMMON = Map.of(400, "the request does not fit the path", 405,
            "the path does not know the method; Allow names those that it knows", 421,
            "the Host header names another server", 500, "a bug, or the workspace cannot be used", 503,
            "the server stops");
    private static final Map<Integer, String> GUARDED = Map.of(401, "no token, or a wrong one", 403,
            "the token's role does not allow it, or a web page of another origin asks", 429,
            "too many wrong tokens; Retry-After says when to come again");

    private OpenApi() {}

    static String document(List<Route> routes) {
        Schemas schemas = new Schemas();
        Map<String, Object> problem = schemas.of(Wire.ProblemDetails.class);
        Map<String, Object> paths = new LinkedHashMap<>();
        for (Route route : routes) {
            @SuppressWarnings("unchecked")
            Map<String, Object> path = (Map<String, Object>) paths.computeIfAbsent(route.path(),
                    _ -> new LinkedHashMap<String, Object>());
            path.put(route.method().toLowerCase(Locale.ROOT), operation(route, schemas, problem));
        }
        Map<String, Object> document = map("openapi", "3.1.0", "info",
                map("title", "Kindling", "version", VERSION, "description",
                        "From a cluster definition to running machines. Long work is an operation; what happens is told"
                                + " as events. Errors are problem details (RFC 9457). A role may do what those before it"
                                + " may: viewer, operator, admin.",
                        "license", map("name", "Apache-2.0", "identifier", "Apache-2.0")),
                "servers", List.of(map("url", "/")), "paths", paths, "components",
                map("schemas", schemas.components(), "securitySchemes",
                        map("token", map("type", "http", "scheme", "bearer"))));
        DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
        try {
            return new ObjectMapper()
                    .writer(new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter))
                    .writeValueAsString(document) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a document of maps and lists has a JSON form", e);
        }
    }

    private static Map<String, Object> operation(Route route, Schemas schemas, Map<String, Object> problem) {
        List<Object> parameters = new ArrayList<>();
        for (String name : route.names()) {
            parameters.add(map("name", name, "in", "path", "required", true, "schema",
                    map("type", "string", "minLength", 1, "maxLength", 63, "pattern", Routes.NAME.pattern())));
        }
        for (Route.Parameter parameter : route.parameters()) {
            parameters.add(map("name", parameter.name(), "in", parameter.in(), "required", false, "description",
                    parameter.description(), "schema", schema(parameter)));
        }
        Map<String, Object> responses = new TreeMap<>();
        route.answers().forEach((status, content) -> responses.put(status.toString(), answer(content, schemas)));
        Map<Integer, String> failures = new TreeMap<>(COMMON);
        if (route.role() != null) {
            failures.putAll(GUARDED);
        }
        if (!route.takes().isEmpty()) {
            failures.put(413, "the body is larger than the server takes");
            failures.put(415, "a body of another type than those of the path");
        }
        if (route.once()) {
            failures.put(409, "another request with this Idempotency-Key is at work");
            failures.put(422, "the Idempotency-Key was used for another request");
        }
        route.failures().forEach((status, words) -> failures.merge(status, words, (a, b) -> b + "; or " + a));
        failures.forEach((status, words) -> responses.putIfAbsent(status.toString(),
                map("description", words, "content", map(PROBLEM_JSON, map("schema", problem)))));
        Map<String, Object> operation = map("operationId", route.id(), "summary", route.summary(), "parameters",
                parameters.isEmpty() ? null : parameters, "requestBody",
                route.takes().isEmpty()
                        ? null
                        : map("required", !route.takes().startsWith("optional"), "description", route.takes(),
                                "content", bodies(route, schemas)),
                "responses", responses);
        if (route.role() != null) {
            operation.put("security", List.of(map("token", List.of())));
            operation.put("x-kindling-role", route.role().word());
        } else {
            operation.put("security", List.of());
        }
        return operation;
    }

    private static Map<String, Object> bodies(Route route, Schemas schemas) {
        Class<?> body = route.body();
        String file = route.file();
        if (file != null) {
            return map(file, map("schema", map("type", "string")));
        }
        return body == null
                ? map(YAML, map("schema", map()), "application/json", map("schema", map()))
                : map("application/json", map("schema", body == Map.class
                        ? map("type", "object", "additionalProperties", map("type", "string"))
                        : schemas.of(body)));
    }

    private static Map<String, Object> schema(Route.Parameter parameter) {
        if (parameter.name().equals(IDEMPOTENCY_KEY)) {
            return map("type", "string", "minLength", 1, "maxLength", 255);
        }
        return switch (parameter.type()) {
            case "integer" -> map("type", "integer", "minimum", parameter.least(), "maximum", parameter.most(),
                    "default", parameter.initial().isEmpty() ? null : Long.parseLong(parameter.initial()));
            case "boolean" -> map("type", "boolean", "default", Boolean.parseBoolean(parameter.initial()));
            // what a header may hold is HTTP's affair
            default -> map("type", "string", "pattern",
                    parameter.in().equals("header") ? null : "^[^\\x00-\\x1f\\x7f-\\x9f]*$", "default",
                    parameter.initial().isEmpty() ? null : parameter.initial());
        };
    }

    private static Map<String, Object> answer(Route.Content content, Schemas schemas) {
        Map<String, Object> types = new LinkedHashMap<>();
        if (content.body() != null) {
            types.put("application/json", map("schema", schemas.of(content.body())));
        }
        content.others().forEach(type -> types.put(type, map("schema", map("type", "string"))));
        return map("description", content.description(), "content", types.isEmpty() ? null : types);
    }
}

package dev.kindling.engine.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.kindling.engine.api.Kindling.Imported;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.model.Cluster;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Function;

/**
 * A plan in a file: JSON with a SHA-256 over the plan in it, so that damage and edits show. That is no signature: what
 * protects a cluster is that a plan is made anew, from the definition in the file, before it is applied, and that every
 * difference is refused.
 */
public final class PlanFile {
    private static final String FORMAT = "kindling.dev/plan/v1";
    private static final JsonMapper JSON = JsonMapper.builder().addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .disable(MapperFeature.ALLOW_FINAL_FIELDS_AS_MUTATORS)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private PlanFile() {}

    /** What is in the file; the cluster follows from the definition. */
    private record Body(String id, String cluster, Duration estimate, List<String> notices,
            List<Plan.Leftover> leftovers, SortedMap<String, String> facts, List<Plan.Action> actions,
            String definition) {}

    private record Envelope(String format, String sha256, JsonNode plan) {}

    public static String write(Plan plan) {
        JsonNode body = JSON.valueToTree(new Body(plan.id(), plan.cluster().name(), plan.estimate(), plan.notices(),
                plan.leftovers(), plan.facts(), plan.actions(), plan.definition()));
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(new Envelope(FORMAT, sha256(body), body))
                    + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of JSON can be written", e);
        }
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @param validate reads the definition in it
     */
    public static Imported read(String source, String text, Function<String, Validation> validate) {
        JsonNode file;
        try {
            file = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            return text.contains("kindling.dev/plan/")
                    ? refused("plan-truncated", source,
                            "it is cut off or damaged at line " + e.getLocation().getLineNr(), "a whole plan file",
                            "copy it again, or make the plan again: kindling plan FILE -o " + source)
                    : noPlan(source, "it is no JSON (line " + e.getLocation().getLineNr() + ")");
        }
        String format = file.path("format").asText();
        if (!format.equals(FORMAT)) {
            return format.startsWith("kindling.dev/plan/")
                    ? refused("plan-version", source, "it was written by another version of Kindling, as " + format,
                            FORMAT, "make the plan again with this version: kindling plan FILE -o " + source)
                    : noPlan(source, "it is not of the format " + FORMAT);
        }
        JsonNode body = file.path("plan");
        if (!file.path("sha256").asText().equals(sha256(body))) {
            return refused("plan-tampered", source, "its content is not what kindling plan wrote: it was changed since",
                    "the SHA-256 in the file to be that of the plan in it",
                    "plans are not edited: change the definition, then make the plan again");
        }
        Body plan;
        try {
            plan = JSON.treeToValue(body, Body.class);
        } catch (JsonProcessingException e) {
            return refused("plan-version", source, "it has other parts than this version of Kindling writes: "
                    + e.getOriginalMessage(), FORMAT, "make the plan again with this version");
        }
        Validation validation = validate.apply(plan.definition());
        Cluster cluster = validation.cluster();
        if (cluster == null) {
            return new Imported(Optional.empty(), validation.problems());
        }
        return new Imported(Optional.of(new Plan(plan.id(), cluster, plan.definition(), plan.actions(),
                plan.notices(), plan.leftovers(), plan.facts(), plan.estimate())), List.of());
    }

    private static Imported noPlan(String source, String why) {
        return refused("plan-unreadable", source, why, "a file that kindling plan -o wrote",
                "kindling up FILE runs a definition; kindling plan FILE -o plan.json writes a plan");
    }

    private static Imported refused(String code, String source, String message, String expected, String remedy) {
        return new Imported(Optional.empty(), List.of(Problem.error(code, source, message, expected, remedy)));
    }

    /** Over the tree without blanks, so that a file may be indented otherwise. */
    private static String sha256(JsonNode body) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256")
                    .digest(body.toString().getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}

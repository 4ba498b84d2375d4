package dev.kindling.engine.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.store.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * What those who help need, in one ZIP: the report, the journal as JSON lines, the status, the definition, and what the
 * program runs on. Events never hold secrets; passwords in URLs are taken out as well.
 */
public final class SupportBundle {
    private SupportBundle() {}

    /**
     * Writes the bundle. The same arguments give the same bytes.
     *
     * @param mask takes secrets out of a text
     * @param facts versions and such, by name
     * @throws IOException where the stream does
     */
    public static void write(OutputStream out, List<Event.Recorded> events, ClusterStatus status,
            UnaryOperator<String> mask, Map<String, String> facts) throws IOException {
        JsonMapper json = Json.mapper();
        RunStory story = Reports.story(events, status);
        Kindling.Report report = Reports.render(events, status);
        StringBuilder journal = new StringBuilder();
        for (Event.Recorded recorded : events) {
            journal.append(line(json, recorded)).append('\n');
        }
        Map<String, String> files = new TreeMap<>();
        files.put("report.md", report.markdown());
        files.put("report.html", report.html());
        files.put("report.json", report.json());
        files.put("journal.jsonl", journal.toString());
        files.put("definition.yaml", story.definition());
        files.put("status.json", json.writerWithDefaultPrettyPrinter().writeValueAsString(status));
        files.put("facts.json", json.writerWithDefaultPrettyPrinter().writeValueAsString(new TreeMap<>(facts)));
        try (ZipOutputStream zip = new ZipOutputStream(out, StandardCharsets.UTF_8)) {
            for (Map.Entry<String, String> file : files.entrySet()) {
                ZipEntry entry = new ZipEntry("kindling-" + status.name() + "/" + file.getKey());
                Instant at = story.lastAt();
                entry.setTimeLocal(at.atOffset(java.time.ZoneOffset.UTC).toLocalDateTime());
                zip.putNextEntry(entry);
                zip.write(mask.apply(Words.redact(file.getValue())).getBytes(StandardCharsets.UTF_8));
                zip.closeEntry();
            }
        }
    }

    private static String line(JsonMapper json, Event.Recorded recorded) throws JsonProcessingException {
        return json.writeValueAsString(recorded);
    }
}

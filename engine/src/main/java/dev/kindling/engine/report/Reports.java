package dev.kindling.engine.report;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.store.Json;
import java.util.List;

/** Renders what happened. The same events give the same bytes. */
public final class Reports {
    private Reports() {}

    /**
     * The report of the latest run.
     *
     * @param events all of the cluster's, in order
     * @param status folded from them
     * @return the texts; {@code files} is empty
     */
    public static Kindling.Report render(List<Event.Recorded> events, ClusterStatus status) {
        RunStory story = story(events, status);
        return new Kindling.Report(Words.redact(MarkdownReport.render(story)), Words.redact(HtmlReport.render(story)),
                Words.redact(data(story)), List.of());
    }

    /** Without what others tell better: the definition, and the events one by one. */
    private static String data(RunStory story) {
        ObjectNode data = Json.mapper().valueToTree(story);
        data.remove(List.of("definition", "events"));
        return data.toPrettyString() + "\n";
    }

    /** The same as data. */
    public static RunStory story(List<Event.Recorded> events, ClusterStatus status) {
        return RunStory.of(events, status);
    }
}

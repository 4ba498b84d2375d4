package dev.kindling.engine.report;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
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
                List.of());
    }

    /** The same as data. */
    public static RunStory story(List<Event.Recorded> events, ClusterStatus status) {
        return RunStory.of(events, status);
    }
}

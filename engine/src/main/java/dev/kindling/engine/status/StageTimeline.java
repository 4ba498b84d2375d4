package dev.kindling.engine.status;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.Event;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How long each machine was in each stage, by the same rules as the status. */
public final class StageTimeline {
    private StageTimeline() {}

    /**
     * A machine in a stage.
     *
     * @param from when the evidence of it came
     * @param to when the next stage began, or where the events end
     */
    public record Segment(BootStage stage, Instant from, Instant to, String evidence) {
        public Duration duration() {
            return Duration.between(from, to);
        }
    }

    /**
     * The segments of each machine, in the order in which the machines were first heard of. A machine that begins anew
     * has stages twice.
     *
     * @param events in order
     * @param end where the last segment of each machine ends
     */
    public static Map<String, List<Segment>> of(List<Event.Recorded> events, Instant end) {
        Map<String, List<Segment>> machines = new LinkedHashMap<>();
        for (Event.Recorded recorded : events) {
            Observation.of(recorded.event()).ifPresent(seen -> {
                List<Segment> segments = machines.computeIfAbsent(seen.machine(), any -> new ArrayList<>());
                Segment last = segments.isEmpty() ? null : segments.getLast();
                BootStage stage = last == null ? seen.stage() : BootTransition.of(last.stage(), seen.stage()).stage();
                if (last != null && stage == last.stage()) {
                    return;
                }
                if (last != null) {
                    segments.set(segments.size() - 1,
                            new Segment(last.stage(), last.from(), recorded.at(), last.evidence()));
                }
                segments.add(new Segment(stage, recorded.at(), end, seen.text()));
            });
        }
        return machines;
    }
}

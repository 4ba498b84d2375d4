package dev.kindling.engine.plan;

import dev.kindling.engine.model.Limits;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/**
 * How fast the steps of one lane go.
 *
 * @param width how many are at work at once
 * @param pause the least time from the start of one to the start of the next
 */
public record Pace(int width, Duration pause) {
    /** That of each lane, as a cluster's definition wants it. */
    public static Map<Step.Lane, Pace> of(Limits limits) {
        var paces = new EnumMap<Step.Lane, Pace>(Step.Lane.class);
        for (Step.Lane lane : Step.Lane.values()) {
            Limits.Limit limit = switch (lane) {
                case WAIT -> Limits.Limit.USUAL;
                case LOCAL -> limits.local();
                case POWER -> limits.power();
                case WRITE -> limits.write();
            };
            paces.put(lane, new Pace(limit.parallel() > 0 ? limit.parallel() : lane.width(), limit.pause()));
        }
        return paces;
    }
}

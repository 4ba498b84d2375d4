package dev.kindling.engine;

import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.plan.Pace;
import dev.kindling.engine.plan.Step;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** How many steps of a kind of resource work at once: the words of users and of command lines, and what they mean. */
final class Lanes {
    private Lanes() {}

    /** The lanes that can be given another width, by their words. */
    private static Map<String, Step.Lane> byName() {
        var lanes = new LinkedHashMap<String, Step.Lane>();
        for (Step.Lane lane : Step.Lane.values()) {
            if (lane.width() < Integer.MAX_VALUE) {
                lanes.put(lane.name().toLowerCase(Locale.ROOT), lane);
            }
        }
        return lanes;
    }

    /** What is wrong with the widths that were asked for. */
    static List<Problem> problems(ApplyOptions options) {
        Map<String, Step.Lane> known = byName();
        var problems = new ArrayList<Problem>();
        new TreeMap<>(options.parallel()).forEach((name, width) -> {
            if (!known.containsKey(name) || width < 1) {
                problems.add(Problem.error("parallel-unknown", "--parallel " + name + "=" + width,
                        known.containsKey(name)
                                ? "nothing can be done with " + width + " at once"
                                : "there is no kind of resource '" + name + "'",
                        "one of " + String.join(", ", known.keySet()) + ", and 1 or more", "--parallel power=16"));
            }
        });
        return List.copyOf(problems);
    }

    /** As the definition wants it, and as whoever starts the run does: that counts. */
    static Map<Step.Lane, Pace> of(Cluster cluster, ApplyOptions options) {
        Map<Step.Lane, Pace> paces = Pace.of(cluster.limits());
        Map<String, Step.Lane> known = byName();
        options.parallel().forEach((name, width) -> Optional.ofNullable(known.get(name))
                .ifPresent(lane -> paces.computeIfPresent(lane, (_, pace) -> new Pace(width, pace.pause()))));
        return paces;
    }

    /** {@code power=16,write=8}, for a command line of our own. */
    static String text(ApplyOptions options) {
        return String.join(",", new TreeMap<>(options.parallel()).entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue()).toList());
    }

    static Map<String, Integer> parse(String text) {
        var widths = new LinkedHashMap<String, Integer>();
        for (String pair : text.isEmpty() ? List.<String>of() : List.of(text.split(",", -1))) {
            int equals = pair.indexOf('=');
            widths.put(pair.substring(0, equals), Integer.valueOf(pair.substring(equals + 1)));
        }
        return widths;
    }
}

package dev.kindling.engine.report;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.status.StageTimeline.Segment;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A row per machine, a bar per stage; colours come from the page's style, so that it follows light, dark and print. */
final class TimelineSvg {
    private static final int WIDTH = 1000;
    private static final int ROW = 20;
    private static final int TOP = 24;
    private static final int MOST_ROWS = 120;
    private static final long[] TICKS = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200,
            86_400};

    private TimelineSvg() {}

    /** The page's style class of a stage. */
    static String style(BootStage stage) {
        return "s-" + stage.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The machines that are drawn: all, or in a large rack the ones that took longest to come up. */
    static List<Map.Entry<String, List<Segment>>> rows(Map<String, List<Segment>> timeline) {
        if (timeline.size() <= MOST_ROWS) {
            return List.copyOf(timeline.entrySet());
        }
        return timeline.entrySet().stream().sorted(Comparator
                .comparing((Map.Entry<String, List<Segment>> row) -> row.getValue().isEmpty()
                        ? Instant.MAX
                        : row.getValue().getLast().from())
                .reversed()).limit(MOST_ROWS).toList();
    }

    static String render(Map<String, List<Segment>> timeline, Instant from, Instant to) {
        List<Map.Entry<String, List<Segment>>> rows = rows(timeline);
        int longest = rows.stream().mapToInt(row -> row.getKey().length()).max().orElse(0);
        double left = Math.min(longest, 28) * 7.0 + 12;
        double span = Math.max(1, Duration.between(from, to).toMillis());
        double perMilli = (WIDTH - left - 8) / span;
        int height = TOP + rows.size() * ROW + 6;
        StringBuilder svg = new StringBuilder();
        svg.append("<svg class=\"timeline\" viewBox=\"0 0 ").append(WIDTH).append(' ').append(height)
                .append("\" role=\"img\" aria-label=\"Stages of each machine over time\">\n");
        axis(svg, left, span, perMilli, height);
        double y = TOP;
        for (Map.Entry<String, List<Segment>> row : rows) {
            String name = row.getKey();
            svg.append("<text class=\"name\" x=\"").append(number(left - 8)).append("\" y=\"").append(number(y + 14))
                    .append("\">").append(Words.html(name.length() > 28 ? name.substring(0, 27) + "\u2026" : name))
                    .append("</text>\n");
            for (Segment segment : row.getValue()) {
                bar(svg, segment, left + Duration.between(from, segment.from()).toMillis() * perMilli, y, perMilli,
                        name);
            }
            if (row.getValue().isEmpty()) {
                svg.append("<text class=\"silent\" x=\"").append(number(left + 4)).append("\" y=\"")
                        .append(number(y + 14)).append("\">nothing was heard of it</text>\n");
            }
            y += ROW;
        }
        return svg.append("</svg>\n").toString();
    }

    private static void bar(StringBuilder svg, Segment segment, double x, double y, double perMilli, String machine) {
        double width = Math.max(0.8, segment.duration().toMillis() * perMilli);
        String label = segment.stage().label();
        svg.append("<g><title>").append(Words.html(machine + ": " + label + ", "
                + Words.duration(segment.duration()) + " from " + Words.time(segment.from()) + "\n"
                + segment.evidence()))
                .append("</title><rect class=\"").append(style(segment.stage())).append("\" x=\"").append(number(x))
                .append("\" y=\"").append(number(y + 2)).append("\" width=\"").append(number(width))
                .append("\" height=\"")
                .append(ROW - 4).append("\"/>");
        if (width > label.length() * 6.2 + 8) {
            svg.append("<text class=\"on ").append(style(segment.stage())).append("\" x=\"").append(number(x + 4))
                    .append("\" y=\"").append(number(y + 14)).append("\">").append(Words.html(label)).append("</text>");
        }
        svg.append("</g>\n");
    }

    private static void axis(StringBuilder svg, double left, double span, double perMilli, int height) {
        long tick = TICKS[TICKS.length - 1];
        for (long candidate : TICKS) {
            if (span / 1000 / candidate <= 9) {
                tick = candidate;
                break;
            }
        }
        for (long second = 0; second * 1000 <= span; second += tick) {
            double x = left + second * 1000 * perMilli;
            svg.append("<line class=\"grid\" x1=\"").append(number(x)).append("\" x2=\"").append(number(x))
                    .append("\" y1=\"").append(TOP - 4).append("\" y2=\"").append(height)
                    .append("\"/><text class=\"tick\" x=\"")
                    .append(number(x)).append("\" y=\"").append(TOP - 9).append("\">").append(tick(second))
                    .append("</text>\n");
        }
    }

    private static String tick(long seconds) {
        if (seconds < 60) {
            return seconds + " s";
        }
        boolean wholeHours = seconds % 3600 == 0;
        return wholeHours
                ? seconds / 3600 + " h"
                : String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
    }

    private static String number(double value) {
        String text = String.format(Locale.ROOT, "%.1f", value);
        return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }
}

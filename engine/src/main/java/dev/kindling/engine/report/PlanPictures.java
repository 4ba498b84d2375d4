package dev.kindling.engine.report;

import dev.kindling.engine.api.Plan;
import dev.kindling.engine.report.PlanGraph.Box;
import dev.kindling.engine.report.PlanGraph.Edge;
import dev.kindling.engine.report.PlanGraph.Lane;

/** Pictures of a plan. The same plan gives the same bytes. */
public final class PlanPictures {
    /** Means something to Mermaid: HTML, its entities, Markdown. */
    private static final String SPECIAL = "\"<>&#`;";
    /** Mermaid looks for a backslash with an n, and for two dollars, after it has resolved its escapes. */
    private static final String SPECIAL_IN_PAIRS = "\\$";
    private static final String WORD_JOINER = "#8288;";

    private PlanPictures() {}

    public static String render(Plan plan, Plan.Picture form) {
        return Words.redact(switch (form) {
            case HTML -> PlanPage.render(plan);
            case DOT -> dot(plan);
            case MERMAID -> mermaid(plan);
        });
    }

    /** The line below a box's title: {@code 499 times, 30 s, DESTRUCTIVE}, or {@code done}. */
    static String state(Box box) {
        String times = box.count() > 1 ? box.count() + " times, " : "";
        return times + (box.first().done()
                ? "done"
                : Words.duration(box.first().estimate()) + (box.first().destructive() ? ", DESTRUCTIVE" : ""));
    }

    private static String kind(Box box) {
        return box.first().done() ? "done" : box.first().destructive() ? "destructive" : "todo";
    }

    private static String dot(Plan plan) {
        PlanGraph graph = PlanGraph.of(plan);
        var out = new StringBuilder("digraph plan {\n  label=" + quoted("Plan " + plan.id() + " for cluster "
                + plan.cluster().name() + ", about " + Words.duration(plan.estimate())) + "\n"
                + "  rankdir=LR\n  fontname=\"sans-serif\"\n  node [shape=box, style=\"rounded,filled\","
                + " fontname=\"sans-serif\", fontsize=11]\n");
        int number = 0;
        for (Lane lane : graph.lanes()) {
            boolean machines = !lane.machines().isEmpty();
            String indent = machines ? "    " : "  ";
            if (machines) {
                out.append("  subgraph cluster_").append(number++).append(" {\n    label=").append(quoted(lane.title()))
                        .append("\n    color=gray\n");
            }
            for (Box box : lane.boxes()) {
                out.append(indent).append(box.id()).append(" [label=").append(quoted(box.title() + "\n" + state(box)))
                        .append(", fillcolor=").append(switch (kind(box)) {
                            case "done" -> "\"#e6e6e6\", fontcolor=\"#666666\"";
                            case "destructive" -> "\"#f9c9c4\", color=\"#a11212\", penwidth=2";
                            default -> "\"#cfe3fb\"";
                        }).append("]\n");
            }
            if (machines) {
                out.append("  }\n");
            }
        }
        for (Edge edge : graph.edges()) {
            out.append("  ").append(edge.from()).append(" -> ").append(edge.to()).append('\n');
        }
        return out.append("}\n").toString();
    }

    /**
     * DOT language: in a quoted string the quote and the backslash mean something, in a label HTML's entities do, too.
     */
    private static String quoted(String text) {
        return '"' + text.replace("&", "&amp;").replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }

    private static String mermaid(Plan plan) {
        PlanGraph graph = PlanGraph.of(plan);
        var out = new StringBuilder("%% Plan " + plan.id() + " for cluster " + plan.cluster().name() + ", about "
                + Words.duration(plan.estimate()) + "\nflowchart LR\n");
        int number = 0;
        for (Lane lane : graph.lanes()) {
            boolean machines = !lane.machines().isEmpty();
            if (machines) {
                out.append("  subgraph m").append(number++).append("[\"").append(plain(lane.title())).append("\"]\n");
            }
            for (Box box : lane.boxes()) {
                out.append(machines ? "    " : "  ").append(box.id()).append("[\"").append(plain(box.title()))
                        .append("<br>").append(plain(state(box))).append("\"]:::").append(kind(box)).append('\n');
            }
            if (machines) {
                out.append("  end\n");
            }
        }
        for (Edge edge : graph.edges()) {
            out.append("  ").append(edge.from()).append(" --> ").append(edge.to()).append('\n');
        }
        return out.append("""
                  classDef done fill:#e6e6e6,stroke:#999999,color:#666666
                  classDef todo fill:#cfe3fb,stroke:#2f6db5,color:#111111
                  classDef destructive fill:#f9c9c4,stroke:#a11212,stroke-width:3px,color:#111111
                """).toString();
    }

    /** Mermaid's own escapes: a number sign, the code, a semicolon. */
    private static String plain(String text) {
        var plain = new StringBuilder(text.length());
        text.chars().forEach(c -> {
            if (SPECIAL.indexOf(c) >= 0) {
                plain.append('#').append(c).append(';');
            } else if (SPECIAL_IN_PAIRS.indexOf(c) >= 0) {
                plain.append((char) c).append(WORD_JOINER);
            } else {
                plain.append(c < ' ' ? ' ' : (char) c);
            }
        });
        return plain.toString();
    }
}

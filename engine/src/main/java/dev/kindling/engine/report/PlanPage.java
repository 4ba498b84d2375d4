package dev.kindling.engine.report;

import static dev.kindling.engine.report.Words.html;

import dev.kindling.engine.api.Plan;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A plan as one page that needs nothing else: no script, no font, no picture from elsewhere. */
final class PlanPage {
    /** More machines would make a browser slow; the rest is in the JSON. */
    private static final int MOST_MACHINES = 1000;

    private final Plan plan;
    private final StringBuilder page = new StringBuilder(1 << 16);

    private PlanPage(Plan plan) {
        this.plan = plan;
    }

    static String render(Plan plan) {
        return new PlanPage(plan).render();
    }

    private String render() {
        String name = plan.cluster().name();
        page.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Plan for ")
                .append(html(name)).append("</title>\n<style>\n").append(STYLE).append("</style>\n</head>\n<body>\n");
        page.append("<h1>Plan for cluster ").append(html(name)).append("</h1>\n<p class=\"sum\">")
                .append(plan.pending()).append(" of ").append(plan.actions().size())
                .append(" actions to do, <b class=\"")
                .append(plan.destructive() > 0 ? "destructive" : "").append("\">").append(plan.destructive())
                .append(" destructive</b>").append(plan.pending() == 0
                        ? ""
                        : "; about " + Words.duration(plan.estimate()))
                .append(". Id <code>").append(html(plan.id())).append("</code>.</p>\n");
        for (String notice : plan.notices()) {
            page.append("<p class=\"notice\">").append(html(notice)).append("</p>\n");
        }
        picture();
        destructive();
        leftovers();
        cluster();
        machines();
        facts();
        return page.append("</body>\n</html>\n").toString();
    }

    private void picture() {
        page.append("<h2>Order</h2>\n<p>From left to right; machines with the same things to do are drawn once.</p>\n");
        Set<String> after = afterMachines();
        PlanGraph graph = PlanGraph.of(plan);
        PlanGraph.Lane whole = graph.lanes().getFirst();
        page.append("<div class=\"order\">\n");
        boxes(new PlanGraph.Lane(List.of(),
                whole.boxes().stream().filter(box -> !after.contains(box.first().id())).toList()));
        page.append("<div class=\"lanes\">\n");
        graph.lanes().stream().skip(1).limit(50).forEach(this::boxes);
        page.append("</div>\n");
        boxes(new PlanGraph.Lane(List.of(),
                whole.boxes().stream().filter(box -> after.contains(box.first().id())).toList()));
        page.append("</div>\n");
    }

    /** Actions of the whole cluster that wait for machines. */
    private Set<String> afterMachines() {
        Set<String> after = new HashSet<>();
        for (Plan.Action action : plan.actions()) {
            if (action.machine() != null || action.dependsOn().stream().anyMatch(after::contains)) {
                after.add(action.id());
            }
        }
        return after;
    }

    private void boxes(PlanGraph.Lane lane) {
        page.append("<div class=\"lane\">").append(lane.machines().isEmpty()
                ? ""
                : "<div class=\"who\">" + html(lane.title()) + "</div>").append("<div class=\"boxes\">");
        for (PlanGraph.Box box : lane.boxes()) {
            page.append("<div class=\"box ").append(state(box.first())).append("\">").append(html(box.title()))
                    .append("<small>").append(html(PlanPictures.state(box))).append("</small></div>");
        }
        page.append("</div></div>\n");
    }

    private static String state(Plan.Action action) {
        return action.done() ? "done" : action.destructive() ? "destructive" : "todo";
    }

    private void destructive() {
        List<Plan.Action> disks = plan.actions().stream().filter(action -> action.destructive() && !action.done())
                .toList();
        if (disks.isEmpty()) {
            return;
        }
        page.append("<h2>What can cost data</h2>\n<table><tr><th>machine<th>disk<th>model<th>size<th>before"
                + "<th>after</tr>\n");
        disks.stream().limit(MOST_MACHINES).forEach(action -> {
            Plan.DiskTarget disk = action.diskTarget().orElse(new Plan.DiskTarget("no disk", "", 0));
            row(action.machine() == null ? "" : action.machine(), disk.selector(), disk.model(),
                    Words.bytes(disk.bytes()), action.before(), action.after());
        });
        page.append("</table>\n");
        rest(disks.size());
    }

    private void leftovers() {
        if (plan.leftovers().isEmpty()) {
            return;
        }
        page.append("<h2>No longer in the definition</h2>\n<table><tr><th>machine<th>before<th>after<th>what you can do"
                + "</tr>\n");
        plan.leftovers().stream().limit(MOST_MACHINES)
                .forEach(left -> row(left.machine(), left.before(), left.after(), left.remedy()));
        page.append("</table>\n");
        rest(plan.leftovers().size());
    }

    private void cluster() {
        page.append("<h2>The whole cluster</h2>\n");
        actions(plan.actions().stream().filter(action -> action.machine() == null).toList());
    }

    private void machines() {
        Map<String, List<Plan.Action>> byMachine = new LinkedHashMap<>();
        for (Plan.Action action : plan.actions()) {
            if (action.machine() != null) {
                byMachine.computeIfAbsent(action.machine(), _ -> new ArrayList<>()).add(action);
            }
        }
        page.append("<h2>").append(byMachine.size()).append(byMachine.size() == 1 ? " machine" : " machines")
                .append("</h2>\n");
        byMachine.entrySet().stream().limit(MOST_MACHINES).forEach(entry -> {
            long pending = entry.getValue().stream().filter(action -> !action.done()).count();
            page.append("<details").append(pending > 0 && byMachine.size() <= 20 ? " open" : "").append("><summary>")
                    .append(html(entry.getKey())).append(": ")
                    .append(pending == 0 ? "nothing to do" : pending + " of " + entry.getValue().size() + " to do")
                    .append("</summary>\n");
            actions(entry.getValue());
            page.append("</details>\n");
        });
        rest(byMachine.size());
    }

    private void actions(List<Plan.Action> actions) {
        page.append("<table><tr><th>action<th>state<th>before<th>after<th>about</tr>\n");
        for (Plan.Action action : actions) {
            page.append("<tr class=\"").append(state(action)).append("\">");
            cells(action.title(), action.done() ? "done" : action.destructive() ? "DESTRUCTIVE" : "to do",
                    action.before(), action.after(), Words.duration(action.estimate()));
            page.append("</tr>\n");
        }
        page.append("</table>\n");
    }

    private void facts() {
        page.append("<h2>What the plan rests on</h2>\n");
        if (plan.facts().isEmpty()) {
            page.append("<p>On the definition alone: nothing is recorded of this cluster yet.</p>\n");
            return;
        }
        page.append("<details><summary>").append(plan.facts().size())
                .append(" facts from the journal</summary><table>\n");
        plan.facts().entrySet().stream().limit(5L * MOST_MACHINES).forEach(fact -> row(fact.getKey(), fact.getValue()));
        page.append("</table></details>\n");
    }

    private void rest(int all) {
        if (all > MOST_MACHINES) {
            page.append("<p>... and ").append(all - MOST_MACHINES).append(" more, in the JSON form.</p>\n");
        }
    }

    private void row(String... cells) {
        page.append("<tr>");
        cells(cells);
        page.append("</tr>\n");
    }

    private void cells(String... cells) {
        for (String cell : cells) {
            page.append("<td>").append(html(cell));
        }
    }

    private static final String STYLE = """
            :root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif }
            body { max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
            h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem }
            table { border-collapse: collapse; width: 100% }
            th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid #8886 }
            .notice { border-left: .3rem solid #d9a400; padding: .3rem .8rem; background: #d9a40022 }
            .order { display: flex; align-items: center; gap: .8rem; overflow-x: auto; padding-bottom: .5rem }
            .lanes { display: flex; flex-direction: column; gap: .5rem }
            .lane { border: 1px solid #8886; border-radius: .4rem; padding: .4rem }
            .who { font-size: .85rem; margin-bottom: .3rem } .boxes { display: flex; gap: .5rem }
            .box { border: 1px solid #2f6db5; border-radius: .3rem; padding: .25rem .5rem; background: #2f6db522;
                   min-width: 6rem; max-width: 14rem; font-size: .85rem }
            .box { overflow-wrap: anywhere }
            .box small { display: block; opacity: .8 }
            .box.done { border-color: #8886; background: none; opacity: .6 } tr.done { opacity: .6 }
            .box.destructive { border: 2px solid #c62828; background: #c6282822 }
            tr.destructive td:nth-child(2), b.destructive { color: #c62828; font-weight: bold }
            summary { cursor: pointer; padding: .2rem 0 }
            @media print { details > * { display: block } }
            """;
}

package dev.kindling.engine.report;

import static dev.kindling.engine.report.Words.duration;
import static dev.kindling.engine.report.Words.html;
import static dev.kindling.engine.report.Words.moment;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.ClusterStatus.MachineStatus;
import dev.kindling.engine.api.Condition;
import dev.kindling.engine.api.Event.Recorded;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The report as one page that needs nothing else: no script, no font, no picture from elsewhere. */
final class HtmlReport {
    private static final int MOST_MACHINES = 300;
    private static final int FIRST_EVENTS = 150;
    private static final int LAST_EVENTS = 350;

    private final RunStory story;
    private final StringBuilder page = new StringBuilder(1 << 16);

    private HtmlReport(RunStory story) {
        this.story = story;
    }

    static String render(RunStory story) {
        return new HtmlReport(story).render();
    }

    private String render() {
        ClusterStatus status = story.status();
        page.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
                .append(html("Cluster " + status.name() + ": " + Words.lower(status.state())))
                .append("</title>\n<style>\n").append(style()).append("</style>\n</head>\n<body>\n<main>\n");
        notices();
        head(status);
        timeline();
        troubles();
        interludes();
        times();
        machines(status);
        disks();
        conditions(status);
        unknown(status);
        appendix();
        page.append("<footer>Written by Kindling from the journal of ").append(html(status.name())).append(", event ")
                .append(status.lastSeq()).append(", ").append(moment(story.lastAt())).append(".</footer>\n")
                .append("</main>\n</body>\n</html>\n");
        return page.toString();
    }

    private void notices() {
        if (!story.notices().isEmpty()) {
            page.append("<div class=\"notices\" role=\"note\">\n");
            story.notices().forEach(notice -> page.append("<p>").append(html(notice)).append("</p>\n"));
            page.append("</div>\n");
        }
    }

    private void head(ClusterStatus status) {
        page.append("<header>\n<h1>").append(html(status.name())).append(" <span class=\"state ")
                .append(status.state().name().toLowerCase(java.util.Locale.ROOT)).append("\">")
                .append(html(Words.lower(status.state()))).append("</span></h1>\n<p class=\"reason\">")
                .append(html(status.reason())).append("</p>\n</header>\n<dl class=\"facts\">\n");
        long ready = status.machines().stream().filter(machine -> machine.stage() == BootStage.READY).count();
        fact("Took", duration(story.elapsed()));
        fact("Machines ready", ready + " of " + status.machines().size());
        fact("Steps done", status.stepsDone() + " of " + status.stepsTotal());
        fact("Disks written", story.disks().stream().filter(disk -> disk.written() != null).count() + " of "
                + story.disks().size() + " ordered");
        fact("Began", moment(story.began()));
        fact("Ended", story.ended() == null ? "not yet" : moment(story.ended()));
        fact("Run", status.run() == null
                ? "none"
                : status.run() + (story.runs().size() > 1 ? " (resumed " + (story.runs().size() - 1) + " times)" : ""));
        fact("Handed off", story.handOff() == null
                ? "no"
                : story.handOff().commit().substring(0, Math.min(10, story.handOff().commit().length())) + " on "
                        + story.handOff().branch());
        page.append("</dl>\n");
    }

    private void fact(String name, String value) {
        page.append("<div><dt>").append(html(name)).append("</dt><dd>").append(html(value)).append("</dd></div>\n");
    }

    private void timeline() {
        Instant from = story.timeline().values().stream().filter(row -> !row.isEmpty())
                .map(row -> row.getFirst().from())
                .min(Instant::compareTo).orElse(null);
        if (from == null) {
            return;
        }
        Instant began = story.began();
        Instant start = began == null || from.isBefore(began) ? from : began;
        Instant ended = story.ended();
        section("Timeline");
        Set<BootStage> used = new TreeSet<>();
        story.timeline().values().forEach(row -> row.forEach(segment -> used.add(segment.stage())));
        page.append("<p class=\"legend\">");
        used.forEach(stage -> page.append("<span><i class=\"").append(TimelineSvg.style(stage)).append("\"></i>")
                .append(html(stage.label())).append("</span> "));
        page.append("</p>\n")
                .append(TimelineSvg.render(story.timeline(), start, ended == null ? story.lastAt() : ended));
        int hidden = story.timeline().size() - TimelineSvg.rows(story.timeline()).size();
        if (hidden > 0) {
            note("Drawn are the machines that were slowest; " + hidden + " faster ones are not.");
        }
        end();
    }

    private void troubles() {
        section("Problems");
        if (story.troubles().isEmpty()) {
            note("None.");
        }
        for (RunStory.Trouble trouble : story.troubles()) {
            page.append("<div class=\"trouble").append(trouble.overcome() ? " overcome" : "").append("\">\n<p><b>")
                    .append(html(trouble.about())).append("</b> <time>").append(moment(trouble.at())).append("</time>")
                    .append(trouble.overcome() ? " <em>overcome</em>" : "").append("</p>\n<p>")
                    .append(html(trouble.message())).append("</p>\n");
            if (!trouble.expected().isEmpty()) {
                page.append("<p>Expected: ").append(html(trouble.expected())).append("</p>\n");
            }
            if (!trouble.remedy().isEmpty()) {
                page.append("<p class=\"remedy\">What to do: ").append(html(trouble.remedy())).append("</p>\n");
            }
            page.append("</div>\n");
        }
        end();
    }

    private void interludes() {
        List<RunStory.Interlude> interludes = story.interludes();
        if (interludes.isEmpty()) {
            return;
        }
        section("Skipped, paused, hooks");
        page.append("<ul>\n");
        for (RunStory.Interlude each : interludes) {
            page.append("<li><time>").append(moment(each.at())).append("</time> <b>")
                    .append(html(each.step().isEmpty() ? "the run" : each.step())).append("</b> ")
                    .append(html(each.text())).append("</li>\n");
        }
        page.append("</ul>\n");
        end();
    }

    private void times() {
        if (story.stages().isEmpty() && story.steps().isEmpty()) {
            return;
        }
        section("Where the time went");
        page.append("<div class=\"columns\">\n");
        if (!story.stages().isEmpty()) {
            double most = story.stages().stream().mapToLong(stage -> stage.longest().toMillis()).max().orElse(1);
            table(List.of("Stage", "Median", "Longest", "Machine", ""), story.stages().stream()
                    .map(stage -> List.of(html(stage.stage().label()), right(duration(stage.median())),
                            right(duration(stage.longest())), html(stage.machine()),
                            "<i class=\"share " + TimelineSvg.style(stage.stage()) + "\" style=\"width:"
                                    + Math.max(1, Math.round(100 * stage.longest().toMillis() / Math.max(1, most)))
                                    + "%\"></i>"))
                    .toList());
        }
        table(List.of("Longest steps", "Time", "Attempts", ""), story.steps().stream().limit(12)
                .map(step -> List.of(html(step.step()), right(duration(step.duration())),
                        right(Integer.toString(step.attempts())),
                        !step.done() ? "<b>not done</b>" : step.already() ? "was done already" : "done"))
                .toList());
        page.append("</div>\n");
        end();
    }

    private void machines(ClusterStatus status) {
        section("Machines");
        table(List.of("Machine", "Role", "Kind", "Address", "MAC", "Stage", "Hardware", "Last evidence"),
                status.machines().stream().limit(MOST_MACHINES).map(this::machine).toList());
        if (status.machines().size() > MOST_MACHINES) {
            note((status.machines().size() - MOST_MACHINES) + " more machines are not listed.");
        }
        end();
    }

    private List<String> machine(MachineStatus machine) {
        return List.of("<b>" + html(machine.name()) + "</b>", html(Words.lower(machine.role())),
                html(Words.lower(machine.kind())), code(machine.address()), code(machine.mac().value()),
                "<span class=\"stage\"><i class=\"" + TimelineSvg.style(machine.stage()) + "\"></i>"
                        + html(machine.stage().label()) + "</span>",
                html(MarkdownReport.hardware(machine.hardware())),
                machine.stuck() == null
                        ? html(machine.evidence())
                        : "<b class=\"bad\">Stuck: " + html(machine.stuck()) + "</b>");
    }

    private void disks() {
        section("Disks written");
        if (story.disks().isEmpty()) {
            note("None.");
        } else {
            table(List.of("Machine", "Disk", "Model", "Size", "Ordered", "Written", "Order"), story.disks().stream()
                    .limit(MOST_MACHINES)
                    .map(disk -> List.of("<b>" + html(disk.machine()) + "</b>", code(disk.selector()),
                            html(disk.model()),
                            right(Words.bytes(disk.bytes())), moment(disk.ordered()),
                            disk.written() == null ? "<b class=\"bad\">not confirmed</b>" : moment(disk.written()),
                            code(disk.order())))
                    .toList());
        }
        end();
    }

    private void conditions(ClusterStatus status) {
        section("Conditions");
        table(List.of("Condition", "Status", "Reason", "Message", "Since"),
                status.conditions().stream().map(condition -> List.of(
                        "<b>" + html(Words.lower(condition.type())) + "</b>",
                        "<span class=\"" + (condition.status() == Condition.Status.TRUE ? "good" : "other") + "\">"
                                + html(Words.lower(condition.status())) + "</span>",
                        html(condition.reason()), html(condition.message()), moment(condition.since()))).toList());
        end();
    }

    private void unknown(ClusterStatus status) {
        if (status.unknown().isEmpty()) {
            return;
        }
        section("Machines outside the definition");
        note("They asked to boot and were answered nothing.");
        table(List.of("MAC", "Firmware", "Requests", "First seen", "Last seen"),
                status.unknown().stream().limit(MOST_MACHINES)
                        .map(machine -> List.of(code(machine.mac().value()), html(machine.firmware()),
                                right(Integer.toString(machine.requests())), moment(machine.firstSeen()),
                                moment(machine.lastSeen())))
                        .toList());
        end();
    }

    private void appendix() {
        section("Appendix");
        page.append("<details><summary>What was asked: the definition</summary>\n<pre>")
                .append(html(story.definition()))
                .append("</pre></details>\n<details><summary>Events: ").append(story.events().size())
                .append(", without progress</summary>\n");
        List<Recorded> events = story.events();
        if (events.size() > FIRST_EVENTS + LAST_EVENTS) {
            table(EVENT_COLUMNS, rows(events.subList(0, FIRST_EVENTS)));
            note((events.size() - FIRST_EVENTS - LAST_EVENTS) + " events are left out here; the journal has them.");
            events = events.subList(events.size() - LAST_EVENTS, events.size());
        }
        table(EVENT_COLUMNS, rows(events));
        page.append("</details>\n");
        end();
    }

    private static final List<String> EVENT_COLUMNS = List.of("No.", "Time", "Event", "Machine", "");

    private static List<List<String>> rows(List<Recorded> events) {
        List<List<String>> rows = new ArrayList<>();
        for (Recorded recorded : events) {
            @Nullable
            String machine = recorded.event().machine();
            rows.add(List.of(right(Long.toString(recorded.seq())), Words.time(recorded.at()),
                    html(recorded.event().getClass().getSimpleName()), html(machine), html(recorded.event().text())));
        }
        return rows;
    }

    private void table(List<String> head, List<List<String>> rows) {
        if (rows.isEmpty()) {
            return;
        }
        page.append("<div class=\"scroll\"><table>\n<thead><tr>");
        head.forEach(cell -> page.append("<th>").append(html(cell)).append("</th>"));
        page.append("</tr></thead>\n<tbody>\n");
        for (List<String> row : rows) {
            page.append("<tr>");
            row.forEach(cell -> page.append(cell.startsWith(RIGHT) ? cell : "<td>" + cell).append("</td>"));
            page.append("</tr>\n");
        }
        page.append("</tbody>\n</table></div>\n");
    }

    private static final String RIGHT = "<td class=\"num\">";

    private static String right(String text) {
        return RIGHT + html(text);
    }

    private static String code(String text) {
        return "<code>" + html(text) + "</code>";
    }

    private void section(String title) {
        page.append("<section>\n<h2>").append(html(title)).append("</h2>\n");
    }

    private void note(String text) {
        page.append("<p class=\"quiet\">").append(html(text)).append("</p>\n");
    }

    private void end() {
        page.append("</section>\n");
    }

    private static String style() {
        try (InputStream css = Objects.requireNonNull(HtmlReport.class.getResourceAsStream("report.css"))) {
            return new String(css.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package dev.kindling.tui.screen;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.ClusterStatus.MachineStatus;
import dev.kindling.engine.api.Condition;
import dev.kindling.engine.api.Draft.DraftMachine;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import dev.kindling.tui.text.Ansi;
import dev.kindling.tui.text.EventText;
import dev.kindling.tui.text.HardwareText;
import dev.kindling.tui.text.PlanText;
import dev.kindling.tui.text.ProblemText;
import dev.kindling.tui.text.StatusText;
import dev.kindling.tui.text.Text;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Draws the model. Pure: the same model is the same frame. */
public final class View {
    private static final Size SMALLEST = new Size(40, 10);
    /** From here on columns for everything fit beside each other. */
    private static final int WIDE = 72;

    private final Model model;
    private final Canvas canvas;

    private View(Model model) {
        this.model = model;
        this.canvas = new Canvas(model.size(), model.ascii());
    }

    public static Frame of(Model model) {
        View view = new View(model);
        if (model.size().columns() < SMALLEST.columns() || model.size().rows() < SMALLEST.rows()) {
            view.tooSmall();
        } else {
            view.screen();
            view.dialog();
        }
        return view.canvas.frame();
    }

    private void tooSmall() {
        List<String> lines = Text.wrap("Kindling needs " + SMALLEST.columns() + "x" + SMALLEST.rows()
                + " characters; this terminal has " + canvas.columns() + "x" + canvas.rows()
                + ". Enlarge it, or leave with Ctrl-C. Runs go on meanwhile.", canvas.columns());
        for (int row = 0; row < lines.size(); row++) {
            canvas.put(row, 0, lines.get(row), Style.STRONG);
        }
    }

    private void screen() {
        switch (model.screen()) {
            case Screen.Start start -> start(start);
            case Screen.Planned planned -> planned(planned);
            case Screen.Rack rack -> rack(rack);
            case Install install -> install(install);
            case Wizard wizard -> wizard(wizard);
        }
    }

    private int lastRow() {
        return canvas.rows() - 1;
    }

    /** The bottom line: what just happened, or which keys mean something. */
    private void keys(String keys) {
        if (model.remark().isEmpty()) {
            canvas.put(lastRow(), 0, canvas.columns(), " " + keys, Style.TITLE);
        } else {
            canvas.put(lastRow(), 0, canvas.columns(), " " + model.remark(), Style.WARNING);
        }
    }

    private void title(String left, String right) {
        canvas.bar(0, " Kindling  " + left, right + " ", Style.TITLE);
    }

    // ---- start ---------------------------------------------------------------------------------------------------

    private void start(Screen.Start start) {
        title("", Text.timeOfDay(model.now()) + " UTC");
        canvas.put(1, 1, Text.cut(model.workspace(), canvas.columns() - 2), Style.DIM);
        List<String> items = new ArrayList<>();
        for (ClusterStatus cluster : model.clusters()) {
            items.add(Text.fit(cluster.name(), 20) + " " + Text.fit(cluster.state().name(), 12) + " "
                    + Text.clean(cluster.reason()));
        }
        int clusters = items.size();
        items.addAll(Screen.Start.beginnings(model.live()));
        int selected = Math.clamp(start.selected(), 0, items.size() - 1);
        int row = 3;
        int room = lastRow() - row - (clusters > 0 ? 3 : 2);
        int from = Math.clamp(selected - room + 1, 0, Math.max(0, items.size() - room));
        if (!model.read()) {
            canvas.put(row, 1, "Reading the clusters ...", Style.STRONG);
            keys("? help  q quit");
            return;
        }
        canvas.put(row++, 1, clusters > 0 ? "Clusters" : "No cluster yet. Begin with:", Style.STRONG);
        for (int i = from; i < items.size() && row < lastRow(); i++) {
            if (i == clusters && clusters > 0) {
                row++;
                canvas.put(row++, 1, "Begin", Style.STRONG);
            }
            canvas.put(row++, 1, canvas.columns() - 2, (i == selected ? "▸ " : "  ") + items.get(i),
                    i == selected
                            ? Style.SELECTED
                            : i < clusters ? style(model.clusters().get(i).state()) : Style.PLAIN);
        }
        keys("Enter open  " + (selected < clusters ? "r plan and resume  " : "") + "? help  q quit");
    }

    // ---- installing the primer -----------------------------------------------------------------------------------

    private void install(Install install) {
        title("Install the primer", "step " + install.step().number() + " of " + Install.Step.ALL.size());
        stepBar(Install.Step.ALL.stream().map(step -> step.number() + " " + step.title()).toList(),
                install.step().number() - 1);
        switch (install.step()) {
            case DISK -> installDisk(install);
            case ANSWERS -> installAnswers(install);
            case REVIEW -> installReview(install);
            case WRITING -> installWriting(install);
        }
    }

    private void installDisk(Install install) {
        List<Hardware.Disk> disks = install.hardware().disks();
        if (disks.isEmpty()) {
            canvas.put(3, 1, "This machine shows no disk.", Style.STRONG);
            keys("Esc back");
            return;
        }
        List<String> detail = InstallText.detail(disks.get(install.disk())).stream()
                .flatMap(line -> Text.wrap(Text.clean(line), canvas.columns() - 2).stream()).toList();
        canvas.put(3, 3,
                Text.fit("Disk", 8) + " " + Text.fit("Serial number", 21) + " " + Text.fit("Size", 9) + " Model",
                Style.STRONG);
        int below = Math.max(6, lastRow() - 1 - detail.size());
        int room = below - 4;
        int from = Math.clamp(install.disk() - room + 1, 0, Math.max(0, disks.size() - room));
        for (int i = from; i < disks.size() && i < from + room; i++) {
            canvas.put(4 + i - from, 1, canvas.columns() - 2,
                    (i == install.disk() ? "▸ " : "  ") + InstallText.row(disks.get(i)),
                    i == install.disk()
                            ? Style.SELECTED
                            : InstallText.unfit(disks.get(i)).isEmpty() ? Style.PLAIN : Style.DIM);
        }
        canvas.rule(below, disks.get(install.disk()).device(), Style.STRONG);
        for (int i = 0; i < detail.size() && below + 1 + i < lastRow(); i++) {
            canvas.put(below + 1 + i, 1, detail.get(i), Style.PLAIN);
        }
        keys("↑↓ select  Enter take it  Esc back");
    }

    private void installAnswers(Install install) {
        int room = lastRow() - 5;
        int from = Math.clamp(install.focus() - room + 1, 0, Math.max(0, Install.Question.ALL.size() - room));
        for (int i = from; i < Install.Question.ALL.size() && i < from + room; i++) {
            Install.Question question = Install.Question.ALL.get(i);
            boolean focused = i == install.focus();
            String value = install.value(question);
            answer(3 + i - from, question.label(), install.choices(question),
                    question == Install.Question.PORT ? port(install, value) : value, install.input(), focused, false);
        }
        canvas.rule(lastRow() - 2, "", Style.DIM);
        canvas.put(lastRow() - 1, 1, Text.cut(install.question().hint(), canvas.columns() - 2), Style.DIM);
        keys("Enter next  ←→ choose  PgDn review  Esc back");
    }

    private static String port(Install install, String mac) {
        return install.hardware().nics().stream().filter(nic -> nic.mac().equals(mac)).findFirst()
                .map(nic -> nic.name() + " " + nic.mac() + (nic.link() ? "" : ", no link")).orElse("every port");
    }

    private void installReview(Install install) {
        var checked = install.checked();
        if (checked == null) {
            canvas.put(3, 1, "Checking ...", Style.PLAIN);
            keys("Esc back");
            return;
        }
        boolean bad = !checked.problems().isEmpty();
        List<Line> lines = InstallText.review(install, checked).stream()
                .map(line -> new Line(line, bad && !line.startsWith(" ") ? Style.BAD : Style.PLAIN)).toList();
        scrollable(wrapped(lines, canvas.columns() - 2), install.scroll(), 3, lastRow() - 1);
        keys(bad || checked.done() ? "↑↓ scroll  Esc back" : "Enter install (asks first)  ↑↓ scroll  Esc back");
    }

    private void installWriting(Install install) {
        var checked = install.checked();
        if (checked == null) {
            return;
        }
        int row = 3;
        int room = lastRow() - 3 - row;
        int from = Math.clamp(install.at() - room + 2L, 0, Math.max(0, checked.steps().size() - room));
        for (int i = from; i < checked.steps().size() && i < from + room; i++) {
            boolean done = i < install.at() || checked.steps().get(i).done();
            boolean now = i == install.at();
            canvas.put(row++, 1, Text.cut((done ? "* " : now ? "▸ " : "  ") + checked.steps().get(i).title(),
                    canvas.columns() - 2), done ? Style.GOOD : now ? Style.ACCENT : Style.DIM);
        }
        if (!install.doing().isEmpty()) {
            canvas.put(row + 1, 1, canvas.columns() - 2, install.doing()
                    + (install.percent() < 0 ? " ..." : " " + install.percent() + " %"), Style.STRONG);
            if (install.percent() >= 0) {
                bar(row + 2, 1, canvas.columns() - 2, install.percent() / 100.0, Style.ACCENT);
            }
        }
        keys(install.at() == Integer.MAX_VALUE ? "Enter back to the screens" : "The disk is being written");
    }

    private static Style style(ClusterStatus.State state) {
        return switch (state) {
            case READY -> Style.GOOD;
            case FAILED -> Style.BAD;
            case DEGRADED, DELETING -> Style.WARNING;
            case PROGRESSING -> Style.ACCENT;
            case DEFINED, DELETED -> Style.PLAIN;
        };
    }

    // ---- plan ----------------------------------------------------------------------------------------------------

    /** A line with its style. */
    record Line(String text, Style style) {}

    static List<Line> planLines(Screen.Planned planned, int columns) {
        return wrapped(lines(planned.validation(), planned.plan()), columns - 2);
    }

    static List<Line> reviewLines(Wizard wizard, int columns) {
        Validation validation = wizard.validation();
        return validation == null ? List.of() : wrapped(lines(validation, wizard.plan()), columns - 2);
    }

    /** Blanks, and the number of an action of a plan. */
    private static final Pattern BEGINNING = Pattern.compile(" *(\\d+ +)?");

    /** Lines that are too long go on below, further to the right. */
    private static List<Line> wrapped(List<Line> lines, int width) {
        List<Line> fitting = new ArrayList<>();
        for (Line line : lines) {
            String text = Text.clean(line.text());
            Matcher start = BEGINNING.matcher(text);
            int hanging = Math.min(width / 2, (start.lookingAt() ? start.end() : 0) + 2);
            if (text.length() <= width) {
                fitting.add(line);
                continue;
            }
            int end = Math.max(text.lastIndexOf(' ', width), hanging);
            fitting.add(new Line(text.substring(0, end), line.style()));
            Text.wrap(text.substring(end), width - hanging)
                    .forEach(part -> fitting.add(new Line(" ".repeat(hanging) + part, line.style())));
        }
        return fitting;
    }

    private static List<Line> lines(Validation validation, @Nullable Plan plan) {
        List<Line> lines = new ArrayList<>();
        if (plan == null) {
            for (Problem problem : validation.problems()) {
                lines.add(new Line(word(problem) + problem.message(), style(problem)));
                lines.add(new Line("    at " + problem.path() + (problem.expected().isEmpty()
                        ? ""
                        : "; expected " + problem.expected()), Style.PLAIN));
                lines.add(new Line("    " + problem.remedy(), Style.PLAIN));
            }
            return lines;
        }
        for (String line : PlanText.of(plan, Ansi.PLAIN).lines().toList()) {
            lines.add(new Line(line,
                    line.startsWith("NOTICE")
                            ? Style.WARNING
                            : line.contains("DESTRUCTIVE")
                                    ? Style.BAD
                                    : line.contains(" done ") ? Style.DIM : Style.PLAIN));
        }
        return lines;
    }

    private static String word(Problem problem) {
        return switch (problem.severity()) {
            case ERROR -> "error: ";
            case WARNING -> "warning: ";
        };
    }

    private static Style style(Problem problem) {
        return switch (problem.severity()) {
            case ERROR -> Style.BAD;
            case WARNING -> Style.WARNING;
        };
    }

    private void planned(Screen.Planned planned) {
        title("plan", Text.timeOfDay(model.now()) + " UTC");
        scrollable(planLines(planned, canvas.columns()), planned.scroll(), 2, lastRow() - 1);
        keys(planned.plan() == null
                ? "Esc back"
                : "s start  w write definition  ↑↓ PgUp PgDn scroll  Esc back  ? help");
    }

    private void scrollable(List<Line> lines, int scroll, int top, int bottom) {
        int room = Math.max(1, bottom - top);
        int from = Math.clamp(scroll, 0, Math.max(0, lines.size() - room));
        for (int i = 0; i < room && from + i < lines.size(); i++) {
            Line line = lines.get(from + i);
            canvas.put(top + i, 1, Text.cut(Text.clean(line.text()), canvas.columns() - 2), line.style());
        }
        if (lines.size() > room) {
            String more = " " + (from + 1) + "-" + Math.min(lines.size(), from + room) + " of " + lines.size() + " ";
            canvas.put(bottom, canvas.columns() - more.length() - 1, more, Style.DIM);
        }
    }

    // ---- wizard --------------------------------------------------------------------------------------------------

    private void wizard(Wizard wizard) {
        title("new cluster", "step " + wizard.step().number() + " of " + Wizard.Step.ALL.size());
        stepBar(Wizard.Step.ALL.stream().map(step -> step.number() + " " + step.title()).toList(),
                wizard.step().number() - 1);
        switch (wizard.step()) {
            case CLUSTER, NETWORK -> questions(wizard, wizard.fields(), wizard.focus(), -1);
            case MACHINES -> {
                Wizard.Form form = wizard.form();
                if (form == null) {
                    machineTable(wizard);
                } else {
                    questions(wizard, Field.MACHINE, form.focus(), form.index());
                }
            }
            case REVIEW -> review(wizard);
        }
        if (wizard.pick() >= 0) {
            picker(wizard);
        }
    }

    private void stepBar(List<String> names, int current) {
        int column = 1;
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            canvas.put(1, column, name, i == current ? Style.SELECTED : Style.DIM);
            column += name.length();
            if (i < names.size() - 1) {
                canvas.put(1, column, canvas.columns() < WIDE ? " " : "  ▸  ", Style.DIM);
                column += canvas.columns() < WIDE ? 1 : 5;
            }
        }
    }

    private void questions(Wizard wizard, List<Field> fields, int focus, int machine) {
        int room = lastRow() - 7;
        boolean spaced = fields.size() * 2 <= room;
        int from = spaced ? 0 : Math.clamp(focus - room + 1, 0, Math.max(0, fields.size() - room));
        int row = 3;
        for (int i = from; i < fields.size() && row < lastRow() - 4; i++) {
            question(wizard, fields.get(i), row, i == focus, wizard.problem(fields.get(i), machine).isPresent());
            row += spaced ? 2 : 1;
        }
        Field focused = fields.get(focus);
        int below = lastRow() - 4;
        canvas.rule(below, "", Style.DIM);
        List<String> help = Text.wrap(focused.hint(), canvas.columns() - 2);
        canvas.put(below + 1, 1, help.getFirst(), Style.DIM);
        wizard.problem(focused, machine).ifPresent(problem -> {
            List<String> lines = Text.wrap(word(problem) + Text.clean(problem.message()) + (problem.expected().isEmpty()
                    ? ""
                    : "; expected " + Text.clean(problem.expected())), canvas.columns() - 2);
            for (int i = 0; i < Math.min(2, lines.size()); i++) {
                canvas.put(below + 2 + i, 1, lines.get(i), style(problem));
            }
        });
        keys(machine >= 0
                ? "Enter next  PgDn take over  Esc undo  F2 pick  F1 help"
                : "Enter next  PgDn/PgUp step  Esc back  F1 help  Ctrl-C quit");
    }

    private void question(Wizard wizard, Field field, int row, boolean focused, boolean wrong) {
        answer(row, field.label(), wizard.choices(field), wizard.value(field), wizard.input(), focused, wrong);
    }

    /** A question with its answer: a choice, or a line that is typed. */
    private void answer(int row, String label, List<String> choices, String value, Input input, boolean focused,
            boolean wrong) {
        int labelWidth = 14;
        canvas.put(row, 1, wrong ? "!" : focused ? "▸" : " ", wrong ? Style.BAD : Style.ACCENT);
        canvas.put(row, 3, labelWidth, label, focused ? Style.STRONG : Style.PLAIN);
        int column = 3 + labelWidth + 1;
        int width = Math.max(1, Math.min(46, canvas.columns() - column - 1));
        if (choices.isEmpty()) {
            (focused ? input : new Input(value, 0)).draw(canvas, row, column, width, focused);
        } else {
            String shown = (value.isEmpty() ? "none" : value);
            canvas.put(row, column, Text.cut(focused ? "< " + shown + " >" : "  " + shown, width),
                    focused ? Style.SELECTED : Style.PLAIN);
            if (focused && choices.size() > 1) {
                canvas.put(row, column + shown.length() + 6,
                        Text.cut("←→ " + choices.size() + " choices", width - shown.length() - 6), Style.DIM);
            }
        }
    }

    private void machineTable(Wizard wizard) {
        boolean wide = canvas.columns() >= WIDE;
        canvas.put(3, 3, row(wide, "Role", "Kind", "MAC", "Address", "Disk serial"), Style.STRONG);
        List<DraftMachine> machines = wizard.draft().machines();
        int room = lastRow() - 6;
        int from = Math.clamp(wizard.focus() - room + 1, 0, Math.max(0, machines.size() - room));
        for (int i = from; i < machines.size() && i < from + room; i++) {
            DraftMachine machine = machines.get(i);
            int index = i;
            boolean wrong = Field.MACHINE.stream().anyMatch(field -> wizard.problem(field, index).isPresent());
            canvas.put(4 + i - from, 1, wrong ? "!" : i == wizard.focus() ? "▸" : " ",
                    wrong ? Style.BAD : Style.ACCENT);
            canvas.put(4 + i - from, 3, canvas.columns() - 4,
                    row(wide, machine.role(), machine.kind(), machine.mac(),
                            machine.address().isEmpty() ? "(assigned)" : machine.address(), machine.diskSerial()),
                    i == wizard.focus() ? Style.SELECTED : Style.PLAIN);
        }
        if (machines.isEmpty()) {
            canvas.put(5, 3, Text.cut("No machine yet: a adds one" + (wizard.candidates().isEmpty()
                    ? "."
                    : ", p picks one of " + wizard.candidates().size() + " that were seen."), canvas.columns() - 4),
                    Style.PLAIN);
        }
        canvas.put(lastRow() - 1, 1, Text.cut(Text.count(machines.size(), "machine"), canvas.columns() - 2), Style.DIM);
        keys("a add  e edit  d remove  p pick  PgDn review  PgUp back  ? help");
    }

    private static String row(boolean wide, String role, String kind, String mac, String address, String disk) {
        return wide
                ? Text.fit(role, 13) + " " + Text.fit(kind, 9) + " " + Text.fit(mac, 17) + " " + Text.fit(address, 15)
                        + " " + disk
                : Text.fit(role, 6) + " " + Text.fit(mac, 17) + " " + disk;
    }

    private void review(Wizard wizard) {
        Validation validation = wizard.validation();
        if (validation == null || !wizard.fresh()) {
            canvas.put(3, 1, "Checking the answers ...", Style.PLAIN);
            keys("PgUp back  ? help");
            return;
        }
        boolean saved = wizard.saved().equals(validation.text());
        if (validation.problems().isEmpty()) {
            canvas.put(2, 1, Text.cut(saved
                    ? "Nothing is wrong, and the definition is written."
                    : "Nothing is wrong. The definition is written to a file before anything runs.",
                    canvas.columns() - 2), Style.GOOD);
            scrollable(reviewLines(wizard, canvas.columns()), wizard.scroll(), 3, lastRow() - 1);
            keys("s start  w write definition  ↑↓ scroll  PgUp back  ? help");
            return;
        }
        canvas.put(2, 1, ProblemText.counted(validation.problems()) + ":",
                validation.ok() ? Style.WARNING : Style.BAD);
        problems(wizard);
        keys((validation.ok() ? "s start  " : "") + "Enter go to the question  ↑↓ select  w write  ? help");
    }

    private void problems(Wizard wizard) {
        int focus = Math.min(wizard.focus(), wizard.problems().size() - 1);
        List<Line> lines = new ArrayList<>();
        int focusAt = 0;
        for (int i = 0; i < wizard.problems().size(); i++) {
            Problem problem = wizard.problems().get(i);
            if (i == focus) {
                focusAt = lines.size();
            }
            lines.add(new Line((i == focus ? "▸ " : "  ") + word(problem) + problem.message(),
                    i == focus ? Style.SELECTED : style(problem)));
            lines.add(new Line("    " + Place.of(wizard.draft(), problem.path()).map(place -> place.field().label()
                    + (place.machine() < 0 ? "" : " of machine " + (place.machine() + 1)) + ", ").orElse("")
                    + problem.path(), Style.DIM));
            if (!problem.expected().isEmpty()) {
                lines.add(new Line("    expected " + problem.expected(), Style.PLAIN));
            }
            if (!problem.remedy().isEmpty()) {
                lines.add(new Line("    " + problem.remedy(), Style.PLAIN));
            }
        }
        int room = lastRow() - 1 - 4;
        scrollable(lines, Math.max(0, focusAt - room + 4), 4, lastRow() - 1);
    }

    private void picker(Wizard wizard) {
        int height = Math.min(canvas.rows() - 4, wizard.candidates().size() + 2);
        int width = canvas.columns() - 4;
        int top = 2;
        canvas.box(top, 2, height, width, "Machines that were seen");
        int room = height - 2;
        int from = Math.clamp(wizard.pick() - room + 1, 0, Math.max(0, wizard.candidates().size() - room));
        for (int i = 0; i < room && from + i < wizard.candidates().size(); i++) {
            boolean selected = from + i == wizard.pick();
            canvas.put(top + 1 + i, 3, width - 2,
                    (selected ? "▸ " : "  ") + Text.clean(wizard.candidates().get(from + i).label()),
                    selected ? Style.SELECTED : Style.PLAIN);
        }
        keys("Enter take over  ↑↓ select  Esc back");
    }

    // ---- rack ----------------------------------------------------------------------------------------------------

    private void rack(Screen.Rack rack) {
        ClusterStatus status = rack.status();
        if (status == null) {
            title(rack.cluster(), "");
            canvas.put(2, 1, "Reading the journal ...", Style.PLAIN);
            keys("q quit  Esc back");
            return;
        }
        title(rack.cluster() + "  " + status.state().name(), clockOf(status));
        int row = notices(status, 1);
        if (rack.lost().isEmpty()) {
            canvas.put(row++, 1, Text.cut(Text.clean(status.reason()), canvas.columns() - 2), style(status.state()));
        } else {
            canvas.put(row++, 1, Text.cut("NO ANSWER, this is old: " + Text.clean(rack.lost()), canvas.columns() - 2),
                    Style.BAD);
        }
        row = steps(status, row);
        if (canvas.rows() >= 16) {
            conditions(status, row++);
        }
        int hints = lastRow();
        switch (rack.pane()) {
            case LOG -> log(rack, row, hints);
            case DETAIL -> detail(rack, status, row, hints);
            case MACHINES -> {
                int logRows = canvas.rows() >= 20 ? Math.max(4, (hints - row) / 3) : canvas.rows() >= 14 ? 2 : 0;
                int strangers = status.unknown().isEmpty() || canvas.rows() < 12 ? 0 : 1;
                int end = machines(rack, status, row, hints - logRows - strangers);
                if (strangers > 0) {
                    stranger(status, end);
                }
                if (logRows > 0) {
                    log(rack, Math.min(end + strangers, hints - 2), hints);
                }
            }
        }
        boolean narrow = canvas.columns() < WIDE;
        String act = rack.running() ? "c cancel  " : "r resume  ";
        String leave = "  ? help  q " + (rack.running() ? "detach" : "quit");
        keys(switch (rack.pane()) {
            case MACHINES -> act + (narrow ? "l log" : "↑↓ select  Enter details  l log") + leave;
            case LOG -> narrow ? "↑↓ scroll  Esc back  ? help" : act + "↑↓ scroll  Esc machines" + leave;
            case DETAIL -> narrow ? "↑↓ machine  Esc back  ? help" : act + "↑↓ other machine  Esc machines" + leave;
        });
    }

    private String clockOf(ClusterStatus status) {
        Instant started = status.startedAt();
        if (started == null) {
            return "no run yet";
        }
        Instant ended = status.endedAt();
        return (ended == null ? "running " : "took ")
                + Text.elapsed(Duration.between(started, ended == null ? model.now() : ended));
    }

    /** What is simulated or a stand-in is always on the screen. */
    private int notices(ClusterStatus status, int first) {
        int row = first;
        for (String notice : status.notices()) {
            int most = canvas.rows() >= 20 ? 2 : 1;
            List<String> lines = Text.wrap(Text.clean(notice), canvas.columns() - 4);
            for (int i = 0; i < Math.min(most, lines.size()); i++) {
                boolean cut = i == most - 1 && lines.size() > most;
                canvas.put(row++, 1, (i == 0 ? "! " : "  ") + (cut
                        ? Text.cut(lines.get(i) + " " + lines.get(i + 1), canvas.columns() - 4)
                        : lines.get(i)), Style.WARNING);
            }
        }
        return row;
    }

    private int steps(ClusterStatus status, int row) {
        String text = StatusText.steps(status);
        int width = Math.clamp(canvas.columns() - text.length() - 5, 0, 40);
        double fraction = status.stepsTotal() == 0 ? 0 : (double) status.stepsDone() / status.stepsTotal();
        canvas.put(row, 1, text, Style.STRONG);
        bar(row, text.length() + 3, width, fraction, style(status.state()));
        return row + 1;
    }

    private void bar(int row, int column, int width, double fraction, Style style) {
        int full = (int) Math.round(Math.clamp(fraction, 0, 1) * width);
        canvas.put(row, column, "█".repeat(full), style);
        canvas.put(row, column + full, "░".repeat(Math.max(0, width - full)), Style.DIM);
    }

    private void conditions(ClusterStatus status, int row) {
        int column = 1;
        for (Condition condition : status.conditions()) {
            String name = switch (condition.type()) {
                case TEMPLATE_APPLIED -> "template";
                case INFRASTRUCTURE_READY -> canvas.columns() < WIDE ? "infra" : "infrastructure";
                case NODES_READY -> "nodes";
                case CLUSTER_AVAILABLE -> canvas.columns() < WIDE ? "cluster" : "cluster available";
            };
            String value = switch (condition.status()) {
                case TRUE -> " yes";
                case FALSE -> " no";
                case UNKNOWN -> " ?";
            };
            Style style = switch (condition.status()) {
                case TRUE -> Style.GOOD;
                case FALSE -> Style.BAD;
                case UNKNOWN -> Style.DIM;
            };
            canvas.put(row, column, name + value, style);
            column += name.length() + value.length() + (canvas.columns() < WIDE ? 1 : 3);
        }
    }

    /** Draws the machines; returns the row behind the last one. */
    private int machines(Screen.Rack rack, ClusterStatus status, int top, int bottom) {
        boolean wide = canvas.columns() >= WIDE;
        int nameWidth = Math.clamp(
                status.machines().stream().mapToInt(machine -> machine.name().length()).max().orElse(8), 8,
                wide ? 18 : 12);
        canvas.put(top, 1, canvas.columns() - 2, "  " + Text.fit("Machine", nameWidth) + "  " + (wide
                ? Text.fit("Stage", 12) + "  " + Text.fit("Boot", 13) + "      " + Text.fit("Since", 7)
                        + " Last evidence"
                : Text.fit("Stage", 12) + "  Since"), Style.STRONG);
        int room = Math.max(1, bottom - top - 1);
        long stuck = status.machines().stream().filter(machine -> machine.stuck() != null).count();
        // the reason gets a line of its own where all of them fit
        boolean below = status.machines().size() + stuck <= room;
        int from = Math.clamp(rack.selected() - room + 1, 0, Math.max(0, status.machines().size() - room));
        int row = top + 1;
        for (int i = from; i < status.machines().size() && i < from + room; i++) {
            MachineStatus machine = status.machines().get(i);
            machine(machine, row++, i == rack.selected(), nameWidth, wide, below);
            String reason = machine.stuck();
            if (below && reason != null) {
                canvas.put(row++, 5, Text.cut("STUCK: " + Text.clean(reason), canvas.columns() - 6), Style.BAD);
            }
        }
        if (from + room < status.machines().size() || from > 0) {
            String more = " " + (from + 1) + "-" + Math.min(status.machines().size(), from + room) + " of "
                    + status.machines().size() + " ";
            canvas.put(top, canvas.columns() - more.length() - 1, more, Style.DIM);
        }
        return row;
    }

    private void machine(MachineStatus machine, int row, boolean selected, int nameWidth, boolean wide,
            boolean reasonBelow) {
        String stuck = machine.stuck();
        Style style = stuck != null
                ? Style.BAD
                : machine.stage() == BootStage.READY
                        ? Style.GOOD
                        : machine.stage() == BootStage.WAITING ? Style.DIM : Style.ACCENT;
        canvas.put(row, 1, selected ? "▸" : " ", Style.ACCENT);
        canvas.put(row, 3, nameWidth, machine.name(), selected ? Style.SELECTED : Style.PLAIN);
        int column = 3 + nameWidth + 2;
        canvas.put(row, column, 12, machine.stage().label(), style);
        column += 14;
        if (wide) {
            bar(row, column, 13, wayOf(machine.stage()), style);
            canvas.put(row, column + 14, StatusText.percent(machine.progress()), style);
            column += 19;
        }
        String since = Text.elapsed(Duration.between(machine.stageSince(), model.now()));
        canvas.put(row, column, String.format(Locale.ROOT, "%7s", since), Style.PLAIN);
        column += 8;
        boolean told = stuck != null && !reasonBelow;
        String evidence = told ? "STUCK: " + stuck : StatusText.evidence(machine);
        canvas.put(row, column, Text.cut(Text.clean(evidence), Math.max(0, canvas.columns() - column - 1)),
                told ? Style.BAD : Style.PLAIN);
    }

    /** How much of a boot lies behind a stage, 0 to 1. */
    private static double wayOf(BootStage stage) {
        List<BootStage> all = List.of(BootStage.values());
        return (double) all.indexOf(stage) / (all.size() - 1);
    }

    private void stranger(ClusterStatus status, int row) {
        ClusterStatus.UnknownMachine last = status.unknown().getLast();
        String text = Text.count(status.unknown().size(), "unknown machine") + " asked to boot: " + last.mac() + " ("
                + Text.clean(last.firmware()) + ", " + Text.count(last.requests(), "request") + ")";
        canvas.put(row, 1, Text.cut("? " + text, canvas.columns() - 2), Style.WARNING);
    }

    private void detail(Screen.Rack rack, ClusterStatus status, int top, int bottom) {
        if (status.machines().isEmpty()) {
            return;
        }
        MachineStatus machine = status.machines().get(rack.selected());
        canvas.rule(top, machine.name(), Style.STRONG);
        List<Line> lines = new ArrayList<>();
        String stuck = machine.stuck();
        if (stuck != null) {
            Text.wrap("STUCK: " + Text.clean(stuck), canvas.columns() - 2)
                    .forEach(line -> lines.add(new Line(line, Style.BAD)));
        }
        lines.add(new Line(Text.words(machine.role()) + ", " + Text.words(machine.kind()) + ", " + machine.mac() + ", "
                + machine.address(), Style.PLAIN));
        lines.add(new Line(machine.stage().label() + " since " + Text.instant(machine.stageSince()) + " "
                + StatusText.percent(machine.progress()).strip(), Style.PLAIN));
        Text.wrap(Text.timeOfDay(machine.evidenceAt()) + " " + Text.clean(machine.evidence()), canvas.columns() - 2)
                .forEach(line -> lines.add(new Line(line, Style.PLAIN)));
        Hardware hardware = machine.hardware();
        if (hardware == null) {
            lines.add(new Line("It has not told its hardware yet.", Style.DIM));
        } else {
            HardwareText.lines(hardware).forEach(line -> lines.add(new Line(line, Style.PLAIN)));
        }
        scrollable(lines, 0, top + 1, bottom);
    }

    private void log(Screen.Rack rack, int top, int bottom) {
        canvas.rule(top, rack.logUp() == 0 ? "log" : "log, " + rack.logUp() + " back (End: newest)", Style.STRONG);
        int room = bottom - top - 1;
        int end = Math.max(0, rack.log().size() - rack.logUp());
        int from = Math.max(0, end - room);
        for (int i = from; i < end; i++) {
            Event.Recorded recorded = rack.log().get(i);
            Style style = switch (EventText.mark(recorded.event())) {
                case NONE -> Style.PLAIN;
                case GOOD -> Style.GOOD;
                case WARNING -> Style.WARNING;
                case BAD -> Style.BAD;
            };
            int row = top + 1 + i - from;
            canvas.put(row, 1, Text.timeOfDay(recorded.at()), Style.DIM);
            canvas.put(row, 10, Text.cut(EventText.body(recorded.event(), Ansi.PLAIN), canvas.columns() - 11), style);
        }
    }

    // ---- dialogs -------------------------------------------------------------------------------------------------

    private static final List<String> HELP = List.of("Everywhere", "  ? or F1   this help (F1 where text is typed)",
            "  Esc       back", "  Ctrl-C    leave; runs go on", "", "Wizard", "  Enter Tab next question",
            "  ↑ ↓       question, machine or problem", "  ← → Space turn a choice",
            "  PgDn PgUp next step, step before", "  a e d     add, edit, remove a machine",
            "  p or F2   pick a machine that was seen", "  w         write the definition to a file",
            "  s         start the run (the definition is written first)", "", "Machines",
            "  ↑ ↓       select a machine; in the log: scroll", "  Enter     what the machine is made of",
            "  l or Tab  log large or small", "  c         cancel the run (asks)", "  r         plan and resume",
            "  q         detach: the run goes on, kindling tui comes back", "", "Marks",
            "  !         a notice, or something is wrong there", "  STUCK     the machine makes no progress, and why",
            "  ?         unknown");

    private void dialog() {
        Dialog dialog = model.dialog();
        if (dialog == null) {
            return;
        }
        switch (dialog) {
            case Dialog.Help help -> {
                int height = Math.min(canvas.rows() - 2, HELP.size() + 2);
                int width = Math.min(canvas.columns() - 2, 66);
                int top = (canvas.rows() - height) / 2;
                int left = (canvas.columns() - width) / 2;
                canvas.box(top, left, height, width, "Keys");
                int from = Math.clamp(help.scroll(), 0, Math.max(0, HELP.size() - (height - 2)));
                for (int i = 0; i < height - 2; i++) {
                    String line = HELP.get(from + i);
                    canvas.put(top + 1 + i, left + 2, Text.cut(line, width - 4),
                            line.startsWith(" ") ? Style.PLAIN : Style.STRONG);
                }
                keys(HELP.size() > height - 2 ? "↑↓ scroll  Esc close" : "Esc close");
            }
            case Dialog.Notice notice -> {
                box(notice.title(), notice.lines(), 0);
                keys("Esc close");
            }
            case Dialog.Confirm confirm -> {
                box(confirm.title(), confirm.lines(), 0);
                keys("y yes  n no");
            }
            case Dialog.Prompt prompt -> {
                int row = box(prompt.title(), prompt.lines(), 2);
                int width = boxWidth() - 4;
                prompt.input().draw(canvas, row, (canvas.columns() - boxWidth()) / 2 + 2, width, true);
                keys("Enter go on  Esc back");
            }
        }
    }

    private int boxWidth() {
        return Math.min(canvas.columns() - 2, 72);
    }

    /** Draws a box in the middle; returns the row behind its text. */
    private int box(String title, List<String> text, int below) {
        int width = boxWidth();
        List<String> lines = text.stream().flatMap(line -> indented(line, width - 4).stream()).toList();
        int room = canvas.rows() - 4 - below;
        if (lines.size() > room) {
            // the last line is the question
            lines = new ArrayList<>(lines.subList(0, Math.max(0, room - 2)));
            lines.add("...");
            lines.add(text.getLast());
        }
        int height = lines.size() + 2 + below;
        int top = Math.max(0, (canvas.rows() - height) / 2);
        int left = (canvas.columns() - width) / 2;
        canvas.box(top, left, height, width, title);
        for (int i = 0; i < lines.size(); i++) {
            canvas.put(top + 1 + i, left + 2, Text.cut(lines.get(i), width - 4), Style.PLAIN);
        }
        return top + 1 + lines.size() + (below > 1 ? 1 : 0);
    }

    private static List<String> indented(String line, int width) {
        int indent = line.length() - line.stripLeading().length();
        return Text.wrap(Text.clean(line), width - indent).stream().map(part -> " ".repeat(indent) + part).toList();
    }
}

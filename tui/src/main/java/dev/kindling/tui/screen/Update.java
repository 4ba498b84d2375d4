package dev.kindling.tui.screen;

import dev.kindling.engine.api.Draft.DraftMachine;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import dev.kindling.tui.text.PlanText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a message does to the model. Pure. */
public final class Update {
    private Update() {}

    /**
     * What came of a message.
     *
     * @param effects to be performed, in order
     */
    public record Result(Model model, List<Effect> effects) {
        public Result {
            effects = List.copyOf(effects);
        }

        static Result of(Model model, Effect... effects) {
            return new Result(model, List.of(effects));
        }
    }

    /** What has to be done first of all. */
    public static List<Effect> first() {
        return List.of(new Effect.LoadClusters(), new Effect.LookAround());
    }

    public static Result of(Model model, Message message) {
        return switch (message) {
            case Message.Pressed pressed -> pressed(model.remarking(""), pressed.key());
            case Message.Resized resized -> Result.of(model.with(resized.size()));
            case Message.Ticked ticked -> Result.of(model.with(ticked.now()));
            case Message.ClustersSeen seen -> Result.of(model.with(seen.clusters()));
            case Message.WizardReady ready -> Result.of(model.closed().remarking("").with(Wizard.start(ready)));
            case Message.Checked checked -> Result.of(model.screen() instanceof Wizard wizard
                    && wizard.draft().equals(checked.draft())
                            ? model.with(wizard.withChecked(checked))
                            : model);
            case Message.Prepared prepared ->
                Result.of(model.closed().remarking("")
                        .with(new Screen.Planned(prepared.validation(), prepared.plan(), 0)));
            case Message.Saved saved -> saved(model, saved);
            case Message.SaveWouldOverwrite refused -> Result.of(model.with(
                    new Dialog.Confirm("Overwrite?", List.of(refused.file() + " exists already. Overwrite it?"),
                            refused.thenStart() ? Dialog.Then.OVERWRITE_AND_START : Dialog.Then.OVERWRITE)));
            case Message.RunStarted started ->
                Result.of(model.closed().remarking("").with(Screen.Rack.of(started.cluster())),
                        new Effect.Follow(started.cluster()));
            case Message.RunRefused refused ->
                Result.of(
                        model.remarking("")
                                .with(new Dialog.Notice("The run did not start", lines(refused.problems()))));
            case Message.StatusSeen seen -> Result.of(model.screen() instanceof Screen.Rack rack
                    && rack.cluster().equals(seen.status().name()) ? model.with(rack.with(seen.status())) : model);
            case Message.EventsSeen seen -> Result.of(model.screen() instanceof Screen.Rack rack
                    && rack.cluster().equals(seen.cluster()) ? model.with(appended(rack, seen.events())) : model);
            case Message.OutOfReach lost -> Result.of(model.screen() instanceof Screen.Rack rack
                    && rack.cluster().equals(lost.cluster()) ? model.with(rack.lost(lost.why())) : model);
            case Message.LiveSystemSeen _ -> Result.of(model.inLiveSystem());
            case Message.HardwareSeen seen ->
                Result.of(model.remarking("").with(Install.start(seen.hardware())));
            case Message.OfInstall came -> model.screen() instanceof Install install
                    ? InstallUpdate.of(model, install, came)
                    : Result.of(model);
            case Message.Failed failed ->
                Result.of(model.remarking("").with(new Dialog.Notice("This did not work", List.of(failed.what()))));
        };
    }

    private static Screen.Rack appended(Screen.Rack rack, List<Event.Recorded> events) {
        List<Event.Recorded> log = new ArrayList<>(rack.log());
        log.addAll(events);
        return rack.withLog(log);
    }

    static List<String> lines(List<Problem> problems) {
        List<String> lines = new ArrayList<>();
        for (Problem problem : problems) {
            lines.add(problem.path() + ": " + problem.message());
            if (!problem.expected().isEmpty()) {
                lines.add("  expected: " + problem.expected());
            }
            if (!problem.remedy().isEmpty()) {
                lines.add("  remedy: " + problem.remedy());
            }
        }
        return lines;
    }

    private static Result pressed(Model model, Key key) {
        if (key.name() == Key.Name.INTERRUPT
                && !(model.screen() instanceof Install install && install.step() == Install.Step.WRITING)) {
            return leave(model);
        }
        Dialog dialog = model.dialog();
        if (dialog != null) {
            return inDialog(model, dialog, key);
        }
        boolean typing = switch (model.screen()) {
            case Wizard wizard -> wizard.field().filter(field -> wizard.choices(field).isEmpty()).isPresent();
            case Install install -> install.typing();
            case Screen.Start _,Screen.Planned _,Screen.Rack _ -> false;
        };
        if (key.name() == Key.Name.HELP || (key.is('?') && !typing)) {
            return Result.of(model.with(new Dialog.Help(0)));
        }
        return switch (model.screen()) {
            case Screen.Start start -> inStart(model, start, key);
            case Screen.Planned planned -> inPlanned(model, planned, key);
            case Screen.Rack rack -> inRack(model, rack, key);
            case Install install -> InstallUpdate.pressed(model, install, key);
            case Wizard wizard -> inWizard(model, wizard, key);
        };
    }

    private static Result leave(Model model) {
        return switch (model.screen()) {
            case Screen.Rack rack -> Result.of(model, new Effect.Quit(farewell(model, rack)));
            case Screen.Start _,Screen.Planned _,Install _,Wizard _ -> Result.of(model, new Effect.Quit(""));
        };
    }

    private static String farewell(Model model, Screen.Rack rack) {
        return (rack.running()
                ? "Detached. The run of cluster " + rack.cluster() + " goes on without this screen.\n"
                : "") + "Come back with: " + model.reattach();
    }

    private static Result inDialog(Model model, Dialog dialog, Key key) {
        return switch (dialog) {
            case Dialog.Help help -> switch (key.name()) {
                case DOWN, PAGE_DOWN -> Result.of(model.with(new Dialog.Help(help.scroll() + 1)));
                case UP, PAGE_UP -> Result.of(model.with(new Dialog.Help(Math.max(0, help.scroll() - 1))));
                case CHARACTER, ENTER, ESCAPE, TAB, BACK_TAB, LEFT, RIGHT, HOME, END, BACKSPACE, DELETE, HELP, PICK,
                        INTERRUPT ->
                    Result.of(model.closed());
            };
            case Dialog.Notice _ -> Result.of(model.closed());
            case Dialog.Confirm confirm -> key.is('y') || key.is('Y')
                    ? confirmed(model.closed(), confirm.then(), model.file())
                    : key.is('n') || key.is('N') || key.name() == Key.Name.ESCAPE
                            ? refused(model.closed(), confirm.then())
                            : Result.of(model);
            case Dialog.Prompt prompt -> switch (key.name()) {
                case ENTER -> confirmed(model.closed(), prompt.then(), prompt.input().text().strip());
                case ESCAPE -> refused(model.closed(), prompt.then());
                case CHARACTER, TAB, BACK_TAB, UP, DOWN, LEFT, RIGHT, PAGE_UP, PAGE_DOWN, HOME, END, BACKSPACE, DELETE,
                        HELP, PICK, INTERRUPT ->
                    Result.of(model.with(prompt.with(prompt.input().after(key))));
            };
        };
    }

    private static Result refused(Model model, Dialog.Then then) {
        return model.screen() instanceof Install install
                ? InstallUpdate.refused(model, install, then)
                : Result.of(model);
    }

    private static Result confirmed(Model model, Dialog.Then then, String answer) {
        return switch (then) {
            case CANCEL_RUN -> model.screen() instanceof Screen.Rack rack && rack.status() != null
                    && rack.status().run() != null
                            ? Result.of(model.remarking("The run stops at the next safe point; it can be resumed."),
                                    new Effect.Cancel(rack.status().run()))
                            : Result.of(model);
            case LEAVE_WIZARD -> Result.of(model.with(new Screen.Start(0)), new Effect.LoadClusters());
            case REMOVE_MACHINE -> model.screen() instanceof Wizard wizard
                    ? check(model, wizard.withoutMachine(wizard.focus()))
                    : Result.of(model);
            case SAVE, SAVE_AND_START, OVERWRITE, OVERWRITE_AND_START -> save(model, then, answer);
            case START -> start(model, answer);
            case INSTALL, KEEP_KEY, GIVE_UP_INSTALL, RESTART -> model.screen() instanceof Install install
                    ? InstallUpdate.confirmed(model, install, then, answer)
                    : Result.of(model);
        };
    }

    // ---- writing and starting ------------------------------------------------------------------------------------

    private static @Nullable Validation validation(Model model) {
        return switch (model.screen()) {
            case Wizard wizard -> wizard.fresh() ? wizard.validation() : null;
            case Screen.Planned planned -> planned.validation();
            case Screen.Start _,Install _,Screen.Rack _ -> null;
        };
    }

    private static @Nullable Plan plan(Model model) {
        return switch (model.screen()) {
            case Wizard wizard -> wizard.fresh() ? wizard.plan() : null;
            case Screen.Planned planned -> planned.plan();
            case Screen.Start _,Install _,Screen.Rack _ -> null;
        };
    }

    private static Result askForFile(Model model, Dialog.Then then) {
        Validation validation = validation(model);
        if (validation == null) {
            return Result.of(model.remarking("Not checked yet."));
        }
        String name = model.screen() instanceof Wizard wizard ? wizard.draft().name() : "cluster";
        return Result.of(model.with(new Dialog.Prompt("Write the definition", List.of(then == Dialog.Then.SAVE_AND_START
                ? "The definition is written before anything runs, so that it can be run again."
                : "kindling up FILE runs it without this wizard."),
                Input.of((name.isBlank() ? "cluster" : name) + ".yaml"),
                then)));
    }

    private static Result save(Model model, Dialog.Then then, String file) {
        Validation validation = validation(model);
        if (validation == null || file.isEmpty()) {
            return Result.of(model.remarking("Nothing was written."));
        }
        boolean overwrite = then == Dialog.Then.OVERWRITE || then == Dialog.Then.OVERWRITE_AND_START;
        return Result.of(model.writing(file), new Effect.Save(file, validation.text(), overwrite,
                then == Dialog.Then.SAVE_AND_START || then == Dialog.Then.OVERWRITE_AND_START));
    }

    private static Result saved(Model model, Message.Saved saved) {
        if (!(model.screen() instanceof Wizard wizard)) {
            return Result.of(model.closed().remarking("Wrote " + saved.file() + "."));
        }
        Model written = model.closed().with(wizard.withSaved(saved.text()));
        return saved.thenStart()
                ? askToStart(written)
                : Result.of(written.remarking("Wrote " + saved.file() + ". s starts the run."));
    }

    private static Result askToStart(Model model) {
        Plan plan = plan(model);
        if (plan == null) {
            return Result.of(model.remarking("There are errors to mend first."));
        }
        if (model.screen() instanceof Wizard wizard && !wizard.saved().equals(plan.definition())) {
            return askForFile(model, Dialog.Then.SAVE_AND_START);
        }
        List<Plan.Action> destructive = PlanText.destructiveOnRealMachines(plan);
        if (destructive.isEmpty()) {
            return start(model, plan.cluster().name());
        }
        List<String> lines = new ArrayList<>(List.of("This can destroy data on real machines:"));
        destructive.forEach(action -> lines.add("  " + action.title()
                + action.diskTarget().map(disk -> ": " + PlanText.disk(disk)).orElse("")));
        lines.add("Type the name of the cluster, " + plan.cluster().name() + ", to go on.");
        return Result.of(model.with(new Dialog.Prompt("Really?", lines, Input.EMPTY, Dialog.Then.START)));
    }

    private static Result start(Model model, String typed) {
        Plan plan = plan(model);
        if (plan == null || !typed.equals(plan.cluster().name())) {
            return Result.of(model.remarking("Not confirmed; nothing was started."));
        }
        String interfaceName = model.screen() instanceof Wizard wizard ? wizard.interfaceName() : "";
        Kindling.ApplyOptions usual = Kindling.ApplyOptions.DEFAULT;
        return Result.of(model.remarking("Starting ..."),
                new Effect.Start(plan, new Kindling.ApplyOptions(
                        interfaceName.isEmpty() ? Optional.empty() : Optional.of(interfaceName), usual.keepRunning(),
                        usual.lossPercent(), usual.seed())));
    }

    // ---- start screen --------------------------------------------------------------------------------------------

    private static Result inStart(Model model, Screen.Start start, Key key) {
        int clusters = model.clusters().size();
        int items = clusters + Screen.Start.beginnings(model.live()).size();
        int selected = Math.clamp(start.selected(), 0, items - 1);
        if (key.is('q') || key.name() == Key.Name.ESCAPE) {
            return leave(model);
        }
        if (!model.read()) {
            return Result.of(model); // what a key means depends on what will be there
        }
        if (key.is('r') && selected < clusters) {
            return Result.of(model, new Effect.PrepareResume(model.clusters().get(selected).name()));
        }
        return switch (key.name()) {
            case UP, BACK_TAB -> Result.of(model.with(new Screen.Start(Math.max(0, selected - 1))));
            case DOWN, TAB -> Result.of(model.with(new Screen.Start(Math.min(items - 1, selected + 1))));
            case HOME, PAGE_UP -> Result.of(model.with(new Screen.Start(0)));
            case END, PAGE_DOWN -> Result.of(model.with(new Screen.Start(items - 1)));
            case ENTER -> selected < clusters
                    ? watch(model, model.clusters().get(selected).name())
                    : Result.of(model.remarking("One moment ..."), switch (selected - clusters) {
                        case 0 -> new Effect.LoadWizard();
                        case 1 -> new Effect.PrepareDemo(false);
                        case 2 -> new Effect.PrepareDemo(true);
                        default -> new Effect.LoadHardware();
                    });
            case CHARACTER, ESCAPE, LEFT, RIGHT, BACKSPACE, DELETE, HELP, PICK, INTERRUPT -> Result.of(model);
        };
    }

    private static Result watch(Model model, String cluster) {
        return Result.of(model.with(Screen.Rack.of(cluster)), new Effect.Follow(cluster));
    }

    // ---- plan ----------------------------------------------------------------------------------------------------

    private static Result inPlanned(Model model, Screen.Planned planned, Key key) {
        if (key.is('s')) {
            return askToStart(model);
        }
        if (key.is('w')) {
            return askForFile(model, Dialog.Then.SAVE);
        }
        return switch (key.name()) {
            case ESCAPE -> Result.of(model.with(new Screen.Start(0)), new Effect.LoadClusters());
            case UP, DOWN, PAGE_UP, PAGE_DOWN, HOME -> Result.of(model.with(new Screen.Planned(planned.validation(),
                    planned.plan(),
                    scrolled(model, planned.scroll(), key, View.planLines(planned, model.size().columns()).size()))));
            case CHARACTER, ENTER, TAB, BACK_TAB, LEFT, RIGHT, END, BACKSPACE, DELETE, HELP, PICK, INTERRUPT ->
                Result.of(model);
        };
    }

    private static int scrolled(Model model, int scroll, Key key, int lines) {
        int page = Math.max(1, model.size().rows() - 8);
        int wanted = switch (key.name()) {
            case UP -> scroll - 1;
            case DOWN -> scroll + 1;
            case PAGE_UP -> scroll - page;
            case PAGE_DOWN -> scroll + page;
            case HOME -> 0;
            case CHARACTER, ENTER, ESCAPE, TAB, BACK_TAB, LEFT, RIGHT, END, BACKSPACE, DELETE, HELP, PICK, INTERRUPT ->
                scroll;
        };
        return Math.clamp(wanted, 0, Math.max(0, lines - 1));
    }

    // ---- rack ----------------------------------------------------------------------------------------------------

    private static Result inRack(Model model, Screen.Rack rack, Key key) {
        if (key.is('q')) {
            return leave(model);
        }
        if (key.is('c')) {
            return rack.running()
                    ? Result.of(model.with(new Dialog.Confirm("Cancel?",
                            List.of("Cancel the run of cluster " + rack.cluster() + "?",
                                    "It stops at the next safe point and can be resumed."),
                            Dialog.Then.CANCEL_RUN)))
                    : Result.of(model.remarking("No run is going on."));
        }
        if (key.is('r')) {
            return rack.running()
                    ? Result.of(model.remarking("The run is going on."))
                    : Result.of(model, new Effect.PrepareResume(rack.cluster()));
        }
        if (key.is('l')) {
            return Result.of(model.with(
                    rack.show(rack.pane() == Screen.Rack.Pane.LOG ? Screen.Rack.Pane.MACHINES : Screen.Rack.Pane.LOG)));
        }
        int page = Math.max(1, model.size().rows() / 2);
        return switch (key.name()) {
            case ESCAPE -> rack.pane() == Screen.Rack.Pane.MACHINES
                    ? Result.of(model.with(new Screen.Start(0)), new Effect.Unfollow(), new Effect.LoadClusters())
                    : Result.of(model.with(rack.show(Screen.Rack.Pane.MACHINES)));
            case ENTER -> Result.of(model.with(rack.show(rack.pane() == Screen.Rack.Pane.DETAIL
                    ? Screen.Rack.Pane.MACHINES
                    : Screen.Rack.Pane.DETAIL)));
            case TAB, BACK_TAB -> Result.of(model.with(
                    rack.show(rack.pane() == Screen.Rack.Pane.LOG ? Screen.Rack.Pane.MACHINES : Screen.Rack.Pane.LOG)));
            case UP -> Result.of(model.with(moved(rack, -1)));
            case DOWN -> Result.of(model.with(moved(rack, 1)));
            case PAGE_UP -> Result.of(model.with(moved(rack, -page)));
            case PAGE_DOWN -> Result.of(model.with(moved(rack, page)));
            case HOME -> Result.of(model.with(moved(rack, -Screen.Rack.LOG_LIMIT)));
            case END -> Result.of(model.with(moved(rack, Screen.Rack.LOG_LIMIT)));
            case CHARACTER, LEFT, RIGHT, BACKSPACE, DELETE, HELP, PICK, INTERRUPT -> Result.of(model);
        };
    }

    private static Screen.Rack moved(Screen.Rack rack, int by) {
        return rack.pane() == Screen.Rack.Pane.LOG ? rack.scroll(rack.logUp() - by) : rack.select(rack.selected() + by);
    }

    // ---- wizard --------------------------------------------------------------------------------------------------

    private static Result check(Model model, Wizard wizard) {
        return Result.of(model.with(wizard), new Effect.Check(wizard.draft()));
    }

    private static Result inWizard(Model model, Wizard wizard, Key key) {
        if (wizard.pick() >= 0) {
            return picking(model, wizard, key);
        }
        if (wizard.form() != null) {
            return inForm(model, wizard, wizard.form(), key);
        }
        return switch (key.name()) {
            case PAGE_DOWN -> step(model, wizard, 1);
            case PAGE_UP -> step(model, wizard, -1);
            case ESCAPE -> wizard.step() == Wizard.Step.CLUSTER
                    ? Result.of(model.with(new Dialog.Confirm("Leave the wizard?",
                            List.of("The answers are thrown away, unless they were written to a file."),
                            Dialog.Then.LEAVE_WIZARD)))
                    : step(model, wizard, -1);
            case CHARACTER, ENTER, TAB, BACK_TAB, UP, DOWN, LEFT, RIGHT, HOME, END, BACKSPACE, DELETE, HELP, PICK,
                    INTERRUPT ->
                switch (wizard.step()) {
                    case CLUSTER, NETWORK -> inQuestions(model, wizard, key);
                    case MACHINES -> inMachines(model, wizard, key);
                    case REVIEW -> inReview(model, wizard, key);
                };
        };
    }

    private static Result step(Model model, Wizard wizard, int by) {
        int next = Wizard.Step.ALL.indexOf(wizard.step()) + by;
        return next < 0 || next >= Wizard.Step.ALL.size()
                ? Result.of(model)
                : check(model, wizard.at(Wizard.Step.ALL.get(next), 0));
    }

    private static Result inQuestions(Model model, Wizard wizard, Key key) {
        int last = wizard.fields().size() - 1;
        return switch (key.name()) {
            case UP, BACK_TAB -> check(model, wizard.at(wizard.step(), Math.max(0, wizard.focus() - 1)));
            case DOWN -> check(model, wizard.at(wizard.step(), Math.min(last, wizard.focus() + 1)));
            case ENTER, TAB -> wizard.focus() == last
                    ? step(model, wizard, 1)
                    : check(model, wizard.at(wizard.step(), wizard.focus() + 1));
            case CHARACTER, LEFT, RIGHT, HOME, END, BACKSPACE, DELETE, ESCAPE, PAGE_UP, PAGE_DOWN, HELP, PICK,
                    INTERRUPT ->
                Result.of(model.with(typed(wizard, key)));
        };
    }

    /** A key in the question in focus: text is typed, a choice is turned. */
    private static Wizard typed(Wizard wizard, Key key) {
        Field field = wizard.field().orElseThrow();
        List<String> choices = wizard.choices(field);
        if (choices.isEmpty()) {
            Input input = wizard.input().after(key);
            return wizard.withInput(input).answer(field, input.text());
        }
        int at = choices.indexOf(wizard.value(field));
        int by = key.name() == Key.Name.LEFT ? -1 : key.name() == Key.Name.RIGHT || key.is(' ') ? 1 : 0;
        return by == 0 ? wizard : wizard.answer(field, choices.get(Math.floorMod(at + by, choices.size())));
    }

    private static Result inMachines(Model model, Wizard wizard, Key key) {
        int last = Math.max(0, wizard.draft().machines().size() - 1);
        boolean any = !wizard.draft().machines().isEmpty();
        if (key.is('a')) {
            return Result.of(model.with(open(wizard, wizard.draft().machines().size(), wizard.nextMachine(), 0)));
        }
        if (key.is('p') || key.name() == Key.Name.PICK) {
            return openPick(model, wizard);
        }
        if (any && (key.is('e') || key.name() == Key.Name.ENTER)) {
            return Result
                    .of(model.with(open(wizard, wizard.focus(), wizard.draft().machines().get(wizard.focus()), 0)));
        }
        if (any && (key.is('d') || key.name() == Key.Name.DELETE)) {
            DraftMachine machine = wizard.draft().machines().get(wizard.focus());
            return Result.of(model.with(new Dialog.Confirm("Remove?",
                    List.of("Remove the machine " + (machine.mac().isEmpty() ? machine.name() : machine.mac()) + "?"),
                    Dialog.Then.REMOVE_MACHINE)));
        }
        return switch (key.name()) {
            case UP, BACK_TAB ->
                Result.of(model.with(wizard.at(Wizard.Step.MACHINES, Math.max(0, wizard.focus() - 1))));
            case DOWN -> Result.of(model.with(wizard.at(Wizard.Step.MACHINES, Math.min(last, wizard.focus() + 1))));
            case TAB -> step(model, wizard, 1);
            case CHARACTER, ENTER, ESCAPE, LEFT, RIGHT, PAGE_UP, PAGE_DOWN, HOME, END, BACKSPACE, DELETE, HELP, PICK,
                    INTERRUPT ->
                Result.of(model);
        };
    }

    private static Wizard open(Wizard wizard, int index, DraftMachine machine, int focus) {
        return wizard.withForm(new Wizard.Form(index, machine, focus)).refreshed();
    }

    private static Result openPick(Model model, Wizard wizard) {
        return wizard.candidates().isEmpty()
                ? Result.of(model.remarking("No machine was seen yet: let it boot over the network once."))
                : Result.of(model.with(wizard.withPick(0)));
    }

    private static Result inForm(Model model, Wizard wizard, Wizard.Form form, Key key) {
        int last = Field.MACHINE.size() - 1;
        return switch (key.name()) {
            case ESCAPE -> Result.of(model.with(wizard.at(Wizard.Step.MACHINES, wizard.focus())));
            case PAGE_DOWN -> check(model, wizard.formDone());
            case UP, BACK_TAB ->
                Result.of(model.with(open(wizard, form.index(), form.machine(), Math.max(0, form.focus() - 1))));
            case DOWN ->
                Result.of(model.with(open(wizard, form.index(), form.machine(), Math.min(last, form.focus() + 1))));
            case ENTER, TAB -> form.focus() == last
                    ? check(model, wizard.formDone())
                    : Result.of(model.with(open(wizard, form.index(), form.machine(), form.focus() + 1)));
            case PICK -> openPick(model, wizard);
            case CHARACTER, LEFT, RIGHT, PAGE_UP, HOME, END, BACKSPACE, DELETE, HELP, INTERRUPT ->
                Result.of(model.with(typed(wizard, key)));
        };
    }

    private static Result picking(Model model, Wizard wizard, Key key) {
        int last = wizard.candidates().size() - 1;
        return switch (key.name()) {
            case ESCAPE -> Result.of(model.with(wizard.withPick(-1)));
            case UP, BACK_TAB, PAGE_UP -> Result.of(model.with(wizard.withPick(Math.max(0, wizard.pick() - 1))));
            case DOWN, TAB, PAGE_DOWN -> Result.of(model.with(wizard.withPick(Math.min(last, wizard.pick() + 1))));
            case ENTER -> Result.of(model.with(picked(wizard, wizard.candidates().get(wizard.pick()))));
            case CHARACTER, LEFT, RIGHT, HOME, END, BACKSPACE, DELETE, HELP, PICK, INTERRUPT -> Result.of(model);
        };
    }

    private static Wizard picked(Wizard wizard, Message.Candidate candidate) {
        Wizard.Form open = wizard.form();
        DraftMachine machine = open == null ? wizard.nextMachine() : open.machine();
        int index = open == null ? wizard.draft().machines().size() : open.index();
        DraftMachine filled = new DraftMachine(machine.name(), machine.role(), machine.kind(), candidate.mac(),
                machine.address(), candidate.diskSerial().isEmpty() ? machine.diskSerial() : candidate.diskSerial(),
                candidate.firmware().isEmpty() ? machine.firmware() : candidate.firmware());
        return open(wizard.withPick(-1), index, filled, Field.MACHINE.indexOf(Field.ADDRESS));
    }

    private static Result inReview(Model model, Wizard wizard, Key key) {
        if (key.is('w')) {
            return askForFile(model, Dialog.Then.SAVE);
        }
        if (key.is('s')) {
            return askToStart(model);
        }
        int problems = wizard.problems().size();
        if (problems == 0) {
            return Result.of(model.with(
                    wizard.withScroll(scrolled(model, wizard.scroll(), key,
                            View.reviewLines(wizard, model.size().columns()).size()))));
        }
        return switch (key.name()) {
            case UP, BACK_TAB -> Result.of(model.with(wizard.at(Wizard.Step.REVIEW, Math.max(0, wizard.focus() - 1))));
            case DOWN, TAB ->
                Result.of(model.with(wizard.at(Wizard.Step.REVIEW, Math.min(problems - 1, wizard.focus() + 1))));
            case ENTER -> Place
                    .of(wizard.draft(), wizard.problems().get(Math.min(wizard.focus(), problems - 1)).path())
                    .map(place -> Result.of(model.with(jump(wizard, place))))
                    .orElse(Result.of(model.remarking("No question of the wizard is behind this.")));
            case CHARACTER, ESCAPE, LEFT, RIGHT, PAGE_UP, PAGE_DOWN, HOME, END, BACKSPACE, DELETE, HELP, PICK,
                    INTERRUPT ->
                Result.of(model);
        };
    }

    private static Wizard jump(Wizard wizard, Place place) {
        if (place.machine() < 0 && Field.MACHINE.contains(place.field())) {
            return wizard.at(Wizard.Step.MACHINES, 0);
        }
        if (place.machine() >= 0) {
            return open(wizard.at(Wizard.Step.MACHINES, place.machine()), place.machine(),
                    wizard.draft().machines().get(place.machine()), Field.MACHINE.indexOf(place.field()));
        }
        int inCluster = Field.CLUSTER_STEP.indexOf(place.field());
        return inCluster >= 0
                ? wizard.at(Wizard.Step.CLUSTER, inCluster)
                : wizard.at(Wizard.Step.NETWORK, Field.NETWORK_STEP.indexOf(place.field()));
    }
}

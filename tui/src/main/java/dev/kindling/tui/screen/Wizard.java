package dev.kindling.tui.screen;

import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Draft.DraftMachine;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The answers so far, and where the user is in the questions.
 *
 * @param draft answers; the field in focus is kept here, too, at each key
 * @param interfaceName empty: none
 * @param focus field of the step, machine of the table, or problem of the review
 * @param input of the field in focus
 * @param form the machine that is being edited; null: none is
 * @param pick selected line of the list of seen machines; negative: the list is not open
 * @param validation of {@code checked}; null: not checked yet
 * @param plan null where there are errors
 * @param checked the answers that validation and plan are about
 * @param saved the definition as it was last written; empty: never
 */
record Wizard(Draft draft, List<String> interfaces, String interfaceName, List<Message.Candidate> candidates, Step step,
        int focus, Input input, @Nullable Form form, int pick, @Nullable Validation validation, @Nullable Plan plan,
        @Nullable Draft checked, String saved, int scroll) implements Screen {
    Wizard {
        interfaces = List.copyOf(interfaces);
        candidates = List.copyOf(candidates);
    }

    /** Steps, in their order. */
    enum Step {
        CLUSTER("Cluster"),
        NETWORK("Network"),
        MACHINES("Machines"),
        REVIEW("Review");

        static final List<Step> ALL = List.of(values());
        private final String title;

        Step(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }

        /** From 1. */
        int number() {
            return ALL.indexOf(this) + 1;
        }
    }

    /**
     * A machine that is being edited.
     *
     * @param index in the draft; its length: a new machine
     */
    record Form(int index, DraftMachine machine, int focus) {}

    static Wizard start(Message.WizardReady ready) {
        return new Wizard(ready.draft(), ready.interfaces(), "", ready.candidates(), Step.CLUSTER, 0, Input.EMPTY, null,
                -1, null, null, null, "", 0).at(Step.CLUSTER, 0);
    }

    List<Field> fields() {
        return switch (step) {
            case CLUSTER -> Field.CLUSTER_STEP;
            case NETWORK -> Field.NETWORK_STEP;
            case MACHINES, REVIEW -> List.of();
        };
    }

    /** The question in focus; empty in tables and lists. */
    Optional<Field> field() {
        Form open = form;
        if (open != null) {
            return Optional.of(Field.MACHINE.get(open.focus()));
        }
        return fields().isEmpty() ? Optional.empty() : Optional.of(fields().get(focus));
    }

    List<String> choices(Field field) {
        if (field != Field.INTERFACE) {
            return field.choices();
        }
        List<String> names = new ArrayList<>(List.of(""));
        names.addAll(interfaces);
        return names;
    }

    String value(Field field) {
        Form open = form;
        if (open != null) {
            return field.of(open.machine());
        }
        return field == Field.INTERFACE ? interfaceName : field.of(draft);
    }

    Wizard answer(Field field, String value) {
        Form open = form;
        if (open != null) {
            return withForm(new Form(open.index(), field.in(open.machine(), value), open.focus()));
        }
        return field == Field.INTERFACE
                ? new Wizard(draft, interfaces, value, candidates, step, focus, input, null, pick, validation, plan,
                        checked, saved, scroll)
                : withDraft(field.in(draft, value));
    }

    /** A step and a field, row or problem in it; the line being typed is that field's. */
    Wizard at(Step newStep, int newFocus) {
        Wizard moved = new Wizard(draft, interfaces, interfaceName, candidates, newStep, newFocus, Input.EMPTY, null,
                -1,
                validation, plan, checked, saved, 0);
        return moved.refreshed();
    }

    Wizard withDraft(Draft newDraft) {
        return new Wizard(newDraft, interfaces, interfaceName, candidates, step, focus, input, form, pick, validation,
                plan, checked, saved, scroll);
    }

    Wizard withInput(Input newInput) {
        return new Wizard(draft, interfaces, interfaceName, candidates, step, focus, newInput, form, pick, validation,
                plan, checked, saved, scroll);
    }

    Wizard withForm(@Nullable Form newForm) {
        return new Wizard(draft, interfaces, interfaceName, candidates, step, focus, input, newForm, pick, validation,
                plan, checked, saved, scroll);
    }

    Wizard withPick(int newPick) {
        return new Wizard(draft, interfaces, interfaceName, candidates, step, focus, input, form, newPick, validation,
                plan, checked, saved, scroll);
    }

    Wizard withChecked(Message.Checked result) {
        return new Wizard(draft, interfaces, interfaceName, candidates, step, focus, input, form, pick,
                result.validation(), result.plan(), result.draft(), saved, scroll);
    }

    Wizard withSaved(String text) {
        return new Wizard(draft, interfaces, interfaceName, candidates, step, focus, input, form, pick, validation,
                plan, checked, text, scroll);
    }

    Wizard withScroll(int newScroll) {
        return new Wizard(draft, interfaces, interfaceName, candidates, step, focus, input, form, pick, validation,
                plan, checked, saved, Math.max(0, newScroll));
    }

    /** The typed line shows the answer of the field in focus. */
    Wizard refreshed() {
        return withInput(field().map(field -> Input.of(value(field))).orElse(Input.EMPTY));
    }

    /** Whether the last check is about these answers. */
    boolean fresh() {
        return draft.equals(checked);
    }

    List<Problem> problems() {
        return validation == null ? List.of() : validation.problems();
    }

    /** What the last check found wrong with an answer; machine is negative where it is not about one. */
    Optional<Problem> problem(Field field, int machine) {
        Draft about = checked;
        return about == null
                ? Optional.empty()
                : problems().stream()
                        .filter(problem -> Place.of(about, problem.path())
                                .equals(Optional.of(new Place(field, machine))))
                        .findFirst();
    }

    /** A machine to begin with: the first is the control plane, the others are like the one before. */
    DraftMachine nextMachine() {
        boolean first = draft.machines().isEmpty();
        return new DraftMachine("", first ? "control-plane" : "worker",
                first ? "manual" : draft.machines().getLast().kind(), "", "", "",
                first ? "uefi" : draft.machines().getLast().firmware());
    }

    /** Takes the machine that is being edited over into the draft. */
    Wizard formDone() {
        Form open = form;
        if (open == null) {
            return this;
        }
        List<DraftMachine> machines = new ArrayList<>(draft.machines());
        if (open.index() < machines.size()) {
            machines.set(open.index(), open.machine());
        } else {
            machines.add(open.machine());
        }
        return withDraft(Field.with(draft, machines)).at(Step.MACHINES, open.index());
    }

    Wizard withoutMachine(int index) {
        List<DraftMachine> machines = IntStream.range(0, draft.machines().size()).filter(i -> i != index)
                .mapToObj(draft.machines()::get).toList();
        return withDraft(Field.with(draft, machines)).at(Step.MACHINES,
                Math.max(0, Math.min(index, machines.size() - 1)));
    }
}

package dev.kindling.tui.screen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Draft.DraftMachine;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.definition.Definitions;
import dev.kindling.tui.Racks;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Against the engine's own definitions: a wrong answer is found behind the problem that it makes. */
class PlaceTest {
    private static final Draft GOOD = mixed(Racks.draft("virtual"));

    /** A worker stands first, so that the machines' order is not that of the pools. */
    private static Draft mixed(Draft draft) {
        List<DraftMachine> machines = draft.machines();
        return Field.with(draft, List.of(machines.get(1), machines.get(0), machines.get(2)));
    }

    @Test
    void theGoodAnswersAreGood() {
        assertThat(Definitions.read("d", Definitions.compose(GOOD)).problems())
                .filteredOn(problem -> problem.severity() == Problem.Severity.ERROR).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(value = Field.class, mode = EnumSource.Mode.INCLUDE, names = {"NAME", "DISTRIBUTION", "VERSION", "DHCP",
            "CIDR", "BOOT_SERVER", "POOL", "GATEWAY", "DNS", "VIP"})
    void aWrongAnswerOfTheClusterLeadsBackToItsQuestion(Field field) {
        assertThat(placesOfProblems(field.in(GOOD, "wrong answer!"))).contains(new Place(field, -1));
    }

    @ParameterizedTest
    @EnumSource(value = Field.class, mode = EnumSource.Mode.INCLUDE, names = {"ROLE", "KIND", "MAC", "ADDRESS", "DISK",
            "FIRMWARE", "HOST"})
    void aWrongAnswerOfAMachineLeadsBackToThatMachine(Field field) {
        for (int machine = 0; machine < 2; machine++) {
            DraftMachine wrong = field.in(GOOD.machines().get(machine), "wrong answer! " + "x".repeat(80));
            List<DraftMachine> machines = new java.util.ArrayList<>(GOOD.machines());
            machines.set(machine, wrong);
            assertThat(placesOfProblems(Field.with(GOOD, machines))).contains(new Place(field, machine));
        }
    }

    @Test
    void aMissingAnswerLeadsBackToItsQuestionToo() {
        assertThat(placesOfProblems(Field.NAME.in(GOOD, ""))).contains(new Place(Field.NAME, -1));
        assertThat(placesOfProblems(Field.CIDR.in(GOOD, ""))).contains(new Place(Field.CIDR, -1));
        assertThat(placesOfProblems(Field.with(GOOD, List.of()))).contains(new Place(Field.MAC, -1));
    }

    private static List<Place> placesOfProblems(Draft draft) {
        return Definitions.read("d", Definitions.compose(draft)).problems().stream()
                .flatMap(problem -> Place.of(draft, problem.path()).stream()).toList();
    }
}

package dev.kindling.desktop.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.kindling.engine.Engine;
import dev.kindling.engine.api.Kindling;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The view models over the real engine: its paths lead to our fields, its demo to a plan. Nothing is run. */
@SuppressWarnings("NullAway.Init") // set by open
class RealEngineTest {
    private final ManualWork work = new ManualWork(new TestClock());
    private Kindling kindling;
    private Desk desk;

    @BeforeEach
    void open(@TempDir Path workspace) {
        kindling = Engine.open(workspace);
        desk = new Desk(kindling, work, new MemoryDraftStore());
    }

    @AfterEach
    void close() {
        kindling.close();
    }

    @Test
    void findsTheFieldOfEachProblem() {
        desk.startNew();
        work.settle();
        Wizard wizard = desk.wizard();
        assertThat(wizard.findings()).as("problems of the defaults").isEmpty();
        MachineRow other = wizard.addMachine();
        other.answer(Field.ROLE).set("worker");
        other.answer(Field.MAC).set("zz");
        other.answer(Field.ADDRESS).set("q");
        wizard.answer(Field.NAME).set("");
        wizard.answer(Field.VERSION).set("x");
        wizard.answer(Field.CIDR).set("10.77.0.1/24");
        wizard.answer(Field.POOL).set("10.77.0.1-");
        wizard.answer(Field.GATEWAY).set("zz");
        wizard.answer(Field.DNS).set("1.1.1.1, q");
        work.advance(Duration.ofSeconds(1));

        int row = wizard.machines().indexOf(other);
        assertThat(wizard.findings()).extracting(Finding::field, Finding::machine).contains(tuple(Field.NAME, -1),
                tuple(Field.VERSION, -1), tuple(Field.CIDR, -1), tuple(Field.POOL, -1), tuple(Field.GATEWAY, -1),
                tuple(Field.DNS, -1), tuple(Field.MAC, row), tuple(Field.ADDRESS, row));
        assertThat(work.failures()).isEmpty();
    }

    @Test
    void offersNoDistributionThatTheEngineRefuses() {
        desk.startNew();
        work.settle();

        assertThat(desk.wizard().notYet()).doesNotContainKey("k3s");
        desk.wizard().notYet().forEach((_, reason) -> assertThat(reason).isNotBlank());
    }

    @Test
    void plansTheSimulatedDemoAsItIsWrittenAndLabelsIt() {
        desk.startDemo(true);
        work.settle();

        assertThat(desk.wizard().findings()).isEmpty();
        assertThat(desk.wizard().definition().get()).isEqualTo(kindling.demo(true, 3));
        assertThat(desk.wizard().mayStart().get()).isTrue();
        assertThat(desk.wizard().plan().get()).isNotNull()
                .satisfies(plan -> assertThat(plan.notices()).anyMatch(notice -> notice.startsWith("SIMULATED")));
        assertThat(work.failures()).isEmpty();
    }
}

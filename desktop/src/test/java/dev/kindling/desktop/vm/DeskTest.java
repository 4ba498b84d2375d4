package dev.kindling.desktop.vm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus.MachineStatus;
import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Problem;
import java.time.Duration;
import java.util.Properties;
import org.junit.jupiter.api.Test;

/** The whole of the view models without a toolkit. */
class DeskTest {
    private static final Duration MOMENT = Duration.ofMillis(300);

    private final TestClock clock = new TestClock();
    private final ManualWork work = new ManualWork(clock);
    private final FakeKindling kindling = new FakeKindling(clock);
    private final MemoryDraftStore store = new MemoryDraftStore();
    private final Desk desk = new Desk(kindling, work, store);
    private final Wizard wizard = desk.wizard();

    private void begin(String name) {
        desk.startNew();
        work.settle();
        wizard.answer(Field.NAME).set(name);
        work.advance(MOMENT);
    }

    private void run() {
        begin("lab");
        desk.screen().set(Screen.REVIEW);
        work.settle();
        wizard.confirmation().set("lab");
        desk.start();
        work.advance(MOMENT);
    }

    @Test
    void checksOnceAfterTypingPauses() {
        desk.startNew();
        work.settle();
        int before = kindling.validations();

        for (String typed : new String[]{"l", "la", "lab"}) {
            wizard.answer(Field.NAME).set(typed);
            work.advance(Duration.ofMillis(100));
        }
        assertThat(wizard.checking().get()).isTrue();
        work.advance(MOMENT);

        assertThat(kindling.validations() - before).isEqualTo(1);
        assertThat(wizard.checking().get()).isFalse();
        assertThat(wizard.definition().get()).contains("name: lab");
    }

    @Test
    void throwsAwayTheAnswerToAnOvertakenCheck() {
        begin("lab");
        wizard.machines().getFirst().answer(Field.MAC).set("nonsense");
        work.advance(MOMENT.minusMillis(50));
        wizard.machines().getFirst().answer(Field.MAC).set("52:54:00:00:00:09");
        work.settle();

        assertThat(wizard.mayStart().get()).isFalse();
        work.advance(MOMENT);
        assertThat(wizard.findings()).isEmpty();
    }

    @Test
    void findsTheRowOfAProblemAcrossPools() {
        begin("lab");
        MachineRow added = wizard.addMachine();
        added.answer(Field.ROLE).set("control-plane");
        added.answer(Field.MAC).set("zz");
        work.advance(MOMENT);

        assertThat(wizard.findings(added, Field.MAC)).singleElement()
                .extracting(finding -> finding.problem().code()).isEqualTo("mac-invalid");
        assertThat(wizard.findings(wizard.machines().getFirst(), Field.MAC)).isEmpty();
        assertThat(wizard.errors(Screen.MACHINES)).isEqualTo(2);
        assertThat(wizard.errors(Screen.CLUSTER)).isZero();
    }

    @Test
    void marksDistributionsThatTheEngineRefuses() {
        begin("lab");

        assertThat(wizard.notYet()).doesNotContainKey("k3s").containsKeys("rke2", "talos", "okd");
        assertThat(wizard.notYet().get("talos")).isEqualTo("talos cannot be installed yet");
    }

    @Test
    void suggestsTheNextMachineOfTheSameKind() {
        desk.startDemo(false);
        work.settle();
        MachineRow added = wizard.addMachine();

        assertThat(added.get(Field.KIND)).isEqualTo("virtual");
        assertThat(added.get(Field.ADDRESS)).isEqualTo("10.77.0.23");
        assertThat(added.get(Field.MAC)).isEqualTo("52:54:00:4b:4c:04");
        assertThat(added.get(Field.DISK)).isEqualTo("KDL-DEMO-4");
    }

    @Test
    void suggestsNoMacAndNoDiskForARealMachine() {
        begin("lab");
        MachineRow added = wizard.addMachine();

        assertThat(added.get(Field.MAC)).isEmpty();
        assertThat(added.get(Field.DISK)).isEmpty();
    }

    @Test
    void startsOnlyAfterTheClusterNameWasTypedWhenRealDisksAreErased() {
        begin("lab");
        desk.screen().set(Screen.REVIEW);
        work.settle();

        assertThat(wizard.mustType()).isEqualTo("lab");
        assertThat(wizard.mayStart().get()).isFalse();
        wizard.confirmation().set("la");
        assertThat(wizard.mayStart().get()).isFalse();
        wizard.confirmation().set("lab");
        assertThat(wizard.mayStart().get()).isTrue();
    }

    @Test
    void asksForNoConfirmationOfVirtualDisks() {
        desk.startDemo(false);
        work.settle();

        assertThat(desk.screen().get()).isEqualTo(Screen.REVIEW);
        assertThat(wizard.mustType()).isEmpty();
        assertThat(wizard.mayStart().get()).isTrue();
    }

    @Test
    void forgetsPlanAndConfirmationWhenAnAnswerChanges() {
        begin("lab");
        desk.screen().set(Screen.REVIEW);
        work.settle();
        wizard.confirmation().set("lab");
        wizard.answer(Field.NAME).set("lab2");

        assertThat(wizard.plan().get()).isNull();
        assertThat(wizard.confirmation().get()).isEmpty();
        assertThat(wizard.mayStart().get()).isFalse();
    }

    @Test
    void tellsWhyARunDoesNotStart() {
        begin("lab");
        desk.screen().set(Screen.REVIEW);
        work.settle();
        wizard.confirmation().set("lab");
        kindling.refuseWith(Problem.error("cluster-locked", "lab", "anna@ops holds the cluster", "nobody",
                "wait, or ask anna"));
        desk.start();
        work.settle();

        assertThat(wizard.refusals()).singleElement().extracting(Problem::code).isEqualTo("cluster-locked");
        assertThat(desk.screen().get()).isEqualTo(Screen.REVIEW);
        assertThat(wizard.mayStart().get()).isTrue();
    }

    @Test
    void keepsUnfinishedAnswersUntilTheyBecomeARun() {
        begin("lab");
        Desk again = new Desk(kindling, work, store);
        work.settle();
        Draft kept = again.unfinished().get();
        assertThat(kept).isEqualTo(wizard.draft());

        run();
        assertThat(store.load()).isEmpty();
    }

    @Test
    void answersSurviveAsProperties() {
        begin("lab");
        Properties properties = Drafts.toProperties(wizard.draft());

        assertThat(Drafts.fromProperties(properties)).isEqualTo(wizard.draft());
        assertThat(Drafts.fromProperties(new Properties()).machines()).isEmpty();
    }

    @Test
    void followsARunInBunches() {
        run();
        assertThat(desk.screen().get()).isEqualTo(Screen.RACK);
        for (int percent = 0; percent < 50; percent++) {
            kindling.observed("lab", "lab-cp-1", BootStage.WRITING, percent / 100.0, "wrote " + percent + " %");
        }
        assertThat(desk.rack().machines().getFirst().stage()).isEqualTo(BootStage.WAITING);
        work.advance(MOMENT);

        MachineStatus machine = desk.rack().machines().getFirst();
        assertThat(machine.stage()).isEqualTo(BootStage.WRITING);
        assertThat(machine.progress()).isEqualTo(0.49);
        assertThat(desk.rack().log()).hasSize(51);
        assertThat(desk.rack().running().get()).isTrue();
    }

    @Test
    void filtersTheLogByEveryWord() {
        run();
        kindling.observed("lab", "lab-cp-1", BootStage.DHCP, -1, "DISCOVER seen");
        kindling.observed("lab", "lab-wk-1", BootStage.DHCP, -1, "DISCOVER seen");
        work.advance(MOMENT);
        desk.rack().filter().set("wk-1 discover");

        assertThat(desk.rack().log()).singleElement().extracting(event -> event.event().machine())
                .isEqualTo("lab-wk-1");
        desk.rack().filter().set("");
        assertThat(desk.rack().log()).hasSize(3);
    }

    @Test
    void cancelsTheRunOnceAndSaysSoUntilItEnded() {
        run();
        desk.rack().cancel();
        desk.rack().cancel();
        work.settle();
        assertThat(kindling.cancelled()).containsExactly("run-1");
        assertThat(desk.rack().cancelling().get()).isTrue();

        kindling.happens("lab", new Event.RunEnded(Event.Outcome.CANCELLED, "cancelled"));
        work.advance(MOMENT);
        assertThat(desk.rack().cancelling().get()).isFalse();
        assertThat(desk.rack().running().get()).isFalse();
    }

    @Test
    void leavesTheFormerClusterWhenItFollowsAnother() {
        run();
        desk.startDemo(true);
        work.settle();
        desk.start();
        work.advance(MOMENT);

        assertThat(desk.rack().cluster().get()).isEqualTo("demo");
        assertThat(kindling.followers("lab")).isZero();
        kindling.observed("lab", "lab-cp-1", BootStage.DHCP, -1, "late");
        work.advance(MOMENT);
        assertThat(desk.rack().machines()).extracting(MachineStatus::name).first().isEqualTo("demo-cp-1");
    }

    @Test
    void lateEventsOfTheFormerClusterDoNotStopTheNextOne() {
        run();
        desk.startDemo(true);
        work.settle();
        desk.start();
        work.advance(MOMENT);
        desk.attach("lab");
        // the former subscription is not closed yet
        kindling.observed("demo", "demo-cp-1", BootStage.DHCP, -1, "late");
        work.advance(MOMENT);

        kindling.observed("lab", "lab-cp-1", BootStage.DHCP, -1, "DISCOVER seen");
        work.advance(MOMENT);
        assertThat(desk.rack().log()).extracting(event -> event.cluster()).containsExactly("lab", "lab");
        assertThat(desk.rack().machines().getFirst().stage()).isEqualTo(BootStage.DHCP);
    }

    @Test
    void noEventIsLostWhereTheStateCannotBeRead() {
        run();
        kindling.outOfReach(true);
        kindling.observed("lab", "lab-cp-1", BootStage.DHCP, -1, "DISCOVER seen");
        work.advance(MOMENT);
        kindling.outOfReach(false);
        kindling.observed("lab", "lab-wk-1", BootStage.DHCP, -1, "DISCOVER seen");
        work.advance(MOMENT);

        assertThat(desk.rack().log()).extracting(Event.Recorded::seq).containsExactly(1L, 2L, 3L);
    }

    @Test
    void attachesToARunOfAnotherProcess() {
        run();
        ManualWork otherWork = new ManualWork(clock);
        Desk other = new Desk(kindling, otherWork, new MemoryDraftStore());
        otherWork.settle();
        assertThat(other.clusters()).extracting(status -> status.name()).containsExactly("lab");
        other.attach("lab");
        otherWork.advance(MOMENT);

        assertThat(other.rack().machines()).hasSize(3);
        assertThat(other.rack().running().get()).isTrue();
    }

    @Test
    void takesADefinitionThatHoldsMoreAsItIsWritten() {
        run();
        desk.open("hand-written.yaml", "something: else");
        work.settle();

        assertThat(desk.screen().get()).isEqualTo(Screen.REVIEW);
        assertThat(wizard.locked().get()).isTrue();
        assertThat(wizard.definition().get()).isEqualTo("something: else");
        assertThat(wizard.findings()).isNotEmpty();
        wizard.unlock();
        work.settle();
        assertThat(wizard.definition().get()).contains("name: lab");
    }

    @Test
    void whatWasTypedJustBeforeDoesNotReplaceADefinitionThatIsOpened() {
        begin("lab");
        wizard.answer(Field.NAME).set("labor");
        desk.open("hand-written.yaml", "something: else");
        work.advance(MOMENT);

        assertThat(wizard.locked().get()).isTrue();
        assertThat(wizard.definition().get()).isEqualTo("something: else");
    }

    @Test
    void takesTheAppliedDefinitionBackIntoTheWizard() {
        run();
        wizard.answer(Field.NAME).set("other");
        work.advance(MOMENT);
        desk.edit("lab");
        work.advance(MOMENT);

        assertThat(wizard.answer(Field.NAME).get()).isEqualTo("lab");
        assertThat(wizard.locked().get()).isFalse();
        assertThat(desk.screen().get()).isEqualTo(Screen.REVIEW);
    }

    @Test
    void offersUnknownMachinesUntilTheyAreInARow() {
        run();
        kindling.happens("lab", new Event.UnknownMachineSeen("3c:ec:ef:00:00:77", "UEFI x64", "asked to boot"));
        kindling.happens("lab", new Event.InventoryReceived("lab-cp-1", FakeKindling.server("S1"), "inventory"));
        work.advance(MOMENT);
        desk.edit("lab");
        work.settle();
        desk.screen().set(Screen.MACHINES);
        work.settle();

        assertThat(desk.hardware(wizard.machines().getFirst())).isPresent();
        assertThat(desk.unknown()).singleElement().extracting(machine -> machine.mac().value())
                .isEqualTo("3c:ec:ef:00:00:77");
        MachineRow claimed = wizard.addMachine("3c:ec:ef:00:00:77");
        assertThat(claimed.get(Field.KIND)).isEqualTo("manual");
        assertThat(desk.unknown()).isEmpty();
    }

    @Test
    void reportsNoFailureOnTheWay() {
        run();
        work.advance(Duration.ofMinutes(2));
        assertThat(work.failures()).isEmpty();
    }

    @Test
    void writesDurationsAndSizesForPeople() {
        assertThat(Rack.elapsed(Duration.ofSeconds(-5))).isEqualTo("0 s");
        assertThat(Rack.elapsed(Duration.ofSeconds(59))).isEqualTo("59 s");
        assertThat(Rack.elapsed(Duration.ofSeconds(200))).isEqualTo("3 min 20 s");
        assertThat(Rack.elapsed(Duration.ofMinutes(125))).isEqualTo("2 h 05 min");
        assertThat(Rack.size(0)).isEqualTo("size unknown");
        assertThat(Rack.size(8_589_934_592L)).isEqualTo("8.6 GB");
        assertThat(Rack.size(1_920_383_410_176L)).isEqualTo("1.9 TB");
    }
}

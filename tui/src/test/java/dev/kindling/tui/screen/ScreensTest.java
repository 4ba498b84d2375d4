package dev.kindling.tui.screen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Problem;
import dev.kindling.tui.Racks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScreensTest {
    @TempDir
    Path directory;
    ScreenHarness screens;

    @BeforeEach
    void begin() {
        screens = new ScreenHarness(directory);
    }

    private void openWizard() {
        screens.open().press(Key.Name.END, Key.Name.UP, Key.Name.UP, Key.Name.ENTER);
    }

    @Test
    void anEmptyWorkspaceOffersWhatCanBeBegun() {
        screens.open();
        screens.check("start-empty");
    }

    @Test
    void clustersAreListedWithStateAndReason() {
        screens.kindling.known(Racks.draft("simulated"), Racks.untilStuck());
        screens.open();
        screens.check("start");
    }

    @Test
    void theFirstStepAsksForTheCluster() {
        openWizard();
        screens.check("wizard-cluster");
    }

    @Test
    void theSecondStepAsksForTheNetworkAndMarksWhatIsWrong() {
        openWizard();
        screens.press(Key.Name.PAGE_DOWN, Key.Name.DOWN).answer("10.77.0.9/24").press(Key.Name.UP);
        screens.check("wizard-network");
        assertThat(screens.text()).contains("error: '10.77.0.9/24' is not valid");
    }

    @Test
    void theThirdStepListsMachines() {
        openWizard();
        addMachines();
        screens.check("wizard-machines");
        Pictures.publish("tui-wizard", screens.frame());
    }

    @Test
    void machinesThatWereSeenCanBePicked() {
        screens.kindling.known(Racks.draft("simulated"), Racks.untilStuck());
        openWizard();
        screens.press(Key.Name.PAGE_DOWN, Key.Name.PAGE_DOWN).type("p");
        screens.check("wizard-pick");
        screens.press(Key.Name.ENTER);
        assertThat(screens.text()).contains("52:54:00:99:00:07");
        screens.press(Key.Name.PICK, Key.Name.DOWN, Key.Name.ENTER);
        assertThat(screens.text()).contains("52:54:00:4b:4c:01", "KDL-DEMO-CP-1");
    }

    @Test
    void theReviewJumpsToTheQuestionBehindAProblem() {
        openWizard();
        addMachines();
        screens.type("e").press(Key.Name.DOWN, Key.Name.DOWN).answer("52:54").press(Key.Name.PAGE_DOWN);
        screens.press(Key.Name.PAGE_DOWN);
        screens.check("wizard-problems");
        screens.press(Key.Name.ENTER);
        assertThat(screens.text()).contains("! MAC").contains("error: '52:54' is not valid");
        screens.check("wizard-machine-form");
    }

    @Test
    void aDefinitionIsWrittenBeforeTheRunStarts() {
        openWizard();
        addMachines();
        screens.press(Key.Name.PAGE_DOWN);
        screens.check("wizard-review");
        screens.type("s");
        screens.check("wizard-save");
        screens.press(Key.Name.ENTER);
        assertThat(directory.resolve("demo.yaml")).content().contains("52:54:00:4b:4c:02");
        assertThat(screens.kindling.calls()).containsExactly("apply demo ApplyOptions[interfaceName=Optional.empty, "
                + "keepRunning=false, lossPercent=0, seed=1, delay=PT0S, failurePercent=0, parallel={}]");
        assertThat(screens.text()).contains("Kindling  demo");
    }

    @Test
    void anExistingFileIsNotOverwrittenUnasked() throws Exception {
        Files.writeString(directory.resolve("demo.yaml"), "precious");
        openWizard();
        addMachines();
        screens.press(Key.Name.PAGE_DOWN).type("s").press(Key.Name.ENTER);
        assertThat(screens.text()).contains("demo.yaml exists already");
        screens.type("n");
        assertThat(directory.resolve("demo.yaml")).content().isEqualTo("precious");
        assertThat(screens.kindling.calls()).isEmpty();
        screens.type("s").press(Key.Name.ENTER).type("y");
        assertThat(directory.resolve("demo.yaml")).content().contains("kind: Cluster");
        assertThat(screens.kindling.calls()).hasSize(1);
    }

    @Test
    void realMachinesNeedTheClustersNameTyped() {
        openWizard();
        screens.press(Key.Name.PAGE_DOWN, Key.Name.PAGE_DOWN);
        screens.type("a").press(Key.Name.ENTER, Key.Name.ENTER).answer("52:54:00:4b:4c:01").answer("10.77.0.11")
                .answer("WD-1");
        screens.press(Key.Name.PAGE_DOWN, Key.Name.PAGE_DOWN).type("s").press(Key.Name.ENTER);
        screens.check("confirm-destructive");
        screens.type("dem").press(Key.Name.ENTER);
        assertThat(screens.kindling.calls()).isEmpty();
        screens.type("sdemo").press(Key.Name.ENTER);
        assertThat(screens.kindling.calls()).hasSize(1);
    }

    @Test
    void theRackShowsStagesStuckMachinesStrangersAndNotices() {
        screens.kindling.known(Racks.draft("simulated"), Racks.untilStuck());
        screens.open().press(Key.Name.ENTER).play(0);
        screens.check("rack");
        Pictures.publish("tui-rack", screens.frame());
        assertThat(screens.text()).contains("STUCK: no DHCP request for 15 s: is network boot first in its boot order?",
                "! SIMULATED", "! STAND-IN", "52:54:00:99:00:07");
    }

    @Test
    void theRackFollowsARunThatAnotherProcessStarted() {
        screens.kindling.known(Racks.draft("simulated"), Racks.untilStuck())
                .script(Racks.goodRun(false).subList(Racks.untilStuck().size(), Racks.goodRun(false).size()));
        screens.open().press(Key.Name.ENTER).play(100);
        screens.check("rack-done");
        assertThat(screens.text()).contains("READY", "6 of 6 steps done", "q quit");
    }

    @Test
    void noKeyActsBeforeTheClustersWereRead() {
        screens.kindling.known(Racks.draft("simulated"), Racks.untilStuck());
        screens.press(Key.Name.ENTER);
        assertThat(screens.text()).contains("Reading the clusters ...").doesNotContain("No cluster yet");
        screens.open();
        assertThat(screens.text()).contains("Clusters", "demo").doesNotContain("Reading");
        screens.press(Key.Name.ENTER);
        assertThat(screens.text()).contains("Kindling  demo");
    }

    @Test
    void theLastLineNamesTheKeysOfThePaneThatIsShown() {
        screens.kindling.known(Racks.draft("simulated"), Racks.untilStuck());
        screens.open().press(Key.Name.ENTER).play(0);
        assertThat(screens.text()).contains("Enter details");
        screens.press(Key.Name.ENTER);
        assertThat(screens.text()).contains("other machine  Esc machines").doesNotContain("Enter details");
        screens.press(Key.Name.ESCAPE).type("l");
        assertThat(screens.text()).contains("scroll  Esc machines");
        screens.press(Key.Name.ESCAPE);
        assertThat(screens.text()).contains("Enter details");
    }

    @Test
    void aMachineTellsWhatItIsMadeOf() {
        screens.kindling.known(Racks.draft("simulated"), Racks.untilStuck());
        screens.open().press(Key.Name.ENTER).play(0).press(Key.Name.ENTER);
        screens.check("rack-detail");
        screens.press(Key.Name.DOWN, Key.Name.DOWN);
        assertThat(screens.text()).contains("STUCK: no DHCP request for 15 s: is network boot first");
    }

    @Test
    void theLogScrollsAndStaysWhereItIsRead() {
        screens.kindling.known(Racks.draft("simulated"), Racks.untilStuck()).script(Racks.goodRun(true));
        screens.open().press(Key.Name.ENTER).play(0).type("l");
        screens.check("rack-log");
        screens.press(Key.Name.PAGE_UP);
        String before = screens.text().lines().skip(7).limit(12).toList().toString();
        screens.play(3);
        assertThat(screens.text().lines().skip(7).limit(12).toList()).hasToString(before);
        screens.press(Key.Name.END);
        assertThat(screens.text()).contains("starting the boot service");
    }

    @Test
    void cancellingAsksFirst() {
        screens.kindling.known(Racks.draft("simulated"), Racks.untilStuck());
        screens.open().press(Key.Name.ENTER).play(0).type("c");
        screens.check("rack-cancel");
        screens.type("n");
        assertThat(screens.kindling.calls()).isEmpty();
        screens.type("cy");
        assertThat(screens.kindling.calls()).containsExactly("cancel run-1");
    }

    @Test
    void detachingSaysThatTheRunGoesOnAndHowToComeBack() {
        screens.kindling.known(Racks.draft("simulated"), Racks.untilStuck());
        screens.open().press(Key.Name.ENTER).play(0).type("q");
        assertThat(screens.effects.getLast()).isEqualTo(new Effect.Quit(
                "Detached. The run of cluster demo goes on without this screen.\nCome back with: kindling tui"));
        assertThat(screens.kindling.calls()).isEmpty();
    }

    @Test
    void aRunThatIsRefusedSaysWhy() {
        screens.kindling.refuse(Problem.error("locked", "cluster demo", "held by anna, process 4711", "no other run",
                "wait for it"));
        screens.open().press(Key.Name.END, Key.Name.ENTER);
        screens.check("plan");
        screens.type("s");
        screens.check("refused");
        assertThat(screens.text()).contains("held by anna, process 4711", "remedy: wait for it");
    }

    @Test
    void helpNamesTheKeys() {
        screens.open().type("?");
        screens.check("help");
        screens.press(Key.Name.ESCAPE);
        assertThat(screens.text()).doesNotContain("Everywhere");
    }

    @Test
    void aQuestionMarkCanBeTyped() {
        openWizard();
        screens.type("?");
        assertThat(screens.text()).doesNotContain("Everywhere").contains("demo?");
    }

    @Test
    void everyScreenSurvivesEverySize() {
        screens.kindling.known(Racks.draft("simulated"), Racks.untilStuck());
        openWizard();
        addMachines();
        List<Runnable> ways = List.of(() -> {}, () -> screens.press(Key.Name.PAGE_DOWN), () -> screens.type("s"),
                () -> screens.press(Key.Name.ENTER), () -> screens.play(0), () -> screens.press(Key.Name.ENTER),
                () -> screens.type("l"), () -> screens.type("c"), () -> screens.type("n?"));
        for (Runnable way : ways) {
            way.run();
            for (int columns = 1; columns <= 130; columns += 3) {
                for (int rows = 1; rows <= 50; rows += 1) {
                    Frame frame = screens.frame(new Size(columns, rows), rows % 2 == 0);
                    assertThat(frame.text().lines()).hasSizeLessThanOrEqualTo(rows);
                    if (rows % 2 == 0) {
                        assertThat(frame.text().chars()).allMatch(c -> c < 128);
                    }
                }
            }
        }
        assertThat(screens.frame(new Size(20, 5), false).text()).startsWith("Kindling needs 40x10");
    }

    private void addMachines() {
        screens.press(Key.Name.PAGE_DOWN, Key.Name.PAGE_DOWN);
        screens.type("a ").press(Key.Name.LEFT, Key.Name.ENTER).type(" ").press(Key.Name.ENTER)
                .answer("52:54:00:4b:4c:01").answer("10.77.0.11").answer("KDL-DEMO-CP-1");
        screens.press(Key.Name.PAGE_DOWN);
        screens.type("a").press(Key.Name.ENTER, Key.Name.ENTER).answer("52:54:00:4b:4c:02").answer("10.77.0.12")
                .answer("KDL-DEMO-WK-1").press(Key.Name.ENTER, Key.Name.ENTER);
    }
}

package dev.kindling.tui.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Problem;
import dev.kindling.tui.Golden;
import dev.kindling.tui.Racks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CliTest {
    @TempDir
    Path directory;
    CliHarness shell;

    @BeforeEach
    void openShell() {
        shell = new CliHarness(directory);
    }

    private String definition(String kind) throws IOException {
        Files.writeString(directory.resolve("demo.yaml"), shell.kindling.compose(Racks.draft(kind)));
        return "demo.yaml";
    }

    @Test
    void helpNamesEveryCommandAndExitCode() {
        Golden.check("cli/help.txt", shell.transcript("--help"));
        assertThat(shell.out()).contains("130", "NO_COLOR", "KINDLING_WORKSPACE");
    }

    @Test
    void withoutArgumentsHelpIsShown() {
        assertThat(shell.run()).isZero();
        assertThat(shell.out()).startsWith("Usage: kindling");
    }

    @Test
    void unknownCommandIsBadUseAndGuessesWhatWasMeant() {
        assertThat(shell.run("validat", "x")).isEqualTo(2);
        assertThat(shell.err()).contains("there is no command validat; did you mean validate?")
                .contains("kindling --help");
        assertThat(shell.run("status", "--jsn")).isEqualTo(2);
        assertThat(shell.err()).contains("there is no option --jsn; did you mean --json?")
                .contains("kindling status --help");
        assertThat(shell.run("status", "one", "two")).isEqualTo(2);
        assertThat(shell.err()).contains("one argument too many: two");
        assertThat(shell.run("events", "--after", "x")).isEqualTo(2);
        assertThat(shell.err()).contains("'x' is no whole number");
        assertThat(shell.run("events", "--after", "x", "--json")).isEqualTo(2);
        assertThat(shell.out()).startsWith("{\"error\":{\"message\":\"invalid value");
    }

    @Test
    void aDefinitionThatCannotBeUsedIsOneObjectForProgramsAndTextOnStandardError() throws IOException {
        String file = definition("virtual");
        shell.kindling.problems(List.of(Problem.error("wrong", "spec", "it is wrong", "", "")));
        for (String command : List.of("up", "plan", "rehearse")) {
            assertThat(shell.run(command, file)).as(command).isEqualTo(2);
            assertThat(shell.out()).isEmpty();
            assertThat(shell.err()).contains("it is wrong").contains("1 error");
            assertThat(shell.run(command, file, "--json")).as(command).isEqualTo(2);
            assertThat(shell.out().lines()).as(command).hasSize(1).first().asString().startsWith("{\"source\"");
        }
    }

    @Test
    void warningsDoNotMixWithAPictureOfThePlan() throws IOException {
        String file = definition("virtual");
        shell.kindling.problems(List.of(new Problem(Problem.Severity.WARNING, "odd", "spec", 0, 0, "it is odd", "",
                "")));
        assertThat(shell.run("plan", file, "--dot")).isZero();
        assertThat(shell.out()).startsWith("digraph");
        assertThat(shell.err()).contains("it is odd");
    }

    @Test
    void aRunThatHasEndedIsNotCancelled() {
        shell.kindling.known(Racks.draft("simulated"), Racks.goodRun(false));
        assertThat(shell.run("cancel", "demo")).isEqualTo(2);
        assertThat(shell.err()).contains("no run of cluster demo is at work");
        assertThat(shell.kindling.calls()).noneMatch(call -> call.startsWith("cancel"));
    }

    @Test
    void problemsAreShownWithLineCaretExpectationAndRemedy() throws IOException {
        String file = definition("virtual");
        String text = Files.readString(directory.resolve(file));
        List<Problem> ten = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            int line = 4 + i;
            ten.add(new Problem(i == 9 ? Problem.Severity.WARNING : Problem.Severity.ERROR, "mistake-" + i,
                    "spec.field" + i, line, text.lines().toList().get(line - 1).indexOf(':') + 3, "mistake " + i,
                    "no mistake", "correct it"));
        }
        shell.kindling.problems(ten);
        Golden.check("cli/validate-ten-mistakes.txt", shell.transcript("validate", file));
    }

    @Test
    void aMachinesEscapeSequencesNeverReachTheTerminal() throws IOException {
        shell.kindling.problems(List.of(Problem.error("evil", "machine x", "model \u001b]0;owned\u0007 \u202eabc", "",
                "")));
        shell.run("validate", definition("virtual"));
        assertThat(shell.out()).doesNotContain("\u001b").doesNotContain("\u202e").contains("?]0;owned?");
    }

    @Test
    void validDefinitionIsSaidToBeValid() throws IOException {
        assertThat(shell.run("validate", definition("virtual"))).isZero();
        assertThat(shell.out()).isEqualTo("demo.yaml is valid: cluster demo with 3 machines.\n");
    }

    @Test
    void missingFileIsBadUseAndSaysHowToGetOne() {
        assertThat(shell.run("validate", "no.yaml")).isEqualTo(2);
        assertThat(shell.err()).contains("there is no file no.yaml").contains("kindling init no.yaml");
    }

    @Test
    void planShowsDisksChangesAndWhatIsDestructive() throws IOException {
        Golden.check("cli/plan.txt", shell.transcript("plan", definition("manual")));
    }

    @Test
    void detailedExitCodeTellsWhetherThereIsSomethingToDo() throws IOException {
        String file = definition("virtual");
        assertThat(shell.run("plan", file)).isZero();
        assertThat(shell.run("plan", file, "--detailed-exitcode")).isEqualTo(2);
        shell.kindling.everythingIsDone();
        assertThat(shell.run("plan", file, "--detailed-exitcode")).isZero();
    }

    @Test
    void withTheDetailedExitCodeEveryErrorIsAOne() throws IOException {
        assertThat(shell.run("plan", "nowhere.yaml", "--detailed-exitcode")).isEqualTo(1);
        assertThat(shell.run("plan", "--no-such-option", "--detailed-exitcode")).isEqualTo(1);
        String file = definition("virtual");
        shell.kindling.problems(List.of(Problem.error("wrong", "spec", "wrong", "", "")));
        assertThat(shell.run("plan", file, "--detailed-exitcode")).isEqualTo(1);
        assertThat(shell.run("plan", file)).isEqualTo(2);
    }

    @Test
    void aPlanThatWasWrittenIsApplied() throws IOException {
        assertThat(shell.run("plan", definition("virtual"), "-o", "plan.json", "--html", "plan.html")).isZero();
        assertThat(shell.out()).contains("kindling apply plan.json does exactly this");
        assertThat(java.nio.file.attribute.PosixFilePermissions
                .toString(Files.getPosixFilePermissions(directory.resolve("plan.json")))).isEqualTo("rw-------");
        assertThat(directory.resolve("plan.html")).content().startsWith("<!doctype html>").contains("KDL-DEMO-WK-1");
        assertThat(shell.run("apply", "plan.json")).isZero();
        assertThat(shell.kindling.calls()).anyMatch(call -> call.startsWith("apply demo"));
        assertThat(shell.out()).contains("Done in 0:38");
    }

    @Test
    void anEditedPlanIsRefusedAndADefinitionIsNoPlan() throws IOException {
        String file = definition("virtual");
        shell.run("plan", file, "-o", "plan.json");
        String text = Files.readString(directory.resolve("plan.json"));
        Files.writeString(directory.resolve("edited.json"), text.replace("KDL-DEMO-WK-1", "KDL-OTHER"));
        Files.writeString(directory.resolve("cut.json"), text.substring(0, text.length() / 2));
        assertThat(shell.run("apply", "edited.json")).isEqualTo(2);
        assertThat(shell.err()).contains("plan-tampered").contains("it was changed since");
        assertThat(shell.run("apply", "cut.json")).isEqualTo(2);
        assertThat(shell.err()).contains("plan-truncated").contains("cut off");
        assertThat(shell.run("apply", file)).isEqualTo(2);
        assertThat(shell.err()).contains("plan-unreadable").contains("kindling up FILE runs a definition");
        assertThat(shell.kindling.calls()).noneMatch(call -> call.startsWith("apply"));
    }

    @Test
    void aPlanThatIsOutdatedIsRefusedBeforeAnybodyIsAsked() throws IOException {
        shell.run("plan", definition("manual"), "-o", "plan.json");
        shell.kindling.factsChange().refuse(Problem.error("plan-outdated", "step install/demo-wk-1",
                "it was: not recorded; it is now: done", "", "make the plan again"));
        shell.onTerminal();
        assertThat(shell.run("apply", "plan.json")).isEqualTo(1);
        assertThat(shell.err()).contains("it is now: done");
        assertThat(shell.out()).doesNotContain("Type the name");
    }

    @Test
    void thePicturesOfAPlanTakeThePlaceOfTheList() throws IOException {
        String file = definition("virtual");
        assertThat(shell.run("plan", file, "--dot")).isZero();
        assertThat(shell.out()).startsWith("digraph plan {").endsWith("}\n");
        assertThat(shell.run("plan", file, "--mermaid")).isZero();
        assertThat(shell.out()).contains("flowchart LR");
        assertThat(shell.run("plan", file, "--mermaid", "--dot")).isEqualTo(2);
    }

    @Test
    void aRehearsalSaysWhatItIsAndHowItWent() throws IOException {
        assertThat(shell.run("rehearse", definition("manual"), "--loss", "5", "--failure-rate", "10", "--delay", "20",
                "--seed", "7")).isZero();
        assertThat(shell.kindling.calls()).contains(
                "rehearse demo RehearsalOptions[lossPercent=5, delay=PT0.02S, failurePercent=10, seed=7]");
        Golden.check("cli/rehearse.txt", shell.transcript("rehearse", "demo.yaml", "--seed", "7"));
        shell.run("rehearse", "demo.yaml", "--json", "-q");
        assertThat(JsonMapper.builder().build().readTree(shell.out()).path("rehearsal").asBoolean()).isTrue();
        assertThat(shell.run("rehearse", "demo.yaml", "--failure-rate", "101")).isEqualTo(2);
    }

    @Test
    void aCancelledRehearsalLeavesNothing() throws IOException {
        shell.kindling.whileRunning(shell::pressCtrlC);
        assertThat(shell.run("rehearse", definition("manual"))).isEqualTo(130);
        assertThat(shell.out()).contains("The rehearsal was cancelled");
    }

    @Test
    void planAsJsonHasAStableShape() throws IOException {
        shell.run("plan", definition("manual"), "--json");
        Golden.check("cli/plan.json", JsonMapper.builder().build().readTree(shell.out()).toPrettyString() + "\n");
    }

    @Test
    void demoTellsPlanEveryEventNoticesAndReport() {
        Golden.check("cli/demo-plain.txt", shell.transcript("demo", "--simulated"));
        assertThat(shell.kindling.calls().getFirst()).startsWith("apply demo ApplyOptions");
    }

    @Test
    void demoPassesItsChoicesOn() {
        assertThat(shell.run("demo", "--simulated", "--nodes", "2", "--keep", "--seed", "42", "--loss", "10", "-q"))
                .isZero();
        assertThat(shell.kindling.calls()).contains("apply demo ApplyOptions[interfaceName=Optional.empty, "
                + "keepRunning=true, lossPercent=10, seed=42, delay=PT0S, failurePercent=0, parallel={}]");
        assertThat(directory.resolve(".kindling/demo.yaml")).exists();
    }

    @Test
    void quietDemoSaysTheResultOnly() {
        assertThat(shell.run("demo", "--simulated", "-q")).isZero();
        assertThat(shell.out().lines()).containsExactly("Done in 0:38: cluster demo is READY.",
                "Report: reports/demo.md", "Report: reports/demo.html");
    }

    @Test
    void withJsonStandardOutputIsOneObjectAndProgressGoesElsewhere() throws IOException {
        assertThat(shell.run("demo", "--simulated", "--json")).isZero();
        assertThat(shell.out().lines()).hasSize(1);
        JsonNode result = JsonMapper.builder().build().readTree(shell.out());
        assertThat(result.path("outcome").asText()).isEqualTo("DONE");
        assertThat(result.path("notices").get(0).asText()).isEqualTo(Racks.SIMULATED);
        assertThat(shell.err()).contains("fetched undionly.kpxe").contains("NOTICE: " + Racks.STAND_IN);
    }

    @Test
    void upRefusesToDestroyOnRealMachinesUnasked() throws IOException {
        assertThat(shell.run("up", definition("manual"))).isEqualTo(2);
        assertThat(shell.err()).contains("3 actions can destroy data on real machines").contains("--yes");
        assertThat(shell.kindling.calls()).doesNotContain("apply");
    }

    @Test
    void upAsksForTheNameOfTheClusterBeforeDestroying() throws IOException {
        shell.onTerminal().typing("something\n");
        assertThat(shell.run("up", definition("manual"))).isEqualTo(2);
        assertThat(shell.out()).contains("Type the name of the cluster").contains("KDL-DEMO-WK-1");
        assertThat(shell.err()).contains("nothing was done");
        assertThat(shell.kindling.calls()).noneMatch(call -> call.startsWith("apply"));
        shell.typing("demo\n");
        assertThat(shell.run("up", "demo.yaml")).isZero();
    }

    @Test
    void upOnVirtualMachinesAsksNothing() throws IOException {
        assertThat(shell.run("up", definition("virtual"), "--interface", "eno1")).isZero();
        assertThat(shell.kindling.calls().getFirst()).contains("interfaceName=Optional[eno1]");
    }

    @Test
    void upWithoutFileResumesTheOnlyCluster() {
        shell.kindling.known(Racks.draft("virtual"), Racks.untilStuck()).script(Racks.goodRun(true));
        assertThat(shell.run("up")).isZero();
        assertThat(shell.kindling.calls().getFirst()).startsWith("apply demo");
        assertThat(shell.out()).as("only the events of this run").doesNotContain("0:15 is network boot first");
    }

    @Test
    void upWithoutFileInAnEmptyWorkspaceSaysWhatToDo() {
        assertThat(shell.run("up")).isEqualTo(2);
        assertThat(shell.err()).contains("no cluster yet").contains("kindling up FILE");
    }

    @Test
    void upRefusesAPlanThatIsNotTheOneLookedAt() throws IOException {
        assertThat(shell.run("up", definition("virtual"), "--plan", "other")).isEqualTo(1);
        assertThat(shell.err()).contains("the plan has changed: it is now 4f3a91, not other");
        assertThat(shell.run("up", "demo.yaml", "--plan", "4f3a91")).isZero();
    }

    @Test
    void upWithNothingToDoStartsNothing() throws IOException {
        shell.kindling.everythingIsDone();
        assertThat(shell.run("up", definition("virtual"))).isZero();
        assertThat(shell.out()).contains("Nothing to do");
        assertThat(shell.kindling.calls()).noneMatch(call -> call.startsWith("apply"));
    }

    @Test
    void upTellsWhoHoldsTheCluster() throws IOException {
        shell.kindling.refuse(Problem.error("locked", "cluster demo", "held by anna@rack, process 4711", "no other run",
                "wait for it, or kindling events --follow"));
        assertThat(shell.run("up", definition("virtual"))).isEqualTo(1);
        assertThat(shell.out()).contains("held by anna@rack");
    }

    @Test
    void failedRunNamesTheCauseAndExitsWithOne() throws IOException {
        Problem cause = Problem.error("disk-missing", "machine demo-wk-1", "no disk with serial KDL-DEMO-WK-1",
                "one disk with that serial, found sda serial X1", "kindling hardware on that machine");
        shell.kindling.script(List.of(
                new Racks.Beat(Duration.ZERO,
                        new Event.RunStarted("4f3a91", 6, false, List.of(Racks.STAND_IN), "run started")),
                new Racks.Beat(Duration.ofSeconds(3),
                        new Event.StepFailed("install/demo-wk-1", "demo-wk-1", 1, cause, -1, "no such disk")),
                new Racks.Beat(Duration.ofSeconds(1), new Event.RunEnded(Event.Outcome.FAILED, "one step failed"))));
        Golden.check("cli/up-failed.txt", shell.transcript("up", definition("virtual")));
    }

    @Test
    void ctrlCCancelsAndSaysHowToGoOn() throws IOException {
        shell.kindling.whileRunning(shell::pressCtrlC);
        assertThat(shell.run("up", definition("virtual"))).isEqualTo(130);
        assertThat(shell.kindling.calls()).contains("cancel run-1");
        assertThat(shell.out())
                .contains("Cancelling: the run stops at the next safe point; kindling up goes on with it")
                .contains("Cancelled in");
    }

    @Test
    void aRunAtWorkIsPausedAndResumed() {
        shell.kindling.known(Racks.draft("simulated"), Racks.untilStuck());
        assertThat(shell.run("pause")).isZero();
        assertThat(shell.out()).contains("Cluster demo is paused", "kindling resume");
        assertThat(shell.run("resume", "demo")).isZero();
        assertThat(shell.out()).contains("is not paused any more");
        assertThat(shell.kindling.calls()).anyMatch(call -> call.startsWith("pause "))
                .anyMatch(call -> call.startsWith("resume "));
    }

    @Test
    void nothingIsPausedWhereNoRunIsAtWork() {
        shell.kindling.known(Racks.draft("simulated"), Racks.goodRun(false));
        assertThat(shell.run("pause")).isEqualTo(2);
        assertThat(shell.err()).contains("no run of cluster demo is at work");
        assertThat(shell.kindling.calls()).noneMatch(call -> call.startsWith("pause "));
    }

    @Test
    void waitEndsAtOnceWhereItIsSoAlready() {
        shell.kindling.known(Racks.draft("simulated"), Racks.goodRun(false));
        assertThat(shell.run("wait", "demo", "--for", "ready")).isZero();
        assertThat(shell.out()).contains("Cluster demo is ready.");
        assertThat(shell.run("wait", "--for", "nodes-ready", "--quiet")).isZero();
    }

    @Test
    void waitSaysWhatItWaitsForAndWhyItGaveUp() {
        shell.kindling.known(Racks.draft("simulated"), List.of(new Racks.Beat(Duration.ofSeconds(1),
                new Event.RunStarted("p", 3, false, List.of(), "run started")),
                new Racks.Beat(Duration.ofSeconds(1), new Event.RunEnded(Event.Outcome.FAILED, "the disk is gone"))));
        assertThat(shell.run("wait", "--timeout", "1h")).isEqualTo(1);
        assertThat(shell.out()).contains("Waiting for demo to be READY: it is FAILED",
                "does not become READY by itself", "the disk is gone");
    }

    @ParameterizedTest
    @CsvSource({"--for,SHINY,no such state", "--timeout,soon,no length of time"})
    void waitRefusesWhatItDoesNotKnow(String option, String value, String complaint) {
        shell.kindling.known(Racks.draft("simulated"), Racks.goodRun(false));
        assertThat(shell.run("wait", option, value)).isEqualTo(2);
        assertThat(shell.err()).contains(complaint);
    }

    @Test
    void bundleNamesItsFile() throws IOException {
        shell.kindling.known(Racks.draft("simulated"), Racks.goodRun(false));
        assertThat(shell.run("bundle", "-o", "help.zip")).isZero();
        assertThat(shell.out()).contains("help.zip");
        assertThat(directory.resolve("help.zip")).hasContent("a bundle of demo");
        assertThat(shell.kindling.calls()).contains("bundle demo");
    }

    @Test
    void statusShowsMachinesConditionsStrangersAndNotices() {
        shell.kindling.known(Racks.draft("simulated"), Racks.untilStuck());
        Golden.check("cli/status.txt", shell.transcript("status"));
    }

    @Test
    void statusAsJsonHasAStableShape() throws IOException {
        shell.kindling.known(Racks.draft("simulated"), Racks.untilStuck());
        shell.run("status", "--json");
        Golden.check("cli/status.json", JsonMapper.builder().build().readTree(shell.out()).toPrettyString() + "\n");
    }

    @Test
    void statusOfAnEmptyWorkspaceIsNoFailure() {
        assertThat(shell.run("status")).isZero();
        assertThat(shell.out()).contains("has no cluster yet");
    }

    @Test
    void eventsAreJsonLinesWithTypeAndNumber() throws IOException {
        shell.kindling.known(Racks.draft("virtual"), Racks.untilStuck());
        assertThat(shell.run("events", "--json", "--after", "17")).isZero();
        List<String> lines = shell.out().lines().toList();
        JsonNode first = JsonMapper.builder().build().readTree(lines.getFirst());
        assertThat(first.path("seq").asLong()).isEqualTo(18);
        assertThat(first.path("at").asText()).startsWith("2026-03-01T12:");
        assertThat(first.path("event").path("type").asText()).isEqualTo("InventoryReceived");
    }

    @Test
    void followedEventsEndWithCtrlC() {
        shell.kindling.known(Racks.draft("virtual"), Racks.untilStuck());
        shell.pressingCtrlCAsSoonAsItIsListenedTo();
        assertThat(shell.run("events", "-f")).isEqualTo(130);
        assertThat(shell.out()).contains("demo-wk-2: WARNING no DHCP request for 15 s");
    }

    @Test
    void hardwareSaysWhatIsInUse() {
        Golden.check("cli/hardware.txt", shell.transcript("hardware"));
    }

    @Test
    void downAsksUnlessToldNotTo() {
        shell.kindling.known(Racks.draft("virtual"), Racks.goodRun(false));
        assertThat(shell.run("down")).isEqualTo(2);
        assertThat(shell.kindling.calls()).doesNotContain("down demo");
        assertThat(shell.run("down", "--yes")).isZero();
        assertThat(shell.kindling.calls()).contains("down demo");
        assertThat(shell.out()).contains("everything that was recorded is gone").contains("Cluster demo is gone.");
    }

    @Test
    void reportGoesToStandardOutputOrAFile() throws IOException {
        shell.kindling.known(Racks.draft("virtual"), Racks.goodRun(false));
        assertThat(shell.run("report")).isZero();
        assertThat(shell.out()).isEqualTo("# Run of demo\n");
        assertThat(shell.run("report", "--format", "html", "-o", "r.html")).isZero();
        assertThat(directory.resolve("r.html")).content().startsWith("<!DOCTYPE html>");
        assertThat(shell.run("report", "--format", "json")).isZero();
        assertThat(shell.out()).isEqualTo("{}");
    }

    @Test
    void initWritesOnceAndNeverOverwritesUnasked() throws IOException {
        assertThat(shell.run("init", "mine.yaml")).isZero();
        Files.writeString(directory.resolve("mine.yaml"), "precious");
        assertThat(shell.run("init", "mine.yaml")).isEqualTo(2);
        assertThat(directory.resolve("mine.yaml")).content().isEqualTo("precious");
        assertThat(shell.run("init", "mine.yaml", "--force")).isZero();
        assertThat(directory.resolve("mine.yaml")).content().contains("#");
    }

    @Test
    void theStarterDefinitionIsValid() throws IOException {
        var validation = dev.kindling.engine.definition.Definitions.read("cluster.yaml", InitCommand.starter());
        assertThat(validation.problems()).isEmpty();
        assertThat(validation.text()).contains("# the only disk that may be written");
    }

    @Test
    void guiSaysThatTheLauncherStartsIt() {
        assertThat(shell.run("gui")).isEqualTo(2);
        assertThat(shell.err()).contains("launcher");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bash", "zsh"})
    void completionScriptsAreReadByTheShell(String name) throws Exception {
        assertThat(shell.run("completion", name)).isZero();
        Path script = Files.writeString(directory.resolve("completion"), shell.out());
        if (name.equals("bash")) {
            Process bash = new ProcessBuilder("bash", "-c", "source " + script + """

                    COMP_WORDS=(kindling va); COMP_CWORD=1; COMP_LINE='kindling va'; COMP_POINT=11
                    _complete_kindling; printf '%s\\n' "${COMPREPLY[@]}"
                    """).redirectErrorStream(true).start();
            assertThat(new String(bash.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8))
                    .contains("validate");
        } else {
            assertThat(shell.out()).startsWith("autoload -U +X compinit");
        }
    }

    @ParameterizedTest
    @CsvSource({"'', true, true, true", "1, true, true, false", "'', false, true, false"})
    void coloursNeedATerminalAndNobodyWhoForbidsThem(String noColor, boolean terminal, boolean layout, boolean colours)
            throws IOException {
        shell.environment.put("NO_COLOR", noColor);
        if (terminal) {
            shell.onTerminal();
        }
        shell.run("plan", definition("virtual"));
        assertThat(shell.out().contains("\u001b[3")).isEqualTo(colours);
        assertThat(shell.out()).contains("DESTRUCTIVE");
    }

    @Test
    void onATerminalMachinesAreRedrawnInPlaceAndWarningsStay() throws IOException {
        shell.environment.put("NO_COLOR", "1");
        shell.onTerminal();
        assertThat(shell.run("up", definition("virtual"))).isZero();
        assertThat(shell.out()).contains("\u001b[4A").doesNotContain("\u001b[31m")
                .contains("WARNING no DHCP request for 15 s").contains("6 of 6 steps done, 0:38");
    }

    @Test
    void aDumbTerminalGetsPlainLines() throws IOException {
        shell.environment.put("TERM", "dumb");
        shell.onTerminal();
        assertThat(shell.run("up", definition("virtual"))).isZero();
        assertThat(shell.out()).doesNotContain("\u001b").contains("2026-03-01T12:00:05Z demo-wk-1: DISCOVER");
    }

    @Test
    void stackTracesAreForDebuggingOnly() {
        shell.kindling.problems(List.of());
        assertThat(shell.run("report", "nobody")).isEqualTo(2);
        assertThat(shell.err()).doesNotContain("\tat ");
    }

    @Test
    void errorsAreJsonWhereJsonIsAskedFor() throws IOException {
        assertThat(shell.run("status", "nobody", "--json")).isEqualTo(2);
        JsonNode error = JsonMapper.builder().build().readTree(shell.out()).path("error");
        assertThat(error.path("message").asText()).contains("no cluster nobody");
        assertThat(error.path("remedy").asText()).isNotEmpty();
    }
}

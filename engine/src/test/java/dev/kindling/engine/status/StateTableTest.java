package dev.kindling.engine.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.ClusterStatus.State;
import dev.kindling.engine.api.Condition;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Event.Outcome;
import dev.kindling.engine.definition.Definitions;
import dev.kindling.engine.model.Machine;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.api.Test;

/** What state and conditions follow from each event in each state: the table that R5 of the features asks for. */
class StateTableTest {
    private static final String DEFINITION = Definitions.demo(Machine.Kind.SIMULATED, 2);

    private final StatusFold fold = new StatusFold("demo", text -> Definitions.read("test", text));
    private long seq;

    private void happens(Event event) {
        seq++;
        fold.add(new Event.Recorded(seq, Instant.EPOCH.plusSeconds(seq), "demo", "run-1", event));
    }

    private void happens(String word) {
        List<String> machines = Kindling.modelOf(Definitions.read("test", DEFINITION)).machines().stream()
                .map(Machine::name)
                .toList();
        switch (word) {
            case "define" -> happens(new Event.Defined(DEFINITION, "accepted"));
            case "redefine" -> happens(new Event.Defined(DEFINITION + "# changed\n", "accepted"));
            case "run" -> happens(new Event.RunStarted("p", 9, false, List.of(), "run started"));
            case "ready" -> machines.forEach(machine -> {
                happens(new Event.MachineObserved(machine, BootStage.SYSTEM, -1, "runs"));
                happens(new Event.MachineObserved(machine, BootStage.READY, -1, "ready"));
            });
            case "reboot" -> happens(new Event.BootScriptServed(machines.getLast(), 3, "boots again"));
            case "rejoin" -> {
                happens(new Event.MachineObserved(machines.getLast(), BootStage.SYSTEM, -1, "runs"));
                happens(new Event.MachineObserved(machines.getLast(), BootStage.READY, -1, "ready"));
            }
            case "available" -> happens(new Event.ConditionChanged(new Condition(Condition.Type.CLUSTER_AVAILABLE,
                    Condition.Status.TRUE, "ApiAnswers", "it answers", Instant.EPOCH), "it answers"));
            case "fail" -> happens(new Event.RunEnded(Outcome.FAILED, "it failed"));
            case "cancel" -> happens(new Event.RunEnded(Outcome.CANCELLED, "stopped"));
            case "done" -> happens(new Event.RunEnded(Outcome.DONE, "formed"));
            case "pause" -> happens(new Event.RunPaused("paused by somebody"));
            case "resume" -> happens(new Event.RunContinued("goes on"));
            case "remove" -> happens(new Event.RemovalStarted("removing"));
            case "removed" -> happens(new Event.Removed("gone"));
            default -> throw new IllegalArgumentException(word);
        }
    }

    /** T: template applied, I: infrastructure, N: nodes, C: cluster available; + true, - false, ? unknown. */
    private String conditions() {
        Map<Condition.Type, String> signs = new TreeMap<>();
        for (Condition condition : fold.status().conditions()) {
            String letter = switch (condition.type()) {
                case TEMPLATE_APPLIED -> "T";
                case INFRASTRUCTURE_READY -> "I";
                case NODES_READY -> "N";
                case CLUSTER_AVAILABLE -> "C";
            };
            signs.put(condition.type(), letter + switch (condition.status()) {
                case TRUE -> "+";
                case FALSE -> "-";
                case UNKNOWN -> "?";
            });
        }
        return signs.values().stream().collect(Collectors.joining(" "));
    }

    @ParameterizedTest
    @CsvSource({
            // what happened, state, conditions
            "define, DEFINED, T- I- N- C?",
            "define redefine, DEFINED, T- I- N- C?",
            "define run, PROGRESSING, T- I- N- C?",
            "define run pause, PROGRESSING, T- I- N- C?",
            "define run pause resume, PROGRESSING, T- I- N- C?",
            "define run fail, FAILED, T- I- N- C?",
            "define run cancel, FAILED, T- I- N- C?",
            "define run pause cancel, FAILED, T- I- N- C?",
            "define run fail run, PROGRESSING, T- I- N- C?",
            "define run ready, PROGRESSING, T- I+ N+ C?",
            "define run ready available, PROGRESSING, T- I+ N+ C+",
            "define run ready available done, READY, T+ I+ N+ C+",
            "define run ready done, READY, T+ I+ N+ C+",
            "define run ready available fail, DEGRADED, T- I+ N+ C+",
            "define run ready available cancel, DEGRADED, T- I+ N+ C+",
            "define run done, DEGRADED, T+ I- N- C?",
            "define run ready available done reboot, DEGRADED, T+ I- N- C+",
            "define run ready available done reboot rejoin, READY, T+ I+ N+ C+",
            "define run ready available done redefine, READY, T- I+ N+ C+",
            "define run ready available done redefine run, PROGRESSING, T- I+ N+ C+",
            "define remove, DELETING, T- I- N- C?",
            "define run remove, DELETING, T- I- N- C?",
            "define run ready available done remove, DELETING, T- I+ N+ C+",
            "define run remove cancel, FAILED, T- I- N- C?",
            "define run ready available done remove removed, DELETED, T- I- N- C-",
            "define remove removed, DELETED, T- I- N- C-",
            "define remove removed define, DEFINED, T- I- N- C?",
            "define remove removed define run, PROGRESSING, T- I- N- C?"})
    void stateAndConditionsFollowFromWhatHappened(String story, State state, String conditions) {
        for (String word : story.split(" ", -1)) {
            happens(word);
            ClusterStatus now = fold.status();
            assertThat(now.reason()).as("no state without a reason, after " + word).isNotBlank();
            assertThat(now.since()).isAfter(Instant.EPOCH);
            assertThat(now.conditions()).hasSize(4).allSatisfy(condition -> {
                assertThat(condition.reason()).as(word + ": " + condition.type()).matches("[A-Z][A-Za-z]+");
                assertThat(condition.message()).isNotBlank();
                assertThat(condition.since()).isAfter(Instant.EPOCH);
            });
        }
        assertThat(fold.status().state() + ", " + conditions()).isEqualTo(state + ", " + conditions);
    }

    @Test
    void aConditionIsAsOldAsItsLastChange() {
        var since = new ArrayList<Instant>();
        for (String word : List.of("define", "run", "ready", "available", "done", "redefine")) {
            happens(word);
            since.add(fold.status().conditions().stream()
                    .filter(condition -> condition.type() == Condition.Type.NODES_READY).findFirst().orElseThrow()
                    .since());
        }
        assertThat(since.get(0)).isEqualTo(since.get(1));
        assertThat(since.get(2)).isAfter(since.get(1)).isEqualTo(since.get(3)).isEqualTo(since.get(5));
    }

    @Test
    void aPauseIsTheReasonWhileItLasts() {
        happens("define");
        happens("run");
        happens("pause");
        assertThat(fold.status().reason()).isEqualTo("paused by somebody");
        happens("resume");
        assertThat(fold.status().reason()).isEqualTo("run started");
    }
}

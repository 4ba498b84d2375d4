package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.definition.Definitions;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.status.StatusFold;
import dev.kindling.engine.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusesTest {
    private static final List<BootStage> STAGES = List.of(BootStage.values());

    @TempDir
    Path temporary;

    private Workspace workspace() {
        return new Workspace(temporary, Map.of());
    }

    private Store open() throws IOException {
        return Store.open(temporary, Clock.systemUTC());
    }

    private static ClusterStatus folded(Store store) {
        return StatusFold.of(store.read("demo", 0), text -> Definitions.read("definition", text)).orElseThrow();
    }

    private static void aLongStory(Store store) {
        store.append("demo", "", new Event.Defined(Definitions.demo(Machine.Kind.SIMULATED, 20), "defined"));
        store.append("demo", "r", new Event.RunStarted("p", 3, false, List.of("SIMULATED"), "run"));
        store.append("demo", "r",
                new Event.InventoryReceived("demo-wk-1", new Hardware("a", "b", "", "", 1, 1024, "uefi",
                        true, "",
                        List.of(new Hardware.Disk("vda", "m", "s", "", 1 << 30, "virtio", false, false, "", "")),
                        List.of()), "told"));
        store.append("demo", "r", new Event.UnknownMachineSeen("02:00:00:00:00:99", "BIOS", "who is that"));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 2100; i++) {
                int n = i;
                var _ = threads
                        .submit(() -> store.append("demo", "r", new Event.MachineObserved("demo-wk-" + (n % 19 + 1),
                                STAGES.get(n % 10), n / 2100.0, "evidence " + n)));
            }
        }
    }

    @Test
    void whatIsKeptIsWhatTheJournalSaysAndIsGivenUpWhenTheJournalGoesOn() throws IOException {
        Path file = workspace().statusFile("demo");
        try (Store store = open()) {
            assertThat(new Statuses(workspace(), store).of("demo")).isEmpty();
            aLongStory(store);
            assertThat(new Statuses(workspace(), store).of("demo")).contains(folded(store));
            assertThat(file).exists();
            // read back: a change in it would show
            assertThat(new Statuses(workspace(), store).of("demo")).contains(folded(store));
            Files.writeString(file, Files.readString(file).replace("\"demo-wk-7\"", "\"from-the-file\""));
            assertThat(new Statuses(workspace(), store).of("demo").orElseThrow().machines())
                    .anySatisfy(machine -> assertThat(machine.name()).isEqualTo("from-the-file"));
            store.append("demo", "r", new Event.RunEnded(Event.Outcome.FAILED, "ended"));
            assertThat(new Statuses(workspace(), store).of("demo")).contains(folded(store));
        }
    }

    @Test
    void aDamagedFileOrOneOfAnotherBuildIsPassedOver() throws IOException {
        Path file = workspace().statusFile("demo");
        try (Store store = open()) {
            aLongStory(store);
            ClusterStatus right = new Statuses(workspace(), store).of("demo").orElseThrow();
            String kept = Files.readString(file);
            for (String damaged : List.of("", kept.substring(0, kept.length() / 2),
                    kept.replace(", build ", ", build 1"),
                    kept.lines().findFirst().orElseThrow() + "\n{}", "\0\0\0")) {
                Files.writeString(file, damaged);
                assertThat(new Statuses(workspace(), store).of("demo")).contains(right);
            }
        }
    }

    @Test
    void inOneProcessOnlyWhatIsNewIsReadAndTheStatusIsTheSame() throws IOException {
        try (Store store = open()) {
            aLongStory(store);
            Files.deleteIfExists(workspace().statusFile("demo"));
            var statuses = new Statuses(workspace(), store);
            assertThat(statuses.of("demo")).contains(folded(store));
            store.append("demo", "r", new Event.MachineObserved("demo-wk-3", BootStage.READY, 1, "ready"));
            assertThat(statuses.of("demo")).contains(folded(store));
        }
    }

    @Test
    void aRunWhoseProcessIsGoneIsNotCalledProgressing() throws IOException {
        var began = Instant.parse("2026-01-02T03:00:00Z");
        try (Store store = Store.open(temporary, Clock.fixed(began, ZoneOffset.UTC))) {
            store.append("demo", "", new Event.Defined(Definitions.demo(Machine.Kind.SIMULATED, 2), "defined"));
            store.append("demo", "r", new Event.RunStarted("p", 3, false, List.of(), "run"));
            assertThat(stateAt(began.plusSeconds(5))).isEqualTo(ClusterStatus.State.PROGRESSING);
            assertThat(stateAt(began.plusSeconds(60))).isEqualTo(ClusterStatus.State.FAILED);
            store.append("demo", "r", new Event.RunEnded(Event.Outcome.DONE, "ended"));
            assertThat(stateAt(began.plusSeconds(60))).as("it ended").isNotEqualTo(ClusterStatus.State.FAILED);
        }
    }

    private ClusterStatus.State stateAt(Instant now) throws IOException {
        try (Engine engine = Engine.openInProcess(temporary, Map.of(), Clock.fixed(now, ZoneOffset.UTC),
                new java.util.Random(1), java.util.function.UnaryOperator.identity())) {
            return engine.status("demo").orElseThrow().state();
        }
    }
}

package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Condition;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.RunResult;
import dev.kindling.engine.model.Machine;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fifty simulated machines boot through real sockets, and lose every twentieth datagram. */
class SimulatedRackTest {
    @TempDir
    Path temporary;

    @Test
    void fiftyMachinesWithLossBecomeAClusterAndEachDiskIsWrittenOnce() throws Exception {
        Path workspace = temporary.resolve("workspace");
        try (Engine engine = Racks.engine(workspace, UnaryOperator.identity())) {
            RunResult result = Racks.up(engine, Racks.simulated(engine, 50, 50),
                    new ApplyOptions(Optional.empty(), false, 5, 20260101));
            assertThat(result.problems()).isEmpty();
            assertThat(result.outcome()).isEqualTo(Event.Outcome.DONE);

            ClusterStatus status = engine.status("demo").orElseThrow();
            assertThat(status.state()).isEqualTo(ClusterStatus.State.READY);
            assertThat(status.machines()).hasSize(50)
                    .allSatisfy(machine -> assertThat(machine.stage()).isEqualTo(BootStage.READY));
            assertThat(status.conditions())
                    .allSatisfy(condition -> assertThat(condition.status()).isEqualTo(Condition.Status.TRUE));
            assertThat(status.notices()).anySatisfy(notice -> assertThat(notice).contains("SIMULATED"))
                    .anySatisfy(notice -> assertThat(notice).contains("STAND-IN"));
            for (Machine machine : Kindling.modelOf(engine.definition("demo").orElseThrow()).machines()) {
                assertThat(Racks.writes(workspace, "demo", machine)).as(machine.name()).isEqualTo(1);
            }
            assertThat(engine.report("demo").orElseThrow().files())
                    .allSatisfy(file -> assertThat(file).isNotEmptyFile());

            var again = engine.plan(engine.definition("demo").orElseThrow());
            assertThat(again.pending()).isZero();

            assertThat(engine.down("demo").outcome()).isEqualTo(Event.Outcome.DONE);
            assertThat(engine.status("demo").orElseThrow().state()).isEqualTo(ClusterStatus.State.DELETED);
            assertThat(workspace.resolve("rack").resolve("demo")).doesNotExist();
        }
    }
}

package dev.kindling.engine.definition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.Role;
import java.util.HashSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DemoTest {
    @ParameterizedTest
    @CsvSource({"VIRTUAL, 1", "VIRTUAL, 3", "VIRTUAL, 200", "SIMULATED, 1", "SIMULATED, 50", "SIMULATED, 10000"})
    void demonstrationIsFreeOfProblems(Machine.Kind kind, int machines) {
        Validation validation = Definitions.read("demo.yaml", Definitions.demo(kind, machines));

        assertThat(validation.problems()).isEmpty();
        Cluster cluster = Kindling.modelOf(validation);
        assertThat(cluster.name()).isEqualTo("demo");
        assertThat(cluster.machines()).hasSize(machines).allMatch(machine -> machine.kind() == kind);
        assertThat(cluster.withRole(Role.CONTROL_PLANE)).hasSize(1);
        assertThat(new HashSet<>(cluster.machines().stream().map(Machine::address).toList())).hasSize(machines);
        assertThat(cluster.machines()).extracting(Machine::address)
                .allMatch(cluster.provisioningNetwork().cidr()::contains);
    }

    @Test
    void machinesAreNamedAndAddressedInTheOrderOfTheDefinition() {
        Cluster cluster = Kindling.modelOf(Definitions.read("demo", Definitions.demo(Machine.Kind.VIRTUAL, 3, 640)));

        assertThat(cluster.machines()).extracting(machine -> machine.name() + " " + machine.address().getHostAddress()
                + " " + machine.mac() + " " + machine.disk() + " " + machine.virtual()).containsExactly(
                        "demo-cp-1 10.77.0.11 52:54:00:4b:00:01 serial KDL-DEMO-CP-1 VirtualHardware[firmware=BIOS, cpus=1, memoryMib=640, diskGib=4]",
                        "demo-wk-1 10.77.0.12 52:54:00:4b:00:02 serial KDL-DEMO-WK-1 VirtualHardware[firmware=UEFI, cpus=1, memoryMib=640, diskGib=4]",
                        "demo-wk-2 10.77.0.13 52:54:00:4b:00:03 serial KDL-DEMO-WK-2 VirtualHardware[firmware=BIOS, cpus=1, memoryMib=640, diskGib=4]");
    }

    @Test
    void smallMemoryLowersTheMinimumToo() {
        assertThat(Definitions.read("demo", Definitions.demo(Machine.Kind.VIRTUAL, 2, 256)).problems()).isEmpty();
    }

    @Test
    void refusesNumbersThatDoNotFit() {
        assertThatIllegalArgumentException().isThrownBy(() -> Definitions.demo(Machine.Kind.VIRTUAL, 201));
        assertThatIllegalArgumentException().isThrownBy(() -> Definitions.demo(Machine.Kind.SIMULATED, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> Definitions.demo(Machine.Kind.MANUAL, 3));
    }

    @Test
    void wizardStartsWithAnswersThatAreFreeOfProblems() {
        Validation validation = Definitions.read("wizard", Definitions.compose(Definitions.defaults()));

        assertThat(validation.problems()).isEmpty();
        assertThat(Kindling.modelOf(validation).machines()).hasSize(3)
                .allMatch(machine -> machine.kind() == Machine.Kind.VIRTUAL);
    }
}

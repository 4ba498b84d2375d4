package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.RunResult;
import dev.kindling.engine.machine.virtual.VirtualRack;
import dev.kindling.engine.model.Machine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real firmware: a machine with SeaBIOS and one with OVMF boot over the network, are installed, and become a cluster.
 */
class VirtualRackTest {
    @TempDir
    Path workspace;

    @Test
    void biosAndUefiMachinesBootFromTheirFirmwareToReady() throws Exception {
        try (Kindling engine = Engine.open(workspace)) {
            // the tag is handed on: the rack's switch has none, as an access port
            String definition = engine.demo(false, 2).replace("dhcp: server}",
                    "dhcp: server, kernelArguments: loglevel=7}").replaceFirst("( +)cidr:", "$1vlan: 100\n$1cidr:");
            RunResult result = Racks.up(engine, definition, ApplyOptions.DEFAULT);
            assertThat(result.outcome()).as(() -> result.problems() + "\n" + log()).isEqualTo(Event.Outcome.DONE);

            ClusterStatus status = engine.status("demo").orElseThrow();
            assertThat(status.state()).isEqualTo(ClusterStatus.State.READY);
            assertThat(status.machines())
                    .allSatisfy(machine -> assertThat(machine.stage()).isEqualTo(BootStage.READY));
            assertThat(status.machines()).extracting(ClusterStatus.MachineStatus::hardware)
                    .extracting(Hardware::firmware).containsExactlyInAnyOrder("bios", "uefi");
            Path rack = workspace.resolve("rack").resolve("demo");
            for (Machine machine : Kindling.modelOf(engine.definition("demo").orElseThrow()).machines()) {
                assertThat(isAllZero(VirtualRack.witness(rack, machine)))
                        .as("the disk of " + machine.name() + " that nobody names is untouched").isTrue();
                assertThat(isAllZero(VirtualRack.disk(rack, machine))).as("the named disk is written").isFalse();
                assertThat(rack.resolve(machine.name() + ".console.log")).content(StandardCharsets.ISO_8859_1)
                        .contains("ifname=bootnet:" + machine.mac() + " vlan=vlan100:bootnet");
            }
            assertThat(engine.history("demo", 0)).filteredOn(recorded -> recorded.event() instanceof Event.DiskWritten)
                    .hasSize(2);
            assertThat(engine.down("demo").outcome()).isEqualTo(Event.Outcome.DONE);
            assertThat(rack).as("nothing is left of the rack").doesNotExist();
        }
    }

    private String log() {
        try {
            return Files.readString(workspace.resolve("demo.runner.log"));
        } catch (IOException e) {
            return "no log: " + e.getMessage();
        }
    }

    private static boolean isAllZero(Path file) throws IOException {
        byte[] buffer = new byte[1 << 20];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
                for (int i = 0; i < read; i++) {
                    if (buffer[i] != 0) {
                        return false;
                    }
                }
            }
        }
        return true;
    }
}

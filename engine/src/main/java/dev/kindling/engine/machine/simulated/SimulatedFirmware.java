package dev.kindling.engine.machine.simulated;

import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.boot.BootService;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import java.io.IOException;

/** The firmware of a simulated machine. */
final class SimulatedFirmware implements SimulatedMachine.Firmware {
    SimulatedFirmware(Machine machine, Cluster cluster, BootService service, ApplyOptions options) {}

    @Override
    public SimulatedMachine.Booted boot() throws IOException {
        throw new IOException("the firmware client has not landed yet");
    }
}

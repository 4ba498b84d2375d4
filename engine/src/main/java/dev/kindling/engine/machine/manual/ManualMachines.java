package dev.kindling.engine.machine.manual;

import dev.kindling.engine.boot.Machines;
import dev.kindling.engine.machine.MachineControl;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.plan.Step;

/** Asks the operator to press the button, and believes that a machine is on when it is heard. */
public final class ManualMachines implements MachineControl {
    private final Machines machines;

    public ManualMachines(Machines machines) {
        this.machines = machines;
    }

    @Override
    public void prepare() {
        // the network and the machines are the operator's
    }

    @Override
    public boolean isOn(Machine machine) {
        return machines.now(machine.name()).heardInThisRun();
    }

    @Override
    public void powerOn(Machine machine, Step.Attempt attempt) throws InterruptedException, Step.Failed {
        attempt.progress(-1,
                "switch on " + machine.name() + " (" + machine.mac() + ") and let it boot from the network");
        machines.await(machine.name(), "a DHCP request from " + machine.mac(), Machines.Snapshot::heardInThisRun,
                attempt);
    }

    @Override
    public void close() {
        // real machines stay on
    }
}

package dev.kindling.engine.machine;

import dev.kindling.engine.model.Machine;
import dev.kindling.engine.plan.Step;
import java.io.IOException;

/** Switches machines on and off. Closing it stops what it started, and nothing else. */
public interface MachineControl extends AutoCloseable {
    /** Makes ready what all machines share, such as a bridge; before the boot service starts. Idempotent. */
    void prepare() throws IOException, InterruptedException, Step.Failed;

    /** Whether the machine is on, as far as can be observed from here. */
    boolean isOn(Machine machine);

    /** Switches it on, or asks the operator to. */
    void powerOn(Machine machine, Step.Attempt attempt) throws IOException, InterruptedException, Step.Failed;

    @Override
    void close();
}

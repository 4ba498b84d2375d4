package dev.kindling.engine;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.boot.BootPlace;
import dev.kindling.engine.boot.BootService;
import dev.kindling.engine.boot.MachineService;
import dev.kindling.engine.boot.Machines;
import dev.kindling.engine.boot.Payload;
import dev.kindling.engine.machine.MachineControl;
import dev.kindling.engine.machine.simulated.SimulatedRack;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.plan.Step;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** How simulated machines and what they boot from meet. */
interface Simulator {
    /** Real sockets on loopback. */
    Simulator OVER_LOOPBACK = new Simulator() {
        @Override
        public MachineControl rack(Cluster cluster, Path directory, Supplier<MachineService> service,
                ApplyOptions options, Consumer<Event> journal) {
            return new SimulatedRack(cluster, directory, () -> (BootService) service.get(), options, journal);
        }

        @Override
        public MachineService serve(Machines machines, Payload payload, byte[] key, Path leases,
                Function<Machine, Optional<String>> installConfig, BiConsumer<Machine, String> kubeconfig, Clock clock)
                throws IOException, Step.Failed {
            return new BootService(machines, payload, key, null, new BootPlace.Here(), leases, installConfig,
                    kubeconfig, clock);
        }
    };

    MachineControl rack(Cluster cluster, Path directory, Supplier<MachineService> service, ApplyOptions options,
            Consumer<Event> journal);

    /** The parameters are those of {@link BootService}. */
    MachineService serve(Machines machines, Payload payload, byte[] key, Path leases,
            Function<Machine, Optional<String>> installConfig, BiConsumer<Machine, String> kubeconfig, Clock clock)
            throws IOException, Step.Failed;
}

package dev.kindling.engine.machine.simulated;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.boot.BootService;
import dev.kindling.engine.boot.Payload;
import dev.kindling.engine.machine.MachineControl;
import dev.kindling.engine.machine.RackFiles;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.plan.Step;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Simulated machines, each on a virtual thread. Switching one off interrupts it. */
public final class SimulatedRack implements MachineControl {
    private final Cluster cluster;
    private final Path directory;
    private final Supplier<BootService> service;
    private final ApplyOptions options;
    private final RackFiles files;
    private final Map<String, Thread> running = new ConcurrentHashMap<>();

    /**
     * @param directory of the simulated disks
     * @param service whose ports the machines boot from
     * @param options loss, delay, failures and seed
     */
    public SimulatedRack(Cluster cluster, Path directory, Supplier<BootService> service, ApplyOptions options,
            Consumer<Event> journal) {
        this.cluster = cluster;
        this.directory = directory;
        this.service = service;
        this.options = options;
        this.files = new RackFiles(directory, journal);
    }

    /** What simulated machines boot. */
    public static Payload payload() {
        return new SimulatedPayload();
    }

    /** Where a machine's simulated disk is kept. */
    public static Path disk(Path directory, Machine machine) {
        return directory.resolve(machine.name() + ".disk");
    }

    @Override
    public void prepare() throws IOException {
        files.prepare();
    }

    @Override
    public boolean isOn(Machine machine) {
        Thread thread = running.get(machine.name());
        return thread != null && thread.isAlive();
    }

    @Override
    public void powerOn(Machine machine, Step.Attempt attempt) throws IOException {
        Path file = disk(directory, machine);
        files.claim(file, "the simulated disk");
        var simulated = new SimulatedMachine(machine, cluster, new SimulatedDisk(file),
                new SimulatedFirmware(machine, cluster, service.get(), options), Faults.of(machine, options));
        running.put(machine.name(), Thread.ofVirtual().name("simulated-" + machine.name()).start(simulated));
    }

    @Override
    public void close() {
        running.values().forEach(Thread::interrupt);
        for (Thread thread : running.values()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        running.clear();
    }
}

package dev.kindling.engine.machine.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulatedDiskTest {
    @TempDir
    Path directory;

    @Test
    void twoEnginesThatSimulateOneMachineLeaveItsDiskWhole() throws Exception {
        Path file = directory.resolve("demo-cp-1.disk");
        new SimulatedDisk(file).written("o-1", "seed");
        Callable<Void> machine = () -> {
            for (int i = 0; i < 200; i++) {
                SimulatedDisk disk = new SimulatedDisk(file);
                assertThat(disk.marker()).isEqualTo("o-1");
                disk.put("config", "c" + i);
            }
            return null;
        };
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            for (Future<Void> each : threads.invokeAll(List.of(machine, machine))) {
                each.get();
            }
        }
    }
}

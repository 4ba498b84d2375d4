package dev.kindling.engine;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Condition;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.RunResult;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.boot.MachineService;
import dev.kindling.engine.boot.Machines;
import dev.kindling.engine.boot.Payload;
import dev.kindling.engine.machine.MachineControl;
import dev.kindling.engine.machine.simulated.DirectRack;
import dev.kindling.engine.machine.simulated.DirectRack.Faults;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A workspace whose machines are wired to the engine without sockets and whose pauses are a two-hundredth of their
 * length: everything of the product but the network and the time. Each engine that is opened on it is a new process to
 * the journal, the disks and the secrets.
 */
final class Lab {
    private static final int FASTER = 200;

    private final Path workspace;
    private final Faults faults;
    private int opened;

    Lab(Path workspace, Faults faults) {
        this.workspace = workspace;
        this.faults = faults;
    }

    Path workspace() {
        return workspace;
    }

    /** @param journal wraps the way to the journal */
    Engine open(UnaryOperator<Consumer<Event>> journal) throws IOException {
        opened++;
        var now = new Faults(faults.seed() * 1000 + opened, faults.lost(), faults.duplicated(), faults.powerCut(),
                faults.failedSwitch());
        return Engine.openInProcess(workspace,
                Map.of("KINDLING_KEY_FILE", workspace.resolveSibling(workspace.getFileName() + ".key").toString()),
                new World(Clock.systemUTC(), new SecureRandom(), duration -> Thread.sleep(duration.dividedBy(FASTER)),
                        journal, new Simulator() {
                            @Override
                            public MachineControl rack(Cluster cluster, Path directory,
                                    Supplier<MachineService> service, ApplyOptions options, Consumer<Event> created) {
                                return new DirectRack(cluster, directory, () -> (DirectRack.Service) service.get(),
                                        now, created);
                            }

                            @Override
                            public MachineService serve(Machines machines, Payload payload, byte[] key, Path leases,
                                    Function<Machine, Optional<String>> installConfig,
                                    BiConsumer<Machine, String> kubeconfig, Clock clock) {
                                return new DirectRack.Service(machines, payload, key, installConfig, kubeconfig);
                            }
                        }));
    }

    Engine open() throws IOException {
        return open(UnaryOperator.identity());
    }

    /** The demo's definition on a loopback network of its own. */
    static String definition(Kindling engine, int machines, int network) {
        return engine.demo(true, machines).replace("127.77.", "127." + network + ".");
    }

    static String apply(Kindling engine, String definition) {
        Validation validation = engine.validate("test", definition);
        var started = engine.apply(engine.plan(validation), ApplyOptions.DEFAULT);
        return started.run().orElseThrow(() -> new IllegalStateException(started.problems().toString()));
    }

    static RunResult up(Kindling engine, String definition) throws InterruptedException {
        return engine.await(apply(engine, definition));
    }

    /** What a user would see in the end, without what differs from run to run. */
    record EndState(ClusterStatus.State state, Map<String, String> machines, Map<Condition.Type, String> conditions,
            Map<String, String> disks, List<String> secrets, long pending) {}

    EndState endState(Kindling engine, String cluster) throws IOException {
        ClusterStatus status = engine.status(cluster).orElseThrow();
        var machines = new TreeMap<String, String>();
        status.machines().forEach(machine -> machines.put(machine.name(), machine.stage().name()));
        var conditions = new TreeMap<Condition.Type, String>();
        status.conditions().forEach(
                condition -> conditions.put(condition.type(), condition.status() + " " + condition.reason()));
        return new EndState(status.state(), machines, conditions, disks(engine, cluster), secrets(cluster),
                engine.definition(cluster).map(validation -> engine.plan(validation).pending()).orElse(-1L));
    }

    /** Of each disk: how often a system was written to it, how often that was ordered, and whose mark it carries. */
    Map<String, String> disks(Kindling engine, String cluster) throws IOException {
        var orders = new LinkedHashMap<String, List<String>>();
        for (Event.Recorded recorded : engine.history(cluster, 0)) {
            switch (recorded.event()) {
                case Event.DiskWriteOrdered order -> orders
                        .computeIfAbsent(order.machine(), _ -> new ArrayList<>()).add(order.order());
                case Event.Removed _ -> orders.clear();
                default -> {
                    // of no matter to disks
                }
            }
        }
        var disks = new TreeMap<String, String>();
        for (var entry : orders.entrySet()) {
            Properties disk = disk(cluster, entry.getKey());
            disks.put(entry.getKey(), "written " + disk.getProperty("writes", "0") + ", ordered "
                    + entry.getValue().size() + ", mark "
                    + (entry.getValue().getLast().equals(disk.getProperty("marker")) ? "of the last order" : "WRONG"));
        }
        return disks;
    }

    private Properties disk(String cluster, String machine) throws IOException {
        var disk = new Properties();
        Path file = workspace.resolve("rack").resolve(cluster).resolve(machine + ".disk");
        if (Files.exists(file)) {
            try (Reader reader = Files.newBufferedReader(file)) {
                disk.load(reader);
            }
        }
        return disk;
    }

    List<String> secrets(String cluster) throws IOException {
        return Files.exists(workspace.resolve("secrets"))
                ? Files.readString(workspace.resolve("secrets")).lines().map(String::strip)
                        .filter(line -> line.startsWith("\"" + cluster + "/")).map(line -> line.split("\"", -1)[1])
                        .toList()
                : List.of();
    }

    /** Everything in the workspace that belongs to a cluster and should be gone after down. */
    List<String> leftOf(String cluster) throws IOException {
        var left = new ArrayList<>(secrets(cluster));
        try (Stream<Path> files = Files.walk(workspace)) {
            files.map(file -> workspace.relativize(file).toString())
                    .filter(name -> name.startsWith("rack/") || name.contains(cluster + ".leases")
                            || name.endsWith(".new"))
                    .forEach(left::add);
        }
        return left;
    }

    static String story(Kindling engine, String cluster) {
        return String.join("\n", engine.history(cluster, 0).stream()
                .map(recorded -> recorded.seq() + " " + recorded.event().getClass().getSimpleName() + " "
                        + recorded.event().text())
                .toList());
    }
}

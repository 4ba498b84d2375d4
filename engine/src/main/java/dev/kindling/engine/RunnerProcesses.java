package dev.kindling.engine;

import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.definition.Definitions;
import dev.kindling.engine.machine.virtual.RackNamespace;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.plan.Facts;
import dev.kindling.engine.store.Store;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Runs in processes of their own ({@link Runner}): they outlive the UI that started them, and a virtual rack's process
 * has a network namespace of its own.
 */
final class RunnerProcesses implements RunPlace {
    private final Workspace workspace;
    private final Store store;
    private final Map<String, Process> children = new ConcurrentHashMap<>();

    RunnerProcesses(Workspace workspace, Store store) {
        this.workspace = workspace;
        this.store = store;
    }

    @Override
    public List<Problem> start(String cluster, String run, ApplyOptions options) {
        try {
            var command = new ArrayList<String>();
            if (isVirtual(cluster)) {
                Optional<String> unavailable = RackNamespace.unavailable();
                if (unavailable.isPresent()) {
                    return List.of(Problem.error("rack-namespace", "virtual rack", unavailable.get(),
                            "a private network namespace with a bridge and taps",
                            "run as root, or allow user namespaces and /dev/net/tun; or rehearse: kindling demo --simulated"));
                }
                command.addAll(RackNamespace.command());
            }
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx768m",
                    "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-cp",
                    System.getProperty("java.class.path"), Runner.class.getName()));
            command.addAll(Runner.arguments(workspace.directory(), cluster, run, options));
            File log = workspace.runnerLog(cluster).toFile();
            Process child = new ProcessBuilder(command).redirectInput(new File("/dev/null"))
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log)).redirectErrorStream(true).start();
            children.put(run, child);
            return List.of();
        } catch (IOException e) {
            return List.of(Problem.error("runner-not-started", "cluster " + cluster, String.valueOf(e.getMessage()), "",
                    "look at " + workspace.runnerLog(cluster)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of(Problem.error("interrupted", "cluster " + cluster, "interrupted before the run began", "",
                    "start it again"));
        }
    }

    private boolean isVirtual(String cluster) {
        return Facts.of(store.read(cluster, 0)).lastDefinition()
                .map(text -> Kindling.modelOf(Definitions.read("", text)))
                .stream().flatMap(model -> model.machines().stream())
                .anyMatch(machine -> machine.kind() == Machine.Kind.VIRTUAL);
    }

    @Override
    public void cancel(String cluster, String run) {
        holder(cluster).ifPresent(ProcessHandle::destroy);
    }

    @Override
    public void release(String cluster) throws InterruptedException {
        Optional<ProcessHandle> holder = holder(cluster);
        if (holder.isPresent()) {
            holder.get().destroy();
            try {
                holder.get().onExit().get(30, TimeUnit.SECONDS);
            } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
                holder.get().destroyForcibly();
            }
        }
    }

    /** The process that holds the lock of a cluster, where it is one of this computer's. */
    private Optional<ProcessHandle> holder(String cluster) {
        return store.holder(cluster).filter(held -> Boolean.TRUE.equals(held.alive()))
                .flatMap(held -> ProcessHandle.of(held.owner().pid()));
    }

    @Override
    public boolean belongs(String cluster, String run) {
        return false;
    }

    @Override
    public Optional<Problem> gone(String cluster, String run) {
        Process child = children.get(run);
        boolean alive = child != null ? child.isAlive() : store.holder(cluster).isPresent();
        return alive
                ? Optional.empty()
                : Optional.of(Problem.error("run-broken", run, "the process of the run ended without a result"
                        + lastLine(workspace.runnerLog(cluster)), "",
                        "kindling up goes on from the journal; the log is "
                                + workspace.runnerLog(cluster)));
    }

    private static String lastLine(Path log) {
        try {
            List<String> lines = Files.readAllLines(log);
            return lines.isEmpty() ? "" : "; it said: " + lines.getLast();
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public void close() {
        // the runs go on
    }
}

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
    /** Which is the log of the run; read by the user interface's configuration of the log. */
    private static final String WARNINGS_TO_STANDARD_ERROR = "-Dkindling.log.debug=true";

    private final Workspace workspace;
    private final Store store;
    private final Map<String, Child> children = new ConcurrentHashMap<>();

    private record Child(String cluster, Process process) {}

    RunnerProcesses(Workspace workspace, Store store) {
        this.workspace = workspace;
        this.store = store;
    }

    @Override
    public List<Problem> start(String cluster, String run, ApplyOptions options) {
        try {
            List<String> command = runner(Conductor.Part.ALL.name(), cluster, run, options);
            if (isVirtual(cluster)) {
                Optional<String> unavailable = RackNamespace.unavailable();
                if (unavailable.isPresent()) {
                    return List.of(Problem.error("rack-namespace", "virtual rack", unavailable.get(),
                            "a private network namespace with a bridge and taps",
                            "run as root, or allow user namespaces and /dev/net/tun; or rehearse: kindling demo --simulated"));
                }
                // first with the host's network, then in one of its own: the same process throughout
                var inside = new ArrayList<>(RackNamespace.command());
                inside.addAll(command);
                command = List.of("sh", "-c",
                        shell(runner(Conductor.Part.PREPARATION.name(), cluster, run, options)) + " && exec "
                                + shell(inside));
            }
            if (!Deliveries.webhooks(store.read(cluster, 0)).isEmpty()) {
                // always with the host's network, and on its own after the run has ended
                launch(cluster, runner(Runner.COURIER, cluster, run, options));
            }
            children.put(run, new Child(cluster, launch(cluster, command)));
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

    /** In a session of its own: closing the terminal, or Ctrl-C in it, is no business of the run. */
    private Process launch(String cluster, List<String> command) throws IOException {
        var inSession = new ArrayList<>(command);
        inSession.addFirst("setsid");
        File log = workspace.runnerLog(cluster).toFile();
        var process = new ProcessBuilder(inSession).redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log)).redirectErrorStream(true);
        process.environment().putAll(workspace.settings());
        return process.start();
    }

    private List<String> runner(String part, String cluster, String run, ApplyOptions options) {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx768m", "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow", WARNINGS_TO_STANDARD_ERROR,
                "-Dkindling.home=" + System.getProperty("kindling.home", ""), "-cp",
                System.getProperty("java.class.path"),
                Runner.class.getName()));
        command.addAll(Runner.arguments(part, workspace.directory(), cluster, run, options));
        return command;
    }

    /** Each word in single quotes: nothing in it means anything to the shell. */
    private static String shell(List<String> words) {
        return String.join(" ", words.stream().map(word -> "'" + word.replace("'", "'\\''") + "'").toList());
    }

    private boolean isVirtual(String cluster) {
        return Facts.of(store.read(cluster, 0)).lastDefinition()
                .map(text -> Kindling.modelOf(Definitions.read("", text)))
                .stream().flatMap(model -> model.machines().stream())
                .anyMatch(machine -> machine.kind() == Machine.Kind.VIRTUAL);
    }

    @Override
    public void release(String cluster) throws InterruptedException {
        Optional<ProcessHandle> holder = holder(cluster);
        if (holder.isPresent()) {
            end(holder.get());
        }
        // one that was started just now has not come to its lock yet
        for (Child child : children.values()) {
            if (child.cluster.equals(cluster)) {
                end(child.process.toHandle());
            }
        }
    }

    private static void end(ProcessHandle process) throws InterruptedException {
        process.destroy();
        try {
            process.onExit().get(30, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
            process.destroyForcibly();
        }
    }

    /** The process that holds the lock of a cluster, where it is one of this computer's. */
    private Optional<ProcessHandle> holder(String cluster) {
        // a removal holds it in this very process
        return store.holder(cluster).filter(held -> Boolean.TRUE.equals(held.alive()))
                .flatMap(held -> ProcessHandle.of(held.owner().pid()))
                .filter(process -> !process.equals(ProcessHandle.current()));
    }

    @Override
    public boolean belongs(String cluster, String run) {
        Child child = children.get(run);
        return child != null && child.cluster.equals(cluster);
    }

    @Override
    public Optional<Problem> gone(String cluster, String run) {
        Child child = children.get(run);
        boolean alive = child != null ? child.process.isAlive() : store.holder(cluster).isPresent();
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

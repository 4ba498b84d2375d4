package dev.kindling.engine;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.RunResult;
import dev.kindling.engine.machine.RackFiles;
import dev.kindling.engine.plan.Facts;
import dev.kindling.engine.store.Acquisition;
import dev.kindling.engine.store.Lease;
import dev.kindling.engine.store.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes what the journal recorded as created, and nothing else. Needs neither the definition nor a kubeconfig. */
final class Removal {
    private static final Logger LOG = LoggerFactory.getLogger(Removal.class);

    private final Workspace workspace;
    private final Store store;
    private final RunPlace runs;

    Removal(Workspace workspace, Store store, RunPlace runs) {
        this.workspace = workspace;
        this.store = store;
        this.runs = runs;
    }

    RunResult remove(String cluster, String run) throws InterruptedException {
        runs.release(cluster);
        Lease lease = switch (store.acquire(cluster, workspace.lockLasts())) {
            case Acquisition.Acquired(Lease mine, var _) -> mine;
            case Acquisition.HeldBy held -> null;
        };
        if (lease == null) {
            return new RunResult(run, Event.Outcome.FAILED,
                    List.of(Problem.error("run-in-progress", "cluster " + cluster,
                            "another run holds it and did not end", "a cluster that nobody works on",
                            "end that run, then call kindling down again")));
        }
        var problems = new ArrayList<Problem>();
        try (lease) {
            store.append(lease, run, new Event.RemovalStarted("removing what was created for " + cluster));
            for (Event.ResourceCreated resource : left(Facts.of(store.read(cluster, 0)).events())) {
                // a removal is no step, and has no record of its own before its effect
                lease.ensureHeld();
                Optional<Problem> problem = remove(resource);
                if (problem.isEmpty()) {
                    store.append(lease, run,
                            new Event.ResourceRemoved(resource.kind(), resource.id(), "removed " + resource.id()));
                } else {
                    problems.add(problem.get());
                }
            }
            try {
                new Secrets(workspace, store, cluster, _ -> {}).forget();
                Files.deleteIfExists(workspace.leases(cluster));
            } catch (IOException e) {
                problems.add(
                        Problem.error("io", cluster, String.valueOf(e.getMessage()), "", "call kindling down again"));
            }
            if (problems.isEmpty()) {
                store.append(lease, run, new Event.Removed("everything that was created for " + cluster + " is gone;"
                        + " the GitOps tree, the journal and what is on real disks stay"));
            }
        }
        return new RunResult(run, problems.isEmpty() ? Event.Outcome.DONE : Event.Outcome.FAILED, problems);
    }

    /** In the reverse order of their creation. */
    private static List<Event.ResourceCreated> left(List<Event.Recorded> events) {
        Map<String, Event.ResourceCreated> left = new LinkedHashMap<>();
        for (Event.Recorded recorded : events) {
            if (recorded.event() instanceof Event.ResourceCreated created) {
                left.put(created.kind() + " " + created.id(), created);
            } else if (recorded.event() instanceof Event.ResourceRemoved removed) {
                left.remove(removed.kind() + " " + removed.id());
            }
        }
        return List.copyOf(new ArrayList<>(left.values()).reversed());
    }

    private static Optional<Problem> remove(Event.ResourceCreated resource) throws InterruptedException {
        try {
            switch (resource.kind()) {
                case "file" -> {
                    Path file = Path.of(resource.id());
                    Files.deleteIfExists(RackFiles.aside(file));
                    Files.deleteIfExists(file);
                }
                case "directory" -> removeIfEmpty(Path.of(resource.id()));
                case "process" -> stop(resource.id());
                default -> {
                    return Optional.of(Problem.error("unknown-resource", resource.id(),
                            "a newer Kindling recorded a resource of the kind '" + resource.kind() + "'", "",
                            "use that version to remove it"));
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(Problem.error("io", resource.id(), String.valueOf(e.getMessage()), "",
                    "remove it by hand, or call kindling down again"));
        }
    }

    /** What somebody else has put there is not ours to remove. */
    private static void removeIfEmpty(Path directory) throws IOException {
        try {
            Files.deleteIfExists(directory);
        } catch (DirectoryNotEmptyException e) {
            LOG.warn("{} stays: there are files in it that Kindling did not make", directory);
        }
    }

    /** {@code id} is "qemu NAME PID". A process id is used again one day: only a QEMU of that name is ended. */
    private static void stop(String id) throws IOException, InterruptedException {
        String[] words = id.split(" ", -1);
        Path commandLine = Path.of("/proc", words[2], "cmdline");
        if (!Files.exists(commandLine)) {
            return;
        }
        List<String> command = List.of(Files.readString(commandLine, StandardCharsets.ISO_8859_1).split("\0", -1));
        int name = command.indexOf("-name");
        if (command.getFirst().contains("qemu") && name > 0 && name + 1 < command.size()
                && command.get(name + 1).equals(words[1])) {
            ProcessHandle.of(Long.parseLong(words[2])).ifPresent(ProcessHandle::destroyForcibly);
        }
    }
}

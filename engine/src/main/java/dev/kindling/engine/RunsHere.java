package dev.kindling.engine;

import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.store.Store;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Runs in this process, each on a thread of its own. */
final class RunsHere implements RunPlace {
    private final Workspace workspace;
    private final Store store;
    private final World world;
    private final Map<String, Running> running = new ConcurrentHashMap<>();

    private final Map<String, Thread> couriers = new ConcurrentHashMap<>();

    private record Running(String cluster, Conductor conductor, Thread thread) {}

    RunsHere(Workspace workspace, Store store, World world) {
        this.workspace = workspace;
        this.store = store;
        this.world = world;
    }

    @Override
    public List<Problem> start(String cluster, String run, ApplyOptions options) {
        var conductor = new Conductor(workspace, store, world, cluster, run, options);
        List<Problem> problems = conductor.begin();
        if (problems.isEmpty()) {
            Thread thread = Thread.ofPlatform().name(run).unstarted(() -> conductor.conduct(Conductor.Part.ALL));
            running.put(run, new Running(cluster, conductor, thread));
            thread.start();
            couriers.put(run, Thread.ofVirtual().name("couriers-" + run).start(() -> deliver(cluster, run)));
        }
        return problems;
    }

    private void deliver(String cluster, String run) {
        try {
            new Deliveries(workspace, store, world, cluster, run).deliver(false, Deliveries.PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void release(String cluster) throws InterruptedException {
        for (Running found : running.values()) {
            if (found.cluster.equals(cluster)) {
                found.conductor.cancel();
                found.thread.join();
            }
        }
    }

    @Override
    public boolean belongs(String cluster, String run) {
        Running found = running.get(run);
        return found != null && found.cluster.equals(cluster);
    }

    @Override
    public Optional<Problem> gone(String cluster, String run) {
        Running found = running.get(run);
        return found == null || !found.thread.isAlive()
                ? Optional.of(Problem.error("run-broken", run,
                        "the run ended without a result", "", "see the log; kindling up goes on from the journal"))
                : Optional.empty();
    }

    /** What they use is closed next: however often they are interrupted, whoever closes it waits for their end. */
    @Override
    public void close() {
        couriers.values().forEach(Thread::interrupt);
        boolean interrupted = false;
        for (Running found : running.values()) {
            found.conductor.cancel();
            interrupted |= join(found.thread);
        }
        for (Thread courier : couriers.values()) {
            interrupted |= join(courier);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for its end; whether somebody interrupted that. */
    private static boolean join(Thread thread) {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                return interrupted;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }
}

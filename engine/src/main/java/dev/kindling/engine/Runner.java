package dev.kindling.engine;

import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The process of one run. SIGTERM ends it at the next safe point; after SIGKILL, the next run goes on. */
public final class Runner {
    /** In place of a part of the run: tells the webhooks of it. */
    static final String COURIER = "COURIER";

    private Runner() {}

    static List<String> arguments(String part, Path workspace, String cluster, String run,
            ApplyOptions options) {
        return List.of(part, workspace.toString(), cluster, run,
                options.interfaceName().orElse(""),
                Boolean.toString(options.keepRunning()), Integer.toString(options.lossPercent()),
                Long.toString(options.seed()), options.delay().toString(), Integer.toString(options.failurePercent()),
                Lanes.text(options));
    }

    /** Started by {@link RunnerProcesses} only. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path directory = Path.of(arguments[1]);
        String cluster = arguments[2];
        var options = new ApplyOptions(Optional.of(arguments[4]).filter(name -> !name.isEmpty()),
                Boolean.parseBoolean(arguments[5]), Integer.parseInt(arguments[6]), Long.parseLong(arguments[7]),
                Duration.parse(arguments[8]), Integer.parseInt(arguments[9]), Lanes.parse(arguments[10]));
        Workspace workspace = Workspace.open(directory, System.getenv());
        try (Store store = Store.open(directory, workspace.environment(), Clock.systemUTC())) {
            if (arguments[0].equals(COURIER)) {
                new Deliveries(workspace, store, World.real(), cluster, arguments[3]).deliver(false,
                        Deliveries.PATIENCE);
                return;
            }
            var conductor = new Conductor(workspace, store, World.real(), cluster, arguments[3], options);
            List<Problem> problems = conductor.begin();
            if (!problems.isEmpty()) {
                problems.forEach(System.err::println);
                System.exit(1);
            }
            var ended = new CountDownLatch(1);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                conductor.cancel();
                try {
                    if (!ended.await(20, TimeUnit.SECONDS)) {
                        System.err.println("the run did not end in time; the next one goes on from the journal");
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }, "shutdown"));
            boolean done;
            try {
                done = conductor.conduct(Conductor.Part.valueOf(arguments[0]));
            } finally {
                // not the end of this thread, which may itself be waiting for the hook in exit()
                ended.countDown();
            }
            if (!done) {
                System.exit(1);
            }
        }
    }
}

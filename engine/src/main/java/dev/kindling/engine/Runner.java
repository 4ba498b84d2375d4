package dev.kindling.engine;

import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The process of one run. SIGTERM ends it at the next safe point; after SIGKILL, the next run goes on. */
public final class Runner {
    private Runner() {}

    static List<String> arguments(Path workspace, String cluster, String run, ApplyOptions options) {
        var arguments = new ArrayList<>(List.of(workspace.toString(), cluster, run,
                options.interfaceName().orElse(""), Boolean.toString(options.keepRunning()),
                Integer.toString(options.lossPercent()), Long.toString(options.seed())));
        return arguments;
    }

    /** Started by {@link RunnerProcesses} only. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path directory = Path.of(arguments[0]);
        String cluster = arguments[1];
        var options = new ApplyOptions(Optional.of(arguments[3]).filter(name -> !name.isEmpty()),
                Boolean.parseBoolean(arguments[4]), Integer.parseInt(arguments[5]), Long.parseLong(arguments[6]));
        Workspace workspace = Workspace.open(directory, System.getenv());
        try (Store store = Store.open(directory, Clock.systemUTC())) {
            var conductor = new Conductor(workspace, store, Clock.systemUTC(), new SecureRandom(), cluster,
                    arguments[2],
                    options);
            List<Problem> problems = conductor.begin();
            if (!problems.isEmpty()) {
                problems.forEach(System.err::println);
                System.exit(1);
            }
            Thread main = Thread.currentThread();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                conductor.cancel();
                try {
                    main.join(20_000);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }, "shutdown"));
            conductor.conduct();
        }
    }
}

package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.RunResult;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.model.Machine;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Map;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** What tests of whole racks share. */
final class Racks {
    private Racks() {}

    /** The demo's definition on a loopback network of its own, so that racks of other tests do not meet it. */
    static String simulated(Kindling engine, int machines, int network) {
        return engine.demo(true, machines).replace("127.77.", "127." + network + ".");
    }

    static Engine engine(Path workspace, UnaryOperator<Consumer<Event>> journal) throws IOException {
        return Engine.openInProcess(workspace, Map.of("KINDLING_KEY_FILE", workspace.resolveSibling("key").toString()),
                Clock.systemUTC(), new SecureRandom(), journal);
    }

    static RunResult up(Kindling engine, String definition, ApplyOptions options) throws InterruptedException {
        Validation validation = engine.validate("test", definition);
        assertThat(validation.problems()).isEmpty();
        Plan plan = engine.plan(validation);
        var started = engine.apply(plan, options);
        assertThat(started.problems()).isEmpty();
        return engine.await(started.run().orElseThrow());
    }

    /** How often the system was written to a simulated disk. */
    static int writes(Path workspace, String cluster, Machine machine) throws IOException {
        var disk = new Properties();
        Path file = workspace.resolve("rack").resolve(cluster).resolve(machine.name() + ".disk");
        if (!Files.exists(file)) {
            return 0;
        }
        try (Reader reader = Files.newBufferedReader(file)) {
            disk.load(reader);
        }
        return Integer.parseInt(disk.getProperty("writes", "0"));
    }
}

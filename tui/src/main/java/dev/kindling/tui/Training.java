package dev.kindling.tui;

import dev.kindling.tui.cli.Cli;
import dev.kindling.tui.cli.StandardOutput;
import dev.kindling.tui.cli.Surroundings;
import java.util.ArrayList;
import java.util.List;

/**
 * The frequent commands, once and in one process: what the JVM writes down of it is its AOT cache (JEP 483, 514), with
 * which each of them starts in half the time. The launcher runs this after a build; no user does.
 */
public final class Training {
    /** Enough for a journal that is long, so that the way of long ones is trained too. */
    private static final String NODES = "80";

    private Training() {}

    /**
     * Runs them; exits with the highest of their codes.
     *
     * @param args a directory for a workspace; the simulated cluster in it is removed again
     */
    public static void main(String[] args) {
        String directory = args[0];
        String definition = directory + "/demo.yaml";
        int code = 0;
        for (List<String> command : List.of(
                List.of("demo", "--simulated", "--nodes", NODES), List.of("status"), List.of("status", "--json"),
                List.of("events"), List.of("validate", definition), List.of("plan", definition), List.of("--help"),
                List.of("down", "demo", "--yes"))) {
            var words = new ArrayList<>(command);
            words.addAll(List.of("--workspace", directory));
            code = Math.max(code, Cli.run(Surroundings.real(new StandardOutput()), words.toArray(String[]::new)));
        }
        System.exit(code);
    }
}

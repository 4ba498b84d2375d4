package dev.kindling.engine.machine.virtual;

import dev.kindling.engine.api.Problem;
import dev.kindling.engine.plan.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The private network namespace of a virtual rack. A process started with {@link #command} sees no interface of the
 * host; what it builds there vanishes with it.
 */
public final class RackNamespace {
    /** Set in the environment of what {@link #command} starts. */
    public static final String VARIABLE = "KINDLING_RACK_NAMESPACE";

    private RackNamespace() {}

    /** Prefix of a command line that is to run in a namespace of its own. */
    public static List<String> command() {
        var command = new ArrayList<>(List.of("env", VARIABLE + "=1", "unshare"));
        if (!isRoot()) {
            command.addAll(List.of("--user", "--map-root-user"));
        }
        command.addAll(List.of("--net", "--"));
        return command;
    }

    public static boolean isInside() {
        return System.getenv(VARIABLE) != null;
    }

    static void requireInside() throws Step.Failed {
        if (!isInside()) {
            throw new Step.Failed(Problem.error("rack-namespace", "virtual rack",
                    "a virtual rack was to be built outside a network namespace of its own", "",
                    "start it with: kindling up"), false);
        }
    }

    /** Whether such a namespace can be made here, with a bridge and taps in it; if not, why. */
    public static java.util.Optional<String> unavailable() throws IOException, InterruptedException {
        var command = new ArrayList<>(command());
        command.addAll(List.of("sh", "-c",
                "ip link add kprobe0 type bridge && ip tuntap add dev kprobe1 mode tap && ip link set kprobe1 master kprobe0"));
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            return java.util.Optional.of("unshare cannot be started (package util-linux): " + e.getMessage());
        }
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
                .strip();
        return process.waitFor() == 0
                ? java.util.Optional.empty()
                : java.util.Optional.of("no network namespace with a tap can be made: " + said);
    }

    private static boolean isRoot() {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
        } catch (IOException e) {
            return false;
        }
    }
}

package dev.kindling.engine.secret;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that rotates the key is killed (SIGKILL) at each of its system calls that change a file; strace(1) does it.
 * Whatever is left must open, with all values, and be fit for another rotation.
 */
@Timeout(240)
class RotationCrashTest {
    private static final int SECRETS = 3;
    private static final String CHANGES = "rename,renameat,renameat2,link,linkat,unlink,unlinkat,fsync,fdatasync,write,pwrite64,fchmod,chmod,ftruncate";

    @TempDir
    Path temporary;

    /** By how many calls one start of the JVM may differ from another. */
    private static final int SLACK = 8;

    /** The victim. */
    static final class Rotation {
        private Rotation() {}

        public static void main(String[] arguments) throws IOException {
            Path directory = Path.of(arguments[0]);
            try (SecretStore store = SecretStore.open(directory.resolve("secrets"),
                    new KeySource.KeyFile(directory.resolve("key")), new SecureRandom())) {
                // all that is rotated lies between these two: what the JVM itself writes is of no interest
                Files.createFile(directory.resolve("begun"));
                store.rotate(new KeySource.KeyFile(directory.resolve("key")));
                Files.createFile(directory.resolve("done"));
            }
        }
    }

    @Test
    void killedAtAnyChangeOfAFileItLeavesAllSecretsReadable() throws Exception {
        Path whole = prepared("whole");
        assertThat(run(whole, List.of("strace", "-f", "-qq", "-o", whole.resolve("trace").toString(), "-e",
                "trace=" + CHANGES + ",open,openat"))).isZero();
        List<String> calls = Files.readAllLines(whole.resolve("trace")).stream()
                .filter(line -> !line.contains("resumed>")).toList();
        int begun = indexOf(calls, "begun\"");
        int done = indexOf(calls, "done\"");
        assertThat(begun).isPositive().isLessThan(done);
        // strace counts for each thread by itself
        String thread = calls.get(begun).split(" ", 2)[0] + " ";
        int before = (int) calls.subList(0, begun).stream()
                .filter(line -> line.startsWith(thread) && changes(line)).count();
        int during = (int) calls.subList(begun, done).stream()
                .filter(line -> line.startsWith(thread) && changes(line)).count();
        assertThat(during).as("both files: write, sync, rename, sync").isGreaterThanOrEqualTo(8);

        int killed = 0;
        try (ExecutorService two = Executors.newFixedThreadPool(2)) {
            List<Future<Boolean>> runs = new ArrayList<>();
            // what happens before varies by a few calls from run to run; each run is looked at by what it left
            for (int call = Math.max(1, before - SLACK); call <= before + during + SLACK; call++) {
                int number = call;
                runs.add(two.submit(() -> killAt(number)));
            }
            for (Future<Boolean> run : runs) {
                killed += run.get() ? 1 : 0;
            }
        }
        assertThat(killed).as("in the middle, where " + during + " calls are").isGreaterThanOrEqualTo(during / 2);
    }

    private static boolean changes(String line) {
        return !line.contains(" open(") && !line.contains(" openat(") && !line.contains("+++");
    }

    private static int indexOf(List<String> calls, String name) {
        for (int i = 0; i < calls.size(); i++) {
            if (calls.get(i).contains(name) && calls.get(i).contains("O_CREAT")) {
                return i;
            }
        }
        return -1;
    }

    /** @return whether it was killed in the middle */
    private boolean killAt(int call) throws Exception {
        Path directory = prepared("kill-" + call);
        run(directory, List.of("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + CHANGES, "-e",
                "inject=" + CHANGES + ":signal=KILL:when=" + call));
        boolean inTheMiddle = Files.exists(directory.resolve("begun")) && !Files.exists(directory.resolve("done"));
        try (SecretStore store = open(directory)) {
            for (int i = 0; i < SECRETS; i++) {
                assertThat(store.get("s" + i).map(Secret::reveal)).as("killed at call " + call)
                        .isEqualTo(Optional.of("value " + i));
            }
            store.rotate(new KeySource.KeyFile(directory.resolve("key")));
            assertThat(store.get("s0").map(Secret::reveal)).contains("value 0");
        }
        return inTheMiddle;
    }

    private Path prepared(String name) throws IOException {
        Path directory = Files.createDirectory(temporary.resolve(name));
        try (SecretStore store = open(directory)) {
            for (int i = 0; i < SECRETS; i++) {
                store.put("s" + i, Secret.of("value " + i));
            }
        }
        return directory;
    }

    private static SecretStore open(Path directory) throws IOException {
        return SecretStore.open(directory.resolve("secrets"), new KeySource.KeyFile(directory.resolve("key")),
                new SecureRandom());
    }

    private static int run(Path directory, List<String> tracer) throws Exception {
        var command = new ArrayList<>(tracer);
        command.addAll(List.of(ProcessHandle.current().info().command().orElseThrow(), "-XX:-UsePerfData",
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Rotation.class.getName(), directory.toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(directory.resolve("output").toFile()).start();
        return process.waitFor();
    }
}

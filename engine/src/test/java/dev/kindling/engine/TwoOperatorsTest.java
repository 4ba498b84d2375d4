package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.store.PostgresServer;
import dev.kindling.engine.store.Store;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One operator's run is paused (SIGSTOP) beyond its lock, another one takes the cluster over, and the first wakes up.
 * Real processes, real runs; the machines are simulated.
 */
@Timeout(180)
@ExtendWith(PostgresServer.Shared.class)
class TwoOperatorsTest {
    private static final int MACHINES = 4;

    @TempDir
    Path temporary;

    @Test
    void theOneThatWakesUpDoesNoHarmInSqlite() throws Exception {
        onOneFile(Event.DiskWriteOrdered.class, 101);
    }

    @Test
    void theOneThatWakesUpDoesNoHarmInPostgres(PostgresServer server) throws Exception {
        onTwoComputers(server, Event.DiskWriteOrdered.class, 102);
    }

    @Tag("full")
    @ParameterizedTest
    @ValueSource(classes = {Event.RunStarted.class, Event.InventoryReceived.class, Event.StepStarted.class,
            Event.DiskWritten.class, Event.InstallConfigServed.class})
    void whereverItWasPaused(Class<? extends Event> moment, PostgresServer server) throws Exception {
        onOneFile(moment, 103);
        onTwoComputers(server, moment, 104);
    }

    /** In the same workspace a process that is paused holds ports and files, perhaps even the database's lock. */
    @Test
    void aProcessOfThisComputerThatLetItsLockExpireIsEndedByItsSuccessor() throws Exception {
        Path workspace = Files.createDirectory(temporary.resolve("one"));
        var operator = new Operator(workspace, Map.of(), false);
        Process paused = null;
        try (Store store = operator.store();
                Engine engine = Engine.openInProcess(workspace, operator.environment(), Clock.systemUTC(),
                        new java.util.Random(1), journal -> journal)) {
            store.append("demo", "", new Event.Defined(Racks.simulated(engine, MACHINES, 105), "defined"));
            paused = operator.startSlowly("run-first");
            awaitEvent(store, paused, Event.DiskWriteOrdered.class);
            signal(paused, "STOP");
            while (store.holder("demo").isPresent()) {
                TimeUnit.MILLISECONDS.sleep(50);
            }
            Process successor = operator.start("run-second");
            assertThat(successor.waitFor(120, TimeUnit.SECONDS)).isTrue();
            assertThat(successor.exitValue()).as(Files.readString(operator.log("run-second"))).isZero();
            assertThat(paused.waitFor(60, TimeUnit.SECONDS)).isTrue();
            checkDisks(engine, workspace, store.read("demo", 0));
        } finally {
            if (paused != null) {
                paused.destroyForcibly().waitFor();
            }
        }
    }

    /**
     * Two containers on one volume: neither sees the other's process. Leases and reports are each one's own; here the
     * journal, the secrets and the simulated disks are the same files.
     */
    private void onOneFile(Class<? extends Event> moment, int network) throws Exception {
        Path first = Files.createDirectory(temporary.resolve("first-" + network));
        Path second = Files.createDirectory(temporary.resolve("second-" + network));
        Files.createDirectory(first.resolve("rack"));
        Store.open(first, Clock.systemUTC()).close();
        for (String shared : List.of("rack", "state.db", "secrets")) {
            Files.createSymbolicLink(second.resolve(shared), first.resolve(shared));
        }
        takeOver(new Operator(first, Map.of(), false), new Operator(second, Map.of(), true), moment, network);
    }

    /** Nothing is shared but the database, the user's key, and, since machines are simulated, their disks. */
    private void onTwoComputers(PostgresServer server, Class<? extends Event> moment, int network) throws Exception {
        Map<String, String> state = server.environment(server.freshState());
        Path first = Files.createDirectory(temporary.resolve("first-" + network));
        Path second = Files.createDirectory(temporary.resolve("second-" + network));
        Files.createSymbolicLink(second.resolve("rack"), Files.createDirectory(first.resolve("rack")));
        takeOver(new Operator(first, state, false), new Operator(second, state, true), moment, network);
        try (var left = Files.list(second)) {
            assertThat(left.map(file -> file.getFileName().toString())).doesNotContain("state.db", "secrets");
        }
    }

    /**
     * @param elsewhere in a PID name space of its own, as on another computer: it sees no process of the first one
     */
    private record Operator(Path workspace, Map<String, String> state, boolean elsewhere) {
        Map<String, String> environment() {
            var environment = new HashMap<>(state);
            environment.put("KINDLING_KEY_FILE", workspace.resolveSibling("key").toString());
            environment.put("KINDLING_LOCK_SECONDS", "5");
            return environment;
        }

        Store store() throws IOException {
            return Store.open(workspace, environment(), Clock.systemUTC());
        }

        Path log(String run) {
            return workspace.resolveSibling(run + ".log");
        }

        Process start(String run) throws IOException {
            return start(run, ApplyOptions.DEFAULT);
        }

        /** Slow enough to be paused before it has come further. */
        Process startSlowly(String run) throws IOException {
            return start(run, new ApplyOptions(Optional.empty(), false, 0, 1, Duration.ofMillis(100), 0, Map.of()));
        }

        /** What {@link RunnerProcesses} starts, without its session: SIGSTOP is for exactly this process. */
        private Process start(String run, ApplyOptions options) throws IOException {
            var command = new ArrayList<String>();
            if (elsewhere) {
                command.addAll(List.of("unshare", "--pid", "--fork", "--kill-child", "--mount-proc"));
                if (!"root".equals(System.getProperty("user.name"))) {
                    command.addAll(List.of("--user", "--map-current-user", "--mount"));
                }
            }
            command.addAll(List.of(ProcessHandle.current().info().command().orElseThrow(),
                    "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                    "-XX:TieredStopAtLevel=1", "-cp",
                    System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                    Runner.class.getName()));
            command.addAll(Runner.arguments(Conductor.Part.ALL.name(), workspace, "demo", run, options));
            var process = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log(run).toFile()))
                    .redirectInput(new File("/dev/null"));
            process.environment().putAll(environment());
            return process.start();
        }
    }

    private void takeOver(Operator first, Operator second, Class<? extends Event> moment, int network)
            throws Exception {
        Process paused = null;
        Process successor = null;
        try (Store store = first.store();
                Engine engine = Engine.openInProcess(second.workspace(), second.environment(), Clock.systemUTC(),
                        new java.util.Random(1), journal -> journal)) {
            String definition = Racks.simulated(engine, MACHINES, network);
            store.append("demo", "", new Event.Defined(definition, "defined"));

            paused = first.startSlowly("run-first");
            awaitEvent(store, paused, moment);
            signal(paused, "STOP");
            // SQLite's own lock lies in the file: a process that is paused in the middle of a commit keeps all others
            // out until it goes on or is ended, which its successor cannot do from here
            while (locks(first.workspace().resolve("state.db-shm"), paused.pid())) {
                signal(paused, "CONT");
                TimeUnit.MILLISECONDS.sleep(3);
                signal(paused, "STOP");
            }

            Process tooEarly = second.start("run-early");
            assertThat(tooEarly.waitFor(60, TimeUnit.SECONDS)).isTrue();
            if (store.holder("demo").isPresent()) {
                assertThat(tooEarly.exitValue()).as("the lock is held").isEqualTo(1);
                assertThat(Files.readString(second.log("run-early"))).contains("run-in-progress")
                        .contains(" pid " + paused.pid());
            }
            while (store.holder("demo").isPresent()) {
                TimeUnit.MILLISECONDS.sleep(50);
            }

            successor = second.start("run-second");
            assertThat(successor.waitFor(120, TimeUnit.SECONDS)).isTrue();
            assertThat(successor.exitValue()).as(() -> story(second.log("run-second"), store)).isZero();
            List<Event.Recorded> after = store.read("demo", 0);

            signal(paused, "CONT");
            assertThat(paused.waitFor(60, TimeUnit.SECONDS)).as("it stops by itself").isTrue();
            assertThat(paused.exitValue()).isEqualTo(1);

            String said = Files.readString(first.log("run-first"));
            assertThat(said).contains("does no harm").doesNotContain("is broken");
            assertThat(store.read("demo", 0)).as("it wrote nothing into the journal").isEqualTo(after);
            assertThat(store.verify("demo").ok()).isTrue();
            assertThat(engine.status("demo").orElseThrow().state()).isEqualTo(ClusterStatus.State.READY);
            checkDisks(engine, first.workspace(), after);
            int takenOver = indexOfFirst(after, "run-second");
            assertThat(after.subList(takenOver, after.size())).extracting(Event.Recorded::run)
                    .containsOnly("run-second");
        } finally {
            for (Process process : new Process[]{paused, successor}) {
                if (process != null) {
                    process.destroyForcibly().waitFor();
                }
            }
        }
    }

    private static void checkDisks(Engine engine, Path workspace, List<Event.Recorded> journal) throws IOException {
        for (Machine machine : Kindling.modelOf(engine.definition("demo").orElseThrow()).machines()) {
            assertThat(Racks.writes(workspace, "demo", machine)).as(machine.name()).isEqualTo(1);
            assertThat(journal.stream().filter(recorded -> recorded.event() instanceof Event.DiskWriteOrdered order
                    && order.machine().equals(machine.name()))).hasSize(1);
        }
    }

    /** Whether a process holds a lock for writing: proc_locks(5). */
    private static boolean locks(Path file, long pid) throws IOException {
        if (!Files.exists(file)) {
            return false;
        }
        String inode = ":" + Files.getAttribute(file, "unix:ino") + " ";
        return Files.readAllLines(Path.of("/proc/locks")).stream()
                .anyMatch(line -> line.contains(inode) && line.contains(" WRITE ") && line.contains(" " + pid + " "));
    }

    private static int indexOfFirst(List<Event.Recorded> events, String run) {
        for (int i = 0; i < events.size(); i++) {
            if (events.get(i).run().equals(run)) {
                return i;
            }
        }
        throw new AssertionError("no event of " + run);
    }

    private static String story(Path log, Store store) {
        try {
            return Files.readString(log) + store.read("demo", 0).stream()
                    .map(recorded -> recorded.run() + " " + recorded.event().text()).collect(Collectors.joining("\n"));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void awaitEvent(Store store, Process process, Class<? extends Event> moment)
            throws InterruptedException {
        while (store.read("demo", 0).stream().noneMatch(recorded -> moment.isInstance(recorded.event()))) {
            assertThat(process.isAlive()).as("the first run").isTrue();
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private static void signal(Process process, String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor()).isZero();
        while (name.equals("STOP") && works(process.pid())) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    /** Whether any of its threads has not come to its stop yet. */
    private static boolean works(long pid) throws IOException {
        try (var threads = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
            for (Path thread : threads.toList()) {
                try {
                    if (!Files.readString(thread.resolve("stat")).contains(") T ")) {
                        return true;
                    }
                } catch (NoSuchFileException e) {
                    // it has ended
                }
            }
            return false;
        }
    }
}

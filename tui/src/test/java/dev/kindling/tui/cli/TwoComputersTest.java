package dev.kindling.tui.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.Engine;
import dev.kindling.engine.api.Kindling;
import dev.kindling.tui.cli.Computers.Computer;
import dev.kindling.tui.cli.Computers.Ended;
import dev.kindling.tui.cli.Computers.Running;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Anna and Berta bring up one cluster from a computer each, with the real command, on a state in a real PostgreSQL;
 * what they do is read from the database by psql. The machines are simulated, so that their disks, which the world
 * would share, are a directory that both see.
 */
@Timeout(300)
@SuppressWarnings("NullAway.Init") // set before each test
class TwoComputersTest {
    private static final int MACHINES = 4;

    @TempDir
    Path temporary;

    private Computers computers;
    private Computer anna;
    private Computer berta;

    @BeforeEach
    void plugThemIn() throws Exception {
        computers = new Computers(temporary);
        anna = computers.computer("anna", 11);
        berta = computers.computer("berta", 12);
        Path racks = Files.createDirectories(temporary.resolve("racks"));
        for (Computer computer : List.of(anna, berta)) {
            Files.createDirectory(computer.workspace());
            Files.createSymbolicLink(computer.workspace().resolve("rack"), racks);
            computer.set("KINDLING_LOCK_SECONDS", "5");
        }
        try (Kindling kindling = Engine.open(temporary.resolve("example"))) {
            // a run is slow enough to be met in its middle
            Files.writeString(temporary.resolve("demo.yaml"),
                    kindling.demo(true, MACHINES) + "  limits: {power: {parallel: 1, pause: 2s}}\n");
        }
    }

    @AfterEach
    void unplugThem() throws Exception {
        computers.close();
    }

    private Running up(Computer computer) throws IOException {
        return computer.begin("up", temporary.resolve("demo.yaml").toString(), "--yes");
    }

    private List<String> journal() throws Exception {
        return computers.sql("SELECT seq, run, body FROM kindling.event WHERE cluster = 'demo' ORDER BY seq");
    }

    private void awaitRecord(Running running, String type) throws Exception {
        while (computers.sql("SELECT 1 WHERE to_regclass('kindling.event') IS NOT NULL").isEmpty()
                || journal().stream().noneMatch(line -> line.contains("\"" + type + "\""))) {
            assertThat(running.process().isAlive()).as(() -> said(running)).isTrue();
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private static String said(Running running) {
        try {
            return Files.readString(running.output());
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Who holds the lock on the cluster, by the database's clock: host and process number; empty: nobody. */
    private String holder() throws Exception {
        return String.join("", computers.sql("SELECT host || ' ' || pid FROM kindling.lease WHERE cluster = 'demo'"
                + " AND held = 1 AND clock_timestamp() < expires::timestamptz"));
    }

    private void awaitFree() throws Exception {
        while (!holder().isEmpty()) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    private static String log(Computer computer) throws IOException {
        return Files.readString(computer.workspace().resolve("demo.runner.log"));
    }

    /** The cluster stands, whoever looks; each disk was ordered and written once; no record was touched. */
    private void itStands() throws Exception {
        for (Computer computer : List.of(anna, berta)) {
            Ended status = computer.kindling("status", "demo");
            assertThat(status.output()).contains("READY");
            assertThat(computer.kindling("audit", "verify", "demo").output()).startsWith("demo: unbroken, ");
        }
        for (Path disk : disks()) {
            var content = new Properties();
            try (Reader reader = Files.newBufferedReader(disk)) {
                content.load(reader);
            }
            assertThat(content.getProperty("writes")).as(disk.toString()).isEqualTo("1");
        }
        assertThat(journal().stream().filter(line -> line.contains("\"DiskWriteOrdered\""))).hasSize(MACHINES);
    }

    private List<Path> disks() throws IOException {
        try (var files = Files.list(temporary.resolve("racks/demo"))) {
            List<Path> disks = files.filter(file -> file.toString().endsWith(".disk")).toList();
            assertThat(disks).hasSize(MACHINES);
            return disks;
        }
    }

    @Test
    @Tag("full")
    void theOneThatWasPausedWakesUpAndDoesNoHarm() throws Exception {
        Running first = up(anna);
        awaitRecord(first, "DiskWriteOrdered");
        String holder = holder();
        assertThat(holder).startsWith("anna ");
        String pid = holder.substring("anna ".length());
        anna.signal("STOP", pid);

        Ended tooEarly = computers.toEnd(up(berta));
        if (holder().startsWith("anna ")) {
            assertThat(tooEarly.code()).as(tooEarly.output()).isEqualTo(ExitCode.FAILED);
            assertThat(tooEarly.output()).contains("another run holds it: ", "@anna pid " + pid);
        }
        awaitFree();
        Ended second = computers.toEnd(up(berta));
        assertThat(second.code()).as(second.output()).isZero();
        List<String> after = journal();

        anna.signal("CONT", pid);
        assertThat(computers.toEnd(first).code()).as(said(first)).isNotZero();
        while (anna.runs(pid)) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
        assertThat(log(anna)).contains("does no harm");
        assertThat(journal()).as("it wrote nothing").isEqualTo(after);
        itStands();
    }

    @Test
    void theOneWhoseCableIsPulledStopsBeforeTheOtherBegins() throws Exception {
        Running first = up(anna);
        awaitRecord(first, "DiskWriteOrdered");
        String pid = holder().substring("anna ".length());
        anna.unplug();
        awaitFree();
        Ended second = computers.toEnd(up(berta));
        assertThat(second.code()).as(second.output()).isZero();
        assertThat(log(anna)).contains("has expired: another process may have it");
        List<String> after = journal();
        anna.plug();
        computers.toEnd(first);
        while (anna.runs(pid)) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
        assertThat(log(anna)).contains("does no harm");
        assertThat(journal()).as("it wrote nothing").isEqualTo(after);
        itStands();
    }

    @Test
    @Tag("full")
    void aDatabaseThatIsStartedAnewInTheMiddleIsNoHarm() throws Exception {
        anna.set("KINDLING_LOCK_SECONDS", "15");
        Running first = up(anna);
        awaitRecord(first, "DiskWriteOrdered");
        computers.stopDatabase();
        TimeUnit.SECONDS.sleep(1);
        computers.startDatabase();
        Ended ended = computers.toEnd(first);
        assertThat(ended.code()).as(ended.output()).isZero();
        itStands();
    }

    @Test
    @Tag("full")
    void aRunWhoseDatabaseStaysAwayStopsAndTheNextOneGoesOn() throws Exception {
        Running first = up(anna);
        awaitRecord(first, "DiskWriteOrdered");
        String pid = holder().substring("anna ".length());
        computers.stopDatabase();
        Ended ended = computers.toEnd(first);
        assertThat(ended.code()).as(ended.output()).isNotZero();
        while (anna.runs(pid)) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
        computers.startDatabase();
        Ended second = computers.toEnd(up(berta));
        assertThat(second.code()).as(second.output()).isZero();
        itStands();
    }
}

package dev.kindling.tui.pxe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.boot.BootPlace;
import dev.kindling.engine.boot.BootService;
import dev.kindling.engine.boot.Machines;
import dev.kindling.engine.machine.simulated.SimulatedRack;
import dev.kindling.engine.plan.Step;
import dev.kindling.tui.Racks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The engine's boot service of real machines, run by a user without any privilege: only the helper has the two
 * capabilities. Runs as root, which makes the network and the sudoers file of a mount namespace.
 */
class EngineWithoutPrivilegesTest {
    /** CAP_NET_BIND_SERVICE (10) and CAP_NET_RAW (13). */
    private static final String ONLY_TWO = "CapEff:\t0000000000002400";
    private static final String NONE = "CapEff:\t0000000000000000";
    private static final String MAC = "52:54:00:4b:4c:01";
    /** Stands for all that the engine must keep to itself. */
    private static final String SECRET = "canary-4711-secret";
    private static final Pattern RULE = Pattern.compile("(printf \\S+ '.*') \\| sudo tee /etc/sudoers.d/");

    @TempDir
    private Path directory;
    private Lan lan;
    private Path output;
    private Path rules;
    private String classPath = "";

    /** The part of an engine that serves real machines; it says what its journal would. */
    static final class Engine {
        private Engine() {}

        public static void main(String[] arguments) throws Exception {
            var machines = new Machines(Racks.cluster(Racks.draft("manual")), List.of(),
                    event -> System.out.println("JOURNAL " + event.text()), Clock.systemUTC());
            byte[] key = SECRET.getBytes(StandardCharsets.UTF_8);
            try (var _ = new BootService(machines, SimulatedRack.payload(), key, "srv0",
                    BootPlace.find(System.getenv()), Path.of(arguments[0], "leases"), _ -> Optional.empty(),
                    (_, _) -> {}, Clock.systemUTC())) {
                System.out.println("ready");
                new CountDownLatch(1).await();
            } catch (Step.Failed e) {
                System.out.println("FAILED " + e.problem());
                System.exit(1);
            } catch (IOException e) {
                System.out.println("FAILED " + e.getMessage());
                System.exit(1);
            }
        }
    }

    @BeforeEach
    void twoHosts() throws Exception {
        lan = new Lan();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        classPath = Lan.openClassPath(directory);
        output = directory.resolve("output");
        rules = Files.writeString(directory.resolve("sudoers"), "");
    }

    @AfterEach
    void unplug() {
        lan.close();
    }

    /** As nobody, where /etc/sudoers has our rules and no others. */
    private Process engine(Map<String, String> environment) throws IOException, InterruptedException {
        Files.setPosixFilePermissions(rules, PosixFilePermissions.fromString("r--r-----"));
        var command = new ArrayList<>(List.of("unshare", "-m", "sh", "-c",
                "mount --bind \"$0\" /etc/sudoers && exec \"$@\"", rules.toString(), "setpriv", "--reuid=nobody",
                "--regid=nogroup", "--clear-groups", "env", "KINDLING_VAULT_TOKEN=" + SECRET));
        environment.forEach((name, value) -> command.add(name + "=" + value));
        command.addAll(Lan.java(classPath, Engine.class.getName()));
        command.add(directory.toString());
        return lan.command(output, command.toArray(String[]::new));
    }

    /** What the refusal says is to be run, run. */
    private void allowAsTheRefusalSays() throws Exception {
        Process refused = engine(Map.of());
        assertThat(refused.waitFor(30, TimeUnit.SECONDS)).isTrue();
        String said = Files.readString(output);
        assertThat(said).contains("FAILED", "user id 65534 may not open the ports 67, 69, 80 and 4011",
                "sudo setpriv --reuid=$(id -u)").doesNotContain(SECRET);
        Matcher remedy = RULE.matcher(said);
        assertThat(remedy.find()).as(said).isTrue();
        Files.setPosixFilePermissions(rules, PosixFilePermissions.fromString("rw-r-----"));
        assertThat(lan.onServer("sh", "-c", remedy.group(1) + " > " + rules).code()).isZero();
        assertThat(lan.onServer("visudo", "-cf", rules.toString()).output()).contains("parsed OK");
    }

    private ProcessHandle helper() throws IOException, InterruptedException {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60); System.nanoTime() < end;) {
            for (ProcessHandle each : ProcessHandle.allProcesses().toList()) {
                Path process = Path.of("/proc", Long.toString(each.pid()));
                String command = read(process.resolve("cmdline"));
                if (command.contains(classPath) && command.contains("PxeHelper")
                        && read(process.resolve("comm")).startsWith("java")
                        && read(process.resolve("status")).contains(ONLY_TWO)) {
                    return each;
                }
            }
            Thread.sleep(50);
        }
        throw new AssertionError("there is no helper: " + Files.readString(output));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            // it has ended
            return "";
        }
    }

    private void boots() throws IOException, InterruptedException {
        Lan.Ended tried = lan.kindlingOnMachine("try", "--interface", "cl0", "--firmware", "bios", "--mac", MAC);
        assertThat(tried.output()).contains("is offered 10.77.0.11", "undionly.kpxe", "/m/" + MAC + "/boot.ipxe",
                "boots vmlinuz (http://10.77.0.1/files/vmlinuz, 262144 octets) with 1 initrds");
        assertThat(tried.code()).isZero();
    }

    @Test
    void anUnprivilegedUserServesAMachineOnceTheLineThatItWasToldIsASudoRule() throws Exception {
        allowAsTheRefusalSays();
        Process engine = engine(Map.of());
        assertThat(output).content().contains("ready\n");

        boots();

        assertThat(Path.of("/proc/" + engine.pid() + "/status")).content().contains(NONE);
        Path helper = Path.of("/proc/" + helper().pid());
        assertThat(read(helper.resolve("status"))).containsPattern("Uid:\t65534\t65534\t65534\t65534")
                .contains(ONLY_TWO, "NoNewPrivs:\t1");
        assertThat(read(helper.resolve("cmdline")) + read(helper.resolve("environ"))).contains("PxeHelper")
                .doesNotContain(SECRET);
        saidSoon("JOURNAL demo-cp-1 fetched its boot script");
        assertThat(output).content().doesNotContain(SECRET);
        assertThat(Files.getOwner(directory.resolve("leases")).getName()).isEqualTo("nobody");
    }

    @Test
    void aHelperThatIsKilledIsToldOfAndStartedAgainAndEndsWithAnEngineThatIsKilled() throws Exception {
        allowAsTheRefusalSays();
        Process engine = engine(Map.of());
        assertThat(output).content().contains("ready\n");
        ProcessHandle first = helper();

        first.destroyForcibly();

        saidSoon("has ended with exit code");
        saidSoon("the boot service runs again");
        boots();

        ProcessHandle second = helper();
        assertThat(second.pid()).isNotEqualTo(first.pid());
        engine.destroyForcibly();
        second.onExit().get(30, TimeUnit.SECONDS);
        // its ports are free: another engine has them at once
        engine(Map.of());
        assertThat(output).content().contains("ready\n");
    }

    /** A command that starts the helper by a program with file capabilities. */
    private String byFileCapabilities() throws Exception {
        Path granting = Files.copy(Path.of("/usr/bin/setpriv"), directory.resolve("granting"));
        assertThat(lan.onServer("setcap", "cap_net_bind_service,cap_net_raw+p", granting.toString()).code()).isZero();
        return granting + " --inh-caps=+net_bind_service,+net_raw --ambient-caps=+net_bind_service,+net_raw "
                + String.join(" ", Lan.java(classPath, "dev.kindling.tui.Main")) + " pxe serve --helper";
    }

    @Test
    void theUsersOwnCommandMayStartTheHelperSuchAsByAProgramWithFileCapabilities() throws Exception {
        engine(Map.of("KINDLING_BOOT_HELPER", byFileCapabilities()));
        assertThat(output).content().contains("ready\n");

        boots();
    }

    @Test
    void aHelperThatCannotBeStartedAgainIsToldOfUntilItCan() throws Exception {
        Path broken = directory.resolve("broken");
        Path pid = directory.resolve("pid");
        Path script = Files.writeString(directory.resolve("helper"), """
                #!/bin/sh
                [ ! -e %s ] || { echo out of order >&2; exit 3; }
                echo $$ > %s
                exec %s
                """.formatted(broken, pid, byFileCapabilities()));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        engine(Map.of("KINDLING_BOOT_HELPER", script.toString()));
        assertThat(output).content().contains("ready\n");
        Files.writeString(broken, "");

        ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow().destroyForcibly();

        saidSoon("has ended with exit code 137");
        saidSoon("no machine can boot: the boot service's process cannot be started again");
        saidSoon("it said: out of order");
        Files.delete(broken);
        saidSoon("the boot service runs again");
        boots();
    }

    @Test
    void aHelperThatCannotBeginIsNamedWithWhatItSaid() throws Exception {
        Process engine = engine(Map.of("KINDLING_BOOT_HELPER", "sudo -n /usr/bin/true"));
        assertThat(engine.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(output).content().contains("FAILED the helper of the boot service did not begin",
                "sudo -n /usr/bin/true", "it said: sudo:").doesNotContain(SECRET);
    }

    private void saidSoon(String text) throws IOException, InterruptedException {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60); System.nanoTime() < end;) {
            if (Files.readString(output).contains(text)) {
                return;
            }
            Thread.sleep(50);
        }
        throw new AssertionError("never said " + text + ": " + Files.readString(output));
    }
}

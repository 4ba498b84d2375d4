package dev.kindling.tui.pxe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service with no more privileges than it needs: another user, two capabilities. Runs as root. */
class PrivilegesTest {
    /** CAP_NET_BIND_SERVICE (10) and CAP_NET_RAW (13). */
    private static final String ONLY_TWO = "0000000000002400";

    @TempDir
    private Path directory;
    private Lan lan;

    @BeforeEach
    void twoHosts() throws Exception {
        lan = new Lan();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterEach
    void unplug() {
        lan.close();
    }

    @Test
    void servesALeaseAndAFileByTftpAsNobodyWithTwoCapabilities() throws Exception {
        Path root = Files.createDirectory(directory.resolve("root"));
        Files.write(root.resolve("bios.0"), new byte[70_000]);
        Path output = directory.resolve("output");
        Process serve = lan.serve(output, List.of("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                "--inh-caps=+net_bind_service,+net_raw", "--ambient-caps=+net_bind_service,+net_raw",
                "--bounding-set=-all,+net_bind_service,+net_raw", "--no-new-privs"), Lan.openClassPath(directory),
                "--root",
                root.toString(), "--range", "10.77.0.100-10.77.0.199", "--bios", "bios.0");
        assertThat(output).content().contains("ready\n");

        Lan.Ended tried = lan.kindlingOnMachine("try", "--interface", "cl0", "--firmware", "bios");

        assertThat(tried.output()).contains("is offered 10.77.0.1", "bios.0, 70000 octets");
        try (Stream<Path> threads = Files.list(Path.of("/proc/" + serve.pid() + "/task"))) {
            assertThat(threads.flatMap(PrivilegesTest::status)).isNotEmpty().allSatisfy(status -> assertThat(status)
                    .contains("CapPrm:\t" + ONLY_TWO, "CapEff:\t" + ONLY_TWO, "CapBnd:\t" + ONLY_TWO,
                            "CapAmb:\t" + ONLY_TWO, "NoNewPrivs:\t1")
                    .doesNotContainPattern("Uid:.*\t0\t"));
        }
        // ARP checks, foreign servers and neighbours work too: nothing was left out for want of a privilege
        assertThat(output).content().doesNotContain("Operation not permitted", "Permission denied", "CAP_");
        serve.destroy();
        assertThat(serve.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(serve.exitValue()).isZero();
    }

    private static Stream<String> status(Path thread) {
        try {
            return Stream.of(Files.readString(thread.resolve("status")));
        } catch (IOException e) {
            // it has ended
            return Stream.empty();
        }
    }

    @Test
    void withoutThemTheMessageIsACommandThatGrantsThem() throws Exception {
        Path root = Files.createDirectory(directory.resolve("root"));
        Path output = directory.resolve("output");
        Process refused = lan.serve(output, List.of("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"),
                Lan.openClassPath(directory), "--root", root.toString(), "--range", "10.77.0.100-10.77.0.199");
        assertThat(refused.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(refused.exitValue()).isOne();
        String said = Files.readString(output);
        assertThat(said).contains("CAP_NET_BIND_SERVICE", "sudo setpriv --reuid=$(id -u)",
                " dev.kindling.tui.Main pxe serve --interface srv0 --root " + root).doesNotContain("COMMAND");

        // the very line, without sudo: it is run by root here
        String line = said.substring(said.indexOf("setpriv --reuid"), said.indexOf('\n', said.indexOf("setpriv")));
        Path again = directory.resolve("again");
        Process serve = lan.command(again, "sh", "-c", "exec " + line.replace("$(id -u)", "nobody")
                .replace("$(id -g)", "nogroup"));
        assertThat(again).content().contains("ready\n");
        assertThat(Path.of("/proc/" + serve.pid() + "/status")).content().contains("CapEff:\t" + ONLY_TWO);
    }

    @Test
    void systemdAcceptsTheUnit() throws Exception {
        Path root = Files.createDirectory(directory.resolve("a root %n"));
        Lan.Ended printed = lan.kindlingOnMachine("serve", "--interface", "srv0", "--root", root.toString(),
                "--lease-file", "/var/lib/kindling/leases", "--print-unit");
        assertThat(printed.code()).isZero();
        assertThat(printed.output()).contains("\"" + root.toString().replace("%", "%%") + "\"",
                "\nDynamicUser=yes\nStateDirectory=kindling\n",
                "\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_NET_RAW\n",
                "\nRestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_PACKET AF_NETLINK\n")
                .doesNotContain("--print-unit", "CAP_NET_ADMIN");

        Path unit = Files.writeString(directory.resolve("kindling-pxe.service"), printed.output());
        Lan.Ended verified = lan.onServer("systemd-analyze", "verify", "--man=no", unit.toString());
        assertThat(verified.output()).doesNotContain("kindling-pxe.service");
        assertThat(verified.code()).isZero();
    }

    @Test
    void theUnitRefusesALeaseFileThatOnlyRootCouldWrite() throws Exception {
        Lan.Ended printed = lan.kindlingOnMachine("serve", "--interface", "srv0", "--root", directory.toString(),
                "--lease-file", "/etc/leases", "--print-unit");

        assertThat(printed.code()).isOne();
        assertThat(printed.output()).contains("[/etc] belong to root", "Name files below /var/lib/kindling");
    }
}

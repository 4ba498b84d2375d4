package dev.kindling.pxe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.Namespace.Running;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jspecify.annotations.Nullable;

/**
 * Two VLANs over one trunk between two switches, with a boot service and a machine in each. The networks have the same
 * addresses, as those of two customers may. The switches are a program of user space: the kernel needs no 802.1Q.
 */
class VlanTest {
    private static final Path SWITCH = Path.of("src/test/resources/testdata/vlan-switch.py");
    private static final String MAC_100 = "52:54:00:4b:4c:64";
    private static final String MAC_200 = "52:54:00:4b:4c:c8";

    @TempDir
    private Path directory;
    private final List<AutoCloseable> opened = new ArrayList<>();
    private Namespace serverSide;
    private Namespace machineSide;
    private Namespace server100;
    private Namespace server200;
    private Namespace machine100;
    private Namespace machine200;

    @BeforeEach
    void layTrunk() throws IOException {
        serverSide = new Namespace();
        opened.add(serverSide);
        machineSide = namespace();
        server100 = namespace();
        server200 = namespace();
        machine100 = namespace();
        machine200 = namespace();
        serverSide.cable("trunk", machineSide, "trunk", "52:54:00:4b:4c:ff");
        plug(serverSide, "v100", server100, "eth0", "52:54:00:4b:4c:01", "10.77.0.1/24");
        plug(serverSide, "v200", server200, "eth0", "52:54:00:4b:4c:02", "10.77.0.1/24");
        plug(machineSide, "v100", machine100, "cl0", MAC_100, null);
        plug(machineSide, "v200", machine200, "cl0", MAC_200, null);
    }

    private Namespace namespace() throws IOException {
        var namespace = new Namespace(serverSide);
        opened.add(namespace);
        return namespace;
    }

    private static void plug(Namespace board, String port, Namespace host, String device, String mac,
            @Nullable String address) throws IOException {
        board.cable(port, host, device, mac);
        host.run(Namespace.tool("python3", "python3"), SWITCH.toString(), "--host", device);
        if (address != null) {
            host.run("ip", "address", "add", address, "dev", device);
        }
    }

    private static void switchOn(Namespace board, String... ports) throws IOException {
        var command = new ArrayList<>(List.of(Namespace.tool("python3", "python3"), SWITCH.toString()));
        command.addAll(List.of(ports));
        board.start(command.toArray(String[]::new)).await("READY");
    }

    @AfterEach
    void takeDown() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    @Test
    void machinesOfEachVlanBootFromItsOwnServerAndHearNothingOfTheOther() throws Exception {
        switchOn(serverSide, "v100=100", "v200=200", "trunk=trunk");
        switchOn(machineSide, "v100=100", "v200=200", "trunk=trunk");
        Path capture = directory.resolve("trunk.pcapng");
        Running capturing = serverSide.start(Namespace.tool("dumpcap", "tshark"), "-q", "-i", "trunk", "-w",
                capture.toString());
        capturing.await("File:");
        Running boot100 = server100.serve("DHCP", "-", "eth0,10.77.0.1,24,10.77.0.100,10.77.0.119,3600");
        Running boot200 = server200.serve("DHCP", "-", "eth0,10.77.0.1,24,10.77.0.200,10.77.0.219,3600");

        Running of100 = machine100.start(udhcpc());
        Running of200 = machine200.start(udhcpc());

        assertThat(of100.await("bound ip=")).contains("serverid=10.77.0.1 ")
                .containsPattern("ip=10\\.77\\.0\\.1[01]\\d ");
        assertThat(of200.await("bound ip=")).containsPattern("ip=10\\.77\\.0\\.2[01]\\d ");
        for (Namespace machine : List.of(machine100, machine200)) {
            Path loader = directory.resolve("loader");
            machine.run(Namespace.tool("busybox", "busybox-static"), "tftp", "-g", "-b", "1468", "-r",
                    "undionly.kpxe", "-l", loader.toString(), "10.77.0.1");
            assertThat(loader).hasSameBinaryContentAs(Path.of("/usr/lib/ipxe/undionly.kpxe"));
        }
        assertThat(machine100.run(Namespace.tool("curl", "curl"), "-sS", "http://10.77.0.1/boot.ipxe"))
                .startsWith("#!ipxe");
        boot100.await("FetchDone " + MAC_100);
        boot200.await("FetchDone " + MAC_200);
        assertThat(boot100.said()).noneMatch(line -> line.contains(MAC_200) || line.contains("ForeignServer"));
        assertThat(boot200.said()).noneMatch(line -> line.contains(MAC_100) || line.contains("ForeignServer"));

        capturing.signal("INT");
        assertThat(capturing.ends(Duration.ofSeconds(30))).isTrue();
        assertThat(onTheTrunk(capture, "dhcp && vlan.id == 100 && dhcp.hw.mac_addr == " + MAC_100)).isPositive();
        assertThat(onTheTrunk(capture, "dhcp && vlan.id == 200 && dhcp.hw.mac_addr == " + MAC_200)).isPositive();
        assertThat(onTheTrunk(capture, "dhcp && !vlan")).as("nothing goes there without a tag").isZero();
        assertThat(onTheTrunk(capture, "vlan.id == 100 && eth.addr == " + MAC_200)).isZero();
    }

    @Test
    void aRelayAgentWithALegInEachServesOneVlanFromTheOther() throws Exception {
        Namespace router = namespace();
        plug(serverSide, "r100", router, "near", "52:54:00:4b:4c:0a", "10.77.0.254/24");
        plug(serverSide, "r200", router, "far", "52:54:00:4b:4c:0b", "10.80.0.1/24");
        router.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
        server100.run("ip", "route", "add", "10.80.0.0/24", "via", "10.77.0.254");
        switchOn(serverSide, "v100=100", "r100=100", "r200=200", "trunk=trunk");
        switchOn(machineSide, "v100=100", "v200=200", "trunk=trunk");
        Running boot = server100.serve("DHCP", "-", "eth0,10.77.0.1,24,10.77.0.100,10.77.0.119,3600",
                ",10.80.0.1,24,10.80.0.10,10.80.0.20,600");
        router.start(Namespace.tool("dhcrelay", "isc-dhcp-relay"), "-4", "-d", "--no-pid", "-a", "-id", "far", "-iu",
                "near", "10.77.0.1").await("Sending on");

        assertThat(machine200.start(udhcpc()).await("bound ip=")).contains("ip=10.80.0.", "router=10.80.0.1");
        assertThat(machine100.start(udhcpc()).await("bound ip=")).containsPattern("ip=10\\.77\\.0\\.1[01]\\d ");

        machine200.run("ip", "route", "add", "default", "via", "10.80.0.1");
        assertThat(machine200.run(Namespace.tool("curl", "curl"), "-sS", "http://10.77.0.1/boot.ipxe"))
                .startsWith("#!ipxe");
        boot.await("FetchDone " + MAC_200);
    }

    private static long onTheTrunk(Path capture, String filter) throws IOException {
        try (var here = new Namespace()) {
            return here.run(Namespace.tool("tshark", "tshark"), "-r", capture.toString(), "-Y", filter, "-T", "fields",
                    "-e", "frame.number").lines().filter(line -> line.matches("\\d+")).count();
        }
    }

    private String[] udhcpc() throws IOException {
        Path script = Files.writeString(directory.resolve("script"), """
                #!/bin/sh
                case $1 in
                bound|renew) ip address replace "$ip/$mask" dev "$interface" ;;
                esac
                echo "$1 ip=$ip serverid=$serverid router=$router"
                """);
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return new String[]{Namespace.tool("udhcpc", "udhcpc"), "-f", "-i", "cl0", "-s", script.toString()};
    }
}

package dev.kindling.pxe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service on a segment with a client, and another host that is a stranger, another DHCP server, or a relay. */
class SegmentTest {
    private static final String MAC = "52:54:00:4b:4c:01";
    private static final String LINK = "br0,10.77.0.1,24,10.77.0.100,10.77.0.";

    @TempDir
    private Path directory;
    private Namespace network;
    private Namespace machine;
    private Namespace other;

    @BeforeEach
    void laySegment() throws IOException {
        network = new Namespace();
        machine = new Namespace(network);
        other = new Namespace(network);
        network.run("ip", "link", "add", "br0", "type", "bridge");
        network.cable("port1", machine, "cl0", MAC);
        network.cable("port2", other, "eth0", "52:54:00:4b:4c:66");
        network.run("ip", "link", "set", "port1", "master", "br0");
        network.run("ip", "link", "set", "port2", "master", "br0");
        network.run("ip", "link", "set", "br0", "up");
        network.run("ip", "address", "add", "10.77.0.1/24", "dev", "br0");
    }

    @AfterEach
    void takeDown() {
        other.close();
        machine.close();
        network.close();
    }

    @Test
    void offersNoAddressThatAStrangerUses() throws IOException {
        other.run("ip", "address", "add", "10.77.0.100/24", "dev", "eth0");
        var server = network.serve("DHCP", "-", LINK + "101,3600");

        // it asks for the stranger's address, and there is one more
        String bound = machine.start(udhcpc("-r", "10.77.0.100")).await("bound ip=");

        assertThat(bound).contains("bound ip=10.77.0.101 ");
        server.await("AddressConflict 52:54:00:4b:4c:66 uses 10.77.0.100, which it was not given");
    }

    /** A bridge takes another address with a new port; all write down what an ARP request says of its sender. */
    @Test
    void askingWhoHasAnAddressCutsNobodyOff() throws Exception {
        other.run("ip", "address", "add", "10.77.0.9/24", "dev", "eth0");
        network.serve("DHCP", "-", LINK + "101,3600");
        network.run("ip", "link", "set", "br0", "address", "02:00:00:00:00:01");
        other.run("bash", "-c", "echo > /dev/udp/10.77.0.1/9; sleep 1.5; ip neighbour show 10.77.0.1");

        machine.start(udhcpc()).await("bound ip=");

        assertThat(other.run("ip", "neighbour", "show", "10.77.0.1")).contains("02:00:00:00:00:01");
    }

    @Test
    @DisplayName("lesson 17: a DHCP server that was there before is found at the start, and named with what it offers")
    void namesAServerThatWasThereBefore() throws IOException {
        other.run("ip", "address", "add", "10.77.0.9/24", "dev", "eth0");
        other.start(Namespace.tool("dnsmasq", "dnsmasq-base"), "--keep-in-foreground", "--no-daemon",
                "--conf-file=/dev/null",
                "--port=0", "--user=root", "--pid-file=", "--interface=eth0", "--bind-interfaces", "--no-ping",
                "--dhcp-range=10.77.0.200,10.77.0.209,1h", "--dhcp-boot=tag:!x,other.efi,,10.77.0.8",
                "--dhcp-leasefile=" + directory.resolve("dnsmasq.leases"), "--leasefile-ro").await("DHCP, IP range");

        // it may be heard before READY
        var server = network.start(Namespace.javaCommand("PROXY", "-", LINK + "101,3600"));

        String text = server.await("ForeignServer");
        assertThat(text).contains("another DHCP server, 10.77.0.9, on br0 gives addresses, such as 10.77.0.20",
                "and serves network boot, file other.efi from 10.77.0.8");
    }

    @Test
    @DisplayName("lesson 8: through ISC's relay agent, from another network")
    void servesANetworkBehindARelay() throws IOException {
        var far = new Namespace(network);
        try (far) {
            other.run("ip", "address", "add", "10.77.0.2/24", "dev", "eth0");
            other.cable("row0", far, "cl0", "52:54:00:4b:4c:02");
            other.run("ip", "address", "add", "10.80.0.1/24", "dev", "row0");
            network.run("ip", "route", "add", "10.80.0.0/24", "via", "10.77.0.2");
            var server = network.serve("DHCP", "-", LINK + "101,3600", ",10.80.0.1,24,10.80.0.10,10.80.0.20,600");
            other.start(Namespace.tool("dhcrelay", "isc-dhcp-relay"), "-4", "-d", "-a", "-id", "row0", "-iu", "eth0",
                    "10.77.0.1").await("Sending on");

            String bound = far.start(udhcpc("-V", "PXEClient:Arch:00007:UNDI:003016")).await("bound ip=");

            assertThat(bound).contains("bound ip=10.80.0.", "serverid=10.77.0.1", "router=10.80.0.1", "lease=600",
                    "siaddr=10.77.0.1", "boot_file=snponly.efi");
            server.await("DhcpAnswered 52:54:00:4b:4c:02 ACK 10.80.0.");
        }
    }

    @Test
    void perfdhcpLosesNothingAsARelayAndNeverSeesAnAddressTwice() throws IOException {
        machine.run("ip", "address", "add", "10.77.0.2/24", "dev", "cl0");
        network.serve("DHCP", directory.resolve("leases").toString(), LINK + "199,3600", "QUIET");

        // ends with 3 where a packet was dropped
        String report = machine.run(Namespace.tool("perfdhcp", "kea-admin"), "-4", "-l", "cl0", "-r", "50", "-n", "50",
                "-d", "20", "-W",
                "5000000",
                "-R", "100", "-u", "10.77.0.1");

        assertThat(report).contains("drops: 0", "non unique addresses: 0").doesNotContain("drops: 1");
    }

    @Test
    void nmapsScriptsReadTheAnswers() throws IOException {
        network.serve("DHCP", "-", LINK + "199,3600");
        machine.run("ip", "address", "add", "10.77.0.2/24", "dev", "cl0");
        String nmap = Namespace.tool("nmap", "nmap");

        assertThat(machine.run(nmap, "--script", "broadcast-dhcp-discover", "-e", "cl0")).contains(
                "DHCP Message Type: DHCPOFFER", "Server Identifier: 10.77.0.1", "IP Offered: 10.77.0.1",
                "Domain Name: lab.example");
        assertThat(machine.run(nmap, "-sU", "-p", "67", "-n", "-Pn", "--script", "dhcp-discover", "10.77.0.1"))
                .contains(
                        "DHCP Message Type: DHCPACK", "Server Identifier: 10.77.0.1", "Router: 10.77.0.1");
    }

    private String[] udhcpc(String... more) throws IOException {
        Path script = Files.writeString(directory.resolve("script"), """
                #!/bin/sh
                case $1 in
                bound|renew) ip address replace "$ip/$mask" dev "$interface" ;;
                esac
                echo "$1 ip=$ip serverid=$serverid siaddr=$siaddr router=$router lease=$lease boot_file=$boot_file"
                """);
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        String[] first = {Namespace.tool("udhcpc", "udhcpc"), "-f", "-i", "cl0", "-s", script.toString()};
        String[] all = Arrays.copyOf(first, first.length + more.length);
        System.arraycopy(more, 0, all, first.length, more.length);
        return all;
    }
}

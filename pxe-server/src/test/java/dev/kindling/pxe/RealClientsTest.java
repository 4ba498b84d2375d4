package dev.kindling.pxe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DHCP clients that others wrote, over virtual Ethernet cables, against the service in a process of its own. */
class RealClientsTest {
    private static final String MAC = "52:54:00:4b:4c:01";
    private static final String LINK = "srv0,10.77.0.1,24,10.77.0.100,10.77.0.199,";

    @TempDir
    private Path directory;
    private Namespace network;
    private Namespace machine;

    @BeforeEach
    void layCable() throws IOException {
        network = new Namespace();
        machine = new Namespace(network);
        network.cable("srv0", machine, "cl0", MAC);
        network.run("ip", "address", "add", "10.77.0.1/24", "dev", "srv0");
    }

    @AfterEach
    void takeDown() {
        machine.close();
        network.close();
    }

    @Test
    void udhcpcObtainsRenewsAndReleases() throws IOException {
        var server = network.serve("DHCP", "-", LINK + 3600);
        var client = machine.start(udhcpc("cl0"));

        String bound = client.await("bound ip=10.77.0.");
        assertThat(bound).contains("serverid=10.77.0.1", "router=10.77.0.1", "dns=10.77.0.1", "lease=3600",
                "domain=lab.example", "subnet=255.255.255.0");
        String address = addressIn(bound);
        server.await("DhcpAnswered " + MAC + " ACK " + address);

        client.signal("USR1");
        client.await("renew ip=" + address);
        server.await("DhcpAnswered " + MAC + " ACK " + address);

        client.signal("USR2");
        server.await("DhcpSeen " + MAC + " RELEASE of " + address);
    }

    @Test
    void dhclientObtainsRenewsAndReleases() throws IOException {
        // dhclient renews after half of the time
        var server = network.serve("DHCP", "-", LINK + 8);
        var client = machine.start(dhclient("-d", "-1"));

        String bound = client.await("BOUND new_ip_address=10.77.0.");
        assertThat(bound).contains("new_dhcp_server_identifier=10.77.0.1", "new_domain_name=lab.example");
        String address = addressIn(bound);
        server.await("DhcpAnswered " + MAC + " ACK " + address);
        client.await("RENEW new_ip_address=" + address);
        server.await("DhcpAnswered " + MAC + " ACK " + address);

        machine.run(dhclient("-r"));
        server.await("DhcpSeen " + MAC + " RELEASE of " + address);
    }

    @Test
    void aLeaseSurvivesTheRestartOfTheService() throws IOException {
        Path leases = directory.resolve("leases");
        String link = LINK + 3600;
        var first = network.serve("DHCP", leases.toString(), link);
        String address = addressIn(machine.start(udhcpc("cl0")).await("bound ip=10.77.0."));
        // killed: the ACK was heard, so the lease has to be on the disk
        first.close();

        assertThat(leases).content().contains("BOUND " + address + " " + MAC);
        var second = network.serve("DHCP", leases.toString(), link);
        machine.start(udhcpc("cl0")).await("bound ip=" + address);
        second.await("DhcpAnswered " + MAC + " ACK " + address);
    }

    /** It also waits for its addresses, which the kernel still checks when it is started. */
    @Test
    void anIpv6LeaseSurvivesTheKillOfTheService() throws IOException {
        network.run("ip", "address", "add", "fd77::1/64", "dev", "srv0");
        Path leases = directory.resolve("leases");
        String onlyOne = "srv0,fd77::1,64,fd77::1000,fd77::1000,3600";
        var first = network.serve("NONE", leases.toString(), onlyOne);
        machine.start(dhclient6("LL")).await("BOUND6 fd77::1000");
        // the reply was heard, so the lease has to be on the disk
        first.close();

        assertThat(leases).content().containsPattern("BOUND fd77:0:0:0:0:0:0:1000 " + MAC + " \\S+ 00030001\\S+/");
        var second = network.serve("NONE", leases.toString(), onlyOne);
        var stranger = machine.start(dhclient6("LLT"));
        second.await("no address is free from fd77:0:0:0:0:0:0:1000 to fd77:0:0:0:0:0:0:1000");
        stranger.close();
        machine.start(dhclient6("LL")).await("BOUND6 fd77::1000");
    }

    @Test
    @DisplayName("lesson 9: each interface is answered with its own address as next-server")
    void answersOnEachInterfaceWithItsOwnAddress() throws IOException {
        network.cable("srv1", machine, "cl1", "52:54:00:4b:4c:02");
        network.run("ip", "address", "add", "10.78.0.1/24", "dev", "srv1");
        network.serve("DHCP", "-", LINK + 3600, "srv1,10.78.0.1,24,10.78.0.100,10.78.0.199,3600");

        String vendorClass = "PXEClient:Arch:00007:UNDI:003016";
        assertThat(machine.start(udhcpc("cl0", "-V", vendorClass)).await("bound"))
                .contains("ip=10.77.0.", "serverid=10.77.0.1", "siaddr=10.77.0.1", "boot_file=snponly.efi");
        assertThat(machine.start(udhcpc("cl1", "-V", vendorClass)).await("bound"))
                .contains("ip=10.78.0.", "serverid=10.78.0.1", "siaddr=10.78.0.1", "boot_file=snponly.efi");
    }

    @Test
    @DisplayName("lesson 6: the process that holds port 67 is named")
    void namesTheProcessThatHoldsThePort() throws IOException {
        Path configuration = Files.writeString(directory.resolve("udhcpd.conf"), """
                interface srv0
                start 10.77.0.100
                end 10.77.0.199
                lease_file /dev/null
                pidfile %s
                """.formatted(directory.resolve("udhcpd.pid")));
        network.start(Namespace.tool("busybox", "busybox-static"), "udhcpd", "-f", configuration.toString())
                .await("started");
        // it says so before it opens its socket
        network.run("sh", "-c", "until grep -q :0043 /proc/net/udp; do :; done");

        var server = network.start(Namespace.javaCommand("DHCP", "-", LINK + 3600));

        assertThat(server.await("FAILED")).matches(
                "FAILED DHCP cannot listen on srv0, port 67/UDP: busybox \\(process \\d+\\) holds it. .*");
    }

    @Test
    void namesTheInterfaceThatIsNotThere() throws IOException {
        var server = network.start(Namespace.javaCommand("DHCP", "-", LINK.replace("srv0", "srv9") + 3600));

        assertThat(server.await("FAILED")).contains("srv9", "there is no such interface");
    }

    private String[] udhcpc(String device, String... more) throws IOException {
        Path script = script("""
                #!/bin/sh
                case $1 in
                bound|renew) ip address replace "$ip/$mask" dev "$interface" ;;
                deconfig) ip address flush dev "$interface" ;;
                esac
                echo "$1 ip=$ip serverid=$serverid siaddr=$siaddr router=$router dns=$dns lease=$lease" \\
                  "domain=$domain subnet=$subnet boot_file=$boot_file"
                """);
        return join(new String[]{Namespace.tool("udhcpc", "udhcpc"), "-f", "-i", device, "-s", script.toString()},
                more);
    }

    private String[] dhclient(String... more) throws IOException {
        Path script = script("""
                #!/bin/sh
                case $reason in
                BOUND|RENEW) ip address replace "$new_ip_address/24" dev "$interface" ;;
                esac
                echo "$reason new_ip_address=$new_ip_address" \\
                  "new_dhcp_server_identifier=$new_dhcp_server_identifier new_domain_name=$new_domain_name"
                """);
        return join(new String[]{Namespace.tool("dhclient", "isc-dhcp-client"), "-4", "-v", "-cf", "/dev/null", "-sf",
                script.toString(), "-lf", directory.resolve("dhclient.leases").toString(), "-pf",
                directory.resolve("dhclient.pid").toString(), "cl0"}, more);
    }

    /** With nothing remembered, and another identifier by each type of DUID. */
    private String[] dhclient6(String duid) throws IOException {
        Path script = script("""
                #!/bin/sh
                [ $reason = PREINIT6 ] && until ip -6 -o address show dev cl0 scope link | grep -qv tentative
                do sleep 0.1; done
                echo "$reason $new_ip6_address"
                """);
        Path memory = directory.resolve("dhclient6.leases");
        Files.deleteIfExists(memory);
        return new String[]{Namespace.tool("dhclient", "isc-dhcp-client"), "-6", "-1", "-d", "-v", "-D", duid, "-cf",
                "/dev/null", "-sf", script.toString(), "-lf", memory.toString(), "-pf",
                directory.resolve("dhclient6.pid").toString(), "cl0"};
    }

    private Path script(String text) throws IOException {
        Path script = directory.resolve("script");
        Files.writeString(script, text);
        return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static String[] join(String[] first, String[] second) {
        return Stream.of(first, second).flatMap(Arrays::stream).toArray(String[]::new);
    }

    private static String addressIn(String line) {
        return line.replaceFirst(".*ip(_address)?=(10[.0-9]+).*", "$2");
    }
}

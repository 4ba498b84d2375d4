package dev.kindling.tui.pxe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.pxe.PxeConfig.Subnet;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

/** Hints for others' DHCP servers, DHCPv6 and networks behind relays, on two hosts with a cable. */
class OtherNetworksTest {
    @TempDir
    private Path directory;
    private Path root = Path.of("");
    private Path output = Path.of("");
    private Lan lan;

    @BeforeEach
    void twoHostsAndFiles() throws Exception {
        lan = new Lan();
        output = directory.resolve("output");
        root = Files.createDirectories(directory.resolve("root"));
        Files.writeString(root.resolve("boot.ipxe"), "#!ipxe\nkernel vmlinuz quiet\nboot\n");
        Files.write(root.resolve("vmlinuz"), new byte[30_000]);
        for (String loader : new String[]{"bios.0", "x64.efi", "arm64.efi"}) {
            Files.write(root.resolve(loader), new byte[17_000]);
        }
    }

    @AfterEach
    void unplug() {
        lan.close();
    }

    @Test
    void machinesBootByDnsmasqWithTheHintsInItsConfiguration() throws Exception {
        String[] files = {"--root", root.toString(), "--bios", "bios.0", "--uefi-x64", "x64.efi", "--uefi-arm64",
                "arm64.efi"};
        Lan.Ended hints = lan.kindlingOnServer("hints", "--server", "dnsmasq", files[0], files[1], files[2], files[3],
                files[4], files[5], files[6], files[7]);
        assertThat(hints.code()).isZero();
        Path configuration = Files.writeString(directory.resolve("dnsmasq.conf"), """
                port=0
                interface=srv0
                bind-interfaces
                user=root
                pid-file=
                no-ping
                dhcp-authoritative
                log-facility=-
                dhcp-leasefile=%s
                dhcp-range=10.77.0.200,10.77.0.250,255.255.255.0,1h
                """.formatted(directory.resolve("leases")) + hints.output());
        lan.startOnServer(directory.resolve("dnsmasq"), "DHCP, IP range", "dnsmasq", "--keep-in-foreground",
                "--conf-file=" + configuration);
        lan.serve(output, "--mode", "none", files[0], files[1], files[2], files[3], files[4], files[5], files[6],
                files[7]);

        assertBoots("bios", "has bios.0, 17000 octets");
        assertBoots("uefi-x64", "has x64.efi, 17000 octets");
        assertBoots("uefi-arm64", "has arm64.efi, 17000 octets");
        assertBoots("uefi-http", "has http://10.77.0.1/x64.efi, 17000 octets");
        assertBoots("ipxe", "http://10.77.0.1/boot.ipxe");
    }

    private void assertBoots(String firmware, String loader) throws Exception {
        Lan.Ended tried = lan.kindlingOnMachine("try", "--interface", "cl0", "--firmware", firmware);
        assertThat(tried.output()).contains(loader, "boots vmlinuz (http://10.77.0.1/vmlinuz, 30000 octets)");
    }

    /** dnsmasq gives addresses and a PXE menu, and names the file on port 4011 only. */
    @Test
    void asksThePxeBootServerOnPort4011WhereDnsmasqsOfferSaysSo() throws Exception {
        Path configuration = Files.writeString(directory.resolve("dnsmasq.conf"), """
                port=0
                interface=srv0
                bind-interfaces
                user=root
                pid-file=
                no-ping
                log-facility=-
                log-dhcp
                dhcp-leasefile=%s
                dhcp-range=10.77.0.200,10.77.0.250,255.255.255.0,1h
                enable-tftp
                tftp-root=%s
                dhcp-match=set:ipxe,175
                pxe-prompt="Boot",0
                pxe-service=tag:!ipxe,x86PC,"Kindling",bios
                pxe-service=tag:!ipxe,x86-64_EFI,"Kindling",x64.efi
                dhcp-boot=tag:ipxe,boot.ipxe
                """.formatted(directory.resolve("leases"), root));
        lan.startOnServer(output, "DHCP, IP range", "dnsmasq", "--keep-in-foreground",
                "--conf-file=" + configuration);

        Lan.Ended tried = lan.kindlingOnMachine("try", "--interface", "cl0", "--firmware", "bios");

        assertThat(tried.output()).contains("asks the boot server 10.77.0.1, port 4011",
                "boot file bios.0 from 10.77.0.1", "has bios.0, 17000 octets",
                "boots vmlinuz (tftp://10.77.0.1/vmlinuz, 30000 octets)");
        assertThat(tried.code()).isZero();
    }

    @Test
    void hintsForProgramsAreAnObjectAndAnUnknownServerIsRefused() throws Exception {
        assertThat(lan.kindlingOnServer("hints", "--json", "--address", "10.77.0.9").output())
                .startsWith("{\"isc\":\"# ISC dhcpd").contains("\"kea\":\"", "\"dnsmasq\":\"", "\"mikrotik\":\"",
                        "\"windows\":\"", "\"unifi\":\"", "http://10.77.0.9/boot.ipxe");

        Lan.Ended refused = lan.kindlingOnServer("hints", "--server", "bind");
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.output()).contains("there is no server bind", "isc, kea, dnsmasq");
    }

    /** The kernel first looks whether another host has the link-local addresses (RFC 4862): a second or two. */
    private void awaitLinkLocal() throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!settled(lan.onServer("ip", "-6", "address", "show", "dev", "srv0"))
                || !settled(lan.onMachine("ip", "-6", "address", "show", "dev", "cl0"))) {
            assertThat(System.nanoTime()).as("no link-local address after 30 seconds").isLessThan(end);
            Thread.sleep(100);
        }
    }

    private static boolean settled(Lan.Ended addresses) {
        return addresses.output().contains("inet6 fe80:") && !addresses.output().contains("tentative");
    }

    @Test
    void dhclientGetsAnIpv6AddressOfTheRangeWhereWeAdvertiseIt() throws Exception {
        lan.onServer("ip", "-6", "address", "add", "fd00:77::1/64", "dev", "srv0", "nodad");
        awaitLinkLocal();
        lan.serve(output, "--root", root.toString(), "--range", "10.77.0.100-10.77.0.199", "--ipv6-range",
                "fd00:77::1000-fd00:77::1fff", "--router-advertisements");
        assertThat(output).content().contains("ready\n");
        assertThat(lan.onMachine("rdisc6", "-1", "cl0").output()).containsPattern("Stateful address conf.* Yes");

        String said = dhclient6();

        assertThat(said).containsPattern("fd00:77::1[0-9a-f]{3}\\b");
    }

    private String dhclient6() throws Exception {
        String script = Files
                .writeString(directory.resolve("script"),
                        "#!/bin/sh\necho \"$reason $new_ip6_address $new_dhcp6_name_servers\"\n")
                .toString();
        lan.onMachine("chmod", "+x", script);
        // a copy, for an AppArmor profile would let /sbin/dhclient read nothing here
        Path dhclient = Files.copy(Path.of("/sbin/dhclient"), directory.resolve("dhclient"),
                java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        return lan.onMachine("timeout", "40", dhclient.toString(), "-6", "-1", "-v", "-d", "-sf", script, "-lf",
                directory.resolve("leases6").toString(), "-pf", directory.resolve("pid").toString(), "cl0").output();
    }

    /** It is started while the kernel still checks its addresses, and waits. */
    @Test
    void anInterfaceWithoutIpv4IsServedByIpv6AndCaptured() throws Exception {
        lan.onServer("ip", "address", "flush", "dev", "srv0", "scope", "global");
        // it checks for six seconds instead of one, in which a slow computer, too, has started the service
        assertThat(lan.onServer("sh", "-c", "echo 6 > /proc/sys/net/ipv6/conf/srv0/dad_transmits").code()).isZero();
        lan.onServer("ip", "-6", "address", "add", "fd00:77::1/64", "dev", "srv0");
        lan.onMachine("ip", "-6", "address", "add", "fd00:77::2/64", "dev", "cl0");
        Path capture = directory.resolve("boot.pcapng");
        Process serve = lan.serve(output, "--root", root.toString(), "--ipv6-range", "fd00:77::1000-fd00:77::1fff",
                "--router-advertisements", "--dns", "fd00:77::53", "--capture", capture.toString());
        assertThat(output).content().contains("srv0 has no IPv4 address: it is served by IPv6 only",
                "the kernel still looks whether another host has", "ready\n");
        awaitLinkLocal();

        assertThat(dhclient6()).containsPattern("BOUND6 fd00:77::1[0-9a-f]{3} fd00:77::53");
        Path got = directory.resolve("got");
        for (String url : new String[]{"http://[fd00:77::1]/vmlinuz", "tftp://[fd00:77::1]/vmlinuz"}) {
            assertThat(lan.onMachine("curl", "-s", "-g", "-o", got.toString(), url).code()).as(url).isZero();
            assertThat(got).hasSize(30_000);
        }

        serve.destroy();
        assertThat(serve.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(lan.onServer("tshark", "-r", capture.toString()).output()).containsPattern("DHCPv6 .* Solicit")
                .containsPattern("DHCPv6 .* Reply").containsPattern("ICMPv6 .* Router Advertisement")
                .containsPattern("fd00:77::2 .* TFTP .* Read Request, File: vmlinuz")
                .containsPattern("fd00:77::1 .* TFTP .* Data Packet, Block: 2").doesNotContain("HTTP", "TCP");
    }

    @Test
    void anInterfaceWithoutIpv4AndWithoutAnIpv6RangeIsRefusedWithBothRemedies() throws Exception {
        lan.onServer("ip", "address", "flush", "dev", "srv0", "scope", "global");
        Process refused = lan.serve(output, "--root", root.toString());
        assertThat(refused.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(output).content().contains("srv0 has no IPv4 address", "ip address add", "--ipv6-range FROM-TO");
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.53", "fd00::53"})
    void aNameServerIsOfEitherKind(String text) throws Exception {
        assertThat(new Addresses.Any().convert(text)).isEqualTo(InetAddress.ofLiteral(text));
    }

    @Test
    void anIpv6NameServerWithoutDhcpv6IsRefused() throws Exception {
        Process refused = lan.serve(output, "--root", root.toString(), "--dns", "fd00::53");
        assertThat(refused.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(refused.exitValue()).isEqualTo(2);
        assertThat(output).content().contains("--dns fd00:0:0:0:0:0:0:53 is for DHCPv6", "--ipv6-range FROM-TO");
    }

    @Test
    void anIpv6RangeWithoutAnAddressOfOursIsRefused() throws Exception {
        Process refused = lan.serve(output, "--root", root.toString(), "--ipv6-range", "fd00:99::1000-fd00:99::1fff");
        assertThat(refused.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(refused.exitValue()).isEqualTo(2);
        assertThat(output).content().contains("is in the network of no interface that is served",
                "ip -6 address add ADDRESS/64 dev srv0");
    }

    @Test
    void iPxeIsToldThatThereIsNoIpv6AndRelayedNetworksAreServed() throws Exception {
        awaitLinkLocal();
        lan.serve(output, "--root", root.toString(), "--no-ipv6-wait", "--relayed",
                "10.5.0.0/24,10.5.0.100-10.5.0.199,router=10.5.0.1");
        assertThat(output).content().contains("ready\n");

        assertThat(lan.onMachine("rdisc6", "-1", "cl0").output()).containsPattern("Stateful address conf.* No")
                .containsPattern("Router lifetime.* 0 ");
    }

    @Test
    void aRelayedNetworkHasAPoolAndMayHaveARouter() throws Exception {
        var relayed = new Addresses.Relayed();
        Subnet all = relayed.convert("10.5.0.0/24,10.5.0.100-10.5.0.199,router=10.5.0.1");
        assertThat(all).hasToString("10.5.0.0/24");
        assertThat(all.range()).hasToString("10.5.0.100 to 10.5.0.199");
        assertThat(all.router()).isEqualTo(InetAddress.ofLiteral("10.5.0.1"));
        assertThat(relayed.convert("10.5.0.0/24,10.5.0.100-10.5.0.199").router()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.5.0.0", "10.5.0.0/24", "10.5.0.0/24,10.5.0.9", "10.5.0.0/31,10.5.0.0-10.5.0.1",
            "10.5.0.0/24,10.6.0.1-10.6.0.9", "10.5.0.0/24,10.5.0.9-10.5.0.1", "10.5.0.0/x,10.5.0.1-10.5.0.9",
            "10.5.0.0/24,10.5.0.1-10.5.0.9,router=10.6.0.1", "10.5.0.0/24,10.5.0.1-10.5.0.9,gateway=10.5.0.1"})
    void aWrongRelayedNetworkIsRefused(String text) {
        assertThatThrownBy(() -> new Addresses.Relayed().convert(text)).isInstanceOf(TypeConversionException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fd00::1", "fd00::1-10.0.0.1", "fd00::1-fd00::2-fd00::3", "fe80::1%lo-fe80::2%lo", "a-b"})
    void aWrongIpv6RangeIsRefused(String text) {
        assertThatThrownBy(() -> new Addresses.Ranges6().convert(text)).isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("'");
    }
}

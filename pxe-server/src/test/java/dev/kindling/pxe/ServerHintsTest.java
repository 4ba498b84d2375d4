package dev.kindling.pxe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.pxe.client.Machine;
import dev.kindling.pxe.client.Probe;
import dev.kindling.pxe.standalone.BootSettings;
import dev.kindling.pxe.standalone.ServerHints;
import dev.kindling.pxe.standalone.ServerHints.Server;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What others' DHCP servers make of the hints. */
class ServerHintsTest {
    private static final Path GOLDEN = Path.of("src/test/resources/testdata/hints");
    private static final String MAC = "52:54:00:00:00:07";

    @TempDir
    private Path directory;

    private static ServerHints hints(int httpPort, @Nullable String uefiX64, @Nullable String uefiHttp) {
        return ServerHints.of((Inet4Address) InetAddress.ofLiteral("10.77.0.1"), httpPort,
                new BootSettings(null, uefiX64, null, uefiHttp, null, null, null, List.of(), null));
    }

    private static String text(Server server) {
        return hints(80, null, null).text(server);
    }

    @ParameterizedTest
    @EnumSource
    void theTextIsTheGoldenOne(Server server) throws Exception {
        Path golden = GOLDEN.resolve(server.name().toLowerCase(Locale.ROOT) + ".txt");
        if (Boolean.getBoolean("golden.update")) {
            Files.createDirectories(GOLDEN);
            Files.writeString(golden, text(server));
        }
        assertThat(text(server)).isEqualTo(Files.readString(golden));
    }

    @ParameterizedTest
    @EnumSource
    void anotherHttpPortAndAUrlOfOnesOwnAreInTheUrls(Server server) {
        String text = hints(8080, "efi/shimx64.efi", "https://boot.example/x64.efi").text(server);

        assertThat(text).contains("http://10.77.0.1:8080/boot.ipxe", "efi/shimx64.efi")
                .doesNotContain("http://10.77.0.1/");
        if (server != Server.UNIFI) {
            assertThat(text).contains("https://boot.example/x64.efi");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\"b.efi", "a'b.efi", "a,b.efi", "a;b.efi", "a b.efi", "a\nb.efi", "$b.efi",
            "tftp://x/b.efi"})
    void aNameThatWouldNeedQuotingIsRefused(String name) {
        assertThatThrownBy(() -> hints(80, name, null)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("--uefi-x64").hasMessageContaining(name);
    }

    @Test
    void aNameThatIsTooLongForDhcpIsRefused() {
        assertThat(hints(80, "a".repeat(127), "x64.efi").text(Server.ISC)).contains("a".repeat(127));
        assertThatThrownBy(() -> hints(80, "a".repeat(128), "x64.efi")).hasMessageContaining("up to 127");
    }

    /** Others' servers, with our hints in their configuration. */
    enum Foreign {
        DNSMASQ {
            @Override
            String[] command(Path directory, boolean check) throws IOException {
                Path file = Files.writeString(directory.resolve("dnsmasq.conf"), """
                        port=0
                        interface=dhcp0
                        bind-interfaces
                        except-interface=lo
                        user=root
                        pid-file=
                        no-ping
                        dhcp-authoritative
                        log-facility=-
                        dhcp-leasefile=%s
                        dhcp-range=10.77.0.200,10.77.0.250,255.255.255.0,1h
                        """.formatted(directory.resolve("leases")) + text(Server.DNSMASQ));
                return new String[]{Namespace.tool("dnsmasq", "dnsmasq-base"),
                        check ? "--test" : "--keep-in-foreground", "--conf-file=" + file};
            }
        },
        ISC {
            @Override
            String[] command(Path directory, boolean check) throws IOException {
                Path file = Files.writeString(directory.resolve("dhcpd.conf"), """
                        authoritative;
                        ping-check false;
                        subnet 10.77.0.0 netmask 255.255.255.0 {
                          range 10.77.0.200 10.77.0.250;
                        }
                        """ + text(Server.ISC));
                Path leases = Files.writeString(directory.resolve("leases"), "");
                Path program = Namespace.copy(Namespace.tool("dhcpd", "isc-dhcp-server"), directory.resolve("dhcpd"));
                return check
                        ? new String[]{program.toString(), "-t", "-cf", file.toString()}
                        : new String[]{program.toString(), "-4", "-f", "-d", "--no-pid", "-cf", file.toString(), "-lf",
                                leases.toString(), "dhcp0"};
            }
        },
        KEA {
            @Override
            String[] command(Path directory, boolean check) throws IOException {
                Path file = Files.writeString(directory.resolve("kea.conf"),
                        """
                                {"Dhcp4": {
                                "interfaces-config": {"interfaces": ["dhcp0"]},
                                "lease-database": {"type": "memfile", "persist": false},
                                "loggers": [{"name": "kea-dhcp4", "severity": "INFO", "output_options": [{"output": "stdout"}]}],
                                "subnet4": [{"id": 1, "subnet": "10.77.0.0/24", "pools": [{"pool": "10.77.0.200 - 10.77.0.250"}]}],
                                """
                                + text(Server.KEA) + "}}");
                Path program = Namespace.copy(Namespace.tool("kea-dhcp4", "kea-dhcp4-server"),
                        directory.resolve("kea-dhcp4"));
                return new String[]{"env", "KEA_PIDFILE_DIR=" + directory, "KEA_LOCKFILE_DIR=" + directory,
                        program.toString(), check ? "-t" : "-c", file.toString()};
            }
        };

        abstract String[] command(Path directory, boolean check) throws IOException;

        String ready() {
            return switch (this) {
                case DNSMASQ -> "DHCP, IP range";
                case ISC -> "Sending on";
                case KEA -> "DHCP4_STARTED";
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void theServersOwnCheckerTakesIt(Foreign foreign) throws Exception {
        try (var server = new Namespace(); var machine = new Namespace(server)) {
            server.cable("dhcp0", machine, "cl0", MAC);
            server.run("ip", "address", "add", "10.77.0.2/24", "dev", "dhcp0");
            server.run(foreign.command(directory, true));
        }
    }

    @ParameterizedTest
    @EnumSource
    void eachKindOfFirmwareIsGivenItsFileAndIpxeItsScript(Foreign foreign) throws Exception {
        try (var server = new Namespace(); var machine = new Namespace(server)) {
            server.cable("dhcp0", machine, "cl0", MAC);
            server.run("ip", "address", "add", "10.77.0.2/24", "dev", "dhcp0");
            server.start(foreign.command(directory, false)).await(foreign.ready());

            String answers = machine.run(Namespace.javaCommand(Asker.class));

            assertThat(answers.lines().filter(line -> line.startsWith("answer "))).containsExactlyInAnyOrder(
                    "answer BIOS_PXE dhcp 10.77.0.1 undionly.kpxe", "answer UEFI_PXE dhcp 10.77.0.1 snponly.efi",
                    "answer UEFI_ARM64_PXE dhcp 10.77.0.1 snponly-arm64.efi",
                    "answer UEFI_HTTP dhcp http://10.77.0.1/snponly.efi",
                    "answer UEFI_IPXE dhcp http://10.77.0.1/boot.ipxe");
        }
    }

    /** Asks on cl0 as each kind of firmware. */
    static final class Asker {
        private Asker() {}

        public static void main(String[] arguments) throws Exception {
            for (Probe.Found each : Probe.run("cl0", new MacAddress(MAC), null, Duration.ofSeconds(4), new Random())
                    .answers()) {
                // who fetches by URL looks at no next server
                boolean url = each.asked() == Machine.Kind.UEFI_HTTP || each.asked() == Machine.Kind.UEFI_IPXE;
                InetAddress next = each.nextServer();
                System.out.printf("answer %s %s %s%s%n", each.asked(), each.role(),
                        url || next == null ? "" : next.getHostAddress() + " ", each.bootFile());
            }
        }
    }
}

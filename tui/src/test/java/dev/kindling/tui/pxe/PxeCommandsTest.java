package dev.kindling.tui.pxe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.iso.IsoBuilder;
import dev.kindling.iso.MediaSpec;
import dev.kindling.iso.edit.EmbedArea;
import dev.kindling.iso.image.TreeScan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands as a user starts them, on two hosts with a cable. */
class PxeCommandsTest {
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
        Files.writeString(root.resolve("boot.ipxe"), "#!ipxe\nkernel vmlinuz quiet\ninitrd initrd.img\nboot\n");
        Files.write(root.resolve("vmlinuz"), new byte[300_000]);
        Files.write(root.resolve("initrd.img"), new byte[700_000]);
        Files.write(root.resolve("bios.0"), new byte[70_000]);
        Files.write(root.resolve("x64.efi"), new byte[170_000]);
    }

    @AfterEach
    void unplug() {
        lan.close();
    }

    private Process serve(String... more) throws Exception {
        String[] always = {"--root", root.toString(), "--range", "10.77.0.100-10.77.0.199", "--bios", "bios.0",
                "--uefi-x64", "x64.efi"};
        var all = new ArrayList<>(List.of(always));
        all.addAll(List.of(more));
        Process process = lan.serve(output, all.toArray(String[]::new));
        assertThat(output).content().contains("ready\n");
        return process;
    }

    private void awaitOutput(String text) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < end && !Files.readString(output).contains(text)) {
            Thread.sleep(50);
        }
        assertThat(output).content().contains(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bios", "uefi-x64", "uefi-http", "ipxe"})
    void tryBootsOverTheCable(String firmware) throws Exception {
        serve();

        Lan.Ended tried = lan.kindlingOnMachine("try", "--interface", "cl0", "--firmware", firmware);

        assertThat(tried.output()).contains("is offered 10.77.0.1", "vmlinuz, 300000 octets",
                "boots vmlinuz (http://10.77.0.1/vmlinuz, 300000 octets) with 1 initrds");
        assertThat(tried.code()).isZero();
        awaitOutput("has initrd.img by HTTP, 700000 octets");
        assertThat(lan.onMachine("ip", "-4", "address", "show", "dev", "cl0").output()).doesNotContain("10.77.0.");
    }

    @Test
    void tryNamesTheStepThatFails() throws Exception {
        Files.delete(root.resolve("vmlinuz"));
        serve();

        Lan.Ended tried = lan.kindlingOnMachine("try", "--interface", "cl0", "--firmware", "ipxe", "--mac",
                "52:54:00:00:00:07");

        assertThat(tried.output()).contains("FAILED at ipxe: ", "http://10.77.0.1/vmlinuz: status 404");
        assertThat(tried.code()).isOne();
        awaitOutput("52:54:00:00:00:07 did not get vmlinuz by HTTP: not found");
    }

    @Test
    void probeShowsWhoAnswersAndWarnsWhereNobodyDoes() throws Exception {
        assertThat(lan.kindlingOnMachine("probe", "--interface", "cl0", "--wait", "1s").output())
                .contains("warning: nobody answers");
        serve();

        Lan.Ended probed = lan.kindlingOnMachine("probe", "--interface", "cl0", "--wait", "5s");

        assertThat(probed.output()).containsPattern("bios-pxe +10.77.0.1 +dhcp +10.77.0.\\d+ +3600s +10.77.0.1 +bios.0 "
                + " .option 43: fetch the boot file of this offer, ask no boot server.")
                .containsPattern("uefi-arm64-pxe +10.77.0.1 +dhcp +10.77.0.\\d+ ")
                .containsPattern("uefi-http +10.77.0.1 +dhcp .* http://10.77.0.1/x64.efi").doesNotContain("warning");
        assertThat(probed.code()).isZero();
    }

    @Test
    void probeAsksForTheFilesAndNamesTheOneThatIsMissing() throws Exception {
        serve();
        Files.delete(root.resolve("bios.0"));
        lan.onMachine("ip", "address", "add", "10.77.0.2/24", "dev", "cl0");

        String probed = lan.kindlingOnMachine("probe", "--interface", "cl0", "--wait", "3s").output();

        assertThat(probed).contains("file tftp://10.77.0.1/x64.efi: 170000 octets, blksize 1468, windowsize 16\n",
                "file http://10.77.0.1/x64.efi: 170000 octets\n",
                "warning: tftp://10.77.0.1/bios.0 cannot be had: bios.0: not found (error 1)\n")
                .containsPattern("bios-pxe +10.77.0.1 +boot-server .* bios.0");
        assertThat(lan.kindlingOnMachine("--json", "probe", "--interface", "cl0", "--wait", "3s").output())
                .contains("\"files\":[{\"url\":\"tftp://10.77.0.1/", "\"vendorWords\":[\"fetch the boot file of this")
                .contains("\"asked\":\"UEFI_ARM64_PXE\"", "\"warnings\":[\"tftp://10.77.0.1/bios.0 cannot be had");
    }

    @Test
    void reservationsAreReadAgainWhenTheyChangeAndABadFileChangesNothing() throws Exception {
        Path file = Files.writeString(directory.resolve("reservations.yaml"), """
                machines:
                  - mac: 52:54:00:00:00:07
                    ip: 10.77.0.50
                """);
        Process serve = serve("--reservations", file.toString());
        assertThat(offered()).contains("is offered 10.77.0.50");

        Files.writeString(file, "machines:\n  - mac: nonsense\n");
        awaitOutput("the old ones stay: " + file + ":2:10: a MAC address");
        assertThat(offered()).contains("is offered 10.77.0.50");

        Files.writeString(file, "machines: []\n");
        awaitOutput("reservations read again: 0 machines");
        assertThat(offered()).contains("is offered 10.77.0.").doesNotContain("10.77.0.50");
        new ProcessBuilder("kill", "-HUP", Long.toString(serve.pid())).start().waitFor();
        assertThat(serve.isAlive()).isTrue();
    }

    private String offered() throws Exception {
        return lan.kindlingOnMachine("try", "--interface", "cl0", "--firmware", "bios", "--mac", "52:54:00:00:00:07")
                .output();
    }

    @Test
    void otherProgramsFetchFilesAndSigtermEndsItWithZero() throws Exception {
        Process serve = serve();
        lan.onMachine("ip", "address", "add", "10.77.0.2/24", "dev", "cl0");

        assertThat(lan.onMachine("curl", "-s", "--path-as-is", "-w", "%{http_code}",
                "http://10.77.0.1/../../etc/passwd").output()).doesNotContain("root:").endsWith("400");
        assertThat(lan.onMachine("curl", "-s", "http://10.77.0.1/boot.ipxe").output()).startsWith("#!ipxe\n");
        Path got = directory.resolve("got");
        assertThat(lan.onMachine("wget", "-q", "-O", got.toString(), "http://10.77.0.1/vmlinuz").code()).isZero();
        assertThat(got).hasSize(300_000);
        assertThat(lan.onMachine("atftp", "--get", "-r", "bios.0", "-l", got.toString(), "10.77.0.1").code()).isZero();
        assertThat(got).hasSize(70_000);

        new ProcessBuilder("kill", "-TERM", Long.toString(serve.pid())).start().waitFor();
        assertThat(serve.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(serve.exitValue()).isZero();
    }

    @Test
    void metricsCountWhatAMachineDid() throws Exception {
        serve("--metrics-port", "9100");
        lan.kindlingOnMachine("try", "--interface", "cl0", "--firmware", "bios");
        lan.onMachine("ip", "address", "add", "10.77.0.2/24", "dev", "cl0");

        // a transfer ends for the machine a moment before it does for the service
        String metrics = metricsWith("kindling_transfers_done_total{protocol=\"http\"} 3\n",
                "kindling_machines{stage=\"initrd\"} 1\n");

        assertThat(metrics).contains("# TYPE kindling_dhcp_requests_total counter\n",
                "kindling_dhcp_requests_total{type=\"DISCOVER\",agent=\"firmware_pxe\"} 1\n",
                "kindling_dhcp_answers_total{type=\"ACK\"} 2\n",
                "kindling_transfer_bytes_total{protocol=\"tftp\"} 70000\n",
                "kindling_transfers_done_total{protocol=\"http\"} 3\n",
                "kindling_transfers_active{protocol=\"tftp\"} 0\n",
                "kindling_transfers_active{protocol=\"http\"} 0\n",
                "kindling_pool_addresses{network=\"10.77.0.1/24\"} 100\n",
                "kindling_pool_free{network=\"10.77.0.1/24\"} 99\n",
                "kindling_leases{network=\"10.77.0.1/24\"} 1\n",
                "kindling_leases_quarantined{network=\"10.77.0.1/24\"} 0\n",
                "kindling_machines{stage=\"initrd\"} 1\n", "kindling_machines{stage=\"seen\"} 0\n",
                "kindling_transfer_seconds_count{protocol=\"http\"} 3\n", "process_resident_memory_bytes ");
    }

    private String metricsWith(String... lines) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            String metrics = lan.onMachine("curl", "-s", "http://10.77.0.1:9100/metrics").output();
            if (List.of(lines).stream().allMatch(metrics::contains) || System.nanoTime() > end) {
                return metrics;
            }
            Thread.sleep(50);
        }
    }

    @Test
    void theCaptureHoldsAWholeBootWithoutItsHttp() throws Exception {
        Path file = directory.resolve("boot.pcapng");
        Process serve = serve("--capture", file.toString(), "--capture-limit", "8M");
        lan.kindlingOnMachine("try", "--interface", "cl0", "--firmware", "bios");
        serve.destroy();
        assertThat(serve.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(serve.exitValue()).isZero();

        String frames = lan.onServer("tshark", "-r", file.toString(), "-T", "fields", "-e", "frame.interface_name",
                "-e", "_ws.col.Protocol", "-e", "_ws.col.Info", "-E", "separator=/s").output();

        assertThat(frames).contains("srv0 DHCP DHCP Discover", "srv0 DHCP DHCP ACK",
                "srv0 TFTP Read Request, File: bios.0", "srv0 TFTP Data Packet, Block: 2")
                .doesNotContain("HTTP", "TCP");
    }

    @Test
    void aSecondServiceNamesTheProcessThatHoldsThePort() throws Exception {
        Process first = serve();
        Path second = directory.resolve("second");
        Process refused = lan.serve(second, "--root", root.toString(), "--range", "10.77.0.100-10.77.0.199",
                "--http-port", "0", "--tftp-port", "0", "--proxy-port", "0");
        assertThat(refused.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(refused.exitValue()).isOne();
        assertThat(second).content().contains("port 67/UDP: java (process " + first.pid() + ") holds it");
    }

    @Test
    void aMissingLoaderIsWarnedOfAndNamedWhenAMachineAsksForIt() throws Exception {
        serve("--uefi-arm64", "arm64.efi");
        assertThat(output).content().containsPattern("(?s)WARNING: --uefi-arm64 arm64.efi: there is no such file below "
                + ".*\\. Machines of that kind are refused until it is there.*ready\n");

        Lan.Ended tried = lan.kindlingOnMachine("try", "--interface", "cl0", "--firmware", "uefi-arm64");

        assertThat(tried.output()).contains("FAILED at tftp: arm64.efi");
        awaitOutput("did not get arm64.efi by TFTP: --uefi-arm64 arm64.efi: there is no such file below ");
    }

    @Test
    void wrongOptionsAreRefusedBeforeAnythingIsOpened() throws Exception {
        Process refused = lan.serve(output, "--root", root.toString(), "--range", "10.99.0.1-10.99.0.2");
        assertThat(refused.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(refused.exitValue()).isEqualTo(2);
        assertThat(output).content().contains("--range 10.99.0.1-10.99.0.2 is in the network of no interface");
    }

    @Test
    void anInterfaceThatIsNotThereIsAnsweredWithThoseThatAre() throws Exception {
        for (String command : List.of("probe", "try", "try --mac 52:54:00:00:00:01")) {
            List<String> words = new ArrayList<>(List.of(command.split(" ")));
            words.addAll(List.of("--interface", "cl7"));
            Lan.Ended refused = lan.kindlingOnMachine(words.toArray(String[]::new));
            assertThat(refused.output()).as(command).contains("there is no interface cl7. There are: cl0, ")
                    .doesNotContain("Exception");
        }
    }

    /** What a BMC does with virtual media: it asks for the size, then for small parts. */
    @Test
    void anImageThatIsNoFileIsFetchedByRange() throws Exception {
        Path tree = Files.createDirectories(directory.resolve("tree"));
        Files.writeString(tree.resolve("hello.txt"), "hello\n");
        Files.write(tree.resolve("large"), new byte[2_000_000]);
        serve("--iso", "media/medium.iso=" + tree);
        assertThat(output).content().contains("no boot files were found", "media/medium.iso is at http://10.77.0.1");

        lan.onMachine("ip", "address", "add", "10.77.0.50/24", "dev", "cl0");
        String url = "http://10.77.0.1/media/medium.iso";
        Path whole = directory.resolve("whole.iso");
        Lan.Ended fetched = lan.onMachine("curl", "-s", "-S", "-f", "-o", whole.toString(), url);
        assertThat(fetched.code()).as(fetched.output()).isZero();
        assertThat(lan.onMachine("curl", "-s", "-S", "-f", "-I", url).output())
                .contains("Content-Length: " + Files.size(whole), "Accept-Ranges: bytes");
        assertThat(lan.onMachine("curl", "-s", "-S", "-f", "-r", "32769-32773", url).output()).isEqualTo("CD001");
        assertThat(lan.onMachine("bsdtar", "-xOf", whole.toString(), "hello.txt").output()).isEqualTo("hello\n");
    }

    /**
     * A vendor's medium for one machine, which is never written: with its configuration, and kernel arguments with
     * commas.
     */
    @Test
    void aVendorsImageIsServedWithAConfigurationAndKernelArguments() throws Exception {
        Path tree = directory.resolve("vendor");
        Files.createDirectories(tree.resolve("isolinux"));
        Files.writeString(tree.resolve("isolinux/isolinux.cfg"),
                "DEFAULT l\nLABEL l\n  KERNEL /vmlinuz\n  APPEND initrd=/initrd quiet\n");
        Files.createDirectories(tree.resolve("kindling"));
        Files.write(tree.resolve(EmbedArea.PATH), EmbedArea.empty(8192));
        Files.write(tree.resolve("large"), new byte[2_000_000]);
        Path vendor = directory.resolve("vendor.iso");
        IsoBuilder.write(MediaSpec.of(TreeScan.of(tree).tree(), "VENDOR"), vendor, _ -> {});
        byte[] before = Files.readAllBytes(vendor);
        Path config = Files.writeString(directory.resolve("node.yaml"), "disk: SERIAL-7\n");
        serve("--iso", "node.iso=" + vendor + ",config=" + config + ",kernel-args=console=ttyS0,115200 panic=7");

        lan.onMachine("ip", "address", "add", "10.77.0.50/24", "dev", "cl0");
        String url = "http://10.77.0.1/node.iso";
        Path whole = directory.resolve("node.iso");
        Lan.Ended fetched = lan.onMachine("curl", "-s", "-S", "-f", "-o", whole.toString(), url);
        assertThat(fetched.code()).as(fetched.output()).isZero();
        assertThat(lan.onMachine("bsdtar", "-xOf", whole.toString(), EmbedArea.PATH).output())
                .contains("disk: SERIAL-7\n");
        assertThat(lan.onMachine("bsdtar", "-xOf", whole.toString(), "isolinux/isolinux.cfg").output())
                .contains("APPEND initrd=/initrd quiet console=ttyS0,115200 panic=7\n");
        Path part = directory.resolve("part");
        Lan.Ended range = lan.onMachine("curl", "-s", "-S", "-f", "-r", "30000-1500000", "-o", part.toString(), url);
        assertThat(range.code()).as(range.output()).isZero();
        assertThat(part).hasBinaryContent(
                java.util.Arrays.copyOfRange(Files.readAllBytes(whole), 30_000, 1_500_001));
        assertThat(vendor).hasBinaryContent(before);
    }
}

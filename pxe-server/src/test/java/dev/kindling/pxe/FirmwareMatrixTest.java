package dev.kindling.pxe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.PxeConfig.Mode;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Machines with firmware that others wrote boot from the service: docs/reference/firmware-matrix.md. */
class FirmwareMatrixTest {
    private static final String AMD64_REPORT = "Posted " + VirtualMachine.MAC + " report: x86_64 runs, locked down: ";

    /** A test of seconds in which a machine mostly waits: two of them run beside each other. */
    @Test
    @Execution(ExecutionMode.CONCURRENT)
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.METHOD)
    private @interface Cell {}

    @TempDir
    private static Path shared;
    private static Path root;

    @TempDir
    private Path directory;

    @BeforeAll
    static void fillTheRoot() throws Exception {
        root = Files.createDirectory(shared.resolve("root"));
        BootTree.make(root, shared);
    }

    @Cell
    void seaBiosWithAnIpxeRomBootsLinux() throws Exception {
        try (var lab = new FirmwareLab(directory)) {
            lab.serve(Mode.DHCP, root, "BIOS=undionly.kpxe", "IPXE=boot.ipxe");
            lab.switchOn(VirtualMachine.SEABIOS);
            lab.serverSays("DISCOVER from iPXE on BIOS");
            lab.serverSays(AMD64_REPORT + 0);
            lab.machineSwitchesItselfOff();
            assertThat(lab.events()).noneMatch(line -> line.contains("TFTP"));
        }
    }

    @Cell
    void ovmfBootsLinuxByPxe() throws Exception {
        try (var lab = new FirmwareLab(directory)) {
            lab.serve(Mode.DHCP, root, "UEFI_X64=snponly.efi", "IPXE=boot.ipxe");
            lab.switchOn(VirtualMachine.OVMF);
            lab.serverSays("has snponly.efi by TFTP");
            lab.serverSays(AMD64_REPORT + 0);
            lab.machineSwitchesItselfOff();
        }
    }

    @Cell
    @DisplayName("lesson 14: real UEFI HTTP Boot")
    void ovmfBootsByHttp() throws Exception {
        try (var lab = new FirmwareLab(directory)) {
            lab.serve(Mode.DHCP, root, "HTTP=snponly.efi", "IPXE=hello.ipxe");
            lab.switchOn(VirtualMachine.OVMF, HTTP_ONLY);
            lab.serverSays("DISCOVER from UEFI x64 HTTP Boot firmware");
            lab.serverSays("has snponly.efi by HTTP");
            lab.serverSays("has reached-by-efi by HTTP");
            lab.machineSwitchesItselfOff();
        }
    }

    private static final String[] HTTP_ONLY = {"-fw_cfg", "name=opt/org.tianocore/IPv4PXESupport,string=n", "-fw_cfg",
            "name=opt/org.tianocore/IPv6PXESupport,string=n"};

    private static final String[] IPV6_PXE_ONLY = {"-fw_cfg", "name=opt/org.tianocore/IPv4PXESupport,string=n"};

    @Cell
    void ovmfBootsByPxeOverIpv6() throws Exception {
        try (var lab = new FirmwareLab(directory)) {
            lab.serveIpv6(root, "UEFI_X64=snponly.efi", "IPXE=hello.ipxe");
            lab.switchOn(VirtualMachine.OVMF, IPV6_PXE_ONLY);
            lab.serverSays("SOLICIT from UEFI x64 PXE firmware over IPv6");
            lab.serverSays("has snponly.efi by TFTP");
            lab.serverSays("SOLICIT from iPXE on UEFI x64 firmware over IPv6");
            lab.serverSays("has reached-by-efi by HTTP");
            lab.machineSwitchesItselfOff();
        }
    }

    /** OVMF tries IPv4 for a minute first, and cannot be told not to. */
    @Cell
    @Tag("full")
    void ovmfBootsByHttpOverIpv6() throws Exception {
        try (var lab = new FirmwareLab(directory)) {
            lab.serveIpv6(root, "HTTP=snponly.efi", "IPXE=hello.ipxe");
            lab.switchOn(VirtualMachine.OVMF, HTTP_ONLY);
            lab.machineSays(">>Start HTTP Boot over IPv6");
            lab.serverSays("SOLICIT from UEFI x64 HTTP Boot firmware over IPv6");
            lab.serverSays("has snponly.efi by HTTP");
            lab.serverSays("has reached-by-efi by HTTP");
            lab.machineSwitchesItselfOff();
        }
    }

    @Cell
    @DisplayName("lesson 16: shim and GRUB of Debian, unmodified, with the keys of Microsoft")
    void secureBootGoesThroughShimAndGrubToASignedKernel() throws Exception {
        try (var lab = new FirmwareLab(directory)) {
            lab.serve(Mode.DHCP, root, "UEFI_X64=shimx64.efi");
            lab.switchOn(VirtualMachine.OVMF_SECURE_BOOT);
            lab.serverSays("has shimx64.efi by TFTP");
            lab.serverSays("has grubx64.efi by TFTP");
            lab.serverSays("has grub/grub.cfg by TFTP");
            lab.serverSays(AMD64_REPORT + 1);
            lab.machineSwitchesItselfOff();
            lab.keep("ovmf-secure-boot");
        }
    }

    @Cell
    void theStandaloneServiceBootsSecurelyFromADirectoryWithAKernelOnly() throws Exception {
        Path kernelOnly = Files.createDirectory(directory.resolve("root"));
        Files.createDirectory(kernelOnly.resolve("amd64"));
        for (String file : List.of("amd64/linux", "amd64/initrd.gz")) {
            Files.copy(root.resolve(file), kernelOnly.resolve(file));
        }
        try (var lab = new FirmwareLab(directory)) {
            lab.serve(Mode.DHCP, kernelOnly, "UEFI_X64=shimx64.efi", "KERNEL=amd64/linux");
            lab.switchOn(VirtualMachine.OVMF_SECURE_BOOT);
            lab.serverSays("has grubx64.efi by TFTP");
            lab.serverSays("has grub/grub.cfg by TFTP");
            lab.serverSays(AMD64_REPORT + 1);
            lab.machineSwitchesItselfOff();
        }
    }

    @Cell
    void secureBootLoadsShimAndGrubByHttp() throws Exception {
        try (var lab = new FirmwareLab(directory)) {
            lab.serve(Mode.DHCP, root, "HTTP=shimx64.efi");
            lab.switchOn(VirtualMachine.OVMF_SECURE_BOOT, HTTP_ONLY);
            lab.serverSays("has shimx64.efi by HTTP");
            // shim 16 asks for //grubx64.efi; Debian 12's GRUB has no network after HTTP boot, and shows its prompt
            lab.serverSays("has grubx64.efi by HTTP");
            lab.machineSays("Welcome to GRUB!");
        }
    }

    @Cell
    void grubFindsTheConfigurationOfItsMachine() throws Exception {
        try (var lab = new FirmwareLab(directory)) {
            lab.serve(Mode.DHCP, root, "UEFI_X64=own/grubx64.efi");
            lab.switchOn(VirtualMachine.OVMF);
            lab.serverSays("has own/grub.cfg-01-52-54-00-4b-4c-01 by TFTP");
            lab.machineSwitchesItselfOff();
        }
    }

    @Cell
    void secureBootRefusesAnUnsignedLoader() throws Exception {
        try (var lab = new FirmwareLab(directory)) {
            lab.serve(Mode.DHCP, root, "UEFI_X64=snponly.efi", "IPXE=hello.ipxe");
            lab.switchOn(VirtualMachine.OVMF_SECURE_BOOT);
            lab.serverSays("has snponly.efi by TFTP");
            lab.machineSays("Access Denied");
            assertThat(lab.events()).noneMatch(line -> line.contains("iPXE"));
        }
    }

    @Cell
    void shimRefusesAnUnsignedLoader() throws Exception {
        try (var lab = new FirmwareLab(directory)) {
            lab.serve(Mode.DHCP, root, "UEFI_X64=unsigned/shimx64.efi", "IPXE=hello.ipxe");
            lab.switchOn(VirtualMachine.OVMF_SECURE_BOOT);
            lab.serverSays("has unsigned/grubx64.efi by TFTP");
            lab.machineSays("Security Violation");
            assertThat(lab.events()).noneMatch(line -> line.contains("iPXE"));
        }
    }

    @Cell
    void aavmfBootsLinuxThroughGrub() throws Exception {
        try (var lab = new FirmwareLab(directory)) {
            lab.serve(Mode.DHCP, root, "UEFI_ARM64=grubaa64.efi");
            lab.switchOn(VirtualMachine.AAVMF);
            lab.serverSays("DISCOVER from UEFI arm64 PXE firmware");
            lab.serverSays("has grubaa64.efi by TFTP");
            lab.serverSays("Posted " + VirtualMachine.MAC + " report: aarch64 runs, locked down: 0");
            lab.machineSwitchesItselfOff();
            lab.keep("aavmf-pxe");
        }
    }

    @Cell
    void aPlainPxeRomLoadsIpxeAndItsScript() throws Exception {
        try (var lab = new FirmwareLab(directory); var rom = new PlainRom(directory)) {
            lab.serve(Mode.DHCP, root, "BIOS=undionly.kpxe", "IPXE=hello.ipxe");
            lab.switchOn(VirtualMachine.SEABIOS, rom.options());
            lab.serverSays("DISCOVER from BIOS PXE firmware");
            lab.serverSays("has undionly.kpxe by TFTP");
            lab.serverSays("DISCOVER from iPXE on BIOS firmware");
            lab.serverSays("has reached-by-pcbios by HTTP");
            lab.machineSwitchesItselfOff();
            lab.keep("plain-rom");
            assertThat(rom.blanked()).isPositive();
        }
    }

    /** DHCP servers that know nothing of network boot. */
    enum Foreign {
        DNSMASQ,
        ISC_DHCPD;

        void start(FirmwareLab lab, Path directory) throws Exception {
            Namespace place = lab.neighbour("dhcp0", "10.77.0.2/24");
            switch (this) {
                case DNSMASQ -> place.start(Namespace.tool("dnsmasq", "dnsmasq-base"), "--keep-in-foreground",
                        "--conf-file=/dev/null", "--port=0", "--interface=dhcp0", "--bind-interfaces",
                        "--except-interface=lo", "--log-facility=-", "--user=root", "--pid-file=", "--no-ping",
                        "--dhcp-leasefile=" + directory.resolve("dnsmasq.leases"), "--dhcp-authoritative",
                        "--dhcp-range=10.77.0.200,10.77.0.250,255.255.255.0,1h").await("DHCP, IP range");
                case ISC_DHCPD -> {
                    Path configuration = Files.writeString(directory.resolve("dhcpd.conf"), """
                            authoritative;
                            ping-check false;
                            subnet 10.77.0.0 netmask 255.255.255.0 {
                              range 10.77.0.200 10.77.0.250;
                              default-lease-time 3600;
                            }
                            """);
                    Path leases = Files.createFile(directory.resolve("dhcpd.leases"));
                    Path program = Namespace.copy(Namespace.tool("dhcpd", "isc-dhcp-server"),
                            directory.resolve("dhcpd"));
                    place.start(program.toString(), "-4", "-f", "-d", "--no-pid", "-cf", configuration.toString(),
                            "-lf", leases.toString(), "dhcp0").await("Sending on");
                }
            }
        }
    }

    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @EnumSource
    void aPlainPxeRomIsLedBesideAForeignServer(Foreign foreign) throws Exception {
        try (var lab = new FirmwareLab(directory); var rom = new PlainRom(directory)) {
            foreign.start(lab, directory);
            lab.serve(Mode.PROXY, root, "BIOS=undionly.kpxe", "IPXE=hello.ipxe");
            lab.switchOn(VirtualMachine.SEABIOS, rom.options());
            lab.serverSays("OFFER without an address, boot file undionly.kpxe");
            lab.serverSays("has undionly.kpxe by TFTP");
            lab.serverSays("has reached-by-pcbios by HTTP");
            lab.machineSwitchesItselfOff();
        }
    }

    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @EnumSource
    void ovmfIsLedBesideAForeignServer(Foreign foreign) throws Exception {
        try (var lab = new FirmwareLab(directory)) {
            foreign.start(lab, directory);
            lab.serve(Mode.PROXY, root, "UEFI_X64=snponly.efi", "IPXE=hello.ipxe");
            lab.switchOn(VirtualMachine.OVMF);
            lab.serverSays("OFFER without an address, boot file snponly.efi");
            lab.serverSays("has snponly.efi by TFTP");
            lab.serverSays("has reached-by-efi by HTTP");
            lab.machineSwitchesItselfOff();
            lab.keep("ovmf-proxy");
        }
    }

    /** We serve files only; the foreign server has what {@code kindling pxe hints} prints. */
    @Tag("full")
    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @EnumSource
    void ovmfBootsLinuxByAForeignServerWithOurHints(ServerHintsTest.Foreign foreign) throws Exception {
        try (var lab = new FirmwareLab(directory)) {
            lab.neighbour("dhcp0", "10.77.0.2/24").start(foreign.command(directory, false)).await(foreign.ready());
            lab.serve(Mode.NONE, root);
            lab.switchOn(VirtualMachine.OVMF);
            lab.serverSays("has snponly.efi by TFTP");
            lab.serverSays("has boot.ipxe by HTTP");
            lab.serverSays(AMD64_REPORT + 0);
            lab.machineSwitchesItselfOff();
        }
    }

    @Tag("full")
    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @EnumSource
    void aPlainPxeRomBootsLinuxByAForeignServerWithOurHints(ServerHintsTest.Foreign foreign) throws Exception {
        try (var lab = new FirmwareLab(directory); var rom = new PlainRom(directory)) {
            lab.neighbour("dhcp0", "10.77.0.2/24").start(foreign.command(directory, false)).await(foreign.ready());
            lab.serve(Mode.NONE, root);
            lab.switchOn(VirtualMachine.SEABIOS, rom.options());
            lab.serverSays("has undionly.kpxe by TFTP");
            lab.serverSays("has boot.ipxe by HTTP");
            lab.serverSays(AMD64_REPORT + 0);
            lab.machineSwitchesItselfOff();
        }
    }

    @Cell
    @DisplayName("lesson 2: a PXE ROM boots from an offer without option 43 too")
    void aPlainPxeRomBootsFromAProxyOfferWithoutOption43() throws Exception {
        try (var lab = new FirmwareLab(directory); var rom = new PlainRom(directory)) {
            Foreign.DNSMASQ.start(lab, directory);
            lab.serve(Mode.PROXY, root, "OFFER=ASKS_BOOT_SERVER", "BIOS=undionly.kpxe", "IPXE=hello.ipxe");
            lab.switchOn(VirtualMachine.SEABIOS, rom.options());
            lab.serverSays("has undionly.kpxe by TFTP");
            lab.serverSays("has reached-by-pcbios by HTTP");
            lab.machineSwitchesItselfOff();
        }
    }

    @Cell
    @DisplayName("lesson 2: UEFI firmware with 43.6 = 8 takes the file of the offer")
    void ovmfTakesTheFileOfAProxyOfferWhereOption43SaysSo() throws Exception {
        try (var lab = new FirmwareLab(directory)) {
            Foreign.DNSMASQ.start(lab, directory);
            lab.serve(Mode.PROXY, root, "OFFER=NAMES_FILE", "UEFI_X64=snponly.efi", "IPXE=hello.ipxe");
            lab.switchOn(VirtualMachine.OVMF);
            lab.serverSays("has snponly.efi by TFTP");
            assertThat(lab.events()).noneMatch(line -> line.contains("to the boot server"));
            lab.serverSays("has reached-by-efi by HTTP");
            lab.machineSwitchesItselfOff();
        }
    }

    @Cell
    void ovmfBootsByHttpBesideAForeignServer() throws Exception {
        try (var lab = new FirmwareLab(directory)) {
            Foreign.DNSMASQ.start(lab, directory);
            lab.serve(Mode.PROXY, root, "HTTP=snponly.efi", "IPXE=hello.ipxe");
            lab.switchOn(VirtualMachine.OVMF, HTTP_ONLY);
            lab.serverSays("OFFER without an address, boot file http://10.77.0.1/snponly.efi");
            lab.serverSays("has snponly.efi by HTTP");
            lab.serverSays("has reached-by-efi by HTTP");
            lab.machineSwitchesItselfOff();
            lab.keep("ovmf-http-proxy");
        }
    }

    @Cell
    void aPlainPxeRomBootsThroughARelayAgent() throws Exception {
        try (var lab = new FirmwareLab(directory, true); var rom = new PlainRom(directory)) {
            lab.serve(Mode.DHCP, root, "BIOS=undionly.kpxe", "IPXE=hello.ipxe");
            lab.switchOn(VirtualMachine.SEABIOS, rom.options());
            lab.serverSays("OFFER 10.78.0.1");
            lab.serverSays("has undionly.kpxe by TFTP");
            lab.serverSays("has reached-by-pcbios by HTTP");
            lab.machineSwitchesItselfOff();
            lab.keep("plain-rom-relayed");
        }
    }

    @Cell
    void ovmfBootsThroughARelayAgent() throws Exception {
        try (var lab = new FirmwareLab(directory, true)) {
            lab.serve(Mode.DHCP, root, "UEFI_X64=snponly.efi", "IPXE=hello.ipxe");
            lab.switchOn(VirtualMachine.OVMF);
            lab.serverSays("OFFER 10.78.0.1");
            lab.serverSays("has snponly.efi by TFTP");
            lab.serverSays("has reached-by-efi by HTTP");
            lab.machineSwitchesItselfOff();
            lab.keep("ovmf-relayed");
        }
    }
}

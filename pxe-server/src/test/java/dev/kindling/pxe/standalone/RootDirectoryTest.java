package dev.kindling.pxe.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.pxe.Agent;
import dev.kindling.pxe.Answer;
import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource.Fetch;
import dev.kindling.pxe.BootSource.Protocol;
import dev.kindling.pxe.Client;
import dev.kindling.pxe.Firmware;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.PxeConfig.Link6;
import dev.kindling.pxe.PxeConfig.Subnet;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RootDirectoryTest {
    private static final InetAddress SERVER = InetAddress.ofLiteral("10.0.0.1");
    private static final Link6 LINK6 = new Link6("eth0", InetAddress.ofLiteral("fd77::1"), 64, null, null, List.of(),
            null, Duration.ofHours(1), false);
    private static final MacAddress MAC = new MacAddress("52:54:00:00:00:01");
    private static final UUID SMBIOS = UUID.fromString("4c4c4544-0031-3010-8051-b4c04f4b3232");

    @TempDir
    private Path outside;
    private Path root = Path.of("");

    @BeforeEach
    void aRootWithFiles() throws IOException {
        root = Files.createDirectories(outside.resolve("root"));
        Files.writeString(outside.resolve("secret"), "nobody's business");
        for (String file : List.of("bios.0", "x64.efi", "boot.ipxe", "Linux/VmLinuz", "Linux/initrd.img",
                "ubuntu/shimx64.efi", "ubuntu/grubx64.efi", "grubx64.efi", "own.cfg", "a b.ipxe")) {
            Path path = root.resolve(file);
            Files.createDirectories(path.getParent());
            Files.writeString(path, "this is " + file);
        }
    }

    private RootDirectory source() throws IOException {
        return source(new BootSettings("bios.0", "x64.efi", null, null, "boot.ipxe", null, null, List.of(), null));
    }

    private RootDirectory source(BootSettings settings) throws IOException {
        return new RootDirectory(root, settings, List.of(new Link("eth0", SERVER, Subnet.of(SERVER, 24))),
                List.of(LINK6),
                () -> 8080);
    }

    private static BootSettings boot(@Nullable String x64, @Nullable String grub, @Nullable String kernel,
            List<String> initrds, @Nullable String arguments) {
        return new BootSettings(null, x64, null, null, null, grub, kernel, initrds, arguments);
    }

    private static Reservations kept(BootSettings boot) {
        return new Reservations(List.of(new Reservation(MAC, SMBIOS, null,
                (Inet4Address) InetAddress.ofLiteral("10.0.0.20"), "node1", boot)));
    }

    private static Client client(Firmware firmware, Agent agent) {
        return client(firmware, agent, null);
    }

    private static Client client(Firmware firmware, Agent agent, @Nullable Integer vlan) {
        return new Client(MAC, null, firmware, agent, SERVER, 8080, 0, Client.Sent.NOTHING,
                new Client.Way("eth0", vlan, null, null, null));
    }

    private static @Nullable String told(RootDirectory source, Client client) {
        return ((Answer.Lease) source.answer(client)).bootFile();
    }

    private static @Nullable String fetched(RootDirectory source, Protocol protocol, String path,
            @Nullable MacAddress mac) throws IOException {
        var file = source.open(new Fetch(protocol, path, InetAddress.ofLiteral("10.0.0.20"), mac, null, false));
        return file.isEmpty() ? null : switch (file.get()) {
            case BootFile.OnDisk disk -> Files.readString(disk.path());
            case BootFile.Bytes bytes -> new String(bytes.content(), StandardCharsets.UTF_8);
            default -> throw new AssertionError("unexpected " + file);
        };
    }

    @Test
    void tellsEachFirmwareItsOwnLoader() throws IOException {
        RootDirectory source = source();
        assertThat(told(source, client(Firmware.BIOS, Agent.FIRMWARE_PXE))).isEqualTo("bios.0");
        assertThat(told(source, client(Firmware.UEFI_X64, Agent.FIRMWARE_PXE))).isEqualTo("x64.efi");
        assertThat(told(source, client(Firmware.UEFI_X64, Agent.FIRMWARE_HTTP)))
                .isEqualTo("http://10.0.0.1:8080/x64.efi");
        assertThat(told(source, client(Firmware.UEFI_X64, Agent.IPXE))).isEqualTo("http://10.0.0.1:8080/boot.ipxe");
        assertThat(told(source, client(Firmware.UEFI_X64, Agent.OPERATING_SYSTEM))).isNull();
        assertThat(told(source, client(Firmware.UEFI_RISCV64, Agent.FIRMWARE_PXE))).isNull();
    }

    @Test
    void writesPathsIntoUrlsAsUrlsWantThem() throws IOException {
        RootDirectory source = source(
                new BootSettings(null, null, null, "http://elsewhere/x.efi", "/a b.ipxe", null, null, List.of(), null));
        assertThat(told(source, client(Firmware.BIOS, Agent.IPXE))).isEqualTo("http://10.0.0.1:8080/a%20b.ipxe");
        assertThat(told(source, client(Firmware.UEFI_X64, Agent.FIRMWARE_HTTP))).isEqualTo("http://elsewhere/x.efi");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../secret", "Linux/../../secret", "link", "directory-link/secret", "absolute", "pipe",
            "Linux", "", "nul\0name", "missing"})
    void servesNothingButItsOwnRegularFiles(String path) throws Exception {
        Files.createSymbolicLink(root.resolve("link"), Path.of("../secret"));
        Files.createSymbolicLink(root.resolve("directory-link"), Path.of(".."));
        Files.createSymbolicLink(root.resolve("absolute"), Path.of("/dev/zero"));
        assertThat(new ProcessBuilder("mkfifo", root.resolve("pipe").toString()).start().waitFor()).isZero();

        assertThat(fetched(source(), Protocol.HTTP, path, MAC)).isNull();
        assertThat(fetched(source(), Protocol.TFTP, path, MAC)).isNull();
    }

    @Test
    void followsALinkThatStaysInside() throws IOException {
        Files.createSymbolicLink(root.resolve("vmlinuz"), Path.of("Linux/VmLinuz"));
        assertThat(fetched(source(), Protocol.HTTP, "vmlinuz", MAC)).isEqualTo("this is Linux/VmLinuz");
    }

    @Test
    void takesNamesInAnyCaseByTftpOnly() throws IOException {
        assertThat(fetched(source(), Protocol.TFTP, "LINUX/vmlinuz", MAC)).isEqualTo("this is Linux/VmLinuz");
        assertThat(fetched(source(), Protocol.HTTP, "LINUX/vmlinuz", MAC)).isNull();
    }

    @Test
    @DisplayName("lesson 15: autoexec.ipxe is always there, and goes on asking")
    void alwaysHasAnAutoexecThatAsksAgainUntilItIsServed() throws IOException {
        assertThat(fetched(source(), Protocol.TFTP, "autoexec.ipxe", null)).startsWith("#!ipxe\n")
                .contains("dhcp && chain --autofree http://10.0.0.1:8080/boot.ipxe ||", "goto again");
        Files.writeString(root.resolve("autoexec.ipxe"), "own");
        assertThat(fetched(source(), Protocol.TFTP, "autoexec.ipxe", null)).isEqualTo("own");
    }

    @Test
    @DisplayName("lesson 15: snponly by default, another loader for one machine")
    void takesSnponlyBeforeIpxeAndAnotherLoaderForOneMachine() throws IOException {
        Files.writeString(root.resolve("ipxe.efi"), "all drivers");
        Files.writeString(root.resolve("snponly.efi"), "the firmware's driver");
        RootDirectory source = source(BootSettings.NONE);
        assertThat(told(source, client(Firmware.UEFI_X64, Agent.FIRMWARE_PXE))).isEqualTo("snponly.efi");

        source.reserve(kept(boot("ipxe.efi", null, null, List.of(), null)));
        assertThat(told(source, client(Firmware.UEFI_X64, Agent.FIRMWARE_PXE))).isEqualTo("ipxe.efi");
    }

    @Test
    void keepsAddressNameAndLoaderForOneMachine() throws IOException {
        RootDirectory source = source();
        source.reserve(kept(boot("ubuntu/shimx64.efi", null, null, List.of(), null)));

        assertThat(source.answer(client(Firmware.UEFI_X64, Agent.FIRMWARE_PXE))).isEqualTo(
                new Answer.Lease(InetAddress.ofLiteral("10.0.0.20"), "node1", "ubuntu/shimx64.efi"));
        assertThat(told(source, client(Firmware.BIOS, Agent.FIRMWARE_PXE))).isEqualTo("bios.0");
        assertThat(source.isReserved(InetAddress.ofLiteral("10.0.0.20"))).isTrue();
        assertThat(source.isReserved(InetAddress.ofLiteral("10.0.0.21"))).isFalse();
    }

    /** rhboot/shim issues 165, 300 and 710. */
    @Test
    @DisplayName("lesson 3: shim gets its GRUB also where it looks at the root; lesson 16: each machine that of"
            + " its own system")
    void givesEachMachineTheGrubBesideItsShimWhereverShimLooksForIt() throws IOException {
        RootDirectory source = source(boot("ubuntu/shimx64.efi", null, null, List.of(), null));
        assertThat(fetched(source, Protocol.TFTP, "grubx64.efi", MAC)).isEqualTo("this is ubuntu/grubx64.efi");
        assertThat(fetched(source, Protocol.TFTP, "EFI/BOOT/grubx64.efi", MAC)).isEqualTo("this is ubuntu/grubx64.efi");
    }

    @Test
    void bootsAMachinesOwnKernelThroughAScriptThatIsMade() throws IOException {
        RootDirectory source = source();
        source.reserve(kept(boot(null, null, "Linux/VmLinuz", List.of("Linux/initrd.img"), "console=ttyS0 quiet")));

        String url = told(source, client(Firmware.UEFI_X64, Agent.IPXE));
        assertThat(url).isEqualTo("http://10.0.0.1:8080/kindling/boot/52-54-00-00-00-01.ipxe");
        assertThat(fetched(source, Protocol.HTTP, "kindling/boot/52-54-00-00-00-01.ipxe", null)).isEqualTo("""
                #!ipxe
                # made by kindling for 52:54:00:00:00:01
                kernel /Linux/VmLinuz initrd=initrd0 console=ttyS0 quiet
                initrd --name initrd0 /Linux/initrd.img
                boot
                """);
    }

    @Test
    void handsTheVlanOnToScriptAndKernel() throws IOException {
        RootDirectory source = source();
        assertThat(told(source, client(Firmware.BIOS, Agent.IPXE, 42)))
                .endsWith("/kindling/boot/52-54-00-00-00-01.vlan42.ipxe");
        assertThat(fetched(source, Protocol.HTTP, "kindling/boot/52-54-00-00-00-01.vlan42.ipxe", null))
                .contains("""
                        set vlan 42
                        set args ifname=bootnet:52:54:00:00:00:01 vlan=vlan42:bootnet
                        chain --autofree /boot.ipxe
                        """);
    }

    @ParameterizedTest
    @ValueSource(strings = {"grub.cfg-01-52-54-00-00-00-01", "grub/grub.cfg-01-52-54-00-00-00-01",
            "grub.cfg-4c4c4544-0031-3010-8051-b4c04f4b3232", "EFI/debian/grub.cfg-0A000014", "grub/grub.cfg"})
    void hasAMachinesGrubConfigurationByEveryNameThatGrubTries(String name) throws IOException {
        RootDirectory source = source();
        source.reserve(kept(boot(null, null, "Linux/VmLinuz", List.of("Linux/initrd.img"), "quiet")));
        assertThat(fetched(source, Protocol.TFTP, name, MAC))
                .contains("linux '/Linux/VmLinuz' quiet\n", "initrd '/Linux/initrd.img'\n");

        source.reserve(kept(boot(null, "own.cfg", null, List.of(), null)));
        assertThat(fetched(source, Protocol.TFTP, name, MAC)).isEqualTo("this is own.cfg");
    }

    @ParameterizedTest
    @ValueSource(strings = {"grub.cfg-0A0000", "grub.cfg-0", "grub.cfg-01-52-54-00-00-00-02", "grub.cfg-tomato"})
    void leavesGrubToTryOnWhereTheNameIsNotTheMachines(String name) throws IOException {
        RootDirectory source = source();
        source.reserve(kept(boot(null, "own.cfg", null, List.of(), null)));
        assertThat(fetched(source, Protocol.TFTP, name, MAC)).isNull();
    }

    @Test
    void namesTheFileThatIsNotThere() {
        assertThatThrownBy(() -> source(boot("nowhere.efi", null, null, List.of(), null)))
                .isInstanceOf(IOException.class).hasMessageContaining("--uefi-x64 nowhere.efi")
                .hasMessageContaining(root.toString());
    }

    @Test
    void oneLoaderThatIsMissingIsSaidAndItsMachinesRefusedUntilItIsThere() throws IOException {
        RootDirectory source = source(new BootSettings("bios.0", "x64.efi", "boot/arm64.efi", null, "boot.ipxe", null,
                null, List.of(), null));
        String reason = "--uefi-arm64 boot/arm64.efi: there is no such file below " + root.toRealPath()
                + ", and no package of this system has it";
        assertThat(source.absentLoaders()).containsExactly(reason);
        assertThat(told(source, client(Firmware.UEFI_ARM64, Agent.FIRMWARE_PXE))).isEqualTo("boot/arm64.efi");
        var asked = new Fetch(Protocol.TFTP, "boot/arm64.efi", InetAddress.ofLiteral("10.0.0.20"), MAC, null, false);
        assertThat(source.open(asked)).contains(new BootFile.Refused(reason));

        Files.writeString(Files.createDirectories(root.resolve("boot")).resolve("arm64.efi"), "this is it");
        assertThat(fetched(source, Protocol.TFTP, "boot/arm64.efi", MAC)).isEqualTo("this is it");
    }

    @Test
    void noneOfTheLoadersThatWereNamedIsRefusedWithAllOfThem() {
        assertThatThrownBy(() -> source(new BootSettings("no.0", "no.efi", null, null, null, null, null, List.of(),
                null))).isInstanceOf(IOException.class).hasMessageContainingAll("--bios no.0", "--uefi-x64 no.efi");
    }

    @Test
    void leadsIpxeToTheAddressThatItReachesUsBy() throws IOException {
        for (String[] remote : new String[][]{{"10.0.0.20", "http://10.0.0.1:8080/"},
                {"fd77::99", "http://[fd77:0:0:0:0:0:0:1]:8080/"}, {"10.9.0.1", "http://${next-server}:8080/"}}) {
            var asked = new Fetch(Protocol.TFTP, "autoexec.ipxe", InetAddress.ofLiteral(remote[0]), null, null, false);
            assertThat(source().open(asked)).hasValueSatisfying(file -> assertThat(
                    new String(((BootFile.Bytes) file).content(), StandardCharsets.UTF_8)).contains(remote[1]));
        }
    }

    @Test
    void aReservationWithAMissingFileReplacesNothing() throws IOException {
        RootDirectory source = source();
        source.reserve(kept(BootSettings.NONE));
        assertThatThrownBy(() -> source.reserve(kept(boot(null, null, "no-kernel", List.of(), null))))
                .hasMessageContaining("52:54:00:00:00:01, kernel no-kernel");
        assertThat(source.isReserved(InetAddress.ofLiteral("10.0.0.20"))).isTrue();
    }
}

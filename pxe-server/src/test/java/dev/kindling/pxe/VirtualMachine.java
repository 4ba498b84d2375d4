package dev.kindling.pxe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The machines of {@link FirmwareMatrixTest}: QEMU with firmware that others wrote. */
enum VirtualMachine {
    /** SeaBIOS, which runs the network adapter's own ROM: QEMU's are made of iPXE. */
    SEABIOS("qemu-system-x86_64", "qemu-system-x86", null, null, "pc,graphics=off"),
    /** EDK2 for x86. */
    OVMF("qemu-system-x86_64", "qemu-system-x86", "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd",
            "q35"),
    /** The same with Secure Boot on, and Microsoft's keys enrolled. */
    OVMF_SECURE_BOOT("qemu-system-x86_64", "qemu-system-x86", "/usr/share/OVMF/OVMF_CODE_4M.ms.fd",
            "/usr/share/OVMF/OVMF_VARS_4M.ms.fd", "q35,smm=on"),
    /** EDK2 for 64-bit ARM. */
    AAVMF("qemu-system-aarch64", "qemu-system-arm", "/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd",
            "virt");

    static final String MAC = "52:54:00:4b:4c:01";
    private final String program;
    private final String debianPackage;
    private final String code;
    private final String variables;
    private final String board;

    VirtualMachine(String program, String debianPackage, @org.jspecify.annotations.Nullable String code,
            @org.jspecify.annotations.Nullable String variables, String board) {
        this.program = program;
        this.debianPackage = debianPackage;
        this.code = code == null ? "" : code;
        this.variables = variables == null ? "" : variables;
        this.board = board;
    }

    /**
     * A command that runs the machine, and ends when it switches itself off or wants to start again.
     *
     * @param console file of what it says on its serial port
     * @param directory for its variables
     * @param more such as another network adapter; the default is virtio-net
     */
    String[] command(Path console, Path directory, String tap, String... more) throws IOException {
        var command = new ArrayList<>(List.of(Namespace.tool("setpriv", "util-linux"), "--pdeathsig", "KILL", "--",
                Namespace.tool(program, debianPackage), "-accel", "tcg", "-machine", board, "-m", "512", "-nodefaults",
                "-display", "none", "-monitor", "none", "-serial", "file:" + console, "-no-reboot", "-device",
                "virtio-rng-pci",
                "-netdev", "tap,id=net,ifname=" + tap + ",script=no,downscript=no,vhost=off"));
        if (this == AAVMF) {
            command.addAll(List.of("-cpu", "cortex-a57"));
        }
        if (this == OVMF_SECURE_BOOT) {
            command.addAll(List.of("-global", "driver=cfi.pflash01,property=secure,value=on"));
        }
        if (!code.isEmpty()) {
            if (!Files.isReadable(Path.of(code))) {
                throw new AssertionError(code + " is missing: apt-get install ovmf qemu-efi-aarch64");
            }
            Path own = Files.copy(Path.of(variables), directory.resolve("variables.fd"));
            command.addAll(List.of("-drive", "if=pflash,format=raw,unit=0,readonly=on,file=" + code, "-drive",
                    "if=pflash,format=raw,unit=1,file=" + own));
        }
        List<String> others = List.of(more);
        if (!others.contains("-device")) {
            // UEFI drives the adapter itself; an iPXE ROM on it would take its place
            command.addAll(List.of("-device", "virtio-net-pci,netdev=net,bootindex=1,mac=" + MAC
                    + (this == SEABIOS ? "" : ",romfile=")));
        }
        command.addAll(others);
        return command.toArray(String[]::new);
    }
}

package dev.kindling.engine.machine.virtual;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** How QEMU executes guests here. */
public enum Accelerator {
    /** In hardware. */
    KVM("kvm"),
    /** In software: slower by an order of magnitude, works everywhere. */
    TCG("tcg");

    private static final Path DEVICE = Path.of("/dev/kvm");
    /** What QEMU's isa-debug-exit makes of the value 0x10: (0x10 << 1) | 1. */
    private static final int GUEST_RAN = 33;

    private final String option;

    Accelerator(String option) {
        this.option = option;
    }

    /** For {@code -accel}. */
    String option() {
        return option;
    }

    /**
     * Finds out by running a guest of one sector: there are hosts whose /dev/kvm opens but runs nothing.
     *
     * @param scratch directory for the sector
     */
    public static Accelerator probe(Path scratch) throws IOException, InterruptedException {
        if (!Files.isReadable(DEVICE) || !Files.isWritable(DEVICE)) {
            return TCG;
        }
        // mov al,0x10; out 0xf4,al; cli; hlt; jmp $-2, and the boot signature
        byte[] sector = new byte[512];
        byte[] code = {(byte) 0xb0, 0x10, (byte) 0xe6, (byte) 0xf4, (byte) 0xfa, (byte) 0xf4, (byte) 0xeb, (byte) 0xfd};
        System.arraycopy(code, 0, sector, 0, code.length);
        sector[510] = 0x55;
        sector[511] = (byte) 0xaa;
        Path image = Files.write(Files.createTempFile(scratch, "kvm-probe", ".img"), sector);
        try {
            Process guest = new ProcessBuilder("qemu-system-x86_64", "-accel", "kvm", "-m", "16", "-display", "none",
                    "-monitor", "none", "-nic", "none", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=1",
                    "-drive", "file=" + image + ",format=raw,readonly=on").redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            if (!guest.waitFor(5, TimeUnit.SECONDS)) {
                guest.destroyForcibly().waitFor();
                return TCG;
            }
            return guest.exitValue() == GUEST_RAN ? KVM : TCG;
        } finally {
            Files.deleteIfExists(image);
        }
    }
}

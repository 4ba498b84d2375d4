package dev.kindling.tui.primer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A machine made by QEMU, without hardware acceleration, whose serial port a person watches and types at. */
final class PrimerMachine implements AutoCloseable {
    /** What the machine starts with. */
    enum Firmware {
        BIOS,
        UEFI,
        SECURE_BOOT
    }

    private final Process process;
    private final @Nullable Process tpm;
    private final StringBuilder console = new StringBuilder();

    private PrimerMachine(Process process, @Nullable Process tpm) {
        this.process = process;
        this.tpm = tpm;
        Thread.ofVirtual().start(this::read);
    }

    /**
     * Switches it on.
     *
     * @param directory for its variables and its TPM, which stay when it is switched off
     * @param withTpm whether it has a TPM 2.0
     */
    static PrimerMachine start(Path directory, Firmware firmware, boolean withTpm, List<String> devices)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-smp", "2",
                "-m", "2048", "-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio"));
        command.addAll(firmware(directory, firmware));
        command.addAll(devices);
        Process tpm = null;
        if (withTpm) {
            Path state = Files.createDirectories(directory.resolve("tpm"));
            Path socket = state.resolve("socket");
            Files.deleteIfExists(socket);
            tpm = start(List.of("swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + state, "--ctrl",
                    "type=unixio,path=" + socket), "swtpm");
            for (int i = 0; i < 3000 && !Files.exists(socket); i++) {
                TimeUnit.MILLISECONDS.sleep(20);
            }
            command.addAll(
                    List.of("-chardev", "socket,id=tpm,path=" + socket, "-tpmdev", "emulator,id=tpm0,chardev=tpm",
                            "-device", (firmware == Firmware.BIOS ? "tpm-tis" : "tpm-crb") + ",tpmdev=tpm0"));
        }
        return new PrimerMachine(start(command, "qemu-system-x86"), tpm);
    }

    private static Process start(List<String> command, String debianPackage) {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new AssertionError("this test needs the Debian package " + debianPackage, e);
        }
    }

    private static List<String> firmware(Path directory, Firmware firmware) throws IOException {
        if (firmware == Firmware.BIOS) {
            return List.of();
        }
        boolean secure = firmware == Firmware.SECURE_BOOT;
        Path code = Path.of("/usr/share/OVMF/OVMF_CODE_4M" + (secure ? ".secboot" : "") + ".fd");
        assertThat(code).as("this test needs the Debian package ovmf").exists();
        Path variables = directory.resolve("OVMF_VARS.fd");
        if (!Files.exists(variables)) {
            // With the keys of Microsoft enrolled: what machines are sold with.
            Files.copy(Path.of("/usr/share/OVMF/OVMF_VARS_4M" + (secure ? ".ms" : "") + ".fd"), variables);
        }
        List<String> arguments = new ArrayList<>(List.of("-machine", secure ? "q35,smm=on" : "q35"));
        if (secure) {
            arguments.addAll(List.of("-global", "driver=cfi.pflash01,property=secure,value=on"));
        }
        arguments.addAll(List.of("-drive", "if=pflash,unit=0,format=raw,readonly=on,file=" + code, "-drive",
                "if=pflash,unit=1,format=raw,file=" + variables));
        return arguments;
    }

    static List<String> cd(Path image) {
        return List.of("-device", "ich9-ahci,id=ahci", "-drive",
                "if=none,id=cd,media=cdrom,readonly=on,format=raw,file=" + image, "-device",
                "ide-cd,drive=cd,bus=ahci.0,bootindex=1");
    }

    static List<String> usb(Path image) {
        return List.of("-device", "qemu-xhci", "-drive", "if=none,id=usb,readonly=on,format=raw,file=" + image,
                "-device", "usb-storage,drive=usb,removable=on,bootindex=1");
    }

    /** A port on a network of QEMU's own, with a DHCP server; this computer is 10.0.2.2 on it. */
    static List<String> network(String mac) {
        return List.of("-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,mac=" + mac + ",romfile=");
    }

    static List<String> disk(Path file, String serial) {
        return List.of("-drive", "if=none,format=raw,cache=unsafe,id=disk-" + serial + ",file=" + file, "-device",
                "virtio-blk-pci,drive=disk-" + serial + ",serial=" + serial + ",bootindex=2");
    }

    private void read() {
        byte[] buffer = new byte[8192];
        try (InputStream in = process.getInputStream()) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                synchronized (console) {
                    console.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
                    console.notifyAll();
                }
            }
        } catch (IOException e) {
            // It was switched off.
        }
    }

    /** Waits until the serial port has shown these texts, one after the other; forgets what was before them. */
    void shows(Duration limit, String... texts) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        synchronized (console) {
            for (String text : texts) {
                for (int at = console.indexOf(text); at < 0; at = console.indexOf(text)) {
                    long left = (end - System.nanoTime()) / 1_000_000;
                    assertThat(left).as("the console never showed '%s', but:%n%s", text, this).isPositive();
                    assertThat(process.isAlive()).as("switched on, until it shows '%s':%n%s", text, this).isTrue();
                    console.wait(Math.min(left, 500));
                }
                console.delete(0, console.indexOf(text) + text.length());
            }
        }
    }

    /** Waits for a text of this form, and returns it. */
    String line(Duration limit, String pattern) throws InterruptedException {
        Pattern wanted = Pattern.compile(pattern);
        long end = System.nanoTime() + limit.toNanos();
        synchronized (console) {
            while (true) {
                Matcher matcher = wanted.matcher(console);
                if (matcher.find()) {
                    return matcher.group();
                }
                assertThat(System.nanoTime() - end).as("the console never showed %s, but:%n%s", pattern, this)
                        .isNegative();
                console.wait(500);
            }
        }
    }

    void type(String text) throws IOException {
        OutputStream out = process.getOutputStream();
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    /** Waits until it restarts or goes off. */
    void ends(Duration limit) throws InterruptedException {
        assertThat(process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)).as("off within %s%n%s", limit, this)
                .isTrue();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
        if (tpm != null) {
            tpm.destroy();
            tpm.onExit().join();
        }
    }

    @Override
    public String toString() {
        synchronized (console) {
            String all = console.toString().replaceAll("\u001b\\[[0-9;?]*[A-Za-z]", " ").replace("\r", "");
            return all.substring(Math.max(0, all.length() - 3000));
        }
    }
}

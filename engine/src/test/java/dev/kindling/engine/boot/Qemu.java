package dev.kindling.engine.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A machine made by QEMU, without hardware acceleration, so that the tests run everywhere. It ends when it restarts.
 */
final class Qemu implements AutoCloseable {
    private final Process process;
    private final Path console;
    private final Path errors;

    private Qemu(Process process, Path console, Path errors) {
        this.process = process;
        this.console = console;
        this.errors = errors;
    }

    static Qemu start(Path directory, String name, List<String> arguments) {
        Path console = directory.resolve(name + ".console");
        Path errors = directory.resolve(name + ".errors");
        List<String> command = new ArrayList<>(
                List.of("qemu-system-x86_64", "-accel", "tcg", "-m", "768", "-nodefaults",
                        "-display", "none", "-no-reboot", "-serial", "file:" + console));
        command.addAll(arguments);
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(errors.toFile())
                    .start();
            return new Qemu(process, console, errors);
        } catch (IOException e) {
            throw new UncheckedIOException("This test needs the Debian package qemu-system-x86", e);
        }
    }

    /** A virtio disk with a serial number. */
    static List<String> disk(Path file, String serial, int bootIndex) {
        return List.of("-drive", "if=none,format=raw,cache=unsafe,id=d-" + serial + ",file=" + file, "-device",
                "virtio-blk-pci,drive=d-" + serial + ",serial=" + serial + ",bootindex=" + bootIndex);
    }

    /** A network port that sees the host at 10.0.2.2. */
    static List<String> userNetwork(String mac, String options) {
        return List.of("-netdev", "user,id=net0" + options, "-device",
                "virtio-net-pci,netdev=net0,romfile=,mac=" + mac);
    }

    /** UEFI firmware with variables of its own. */
    static List<String> uefi(Path directory) throws IOException {
        Path code = Path.of("/usr/share/OVMF/OVMF_CODE_4M.fd");
        assertThat(code).as("This test needs the Debian package ovmf").exists();
        Path variables = directory.resolve("OVMF_VARS.fd");
        if (!Files.exists(variables)) {
            Files.copy(Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd"), variables);
        }
        return List.of("-machine", "q35", "-drive", "if=pflash,unit=0,format=raw,readonly=on,file=" + code, "-drive",
                "if=pflash,unit=1,format=raw,file=" + variables);
    }

    /** Waits until the machine is off or wants to restart. */
    void awaitEnd(Duration limit) throws InterruptedException {
        assertThat(process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)).as("ended within %s%n%s", limit, this)
                .isTrue();
    }

    String console() {
        try {
            return Files.exists(console)
                    ? new String(Files.readAllBytes(console), StandardCharsets.ISO_8859_1).replace("\r", "")
                    : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public String toString() {
        try {
            return console() + "\n" + Files.readString(errors);
        } catch (IOException e) {
            return console();
        }
    }
}

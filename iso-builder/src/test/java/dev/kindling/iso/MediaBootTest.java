package dev.kindling.iso;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.iso.image.Content;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Machines boot what was written: real firmware and real boot loaders. */
class MediaBootTest {
    private static final Instant TIME = Instant.parse("2026-03-04T05:06:07Z");
    private static final Duration LIMIT = Duration.ofMinutes(3);

    /** How the medium is put into the machine. */
    enum Slot {
        CD("media=cdrom", "ide-cd,drive=d,bootindex=1"),
        DISK("media=disk",
                "virtio-blk-pci,drive=d,bootindex=1"),
        USB("media=disk", "usb-storage,drive=d,bootindex=1");

        private final String drive;
        private final String device;

        Slot(String drive, String device) {
            this.drive = drive;
            this.device = device;
        }
    }

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(names = {"CD", "USB"})
    void isolinuxStartsOnBios(Slot slot) throws Exception {
        // it speaks on the serial port only once it has read its configuration from the medium
        boots(Media.isolinuxAndGrub(TIME), slot, List.of(), "boot: ");
    }

    @ParameterizedTest
    @EnumSource(names = {"CD", "DISK"})
    void grubStartsOnBios(Slot slot) throws Exception {
        boots(Media.grubForBios(directory, TIME), slot, List.of());
    }

    @Test
    void shimAndGrubStartOnUefiFromADisk() throws Exception {
        boots(Media.isolinuxAndGrub(TIME), Slot.USB, uefi("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd", "q35"));
    }

    @Test
    void shimAndGrubStartWithSecureBootFromACd() throws Exception {
        boots(Media.isolinuxAndGrub(TIME), Slot.CD, secureBoot());
    }

    @ParameterizedTest
    @EnumSource
    @Tag("full")
    void shimAndGrubStartWithAndWithoutSecureBoot(Slot slot) throws Exception {
        MediaSpec spec = Media.isolinuxAndGrub(TIME);
        boots(spec, slot, uefi("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd", "q35"));
        boots(spec, slot, secureBoot());
    }

    /** The kernel of a changed medium tells which arguments it was given. */
    @Test
    void anEditedMediumBootsItsKernelWithTheNewArguments() throws Exception {
        Path image = directory.resolve("vendor.iso");
        IsoBuilder.write(Media.withKernel(directory, TIME), image, _ -> {});
        IsoEditor editor = new IsoEditor(Content.file(image)).kernelArguments("console=ttyS0 kindling.edited=1");
        boots(editor.image(), Slot.CD, List.of(), "kindling.edited=1");
        boots(editor.image(), Slot.USB, uefi("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd", "q35"), "kindling.edited=1");
    }

    private List<String> secureBoot() throws IOException {
        List<String> all = new ArrayList<>(uefi("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.ms.fd", "q35,smm=on"));
        all.addAll(List.of("-global", "driver=cfi.pflash01,property=secure,value=on"));
        return all;
    }

    private List<String> uefi(String code, String variables, String machine) throws IOException {
        Path firmware = Path.of("/usr/share/OVMF");
        assertThat(firmware.resolve(code)).as("This test needs the Debian package ovmf").exists();
        Path own = directory.resolve(variables);
        Files.deleteIfExists(own);
        Files.copy(firmware.resolve(variables), own);
        return List.of("-machine", machine, "-drive", "if=pflash,unit=0,format=raw,readonly=on,file="
                + firmware.resolve(code), "-drive", "if=pflash,unit=1,format=raw,file=" + own);
    }

    private void boots(MediaSpec spec, Slot slot, List<String> machine) throws Exception {
        boots(spec, slot, machine, Media.MARKER);
    }

    private void boots(MediaSpec spec, Slot slot, List<String> machine, String expected) throws Exception {
        boots(IsoBuilder.image(spec), slot, machine, expected);
    }

    private void boots(Content content, Slot slot, List<String> machine, String expected) throws Exception {
        Path image = directory.resolve("image.iso");
        IsoBuilder.write(content, image, _ -> {});
        Path serial = directory.resolve("serial");
        Files.deleteIfExists(serial);
        List<String> command = new ArrayList<>(List.of("qemu-system-x86_64", "-accel", "tcg", "-m", "512",
                "-nodefaults",
                // isolinux writes through the adapter's BIOS, and waits where there is none
                "-vga", "std", "-display", "none", "-no-reboot", "-serial", "file:" + serial, "-device", "qemu-xhci",
                "-drive",
                "if=none,id=d,format=raw,readonly=on," + slot.drive + ",file=" + image, "-device", slot.device));
        command.addAll(machine);
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(directory.resolve("qemu").toFile()).start();
        } catch (IOException e) {
            throw new UncheckedIOException("This test needs the Debian package qemu-system-x86", e);
        }
        try {
            Instant deadline = Instant.now().plus(LIMIT);
            while (!console(serial).contains(expected) && process.isAlive() && Instant.now().isBefore(deadline)) {
                Thread.sleep(100);
            }
            assertThat(console(serial)).as("%s %s", slot, Files.readString(directory.resolve("qemu")))
                    .contains(expected);
        } finally {
            process.destroyForcibly().onExit().join();
        }
    }

    private static String console(Path serial) throws IOException {
        return Files.exists(serial) ? new String(Files.readAllBytes(serial), StandardCharsets.ISO_8859_1) : "";
    }
}

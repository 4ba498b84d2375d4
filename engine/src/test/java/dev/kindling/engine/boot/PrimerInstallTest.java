package dev.kindling.engine.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Primer;
import dev.kindling.engine.api.Primer.Encryption;
import dev.kindling.engine.api.Problem;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every reason not to write a disk. The writing itself is proved by QEMU machines, in the module tui. */
class PrimerInstallTest {
    private static final String ANSWERS = "disk.serial=S1\nerase=S1\n";
    private static final long ENOUGH = 8L << 30;
    @TempDir
    Path root;
    private PrimerInstall install;

    @BeforeEach
    void aLiveSystem() throws IOException {
        Files.createDirectories(root.resolve("medium/kindling"));
        Files.write(root.resolve("medium/kindling/debian.squashfs"), new byte[1000]);
        Files.createDirectories(root.resolve("sys/block/vda/queue"));
        Files.createDirectories(root.resolve("dev"));
        block("512", "0");
        try (RandomAccessFile disk = new RandomAccessFile(root.resolve("dev/vda").toFile(), "rw")) {
            disk.setLength(1 << 20);
        }
        install = new PrimerInstall(root, "1234");
    }

    private void block(String sectors, String readOnly) throws IOException {
        Files.writeString(root.resolve("sys/block/vda/queue/logical_block_size"), sectors + "\n");
        Files.writeString(root.resolve("sys/block/vda/ro"), readOnly + "\n");
    }

    private static Hardware.Disk disk(String device, String serial, long bytes, boolean removable, String inUseBy) {
        return new Hardware.Disk(device, "", serial, "", bytes, "virtio", false, removable, inUseBy, "");
    }

    private static Hardware machine(String tpm, Hardware.Disk... disks) {
        return new Hardware("", "", "", "", 2, 2048, "uefi", true, tpm, List.of(disks),
                List.of(new Hardware.Nic("eth0", "52:54:00:00:00:01", true, 1000, "")));
    }

    private List<String> codes(String answers, Hardware hardware) throws IOException {
        return install.check("answers", answers, "", hardware).problems().stream().map(Problem::code).toList();
    }

    @Test
    void theTpmIsUsedWhereThereIsOne() throws IOException {
        Hardware.Disk disk = disk("vda", "S1", ENOUGH, false, "");
        Primer.Installation withTpm = install.check("answers", ANSWERS, "", machine("2.0", disk));
        assertThat(withTpm.problems()).isEmpty();
        assertThat(withTpm.encryption()).isEqualTo(Encryption.TPM2);
        assertThat(withTpm.steps()).anyMatch(step -> step.title().contains("erase") && step.title().contains("S1"));
        Primer.Installation without = install.check("answers", ANSWERS, "", machine("none", disk));
        assertThat(without.encryption()).isEqualTo(Encryption.NONE);
        assertThat(without.steps()).anyMatch(step -> step.title().contains("NOT encrypted"));
        assertThat(codes(ANSWERS + "encryption=tpm2\n", machine("1.2", disk))).containsExactly("tpm-missing");
    }

    @Test
    void theWrongDiskIsNeverTaken() throws IOException {
        assertThat(codes(ANSWERS, machine("none", disk("vda", "S2", ENOUGH, false, ""))))
                .containsExactly("disk-missing");
        assertThat(codes(ANSWERS,
                machine("none", disk("vda", "S1", ENOUGH, false, ""), disk("vdb", "S1", ENOUGH, false, ""))))
                .containsExactly("disk-ambiguous");
        assertThat(codes(ANSWERS, machine("none", disk("vda", "S1", ENOUGH, true, ""))))
                .containsExactly("disk-removable");
        assertThat(codes(ANSWERS, machine("none", disk("vda", "S1", ENOUGH, false, "mounted at /medium"))))
                .containsExactly("disk-in-use");
        assertThat(codes("disk.serial=\nerase=\n", machine("none", disk("vda", "", ENOUGH, false, ""))))
                .contains("answers-value");
    }

    @Test
    void aDiskThatCannotHoldThePrimerIsRefused() throws IOException {
        assertThat(codes(ANSWERS, machine("none", disk("vda", "S1", 1L << 30, false, ""))))
                .containsExactly("disk-too-small");
        block("4096", "1");
        assertThat(codes(ANSWERS, machine("none", disk("vda", "S1", ENOUGH, false, ""))))
                .containsExactly("disk-sectors", "disk-read-only");
    }

    @Test
    void anUnknownNetworkPortIsRefused() throws IOException {
        Hardware hardware = machine("none", disk("vda", "S1", ENOUGH, false, ""));
        assertThat(codes(ANSWERS + "network.mac=52:54:00:00:00:02\n", hardware)).containsExactly("port-missing");
        assertThat(codes(ANSWERS + "network.mac=52:54:00:00:00:01\n", hardware)).isEmpty();
    }

    @Test
    void theSameInstallationIsRecognisedByItsMark() throws IOException {
        Hardware hardware = machine("none", disk("vda", "S1", ENOUGH, false, ""));
        assertThat(install.check("answers", ANSWERS, "", hardware).done()).isFalse();
        mark(PrimerInstall.mark(install.order(PrimerAnswers.read("", ANSWERS).values(), "")));
        table();
        assertThat(install.check("answers", ANSWERS, "", hardware).done()).isTrue();
        assertThat(install.check("answers", ANSWERS + "hostname=other\n", "", hardware).done()).isFalse();
        assertThat(install.check("answers", ANSWERS, "another definition", hardware).done()).isFalse();
    }

    @Test
    void whatKindlingInstalledGoesOnlyWhereItIsNamed() throws IOException {
        Hardware hardware = machine("none", disk("vda", "S1", ENOUGH, false, ""));
        mark("KINDLING1 order=o-77 machine=demo-cp-1\n");
        table();
        Primer.Installation refused = install.check("answers", ANSWERS, "", hardware);
        assertThat(refused.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.code()).isEqualTo("disk-holds-installation");
            assertThat(problem.message()).contains("o-77 of demo-cp-1");
            assertThat(problem.remedy()).contains("replace=o-77");
        });
        assertThat(codes(ANSWERS + "replace=o-78\n", hardware)).containsExactly("disk-holds-installation");
        assertThat(codes(ANSWERS + "replace=o-77\n", hardware)).isEmpty();
    }

    @Test
    void anInstallationWhoseTableIsGoneIsNotTakenForOneThatWasCutOff() throws IOException {
        Hardware hardware = machine("none", disk("vda", "S1", ENOUGH, false, ""));
        String order = install.order(PrimerAnswers.read("", ANSWERS).values(), "");
        mark(PrimerInstall.mark(order));
        assertThat(codes(ANSWERS, hardware)).containsExactly("disk-damaged");
        assertThat(codes(ANSWERS + "replace=" + order + "\n", hardware)).isEmpty();
    }

    private void mark(String text) throws IOException {
        write(DiskLayout.MARKER_OFFSET, text);
    }

    private void table() throws IOException {
        write(512, "EFI PART");
    }

    private void write(long at, String text) throws IOException {
        try (RandomAccessFile disk = new RandomAccessFile(root.resolve("dev/vda").toFile(), "rw")) {
            disk.seek(at);
            disk.write(text.getBytes(StandardCharsets.US_ASCII));
        }
    }
}

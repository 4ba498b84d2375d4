package dev.kindling.engine.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Primer;
import dev.kindling.iso.image.Gpt;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An installation that is cut off anywhere: the disk boots only when all of it is there and its key was kept. The
 * programs that make the state volume are replaced by ones that only tell; QEMU machines run the real ones (module
 * tui).
 */
class PrimerWritingTest {
    private static final String ANSWERS = "disk.serial=S1\nerase=S1\nencryption=key\n";
    private static final long BYTES = 2L << 30;
    @TempDir
    Path root;
    private final Clock clock = Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);
    /** What the state volume was made with last; empty: not yet. */
    private String volumeKey = "";
    private int volumes;
    private int systems;

    /** The power goes. */
    private static final class Cut extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    @BeforeEach
    void aLiveSystem() throws IOException {
        Path kindling = Files.createDirectories(root.resolve("medium/kindling"));
        StringBuilder sums = new StringBuilder();
        for (String name : List.of("vmlinuz", "debian.squashfs")) {
            byte[] content = name.repeat(1000).getBytes(StandardCharsets.US_ASCII);
            Files.write(kindling.resolve(name), content);
            sums.append(Hashes.of(kindling.resolve(name))).append("  ").append(name).append('\n');
        }
        Files.writeString(kindling.resolve("sha256sums"), sums);
        byte[] boot = new byte[512];
        boot[0x5C] = 1; // where the core image is
        boot[0x66] = (byte) 0xEB;
        boot[0x67] = 5;
        Files.write(kindling.resolve("boot.img"), boot);
        byte[] core = new byte[2048];
        core[500] = 2;
        Files.write(kindling.resolve("core.img"), core);
        Path loaders = Files.createDirectories(root.resolve("medium/EFI/BOOT"));
        for (String name : List.of("BOOTX64.EFI", "grubx64.efi", "mmx64.efi")) {
            Files.writeString(loaders.resolve(name), name);
        }
        Path queue = Files.createDirectories(root.resolve("sys/block/vda/queue"));
        Files.writeString(queue.resolve("logical_block_size"), "512\n");
        Files.writeString(root.resolve("sys/block/vda/ro"), "0\n");
        for (String each : List.of("dev/mapper", "run", "proc/sys/vm")) {
            Files.createDirectories(root.resolve(each));
        }
        Files.writeString(root.resolve("proc/mounts"), "");
        newDisk();
    }

    /** With something on it. */
    private void newDisk() throws IOException {
        Files.deleteIfExists(root.resolve("dev/vda"));
        try (RandomAccessFile disk = disk()) {
            disk.setLength(BYTES);
            disk.seek(512);
            disk.write("EFI PART of somebody else".getBytes(StandardCharsets.US_ASCII));
        }
    }

    private RandomAccessFile disk() throws IOException {
        return new RandomAccessFile(root.resolve("dev/vda").toFile(), "rw");
    }

    private String run(List<String> command, Map<String, String> environment, byte[] secret) throws IOException {
        return switch (command.getFirst()) {
            case "sha256sum", "sh" -> Command.run(root, command, environment, secret);
            case "losetup" -> command.contains("--show") ? "/dev/loop0\n" : "";
            case "cryptsetup" -> {
                if (command.contains("luksFormat")) {
                    volumeKey = new String(secret, StandardCharsets.US_ASCII);
                    volumes++;
                }
                yield "";
            }
            case "blockdev", "modprobe", "mke2fs", "mount", "umount" -> "";
            default -> throw new IOException("unexpected: " + command);
        };
    }

    private PrimerInstall install(PrimerInstall.Tools tools) {
        return new PrimerInstall(root, "1234", tools);
    }

    private static Hardware machine() {
        return new Hardware("", "", "", "", 2, 2048, "uefi", true, "none",
                List.of(new Hardware.Disk("vda", "", "S1", "", BYTES, "virtio", false, false, "", "")), List.of());
    }

    private Primer.Installation check() throws IOException {
        return install(this::run).check("answers", ANSWERS, "a definition", machine());
    }

    /** Counts what can be told apart, and cuts the power at one of them. */
    private final class Power implements Primer.Watcher, PrimerInstall.Tools {
        private final int last;
        private int count;
        private String before = "";
        private final List<Integer> begun = new ArrayList<>();

        Power(int last) {
            this.last = last;
        }

        private void on() {
            if (count++ == last) {
                throw new Cut();
            }
        }

        @Override
        public void begins(int step) {
            begun.add(step);
            on();
        }

        @Override
        public void at(String what, long done, long total) {
            // the system takes many writes: one at its start, one in the middle, one at the end
            String now = what + (total > 0 ? done * 2 / total : "");
            if (!now.equals(before)) {
                before = now;
                on();
            }
            if (what.equals("writing the system") && done == total) {
                systems++;
            }
        }

        @Override
        public String run(List<String> command, Map<String, String> environment, byte[] secret) throws IOException {
            if (!List.of("sha256sum", "sh", "modprobe", "losetup").contains(command.getFirst())
                    && !command.contains("--flushbufs")) {
                on();
            }
            return PrimerWritingTest.this.run(command, environment, secret);
        }
    }

    /** Returns the key that was kept in this go; empty: the one of an earlier go holds. */
    private Optional<String> goOn(Power power) throws IOException {
        boolean booted = boots();
        try (Primer.Written written = install(power).write(check(), new Random(power.last), clock, power)) {
            assertThat(boots()).as("before the key is kept").isEqualTo(booted && written.recoveryKey().isEmpty());
            written.finish(power);
            return written.recoveryKey();
        }
    }

    private boolean boots() throws IOException {
        byte[] head = new byte[Gpt.HEAD_SECTORS * Gpt.SECTOR];
        try (RandomAccessFile disk = disk()) {
            disk.readFully(head);
        }
        try {
            return Gpt.read(head, BYTES / Gpt.SECTOR).partitions().size() == 3;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void aDiskBootsWhenEverythingIsOnItAndItsKeyWasKept() throws IOException {
        Power power = new Power(-1);
        String kept = goOn(power).orElseThrow();
        assertThat(kept.replace("-", "")).isEqualTo(volumeKey);
        assertThat(boots()).isTrue();
        assertThat(power.begun).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(check().done()).isTrue();
        assertThat(root.resolve("run/kindling-install/upper/var/lib/kindling/primer/definition.yaml"))
                .hasContent("a definition");
        assertThat(root.resolve("var/log/kindling-install.log")).content().contains("2026-01-01T00:00:00Z",
                "erase the partition table", "installed").doesNotContain(kept, volumeKey);
        assertThat(root.resolve("run/kindling-install/upper/var/log/kindling-install.log")).content()
                .contains("make the state volume");
    }

    @Test
    void anInstallationThatIsCutOffAnywhereGoesOnAndIsNeverCalledDoneBefore() throws IOException {
        Power whole = new Power(-1);
        goOn(whole);
        assertThat(whole.count).isGreaterThan(15);
        for (int cut = 0; cut < whole.count; cut++) {
            newDisk();
            Files.deleteIfExists(root.resolve("dev/mapper/kindling-install"));
            Power power = new Power(cut);
            assertThatThrownBy(() -> goOn(power)).isInstanceOf(Cut.class);
            boolean booted = boots();
            Primer.Installation after = check();
            assertThat(after.problems()).as("cut %d", cut).isEmpty();
            assertThat(after.done()).as("cut %d", cut).isEqualTo(booted && cut == whole.count - 1);
            if (after.done()) {
                continue;
            }
            int systemsBefore = systems;
            boolean systemThere = after.steps().get(2).done();
            Optional<String> kept = goOn(new Power(-1));
            assertThat(boots()).isTrue();
            assertThat(check().done()).isTrue();
            assertThat(kept.isEmpty()).as("cut %d: a key that was kept stays", cut)
                    .isEqualTo(after.steps().get(3).done());
            kept.ifPresent(key -> assertThat(key.replace("-", "")).isEqualTo(volumeKey));
            assertThat(systems - systemsBefore).as("cut %d: what is there is not written again", cut)
                    .isEqualTo(systemThere ? 0 : 1);
        }
    }

    @Test
    void betweenTheKeptKeyAndTheMarkNothingIsMadeAgain() throws IOException {
        goOn(new Power(-1));
        // as the last writes reach the disk: the mark, the first sectors, the entries
        for (long[] missing : new long[][]{{DiskLayout.MARKER_OFFSET, 512}, {0, 1024}, {1024, 32 * 512}}) {
            try (RandomAccessFile disk = disk()) {
                disk.seek(missing[0]);
                disk.write(new byte[(int) missing[1]]);
                disk.seek(DiskLayout.MARKER_OFFSET);
                disk.write(new byte[512]);
            }
            assertThat(check().done()).isFalse();
            assertThat(check().remark()).contains("cut off", "the recovery key was kept");
            int before = volumes;
            Power power = new Power(-1);
            assertThat(goOn(power)).as("no new key").isEmpty();
            assertThat(power.begun).containsExactly(0, 5);
            assertThat(volumes).isEqualTo(before);
            assertThat(boots()).isTrue();
            assertThat(check().done()).isTrue();
        }
    }

    @Test
    void whatTheJournalSaysIsNotBelievedWhereTheDiskSaysOtherwise() throws IOException {
        try (Primer.Written written = install(this::run).write(check(), new Random(1), clock, new Power(-1))) {
            assertThat(written.recoveryKey()).isPresent();
        }
        try (RandomAccessFile disk = disk()) {
            disk.seek(PrimerDisk.ESP + 5_000_000);
            disk.write("damage".getBytes(StandardCharsets.US_ASCII));
        }
        int before = systems;
        assertThat(check().steps().get(2).done()).isTrue();
        goOn(new Power(-1));
        assertThat(systems).isEqualTo(before + 1);
        assertThat(check().done()).isTrue();
    }

    @Test
    void aSecondConsoleDoesNotDisturbTheFirst() throws IOException {
        try (Primer.Written first = install(this::run).write(check(), new Random(1), clock, new Power(-1))) {
            assertThatThrownBy(() -> install(this::run).write(check(), new Random(2), clock, new Power(-1)))
                    .isInstanceOf(IOException.class).hasMessageContaining("another console");
            first.finish(new Power(-1));
        }
        assertThat(check().done()).isTrue();
    }

    @Test
    void aDamagedMediumWritesNothing() throws IOException {
        Files.writeString(root.resolve("medium/kindling/vmlinuz"), "other");
        assertThatThrownBy(() -> goOn(new Power(-1))).isInstanceOf(IOException.class)
                .hasMessageContaining("vmlinuz on the medium is damaged");
        assertThat(systems + volumes).isZero();
        try (RandomAccessFile disk = disk()) {
            disk.seek(512);
            byte[] found = new byte[25];
            disk.readFully(found);
            assertThat(found).asString(StandardCharsets.US_ASCII).isEqualTo("EFI PART of somebody else");
        }
    }
}

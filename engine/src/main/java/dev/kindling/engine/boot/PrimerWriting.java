package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Primer;
import dev.kindling.engine.api.Primer.Encryption;
import dev.kindling.engine.api.Primer.Installation;
import dev.kindling.engine.boot.PrimerInstall.Tools;
import dev.kindling.engine.boot.PrimerJournal.Stage;
import dev.kindling.iso.image.FatImage;
import dev.kindling.iso.image.Gpt;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes a primer to a disk. The old partition table goes first and the new one comes last, when somebody has the
 * recovery key: a disk that was written in part boots nothing. What is done stands in the {@link PrimerJournal} on the
 * disk itself; an installation that was cut off reads it back and goes on behind it.
 */
final class PrimerWriting implements Primer.Written {
    /** What an older file system or LUKS header left at the start of the state volume. */
    private static final int WIPED = 16 << 20;
    private static final String MAPPED = "kindling-install";
    /** Nothing that can be read wrongly; 32 characters: five bits each. */
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz234567";

    /** What is done, in order. */
    enum Part {
        MEDIUM,
        ERASE,
        SYSTEM,
        STATE,
        KEY,
        TABLE;

        static List<Part> of(Encryption encryption) {
            return Stream.of(values()).filter(each -> each != KEY || encryption != Encryption.NONE).toList();
        }

        /** A state volume whose key nobody has is made again. */
        boolean done(PrimerJournal journal) {
            return switch (this) {
                case MEDIUM, TABLE -> false;
                case ERASE -> journal.reached(Stage.ERASED).isPresent();
                case SYSTEM -> journal.reached(Stage.SYSTEM).isPresent();
                case STATE, KEY -> journal.reached(Stage.KEPT).isPresent();
            };
        }
    }

    private final Path root;
    private final PrimerDisk layout;
    private final Tools tools;
    private final Clock clock;
    private final Installation installation;
    private final Hardware.Disk disk;
    private final String order;
    private final Path device;
    private final Path target;
    private final Gpt table;
    private final FileChannel lock;
    private PrimerJournal journal;
    private @Nullable String key;

    /** Begins nothing yet, but keeps other consoles of the machine from it. */
    PrimerWriting(Path root, PrimerDisk layout, Tools tools, Clock clock, Installation installation, Hardware.Disk disk,
            String order) throws IOException {
        this.root = root;
        this.layout = layout;
        this.tools = tools;
        this.clock = clock;
        this.installation = installation;
        this.disk = disk;
        this.order = order;
        this.device = root.resolve("dev").resolve(disk.device());
        this.target = root.resolve("run/kindling-install");
        this.table = layout.table(order, disk.bytes());
        this.journal = PrimerJournal.of(order);
        this.lock = lock(root.resolve("run/kindling-install.lock"));
    }

    private static FileChannel lock(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean ours = false;
        try {
            ours = channel.tryLock() != null;
        } catch (OverlappingFileLockException _) {
            // this process holds it already
        }
        if (!ours) {
            channel.close();
            throw new IOException("an installation goes on already, at another console of this machine; follow it"
                    + " there, or restart the machine");
        }
        return channel;
    }

    void write(RandomGenerator random, Primer.Watcher watcher) throws IOException {
        leaveNothingOpen();
        begin(Part.MEDIUM, watcher);
        checkMedium(watcher);
        try (FileChannel channel = open()) {
            PrimerJournal found = PrimerJournal.read(channel);
            if (found.order().equals(order)) {
                journal = found;
            }
            if (!Part.ERASE.done(journal)) {
                begin(Part.ERASE, watcher);
                erase(channel, watcher);
                record(channel, Stage.ERASED, "");
            }
            if (!systemIsThere(watcher)) {
                begin(Part.SYSTEM, watcher);
                record(channel, Stage.SYSTEM, writeSystem(channel, watcher));
            }
            if (!Part.STATE.done(journal)) {
                begin(Part.STATE, watcher);
                key = installation.encryption() == Encryption.NONE ? null : recoveryKey(random);
                makeState(watcher);
                record(channel, Stage.STATE, "");
            }
        }
        if (key != null) {
            begin(Part.KEY, watcher);
        }
    }

    @Override
    public Optional<String> recoveryKey() {
        return Optional.ofNullable(key);
    }

    /**
     * In an order in which the power may fail: kept, everything of the table that does not boot, the rest, the mark.
     */
    @Override
    public void finish(Primer.Watcher watcher) throws IOException {
        try (FileChannel channel = open()) {
            record(channel, Stage.KEPT, "");
            begin(Part.TABLE, watcher);
            watcher.at("writing the partition table", 0, -1);
            byte[] head = table.head(
                    SystemImage.GrubBios.bootCode(Files.readAllBytes(layout.file("boot.img")),
                            PrimerDisk.BIOS_BOOT / Gpt.SECTOR));
            int entries = 2 * Gpt.SECTOR;
            write(channel, tailAt(), table.tail());
            write(channel, entries, Arrays.copyOfRange(head, entries, head.length));
            channel.force(true);
            write(channel, 0, Arrays.copyOf(head, entries));
            channel.force(true);
            write(channel, DiskLayout.MARKER_OFFSET,
                    Arrays.copyOf(PrimerInstall.mark(order).getBytes(UTF_8), Gpt.SECTOR));
            channel.force(true);
        }
        log("installed");
        run("blockdev", "--rereadpt", device.toString());
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }

    private FileChannel open() throws IOException {
        return FileChannel.open(device, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    private long tailAt() {
        return (table.sectors() - Gpt.TAIL_SECTORS) * Gpt.SECTOR;
    }

    private void begin(Part part, Primer.Watcher watcher) throws IOException {
        int step = Part.of(installation.encryption()).indexOf(part);
        log(installation.steps().get(step).title());
        watcher.begins(step);
    }

    /** The disk's own journal, once what was written before it is on the disk for certain. */
    private void record(FileChannel channel, Stage stage, String detail) throws IOException {
        channel.force(true);
        journal = journal.with(stage, detail);
        write(channel, PrimerJournal.OFFSET, journal.encode());
        channel.force(true);
    }

    /** For people, in the live system; what there is of it when the state volume is made goes along. Never a secret. */
    private void log(String what) throws IOException {
        Files.createDirectories(log().resolveSibling(""));
        Files.writeString(log(), clock.instant().truncatedTo(ChronoUnit.SECONDS) + " " + order + " " + what + "\n",
                StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private Path log() {
        return root.resolve("var/log/kindling-install.log");
    }

    /** What an installation that was broken off left behind. */
    private void leaveNothingOpen() throws IOException {
        if (Files.readString(root.resolve("proc/mounts")).contains(" /run/kindling-install ")) {
            run("umount", target.toString());
        }
        if (Files.exists(root.resolve("dev/mapper").resolve(MAPPED))) {
            run("cryptsetup", "close", MAPPED);
        }
        for (String line : run("losetup", "--noheadings", "--output", "NAME", "--associated", device.toString())
                .lines().map(String::strip).filter(each -> !each.isEmpty()).toList()) {
            run("losetup", "--detach", line);
        }
    }

    private void checkMedium(Primer.Progress progress) throws IOException {
        for (String line : Files.readAllLines(layout.file("sha256sums"))) {
            String name = line.substring(66);
            progress.at("checking the medium: " + name, 0, -1);
            if (!run("sha256sum", layout.file(name).toString()).startsWith(line.substring(0, 64))) {
                throw new IOException(name + " on the medium is damaged: its SHA-256 is not the recorded one;"
                        + " nothing was written. Make the medium anew");
            }
        }
    }

    private void erase(FileChannel channel, Primer.Progress progress) throws IOException {
        progress.at("erasing the partition table of /dev/" + disk.device(), 0, -1);
        write(channel, 0, new byte[(int) PrimerDisk.BIOS_BOOT]);
        write(channel, tailAt(), new byte[Gpt.TAIL_SECTORS * Gpt.SECTOR]);
        write(channel, layout.stateAt(), new byte[WIPED]);
    }

    /** Believes the journal only where the disk still says the same. */
    private boolean systemIsThere(Primer.Progress progress) throws IOException {
        Optional<String> recorded = journal.reached(Stage.SYSTEM);
        return recorded.isPresent() && readBack(progress).equals(recorded.get());
    }

    /** Returns the SHA-256 of the EFI system partition. */
    private String writeSystem(FileChannel channel, Primer.Progress progress) throws IOException {
        byte[] core = SystemImage.GrubBios.core(Files.readAllBytes(layout.file("core.img")),
                PrimerDisk.BIOS_BOOT / Gpt.SECTOR);
        write(channel, PrimerDisk.BIOS_BOOT, core);
        String written = writeEsp(channel, layout.esp(order), progress);
        channel.force(true);
        if (!readBack(progress).equals(written)) {
            throw new IOException("/dev/" + disk.device() + " (serial " + disk.serial()
                    + ") reads back differently from what was written: it is broken, take another one");
        }
        return written;
    }

    private static String writeEsp(FileChannel channel, FatImage esp, Primer.Progress progress) throws IOException {
        MessageDigest digest = Hashes.sha256();
        channel.position(PrimerDisk.ESP);
        long[] done = {0};
        OutputStream raw = Channels.newOutputStream(channel);
        OutputStream out = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[]{(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                raw.write(bytes, offset, length);
                digest.update(bytes, offset, length);
                done[0] += length;
                progress.at("writing the system", done[0], esp.size());
            }
        };
        BufferedOutputStream buffered = new BufferedOutputStream(out, 1 << 20);
        esp.writeTo(buffered);
        buffered.flush();
        return Hashes.hex(digest);
    }

    /** The SHA-256 of the EFI system partition: from the disk, not from memory. */
    private String readBack(Primer.Progress progress) throws IOException {
        progress.at("reading the system back", 0, -1);
        run("blockdev", "--flushbufs", device.toString());
        Files.writeString(root.resolve("proc/sys/vm/drop_caches"), "3\n");
        long bytes = layout.stateAt() - PrimerDisk.ESP;
        return run("sh", "-c", "dd if=\"$1\" bs=1M skip=" + PrimerDisk.ESP / PrimerDisk.MIB + " count="
                + bytes / PrimerDisk.MIB + " 2>/dev/null | sha256sum", "sh", device.toString()).substring(0, 64);
    }

    private void makeState(Primer.Progress progress) throws IOException {
        run("modprobe", "-a", "loop", "dm_mod", "dm_crypt", "ext4");
        Gpt.Partition partition = table.partitions().getLast();
        String loop = run("losetup", "--show", "--find", "--offset", String.valueOf(layout.stateAt()), "--sizelimit",
                String.valueOf(partition.sectors() * Gpt.SECTOR), device.toString()).strip();
        String volume = loop;
        String made = key;
        if (made != null) {
            progress.at("encrypting the state volume", 0, -1);
            byte[] typed = made.replace("-", "").getBytes(UTF_8);
            // The key is random and long: making it slow to try would only make it slow to use.
            give(typed, "cryptsetup", "luksFormat", "--type", "luks2", "--batch-mode", "--label", "kindling-state",
                    "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", "--key-file", "-", loop);
            if (installation.encryption() == Encryption.TPM2) {
                progress.at("binding the state volume to the TPM", 0, -1);
                tools.run(List.of("systemd-cryptenroll", "--tpm2-device=auto", "--tpm2-pcrs=7", loop),
                        Map.of("PASSWORD", new String(typed, UTF_8)), new byte[0]);
            }
            give(typed, "cryptsetup", "open", "--key-file", "-", loop, MAPPED);
            volume = "/dev/mapper/" + MAPPED;
        }
        progress.at("making the file system of the state volume", 0, -1);
        run("mke2fs", "-q", "-F", "-t", "ext4", "-m", "1", "-L", "kindling-state", volume);
        Files.createDirectories(target);
        run("mount", "-t", "ext4", volume, target.toString());
        fillState();
        run("umount", target.toString());
        if (made != null) {
            run("cryptsetup", "close", MAPPED);
        }
        run("losetup", "--detach", loop);
    }

    /** The upper side of the installed system's root: primer-init.sh puts it there. */
    private void fillState() throws IOException {
        Path primer = Files.createDirectories(target.resolve("upper/var/lib/kindling/primer"));
        Files.createDirectories(target.resolve("work"));
        StringBuilder settings = new StringBuilder();
        new TreeMap<>(installation.settings())
                .forEach((name, value) -> settings.append(name).append('=').append(value).append('\n'));
        Files.writeString(primer.resolve("settings"), settings);
        if (!installation.definition().isBlank()) {
            Files.writeString(primer.resolve("definition.yaml"), installation.definition());
        }
        Path kept = Files.createDirectories(target.resolve("upper/var/log"));
        Files.writeString(kept.resolve("kindling-install.log"), Files.readString(log()));
    }

    private static String recoveryKey(RandomGenerator random) {
        StringBuilder made = new StringBuilder();
        for (int i = 0; i < 48; i++) {
            made.append(i > 0 && i % 6 == 0 ? "-" : "").append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return made.toString();
    }

    private static void write(FileChannel channel, long offset, byte[] content) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(content);
        while (buffer.hasRemaining()) {
            offset += channel.write(buffer, offset);
        }
    }

    private String run(String... command) throws IOException {
        return tools.run(List.of(command), Map.of(), new byte[0]);
    }

    private void give(byte[] secret, String... command) throws IOException {
        tools.run(List.of(command), Map.of(), secret);
    }
}

package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Primer;
import dev.kindling.engine.api.Primer.Encryption;
import dev.kindling.engine.api.Primer.Installation;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.model.Machine;
import dev.kindling.iso.image.FatImage;
import dev.kindling.iso.image.Gpt;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * From the live system to a disk:
 *
 * <pre>
 *   LBA 0..33     protective MBR with boot code, GPT
 *   LBA 40        marker sector, as on the disks of nodes
 *   1 MiB         BIOS boot partition with GRUB's core image
 *   2 MiB         EFI system partition: boot loaders, kernel, layers, as on the medium
 *   the rest      state volume: ext4 in LUKS2, the writable side of the system
 *   last 33       backup of the GPT
 * </pre>
 *
 * The old table goes first and the new one comes last: a disk that was written in part holds nothing that boots, and
 * the installation is simply begun again.
 */
public final class PrimerInstall {
    /** GRUB's space; the EFI system partition is behind it. */
    private static final long BIOS_BOOT = DiskLayout.BODY_OFFSET;
    private static final long ESP = BIOS_BOOT + SystemImage.BIOS_BOOT_BYTES;
    private static final long MIB = 1 << 20;
    /** Directories and tables of the file system, and room for another kernel and initramfs. */
    private static final long ESP_SPARE = 64 * MIB;
    private static final long MIN_STATE = 1024 * MIB;
    /** What an older file system or LUKS header left at the start of the state volume. */
    private static final int WIPED = 16 << 20;
    private static final String MAPPED = "kindling-install";
    private static final Path TARGET = Path.of("/run/kindling-install");
    /** Nothing that can be read wrongly; 32 characters: five bits each. */
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz234567";

    private final Path root;
    private final Path medium;
    private final String mediumId;

    /**
     * In the live system.
     *
     * @param root of its file system, in which the medium is mounted
     */
    public PrimerInstall(Path root, String mediumId) {
        this.root = root;
        this.medium = root.resolve("medium");
        this.mediumId = mediumId;
    }

    /** What is embedded in the medium. */
    public Primer.Live live() throws IOException {
        List<String> texts = PrimerAnswers.Area.decode(Files.readAllBytes(medium.resolve(PrimerMedium.ANSWERS)));
        return new Primer.Live(mediumId, texts.getFirst(), texts.getLast());
    }

    /** Everything that can be known before anything is written. */
    public Installation check(String source, String text, Hardware hardware) throws IOException {
        PrimerAnswers answers = PrimerAnswers.read(source, text);
        List<Problem> problems = new ArrayList<>(answers.problems());
        String serial = answers.get("disk.serial");
        Hardware.Disk disk = null;
        Encryption encryption = encryption(answers.get("encryption"), hardware);
        if (!serial.isEmpty()) {
            Problem wrong = DiskChoice
                    .of("primer", "disk.serial in the answers", new Machine.DiskSelector(serial, null), hardware)
                    .problem();
            if (wrong == null) {
                disk = hardware.disks().stream().filter(each -> each.serial().equals(serial)).findFirst().orElseThrow();
                problems.addAll(diskProblems(disk));
            } else {
                problems.add(wrong);
            }
        }
        if (encryption == Encryption.TPM2 && !hasTpm(hardware)) {
            problems.add(Problem.error("tpm-missing", "encryption", "this machine shows no TPM 2.0", "a TPM 2.0",
                    "switch it on in the firmware's settings, or answer encryption=key"));
        }
        String mac = answers.get("network.mac");
        if (!mac.isEmpty() && hardware.nics().stream().noneMatch(nic -> nic.mac().equals(mac))) {
            problems.add(Problem.error("port-missing", "network.mac", "no network port has the address " + mac,
                    "one of " + hardware.nics().stream().map(Hardware.Nic::mac).toList(), "correct network.mac"));
        }
        boolean done = disk != null && problems.isEmpty() && marker(disk).startsWith(mark(order(answers)));
        return new Installation(problems, disk, encryption, done, disk == null ? List.of() : steps(disk, encryption),
                answers.values());
    }

    private static boolean hasTpm(Hardware hardware) {
        return hardware.tpm().equals("2.0");
    }

    private static Encryption encryption(String asked, Hardware hardware) {
        return switch (asked) {
            case "tpm2" -> Encryption.TPM2;
            case "key" -> Encryption.KEY;
            case "none" -> Encryption.NONE;
            default -> hasTpm(hardware) ? Encryption.TPM2 : Encryption.NONE;
        };
    }

    private List<Problem> diskProblems(Hardware.Disk disk) throws IOException {
        List<Problem> problems = new ArrayList<>();
        String about = "/dev/" + disk.device();
        long needed = ESP + espBytes() + MIN_STATE + 2 * MIB;
        if (disk.bytes() < needed) {
            problems.add(Problem.error("disk-too-small", about, "it has " + disk.bytes() / MIB + " MiB",
                    "at least " + needed / MIB + " MiB", "take a larger disk"));
        }
        String sectors = sys(disk, "queue/logical_block_size");
        if (!sectors.equals("512")) {
            problems.add(Problem.error("disk-sectors", about, "it has sectors of " + sectors + " bytes",
                    "sectors of 512 bytes", "take another disk, or set it to 512 bytes with its maker's tool"));
        }
        if (!sys(disk, "ro").equals("0")) {
            problems.add(Problem.error("disk-read-only", about, "it is read-only", "a disk that can be written",
                    "take another disk"));
        }
        return problems;
    }

    private String sys(Hardware.Disk disk, String name) throws IOException {
        return Files.readString(root.resolve("sys/block").resolve(disk.device()).resolve(name)).strip();
    }

    private static List<String> steps(Hardware.Disk disk, Encryption encryption) {
        return List.of("check the medium against its SHA-256 sums",
                "erase the partition table of /dev/" + disk.device() + " (serial " + disk.serial()
                        + "): all that is on it is lost",
                "write boot loaders, kernel and system, and read them back", switch (encryption) {
                    case TPM2 ->
                        "make the state volume: ext4 in LUKS2, opened by the TPM while Secure Boot's state stays"
                                + " as it is (PCR 7), and by a recovery key";
                    case KEY -> "make the state volume: ext4 in LUKS2, opened by its recovery key at every start";
                    case NONE -> "make the state volume: ext4, NOT encrypted";
                },
                "write the new partition table");
    }

    /** Name of this installation: the same medium and answers give the same. */
    String order(PrimerAnswers answers) {
        return mediumId + "-" + Hashes.of(new TreeMap<>(answers.values()).toString()).substring(0, 8);
    }

    static String mark(String order) {
        return "KINDLING1 order=" + order + " ";
    }

    private String marker(Hardware.Disk disk) throws IOException {
        try (FileChannel channel = FileChannel.open(device(disk), StandardOpenOption.READ)) {
            ByteBuffer sector = ByteBuffer.allocate(Gpt.SECTOR);
            channel.read(sector, DiskLayout.MARKER_OFFSET);
            return new String(sector.array(), StandardCharsets.ISO_8859_1);
        }
    }

    private Path device(Hardware.Disk disk) {
        return root.resolve("dev").resolve(disk.device());
    }

    // --- doing it
    // --------------------------------------------------------------------------------------------------------

    /**
     * Writes the disk.
     *
     * @return the recovery key in groups; null where nothing is encrypted
     */
    public @Nullable String install(Installation installation, String definition, RandomGenerator random,
            Primer.Progress progress) throws IOException {
        Hardware.Disk disk = installation.disk();
        if (disk == null || !installation.problems().isEmpty()) {
            throw new IllegalArgumentException("an installation with problems: " + installation.problems());
        }
        String order = order(new PrimerAnswers(installation.settings(), List.of()));
        leaveNothingOpen(disk);
        checkMedium(progress);
        FatImage esp = esp(order);
        long stateAt = ESP + esp.size();
        Gpt table = table(order, disk.bytes(), stateAt);
        String key = installation.encryption() == Encryption.NONE ? null : recoveryKey(random);
        try (FileChannel channel = FileChannel.open(device(disk), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            progress.at("erasing the partition table of /dev/" + disk.device(), 0, -1);
            write(channel, 0, new byte[(int) BIOS_BOOT]);
            write(channel, (table.sectors() - Gpt.TAIL_SECTORS) * Gpt.SECTOR, new byte[Gpt.TAIL_SECTORS * Gpt.SECTOR]);
            write(channel, stateAt, new byte[WIPED]);
            channel.force(true);
            byte[] core = SystemImage.GrubBios.core(Files.readAllBytes(kindling("core.img")), BIOS_BOOT / Gpt.SECTOR);
            write(channel, BIOS_BOOT, core);
            String written = writeEsp(channel, esp, progress);
            channel.force(true);
            compare(disk, esp.size(), written, progress);
        }
        makeState(installation, definition, stateAt, table, key, progress);
        try (FileChannel channel = FileChannel.open(device(disk), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            progress.at("writing the partition table", 0, -1);
            write(channel, (table.sectors() - Gpt.TAIL_SECTORS) * Gpt.SECTOR, table.tail());
            write(channel, DiskLayout.MARKER_OFFSET,
                    Arrays.copyOf((mark(order) + "machine=primer\n").getBytes(UTF_8), Gpt.SECTOR));
            write(channel, 0, table.head(SystemImage.GrubBios
                    .bootCode(Files.readAllBytes(kindling("boot.img")), BIOS_BOOT / Gpt.SECTOR)));
            channel.force(true);
        }
        run("blockdev", "--rereadpt", device(disk).toString());
        return key;
    }

    /** What an installation that was broken off left behind. */
    private void leaveNothingOpen(Hardware.Disk disk) throws IOException {
        if (Files.readString(Path.of("/proc/mounts")).contains(" " + TARGET + " ")) {
            run("umount", TARGET.toString());
        }
        if (Files.exists(Path.of("/dev/mapper", MAPPED))) {
            run("cryptsetup", "close", MAPPED);
        }
        for (String line : run("losetup", "--noheadings", "--output", "NAME", "--associated", device(disk).toString())
                .lines().map(String::strip).filter(each -> !each.isEmpty()).toList()) {
            run("losetup", "--detach", line);
        }
    }

    private Path kindling(String name) {
        return medium.resolve(PrimerMedium.DIRECTORY).resolve(name);
    }

    private void checkMedium(Primer.Progress progress) throws IOException {
        for (String line : Files.readAllLines(kindling("sha256sums"))) {
            String name = line.substring(66);
            progress.at("checking the medium: " + name, 0, -1);
            if (!run("sha256sum", kindling(name).toString()).startsWith(line.substring(0, 64))) {
                throw new IOException(name + " on the medium is damaged: its SHA-256 is not the recorded one;"
                        + " nothing was written. Make the medium anew");
            }
        }
    }

    /** What of the medium goes to the disk. */
    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(medium.resolve(PrimerMedium.DIRECTORY))) {
            List<String> leftOut = List.of("config.area", "core.img", "boot.img", mediumId);
            return all.filter(each -> !leftOut.contains(String.valueOf(each.getFileName()))).sorted().toList();
        }
    }

    private long espBytes() throws IOException {
        long bytes = ESP_SPARE;
        for (Path each : files()) {
            bytes += Files.size(each);
        }
        return (bytes + MIB - 1) / MIB * MIB;
    }

    private FatImage esp(String order) throws IOException {
        FatImage esp = new FatImage(FatImage.Kind.FAT32, espBytes(), SystemImage.LABEL, id(order, "volume").hashCode(),
                PrimerLayers.TIMESTAMP);
        for (String loader : List.of("BOOTX64.EFI", "grubx64.efi", "mmx64.efi")) {
            esp.file("EFI/BOOT/" + loader, medium.resolve("EFI/BOOT").resolve(loader));
        }
        esp.file("EFI/debian/grub.cfg", PrimerMedium.grubConfig(order, "disk").getBytes(UTF_8));
        esp.file(PrimerMedium.DIRECTORY + "/" + order, (order + "\n").getBytes(UTF_8));
        for (Path each : files()) {
            esp.file(PrimerMedium.DIRECTORY + "/" + each.getFileName(), each);
        }
        return esp;
    }

    private static Gpt table(String order, long diskBytes, long stateAt) {
        long sectors = diskBytes / Gpt.SECTOR;
        long bios = BIOS_BOOT / Gpt.SECTOR;
        long esp = ESP / Gpt.SECTOR;
        long state = stateAt / Gpt.SECTOR;
        return new Gpt(id(order, "disk"), sectors,
                List.of(new Gpt.Partition(Gpt.BIOS_BOOT, id(order, "bios"), bios, esp - 1, 0, "kindling-bios"),
                        new Gpt.Partition(Gpt.EFI_SYSTEM, id(order, "esp"), esp, state - 1, 0, "kindling-esp"),
                        new Gpt.Partition(Gpt.LINUX_DATA, id(order, "state"), state, DiskLayout.lastAligned(sectors),
                                0, "kindling-state")));
    }

    private static UUID id(String order, String what) {
        return UUID.nameUUIDFromBytes(("kindling primer " + order + " " + what).getBytes(UTF_8));
    }

    private static String recoveryKey(RandomGenerator random) {
        StringBuilder key = new StringBuilder();
        for (int i = 0; i < 48; i++) {
            key.append(i > 0 && i % 6 == 0 ? "-" : "").append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return key.toString();
    }

    private static void write(FileChannel channel, long offset, byte[] content) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(content);
        while (buffer.hasRemaining()) {
            offset += channel.write(buffer, offset);
        }
    }

    /** Returns the SHA-256 of what was written. */
    private static String writeEsp(FileChannel channel, FatImage esp, Primer.Progress progress) throws IOException {
        MessageDigest digest = Hashes.sha256();
        channel.position(ESP);
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

    /** From the disk, not from memory. */
    private void compare(Hardware.Disk disk, long bytes, String expected, Primer.Progress progress) throws IOException {
        progress.at("reading the system back", 0, -1);
        run("blockdev", "--flushbufs", device(disk).toString());
        Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "3\n");
        String found = run("sh", "-c", "dd if=\"$1\" bs=1M skip=" + ESP / MIB + " count=" + bytes / MIB
                + " 2>/dev/null | sha256sum", "sh", device(disk).toString());
        if (!found.startsWith(expected)) {
            throw new IOException("/dev/" + disk.device() + " (serial " + disk.serial()
                    + ") reads back differently from what was written: it is broken, take another one");
        }
    }

    private void makeState(Installation installation, String definition, long at, Gpt table, @Nullable String key,
            Primer.Progress progress) throws IOException {
        Hardware.Disk disk = Objects.requireNonNull(installation.disk());
        run("modprobe", "-a", "loop", "dm_mod", "dm_crypt", "ext4");
        Gpt.Partition partition = table.partitions().getLast();
        String loop = run("losetup", "--show", "--find", "--offset", String.valueOf(at), "--sizelimit",
                String.valueOf(partition.sectors() * Gpt.SECTOR), device(disk).toString()).strip();
        String volume = loop;
        if (key != null) {
            progress.at("encrypting the state volume", 0, -1);
            byte[] typed = key.replace("-", "").getBytes(UTF_8);
            // The key is random and long: making it slow to try would only make it slow to use.
            give(typed, "cryptsetup", "luksFormat", "--type", "luks2", "--batch-mode", "--label", "kindling-state",
                    "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", "--key-file", "-", loop);
            if (installation.encryption() == Encryption.TPM2) {
                progress.at("binding the state volume to the TPM", 0, -1);
                Command.run(root, List.of("systemd-cryptenroll", "--tpm2-device=auto", "--tpm2-pcrs=7", loop),
                        Map.of("PASSWORD", new String(typed, UTF_8)), new byte[0]);
            }
            give(typed, "cryptsetup", "open", "--key-file", "-", loop, MAPPED);
            volume = "/dev/mapper/" + MAPPED;
        }
        progress.at("making the file system of the state volume", 0, -1);
        run("mke2fs", "-q", "-F", "-t", "ext4", "-m", "1", "-L", "kindling-state", volume);
        Files.createDirectories(TARGET);
        run("mount", "-t", "ext4", volume, TARGET.toString());
        // The upper side of the installed system's root: primer-init.sh puts it there.
        Path primer = TARGET.resolve("upper/var/lib/kindling/primer");
        Files.createDirectories(primer);
        Files.createDirectories(TARGET.resolve("work"));
        StringBuilder settings = new StringBuilder();
        new TreeMap<>(installation.settings())
                .forEach((name, value) -> settings.append(name).append('=').append(value).append('\n'));
        Files.writeString(primer.resolve("settings"), settings);
        if (!definition.isBlank()) {
            Files.writeString(primer.resolve("definition.yaml"), definition);
        }
        run("umount", TARGET.toString());
        if (key != null) {
            run("cryptsetup", "close", MAPPED);
        }
        run("losetup", "--detach", loop);
    }

    private String run(String... command) throws IOException {
        return Command.run(root, List.of(command));
    }

    /** The secret goes through standard input: arguments can be seen by everybody. */
    private void give(byte[] secret, String... command) throws IOException {
        Command.run(root, List.of(command), Map.of(), secret);
    }
}

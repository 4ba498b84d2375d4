package dev.kindling.engine.boot;

import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Primer;
import dev.kindling.engine.api.Primer.Encryption;
import dev.kindling.engine.api.Primer.Installation;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.boot.PrimerJournal.Stage;
import dev.kindling.engine.model.Machine;
import dev.kindling.iso.image.Gpt;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What an installation from the live system would do, and whether it may; {@link PrimerWriting} does it. */
public final class PrimerInstall {
    private static final Pattern MARK = Pattern.compile("KINDLING1 order=([A-Za-z0-9._:+-]+) machine=(\\S+)");

    private final Path root;
    private final PrimerDisk layout;
    private final Tools tools;

    /** Runs a program of the live system. */
    interface Tools {
        /**
         * Its standard output.
         *
         * @param secret for its standard input: arguments can be seen by everybody
         */
        String run(List<String> command, Map<String, String> environment, byte[] secret) throws IOException;
    }

    /**
     * In the live system.
     *
     * @param root of its file system, in which the medium is mounted
     */
    public PrimerInstall(Path root, String mediumId) {
        this(root, mediumId, (command, environment, secret) -> Command.run(root, command, environment, secret));
    }

    PrimerInstall(Path root, String mediumId, Tools tools) {
        this.root = root;
        this.layout = new PrimerDisk(root.resolve("medium"), mediumId);
        this.tools = tools;
    }

    /** What is embedded in the medium. */
    public Primer.Live live() throws IOException {
        List<String> texts = PrimerAnswers.Area
                .decode(Files.readAllBytes(layout.medium().resolve(PrimerMedium.ANSWERS)));
        return new Primer.Live(layout.id(), texts.getFirst(), texts.getLast());
    }

    /** Everything that can be known before anything is written. */
    public Installation check(String source, String text, String definition, Hardware hardware) throws IOException {
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
        if (disk == null) {
            return new Installation(problems, null, encryption, false, "", "", List.of(), answers.values(), definition);
        }
        String order = order(answers.values(), definition);
        Found found = found(disk);
        problems.addAll(found.problems(order, answers.get("replace"), "/dev/" + disk.device()));
        boolean done = problems.isEmpty() && found.order().equals(order);
        return new Installation(problems, disk, encryption, done, found.order(), found.remark(order),
                steps(disk, encryption, found.journal().order().equals(order) ? found.journal() : null),
                answers.values(), definition);
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
        long needed = layout.needed();
        if (disk.bytes() < needed) {
            problems.add(Problem.error("disk-too-small", about, "it has " + disk.bytes() / PrimerDisk.MIB + " MiB",
                    "at least " + needed / PrimerDisk.MIB + " MiB", "take a larger disk"));
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

    private static List<Primer.Step> steps(Hardware.Disk disk, Encryption encryption, @Nullable PrimerJournal journal) {
        List<Primer.Step> steps = new ArrayList<>();
        for (PrimerWriting.Part part : PrimerWriting.Part.of(encryption)) {
            steps.add(new Primer.Step(switch (part) {
                case MEDIUM -> "check the medium against its SHA-256 sums";
                case ERASE -> "erase the partition table of /dev/" + disk.device() + " (serial " + disk.serial()
                        + "): all that is on it is lost";
                case SYSTEM -> "write boot loaders, kernel and system, and read them back";
                case STATE -> switch (encryption) {
                    case TPM2 ->
                        "make the state volume: ext4 in LUKS2, opened by the TPM while Secure Boot's state stays"
                                + " as it is (PCR 7), and by a recovery key";
                    case KEY -> "make the state volume: ext4 in LUKS2, opened by its recovery key at every start";
                    case NONE -> "make the state volume: ext4, NOT encrypted";
                };
                case KEY -> "show the recovery key until it is written down";
                case TABLE -> "write the new partition table: from now on the disk boots";
            }, journal != null && part.done(journal)));
        }
        return steps;
    }

    /** Name of this installation: the same medium, answers and definition give the same. */
    String order(Map<String, String> answers, String definition) {
        return layout.id() + "-" + Hashes.of(new TreeMap<>(answers) + definition).substring(0, 8);
    }

    static String mark(String order) {
        return "KINDLING1 order=" + order + " machine=primer\n";
    }

    /**
     * What Kindling wrote to a disk before.
     *
     * @param order of the mark; empty: there is none
     * @param machine of the mark
     * @param bootable whether it has a partition table
     * @param journal of an installation of a primer
     */
    private record Found(String order, String machine, boolean bootable, PrimerJournal journal) {
        /** Data of a cluster does not go by mistake. */
        List<Problem> problems(String ours, String replace, String about) {
            if (order.isEmpty() || order.equals(replace)) {
                return List.of();
            }
            String remedy = "take another disk; or, if all of it may be lost, answer replace=" + order
                    + " (with --disk-serial: --replace " + order + ")";
            if (!order.equals(ours)) {
                return List.of(Problem.error("disk-holds-installation", about,
                        "Kindling's installation " + order + " of " + machine + " is on it",
                        "a disk without an installation of Kindling", remedy));
            }
            return bootable
                    ? List.of()
                    : List.of(Problem.error("disk-damaged", about,
                            "this very installation is on it, but its partition table is gone",
                            "the table that was written",
                            "restore the table from its backup at the end of the disk; or "
                                    + remedy));
        }

        String remark(String ours) {
            if (order.equals(ours)) {
                return "This very installation is on it.";
            }
            if (!order.isEmpty()) {
                return "Kindling's installation " + order + " of " + machine + " is on it.";
            }
            if (journal.order().isEmpty()) {
                return "";
            }
            return journal.order().equals(ours)
                    ? "This installation was cut off on it, after " + word(journal.entries().getLast().stage())
                            + ". It goes on."
                    : "Another installation was cut off on it; it is not complete and does not boot.";
        }

        private static String word(Stage stage) {
            return switch (stage) {
                case ERASED -> "erasing";
                case SYSTEM -> "writing the system";
                case STATE -> "making the state volume";
                case KEPT -> "the recovery key was kept";
            };
        }
    }

    private Found found(Hardware.Disk disk) throws IOException {
        try (FileChannel channel = FileChannel.open(root.resolve("dev").resolve(disk.device()),
                StandardOpenOption.READ)) {
            Matcher mark = MARK.matcher(text(channel, DiskLayout.MARKER_OFFSET));
            boolean marked = mark.lookingAt();
            return new Found(marked ? mark.group(1) : "", marked ? mark.group(2) : "",
                    text(channel, Gpt.SECTOR).startsWith("EFI PART"), PrimerJournal.read(channel));
        }
    }

    private static String text(FileChannel channel, long offset) throws IOException {
        ByteBuffer sector = ByteBuffer.allocate(Gpt.SECTOR);
        channel.read(sector, offset);
        return new String(sector.array(), StandardCharsets.ISO_8859_1);
    }

    /**
     * Writes the disk.
     *
     * @throws IOException where it failed, or where another process of this machine is at it
     */
    public Primer.Written write(Installation installation, RandomGenerator random, Clock clock,
            Primer.Watcher watcher) throws IOException {
        Hardware.Disk disk = installation.disk();
        if (disk == null || !installation.problems().isEmpty()) {
            throw new IllegalArgumentException("an installation with problems: " + installation.problems());
        }
        PrimerWriting writing = new PrimerWriting(root, layout, tools, clock, installation, disk,
                order(installation.settings(), installation.definition()));
        try {
            writing.write(random, watcher);
            return writing;
        } catch (IOException | RuntimeException e) {
            writing.close();
            throw e;
        }
    }

    /** Restarts the machine, or switches it off. */
    public void leave(boolean restart) throws IOException {
        tools.run(List.of("/bin/busybox", restart ? "reboot" : "poweroff"), Map.of(), new byte[0]);
    }
}

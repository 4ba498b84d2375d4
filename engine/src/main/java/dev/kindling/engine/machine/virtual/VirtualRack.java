package dev.kindling.engine.machine.virtual;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.machine.MachineControl;
import dev.kindling.engine.machine.RackFiles;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.plan.Step;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * QEMU machines with empty disks on a bridge. It must run in a {@link RackNamespace}: bridge and taps vanish with it,
 * and the kernel kills the machines when this process dies, even by SIGKILL (PR_SET_PDEATHSIG in prctl(2)): like a
 * power cut.
 *
 * <p>
 * Each machine has the disk that its definition names and a second one that nobody names, as a witness that no other
 * disk is written.
 */
public final class VirtualRack implements MachineControl {
    /** The rack's switch, on which the boot service listens. */
    public static final String BRIDGE = "kindling0";
    /** A bridge without one of its own takes its ports', and another one with each port that comes or goes. */
    private static final String BRIDGE_MAC = "02:4b:44:4c:00:01";
    private static final Logger LOG = LoggerFactory.getLogger(VirtualRack.class);
    private static final long WITNESS_BYTES = 64L << 20;
    private static final Path OVMF_CODE = Path.of("/usr/share/OVMF/OVMF_CODE_4M.fd");
    private static final Path OVMF_VARS = Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd");

    private final Cluster cluster;
    private final Path directory;
    private final RackFiles files;
    private final Consumer<Event> journal;
    private final Map<String, Process> running = new ConcurrentHashMap<>();
    private final ExecutorService starter = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("qemu-parent").factory());
    private @Nullable Accelerator accelerator;

    /**
     * @param directory of the machines' disks and console logs
     * @param journal records what is created
     */
    public VirtualRack(Cluster cluster, Path directory, Consumer<Event> journal) {
        this.cluster = cluster;
        this.directory = directory;
        this.files = new RackFiles(directory, journal);
        this.journal = journal;
    }

    /** The disk that the definition names. */
    public static Path disk(Path directory, Machine machine) {
        return directory.resolve(machine.name() + ".img");
    }

    /** The disk that nobody names. */
    public static Path witness(Path directory, Machine machine) {
        return directory.resolve(machine.name() + "-other.img");
    }

    /** What the machine said on its serial port. */
    public static Path console(Path directory, Machine machine) {
        return directory.resolve(machine.name() + ".console.log");
    }

    /** Why no virtual rack can run on this computer; empty where one can. Quick, and changes nothing. */
    public static Optional<String> unavailable() throws IOException, InterruptedException {
        boolean qemu = Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "qemu-system-x86_64")));
        if (!qemu) {
            return Optional.of("qemu-system-x86_64 is not installed (package qemu-system-x86)");
        }
        if (!Files.isReadable(OVMF_CODE)) {
            return Optional.of(OVMF_CODE + " is not there (package ovmf)");
        }
        return RackNamespace.unavailable();
    }

    @Override
    public void prepare() throws IOException, InterruptedException, Step.Failed {
        if (accelerator != null) {
            return;
        }
        files.prepare();
        RackNamespace.requireInside();
        var network = cluster.provisioningNetwork();
        String address = java.util.Objects.requireNonNull(network.bootServer()).getHostAddress() + "/"
                + network.cidr().prefixLength();
        ip("link", "set", "lo", "up");
        if (!interfaceExists(BRIDGE)) {
            ip("link", "add", BRIDGE, "address", BRIDGE_MAC, "type", "bridge", "stp_state", "0", "forward_delay",
                    "0");
            ip("address", "add", address, "dev", BRIDGE);
            ip("link", "set", BRIDGE, "up");
        }
        accelerator = Accelerator.probe(directory);
        journal.accept(new Event.Noted(null, false, "virtual rack: QEMU machines with "
                + (accelerator == Accelerator.KVM ? "KVM" : "software emulation (KVM does not run guests here)")));
    }

    @Override
    public boolean isOn(Machine machine) {
        Process process = running.get(machine.name());
        return process != null && process.isAlive();
    }

    @Override
    public void powerOn(Machine machine, Step.Attempt attempt) throws IOException, InterruptedException, Step.Failed {
        Machine.VirtualHardware hardware = java.util.Objects.requireNonNull(machine.virtual());
        Path disk = disk(directory, machine);
        if (files.claim(disk, "the empty disk")) {
            sparse(disk, hardware.diskGib() << 30);
        }
        Path witness = witness(directory, machine);
        if (files.claim(witness, "the empty disk")) {
            sparse(witness, WITNESS_BYTES);
        }
        Path log = directory.resolve(machine.name() + ".qemu.log");
        files.claim(log, "the log");
        files.claim(console(directory, machine), "the console log");
        String tap = "tap" + cluster.machines().indexOf(machine);
        if (!interfaceExists(tap)) {
            ip("tuntap", "add", "dev", tap, "mode", "tap");
            ip("link", "set", tap, "master", BRIDGE);
            ip("link", "set", tap, "up");
        }
        Process process = start(command(machine, hardware, tap), log);
        if (process.waitFor(300, TimeUnit.MILLISECONDS)) {
            String said = Files.readString(log).strip();
            throw new Step.Failed(Problem.error("qemu-failed", "machine " + machine.name(),
                    "QEMU ended at once: " + said, "a running machine",
                    "install qemu-system-x86 and ovmf, and see whether there is memory for all machines"), true);
        }
        running.put(machine.name(), process);
        journal.accept(new Event.ResourceCreated("process", "qemu " + machine.name() + " " + process.pid(),
                machine.name() + ": QEMU runs as process " + process.pid()));
    }

    /** From the one thread that lives as long as this process: the death signal is tied to the thread that forks. */
    private Process start(List<String> command, Path log) throws IOException, InterruptedException {
        var withDeathSignal = new ArrayList<>(List.of("setpriv", "--pdeathsig", "KILL", "--"));
        withDeathSignal.addAll(command);
        try {
            return starter.submit(() -> new ProcessBuilder(withDeathSignal).redirectErrorStream(true)
                    .redirectOutput(log.toFile()).start()).get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        }
    }

    private List<String> command(Machine machine, Machine.VirtualHardware hardware, String tap) throws IOException {
        boolean uefi = hardware.firmware() == Machine.FirmwareKind.UEFI;
        Accelerator how = java.util.Objects.requireNonNull(accelerator);
        var command = new ArrayList<String>(List.of("qemu-system-x86_64", "-name", machine.name(), "-accel",
                how.option() + (how == Accelerator.TCG ? ",thread=multi" : ""), "-machine",
                uefi ? "q35" : "pc,graphics=off", "-m",
                Long.toString(hardware.memoryMib()), "-smp", Integer.toString(hardware.cpus()), "-nodefaults",
                "-display",
                "none", "-monitor", "none", "-serial", "file:" + console(directory, machine), "-device",
                "virtio-rng-pci"));
        if (how == Accelerator.KVM) {
            command.addAll(List.of("-cpu", "host"));
        }
        if (uefi) {
            // each machine has its own variables, so that boot entries do not leak from one to the next
            Path variables = directory.resolve(machine.name() + ".vars.fd");
            if (files.claim(variables, "the firmware variables")) {
                // at once or not at all: firmware does not start from half of them
                Path aside = RackFiles.aside(variables);
                Files.copy(OVMF_VARS, aside, StandardCopyOption.REPLACE_EXISTING);
                Files.move(aside, variables, StandardCopyOption.ATOMIC_MOVE);
            }
            command.addAll(List.of("-drive", "if=pflash,format=raw,unit=0,readonly=on,file=" + OVMF_CODE, "-drive",
                    "if=pflash,format=raw,unit=1,file=" + variables));
            // without these, OVMF tries IPv6 and HTTP for minutes before it goes on to the disk
            command.addAll(List.of("-fw_cfg", "name=opt/org.tianocore/IPv6PXESupport,string=n", "-fw_cfg",
                    "name=opt/org.tianocore/IPv6Support,string=n"));
        }
        if (machine.uuid() != null) {
            command.addAll(List.of("-uuid", machine.uuid().toString()));
        }
        command.addAll(List.of("-netdev", "tap,id=net,ifname=" + tap + ",script=no,downscript=no,vhost=off", "-device",
                "virtio-net-pci,netdev=net,mac=" + machine.mac() + ",bootindex=1" + (uefi ? ",romfile=" : "")));
        drive(command, "system", disk(directory, machine), serial(machine), 2);
        drive(command, "other", witness(directory, machine), serial(machine) + "-X", 0);
        return command;
    }

    private static void drive(List<String> command, String id, Path file, String serial, int bootIndex) {
        command.addAll(List.of("-drive", "if=none,id=" + id + ",format=raw,file=" + file, "-device",
                "virtio-blk-pci,drive=" + id + ",serial=" + serial + (bootIndex > 0 ? ",bootindex=" + bootIndex : "")));
    }

    /** virtio-blk carries at most 20 characters; the definition's check says so before. */
    private static String serial(Machine machine) {
        String serial = machine.disk().serial();
        return serial == null ? machine.name() : serial;
    }

    /** All machines are stopped before the first is told: the journal may be another's by now, and refuse. */
    @Override
    public void close() {
        Map<String, Process> stopped = Map.copyOf(running);
        running.clear();
        stopped.values().forEach(Process::destroy);
        stopped.values().forEach(VirtualRack::awaitEnd);
        starter.shutdown();
        stopped.forEach((name, process) -> journal.accept(new Event.ResourceRemoved("process",
                "qemu " + name + " " + process.pid(), name + ": QEMU was stopped")));
    }

    private static void awaitEnd(Process process) {
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private static void sparse(Path file, long bytes) throws IOException {
        try (var image = new RandomAccessFile(file.toFile(), "rw")) {
            image.setLength(bytes);
        }
    }

    /** /sys may still show the namespace that we came from; /proc/net does not. */
    private static boolean interfaceExists(String name) throws IOException {
        return Files.readString(Path.of("/proc/net/dev")).lines().anyMatch(line -> line.strip().startsWith(name + ":"));
    }

    private static void ip(String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + said);
        }
        LOG.debug("{}", command);
    }
}

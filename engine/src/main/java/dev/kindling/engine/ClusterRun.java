package dev.kindling.engine;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.boot.DiskChoice;
import dev.kindling.engine.boot.Machines;
import dev.kindling.engine.distribution.Distribution;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.Network;
import dev.kindling.engine.model.NodePool;
import dev.kindling.engine.plan.Step;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * The whole way from a definition to a handed-over cluster, as steps: this page is the product. The steps hold no state
 * of their own; what happened is in {@link Machines}, what serves and powers is in {@link Site}.
 */
final class ClusterRun {
    /** Ids of the steps that need the host's network begin with this. */
    static final String PREPARE = "prepare/";

    private final Machines machines;
    private final Site site;
    private final Distribution distribution;
    private final HandOffWork handOff;

    /** What the hand-off does; its effects are idempotent. */
    interface HandOffWork {
        void storeKubeconfig() throws IOException;

        boolean kubeconfigStored() throws IOException;

        void commitTree(Step.Attempt attempt) throws IOException, Step.Failed;

        /** Of what would be committed, and where. */
        String treeFingerprint();
    }

    ClusterRun(Machines machines, Site site, Distribution distribution, HandOffWork handOff) {
        this.machines = machines;
        this.site = site;
        this.distribution = distribution;
        this.handOff = handOff;
    }

    List<Step> steps() {
        Cluster cluster = machines.cluster();
        var steps = new ArrayList<Step>();
        var outline = new Outline(cluster);
        if (Outline.serves(cluster)) {
            steps.addAll(serve());
        }
        steps.addAll(outline.services());
        List<String> ready = steps.stream().map(Step::id).filter(id -> !id.startsWith(PREPARE)).toList();
        for (Machine machine : cluster.machines()) {
            if (outline.starts(machine)) {
                steps.addAll(outline.start(machine, ready));
                continue;
            }
            steps.add(powerOn(machine, ready));
            steps.add(discover(machine));
            steps.add(install(machine));
            steps.add(bootFromDisk(machine));
        }
        steps.addAll(distribution.steps());
        steps.add(local("secrets/kubeconfig", "Keep the kubeconfig in the encrypted store",
                List.of(Distribution.NODES_READY), "not stored", "stored as " + cluster.name() + "/kubeconfig", 1, 1,
                handOff::kubeconfigStored, _ -> handOff.storeKubeconfig()).madeOf(cluster.name(),
                        cluster.primer().name(), cluster.primer().address(), cluster.primer().disk(),
                        cluster.addressing().vip()));
        steps.add(local("handoff/gitops", "Commit the GitOps tree to branch " + cluster.handOff().branch(),
                List.of("secrets/kubeconfig"), "no tree of " + cluster.name(), "tree committed"
                        + (cluster.handOff().remote() == null ? "" : " and pushed to " + cluster.handOff().remote()),
                2, 3, () -> false, handOff::commitTree).madeOf(handOff.treeFingerprint()));
        return List.copyOf(steps);
    }

    private List<Step> serve() {
        return List.of(local(PREPARE + "boot-files", "Prepare the boot files", List.of(), "boot files not checked",
                "kernel, stage, system image and loaders are ready", 20, 1, site::bootFilesReady,
                site::prepareBootFiles).forEachRun(),
                local("serve/boot", "Start the boot service on " + site.where(), List.of(PREPARE + "boot-files"),
                        "nothing is served", "DHCP, TFTP and HTTP answer on " + site.where(), 1, 1, site::serving,
                        site::serve).forEachRun());
    }

    private Step powerOn(Machine machine, List<String> ready) {
        boolean byHand = machine.kind() == Machine.Kind.MANUAL;
        return new Step(
                action("power/" + machine.name(),
                        byHand
                                ? "Wait until " + machine.name() + " (" + machine.mac() + ") is switched on"
                                : "Switch on " + machine.name(),
                        machine, null, "off, or not heard of", "on", ready, byHand ? 120 : 2),
                byHand ? Step.Lane.WAIT : Step.Lane.POWER, byHand ? 2 : 4,
                byHand ? Duration.ofHours(12) : Duration.ofMinutes(2),
                () -> site.control().isOn(machine), attempt -> {
                    site.control().powerOn(machine, attempt);
                    if (!byHand) {
                        machines.observe(machine.name(), BootStage.POWERED, -1, machine.name() + " was switched on");
                    }
                }).madeOf(machine.mac(), machine.kind());
    }

    private Step discover(Machine machine) {
        return new Step(
                action("discover/" + machine.name(), "Boot " + machine.name() + " into the stage and read its hardware",
                        machine, null, "hardware not known", "hardware known and sufficient",
                        List.of("power/" + machine.name()), 30),
                Step.Lane.WAIT, 2, Duration.ofMinutes(15),
                () -> machines.now(machine.name()).installed() || knownAndSufficient(machine), attempt -> {
                    machines.await(machine.name(), "its inventory", now -> now.hardware() != null, attempt);
                    Optional<Problem> problem = insufficient(machine);
                    if (problem.isPresent()) {
                        throw new Step.Failed(problem.get(), false);
                    }
                }).madeOf(machine.mac(), machine.disk(), minimum(machine).cpus(), minimum(machine).memoryMib(),
                        minimum(machine).diskGib());
    }

    private Step install(Machine machine) {
        Network network = machines.cluster().provisioningNetwork();
        var known = machines.now(machine.name()).hardware();
        Plan.DiskTarget target = known == null ? null : DiskChoice.of(machine, known).target();
        return new Step(new Plan.Action("install/" + machine.name(),
                "Write the system to the disk of " + machine.name() + " with " + machine.disk(), machine.name(),
                target != null
                        ? target
                        : new Plan.DiskTarget(machine.disk().toString(), "unknown until the machine is seen", 0),
                known == null ? "content not known until the machine is seen" : content(machine, known),
                "Kindling's system for " + machine.name(), true, List.of("discover/" + machine.name()), false,
                Duration.ofSeconds(30)), Step.Lane.WRITE, 3, Duration.ofMinutes(20),
                () -> machines.now(machine.name()).installed(), attempt -> {
                    var hardware = Objects.requireNonNull(machines.now(machine.name()).hardware(),
                            "discovery comes before");
                    DiskChoice choice = DiskChoice.of(machine, hardware);
                    if (choice.problem() != null) {
                        throw new Step.Failed(choice.problem(), false);
                    }
                    var order = machines.order(machine.name(), site.newOrderId(),
                            Objects.requireNonNull(choice.target()));
                    site.release(order);
                    machines.await(machine.name(), "the disk written and marked", Machines.Snapshot::installed,
                            attempt);
                }).madeOf(machine.disk(), machine.name(), machine.mac(), machine.address(), network.cidr(),
                        network.gateway(), network.dns(), network.domain());
    }

    private Step bootFromDisk(Machine machine) {
        return new Step(
                action("boot/" + machine.name(), "Boot " + machine.name() + " from its disk", machine, null,
                        "in the stage",
                        "the installed system runs", List.of("install/" + machine.name()), 30),
                Step.Lane.WAIT, 2, Duration.ofMinutes(15), () -> systemRuns(machines.now(machine.name())),
                attempt -> machines.await(machine.name(), "the installed system to report", ClusterRun::systemRuns,
                        attempt))
                .madeOf(machine.mac(), machine.disk());
    }

    private static boolean systemRuns(Machines.Snapshot now) {
        return now.heardInThisRun() && now.stage().compareTo(BootStage.SYSTEM) >= 0;
    }

    private NodePool.Sizing minimum(Machine machine) {
        return machines.cluster().pools().stream().filter(pool -> pool.name().equals(machine.pool()))
                .map(NodePool::minimum).findFirst().orElse(new NodePool.Sizing(0, 0, 0));
    }

    private boolean knownAndSufficient(Machine machine) {
        return machines.now(machine.name()).hardware() != null && insufficient(machine).isEmpty();
    }

    /** What of a machine's hardware is not as its pool and its disk need it. */
    private Optional<Problem> insufficient(Machine machine) {
        var hardware = Objects.requireNonNull(machines.now(machine.name()).hardware());
        NodePool.Sizing minimum = minimum(machine);
        // the kernel keeps some memory for itself: a machine of 4 GiB shows about 3.8
        if (hardware.cpus() < minimum.cpus() || hardware.memoryMib() < minimum.memoryMib() * 85 / 100) {
            return Optional.of(Problem.error("hardware-too-small", "machine " + machine.name(),
                    hardware.processors() + " and " + hardware.memoryMib() + " MiB of memory",
                    "at least " + minimum.cpus() + " CPUs and " + minimum.memoryMib() + " MiB (pool " + machine.pool()
                            + ")",
                    "use another machine, or lower spec.nodePools[].minimum"));
        }
        if (Math.max(1, hardware.disks().size()) < minimum.disks()
                || Math.max(1, hardware.nics().size()) < minimum.nics()
                || (minimum.firmware() != null && !minimum.firmware().name().equalsIgnoreCase(hardware.firmware()))) {
            return Optional.of(Problem.error("hardware-class", "machine " + machine.name(),
                    hardware.disks().size() + " disks, " + hardware.nics().size() + " network interfaces, firmware "
                            + hardware.firmware(),
                    "at least " + minimum.disks() + " disks and " + minimum.nics() + " network interfaces"
                            + (minimum.firmware() == null
                                    ? ""
                                    : ", firmware " + minimum.firmware().name().toLowerCase(Locale.ROOT))
                            + " (pool " + machine.pool() + ")",
                    "use another machine, or lower 'minimum' of the pool or of its hardware class"));
        }
        DiskChoice choice = DiskChoice.of(machine, hardware);
        if (choice.problem() == null && Objects.requireNonNull(choice.target()).bytes() >> 30 < minimum.diskGib()) {
            return Optional.of(Problem.error("disk-too-small", "machine " + machine.name(),
                    choice.target().bytes() / (1 << 20) + " MiB on the disk with " + machine.disk(),
                    "at least " + minimum.diskGib() + " GiB (pool " + machine.pool() + ")",
                    "use another disk, or lower spec.nodePools[].minimum"));
        }
        return Optional.ofNullable(choice.problem());
    }

    private static String content(Machine machine, dev.kindling.engine.api.Hardware hardware) {
        return hardware.disks().stream()
                .filter(disk -> disk.serial().equals(machine.disk().serial())
                        || disk.wwn().equals(machine.disk().wwn()))
                .map(dev.kindling.engine.api.Hardware.Disk::content).findFirst().filter(text -> !text.isBlank())
                .orElse("content not known");
    }

    private static Plan.Action action(String id, String title, Machine machine,
            Plan.@org.jspecify.annotations.Nullable DiskTarget disk,
            String before, String after, List<String> dependsOn, long seconds) {
        return new Plan.Action(id, title, machine.name(), disk, before, after, disk != null, dependsOn, false,
                Duration.ofSeconds(seconds));
    }

    private static Step local(String id, String title, List<String> dependsOn, String before, String after,
            long seconds,
            int attempts, Step.Check alreadyDone, Step.Work work) {
        return new Step(new Plan.Action(id, title, null, null, before, after, false, dependsOn, false,
                Duration.ofSeconds(seconds)), Step.Lane.LOCAL, attempts, Duration.ofMinutes(30), alreadyDone, work);
    }
}

package dev.kindling.engine;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.boot.BootPlace;
import dev.kindling.engine.boot.BootService;
import dev.kindling.engine.boot.AssetCatalogue;
import dev.kindling.engine.boot.AssetDownload;
import dev.kindling.engine.boot.BootAssets;
import dev.kindling.engine.boot.DiskChoice;
import dev.kindling.engine.boot.GuestPayload;
import dev.kindling.engine.boot.MachineService;
import dev.kindling.engine.boot.Machines;
import dev.kindling.engine.boot.Payload;
import dev.kindling.engine.distribution.Distribution;
import dev.kindling.engine.definition.Definitions;
import dev.kindling.engine.distribution.k3s.K3s;
import dev.kindling.engine.handoff.GitOpsRepository;
import dev.kindling.engine.handoff.GitOpsTree;
import dev.kindling.engine.machine.MachineControl;
import dev.kindling.engine.machine.manual.ManualMachines;
import dev.kindling.engine.machine.simulated.SimulatedRack;
import dev.kindling.engine.machine.virtual.VirtualRack;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.HandOff;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.plan.Facts;
import dev.kindling.engine.plan.Fingerprint;
import dev.kindling.engine.plan.Planner;
import dev.kindling.engine.plan.Step;
import dev.kindling.engine.store.Store;
import java.io.IOException;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Puts the parts of one cluster's run together. Nothing is started here. */
final class Wiring {
    private final Workspace workspace;
    private final Store store;
    private final World world;
    private final Clock clock;

    Wiring(Workspace workspace, Store store, World world) {
        this.workspace = workspace;
        this.store = store;
        this.world = world;
        this.clock = world.clock();
    }

    /** The parts of a run; closing it stops what they started. */
    record Wired(Site site, List<Step> steps) implements AutoCloseable {
        /** The steps that need the host's network. */
        List<Step> preparation() {
            return steps.stream().filter(step -> step.id().startsWith(ClusterRun.PREPARE)).toList();
        }

        /** Stops what was started; harmless when done twice. */
        void stop() {
            site.close();
        }

        @Override
        public void close() {
            stop();
        }
    }

    /** The plan is the run's own steps, looked at. */
    Plan plan(Cluster cluster, String definition, Facts facts) {
        return planner(definition, facts).plan(cluster, steps(cluster, facts), notices(cluster));
    }

    /** What of the facts behind a plan is no longer so. */
    List<Problem> changes(Plan then, Plan now, Facts facts) {
        return planner(then.definition(), facts).changes(then, now);
    }

    private Planner planner(String definition, Facts facts) {
        return new Planner(definition, facts, this::inputsUnder);
    }

    /** Steps to look at: performing one of them is a bug. */
    List<Step> steps(Cluster cluster, Facts facts) {
        Consumer<Event> nobody = _ -> {
            throw new IllegalStateException("a plan changes nothing");
        };
        try (Wired wired = wire(new Machines(cluster, facts.events(), nobody, clock), ApplyOptions.DEFAULT, "plan",
                nobody)) {
            return wired.steps();
        }
    }

    /** What each step was made of when this definition held, for records that do not say. */
    private Map<String, String> inputsUnder(String definition) {
        Cluster cluster = Definitions.read("an earlier definition", definition).cluster();
        var inputs = new HashMap<String, String>();
        if (cluster != null) {
            for (Step step : steps(cluster, Facts.of(List.of()))) {
                if (step.inputs() != null) {
                    inputs.put(step.id(), step.inputs());
                }
            }
        }
        return inputs;
    }

    /**
     * The steps as a run does them. Of a real machine that runs its installed system, what was done and is made of the
     * same is not waited for again: that machine has no reason to report.
     */
    List<Step> remaining(List<Step> steps, Cluster cluster, String definition, Facts facts) {
        if (kind(cluster) != Machine.Kind.MANUAL) {
            return steps;
        }
        Set<String> done = planner(definition, facts).plan(cluster, steps, List.of()).actions().stream()
                .filter(action -> action.done() && action.machine() != null).map(Plan.Action::id)
                .collect(Collectors.toSet());
        return steps.stream().map(step -> done.contains(step.id()) && done.contains("boot/" + step.action().machine())
                ? step.believedDone()
                : step).toList();
    }

    /** What the definition asks for and the recorded facts deny: found before the first packet. */
    List<Problem> contradictions(Cluster cluster, Facts facts, ApplyOptions options) {
        var problems = new ArrayList<Problem>();
        for (Machine machine : cluster.machines()) {
            var hardware = facts.hardware().get(machine.name());
            if (hardware != null) {
                Problem problem = DiskChoice.of(machine, hardware).problem();
                if (problem != null) {
                    problems.add(problem);
                }
            }
        }
        if (kind(cluster) == Machine.Kind.MANUAL) {
            interfaceProblem(cluster, options).or(this::privilegesProblem).ifPresent(problems::add);
        }
        return problems;
    }

    private static Optional<Problem> interfaceProblem(Cluster cluster, ApplyOptions options) {
        var address = Objects.requireNonNull(cluster.provisioningNetwork().bootServer());
        if (options.interfaceName().isEmpty()) {
            return Optional.of(Problem.error("interface-missing", "cluster " + cluster.name(),
                    "its machines are real and no interface is given", "the interface on the provisioning switch",
                    "kindling up FILE --interface IF; kindling hardware lists the interfaces"));
        }
        String name = options.interfaceName().get();
        try {
            NetworkInterface found = NetworkInterface.getByName(name);
            if (found == null) {
                return Optional.of(Problem.error("interface-unknown", "--interface " + name,
                        "there is no such interface",
                        "one of " + NetworkInterface.networkInterfaces().map(NetworkInterface::getName).toList(), ""));
            }
            if (found.inetAddresses().noneMatch(address::equals)) {
                return Optional.of(Problem.error("interface-address", "--interface " + name,
                        "it does not have the boot server's address " + address.getHostAddress(),
                        "spec.networks[0].bootServer is an address of " + name,
                        "ip address add " + address.getHostAddress() + "/"
                                + cluster.provisioningNetwork().cidr().prefixLength() + " dev " + name));
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(Problem.error("io", "--interface " + name, String.valueOf(e.getMessage()), "", ""));
        }
    }

    private Optional<Problem> privilegesProblem() {
        return BootPlace.find(workspace.environment()) instanceof BootPlace.Nowhere(Problem problem)
                ? Optional.of(problem)
                : Optional.empty();
    }

    /** Real machines are never given a stand-in that their owner did not ask for. */
    private static boolean standInAllowed(Cluster cluster) {
        return "true".equals(cluster.distribution().settings().get("stand-in"));
    }

    /** What is not real in this cluster. */
    List<String> notices(Cluster cluster) {
        var notices = new ArrayList<String>();
        String standIn = switch (kind(cluster)) {
            case MANUAL -> standInAllowed(cluster)
                    ? " allowed by the definition: where K3s cannot be had, no Kubernetes runs"
                    : "";
            case VIRTUAL -> {
                notices.add(VIRTUAL_RACK);
                yield " where K3s " + cluster.distribution().version()
                        + " is neither in the asset cache nor can be downloaded: then no Kubernetes runs";
            }
            case SIMULATED -> {
                notices.add(SIMULATED);
                yield ": no Kubernetes runs on simulated machines";
            }
            case PROXMOX, SSH, REDFISH -> "";
        };
        // it stands in for K3s only; what else is not real, the outline says
        if (!standIn.isEmpty() && !Outline.forms(cluster)) {
            notices.add(K3s.STAND_IN + standIn);
        }
        return List.copyOf(notices);
    }

    private static final String VIRTUAL_RACK = "VIRTUAL RACK: the machines are QEMU processes on this computer";
    private static final String SIMULATED = "SIMULATED MACHINES: programs that speak DHCP, TFTP and HTTP over loopback; there is no computer behind them";

    Wired wire(Machines machines, ApplyOptions options, String run, Consumer<Event> journal) {
        Cluster cluster = machines.cluster();
        var secrets = new Secrets(workspace, store, cluster.name(), journal);
        var k3s = new AtomicReference<>(Optional.<K3s.Binary>empty());
        Distribution distribution = Outline.forms(cluster)
                ? new Outline(cluster)
                : new K3s(machines, secrets, k3s::get);
        var service = new AtomicReference<@Nullable MachineService>();
        MachineControl control = switch (kind(cluster)) {
            case MANUAL -> new ManualMachines(machines);
            case VIRTUAL -> new VirtualRack(cluster, workspace.rack(cluster.name()), journal);
            case SIMULATED -> world.simulator().rack(cluster, workspace.rack(cluster.name()),
                    () -> Objects.requireNonNull(service.get(), "machines are switched on after the boot service"),
                    options,
                    journal);
            case PROXMOX, SSH, REDFISH -> new Outline(cluster);
        };
        Site site = new Site(where(cluster, options), control, attempt -> switch (kind(cluster)) {
            case SIMULATED -> SimulatedRack.payload();
            case VIRTUAL, MANUAL -> prepare(cluster, k3s, journal, attempt);
            case PROXMOX, SSH, REDFISH -> throw Outline.refusal("the boot files of " + cluster.name());
        }, payload -> {
            Path leases = workspace.leases(cluster.name());
            BiConsumer<Machine, String> kubeconfig = (_, text) -> distribution.kubeconfigReceived(text);
            MachineService started = kind(cluster) == Machine.Kind.SIMULATED
                    ? world.simulator().serve(machines, payload, secrets.bootKey(), leases,
                            distribution::installConfig, kubeconfig, clock)
                    : new BootService(machines, payload, secrets.bootKey(), interfaceName(cluster, options),
                            BootPlace.find(workspace.environment()), leases, distribution::installConfig, kubeconfig,
                            clock);
            service.set(started);
            return started;
        }, world.random());
        return new Wired(site,
                new ClusterRun(machines, site, distribution, handOff(cluster, secrets, run, journal)).steps());
    }

    /** Everything that the host's network is needed for, and what is built of it. */
    private Payload prepare(Cluster cluster, AtomicReference<Optional<K3s.Binary>> k3s, Consumer<Event> journal,
            Step.Attempt attempt) throws IOException, Step.Failed {
        BootAssets.Progress progress = (what, done, total) -> attempt.progress(total > 0 ? (double) done / total : -1,
                what);
        Map<String, Path> more = switch (k3s(cluster, progress)) {
            case AssetDownload.Available(Path file, String sha256, long _) -> {
                k3s.set(Optional.of(new K3s.Binary(K3S_FILE, sha256)));
                yield Map.of(K3S_FILE, file);
            }
            case AssetDownload.Unavailable(String reason) -> {
                standIn(cluster, reason, journal);
                yield Map.of();
            }
        };
        var flavour = kind(cluster) == Machine.Kind.VIRTUAL
                ? BootAssets.KernelFlavour.CLOUD
                : BootAssets.KernelFlavour.GENERIC;
        return switch (BootAssets.prepare(workspace.assetCache(), flavour, progress)) {
            case BootAssets.Incomplete incomplete -> throw new Step.Failed(
                    Problem.error("boot-files-missing", "boot files",
                            String.join("; ", incomplete.missing().stream()
                                    .map(part -> part.what() + ": " + part.why()).toList()),
                            "all boot files", incomplete.remedy()),
                    true);
            case BootAssets.Ready(BootAssets assets) -> GuestPayload.build(assets, cluster, more);
        };
    }

    private static final String K3S_FILE = "k3s";

    private AssetDownload.Result k3s(Cluster cluster, BootAssets.Progress progress) throws IOException {
        String version = cluster.distribution().version();
        Optional<AssetCatalogue.Asset> asset = AssetCatalogue.load().find("k3s", version);
        return asset.isEmpty()
                ? new AssetDownload.Unavailable("the catalogue has no K3s " + version)
                : new AssetDownload(workspace.assetCache()).get(asset.get(), progress);
    }

    private static void standIn(Cluster cluster, String reason, Consumer<Event> journal) throws Step.Failed {
        if (kind(cluster) == Machine.Kind.MANUAL && !standInAllowed(cluster)) {
            throw new Step.Failed(Problem.error("k3s-unavailable", "cluster " + cluster.name(), reason,
                    "the K3s program, for real machines",
                    "give this computer access to the network once, or put it into the asset cache; for a trial without"
                            + " Kubernetes set spec.distribution.settings.stand-in to \"true\""),
                    true);
        }
        journal.accept(new Event.Noted(null, true,
                K3s.STAND_IN + ": no Kubernetes runs in this cluster, because K3s could not be had: " + reason));
    }

    private ClusterRun.HandOffWork handOff(Cluster cluster, Secrets secrets, String run, Consumer<Event> journal) {
        return new ClusterRun.HandOffWork() {
            @Override
            public void storeKubeconfig() throws IOException {
                secrets.keepKubeconfig();
            }

            @Override
            public boolean kubeconfigStored() throws IOException {
                return secrets.kubeconfigKept();
            }

            @Override
            public String treeFingerprint() {
                HandOff wanted = cluster.handOff();
                return Fingerprint.of(wanted.branch(), wanted.remote(), GitOpsTree.of(cluster).files());
            }

            @Override
            public void commitTree(Step.Attempt attempt) throws IOException, Step.Failed {
                HandOff wanted = cluster.handOff();
                try (var repository = GitOpsRepository.open(workspace.directory(), clock)) {
                    var published = repository.publish(GitOpsTree.of(cluster), wanted.branch(), run, wanted.remote());
                    journal.accept(new Event.HandedOff(published.commit(), wanted.branch(),
                            (published.changed() ? "committed " : "already committed: ")
                                    + published.commit().substring(0, 12)
                                    + " on " + wanted.branch() + " in " + repository.directory().getFileName()
                                    + (published.pushed() ? ", pushed" : "")));
                    if (!published.problems().isEmpty()) {
                        throw new Step.Failed(published.problems().getFirst(), true);
                    }
                }
            }
        };
    }

    private static @Nullable String interfaceName(Cluster cluster, ApplyOptions options) {
        return switch (kind(cluster)) {
            case MANUAL -> options.interfaceName().orElseThrow();
            case VIRTUAL -> VirtualRack.BRIDGE;
            case SIMULATED, PROXMOX, SSH, REDFISH -> null;
        };
    }

    private static String where(Cluster cluster, ApplyOptions options) {
        return switch (kind(cluster)) {
            case MANUAL -> options.interfaceName().orElse("the interface given with --interface");
            case VIRTUAL -> "the virtual rack's switch";
            case SIMULATED -> "loopback";
            case PROXMOX, SSH, REDFISH -> options.interfaceName().orElse("the provisioning network");
        };
    }

    private static Machine.Kind kind(Cluster cluster) {
        // the definition's check sees to it that all machines are of one kind
        return cluster.machines().getFirst().kind();
    }
}

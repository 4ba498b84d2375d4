package dev.kindling.engine;

import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.definition.Definitions;
import dev.kindling.engine.distribution.Distribution;
import dev.kindling.engine.machine.MachineControl;
import dev.kindling.engine.model.BootSettings;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.NodePool;
import dev.kindling.engine.model.Role;
import dev.kindling.engine.model.Service;
import dev.kindling.engine.plan.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The steps of what this version can plan and cannot perform: other distributions, boot methods, kinds of machines, and
 * services. Each says so in its title, and refuses when it is performed; {@code apply} refuses before.
 */
final class Outline implements Distribution, MachineControl {
    private static final String MARK = "NOT IN THIS VERSION";
    private static final String SUFFIX = " (not in this version)";

    private final Cluster cluster;

    Outline(Cluster cluster) {
        this.cluster = cluster;
    }

    /** The plan, with what this version cannot perform among its notices. */
    static Plan marked(Plan plan, List<Problem> problems) {
        var notices = new ArrayList<String>();
        problems.stream().filter(Definitions::isNotYet)
                .map(problem -> MARK + ": " + problem.message() + " [" + problem.code() + "]").distinct()
                .forEach(notices::add);
        if (notices.isEmpty()) {
            return plan;
        }
        notices.addAll(plan.notices());
        return new Plan(plan.id(), plan.cluster(), plan.definition(), plan.actions(), notices);
    }

    /** Whether forming such a cluster is in outline only. */
    static boolean forms(Cluster cluster) {
        return switch (cluster.distribution().kind()) {
            case K3S -> cluster.distribution().channel() || cluster.withRole(Role.CONTROL_PLANE).size() > 1;
            case RKE2, KUBEADM, TALOS, MICROK8S, OKD -> true;
        };
    }

    /** Whether starting and installing the machine is in outline only. */
    boolean starts(Machine machine) {
        boolean known = switch (machine.kind()) {
            case MANUAL, VIRTUAL, SIMULATED -> machine.match() == Machine.Match.MAC;
            case PROXMOX, SSH, REDFISH -> false;
        };
        return !known || cluster.boot(machine).method() != BootSettings.Method.PXE
                || cluster.pool(machine.pool()).map(NodePool::image).isPresent();
    }

    /** Whether some machine gets something from the boot service. */
    static boolean serves(Cluster cluster) {
        return cluster.pools().stream().anyMatch(pool -> switch (pool.boot().method()) {
            case PXE, HYBRID -> true;
            case ISO, TEMPLATE -> false;
        }) && cluster.primer().kind() != Machine.Kind.SSH;
    }

    /** The services that the boot service is not, in the order of their start. */
    List<Step> services() {
        return services(cluster).map(service -> step("service/" + service.name(),
                "Set up the service " + service.name() + " (" + word(service.type()) + ")", null, null, "not there",
                "answers",
                services(cluster).map(Service::name).filter(service.dependsOn()::contains)
                        .map(name -> "service/" + name).toList(),
                60)).toList();
    }

    private static java.util.stream.Stream<Service> services(Cluster cluster) {
        return cluster.services().stream().filter(service -> service.required() && !service.type().isBootService());
    }

    /** From nothing to the installed system: the last one is {@code boot/MACHINE}. */
    List<Step> start(Machine machine, List<String> before) {
        String name = machine.name();
        var steps = new ArrayList<Step>();
        boolean ssh = machine.kind() == Machine.Kind.SSH;
        BootSettings.Method method = cluster.boot(machine).method();
        steps.add(step("power/" + name, powered(machine), name, null, ssh ? "its system runs" : "off", "on", before,
                30));
        if (method != BootSettings.Method.TEMPLATE) {
            steps.add(step("discover/" + name, "Read the hardware of " + name, name, null, "hardware not known",
                    "hardware known and sufficient", List.of("power/" + name), 60));
        }
        if (!ssh) {
            steps.add(step("install/" + name, installed(machine, method), name,
                    new Plan.DiskTarget(machine.disk().toString(), "unknown until the machine is seen", 0),
                    "content not known until the machine is seen", "the system of " + name,
                    List.of(steps.getLast().id()), 120));
        }
        steps.add(step("boot/" + name,
                ssh ? "Prepare the running system of " + name : "Boot " + name + " from its disk", name, null,
                "not reporting", "the installed system runs", List.of(steps.getLast().id()), 60));
        return steps;
    }

    private String powered(Machine machine) {
        String name = machine.name();
        Machine.VirtualHardware size = machine.virtual();
        Machine.Bmc bmc = machine.bmc();
        return switch (machine.kind()) {
            case MANUAL -> switch (machine.match()) {
                case MAC -> "Wait until " + name + " (" + machine.mac() + ") is switched on";
                case UUID -> "Find " + name + " by its UUID " + machine.uuid();
                case SERIAL -> "Find " + name + " by its serial number " + machine.serial();
                case HARDWARE_CLASS -> "Claim a machine of the hardware class "
                        + cluster.pool(machine.pool()).map(NodePool::hardwareClass).orElse("") + " for " + name;
            };
            case VIRTUAL, SIMULATED -> "Switch on " + name;
            case PROXMOX -> "Make the virtual machine " + (machine.vmid() == null ? "" : machine.vmid() + " ") + name
                    + (size == null
                            ? ""
                            : " with " + size.cpus() + " CPU, " + size.memoryMib() + " MiB and " + size.diskGib()
                                    + " GiB")
                    + hosts(machine) + ", and switch it on";
            case SSH -> "Log in to " + name + " (" + machine.address().getHostAddress() + ")";
            case REDFISH -> "Switch on " + name + " through its BMC" + (bmc == null ? "" : " " + bmc.address());
        };
    }

    private String hosts(Machine machine) {
        return cluster.pool(machine.pool()).map(NodePool::placement)
                .map(wish -> wish.targetHosts().isEmpty() ? wish.preferredHosts() : wish.targetHosts())
                .filter(hosts -> !hosts.isEmpty()).map(hosts -> " on " + String.join(" or ", hosts)).orElse("");
    }

    private String installed(Machine machine, BootSettings.Method method) {
        String name = machine.name();
        String image = cluster.pool(machine.pool()).map(NodePool::image).orElse("the system");
        return switch (method) {
            case PXE -> "Write " + image + " to the disk of " + name + " with " + machine.disk();
            case ISO -> "Install " + image + " from a medium to the disk of " + name + " with " + machine.disk();
            case HYBRID ->
                "Start " + name + " from a medium, and write " + image + " over the network to the disk with "
                        + machine.disk();
            case TEMPLATE -> "Clone " + (image.equals("the system") ? "the template" : image) + " to the disk of "
                    + name + " with " + machine.disk();
        };
    }

    @Override
    public List<Step> steps() {
        String kubernetes = kubernetes();
        Machine primer = cluster.primer();
        List<Machine> bootstraps = cluster.withRole(Role.BOOTSTRAP);
        var steps = new ArrayList<Step>();
        var needed = new ArrayList<String>(List.of("boot/" + primer.name()));
        bootstraps.forEach(machine -> needed.add("boot/" + machine.name()));
        String form = "form/" + primer.name();
        steps.add(step(form,
                "Form " + kubernetes + " on " + primer.name()
                        + (bootstraps.isEmpty() ? "" : ", by the bootstrap machine " + bootstraps.getFirst().name()),
                primer.name(), null, "no cluster", "the API answers", needed, 300));
        var joined = new ArrayList<String>(List.of(form));
        var controlPlanes = new ArrayList<String>(List.of(form));
        for (Machine machine : cluster.machines()) {
            boolean controlPlane = machine.role() == Role.CONTROL_PLANE;
            if (machine.equals(primer) || machine.role() == Role.BOOTSTRAP || machine.role() == Role.BASTION) {
                continue;
            }
            String id = "join/" + machine.name();
            steps.add(step(id,
                    "Join " + machine.name() + " to " + kubernetes
                            + (controlPlane ? " as a control-plane machine" : ""),
                    machine.name(), null, "not a node", "a node of " + cluster.name(),
                    List.of("boot/" + machine.name(), form), 120));
            joined.add(id);
            if (controlPlane) {
                controlPlanes.add(id);
            }
        }
        for (NodePool pool : cluster.pools()) {
            if (pool.lifecycle().temporary()) {
                cluster.machines().stream().filter(machine -> machine.pool().equals(pool.name()))
                        .forEach(machine -> steps.add(step("remove/" + machine.name(),
                                "Remove the temporary machine " + machine.name(), machine.name(), null, "of use",
                                "gone", controlPlanes, 30)));
            }
        }
        steps.add(step(NODES_READY, "See all nodes Ready", null, null, "nodes unknown", "every node is Ready", joined,
                60));
        return steps;
    }

    private String kubernetes() {
        String version = (cluster.distribution().channel() ? "channel " : "") + cluster.distribution().version();
        return switch (cluster.distribution().kind()) {
            case K3S -> "K3s ";
            case RKE2 -> "RKE2 ";
            case KUBEADM -> "Kubernetes ";
            case TALOS -> "Talos ";
            case MICROK8S -> "MicroK8s ";
            case OKD -> "OKD ";
        } + version;
    }

    private static String word(Service.Type type) {
        return type.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    private static Step step(String id, String title, @Nullable String machine, Plan.@Nullable DiskTarget disk,
            String before, String after, List<String> dependsOn, long seconds) {
        return new Step(
                new Plan.Action(id, title + SUFFIX, machine, disk, before, after, disk != null, dependsOn, false,
                        Duration.ofSeconds(seconds)),
                Step.Lane.WAIT, 1, Duration.ofMinutes(1), () -> false, _ -> {
                    throw refusal(title);
                });
    }

    static Step.Failed refusal(String what) {
        return new Step.Failed(Problem.error("not-yet", what, "this version can plan it and cannot perform it",
                "a definition that kindling validate has no warnings of -not-yet about", "see kindling validate FILE"),
                false);
    }

    @Override
    public Optional<String> installConfig(Machine machine) {
        return Optional.empty();
    }

    @Override
    public void kubeconfigReceived(String kubeconfig) {
        throw new IllegalStateException("no machine was told to send a kubeconfig");
    }

    @Override
    public void prepare() throws Step.Failed {
        throw refusal("machines of " + cluster.name());
    }

    @Override
    public boolean isOn(Machine machine) {
        return false;
    }

    @Override
    public void powerOn(Machine machine, Step.Attempt attempt) throws Step.Failed {
        throw refusal("machine " + machine.name());
    }

    @Override
    public void close() {
        // nothing was started
    }
}

package dev.kindling.engine.definition;

import static dev.kindling.engine.definition.Field.optional;
import static dev.kindling.engine.definition.Field.required;
import static dev.kindling.engine.definition.Field.requiredOr;
import static dev.kindling.engine.definition.Field.withDefault;

import dev.kindling.engine.model.AddressRange;
import dev.kindling.engine.model.BootSettings;
import dev.kindling.engine.model.Cidr;
import dev.kindling.engine.model.Distribution;
import dev.kindling.engine.model.Hook;
import dev.kindling.engine.model.MacAddress;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.Network;
import dev.kindling.engine.model.NodePool;
import dev.kindling.engine.model.Role;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The one description of the definition format {@code kindling.dev/v1}: every key with its shape, its default and its
 * meaning. Reading, "did you mean", the JSON Schema and {@code docs/reference/definition.md} are all made from it.
 */
final class Format {
    static final String VERSION = "kindling.dev/v1";
    static final int MAX_MACHINES = 10_000;

    private Format() {}

    /** {@code metadata}. */
    static final class OfMetadata {
        static final Field<String> NAME = required("name", Values.CLUSTER_NAME,
                "Names the cluster, its machines and its files.", "clusterName", "cluster_name");
        static final Field<Map<String, String>> LABELS = optional("labels", Values.PAIRS,
                "Free pairs for people and scripts.");
        static final Shape.Group SHAPE = Shape.Group.of("metadata", NAME, LABELS);

        private OfMetadata() {}
    }

    /** {@code spec.distribution}. */
    static final class OfDistribution {
        static final Field<Distribution.Kind> NAME = required("name",
                Values.choice(Distribution.Kind.class, "vanilla", "kubeadm", "kubernetes", "kubeadm", "openshift",
                        "okd"),
                "Which Kubernetes. k3s is the one that can be formed today; the others are accepted as text and refused"
                        + " with distribution-not-yet.",
                "type", "kind");
        static final Field<String> VERSION = required("version", Values.VERSION,
                "As the distribution writes it, for example v1.34.2+k3s1.");
        static final Field<Map<String, String>> SETTINGS = optional("settings", Values.PAIRS,
                "Settings of the distribution, passed on as they are.", "platformConfig", "config");
        static final Shape.Group SHAPE = Shape.Group.of("a distribution", NAME, VERSION, SETTINGS);

        private OfDistribution() {}
    }

    /** {@code spec.boot}. */
    static final class OfBoot {
        static final Field<BootSettings.Method> METHOD = withDefault("method",
                Values.choice(BootSettings.Method.class, "network", "pxe", "netboot", "pxe", "cloud-init", "template"),
                "pxe",
                "How machines get their first program. pxe is the one that works today; the others are refused with"
                        + " boot-method-not-yet.",
                "bootMethod");
        static final Field<BootSettings.Dhcp> DHCP = withDefault("dhcp",
                Values.choice(BootSettings.Dhcp.class, "proxydhcp", "proxy", "proxy-dhcp", "proxy", "true", "server"),
                "server",
                "server: Kindling gives the addresses on the provisioning network. proxy: another DHCP server does, and"
                        + " Kindling only says what to boot.");
        static final Field<String> KERNEL_ARGUMENTS = withDefault("kernelArguments", Values.KERNEL_ARGUMENTS, "none",
                "Appended to the kernel command line of the installer, for example console=ttyS0,115200n8.",
                "kernelArgs", "cmdline");
        static final Shape.Group SHAPE = Shape.Group.of("boot", METHOD, DHCP, KERNEL_ARGUMENTS);

        private OfBoot() {}
    }

    /** {@code spec.networks[]}. */
    static final class OfNetwork {
        static final Field<String> NAME = required("name", Values.NAME, "Names the network in messages and files.");
        static final Field<Cidr> CIDR = required("cidr", Values.CIDR,
                "The addresses of the network. The provisioning network is IPv4; further ones may be IPv6.", "subnet",
                "network", "prefix");
        static final Field<Integer> VLAN = withDefault("vlan", new Shape.Whole(1, 4094), "untagged",
                "The VLAN that carries the network.", "vlanId", "privateVLAN", "tag");
        static final Field<InetAddress> GATEWAY = optional("gateway", Values.ADDRESS,
                "The default route of the machines.", "router");
        static final Field<Shape.Items<InetAddress>> DNS = optional("dns", new Shape.Many<>(Values.ADDRESS, 0, 8),
                "Name servers that the machines use.", "nameservers", "dnsServers");
        static final Field<String> DOMAIN = optional("domain", Values.DOMAIN, "DNS domain of the machines.",
                "searchDomain");
        static final Field<InetAddress> BOOT_SERVER = optional("bootServer", Values.ADDRESS,
                "The address that this computer has on the network. Needed on the first network.", "nextServer",
                "tftpServer", "server");
        static final Field<AddressRange> POOL = optional("pool", Values.RANGE,
                "Addresses that are leased to machines without a reservation, FIRST-LAST. Machines of the definition"
                        + " have their own, outside of it.",
                "dhcpRange", "range");
        static final Field<Boolean> ISOLATED = withDefault("isolated", Values.TRUTH, "false",
                "true: machines must not be routed elsewhere.", "isolation", "private");
        static final Field<Shape.Items<String>> PORTS = withDefault("ports", new Shape.Many<>(Values.INTERFACE, 1, 8),
                "the port that booted", "The interfaces of each machine that carry the network.", "interfaces", "nics");
        static final Field<Network.Bond> BOND = optional("bond",
                Values.choice(Network.Bond.class, "802.3ad", "lacp", "mode4", "lacp", "mode1", "active-backup",
                        "failover", "active-backup"),
                "Combines two or more ports.");
        static final Field<String> BRIDGE = optional("bridge", Values.INTERFACE,
                "The name of a bridge on top of the port or bond.");
        static final Shape.Group SHAPE = Shape.Group.of("a network", NAME, CIDR, VLAN, GATEWAY, DNS, DOMAIN,
                BOOT_SERVER, POOL, ISOLATED, PORTS, BOND, BRIDGE);

        private OfNetwork() {}
    }

    /** {@code spec.addressing}. */
    static final class OfAddressing {
        static final String DEFAULT_PODS = "10.42.0.0/16";
        static final String DEFAULT_SERVICES = "10.43.0.0/16";

        static final Field<InetAddress> VIP = withDefault("vip", Values.ADDRESS,
                "the address of the first control-plane machine", "The virtual address of the Kubernetes API.",
                "virtualIp", "apiVip");
        static final Field<AddressRange> LOAD_BALANCER_RANGE = optional("loadBalancerRange", Values.RANGE,
                "Addresses for services of type LoadBalancer (MetalLB).", "metallb", "metallbRange");
        static final Field<Cidr> POD_CIDR = withDefault("podCidr", Values.CIDR, DEFAULT_PODS,
                "The addresses of pods. Used inside of the cluster only.", "pod_cidr", "clusterCidr", "podSubnet");
        static final Field<Cidr> SERVICE_CIDR = withDefault("serviceCidr", Values.CIDR, DEFAULT_SERVICES,
                "The addresses of services. Used inside of the cluster only.", "service_cidr", "serviceSubnet");
        static final Shape.Group SHAPE = Shape.Group.of("addressing", VIP, LOAD_BALANCER_RANGE, POD_CIDR,
                SERVICE_CIDR);

        private OfAddressing() {}
    }

    /** {@code minimum} of a pool. */
    static final class OfMinimum {
        static final int DEFAULT_CPUS = 1;
        static final long DEFAULT_MEMORY_MIB = 512;
        static final long DEFAULT_DISK_GIB = 4;

        static final Field<Integer> CPUS = withDefault("cpus", new Shape.Whole(1, 4096), "1", "Logical processors.",
                "cpu", "cores", "vcpu");
        static final Field<Long> MEMORY = withDefault("memory", Values.MEMORY, "512Mi", "Memory.", "ram", "mem");
        static final Field<Long> DISK = withDefault("disk", Values.DISK_SIZE, "4Gi", "The system disk.", "diskSize",
                "storage");
        static final Shape.Group SHAPE = Shape.Group.of("minimum", CPUS, MEMORY, DISK);

        private OfMinimum() {}
    }

    /** {@code placement} of a pool. */
    static final class OfPlacement {
        static final Field<NodePool.AntiAffinity> ANTI_AFFINITY = withDefault("antiAffinity",
                Values.choice(NodePool.AntiAffinity.class, "preferred", "soft", "required", "hard"), "none",
                "Whether machines of the pool should (soft) or must (hard) be on different hosts.", "anti_affinity");
        static final Field<Shape.Items<String>> PREFERRED = optional("preferredHosts",
                new Shape.Many<>(Values.LINE, 0, 64), "Hosts to use first.", "preferredNodes");
        static final Field<Shape.Items<String>> TARGET = optional("targetHosts", new Shape.Many<>(Values.LINE, 0, 64),
                "The only hosts to use.", "targetNodes", "hosts");
        static final Shape.Group SHAPE = Shape.Group.of("placement", ANTI_AFFINITY, PREFERRED, TARGET);

        private OfPlacement() {}
    }

    /** {@code virtual} of a pool or a machine. */
    static final class OfVirtual {
        static final int DEFAULT_CPUS = 1;
        static final long DEFAULT_MEMORY_MIB = 1024;
        static final long DEFAULT_DISK_GIB = 4;

        static final Field<Machine.FirmwareKind> FIRMWARE = withDefault("firmware",
                Values.choice(Machine.FirmwareKind.class, "efi", "uefi", "ovmf", "uefi", "seabios", "bios", "legacy",
                        "bios"),
                "uefi", "Boot firmware.");
        static final Field<Integer> CPUS = withDefault("cpus", new Shape.Whole(1, 256), "1", "Logical processors.",
                "cpu", "cores", "vcpu");
        static final Field<Long> MEMORY = withDefault("memory", Values.MEMORY, "1Gi", "Memory.", "ram", "mem");
        static final Field<Long> DISK = withDefault("disk", Values.DISK_SIZE, "4Gi", "The one disk.", "diskSize",
                "storage");
        static final Shape.Group SHAPE = Shape.Group.of("virtual", FIRMWARE, CPUS, MEMORY, DISK);

        private OfVirtual() {}
    }

    /** {@code disk} of a machine. */
    static final class OfDisk {
        static final Field<String> SERIAL = optional("serial", Values.SERIAL,
                "The serial number, as lsblk shows it and the label says.", "serialNumber", "id");
        static final Field<String> WWN = optional("wwn", Values.WWN, "The World Wide Name, as lsblk shows it.");
        static final Shape.Group SHAPE = Shape.Group.of("a disk",
                new Shape.Group.ExactlyOne(ProblemCode.DISK_MISSING, ProblemCode.DISK_AMBIGUOUS), SERIAL, WWN);

        private OfDisk() {}
    }

    /** {@code machines[]} of a pool. */
    static final class OfMachine {
        static final Field<String> NAME = withDefault("name", Values.NAME,
                "the cluster, the role and a number: lab-cp-1, lab-wk-2", "Host name.", "hostname");
        static final Field<MacAddress> MAC = required("mac", Values.MAC, "The address of the port that boots.",
                "macAddress", "hwaddr");
        static final Field<UUID> ID = optional("uuid", Values.ID, "The SMBIOS UUID, where it is known.", "systemUuid");
        static final Field<InetAddress> ADDRESS = withDefault("address", Values.ADDRESS, "assigned",
                "The address on the provisioning network, reserved for this machine.", "ip", "ipAddress");
        static final Field<GroupValue> DISK = requiredOr(ProblemCode.DISK_MISSING, "disk", OfDisk.SHAPE,
                "The only disk that may be written, by serial or by wwn. Kindling never picks a disk, not even an only one.",
                "installDisk", "rootDisk");
        static final Field<Machine.Kind> KIND = withDefault("kind",
                Values.choice(Machine.Kind.class, "real", "manual", "metal", "manual", "baremetal", "manual", "vm",
                        "virtual", "qemu", "virtual"),
                "that of the pool", "See the pool.", "machineKind");
        static final Field<GroupValue> VIRTUAL = withDefault("virtual", OfVirtual.SHAPE, "that of the pool",
                "Sizes and firmware, key by key over those of the pool.", "vm");
        static final Shape.Group SHAPE = Shape.Group.of("a machine", NAME, MAC, ID, ADDRESS, DISK, KIND, VIRTUAL);

        private OfMachine() {}
    }

    /** {@code spec.nodePools[]}. */
    static final class OfPool {
        static final Field<String> NAME = required("name", Values.NAME, "Names the pool.");
        static final Field<Role> ROLE = required("role",
                Values.choice(Role.class, "master", "control-plane", "controlplane", "control-plane", "control_plane",
                        "control-plane", "server", "control-plane", "agent", "worker", "node", "worker"),
                "What the machines are for. control-plane and worker are used today, infra machines join as workers.");
        static final Field<Integer> COUNT = withDefault("count", new Shape.Whole(1, MAX_MACHINES),
                "how many are listed", "A check: must equal the number of machines listed.", "replicas", "size");
        static final Field<Machine.Kind> KIND = withDefault("kind", OfMachine.KIND.shape(), "manual",
                "What stands behind the machines. manual: real ones that you power on. virtual: QEMU machines on this"
                        + " computer. simulated: programs that speak the boot protocols. One definition uses one kind.",
                "machineKind");
        static final Field<String> HARDWARE_CLASS = optional("hardwareClass", Values.LINE,
                "A word of yours for this kind of hardware.", "class", "hostType");
        static final Field<GroupValue> MINIMUM = optional("minimum", OfMinimum.SHAPE,
                "Hardware that each machine must have; checked before its disk is touched.", "resources", "sizing",
                "template");
        static final Field<GroupValue> VIRTUAL = optional("virtual", OfVirtual.SHAPE,
                "Sizes and firmware of virtual and simulated machines.", "vm");
        static final Field<GroupValue> PLACEMENT = optional("placement", OfPlacement.SHAPE,
                "Wishes for the hosts of virtual machines. Kept, and of no effect today.");
        static final Field<Boolean> TEMPORARY = withDefault("temporary", Values.TRUTH, "false",
                "true: removed once the cluster runs. Kept, and of no effect today.", "lifecycle");
        static final Field<Shape.Items<String>> TAGS = optional("tags", new Shape.Many<>(Values.LINE, 0, 64),
                "Words for people and scripts.");
        static final Field<Map<String, String>> METADATA = optional("metadata", Values.PAIRS,
                "Free pairs for people and scripts.", "labels", "annotations");
        static final Field<Shape.Items<GroupValue>> MACHINES = required("machines",
                new Shape.Many<>(OfMachine.SHAPE, 1, MAX_MACHINES), "The machines, one by one.", "nodes", "hosts");
        static final Shape.Group SHAPE = Shape.Group.of("a node pool", NAME, ROLE, COUNT, KIND, HARDWARE_CLASS,
                MINIMUM, VIRTUAL, PLACEMENT, TEMPORARY, TAGS, METADATA, MACHINES);

        private OfPool() {}
    }

    /** {@code spec.handOff}. */
    static final class OfHandOff {
        static final String DEFAULT_BRANCH = "main";

        static final Field<String> BRANCH = withDefault("branch", Values.BRANCH, DEFAULT_BRANCH,
                "The branch that the GitOps tree is committed to.");
        static final Field<String> REMOTE = withDefault("remote", Values.REMOTE, "the workspace's own repository",
                "The repository that it is pushed to. Never with a password.", "url", "repository", "repo");
        static final Field<Shape.Items<String>> APPS = optional("apps", new Shape.Many<>(Values.NAME, 0, 64),
                "Core apps to write Argo CD Applications for, such as cert-manager.", "applications");
        static final Shape.Group SHAPE = Shape.Group.of("handOff", BRANCH, REMOTE, APPS);

        private OfHandOff() {}
    }

    /** {@code spec.hooks[]}. */
    static final class OfHook {
        static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(1);

        static final Field<String> WHEN = required("when", Values.words(Hook.moments()),
                "The moment: before or after the run, or each step of a kind. A hook of a step runs only where the step"
                        + " has something to do.",
                "event", "on");
        static final Field<Shape.Items<String>> COMMAND = required("command",
                new Shape.Many<>(Values.ARGUMENT, 1, 64),
                "Program and arguments, each by itself; no shell reads them. It sees PATH, HOME, LANG and KINDLING_*.",
                "run", "exec");
        static final Field<Duration> TIMEOUT = withDefault("timeout", Values.DURATION, "1m",
                "When it is ended, with all that it started, and has failed.");
        static final Field<Boolean> REQUIRED = withDefault("required", Values.TRUTH, "true",
                "true: where it fails, the step fails before its effect, or the run. false: it is noted.");
        static final Shape.Group SHAPE = Shape.Group.of("a hook", WHEN, COMMAND, TIMEOUT, REQUIRED);

        private OfHook() {}
    }

    /** {@code spec.webhooks[]}. */
    static final class OfWebhook {
        static final Field<String> URL = required("url", Values.WEB_URL,
                "Who is told: each event is posted as a CloudEvent in JSON. Never with a password.", "endpoint");
        static final Field<String> SECRET = optional("secretName", Values.SECRET_NAME,
                "The secret of the workspace that signs what is sent (HMAC-SHA256).", "secret");
        static final Field<Shape.Items<String>> EVENTS = withDefault("events",
                new Shape.Many<>(Values.EVENT_TYPE, 0, 64), "all but StepProgressed",
                "Types of events to send, such as RunEnded or StepFailed; docs/reference/runs.md lists them.");
        static final Shape.Group SHAPE = Shape.Group.of("a webhook", URL, SECRET, EVENTS);

        private OfWebhook() {}
    }

    /** {@code spec}. */
    static final class OfSpec {
        static final Field<GroupValue> DISTRIBUTION = required("distribution", OfDistribution.SHAPE,
                "Which Kubernetes.", "type");
        static final Field<GroupValue> BOOT = optional("boot", OfBoot.SHAPE, "How machines are started.",
                "bootMethod");
        static final Field<Shape.Items<GroupValue>> NETWORKS = required("networks",
                new Shape.Many<>(OfNetwork.SHAPE, 1, 64),
                "The networks of the machines. The first one is the provisioning network: machines boot over it.",
                "network", "network_config");
        static final Field<GroupValue> ADDRESSING = optional("addressing", OfAddressing.SHAPE,
                "Addresses that belong to the cluster and to no machine.", "ipam");
        static final Field<Shape.Items<GroupValue>> NODE_POOLS = required("nodePools",
                new Shape.Many<>(OfPool.SHAPE, 1, 256), "Machines of one role, pool by pool.", "nodeGroups", "pools",
                "nodes");
        static final Field<GroupValue> HAND_OFF = optional("handOff", OfHandOff.SHAPE,
                "What the cluster is given when it runs: a GitOps tree.", "gitops");
        static final Field<Shape.Items<GroupValue>> HOOKS = optional("hooks", new Shape.Many<>(OfHook.SHAPE, 0, 64),
                "Commands of yours at moments of a run.");
        static final Field<Shape.Items<GroupValue>> WEBHOOKS = optional("webhooks",
                new Shape.Many<>(OfWebhook.SHAPE, 0, 16), "Who is told of events over HTTP.");
        static final Shape.Group SHAPE = Shape.Group.of("spec", DISTRIBUTION, BOOT, NETWORKS, ADDRESSING, NODE_POOLS,
                HAND_OFF, HOOKS, WEBHOOKS);

        private OfSpec() {}
    }

    static final Field<String> API_VERSION = required("apiVersion", Values.exactly(VERSION, ProblemCode.API_VERSION),
            "The version of this format.", "version");
    static final Field<String> KIND = required("kind", Values.exactly("Cluster", ProblemCode.KIND),
            "What the file defines.");
    static final Field<GroupValue> METADATA = required("metadata", OfMetadata.SHAPE, "What the cluster is called.");
    static final Field<GroupValue> SPEC = required("spec", OfSpec.SHAPE, "What the cluster is.");
    static final Shape.Group CLUSTER = Shape.Group.of("a definition", API_VERSION, KIND, METADATA, SPEC);

    /** A group and where it stands. */
    record Located(String path, Shape.Group group) {}

    /** All groups, outer ones first. */
    static final List<Located> GROUPS = groups();

    private static List<Located> groups() {
        List<Located> found = new ArrayList<>();
        collect("", CLUSTER, found);
        return List.copyOf(found);
    }

    private static void collect(String path, Shape.Group group, List<Located> into) {
        into.add(new Located(path, group));
        for (Field<?> field : group.fields()) {
            String below = path.isEmpty() ? field.name() : path + "." + field.name();
            switch (field.shape()) {
                case Shape.Group inner -> collect(below, inner, into);
                case Shape.Many<?>(Shape.Group inner, int ignoredLeast, int ignoredMost) -> collect(below + "[]", inner,
                        into);
                default -> {
                }
            }
        }
    }

    /** For a key that stands in the wrong group: where it belongs. */
    static Optional<String> whereKeyBelongs(String key) {
        List<String> places = GROUPS.stream().filter(located -> located.group().byName().containsKey(key))
                .map(located -> located.path().isEmpty() ? "the top level" : located.path()).toList();
        return places.isEmpty() || places.size() > 3
                ? Optional.empty()
                : Optional.of("'" + key + "' belongs under " + String.join(" or ", places) + ".");
    }
}

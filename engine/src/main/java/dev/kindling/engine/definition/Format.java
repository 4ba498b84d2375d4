package dev.kindling.engine.definition;

import static dev.kindling.engine.definition.Field.optional;
import static dev.kindling.engine.definition.Field.required;
import static dev.kindling.engine.definition.Field.withDefault;

import dev.kindling.engine.model.AddressRange;
import dev.kindling.engine.model.BootSettings;
import dev.kindling.engine.model.Checks;
import dev.kindling.engine.model.Cidr;
import dev.kindling.engine.model.Distribution;
import dev.kindling.engine.model.Hook;
import dev.kindling.engine.model.MacAddress;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.Network;
import dev.kindling.engine.model.NodePool;
import dev.kindling.engine.model.Role;
import dev.kindling.engine.model.Security;
import dev.kindling.engine.model.Service;
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
                "Which Kubernetes. k3s is the one that can be formed today; the others can be planned"
                        + " (distribution-not-yet).",
                "type", "kind");
        static final Field<String> VERSION = optional("version", Values.VERSION,
                "As the distribution writes it, for example v1.34.2+k3s1.");
        static final Field<String> CHANNEL = optional("channel", Values.VERSION,
                "Instead of a version: the newest one of a channel, for example 1.32/stable.", "track");
        static final Field<Map<String, String>> SETTINGS = optional("settings", Values.SETTINGS,
                "Settings of the distribution, passed on as they are.", "platformConfig", "config");
        static final Shape.Group SHAPE = Shape.Group.of("a distribution",
                new Shape.Group.OneOf(ProblemCode.MISSING, ProblemCode.VERSION_AMBIGUOUS, VERSION, CHANNEL), NAME,
                VERSION, CHANNEL, SETTINGS);

        private OfDistribution() {}
    }

    /** {@code spec.boot}. */
    static final class OfBoot {
        static final Field<BootSettings.Method> METHOD = withDefault("method",
                Values.choice(BootSettings.Method.class, "network", "pxe", "netboot", "pxe", "cloud-init", "template"),
                "pxe",
                "How machines get their first program: over the network, from a medium, as a clone of a template, or"
                        + " from a medium first and over the network after. pxe is the one that works today; the others"
                        + " can be planned (boot-method-not-yet).",
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

    /** {@code boot} of a pool. */
    static final class OfPoolBoot {
        static final Field<BootSettings.Method> METHOD = withDefault("method", OfBoot.METHOD.shape(),
                "that of spec.boot", "As in spec.boot, for the machines of this pool.", "bootMethod");
        static final Field<String> KERNEL_ARGUMENTS = withDefault("kernelArguments", Values.KERNEL_ARGUMENTS, "none",
                "Appended to those of spec.boot.", "kernelArgs", "cmdline");
        static final Field<String> CONFIG = withDefault("config", Values.LINE,
                "that of the distribution for the role", "The name of the install config that the machines are given.",
                "configTemplate", "installConfig");
        static final Shape.Group SHAPE = Shape.Group.of("boot", METHOD, KERNEL_ARGUMENTS, CONFIG);

        private OfPoolBoot() {}
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

    /** {@code minimum} of a pool or of a hardware class. */
    static final class OfMinimum {
        static final int DEFAULT_CPUS = 1;
        static final long DEFAULT_MEMORY_MIB = 512;
        static final long DEFAULT_DISK_GIB = 4;

        static final Field<Integer> CPUS = withDefault("cpus", new Shape.Whole(1, 4096), "1", "Logical processors.",
                "cpu", "cores", "vcpu");
        static final Field<Long> MEMORY = withDefault("memory", Values.MEMORY, "512Mi", "Memory.", "ram", "mem");
        static final Field<Long> DISK = withDefault("disk", Values.DISK_SIZE, "4Gi", "The system disk.", "diskSize",
                "storage");
        static final Field<Integer> DISKS = withDefault("disks", new Shape.Whole(1, 256), "1",
                "How many disks, the system disk included.");
        static final Field<Integer> NICS = withDefault("nics", new Shape.Whole(1, 64), "1",
                "How many network interfaces.", "interfaces", "ports");
        static final Field<Machine.FirmwareKind> FIRMWARE = withDefault("firmware", Values.FIRMWARE, "either",
                "Boot firmware.");
        static final Shape.Group SHAPE = Shape.Group.of("minimum", CPUS, MEMORY, DISK, DISKS, NICS, FIRMWARE);

        private OfMinimum() {}
    }

    /** {@code spec.hardwareClasses[]}. */
    static final class OfHardwareClass {
        static final Field<String> NAME = required("name", Values.NAME, "What pools call it.");
        static final Field<GroupValue> MINIMUM = optional("minimum", OfMinimum.SHAPE,
                "What each machine of the class has at least; checked before its disk is touched.", "resources",
                "sizing");
        static final Field<Shape.Items<String>> TAGS = optional("tags", new Shape.Many<>(Values.LINE, 0, 64),
                "Words for people and scripts.");
        static final Shape.Group SHAPE = Shape.Group.of("a hardware class", NAME, MINIMUM, TAGS);

        private OfHardwareClass() {}
    }

    /** {@code lifecycle} of a pool. */
    static final class OfLifecycle {
        static final Field<Boolean> TEMPORARY = withDefault("temporary", Values.TRUTH, "false",
                "true: the machines are removed once the cluster runs. Kept, and of no effect today.");
        static final Field<Boolean> CLEAN_UP = withDefault("cleanUpAfterBoot", Values.TRUTH, "false",
                "true: what was made to boot the machines is removed once they run. Kept, and of no effect today.",
                "cleanupAfterBoot");
        static final Shape.Group SHAPE = Shape.Group.of("lifecycle", TEMPORARY, CLEAN_UP);

        private OfLifecycle() {}
    }

    /** {@code bmc} of a machine. */
    static final class OfBmc {
        static final Field<String> ADDRESS = required("address", Values.HOST,
                "Host name or IP address of the board management controller.", "host", "ip", "url");
        static final Field<String> CREDENTIALS = optional("credentials", Values.SECRET,
                "The name of the secret that holds its user and password. Never the password itself.", "secret",
                "secretName", "credentialsName");
        static final Shape.Group SHAPE = Shape.Group.of("a bmc", ADDRESS, CREDENTIALS);

        private OfBmc() {}
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
                Values.FIRMWARE, "uefi, or as 'minimum' says", "Boot firmware.");
        static final Field<Integer> CPUS = withDefault("cpus", new Shape.Whole(1, 256), "1, or as 'minimum' says",
                "Logical processors.", "cpu", "cores", "vcpu");
        static final Field<Long> MEMORY = withDefault("memory", Values.MEMORY, "1Gi, or as 'minimum' says", "Memory.",
                "ram", "mem");
        static final Field<Long> DISK = withDefault("disk", Values.DISK_SIZE, "4Gi, or as 'minimum' says",
                "The one disk.", "diskSize", "storage");
        static final Shape.Group SHAPE = Shape.Group.of("virtual", FIRMWARE, CPUS, MEMORY, DISK);

        private OfVirtual() {}
    }

    /** {@code disk} of a machine. */
    static final class OfDisk {
        static final Field<String> SERIAL = optional("serial", Values.SERIAL,
                "The serial number, as lsblk shows it and the label says.", "serialNumber", "id");
        static final Field<String> WWN = optional("wwn", Values.WWN, "The World Wide Name, as lsblk shows it.");
        static final Shape.Group SHAPE = Shape.Group.of("a disk",
                new Shape.Group.OneOf(ProblemCode.DISK_MISSING, ProblemCode.DISK_AMBIGUOUS, SERIAL, WWN), SERIAL,
                WWN);

        private OfDisk() {}
    }

    /** {@code machines[]} of a pool. */
    static final class OfMachine {
        static final Field<String> NAME = withDefault("name", Values.NAME,
                "the cluster, the role and a number: lab-cp-1, lab-wk-2", "Host name.", "hostname");
        static final Field<MacAddress> MAC = optional("mac", Values.MAC,
                "The address of the port that boots. Real machines need it, or their uuid or serial.", "macAddress",
                "hwaddr");
        static final Field<UUID> ID = optional("uuid", Values.ID,
                "The SMBIOS UUID, where it is known. Without a mac, the machine is matched by it in discovery"
                        + " (match-not-yet).",
                "systemUuid");
        static final Field<String> SERIAL = optional("serial", Values.SERIAL,
                "The serial number of the chassis, as on its label. Without mac and uuid, the machine is matched by it"
                        + " in discovery (match-not-yet).",
                "serialNumber");
        static final Field<InetAddress> ADDRESS = withDefault("address", Values.ADDRESS, "assigned",
                "The address on the provisioning network, reserved for this machine.", "ip", "ipAddress");
        static final Field<GroupValue> DISK = optional("disk", OfDisk.SHAPE,
                "The only disk that may be written, by serial or by wwn. Real machines that are installed need it:"
                        + " Kindling never picks a disk, not even an only one.",
                "installDisk", "rootDisk");
        static final Field<Machine.Kind> KIND = withDefault("kind",
                Values.choice(Machine.Kind.class, "real", "manual", "metal", "manual", "baremetal", "manual", "vm",
                        "virtual", "qemu", "virtual", "pve", "proxmox", "ipmi", "redfish", "bmc", "redfish"),
                "that of the pool", "See the pool.", "machineKind");
        static final Field<GroupValue> BMC = optional("bmc", OfBmc.SHAPE,
                "The board management controller of a real machine. Machines of the kind redfish need it.", "ipmi",
                "redfish", "ilo", "idrac");
        static final Field<GroupValue> VIRTUAL = withDefault("virtual", OfVirtual.SHAPE, "that of the pool",
                "Sizes and firmware, key by key over those of the pool.", "vm");
        static final Shape.Group SHAPE = Shape.Group.of("a machine", NAME, MAC, ID, SERIAL, ADDRESS, DISK, KIND, BMC,
                VIRTUAL);

        private OfMachine() {}
    }

    /** {@code spec.nodePools[]}. */
    static final class OfPool {
        static final Field<String> NAME = required("name", Values.NAME, "Names the pool.");
        static final Field<Role> ROLE = required("role",
                Values.choice(Role.class, "master", "control-plane", "controlplane", "control-plane", "control_plane",
                        "control-plane", "server", "control-plane", "agent", "worker", "node", "worker"),
                "What the machines are for. control-plane and worker are used today, infra machines join as workers,"
                        + " bootstrap and bastion can be planned (role-not-yet).");
        static final Field<Integer> COUNT = withDefault("count", new Shape.Whole(1, MAX_MACHINES),
                "how many are listed",
                "How many machines. Virtual, simulated and Proxmox machines that are not listed are made from this"
                        + " number. Real ones are listed: where there are more of them, the rest are spares.",
                "replicas", "size");
        static final Field<Machine.Kind> KIND = withDefault("kind", OfMachine.KIND.shape(), "manual",
                "What stands behind the machines. manual: real ones that you power on. virtual: QEMU machines on this"
                        + " computer. simulated: programs that speak the boot protocols. proxmox, ssh, redfish: can be"
                        + " planned (machine-kind-not-yet). One definition uses one kind.",
                "machineKind");
        static final Field<String> HARDWARE_CLASS = optional("hardwareClass", Values.NAME,
                "The name of one of spec.hardwareClasses. Real machines that 'count' asks for and that are not listed"
                        + " are claimed by it in discovery (match-not-yet).",
                "class", "hostType", "hostClass");
        static final Field<GroupValue> MINIMUM = withDefault("minimum", OfMinimum.SHAPE, "that of the hardware class",
                "Hardware that each machine must have, key by key over that of the class; checked before its disk is"
                        + " touched.",
                "resources", "sizing");
        static final Field<GroupValue> VIRTUAL = optional("virtual", OfVirtual.SHAPE,
                "Sizes and firmware of virtual, simulated and Proxmox machines.", "vm");
        static final Field<String> IMAGE = optional("image", Values.LINE,
                "What is installed instead of the distribution's own system: an image or a template of the hypervisor"
                        + " (image-not-yet).",
                "imageSource", "template");
        static final Field<GroupValue> PLACEMENT = optional("placement", OfPlacement.SHAPE,
                "Wishes for the hosts of virtual machines. Kept, and of no effect today.");
        static final Field<GroupValue> BOOT = optional("boot", OfPoolBoot.SHAPE,
                "How machines of this pool are started, key by key over spec.boot.", "bootMethod");
        static final Field<Shape.Items<String>> NETWORKS = withDefault("networks", new Shape.Many<>(Values.NAME, 1, 64),
                "all", "The names of the networks that the machines are attached to.", "network", "interfaces");
        static final Field<GroupValue> LIFECYCLE = optional("lifecycle", OfLifecycle.SHAPE,
                "How long the machines stay.");
        static final Field<Shape.Items<String>> TAGS = optional("tags", new Shape.Many<>(Values.LINE, 0, 64),
                "Words for people and scripts.");
        static final Field<Map<String, String>> METADATA = optional("metadata", Values.PAIRS,
                "Free pairs for people and scripts.", "labels", "annotations");
        static final Field<AddressRange> ADDRESSES = withDefault("addresses", Values.RANGE, "the whole network",
                "Where machines of the pool without an address get theirs, FIRST-LAST. With it, other pools can grow"
                        + " without moving this one.",
                "addressRange", "range");
        static final Field<Shape.Items<GroupValue>> MACHINES = optional("machines",
                new Shape.Many<>(OfMachine.SHAPE, 1, MAX_MACHINES),
                "The machines, one by one. Real ones must be listed.", "nodes", "hosts");
        static final Shape.Group SHAPE = Shape.Group.of("a node pool", NAME, ROLE, COUNT, KIND, HARDWARE_CLASS,
                MINIMUM, VIRTUAL, IMAGE, PLACEMENT, BOOT, NETWORKS, ADDRESSES, LIFECYCLE, TAGS, METADATA, MACHINES);

        private OfPool() {}
    }

    /** {@code spec.services[]}. */
    static final class OfService {
        static final Field<String> NAME = required("name", Values.NAME, "Names the service.");
        static final Field<Service.Type> TYPE = withDefault("type",
                Values.choice(Service.Type.class, "pxe-boot", "pxe", "pxe_boot", "pxe", "lb", "load-balancer",
                        "haproxy", "load-balancer", "loadbalancer", "load-balancer", "load_balancer", "load-balancer",
                        "metallb", "load-balancer", "ntp", "time", "longhorn", "storage", "prometheus", "monitoring",
                        "bind", "dns", "coredns", "dns"),
                "the name",
                "What it does. dhcp and pxe are the boot service of every run; the others can be planned"
                        + " (service-not-yet).",
                "kind");
        static final Field<Map<String, String>> SETTINGS = optional("settings", Values.SETTINGS,
                "Settings of the service, passed on as they are.", "configuration", "config");
        static final Field<Shape.Items<String>> DEPENDS_ON = optional("dependsOn", new Shape.Many<>(Values.NAME, 0, 64),
                "The names of services that are up before.", "requires", "after");
        static final Field<Boolean> REQUIRED = withDefault("required", Values.TRUTH, "true",
                "false: the cluster is formed without it where it cannot be had.", "optional");
        static final Field<Integer> START_ORDER = withDefault("startOrder", new Shape.Whole(1, 1000),
                "after those of lower numbers and those it depends on",
                "Services of lower numbers are started first.", "startupOrder", "order");
        static final Shape.Group SHAPE = Shape.Group.of("a service", NAME, TYPE, SETTINGS, DEPENDS_ON, REQUIRED,
                START_ORDER);

        private OfService() {}
    }

    /** {@code spec.security}. */
    static final class OfSecurity {
        static final Field<Shape.Items<String>> AUTHORIZED_KEYS = optional("authorizedKeys",
                new Shape.Many<>(Values.PUBLIC_KEY, 0, 64), "SSH public keys of those who may log in to the machines.",
                "sshKeys", "sshAuthorizedKeys");
        static final Field<Boolean> SECURE_BOOT = withDefault("secureBoot", Values.TRUTH, "false",
                "true: machines must boot with Secure Boot.");
        static final Field<Boolean> ENCRYPT_SECRETS = withDefault("encryptSecrets", Values.TRUTH, "false",
                "true: Kubernetes encrypts secrets at rest.", "encryption", "secretsEncryption");
        static final Field<Boolean> AUDIT_LOG = withDefault("auditLog", Values.TRUTH, "false",
                "true: the API server keeps an audit log.", "audit");
        static final Field<Security.NetworkPolicy> NETWORK_POLICY = withDefault("networkPolicy",
                Values.choice(Security.NetworkPolicy.class, "deny", "closed", "default-deny", "closed", "allow",
                        "open"),
                "open", "closed: pods reach nothing that no policy allows.", "networkPolicies");
        static final Field<Security.PodSecurity> POD_SECURITY = withDefault("podSecurity",
                Values.choice(Security.PodSecurity.class), "privileged",
                "The Pod Security Standard that namespaces enforce, unless they say otherwise.");
        static final Shape.Group SHAPE = Shape.Group.of("security", AUTHORIZED_KEYS, SECURE_BOOT, ENCRYPT_SECRETS,
                AUDIT_LOG, NETWORK_POLICY, POD_SECURITY);

        private OfSecurity() {}
    }

    /** {@code spec.validation}. */
    static final class OfValidation {
        static final Field<Duration> TIMEOUT = withDefault("timeout", Values.DURATION, "15m",
                "How long the API, and the last node, may take.", "timeoutMinutes", "deadline");
        static final Field<Shape.Items<Checks.Check>> CHECKS = optional("checks",
                new Shape.Many<>(Values.choice(Checks.Check.class, "api-availability", "api", "kubernetes", "api",
                        "node-readiness", "nodes", "cluster-operators", "operators", "infrastructure", "nodes"), 0, 16),
                "What is looked at before the cluster counts as up. api and nodes always are; the others are kept, and"
                        + " of no effect today.",
                "healthChecks", "categories");
        static final Shape.Group SHAPE = Shape.Group.of("validation", TIMEOUT, CHECKS);

        private OfValidation() {}
    }

    /** {@code spec.proxmox}. */
    static final class OfProxmox {
        static final Field<String> ENDPOINT = optional("endpoint", Values.ENDPOINT,
                "The address of the Proxmox API, such as https://pve.lab.example:8006.", "url", "host");
        static final Field<String> CREDENTIALS = optional("credentials", Values.SECRET,
                "The name of the secret that holds the API token. Never the token itself.", "secret", "secretName");
        static final Field<Integer> VMID_PREFIX = withDefault("vmidPrefix", new Shape.Whole(1, 99_999),
                "Proxmox chooses", "Machine 1 of the definition is VM 401 where this is 40, machine 12 is VM 4012.",
                "vmid_prefix");
        static final Shape.Group SHAPE = Shape.Group.of("proxmox", ENDPOINT, CREDENTIALS, VMID_PREFIX);

        private OfProxmox() {}
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

    /** {@code spec.limits.power}, {@code .write} and {@code .local}. */
    static final class OfLimit {
        static final Field<Integer> PARALLEL = withDefault("parallel", new Shape.Whole(1, 10_000),
                "64; local: 2", "How many at once.", "atOnce", "max");
        static final Field<Duration> PAUSE = withDefault("pause", Values.DURATION, "none",
                "The least time from the start of one to the start of the next.", "interval", "every");
        static final Shape.Group SHAPE = Shape.Group.of("a limit", PARALLEL, PAUSE);

        private OfLimit() {}
    }

    /** {@code spec.limits}. */
    static final class OfLimits {
        static final Field<GroupValue> POWER = optional("power", OfLimit.SHAPE,
                "Switching machines on: spares fuses and the boot server.", "powerOn");
        static final Field<GroupValue> WRITE = optional("write", OfLimit.SHAPE,
                "Writing disks: all of them read the same image.", "install");
        static final Field<GroupValue> LOCAL = optional("local", OfLimit.SHAPE, "Work of this computer.");
        static final Shape.Group SHAPE = Shape.Group.of("limits", POWER, WRITE, LOCAL);

        private OfLimits() {}
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
        static final Field<Shape.Items<GroupValue>> HARDWARE_CLASSES = optional("hardwareClasses",
                new Shape.Many<>(OfHardwareClass.SHAPE, 0, 64), "Kinds of hardware that pools refer to.",
                "hostClasses", "resourceClasses");
        static final Field<Shape.Items<GroupValue>> SERVICES = optional("services",
                new Shape.Many<>(OfService.SHAPE, 0, 64), "What the cluster needs beside Kubernetes.",
                "dependencies");
        static final Field<GroupValue> SECURITY = optional("security", OfSecurity.SHAPE,
                "How closed the cluster is. Kept, and of no effect today.");
        static final Field<GroupValue> VALIDATION = optional("validation", OfValidation.SHAPE,
                "When the cluster counts as up.", "health");
        static final Field<GroupValue> PROXMOX = optional("proxmox", OfProxmox.SHAPE,
                "Where machines of the kind proxmox are made.", "hypervisor");
        static final Field<Shape.Items<GroupValue>> HOOKS = optional("hooks", new Shape.Many<>(OfHook.SHAPE, 0, 64),
                "Commands of yours at moments of a run.");
        static final Field<Shape.Items<GroupValue>> WEBHOOKS = optional("webhooks",
                new Shape.Many<>(OfWebhook.SHAPE, 0, 16), "Who is told of events over HTTP.");
        static final Field<GroupValue> LIMITS = optional("limits", OfLimits.SHAPE, "How fast a run may go.",
                "rateLimits");
        static final Shape.Group SHAPE = Shape.Group.of("spec", DISTRIBUTION, BOOT, NETWORKS, ADDRESSING,
                HARDWARE_CLASSES, NODE_POOLS, SERVICES, SECURITY, VALIDATION, PROXMOX, HAND_OFF, HOOKS, WEBHOOKS,
                LIMITS);

        private OfSpec() {}
    }

    /** {@code environments[]}. */
    static final class OfEnvironment {
        static final Field<String> NAME = required("name", Values.NAME, "Names the environment.");
        static final Field<String> INHERITS = withDefault("inherits", Values.NAME, "nothing",
                "The name of the environment that this one builds on.", "from", "extends", "parent", "base");
        static final Field<String> CLUSTER_NAME = withDefault("clusterName", Values.CLUSTER_NAME,
                "metadata.name and the environment's: shop-staging", "The name of the cluster.");
        static final Field<GroupValue> SPEC = optional("spec", OfSpec.SHAPE.part(),
                "What differs, as in the spec: groups key by key, networks, hardware classes, pools and services by"
                        + " their name, all other lists as a whole.",
                "overrides");
        static final Shape.Group SHAPE = Shape.Group.of("an environment", NAME, INHERITS, CLUSTER_NAME, SPEC);

        private OfEnvironment() {}
    }

    static final Field<String> API_VERSION = required("apiVersion", Values.exactly(VERSION, ProblemCode.API_VERSION),
            "The version of this format.", "version");
    static final Field<String> KIND = required("kind", Values.exactly("Cluster", ProblemCode.KIND),
            "What the file defines.");
    static final Field<GroupValue> METADATA = required("metadata", OfMetadata.SHAPE, "What the cluster is called.");
    static final Field<GroupValue> SPEC = required("spec", OfSpec.SHAPE, "What the cluster is.");
    static final Field<String> ENVIRONMENT = optional("environment", Values.NAME,
            "Which of the environments is meant; the option --environment writes it.", "env");
    static final Field<Shape.Items<GroupValue>> ENVIRONMENTS = optional("environments",
            new Shape.Many<>(OfEnvironment.SHAPE, 1, 16),
            "Variants of the cluster, such as development, staging and production.", "envs");
    static final Shape.Group CLUSTER = Shape.Group.of("a definition", API_VERSION, KIND, METADATA, SPEC, ENVIRONMENT,
            ENVIRONMENTS);

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
                case Shape.Group inner when inner.partial() -> {
                    // the same keys again
                }
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

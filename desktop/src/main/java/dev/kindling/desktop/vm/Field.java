package dev.kindling.desktop.vm;

import java.util.Arrays;
import java.util.List;

/** Everything that the wizard asks for. */
public enum Field {
    NAME(Screen.CLUSTER, "Name", "Lower-case letters, digits and dashes. Machines are named after it."), //
    DISTRIBUTION(Screen.CLUSTER, "Distribution", "Which Kubernetes the machines run."), //
    VERSION(Screen.CLUSTER, "Version", "As the distribution writes it, for example v1.34.2+k3s1."), //

    CIDR(Screen.NETWORK, "Provisioning network", "The network that machines boot from, for example 10.77.0.0/24."), //
    BOOT_SERVER(Screen.NETWORK, "This computer's address", "Our address on that network; machines fetch from it."), //
    DHCP(Screen.NETWORK, "Who gives the addresses", "Firmware never merges two offers, so exactly one side may."), //
    POOL(Screen.NETWORK, "Address pool", "FIRST-LAST, for machines without an address of their own."), //
    GATEWAY(Screen.NETWORK, "Gateway", "Default route of the machines. Empty: none."), //
    DNS(Screen.NETWORK, "Name servers", "Separated by commas. Empty: none."), //
    VIP(Screen.NETWORK, "Control plane address", "A virtual address for the API. Empty: the first machine's."), //

    MACHINE_NAME(Screen.MACHINES, "Name", "Empty: named after the cluster and its role."), //
    ROLE(Screen.MACHINES, "Role", "What the machine is for."), //
    KIND(Screen.MACHINES, "Kind", "manual: a real machine; virtual: QEMU here; simulated: no machine at all."), //
    MAC(Screen.MACHINES, "MAC address", "Of the port that boots."), //
    ADDRESS(Screen.MACHINES, "Address", "Its fixed address on the provisioning network."), //
    DISK(Screen.MACHINES, "Disk serial", "The only disk that may be written."), //
    FIRMWARE(Screen.MACHINES, "Firmware", "Of virtual and simulated machines; real ones tell it themselves.");

    private final Screen screen;
    private final String label;
    private final String help;

    Field(Screen screen, String label, String help) {
        this.screen = screen;
        this.label = label;
        this.help = help;
    }

    /** Where it is asked. */
    public Screen screen() {
        return screen;
    }

    /** Name on the screen. */
    public String label() {
        return label;
    }

    /** One line of explanation. */
    public String help() {
        return help;
    }

    /** The answers that may be given; empty where the answer is free text. */
    public List<String> choices() {
        return switch (this) {
            case DISTRIBUTION -> List.of("k3s", "rke2", "kubeadm", "talos", "microk8s", "okd");
            case DHCP -> List.of("server", "proxy");
            case ROLE -> List.of("control-plane", "worker", "infra", "bootstrap", "bastion");
            case KIND -> List.of("manual", "virtual", "simulated");
            case FIRMWARE -> List.of("uefi", "bios");
            case NAME, VERSION, CIDR, BOOT_SERVER, POOL, GATEWAY, DNS, VIP, MACHINE_NAME, MAC, ADDRESS, DISK ->
                List.of();
        };
    }

    /** The columns of a machine. */
    public static List<Field> ofMachine() {
        return Arrays.stream(values()).filter(field -> field.screen == Screen.MACHINES).toList();
    }

    /** The answers that exist once. */
    public static List<Field> ofCluster() {
        return Arrays.stream(values()).filter(field -> field.screen != Screen.MACHINES).toList();
    }
}

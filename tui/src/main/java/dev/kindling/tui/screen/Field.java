package dev.kindling.tui.screen;

import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Draft.DraftMachine;
import dev.kindling.engine.model.Distribution;
import dev.kindling.engine.model.Role;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Questions of the wizard, in the order of its steps. */
enum Field {
    NAME("Cluster name", "part of every machine's name: lower case, digits, dashes"),
    DISTRIBUTION("Distribution",
            "which Kubernetes"),
    VERSION("Version", "as the distribution writes it: v1.34.2+k3s1"),

    DHCP("DHCP", "server: we give the addresses; proxy: another server does"),
    CIDR("Network",
            "the machines' network: 192.168.50.0/24"),
    BOOT_SERVER("This computer",
            "our own address on that network"),
    POOL("Pool",
            "FIRST-LAST, for machines that are not listed"),
    GATEWAY("Gateway", "may be empty"),
    DNS(
            "Name servers", "separated by commas, may be empty"),
    VIP("API address",
            "virtual address of the control plane, may be empty"),
    INTERFACE(
            "Interface",
            "where real machines are served; not needed for virtual ones"),

    ROLE("Role", "what the machine is for"),
    KIND("Kind",
            "manual: real, you switch it on; virtual: QEMU; simulated: a program"),
    MAC("MAC",
            "of the port that boots; F2 picks a machine that was seen"),
    ADDRESS("Address",
            "may be empty: assigned"),
    DISK("Disk serial",
            "the only disk that may be written; F2 picks one that was seen"),
    FIRMWARE(
            "Firmware", "of virtual and simulated machines"),
    HOST("Name",
            "may be empty: named by the cluster and the role");

    static final List<Field> CLUSTER_STEP = List.of(NAME, DISTRIBUTION, VERSION);
    static final List<Field> NETWORK_STEP = List.of(DHCP, CIDR, BOOT_SERVER, POOL, GATEWAY, DNS, VIP, INTERFACE);
    static final List<Field> MACHINE = List.of(ROLE, KIND, MAC, ADDRESS, DISK, FIRMWARE, HOST);
    /** The components of {@link Draft} that are texts, in its order. */
    private static final List<Field> OF_DRAFT = List.of(NAME, DISTRIBUTION, VERSION, DHCP, CIDR, BOOT_SERVER, POOL,
            GATEWAY, DNS, VIP);
    /** The components of {@link DraftMachine}, in its order. */
    private static final List<Field> OF_MACHINE = List.of(HOST, ROLE, KIND, MAC, ADDRESS, DISK, FIRMWARE);

    private final String label;
    private final String hint;

    Field(String label, String hint) {
        this.label = label;
        this.hint = hint;
    }

    private static List<String> words(Enum<?>[] constants) {
        return Arrays.stream(constants).map(constant -> constant.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .toList();
    }

    String label() {
        return label;
    }

    String hint() {
        return hint;
    }

    /** Empty: free text. */
    List<String> choices() {
        return switch (this) {
            case DISTRIBUTION -> words(Distribution.Kind.values());
            case DHCP -> List.of("server", "proxy");
            case ROLE -> words(Role.values());
            case KIND -> List.of("manual", "virtual", "simulated");
            case FIRMWARE -> List.of("bios", "uefi");
            case NAME, VERSION, CIDR, BOOT_SERVER, POOL, GATEWAY, DNS, VIP, INTERFACE, MAC, ADDRESS, DISK, HOST ->
                List.of();
        };
    }

    String of(Draft draft) {
        return texts(draft).get(OF_DRAFT.indexOf(this));
    }

    Draft in(Draft draft, String value) {
        List<String> texts = new ArrayList<>(texts(draft));
        texts.set(OF_DRAFT.indexOf(this), value);
        return new Draft(texts.get(0), texts.get(1), texts.get(2), texts.get(3), texts.get(4), texts.get(5),
                texts.get(6), texts.get(7), texts.get(8), texts.get(9), draft.machines());
    }

    String of(DraftMachine machine) {
        return texts(machine).get(OF_MACHINE.indexOf(this));
    }

    DraftMachine in(DraftMachine machine, String value) {
        List<String> texts = new ArrayList<>(texts(machine));
        texts.set(OF_MACHINE.indexOf(this), value);
        return new DraftMachine(texts.get(0), texts.get(1), texts.get(2), texts.get(3), texts.get(4), texts.get(5),
                texts.get(6));
    }

    static Draft with(Draft draft, List<DraftMachine> machines) {
        return new Draft(draft.name(), draft.distribution(), draft.version(), draft.dhcp(), draft.cidr(),
                draft.bootServer(), draft.pool(), draft.gateway(), draft.dns(), draft.vip(), machines);
    }

    private static List<String> texts(Draft draft) {
        return List.of(draft.name(), draft.distribution(), draft.version(), draft.dhcp(), draft.cidr(),
                draft.bootServer(), draft.pool(), draft.gateway(), draft.dns(), draft.vip());
    }

    private static List<String> texts(DraftMachine machine) {
        return List.of(machine.name(), machine.role(), machine.kind(), machine.mac(), machine.address(),
                machine.diskSerial(), machine.firmware());
    }
}

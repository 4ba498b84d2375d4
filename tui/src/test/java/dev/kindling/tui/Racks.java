package dev.kindling.tui;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.Condition;
import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Draft.DraftMachine;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.model.AddressRange;
import dev.kindling.engine.model.Addressing;
import dev.kindling.engine.model.BootSettings;
import dev.kindling.engine.model.Cidr;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Distribution;
import dev.kindling.engine.model.HandOff;
import dev.kindling.engine.model.MacAddress;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.Network;
import dev.kindling.engine.model.NodePool;
import dev.kindling.engine.model.Role;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Clusters, plans and runs that tests talk about. */
public final class Racks {
    public static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
    public static final String SIMULATED = "SIMULATED: machines are programs that speak the boot protocols";
    public static final String STAND_IN = "STAND-IN: the control plane is no Kubernetes, it answers for one";

    private Racks() {}

    /** The answers behind the cluster demo: a control plane and two workers, of the given kind. */
    public static Draft draft(String kind) {
        return new Draft("demo", "k3s", "v1.34.2+k3s1", "server", "10.77.0.0/24", "10.77.0.1",
                "10.77.0.100-10.77.0.199", "10.77.0.1", "10.77.0.1", "", List.of(
                        new DraftMachine("demo-cp-1", "control-plane", kind, "52:54:00:4b:4c:01", "10.77.0.11",
                                "KDL-DEMO-CP-1", "bios"),
                        new DraftMachine("demo-wk-1", "worker", kind, "52:54:00:4b:4c:02", "10.77.0.12",
                                "KDL-DEMO-WK-1", "uefi"),
                        new DraftMachine("demo-wk-2", "worker", kind, "52:54:00:4b:4c:03", "10.77.0.13",
                                "KDL-DEMO-WK-2", "uefi")));
    }

    /** The model behind answers that are right. */
    public static Cluster cluster(Draft draft) {
        List<Machine> machines = new ArrayList<>();
        int number = 1;
        for (DraftMachine typed : draft.machines()) {
            Role role = Role.valueOf(typed.role().toUpperCase(Locale.ROOT).replace('-', '_'));
            Machine.Kind kind = Machine.Kind.valueOf(typed.kind().toUpperCase(Locale.ROOT));
            String name = typed.name().isEmpty() ? draft.name() + "-" + number : typed.name();
            machines.add(new Machine(name, typed.role(), role, kind, new MacAddress(typed.mac()), null,
                    InetAddress.ofLiteral(typed.address()), new Machine.DiskSelector(typed.diskSerial(), null),
                    kind == Machine.Kind.MANUAL
                            ? null
                            : new Machine.VirtualHardware(
                                    Machine.FirmwareKind.valueOf(typed.firmware().toUpperCase(Locale.ROOT)), 1, 1024,
                                    4)));
            number++;
        }
        List<NodePool> pools = machines.stream().map(Machine::role).distinct()
                .map(role -> new NodePool(role.name().toLowerCase(Locale.ROOT), role,
                        (int) machines.stream().filter(machine -> machine.role() == role).count(),
                        new NodePool.Sizing(1, 1024, 4), null,
                        new NodePool.Placement(NodePool.AntiAffinity.NONE, List.of(), List.of()), false, List.of(),
                        Map.of()))
                .toList();
        return new Cluster(draft.name(), new Distribution(Distribution.Kind.K3S, draft.version(), Map.of()),
                new BootSettings(BootSettings.Method.PXE,
                        BootSettings.Dhcp.valueOf(draft.dhcp().toUpperCase(Locale.ROOT)), ""),
                List.of(new Network("provisioning", Cidr.parse(draft.cidr()), null, address(draft.gateway()), List.of(),
                        null, address(draft.bootServer()),
                        draft.pool().isEmpty() ? null : AddressRange.parse(draft.pool()), false,
                        Network.Attachment.SINGLE_PORT)),
                pools, machines, new Addressing(address(draft.vip()), null, Cidr.parse("10.42.0.0/16"),
                        Cidr.parse("10.43.0.0/16")),
                new HandOff("main", null, List.of()), Map.of());
    }

    private static @Nullable InetAddress address(String text) {
        return text.isEmpty() ? null : InetAddress.ofLiteral(text);
    }

    /** A plan with a boot step and a disk step for each machine, and two steps for the cluster. */
    public static Plan plan(Cluster cluster, String definition, boolean done) {
        List<Plan.Action> actions = new ArrayList<>();
        actions.add(new Plan.Action("boot-service", "Start the boot service on " + cluster.provisioningNetwork().cidr(),
                null, null, "not running", "answers DHCP, TFTP and HTTP", false, List.of(), done,
                Duration.ofSeconds(2)));
        for (Machine machine : cluster.machines()) {
            actions.add(new Plan.Action("install/" + machine.name(), "Install " + machine.name(), machine.name(),
                    new Plan.DiskTarget(machine.disk().toString(),
                            machine.kind() == Machine.Kind.MANUAL
                                    ? "unknown until the machine is seen"
                                    : "KINDLING DISK",
                            machine.kind() == Machine.Kind.MANUAL ? 0 : 4L << 30),
                    "not looked at", "boots " + cluster.distribution().version() + " from its disk", true,
                    List.of("boot-service"), done, Duration.ofSeconds(90)));
        }
        actions.add(new Plan.Action("form", "Form the cluster on " + cluster.primer().name(), cluster.primer().name(),
                null, "no cluster", "API at 10.77.0.11:6443", false,
                List.of("install/" + cluster.primer().name()), done, Duration.ofSeconds(60)));
        actions.add(new Plan.Action("hand-off", "Commit the GitOps tree", null, null, "no repository",
                "branch main in the workspace", false, List.of("form"), done, Duration.ofMillis(300)));
        List<String> notices = cluster.machines().stream().anyMatch(m -> m.kind() == Machine.Kind.SIMULATED)
                ? List.of(SIMULATED, STAND_IN)
                : List.of(STAND_IN);
        return new Plan("4f3a91", cluster, definition, actions, notices);
    }

    /** An event and how long after the one before it comes. */
    public record Beat(Duration after, Event event) {}

    private static Beat beat(long seconds, Event event) {
        return new Beat(Duration.ofSeconds(seconds), event);
    }

    private static Beat seen(long seconds, String machine, BootStage stage, double fraction, String text) {
        return beat(seconds, new Event.MachineObserved(machine, stage, fraction, text));
    }

    /** A whole run of the cluster demo that goes well, with a slow worker and a stranger at the door. */
    public static List<Beat> goodRun(boolean resumed) {
        return List.of(beat(0, new Event.RunStarted("4f3a91", 6, resumed, List.of(SIMULATED, STAND_IN), "run started")),
                condition(0, Condition.Type.TEMPLATE_APPLIED, Condition.Status.TRUE, "DefinitionAccepted",
                        "the definition was accepted"),
                beat(0, new Event.StepStarted("boot-service", null, 1, "starting the boot service")),
                beat(1, new Event.StepDone("boot-service", null, false, "the boot service answers on 10.77.0.1")),
                beat(0, new Event.StepStarted("install/demo-cp-1", "demo-cp-1", 1, "waiting for the machine to boot")),
                beat(0, new Event.StepStarted("install/demo-wk-1", "demo-wk-1", 1, "waiting for the machine to boot")),
                beat(0, new Event.StepStarted("install/demo-wk-2", "demo-wk-2", 1, "waiting for the machine to boot")),
                seen(1, "demo-cp-1", BootStage.POWERED, -1, "switched on"),
                seen(0, "demo-wk-1", BootStage.POWERED, -1, "switched on"),
                seen(0, "demo-wk-2", BootStage.POWERED, -1, "switched on"),
                seen(2, "demo-cp-1", BootStage.DHCP, -1, "DISCOVER from BIOS, offered 10.77.0.11"),
                seen(1, "demo-wk-1", BootStage.DHCP, -1, "DISCOVER from UEFI x64, offered 10.77.0.12"),
                seen(1, "demo-cp-1", BootStage.LOADER, -1, "fetched undionly.kpxe, 70 KiB by TFTP"),
                beat(1, new Event.UnknownMachineSeen("52:54:00:99:00:07", "UEFI x64",
                        "52:54:00:99:00:07 (UEFI x64) asked to boot and is not in the definition")),
                seen(1, "demo-cp-1", BootStage.KERNEL, -1, "fetched vmlinuz, 8.1 MiB by HTTP"),
                seen(2, "demo-cp-1", BootStage.INSTALLER, -1, "sent its inventory"),
                beat(0, new Event.InventoryReceived("demo-cp-1", hardware("KDL-DEMO-CP-1", "52:54:00:4b:4c:01"),
                        "1 CPU, 1024 MiB, disk KDL-DEMO-CP-1 4.0 GiB")),
                beat(0, new Event.DiskWriteOrdered("demo-cp-1", "a1",
                        new Plan.DiskTarget("serial KDL-DEMO-CP-1", "KINDLING DISK", 4L << 30),
                        "may write disk serial KDL-DEMO-CP-1")),
                seen(1, "demo-cp-1", BootStage.WRITING, 0.10, "wrote 6 of 64 MiB"),
                seen(1, "demo-cp-1", BootStage.WRITING, 0.42, "wrote 27 of 64 MiB"),
                beat(9, new Event.MachineStuck("demo-wk-2",
                        "no DHCP request for 15 s: is network boot first in its boot order?",
                        "no DHCP request for 15 s")),
                seen(2, "demo-cp-1", BootStage.WRITING, 0.90, "wrote 58 of 64 MiB"),
                beat(0, new Event.DiskWritten("demo-cp-1", "a1", "disk written and verified")),
                seen(1, "demo-cp-1", BootStage.WRITTEN, -1, "disk written, restarting"),
                beat(1, new Event.MachineStuck("demo-wk-2", null, "makes progress again")),
                seen(0, "demo-wk-2", BootStage.DHCP, -1, "DISCOVER from UEFI x64, offered 10.77.0.13"),
                seen(4, "demo-cp-1", BootStage.SYSTEM, -1, "the installed system runs"),
                beat(0, new Event.StepDone("install/demo-cp-1", "demo-cp-1", false, "installed")),
                seen(5, "demo-wk-1", BootStage.SYSTEM, -1, "the installed system runs"),
                beat(0, new Event.StepDone("install/demo-wk-1", "demo-wk-1", false, "installed")),
                seen(1, "demo-wk-2", BootStage.SYSTEM, -1, "the installed system runs"),
                beat(0, new Event.StepDone("install/demo-wk-2", "demo-wk-2", false, "installed")),
                seen(2, "demo-cp-1", BootStage.READY, -1, "its node is Ready"),
                seen(0, "demo-wk-1", BootStage.READY, -1, "its node is Ready"),
                seen(0, "demo-wk-2", BootStage.READY, -1, "its node is Ready"),
                beat(0, new Event.StepDone("form", "demo-cp-1", false, "the API answers")),
                condition(0, Condition.Type.NODES_READY, Condition.Status.TRUE, "AllReady", "3 of 3 nodes are Ready"),
                beat(1, new Event.HandedOff("9c41d2", "main", "committed the GitOps tree")),
                beat(0, new Event.StepDone("hand-off", null, false, "committed 9c41d2")),
                beat(0, new Event.RunEnded(Event.Outcome.DONE, "the cluster is up")));
    }

    /** The good run up to the moment in which a disk is being written and a worker is stuck. */
    public static List<Beat> untilStuck() {
        List<Beat> all = goodRun(false);
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).event() instanceof Event.MachineStuck) {
                return all.subList(0, i + 1);
            }
        }
        throw new IllegalStateException("nobody is stuck");
    }

    private static Beat condition(long after, Condition.Type type, Condition.Status status, String reason,
            String message) {
        return beat(after, new Event.ConditionChanged(new Condition(type, status, reason, message, START), message));
    }

    /** A small machine with one disk and one port. */
    public static Hardware hardware(String serial, String... macs) {
        return new Hardware("QEMU", "Standard PC", "1f0c9a3e-0000-4000-8000-000000000001", "QEMU Virtual CPU", 1, 1024,
                "bios", false, "none",
                List.of(new Hardware.Disk("vda", "KINDLING DISK", serial, "", 4L << 30, "virtio", false, false, "",
                        "empty")),
                Arrays.stream(macs).map(mac -> new Hardware.Nic("eth0", mac, true, 1000, "virtio_net")).toList());
    }
}

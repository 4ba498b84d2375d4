package dev.kindling.engine.status;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Models for tests: {@code demo-cp-1}, {@code demo-wk-1} and so on, in 10.77.0.0/16. */
public final class Clusters {
    private Clusters() {}

    public static Cluster of(String name, int controlPlanes, int workers) {
        return of(name, controlPlanes, workers, new HandOff("main", null, List.of()));
    }

    public static Cluster of(String name, int controlPlanes, int workers, HandOff handOff) {
        NodePool.Placement placement = new NodePool.Placement(NodePool.AntiAffinity.NONE, List.of(), List.of());
        List<NodePool> pools = new ArrayList<>();
        pools.add(new NodePool("control", Role.CONTROL_PLANE, controlPlanes, new NodePool.Sizing(2, 4096, 20), null,
                placement, false, List.of(), Map.of()));
        pools.add(
                new NodePool("workers", Role.WORKER, workers, new NodePool.Sizing(2, 4096, 20), null, placement, false,
                        List.of("rack=1"), Map.of()));
        List<Machine> machines = new ArrayList<>();
        for (int n = 1; n <= controlPlanes; n++) {
            machines.add(machine(name + "-cp-" + n, "control", Role.CONTROL_PLANE, machines.size() + 1));
        }
        for (int n = 1; n <= workers; n++) {
            machines.add(machine(name + "-wk-" + n, "workers", Role.WORKER, machines.size() + 1));
        }
        return new Cluster(name, new Distribution(Distribution.Kind.K3S, "v1.34.2+k3s1", Map.of()),
                new BootSettings(BootSettings.Method.PXE, BootSettings.Dhcp.SERVER, ""),
                List.of(new Network("provisioning", Cidr.parse("10.77.0.0/16"), null,
                        InetAddress.ofLiteral("10.77.0.1"),
                        List.of(InetAddress.ofLiteral("10.77.0.1")), "lab.example", InetAddress.ofLiteral("10.77.0.1"),
                        null, false, Network.Attachment.SINGLE_PORT)),
                pools, machines, new Addressing(null, null, Cidr.parse("10.42.0.0/16"), Cidr.parse("10.43.0.0/16")),
                handOff, Map.of("team", "platform"));
    }

    private static Machine machine(String name, String pool, Role role, int number) {
        return new Machine(name, pool, role, Machine.Kind.SIMULATED,
                new MacAddress("52:54:00:00:%02x:%02x".formatted(number / 256, number % 256)), null,
                InetAddress.ofLiteral("10.77." + (1 + number / 250) + "." + number % 250),
                new Machine.DiskSelector("KDL-" + name.toUpperCase(java.util.Locale.ROOT), null),
                new Machine.VirtualHardware(Machine.FirmwareKind.UEFI, 2, 4096, 20));
    }
}

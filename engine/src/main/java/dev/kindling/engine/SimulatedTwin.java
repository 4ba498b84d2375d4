package dev.kindling.engine;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Distribution;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.NodePool;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The definition of a cluster whose machines are all simulated: with the names, MAC addresses, disks, pools and roles
 * of another one, on the loopback network. It is pushed nowhere. Written as JSON, which is YAML.
 */
final class SimulatedTwin {
    /** Apart from that of the demonstration, which may run at the same time. */
    private static final String NETWORK = "127.78.0.0/16";
    private static final String BOOT_SERVER = "127.78.0.1";
    private static final String POOL = "127.78.250.0-127.78.250.255";
    private static final NodePool.Sizing SMALLEST = new NodePool.Sizing(1, 1024, 4);

    private SimulatedTwin() {}

    static String of(Cluster cluster) {
        JsonMapper json = JsonMapper.builder().build();
        ObjectNode root = json.createObjectNode();
        root.put("apiVersion", "kindling.dev/v1").put("kind", "Cluster");
        root.putObject("metadata").put("name", cluster.name());
        ObjectNode spec = root.putObject("spec");
        distribution(spec.putObject("distribution"), cluster.distribution());
        spec.putObject("boot").put("method", "pxe").put("dhcp", "server");
        spec.putArray("networks").addObject().put("name", cluster.provisioningNetwork().name()).put("cidr", NETWORK)
                .put("bootServer", BOOT_SERVER).put("pool", POOL).put("isolated", true);
        Map<String, List<Machine>> members = cluster.machines().stream()
                .collect(Collectors.groupingBy(Machine::pool));
        ArrayNode pools = spec.putArray("nodePools");
        for (NodePool pool : cluster.pools()) {
            List<Machine> machines = members.getOrDefault(pool.name(), List.of());
            if (!machines.isEmpty()) {
                pool(pools.addObject(), pool, machines);
            }
        }
        ArrayNode apps = spec.putObject("handOff").put("branch", cluster.handOff().branch()).putArray("apps");
        cluster.handOff().apps().forEach(apps::add);
        return root + "\n";
    }

    private static void distribution(ObjectNode into, Distribution distribution) {
        into.put("name", word(distribution.kind())).put("version", distribution.version());
        ObjectNode settings = into.putObject("settings");
        distribution.settings().forEach(settings::put);
    }

    private static void pool(ObjectNode into, NodePool pool, List<Machine> machines) {
        into.put("name", pool.name()).put("role", word(pool.role())).put("count", machines.size())
                .put("kind", "simulated");
        size(into.putObject("minimum"), pool.minimum());
        // real machines are as large as their pool asks, others as large as they are
        NodePool.Sizing larger = larger(pool.minimum(), SMALLEST);
        ArrayNode list = into.putArray("machines");
        for (Machine machine : machines) {
            ObjectNode one = list.addObject().put("name", machine.name()).put("mac", machine.mac().toString());
            if (machine.uuid() != null) {
                one.put("uuid", machine.uuid().toString());
            }
            if (machine.disk().serial() != null) {
                one.putObject("disk").put("serial", machine.disk().serial());
            } else {
                one.putObject("disk").put("wwn", machine.disk().wwn());
            }
            Machine.VirtualHardware hardware = machine.virtual();
            size(one.putObject("virtual").put("firmware",
                    word(hardware == null ? Machine.FirmwareKind.UEFI : hardware.firmware())),
                    hardware == null
                            ? larger
                            : larger(larger, new NodePool.Sizing(hardware.cpus(), hardware.memoryMib(),
                                    hardware.diskGib())));
        }
    }

    private static NodePool.Sizing larger(NodePool.Sizing one, NodePool.Sizing other) {
        return new NodePool.Sizing(Math.max(one.cpus(), other.cpus()), Math.max(one.memoryMib(), other.memoryMib()),
                Math.max(one.diskGib(), other.diskGib()));
    }

    private static void size(ObjectNode into, NodePool.Sizing size) {
        into.put("cpus", Math.max(1, size.cpus())).put("memory", size.memoryMib() + "Mi")
                .put("disk", size.diskGib() + "Gi");
    }

    /** As a definition says it: {@code CONTROL_PLANE} is {@code control-plane}. */
    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

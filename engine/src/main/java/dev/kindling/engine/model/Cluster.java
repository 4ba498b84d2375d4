package dev.kindling.engine.model;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A cluster as it is wanted. Built by {@code definition}, which has checked everything that can be checked without
 * looking at a machine.
 *
 * @param name DNS label
 * @param networks the first one is the provisioning network
 * @param pools in the order of the definition
 * @param machines all machines of all pools, in the order of the pools
 * @param labels free text pairs for people
 * @param hooks commands at moments of a run, in the order of the definition
 * @param webhooks who is told of events
 */
public record Cluster(String name, Distribution distribution, BootSettings boot, List<Network> networks,
        List<NodePool> pools, List<Machine> machines, Addressing addressing, HandOff handOff,
        Map<String, String> labels, List<Hook> hooks, List<Webhook> webhooks) {
    public Cluster {
        networks = List.copyOf(networks);
        pools = List.copyOf(pools);
        machines = List.copyOf(machines);
        labels = Map.copyOf(labels);
        hooks = List.copyOf(hooks);
        webhooks = List.copyOf(webhooks);
        if (networks.isEmpty() || machines.isEmpty()) {
            throw new IllegalArgumentException("a cluster has a network and a machine");
        }
    }

    /** Without hooks and webhooks. */
    public Cluster(String name, Distribution distribution, BootSettings boot, List<Network> networks,
            List<NodePool> pools, List<Machine> machines, Addressing addressing, HandOff handOff,
            Map<String, String> labels) {
        this(name, distribution, boot, networks, pools, machines, addressing, handOff, labels, List.of(), List.of());
    }

    public Network provisioningNetwork() {
        return networks.getFirst();
    }

    public Optional<Machine> machine(MacAddress mac) {
        return machines.stream().filter(machine -> machine.mac().equals(mac)).findFirst();
    }

    public Optional<Machine> machine(String machineName) {
        return machines.stream().filter(machine -> machine.name().equals(machineName)).findFirst();
    }

    public List<Machine> withRole(Role role) {
        return machines.stream().filter(machine -> machine.role() == role).toList();
    }

    /** The first control-plane machine: it forms the cluster, the others join it. */
    public Machine primer() {
        return withRole(Role.CONTROL_PLANE).getFirst();
    }
}

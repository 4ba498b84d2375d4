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
 * @param environment which of the definition's environments this is; empty: none
 * @param services in an order in which they can be started
 * @param hooks commands at moments of a run, in the order of the definition
 * @param webhooks who is told of events
 * @param limits how fast a run may go
 */
public record Cluster(String name, Distribution distribution, BootSettings boot, List<Network> networks,
        List<NodePool> pools, List<Machine> machines, Addressing addressing, HandOff handOff,
        Map<String, String> labels, String environment, List<HardwareClass> hardwareClasses, List<Service> services,
        Security security, Checks checks, Proxmox proxmox, List<Hook> hooks, List<Webhook> webhooks,
        Limits limits) {
    /** A cluster that asks for nothing special. */
    public Cluster(String name, Distribution distribution, BootSettings boot, List<Network> networks,
            List<NodePool> pools, List<Machine> machines, Addressing addressing, HandOff handOff,
            Map<String, String> labels) {
        this(name, distribution, boot, networks, pools, machines, addressing, handOff, labels, "", List.of(), List.of(),
                Security.DEFAULT, Checks.DEFAULT, Proxmox.UNSAID, List.of(), List.of(), Limits.NONE);
    }

    public Cluster {
        networks = List.copyOf(networks);
        pools = List.copyOf(pools);
        machines = List.copyOf(machines);
        labels = Map.copyOf(labels);
        hardwareClasses = List.copyOf(hardwareClasses);
        services = List.copyOf(services);
        hooks = List.copyOf(hooks);
        webhooks = List.copyOf(webhooks);
        if (networks.isEmpty() || machines.isEmpty()) {
            throw new IllegalArgumentException("a cluster has a network and a machine");
        }
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

    /** The pool of that name; empty where there is none. */
    public Optional<NodePool> pool(String poolName) {
        return pools.stream().filter(pool -> pool.name().equals(poolName)).findFirst();
    }

    /** How a machine boots: as its pool says. */
    public BootSettings boot(Machine machine) {
        return pool(machine.pool()).map(NodePool::boot).orElse(boot);
    }

    /** The first control-plane machine: it forms the cluster, the others join it. */
    public Machine primer() {
        return withRole(Role.CONTROL_PLANE).getFirst();
    }
}

package dev.kindling.engine.definition;

import static dev.kindling.engine.definition.Format.OfDisk;
import static dev.kindling.engine.definition.Format.OfMachine;
import static dev.kindling.engine.definition.Format.OfMinimum;
import static dev.kindling.engine.definition.Format.OfPlacement;
import static dev.kindling.engine.definition.Format.OfPool;
import static dev.kindling.engine.definition.Format.OfSpec;
import static dev.kindling.engine.definition.Format.OfVirtual;

import dev.kindling.engine.model.Cidr;
import dev.kindling.engine.model.MacAddress;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.NodePool;
import dev.kindling.engine.model.Role;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Judges node pools and machines, and makes the model's of them. Linear in the number of machines. */
final class MachineReader {
    private final GroupValue spec;
    private final Problems problems;
    private final List<Candidate> candidates = new ArrayList<>();
    private final Set<GroupValue> poolsTooSmall = new HashSet<>();

    /**
     * A machine as written, with what it has from its pool.
     *
     * @param name null where the name of the cluster, and so this one, is not known
     * @param role null: broken
     * @param kind null: broken
     */
    private record Candidate(GroupValue machine, GroupValue pool, @Nullable At<String> name, @Nullable Role role,
            @Nullable At<Machine.Kind> kind) {}

    MachineReader(@Nullable String cluster, GroupValue spec, Problems problems) {
        this.spec = spec;
        this.problems = problems;
        collect(cluster);
    }

    private List<At<GroupValue>> poolValues() {
        return spec.items(OfSpec.NODE_POOLS);
    }

    private void collect(@Nullable String cluster) {
        Map<Role, Integer> numbers = new EnumMap<>(Role.class);
        for (At<GroupValue> at : poolValues()) {
            GroupValue pool = at.value();
            Role role = pool.get(OfPool.ROLE);
            for (At<GroupValue> item : pool.items(OfPool.MACHINES)) {
                GroupValue machine = item.value();
                At<String> name = machine.at(OfMachine.NAME);
                if (role != null) {
                    int number = numbers.merge(role, 1, Integer::sum);
                    if (cluster != null && !machine.states(OfMachine.NAME)) {
                        name = new At<>(cluster + "-" + abbreviation(role) + "-" + number, machine.place());
                    }
                }
                candidates.add(new Candidate(machine, pool, name, role, kind(machine, pool)));
            }
        }
    }

    private static @Nullable At<Machine.Kind> kind(GroupValue machine, GroupValue pool) {
        if (machine.states(OfMachine.KIND)) {
            return machine.at(OfMachine.KIND);
        }
        if (pool.states(OfPool.KIND)) {
            return pool.at(OfPool.KIND);
        }
        return new At<>(Machine.Kind.MANUAL, machine.place());
    }

    /** The middle of default names: {@code cp} in {@code lab-cp-1}. */
    static String abbreviation(Role role) {
        return switch (role) {
            case CONTROL_PLANE -> "cp";
            case WORKER -> "wk";
            case INFRA -> "infra";
            case BOOTSTRAP -> "boot";
            case BASTION -> "bastion";
        };
    }

    /**
     * Reports everything that is wrong with pools and machines.
     *
     * @param network the provisioning network; null: unknown
     * @param reservations on it; null: unknown
     */
    void check(@Nullable At<Cidr> network, @Nullable Reservations reservations) {
        checkPools();
        checkControlPlane();
        checkKinds(network);
        checkUnique();
        for (Candidate candidate : candidates) {
            checkVirtual(candidate);
            if (reservations != null) {
                checkAddress(candidate, reservations);
            }
        }
    }

    private void checkPools() {
        Map<String, Place> names = new HashMap<>();
        for (At<GroupValue> at : poolValues()) {
            GroupValue pool = at.value();
            At<String> name = pool.at(OfPool.NAME);
            if (name != null) {
                once(names, name.value(), name, ProblemCode.NAME_DUPLICATE, "the pool '" + name.value() + "'");
            }
            At<Integer> count = pool.at(OfPool.COUNT);
            Shape.Items<GroupValue> machines = pool.get(OfPool.MACHINES);
            if (count != null && machines != null && count.value() != machines.written()) {
                problems.add(ProblemCode.COUNT_MISMATCH, count.place(),
                        "'count' is " + count.value() + ", the number of machines listed is " + machines.written(),
                        String.valueOf(machines.written()));
            }
            At<Role> role = pool.at(OfPool.ROLE);
            if (role != null && (role.value() == Role.BOOTSTRAP || role.value() == Role.BASTION)) {
                problems.add(ProblemCode.ROLE_NOT_YET, role.place(),
                        "machines of the role '" + Values.word(role.value()) + "' are not used, today",
                        "control-plane, worker or infra");
            }
            checkNoEffect(pool);
        }
    }

    private void checkNoEffect(GroupValue pool) {
        At<Boolean> temporary = pool.at(OfPool.TEMPORARY);
        if (temporary != null && temporary.value()) {
            problems.add(ProblemCode.NO_EFFECT_YET, temporary.place(), "'temporary' changes nothing, today",
                    "machines that stay");
        }
        At<GroupValue> placement = pool.at(OfPool.PLACEMENT);
        if (placement != null) {
            problems.add(ProblemCode.NO_EFFECT_YET, placement.place(), "'placement' changes nothing, today",
                    "machines that are where they are");
        }
    }

    private void checkControlPlane() {
        Shape.Items<GroupValue> pools = spec.get(OfSpec.NODE_POOLS);
        if (pools == null) {
            return;
        }
        boolean allKnown = pools.items().size() == pools.written();
        int controlPlanes = 0;
        @Nullable
        Place second = null;
        boolean pooled = false;
        for (At<GroupValue> at : pools.items()) {
            GroupValue pool = at.value();
            Role role = pool.get(OfPool.ROLE);
            allKnown &= role != null;
            if (role != Role.CONTROL_PLANE) {
                continue;
            }
            pooled = true;
            Shape.Items<GroupValue> machines = pool.get(OfPool.MACHINES);
            int count = machines == null ? 0 : machines.written();
            if (second == null && controlPlanes + count > 1) {
                second = count > 1 ? pool.placeOf(OfPool.MACHINES) : pool.place();
            }
            controlPlanes += count;
        }
        if (!pooled && allKnown) {
            problems.add(ProblemCode.NO_CONTROL_PLANE, spec.placeOf(OfSpec.NODE_POOLS),
                    "no pool has the role control-plane", "a pool with the role control-plane");
        }
        if (second == null) {
            return;
        }
        if (controlPlanes % 2 == 0) {
            problems.add(ProblemCode.CONTROL_PLANE_EVEN, second,
                    "there are " + controlPlanes + " control-plane machines: the loss of " + controlPlanes / 2
                            + " stops the cluster, as with " + (controlPlanes - 1),
                    "an odd number");
        }
        problems.add(ProblemCode.CONTROL_PLANE_COUNT, second,
                "there are " + controlPlanes + " control-plane machines, and one is what can be formed, today", "one");
    }

    private void checkKinds(@Nullable At<Cidr> cidr) {
        At<Machine.Kind> first = null;
        for (Candidate candidate : candidates) {
            At<Machine.Kind> kind = candidate.kind();
            if (kind == null) {
                return;
            }
            if (first == null) {
                first = kind;
            } else if (kind.value() != first.value()) {
                problems.add(ProblemCode.KINDS_MIXED, kind.place(),
                        "this is a " + Values.word(kind.value()) + " machine, and " + first.place().withLine()
                                + " says " + Values.word(first.value()),
                        "machines of one kind");
                return;
            }
        }
        if (first == null || cidr == null) {
            return;
        }
        boolean simulated = first.value() == Machine.Kind.SIMULATED;
        boolean loopback = NetworkReader.isLoopback(cidr.value());
        if (simulated && !loopback) {
            problems.add(ProblemCode.SIMULATED_NETWORK, cidr.place(),
                    cidr.value() + " is no loopback network, and the machines are simulated",
                    "a network inside of 127.0.0.0/8");
        } else if (!simulated && loopback) {
            problems.add(ProblemCode.LOOPBACK_NETWORK, cidr.place(),
                    cidr.value() + " is a loopback network, and the machines are not simulated",
                    "a network outside of 127.0.0.0/8");
        }
    }

    private void checkUnique() {
        Map<String, Place> names = HashMap.newHashMap(candidates.size());
        Map<MacAddress, Place> macs = HashMap.newHashMap(candidates.size());
        Map<UUID, Place> ids = HashMap.newHashMap(candidates.size());
        Map<String, Place> serials = HashMap.newHashMap(candidates.size());
        Map<String, Place> wwns = HashMap.newHashMap(candidates.size());
        for (Candidate candidate : candidates) {
            GroupValue machine = candidate.machine();
            At<String> name = candidate.name();
            if (name != null) {
                once(names, name.value(), name, ProblemCode.NAME_DUPLICATE, "the machine '" + name.value() + "'");
            }
            At<MacAddress> mac = machine.at(OfMachine.MAC);
            if (mac != null) {
                once(macs, mac.value(), mac, ProblemCode.MAC_DUPLICATE, mac.value().toString());
            }
            At<UUID> id = machine.at(OfMachine.ID);
            if (id != null) {
                once(ids, id.value(), id, ProblemCode.UUID_DUPLICATE, id.value().toString());
            }
            GroupValue disk = machine.group(OfMachine.DISK);
            At<String> serial = disk.at(OfDisk.SERIAL);
            if (serial != null) {
                once(serials, serial.value(), serial, ProblemCode.DISK_DUPLICATE, "serial " + serial.value());
            }
            At<String> wwn = disk.at(OfDisk.WWN);
            if (wwn != null) {
                once(wwns, wwn.value().toLowerCase(Locale.ROOT), wwn, ProblemCode.DISK_DUPLICATE,
                        "WWN " + wwn.value());
            }
        }
    }

    private <K> void once(Map<K, Place> seen, K key, At<?> at, ProblemCode code, String what) {
        Place first = seen.putIfAbsent(key, at.place());
        if (first != null) {
            problems.add(code, at.place(), what + " was named before: " + first.withLine(), "each of them once");
        }
    }

    private void checkVirtual(Candidate candidate) {
        At<Machine.Kind> kind = candidate.kind();
        if (kind == null) {
            return;
        }
        GroupValue machine = candidate.machine();
        GroupValue pool = candidate.pool();
        if (kind.value() == Machine.Kind.MANUAL) {
            boolean own = machine.states(OfMachine.VIRTUAL);
            boolean first = pool.items(OfPool.MACHINES).getFirst().value() == machine;
            if (own || (first && pool.states(OfPool.VIRTUAL))) {
                problems.add(ProblemCode.VIRTUAL_ON_MANUAL,
                        own ? machine.placeOf(OfMachine.VIRTUAL) : pool.placeOf(OfPool.VIRTUAL),
                        "'virtual' is given for a manual machine", "no 'virtual'");
            }
            return;
        }
        Machine.VirtualHardware hardware = virtual(candidate);
        NodePool.Sizing minimum = minimum(pool);
        if (hardware.cpus() < minimum.cpus() || hardware.memoryMib() < minimum.memoryMib()
                || hardware.diskGib() < minimum.diskGib()) {
            GroupValue sizes = machine.group(OfMachine.VIRTUAL);
            boolean own = sizes.states(OfVirtual.CPUS) || sizes.states(OfVirtual.MEMORY)
                    || sizes.states(OfVirtual.DISK);
            if (!own && !poolsTooSmall.add(pool)) {
                return; // one cause for the whole pool
            }
            problems.add(ProblemCode.VIRTUAL_TOO_SMALL,
                    own
                            ? machine.placeOf(OfMachine.VIRTUAL)
                            : pool.placeOf(pool.states(OfPool.VIRTUAL) ? OfPool.VIRTUAL : OfPool.MINIMUM),
                    "the machine has " + sizes(hardware.cpus(), hardware.memoryMib(), hardware.diskGib()),
                    "at least " + sizes(minimum.cpus(), minimum.memoryMib(), minimum.diskGib()));
        }
    }

    private static String sizes(int cpus, long memoryMib, long diskGib) {
        return cpus + " CPU, " + memoryMib + "Mi of memory and a disk of " + diskGib + "Gi";
    }

    private void checkAddress(Candidate candidate, Reservations reservations) {
        At<InetAddress> address = candidate.machine().at(OfMachine.ADDRESS);
        if (address == null) {
            return;
        }
        String text = NetworkReader.text(address.value());
        if (!reservations.network().contains(address.value())) {
            problems.add(ProblemCode.ADDRESS_OUTSIDE_NETWORK, address.place(),
                    text + " is outside of the provisioning network", "an address of " + reservations.network());
            return;
        }
        String owner = reservations.owner(address.value());
        if (owner != null) {
            problems.add(ProblemCode.ADDRESS_RESERVED, address.place(), text + " is " + owner, "a free address");
        } else if (reservations.inPool(address.value())) {
            problems.add(ProblemCode.ADDRESS_IN_POOL, address.place(), text + " is inside of the DHCP pool",
                    "an address outside of the pool");
        } else {
            Place first = reservations.take(address);
            if (first != null) {
                problems.add(ProblemCode.ADDRESS_DUPLICATE, address.place(),
                        text + " was named before: " + first.withLine(), "each address once");
            }
        }
    }

    /** Only for a definition without errors. */
    List<NodePool> pools() {
        List<NodePool> models = new ArrayList<>();
        for (At<GroupValue> at : poolValues()) {
            GroupValue pool = at.value();
            GroupValue placement = pool.group(OfPool.PLACEMENT);
            models.add(new NodePool(ModelReader.present(pool, OfPool.NAME), ModelReader.present(pool, OfPool.ROLE),
                    pool.items(OfPool.MACHINES).size(), minimum(pool), pool.get(OfPool.HARDWARE_CLASS),
                    new NodePool.Placement(
                            placement.get(OfPlacement.ANTI_AFFINITY, NodePool.AntiAffinity.NONE),
                            placement.items(OfPlacement.PREFERRED).stream().map(At::value).toList(),
                            placement.items(OfPlacement.TARGET).stream().map(At::value).toList()),
                    pool.get(OfPool.TEMPORARY, false), pool.items(OfPool.TAGS).stream().map(At::value).toList(),
                    pool.get(OfPool.METADATA, Map.of())));
        }
        return models;
    }

    /** Only for a definition without errors; reports where the addresses are used up. */
    List<Machine> machines(Reservations reservations) {
        for (Candidate candidate : candidates) {
            At<InetAddress> stated = candidate.machine().at(OfMachine.ADDRESS);
            if (stated != null) {
                reservations.take(stated);
            }
        }
        List<Machine> machines = new ArrayList<>(candidates.size());
        for (Candidate candidate : candidates) {
            GroupValue machine = candidate.machine();
            At<String> name = candidate.name();
            Role role = candidate.role();
            At<Machine.Kind> kind = candidate.kind();
            if (name == null || role == null || kind == null) {
                throw new IllegalStateException(machine.place().path() + " is broken, unreported");
            }
            InetAddress stated = machine.get(OfMachine.ADDRESS);
            InetAddress address = stated != null ? stated : reservations.assign();
            if (address == null) {
                problems.add(ProblemCode.NETWORK_FULL, machine.place(),
                        "no address of " + reservations.network() + " is left for " + name.value(),
                        "a network with " + candidates.size() + " free addresses");
                return List.of();
            }
            GroupValue disk = machine.group(OfMachine.DISK);
            machines.add(new Machine(name.value(), ModelReader.present(candidate.pool(), OfPool.NAME), role,
                    kind.value(), ModelReader.present(machine, OfMachine.MAC), machine.get(OfMachine.ID), address,
                    new Machine.DiskSelector(disk.get(OfDisk.SERIAL), disk.get(OfDisk.WWN)),
                    kind.value() == Machine.Kind.MANUAL ? null : virtual(candidate)));
        }
        return machines;
    }

    private static Machine.VirtualHardware virtual(Candidate candidate) {
        GroupValue own = candidate.machine().group(OfMachine.VIRTUAL);
        GroupValue shared = candidate.pool().group(OfPool.VIRTUAL);
        return new Machine.VirtualHardware(
                own.get(OfVirtual.FIRMWARE, shared.get(OfVirtual.FIRMWARE, Machine.FirmwareKind.UEFI)),
                own.get(OfVirtual.CPUS, shared.get(OfVirtual.CPUS, OfVirtual.DEFAULT_CPUS)),
                own.get(OfVirtual.MEMORY, shared.get(OfVirtual.MEMORY, OfVirtual.DEFAULT_MEMORY_MIB)),
                own.get(OfVirtual.DISK, shared.get(OfVirtual.DISK, OfVirtual.DEFAULT_DISK_GIB)));
    }

    private static NodePool.Sizing minimum(GroupValue pool) {
        GroupValue minimum = pool.group(OfPool.MINIMUM);
        return new NodePool.Sizing(minimum.get(OfMinimum.CPUS, OfMinimum.DEFAULT_CPUS),
                minimum.get(OfMinimum.MEMORY, OfMinimum.DEFAULT_MEMORY_MIB),
                minimum.get(OfMinimum.DISK, OfMinimum.DEFAULT_DISK_GIB));
    }
}

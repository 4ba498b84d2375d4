package dev.kindling.engine.definition;

import static dev.kindling.engine.definition.Format.OfBmc;
import static dev.kindling.engine.definition.Format.OfDisk;
import static dev.kindling.engine.definition.Format.OfMachine;
import static dev.kindling.engine.definition.Format.OfPool;
import static dev.kindling.engine.definition.Format.OfProxmox;
import static dev.kindling.engine.definition.Format.OfSpec;
import static dev.kindling.engine.definition.Format.OfVirtual;

import dev.kindling.engine.model.AddressRange;
import dev.kindling.engine.model.Cidr;
import dev.kindling.engine.model.Distribution;
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

/** Judges machines, and makes the model's of them. Linear in the number of machines. */
final class MachineReader {
    private final GroupValue spec;
    private final Problems problems;
    private final List<PoolReader> pools = new ArrayList<>();
    private final List<Candidate> candidates = new ArrayList<>();
    /** Listed, and not used. */
    private final List<Candidate> spares = new ArrayList<>();
    /** Pools of which something was said that is true of each of their machines. */
    private final Map<ProblemCode, Set<PoolReader>> told = new EnumMap<>(ProblemCode.class);

    /**
     * A machine as written or as counted, with what it has from its pool.
     *
     * @param machine without keys where it is not listed
     * @param number in its pool, from 1
     * @param name null where the name of the cluster, and so this one, is not known
     * @param kind null: broken
     */
    private record Candidate(GroupValue machine, PoolReader pool, boolean listed, int number, @Nullable At<String> name,
            @Nullable At<Machine.Kind> kind) {}

    MachineReader(@Nullable String cluster, GroupValue spec, Problems problems) {
        this.spec = spec;
        this.problems = problems;
        Map<String, GroupValue> classes = new HashMap<>();
        spec.items(OfSpec.HARDWARE_CLASSES).forEach(at -> {
            String name = at.value().get(Format.OfHardwareClass.NAME);
            if (name != null) {
                classes.put(name, at.value());
            }
        });
        spec.items(OfSpec.NODE_POOLS).forEach(at -> pools.add(new PoolReader(at.value(), spec, classes, problems)));
        collect(cluster);
    }

    private void collect(@Nullable String cluster) {
        Map<Role, Integer> numbers = new EnumMap<>(Role.class);
        for (PoolReader pool : pools) {
            int number = 0;
            for (At<GroupValue> item : pool.listed()) {
                number++;
                GroupValue machine = item.value();
                boolean used = number <= pool.count();
                At<String> name = machine.at(OfMachine.NAME);
                if (used && !machine.states(OfMachine.NAME)) {
                    name = defaultName(cluster, pool, numbers, machine.place());
                } else if (used && pool.role() != null) {
                    numbers.merge(pool.role(), 1, Integer::sum);
                }
                (used ? candidates : spares)
                        .add(new Candidate(machine, pool, true, number, name, kind(machine, pool)));
            }
            if (candidates.size() + pool.unlisted() > Format.MAX_MACHINES) {
                problems.add(ProblemCode.TOO_MANY_MACHINES, pool.written().placeOf(OfPool.COUNT),
                        "with this pool, there are " + (candidates.size() + pool.unlisted()) + " machines",
                        "at most " + Format.MAX_MACHINES);
                return;
            }
            GroupValue unlisted = new GroupValue(pool.written().placeOf(OfPool.COUNT), Map.of(), Set.of());
            for (int i = 0; i < pool.unlisted(); i++) {
                number++;
                candidates.add(new Candidate(unlisted, pool, false, number,
                        defaultName(cluster, pool, numbers, unlisted.place()), pool.kind()));
            }
        }
    }

    private static @Nullable At<String> defaultName(@Nullable String cluster, PoolReader pool,
            Map<Role, Integer> numbers, Place place) {
        Role role = pool.role();
        if (role == null) {
            return null;
        }
        int number = numbers.merge(role, 1, Integer::sum);
        return cluster == null ? null : new At<>(cluster + "-" + abbreviation(role) + "-" + number, place);
    }

    private static @Nullable At<Machine.Kind> kind(GroupValue machine, PoolReader pool) {
        return machine.states(OfMachine.KIND) ? machine.at(OfMachine.KIND) : pool.kind();
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
        Map<String, Place> names = new HashMap<>();
        for (PoolReader pool : pools) {
            pool.check(network);
            At<String> name = pool.written().at(OfPool.NAME);
            if (name != null) {
                once(names, name.value(), name, ProblemCode.NAME_DUPLICATE, "the pool '" + name.value() + "'");
            }
        }
        checkControlPlane();
        checkKinds(network);
        List<Candidate> all = new ArrayList<>(candidates);
        all.addAll(spares);
        checkUnique(all);
        for (Candidate candidate : all) {
            checkKnown(candidate);
            checkVirtual(candidate);
            if (reservations != null) {
                checkAddress(candidate, reservations);
            }
        }
    }

    private void checkControlPlane() {
        Shape.Items<GroupValue> written = spec.get(OfSpec.NODE_POOLS);
        if (written == null) {
            return;
        }
        boolean allKnown = written.items().size() == written.written();
        int controlPlanes = 0;
        @Nullable
        Place second = null;
        boolean pooled = false;
        for (PoolReader pool : pools) {
            allKnown &= pool.role() != null;
            if (pool.role() != Role.CONTROL_PLANE) {
                continue;
            }
            pooled = true;
            int count = pool.count();
            if (second == null && controlPlanes + count > 1) {
                GroupValue group = pool.written();
                second = count < 2
                        ? group.place()
                        : group.placeOf(group.states(OfPool.COUNT) ? OfPool.COUNT : OfPool.MACHINES);
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
        Distribution.Kind distribution = spec.group(OfSpec.DISTRIBUTION).get(Format.OfDistribution.NAME);
        if (distribution == Distribution.Kind.K3S) {
            problems.add(ProblemCode.SEVERAL_CONTROL_PLANES_NOT_YET, second,
                    "there are " + controlPlanes + " control-plane machines, and one is what can be formed, today",
                    "one");
        }
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
        if (first == null) {
            return;
        }
        switch (first.value()) {
            case MANUAL, VIRTUAL, SIMULATED -> {
            }
            case PROXMOX, SSH, REDFISH -> problems.add(ProblemCode.MACHINE_KIND_NOT_YET, first.place(),
                    "machines of the kind '" + Values.word(first.value()) + "' cannot be switched on or made, today",
                    "manual, virtual or simulated");
        }
        if (cidr == null) {
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

    private void checkUnique(List<Candidate> all) {
        Map<String, Place> names = HashMap.newHashMap(all.size());
        Map<MacAddress, Place> macs = HashMap.newHashMap(all.size());
        Map<UUID, Place> ids = HashMap.newHashMap(all.size());
        Map<String, Place> chassis = new HashMap<>();
        Map<String, Place> controllers = new HashMap<>();
        Map<String, Place> serials = HashMap.newHashMap(all.size());
        Map<String, Place> wwns = HashMap.newHashMap(all.size());
        for (Candidate candidate : all) {
            GroupValue machine = candidate.machine();
            At<String> name = candidate.name();
            if (name != null) {
                once(names, name.value(), name, ProblemCode.NAME_DUPLICATE, "the machine '" + name.value() + "'");
            }
            if (!candidate.listed()) {
                continue;
            }
            At<MacAddress> mac = machine.at(OfMachine.MAC);
            if (mac != null) {
                once(macs, mac.value(), mac, ProblemCode.MAC_DUPLICATE, mac.value().toString());
            }
            At<UUID> id = machine.at(OfMachine.ID);
            if (id != null) {
                once(ids, id.value(), id, ProblemCode.UUID_DUPLICATE, id.value().toString());
            }
            once(chassis, machine.at(OfMachine.SERIAL), ProblemCode.SERIAL_DUPLICATE, "serial ");
            once(controllers, machine.group(OfMachine.BMC).at(OfBmc.ADDRESS), ProblemCode.BMC_DUPLICATE, "");
            GroupValue disk = machine.group(OfMachine.DISK);
            once(serials, disk.at(OfDisk.SERIAL), ProblemCode.DISK_DUPLICATE, "serial ");
            At<String> wwn = disk.at(OfDisk.WWN);
            if (wwn != null) {
                once(wwns, wwn.value().toLowerCase(Locale.ROOT), wwn, ProblemCode.DISK_DUPLICATE,
                        "WWN " + wwn.value());
            }
        }
    }

    private void once(Map<String, Place> seen, @Nullable At<String> at, ProblemCode code, String what) {
        if (at != null) {
            once(seen, at.value(), at, code, what + at.value());
        }
    }

    private <K> void once(Map<K, Place> seen, K key, At<?> at, ProblemCode code, String what) {
        Place first = seen.putIfAbsent(key, at.place());
        if (first != null) {
            problems.add(code, at.place(), what + " was named before: " + first.withLine(), "each of them once");
        }
    }

    /** Whether a real machine could be told from others, reached, and written to. */
    private void checkKnown(Candidate candidate) {
        At<Machine.Kind> kind = candidate.kind();
        if (kind == null || kind.value().isMade()) {
            return;
        }
        GroupValue machine = candidate.machine();
        if (!candidate.listed()) {
            if (firstOf(ProblemCode.MATCH_NOT_YET, candidate.pool())) {
                problems.add(ProblemCode.MATCH_NOT_YET, machine.place(),
                        candidate.pool().unlisted() + " machines are not listed, to be claimed by their hardware class",
                        "machines listed by their mac", "List them, each with its mac and its disk.");
            }
            return;
        }
        if (kind.value() == Machine.Kind.SSH) {
            if (!machine.states(OfMachine.ADDRESS)) {
                problems.add(ProblemCode.MISSING, machine.place().below(OfMachine.ADDRESS.name()),
                        "a machine of the kind ssh has no 'address'", OfMachine.ADDRESS.shape().called(),
                        "Add 'address:' with the address that it answers to.");
            }
            return;
        }
        if (!machine.states(OfMachine.MAC)) {
            checkMatch(candidate);
        }
        if (!machine.states(OfMachine.DISK)) {
            problems.add(ProblemCode.DISK_MISSING, machine.place().below(OfMachine.DISK.name()),
                    "a machine has no 'disk'", "a disk, by its serial or its wwn");
        }
        if (kind.value() == Machine.Kind.REDFISH && !machine.states(OfMachine.BMC)) {
            problems.add(ProblemCode.BMC_MISSING, machine.place().below(OfMachine.BMC.name()),
                    "a machine of the kind redfish has no 'bmc'", "a bmc with its address");
        }
    }

    private void checkMatch(Candidate candidate) {
        GroupValue machine = candidate.machine();
        Field<?> known = machine.states(OfMachine.ID)
                ? OfMachine.ID
                : machine.states(OfMachine.SERIAL) ? OfMachine.SERIAL : OfMachine.MAC;
        if (known == OfMachine.MAC) {
            problems.add(ProblemCode.MISSING, machine.place().below(known.name()),
                    "a machine has no 'mac', no 'uuid' and no 'serial'", OfMachine.MAC.shape().called(),
                    "Add 'mac:'. " + OfMachine.MAC.about());
        } else if (firstOf(ProblemCode.MATCH_NOT_YET, candidate.pool())) {
            problems.add(ProblemCode.MATCH_NOT_YET, machine.placeOf(known),
                    "the machine is known by its '" + known.name() + "' only", OfMachine.MAC.shape().called());
        }
    }

    /** One cause for a whole pool is told once. */
    private boolean firstOf(ProblemCode code, PoolReader pool) {
        return told.computeIfAbsent(code, _ -> new HashSet<>()).add(pool);
    }

    private void checkVirtual(Candidate candidate) {
        At<Machine.Kind> kind = candidate.kind();
        if (kind == null) {
            return;
        }
        GroupValue machine = candidate.machine();
        GroupValue pool = candidate.pool().written();
        if (!kind.value().isMade()) {
            boolean own = machine.states(OfMachine.VIRTUAL);
            if (own || (pool.states(OfPool.VIRTUAL)
                    && firstOf(ProblemCode.VIRTUAL_ON_MANUAL, candidate.pool()))) {
                problems.add(ProblemCode.VIRTUAL_ON_MANUAL,
                        own ? machine.placeOf(OfMachine.VIRTUAL) : pool.placeOf(OfPool.VIRTUAL),
                        "'virtual' is given for a " + Values.word(kind.value()) + " machine", "no 'virtual'");
            }
            return;
        }
        Machine.VirtualHardware hardware = virtual(candidate);
        NodePool.Sizing minimum = candidate.pool().minimum();
        boolean one = kind.value() != Machine.Kind.PROXMOX;
        if (hardware.cpus() < minimum.cpus() || hardware.memoryMib() < minimum.memoryMib()
                || hardware.diskGib() < minimum.diskGib()
                || (minimum.firmware() != null && minimum.firmware() != hardware.firmware())
                || (one && (minimum.disks() > 1 || minimum.nics() > 1))) {
            boolean own = machine.states(OfMachine.VIRTUAL);
            if (!own && !firstOf(ProblemCode.VIRTUAL_TOO_SMALL, candidate.pool())) {
                return;
            }
            problems.add(ProblemCode.VIRTUAL_TOO_SMALL,
                    own
                            ? machine.placeOf(OfMachine.VIRTUAL)
                            : pool.placeOf(pool.states(OfPool.VIRTUAL) ? OfPool.VIRTUAL : OfPool.MINIMUM),
                    "the machine has " + text(new NodePool.Sizing(hardware.cpus(), hardware.memoryMib(),
                            hardware.diskGib(), 1, 1, hardware.firmware())),
                    "at least " + text(minimum));
        }
    }

    private static String text(NodePool.Sizing size) {
        return size.cpus() + " CPU, " + size.memoryMib() + "Mi of memory, a disk of " + size.diskGib() + "Gi"
                + (size.disks() > 1 ? ", " + size.disks() + " disks" : "")
                + (size.nics() > 1 ? ", " + size.nics() + " network interfaces" : "")
                + (size.firmware() == null ? "" : ", " + Values.word(size.firmware()));
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
        return pools.stream().map(PoolReader::model).toList();
    }

    /** Only for a definition without errors; reports where the addresses are used up. */
    List<Machine> machines(String cluster, Reservations reservations) {
        Set<MacAddress> taken = HashSet.newHashSet(candidates.size());
        for (Candidate candidate : candidates) {
            take(candidate, reservations, taken);
        }
        for (Candidate spare : spares) {
            take(spare, reservations, taken);
        }
        pools.forEach(pool -> reservations.keep(pool.addresses()));
        Integer prefix = spec.group(OfSpec.PROXMOX).get(OfProxmox.VMID_PREFIX);
        List<Machine> machines = new ArrayList<>(candidates.size());
        for (Candidate candidate : candidates) {
            GroupValue machine = candidate.machine();
            At<String> name = candidate.name();
            Role role = candidate.pool().role();
            At<Machine.Kind> at = candidate.kind();
            if (name == null || role == null || at == null) {
                throw new IllegalStateException(machine.place().path() + " is broken, unreported");
            }
            Machine.Kind kind = at.value();
            InetAddress stated = machine.get(OfMachine.ADDRESS);
            AddressRange range = candidate.pool().addresses();
            InetAddress address = stated != null ? stated : reservations.assign(range);
            if (address == null) {
                problems.add(range == null ? ProblemCode.NETWORK_FULL : ProblemCode.POOL_FULL, machine.place(),
                        "no address of " + (range == null ? reservations.network() : range) + " is left for "
                                + name.value(),
                        (range == null
                                ? "a network with " + candidates.size()
                                : "a range with "
                                        + candidate.pool().count())
                                + " free addresses");
                return List.of();
            }
            MacAddress mac = machine.get(OfMachine.MAC);
            String pool = candidate.pool().name();
            MacAddress known = mac != null ? mac : derived(cluster, pool, candidate.number(), taken);
            machines.add(new Machine(name.value(), pool, role, kind, known, machine.get(OfMachine.ID), address,
                    disk(machine, kind, known), kind.isMade() ? virtual(candidate) : null,
                    match(candidate, kind), machine.get(OfMachine.SERIAL), bmc(machine),
                    kind == Machine.Kind.PROXMOX && prefix != null ? vmid(prefix, machines.size() + 1) : null));
        }
        return machines;
    }

    private static void take(Candidate candidate, Reservations reservations, Set<MacAddress> taken) {
        At<InetAddress> stated = candidate.machine().at(OfMachine.ADDRESS);
        if (stated != null) {
            reservations.take(stated);
        }
        MacAddress mac = candidate.machine().get(OfMachine.MAC);
        if (mac != null) {
            taken.add(mac);
        }
    }

    /**
     * The address of a machine that is made. Locally administered (IEEE 802): 52, three octets for the pool, two for
     * the machine's number, so that pools of one network have addresses of their own and machines keep theirs when
     * another pool grows.
     */
    private static MacAddress derived(String cluster, String pool, int number, Set<MacAddress> taken) {
        int hash = (cluster + "/" + pool).hashCode();
        hash ^= hash >>> 15;
        while (true) {
            MacAddress mac = new MacAddress(String.format(Locale.ROOT, "52:%02x:%02x:%02x:%02x:%02x", hash >> 16 & 0xff,
                    hash >> 8 & 0xff, hash & 0xff, number >> 8, number & 0xff));
            if (taken.add(mac)) {
                return mac;
            }
            hash++;
        }
    }

    private static int vmid(int prefix, int number) {
        return Integer.parseInt(Integer.toString(prefix) + number);
    }

    private static Machine.DiskSelector disk(GroupValue machine, Machine.Kind kind, MacAddress mac) {
        GroupValue disk = machine.group(OfMachine.DISK);
        if (disk.states(OfDisk.SERIAL) || disk.states(OfDisk.WWN)) {
            return new Machine.DiskSelector(disk.get(OfDisk.SERIAL), disk.get(OfDisk.WWN));
        }
        return kind.isMade()
                ? new Machine.DiskSelector("KDL-" + mac.value().replace(":", "").toUpperCase(Locale.ROOT), null)
                : Machine.DiskSelector.NONE;
    }

    private static Machine.Match match(Candidate candidate, Machine.Kind kind) {
        GroupValue machine = candidate.machine();
        if (kind.isMade() || machine.states(OfMachine.MAC)) {
            return Machine.Match.MAC;
        }
        if (!candidate.listed()) {
            return Machine.Match.HARDWARE_CLASS;
        }
        return machine.states(OfMachine.ID) ? Machine.Match.UUID : Machine.Match.SERIAL;
    }

    private static Machine.@Nullable Bmc bmc(GroupValue machine) {
        GroupValue bmc = machine.group(OfMachine.BMC);
        String address = bmc.get(OfBmc.ADDRESS);
        return address == null ? null : new Machine.Bmc(address, bmc.get(OfBmc.CREDENTIALS));
    }

    /** Sizes are said once: what the pool demands is what its machines are made with. */
    private static Machine.VirtualHardware virtual(Candidate candidate) {
        GroupValue own = candidate.machine().group(OfMachine.VIRTUAL);
        GroupValue shared = candidate.pool().written().group(OfPool.VIRTUAL);
        NodePool.Sizing minimum = candidate.pool().minimum();
        Machine.FirmwareKind firmware = minimum.firmware();
        return new Machine.VirtualHardware(
                own.get(OfVirtual.FIRMWARE,
                        shared.get(OfVirtual.FIRMWARE, firmware == null ? Machine.FirmwareKind.UEFI : firmware)),
                own.get(OfVirtual.CPUS,
                        shared.get(OfVirtual.CPUS, Math.max(OfVirtual.DEFAULT_CPUS, minimum.cpus()))),
                own.get(OfVirtual.MEMORY,
                        shared.get(OfVirtual.MEMORY, Math.max(OfVirtual.DEFAULT_MEMORY_MIB, minimum.memoryMib()))),
                own.get(OfVirtual.DISK,
                        shared.get(OfVirtual.DISK, Math.max(OfVirtual.DEFAULT_DISK_GIB, minimum.diskGib()))));
    }
}

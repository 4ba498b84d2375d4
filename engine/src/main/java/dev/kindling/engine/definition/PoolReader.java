package dev.kindling.engine.definition;

import static dev.kindling.engine.definition.Format.OfBoot;
import static dev.kindling.engine.definition.Format.OfHardwareClass;
import static dev.kindling.engine.definition.Format.OfLifecycle;
import static dev.kindling.engine.definition.Format.OfMinimum;
import static dev.kindling.engine.definition.Format.OfPlacement;
import static dev.kindling.engine.definition.Format.OfPool;
import static dev.kindling.engine.definition.Format.OfPoolBoot;
import static dev.kindling.engine.definition.Format.OfSpec;

import dev.kindling.engine.model.AddressRange;
import dev.kindling.engine.model.BootSettings;
import dev.kindling.engine.model.Cidr;
import dev.kindling.engine.model.Distribution;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.NodePool;
import dev.kindling.engine.model.Role;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Judges one node pool, and makes the model's of it. */
final class PoolReader {
    private final GroupValue pool;
    private final GroupValue spec;
    private final Map<String, GroupValue> classes;
    private final Problems problems;
    private final NodePool.Sizing minimum;
    private final int count;
    private final int unlisted;

    /** @param classes the hardware classes, by name */
    PoolReader(GroupValue pool, GroupValue spec, Map<String, GroupValue> classes, Problems problems) {
        this.pool = pool;
        this.spec = spec;
        this.classes = classes;
        this.problems = problems;
        String name = pool.get(OfPool.HARDWARE_CLASS);
        GroupValue hardwareClass = name == null ? null : classes.get(name);
        this.minimum = minimum(pool.group(OfPool.MINIMUM),
                hardwareClass == null ? null : hardwareClass.group(OfHardwareClass.MINIMUM));
        int written = writtenMachines();
        Integer wanted = pool.get(OfPool.COUNT);
        At<Machine.Kind> kind = kind();
        boolean canBeCounted = kind != null && (kind.value().isMade() || name != null)
                && !pool.broken(OfPool.MACHINES);
        this.count = wanted == null ? written : canBeCounted ? wanted : Math.min(wanted, written);
        this.unlisted = Math.max(0, count - written);
    }

    GroupValue written() {
        return pool;
    }

    @Nullable
    Role role() {
        return pool.get(OfPool.ROLE);
    }

    String name() {
        return ModelReader.present(pool, OfPool.NAME);
    }

    /** Null where it is broken. */
    @Nullable
    At<Machine.Kind> kind() {
        return pool.states(OfPool.KIND) ? pool.at(OfPool.KIND) : new At<>(Machine.Kind.MANUAL, pool.place());
    }

    /** The machines that are listed and can be read, spares included. */
    List<At<GroupValue>> listed() {
        return pool.items(OfPool.MACHINES);
    }

    private int writtenMachines() {
        Shape.Items<GroupValue> machines = pool.get(OfPool.MACHINES);
        return machines == null ? 0 : machines.written();
    }

    /** How many machines the pool has: those that are listed and no spares, and those that are only counted. */
    int count() {
        return count;
    }

    /** How many are only counted: made, or claimed by their hardware class. */
    int unlisted() {
        return unlisted;
    }

    NodePool.Sizing minimum() {
        return minimum;
    }

    /** Where machines without an address get theirs; null: anywhere on the network. */
    @Nullable
    AddressRange addresses() {
        return pool.get(OfPool.ADDRESSES);
    }

    /** Reports what is wrong with the pool, its machines left aside. */
    void check(@Nullable At<Cidr> network) {
        checkCount();
        checkClass();
        checkNetworks();
        checkAddresses(network);
        At<BootSettings.Method> method = pool.group(OfPool.BOOT).at(OfPoolBoot.METHOD);
        if (method != null && method.value() != BootSettings.Method.PXE) {
            notYet(ProblemCode.BOOT_METHOD_NOT_YET, method.place(),
                    "machines cannot be started by '" + Values.word(method.value()) + "', today", "pxe");
        }
        At<String> image = pool.at(OfPool.IMAGE);
        if (image != null) {
            notYet(ProblemCode.IMAGE_NOT_YET, image.place(), "'" + image.value() + "' cannot be installed, today",
                    "the distribution's own system");
        }
        At<Role> role = pool.at(OfPool.ROLE);
        boolean k3s = spec.group(OfSpec.DISTRIBUTION).get(Format.OfDistribution.NAME) == Distribution.Kind.K3S;
        if (k3s && role != null && (role.value() == Role.BOOTSTRAP || role.value() == Role.BASTION)) {
            notYet(ProblemCode.ROLE_NOT_YET, role.place(),
                    "machines of the role '" + Values.word(role.value()) + "' are not used, today",
                    "control-plane, worker or infra");
        }
        At<Machine.Kind> kind = kind();
        if (k3s && kind != null && !isOutline(kind.value())) {
            checkNoEffect();
        }
    }

    /** Machines that can only be planned: what is said of them shows in the plan. */
    private static boolean isOutline(Machine.Kind kind) {
        return switch (kind) {
            case MANUAL, VIRTUAL, SIMULATED -> false;
            case PROXMOX, SSH, REDFISH -> true;
        };
    }

    private void notYet(ProblemCode code, Place place, String message, String expected) {
        problems.add(code, place, message, expected);
    }

    private void checkCount() {
        At<Machine.Kind> kind = kind();
        if (kind == null || pool.broken(OfPool.COUNT) || pool.broken(OfPool.MACHINES)) {
            return;
        }
        At<Integer> wanted = pool.at(OfPool.COUNT);
        boolean made = kind.value().isMade();
        if (wanted == null && !pool.states(OfPool.MACHINES)) {
            Field<?> field = made ? OfPool.COUNT : OfPool.MACHINES;
            problems.add(ProblemCode.MISSING, pool.place().below(field.name()),
                    "a node pool of " + Values.word(kind.value()) + " machines has no '" + field.name() + "'",
                    field.shape().called(), "Add '" + field.name() + ":'. " + field.about());
        } else if (wanted != null && wanted.value() > count) {
            problems.add(ProblemCode.COUNT_MISMATCH, wanted.place(),
                    "'count' is " + wanted.value() + ", the number of machines listed is " + count,
                    "at most " + count);
        }
    }

    private void checkClass() {
        At<String> name = pool.at(OfPool.HARDWARE_CLASS);
        if (name == null || classes.containsKey(name.value())) {
            return;
        }
        Shape.Items<GroupValue> all = spec.get(OfSpec.HARDWARE_CLASSES);
        if (all == null ? spec.broken(OfSpec.HARDWARE_CLASSES) : all.written() > classes.size()) {
            return; // it may be one of those that cannot be read
        }
        unknown(ProblemCode.HARDWARE_CLASS_UNKNOWN, name, "hardware class", List.copyOf(classes.keySet()));
    }

    private void checkNetworks() {
        List<String> names = spec.items(OfSpec.NETWORKS).stream()
                .map(network -> network.value().get(Format.OfNetwork.NAME)).filter(Objects::nonNull).toList();
        Shape.Items<GroupValue> all = spec.get(OfSpec.NETWORKS);
        if (all == null || names.size() < all.written()) {
            return;
        }
        boolean first = false;
        for (At<String> name : pool.items(OfPool.NETWORKS)) {
            first |= name.value().equals(names.getFirst());
            if (!names.contains(name.value())) {
                unknown(ProblemCode.NETWORK_UNKNOWN, name, "network", names);
                first = true; // it may have been meant
            }
        }
        if (pool.states(OfPool.NETWORKS) && !pool.broken(OfPool.NETWORKS) && !first) {
            problems.add(ProblemCode.NETWORK_NOT_FIRST, pool.placeOf(OfPool.NETWORKS),
                    "'" + names.getFirst() + "', over which machines boot, is not among the pool's networks",
                    "'" + names.getFirst() + "' and others");
        }
    }

    private void unknown(ProblemCode code, At<String> name, String what, List<String> known) {
        Optional<String> meant = DidYouMean.nearest(name.value(), known);
        problems.add(code, name.place(), "there is no " + what + " '" + name.value() + "'",
                known.isEmpty() ? "a " + what + " of the definition" : "one of " + String.join(", ", known),
                meant.map(word -> "Did you mean '" + word + "'?").orElse(code.remedy()));
    }

    private void checkAddresses(@Nullable At<Cidr> network) {
        At<AddressRange> range = pool.at(OfPool.ADDRESSES);
        if (range != null && network != null && !(network.value().contains(range.value().from())
                && network.value().contains(range.value().to()))) {
            problems.add(ProblemCode.ADDRESSES_OUTSIDE_NETWORK, range.place(),
                    range.value() + " is not inside of the provisioning network", "a range of " + network.value());
        }
    }

    private void checkNoEffect() {
        At<GroupValue> lifecycle = pool.at(OfPool.LIFECYCLE);
        if (lifecycle != null) {
            noEffect(lifecycle.value().at(OfLifecycle.TEMPORARY), "machines that stay");
            noEffect(lifecycle.value().at(OfLifecycle.CLEAN_UP), "boot files that stay");
        }
        At<String> config = pool.group(OfPool.BOOT).at(OfPoolBoot.CONFIG);
        if (config != null) {
            problems.add(ProblemCode.NO_EFFECT_YET, config.place(), "'config' changes nothing, today",
                    "the distribution's own install config");
        }
        At<GroupValue> placement = pool.at(OfPool.PLACEMENT);
        if (placement != null) {
            problems.add(ProblemCode.NO_EFFECT_YET, placement.place(), "'placement' changes nothing, today",
                    "machines that are where they are");
        }
    }

    private void noEffect(@Nullable At<Boolean> setting, String expected) {
        if (setting != null && setting.value()) {
            String path = setting.place().path();
            problems.add(ProblemCode.NO_EFFECT_YET, setting.place(),
                    "'" + path.substring(path.lastIndexOf('.') + 1) + "' changes nothing, today", expected);
        }
    }

    /** Only for a definition without errors. */
    NodePool model() {
        GroupValue placement = pool.group(OfPool.PLACEMENT);
        GroupValue lifecycle = pool.group(OfPool.LIFECYCLE);
        List<String> networks = pool.states(OfPool.NETWORKS)
                ? texts(pool.items(OfPool.NETWORKS))
                : spec.items(OfSpec.NETWORKS).stream()
                        .map(network -> ModelReader.present(network.value(), Format.OfNetwork.NAME)).toList();
        return new NodePool(name(), ModelReader.present(pool, OfPool.ROLE), count,
                Math.max(0, writtenMachines() - count), minimum, pool.get(OfPool.HARDWARE_CLASS),
                new NodePool.Placement(placement.get(OfPlacement.ANTI_AFFINITY, NodePool.AntiAffinity.NONE),
                        texts(placement.items(OfPlacement.PREFERRED)), texts(placement.items(OfPlacement.TARGET))),
                new NodePool.Lifecycle(lifecycle.get(OfLifecycle.TEMPORARY, false),
                        lifecycle.get(OfLifecycle.CLEAN_UP, false)),
                boot(), networks, pool.get(OfPool.IMAGE), texts(pool.items(OfPool.TAGS)),
                pool.get(OfPool.METADATA, Map.of()));
    }

    private BootSettings boot() {
        BootSettings cluster = ModelReader.boot(spec.group(OfSpec.BOOT));
        GroupValue own = pool.group(OfPool.BOOT);
        return new BootSettings(own.get(OfPoolBoot.METHOD, cluster.method()), cluster.dhcp(),
                (cluster.kernelArguments() + " " + own.get(OfPoolBoot.KERNEL_ARGUMENTS, "")).strip(),
                own.get(OfPoolBoot.CONFIG, ""));
    }

    private static List<String> texts(List<At<String>> items) {
        return items.stream().map(At::value).toList();
    }

    /** What is written, key by key over what the class says. */
    static NodePool.Sizing minimum(GroupValue own, @Nullable GroupValue ofClass) {
        GroupValue base = ofClass == null ? new GroupValue(own.place(), Map.of(), java.util.Set.of()) : ofClass;
        Machine.FirmwareKind firmware = own.get(OfMinimum.FIRMWARE);
        return new NodePool.Sizing(own.get(OfMinimum.CPUS, base.get(OfMinimum.CPUS, OfMinimum.DEFAULT_CPUS)),
                own.get(OfMinimum.MEMORY, base.get(OfMinimum.MEMORY, OfMinimum.DEFAULT_MEMORY_MIB)),
                own.get(OfMinimum.DISK, base.get(OfMinimum.DISK, OfMinimum.DEFAULT_DISK_GIB)),
                own.get(OfMinimum.DISKS, base.get(OfMinimum.DISKS, 1)),
                own.get(OfMinimum.NICS, base.get(OfMinimum.NICS, 1)),
                firmware != null ? firmware : base.get(OfMinimum.FIRMWARE));
    }
}

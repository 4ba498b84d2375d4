package dev.kindling.engine.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Machines of one kind and role.
 *
 * @param name DNS label
 * @param count number of machines, equal to how many {@link Machine}s name this pool
 * @param spares how many more machines are listed than used
 * @param minimum hardware that each machine must have, that of its class included
 * @param hardwareClass name of its {@link HardwareClass}; null: none
 * @param placement where virtual machines may run; of no effect on bare metal
 * @param boot of its machines: the cluster's, with what the pool says over it
 * @param networks names of those that its machines are attached to, the provisioning network first
 * @param image that is installed instead of the distribution's own; null: none
 */
public record NodePool(String name, Role role, int count, int spares, Sizing minimum, @Nullable String hardwareClass,
        Placement placement, Lifecycle lifecycle, BootSettings boot, List<String> networks, @Nullable String image,
        List<String> tags, Map<String, String> metadata) {
    /** A pool whose machines boot over the network. */
    public NodePool(String name, Role role, int count, Sizing minimum, @Nullable String hardwareClass,
            Placement placement, boolean temporary, List<String> tags, Map<String, String> metadata) {
        this(name, role, count, 0, minimum, hardwareClass, placement, new Lifecycle(temporary, false),
                new BootSettings(BootSettings.Method.PXE, BootSettings.Dhcp.SERVER, ""), List.of(), null, tags,
                metadata);
    }

    public NodePool {
        networks = List.copyOf(networks);
        tags = List.copyOf(tags);
        metadata = Map.copyOf(metadata);
    }

    /**
     * Sizes.
     *
     * @param cpus logical processors
     * @param memoryMib mebibytes
     * @param diskGib gibibytes of the system disk
     * @param disks number of disks, the system disk included
     * @param nics number of network interfaces
     * @param firmware that it must boot with; null: either
     */
    public record Sizing(int cpus, long memoryMib, long diskGib, int disks, int nics,
            Machine.@Nullable FirmwareKind firmware) {
        /** With a disk and a network interface. */
        public Sizing(int cpus, long memoryMib, long diskGib) {
            this(cpus, memoryMib, diskGib, 1, 1, null);
        }
    }

    /**
     * How long machines of the pool stay.
     *
     * @param temporary removed once the cluster runs (a bootstrap machine)
     * @param cleanUpAfterBoot what was made to boot them is removed once they run
     */
    public record Lifecycle(boolean temporary, boolean cleanUpAfterBoot) {}

    /** Wishes for the hosts of virtual machines. */
    public record Placement(AntiAffinity antiAffinity, List<String> preferredHosts, List<String> targetHosts) {
        public Placement {
            preferredHosts = List.copyOf(preferredHosts);
            targetHosts = List.copyOf(targetHosts);
        }
    }

    /** Whether machines of the pool must run on different hosts. */
    public enum AntiAffinity {
        NONE,
        SOFT,
        HARD
    }
}

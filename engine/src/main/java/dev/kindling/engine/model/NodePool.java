package dev.kindling.engine.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Machines of one kind and role.
 *
 * @param name DNS label
 * @param count number of machines, equal to how many {@link Machine}s name this pool
 * @param minimum hardware that each machine must have
 * @param placement where virtual machines may run; of no effect on bare metal
 * @param temporary removed once the cluster runs (a bootstrap machine)
 */
public record NodePool(String name, Role role, int count, Sizing minimum, @Nullable String hardwareClass,
        Placement placement, boolean temporary, List<String> tags, Map<String, String> metadata) {
    public NodePool {
        tags = List.copyOf(tags);
        metadata = Map.copyOf(metadata);
    }

    /**
     * Sizes.
     *
     * @param cpus logical processors
     * @param memoryMib mebibytes
     * @param diskGib gibibytes of the system disk
     */
    public record Sizing(int cpus, long memoryMib, long diskGib) {}

    /** Wishes for the hosts of virtual machines. */
    public record Placement(AntiAffinity antiAffinity, List<String> preferredHosts, List<String> targetHosts) {
        public Placement {
            preferredHosts = List.copyOf(preferredHosts);
            targetHosts = List.copyOf(targetHosts);
        }
    }

    /** Whether machines of the pool must run on different hosts. */
    public enum AntiAffinity {
        NONE, SOFT, HARD
    }
}

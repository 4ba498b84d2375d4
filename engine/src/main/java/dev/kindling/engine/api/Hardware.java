package dev.kindling.engine.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a machine is made of.
 *
 * @param vendor of the system; empty where unknown
 * @param product of the system; empty where unknown
 * @param uuid SMBIOS UUID; empty where unknown
 * @param cpuModel empty where unknown
 * @param cpus logical processors
 * @param memoryMib mebibytes
 * @param firmware {@code bios} or {@code uefi}
 * @param secureBoot null: unknown
 * @param tpm {@code 2.0}, {@code 1.2}, {@code none}, or empty where unknown
 */
public record Hardware(String vendor, String product, String uuid, String cpuModel, int cpus, long memoryMib,
        String firmware, @Nullable Boolean secureBoot, String tpm, List<Disk> disks, List<Nic> nics) {
    public Hardware {
        disks = List.copyOf(disks);
        nics = List.copyOf(nics);
    }

    /** {@code 1 CPU}, {@code 8 CPUs}. */
    public String processors() {
        return cpus + (cpus == 1 ? " CPU" : " CPUs");
    }

    /**
     * A disk.
     *
     * @param device kernel name: {@code vda}
     * @param serial empty where the disk has none
     * @param wwn empty where the disk has none
     * @param transport {@code nvme}, {@code sata}, {@code virtio}, {@code usb}, or empty
     * @param inUseBy what uses it ("mounted at /", "member of md0"), empty: nothing
     * @param content what is on it ("GPT, 2 partitions", "empty", "Kindling install 4f3a of demo-wk-1"), empty: not
     *            looked at
     */
    public record Disk(String device, String model, String serial, String wwn, long bytes, String transport,
            boolean rotational, boolean removable, String inUseBy, String content) {}

    /**
     * A network port.
     *
     * @param speedMbit 0 where unknown or no link
     */
    public record Nic(String name, String mac, boolean link, int speedMbit, String driver) {}
}

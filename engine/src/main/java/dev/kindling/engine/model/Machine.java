package dev.kindling.engine.model;

import java.net.InetAddress;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A computer of the cluster.
 *
 * @param name host name: {@code {cluster}-cp-{n}}, {@code {cluster}-wk-{n}} or as the definition says
 * @param pool name of its {@link NodePool}
 * @param kind what stands behind it
 * @param mac of the port that boots
 * @param uuid SMBIOS UUID; null: not known
 * @param address reserved on the provisioning network
 * @param disk the only disk that may be written
 * @param virtual sizes where {@code kind} is {@link Kind#VIRTUAL} or {@link Kind#SIMULATED}; null for real machines
 */
public record Machine(String name, String pool, Role role, Kind kind, MacAddress mac, @Nullable UUID uuid,
        InetAddress address, DiskSelector disk, @Nullable VirtualHardware virtual) {
    /** What stands behind a machine. */
    public enum Kind {
        /** A real machine that the operator powers on. */
        MANUAL,
        /** A QEMU machine of the virtual rack. */
        VIRTUAL,
        /** A program that speaks the boot protocols; there is no computer. */
        SIMULATED
    }

    /** Boot firmware of a virtual machine. */
    public enum FirmwareKind {
        BIOS, UEFI
    }

    /** The disk to write, by what is printed on it: exactly one of the two is given. */
    public record DiskSelector(@Nullable String serial, @Nullable String wwn) {
        public DiskSelector {
            if ((serial == null) == (wwn == null)) {
                throw new IllegalArgumentException("a disk is named by its serial or by its WWN");
            }
        }

        @Override
        public String toString() {
            return serial != null ? "serial " + serial : "WWN " + wwn;
        }
    }

    /** Sizes of a virtual or simulated machine. */
    public record VirtualHardware(FirmwareKind firmware, int cpus, long memoryMib, long diskGib) {}
}

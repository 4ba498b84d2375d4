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
 * @param virtual sizes of a machine that is made ({@link Kind#isMade}); null for real machines
 * @param match how the machine is told from others; where not {@link Match#MAC}, {@code mac} is a placeholder
 * @param serial of the chassis; null: not known
 * @param bmc its board management controller; null: none, or not known
 * @param vmid number on Proxmox; null: none, or chosen by Proxmox
 */
public record Machine(String name, String pool, Role role, Kind kind, MacAddress mac, @Nullable UUID uuid,
        InetAddress address, DiskSelector disk, @Nullable VirtualHardware virtual, Match match, @Nullable String serial,
        @Nullable Bmc bmc, @Nullable Integer vmid) {
    /** A machine that is known by its MAC address. */
    public Machine(String name, String pool, Role role, Kind kind, MacAddress mac, @Nullable UUID uuid,
            InetAddress address, DiskSelector disk, @Nullable VirtualHardware virtual) {
        this(name, pool, role, kind, mac, uuid, address, disk, virtual, Match.MAC, null, null, null);
    }

    /** What stands behind a machine. */
    public enum Kind {
        /** A real machine that the operator powers on. */
        MANUAL,
        /** A QEMU machine of the virtual rack. */
        VIRTUAL,
        /** A program that speaks the boot protocols; there is no computer. */
        SIMULATED,
        /** A virtual machine on Proxmox VE. */
        PROXMOX,
        /** A real machine whose system runs already and answers to SSH. */
        SSH,
        /** A real machine with a board management controller that speaks Redfish. */
        REDFISH;

        /** Whether the machine is made for the cluster, so that a number is enough to ask for it. */
        public boolean isMade() {
            return this == VIRTUAL || this == SIMULATED || this == PROXMOX;
        }
    }

    /** What a machine is known by when it is first seen. */
    public enum Match {
        MAC,
        UUID,
        SERIAL,
        HARDWARE_CLASS
    }

    /**
     * A board management controller.
     *
     * @param address host name or IP address
     * @param credentials name of the secret that holds user and password, never their value; null: not said
     */
    public record Bmc(String address, @Nullable String credentials) {}

    /** Boot firmware of a virtual machine. */
    public enum FirmwareKind {
        BIOS,
        UEFI
    }

    /** The disk to write, by what is printed on it: exactly one of the two is given. */
    public record DiskSelector(@Nullable String serial, @Nullable String wwn) {
        /** Of a machine that is not known yet, or whose disk is not written. No disk has this serial number. */
        public static final DiskSelector NONE = new DiskSelector("(not known)", null);

        public DiskSelector {
            // a disk is never picked
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

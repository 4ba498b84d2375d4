package dev.kindling.tui.text;

import dev.kindling.engine.api.Hardware;
import java.util.ArrayList;
import java.util.List;

/** What a machine is made of, for people. */
public final class HardwareText {
    private HardwareText() {}

    public static List<String> lines(Hardware hardware) {
        List<String> lines = new ArrayList<>();
        lines.add("system    " + known((hardware.vendor() + " " + hardware.product()).strip()));
        lines.add("uuid      " + known(hardware.uuid()));
        lines.add("cpu       " + known(hardware.cpuModel()) + ", " + Text.count(hardware.cpus(), "logical processor"));
        lines.add("memory    " + Text.bytes(hardware.memoryMib() << 20));
        Boolean secureBoot = hardware.secureBoot();
        lines.add("firmware  " + known(hardware.firmware()) + ", Secure Boot "
                + (secureBoot == null ? "unknown" : secureBoot ? "on" : "off") + ", TPM " + known(hardware.tpm()));
        hardware.disks().forEach(disk -> lines.add("disk      " + disk(disk)));
        hardware.nics().forEach(nic -> lines.add("port      " + nic(nic)));
        return lines.stream().map(Text::clean).toList();
    }

    /** {@code vda  serial KDL-1  4.0 GiB  QEMU HARDDISK  virtio, empty}. */
    public static String disk(Hardware.Disk disk) {
        String use = disk.inUseBy().isEmpty() ? disk.content() : "IN USE: " + disk.inUseBy();
        return disk.device() + "  " + name(disk) + "  " + Text.bytes(disk.bytes()) + "  " + known(disk.model())
                + (disk.transport().isEmpty() ? "" : "  " + disk.transport()) + (disk.rotational() ? ", rotating" : "")
                + (disk.removable() ? ", removable" : "") + (use.isEmpty() ? "" : "  " + use);
    }

    private static String name(Hardware.Disk disk) {
        if (!disk.serial().isEmpty()) {
            return "serial " + disk.serial();
        }
        return disk.wwn().isEmpty() ? "no serial" : "WWN " + disk.wwn();
    }

    private static String nic(Hardware.Nic nic) {
        return nic.name() + "  " + nic.mac() + "  " + (nic.link() ? "link" : "no link")
                + (nic.speedMbit() > 0 ? " " + nic.speedMbit() + " Mbit/s" : "")
                + (nic.driver().isEmpty() ? "" : "  " + nic.driver());
    }

    private static String known(String value) {
        return value.isEmpty() ? "unknown" : value;
    }
}

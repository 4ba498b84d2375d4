package dev.kindling.engine.boot;

import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.model.Machine;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds the one disk of a machine that may be written. Pure.
 *
 * @param target the disk; null where there is a problem
 * @param problem why no disk may be written; null where one may
 */
public record DiskChoice(Plan.@Nullable DiskTarget target, @Nullable Problem problem) {
    /** Never a guess: the selector must match exactly one disk, that is neither removable nor in use. */
    public static DiskChoice of(Machine machine, Hardware hardware) {
        return of("machine " + machine.name(), "disk.serial of " + machine.name() + " in the definition",
                machine.disk(), hardware);
    }

    /**
     * As above.
     *
     * @param about for messages: what the disk is for
     * @param where the selector was given
     */
    static DiskChoice of(String about, String where, Machine.DiskSelector selector, Hardware hardware) {
        List<Hardware.Disk> matching = hardware.disks().stream().filter(disk -> matches(selector, disk)).toList();
        if (matching.isEmpty()) {
            return wrong("disk-missing", about,
                    "no disk has " + selector + "; it has " + list(hardware.disks()),
                    "exactly one disk with " + selector, "correct " + where
                            + ": kindling hardware and kindling status show the disks");
        }
        if (matching.size() > 1) {
            return wrong("disk-ambiguous", about, "several disks have " + selector + ": " + list(matching),
                    "exactly one disk with " + selector, "name the disk by its WWN (disk.wwn)");
        }
        Hardware.Disk disk = matching.getFirst();
        if (disk.removable()) {
            return wrong("disk-removable", about, list(matching) + " is removable", "a fixed disk",
                    "name another disk: a USB stick may be the medium that the machine booted from");
        }
        if (!disk.inUseBy().isEmpty()) {
            return wrong("disk-in-use", about, list(matching) + " is in use: " + disk.inUseBy(),
                    "a disk that nothing uses",
                    "free the disk, or name another one");
        }
        return new DiskChoice(new Plan.DiskTarget(selector.toString(),
                disk.model().isBlank() ? disk.transport() + " disk" : disk.model(), disk.bytes()), null);
    }

    private static boolean matches(Machine.DiskSelector selector, Hardware.Disk disk) {
        return selector.serial() != null
                ? disk.serial().equals(selector.serial())
                : disk.wwn().equalsIgnoreCase(selector.wwn());
    }

    private static String list(List<Hardware.Disk> disks) {
        return disks.isEmpty()
                ? "no disk at all"
                : disks.stream()
                        .map(disk -> disk.device() + " (" + (disk.model().isBlank() ? "" : disk.model() + ", ")
                                + "serial "
                                + (disk.serial().isBlank() ? "none" : disk.serial()) + ", " + (disk.bytes() >> 20)
                                + " MiB)")
                        .collect(Collectors.joining(", "));
    }

    private static DiskChoice wrong(String code, String about, String message, String expected, String remedy) {
        return new DiskChoice(null, Problem.error(code, about, message, expected, remedy));
    }
}

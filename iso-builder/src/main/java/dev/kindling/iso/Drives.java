package dev.kindling.iso;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The drives of a Linux machine, as {@code /sys} and {@code /proc} tell: which may be overwritten, and which not. */
public final class Drives {
    /**
     * A drive.
     *
     * @param name as in {@code /sys/block}
     * @param serial empty where the drive has none
     * @param bytes its size
     * @param removable the kernel says so, or it hangs on USB
     * @param usedFor mount points, swap, or what else lies on it or on its partitions
     */
    public record Drive(String name, Path device, String model, String serial, long bytes, boolean removable,
            boolean readOnly, List<String> usedFor) {
        public Drive {
            usedFor = List.copyOf(usedFor);
        }

        /** What the user types to confirm: the serial, or the name where there is none. */
        public String identity() {
            return serial.isEmpty() ? name : serial;
        }

        /** The running system is on it, or a part of its storage. */
        public boolean inUseBySystem() {
            return usedFor.stream().anyMatch(
                    use -> use.equals("/") || use.startsWith("/boot") || use.startsWith("/usr")
                            || use.startsWith("/var")
                            || use.startsWith("/home") || use.equals("swap") || use.startsWith("held by "));
        }
    }

    private final Path sys;
    private final Path proc;
    private final Path dev;

    /** This machine's. */
    public Drives() {
        this(Path.of("/sys"), Path.of("/proc"), Path.of("/dev"));
    }

    /** Another machine's, as far as these directories tell. */
    public Drives(Path sys, Path proc, Path dev) {
        this.sys = sys;
        this.proc = proc;
        this.dev = dev;
    }

    /**
     * All drives, by name; neither loop devices nor memory.
     *
     * @throws IOException where the system is none that can be asked: nothing but Linux can, today
     */
    public List<Drive> list() throws IOException {
        Path blocks = sys.resolve("block");
        if (!Files.isDirectory(blocks)) {
            throw new IOException("this system has no " + blocks + ": drives are found on Linux only. On macOS use "
                    + "diskutil list and dd, on Windows Rufus or another program for USB sticks");
        }
        List<Drive> drives = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(blocks)) {
            for (Path each : all) {
                String name = String.valueOf(each.getFileName());
                long bytes = number(each.resolve("size")) * 512;
                if (bytes > 0 && !name.matches("(loop|ram|zram|dm-|md|nbd|sr|fd).*")) {
                    drives.add(drive(each.toRealPath(), name, bytes));
                }
            }
        }
        drives.sort(Comparator.comparing(Drive::name));
        return drives;
    }

    /** The drive of a device node, also through a link such as {@code /dev/disk/by-id/...}. */
    public Optional<Drive> find(Path device) throws IOException {
        String name = String.valueOf((Files.exists(device) ? device.toRealPath() : device).getFileName());
        return list().stream().filter(drive -> drive.name().equals(name)).findFirst();
    }

    private Drive drive(Path block, String name, long bytes) throws IOException {
        boolean usb = block.toString().matches(".*/usb\\d+/.*");
        String vendor = text(block.resolve("device/vendor"));
        String model = text(block.resolve("device/model"));
        String serial = text(block.resolve("device/serial"));
        if (serial.isEmpty()) {
            serial = text(block.resolve("serial"));
        }
        for (Path above = block; usb && serial.isEmpty() && above != null; above = above.getParent()) {
            // the USB device above the SCSI one
            serial = text(above.resolve("serial"));
        }
        return new Drive(name, dev.resolve(name), (vendor + " " + model).strip(), serial, bytes,
                usb || number(block.resolve("removable")) == 1, number(block.resolve("ro")) == 1, uses(block, name));
    }

    private List<String> uses(Path block, String name) throws IOException {
        Set<String> parts = new TreeSet<>(List.of(name));
        Set<String> uses = new TreeSet<>();
        try (DirectoryStream<Path> below = Files.newDirectoryStream(block)) {
            for (Path each : below) {
                if (Files.exists(each.resolve("partition"))) {
                    parts.add(String.valueOf(each.getFileName()));
                    holders(each.resolve("holders"), uses);
                }
            }
        }
        holders(block.resolve("holders"), uses);
        for (String line : lines(proc.resolve("self/mountinfo"))) {
            // 36 35 8:1 / /mnt options - ext4 /dev/sda1 rw
            String[] fields = line.split(" ", -1);
            int dash = List.of(fields).indexOf("-");
            if (dash > 5 && dash + 2 < fields.length && parts.contains(deviceName(fields[dash + 2]))) {
                uses.add(fields[4].replace("\\040", " "));
            }
        }
        for (String line : lines(proc.resolve("swaps"))) {
            if (parts.contains(deviceName(line.split("\\s", -1)[0]))) {
                uses.add("swap");
            }
        }
        return List.copyOf(uses);
    }

    private String deviceName(String source) {
        Path path = Path.of(source);
        try {
            return String.valueOf((Files.exists(path) ? path.toRealPath() : path).getFileName());
        } catch (IOException e) {
            return String.valueOf(path.getFileName());
        }
    }

    /** Volume groups, RAID and encryption hold partitions; their own mounts are behind other devices. */
    private static void holders(Path directory, Set<String> uses) throws IOException {
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> holders = Files.newDirectoryStream(directory)) {
                holders.forEach(holder -> uses.add("held by " + holder.getFileName()));
            }
        }
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.exists(file) ? Files.readAllLines(file, UTF_8) : List.of();
    }

    private static String text(Path file) {
        try {
            return Files.isRegularFile(file) ? Files.readString(file, UTF_8).strip() : "";
        } catch (IOException e) {
            // some attributes exist and cannot be read
            return "";
        }
    }

    private static long number(Path file) {
        String text = text(file);
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
    }
}

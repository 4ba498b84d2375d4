package dev.kindling.engine;

import dev.kindling.engine.api.Hardware;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The hardware of this computer, from sysfs and procfs (Linux): libraries for this know neither serial numbers nor what
 * uses a disk. What cannot be read without privileges stays empty.
 */
final class LocalHardware {
    private final Path root;

    private LocalHardware(Path root) {
        this.root = root;
    }

    /**
     * @param root "/", or a copy of {@code /sys}, {@code /proc} below another directory
     */
    static Hardware read(Path root) {
        return new LocalHardware(root).read();
    }

    private Hardware read() {
        List<String> cpuInfo = lines("proc/cpuinfo");
        String model = cpuInfo.stream().filter(line -> line.startsWith("model name")).findFirst()
                .map(line -> line.substring(line.indexOf(':') + 1).strip()).orElse("");
        int cpus = (int) cpuInfo.stream().filter(line -> line.startsWith("processor")).count();
        long memoryKib = lines("proc/meminfo").stream().filter(line -> line.startsWith("MemTotal:")).findFirst()
                .map(line -> Long.parseLong(line.replaceAll("\\D", ""))).orElse(0L);
        boolean uefi = Files.isDirectory(root.resolve("sys/firmware/efi"));
        return new Hardware(text("sys/class/dmi/id/sys_vendor"), text("sys/class/dmi/id/product_name"),
                text("sys/class/dmi/id/product_uuid"), model, cpus, memoryKib / 1024, uefi ? "uefi" : "bios",
                uefi ? secureBoot() : Boolean.FALSE, tpm(), disks(), nics());
    }

    /** The variable has four bytes of attributes and one of value (UEFI 2.10, 3.3). */
    private @Nullable Boolean secureBoot() {
        try {
            byte[] variable = Files.readAllBytes(
                    root.resolve("sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"));
            return variable.length == 5 ? variable[4] == 1 : null;
        } catch (IOException e) {
            return null;
        }
    }

    private String tpm() {
        return switch (text("sys/class/tpm/tpm0/tpm_version_major")) {
            case "2" -> "2.0";
            case "1" -> "1.2";
            default -> Files.isDirectory(root.resolve("sys/class/tpm/tpm0")) ? "" : "none";
        };
    }

    private List<Hardware.Disk> disks() {
        var disks = new ArrayList<Hardware.Disk>();
        for (Path disk : list("sys/block")) {
            String name = disk.getFileName().toString();
            long sectors = number("sys/block/" + name + "/size");
            // loop, ram and zram devices, optical and empty drives are no disks to install to
            if (!Files.exists(disk.resolve("device")) || name.startsWith("sr") || sectors == 0) {
                continue;
            }
            // virtio disks have no model, and a number for a vendor
            String named = first(disk, "device/model", "device/vendor");
            disks.add(new Hardware.Disk(name, named.startsWith("0x") ? "" : named, serial(disk),
                    first(disk, "wwid", "device/wwid"), sectors * 512, transport(name),
                    text("sys/block/" + name + "/queue/rotational").equals("1"),
                    text("sys/block/" + name + "/removable").equals("1"), usedBy(disk, name), content(disk, name)));
        }
        return disks;
    }

    private String serial(Path disk) {
        String plain = first(disk, "serial", "device/serial");
        if (!plain.isEmpty()) {
            return plain;
        }
        try {
            // SCSI vital product data page 0x80 (SPC-5, 7.7.17): four bytes of header, then the serial number
            byte[] page = Files.readAllBytes(disk.resolve("device/vpd_pg80"));
            return page.length > 4 ? new String(page, 4, page.length - 4, StandardCharsets.US_ASCII).strip() : "";
        } catch (IOException e) {
            return "";
        }
    }

    private String transport(String name) {
        if (name.startsWith("nvme")) {
            return "nvme";
        }
        if (name.startsWith("vd")) {
            return "virtio";
        }
        try {
            String path = root.resolve("sys/block/" + name).toRealPath().toString();
            return path.contains("/usb") ? "usb" : path.contains("/ata") ? "sata" : "";
        } catch (IOException e) {
            return "";
        }
    }

    private String usedBy(Path disk, String name) {
        var uses = new ArrayList<String>();
        for (String line : lines("proc/mounts")) {
            String[] fields = line.split(" ", -1);
            if (fields.length > 1 && fields[0].matches("/dev/" + name + "(p?\\d+)?")) {
                uses.add("mounted at " + fields[1]);
            }
        }
        for (Path part : Stream.concat(Stream.of(disk), partitions(disk, name).stream()).toList()) {
            for (Path holder : list(root.relativize(part.resolve("holders")).toString())) {
                uses.add("member of " + holder.getFileName());
            }
        }
        for (String line : lines("proc/swaps")) {
            if (line.matches("/dev/" + name + "(p?\\d+)?\\s.*")) {
                uses.add("swap");
            }
        }
        return String.join(", ", uses.stream().distinct().toList());
    }

    private List<Path> partitions(Path disk, String name) {
        return list(root.relativize(disk).toString()).stream()
                .filter(path -> path.getFileName().toString().startsWith(name)).toList();
    }

    private String content(Path disk, String name) {
        return DiskContent.of(head(name),
                partitions(disk, name).stream().map(part -> head(part.getFileName().toString())).toList());
    }

    /** Empty where it may not be read. */
    private byte[] head(String device) {
        try (InputStream in = Files.newInputStream(root.resolve("dev").resolve(device))) {
            return in.readNBytes(DiskContent.HEAD);
        } catch (IOException e) {
            return new byte[0];
        }
    }

    private List<Hardware.Nic> nics() {
        var nics = new ArrayList<Hardware.Nic>();
        for (Path nic : list("sys/class/net")) {
            if (!Files.exists(nic.resolve("device"))) {
                continue; // bridges, tunnels and the like
            }
            String name = nic.getFileName().toString();
            String driver;
            try {
                driver = nic.resolve("device/driver").toRealPath().getFileName().toString();
            } catch (IOException e) {
                driver = "";
            }
            nics.add(new Hardware.Nic(name, text("sys/class/net/" + name + "/address"),
                    text("sys/class/net/" + name + "/carrier").equals("1"),
                    (int) Math.max(0, number("sys/class/net/" + name + "/speed")), driver));
        }
        return nics;
    }

    private String first(Path directory, String... names) {
        for (String name : names) {
            String text = text(root.relativize(directory.resolve(name)).toString());
            if (!text.isEmpty()) {
                return text;
            }
        }
        return "";
    }

    private long number(String file) {
        try {
            return Long.parseLong(text(file));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private String text(String file) {
        try {
            byte[] bytes = Files.readAllBytes(root.resolve(file));
            String text = new String(bytes, StandardCharsets.UTF_8).replace("\0", "").strip();
            return text.chars().anyMatch(c -> c < ' ') ? HexFormat.of().formatHex(bytes) : text;
        } catch (IOException e) {
            return "";
        }
    }

    private List<String> lines(String file) {
        try {
            return Files.readAllLines(root.resolve(file));
        } catch (IOException e) {
            return List.of();
        }
    }

    private List<Path> list(String directory) {
        try (Stream<Path> entries = Files.list(root.resolve(directory))) {
            return entries.sorted().toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}

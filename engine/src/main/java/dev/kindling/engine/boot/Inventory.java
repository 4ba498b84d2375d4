package dev.kindling.engine.boot;

import dev.kindling.engine.api.Hardware;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the stage tells of a machine.
 *
 * @param markers the orders whose marks its disks carry
 */
record Inventory(Hardware hardware, Set<String> markers) {
    /** More disks or ports than this are not believed. */
    private static final int MOST = 256;

    static Inventory parse(String body) {
        Map<String, String> lines = Lines.parse(body);
        var disks = new ArrayList<Hardware.Disk>();
        var markers = new HashSet<String>();
        for (int n = 0; n < MOST && lines.containsKey("disk." + n + ".device"); n++) {
            String at = "disk." + n + ".";
            String marker = text(lines, at + "marker");
            disks.add(new Hardware.Disk(text(lines, at + "device"), text(lines, at + "model"),
                    text(lines, at + "serial"),
                    text(lines, at + "wwn"), Lines.whole(lines.get(at + "bytes")), text(lines, at + "transport"),
                    text(lines, at + "rotational").equals("1"), text(lines, at + "removable").equals("1"),
                    text(lines, at + "inuse"),
                    marker.isEmpty() ? text(lines, at + "content") : "Kindling install " + marker));
            if (!marker.isEmpty()) {
                markers.add(marker);
            }
        }
        var nics = new ArrayList<Hardware.Nic>();
        for (int n = 0; n < MOST && lines.containsKey("nic." + n + ".name"); n++) {
            String at = "nic." + n + ".";
            nics.add(new Hardware.Nic(text(lines, at + "name"), text(lines, at + "mac"),
                    text(lines, at + "link").equals("1"), (int) Lines.whole(lines.get(at + "speed")),
                    text(lines, at + "driver")));
        }
        Boolean secureBoot = switch (text(lines, "secureboot")) {
            case "true" -> Boolean.TRUE;
            case "false" -> Boolean.FALSE;
            default -> null;
        };
        return new Inventory(new Hardware(text(lines, "vendor"), text(lines, "product"), text(lines, "uuid"),
                text(lines, "cpu.model"), (int) Lines.whole(lines.get("cpus")), Lines.whole(lines.get("memory.mib")),
                text(lines, "firmware"), secureBoot, text(lines, "tpm"), List.copyOf(disks), List.copyOf(nics)),
                markers);
    }

    private static String text(Map<String, String> lines, String key) {
        return lines.getOrDefault(key, "");
    }
}

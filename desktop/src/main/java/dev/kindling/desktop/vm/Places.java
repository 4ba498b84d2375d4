package dev.kindling.desktop.vm;

import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Draft.DraftMachine;
import dev.kindling.engine.api.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds the field that a problem's path speaks of. */
final class Places {
    private static final Pattern MACHINE = Pattern.compile("nodePools\\[(\\d+)]\\.machines\\[(\\d+)]");
    private static final Pattern POOL = Pattern.compile("nodePools\\[(\\d+)]");

    private Places() {}

    static Finding locate(Problem problem, Draft draft) {
        String path = problem.path();
        String last = path.substring(path.lastIndexOf('.') + 1).replaceAll("\\[\\d+]", "").toLowerCase(Locale.ROOT);
        if (path.contains("nodePools") || path.contains("machines")) {
            return new Finding(problem, Screen.MACHINES, machineField(last), row(path, draft));
        }
        Field field = clusterField(path, last);
        return new Finding(problem, field == null ? Screen.REVIEW : field.screen(), field, -1);
    }

    private static @Nullable Field machineField(String last) {
        return switch (last) {
            case "name" -> Field.MACHINE_NAME;
            case "role" -> Field.ROLE;
            case "kind" -> Field.KIND;
            case "mac" -> Field.MAC;
            case "address", "ip" -> Field.ADDRESS;
            case "disk", "serial", "wwn" -> Field.DISK;
            case "firmware" -> Field.FIRMWARE;
            default -> null;
        };
    }

    private static @Nullable Field clusterField(String path, String last) {
        if (path.contains("distribution")) {
            return last.equals("version") ? Field.VERSION : Field.DISTRIBUTION;
        }
        return switch (last) {
            case "name", "metadata" -> path.contains("network") ? Field.CIDR : Field.NAME;
            case "version" -> Field.VERSION;
            case "dhcp" -> Field.DHCP;
            case "cidr", "networks", "network" -> Field.CIDR;
            case "bootserver" -> Field.BOOT_SERVER;
            case "pool" -> Field.POOL;
            case "gateway" -> Field.GATEWAY;
            case "dns" -> Field.DNS;
            case "vip" -> Field.VIP;
            default -> null;
        };
    }

    /** A composed definition has one pool for each role and kind, in the order of their first machines. */
    private static int row(String path, Draft draft) {
        Map<List<String>, List<Integer>> rows = new LinkedHashMap<>();
        for (int i = 0; i < draft.machines().size(); i++) {
            DraftMachine machine = draft.machines().get(i);
            rows.computeIfAbsent(List.of(machine.role(), machine.kind()), _ -> new ArrayList<>()).add(i);
        }
        List<List<Integer>> pools = List.copyOf(rows.values());
        Matcher machine = MACHINE.matcher(path);
        if (machine.find()) {
            int pool = Integer.parseInt(machine.group(1));
            int index = Integer.parseInt(machine.group(2));
            return pool < pools.size() && index < pools.get(pool).size() ? pools.get(pool).get(index) : -1;
        }
        Matcher pool = POOL.matcher(path);
        if (pool.find() && Integer.parseInt(pool.group(1)) < pools.size()) {
            return pools.get(Integer.parseInt(pool.group(1))).getFirst();
        }
        return -1;
    }
}

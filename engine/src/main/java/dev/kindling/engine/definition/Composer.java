package dev.kindling.engine.definition;

import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Draft.DraftMachine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Writes a wizard's answers as a definition. Answers that are empty are left out. */
final class Composer {
    private static final Pattern SAFE = Pattern
            .compile("[A-Za-z][A-Za-z0-9._/+-]*|[0-9]+(\\.[0-9]+){3}([/-][0-9./-]*)?");
    private static final Pattern WORD_WITH_MEANING = Pattern.compile("(?i)true|false|null|yes|no|on|off|y|n");

    private final StringBuilder yaml = new StringBuilder();
    private boolean diskExplained;

    private Composer() {}

    static String compose(Draft draft) {
        return new Composer().write(draft);
    }

    private String write(Draft draft) {
        comment(0, "A cluster definition of Kindling. The keys are explained in docs/reference/definition.md.");
        line(0, "apiVersion: " + Format.VERSION);
        line(0, "kind: Cluster");
        section(0, "metadata", pair(1, "name", draft.name()));
        line(0, "spec:");
        section(1, "distribution", pair(2, "name", draft.distribution()), pair(2, "version", draft.version()));
        section(1, "boot", pair(2, "method", "pxe"),
                commented(2, "server: Kindling gives the addresses; proxy: another DHCP server does"),
                pair(2, "dhcp", draft.dhcp()));
        line(1, "networks:");
        comment(2, "machines boot over the first network");
        line(2, "- name: provisioning");
        yaml.append(pair(3, "cidr", draft.cidr()));
        if (!draft.bootServer().isBlank()) {
            comment(3, "the address of this computer");
        }
        yaml.append(pair(3, "bootServer", draft.bootServer())).append(pair(3, "gateway", draft.gateway()))
                .append(list(3, "dns", draft.dns()));
        if (!draft.pool().isBlank()) {
            comment(3, "leased to machines that are not listed below");
        }
        yaml.append(pair(3, "pool", draft.pool()));
        section(1, "addressing", pair(2, "vip", draft.vip()));
        pools(draft.machines());
        return yaml.toString();
    }

    /** One pool for each role and kind, in the order of their first machines. */
    private void pools(List<DraftMachine> machines) {
        if (machines.isEmpty()) {
            return;
        }
        Map<List<String>, List<DraftMachine>> pools = new LinkedHashMap<>();
        for (DraftMachine machine : machines) {
            pools.computeIfAbsent(List.of(machine.role().strip(), machine.kind().strip()), key -> new ArrayList<>())
                    .add(machine);
        }
        line(1, "nodePools:");
        Map<String, Integer> names = new LinkedHashMap<>();
        for (Map.Entry<List<String>, List<DraftMachine>> pool : pools.entrySet()) {
            String role = pool.getKey().getFirst();
            String name = poolName(role);
            int number = names.merge(name, 1, Integer::sum);
            line(2, "- name: " + (number == 1 ? name : name + "-" + number));
            yaml.append(pair(3, "role", role)).append(pair(3, "kind", pool.getKey().getLast()));
            line(3, "machines:");
            pool.getValue().forEach(this::machine);
        }
    }

    private static String poolName(String role) {
        return switch (role) {
            case "worker" -> "workers";
            case "control-plane", "infra", "bootstrap", "bastion" -> role;
            default -> "pool";
        };
    }

    private void machine(DraftMachine machine) {
        List<String> lines = new ArrayList<>();
        lines.addAll(pair(0, "name", machine.name()).lines().toList());
        lines.addAll(pair(0, "mac", machine.mac()).lines().toList());
        lines.addAll(pair(0, "address", machine.address()).lines().toList());
        if (!machine.diskSerial().isBlank()) {
            if (!diskExplained) {
                diskExplained = true;
                lines.add("# the only disk that may be written");
            }
            lines.add("disk: {serial: " + scalar(machine.diskSerial()) + "}");
        }
        if (!machine.firmware().isBlank() && !machine.kind().strip().equals("manual")) {
            lines.add("virtual: {firmware: " + scalar(machine.firmware()) + "}");
        }
        if (lines.isEmpty()) {
            lines.add("{}");
        }
        for (int i = 0; i < lines.size(); i++) {
            line(4, (i == 0 ? "- " : "  ") + lines.get(i));
        }
    }

    private void section(int depth, String key, String... content) {
        // Only comments: nothing was answered.
        if (Arrays.stream(content).allMatch(part -> part.isEmpty() || part.stripLeading().startsWith("#"))) {
            return;
        }
        line(depth, key + ":");
        for (String part : content) {
            yaml.append(part);
        }
    }

    private void line(int depth, String text) {
        yaml.append("  ".repeat(depth)).append(text).append('\n');
    }

    private void comment(int depth, String text) {
        yaml.append(commented(depth, text));
    }

    private static String commented(int depth, String text) {
        return "  ".repeat(depth) + "# " + text + "\n";
    }

    private static String pair(int depth, String key, String answer) {
        return answer.isBlank() ? "" : "  ".repeat(depth) + key + ": " + scalar(answer) + "\n";
    }

    private static String list(int depth, String key, String answer) {
        List<String> items = Arrays.stream(answer.split(",", -1)).map(String::strip).filter(item -> !item.isEmpty())
                .map(Composer::scalar).toList();
        return items.isEmpty() ? "" : "  ".repeat(depth) + key + ": [" + String.join(", ", items) + "]\n";
    }

    /** Quotes whatever any YAML reader might take for something else: a MAC of digits is a number in YAML 1.1. */
    static String scalar(String answer) {
        String text = answer.strip();
        if (SAFE.matcher(text).matches() && !WORD_WITH_MEANING.matcher(text).matches()) {
            return text;
        }
        StringBuilder quoted = new StringBuilder("\"");
        text.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                quoted.append('\\').appendCodePoint(c);
            } else if (c < ' ' || (c >= 0x7f && c < 0xa0) || (c >= 0xd800 && c < 0xe000) || c == 0x2028 || c == 0x2029
                    || c == 0xfeff || (c >= 0xfff0 && c <= 0xffff)) {
                quoted.append(c > 0xffff
                        ? String.format(Locale.ROOT, "\\U%08X", c)
                        : String.format(Locale.ROOT, "\\u%04X", c));
            } else {
                quoted.appendCodePoint(c);
            }
        });
        return quoted.append('"').toString();
    }
}

package dev.kindling.tui.pxe;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.standalone.BootSettings;
import dev.kindling.pxe.standalone.Reservation;
import dev.kindling.pxe.standalone.Reservations;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** The file of {@code --reservations}: YAML to {@link Reservations}, with every problem and its place. */
final class ReservationsFile {
    private static final Set<String> KEYS = Set.of("mac", "uuid", "client-id", "ip", "hostname", "boot");
    private static final Set<String> BOOT_KEYS = Set.of("bios", "uefi-x64", "uefi-arm64", "uefi-http", "script", "grub",
            "kernel", "initrd", "args");
    private static final Pattern HOST_NAME = Pattern.compile("(?i)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final Pattern CLIENT_ID = Pattern.compile("[0-9a-f]{4,510}");

    private final List<Problem> problems = new ArrayList<>();
    private final Map<String, Node> taken = new HashMap<>();

    /** What a file says, and what is wrong with it: reservations only where nothing is. */
    record Read(Reservations reservations, List<String> problems) {}

    private record Problem(int line, int column, String what) {
        @Override
        public String toString() {
            return line + ":" + column + ": " + what;
        }
    }

    private ReservationsFile() {}

    /**
     * Reads the text of a file.
     *
     * @return problems as {@code LINE:COLUMN: what is wrong}, both counted from 1
     */
    static Read read(String text) {
        var file = new ReservationsFile();
        var found = new ArrayList<Reservation>();
        try {
            // nodes, not values: they know their place, and "52:54:00:..." stays the text that it is
            Node root = new Yaml(new SafeConstructor(new LoaderOptions())).compose(new java.io.StringReader(text));
            if (root != null) {
                file.machines(root).forEach(node -> file.machine(node, found));
            }
        } catch (MarkedYAMLException e) {
            file.problem(e.getProblemMark(), String.valueOf(e.getProblem()));
        } catch (org.yaml.snakeyaml.error.YAMLException e) {
            file.problem((Mark) null, String.valueOf(e.getMessage()));
        }
        return file.problems.isEmpty()
                ? new Read(new Reservations(found), List.of())
                : new Read(Reservations.NONE, file.problems.stream()
                        .sorted(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column))
                        .map(Problem::toString).toList());
    }

    private List<Node> machines(Node root) {
        Map<String, Node> top = map(root, Set.of("machines"), "the file");
        Node machines = top.get("machines");
        if (machines == null) {
            return List.of();
        }
        return list(machines, "machines");
    }

    private List<Node> list(Node node, String what) {
        if (node instanceof SequenceNode sequence) {
            return sequence.getValue();
        }
        problem(node, what + " is a list: each entry begins with \"- \"");
        return List.of();
    }

    private void machine(Node node, List<Reservation> found) {
        int before = problems.size();
        Map<String, Node> entry = map(node, KEYS, "a machine");
        MacAddress mac = value(entry.get("mac"), "a MAC address such as 52:54:00:12:34:56", MacAddress::new);
        UUID uuid = value(entry.get("uuid"), "a UUID such as 4c4c4544-0031-3010-8051-b4c04f4b3232",
                text -> matching(Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), text,
                        UUID::fromString));
        String clientId = value(entry.get("client-id"), "hexadecimal digits, the type first, such as 01525400123456",
                text -> matching(CLIENT_ID, text.toLowerCase(java.util.Locale.ROOT).replace(":", ""), id -> id));
        Inet4Address ip = value(entry.get("ip"), "an IPv4 address such as 10.0.0.20", ReservationsFile::ipv4);
        String hostName = value(entry.get("hostname"), "a host name of letters, digits and hyphens",
                text -> matching(HOST_NAME, text, name -> name));
        BootSettings boot = entry.containsKey("boot") ? boot(entry.get("boot")) : BootSettings.NONE;
        for (String key : List.of("mac", "uuid", "client-id", "ip", "hostname")) {
            once(key, entry.get(key));
        }
        if (problems.size() == before && mac == null && uuid == null && clientId == null) {
            problem(node, "a machine needs one of mac, uuid, client-id: by what else is it known?");
        }
        if (problems.size() == before) {
            found.add(new Reservation(mac, uuid, clientId, ip, hostName, boot));
        }
    }

    private BootSettings boot(@Nullable Node node) {
        Map<String, Node> entry = map(Objects.requireNonNull(node), BOOT_KEYS, "boot");
        if (entry.containsKey("script") && entry.containsKey("kernel")) {
            problem(entry.get("kernel"), "either script or kernel: iPXE runs one of them");
        }
        if (entry.containsKey("initrd") && !entry.containsKey("kernel")) {
            problem(entry.get("initrd"), "an initrd without a kernel");
        }
        var initrds = new ArrayList<String>();
        Node given = entry.get("initrd");
        if (given != null) {
            for (Node each : given instanceof ScalarNode ? List.of(given) : list(given, "initrd")) {
                String path = text(each);
                if (path != null) {
                    initrds.add(path);
                }
            }
        }
        return new BootSettings(text(entry.get("bios")), text(entry.get("uefi-x64")), text(entry.get("uefi-arm64")),
                text(entry.get("uefi-http")), text(entry.get("script")), text(entry.get("grub")),
                text(entry.get("kernel")), initrds, text(entry.get("args")));
    }

    private Map<String, Node> map(Node node, Set<String> known, String what) {
        var found = new LinkedHashMap<String, Node>();
        if (!(node instanceof MappingNode mapping)) {
            problem(node, what + " is written as \"key: value\"; the keys are "
                    + String.join(", ", known.stream().sorted().toList()));
            return found;
        }
        for (NodeTuple tuple : mapping.getValue()) {
            String key = tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "";
            if (!known.contains(key)) {
                problem(tuple.getKeyNode(), "%s has no \"%s\"; there are %s".formatted(what, key,
                        String.join(", ", known.stream().sorted().toList())));
            } else if (found.put(key, tuple.getValueNode()) != null) {
                problem(tuple.getKeyNode(), "\"%s\" stands here twice".formatted(key));
            }
        }
        return found;
    }

    /** Two machines cannot share what tells them apart. */
    private void once(String key, @Nullable Node node) {
        if (node instanceof ScalarNode scalar) {
            Node first = taken.putIfAbsent(key + " " + scalar.getValue().toLowerCase(java.util.Locale.ROOT), node);
            if (first != null) {
                problem(node, "%s %s is given to a machine in line %d already".formatted(key, scalar.getValue(),
                        first.getStartMark().getLine() + 1));
            }
        }
    }

    private <T> @Nullable T value(@Nullable Node node, String expected, Function<String, @Nullable T> parse) {
        if (node == null) {
            return null;
        }
        T value = null;
        if (node instanceof ScalarNode scalar) {
            try {
                value = parse.apply(scalar.getValue());
            } catch (IllegalArgumentException e) {
                value = null;
            }
        }
        if (value == null) {
            problem(node, expected + " is expected" + (node instanceof ScalarNode scalar
                    ? ", not \"" + scalar.getValue() + "\""
                    : ""));
        }
        return value;
    }

    private static <T> @Nullable T matching(Pattern pattern, String text, Function<String, T> parse) {
        return pattern.matcher(text).matches() ? parse.apply(text) : null;
    }

    private static @Nullable Inet4Address ipv4(String text) {
        try {
            return Addresses.parse(text);
        } catch (picocli.CommandLine.TypeConversionException e) {
            return null;
        }
    }

    /** One line: it goes into scripts. */
    private @Nullable String text(@Nullable Node node) {
        return value(node, "one line of text",
                text -> text.isBlank() || text.chars().anyMatch(Character::isISOControl) ? null : text.strip());
    }

    private void problem(@Nullable Node node, String what) {
        problem(node == null ? null : node.getStartMark(), what);
    }

    private void problem(@Nullable Mark mark, String what) {
        problems.add(new Problem(mark == null ? 1 : mark.getLine() + 1, mark == null ? 1 : mark.getColumn() + 1, what));
    }
}

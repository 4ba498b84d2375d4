package dev.kindling.tui.screen;

import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Draft.DraftMachine;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The question of the wizard that a path of the definition comes from.
 *
 * @param machine index in the draft; negative where the question is not about a machine
 */
record Place(Field field, int machine) {
    private static final Pattern OF_MACHINE = Pattern
            .compile("spec\\.nodePools\\[(\\d+)](?:\\.machines\\[(\\d+)])?(.*)");
    /** The first that fits: fields before what they are part of. */
    private static final List<Map.Entry<String, Field>> FIELDS = List.of(Map.entry("metadata", Field.NAME),
            Map.entry("spec.distribution.name", Field.DISTRIBUTION), Map.entry("spec.distribution", Field.VERSION),
            Map.entry("spec.boot", Field.DHCP), Map.entry("spec.networks[0].bootServer", Field.BOOT_SERVER),
            Map.entry("spec.networks[0].pool", Field.POOL), Map.entry("spec.networks[0].gateway", Field.GATEWAY),
            Map.entry("spec.networks[0].dns", Field.DNS), Map.entry("spec.networks", Field.CIDR),
            Map.entry("spec.addressing", Field.VIP), Map.entry("spec.nodePools", Field.MAC));

    /** Empty where no question of the wizard is behind the path. */
    static Optional<Place> of(Draft draft, String path) {
        Matcher matcher = OF_MACHINE.matcher(path);
        if (matcher.matches()) {
            return ofMachine(draft, matcher);
        }
        return FIELDS.stream().filter(entry -> isAtOrBelow(path, entry.getKey())).findFirst()
                .map(entry -> new Place(entry.getValue(), -1));
    }

    private static boolean isAtOrBelow(String path, String parent) {
        return path.startsWith(parent)
                && (path.length() == parent.length() || ".[".indexOf(path.charAt(parent.length())) >= 0);
    }

    private static Optional<Place> ofMachine(Draft draft, Matcher matcher) {
        List<List<Integer>> pools = pools(draft);
        int pool = Integer.parseInt(matcher.group(1));
        int index = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
        if (pool >= pools.size() || index >= pools.get(pool).size()) {
            return Optional.empty();
        }
        String below = matcher.group(3);
        Field field = below.startsWith(".disk")
                ? Field.DISK
                : below.startsWith(".virtual") ? Field.FIRMWARE : switch (below) {
                    case ".role" -> Field.ROLE;
                    case ".kind" -> Field.KIND;
                    case ".address" -> Field.ADDRESS;
                    case ".name" -> Field.HOST;
                    default -> Field.MAC;
                };
        return Optional.of(new Place(field, pools.get(pool).get(index)));
    }

    /** The engine makes a pool for each role and kind, in the order of their first machines. */
    private static List<List<Integer>> pools(Draft draft) {
        Map<List<String>, List<Integer>> pools = new LinkedHashMap<>();
        for (int i = 0; i < draft.machines().size(); i++) {
            DraftMachine machine = draft.machines().get(i);
            pools.computeIfAbsent(List.of(machine.role().strip(), machine.kind().strip()), _ -> new ArrayList<>())
                    .add(i);
        }
        return List.copyOf(pools.values());
    }
}

package dev.kindling.engine.api;

import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Which edits change the number of a pool's machines, and whether they leave the others where they are. */
final class Scaling {
    private Scaling() {}

    static Edited of(Validation before, String pool, int count, Function<List<Edit>, Edited> edit) {
        Cluster cluster = before.cluster();
        if (cluster == null) {
            return new Edited(before.text(), before);
        }
        if (cluster.pool(pool).isEmpty()) {
            String pools = cluster.pools().stream().map(each -> each.name()).collect(Collectors.joining(", "));
            return refused(before, Problem.error("pool-unknown", "spec.nodePools", "there is no pool '" + pool + "'",
                    "one of " + pools, "Name a pool of the definition."));
        }
        String pools = "spec.nodePools[";
        Edited edited;
        if (cluster.environment().isEmpty()) {
            edited = edit.apply(List.of(Edit.number(pools + pool + "].count", count)));
        } else {
            String own = "environments[" + cluster.environment() + "]." + pools;
            edited = edit.apply(List.of(Edit.number(own + pool + "].count", count)));
            if (isRefused(edited)) {
                edited = edit.apply(List.of(new Edit(own + "+]", "name: " + pool + "\ncount: " + count)));
            }
        }
        Cluster after = edited.validation().cluster();
        if (after == null) {
            return new Edited(before.text(), edited.validation());
        }
        List<String> moved = after.machines().stream()
                .filter(machine -> cluster.machine(machine.name()).map(old -> moves(old, machine)).orElse(false))
                .map(Machine::name).toList();
        return moved.isEmpty()
                ? edited
                : refused(before, Problem.error("machines-move", "spec.nodePools[" + pool + "]",
                        moved.size() + " machines of other pools would get other addresses, such as "
                                + moved.getFirst(),
                        "machines that keep their addresses",
                        "Give each pool 'addresses: FIRST-LAST', or make this pool the last one."));
    }

    private static boolean moves(Machine old, Machine now) {
        return !old.address().equals(now.address()) || !old.mac().equals(now.mac());
    }

    private static boolean isRefused(Edited edited) {
        return edited.validation().problems().stream().anyMatch(problem -> problem.code().equals("edit-refused"));
    }

    private static Edited refused(Validation before, Problem problem) {
        var problems = new ArrayList<>(before.problems());
        problems.add(problem);
        return new Edited(before.text(), new Validation(before.source(), before.text(), null, problems));
    }
}

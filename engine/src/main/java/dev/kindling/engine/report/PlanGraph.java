package dev.kindling.engine.report;

import dev.kindling.engine.api.Plan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A plan as a graph that people can take in: the actions of a machine are together, and machines with the same things
 * to do are drawn once, however many they are.
 *
 * @param lanes groups of machines, and, without machines, the actions that are about the whole cluster
 * @param edges between boxes, by their ids
 */
record PlanGraph(List<Lane> lanes, Set<Edge> edges) {
    /** As many machines are drawn one by one. */
    private static final int MOST_ALONE = 6;

    /** @param machines with the same things to do; empty: actions of the whole cluster */
    record Lane(List<String> machines, List<Box> boxes) {
        /** {@code demo-wk-1}, or {@code 499 machines: demo-wk-1 to demo-wk-499}. */
        String title() {
            return machines.isEmpty()
                    ? "the whole cluster"
                    : machines.size() == 1
                            ? machines.getFirst()
                            : machines.size() + " machines: " + machines.getFirst() + " to " + machines.getLast();
        }
    }

    /**
     * An action, or the same action of several machines.
     *
     * @param id {@code n0}, {@code n1}, ...
     * @param title of the action; of several machines, the kind of the step
     */
    record Box(String id, String title, Plan.Action first, int count) {}

    record Edge(String from, String to) {}

    private record What(String step, boolean done, boolean destructive) {}

    static PlanGraph of(Plan plan) {
        Map<String, List<Plan.Action>> byMachine = new LinkedHashMap<>();
        List<Plan.Action> common = new ArrayList<>();
        for (Plan.Action action : plan.actions()) {
            String machine = action.machine();
            if (machine == null) {
                common.add(action);
            } else {
                byMachine.computeIfAbsent(machine, _ -> new ArrayList<>()).add(action);
            }
        }
        Map<Object, List<String>> groups = new LinkedHashMap<>();
        byMachine.forEach((machine, actions) -> groups.computeIfAbsent(byMachine.size() <= MOST_ALONE
                ? machine
                : actions.stream().map(action -> new What(step(action), action.done(), action.destructive())).toList(),
                _ -> new ArrayList<>()).add(machine));

        Map<String, String> boxOf = new HashMap<>();
        List<Lane> lanes = new ArrayList<>();
        int number = 0;
        for (List<String> machines : groups.values()) {
            List<Box> boxes = new ArrayList<>();
            for (Plan.Action action : byMachine.getOrDefault(machines.getFirst(), List.of())) {
                boxes.add(new Box("n" + number++, machines.size() == 1 ? action.title() : step(action), action,
                        machines.size()));
            }
            for (String machine : machines) {
                List<Plan.Action> actions = byMachine.getOrDefault(machine, List.of());
                for (int i = 0; i < actions.size(); i++) {
                    boxOf.put(actions.get(i).id(), boxes.get(i).id());
                }
            }
            lanes.add(new Lane(List.copyOf(machines), boxes));
        }
        List<Box> whole = new ArrayList<>();
        for (Plan.Action action : common) {
            boxOf.put(action.id(), "n" + number);
            whole.add(new Box("n" + number++, action.title(), action, 1));
        }
        lanes.addFirst(new Lane(List.of(), whole));

        Set<Edge> edges = new LinkedHashSet<>();
        for (Plan.Action action : plan.actions()) {
            String to = boxOf.getOrDefault(action.id(), "");
            for (String before : action.dependsOn()) {
                String from = boxOf.get(before);
                if (from != null && !from.equals(to)) {
                    edges.add(new Edge(from, to));
                }
            }
        }
        return new PlanGraph(lanes, edges);
    }

    private static String step(Plan.Action action) {
        int slash = action.id().indexOf('/');
        return slash < 0 ? action.id() : action.id().substring(0, slash);
    }
}

package dev.kindling.tui.text;

import dev.kindling.engine.api.Plan;
import dev.kindling.engine.model.Machine;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A plan for people: each action with its machine, its disk, what changes, and whether data can be lost. */
public final class PlanText {
    private PlanText() {}

    public static String of(Plan plan, Ansi ansi) {
        StringBuilder out = new StringBuilder();
        out.append("Plan ").append(plan.id()).append(" for cluster ").append(ansi.bold(plan.cluster().name()))
                .append("\n");
        out.append(notices(plan.notices(), ansi)).append('\n');
        int number = 1;
        for (Plan.Action action : plan.actions()) {
            one(out, number++, action, ansi);
        }
        return out.append('\n').append(total(plan)).append('\n').toString();
    }

    /** One line each, marked so that they are seen without colour. */
    public static String notices(List<String> notices, Ansi ansi) {
        StringBuilder out = new StringBuilder();
        notices.forEach(
                notice -> out.append(ansi.yellow("NOTICE")).append(": ").append(Text.clean(notice)).append('\n'));
        return out.toString();
    }

    /** {@code 17 actions: 2 done, 15 to do, 3 destructive; about 4 min}. */
    public static String total(Plan plan) {
        long done = plan.actions().size() - plan.pending();
        long destructive = plan.actions().stream().filter(action -> action.destructive() && !action.done()).count();
        return Text.count(plan.actions().size(), "action") + ": " + done + " done, " + plan.pending() + " to do, "
                + destructive + " DESTRUCTIVE" + (plan.pending() == 0
                        ? ""
                        : "; about "
                                + Text.estimate(criticalPath(plan)));
    }

    /**
     * The pending actions that can cost data on machines that are neither virtual nor simulated: these need a person's
     * word.
     */
    public static List<Plan.Action> destructiveOnRealMachines(Plan plan) {
        return plan.actions().stream().filter(action -> action.destructive() && !action.done())
                .filter(action -> onRealMachine(plan, action)).toList();
    }

    private static boolean onRealMachine(Plan plan, Plan.Action action) {
        String name = action.machine();
        if (name == null) {
            return plan.cluster().machines().stream().anyMatch(machine -> machine.kind() == Machine.Kind.MANUAL);
        }
        // an action about a machine that the model does not know is not known to be harmless
        return plan.cluster().machine(name).map(machine -> machine.kind() == Machine.Kind.MANUAL).orElse(true);
    }

    /** How long the pending actions take when everything that can run at once does. */
    static Duration criticalPath(Plan plan) {
        Map<String, Duration> ends = new HashMap<>();
        Duration longest = Duration.ZERO;
        for (Plan.Action action : plan.actions()) {
            Duration start = Duration.ZERO;
            for (String before : action.dependsOn()) {
                Duration end = ends.getOrDefault(before, Duration.ZERO);
                start = end.compareTo(start) > 0 ? end : start;
            }
            Duration end = action.done() ? start : start.plus(action.estimate());
            ends.put(action.id(), end);
            longest = end.compareTo(longest) > 0 ? end : longest;
        }
        return longest;
    }

    private static void one(StringBuilder out, int number, Plan.Action action, Ansi ansi) {
        String padded = " ".repeat(number < 10 ? 2 : number < 100 ? 1 : 0) + number;
        out.append(padded).append(action.done() ? " done " : "      ");
        String title = Text.clean(action.title());
        if (action.destructive()) {
            out.append(ansi.red("DESTRUCTIVE")).append(' ');
        }
        out.append(action.done() ? ansi.faint(title) : title);
        if (!action.done()) {
            out.append("  ").append(ansi.faint("(" + Text.estimate(action.estimate()) + ")"));
        }
        out.append('\n');
        String machine = action.machine();
        if (machine != null && !action.title().contains(machine)) {
            out.append("         machine: ").append(Text.clean(machine)).append('\n');
        }
        action.diskTarget().ifPresent(disk -> out.append("         disk: ").append(disk(disk)).append('\n'));
        if (!action.done() && !(action.before().isEmpty() && action.after().isEmpty())) {
            out.append("         ").append(Text.clean(action.before())).append(" -> ")
                    .append(Text.clean(action.after())).append('\n');
        }
    }

    /** {@code serial KDL-1, QEMU HARDDISK, 4.0 GiB}. */
    public static String disk(Plan.DiskTarget disk) {
        return Text.clean(disk.selector()) + ", model " + Text.clean(disk.model()) + ", "
                + (disk.bytes() > 0 ? Text.bytes(disk.bytes()) : "size unknown");
    }
}

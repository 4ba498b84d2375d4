package dev.kindling.tui.text;

import dev.kindling.engine.api.Plan;
import dev.kindling.engine.model.Machine;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** A plan for people: each action with its machine, its disk, what changes, and whether data can be lost. */
public final class PlanText {
    private PlanText() {}

    /** Machines with nothing to do are listed one by one only in plans that are not longer than this. */
    private static final int MOST_ACTIONS = 200;

    public static String of(Plan plan, Ansi ansi) {
        return of(plan, false, ansi);
    }

    /**
     * All that it would do, machine by machine.
     *
     * @param all lists the machines with nothing to do, too, however many there are
     */
    public static String of(Plan plan, boolean all, Ansi ansi) {
        StringBuilder out = new StringBuilder();
        out.append("Plan ").append(plan.id()).append(" for cluster ").append(ansi.bold(plan.cluster().name()))
                .append("\n");
        out.append(notices(plan.notices(), ansi)).append('\n');
        Set<String> idle = all || plan.actions().size() <= MOST_ACTIONS ? Set.of() : idle(plan);
        int number = 1;
        for (Plan.Action action : plan.actions()) {
            if (action.machine() == null || !idle.contains(action.machine())) {
                one(out, number, action, ansi);
            }
            number++;
        }
        if (!idle.isEmpty()) {
            out.append("   done nothing to do on ").append(Text.count(idle.size(), "machine"))
                    .append("; --all lists them\n");
        }
        for (Plan.Leftover left : plan.leftovers()) {
            out.append("   left ").append(Text.clean(left.machine())).append(" is no longer in the definition\n")
                    .append("         ").append(Text.clean(left.before())).append(" -> ")
                    .append(Text.clean(left.after())).append("\n         ").append(Text.clean(left.remedy()))
                    .append('\n');
        }
        return out.append('\n').append(total(plan)).append('\n').toString();
    }

    private static Set<String> idle(Plan plan) {
        Set<String> idle = new HashSet<>();
        plan.actions().stream().map(Plan.Action::machine).filter(Objects::nonNull).forEach(idle::add);
        plan.actions().stream().filter(action -> !action.done()).map(Plan.Action::machine).forEach(idle::remove);
        return idle;
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
        return Text.count(plan.actions().size(), "action") + ": " + done + " done, " + plan.pending() + " to do, "
                + plan.destructive() + " DESTRUCTIVE" + (plan.pending() == 0
                        ? ""
                        : "; about "
                                + Text.estimate(plan.estimate()));
    }

    /**
     * The pending actions that can cost data on machines that are neither virtual nor simulated: these need a person's
     * word.
     */
    public static List<Plan.Action> destructiveOnRealMachines(Plan plan) {
        Map<String, Machine.Kind> kinds = plan.cluster().machines().stream()
                .collect(Collectors.toMap(Machine::name, Machine::kind));
        return plan.actions().stream().filter(action -> action.destructive() && !action.done())
                .filter(action -> action.machine() == null
                        ? kinds.containsValue(Machine.Kind.MANUAL)
                        // a machine that the model does not know is not known to be harmless
                        : kinds.getOrDefault(action.machine(), Machine.Kind.MANUAL) == Machine.Kind.MANUAL)
                .toList();
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

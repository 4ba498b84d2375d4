package dev.kindling.tui.text;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.ClusterStatus.MachineStatus;
import dev.kindling.engine.api.Condition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The status of a cluster for people. */
public final class StatusText {
    private StatusText() {}

    public static String of(ClusterStatus status, Instant now, Ansi ansi) {
        StringBuilder out = new StringBuilder();
        out.append(ansi.bold(status.name())).append("  ").append(state(status.state(), ansi)).append(" for ")
                .append(Text.elapsed(Duration.between(status.since(), now))).append(": ")
                .append(Text.clean(status.reason())).append('\n');
        out.append(PlanText.notices(status.notices(), ansi));
        if (status.run() != null) {
            out.append("run ").append(status.run()).append(": ").append(steps(status)).append(runTime(status, now))
                    .append('\n');
        }
        for (String step : status.activeSteps()) {
            out.append("  now: ").append(Text.clean(step)).append('\n');
        }
        for (Condition condition : status.conditions()) {
            out.append("  ").append(Text.fit(Text.words(condition.type()), 21)).append(' ')
                    .append(truth(condition.status(), ansi)).append("  ").append(Text.clean(condition.reason()))
                    .append(": ").append(Text.clean(condition.message())).append('\n');
        }
        out.append('\n');
        table(out, status.machines(), now, ansi);
        if (!status.unknown().isEmpty()) {
            out.append("\nmachines that are not in the definition (they were answered nothing):\n");
            status.unknown()
                    .forEach(machine -> out.append("  ").append(machine.mac()).append("  ")
                            .append(Text.clean(machine.firmware())).append("  ")
                            .append(Text.count(machine.requests(), "request")).append(", last at ")
                            .append(Text.instant(machine.lastSeen())).append('\n'));
        }
        return out.toString();
    }

    /** {@code 4 of 17 steps done}. */
    public static String steps(ClusterStatus status) {
        return status.stepsDone() + " of " + Text.count(status.stepsTotal(), "step") + " done";
    }

    /** The state in capitals; colour only underlines it. */
    public static String state(ClusterStatus.State state, Ansi ansi) {
        return switch (state) {
            case READY -> ansi.green(state.name());
            case FAILED -> ansi.red(state.name());
            case DEGRADED, DELETING -> ansi.yellow(state.name());
            case PROGRESSING -> ansi.cyan(state.name());
            case DEFINED, DELETED -> state.name();
        };
    }

    private static String truth(Condition.Status status, Ansi ansi) {
        return switch (status) {
            case TRUE -> ansi.green("yes    ");
            case FALSE -> ansi.red("no     ");
            case UNKNOWN -> "unknown";
        };
    }

    private static String runTime(ClusterStatus status, Instant now) {
        Instant started = status.startedAt();
        if (started == null) {
            return "";
        }
        Instant ended = status.endedAt();
        return (ended == null ? ", running for " : ", took ")
                + Text.elapsed(Duration.between(started, ended == null ? now : ended));
    }

    private static void table(StringBuilder out, List<MachineStatus> machines, Instant now, Ansi ansi) {
        int nameWidth = widest(machines, MachineStatus::name);
        int roleWidth = widest(machines, machine -> Text.words(machine.role()));
        int addressWidth = widest(machines, MachineStatus::address);
        for (MachineStatus machine : machines) {
            out.append("  ").append(Text.fit(machine.name(), nameWidth)).append("  ")
                    .append(Text.fit(Text.words(machine.role()), roleWidth)).append("  ")
                    .append(Text.fit(machine.address(), addressWidth)).append("  ").append(stage(machine)).append("  ")
                    .append(Text.elapsed(Duration.between(machine.stageSince(), now))).append("  ")
                    .append(evidence(machine)).append('\n');
            String stuck = machine.stuck();
            if (stuck != null) {
                out.append("    ").append(ansi.red("STUCK")).append(": ").append(Text.clean(stuck)).append('\n');
            }
        }
    }

    /** The last evidence, fit for a line that begins with the machine's name. */
    public static String evidence(MachineStatus machine) {
        return Text.without(machine.name(), Text.clean(machine.evidence()));
    }

    private static int widest(List<MachineStatus> machines, Function<MachineStatus, String> column) {
        return machines.stream().mapToInt(machine -> column.apply(machine).length()).max().orElse(0);
    }

    private static String stage(MachineStatus machine) {
        return Text.fit(machine.stage().label(), 12) + percent(machine.progress());
    }

    /** Four characters: {@code  42%}, or blanks where the progress is unknown. */
    public static String percent(double fraction) {
        if (fraction < 0) {
            return "    ";
        }
        String percent = Math.round(Math.min(1, fraction) * 100) + "%";
        return " ".repeat(4 - percent.length()) + percent;
    }

    /**
     * The live view of a run: a line for each machine, the steps, what is active, in at most {@code width} columns.
     *
     * @param status null: the journal says nothing yet
     */
    public static List<String> live(@Nullable ClusterStatus status, Instant now, int width, Ansi ansi) {
        if (status == null) {
            return List.of("waiting for the first event");
        }
        List<String> lines = new ArrayList<>();
        int nameWidth = Math.min(24,
                status.machines().stream().mapToInt(machine -> machine.name().length()).max().orElse(8));
        for (MachineStatus machine : status.machines()) {
            String stuck = machine.stuck();
            String stage = stage(machine);
            String start = "  " + Text.fit(machine.name(), nameWidth) + "  ";
            String time = "  " + String.format(java.util.Locale.ROOT, "%7s",
                    Text.elapsed(Duration.between(machine.stageSince(), now))) + "  ";
            String end = stuck != null ? "STUCK: " + Text.clean(stuck) : evidence(machine);
            int room = Math.max(0, width - start.length() - stage.length() - time.length());
            String fitted = Text.cut(end, room);
            lines.add(start + colour(machine, stage, ansi) + time + (stuck != null ? ansi.red(fitted) : fitted));
        }
        Instant started = status.startedAt();
        String active = status.activeSteps().isEmpty() ? "" : "; now " + String.join(", ", status.activeSteps());
        String steps = steps(status) + (started == null
                ? ""
                : ", " + Text.elapsed(Duration.between(started, status.endedAt() == null ? now : status.endedAt())));
        lines.add(Text.cut(steps + Text.clean(active), width));
        return lines;
    }

    private static String colour(MachineStatus machine, String stage, Ansi ansi) {
        if (machine.stuck() != null) {
            return ansi.red(stage);
        }
        return switch (machine.stage()) {
            case READY -> ansi.green(stage);
            case WAITING -> ansi.faint(stage);
            case POWERED, DHCP, LOADER, SCRIPT, KERNEL, INSTALLER, WRITING, WRITTEN, DISK_BOOT, SYSTEM, JOINING ->
                ansi.cyan(stage);
        };
    }
}

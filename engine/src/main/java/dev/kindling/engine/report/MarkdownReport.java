package dev.kindling.engine.report;

import static dev.kindling.engine.report.Words.duration;
import static dev.kindling.engine.report.Words.markdown;
import static dev.kindling.engine.report.Words.moment;

import dev.kindling.engine.api.ClusterStatus.MachineStatus;
import dev.kindling.engine.api.Hardware;
import java.util.List;

/** The report as text. */
final class MarkdownReport {
    private static final int MOST_MACHINES = 200;

    private final RunStory story;
    private final StringBuilder text = new StringBuilder();

    private MarkdownReport(RunStory story) {
        this.story = story;
    }

    static String render(RunStory story) {
        return new MarkdownReport(story).render();
    }

    private String render() {
        line("# Cluster " + markdown(story.status().name()) + ": " + Words.lower(story.status().state()));
        line("");
        for (String notice : story.notices()) {
            line("> **" + markdown(notice) + "**");
            line(">");
        }
        if (!story.notices().isEmpty()) {
            text.setLength(text.length() - 2);
            line("");
        }
        line(markdown(story.status().reason()));
        line("");
        table(List.of("", ""),
                List.of(List.of("Run", markdown(story.status().run() == null ? "none" : story.status().run())),
                        List.of("Began", moment(story.began())),
                        List.of("Ended", story.ended() == null ? "not yet" : moment(story.ended())),
                        List.of("Took", duration(story.elapsed())),
                        List.of("Steps", story.status().stepsDone() + " of " + story.status().stepsTotal() + " done"),
                        List.of("Handed off", story.handOff() == null
                                ? "no"
                                : "commit `" + story.handOff().commit() + "` on branch "
                                        + markdown(story.handOff().branch()))));
        conditions();
        machines();
        times();
        disks();
        troubles();
        interludes();
        asked();
        return text.toString();
    }

    private void conditions() {
        line("## Conditions");
        line("");
        table(List.of("Condition", "Status", "Reason", "Message", "Since"), story.status().conditions().stream()
                .map(condition -> List.of(Words.lower(condition.type()), Words.lower(condition.status()),
                        markdown(condition.reason()), markdown(condition.message()), moment(condition.since())))
                .toList());
    }

    private void machines() {
        line("## Machines");
        line("");
        List<MachineStatus> machines = story.status().machines();
        table(List.of("Machine", "Role", "Kind", "MAC", "Address", "Stage", "Hardware", "Last evidence"),
                machines.stream().limit(MOST_MACHINES)
                        .map(machine -> List.of(markdown(machine.name()), Words.lower(machine.role()),
                                Words.lower(machine.kind()), machine.mac().value(), machine.address(),
                                machine.stage().label(), markdown(hardware(machine.hardware())),
                                markdown(machine.stuck() == null ? machine.evidence() : "STUCK: " + machine.stuck())))
                        .toList());
        if (machines.size() > MOST_MACHINES) {
            line((machines.size() - MOST_MACHINES) + " more machines are not listed.");
            line("");
        }
    }

    private void times() {
        if (story.stages().isEmpty() && story.steps().isEmpty()) {
            return;
        }
        line("## Where the time went");
        line("");
        table(List.of("Stage", "Machines", "Median", "Longest", "Machine"), story.stages().stream()
                .map(stage -> List.of(stage.stage().label(), Integer.toString(stage.machines()),
                        duration(stage.median()), duration(stage.longest()), markdown(stage.machine())))
                .toList());
        table(List.of("Longest steps", "Time", "Attempts", ""), story.steps().stream().limit(10)
                .map(step -> List.of(markdown(step.step()), duration(step.duration()),
                        Integer.toString(step.attempts()),
                        !step.done() ? "not done" : step.already() ? "was done already" : "done"))
                .toList());
    }

    private void disks() {
        line("## Disks written");
        line("");
        if (story.disks().isEmpty()) {
            line("None.");
            line("");
            return;
        }
        table(List.of("Machine", "Disk", "Model", "Size", "Ordered", "Written"), story.disks().stream()
                .map(disk -> List.of(markdown(disk.machine()), markdown(disk.selector()), markdown(disk.model()),
                        Words.bytes(disk.bytes()), moment(disk.ordered()),
                        disk.written() == null ? "**not confirmed**" : moment(disk.written())))
                .toList());
    }

    private void troubles() {
        line("## Problems");
        line("");
        if (story.troubles().isEmpty()) {
            line("None.");
            line("");
            return;
        }
        for (RunStory.Trouble trouble : story.troubles()) {
            line("- " + (trouble.overcome() ? "(overcome) " : "**") + markdown(trouble.about()) + ": "
                    + markdown(trouble.message()) + (trouble.overcome() ? "" : "**") + " (" + moment(trouble.at())
                    + ")");
            if (!trouble.remedy().isEmpty()) {
                line("  What to do: " + markdown(trouble.remedy()));
            }
        }
        line("");
    }

    private void interludes() {
        List<RunStory.Interlude> interludes = story.interludes();
        if (interludes.isEmpty()) {
            return;
        }
        line("## Skipped, paused, hooks");
        line("");
        table(List.of("At", "Step", ""), interludes.stream().map(each -> List.of(moment(each.at()),
                markdown(each.step().isEmpty() ? "the run" : each.step()), markdown(each.text()))).toList());
    }

    private void asked() {
        line("## What was asked");
        line("");
        // Indented: no text of the definition can end it.
        story.definition().lines().forEach(each -> line("    " + each));
    }

    static String hardware(@org.jspecify.annotations.Nullable Hardware hardware) {
        return hardware == null
                ? "not seen"
                : (hardware.vendor() + " " + hardware.product()).strip() + ", " + hardware.processors() + ", "
                        + Words.bytes(hardware.memoryMib() << 20) + ", " + hardware.firmware();
    }

    private void table(List<String> head, List<List<String>> rows) {
        if (rows.isEmpty()) {
            return;
        }
        line("| " + String.join(" | ", head) + " |");
        line("|" + " --- |".repeat(head.size()));
        rows.forEach(row -> line("| " + String.join(" | ", row) + " |"));
        line("");
    }

    private void line(String content) {
        text.append(content).append('\n');
    }
}

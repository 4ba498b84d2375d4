package dev.kindling.engine.report;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.ClusterStatus.MachineStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Event.Recorded;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.status.StageTimeline;
import dev.kindling.engine.status.StageTimeline.Segment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a report tells, before it has a form. A run that was broken off and resumed is one story.
 *
 * @param began of the story; null: nothing was run yet
 * @param ended null: it goes on, or was broken off
 * @param lastAt of the newest event
 * @param outcome null: it goes on, or was broken off
 * @param definition the text that was asked for; empty: none
 * @param runs the runs of the story
 * @param timeline stages of each machine
 * @param stages where the machines' time went
 * @param steps how long each step took, the longest first
 * @param disks that were ordered to be written since the cluster was defined
 * @param troubles failures and stuck machines, oldest first
 * @param handOff commit and branch; null: not handed off
 * @param events of the story, without progress
 */
public record RunStory(ClusterStatus status, @Nullable Instant began, @Nullable Instant ended, Instant lastAt,
        Event.@Nullable Outcome outcome, String definition, List<String> notices, List<Run> runs,
        Map<String, List<Segment>> timeline, List<StageTime> stages, List<StepTime> steps, List<Disk> disks,
        List<Trouble> troubles, Event.@Nullable HandedOff handOff, List<Recorded> events) {

    /**
     * A run.
     *
     * @param end null: it goes on, or was broken off
     */
    public record Run(String id, Instant start, @Nullable Instant end, Event.@Nullable Outcome outcome, int steps,
            boolean resumed) {}

    /** How long machines were in a stage. {@code machine}: the one that was longest in it. */
    public record StageTime(BootStage stage, int machines, Duration median, Duration longest, String machine) {}

    /**
     * How long a step took.
     *
     * @param attempts how often it was begun
     * @param already there was nothing to do
     */
    public record StepTime(String step, @Nullable String machine, Duration duration, int attempts, boolean already,
            boolean done) {}

    /** A disk that was ordered to be written. {@code written} is null where no machine confirmed it. */
    public record Disk(String machine, String selector, String model, long bytes, String order, Instant ordered,
            @Nullable Instant written) {}

    /**
     * Something that went wrong.
     *
     * @param overcome it was tried again, or the machine went on
     */
    public record Trouble(Instant at, String about, String message, String expected, String remedy, boolean overcome) {}

    /** Reads the story out of a cluster's events. */
    static RunStory of(List<Recorded> all, ClusterStatus status) {
        int first = beginning(all);
        List<Recorded> story = all.subList(first, all.size());
        List<Run> runs = runs(story);
        Run last = runs.isEmpty() ? null : runs.getLast();
        Instant lastAt = all.isEmpty() ? status.since() : all.getLast().at();
        Instant ended = last == null ? null : last.end();
        Map<String, List<Segment>> timeline = inOrder(StageTimeline.of(story, ended == null ? lastAt : ended), status);
        return new RunStory(status, runs.isEmpty() ? null : runs.getFirst().start(), ended, lastAt,
                last == null ? null : last.outcome(), definition(all), notices(status), runs, timeline,
                stages(timeline),
                steps(story, lastAt), disks(all), troubles(story), handOff(story),
                story.stream().filter(recorded -> !isProgress(recorded.event())).toList());
    }

    /** Where the latest run begins; or the one before it, where that has no end. */
    private static int beginning(List<Recorded> all) {
        int start = 0;
        boolean ended = true;
        for (int i = 0; i < all.size(); i++) {
            switch (all.get(i).event()) {
                case Event.RunStarted run -> {
                    if (ended) {
                        start = i;
                    }
                    ended = false;
                }
                case Event.RunEnded run -> ended = true;
                default -> {
                }
            }
        }
        return start;
    }

    private static List<Run> runs(List<Recorded> story) {
        List<Run> runs = new ArrayList<>();
        for (Recorded recorded : story) {
            if (recorded.event() instanceof Event.RunStarted started) {
                runs.add(new Run(recorded.run(), recorded.at(), null, null, started.steps(), started.resumed()));
            } else if (recorded.event() instanceof Event.RunEnded ended && !runs.isEmpty()) {
                Run run = runs.removeLast();
                runs.add(new Run(run.id(), run.start(), recorded.at(), ended.outcome(), run.steps(), run.resumed()));
            }
        }
        return runs;
    }

    private static Map<String, List<Segment>> inOrder(Map<String, List<Segment>> heard, ClusterStatus status) {
        Map<String, List<Segment>> ordered = new LinkedHashMap<>();
        status.machines()
                .forEach(machine -> ordered.put(machine.name(), heard.getOrDefault(machine.name(), List.of())));
        return ordered;
    }

    private static List<StageTime> stages(Map<String, List<Segment>> timeline) {
        Map<BootStage, Map<String, Duration>> times = new EnumMap<>(BootStage.class);
        timeline.forEach((machine, segments) -> segments.stream()
                .filter(segment -> segment.stage() != BootStage.WAITING && segment.stage() != BootStage.READY)
                .forEach(segment -> times.computeIfAbsent(segment.stage(), any -> new LinkedHashMap<>()).merge(machine,
                        segment.duration(), Duration::plus)));
        List<StageTime> stages = new ArrayList<>();
        times.forEach((stage, machines) -> {
            List<Map.Entry<String, Duration>> sorted = machines.entrySet().stream().sorted(Map.Entry.comparingByValue())
                    .toList();
            stages.add(new StageTime(stage, sorted.size(), sorted.get(sorted.size() / 2).getValue(),
                    sorted.getLast().getValue(), sorted.getLast().getKey()));
        });
        return stages;
    }

    private static List<StepTime> steps(List<Recorded> story, Instant lastAt) {
        Map<String, StepTime> steps = new LinkedHashMap<>();
        Map<String, Instant> begun = new LinkedHashMap<>();
        for (Recorded recorded : story) {
            switch (recorded.event()) {
                case Event.StepStarted step -> {
                    begun.putIfAbsent(step.step(), recorded.at());
                    StepTime before = steps.get(step.step());
                    steps.put(step.step(), new StepTime(step.step(), step.machine(),
                            Duration.between(begun.get(step.step()), lastAt),
                            before == null ? 1 : before.attempts() + 1,
                            false, false));
                }
                case Event.StepDone step -> {
                    StepTime before = steps.get(step.step());
                    if (before == null || !before.done()) {
                        Instant from = begun.getOrDefault(step.step(), recorded.at());
                        steps.put(step.step(), new StepTime(step.step(), step.machine(),
                                Duration.between(from, recorded.at()), before == null ? 0 : before.attempts(),
                                step.already(), true));
                    }
                }
                default -> {
                }
            }
        }
        return steps.values().stream().sorted(Comparator.comparing(StepTime::duration).reversed()).toList();
    }

    private static List<Disk> disks(List<Recorded> all) {
        Map<String, Disk> disks = new LinkedHashMap<>();
        for (Recorded recorded : all) {
            switch (recorded.event()) {
                case Event.DiskWriteOrdered order -> disks.put(order.order(),
                        new Disk(order.machine(), order.disk().selector(), order.disk().model(), order.disk().bytes(),
                                order.order(), recorded.at(), null));
                case Event.DiskWritten written -> disks.computeIfPresent(written.order(),
                        (order, disk) -> new Disk(disk.machine(), disk.selector(), disk.model(), disk.bytes(), order,
                                disk.ordered(), disk.written() == null ? recorded.at() : disk.written()));
                case Event.Removed removed -> disks.clear();
                default -> {
                }
            }
        }
        return List.copyOf(disks.values());
    }

    private static List<Trouble> troubles(List<Recorded> story) {
        Set<String> doneLater = new LinkedHashSet<>();
        List<Trouble> troubles = new ArrayList<>();
        for (Recorded recorded : story.reversed()) {
            switch (recorded.event()) {
                case Event.StepDone done -> doneLater.add("step " + done.step());
                case Event.StepFailed failed -> {
                    Problem problem = failed.problem();
                    troubles.add(new Trouble(recorded.at(), failed.step() + ", attempt " + failed.attempt(),
                            problem.message(), problem.expected(), problem.remedy(),
                            doneLater.contains("step " + failed.step())));
                }
                case Event.HookRan hook -> {
                    Problem problem = hook.problem();
                    if (problem != null && hook.step() == null) {
                        troubles.add(new Trouble(recorded.at(), hook.when() + " hook", problem.message(),
                                problem.expected(), problem.remedy(), false));
                    }
                }
                case Event.MachineStuck stuck -> {
                    if (stuck.reason() == null) {
                        doneLater.add("machine " + stuck.machine());
                    } else {
                        troubles.add(new Trouble(recorded.at(), stuck.machine(), stuck.reason(), "", "",
                                doneLater.contains("machine " + stuck.machine())));
                    }
                }
                case Event.MachineObserved seen -> doneLater.add("machine " + seen.machine());
                case Event.BootScriptServed seen -> doneLater.add("machine " + seen.machine());
                case Event.InventoryReceived seen -> doneLater.add("machine " + seen.machine());
                case Event.DiskWritten seen -> doneLater.add("machine " + seen.machine());
                case Event.InstallConfigServed seen -> doneLater.add("machine " + seen.machine());
                default -> {
                }
            }
        }
        return List.copyOf(troubles.reversed());
    }

    private static Event.@Nullable HandedOff handOff(List<Recorded> story) {
        for (Recorded recorded : story.reversed()) {
            if (recorded.event() instanceof Event.HandedOff handedOff) {
                return handedOff;
            }
        }
        return null;
    }

    private static String definition(List<Recorded> all) {
        for (Recorded recorded : all.reversed()) {
            if (recorded.event() instanceof Event.Defined defined) {
                return defined.definition();
            }
        }
        return "";
    }

    /** The engine's own, and what the definition itself tells. */
    private static List<String> notices(ClusterStatus status) {
        Set<String> notices = new LinkedHashSet<>(status.notices());
        long simulated = status.machines().stream().map(MachineStatus::kind).filter(Machine.Kind.SIMULATED::equals)
                .count();
        if (simulated > 0 && notices.stream().noneMatch(notice -> notice.contains("simulated"))) {
            notices.add(simulated + " of " + status.machines().size()
                    + " machines are simulated: programs that speak the boot protocols, no computers");
        }
        return List.copyOf(notices);
    }

    private static boolean isProgress(Event event) {
        return switch (event) {
            case Event.StepProgressed progressed -> true;
            case Event.MachineObserved seen ->
                seen.stage() == BootStage.WRITING && seen.fraction() > 0 && seen.fraction() < 1;
            default -> false;
        };
    }

    /** Something that held the run up or went along with it. {@code step}: the one that it is about; empty: the run. */
    public record Interlude(Instant at, String step, String text) {}

    /** Skipped steps, pauses and hooks, oldest first. */
    public List<Interlude> interludes() {
        return events.stream().flatMap(recorded -> Optional.ofNullable(switch (recorded.event()) {
            case Event.StepSkipped skipped -> new Interlude(recorded.at(), skipped.step(), skipped.text());
            case Event.RunPaused pause -> new Interlude(recorded.at(), "", pause.text());
            case Event.RunContinued on -> new Interlude(recorded.at(), "", "goes on: " + on.text());
            case Event.HookRan hook ->
                new Interlude(recorded.at(), hook.step() == null ? "" : hook.step(),
                        hook.text() + ", " + Words.duration(Duration.ofMillis(hook.millis())));
            default -> null;
        }).stream()).toList();
    }

    /** How long it took so far. */
    public Duration elapsed() {
        return began == null ? Duration.ZERO : Duration.between(began, ended == null ? lastAt : ended);
    }
}

package dev.kindling.engine.plan;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Tells of each step of a run whether it is still to be done, and why. Pure: the same definition, steps and facts give
 * the same plan.
 *
 * <p>
 * A step is done while what it is made of stays the same, whatever else changes in the definition. A disk is done when
 * the one that the definition names was written. What follows on the same machine from a step that is to be done is to
 * be done, too.
 */
public final class Planner {
    private final String definition;
    private final Facts facts;
    private final Function<String, Map<String, String>> inputsUnder;
    private final Map<String, Map<String, String>> known = new HashMap<>();
    private final Map<String, Boolean> sameText = new HashMap<>();

    /**
     * @param definition the wanted text
     * @param inputsUnder what each step was made of under an earlier definition, by its id: for records that do not say
     */
    public Planner(String definition, Facts facts, Function<String, Map<String, String>> inputsUnder) {
        this.definition = definition;
        this.facts = facts;
        this.inputsUnder = inputsUnder;
    }

    private enum Standing {
        DONE,
        NOT_DONE,
        /** Done once, from other inputs. */
        CHANGED
    }

    /**
     * The plan.
     *
     * @param steps of the whole run, each after those that it depends on
     */
    public Plan plan(Cluster cluster, List<Step> steps, List<String> notices) {
        var pending = new HashSet<String>();
        var machineOf = new HashMap<String, String>();
        var actions = new ArrayList<Plan.Action>(steps.size());
        int keptSettings = 0;
        int formedOtherwise = 0;
        for (Step step : steps) {
            Plan.Action action = step.action();
            String machine = action.machine();
            if (machine != null) {
                machineOf.put(step.id(), machine);
            }
            Standing standing = standing(step);
            boolean replaced = standing == Standing.DONE && machine != null && action.dependsOn().stream()
                    .anyMatch(before -> pending.contains(before) && machine.equals(machineOf.get(before)));
            boolean done = standing == Standing.DONE && !replaced;
            if (!done && !step.eachRun()) {
                pending.add(step.id());
            }
            if (done && action.disk() != null && facts.done().containsKey(step.id()) && !sameInputs(step)) {
                keptSettings++;
            }
            if (standing == Standing.CHANGED && machine != null && FORMING.stream().anyMatch(step.id()::startsWith)
                    && !pending.contains("install/" + machine)) {
                formedOtherwise++;
            }
            actions.add(with(action, done, replaced
                    ? "done once, before what it rests on changed"
                    : standing == Standing.CHANGED ? "done once, with other settings" : before(action)));
        }
        // a run that was broken off after its last step, or of a definition that was taken back, is still to end well
        boolean nothing = pending.isEmpty() && facts.settled();
        for (int i = 0; i < actions.size(); i++) {
            if (steps.get(i).eachRun()) {
                actions.set(i, with(actions.get(i), nothing, actions.get(i).before()));
            }
        }
        var labels = new ArrayList<>(notices);
        if (keptSettings > 0) {
            labels.add("the disks of " + machines(keptSettings)
                    + " keep the name, address and network settings that they were written with: the definition has"
                    + " others now, and no disk is written twice for that");
        }
        if (formedOtherwise > 0) {
            labels.add(machines(formedOtherwise) + " joined the cluster with other settings (version, addresses, VIP):"
                    + " a run looks at them again and does not change what runs on them; new settings reach a machine"
                    + " when its disk is written anew");
        }
        Map<String, Boolean> doneById = actions.stream()
                .collect(Collectors.toMap(Plan.Action::id, Plan.Action::done));
        SortedMap<String, String> restsOn = facts(cluster, actions);
        return new Plan(id(actions, restsOn), cluster, definition, actions, labels, leftovers(cluster), restsOn,
                Schedule.length(steps, Pace.of(cluster.limits()),
                        step -> Boolean.TRUE.equals(doneById.get(step.id())) ? 0 : 1));
    }

    /** The disk that was written before another one was named is not forgotten: it stays as it is. */
    private String before(Plan.Action action) {
        Plan.DiskTarget disk = action.disk();
        Facts.Disk old = disk == null ? null : facts.disks().get(Objects.requireNonNull(action.machine()));
        return disk == null || old == null || old.target().selector().equals(disk.selector())
                ? action.before()
                : action.before() + "; the disk with " + old.target().selector()
                        + (old.written() ? " keeps the system that was written to it" : " may be partly written");
    }

    private static final List<String> FORMING = List.of("form/", "join/");

    private static String machines(int number) {
        return number == 1 ? "1 machine" : number + " machines";
    }

    private static Plan.Action with(Plan.Action action, boolean done, String before) {
        return new Plan.Action(action.id(), action.title(), action.machine(), action.disk(), before, action.after(),
                action.destructive(), action.dependsOn(), done, action.estimate());
    }

    private Standing standing(Step step) {
        Plan.DiskTarget disk = step.action().disk();
        if (disk != null) {
            return facts.written(Objects.requireNonNull(step.action().machine()), disk)
                    ? Standing.DONE
                    : Standing.NOT_DONE;
        }
        if (!facts.done().containsKey(step.id())) {
            return Standing.NOT_DONE;
        }
        return sameInputs(step) ? Standing.DONE : Standing.CHANGED;
    }

    /** Whether a step that was done was made of what it is made of now. */
    public boolean sameInputs(Step step) {
        Facts.Done done = facts.done().get(step.id());
        if (done == null) {
            return false;
        }
        // many steps share one text, which may be long: each text is compared once
        if (sameText.computeIfAbsent(done.definition(), definition::equals)) {
            return true;
        }
        String before = done.inputs() != null
                ? done.inputs()
                : known.computeIfAbsent(done.definition(), inputsUnder).get(step.id());
        return before != null && before.equals(step.inputs());
    }

    /** What the plan rests on; compared with the facts of the moment when it is applied. */
    private SortedMap<String, String> facts(Cluster cluster, List<Plan.Action> actions) {
        var rests = new TreeMap<String, String>();
        if (facts.definition() != null) {
            rests.put(DEFINITION, Fingerprint.of(facts.definition()));
        }
        for (Plan.Action action : actions) {
            Facts.Done done = facts.done().get(action.id());
            if (done != null) {
                rests.put("step " + action.id(),
                        "done" + (done.inputs() == null ? "" : " with inputs " + done.inputs()));
            }
        }
        for (Machine machine : cluster.machines()) {
            Facts.Disk disk = facts.disks().get(machine.name());
            if (disk != null) {
                rests.put("order of the disk of " + machine.name(), disk.order() + " for the disk with "
                        + disk.target().selector() + (disk.written() ? ", carried out" : ", not carried out"));
            }
            Hardware hardware = facts.hardware().get(machine.name());
            if (hardware != null) {
                rests.put("hardware of " + machine.name(), summary(hardware));
                hardware.disks().stream().filter(found -> isSelected(machine.disk(), found)).findFirst()
                        .ifPresent(found -> rests.put(
                                "content of the disk of " + machine.name() + " with " + machine.disk(),
                                (found.content().isBlank() ? "not known" : found.content())
                                        + (found.inUseBy().isBlank() ? "" : "; in use: " + found.inUseBy())));
            }
        }
        return rests;
    }

    /** Key of the fact that is the fingerprint of the accepted definition. */
    public static final String DEFINITION = "accepted definition";

    private static boolean isSelected(Machine.DiskSelector selector, Hardware.Disk disk) {
        return selector.serial() != null
                ? disk.serial().equals(selector.serial())
                : disk.wwn().equalsIgnoreCase(selector.wwn());
    }

    /** What does not change from boot to boot: no names that the kernel gives, no link states. */
    private static String summary(Hardware hardware) {
        return String.format(Locale.ROOT, "%s %s, %d CPUs, %d MiB, %s; disks: %s; ports: %s", hardware.vendor(),
                hardware.product(), hardware.cpus(), hardware.memoryMib(), hardware.firmware(),
                hardware.disks().stream().map(disk -> disk.model() + " serial "
                        + (disk.serial().isEmpty() ? "none" : disk.serial()) + " " + disk.bytes() + " bytes").sorted()
                        .collect(Collectors.joining(", ")),
                hardware.nics().stream().map(Hardware.Nic::mac).sorted().collect(Collectors.joining(", ")));
    }

    /** Equal for equal plans. The accepted definition is left out: applying the plan is what changes it. */
    private String id(List<Plan.Action> actions, SortedMap<String, String> restsOn) {
        var texts = new ArrayList<@Nullable Object>();
        texts.add(definition);
        for (Plan.Action action : actions) {
            Collections.addAll(texts, action.id(), action.done(), action.before(), action.after(), action.disk());
        }
        restsOn.forEach((about, fact) -> {
            if (!about.equals(DEFINITION)) {
                Collections.addAll(texts, about, fact);
            }
        });
        return Fingerprint.of(texts);
    }

    /**
     * Why a plan no longer holds: each fact that is not what it was.
     *
     * @param then the plan as it was made
     * @param now the plan of the same definition, made of the facts of this moment
     */
    public List<Problem> changes(Plan then, Plan now) {
        var problems = new ArrayList<Problem>();
        var about = new TreeSet<>(then.facts().keySet());
        about.addAll(now.facts().keySet());
        for (String fact : about) {
            String was = then.facts().get(fact);
            String is = now.facts().get(fact);
            if (!Objects.equals(was, is)) {
                problems.add(changed(fact, fact.equals(DEFINITION)
                        ? definitionChange(was)
                        : "it was: " + (was == null ? UNKNOWN : was) + "; it is now: " + (is == null ? UNKNOWN : is)));
            }
        }
        int all = problems.size();
        if (all > MOST_CHANGES) {
            problems.subList(MOST_CHANGES, all).clear();
            problems.add(changed("plan " + then.id(), "and " + (all - MOST_CHANGES) + " facts more"));
        }
        if (problems.isEmpty() && !(then.id().equals(now.id()) && then.actions().equals(now.actions()))) {
            problems.add(changed("plan " + then.id(), otherAction(then, now)
                    .map(action -> "this version of Kindling plans otherwise, first of all: " + action)
                    .orElse("this version of Kindling gives the plan another id, " + now.id())));
        }
        return problems;
    }

    private static final int MOST_CHANGES = 20;
    private static final String UNKNOWN = "not recorded";

    private static Problem changed(String about, String message) {
        return Problem.error("plan-outdated", about, message, "the facts that the plan was made from",
                "make the plan again and look at it: kindling plan");
    }

    private static Optional<String> otherAction(Plan then, Plan now) {
        var thenActions = new HashSet<>(then.actions());
        var nowActions = new HashSet<>(now.actions());
        return Stream.concat(now.actions().stream().filter(action -> !thenActions.contains(action)),
                then.actions().stream().filter(action -> !nowActions.contains(action))).map(Plan.Action::title)
                .findFirst();
    }

    /** Where the definition that is accepted now first differs from the one that was accepted then. */
    private String definitionChange(@Nullable String fingerprintThen) {
        if (facts.definition() == null) {
            return "a definition was accepted then, and the cluster was removed since";
        }
        List<String> is = facts.definition().lines().toList();
        Optional<List<String>> was = facts.events().stream()
                .flatMap(recorded -> recorded.event() instanceof Event.Defined defined
                        ? Stream.of(defined.definition())
                        : Stream.empty())
                .filter(text -> Fingerprint.of(text).equals(fingerprintThen)).findFirst()
                .map(text -> text.lines().toList());
        if (was.isEmpty()) {
            return "another definition was accepted since, " + is.size() + " lines";
        }
        for (int line = 0; line < Math.max(is.size(), was.get().size()); line++) {
            String before = line < was.get().size() ? was.get().get(line).strip() : "nothing";
            String after = line < is.size() ? is.get(line).strip() : "nothing";
            if (!before.equals(after)) {
                return "another definition was accepted since; line " + (line + 1) + " was: " + before
                        + "; it is now: " + after;
            }
        }
        return "another definition was accepted since; it differs in blanks only";
    }

    private List<Plan.Leftover> leftovers(Cluster cluster) {
        Set<String> gone = new LinkedHashSet<>(facts.disks().keySet());
        gone.addAll(facts.hardware().keySet());
        facts.done().values().forEach(done -> {
            if (done.machine() != null) {
                gone.add(done.machine());
            }
        });
        cluster.machines().forEach(machine -> gone.remove(machine.name()));
        return gone.stream().sorted().map(this::leftover).toList();
    }

    private Plan.Leftover leftover(String machine) {
        Facts.Disk disk = facts.disks().get(machine);
        boolean joined = facts.done().containsKey("join/" + machine) || facts.done().containsKey("form/" + machine);
        String before = disk == null
                ? "seen, but no disk of it was written"
                : (disk.written()
                        ? "Kindling's system is on its disk with "
                        : "its disk may be partly written, the one with ") + disk.target().selector()
                        + (joined ? "; it is a node of the cluster" : "");
        return new Plan.Leftover(machine, disk == null ? null : disk.target(), before,
                "nothing is done to it: its disk stays as it is, and it is answered no more when it boots from the"
                        + " network" + (joined ? "; while it runs, its node stays in the cluster" : ""),
                joined
                        ? "kubectl drain " + machine + " and kubectl delete node " + machine
                                + " take the node out; kindling down removes what was made on this computer for the"
                                + " whole cluster; neither wipes its disk"
                        : "nothing needs to be done");
    }
}

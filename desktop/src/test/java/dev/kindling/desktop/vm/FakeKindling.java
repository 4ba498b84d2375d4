package dev.kindling.desktop.vm;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.ClusterStatus.MachineStatus;
import dev.kindling.engine.api.ClusterStatus.State;
import dev.kindling.engine.api.ClusterStatus.UnknownMachine;
import dev.kindling.engine.api.Condition;
import dev.kindling.engine.api.ConnectionFailed;
import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Draft.DraftMachine;
import dev.kindling.engine.api.Edit;
import dev.kindling.engine.api.Edited;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.RunResult;
import dev.kindling.engine.api.Template;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.model.AddressRange;
import dev.kindling.engine.model.Addressing;
import dev.kindling.engine.model.BootSettings;
import dev.kindling.engine.model.Cidr;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Distribution;
import dev.kindling.engine.model.HandOff;
import dev.kindling.engine.model.MacAddress;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.Network;
import dev.kindling.engine.model.NodePool;
import dev.kindling.engine.model.Role;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An engine in memory. Tests say what happens to its machines; it knows just enough rules to have problems to show. It
 * reads only definitions that it has composed itself.
 */
public final class FakeKindling implements Kindling {
    public static final String STAND_IN = "STAND-IN CONTROL PLANE: K3s cannot be had here; "
            + "a small program answers in its place.";
    public static final String SIMULATED = "SIMULATED: demo machines are programs that speak the boot protocols.";

    private final Clock clock;
    private final Map<String, Draft> drafts = new HashMap<>();
    private final Map<String, Run> clusters = new TreeMap<>();
    private final List<String> cancelled = new ArrayList<>();
    private @Nullable Problem refusal;
    private int validations;
    private boolean outOfReach;

    public FakeKindling(Clock clock) {
        this.clock = clock;
    }

    /** What became of an applied plan. */
    private static final class Run {
        final Validation definition;
        final Plan plan;
        final Instant startedAt;
        final Map<String, MachineStatus> machines = new LinkedHashMap<>();
        final List<Event.Recorded> events = new ArrayList<>();
        final List<UnknownMachine> unknown = new ArrayList<>();
        final List<Consumer<Event.Recorded>> listeners = new ArrayList<>();
        final Map<Condition.Type, Condition> conditions = new TreeMap<>();
        final Set<String> done = new HashSet<>();
        final Set<String> active = new HashSet<>();
        State state = State.PROGRESSING;
        String reason = "the run goes on";
        @Nullable
        Instant endedAt;

        Run(Validation definition, Plan plan, Instant startedAt) {
            this.definition = definition;
            this.plan = plan;
            this.startedAt = startedAt;
        }
    }

    // --- what tests say ---

    /** Like a server that is gone, or that came back. */
    public synchronized void outOfReach(boolean gone) {
        outOfReach = gone;
    }

    /** Something happens in a cluster. */
    public synchronized void happens(String cluster, Event event) {
        Run run = run(cluster);
        Instant now = clock.instant();
        switch (event) {
            case Event.MachineObserved seen -> run.machines.computeIfPresent(seen.machine(),
                    (_, old) -> new MachineStatus(old.name(), old.mac(), old.role(), old.kind(), old.address(),
                            seen.stage(), seen.stage() == old.stage() ? old.stageSince() : now, seen.text(), now,
                            null, seen.fraction(), old.hardware()));
            case Event.MachineStuck stuck -> run.machines.computeIfPresent(stuck.machine(),
                    (_, old) -> new MachineStatus(old.name(), old.mac(), old.role(), old.kind(), old.address(),
                            old.stage(), old.stageSince(), old.evidence(), old.evidenceAt(), stuck.reason(),
                            old.progress(), old.hardware()));
            case Event.InventoryReceived told -> run.machines.computeIfPresent(told.machine(),
                    (_, old) -> new MachineStatus(old.name(), old.mac(), old.role(), old.kind(), old.address(),
                            old.stage(), old.stageSince(), told.text(), now, old.stuck(), old.progress(),
                            told.hardware()));
            case Event.UnknownMachineSeen unknown -> run.unknown.add(
                    new UnknownMachine(new MacAddress(unknown.mac()), unknown.firmware(), now, now, 1));
            case Event.StepStarted step -> run.active.add(step.step());
            case Event.StepDone step -> {
                run.active.remove(step.step());
                run.done.add(step.step());
            }
            case Event.ConditionChanged changed -> run.conditions.put(changed.condition().type(), changed.condition());
            case Event.RunEnded ended -> {
                run.endedAt = now;
                run.active.clear();
                run.reason = ended.text();
                run.state = switch (ended.outcome()) {
                    case DONE -> State.READY;
                    case FAILED, CANCELLED -> State.FAILED;
                };
            }
            default -> {
            }
        }
        Event.Recorded recorded = new Event.Recorded(run.events.size() + 1L, now, cluster, "run-1", event);
        run.events.add(recorded);
        run.listeners.forEach(listener -> listener.accept(recorded));
    }

    /** A machine shows evidence. */
    public void observed(String cluster, String machine, BootStage stage, double fraction, String text) {
        happens(cluster, new Event.MachineObserved(machine, stage, fraction, text));
    }

    /** The next run does not start. */
    public synchronized void refuseWith(Problem problem) {
        refusal = problem;
    }

    /** The runs that were asked to stop. */
    public synchronized List<String> cancelled() {
        return List.copyOf(cancelled);
    }

    /** How often a definition was validated. */
    public synchronized int validations() {
        return validations;
    }

    /** How many listeners follow a cluster. */
    public synchronized int followers(String cluster) {
        return run(cluster).listeners.size();
    }

    /** A server as they are sold. */
    public static Hardware server(String serial) {
        return new Hardware("Supermicro", "SYS-510T", "7d3c", "Intel Xeon E-2388G", 16, 65_536, "uefi", true, "2.0",
                List.of(new Hardware.Disk("nvme0n1", "Samsung PM9A3", serial, "eui.0025388b1", 1_920_383_410_176L,
                        "nvme", false, false, "", "empty"),
                        new Hardware.Disk("sda", "Seagate Exos 7E8", "ZA1B2C3D", "", 4_000_787_030_016L, "sata", true,
                                false, "member of md0", "RAID member"),
                        new Hardware.Disk("sdb", "SanDisk Ultra", "4C5300", "", 30_752_636_928L, "usb", false, true,
                                "", "ISO 9660")),
                List.of(new Hardware.Nic("eno1", "3c:ec:ef:00:00:11", true, 10_000, "ixgbe"),
                        new Hardware.Nic("eno2", "3c:ec:ef:00:00:12", false, 0, "ixgbe")));
    }

    private Run run(String cluster) {
        Run run = clusters.get(cluster);
        if (run == null) {
            throw new IllegalArgumentException("no run of " + cluster);
        }
        return run;
    }

    // --- the facade ---

    @Override
    public synchronized Validation validate(String source, String text) {
        validations++;
        Draft draft = drafts.get(text);
        if (draft == null) {
            return new Validation(source, text, null, List.of(Problem.error("syntax", "", "this is no definition",
                    "a definition", "compose one")));
        }
        List<Problem> problems = new ArrayList<>();
        if (!draft.name().matches("[a-z][a-z0-9-]{0,39}")) {
            problems.add(Problem.error("name-invalid", "metadata.name", "'" + draft.name() + "' is no DNS label",
                    "lower-case letters, digits and dashes", "choose a name such as demo"));
        }
        if (!draft.distribution().equals("k3s")) {
            problems.add(Problem.error("distribution-not-yet", "spec.distribution.kind",
                    draft.distribution() + " cannot be installed yet", "k3s", "choose k3s"));
        }
        Cidr cidr = null;
        try {
            cidr = Cidr.parse(draft.cidr());
        } catch (IllegalArgumentException e) {
            problems.add(Problem.error("cidr-invalid", "spec.networks[0].cidr", String.valueOf(e.getMessage()),
                    "a network such as 10.77.0.0/24", "mend the network"));
        }
        Set<String> macs = new HashSet<>();
        Map<String, Integer> pools = new LinkedHashMap<>();
        Map<String, Integer> inPool = new HashMap<>();
        for (DraftMachine machine : draft.machines()) {
            String key = machine.role() + " " + machine.kind();
            int pool = pools.computeIfAbsent(key, _ -> pools.size());
            int index = inPool.merge(key, 1, Integer::sum) - 1;
            String path = "spec.nodePools[" + pool + "].machines[" + index + "].";
            checkMachine(machine, path, macs, cidr, problems);
        }
        if (draft.machines().stream().noneMatch(machine -> machine.role().equals("control-plane"))) {
            problems.add(Problem.error("control-plane-missing", "spec.nodePools", "there is no control plane",
                    "at least one machine with the role control-plane", "give one machine that role"));
        }
        return new Validation(source, text, problems.isEmpty() ? cluster(draft) : null, problems);
    }

    private static void checkMachine(DraftMachine machine, String path, Set<String> macs, @Nullable Cidr cidr,
            List<Problem> problems) {
        try {
            if (!macs.add(new MacAddress(machine.mac()).value())) {
                problems.add(Problem.error("mac-duplicate", path + "mac", machine.mac() + " is used twice",
                        "one MAC address per machine", "read it from the machine's label"));
            }
        } catch (IllegalArgumentException e) {
            problems.add(Problem.error("mac-invalid", path + "mac", "'" + machine.mac() + "' is no MAC address",
                    "six pairs of hexadecimal digits", "read it from the machine's label"));
        }
        try {
            if (cidr != null && !cidr.contains(InetAddress.ofLiteral(machine.address()))) {
                problems.add(Problem.error("address-outside", path + "address",
                        machine.address() + " is outside " + cidr, "an address in " + cidr, "choose another one"));
            }
        } catch (IllegalArgumentException e) {
            problems.add(Problem.error("address-invalid", path + "address",
                    "'" + machine.address() + "' is no address", "an address such as 10.77.0.11", "type one"));
        }
        if (machine.diskSerial().isEmpty()) {
            problems.add(Problem.error("disk-missing", path + "disk.serial", "no disk is named",
                    "the serial of the disk to write", "read it from the disk's label"));
        }
    }

    private static Cluster cluster(Draft draft) {
        Map<String, Integer> counts = new HashMap<>();
        List<Machine> machines = new ArrayList<>();
        for (DraftMachine machine : draft.machines()) {
            Role role = Role.valueOf(machine.role().toUpperCase(Locale.ROOT).replace('-', '_'));
            int number = counts.merge(machine.role(), 1, Integer::sum);
            String name = machine.name().isEmpty()
                    ? draft.name() + (role == Role.CONTROL_PLANE ? "-cp-" : "-wk-") + number
                    : machine.name();
            Machine.Kind kind = Machine.Kind.valueOf(machine.kind().toUpperCase(Locale.ROOT));
            machines.add(new Machine(name, machine.role(), role, kind, new MacAddress(machine.mac()), null,
                    InetAddress.ofLiteral(machine.address()), new Machine.DiskSelector(machine.diskSerial(), null),
                    kind == Machine.Kind.MANUAL
                            ? null
                            : new Machine.VirtualHardware(
                                    Machine.FirmwareKind.valueOf(machine.firmware().toUpperCase(Locale.ROOT)), 2, 2048,
                                    8)));
        }
        List<NodePool> pools = counts.entrySet().stream()
                .map(entry -> new NodePool(entry.getKey(),
                        Role.valueOf(entry.getKey().toUpperCase(Locale.ROOT).replace('-', '_')), entry.getValue(),
                        new NodePool.Sizing(2, 2048, 8), null,
                        new NodePool.Placement(NodePool.AntiAffinity.NONE, List.of(), List.of()), false, List.of(),
                        Map.of()))
                .toList();
        Network network = new Network("provisioning", Cidr.parse(draft.cidr()), null, address(draft.gateway()),
                List.of(), null, address(draft.bootServer()),
                draft.pool().isEmpty() ? null : AddressRange.parse(draft.pool()), false,
                Network.Attachment.SINGLE_PORT);
        return new Cluster(draft.name(), new Distribution(Distribution.Kind.K3S, draft.version(), Map.of()),
                new BootSettings(BootSettings.Method.PXE,
                        draft.dhcp().equals("proxy") ? BootSettings.Dhcp.PROXY : BootSettings.Dhcp.SERVER, ""),
                List.of(network), pools, machines,
                new Addressing(address(draft.vip()), null, Cidr.parse("10.42.0.0/16"), Cidr.parse("10.43.0.0/16")),
                new HandOff("main", null, List.of()), Map.of());
    }

    private static @Nullable InetAddress address(String literal) {
        return literal.isEmpty() ? null : InetAddress.ofLiteral(literal);
    }

    @Override
    public synchronized String compose(Draft draft) {
        StringBuilder text = new StringBuilder("apiVersion: kindling.dev/v1\nkind: Cluster\nmetadata:\n  name: ")
                .append(draft.name()).append("\nspec:\n  distribution:\n    kind: ").append(draft.distribution())
                .append("\n    version: ").append(draft.version()).append("\n  boot:\n    method: pxe\n    dhcp: ")
                .append(draft.dhcp()).append("\n  networks:\n    - name: provisioning\n      cidr: ")
                .append(draft.cidr()).append("\n      bootServer: ").append(draft.bootServer())
                .append("\n      pool: ").append(draft.pool()).append("\n      gateway: ").append(draft.gateway())
                .append("\n      dns: [").append(draft.dns()).append("]\n  addressing:\n    vip: ")
                .append(draft.vip()).append("\n  nodePools:\n");
        Map<String, List<DraftMachine>> pools = new LinkedHashMap<>();
        draft.machines().forEach(machine -> pools.computeIfAbsent(machine.role(), _ -> new ArrayList<>()).add(machine));
        pools.forEach((role, machines) -> {
            text.append("    - name: ").append(role).append("\n      role: ").append(role)
                    .append("\n      machines:\n");
            for (DraftMachine machine : machines) {
                text.append("        - mac: ").append(machine.mac()).append("\n          name: ")
                        .append(machine.name()).append("\n          kind: ").append(machine.kind())
                        .append("\n          address: ").append(machine.address())
                        .append("\n          disk:\n            serial: ").append(machine.diskSerial())
                        .append("\n          firmware: ").append(machine.firmware()).append('\n');
            }
        });
        drafts.put(text.toString(), draft);
        return text.toString();
    }

    @Override
    public Edited edit(String source, String text, List<Edit> edits) {
        throw new UnsupportedOperationException("no screen edits a text");
    }

    @Override
    public List<Template> templates() {
        return List.of();
    }

    @Override
    public Validation render(String template, Map<String, String> parameters) {
        return new Validation("template " + template, "", null,
                List.of(Problem.error("template-unknown", template, "this test has no templates", "", "")));
    }

    @Override
    public Validation importFrom(String source, String text, Map<String, String> more) {
        return validate(source, text);
    }

    @Override
    public List<Template.Test> testTemplate(String template) {
        return List.of();
    }

    @Override
    public Draft defaults() {
        return draft("", "manual");
    }

    private static Draft draft(String name, String kind) {
        boolean real = kind.equals("manual");
        return new Draft(name, "k3s", "v1.34.2+k3s1", "server", "10.77.0.0/24", "10.77.0.1",
                "10.77.0.100-10.77.0.199", "", "", "",
                List.of(new DraftMachine("", "control-plane", kind, "52:54:00:4b:4c:01", "10.77.0.11",
                        real ? "S6S2NS0T1" : "KDL-DEMO-CP-1", "uefi"),
                        new DraftMachine("", "worker", kind, "52:54:00:4b:4c:02", "10.77.0.21",
                                real ? "S6S2NS0T2" : "KDL-DEMO-WK-1", "uefi"),
                        new DraftMachine("", "worker", kind, "52:54:00:4b:4c:03", "10.77.0.22",
                                real ? "S6S2NS0T3" : "KDL-DEMO-WK-2", "bios")));
    }

    @Override
    public String demo(boolean simulated, int nodes) {
        return compose(draft("demo", simulated ? "simulated" : "virtual"));
    }

    @Override
    public Plan plan(Validation validation) {
        Cluster cluster = Kindling.modelOf(validation);
        List<Plan.Action> actions = new ArrayList<>();
        actions.add(action("boot-service", "Serve DHCP, TFTP and HTTP", null, null, "not running", "serving", false,
                List.of(), 5));
        List<String> notices = new ArrayList<>();
        notices.add(STAND_IN);
        for (Machine machine : cluster.machines()) {
            String name = machine.name();
            if (machine.kind() == Machine.Kind.SIMULATED && notices.size() == 1) {
                notices.add(SIMULATED);
            }
            boolean real = machine.kind() == Machine.Kind.MANUAL;
            actions.add(action("boot/" + name, "Boot the stage on " + name, name, null, "off", "stage running", false,
                    List.of("boot-service"), 60));
            actions.add(action("install/" + name, "Install " + name, name,
                    new Plan.DiskTarget(machine.disk().toString(),
                            real ? "unknown until the machine is seen" : "virtual disk", real ? 0 : 8_589_934_592L),
                    real ? "unknown content" : "empty", "Kindling system", true, List.of("boot/" + name), 90));
            actions.add(action("join/" + name, machine.role() == Role.CONTROL_PLANE
                    ? "Form the cluster on " + name
                    : "Join " + name, name, null, "no node", "node Ready", false,
                    List.of("install/" + name), 45));
        }
        actions.add(
                action("hand-off", "Commit the GitOps tree", null, null, "empty", "committed", false, List.of(), 2));
        return new Plan("plan-" + Integer.toHexString(validation.text().hashCode()), cluster, validation.text(),
                actions, notices);
    }

    private static Plan.Action action(String id, String title, @Nullable String machine,
            Plan.@Nullable DiskTarget disk, String before, String after, boolean destructive, List<String> dependsOn,
            int seconds) {
        return new Plan.Action(id, title, machine, disk, before, after, destructive, dependsOn, false,
                Duration.ofSeconds(seconds));
    }

    @Override
    public synchronized Started apply(Plan plan, ApplyOptions options) {
        if (refusal != null) {
            Problem why = refusal;
            refusal = null;
            return new Started(Optional.empty(), List.of(why));
        }
        String name = plan.cluster().name();
        Instant now = clock.instant();
        Run run = new Run(validate(name + ".yaml", plan.definition()), plan, now);
        for (Condition.Type type : Condition.Type.values()) {
            run.conditions.put(type, new Condition(type, Condition.Status.UNKNOWN, "NotObserved",
                    "nothing was seen yet", now));
        }
        for (Machine machine : plan.cluster().machines()) {
            run.machines.put(machine.name(), new MachineStatus(machine.name(), machine.mac(), machine.role(),
                    machine.kind(), machine.address().getHostAddress(), BootStage.WAITING, now, "", now, null, -1,
                    null));
        }
        clusters.put(name, run);
        happens(name, new Event.RunStarted(plan.id(), plan.actions().size(), false, plan.notices(),
                "run started, " + plan.actions().size() + " steps"));
        return new Started(Optional.of("run-1"), List.of());
    }

    @Override
    public RunResult await(String run) {
        throw new UnsupportedOperationException("a user interface follows events");
    }

    @Override
    public void pause(String run) {
        throw new UnsupportedOperationException("no run of this fake pauses");
    }

    @Override
    public void resume(String run) {
        throw new UnsupportedOperationException("no run of this fake pauses");
    }

    @Override
    public java.util.Optional<java.nio.file.Path> bundle(String cluster, java.nio.file.Path file) {
        return java.util.Optional.empty();
    }

    @Override
    public synchronized void cancel(String run) {
        cancelled.add(run);
    }

    @Override
    public synchronized List<ClusterStatus> clusters() {
        return clusters.keySet().stream().map(name -> status(name).orElseThrow()).toList();
    }

    @Override
    public synchronized Optional<ClusterStatus> status(String cluster) {
        if (outOfReach) {
            throw new ConnectionFailed(Problem.error("server-gone", "http://rack7", "http://rack7 does not answer", "",
                    ""));
        }
        Run run = clusters.get(cluster);
        return run == null
                ? Optional.empty()
                : Optional.of(new ClusterStatus(cluster, run.state, run.reason, run.startedAt,
                        List.copyOf(run.conditions.values()), "run-1", run.startedAt, run.endedAt, run.done.size(),
                        run.plan.actions().size(), run.active.stream().sorted().toList(),
                        List.copyOf(run.machines.values()), run.unknown, run.plan.notices(), run.events.size()));
    }

    @Override
    public synchronized Optional<Validation> definition(String cluster) {
        return Optional.ofNullable(clusters.get(cluster)).map(run -> run.definition);
    }

    @Override
    public synchronized List<Event.Recorded> history(String cluster, long afterSeq) {
        return run(cluster).events.stream().filter(event -> event.seq() > afterSeq).toList();
    }

    @Override
    public synchronized Subscription events(String cluster, long afterSeq, Consumer<Event.Recorded> listener) {
        Run run = run(cluster);
        history(cluster, afterSeq).forEach(listener);
        run.listeners.add(listener);
        return () -> {
            synchronized (this) {
                run.listeners.remove(listener);
            }
        };
    }

    @Override
    public Hardware hardware() {
        return server("S6S2NS0T9");
    }

    @Override
    public synchronized Optional<Report> report(String cluster) {
        return Optional.ofNullable(clusters.get(cluster)).map(run -> new Report("# Report of " + cluster + "\n\n"
                + run.events.size() + " events.\n", "<html></html>", "{}",
                List.of(Path.of("report.md"),
                        Path.of("report.html"))));
    }

    @Override
    public RunResult down(String cluster) {
        throw new UnsupportedOperationException("not asked of by the desktop");
    }

    @Override
    public Audit audit(String cluster) {
        throw new UnsupportedOperationException("tested with the real engine");
    }

    @Override
    public void backup(Path file) {
        throw new UnsupportedOperationException("tested with the real engine");
    }

    @Override
    public void exportJournal(String cluster, Path file) {
        throw new UnsupportedOperationException("tested with the real engine");
    }

    @Override
    public List<Problem> importJournal(Path file) {
        throw new UnsupportedOperationException("tested with the real engine");
    }

    @Override
    public String export(Plan plan) {
        return dev.kindling.engine.plan.PlanFile.write(plan);
    }

    @Override
    public Imported importPlan(String source, String text) {
        return dev.kindling.engine.plan.PlanFile.read(source, text, definition -> validate(source, definition));
    }

    @Override
    public String picture(Plan plan, Plan.Picture form) {
        return dev.kindling.engine.report.PlanPictures.render(plan, form);
    }

    @Override
    public Rehearsal rehearse(Plan plan, RehearsalOptions options, Consumer<Event.Recorded> listener) {
        throw new UnsupportedOperationException("no test rehearses with this engine");
    }

    @Override
    public Path workspace() {
        return Path.of(".kindling");
    }

    @Override
    public synchronized void close() {
        clusters.values().forEach(run -> run.listeners.clear());
    }
}

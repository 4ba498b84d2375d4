package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.definition.Definitions;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.plan.Facts;
import dev.kindling.engine.plan.Step;
import dev.kindling.engine.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is to be done again when a definition changes, on real machines that were all installed. */
class PlanTest {
    private static final Instant AT = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    Path temporary;

    private Store store;
    private Wiring wiring;
    private final List<Event.Recorded> journal = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        store = Store.open(temporary, Clock.systemUTC());
        wiring = new Wiring(new Workspace(temporary, Map.of()), store, World.real());
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static String definition(int machines) {
        var text = new StringBuilder("""
                apiVersion: kindling.dev/v1
                kind: Cluster
                metadata: {name: lab}
                spec:
                  distribution: {name: k3s, version: v1.34.2+k3s1}
                  networks:
                    - {name: net, cidr: 10.20.0.0/16, gateway: 10.20.0.1, bootServer: 10.20.0.2}
                  addressing: {vip: 10.20.0.9}
                  handOff: {apps: [cert-manager]}
                  nodePools:
                    - name: cp
                      role: control-plane
                      machines: [{mac: "02:00:00:00:ff:01", disk: {serial: CP-1}}]
                    - name: workers
                      role: worker
                      minimum: {cpus: 4, memory: 8Gi, disk: 100Gi}
                      machines:
                """);
        for (int i = 1; i < machines; i++) {
            text.append("        - {mac: \"02:00:00:01:%02x:%02x\", disk: {serial: WK-%d}}\n".formatted(i >> 8, i & 255,
                    i));
        }
        return text.toString();
    }

    private static Cluster read(String text) {
        var validation = Definitions.read("test", text);
        assertThat(validation.problems()).isEmpty();
        return Kindling.modelOf(validation);
    }

    private void record(Event event) {
        journal.add(new Event.Recorded(journal.size() + 1L, AT, "lab", "run-1", event));
    }

    /** As if a run of this definition had done everything. */
    private void everythingWasDone(String text, boolean recordsInputs) {
        Cluster cluster = read(text);
        record(new Event.Defined(text, "accepted"));
        record(new Event.RunStarted("p", 1, false, List.of(), "run"));
        for (Machine machine : cluster.machines()) {
            var disk = new Plan.DiskTarget(machine.disk().toString(), "ACME 1T", 1L << 40);
            record(new Event.InventoryReceived(machine.name(), hardware(machine, "empty"), "told"));
            record(new Event.DiskWriteOrdered(machine.name(), "order-" + machine.name(), disk, "ordered"));
            record(new Event.DiskWritten(machine.name(), "order-" + machine.name(), "written"));
        }
        for (Step step : wiring.steps(cluster, Facts.of(journal))) {
            record(new Event.StepDone(step.id(), step.action().machine(), false, "done",
                    recordsInputs ? step.inputs() : null));
        }
        record(new Event.RunEnded(Event.Outcome.DONE, "done"));
    }

    private static Hardware hardware(Machine machine, String content) {
        return new Hardware("Acme", "Server", "", "CPU", 16, 65_536, "uefi", null, "", List.of(
                new Hardware.Disk("sda", "ACME 1T", String.valueOf(machine.disk().serial()), "", 1L << 40, "sata",
                        false, false, "", content)),
                List.of());
    }

    private Plan plan(String text) {
        return wiring.plan(read(text), text, Facts.of(journal));
    }

    private static Set<String> pending(Plan plan) {
        return plan.actions().stream().filter(action -> !action.done()).map(Plan.Action::id)
                .collect(Collectors.toSet());
    }

    @Test
    void aFirstPlanIsAllWorkAndTheSameBytesEachTime() {
        Plan plan = plan(definition(3));
        assertThat(plan.pending()).isEqualTo(plan.actions().size());
        assertThat(plan.destructive()).isEqualTo(3);
        assertThat(plan.facts()).isEmpty();
        assertThat(plan.estimate()).isPositive();
        assertThat(plan(definition(3))).isEqualTo(plan);
        assertThat(plan.actions()).filteredOn(Plan.Action::destructive)
                .allSatisfy(action -> assertThat(action.diskTarget().orElseThrow().model())
                        .isEqualTo("unknown until the machine is seen"));
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void acommentPlansNothingWhetherInputsWereRecordedOrNot(boolean recordsInputs) {
        everythingWasDone(definition(3), recordsInputs);
        assertThat(plan(definition(3)).pending()).isZero();
        String commented = "# a word\n" + definition(3).replace("role: worker", "role: worker # ours");
        assertThat(plan(commented).pending()).isZero();
        assertThat(plan(commented).leftovers()).isEmpty();
    }

    @Test
    void whatWasBegunAndTakenBackIsStillToEndWell() {
        everythingWasDone(definition(3), true);
        record(new Event.Defined(definition(4), "accepted"));
        record(new Event.RunStarted("p", 1, true, List.of(), "run"));
        record(new Event.RunEnded(Event.Outcome.CANCELLED, "stopped"));
        assertThat(pending(plan(definition(3)))).containsExactlyInAnyOrder("prepare/boot-files", "serve/boot");
        record(new Event.RunEnded(Event.Outcome.DONE, "done"));
        assertThat(plan(definition(3)).pending()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void oneNodeMoreInAClusterOf500IsWorkForOneNode(boolean recordsInputs) {
        everythingWasDone(definition(500), recordsInputs);
        Plan plan = plan(definition(501));
        assertThat(pending(plan)).containsExactlyInAnyOrder("prepare/boot-files", "serve/boot", "power/lab-wk-500",
                "discover/lab-wk-500", "install/lab-wk-500", "boot/lab-wk-500", "join/lab-wk-500", "nodes/ready",
                "handoff/gitops");
        assertThat(plan.destructive()).isEqualTo(1);
    }

    @Test
    void anotherVipIsWorkForWhatDependsOnIt() {
        everythingWasDone(definition(3), true);
        Plan plan = plan(definition(3).replace("vip: 10.20.0.9", "vip: 10.20.0.8"));
        assertThat(pending(plan)).contains("form/lab-cp-1", "join/lab-wk-1", "secrets/kubeconfig", "handoff/gitops")
                .doesNotContain("install/lab-cp-1", "boot/lab-cp-1", "power/lab-wk-1");
        assertThat(plan.destructive()).isZero();
        assertThat(plan.notices()).anySatisfy(notice -> assertThat(notice).contains("3 machines joined the cluster"
                + " with other settings"));
        assertThat(plan.actions()).filteredOn(action -> action.id().equals("form/lab-cp-1"))
                .singleElement().satisfies(action -> assertThat(action.before()).contains("done once"));
    }

    @Test
    void anotherAppIsWorkForTheHandOffOnly() {
        everythingWasDone(definition(3), true);
        assertThat(pending(plan(definition(3).replace("cert-manager", "metallb"))))
                .containsExactlyInAnyOrder("prepare/boot-files", "serve/boot", "handoff/gitops");
    }

    @Test
    void anotherDiskIsWrittenAndTheOldOneIsNotForgotten() {
        everythingWasDone(definition(3), true);
        Plan plan = plan(definition(3).replace("serial: WK-2", "serial: NEW-2"));
        assertThat(plan.destructive()).isEqualTo(1);
        assertThat(pending(plan)).contains("install/lab-wk-2", "boot/lab-wk-2", "join/lab-wk-2", "nodes/ready")
                .doesNotContain("install/lab-wk-1", "join/lab-wk-1");
        assertThat(plan.actions()).filteredOn(action -> action.id().equals("install/lab-wk-2")).singleElement()
                .satisfies(action -> {
                    assertThat(action.destructive()).isTrue();
                    assertThat(action.diskTarget().orElseThrow().selector()).isEqualTo("serial NEW-2");
                    assertThat(action.before()).contains("the disk with serial WK-2 keeps the system");
                });
    }

    @Test
    void thePrimersNewDiskIsWorkForTheWholeCluster() {
        everythingWasDone(definition(3), true);
        Plan plan = plan(definition(3).replace("serial: CP-1", "serial: NEW-1"));
        assertThat(pending(plan)).contains("install/lab-cp-1", "form/lab-cp-1", "join/lab-wk-1", "join/lab-wk-2")
                .doesNotContain("install/lab-wk-1");
        assertThat(plan.destructive()).isEqualTo(1);
    }

    @Test
    void anotherGatewayWritesNoDiskAndSaysSo() {
        everythingWasDone(definition(3), true);
        Plan plan = plan(definition(3).replace("gateway: 10.20.0.1", "gateway: 10.20.0.3"));
        assertThat(plan.destructive()).isZero();
        assertThat(plan.notices()).anySatisfy(notice -> assertThat(notice).contains("the disks of 3 machines keep"));
    }

    @Test
    void aMachineThatLeftTheDefinitionIsShownWithWhatBecomesOfIt() {
        everythingWasDone(definition(4), true);
        Plan plan = plan(definition(3));
        assertThat(plan.leftovers()).singleElement().satisfies(left -> {
            assertThat(left.machine()).isEqualTo("lab-wk-3");
            assertThat(left.disk()).isNotNull();
            assertThat(left.before()).contains("serial WK-3").contains("a node of the cluster");
            assertThat(left.after()).contains("nothing is done to it");
            assertThat(left.remedy()).contains("kubectl delete node lab-wk-3").contains("kindling down");
        });
        assertThat(plan.destructive()).isZero();
    }

    @Test
    void aStepThatWasBegunAnewIsNotDone() {
        everythingWasDone(definition(2), true);
        record(new Event.StepStarted("join/lab-wk-1", "lab-wk-1", 1, "again"));
        assertThat(pending(plan(definition(2)))).contains("join/lab-wk-1").doesNotContain("boot/lab-wk-1");
    }

    @Test
    void afterTheClusterWasRemovedEverythingIsToBeDone() {
        everythingWasDone(definition(2), true);
        record(new Event.Removed("gone"));
        Plan plan = plan(definition(2));
        assertThat(plan.pending()).isEqualTo(plan.actions().size());
        assertThat(plan.leftovers()).isEmpty();
    }

    @Test
    void everyFactThatChangedIsNamedWithWhatItWasAndIs() {
        String text = definition(3);
        everythingWasDone(definition(3).replace("vip: 10.20.0.9", "vip: 10.20.0.7"), true);
        Plan then = plan(text);
        assertThat(wiring.changes(then, plan(text), Facts.of(journal))).isEmpty();

        Machine machine = then.cluster().machines().get(1);
        record(new Event.InventoryReceived(machine.name(), hardware(machine, "GPT, 2 partitions"), "told"));
        record(new Event.StepStarted("join/lab-wk-2", "lab-wk-2", 1, "again"));
        record(new Event.Defined(definition(3).replace("vip: 10.20.0.9", "vip: 10.20.0.6"), "accepted"));
        Machine grown = then.cluster().machines().getFirst();
        Hardware before = hardware(grown, "empty");
        record(new Event.InventoryReceived(grown.name(), new Hardware(before.vendor(), before.product(), "",
                before.cpuModel(), 8, before.memoryMib(), before.firmware(), null, "", before.disks(), before.nics()),
                "told"));
        List<Problem> changes = wiring.changes(then, plan(text), Facts.of(journal));
        assertThat(changes).allSatisfy(problem -> assertThat(problem.code()).isEqualTo("plan-outdated"));
        assertThat(changes).extracting(problem -> problem.path() + ": " + problem.message())
                .satisfiesExactlyInAnyOrder(
                        change -> assertThat(change).contains("accepted definition").contains("vip: 10.20.0.7")
                                .contains("vip: 10.20.0.6").contains("line 8"),
                        change -> assertThat(change).contains("content of the disk of lab-wk-1")
                                .contains("it was: empty").contains("it is now: GPT, 2 partitions"),
                        change -> assertThat(change).contains("step join/lab-wk-2").contains("it was: done")
                                .contains("it is now: not recorded"),
                        change -> assertThat(change).contains("hardware of lab-cp-1").contains("16 CPUs")
                                .contains("8 CPUs"));
    }

    @Test
    void aRealMachineThatRunsIsNotWaitedForAgain() throws Exception {
        everythingWasDone(definition(2), true);
        String text = definition(3);
        Facts facts = Facts.of(journal);
        Cluster cluster = read(text);
        for (Step step : wiring.remaining(wiring.steps(cluster, facts), cluster, text, facts)) {
            String machine = step.action().machine();
            if (machine != null && !machine.equals("lab-wk-2")) {
                assertThat(step.alreadyDone().holds()).as(step.id()).isTrue();
            } else if (machine != null) {
                assertThat(step.alreadyDone().holds()).as(step.id()).isFalse();
            }
        }
    }
}

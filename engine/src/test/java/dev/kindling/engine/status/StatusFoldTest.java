package dev.kindling.engine.status;

import static dev.kindling.engine.api.Condition.Status.FALSE;
import static dev.kindling.engine.api.Condition.Status.TRUE;
import static dev.kindling.engine.api.Condition.Status.UNKNOWN;
import static dev.kindling.engine.api.Condition.Type.CLUSTER_AVAILABLE;
import static dev.kindling.engine.api.Condition.Type.INFRASTRUCTURE_READY;
import static dev.kindling.engine.api.Condition.Type.NODES_READY;
import static dev.kindling.engine.api.Condition.Type.TEMPLATE_APPLIED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.ClusterStatus.MachineStatus;
import dev.kindling.engine.api.ClusterStatus.State;
import dev.kindling.engine.api.Condition;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.model.Cluster;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatusFoldTest {
    private static final Instant START = Instant.parse("2026-01-02T03:00:00Z");

    private final List<Event.Recorded> journal = new ArrayList<>();
    private final StatusFold fold = new StatusFold("demo", this::parse);
    private Cluster cluster = Clusters.of("demo", 1, 2);

    @Test
    void hasEveryConditionWithAReasonFromTheFirstMoment() {
        ClusterStatus status = add(new Event.Noted(null, false, "hello"));
        assertThat(status.conditions()).extracting(Condition::type).containsExactly(Condition.Type.values());
        assertThat(status.conditions()).allSatisfy(condition -> {
            assertThat(condition.reason()).isNotBlank();
            assertThat(condition.message()).isNotBlank();
            assertThat(condition.since()).isEqualTo(at(1));
        });
        assertThat(status.state()).isEqualTo(State.DEFINED);
        assertThat(status.since()).isEqualTo(at(1));
        assertThat(status.reason()).isNotBlank();
        assertThat(StatusFold.of(List.of(), this::parse)).isEmpty();
    }

    @Test
    void listsTheMachinesOfTheDefinitionBeforeAnythingIsHeardOfThem() {
        ClusterStatus status = add(new Event.Defined("text", "defined"));
        assertThat(status.machines()).extracting(MachineStatus::name).containsExactly("demo-cp-1", "demo-wk-1",
                "demo-wk-2");
        assertThat(status.machines()).allSatisfy(machine -> {
            assertThat(machine.stage()).isEqualTo(BootStage.WAITING);
            assertThat(machine.evidence()).isEqualTo("nothing was heard of it yet");
            assertThat(machine.stageSince()).isEqualTo(at(1));
        });
        assertThat(condition(status, INFRASTRUCTURE_READY).reason()).isEqualTo("NotStarted");
        assertThat(condition(status, NODES_READY).message()).isEqualTo("0 of 3 nodes are ready");
        assertThat(condition(status, CLUSTER_AVAILABLE).status()).isEqualTo(UNKNOWN);
    }

    @Test
    void goesFromDefinedToReady() {
        add(new Event.Defined("text", "defined"));
        ClusterStatus status = start("p1", false);
        assertThat(status.state()).isEqualTo(State.PROGRESSING);
        assertThat(status.stepsTotal()).isEqualTo(4);
        status = add(new Event.StepStarted("install/demo-wk-1", "demo-wk-1", 1, "writing the disk"));
        assertThat(status.activeSteps()).containsExactly("install/demo-wk-1");
        assertThat(status.reason()).isEqualTo("writing the disk");
        status = add(new Event.StepDone("install/demo-wk-1", "demo-wk-1", false, "written"));
        assertThat(status.activeSteps()).isEmpty();
        assertThat(status.stepsDone()).isEqualTo(1);
        for (String machine : List.of("demo-cp-1", "demo-wk-1", "demo-wk-2")) {
            status = observed(machine, BootStage.SYSTEM);
        }
        assertThat(condition(status, INFRASTRUCTURE_READY).status()).isEqualTo(TRUE);
        assertThat(condition(status, NODES_READY).status()).isEqualTo(FALSE);
        allReady();
        status = end(Event.Outcome.DONE);
        assertThat(status.state()).isEqualTo(State.READY);
        assertThat(status.conditions()).extracting(Condition::status).containsOnly(TRUE);
        assertThat(status.endedAt()).isEqualTo(at(journal.size()));
        assertThat(status.run()).isEqualTo("run-1");
    }

    @Test
    void doesNotCallAClusterReadyWhoseNodesAreNot() {
        add(new Event.Defined("text", "defined"));
        start("p1", false);
        observed("demo-cp-1", BootStage.READY);
        ClusterStatus status = end(Event.Outcome.DONE);
        assertThat(status.state()).isEqualTo(State.DEGRADED);
        assertThat(status.reason()).isEqualTo("1 of 3 nodes are ready");
    }

    @Test
    void aRunThatEndsWellHasSeenTheApiServerAnswer() {
        add(new Event.Defined("text", "defined"));
        start("p1", false);
        cluster.machines().forEach(machine -> observed(machine.name(), BootStage.READY));
        assertThat(condition(fold.status(), CLUSTER_AVAILABLE).status()).isEqualTo(UNKNOWN);
        assertThat(condition(end(Event.Outcome.DONE), CLUSTER_AVAILABLE).reason()).isEqualTo("RunVerified");
    }

    @Test
    void degradesWhenAMachineRestartsAndRecovers() {
        readyCluster();
        ClusterStatus status = add(new Event.MachineObserved("demo-cp-1", BootStage.LOADER, -1, "fetched ipxe.efi"));
        assertThat(status.state()).isEqualTo(State.DEGRADED);
        assertThat(status.reason()).isEqualTo("2 of 3 nodes are ready");
        assertThat(condition(status, CLUSTER_AVAILABLE).status()).isEqualTo(UNKNOWN);
        assertThat(condition(status, CLUSTER_AVAILABLE).reason()).isEqualTo("ControlPlaneRestarted");
        MachineStatus machine = machine(status, "demo-cp-1");
        assertThat(machine.stage()).isEqualTo(BootStage.LOADER);
        assertThat(machine.evidence()).isEqualTo("started anew: fetched ipxe.efi");
        assertThat(observed("demo-cp-1", BootStage.READY).state()).isEqualTo(State.READY);
    }

    @Test
    void aLeaseRenewalOfARunningNodeIsNoRestart() {
        readyCluster();
        ClusterStatus status = observed("demo-wk-1", BootStage.DHCP);
        assertThat(status.state()).isEqualTo(State.READY);
        assertThat(machine(status, "demo-wk-1").stage()).isEqualTo(BootStage.READY);
    }

    @Test
    void remembersThatTheDiskIsWrittenWhenAMachineStartsAnew() {
        add(new Event.Defined("text", "defined"));
        start("p1", false);
        observed("demo-wk-1", BootStage.WRITING);
        ClusterStatus status = add(new Event.DiskWritten("demo-wk-1", "o1", "disk written"));
        assertThat(machine(status, "demo-wk-1").stage()).isEqualTo(BootStage.WRITTEN);
        Instant since = machine(status, "demo-wk-1").stageSince();
        status = add(new Event.MachineObserved("demo-wk-1", BootStage.SCRIPT, -1, "fetched its script"));
        assertThat(machine(status, "demo-wk-1").stage()).isEqualTo(BootStage.WRITTEN);
        assertThat(machine(status, "demo-wk-1").stageSince()).isEqualTo(since);
        assertThat(machine(status, "demo-wk-1").evidence()).isEqualTo("restarting: fetched its script");
        observed("demo-wk-1", BootStage.DISK_BOOT);
        status = add(new Event.MachineObserved("demo-wk-1", BootStage.POWERED, -1, "switched on"));
        assertThat(machine(status, "demo-wk-1").stage()).isEqualTo(BootStage.POWERED);
        assertThat(machine(status, "demo-wk-1").evidence())
                .isEqualTo("started anew: switched on (its disk is written)");
    }

    @Test
    void failsWithTheFirstCause() {
        add(new Event.Defined("text", "defined"));
        start("p1", false);
        add(new Event.StepStarted("network", null, 1, "opening the network"));
        ClusterStatus status = add(failed("network", 1, 500, "port 67 is taken"));
        assertThat(status.activeSteps()).containsExactly("network");
        add(failed("network", 2, -1, "port 67 is taken by dnsmasq"));
        add(failed("install", 1, -1, "a later one"));
        status = end(Event.Outcome.FAILED);
        assertThat(status.state()).isEqualTo(State.FAILED);
        assertThat(status.reason()).isEqualTo("network: port 67 is taken by dnsmasq");
        assertThat(condition(status, TEMPLATE_APPLIED).reason()).isEqualTo("RunFailed");
    }

    @Test
    void aFailedRunOnARunningClusterDegradesIt() {
        readyCluster();
        start("p2", false);
        add(failed("hand-off", 1, -1, "the remote refuses"));
        assertThat(end(Event.Outcome.FAILED).state()).isEqualTo(State.DEGRADED);
        start("p3", false);
        assertThat(end(Event.Outcome.DONE).state()).isEqualTo(State.READY);
        start("p4", false);
        assertThat(end(Event.Outcome.CANCELLED).state()).isEqualTo(State.DEGRADED);
    }

    @Test
    void goesThroughDeletingToDeletedAndCanBeDefinedAgain() {
        readyCluster();
        ClusterStatus status = add(new Event.RemovalStarted("removing what was recorded"));
        assertThat(status.state()).isEqualTo(State.DELETING);
        assertThat(status.reason()).isEqualTo("removing what was recorded");
        status = add(new Event.Removed("everything is gone"));
        assertThat(status.state()).isEqualTo(State.DELETED);
        assertThat(status.conditions()).extracting(Condition::status).containsOnly(FALSE);
        assertThat(status.machines()).extracting(MachineStatus::stage).containsOnly(BootStage.WAITING);
        assertThat(observed("demo-wk-1", BootStage.DHCP).state()).isEqualTo(State.DELETED);
        assertThat(add(new Event.Defined("text", "defined")).state()).isEqualTo(State.DEFINED);
    }

    @Test
    void aRemovalThatBreaksOffIsAFailure() {
        readyCluster();
        add(new Event.RemovalStarted("removing"));
        assertThat(end(Event.Outcome.CANCELLED).state()).isEqualTo(State.FAILED);
    }

    @Test
    void countsTheStepsOfTheLatestRunOnly() {
        add(new Event.Defined("text", "defined"));
        start("p1", false);
        add(new Event.StepDone("a", null, false, "done"));
        add(new Event.StepStarted("b", null, 1, "begun when the process was killed"));
        ClusterStatus status = start("p1", true);
        assertThat(status.stepsDone()).isZero();
        assertThat(status.activeSteps()).isEmpty();
        add(new Event.StepDone("a", null, true, "was done"));
        status = add(new Event.StepDone("a", null, true, "was done"));
        assertThat(status.stepsDone()).isEqualTo(1);
    }

    @Test
    void namesTheStuckMachineWhileARunGoesOn() {
        add(new Event.Defined("text", "defined"));
        start("p1", false);
        add(new Event.StepStarted("boot/demo-wk-1", "demo-wk-1", 1, "waiting for it"));
        ClusterStatus status = add(new Event.MachineStuck("demo-wk-1", "no DHCP request seen", "x"));
        assertThat(machine(status, "demo-wk-1").stuck()).isEqualTo("no DHCP request seen");
        assertThat(status.reason()).isEqualTo("demo-wk-1 is stuck: no DHCP request seen");
        status = observed("demo-wk-1", BootStage.DHCP);
        assertThat(machine(status, "demo-wk-1").stuck()).isNull();
        assertThat(status.reason()).isEqualTo("waiting for it");
    }

    @Test
    void countsMachinesOutsideTheDefinitionUntilTheyAreDefined() {
        add(new Event.Defined("text", "defined"));
        add(new Event.UnknownMachineSeen("52:54:00:00:00:04", "bios", "x"));
        ClusterStatus status = add(new Event.UnknownMachineSeen("52:54:00:00:00:04", "uefi", "x"));
        assertThat(status.unknown()).singleElement().satisfies(unknown -> {
            assertThat(unknown.requests()).isEqualTo(2);
            assertThat(unknown.firstSeen()).isEqualTo(at(2));
            assertThat(unknown.lastSeen()).isEqualTo(at(3));
            assertThat(unknown.firmware()).isEqualTo("uefi");
        });
        cluster = Clusters.of("demo", 1, 3);
        status = add(new Event.Defined("text with one more", "defined"));
        assertThat(status.machines()).hasSize(4);
        assertThat(status.unknown()).isEmpty();
    }

    @Test
    void keepsWhatIsKnownOfAMachineWhenTheDefinitionIsGivenAgain() {
        readyCluster();
        cluster = Clusters.of("demo", 1, 3);
        ClusterStatus status = add(new Event.Defined("text with one more", "defined"));
        assertThat(machine(status, "demo-wk-1").stage()).isEqualTo(BootStage.READY);
        assertThat(machine(status, "demo-wk-3").stage()).isEqualTo(BootStage.WAITING);
        assertThat(condition(status, TEMPLATE_APPLIED).status()).isEqualTo(FALSE);
    }

    @Test
    void keepsHonestLabels() {
        add(new Event.Defined("text", "defined"));
        add(new Event.RunStarted("p1", 4, false, List.of("simulated machines"), "run"));
        add(new Event.Noted(null, true, "stand-in control plane"));
        add(new Event.Noted(null, false, "not a label"));
        ClusterStatus status = add(new Event.RunStarted("p1", 4, true, List.of("simulated machines"), "run"));
        assertThat(status.notices()).containsExactly("simulated machines", "stand-in control plane");
        status = add(new Event.RunStarted("p2", 4, false, List.of(), "run"));
        assertThat(status.notices()).isEmpty();
    }

    @Test
    void givesTheSameStatusInOneGoAndEventByEvent() {
        readyCluster();
        journal.forEach(fold::add);
        assertThat(StatusFold.of(journal, this::parse)).contains(fold.status());
        assertThat(fold.status().lastSeq()).isEqualTo(journal.size());
    }

    @Test
    void skipsMachinesThatTheDefinitionDoesNotHave() {
        add(new Event.Defined("text", "defined"));
        ClusterStatus status = observed("somebody-else", BootStage.READY);
        assertThat(status.lastSeq()).isEqualTo(2);
        assertThat(status.machines()).extracting(MachineStatus::stage).containsOnly(BootStage.WAITING);
    }

    @Test
    void foldsARackOfAThousandMachines() {
        cluster = Clusters.of("demo", 3, 997);
        record(new Event.Defined("text", "defined"));
        record(new Event.RunStarted("p1", 1000, false, List.of(), "run"));
        for (BootStage stage : BootStage.values()) {
            cluster.machines().forEach(machine -> {
                record(new Event.StepProgressed("boot/" + machine.name(), machine.name(), 0.5, "x"));
                record(new Event.MachineObserved(machine.name(), stage, 0.5, stage.label()));
            });
        }
        record(new Event.RunEnded(Event.Outcome.DONE, "done"));
        ClusterStatus status = StatusFold.of(journal, this::parse).orElseThrow();
        assertThat(status.state()).isEqualTo(State.READY);
        assertThat(status.machines()).hasSize(1000).extracting(MachineStatus::stage).containsOnly(BootStage.READY);
    }

    @Test
    void aDiskOrderIsEvidence() {
        add(new Event.Defined("text", "defined"));
        ClusterStatus status = add(new Event.DiskWriteOrdered("demo-wk-1", "o", new Plan.DiskTarget("serial S", "M", 1),
                "ordered to write serial S"));
        assertThat(machine(status, "demo-wk-1").evidence()).isEqualTo("ordered to write serial S");
    }

    private void readyCluster() {
        add(new Event.Defined("text", "defined"));
        start("p1", false);
        allReady();
        assertThat(end(Event.Outcome.DONE).state()).isEqualTo(State.READY);
    }

    private void allReady() {
        cluster.machines().forEach(machine -> observed(machine.name(), BootStage.READY));
        add(new Event.ConditionChanged(new Condition(CLUSTER_AVAILABLE, TRUE, "ApiAnswers", "readyz answers", START),
                "x"));
    }

    private ClusterStatus start(String plan, boolean resumed) {
        return add(new Event.RunStarted(plan, 4, resumed, List.of(), "run started"));
    }

    private ClusterStatus end(Event.Outcome outcome) {
        return add(new Event.RunEnded(outcome, "run ended"));
    }

    private static Event failed(String step, int attempt, long retry, String message) {
        return new Event.StepFailed(step, null, attempt, Problem.error("c", "p", message, "", ""), retry, message);
    }

    private ClusterStatus observed(String machine, BootStage stage) {
        return add(new Event.MachineObserved(machine, stage, -1, stage.label()));
    }

    private ClusterStatus add(Event event) {
        return fold.add(record(event)).status();
    }

    private Event.Recorded record(Event event) {
        long seq = 1L + journal.size();
        journal.add(new Event.Recorded(seq, at(seq), "demo", "run-1", event));
        return journal.getLast();
    }

    private static Instant at(long seq) {
        return START.plusSeconds(seq);
    }

    private Validation parse(String text) {
        return new Validation("test", text, cluster, List.of());
    }

    private static Condition condition(ClusterStatus status, Condition.Type type) {
        return status.conditions().stream().filter(condition -> condition.type() == type).findFirst().orElseThrow();
    }

    private static MachineStatus machine(ClusterStatus status, String name) {
        return status.machines().stream().filter(machine -> machine.name().equals(name)).findFirst().orElseThrow();
    }
}

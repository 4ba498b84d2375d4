package dev.kindling.engine.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus.MachineStatus;
import dev.kindling.engine.model.MacAddress;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.Role;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StuckRulesTest {
    private static final Instant HEARD = Instant.parse("2026-01-02T03:00:00Z");

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            POWERED   | SIMULATED |  60 | no DHCP request seen                 | boot order
            POWERED   | VIRTUAL   | 120 | no DHCP request seen                 | boot order
            POWERED   | MANUAL    | 300 | no DHCP request seen                 | cable
            DHCP      | MANUAL    |  45 | no boot loader fetched               | another DHCP server
            LOADER    | MANUAL    |  60 | no boot script fetched               | Secure Boot
            SCRIPT    | MANUAL    |  60 | no kernel fetched                    | firewall
            KERNEL    | MANUAL    | 180 | no inventory received                | driver
            INSTALLER | MANUAL    | 120 | the disk is not being written        | serial
            WRITING   | MANUAL    |  90 | no progress                          | failing
            WRITTEN   | SIMULATED | 120 | it did not start again               | firmware
            DISK_BOOT | MANUAL    | 300 | the installed system did not report  | BIOS and UEFI
            SYSTEM    | MANUAL    | 120 | no install config fetched            | clock
            JOINING   | MANUAL    | 300 | its node is not ready                | 6443
            """)
    void complainsWhenAStagesPatienceIsOver(BootStage stage, Machine.Kind kind, long seconds, String missing,
            String cause) {
        MachineStatus machine = machine(stage, kind);
        assertThat(StuckRules.reason(machine, HEARD.plusSeconds(seconds).minusNanos(1))).isEmpty();
        assertThat(StuckRules.reason(machine, HEARD.plusSeconds(seconds))).hasValueSatisfying(
                text -> assertThat(text).startsWith(stage.label() + ": " + missing + " for ")
                        .contains("since \"the last evidence\"").contains(cause));
        assertThat(StuckRules.deadline(machine)).contains(HEARD.plusSeconds(seconds));
    }

    @ParameterizedTest
    @EnumSource(names = {"WAITING", "READY"})
    void expectsNothingOfAMachineThatIsOffOrReady(BootStage stage) {
        assertThat(StuckRules.reason(machine(stage, Machine.Kind.VIRTUAL), HEARD.plus(Duration.ofDays(9)))).isEmpty();
        assertThat(StuckRules.deadline(machine(stage, Machine.Kind.VIRTUAL))).isEmpty();
    }

    @Test
    void isPatientWhenTheClockGoesBack() {
        assertThat(StuckRules.reason(machine(BootStage.DHCP, Machine.Kind.VIRTUAL), HEARD.minusSeconds(9999)))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"45,45 s", "60,1 min 0 s", "125,2 min 5 s", "3725,1 h 2 min"})
    void saysDurationsInWords(long seconds, String words) {
        assertThat(StuckRules.words(Duration.ofSeconds(seconds))).isEqualTo(words);
    }

    private static MachineStatus machine(BootStage stage, Machine.Kind kind) {
        return new MachineStatus("demo-wk-1", new MacAddress("52:54:00:00:00:01"), Role.WORKER, kind, "10.77.0.21",
                stage,
                HEARD.minusSeconds(30), "the last evidence", HEARD, null, -1, null);
    }
}

package dev.kindling.engine.definition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Draft.DraftMachine;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.model.AddressRange;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.MacAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ComposeTest {
    private static final Draft UNANSWERED = new Draft("", "", "", "", "", "", "", "", "", "", List.of());

    /** What was typed is what is read, for random answers of the right kind. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void answersComeBackAsTheModel(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int round = 0; round < 50; round++) {
            Draft draft = draft(random);
            String text = Definitions.compose(draft);
            Validation validation = Definitions.read("draft", text);

            assertThat(validation.problems()).as("seed %d round %d: %s", seed, round, text).isEmpty();
            Cluster cluster = Kindling.modelOf(validation);
            assertThat(cluster.name()).isEqualTo(draft.name());
            assertThat(cluster.distribution().version()).isEqualTo(draft.version());
            assertThat(Values.word(cluster.boot().dhcp())).isEqualTo(draft.dhcp().isEmpty() ? "server" : draft.dhcp());
            assertThat(cluster.provisioningNetwork().cidr().toString()).isEqualTo(draft.cidr());
            assertThat(String.valueOf(cluster.provisioningNetwork().pool()))
                    .isEqualTo(draft.pool().isEmpty() ? "null" : AddressRange.parse(draft.pool()).toString());
            assertThat(cluster.provisioningNetwork().dns()).hasSize(draft.dns().isEmpty() ? 0 : 2);
            assertThat(cluster.machines()).hasSameSizeAs(draft.machines());
            for (DraftMachine typed : draft.machines()) {
                Machine machine = cluster.machine(new MacAddress(typed.mac())).orElseThrow();
                assertThat(Values.word(machine.role())).isEqualTo(typed.role());
                assertThat(Values.word(machine.kind())).isEqualTo(typed.kind());
                assertThat(machine.disk().serial()).isEqualTo(typed.diskSerial());
                if (!typed.name().isEmpty()) {
                    assertThat(machine.name()).isEqualTo(typed.name());
                }
                if (!typed.address().isEmpty()) {
                    assertThat(machine.address().getHostAddress()).isEqualTo(typed.address());
                }
                Machine.VirtualHardware virtual = machine.virtual();
                if (virtual != null) {
                    assertThat(Values.word(virtual.firmware()))
                            .isEqualTo(typed.firmware().isEmpty() ? "uefi" : typed.firmware());
                }
            }
        }
    }

    private static Draft draft(RandomGenerator random) {
        String kind = pick(random, "manual", "virtual", "simulated");
        String net = kind.equals("simulated") ? "127.9.8." : "10.9.8.";
        List<DraftMachine> machines = new ArrayList<>();
        for (int i = 0; i < random.nextInt(1, 20); i++) {
            machines.add(new DraftMachine(maybe(random, "host-" + i), i == 0
                    ? "control-plane"
                    : pick(random, "worker",
                            "infra"),
                    kind, String.format("%02x:10:20:30:40:%02X", random.nextInt(128) * 2, i),
                    maybe(random, net + (20 + i)),
                    pick(random, "", "0", "null-", "1e", "true/", "KDL-", "WD 12 ", "a:") + i,
                    maybe(random, pick(random, "bios", "uefi"))));
        }
        return new Draft(pick(random, "lab", "y", "on", "x-1"), "k3s", "v1." + random.nextInt(20, 40) + ".1+k3s1",
                maybe(random, pick(random, "server", "proxy")), net + "0/24", net + "1",
                maybe(random, net + "100-" + net + "120"), maybe(random, net + "254"),
                maybe(random, " 1.1.1.1 ,10.0.0.53"), maybe(random, net + "5"), machines);
    }

    private static String maybe(RandomGenerator random, String text) {
        return random.nextBoolean() ? text : "";
    }

    private static String pick(RandomGenerator random, String... of) {
        return of[random.nextInt(of.length)];
    }

    @Test
    void validationSaysWhatIsNotAnsweredYet() {
        assertThat(Definitions.read("nothing", Definitions.compose(UNANSWERED)).problems())
                .extracting(ProblemTableTest::brief)
                .extracting(problem -> problem.substring(0, problem.lastIndexOf(' ')))
                .containsExactly("missing metadata", "missing spec.distribution", "missing spec.nodePools",
                        "missing spec.networks[0].cidr", "boot-server-missing spec.networks[0].bootServer");
    }

    @Test
    void machineWithoutAnswersIsAMachineThatLacksEverything() {
        Draft draft = new Draft("lab", "k3s", "v1.34.2+k3s1", "server", "10.9.8.0/24", "10.9.8.1", "", "", "", "",
                List.of(new DraftMachine("", "control-plane", "manual", "", "", "", "")));

        assertThat(Definitions.read("machine", Definitions.compose(draft)).problems()).extracting(Problem::code)
                .containsExactly("missing", "disk-missing");
    }

    /** Text that a wizard's field may hold: never does it become more than one value. */
    @ParameterizedTest
    @ValueSource(strings = {"a: b", "x\ny: 1", "\"", "\\", "'", "#", " # ", "{}", "[]", "&a", "*a", "!t", "|", ">", "%",
            "@",
            "\t", "\u0000", "\u0085", "\u2028", "\uFEFF", "\uD83D\uDE00", "~", "null", "---", "- ", "? ", "yes",
            "1_000", "0x10",
            "12:30:45", "${x}", "é"})
    void typedTextStaysOneValue(String typed) {
        Draft draft = new Draft("lab", "k3s", typed, "server", "10.9.8.0/24", "10.9.8.1", "", "", "", "",
                List.of(new DraftMachine("", "control-plane", "manual", "52:54:00:4b:00:01", "", "S1", "")));

        assertThat(Definitions.read("typed", Definitions.compose(draft)).problems()).allSatisfy(
                problem -> assertThat(problem.path()).isEqualTo("spec.distribution.version")).hasSize(1);
    }
}

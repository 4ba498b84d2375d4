package dev.kindling.engine.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.definition.Definitions;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Hook;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.plan.Step;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With real commands. */
class HooksTest {
    @TempDir
    Path directory;
    private final List<Event> journal = new ArrayList<>();

    private Hooks hooks(UnaryOperator<String> mask, Hook... hooks) {
        Cluster plain = Objects.requireNonNull(
                Definitions.read("test", Definitions.demo(Machine.Kind.SIMULATED, 2)).cluster());
        return new Hooks(new Cluster(plain.name(), plain.distribution(), plain.boot(), plain.networks(), plain.pools(),
                plain.machines(), plain.addressing(), plain.handOff(), plain.labels(), plain.environment(),
                plain.hardwareClasses(), plain.services(), plain.security(), plain.checks(), plain.proxmox(),
                List.of(hooks), List.of(), plain.limits()),
                "run-1", directory, mask, journal::add);
    }

    private Hooks hooks(Hook... hooks) {
        return hooks(UnaryOperator.identity(), hooks);
    }

    private static Hook hook(String when, boolean required, String... command) {
        return new Hook(when, List.of(command), Duration.ofSeconds(20), required);
    }

    private static Step step(String id, String machine, Runnable effect) {
        return new Step(new Plan.Action(id, id, machine, null, "", "", false, List.of(), false, Duration.ZERO),
                Step.Lane.LOCAL, 1, Duration.ofMinutes(1), () -> false, _ -> effect.run());
    }

    private static void perform(Step.Work work) throws Exception {
        work.perform(new Step.Attempt() {
            @Override
            public void progress(double fraction, String text) {
                throw new IllegalStateException("hooks tell by events");
            }

            @Override
            public Instant deadline() {
                return Instant.MAX;
            }

            @Override
            public Clock clock() {
                return Clock.systemUTC();
            }
        });
    }

    private List<Event.HookRan> ran() {
        return journal.stream().map(Event.HookRan.class::cast).toList();
    }

    @Test
    void aHookSeesWhatItIsAboutAndNothingElse() throws Exception {
        var hooks = hooks(hook("before-power", true, "env"));
        perform(hooks.around(step("power/demo-wk-1", "demo-wk-1", () -> {})));
        assertThat(ran()).singleElement().satisfies(ran -> {
            assertThat(ran.problem()).isNull();
            assertThat(ran.output().lines().map(line -> line.split("=", -1)[0])).containsExactlyInAnyOrder("PATH",
                    "HOME", "LANG", "KINDLING_CLUSTER", "KINDLING_RUN", "KINDLING_WHEN", "KINDLING_STEP",
                    "KINDLING_MACHINE", "KINDLING_MAC", "KINDLING_ADDRESS", "KINDLING_ROLE");
            assertThat(ran.output()).contains("KINDLING_CLUSTER=demo", "KINDLING_STEP=power/demo-wk-1",
                    "KINDLING_MACHINE=demo-wk-1", "KINDLING_ROLE=worker", "KINDLING_WHEN=before-power");
        });
    }

    @Test
    void hooksRunAroundTheEffectOfTheirKindOnly() throws Exception {
        Path story = directory.resolve("story");
        var hooks = hooks(hook("before-install", true, "sh", "-c", "echo before >> story"),
                hook("after-install", true, "sh", "-c", "echo after >> story"), hook("before-boot", true, "false"));
        perform(hooks.around(step("install/demo-wk-1", "demo-wk-1", () -> {
            try {
                Files.writeString(story, Files.readString(story) + "effect\n");
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        })));
        assertThat(Files.readAllLines(story)).containsExactly("before", "effect", "after");
    }

    @Test
    void aRequiredHookThatFailsKeepsTheEffectFromHappening() {
        var effects = new ArrayList<String>();
        var hooks = hooks(hook("before-install", true, "sh", "-c", "echo the window is closed; exit 3"));
        assertThatThrownBy(
                () -> perform(hooks.around(step("install/demo-wk-1", "demo-wk-1", () -> effects.add("written")))))
                .isInstanceOfSatisfying(Step.Failed.class, failed -> {
                    assertThat(failed.problem().code()).isEqualTo("hook-failed");
                    assertThat(failed.problem().message()).contains("before-install hook sh ended with 3",
                            "the window is closed");
                });
        assertThat(effects).isEmpty();
        assertThat(ran()).hasSize(1);
    }

    @Test
    void aHookThatIsNotRequiredIsOnlyToldOf() throws Exception {
        var effects = new ArrayList<String>();
        var hooks = hooks(hook("before-install", false, "false"), hook("before-install", true, "true"));
        perform(hooks.around(step("install/demo-wk-1", "demo-wk-1", () -> effects.add("written"))));
        assertThat(effects).containsExactly("written");
        assertThat(ran()).extracting(ran -> ran.problem() == null).containsExactly(false, true);
    }

    @Test
    void aHookThatCannotBeStartedHasFailed() throws Exception {
        var problem = hooks(hook("before-run", true, "/no/such/program")).run("before-run", Map.of());
        assertThat(problem).get().extracting(Problem::message).asString().contains("cannot be started",
                "/no/such/program");
    }

    @Test
    @Timeout(60)
    void aHookIsEndedWithAllThatItStartedWhenItsTimeIsOver() throws Exception {
        var hooks = hooks(new Hook("before-run", List.of("sh", "-c", "echo $$; sleep 300 & echo $!; sleep 300"),
                Duration.ofSeconds(1), true));
        assertThat(hooks.run("before-run", Map.of())).get().extracting(Problem::message).asString()
                .contains("did not end in 1 s");
        for (String pid : ran().getFirst().output().strip().lines().toList()) {
            // killed; that takes effect when it is let work
            while (ProcessHandle.of(Long.parseLong(pid)).filter(ProcessHandle::isAlive)
                    .filter(process -> process.info().command().isPresent()).isPresent()) {
                Thread.sleep(10);
            }
        }
    }

    @Test
    void ofALongOutputTheEndIsKeptWithSecretsMasked() throws Exception {
        var hooks = hooks(text -> text.replace("canary-4711", "***"),
                hook("before-run", true, "sh", "-c", "seq 1 100000; echo token canary-4711"));
        assertThat(hooks.run("before-run", Map.of())).isEmpty();
        assertThat(ran().getFirst().output()).hasSize(4096).endsWith("99999\n100000\ntoken ***\n");
        assertThat(journal.toString()).doesNotContain("canary");
    }

    @Test
    void somethingLeftRunningInTheBackgroundDoesNotHoldTheRun() throws Exception {
        var hooks = hooks(hook("before-run", true, "sh", "-c", "echo started; exec 3>&1; sleep 300 & exit 0"));
        assertThat(hooks.run("before-run", Map.of())).isEmpty();
        assertThat(ran().getFirst().output()).isEqualTo("started\n");
        assertThat(ran().getFirst().millis()).isLessThan(20_000);
    }

    @Test
    void theEndOfTheRunIsToldToItsHook() throws Exception {
        assertThat(hooks(hook("after-run", true, "sh", "-c", "echo $KINDLING_OUTCOME: $KINDLING_PROBLEM"))
                .run("after-run", Map.of("OUTCOME", "FAILED", "PROBLEM", "no disk"))).isEmpty();
        assertThat(ran().getFirst().output()).isEqualTo("FAILED: no disk\n");
    }
}

package dev.kindling.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.definition.Definitions;
import dev.kindling.engine.model.Machine;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlanFileTest {
    private static Plan plan() {
        Validation validation = Definitions.read("demo", Definitions.demo(Machine.Kind.VIRTUAL, 2));
        return new Plan("4f3a", Kindling.modelOf(validation), validation.text(), List.of(
                new Plan.Action("serve/boot", "Start \"it\"", null, null, "", "ü", false, List.of(), true,
                        Duration.ofMillis(1500)),
                new Plan.Action("install/demo-cp-1", "Write", "demo-cp-1",
                        new Plan.DiskTarget("serial X", "unknown until the machine is seen", 0), "a", "b", true,
                        List.of("serve/boot"), false, Duration.ofSeconds(30))),
                List.of("STAND-IN"), List.of(new Plan.Leftover("old", null, "a", "b", "c")),
                new TreeMap<>(Map.of("step serve/boot", "done")), Duration.ofSeconds(30));
    }

    private static Kindling.Imported read(String text) {
        return PlanFile.read("plan.json", text, definition -> Definitions.read("plan.json", definition));
    }

    @Test
    void whatWasWrittenIsReadBackAndWrittenTheSame() {
        String text = PlanFile.write(plan());
        assertThat(read(text).plan()).contains(plan());
        assertThat(PlanFile.write(plan())).isEqualTo(text);
    }

    @Test
    void anotherIndentationIsTheSamePlan() {
        assertThat(read(PlanFile.write(plan()).replaceAll("\n\\s*", "")).plan()).contains(plan());
    }

    @Test
    void cutOffAnywhereItIsRefused() {
        String text = PlanFile.write(plan()).strip();
        for (int length = 0; length < text.length(); length++) {
            var imported = read(text.substring(0, length));
            assertThat(imported.plan()).as("cut to %d characters", length).isEmpty();
            assertThat(imported.problems()).singleElement().satisfies(problem -> {
                assertThat(problem.code()).isIn("plan-truncated", "plan-unreadable");
                assertThat(problem.remedy()).contains("kindling plan FILE -o");
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"destructive\" : true", "serial X", "demo-cp-1", "PT30S", "memory: 1024Mi", "4f3a"})
    void anyEditShows(String part) {
        String text = PlanFile.write(plan());
        assertThat(text).contains(part);
        String other = part.contains("true") ? part.replace("true", "false") : part.replaceAll("[0-9X]", "7");
        assertThat(read(text.replace(part, other)).problems()).singleElement()
                .satisfies(problem -> assertThat(problem.code()).isEqualTo("plan-tampered"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "[1]", "apiVersion: kindling.dev/v1\nkind: Cluster\n", "null"})
    void whatIsNoPlanIsCalledSo(String text) {
        assertThat(read(text).problems()).singleElement()
                .satisfies(problem -> assertThat(problem.code()).isEqualTo("plan-unreadable"));
    }

    @Test
    void aNewerFormatIsNamed() {
        assertThat(read(PlanFile.write(plan()).replace("plan/v1", "plan/v9")).problems()).singleElement()
                .satisfies(problem -> {
                    assertThat(problem.code()).isEqualTo("plan-version");
                    assertThat(problem.message()).contains("kindling.dev/plan/v9");
                });
    }
}

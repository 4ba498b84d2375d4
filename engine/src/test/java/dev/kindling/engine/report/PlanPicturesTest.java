package dev.kindling.engine.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.definition.Definitions;
import dev.kindling.engine.model.Machine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlanPicturesTest {
    /** The first machines are done. Titles hold what the formats could trip over. */
    private static Plan plan(int machines, int done) {
        var validation = Definitions.read("demo", Definitions.demo(Machine.Kind.SIMULATED, machines));
        var actions = new ArrayList<Plan.Action>();
        actions.add(action("serve/boot", "Start \"the\" <boot> service; \\ # 100 %", null, List.of(), false));
        var installs = new ArrayList<String>();
        int number = 0;
        for (Machine machine : Kindling.modelOf(validation).machines()) {
            boolean isDone = number++ < done;
            actions.add(action("power/" + machine.name(), "Switch on " + machine.name(), machine,
                    List.of("serve/boot"), isDone));
            actions.add(new Plan.Action("install/" + machine.name(), "Write the disk of " + machine.name(),
                    machine.name(),
                    new Plan.DiskTarget(machine.disk().toString(), "<script>alert(1)</script>", 1 << 30),
                    "not known", "system", true, List.of("power/" + machine.name()), isDone, Duration.ofSeconds(30)));
            installs.add("install/" + machine.name());
        }
        actions.add(action("nodes/ready", "See all nodes Ready", null, installs, false));
        return new Plan("4f3a", Kindling.modelOf(validation), validation.text(), actions, List.of("STAND-IN <b>"));
    }

    private static Plan.Action action(String id, String title, @org.jspecify.annotations.Nullable Machine machine,
            List<String> dependsOn, boolean done) {
        return new Plan.Action(id, title, machine == null ? null : machine.name(), null, "off", "on", false,
                dependsOn, done, Duration.ofSeconds(2));
    }

    @ParameterizedTest
    @EnumSource(Plan.Picture.class)
    void theSamePlanGivesTheSameBytes(Plan.Picture form) {
        assertThat(PlanPictures.render(plan(3, 1), form)).isEqualTo(PlanPictures.render(plan(3, 1), form))
                .doesNotContain("<script>");
    }

    @ParameterizedTest
    @EnumSource(value = Plan.Picture.class, names = {"DOT", "MERMAID"})
    void fiveHundredMachinesAreDrawnAsFewBoxes(Plan.Picture form) {
        String picture = PlanPictures.render(plan(500, 499), form);
        assertThat(picture.lines().count()).isLessThan(30);
        assertThat(picture).contains("499 machines: demo-cp-1 to demo-wk-498").contains("demo-wk-499")
                .contains("499 times, done").contains("DESTRUCTIVE");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 6, 7, 500})
    void graphvizDrawsIt(int machines) throws IOException, InterruptedException {
        Process dot = new ProcessBuilder("dot", "-Tplain").redirectErrorStream(true).start();
        try (var in = dot.getOutputStream()) {
            in.write(PlanPictures.render(plan(machines, 1), Plan.Picture.DOT).getBytes(StandardCharsets.UTF_8));
        }
        String drawn = new String(dot.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(dot.waitFor()).as(drawn).isZero();
        int lanes = machines <= 6 ? machines : 2;
        assertThat(drawn.lines().filter(line -> line.startsWith("node "))).hasSize(2 + 2 * lanes);
        assertThat(drawn.lines().filter(line -> line.startsWith("edge "))).hasSize(3 * lanes);
        assertThat(drawn).contains("Start \\\"the\\\" <boot> service; \\\\ # 100 %");
    }

    @Test
    void thePageNamesEveryDiskThatIsWritten() {
        String page = PlanPictures.render(plan(30, 28), Plan.Picture.HTML);
        assertThat(page).contains("What can cost data").contains("serial KDL-DEMO-WK-29")
                .contains("demo-cp-1: nothing to do").contains("&lt;script&gt;").contains("STAND-IN &lt;b&gt;")
                .doesNotContain("http://").doesNotContain("https://").doesNotContain("<script");
    }

    /** What a title can hold that means something to Mermaid, to DOT, or to nobody. */
    private static final List<String> ODD = List.of("end", "subgraph a", "a --> b", "say \"yes\"",
            "[square] (round) {curly}",
            "a|b|c", "%% no comment", "`tick` *star* _under_", "Größe 大きい 🐧 עברית", "<b>bold</b> & &amp; #35; #quot;",
            "back\\slash \\n \\", "tab\there", "click n0 href", "style n0 fill:red", ":::class", "x".repeat(300),
            "$$x^2$$",
            "1. list", "- list", "", " ", "@{shape: x}", "graph TD;", "~~~", "C:\\disk", "{{hexagon}}", "100 %");

    private static Plan odd() {
        var validation = Definitions.read("demo", Definitions.demo(Machine.Kind.SIMULATED, 1));
        var actions = new ArrayList<Plan.Action>();
        for (String title : ODD) {
            actions.add(action("odd/" + actions.size(), title, null,
                    actions.isEmpty() ? List.of() : List.of(actions.getLast().id()), false));
        }
        return new Plan("0dd", Kindling.modelOf(validation), validation.text(), actions, List.of());
    }

    /**
     * The files were read and drawn by Mermaid and Graphviz themselves when they were written (docs/reference/plan.md
     * says how): what changes here must be again.
     */
    @ParameterizedTest
    @EnumSource(value = Plan.Picture.class, names = {"DOT", "MERMAID"})
    void oddTitlesAreDrawnAsTheyWereWhenTheProgramsReadThem(Plan.Picture form) throws IOException {
        for (Map.Entry<String, Plan> each : Map.of("odd", odd(), "demo", plan(6, 1), "many", plan(500, 499))
                .entrySet()) {
            Path golden = Path.of("src/test/resources/dev/kindling/engine/report", each.getKey()
                    + (form == Plan.Picture.DOT ? ".dot" : ".mmd"));
            String drawn = PlanPictures.render(each.getValue(), form);
            if (Boolean.getBoolean("golden.update")) {
                Files.createDirectories(golden.getParent());
                Files.writeString(golden, drawn);
            }
            assertThat(drawn).as("-Dgolden.update=true writes %s anew", golden).isEqualTo(Files.readString(golden));
        }
    }

    @Test
    void graphvizDrawsOddTitlesAsTheyAre() throws IOException, InterruptedException {
        Process dot = new ProcessBuilder("dot", "-Tjson").redirectErrorStream(true).start();
        try (var in = dot.getOutputStream()) {
            in.write(PlanPictures.render(odd(), Plan.Picture.DOT).getBytes(StandardCharsets.UTF_8));
        }
        var drawn = com.fasterxml.jackson.databind.json.JsonMapper.builder().build().readTree(dot.getInputStream());
        assertThat(dot.waitFor()).isZero();
        var labels = new ArrayList<String>();
        drawn.path("objects").forEach(node -> {
            var text = new StringBuilder();
            node.path("_ldraw_").forEach(draw -> {
                if (draw.path("op").asText().equals("T") && text.isEmpty()) {
                    text.append(draw.path("text").asText());
                }
            });
            labels.add(text.toString());
        });
        assertThat(labels).containsExactlyElementsOf(ODD.stream().map(title -> title.isEmpty() ? "2.0 s" : title)
                .toList());
    }
}

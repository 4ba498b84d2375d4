package dev.kindling.engine.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.status.Clusters;
import dev.kindling.engine.status.StatusFold;
import dev.kindling.engine.store.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

class ReportsTest {
    private static final Path GOLDEN = Path.of("src/test/resources/dev/kindling/engine/report");
    private static final Instant START = Instant.parse("2026-01-02T03:00:00Z");
    private static final String DEFINITION = """
            apiVersion: kindling.dev/v1
            kind: Cluster
            metadata: {name: demo}
            spec:
              handOff: {remote: "https://anna:canary-5f2e@git.example.com/gitops.git"}
            """;

    private final List<Event.Recorded> journal = new ArrayList<>();
    private Cluster cluster = Clusters.of("demo", 1, 3);
    private Instant now = START;
    private String run = "run-1";

    @Test
    void rendersTheSameBytesEveryTime() throws IOException {
        aRunWithTroubles();
        Kindling.Report report = render();
        golden("report.md", report.markdown());
        golden("report.html", report.html());
    }

    @Test
    void theSameIsThereAsData() throws IOException {
        aRunWithTroubles();
        JsonNode data = new ObjectMapper().readTree(render().json());
        assertThat(data.at("/status/name").asText()).isEqualTo("demo");
        assertThat(data.get("runs")).isNotEmpty();
        assertThat(data.get("steps")).isNotEmpty().allSatisfy(step -> assertThat(step.get("duration").asText())
                .startsWith("PT"));
        assertThat(data.get("troubles")).isNotEmpty()
                .allSatisfy(trouble -> assertThat(trouble.get("message").asText()).isNotEmpty());
        assertThat(data.get("disks")).isNotEmpty();
        assertThat(data.has("definition")).isFalse();
        assertThat(render().json()).doesNotContain("canary");
    }

    @Test
    void standsAlone() {
        aRunWithTroubles();
        assertThat(render().html()).doesNotContain("<script").doesNotContain("src=").doesNotContain("url(")
                .doesNotContain("@import").doesNotContain("<link").startsWith("<!doctype html>");
    }

    @Test
    void showsNoPasswordOfTheDefinition() {
        aRunWithTroubles();
        assertThat(render().html()).doesNotContain("canary").contains("https://anna:***@git.example.com");
        assertThat(render().markdown()).doesNotContain("canary").contains("https://anna:***@git.example.com");
    }

    @Test
    void putsHonestLabelsFirst() {
        aRunWithTroubles();
        String html = render().html();
        assertThat(html.indexOf("stand-in control plane")).isPositive().isLessThan(html.indexOf("<h1>"));
        assertThat(render().markdown()).contains("> **stand-in control plane: no Kubernetes**");
    }

    @Test
    void whatMachinesSayIsNoMarkup() throws Exception {
        add(new Event.Defined("<b>x</b>", "defined"));
        add(new Event.RunStarted("p", 1, false, List.of("<img src=x>"), "started"));
        add(new Event.MachineObserved("demo-wk-1", BootStage.DHCP, -1, "</title><script>alert('x')</script>\u0007|`*"));
        add(new Event.MachineStuck("demo-wk-1", "\"><script>", "stuck"));
        Kindling.Report report = render();
        assertThat(report.html()).doesNotContain("<script").doesNotContain("<img").contains("&lt;script&gt;");
        assertThat(report.markdown()).doesNotContain("<script").contains("&lt;script&gt;");
        svg(report.html());
    }

    @Test
    void drawsABarForEachStageAndARowForEachMachine() throws Exception {
        aRunWithTroubles();
        Element svg = svg(render().html());
        assertThat(svg.getElementsByTagName("rect").getLength())
                .isEqualTo(Reports.story(journal, status()).timeline().values().stream().mapToInt(List::size).sum())
                .isGreaterThan(30);
        assertThat(svg.getTextContent()).contains("demo-cp-1", "demo-wk-3");
    }

    @Test
    void countsARunThatWasBrokenOffAndResumedAsOneStory() {
        add(new Event.Defined(DEFINITION, "defined"));
        add(new Event.RunStarted("p", 2, false, List.of(), "old run"));
        add(new Event.RunEnded(Event.Outcome.FAILED, "failed"));
        run = "run-2";
        Instant began = now;
        add(new Event.RunStarted("p", 2, true, List.of(), "started"));
        add(new Event.StepStarted("a", null, 1, "a"));
        now = now.plusSeconds(100);
        run = "run-3";
        add(new Event.RunStarted("p", 2, true, List.of(), "resumed"));
        add(new Event.StepStarted("a", null, 1, "a"));
        add(new Event.StepDone("a", null, false, "a"));
        add(new Event.RunEnded(Event.Outcome.DONE, "done"));
        RunStory story = Reports.story(journal, status());
        assertThat(story.runs()).extracting(RunStory.Run::id).containsExactly("run-2", "run-3");
        assertThat(story.runs()).extracting(RunStory.Run::outcome).containsExactly(null, Event.Outcome.DONE);
        assertThat(story.began()).isEqualTo(began.plusMillis(100));
        assertThat(story.steps()).singleElement().satisfies(step -> {
            assertThat(step.attempts()).isEqualTo(2);
            assertThat(step.done()).isTrue();
            assertThat(step.duration()).isGreaterThan(Duration.ofSeconds(100));
        });
    }

    @Test
    void tellsWrittenDisksFromOrderedOnes() {
        add(new Event.Defined(DEFINITION, "defined"));
        add(new Event.RunStarted("p", 2, false, List.of(), "started"));
        add(new Event.DiskWriteOrdered("demo-wk-1", "o1", new Plan.DiskTarget("serial S1", "M", 1L << 40), "ordered"));
        add(new Event.DiskWriteOrdered("demo-wk-2", "o2", new Plan.DiskTarget("serial S2", "M", 1L << 40), "ordered"));
        add(new Event.DiskWritten("demo-wk-1", "o1", "written"));
        assertThat(Reports.story(journal, status()).disks()).extracting(disk -> disk.order() + (disk.written() != null))
                .containsExactly("o1true", "o2false");
        assertThat(render().markdown()).contains("| demo-wk-2 | serial S2 | M | 1 TiB |", "**not confirmed**");
    }

    @Test
    void saysWhichTroublesAreOver() {
        aRunWithTroubles();
        assertThat(Reports.story(journal, status()).troubles())
                .extracting(trouble -> trouble.about() + " " + trouble.overcome())
                .containsExactly("network, attempt 1 true", "demo-wk-2 true", "hand-off, attempt 1 false");
    }

    @Test
    void hasSomethingToSayBeforeTheFirstRun() {
        add(new Event.Defined(DEFINITION, "defined"));
        assertThat(render().markdown()).contains("# Cluster demo: defined", "nothing was done yet");
        assertThat(render().html()).contains("<h2>Machines</h2>").doesNotContain("<svg");
    }

    @Test
    void staysReadableForALargeRack() throws Exception {
        cluster = Clusters.of("demo", 3, 997);
        add(new Event.Defined(DEFINITION, "defined"));
        add(new Event.RunStarted("p", 1000, false, List.of(), "started"));
        for (BootStage stage : BootStage.values()) {
            for (Machine machine : cluster.machines()) {
                add(new Event.MachineObserved(machine.name(), stage, -1, stage.label()));
            }
        }
        String html = render().html();
        assertThat(html.length()).isLessThan(1_500_000);
        assertThat(html).contains("880 faster ones are not").contains("events are left out here");
        assertThat(svg(html).getTextContent()).contains("demo-wk-997").doesNotContain("demo-wk-1 ");
    }

    @Test
    void bundlesWhatHelpersNeedWithoutSecrets() throws IOException {
        aRunWithTroubles();
        ByteArrayOutputStream first = new ByteArrayOutputStream();
        SupportBundle.write(first, journal, status(), UnaryOperator.identity(),
                Map.of("java", "25", "git", "https://u:canary-5f2e@example.com/x"));
        ByteArrayOutputStream second = new ByteArrayOutputStream();
        SupportBundle.write(second, journal, status(), UnaryOperator.identity(),
                Map.of("git", "https://u:canary-5f2e@example.com/x", "java", "25"));
        assertThat(first.toByteArray()).isEqualTo(second.toByteArray());

        Map<String, String> files = new TreeMap<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(first.toByteArray()))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                files.put(entry.getName(), new String(zip.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        assertThat(files.keySet()).containsExactly("kindling-demo/definition.yaml", "kindling-demo/facts.json",
                "kindling-demo/journal.jsonl", "kindling-demo/report.html", "kindling-demo/report.json",
                "kindling-demo/report.md",
                "kindling-demo/status.json");
        assertThat(files.values()).allSatisfy(text -> assertThat(text).doesNotContain("canary"));
        List<Event.Recorded> read = new ArrayList<>();
        for (String line : files.getOrDefault("kindling-demo/journal.jsonl", "").lines().toList()) {
            read.add(Json.mapper().readValue(line, Event.Recorded.class));
        }
        assertThat(read).hasSameSizeAs(journal);
        assertThat(read.subList(1, read.size())).isEqualTo(journal.subList(1, journal.size()));
    }

    @ParameterizedTest
    @CsvSource({"400,0.4 s", "9999,10.0 s", "12400,12 s", "125000,2 min 5 s", "3720000,1 h 2 min"})
    void saysDurationsInWords(long millis, String words) {
        assertThat(Words.duration(Duration.ofMillis(millis))).isEqualTo(words);
    }

    @ParameterizedTest
    @CsvSource({"0,unknown size", "512,512 B", "4294967296,4 GiB", "256060514304,238 GiB", "1610612736,1.5 GiB"})
    void saysCapacitiesInWords(long bytes, String words) {
        assertThat(Words.bytes(bytes)).isEqualTo(words);
    }

    /** A rack of four; one machine is stuck for a while, and the remote refuses the hand-off. */
    private void aRunWithTroubles() {
        Random random = new Random(4);
        add(new Event.Defined(DEFINITION, "definition of demo accepted"));
        add(new Event.RunStarted("p1", 12, false, List.of("simulated machines: no computer was installed"),
                "run started: 12 steps"));
        add(new Event.Noted(null, true, "stand-in control plane: no Kubernetes"));
        add(new Event.StepStarted("network", null, 1, "open the boot network"));
        add(new Event.StepFailed("network", null, 1,
                Problem.error("port-taken", "UDP port 67", "port 67 is taken by dnsmasq (pid 812)",
                        "a free port", "systemctl stop dnsmasq"),
                500, "open the boot network failed: port 67 is taken"));
        add(new Event.StepStarted("network", null, 2, "open the boot network (attempt 2)"));
        add(new Event.StepDone("network", null, false, "open the boot network: done"));
        add(new Event.UnknownMachineSeen("52:54:00:99:00:01", "uefi", "an unknown machine asked to boot"));
        List<List<Event>> perMachine = cluster.machines().stream().map(ReportsTest::boot).toList();
        for (int step = 0; step < perMachine.getFirst().size(); step++) {
            for (int machine = 0; machine < perMachine.size(); machine++) {
                now = now.plusMillis(random.nextInt(900));
                add(perMachine.get(machine).get(step));
                if (machine == 2 && perMachine.get(machine).get(step) instanceof Event.MachineObserved seen
                        && seen.stage() == BootStage.LOADER) {
                    now = now.plusSeconds(30);
                    add(new Event.MachineStuck("demo-wk-2", "boot loader: no boot script fetched for 1 min 0 s",
                            "demo-wk-2 is stuck"));
                }
            }
        }
        add(new Event.StepStarted("hand-off", null, 1, "commit the GitOps tree"));
        add(new Event.HandedOff("0123456789abcdef0123456789abcdef01234567", "main", "committed"));
        add(new Event.StepFailed("hand-off", null, 1, Problem.error("git-push", "spec.handOff.remote",
                "the GitOps tree was not pushed", "a repository that we may push to", "try 'git ls-remote'"), -1,
                "failed"));
        add(new Event.RunEnded(Event.Outcome.FAILED, "the run failed"));
    }

    private static List<Event> boot(Machine machine) {
        String name = machine.name();
        Hardware hardware = new Hardware("QEMU", "Standard PC (Q35)", "", "EPYC", 2, 4096, "uefi", null, "", List.of(),
                List.of());
        List<Event> events = new ArrayList<>();
        events.add(new Event.StepStarted("install/" + name, name, 1, "install " + name));
        for (BootStage stage : List.of(BootStage.POWERED, BootStage.DHCP, BootStage.LOADER)) {
            events.add(new Event.MachineObserved(name, stage, -1, "it is at " + stage.label()));
        }
        events.add(new Event.BootScriptServed(name, 1, "fetched its boot script"));
        events.add(new Event.MachineObserved(name, BootStage.KERNEL, -1, "fetched vmlinuz"));
        events.add(new Event.InventoryReceived(name, hardware, "sent its inventory"));
        events.add(new Event.DiskWriteOrdered(name, "order-" + name,
                new Plan.DiskTarget(machine.disk().toString(), "QEMU HARDDISK", 20L << 30),
                "ordered to write the disk"));
        for (double fraction : new double[]{0, 0.2, 0.4, 0.6, 0.8}) {
            events.add(new Event.MachineObserved(name, BootStage.WRITING, fraction, "writing the disk"));
        }
        events.add(new Event.DiskWritten(name, "order-" + name, "the disk is written and synced"));
        events.add(new Event.StepDone("install/" + name, name, false, "install " + name + ": done"));
        for (BootStage stage : List.of(BootStage.DISK_BOOT, BootStage.SYSTEM, BootStage.JOINING, BootStage.READY)) {
            events.add(new Event.MachineObserved(name, stage, -1, "it is at " + stage.label()));
        }
        return events;
    }

    private void add(Event event) {
        now = now.plusMillis(100);
        journal.add(new Event.Recorded(1L + journal.size(), now, "demo", run, event));
    }

    private ClusterStatus status() {
        return StatusFold.of(journal, text -> new Validation("test", text, cluster, List.of())).orElseThrow();
    }

    private Kindling.Report render() {
        return Reports.render(journal, status());
    }

    private static Element svg(String html) throws Exception {
        String svg = html.substring(html.indexOf("<svg"), html.indexOf("</svg>") + 6);
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)))
                .getDocumentElement();
    }

    private static void golden(String name, String text) throws IOException {
        Path file = GOLDEN.resolve(name);
        if (Boolean.getBoolean("golden.update")) {
            Files.createDirectories(GOLDEN);
            Files.writeString(file, text);
        }
        assertThat(text).isEqualTo(Files.readString(file, StandardCharsets.UTF_8));
    }
}

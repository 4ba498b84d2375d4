package dev.kindling.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.NodePool;
import dev.kindling.engine.model.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Examples are planned whole; where one asks for what this version cannot do, nothing starts. */
class ExamplesTest {
    private static final Path EXAMPLES = Path.of(System.getProperty("kindling.home", "..")).resolve("docs/examples");

    @TempDir
    Path directory;

    private Kindling kindling;

    @BeforeEach
    void open() throws IOException {
        kindling = Engine.openInProcess(directory, Map.of(), Clock.systemUTC(), RandomGenerator.getDefault(),
                UnaryOperator.identity());
    }

    @AfterEach
    void close() {
        kindling.close();
    }

    private Validation read(String name, String more) throws IOException {
        return kindling.validate(name, Files.readString(EXAMPLES.resolve(name)) + more);
    }

    private Plan plan(Validation validation) {
        assertThat(validation.problems()).allSatisfy(
                problem -> assertThat(problem.severity()).as(problem.toString()).isEqualTo(Problem.Severity.WARNING));
        return kindling.plan(validation);
    }

    static Stream<String> examples() throws IOException {
        try (Stream<Path> files = Files.list(EXAMPLES)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void exampleIsPlannedAndNotAppliedWhereThatIsNotYetPossible(String name) throws IOException {
        Validation validation = read(name, "");
        Plan plan = plan(validation);

        Set<String> ids = new HashSet<>();
        for (Plan.Action action : plan.actions()) {
            assertThat(ids).as("what %s depends on comes before it", action.id()).containsAll(action.dependsOn());
            assertThat(ids.add(action.id())).as(action.id()).isTrue();
        }
        for (Machine machine : plan.cluster().machines()) {
            assertThat(ids).contains("power/" + machine.name(), "install/" + machine.name(),
                    "boot/" + machine.name());
        }
        boolean possible = validation.problems().isEmpty();
        assertThat(plan.notices().stream().anyMatch(notice -> notice.startsWith("NOT IN THIS VERSION")))
                .isEqualTo(!possible);
        if (possible) {
            return;
        }
        Kindling.Started started = kindling.apply(plan, Kindling.ApplyOptions.DEFAULT);
        assertThat(started.run()).isEmpty();
        assertThat(started.problems()).isNotEmpty().allSatisfy(problem -> {
            assertThat(problem.code()).endsWith("-not-yet");
            assertThat(problem.severity()).isEqualTo(Problem.Severity.ERROR);
        });
        assertThat(kindling.clusters()).as("nothing was recorded").isEmpty();
    }

    @Test
    void loadBalancerAndBootstrapMachineOfOkdAreInItsPlan() throws IOException {
        Plan plan = plan(read("okd-load-balancer.yaml", ""));

        Cluster cluster = plan.cluster();
        assertThat(cluster.machines()).extracting(Machine::name).containsExactly("okd-production-boot-1",
                "okd-production-cp-1", "okd-production-cp-2", "okd-production-cp-3");
        assertThat(cluster.services().getFirst().settings()).containsEntry("services", "api,ingress,machine-config");
        assertThat(titles(plan)).anyMatch(title -> title.startsWith("Set up the service load-balancer"))
                .anyMatch(title -> title.contains("okd-production-boot-1") && title.contains("on storage01"))
                .anyMatch(title -> title.startsWith("Form OKD 4.19.0 on okd-production-cp-1, by the bootstrap machine"))
                .anyMatch(title -> title.startsWith("Remove the temporary machine okd-production-boot-1"));
        assertThat(action(plan, "power/okd-production-cp-2").dependsOn()).contains("service/load-balancer",
                "serve/boot");
        assertThat(action(plan, "remove/okd-production-boot-1").dependsOn()).contains("form/okd-production-cp-1",
                "join/okd-production-cp-3");
    }

    @Test
    void virtualMachinesOfTalosAreNumberedByThePrefix() throws IOException {
        Cluster cluster = plan(read("talos-production.yaml", "")).cluster();

        assertThat(cluster.machines()).extracting(Machine::vmid).containsExactly(401, 402, 403, 404, 405);
        assertThat(cluster.machines()).extracting(Machine::name).containsExactly("production-cp-1", "production-cp-2",
                "production-cp-3", "production-wk-1", "production-wk-2");
    }

    @Test
    void environmentsOfMicrok8sGrowFromOneToTheNext() throws IOException {
        Map<String, List<String>> sizes = new java.util.LinkedHashMap<>();
        for (String environment : List.of("development", "staging", "production")) {
            Cluster cluster = plan(read("microk8s-environments.yaml", "\nenvironment: " + environment + "\n"))
                    .cluster();
            assertThat(cluster.name()).isEqualTo("supernova-" + environment);
            assertThat(cluster.environment()).isEqualTo(environment);
            List<String> pools = new ArrayList<>();
            for (NodePool pool : cluster.pools()) {
                pools.add(pool.count() + " " + pool.role() + " " + pool.minimum().cpus() + " CPU "
                        + pool.minimum().memoryMib() / 1024 + " GiB " + pool.minimum().diskGib() + " GiB");
            }
            sizes.put(environment, pools);
        }

        assertThat(sizes).containsEntry("development", List.of("1 CONTROL_PLANE 2 CPU 4 GiB 40 GiB"))
                .containsEntry("staging", List.of("3 CONTROL_PLANE 4 CPU 8 GiB 60 GiB"))
                .containsEntry("production",
                        List.of("3 CONTROL_PLANE 4 CPU 8 GiB 100 GiB", "2 WORKER 8 CPU 16 GiB 200 GiB"));
    }

    @Test
    void settingsOfAnEnvironmentAreInheritedAndReplaced() throws IOException {
        Cluster staging = plan(read("microk8s-environments.yaml", "\nenvironment: staging\n")).cluster();
        Cluster production = plan(read("microk8s-environments.yaml", "\nenvironment: production\n")).cluster();

        assertThat(staging.distribution().version()).isEqualTo("1.32/stable");
        assertThat(staging.distribution().settings()).containsEntry("addons",
                "dns,ingress,metallb,hostpath-storage,cert-manager");
        assertThat(production.distribution().settings().get("addons")).endsWith(",observability");
        assertThat(production.networks()).extracting(network -> network.cidr().toString())
                .containsExactly("10.30.30.0/24", "10.30.31.0/24");
        assertThat(production.withRole(Role.CONTROL_PLANE)).extracting(machine -> machine.address().getHostAddress())
                .containsExactly("10.30.30.11", "10.30.30.12", "10.30.30.13");
    }

    private static List<String> titles(Plan plan) {
        return plan.actions().stream().map(Plan.Action::title).toList();
    }

    private static Plan.Action action(Plan plan, String id) {
        return plan.actions().stream().filter(action -> action.id().equals(id)).findFirst().orElseThrow();
    }
}

package dev.kindling.engine.distribution.k3s;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.Condition;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.boot.Machines;
import dev.kindling.engine.distribution.Distribution;
import dev.kindling.engine.distribution.KubeApi;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.plan.Step;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** Forms a K3s cluster: the primer as server, the other machines as agents. */
public final class K3s implements Distribution {
    /** Words that appear wherever a stand-in is used. */
    public static final String STAND_IN = "STAND-IN CONTROL PLANE";

    private final Machines machines;
    private final Credentials credentials;
    private final Supplier<Optional<Binary>> binary;
    private final Set<String> admitted = ConcurrentHashMap.newKeySet();

    /**
     * The K3s program as machines fetch it.
     *
     * @param url may be relative to the boot service's base URL
     */
    public record Binary(String url, String sha256) {}

    /** The secrets of a cluster, as they are kept by the embedded store. */
    public interface Credentials {
        /** What an agent joins with. */
        String clusterToken();

        /** What the stand-in's API accepts. */
        String apiToken();

        /** Empty until the primer has sent it. */
        Optional<String> kubeconfig();

        void storeKubeconfig(String kubeconfig);
    }

    /**
     * @param binary asked once machines run; empty: a stand-in control plane is used
     */
    public K3s(Machines machines, Credentials credentials, Supplier<Optional<Binary>> binary) {
        this.machines = machines;
        this.credentials = credentials;
        this.binary = binary;
    }

    @Override
    public List<Step> steps() {
        Cluster cluster = machines.cluster();
        Machine primer = cluster.primer();
        var settings = new TreeMap<>(cluster.distribution().settings());
        var steps = new ArrayList<Step>();
        steps.add(new Step(
                new Plan.Action("form/" + primer.name(), "Start the K3s server on " + primer.name(), primer.name(),
                        null,
                        "no cluster", "the API answers on " + primer.address().getHostAddress() + ":6443",
                        false,
                        List.of("boot/" + primer.name()), false, Duration.ofSeconds(60)),
                Step.Lane.WAIT, 2, cluster.checks().timeout(), () -> false, attempt -> formPrimer(primer, attempt))
                .madeOf(primer.name(), primer.address(), primer.disk(), cluster.distribution().version(),
                        settings, cluster.addressing().podCidr(), cluster.addressing().serviceCidr(),
                        cluster.addressing().vip()));
        var joined = new ArrayList<String>(List.of("form/" + primer.name()));
        for (Machine machine : cluster.machines()) {
            if (machine.equals(primer)) {
                continue;
            }
            String id = "join/" + machine.name();
            joined.add(id);
            steps.add(new Step(
                    new Plan.Action(id, "Join " + machine.name() + " to the cluster", machine.name(), null,
                            "not a node", "a node of " + cluster.name(), false,
                            List.of("boot/" + machine.name(), "form/" + primer.name()), false, Duration.ofSeconds(20)),
                    Step.Lane.WAIT, 2, Duration.ofMinutes(15), () -> false, attempt -> join(machine, attempt))
                    .madeOf(machine.name(), machine.address(), machine.disk(), primer.address(), primer.disk(),
                            cluster.distribution().version(), settings, cluster.addressing().vip()));
        }
        steps.add(new Step(
                new Plan.Action(NODES_READY, "See all " + cluster.machines().size() + " nodes Ready", null, null,
                        "nodes unknown", "every node is Ready", false, joined, false, Duration.ofSeconds(10)),
                Step.Lane.WAIT, 1, cluster.checks().timeout(), () -> false, this::awaitNodes)
                .madeOf(cluster.machines().stream().map(machine -> machine.name() + " " + machine.disk()).toList(),
                        cluster.distribution().version()));
        return steps;
    }

    @Override
    public Optional<String> installConfig(Machine machine) {
        if (!admitted.contains(machine.name())) {
            return Optional.empty();
        }
        Cluster cluster = machines.cluster();
        boolean server = machine.equals(cluster.primer());
        Optional<Binary> real = binary.get();
        var config = new StringBuilder();
        config.append("mode=").append(real.isPresent() ? "real" : "stand-in").append('\n');
        config.append("role=").append(server ? "server" : "agent").append('\n');
        config.append("distribution=k3s\nversion=").append(cluster.distribution().version()).append('\n');
        config.append("node.name=").append(machine.name()).append('\n');
        config.append("node.ip=").append(machine.address().getHostAddress()).append('\n');
        config.append("server.url=").append(server ? serverUrl(real.isPresent()) : joinUrl()).append('\n');
        config.append("pod.cidr=").append(cluster.addressing().podCidr()).append('\n');
        config.append("service.cidr=").append(cluster.addressing().serviceCidr()).append('\n');
        config.append("cluster.token=").append(credentials.clusterToken()).append('\n');
        if (server && real.isEmpty()) {
            config.append("api.token=").append(credentials.apiToken()).append('\n');
        }
        real.ifPresent(
                file -> config.append("k3s.url=").append(file.url()).append("\nk3s.sha256=").append(file.sha256())
                        .append('\n'));
        return Optional.of(config.toString());
    }

    /** On a simulated primer any free port will do: the host may have a cluster of its own on 6443. */
    private String serverUrl(boolean real) {
        Machine primer = machines.cluster().primer();
        return (real ? "https" : "http") + "://" + primer.address().getHostAddress() + ":"
                + (primer.kind() == Machine.Kind.SIMULATED ? 0 : 6443);
    }

    /** Agents are admitted after the primer has sent its kubeconfig, which says where it listens. */
    private String joinUrl() {
        return KubeApi.server(credentials.kubeconfig().orElseThrow());
    }

    @Override
    public void kubeconfigReceived(String kubeconfig) {
        credentials.storeKubeconfig(kubeconfig);
    }

    private void formPrimer(Machine primer, Step.Attempt attempt)
            throws IOException, InterruptedException, Step.Failed {
        admitted.add(primer.name());
        if (credentials.kubeconfig().isEmpty()) {
            attempt.progress(-1, "waiting for " + primer.name() + " to send its kubeconfig");
        }
        machines.await(primer.name(), "the kubeconfig from " + primer.name(), _ -> credentials.kubeconfig().isPresent(),
                attempt);
        try (var api = api()) {
            poll(attempt, "/readyz of the API to answer ok", () -> {
                String answer = api.readyz();
                return answer.equals("ok") ? Optional.empty() : Optional.of("it answers '" + answer + "'");
            });
            attempt.progress(-1, "the API answers: version " + api.version());
        }
    }

    private void join(Machine machine, Step.Attempt attempt) throws InterruptedException, Step.Failed {
        admitted.add(machine.name());
        machines.await(machine.name(), "its node in the cluster",
                now -> now.heardInThisRun() && now.stage() == BootStage.READY, attempt);
    }

    private void awaitNodes(Step.Attempt attempt) throws IOException, InterruptedException, Step.Failed {
        List<String> wanted = machines.cluster().machines().stream().map(Machine::name).toList();
        try (var api = api()) {
            poll(attempt, "every node to be Ready", () -> {
                Map<String, Boolean> nodes = api.nodes();
                List<String> missing = wanted.stream().filter(name -> !nodes.getOrDefault(name, false)).toList();
                return missing.isEmpty() ? Optional.empty() : Optional.of("not Ready: " + String.join(", ", missing));
            });
            machines.condition(Condition.Type.CLUSTER_AVAILABLE, Condition.Status.TRUE, "ApiAnswers",
                    "the API answers as version " + api.version() + " with " + wanted.size() + " Ready nodes");
        }
        for (Machine machine : machines.cluster().machines()) {
            if (machines.now(machine.name()).stage() != BootStage.READY) {
                machines.record(machine.name(), new Event.MachineObserved(machine.name(), BootStage.READY, 1,
                        "its node is Ready"));
            }
        }
    }

    private KubeApi api() throws Step.Failed {
        return new KubeApi(credentials.kubeconfig().orElseThrow(() -> new Step.Failed(Problem.error("no-kubeconfig",
                machines.cluster().name(), "the kubeconfig is not in the store", "the kubeconfig of the primer",
                "run kindling up again"), true)));
    }

    private interface Probe {
        /** Empty when all is well; else what is missing. */
        Optional<String> missing() throws IOException;
    }

    /** Asks once a second; the last answer is in the message when the deadline comes. */
    private static void poll(Step.Attempt attempt, String what, Probe probe)
            throws InterruptedException, Step.Failed {
        String last = "";
        while (true) {
            String missing;
            try {
                var answer = probe.missing();
                if (answer.isEmpty()) {
                    return;
                }
                missing = answer.get();
            } catch (IOException e) {
                missing = String.valueOf(e.getMessage());
            }
            if (!missing.equals(last)) {
                attempt.progress(-1, "waiting for " + what + ": " + missing);
                last = missing;
            }
            Instant now = attempt.clock().instant();
            if (!now.isBefore(attempt.deadline())) {
                throw new Step.Failed(Problem.error("deadline", "cluster", missing, what,
                        "look at the primer's console; kindling up goes on from here"), true);
            }
            attempt.sleep(Duration.ofSeconds(1));
        }
    }
}

package dev.kindling.engine.handoff;

import static dev.kindling.engine.handoff.Yaml.map;

import dev.kindling.engine.model.Addressing;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Distribution;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.Network;
import dev.kindling.engine.model.Role;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The files that hand a cluster over to Argo CD, by path. The same model gives the same bytes. No secret is in them.
 *
 * <pre>
 * bootstrap/{cluster}/            what a person applies once: the project and the root application
 * gitops/core/apps/{cluster}/     one Application per app; the root application follows this directory
 * gitops/core/clusters/{cluster}/ what the cluster is: facts, and resources that depend on its network
 * manifests/{app}/{cluster}/      values.yaml of a chart; of an app without one, its manifests
 * </pre>
 *
 * @param cluster its name
 * @param owned files that are ours: written as they are here
 * @param seeded files that belong to people once they exist: written only where there is none
 */
public record GitOpsTree(String cluster, SortedMap<String, String> owned, SortedMap<String, String> seeded) {
    private static final String ARGO_NAMESPACE = "argocd";
    private static final String IN_CLUSTER = "https://kubernetes.default.svc";

    /** Where the model names no remote. RFC 2606: this name never resolves. */
    private static final String NO_REMOTE = "https://no-remote-configured.invalid/gitops.git";

    public GitOpsTree {
        owned = Collections.unmodifiableSortedMap(new TreeMap<>(owned));
        seeded = Collections.unmodifiableSortedMap(new TreeMap<>(seeded));
    }

    /** All files. */
    public SortedMap<String, String> files() {
        TreeMap<String, String> all = new TreeMap<>(seeded);
        all.putAll(owned);
        return Collections.unmodifiableSortedMap(all);
    }

    /** Directories in which every file is ours: others of them are left over from before, and removed. */
    Set<String> ownedDirectories() {
        return new TreeSet<>(Set.of(bootstrap(cluster), apps(cluster), clusterFacts(cluster)));
    }

    /** The tree of a cluster. */
    public static GitOpsTree of(Cluster cluster) {
        return new Builder(cluster).build();
    }

    private static String bootstrap(String cluster) {
        return "bootstrap/" + cluster + "/";
    }

    private static String apps(String cluster) {
        return "gitops/core/apps/" + cluster + "/";
    }

    private static String clusterFacts(String cluster) {
        return "gitops/core/clusters/" + cluster + "/";
    }

    private static String manifests(String app, String cluster) {
        return "manifests/" + app + "/" + cluster + "/";
    }

    private static final class Builder {
        private final Cluster cluster;
        private final String name;
        private final String repository;
        private final SortedMap<String, String> owned = new TreeMap<>();
        private final SortedMap<String, String> seeded = new TreeMap<>();

        Builder(Cluster cluster) {
            this.cluster = cluster;
            this.name = cluster.name();
            this.repository = cluster.handOff().remote() == null
                    ? NO_REMOTE
                    : RemoteUrl.withoutCredentials(cluster.handOff().remote());
        }

        GitOpsTree build() {
            List<CoreApp> known = CoreApp.all();
            Set<String> chartRepositories = new TreeSet<>();
            for (String app : new LinkedHashSet<>(cluster.handOff().apps())) {
                Optional<CoreApp> core = known.stream().filter(candidate -> candidate.name().equals(app)).findFirst();
                core.ifPresent(found -> chartRepositories.add(found.repository()));
                owned.put(apps(name) + app + ".yaml", Yaml.write(core.map(this::chart).orElseGet(() -> plain(app))));
                seeded.put(manifests(app, name) + "values.yaml", values(app, core.isPresent()));
            }
            owned.put(apps(name) + "cluster-facts.yaml",
                    Yaml.write(application("cluster-facts", -1, "kube-system", false, false,
                            map("source",
                                    map("repoURL", repository, "targetRevision", cluster.handOff().branch(), "path",
                                            clusterFacts(name).replaceAll("/$", ""))))));
            owned.put(clusterFacts(name) + "cluster.yaml", facts());
            loadBalancerPool().ifPresent(pool -> owned.put(clusterFacts(name) + "metallb.yaml", pool));
            owned.put(bootstrap(name) + "project.yaml", Yaml.write(project(chartRepositories)));
            owned.put(bootstrap(name) + "root.yaml", Yaml.write(root()));
            owned.put(bootstrap(name) + "README.md", readme());
            return new GitOpsTree(name, owned, seeded);
        }

        private Map<String, Object> project(Set<String> chartRepositories) {
            List<String> sources = new ArrayList<>();
            sources.add(repository);
            sources.addAll(chartRepositories);
            return map("apiVersion", "argoproj.io/v1alpha1", "kind", "AppProject", "metadata",
                    map("name", name, "namespace", ARGO_NAMESPACE, "labels", labels()), "spec",
                    map("description", "Core of cluster " + name, "sourceRepos", sources, "destinations",
                            List.of(map("server", IN_CLUSTER, "namespace", "*")), "clusterResourceWhitelist",
                            List.of(map("group", "*", "kind", "*"))));
        }

        private Map<String, Object> root() {
            return map("apiVersion", "argoproj.io/v1alpha1", "kind", "Application", "metadata",
                    map("name", name + "-root", "namespace", ARGO_NAMESPACE, "labels", labels()), "spec",
                    map("project", name, "destination", map("server", IN_CLUSTER, "namespace", ARGO_NAMESPACE),
                            "source",
                            map("repoURL", repository, "targetRevision", cluster.handOff().branch(), "path",
                                    apps(name).replaceAll("/$", "")),
                            "syncPolicy", map("automated", map("prune", true, "selfHeal", true))));
        }

        private Map<String, Object> chart(CoreApp app) {
            return application(app.name(), app.wave(), app.namespace(), app.serverSideApply(), app.privileged(),
                    map("sources", List.of(
                            map("repoURL", app.repository(), "chart", app.chart(), "targetRevision", app.version(),
                                    "helm",
                                    map("releaseName", app.name(), "valueFiles",
                                            List.of("$values/" + manifests(app.name(), name) + "values.yaml"))),
                            map("repoURL", repository, "targetRevision", cluster.handOff().branch(), "ref",
                                    "values"))));
        }

        private Map<String, Object> plain(String app) {
            return application(app, 5, app, false, false,
                    map("source", map("repoURL", repository, "targetRevision", cluster.handOff().branch(), "path",
                            manifests(app, name).replaceAll("/$", ""), "directory",
                            map("recurse", true, "exclude", "values.yaml"))));
        }

        private Map<String, Object> application(String app, int wave, String namespace, boolean serverSideApply,
                boolean privileged, Map<String, Object> source) {
            List<String> options = new ArrayList<>(List.of("CreateNamespace=true"));
            if (serverSideApply) {
                options.add("ServerSideApply=true");
            }
            Map<String, Object> sync = map("automated", map("prune", true, "selfHeal", true), "syncOptions", options);
            if (privileged) {
                sync.put("managedNamespaceMetadata",
                        map("labels", map("pod-security.kubernetes.io/enforce", "privileged")));
            }
            sync.put("retry", map("limit", 10, "backoff", map("duration", "10s", "factor", 2, "maxDuration", "5m")));
            Map<String, Object> spec = map("project", name, "destination",
                    map("server", IN_CLUSTER, "namespace", namespace));
            spec.putAll(source);
            spec.put("syncPolicy", sync);
            return map("apiVersion", "argoproj.io/v1alpha1", "kind", "Application", "metadata",
                    map("name", name + "-" + app, "namespace", ARGO_NAMESPACE, "labels", labels(), "annotations",
                            map("argocd.argoproj.io/sync-wave", Integer.toString(wave))),
                    "spec", spec);
        }

        private Map<String, Object> labels() {
            return map("app.kubernetes.io/managed-by", "kindling", "kindling.dev/cluster", name);
        }

        private String facts() {
            List<Object> nodes = new ArrayList<>();
            for (Machine machine : cluster.machines()) {
                nodes.add(map("name", machine.name(), "role", words(machine.role()), "pool", machine.pool(), "address",
                        machine.address().getHostAddress(), "mac", machine.mac().value(), "disk",
                        machine.disk().toString()));
            }
            List<Object> networks = new ArrayList<>();
            for (Network network : cluster.networks()) {
                Map<String, Object> fact = map("name", network.name(), "cidr", network.cidr().toString());
                if (network.vlan() != null) {
                    fact.put("vlan", network.vlan());
                }
                if (network.gateway() != null) {
                    fact.put("gateway", network.gateway().getHostAddress());
                }
                fact.put("dns", network.dns().stream().map(InetAddress::getHostAddress).toList());
                if (network.domain() != null) {
                    fact.put("domain", network.domain());
                }
                networks.add(fact);
            }
            Addressing addressing = cluster.addressing();
            InetAddress vip = addressing.vip();
            Map<String, Object> facts = map("name", name, "distribution",
                    map("kind", cluster.distribution().kind().name().toLowerCase(java.util.Locale.ROOT), "version",
                            cluster.distribution().version()),
                    "api",
                    map("address", (vip == null ? cluster.primer().address() : vip).getHostAddress(), "port", 6443),
                    "podCidr", addressing.podCidr().toString(), "serviceCidr", addressing.serviceCidr().toString(),
                    "networks", networks, "nodes", nodes, "labels", new TreeMap<>(cluster.labels()));
            return Yaml.write(map("apiVersion", "v1", "kind", "ConfigMap", "metadata",
                    map("name", "kindling-cluster", "namespace", "kube-system", "labels", labels()), "data",
                    map("cluster.yaml", Yaml.write(facts))));
        }

        private Optional<String> loadBalancerPool() {
            if (cluster.addressing().loadBalancerRange() == null || !cluster.handOff().apps().contains("metallb")) {
                return Optional.empty();
            }
            // MetalLB, which brings these kinds, is synced by another Application, perhaps after this one.
            Map<String, Object> metadata = map("name", name, "namespace", "metallb-system", "labels", labels(),
                    "annotations", map("argocd.argoproj.io/sync-options", "SkipDryRunOnMissingResource=true"));
            return Optional.of(Yaml.write(List.of(
                    map("apiVersion", "metallb.io/v1beta1", "kind", "IPAddressPool", "metadata", metadata, "spec",
                            map("addresses", List.of(cluster.addressing().loadBalancerRange().toString()))),
                    map("apiVersion", "metallb.io/v1beta1", "kind", "L2Advertisement", "metadata", metadata, "spec",
                            map("ipAddressPools", List.of(name))))));
        }

        /** Values that follow from the model; the chart's own defaults say the rest. */
        private String values(String app, boolean hasChart) {
            Map<String, Object> values = switch (app) {
                case "cert-manager" -> map("crds", map("enabled", true));
                case "longhorn" -> map("persistence", map("defaultClassReplicaCount", Math.clamp(workers(), 1, 3)));
                case "loki" -> map("deploymentMode", "SingleBinary", "loki",
                        map("auth_enabled", false, "commonConfig", map("replication_factor", 1), "storage",
                                map("type", "filesystem"), "schemaConfig",
                                map("configs", List.of(map("from", "2024-04-01", "store", "tsdb", "object_store",
                                        "filesystem", "schema", "v13", "index",
                                        map("prefix", "loki_index_", "period", "24h"))))),
                        "singleBinary", map("replicas", 1), "read", map("replicas", 0), "write", map("replicas", 0),
                        "backend", map("replicas", 0));
                case "kube-prometheus-stack" -> prometheus();
                case "rancher" -> map("hostname", "rancher." + domain(), "replicas", Math.clamp(workers(), 1, 3));
                default -> map();
            };
            String head = "# " + app + " on cluster " + name + ". Yours to edit: Kindling writes this file once.\n"
                    + (hasChart
                            ? ""
                            : "# Kindling knows no chart of this name: put the app's manifests beside this file.\n");
            return head + Yaml.write(values);
        }

        private Map<String, Object> prometheus() {
            Distribution.Kind kind = cluster.distribution().kind();
            if (kind != Distribution.Kind.K3S && kind != Distribution.Kind.RKE2 && kind != Distribution.Kind.MICROK8S) {
                return map();
            }
            // These run inside one process that listens on the loopback address only: every scrape would be an alert.
            Map<String, Object> off = map("enabled", false);
            return map("kubeControllerManager", off, "kubeScheduler", off, "kubeProxy", off, "kubeEtcd", off);
        }

        private int workers() {
            int workers = cluster.withRole(Role.WORKER).size();
            return workers == 0 ? cluster.withRole(Role.CONTROL_PLANE).size() : workers;
        }

        private String domain() {
            String domain = cluster.provisioningNetwork().domain();
            return domain == null ? name + ".internal" : domain;
        }

        private String readme() {
            return """
                    # Cluster %1$s under Argo CD

                    %2$sApply once, when Argo CD runs in the cluster (namespace `%3$s`):

                        kubectl apply -f %4$s

                    From then on Argo CD follows `%5$s` on branch `%6$s`.
                    Kindling rewrites `%4$s`, `%5$s` and `%7$s`;
                    `manifests/*/%1$s/` is yours.
                    """.formatted(name,
                    repository.equals(NO_REMOTE)
                            ? """
                                    **No remote is configured**: Argo CD cannot reach the repository in the workspace. Set
                                    `spec.handOff.remote` in the definition and run Kindling again.

                                    """
                            : "",
                    ARGO_NAMESPACE, bootstrap(name), apps(name), cluster.handOff().branch(), clusterFacts(name));
        }

        private static String words(Role role) {
            return role.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        }
    }
}

package dev.kindling.engine.definition;

import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Turns what other tools are fed with into a definition. What has no place in a definition is named, never dropped in
 * silence; what the other form does not say is left out, so that reading the definition asks for it, unless the caller
 * adds it.
 *
 * <p>
 * Known forms, told by their keys:
 * <ul>
 * <li>Taskfile variables: {@code CLUSTER_NAME}, {@code VMID_PREFIX}, {@code CP_VMS}, {@code WK_VMS}, where machines are
 * {@code NUMBER-MAC-ADDRESS} with blanks between them
 * <li>a cluster request with {@code cluster_name}, {@code control_plane_nodes}, {@code network_config},
 * {@code resource_config}
 * <li>a provision request with {@code name}, {@code type}, {@code nodeGroups}, {@code services}
 * <li>an order with {@code template}, {@code template_parameters}, {@code node_sets}
 * </ul>
 */
final class Imports {
    /** What a caller may add. */
    static final List<String> MORE = List.of("name", "version", "kind", "cidr", "gateway", "bootServer", "pool");

    /** The newest versions that this Kindling was written beside; used where nothing else is said, and told. */
    private static final Map<String, String> VERSIONS = Map.of("talos", "v1.11.5", "k3s", Demo.VERSION);
    private static final Pattern TASKFILE_MACHINE = Pattern
            .compile("(\\d{1,5})-([0-9A-Fa-f]{2}(?:[:][0-9A-Fa-f]{2}){5})-([0-9.]+)");
    private static final Pattern SHORT_RANGE = Pattern.compile("((?:\\d{1,3}\\.){3})(\\d{1,3})-(\\d{1,3})");
    private static final Map<String, String> CHECKS = Map.of("cluster-operators", "operators", "node-readiness",
            "nodes", "api-availability", "api");

    private final Map<String, String> more;
    private final List<String> left = new ArrayList<>();
    private final List<String> assumed = new ArrayList<>();
    private final Problems problems;

    private Imports(Map<String, String> more, Problems problems) {
        this.more = more;
        this.problems = problems;
    }

    /**
     * Reads another tool's input.
     *
     * @param more what it does not say: keys of {@link #MORE}
     * @param templates for orders
     * @return with the definition (or the order) as its text, and what was left out as warnings; with no text where the
     *         form is not known
     */
    static Validation read(String source, String text, Map<String, String> more, Templates templates) {
        Problems problems = new Problems();
        Node root = YamlText.parse(text, problems);
        if (root == null) {
            return new Validation(source, "", null, problems.inOrder());
        }
        more.keySet().stream().filter(key -> !MORE.contains(key))
                .forEach(key -> problems.add(ProblemCode.PARAMETER_UNKNOWN, new Place(key, 0, 0),
                        "'" + key + "' cannot be added", "one of " + String.join(", ", MORE),
                        DidYouMean.nearest(key, MORE).map(meant -> "Did you mean '" + meant + "'?").orElse("")));
        var imports = new Imports(more, problems);
        Optional<Written> definition = root instanceof Node.Mapping mapping
                ? imports.definition(new Foreign(mapping, "", imports.left))
                : Optional.empty();
        if (definition.isEmpty() || problems.hasErrors()) {
            if (!problems.hasErrors()) {
                problems.add(ProblemCode.IMPORT_UNKNOWN, Place.of("", root),
                        "the keys are those of no form that is known",
                        "CLUSTER_NAME and CP_VMS; cluster_name; name, type and nodeGroups; or template and node_sets");
            }
            return new Validation(source, "", null, problems.inOrder());
        }
        String written = imports.head(source) + YamlWriter.write(definition.get().node());
        Validation read = Templates.isOrder(written)
                ? ordered(written, templates.order(source, written))
                : Definitions.read(source, written);
        var all = new ArrayList<>(read.problems());
        imports.left
                .forEach(key -> all.add(warning(key, "'" + key + "' has no place in a definition and was left out")));
        imports.assumed.forEach(what -> all.add(warning("", what)));
        return new Validation(source, written, read.cluster(), all);
    }

    /** An order stays one: whoever reads it sees the template. */
    private static Validation ordered(String order, Validation rendered) {
        return new Validation(rendered.source(), order, rendered.cluster(), rendered.problems());
    }

    private static Problem warning(String path, String message) {
        return new Problem(Problem.Severity.WARNING, ProblemCode.IMPORT_INCOMPLETE.code(), path, 0, 0, message, "",
                ProblemCode.IMPORT_INCOMPLETE.remedy());
    }

    private String head(String source) {
        StringBuilder head = new StringBuilder("# Imported by Kindling from " + source.replaceAll("[\\r\\n]", " ")
                + "\n");
        left.forEach(key -> head.append("#   left out: ").append(key).append('\n'));
        assumed.forEach(what -> head.append("#   ").append(what).append('\n'));
        return head.append("# The keys are explained in docs/reference/definition.md.\n").toString();
    }

    private Optional<Written> definition(Foreign root) {
        Foreign inner = root.has("vars") ? root.group("vars") : root.has("spec") ? root.group("spec") : root;
        Optional<Written> written = Optional.empty();
        if (inner.has("CLUSTER_NAME")) {
            written = Optional.of(taskfile(inner));
        } else if (inner.has("cluster_name")) {
            written = Optional.of(request(inner));
        } else if (inner.has("nodeGroups")) {
            written = Optional.of(provision(inner));
        } else if (inner.has("template", "templateID", "template_id")) {
            written = Optional.of(order(inner, root));
        }
        if (written.isPresent()) {
            inner.leaveRest();
        }
        return written;
    }

    private Written taskfile(Foreign vars) {
        String cluster = vars.text("CLUSTER_NAME");
        List<Written> controlPlane = machines(vars.text("CP_VMS"), "CP_VMS");
        List<Written> workers = machines(vars.text("WK_VMS"), "WK_VMS");
        String first = firstAddress(controlPlane);
        String kind = more.getOrDefault("kind", "proxmox");
        String prefix = vars.text("VMID_PREFIX");
        Written spec = new Written()
                .put("distribution", distribution("talos", null))
                .put("boot", new Written().put("method", "pxe"))
                .list("networks", List.of(network(around(first), null, null)));
        List<Written> pools = new ArrayList<>();
        pools.add(pool("control-plane", "control-plane", kind).list("machines", controlPlane));
        if (!workers.isEmpty()) {
            pools.add(pool("workers", "worker", kind).list("machines", workers));
        }
        spec.list("nodePools", pools);
        if (prefix != null && kind.equals("proxmox")) {
            spec.put("proxmox", new Written().number("vmidPrefix", prefix));
        } else if (prefix != null) {
            left.add("VMID_PREFIX");
        }
        return cluster(cluster, spec);
    }

    private List<Written> machines(@Nullable String compact, String key) {
        List<Written> machines = new ArrayList<>();
        for (String word : compact == null ? new String[0] : compact.strip().split("\\s+", -1)) {
            Matcher machine = TASKFILE_MACHINE.matcher(word);
            if (!machine.matches()) {
                problems.add(ProblemCode.PARAMETER_RANGE, new Place(key, 0, 0), "there is '" + word + "'",
                        "NUMBER-MAC-ADDRESS, such as 1-52:54:00:4b:00:01-192.168.2.161",
                        "Replace placeholders such as XX by what the machine has.");
            } else {
                machines.add(new Written().put("mac", machine.group(2)).put("address", machine.group(3)));
            }
        }
        return machines;
    }

    private static @Nullable String firstAddress(List<Written> machines) {
        return machines.isEmpty() || !(machines.getFirst().node().value("address") instanceof Node.Scalar address)
                ? null
                : address.text();
    }

    private Written request(Foreign request) {
        Foreign network = request.group("network_config");
        Foreign resources = request.group("resource_config");
        String vip = network.text("vip");
        List<String> addresses = network.texts("node_ips");
        String kind = more.getOrDefault("kind", "proxmox");
        Written minimum = new Written().number("cpus", resources.text("cpu_cores"))
                .put("memory", sized(resources.text("memory_gb"))).put("disk", sized(resources.text("storage_gb")));
        Written controlPlane = pool("control-plane", "control-plane", kind)
                .number("count", request.text("control_plane_nodes")).put("minimum", minimum);
        if (!addresses.isEmpty()) {
            // as many as have addresses; the others get theirs from Kindling
            controlPlane.list("machines",
                    addresses.stream().map(address -> new Written().put("address", address)).toList());
        }
        List<Written> pools = new ArrayList<>(List.of(controlPlane));
        String workers = request.text("worker_nodes");
        if (workers != null && !workers.equals("0")) {
            pools.add(pool("workers", "worker", kind).number("count", workers).put("minimum", minimum));
        }
        Written spec = new Written().put("distribution", distribution("talos", null))
                .put("boot", new Written().put("method", "pxe"))
                .list("networks", List.of(network(around(vip), null, null)))
                .put("addressing",
                        new Written().put("vip", vip).put("podCidr", network.text("pod_cidr")).put("serviceCidr",
                                network.text("service_cidr")))
                .list("nodePools", pools);
        String prefix = request.text("vmid_prefix");
        if (prefix != null && kind.equals("proxmox")) {
            spec.put("proxmox", new Written().number("vmidPrefix", prefix));
        }
        network.leaveRest();
        resources.leaveRest();
        return cluster(request.text("cluster_name"), spec);
    }

    private Written provision(Foreign request) {
        String type = word(request.text("type"), Map.of("vanilla", "kubeadm"));
        String method = word(request.text("bootMethod"), Map.of());
        Foreign network = request.group("network");
        String range = null;
        List<Written> services = new ArrayList<>();
        for (Foreign service : request.groups("services")) {
            Foreign settings = service.group("configuration");
            String serviceType = word(service.text("type"), Map.of("pxe-boot", "pxe"));
            if (settings.has("dhcpRange")) {
                range = fullRange(settings.text("dhcpRange"));
            }
            services.add(new Written().put("name", service.text("name")).put("type", serviceType)
                    .put("settings", settings.flat()).words("dependsOn", service.texts("dependsOn"))
                    .truth("required", service.text("required")).number("startOrder", service.text("startupOrder")));
            service.leaveRest();
        }
        List<Written> pools = new ArrayList<>();
        for (Foreign group : request.groups("nodeGroups")) {
            pools.add(nodeGroup(group));
        }
        Written net = network(range == null ? null : around(range.substring(0, range.indexOf('-'))), range,
                network.text("privateVLAN"));
        String isolation = network.text("isolation");
        if (isolation != null) {
            net.truth("isolated", "true");
        }
        Foreign validation = request.group("validation");
        String minutes = validation.text("timeoutMinutes");
        validation.text("waitForCluster");
        Written spec = new Written().put("distribution", distribution(type, request.text("version")))
                .put("boot", new Written().put("method", method)).list("networks", List.of(net))
                .list("nodePools", pools).list("services", services)
                .put("validation", new Written().put("timeout", minutes == null ? null : minutes + "m").words("checks",
                        validation.texts("healthChecks").stream().map(check -> CHECKS.getOrDefault(check, check))
                                .toList()));
        network.leaveRest();
        validation.leaveRest();
        return cluster(request.text("name"), spec);
    }

    private Written nodeGroup(Foreign group) {
        String kind = more.getOrDefault("kind", "proxmox");
        Foreign boot = group.group("boot");
        Foreign placement = group.group("placement");
        Foreign lifecycle = group.group("lifecycle");
        Foreign template = group.group("template");
        Written pool = pool(group.text("name"), word(group.text("role"), Map.of()), kind)
                .number("count", group.text("count"))
                .put("boot", new Written().put("method", word(boot.text("method"), Map.of())).put("config",
                        boot.text("configTemplate")))
                .put("placement",
                        new Written().put("antiAffinity", word(placement.text("antiAffinity"), Map.of()))
                                .words("preferredHosts", placement.texts("preferredNodes"))
                                .words("targetHosts", placement.texts("targetNodes")))
                .put("lifecycle", new Written().truth("temporary", lifecycle.text("temporary"))
                        .truth("cleanUpAfterBoot", lifecycle.text("cleanupAfterBoot")))
                .put("image", template.text("imageSource")).words("tags", group.texts("tags"))
                .put("metadata", group.group("metadata").flat());
        List.of(boot, placement, lifecycle, template).forEach(Foreign::leaveRest);
        group.leaveRest();
        return pool;
    }

    private Written order(Foreign order, Foreign root) {
        String name = more.getOrDefault("name",
                Optional.ofNullable(root.group("metadata").text("name")).orElse(order.text("name")));
        Written spec = new Written().put("template", order.text("template", "templateID", "template_id"));
        Node parameters = order.node("template_parameters", "templateParameters", "parameters");
        // a cluster order of Kubernetes holds them as JSON in a text
        if (parameters instanceof Node.Scalar json) {
            parameters = YamlText.parse(json.text(), problems);
        }
        if (parameters != null) {
            spec.put("parameters", parameters);
        }
        List<Written> sets = new ArrayList<>();
        for (Foreign set : order.groups("node_sets", "nodeSets", "nodeRequests")) {
            sets.add(new Written().put("name", Optional.ofNullable(set.text("name")).orElse("workers"))
                    .put("hardwareClass", set.text("host_class", "hostClass", "resourceClass"))
                    .number("size", set.text("size", "numberOfNodes")));
            set.leaveRest();
        }
        spec.list("nodeSets", sets);
        return new Written().put("apiVersion", Format.VERSION).put("kind", "ClusterOrder")
                .put("metadata", new Written().put("name", name)).put("spec", spec);
    }

    private Written cluster(@Nullable String name, Written spec) {
        return new Written().put("apiVersion", Format.VERSION).put("kind", "Cluster")
                .put("metadata", new Written().put("name", more.getOrDefault("name", name))).put("spec", spec);
    }

    private Written distribution(@Nullable String name, @Nullable String version) {
        String wanted = more.getOrDefault("version", version);
        if (wanted == null && name != null && VERSIONS.containsKey(name)) {
            wanted = VERSIONS.get(name);
            assumed.add("the version of " + name + " is not said: " + wanted + " was taken");
        }
        return new Written().put("name", name).put("version", wanted);
    }

    private Written network(@Nullable String cidr, @Nullable String pool, @Nullable String vlan) {
        if (cidr != null && !more.containsKey("cidr")) {
            assumed.add("the size of the network is not said: " + cidr + " was taken");
        }
        return new Written().put("name", "provisioning").put("cidr", more.getOrDefault("cidr", cidr))
                .number("vlan", vlan).put("gateway", more.get("gateway")).put("bootServer", more.get("bootServer"))
                .put("pool", more.getOrDefault("pool", pool));
    }

    private static Written pool(@Nullable String name, @Nullable String role, String kind) {
        return new Written().put("name", name).put("role", role).put("kind", kind);
    }

    private static @Nullable String around(@Nullable String address) {
        return address == null || !address.matches("(\\d{1,3}\\.){3}\\d{1,3}")
                ? null
                : address.substring(0, address.lastIndexOf('.')) + ".0/24";
    }

    private static @Nullable String sized(@Nullable String gigabytes) {
        return gigabytes == null ? null : gigabytes + "Gi";
    }

    private static @Nullable String fullRange(@Nullable String range) {
        Matcher shortForm = SHORT_RANGE.matcher(range == null ? "" : range);
        return shortForm.matches()
                ? shortForm.group(1) + shortForm.group(2) + "-" + shortForm.group(1) + shortForm.group(3)
                : range;
    }

    /** {@code CONTROL_PLANE} is {@code control-plane}. */
    private static @Nullable String word(@Nullable String foreign, Map<String, String> others) {
        if (foreign == null) {
            return null;
        }
        String word = foreign.toLowerCase(Locale.ROOT).replace('_', '-');
        return others.getOrDefault(word, word);
    }

    /** A group of another form, that remembers what was asked of it. */
    private static final class Foreign {
        private final Node.Mapping group;
        private final String path;
        private final List<String> left;
        private final List<String> taken = new ArrayList<>();

        Foreign(Node.Mapping group, String path, List<String> left) {
            this.group = group;
            this.path = path;
            this.left = left;
        }

        boolean has(String... keys) {
            for (String key : keys) {
                if (group.value(key) != null) {
                    return true;
                }
            }
            return false;
        }

        @Nullable
        Node node(String... keys) {
            for (String key : keys) {
                Node value = group.value(key);
                if (value != null) {
                    taken.add(key);
                    return value;
                }
            }
            return null;
        }

        @Nullable
        String text(String... keys) {
            return node(keys) instanceof Node.Scalar scalar && !scalar.isNull() ? scalar.text() : null;
        }

        List<String> texts(String... keys) {
            List<String> texts = new ArrayList<>();
            if (node(keys) instanceof Node.Sequence sequence) {
                for (Node item : sequence.items()) {
                    if (item instanceof Node.Scalar scalar) {
                        texts.add(scalar.text());
                    }
                }
            }
            return texts;
        }

        /** One without keys where there is none. */
        Foreign group(String key) {
            return node(key) instanceof Node.Mapping mapping
                    ? new Foreign(mapping, below(key), left)
                    : new Foreign(new Node.Mapping(List.of(), 1, 1), below(key), left);
        }

        List<Foreign> groups(String... keys) {
            List<Foreign> groups = new ArrayList<>();
            if (node(keys) instanceof Node.Sequence sequence) {
                for (int i = 0; i < sequence.items().size(); i++) {
                    if (sequence.items().get(i) instanceof Node.Mapping mapping) {
                        groups.add(new Foreign(mapping, below(taken.getLast()) + "[" + i + "]", left));
                    }
                }
            }
            return groups;
        }

        /** All keys as pairs of text; lists with commas. */
        Written flat() {
            Written pairs = new Written();
            for (Node.Entry entry : group.entries()) {
                taken.add(entry.key().text());
                switch (entry.value()) {
                    case Node.Scalar scalar -> pairs.put(entry.key().text(), scalar.text());
                    case Node.Sequence _ -> pairs.put(entry.key().text(), String.join(",", texts(entry.key().text())));
                    case Node.Mapping _,Node.Unreadable _ -> left.add(below(entry.key().text()));
                }
            }
            return pairs;
        }

        void leaveRest() {
            group.entries().stream().map(entry -> entry.key().text()).filter(key -> !taken.contains(key))
                    .forEach(key -> left.add(below(key)));
        }

        private String below(String key) {
            return path.isEmpty() ? key : path + "." + key;
        }
    }

    /** A group that is being written; what is null or empty is left out. */
    private static final class Written {
        private final Map<String, Node> values = new LinkedHashMap<>();

        Written put(String key, @Nullable String text) {
            if (text != null) {
                values.put(key, new Node.Scalar(text, false, 0, 0));
            }
            return this;
        }

        Written number(String key, @Nullable String number) {
            if (number != null) {
                values.put(key, new Node.Scalar(number, true, 0, 0));
            }
            return this;
        }

        Written truth(String key, @Nullable String truth) {
            return number(key, truth);
        }

        Written put(String key, Node node) {
            values.put(key, node);
            return this;
        }

        Written put(String key, Written group) {
            if (!group.values.isEmpty()) {
                values.put(key, group.node());
            }
            return this;
        }

        Written list(String key, List<Written> groups) {
            if (!groups.isEmpty()) {
                values.put(key, new Node.Sequence(groups.stream().map(group -> (Node) group.node()).toList(), 0, 0));
            }
            return this;
        }

        Written words(String key, List<String> words) {
            if (!words.isEmpty()) {
                values.put(key, new Node.Sequence(
                        words.stream().map(word -> (Node) new Node.Scalar(word, false, 0, 0)).toList(), 0, 0));
            }
            return this;
        }

        Node.Mapping node() {
            return new Node.Mapping(values.entrySet().stream()
                    .map(entry -> new Node.Entry(new Node.Scalar(entry.getKey(), true, 0, 0), entry.getValue()))
                    .toList(), 0, 0);
        }
    }
}

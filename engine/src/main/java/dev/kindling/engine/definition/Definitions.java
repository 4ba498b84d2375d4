package dev.kindling.engine.definition;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Cluster definitions: reading, writing, and the schema for editors. All methods are pure. */
public final class Definitions {
    private Definitions() {}

    /**
     * Reads a definition. All problems are found at once and in the order of the text; none of them is a consequence of
     * another one.
     *
     * @param source where the text came from, for messages
     * @param text YAML or JSON, of any quality
     */
    public static Validation read(String source, String text) {
        Problems problems = new Problems();
        Node root = YamlText.parse(text, problems);
        @Nullable
        Cluster cluster = root == null || ModelReader.isSomethingElse(root, problems) ? null : read(root, problems);
        return new Validation(source, text, problems.hasErrors() ? null : cluster, problems.inOrder());
    }

    /** The cluster of the environment that is named; else that of the base, with all environments checked. */
    private static @Nullable Cluster read(Node root, Problems problems) {
        GroupValue definition = Format.CLUSTER.read(root, "", problems);
        if (definition == null || !(root instanceof Node.Mapping mapping)) {
            return null;
        }
        if (!definition.states(Format.ENVIRONMENTS) && !definition.states(Format.ENVIRONMENT)) {
            return ModelReader.read(definition, problems);
        }
        Environments environments = new Environments(mapping, definition, problems);
        String selected = definition.get(Format.ENVIRONMENT);
        if (selected != null) {
            return environments.names().contains(selected) ? read(environments, selected, problems) : null;
        }
        Cluster base = ModelReader.read(definition, problems);
        for (String name : environments.names()) {
            Cluster checked = read(environments, name, problems);
            base = checked == null ? null : base;
        }
        return base;
    }

    private static @Nullable Cluster read(Environments environments, String name, Problems problems) {
        Problems here = new Problems();
        GroupValue definition = Format.CLUSTER.read(environments.in(name), "", here);
        Cluster cluster = definition == null ? null : ModelReader.read(definition, here);
        problems.addNew(here, environments::written);
        return cluster;
    }

    /** Whether a problem keeps a definition, that is fine otherwise, from being applied by this version. */
    public static boolean isNotYet(Problem problem) {
        return problem.code().endsWith("-not-yet");
    }

    /** The definition that a wizard's answers amount to. Empty answers are left out, so that reading it names them. */
    public static String compose(Draft draft) {
        return Composer.compose(draft);
    }

    /** Where a wizard starts: a virtual rack of three machines, which needs no hardware. */
    public static Draft defaults() {
        return Demo.draft(Machine.Kind.VIRTUAL, 3);
    }

    /**
     * The definition of the demonstration: cluster {@code demo}, one control-plane machine, all others workers, with 1
     * GiB of memory each.
     *
     * @param kind virtual (1 to 200 machines on 10.77.0.0/24) or simulated (1 to 10,000 on 127.77.0.0/16)
     * @throws IllegalArgumentException for another kind or number
     */
    public static String demo(Machine.Kind kind, int machines) {
        return demo(kind, machines, Format.OfVirtual.DEFAULT_MEMORY_MIB);
    }

    /** As {@link #demo(Machine.Kind, int)}, with another size of memory. */
    public static String demo(Machine.Kind kind, int machines, long memoryMib) {
        return Demo.write(kind, machines, memoryMib);
    }

    /** JSON Schema 2020-12 of a definition, for editors. */
    public static String schema() {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("$id", "urn:kindling:cluster:v1");
        schema.put("title", "Kindling cluster definition");
        schema.putAll(Format.CLUSTER.schema());
        DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter().withObjectIndenter(indenter);
        try {
            return new ObjectMapper().writer(printer).writeValueAsString(schema) + "\n";
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package dev.kindling.engine.definition;

import static dev.kindling.engine.definition.TemplateFormat.OfNodeSet;
import static dev.kindling.engine.definition.TemplateFormat.OfOrder;
import static dev.kindling.engine.definition.TemplateFormat.OfOrderMetadata;
import static dev.kindling.engine.definition.TemplateFormat.OfParameter;
import static dev.kindling.engine.definition.TemplateFormat.OfRequirement;
import static dev.kindling.engine.definition.TemplateFormat.OfTest;

import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Template;
import dev.kindling.engine.api.Validation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Templates of definitions: the ready-made ones and those of the user, which hide ready-made ones of the same name.
 * Rendering gives a definition as text, which is then like any other one.
 */
public final class Templates {
    private static final String PLACE = "/dev/kindling/assets/templates/";
    private static final List<String> READY_MADE = List.of("base", "single-node", "ha", "production", "edge");
    private static final String READY = "ready-made";
    private static final String CLUSTER = "cluster";

    private final Map<String, TemplateSource> byReference = new LinkedHashMap<>();
    private final List<Template> broken = new ArrayList<>();
    private final Set<String> hidden = new HashSet<>();

    private Templates() {}

    private record File(String origin, String text) {}

    /**
     * Reads the ready-made templates and those of some directories.
     *
     * @param directories with files {@code *.yaml}; a later one hides an earlier one; those that are not there are
     *            skipped
     */
    public static Templates of(List<Path> directories) throws IOException {
        Templates templates = new Templates();
        List<File> files = new ArrayList<>();
        for (String name : READY_MADE) {
            try (InputStream in = Templates.class.getResourceAsStream(PLACE + name + ".yaml")) {
                if (in == null) {
                    throw new IOException("this build of Kindling lacks its file " + PLACE + name + ".yaml");
                }
                files.add(new File(READY, new String(in.readAllBytes(), StandardCharsets.UTF_8)));
            }
        }
        for (Path directory : directories) {
            if (Files.isDirectory(directory)) {
                try (Stream<Path> found = Files.list(directory)) {
                    for (Path file : found.filter(each -> each.toString().endsWith(".yaml")).sorted().toList()) {
                        try {
                            files.add(new File(file.toString(), Files.readString(file)));
                        } catch (IOException e) {
                            templates.broken.add(unreadable(file, e));
                        }
                    }
                }
            }
        }
        templates.read(files);
        return templates;
    }

    private void read(List<File> files) {
        Map<String, File> byName = new LinkedHashMap<>();
        Map<String, Node.Mapping> roots = new LinkedHashMap<>();
        for (File file : files) {
            Problems problems = new Problems();
            Node root = YamlText.parse(file.text(), problems);
            GroupValue header = root == null ? null : TemplateFormat.TEMPLATE.read(root, "", problems);
            if (header != null && root instanceof Node.Mapping mapping && !problems.hasErrors()) {
                GroupValue metadata = header.group(TemplateFormat.METADATA);
                String name = metadata.get(TemplateFormat.OfMetadata.NAME, "?");
                // whatever their versions are; others may still extend them
                if (!file.origin().equals(READY)) {
                    byName.forEach((reference, other) -> {
                        if (reference.startsWith(name + "@") && other.origin().equals(READY)) {
                            hidden.add(reference);
                        }
                    });
                }
                String reference = name + "@" + metadata.get(TemplateFormat.OfMetadata.VERSION, "0.0.0");
                hidden.remove(reference);
                byName.put(reference, file);
                roots.put(reference, mapping);
            } else {
                broken.add(broken(file.origin(), file.text(), problems.inOrder()));
            }
        }
        for (String reference : byName.keySet()) {
            resolve(reference, byName, roots, new HashSet<>());
        }
    }

    /** A file that is no template is listed with its problems, under its own name. */
    private static Template broken(String origin, String text, List<Problem> problems) {
        String name = String.valueOf(Path.of(origin).getFileName()).replaceFirst("\\.yaml$", "");
        return new Template(name, "0.0.0", "", "", origin, null, List.of(), Map.of(), List.of(), text, problems);
    }

    private static Template unreadable(Path file, IOException e) {
        String why = e instanceof CharacterCodingException
                ? "it is no text in UTF-8"
                : "it cannot be read: " + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
        return broken(file.toString(), "", List.of(Problem.error("template-unreadable", "", why,
                "a template that this user may read", "mend the file, or take it out of the directory")));
    }

    private @Nullable TemplateSource resolve(String reference, Map<String, File> files,
            Map<String, Node.Mapping> roots, Set<String> underWay) {
        TemplateSource known = byReference.get(reference);
        if (known != null) {
            return known;
        }
        File file = Objects.requireNonNull(files.get(reference));
        Node.Mapping own = Objects.requireNonNull(roots.get(reference));
        Problems problems = new Problems();
        GroupValue header = java.util.Objects
                .requireNonNull(TemplateFormat.TEMPLATE.read(own, "", problems), "it was read before");
        String parent = null;
        Node.Mapping root = own;
        At<String> wanted = header.at(TemplateFormat.EXTENDS);
        if (wanted != null) {
            Optional<String> found = newest(wanted.value(), roots.keySet());
            underWay.add(reference);
            if (found.isEmpty()) {
                unknown(wanted.value(), roots.keySet(), wanted.place(), problems);
            } else if (underWay.contains(found.get())) {
                problems.add(ProblemCode.TEMPLATE_CYCLE, wanted.place(),
                        reference + " extends " + found.get() + ", which extends " + reference, "another template");
            } else {
                TemplateSource below = resolve(found.get(), files, roots, underWay);
                if (below != null) {
                    parent = found.get();
                    root = inherited(below.root(), own);
                    GroupValue merged = TemplateFormat.TEMPLATE.read(root, "", new Problems());
                    header = merged == null ? header : merged;
                }
            }
        }
        checkPatterns(header, problems);
        TemplateSource source = new TemplateSource(file.origin(), file.text(), header, root, parent,
                problems.inOrder());
        byReference.put(reference, source);
        return source;
    }

    /** Name, version and tests are a template's own. */
    private static Node.Mapping inherited(Node.Mapping parent, Node.Mapping own) {
        List<Node.Entry> passedOn = parent.entries().stream()
                .filter(entry -> !Set.of("metadata", "tests", "extends").contains(entry.key().text())).toList();
        return TemplateSource.merge(new Node.Mapping(passedOn, parent.line(), parent.column()),
                own) instanceof Node.Mapping merged ? merged : own;
    }

    private static void checkPatterns(GroupValue header, Problems problems) {
        for (At<GroupValue> parameter : header.items(TemplateFormat.PARAMETERS)) {
            At<String> pattern = parameter.value().at(OfParameter.PATTERN);
            if (pattern != null) {
                try {
                    patternOf(pattern.value());
                } catch (PatternSyntaxException e) {
                    problems.add(ProblemCode.BAD_TEXT, pattern.place(), e.getDescription(), "a regular expression");
                }
            }
        }
    }

    static Pattern patternOf(String text) {
        return Pattern.compile(text);
    }

    /** The newest version of a name, or the version that is asked for. */
    private static Optional<String> newest(String wanted, Set<String> references) {
        return references.stream()
                .filter(reference -> wanted.contains("@")
                        ? reference.equals(wanted)
                        : reference.startsWith(wanted + "@"))
                .max(Comparator.comparing(Templates::version, Arrays::compare));
    }

    private static int[] version(String reference) {
        return Arrays.stream(reference.substring(reference.indexOf('@') + 1).split("\\.", -1))
                .mapToInt(Integer::parseInt).toArray();
    }

    private static void unknown(String wanted, Set<String> references, Place place, Problems problems) {
        List<String> names = references.stream().map(reference -> reference.replaceAll("@.*", "")).distinct().toList();
        problems.add(ProblemCode.TEMPLATE_UNKNOWN, place, "there is no template '" + wanted + "'",
                "one of " + String.join(", ", references),
                DidYouMean.nearest(wanted.replaceAll("@.*", ""), names).map(name -> "Did you mean '" + name + "'?")
                        .orElse(ProblemCode.TEMPLATE_UNKNOWN.remedy()));
    }

    /** All templates that can be used alone, and those with problems, by name and version. */
    public List<Template> list() {
        return Stream.concat(broken.stream(), byReference.entrySet().stream()
                .filter(entry -> !entry.getValue().isAbstract() && !hidden.contains(entry.getKey()))
                .map(entry -> entry.getValue().described()))
                .sorted(Comparator.comparing(Template::name).thenComparing(Template::version)).toList();
    }

    /**
     * A definition from a template.
     *
     * @param reference name, or name@version
     * @param parameters as a person writes them: lists with commas, machines as MAC@ADDRESS/SERIAL
     */
    public Validation render(String reference, Map<String, String> parameters) {
        Map<String, Node> given = new LinkedHashMap<>();
        parameters.forEach((name, text) -> given.put(name, new Node.Scalar(text, true, 0, 0)));
        Problems problems = new Problems();
        Optional<TemplateSource> source = find(reference, new Place("template", 0, 0), problems);
        return source.isEmpty()
                ? new Validation("template " + reference, "", null, problems.inOrder())
                : render(source.get(), given, List.of(), problems, "template " + reference, "");
    }

    /** Whether a text is an order and no definition. */
    public static boolean isOrder(String text) {
        // what does not even hold the word is not parsed for that
        return text.contains("ClusterOrder") && YamlText.parse(text, new Problems()) instanceof Node.Mapping root
                && root.value("kind") instanceof Node.Scalar kind && kind.text().equals("ClusterOrder");
    }

    /**
     * The definition that an order amounts to: a template, its parameters and the sizes of its pools.
     *
     * @param text YAML or JSON with the kind {@code ClusterOrder}
     * @return with the definition as its text; with the order as its text where that has problems
     */
    public Validation order(String source, String text) {
        Problems problems = new Problems();
        Node root = YamlText.parse(text, problems);
        GroupValue order = root == null ? null : TemplateFormat.ORDER.read(root, "", problems);
        if (order == null || problems.hasErrors()) {
            return new Validation(source, text, null, problems.inOrder());
        }
        GroupValue spec = order.group(TemplateFormat.ORDER_SPEC);
        String reference = spec.get(OfOrder.TEMPLATE, "");
        Map<String, Node> given = new LinkedHashMap<>();
        Node parameters = spec.get(OfOrder.PARAMETERS);
        if (parameters instanceof Node.Mapping mapping) {
            mapping.entries().forEach(entry -> given.put(entry.key().text(), entry.value()));
        } else if (parameters != null) {
            problems.add(ProblemCode.WRONG_TYPE, Place.of("spec.parameters", parameters),
                    "there is " + parameters.describe(), "a group of parameters and values");
        }
        At<String> name = order.group(TemplateFormat.ORDER_METADATA).at(OfOrderMetadata.NAME);
        if (name != null) {
            given.put(CLUSTER,
                    new Node.Scalar(name.value(), true, name.place().line(), name.place().column()));
        }
        Optional<TemplateSource> template = find(reference, spec.placeOf(OfOrder.TEMPLATE), problems);
        return template.isEmpty() || problems.hasErrors()
                ? new Validation(source, text, null, problems.inOrder())
                : render(template.get(), given, spec.items(OfOrder.NODE_SETS), problems, source, text);
    }

    /**
     * What another tool is fed with, as a definition or an order: see {@link Imports}.
     *
     * @param more what it does not say: name, version, kind, cidr, gateway, bootServer, pool
     */
    public Validation imported(String source, String text, Map<String, String> more) {
        return Imports.read(source, text, more, this);
    }

    /** Runs the tests that a template brings along. Empty where there is no such template, or it has no tests. */
    public List<Template.Test> test(String reference) {
        Optional<TemplateSource> found = find(reference, new Place("template", 0, 0), new Problems());
        return found.map(source -> source.header().items(TemplateFormat.TESTS).stream()
                .map(test -> test(source, test.value())).toList()).orElse(List.of());
    }

    private Template.Test test(TemplateSource source, GroupValue test) {
        Map<String, Node> given = new LinkedHashMap<>();
        if (test.get(OfTest.PARAMETERS) instanceof Node.Mapping parameters) {
            parameters.entries().forEach(entry -> given.put(entry.key().text(), entry.value()));
        }
        Validation rendered = render(source, given, List.of(), new Problems(), source.name(), "");
        List<String> found = rendered.problems().stream().map(Problem::code).distinct().sorted().toList();
        List<String> expected = test.items(OfTest.PROBLEMS).stream().map(At::value).distinct().sorted().toList();
        Integer machines = test.get(OfTest.MACHINES);
        var cluster = rendered.cluster();
        int count = cluster == null ? 0 : cluster.machines().size();
        boolean passed = test.states(OfTest.PROBLEMS) ? found.equals(expected) : rendered.ok();
        String message = (passed
                ? ""
                : "problems: " + (found.isEmpty() ? "none" : String.join(", ", found))
                        + (test.states(OfTest.PROBLEMS)
                                ? "; expected " + String.join(", ", expected)
                                : "; expected no error"));
        if (machines != null && machines != count) {
            passed = false;
            message = (message.isEmpty() ? "" : message + "; ") + count + " machines; expected " + machines;
        }
        return new Template.Test(test.get(OfTest.NAME, ""), passed,
                message.isEmpty() ? count + " machines" : message, rendered.problems());
    }

    private Optional<TemplateSource> find(String reference, Place place, Problems problems) {
        Map<String, TemplateSource> usable = new LinkedHashMap<>();
        byReference.forEach((known, source) -> {
            if (!source.isAbstract() && !hidden.contains(known)) {
                usable.put(known, source);
            }
        });
        Optional<String> found = newest(reference, usable.keySet());
        if (found.isEmpty()) {
            unknown(reference, usable.keySet(), place, problems);
        }
        return found.map(usable::get);
    }

    private static Validation render(TemplateSource source, Map<String, Node> given, List<At<GroupValue>> nodeSets,
            Problems problems, String name, String written) {
        List<Problem> own = source.problems().stream()
                .filter(problem -> problem.severity() == Problem.Severity.ERROR).toList();
        if (!own.isEmpty()) {
            return new Validation(source.origin(), source.text(), null, own);
        }
        TemplateFilling filling = new TemplateFilling(source.header().items(TemplateFormat.PARAMETERS), problems);
        filling.take(given);
        Node gaps = source.header().get(TemplateFormat.DEFINITION);
        Node filled = gaps == null || problems.hasErrors() ? null : filling.fill(gaps, "definition");
        if (!(filled instanceof Node.Mapping definition) || problems.hasErrors()) {
            if (!problems.hasErrors()) {
                problems.add(ProblemCode.EMPTY, new Place("definition", 0, 0), "the template has no definition",
                        "a definition with ${...} in it");
            }
            return new Validation(name, written, null, problems.inOrder());
        }
        Node.Mapping finished = Pools.finish(definition, source.header(), nodeSets, problems);
        if (problems.hasErrors()) {
            return new Validation(name, written, null, problems.inOrder());
        }
        return Definitions.read(name, head(source, given) + YamlWriter.write(finished));
    }

    /** Where the definition came from, for whoever reads it in a year. */
    private static String head(TemplateSource source, Map<String, Node> given) {
        StringBuilder head = new StringBuilder("# Rendered by Kindling from the template " + source.name() + "@"
                + source.version() + "\n");
        given.forEach((name, value) -> head.append("#   ").append(name).append(": ")
                .append(YamlWriter.inOneLine(value).replaceAll("[\\r\\n]", " ")).append('\n'));
        return head.append("# The keys are explained in docs/reference/definition.md.\n").toString();
    }

    /** What a template and an order say of pools. */
    private static final class Pools {
        private Pools() {}

        static Node.Mapping finish(Node.Mapping definition, GroupValue template, List<At<GroupValue>> nodeSets,
                Problems problems) {
            if (!(definition.value("spec") instanceof Node.Mapping spec)
                    || !(spec.value("nodePools") instanceof Node.Sequence pools)) {
                return definition;
            }
            Map<String, Node> requirements = new LinkedHashMap<>();
            for (At<GroupValue> at : template.items(TemplateFormat.REQUIREMENTS)) {
                var role = at.value().get(OfRequirement.ROLE);
                Node minimum = at.value().get(OfRequirement.MINIMUM);
                if (role != null && minimum != null) {
                    requirements.put(Values.word(role), minimum);
                }
            }
            List<String> allowed = template.items(TemplateFormat.HARDWARE_CLASSES).stream().map(At::value).toList();
            List<Node> finished = new ArrayList<>();
            for (Node pool : resized(pools.items(), nodeSets)) {
                Node.Mapping each = (Node.Mapping) pool;
                if (each.value("hardwareClass") instanceof Node.Scalar hardwareClass && !allowed.isEmpty()
                        && !allowed.contains(hardwareClass.text())) {
                    problems.add(ProblemCode.HARDWARE_CLASS_NOT_ALLOWED,
                            Place.of("nodePools." + TemplateSource.nameOf(each) + ".hardwareClass", hardwareClass),
                            "there is " + hardwareClass.describe(), "one of " + String.join(", ", allowed));
                }
                Node minimum = each.value("role") instanceof Node.Scalar role ? requirements.get(role.text()) : null;
                finished.add(each.value("minimum") == null && minimum != null
                        ? with(each, "minimum", minimum)
                        : each);
            }
            return with(definition, "spec",
                    with(spec, "nodePools",
                            new Node.Sequence(List.copyOf(finished), pools.line(), pools.column())));
        }

        /** A node set of a new name is another pool of workers, like the last pool of workers. */
        private static List<Node> resized(List<Node> pools, List<At<GroupValue>> nodeSets) {
            Map<String, Node> byName = new LinkedHashMap<>();
            pools.forEach(pool -> byName.put(TemplateSource.nameOf(pool), pool));
            for (At<GroupValue> at : nodeSets) {
                GroupValue set = at.value();
                String name = set.get(OfNodeSet.NAME, "");
                Node like = byName.getOrDefault(name, byName.values().stream().reduce((_, last) -> last)
                        .orElse(new Node.Mapping(List.of(), 1, 1)));
                if (!(like instanceof Node.Mapping pool)) {
                    continue;
                }
                Node.Mapping sized = with(with(pool, "name", text(name, pool)), "count",
                        new Node.Scalar(String.valueOf(set.get(OfNodeSet.SIZE, 1)), true, pool.line(),
                                pool.column()));
                if (!byName.containsKey(name)) {
                    sized = with(without(sized, "machines"), "role", text("worker", pool));
                }
                String hardwareClass = set.get(OfNodeSet.HARDWARE_CLASS);
                byName.put(name,
                        hardwareClass == null ? sized : with(sized, "hardwareClass", text(hardwareClass, pool)));
            }
            return byName.values().stream().filter(Node.Mapping.class::isInstance).toList();
        }

        private static Node.Scalar text(String text, Node at) {
            return new Node.Scalar(text, false, at.line(), at.column());
        }

        private static Node.Mapping without(Node.Mapping group, String key) {
            return new Node.Mapping(
                    group.entries().stream().filter(entry -> !entry.key().text().equals(key)).toList(), group.line(),
                    group.column());
        }

        private static Node.Mapping with(Node.Mapping group, String key, Node value) {
            List<Node.Entry> entries = new ArrayList<>();
            boolean there = false;
            for (Node.Entry entry : group.entries()) {
                boolean same = entry.key().text().equals(key);
                there |= same;
                entries.add(same ? new Node.Entry(entry.key(), value) : entry);
            }
            if (!there) {
                entries.add(new Node.Entry(new Node.Scalar(key, true, value.line(), value.column()), value));
            }
            return new Node.Mapping(List.copyOf(entries), group.line(), group.column());
        }
    }
}

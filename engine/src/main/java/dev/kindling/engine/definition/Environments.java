package dev.kindling.engine.definition;

import static dev.kindling.engine.definition.Format.OfEnvironment;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The environments of a definition: each is the base with what it and those it inherits from say laid over it. Works on
 * the text's own nodes, so that every value keeps its line.
 */
final class Environments {
    private final Node.Mapping root;
    private final Map<String, Node.Mapping> written = new LinkedHashMap<>();
    private final Map<String, String> parents = new HashMap<>();

    /** @param definition the same, read: what it could not read is not looked at */
    Environments(Node.Mapping root, GroupValue definition, Problems problems) {
        this.root = root;
        List<At<GroupValue>> readable = definition.items(Format.ENVIRONMENTS);
        Map<String, Place> names = new HashMap<>();
        for (At<GroupValue> environment : readable) {
            At<String> name = environment.value().at(OfEnvironment.NAME);
            if (name == null) {
                continue;
            }
            Place first = names.putIfAbsent(name.value(), name.place());
            if (first != null) {
                problems.add(ProblemCode.NAME_DUPLICATE, name.place(),
                        "the environment '" + name.value() + "' was named before: " + first.withLine(),
                        "each environment once");
            } else {
                node(environment.place()).ifPresent(node -> written.put(name.value(), node));
            }
        }
        Shape.Items<GroupValue> all = definition.get(Format.ENVIRONMENTS);
        if (all == null ? definition.broken(Format.ENVIRONMENTS) : names.size() < all.written()) {
            return; // one that is referred to may be unreadable
        }
        check(definition.at(Format.ENVIRONMENT), problems);
        for (At<GroupValue> environment : readable) {
            At<String> parent = environment.value().at(OfEnvironment.INHERITS);
            String name = environment.value().get(OfEnvironment.NAME);
            if (parent != null && name != null && check(parent, problems)) {
                parents.put(name, parent.value());
            }
        }
        for (At<GroupValue> environment : readable) {
            String name = environment.value().get(OfEnvironment.NAME);
            if (name != null && !line(name).getFirst().equals(name) && parents.containsKey(line(name).getFirst())) {
                List<String> circle = line(name);
                problems.add(ProblemCode.ENVIRONMENT_CYCLE, environment.value().placeOf(OfEnvironment.INHERITS),
                        String.join(" <- ", circle) + " <- " + circle.getFirst(),
                        "an environment that inherits from nothing");
                parents.clear();
            } else if (name != null && name.equals(parents.get(name))) {
                problems.add(ProblemCode.ENVIRONMENT_CYCLE, environment.value().placeOf(OfEnvironment.INHERITS),
                        name + " inherits from itself", "an environment that inherits from nothing");
                parents.clear();
            }
        }
    }

    private Optional<Node.Mapping> node(Place place) {
        return value(root, Format.ENVIRONMENTS.name()).filter(Node.Sequence.class::isInstance)
                .map(Node.Sequence.class::cast).stream().flatMap(list -> list.items().stream())
                .filter(item -> item.line() == place.line() && item.column() == place.column())
                .filter(Node.Mapping.class::isInstance).map(Node.Mapping.class::cast).findFirst();
    }

    private boolean check(@Nullable At<String> wanted, Problems problems) {
        if (wanted == null || written.containsKey(wanted.value())) {
            return true;
        }
        problems.add(ProblemCode.ENVIRONMENT_UNKNOWN, wanted.place(),
                "there is no environment '" + wanted.value() + "'",
                written.isEmpty() ? "a definition with 'environments'" : "one of " + String.join(", ", names()),
                DidYouMean.nearest(wanted.value(), names()).map(word -> "Did you mean '" + word + "'?")
                        .orElse(ProblemCode.ENVIRONMENT_UNKNOWN.remedy()));
        return false;
    }

    /** In the order of the text. */
    Set<String> names() {
        return written.keySet();
    }

    /** The environment and those it inherits from, the first ancestor first; ends before a name comes again. */
    private List<String> line(String name) {
        List<String> line = new ArrayList<>();
        for (String each = name; each != null && !line.contains(each); each = parents.get(each)) {
            line.addFirst(each);
        }
        return line;
    }

    /** The definition as it is in an environment. */
    Node.Mapping in(String name) {
        Map<String, Node.Entry> entries = new LinkedHashMap<>();
        root.entries().forEach(entry -> entries.put(entry.key().text(), entry));
        for (String each : line(name)) {
            Node.Mapping environment = written.get(each);
            Node.Entry spec = entries.get(Format.SPEC.name());
            if (environment != null && spec != null) {
                value(environment, OfEnvironment.SPEC.name()).ifPresent(over -> entries.put(Format.SPEC.name(),
                        new Node.Entry(spec.key(), merge(spec.value(), over, Format.OfSpec.SHAPE))));
            }
        }
        Node.Entry metadata = entries.get(Format.METADATA.name());
        if (metadata != null && metadata.value() instanceof Node.Mapping group) {
            entries.put(Format.METADATA.name(), new Node.Entry(metadata.key(), named(group, name)));
        }
        entries.put(Format.ENVIRONMENT.name(), new Node.Entry(scalar(Format.ENVIRONMENT.name(), root),
                scalar(name, root)));
        return new Node.Mapping(List.copyOf(entries.values()), root.line(), root.column());
    }

    /** The cluster of an environment is another one, and so has another name. */
    private Node.Mapping named(Node.Mapping metadata, String environment) {
        Node.Mapping own = written.get(environment);
        Optional<Node> stated = own == null ? Optional.empty() : value(own, OfEnvironment.CLUSTER_NAME.name());
        List<Node.Entry> entries = metadata.entries().stream()
                .map(entry -> entry.key().text().equals(Node.NAME) && entry.value() instanceof Node.Scalar base
                        ? new Node.Entry(entry.key(),
                                stated.orElse(scalar(base.text() + "-" + environment, base)))
                        : entry)
                .toList();
        return new Node.Mapping(entries, metadata.line(), metadata.column());
    }

    private static Node.Scalar scalar(String text, Node place) {
        return new Node.Scalar(text, false, place.line(), place.column());
    }

    private static Node merge(Node base, Node over, Shape<?> shape) {
        return switch (shape) {
            case Shape.Group group when base instanceof Node.Mapping below && over instanceof Node.Mapping above ->
                mergeKeys(below, above, group);
            case Shape.Pairs _ when base instanceof Node.Mapping below && over instanceof Node.Mapping above ->
                mergeKeys(below, above, null);
            case Shape.Many<?>(Shape.Group item, int _, int _) when item.mergedByName()
                    && base instanceof Node.Sequence below && over instanceof Node.Sequence above ->
                mergeItems(below, above, item);
            default -> over;
        };
    }

    /** @param group null: keys of any name, whose values are replaced */
    private static Node mergeKeys(Node.Mapping below, Node.Mapping above, Shape.@Nullable Group group) {
        Map<String, Node.Entry> entries = new LinkedHashMap<>();
        below.entries().forEach(entry -> entries.put(entry.key().text(), entry));
        for (Node.Entry entry : above.entries()) {
            String key = entry.key().text();
            Node.Entry base = entries.get(key);
            Field<?> field = group == null ? null : group.byName().get(key);
            if (base == null || field == null) {
                forgetAlternatives(entries, key, group);
                entries.put(key, entry);
            } else {
                entries.put(key, new Node.Entry(base.key(), merge(base.value(), entry.value(), field.shape())));
            }
        }
        return new Node.Mapping(List.copyOf(entries.values()), below.line(), below.column());
    }

    /** A channel over a version leaves the channel. */
    private static void forgetAlternatives(Map<String, Node.Entry> entries, String key, Shape.@Nullable Group group) {
        Shape.Group.OneOf rule = group == null ? null : group.oneOf();
        if (rule != null && rule.names().contains(key)) {
            rule.names().forEach(entries::remove);
        }
    }

    private static Node mergeItems(Node.Sequence below, Node.Sequence above, Shape.Group item) {
        List<Node> items = new ArrayList<>(below.items());
        Map<String, Integer> places = new HashMap<>();
        for (int i = 0; i < items.size(); i++) {
            int place = i;
            nameOf(items.get(i)).ifPresent(name -> places.putIfAbsent(name, place));
        }
        for (Node over : above.items()) {
            Integer place = nameOf(over).map(places::get).orElse(null);
            if (place == null) {
                items.add(over);
            } else {
                items.set(place, merge(items.get(place), over, item));
            }
        }
        return new Node.Sequence(List.copyOf(items), below.line(), below.column());
    }

    private static Optional<String> nameOf(Node item) {
        return value(item, Node.NAME).filter(Node.Scalar.class::isInstance).map(name -> ((Node.Scalar) name).text());
    }

    private static Optional<Node> value(Node node, String key) {
        return node instanceof Node.Mapping mapping
                ? mapping.entries().stream().filter(entry -> entry.key().text().equals(key)).map(Node.Entry::value)
                        .findFirst()
                : Optional.empty();
    }

    /** For a place in the merged definition: where that was written. */
    Place written(Place place) {
        return pathsByPosition().getOrDefault(position(place.line(), place.column()), List.of()).stream()
                .filter(path -> lastStep(path).equals(lastStep(place.path()))).findFirst()
                .map(path -> new Place(path, place.line(), place.column()))
                .orElseGet(() -> pathsByPosition().getOrDefault(position(place.line(), place.column()), List.of())
                        .stream().findFirst()
                        .map(path -> new Place(path, place.line(), place.column()).below(lastStep(place.path())))
                        .orElse(place));
    }

    private static String lastStep(String path) {
        return path.substring(path.lastIndexOf('.') + 1);
    }

    private @Nullable Map<Long, List<String>> positions;

    private Map<Long, List<String>> pathsByPosition() {
        Map<Long, List<String>> known = positions;
        if (known == null) {
            known = new HashMap<>();
            Optional<Node> list = value(root, Format.ENVIRONMENTS.name());
            if (list.isPresent()) {
                collect(list.get(), Format.ENVIRONMENTS.name(), known);
            }
            positions = known;
        }
        return known;
    }

    /** Outer ones first: a group begins where its first key does. */
    private static void collect(Node node, String path, Map<Long, List<String>> into) {
        into.computeIfAbsent(position(node.line(), node.column()), _ -> new ArrayList<>()).add(path);
        switch (node) {
            case Node.Mapping mapping -> mapping.entries().forEach(entry -> {
                String below = Place.below(path, entry.key().text());
                into.computeIfAbsent(position(entry.key().line(), entry.key().column()), _ -> new ArrayList<>())
                        .add(below);
                collect(entry.value(), below, into);
            });
            case Node.Sequence sequence -> {
                for (int i = 0; i < sequence.items().size(); i++) {
                    collect(sequence.items().get(i), path + "[" + i + "]", into);
                }
            }
            case Node.Scalar _,Node.Unreadable _ -> {
            }
        }
    }

    private static long position(int line, int column) {
        return (long) line << 32 | column;
    }
}

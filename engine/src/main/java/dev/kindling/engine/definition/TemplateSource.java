package dev.kindling.engine.definition;

import static dev.kindling.engine.definition.TemplateFormat.OfMetadata;
import static dev.kindling.engine.definition.TemplateFormat.OfParameter;
import static dev.kindling.engine.definition.TemplateFormat.OfRequirement;

import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Template;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A template as it was read, with what it has from the one that it extends.
 *
 * @param header {@link TemplateFormat#TEMPLATE}
 * @param root what {@code header} was read from
 * @param parent reference; null: none
 */
record TemplateSource(String origin, String text, GroupValue header, Node.Mapping root, @Nullable String parent,
        List<Problem> problems) {

    String name() {
        return header.group(TemplateFormat.METADATA).get(OfMetadata.NAME, "?");
    }

    String version() {
        return header.group(TemplateFormat.METADATA).get(OfMetadata.VERSION, "0.0.0");
    }

    boolean isAbstract() {
        return header.group(TemplateFormat.METADATA).get(OfMetadata.ABSTRACT, false);
    }

    Template described() {
        GroupValue metadata = header.group(TemplateFormat.METADATA);
        Map<String, String> requirements = new LinkedHashMap<>();
        for (At<GroupValue> at : header.items(TemplateFormat.REQUIREMENTS)) {
            var role = at.value().get(OfRequirement.ROLE);
            Node minimum = at.value().get(OfRequirement.MINIMUM);
            if (role != null && minimum instanceof Node.Mapping group) {
                requirements.put(Values.word(role), String.join(", ", group.entries().stream()
                        .map(entry -> entry.key().text() + " "
                                + (entry.value() instanceof Node.Scalar value ? value.text() : "?"))
                        .toList()));
            }
        }
        return new Template(name(), version(), metadata.get(OfMetadata.TITLE, ""),
                metadata.get(OfMetadata.DESCRIPTION, ""), origin, parent,
                header.items(TemplateFormat.PARAMETERS).stream().map(at -> describe(at.value())).toList(),
                requirements, header.items(TemplateFormat.HARDWARE_CLASSES).stream().map(At::value).toList(), text,
                problems);
    }

    private static Template.Parameter describe(GroupValue parameter) {
        ParameterType type = parameter.get(OfParameter.PARAMETER_TYPE, ParameterType.TEXT);
        List<String> allowed = new ArrayList<>(parameter.items(OfParameter.CHOICES).stream().map(At::value).toList());
        Integer least = parameter.get(OfParameter.MINIMUM);
        Integer most = parameter.get(OfParameter.MAXIMUM);
        if (least != null || most != null) {
            allowed.add((least == null ? "" : "from " + least + " ") + (most == null ? "" : "to " + most));
        }
        String pattern = parameter.get(OfParameter.PATTERN);
        if (pattern != null) {
            allowed.add(pattern);
        }
        return new Template.Parameter(parameter.get(OfParameter.NAME, "?"), Values.word(type),
                parameter.get(OfParameter.TITLE, ""), parameter.get(OfParameter.DESCRIPTION, ""),
                String.join(", ", allowed).strip(), parameter.get(OfParameter.REQUIRED, false), standard(parameter));
    }

    private static @Nullable String standard(GroupValue parameter) {
        Node standard = parameter.get(OfParameter.DEFAULT);
        if (standard != null) {
            return standard instanceof Node.Scalar scalar ? scalar.text() : YamlWriter.inOneLine(standard);
        }
        GroupValue by = parameter.get(OfParameter.DEFAULT_BY);
        return by == null
                ? null
                : "depends on " + by.get(TemplateFormat.OfDefaultBy.PARAMETER, "?") + ": "
                        + String.join(", ", by.get(TemplateFormat.OfDefaultBy.VALUES, Map.of()).entrySet().stream()
                                .map(entry -> entry.getKey() + " " + entry.getValue()).toList());
    }

    /**
     * What a template and the one that it extends say together: groups key by key, lists of named things by their
     * names, all else as the extending one has it. A key without a value removes what the other says.
     */
    static Node merge(Node below, Node above) {
        if (below instanceof Node.Mapping old && above instanceof Node.Mapping now) {
            Map<String, Node.Entry> entries = new LinkedHashMap<>();
            old.entries().forEach(entry -> entries.put(entry.key().text(), entry));
            for (Node.Entry entry : now.entries()) {
                String key = entry.key().text();
                Node.Entry before = entries.get(key);
                if (entry.value() instanceof Node.Scalar scalar && scalar.isNull()) {
                    entries.remove(key);
                } else {
                    entries.put(key, before == null
                            ? entry
                            : new Node.Entry(entry.key(), merge(before.value(), entry.value())));
                }
            }
            return new Node.Mapping(List.copyOf(entries.values()), now.line(), now.column());
        }
        if (below instanceof Node.Sequence old && above instanceof Node.Sequence now && named(old) && named(now)) {
            Map<String, Node> items = new LinkedHashMap<>();
            old.items().forEach(item -> items.put(nameOf(item), item));
            now.items().forEach(item -> items.merge(nameOf(item), item, TemplateSource::merge));
            return new Node.Sequence(List.copyOf(items.values()), now.line(), now.column());
        }
        return above;
    }

    private static boolean named(Node.Sequence sequence) {
        return sequence.items().stream().allMatch(item -> !nameOf(item).isEmpty());
    }

    /** The text of the key {@code name}; empty where there is none. */
    static String nameOf(Node item) {
        return item instanceof Node.Mapping mapping && mapping.value("name") instanceof Node.Scalar scalar
                ? scalar.text()
                : "";
    }
}

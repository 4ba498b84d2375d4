package dev.kindling.engine.definition;

import static dev.kindling.engine.definition.TemplateFormat.OfDefaultBy;
import static dev.kindling.engine.definition.TemplateFormat.OfParameter;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Fills the gaps of a template. A key whose parameter has no value is left out, and so is a group with {@code $when}
 * that does not hold, and a group or list of which nothing is left.
 */
final class TemplateFilling {
    static final String WHEN = "$when";
    private static final Pattern GAP = Pattern.compile("\\$(\\$|\\{([A-Za-z][A-Za-z0-9]*)})");
    private static final Pattern CONDITION = Pattern
            .compile("\\$\\{([A-Za-z][A-Za-z0-9]*)}(?:\\s*(==|!=)\\s*(\\S+))?");
    /** MAC, then perhaps @ADDRESS, then perhaps /SERIAL. */
    private static final Pattern MACHINE = Pattern
            .compile("([0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5})(?:@([0-9A-Fa-f:.]+))?(?:/(\\S+))?");

    private final Problems problems;
    private final Map<String, GroupValue> parameters = new LinkedHashMap<>();
    private final Map<String, Node> values = new LinkedHashMap<>();

    TemplateFilling(List<At<GroupValue>> parameters, Problems problems) {
        this.problems = problems;
        for (At<GroupValue> parameter : parameters) {
            this.parameters.put(parameter.value().get(OfParameter.NAME, ""), parameter.value());
        }
    }

    /** Judges what was given, and takes the defaults for the rest. */
    void take(Map<String, Node> given) {
        for (Map.Entry<String, Node> value : given.entrySet()) {
            if (!parameters.containsKey(value.getKey())) {
                problems.add(ProblemCode.PARAMETER_UNKNOWN, place(value.getKey(), value.getValue()),
                        "there is no parameter '" + value.getKey() + "'",
                        "one of " + String.join(", ", parameters.keySet()),
                        DidYouMean.nearest(value.getKey(), parameters.keySet())
                                .map(name -> "Did you mean '" + name + "'?")
                                .orElse(ProblemCode.PARAMETER_UNKNOWN.remedy()));
            }
        }
        for (Map.Entry<String, GroupValue> parameter : parameters.entrySet()) {
            Node value = given.get(parameter.getKey());
            if (value == null) {
                value = standard(parameter.getValue());
            }
            if (value == null) {
                if (parameter.getValue().get(OfParameter.REQUIRED, false)) {
                    problems.add(ProblemCode.PARAMETER_MISSING,
                            new Place("parameters." + parameter.getKey(), 0, 0),
                            "the parameter '" + parameter.getKey() + "' has no value",
                            parameter.getValue().get(OfParameter.TITLE, parameter.getKey()),
                            "Give it: --set " + parameter.getKey() + "=VALUE.");
                }
                continue;
            }
            Node judged = judge(parameter.getKey(), parameter.getValue(), value);
            if (judged != null) {
                values.put(parameter.getKey(), judged);
            }
        }
    }

    private @Nullable Node standard(GroupValue parameter) {
        Node standard = parameter.get(OfParameter.DEFAULT);
        if (standard != null) {
            return fill(standard, "parameters." + parameter.get(OfParameter.NAME, "") + ".default");
        }
        GroupValue by = parameter.get(OfParameter.DEFAULT_BY);
        if (by == null || !(values.get(by.get(OfDefaultBy.PARAMETER, "")) instanceof Node.Scalar decisive)) {
            return null;
        }
        String text = by.get(OfDefaultBy.VALUES, Map.of()).get(decisive.text());
        return text == null ? null : new Node.Scalar(text, true, by.place().line(), by.place().column());
    }

    /** The value as it is put in; null where it is refused, which is reported. */
    private @Nullable Node judge(String name, GroupValue parameter, Node value) {
        ParameterType type = parameter.get(OfParameter.PARAMETER_TYPE, ParameterType.TEXT);
        String path = "parameters." + name;
        Node meant = value instanceof Node.Scalar scalar && !type.plain()
                ? new Node.Scalar(scalar.text(), false, scalar.line(), scalar.column())
                : value;
        if (type == ParameterType.LIST && meant instanceof Node.Scalar scalar) {
            meant = list(scalar);
        } else if (type == ParameterType.MACHINES) {
            return machines(meant, path);
        }
        Shape<?> shape = type.shape();
        if (shape != null && shape.read(meant, path, problems) == null) {
            return null;
        }
        if (meant instanceof Node.Scalar scalar && !allowed(parameter, type, scalar, path)) {
            return null;
        }
        return meant;
    }

    private boolean allowed(GroupValue parameter, ParameterType type, Node.Scalar value, String path) {
        List<String> choices = parameter.items(OfParameter.CHOICES).stream().map(At::value).toList();
        if (!choices.isEmpty() && !choices.contains(value.text())) {
            problems.add(ProblemCode.PARAMETER_RANGE, Place.of(path, value), "there is " + value.describe(),
                    "one of " + String.join(", ", choices), DidYouMean.nearest(value.text(), choices)
                            .map(word -> "Did you mean '" + word + "'?").orElse(ProblemCode.PARAMETER_RANGE.remedy()));
            return false;
        }
        if (type == ParameterType.INTEGER) {
            int number = Integer.parseInt(value.text());
            int least = parameter.get(OfParameter.MINIMUM, Integer.MIN_VALUE);
            int most = parameter.get(OfParameter.MAXIMUM, Integer.MAX_VALUE);
            if (number < least || number > most) {
                problems.add(ProblemCode.PARAMETER_RANGE, Place.of(path, value), "there is the number " + number,
                        "a number" + (least == Integer.MIN_VALUE ? "" : " from " + least)
                                + (most == Integer.MAX_VALUE ? "" : " to " + most));
                return false;
            }
        }
        String pattern = parameter.get(OfParameter.PATTERN);
        if (pattern != null && !Templates.patternOf(pattern).matcher(value.text()).matches()) {
            problems.add(ProblemCode.PARAMETER_RANGE, Place.of(path, value), "there is " + value.describe(),
                    "a text of the form " + pattern);
            return false;
        }
        return true;
    }

    private static Node.Sequence list(Node.Scalar written) {
        List<Node> items = new ArrayList<>();
        for (String item : written.text().split(",", -1)) {
            if (!item.isBlank()) {
                items.add(new Node.Scalar(item.strip(), false, written.line(), written.column()));
            }
        }
        return new Node.Sequence(List.copyOf(items), written.line(), written.column());
    }

    /** {@code MAC@ADDRESS/SERIAL, ...}, or groups as in a definition. */
    private @Nullable Node machines(Node written, String path) {
        Node.Sequence list = switch (written) {
            case Node.Scalar scalar -> list(new Node.Scalar(scalar.text().replace(' ', ','), false, scalar.line(),
                    scalar.column()));
            case Node.Sequence sequence -> sequence;
            case Node.Mapping mapping -> new Node.Sequence(List.of(mapping), mapping.line(), mapping.column());
            case Node.Unreadable unreadable -> new Node.Sequence(List.of(), unreadable.line(), unreadable.column());
        };
        List<Node> machines = new ArrayList<>();
        boolean sound = true;
        for (Node item : list.items()) {
            if (item instanceof Node.Scalar scalar) {
                Matcher machine = MACHINE.matcher(scalar.text());
                if (machine.matches()) {
                    machines.add(machine(machine, scalar));
                } else {
                    problems.add(ProblemCode.PARAMETER_RANGE, Place.of(path, scalar), "there is " + scalar.describe(),
                            "MAC@ADDRESS/SERIAL, such as 52:54:00:4b:00:01@10.77.0.11/S4EWNX0R");
                    sound = false;
                }
            } else {
                machines.add(item);
            }
        }
        return sound ? new Node.Sequence(List.copyOf(machines), list.line(), list.column()) : null;
    }

    private static Node.Mapping machine(Matcher machine, Node.Scalar at) {
        List<Node.Entry> entries = new ArrayList<>();
        entries.add(entry("mac", machine.group(1), at));
        if (machine.group(2) != null) {
            entries.add(entry("address", machine.group(2), at));
        }
        if (machine.group(3) != null) {
            entries.add(new Node.Entry(new Node.Scalar("disk", true, at.line(), at.column()),
                    new Node.Mapping(List.of(entry("serial", machine.group(3), at)), at.line(), at.column())));
        }
        return new Node.Mapping(List.copyOf(entries), at.line(), at.column());
    }

    static Node.Entry entry(String key, String value, Node at) {
        return new Node.Entry(new Node.Scalar(key, true, at.line(), at.column()),
                new Node.Scalar(value, false, at.line(), at.column()));
    }

    /** The node without gaps; null where it is left out. */
    @Nullable
    Node fill(Node node, String path) {
        return switch (node) {
            case Node.Scalar scalar -> scalar.text().indexOf('$') < 0 ? scalar : fill(scalar, path);
            case Node.Sequence sequence -> {
                List<Node> items = new ArrayList<>();
                for (int i = 0; i < sequence.items().size(); i++) {
                    Node item = fill(sequence.items().get(i), path + "[" + i + "]");
                    if (item != null) {
                        items.add(item);
                    }
                }
                yield items.isEmpty() && !sequence.items().isEmpty()
                        ? null
                        : new Node.Sequence(List.copyOf(items), sequence.line(), sequence.column());
            }
            case Node.Mapping mapping -> {
                List<Node.Entry> entries = new ArrayList<>();
                boolean wanted = true;
                for (Node.Entry entry : mapping.entries()) {
                    String below = path.isEmpty() ? entry.key().text() : path + "." + entry.key().text();
                    if (entry.key().text().equals(WHEN)) {
                        wanted = holds(entry.value(), below);
                    } else {
                        Node value = fill(entry.value(), below);
                        if (value != null) {
                            entries.add(new Node.Entry(entry.key(), value));
                        }
                    }
                }
                yield !wanted || (entries.isEmpty() && !mapping.entries().isEmpty())
                        ? null
                        : new Node.Mapping(List.copyOf(entries), mapping.line(), mapping.column());
            }
            case Node.Unreadable unreadable -> unreadable;
        };
    }

    private @Nullable Node fill(Node.Scalar scalar, String path) {
        Matcher gap = GAP.matcher(scalar.text());
        StringBuilder text = new StringBuilder();
        while (gap.find()) {
            String name = gap.group(2);
            if (name == null) {
                gap.appendReplacement(text, "\\$");
                continue;
            }
            Node value = values.get(name);
            if (value == null) {
                reportUnknown(name, scalar, path);
                return null;
            }
            if (gap.start() == 0 && gap.end() == scalar.text().length()) {
                return value;
            }
            if (!(value instanceof Node.Scalar part)) {
                problems.add(ProblemCode.TEMPLATE_PLACEHOLDER, Place.of(path, scalar),
                        "'" + name + "' is " + value.describe() + " and stands inside of a text",
                        "a parameter of plain text, or the placeholder alone");
                return null;
            }
            gap.appendReplacement(text, Matcher.quoteReplacement(part.text()));
        }
        gap.appendTail(text);
        return new Node.Scalar(text.toString(), false, scalar.line(), scalar.column());
    }

    private void reportUnknown(String name, Node at, String path) {
        if (!parameters.containsKey(name)) {
            problems.add(ProblemCode.TEMPLATE_PLACEHOLDER, Place.of(path, at),
                    "the template has no parameter '" + name + "'", "one of " + String.join(", ", parameters.keySet()),
                    DidYouMean.nearest(name, parameters.keySet()).map(meant -> "Did you mean '${" + meant + "}'?")
                            .orElse(ProblemCode.TEMPLATE_PLACEHOLDER.remedy()));
        }
    }

    private boolean holds(Node condition, String path) {
        if (!(condition instanceof Node.Scalar scalar)) {
            problems.add(ProblemCode.TEMPLATE_PLACEHOLDER, Place.of(path, condition),
                    "there is " + condition.describe(), "${NAME}, ${NAME} == WORD or ${NAME} != WORD");
            return false;
        }
        Matcher parts = CONDITION.matcher(scalar.text().strip());
        if (!parts.matches()) {
            problems.add(ProblemCode.TEMPLATE_PLACEHOLDER, Place.of(path, scalar), "there is " + scalar.describe(),
                    "${NAME}, ${NAME} == WORD or ${NAME} != WORD");
            return false;
        }
        Node value = values.get(parts.group(1));
        if (value == null) {
            reportUnknown(parts.group(1), scalar, path);
        }
        String text = value instanceof Node.Scalar found ? found.text() : "";
        if (parts.group(2) == null) {
            return value instanceof Node.Sequence list
                    ? !list.items().isEmpty()
                    : value != null && !Set.of("", "false", "0").contains(text);
        }
        return text.equals(parts.group(3)) == parts.group(2).equals("==");
    }

    private static Place place(String name, Node value) {
        return Place.of("parameters." + name, value);
    }
}

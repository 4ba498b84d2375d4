package dev.kindling.engine.definition;

import dev.kindling.engine.api.Edit;
import dev.kindling.engine.definition.EditPath.Refused;
import dev.kindling.engine.definition.EditPath.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * Changes a definition's text in one place and leaves every other character as it is. Works on the places of values
 * ({@link Spot}), never by writing the document anew; what comes out is read again and compared with what was meant.
 */
final class Editor {
    private static final int STEP = 2;

    private final String text;
    private final String newline;
    private final boolean json;
    private final EditPath path;
    private final @Nullable NewValue value;

    /**
     * A value to be written.
     *
     * @param text without blank lines around it
     * @param block whether it stands line by line
     */
    private record NewValue(String text, Node node, boolean block) {}

    /** A value in the text, and what holds it; {@code holder} null: the whole document. */
    private record Found(Spot spot, @Nullable Found holder, int index) {}

    private Editor(String text, EditPath path, @Nullable NewValue value) {
        this.text = text;
        this.newline = text.contains("\r\n") ? "\r\n" : "\n";
        this.json = YamlText.isJson(text);
        this.path = path;
        this.value = value;
    }

    /** The text with all edits made, one after the other; none of them where one is refused. */
    static String apply(String text, List<Edit> edits) throws Refused {
        String mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
        String now = text.substring(mark.length());
        for (Edit edit : edits) {
            now = apply(now, edit);
        }
        return mark + now;
    }

    private static String apply(String text, Edit edit) throws Refused {
        EditPath path = EditPath.parse(edit.path());
        String written = edit.value();
        NewValue value = written == null ? null : newValue(path, written);
        Node before = read(text);
        if (before == null) {
            throw new Refused(edit.path(), "the definition cannot be read as YAML", "YAML or JSON");
        }
        Node wanted = EditedTree.of(before, path, value == null ? null : value.node());
        String result = new Editor(text, path, value).edited();
        Node after = read(result);
        if (after == null || !EditedTree.same(after, wanted)) {
            throw new Refused(edit.path(), "the value cannot be written here without touching others",
                    "a place outside of folded text");
        }
        return result;
    }

    private static @Nullable Node read(String text) {
        Problems problems = new Problems();
        Node root = YamlText.parse(text, problems);
        return problems.hasErrors() ? null : root;
    }

    private static NewValue newValue(EditPath path, String written) throws Refused {
        String text = written.replace("\r\n", "\n").stripIndent().strip();
        if (text.isEmpty()) {
            throw new Refused(path.text(), "there is no value", "YAML, or no value at all to remove the key");
        }
        if (text.equals("null") || text.equals("~")) {
            return new NewValue(text, new Node.Scalar(text, true, 1, 1), false);
        }
        Problems problems = new Problems();
        Node node = YamlText.parse(text, problems);
        if (node == null || problems.hasErrors()) {
            throw new Refused(path.text(), "the new value is not YAML: "
                    + problems.inOrder().stream().map(problem -> problem.message()).collect(Collectors.joining("; ")),
                    "YAML such as 5, \"text\" or [a, b]");
        }
        return new NewValue(text, node, Spot.of(text).isBlock());
    }

    private String edited() throws Refused {
        Spot root;
        try {
            root = Spot.of(text);
        } catch (YAMLException e) {
            throw new Refused(path.text(), "the definition cannot be read as YAML", "YAML or JSON");
        }
        Found at = new Found(root, null, 0);
        for (int i = 0; i < path.steps().size(); i++) {
            Optional<Found> below = below(at, path.steps().get(i));
            if (below.isEmpty()) {
                NewValue added = value;
                if (added == null) {
                    throw missing();
                }
                return add(at, path.steps().subList(i, path.steps().size()), added);
            }
            at = below.get();
        }
        return value == null ? remove(at) : replace(at, value);
    }

    private Refused missing() {
        return new Refused(path.text(), "there is nothing at " + path.text(), "a key or an item that is there");
    }

    private static Optional<Found> below(Found at, Step step) {
        int index = switch (at.spot()) {
            case Spot.Keys keys -> step instanceof Step.Key(String name)
                    ? IntStream.range(0, keys.keys().size()).filter(i -> keys.keys().get(i).name().equals(name))
                            .findFirst().orElse(-1)
                    : -1;
            case Spot.Items items -> switch (step) {
                case Step.Index(int number) -> number < items.items().size() ? number : -1;
                case Step.Named(String name) -> IntStream.range(0, items.items().size())
                        .filter(i -> isNamed(items.items().get(i).value(), name)).findFirst().orElse(-1);
                case Step.Key _,Step.Next _ -> -1;
            };
            case Spot.Leaf _ -> -1;
        };
        return index < 0 ? Optional.empty() : Optional.of(new Found(child(at.spot(), index), at, index));
    }

    private static boolean isNamed(Spot spot, String name) {
        return spot instanceof Spot.Keys keys && keys.keys().stream().anyMatch(key -> key.name().equals(Node.NAME)
                && key.value() instanceof Spot.Leaf leaf && leaf.text().equals(name));
    }

    private static Spot child(Spot holder, int index) {
        return switch (holder) {
            case Spot.Keys keys -> keys.keys().get(index).value();
            case Spot.Items items -> items.items().get(index).value();
            case Spot.Leaf leaf -> leaf;
        };
    }

    // replacing

    private String replace(Found at, NewValue with) throws Refused {
        Found holder = at.holder();
        Spot old = at.spot();
        if (holder == null) {
            return cut(old.start(), old.end(), with.text());
        }
        if (isInFlow(at)) {
            String flow = Flow.of(with.node(), json);
            return cut(old.start(), old.end(), old.start() == old.end() ? afterKey(holder, at.index(), flow) : flow);
        }
        return switch (holder.spot()) {
            case Spot.Keys keys -> replaceOfKey(keys.keys().get(at.index()), with);
            case Spot.Items items -> replaceOfItem(items.items().get(at.index()), with);
            case Spot.Leaf _ -> throw missing();
        };
    }

    private String afterKey(Found holder, int index, String flow) {
        if (holder.spot() instanceof Spot.Keys keys) {
            int colon = Spot.skip(text, keys.keys().get(index).end());
            return colon < text.length() && text.charAt(colon) == ':' ? " " + flow : ": " + flow;
        }
        return flow;
    }

    private static boolean isInFlow(Found at) {
        Found holder = at.holder();
        return holder != null && !holder.spot().isBlock();
    }

    private String replaceOfKey(Spot.Key key, NewValue with) {
        Spot old = key.value();
        int column = column(key.start());
        int afterColon = Spot.skip(text, key.end()) + 1;
        if (!with.block()) {
            String inline = hang(with.text(), column + STEP);
            if (!old.isBlock() && old.start() < old.end()) {
                return cut(old.start(), old.end(), inline);
            }
            String restOfLine = text.substring(afterColon,
                    Math.min(lineEnd(afterColon), Math.max(old.start(), afterColon)));
            return old.isBlock()
                    ? cut(afterColon, old.end(), " " + inline + restOfLine)
                    : cut(afterColon, afterColon, " " + inline);
        }
        int oldColumn = column(old.start());
        boolean list = with.node() instanceof Node.Sequence;
        if (old.isBlock() && (oldColumn > column || (list && oldColumn == column))) {
            return cut(old.start(), old.end(), hang(with.text(), oldColumn));
        }
        String block = newline + indent(with.text(), column + STEP);
        if (old.isBlock()) {
            return cut(lineEnd(afterColon), old.end(), block);
        }
        String rest = text.substring(Math.max(old.end(), afterColon), lineEnd(Math.max(old.end(), afterColon)));
        return cut(afterColon, lineEnd(Math.max(old.end(), afterColon)), (rest.isBlank() ? "" : rest) + block);
    }

    private String replaceOfItem(Spot.Item item, NewValue with) {
        Spot old = item.value();
        int column = column(item.start());
        if (old.start() == old.end()) {
            return cut(item.start() + 1, item.start() + 1, " " + hang(with.text(), column + STEP));
        }
        return cut(old.start(), old.end(), hang(with.text(), with.block() ? column(old.start()) : column + STEP));
    }

    // adding

    private String add(Found at, List<Step> steps, NewValue added) throws Refused {
        Step first = steps.getFirst();
        Spot spot = at.spot();
        if (spot instanceof Spot.Leaf leaf && leaf.start() == leaf.end() && at.holder() != null) {
            return replace(at, nested(steps, added));
        }
        boolean fits = switch (spot) {
            case Spot.Keys _ -> first instanceof Step.Key;
            case Spot.Items items -> isNext(first, items.items().size(), steps.size() == 1);
            case Spot.Leaf _ -> false;
        };
        if (!fits) {
            throw missing();
        }
        NewValue inner = steps.size() == 1 ? added : nested(steps.subList(1, steps.size()), added);
        return switch (spot) {
            case Spot.Keys keys when keys.flow() -> addToFlow(keys.start(), keys.end(),
                    keys.keys().isEmpty() ? null : keys.keys().getLast().value().end(),
                    keys.keys().isEmpty() ? 0 : keys.keys().getLast().start(),
                    Flow.key(((Step.Key) first).name(), json) + ": " + Flow.of(inner.node(), json));
            case Spot.Items items when items.flow() -> addToFlow(items.start(), items.end(),
                    items.items().isEmpty() ? null : items.items().getLast().value().end(),
                    items.items().isEmpty() ? 0 : items.items().getLast().start(), Flow.of(inner.node(), json));
            case Spot.Keys keys -> insertLine(keys.end(),
                    indent(entry(((Step.Key) first).name(), inner), column(keys.keys().getFirst().start())));
            case Spot.Items items ->
                insertLine(items.end(), indent(item(inner), column(items.items().getFirst().start())));
            case Spot.Leaf _ -> throw missing();
        };
    }

    /** A number that is one too high means a new item only where the item itself is written. */
    private static boolean isNext(Step step, int size, boolean last) {
        return switch (step) {
            case Step.Next _ -> true;
            case Step.Index(int number) -> number == size && last;
            case Step.Named _,Step.Key _ -> false;
        };
    }

    /** What is not there yet on the way to the value. */
    private NewValue nested(List<Step> steps, NewValue added) throws Refused {
        NewValue inner = added;
        for (int i = steps.size() - 1; i >= 0; i--) {
            Step step = steps.get(i);
            boolean last = i == steps.size() - 1;
            inner = switch (step) {
                case Step.Key(String name) -> new NewValue(entry(name, inner),
                        new Node.Mapping(List.of(new Node.Entry(new Node.Scalar(name, false, 1, 1), inner.node())), 1,
                                1),
                        true);
                case Step.Index _,Step.Next _ when isNext(step, 0, last) -> new NewValue(item(inner),
                        new Node.Sequence(List.of(inner.node()), 1, 1), true);
                case Step.Index _,Step.Next _,Step.Named _ -> throw missing();
            };
        }
        return inner;
    }

    private static String entry(String key, NewValue of) {
        String written = Flow.key(key, false) + ":";
        return of.block()
                ? written + "\n" + indent(of.text(), STEP, "\n")
                : written + " " + hang(of.text(), STEP, "\n");
    }

    private static String item(NewValue of) {
        return "- " + hang(of.text(), STEP, "\n");
    }

    /** A line of its own after the one that ends there. */
    private String insertLine(int end, String lines) {
        int at = lineEnd(end);
        return cut(at, at, newline + lines);
    }

    /** @param lastEnd where the last one ends; null: there is none */
    private String addToFlow(int start, int end, @Nullable Integer lastEnd, int lastStart, String added) {
        if (lastEnd == null) {
            return cut(start + 1, end - 1, added);
        }
        String before = text.substring(lineStart(lastStart), lastStart);
        boolean ownLine = before.isBlank() && lineStart(lastStart) > start;
        return cut(lastEnd, lastEnd, ownLine ? "," + newline + before + added : ", " + added);
    }

    // removing

    private String remove(Found at) throws Refused {
        Found holder = at.holder();
        if (holder == null) {
            throw missing();
        }
        List<int[]> spans = spans(holder.spot());
        if (spans.size() == 1) {
            return replace(holder, holder.spot() instanceof Spot.Keys
                    ? new NewValue("{}", new Node.Mapping(List.of(), 1, 1), false)
                    : new NewValue("[]", new Node.Sequence(List.of(), 1, 1), false));
        }
        int[] span = spans.get(at.index());
        int @Nullable [] next = at.index() + 1 < spans.size() ? spans.get(at.index() + 1) : null;
        if (!holder.spot().isBlock()) {
            return removeFromFlow(span, next, at.index() == 0 ? span[0] : spans.get(at.index() - 1)[1]);
        }
        if (text.substring(lineStart(span[0]), span[0]).isBlank()) {
            int from = lineStart(span[0]);
            int to = lineEnd(span[1]);
            return cut(from, to == text.length() ? to : text.startsWith("\r\n", to) ? to + 2 : to + 1, "");
        }
        // the first one after a dash: the next one takes its place, with the comments before it
        int following = Objects.requireNonNull(next)[0];
        int from = lineEnd(span[1]);
        return text.substring(from, following).isBlank()
                ? cut(span[0], following, "")
                : cut(span[0], from, "");
    }

    private String removeFromFlow(int[] span, int @Nullable [] next, int previousEnd) {
        if (next == null && text.substring(previousEnd, span[0]).contains("#")) {
            int comma = Spot.skip(text, previousEnd);
            return text.substring(0, comma) + text.substring(comma + 1, span[0]) + text.substring(span[1]);
        }
        if (next == null) {
            return cut(previousEnd, span[1], "");
        }
        if (text.substring(span[1], next[0]).contains("#")) {
            int comma = Spot.skip(text, span[1]);
            return text.substring(0, span[0]) + text.substring(span[1], comma) + text.substring(comma + 1);
        }
        return cut(span[0], next[0], "");
    }

    private static List<int[]> spans(Spot holder) {
        List<int[]> spans = new ArrayList<>();
        switch (holder) {
            case Spot.Keys keys -> keys.keys()
                    .forEach(key -> spans.add(new int[]{key.start(), Math.max(key.end(), key.value().end())}));
            case Spot.Items items -> items.items().forEach(
                    item -> spans.add(new int[]{item.start(), Math.max(item.start() + 1, item.value().end())}));
            case Spot.Leaf _ -> {
            }
        }
        return spans;
    }

    // text

    private String cut(int from, int to, String with) {
        return text.substring(0, from) + with + text.substring(to);
    }

    private int lineStart(int at) {
        return text.lastIndexOf('\n', at - 1) + 1;
    }

    /** Before the line break. */
    private int lineEnd(int at) {
        int end = text.indexOf('\n', at);
        if (end < 0) {
            return text.length();
        }
        return end > at && text.charAt(end - 1) == '\r' ? end - 1 : end;
    }

    private int column(int at) {
        return at - lineStart(at);
    }

    /** All lines moved to the right. */
    private String indent(String lines, int columns) {
        return indent(lines, columns, newline);
    }

    private static String indent(String lines, int columns, String newline) {
        return " ".repeat(columns) + hang(lines, columns, newline);
    }

    /** All lines but the first moved to the right. */
    private String hang(String lines, int columns) {
        return hang(lines, columns, newline);
    }

    private static String hang(String lines, int columns, String newline) {
        String indentation = " ".repeat(columns);
        List<String> all = lines.lines().toList();
        return IntStream.range(0, all.size())
                .mapToObj(i -> i == 0 || all.get(i).isBlank() ? all.get(i) : indentation + all.get(i))
                .collect(Collectors.joining(newline));
    }
}

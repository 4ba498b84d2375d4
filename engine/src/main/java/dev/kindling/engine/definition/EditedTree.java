package dev.kindling.engine.definition;

import dev.kindling.engine.definition.EditPath.Refused;
import dev.kindling.engine.definition.EditPath.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What an edit means, apart from any text: the same change on the tree. */
final class EditedTree {
    private EditedTree() {}

    /** @param value null: removed */
    static Node of(Node root, EditPath path, @Nullable Node value) throws Refused {
        return change(root, path, 0, value);
    }

    private static Node change(Node node, EditPath path, int depth, @Nullable Node value) throws Refused {
        if (depth == path.steps().size()) {
            if (value == null) {
                throw refused(path);
            }
            return value;
        }
        Step step = path.steps().get(depth);
        boolean last = depth == path.steps().size() - 1;
        return switch (node) {
            case Node.Mapping mapping when step instanceof Step.Key(String name) -> {
                List<Node.Entry> entries = new ArrayList<>(mapping.entries());
                int index = IntStream.range(0, entries.size())
                        .filter(i -> entries.get(i).key().text().equals(name)).findFirst().orElse(-1);
                if (index < 0) {
                    entries.add(new Node.Entry(new Node.Scalar(name, false, 1, 1), made(path, depth + 1, value)));
                } else if (last && value == null) {
                    entries.remove(index);
                } else {
                    Node.Entry entry = entries.get(index);
                    entries.set(index, new Node.Entry(entry.key(), change(entry.value(), path, depth + 1, value)));
                }
                yield new Node.Mapping(entries, 1, 1);
            }
            case Node.Sequence sequence when !(step instanceof Step.Key) -> {
                List<Node> items = new ArrayList<>(sequence.items());
                int index = index(items, step);
                boolean appended = index == items.size() && (last || step instanceof Step.Next);
                if (index < 0 || (index >= items.size() && !appended)) {
                    throw refused(path);
                } else if (appended) {
                    items.add(made(path, depth + 1, value));
                } else if (last && value == null) {
                    items.remove(index);
                } else {
                    items.set(index, change(items.get(index), path, depth + 1, value));
                }
                yield new Node.Sequence(items, 1, 1);
            }
            case Node.Scalar scalar when scalar.isNull() -> made(path, depth, value);
            case Node.Mapping _,Node.Sequence _,Node.Scalar _,Node.Unreadable _ -> throw refused(path);
        };
    }

    private static int index(List<Node> items, Step step) {
        return switch (step) {
            case Step.Index(int number) -> number;
            case Step.Next _ -> items.size();
            case Step.Named(String name) -> IntStream.range(0, items.size())
                    .filter(i -> items.get(i) instanceof Node.Mapping mapping && mapping.entries().stream()
                            .anyMatch(entry -> entry.key().text().equals(Node.NAME)
                                    && entry.value() instanceof Node.Scalar scalar && scalar.text().equals(name)))
                    .findFirst().orElse(-1);
            case Step.Key _ -> -1;
        };
    }

    /** What is not there yet on the way to the value. */
    private static Node made(EditPath path, int depth, @Nullable Node value) throws Refused {
        if (value == null) {
            throw refused(path);
        }
        if (depth == path.steps().size()) {
            return value;
        }
        Node inner = made(path, depth + 1, value);
        return switch (path.steps().get(depth)) {
            case Step.Key(String name) -> new Node.Mapping(
                    List.of(new Node.Entry(new Node.Scalar(name, false, 1, 1), inner)), 1, 1);
            case Step.Index(int number) when number == 0 && depth == path.steps().size() - 1 ->
                new Node.Sequence(List.of(inner), 1, 1);
            case Step.Next _ -> new Node.Sequence(List.of(inner), 1, 1);
            case Step.Index _,Step.Named _ -> throw refused(path);
        };
    }

    private static Refused refused(EditPath path) {
        return new Refused(path.text(), "there is nothing at " + path.text(), "a key or an item that is there");
    }

    /** Whether two trees mean the same: the order of keys counts, places and quotes do not. */
    static boolean same(Node a, Node b) {
        return switch (a) {
            case Node.Mapping mapping -> b instanceof Node.Mapping other
                    && mapping.entries().size() == other.entries().size()
                    && IntStream.range(0, mapping.entries().size()).allMatch(i -> {
                        Node.Entry left = mapping.entries().get(i);
                        Node.Entry right = other.entries().get(i);
                        return left.key().text().equals(right.key().text()) && same(left.value(), right.value());
                    });
            case Node.Sequence sequence -> b instanceof Node.Sequence other
                    && sequence.items().size() == other.items().size()
                    && IntStream.range(0, sequence.items().size())
                            .allMatch(i -> same(sequence.items().get(i), other.items().get(i)));
            case Node.Scalar scalar -> b instanceof Node.Scalar other && scalar.isNull() == other.isNull()
                    && (scalar.isNull() || (scalar.text().equals(other.text()) && scalar.isTruth() == other.isTruth()
                            && scalar.isNumber() == other.isNumber()));
            case Node.Unreadable _ -> false;
        };
    }
}

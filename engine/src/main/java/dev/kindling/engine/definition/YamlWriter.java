package dev.kindling.engine.definition;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes {@link Node}s as YAML that {@link YamlText} reads as the same nodes, but for blanks around a text. */
final class YamlWriter {
    /** A group or a list of plain values is written in one line up to here, as people do. */
    private static final int LINE = 100;

    private final StringBuilder yaml = new StringBuilder();

    private YamlWriter() {}

    /** For people: the node in one line. */
    static String inOneLine(Node node) {
        String inline = inline(node);
        return inline == null ? node.describe() : inline;
    }

    static String write(Node.Mapping root) {
        YamlWriter writer = new YamlWriter();
        writer.entries(root.entries(), 0);
        return writer.yaml.toString();
    }

    private void entries(List<Node.Entry> entries, int depth) {
        for (Node.Entry entry : entries) {
            yaml.append("  ".repeat(depth)).append(Composer.scalar(entry.key().text())).append(':');
            value(entry.value(), depth);
        }
    }

    private void value(Node node, int depth) {
        String inline = inline(node);
        if (inline != null && (depth > 0 || node instanceof Node.Scalar)
                && (node instanceof Node.Scalar || 2 * depth + inline.length() <= LINE)) {
            yaml.append(' ').append(inline).append('\n');
            return;
        }
        yaml.append('\n');
        switch (node) {
            case Node.Mapping mapping -> entries(mapping.entries(), depth + 1);
            case Node.Sequence sequence -> items(sequence.items(), depth + 1);
            case Node.Scalar _,Node.Unreadable _ -> throw new IllegalStateException("written in one line");
        }
    }

    private void items(List<Node> items, int depth) {
        for (Node item : items) {
            yaml.append("  ".repeat(depth)).append('-');
            String inline = inline(item);
            if (inline != null && 2 * depth + inline.length() <= LINE) {
                yaml.append(' ').append(inline).append('\n');
                continue;
            }
            int start = yaml.length();
            switch (item) {
                case Node.Mapping mapping -> entries(mapping.entries(), depth + 1);
                case Node.Sequence sequence -> items(sequence.items(), depth + 1);
                case Node.Scalar scalar -> yaml.append(' ').append(scalar(scalar)).append('\n');
                case Node.Unreadable _ -> throw new IllegalStateException("unreadable nodes are reported, not written");
            }
            if (!(item instanceof Node.Scalar)) {
                // the first key stands beside the dash
                yaml.delete(start, start + 2 * (depth + 1) - 1);
            }
        }
    }

    /** The node in one line; null where it has levels below that are not plain. */
    private static @Nullable String inline(Node node) {
        return switch (node) {
            case Node.Scalar scalar -> scalar(scalar);
            case Node.Mapping mapping -> {
                if (mapping.entries().stream().anyMatch(entry -> !(entry.value() instanceof Node.Scalar))) {
                    yield mapping.entries().isEmpty() ? "{}" : null;
                }
                yield "{" + String.join(", ", mapping.entries().stream()
                        .map(entry -> Composer.scalar(entry.key().text()) + ": " + flow(entry.value())).toList()) + "}";
            }
            case Node.Sequence sequence -> {
                if (sequence.items().stream().anyMatch(item -> !(item instanceof Node.Scalar))) {
                    yield null;
                }
                yield "[" + String.join(", ", sequence.items().stream().map(YamlWriter::flow).toList()) + "]";
            }
            case Node.Unreadable _ -> null;
        };
    }

    private static String flow(Node node) {
        return node instanceof Node.Scalar scalar ? scalar(scalar) : "";
    }

    private static String scalar(Node.Scalar scalar) {
        if (scalar.isNull()) {
            return "~";
        }
        // numbers and truth values without quotes mean themselves; all else is quoted where a reader might be misled
        return scalar.isTruth() || (scalar.isNumber() && scalar.plain())
                ? scalar.text()
                : Composer.scalar(scalar.text());
    }
}

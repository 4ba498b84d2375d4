package dev.kindling.engine.definition;

import dev.kindling.engine.api.Covered;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** YAML as it was written, with positions from 1. */
sealed interface Node {
    /** The key that tells items of a list from each other. */
    String NAME = "name";

    int line();

    int column();

    /** What it is, for messages. */
    String describe();

    /** Text. {@code plain}: without quotes, so that it may be meant as a number or a truth value. */
    record Scalar(String text, boolean plain, int line, int column) implements Node {
        boolean isNull() {
            return plain && (text.isEmpty() || text.equals("~") || text.equalsIgnoreCase("null"));
        }

        boolean isNumber() {
            return plain && text.matches("[-+]?(\\d+(\\.\\d*)?([eE][-+]?\\d+)?|0x[0-9a-fA-F]+|0o[0-7]+)");
        }

        boolean isTruth() {
            return plain && (text.equalsIgnoreCase("true") || text.equalsIgnoreCase("false"));
        }

        @Override
        public String describe() {
            String covered = Covered.of(text);
            String shown = covered.length() > 60 ? covered.substring(0, 60) + "..." : covered;
            if (isNull()) {
                return "nothing";
            }
            return isNumber() ? "the number " + shown : isTruth() ? shown : "the text '" + shown + "'";
        }
    }

    /** Keys with values; each key once. */
    record Mapping(List<Entry> entries, int line, int column) implements Node {
        /** The value of a key; null where it is not there. */
        @Nullable
        Node value(String key) {
            for (Entry entry : entries) {
                if (entry.key().text().equals(key)) {
                    return entry.value();
                }
            }
            return null;
        }

        @Override
        public String describe() {
            return "a group of keys";
        }
    }

    /** A list. */
    record Sequence(List<Node> items, int line, int column) implements Node {
        @Override
        public String describe() {
            return "a list";
        }
    }

    /** Something that was reported already. */
    record Unreadable(int line, int column) implements Node {
        @Override
        public String describe() {
            return "something unreadable";
        }
    }

    /** A key and its value. */
    record Entry(Scalar key, Node value) {}
}

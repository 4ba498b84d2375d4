package dev.kindling.engine.definition;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.DocumentStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.MappingEndEvent;
import org.yaml.snakeyaml.events.MappingStartEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.events.SequenceEndEvent;
import org.yaml.snakeyaml.events.SequenceStartEvent;

/**
 * Where in the text a value stands: from {@code start} to before {@code end}, in characters. The end of a block is that
 * of its last value: comments and blank lines after it are not part of it.
 */
sealed interface Spot {
    int start();

    int end();

    /** Text; {@code start} equals {@code end} where nothing is written. */
    record Leaf(String text, int start, int end) implements Spot {}

    /** Keys with values, within braces ({@code flow}) or line by line. */
    record Keys(boolean flow, List<Key> keys, int start, int end) implements Spot {}

    /** A list, within brackets ({@code flow}) or line by line. */
    record Items(boolean flow, List<Item> items, int start, int end) implements Spot {}

    /** A key and its value. */
    record Key(String name, int start, int end, Spot value) {}

    /** An item: {@code start} is its dash, or the value in brackets. */
    record Item(int start, Spot value) {}

    /** Whether it is written line by line. */
    default boolean isBlock() {
        return switch (this) {
            case Leaf _ -> false;
            case Keys keys -> !keys.flow();
            case Items items -> !items.flow();
        };
    }

    /**
     * Finds the places of a text that {@link YamlText} can read.
     *
     * @throws YAMLException where it is no YAML
     */
    static Spot of(String text) {
        return new Reader(text).document();
    }

    /** Reads the parser's events. */
    final class Reader {
        private final String text;
        private final Iterator<Event> events;
        /** Marks count code points: the characters before each of them; empty where that is the same. */
        private final int[] characters;

        private Reader(String text) {
            this.text = text;
            LoaderOptions options = new LoaderOptions();
            options.setCodePointLimit(YamlText.MAX_CHARACTERS + 1);
            String read = YamlText.isJson(text) ? text.replace('\t', ' ') : text;
            this.events = new Yaml(options).parse(new StringReader(read)).iterator();
            int points = text.codePointCount(0, text.length());
            this.characters = points == text.length() ? new int[0] : new int[points + 1];
            for (int point = 0, at = 0; point < characters.length; point++) {
                characters[point] = at;
                at += at < text.length() ? Character.charCount(text.codePointAt(at)) : 0;
            }
        }

        private Spot document() {
            while (events.hasNext()) {
                if (events.next() instanceof DocumentStartEvent) {
                    return spot(events.next());
                }
            }
            return new Leaf("", text.length(), text.length());
        }

        private int at(Mark mark) {
            return characters.length == 0 ? mark.getIndex() : characters[mark.getIndex()];
        }

        private Spot spot(Event event) {
            int start = at(event.getStartMark());
            return switch (event) {
                case ScalarEvent scalar -> new Leaf(scalar.getValue(), start, contentEnd(start, scalar));
                case MappingStartEvent mapping -> keys(mapping.isFlow(), start);
                case SequenceStartEvent sequence -> items(sequence.isFlow(), start);
                default -> new Leaf("", start, at(event.getEndMark()));
            };
        }

        /** The line break that ends a block of text is not its own. */
        private int contentEnd(int start, ScalarEvent scalar) {
            int end = at(scalar.getEndMark());
            while (end > start && Character.isWhitespace(text.charAt(end - 1))) {
                end--;
            }
            return end;
        }

        private Spot keys(boolean flow, int start) {
            List<Key> keys = new ArrayList<>();
            int end = start;
            while (true) {
                Event event = events.next();
                if (event instanceof MappingEndEvent) {
                    return new Keys(flow, List.copyOf(keys), start, flow ? at(event.getEndMark()) : end);
                }
                Spot key = spot(event);
                Spot value = spot(events.next());
                keys.add(new Key(key instanceof Leaf leaf ? leaf.text() : "", key.start(), key.end(), value));
                end = Math.max(key.end(), value.end());
            }
        }

        private Spot items(boolean flow, int start) {
            List<Item> items = new ArrayList<>();
            int end = start;
            while (true) {
                Event event = events.next();
                if (event instanceof SequenceEndEvent) {
                    return new Items(flow, List.copyOf(items), start, flow ? at(event.getEndMark()) : end);
                }
                Spot value = spot(event);
                items.add(new Item(flow ? value.start() : skip(text, end), value));
                end = Math.max(value.end(), items.getLast().start() + (flow ? 0 : 1));
            }
        }
    }

    /** The first character from there on that is neither blank nor of a comment. */
    static int skip(String text, int from) {
        int at = from;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '#' && (at == 0 || Character.isWhitespace(text.charAt(at - 1)))) {
                while (at < text.length() && text.charAt(at) != '\n') {
                    at++;
                }
            } else if (Character.isWhitespace(c)) {
                at++;
            } else {
                break;
            }
        }
        return at;
    }
}

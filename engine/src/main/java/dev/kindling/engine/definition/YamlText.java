package dev.kindling.engine.definition;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.DocumentStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.MappingEndEvent;
import org.yaml.snakeyaml.events.MappingStartEvent;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.events.SequenceEndEvent;
import org.yaml.snakeyaml.events.SequenceStartEvent;
import org.yaml.snakeyaml.Yaml;
import java.io.StringReader;

/**
 * Turns text into {@link Node}s. Takes the part of YAML that a definition needs: one document, no anchors, no tags,
 * bounded size and depth. What is refused is reported with its place.
 *
 * <p>
 * It works on the parser's events, so that an alias bomb never unfolds and nothing recurses deeper than
 * {@link #MAX_DEPTH}.
 */
final class YamlText {
    /** Room for 10,000 machines with 400 characters each. */
    static final int MAX_CHARACTERS = 4 << 20;
    /** The format itself needs nine levels. */
    static final int MAX_DEPTH = 32;
    /** Keys are part of paths and messages. */
    private static final int MAX_KEY = 128;

    private static final Place START = new Place("", 1, 1);

    private final Problems problems;
    private final Iterator<Event> events;
    private boolean anchorReported;
    private boolean tagReported;

    private YamlText(String text, Problems problems) {
        this.problems = problems;
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(MAX_CHARACTERS + 1);
        this.events = new Yaml(options).parse(new StringReader(text)).iterator();
    }

    /** The document, or null where it cannot be read; then a problem says why. */
    static @Nullable Node parse(String written, Problems problems) {
        String text = written.startsWith("\uFEFF") ? written.substring(1) : written;
        if (text.length() > MAX_CHARACTERS) {
            problems.add(ProblemCode.TOO_LARGE, START, "the definition has " + text.length() + " characters",
                    "at most " + MAX_CHARACTERS);
            return null;
        }
        if (!checkCharacters(text, problems)) {
            return null;
        }
        // JSON may be indented with tabs, YAML may not; a JSON string never holds a raw tab.
        boolean json = text.stripLeading().startsWith("{");
        try {
            return new YamlText(json ? text.replace('\t', ' ') : text, problems).document();
        } catch (TooDeep e) {
            return null;
        } catch (MarkedYAMLException e) {
            reportSyntax(e, text, problems);
            return null;
        } catch (YAMLException e) {
            problems.add(ProblemCode.YAML_SYNTAX, START, firstLine(e.getMessage()), "YAML or JSON");
            return null;
        }
    }

    private @Nullable Node document() {
        Node root = null;
        while (events.hasNext()) {
            Event event = events.next();
            if (event instanceof DocumentStartEvent) {
                Event first = events.next();
                if (root != null) {
                    problems.add(ProblemCode.SEVERAL_DOCUMENTS, place("", event.getStartMark()),
                            "a second document begins here", "one definition per file");
                    return root;
                }
                root = node(first, "", 0);
            }
        }
        if (root == null || (root instanceof Node.Scalar scalar && scalar.isNull())) {
            problems.add(ProblemCode.EMPTY, START, "the definition is empty",
                    "a group of keys that begins with apiVersion");
            return null;
        }
        return root;
    }

    private Node node(Event event, String path, int depth) {
        Mark mark = event.getStartMark();
        if (depth > MAX_DEPTH) {
            problems.add(ProblemCode.TOO_DEEP, place(path, mark), "more than " + MAX_DEPTH + " levels are nested",
                    "at most nine levels");
            throw new TooDeep();
        }
        refuseAnchorsAndTags(event, path);
        int line = mark.getLine() + 1;
        int column = mark.getColumn() + 1;
        return switch (event) {
            case ScalarEvent scalar -> new Node.Scalar(scalar.getValue(),
                    scalar.getScalarStyle() == ScalarStyle.PLAIN, line, column);
            case SequenceStartEvent ignored -> new Node.Sequence(items(path, depth), line, column);
            case MappingStartEvent ignored -> new Node.Mapping(entries(path, depth), line, column);
            default -> new Node.Unreadable(line, column);
        };
    }

    private List<Node> items(String path, int depth) {
        List<Node> items = new ArrayList<>();
        for (Event event = events.next(); !(event instanceof SequenceEndEvent); event = events.next()) {
            items.add(node(event, path + "[" + items.size() + "]", depth + 1));
        }
        return items;
    }

    private List<Node.Entry> entries(String path, int depth) {
        Map<String, Node.Entry> entries = new LinkedHashMap<>();
        for (Event event = events.next(); !(event instanceof MappingEndEvent); event = events.next()) {
            Node key = node(event, path, depth + 1);
            String name = key instanceof Node.Scalar scalar ? scalar.text() : "?";
            String shown = name.length() > MAX_KEY ? "?" : name;
            String below = Place.below(path, shown);
            Node value = node(events.next(), below, depth + 1);
            if (!(key instanceof Node.Scalar scalar)) {
                if (!(key instanceof Node.Unreadable)) {
                    problems.add(ProblemCode.WRONG_TYPE, Place.of(path, key), "a key is " + key.describe(),
                            "a plain word as the key", "Put quotes around text that begins with { or [.");
                }
                continue;
            }
            if (name.length() > MAX_KEY) {
                problems.add(ProblemCode.WRONG_TYPE, Place.of(path, key), "a key has " + name.length() + " characters",
                        "a key of at most " + MAX_KEY + " characters", "Shorten it.");
                continue;
            }
            Node.Entry first = entries.putIfAbsent(name, new Node.Entry(scalar, value));
            if (first != null) {
                problems.add(ProblemCode.DUPLICATE_KEY, Place.of(below, key),
                        "'" + name + "' was written before, in line " + first.key().line(), "each key once");
            }
        }
        return List.copyOf(entries.values());
    }

    private void refuseAnchorsAndTags(Event event, String path) {
        boolean alias = event instanceof AliasEvent;
        boolean anchor = event instanceof NodeEvent node && node.getAnchor() != null;
        if ((alias || anchor) && !anchorReported) {
            anchorReported = true;
            problems.add(ProblemCode.YAML_ANCHOR, place(path, event.getStartMark()),
                    "a YAML " + (alias ? "alias (*)" : "anchor (&)") + " is used", "values written out");
        }
        String tag = switch (event) {
            case ScalarEvent scalar -> scalar.getTag();
            case SequenceStartEvent sequence -> sequence.getTag();
            case MappingStartEvent mapping -> mapping.getTag();
            default -> null;
        };
        if (tag != null && !tag.equals("!") && !tagReported) {
            tagReported = true;
            problems.add(ProblemCode.YAML_TAG, place(path, event.getStartMark()), "the YAML tag '" + tag + "' is used",
                    "values without tags");
        }
    }

    /** Control characters would reach terminals, scripts and protocol lines; no text editor shows them. */
    private static boolean checkCharacters(String text, Problems problems) {
        int line = 1;
        int column = 1;
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            int c = text.codePointAt(i);
            boolean lineBreak = c == '\n';
            boolean bad = (c < ' ' && c != '\t' && c != '\r' && !lineBreak) || (c >= 0x7f && c < 0xa0)
                    || c == 0xFEFF || c == 0xFFFE || c == 0xFFFF || c == 0xFFFD
                    || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
            if (bad) {
                problems.add(ProblemCode.CONTROL_CHARACTER, new Place("", line, column),
                        "there is the character " + String.format("U+%04X", c), "printable UTF-8 text");
                return false;
            }
            line = lineBreak ? line + 1 : line;
            column = lineBreak ? 1 : column + 1;
        }
        return true;
    }

    private static void reportSyntax(MarkedYAMLException e, String text, Problems problems) {
        String problem = firstLine(e.getProblem());
        // A quote or bracket that is never closed is where it was opened, not at the end of the file.
        boolean open = problem.contains("end of stream") && e.getContextMark() != null;
        Mark mark = open || e.getProblemMark() == null ? e.getContextMark() : e.getProblemMark();
        Place place = mark == null ? START : place("", mark);
        if (characterAt(text, place) == '\t') {
            problems.add(ProblemCode.YAML_TAB, place, "the line is indented with a tab", "spaces");
            return;
        }
        String remedy = hint(problem).orElse(ProblemCode.YAML_SYNTAX.remedy());
        String context = e.getContext() == null
                ? ""
                : " (" + firstLine(e.getContext())
                        + (e.getContextMark() == null
                                ? ""
                                : " that begins in line " + (e.getContextMark().getLine() + 1))
                        + ")";
        problems.add(ProblemCode.YAML_SYNTAX, place, problem + context, "YAML or JSON", remedy);
    }

    private static Optional<String> hint(String problem) {
        if (problem.contains("mapping values are not allowed")) {
            return Optional.of("Look for a value that holds ': ' and put quotes around it, or mend the indentation.");
        }
        if (problem.contains("cannot start any token")) {
            return Optional.of("Put quotes around a value that begins with @, ` or %.");
        }
        if (problem.contains("expected <block end>") || problem.contains("could not find expected ':'")) {
            return Optional
                    .of("Look at the line before: a ':' is missing, or the indentation differs from its neighbours.");
        }
        return Optional.empty();
    }

    private static int characterAt(String text, Place place) {
        Optional<String> line = text.lines().skip(place.line() - 1L).findFirst();
        int index = place.column() - 1;
        return line.isPresent() && index < line.get().length() ? line.get().charAt(index) : -1;
    }

    private static String firstLine(@Nullable String message) {
        return message == null ? "it is not YAML" : message.lines().findFirst().orElse("it is not YAML");
    }

    private static Place place(String path, Mark mark) {
        return new Place(path, mark.getLine() + 1, mark.getColumn() + 1);
    }

    /** Ends reading; the problem is recorded. */
    private static final class TooDeep extends RuntimeException {
        private static final long serialVersionUID = 1;

        TooDeep() {
            super(null, null, false, false);
        }
    }
}

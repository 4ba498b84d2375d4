package dev.kindling.engine.definition;

import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * Says in words what keeps a text from being YAML. The parser says where it stopped; what was probably meant is read
 * from the text around.
 */
final class SyntaxProblem {
    private static final Pattern OPENED = Pattern.compile("[\\[{]");

    private final String text;
    private final List<String> lines;
    private final String parser;
    /** Where the parser stopped. */
    private final Place at;
    /** Where what it was reading began. */
    private final Place began;
    private final Problems problems;

    private SyntaxProblem(MarkedYAMLException e, String text, Problems problems) {
        this.text = text;
        this.lines = text.lines().toList();
        this.parser = e.getProblem() == null ? "" : e.getProblem().lines().findFirst().orElse("");
        Place start = place(e.getContextMark(), new Place("", 1, 1));
        this.at = place(e.getProblemMark(), start);
        this.began = place(e.getContextMark(), at);
        this.problems = problems;
    }

    static void report(MarkedYAMLException e, String text, Problems problems) {
        new SyntaxProblem(e, text, problems).report();
    }

    private static Place place(@Nullable Mark mark, Place otherwise) {
        return mark == null ? otherwise : new Place("", mark.getLine() + 1, mark.getColumn() + 1);
    }

    private void report() {
        boolean told = tab() || quote() || bracket() || colon() || indentation() || others();
        if (!told) {
            problems.add(ProblemCode.YAML_SYNTAX, at, "the text cannot be read from here on", "YAML or JSON");
        }
    }

    private boolean tab() {
        String line = line(at.line());
        int tab = at.column() - 1;
        if (tab >= line.length() || line.charAt(tab) != '\t') {
            return false;
        }
        problems.add(ProblemCode.YAML_TAB, at,
                line.substring(0, tab).isBlank() ? "the line is indented with a tab" : "there is a tab between words",
                "spaces");
        return true;
    }

    private boolean quote() {
        if (parser.contains("end of stream") || parser.contains("document separator")) {
            problems.add(ProblemCode.YAML_QUOTE, began, "the quote " + character(began) + " is never closed",
                    "a second " + character(began) + " at the end of the value");
            return true;
        }
        if (parser.contains("escape")) {
            problems.add(ProblemCode.YAML_QUOTE, at, "a backslash within double quotes does not stand before this",
                    "\\n, \\t, \\\", \\\\ and the like",
                    "Write \\\\ for a backslash, or put the value into single quotes.");
            return true;
        }
        String before = line(at.line()).substring(0, Math.min(at.column() - 1, line(at.line()).length()))
                .stripTrailing();
        if (parser.contains("<scalar>") && (before.endsWith("'") || before.endsWith("\""))) {
            problems.add(ProblemCode.YAML_QUOTE, at, "there is text after the closing quote",
                    "quotes around the whole value",
                    "Put quotes around the whole value; within single quotes, write '' for '.");
            return true;
        }
        Matcher first = Pattern.compile("character '(.)' that cannot start").matcher(parser);
        if (first.find()) {
            problems.add(ProblemCode.YAML_QUOTE, at, "no value begins with " + first.group(1), "quotes around it",
                    "Put quotes around the value.");
            return true;
        }
        return false;
    }

    private boolean bracket() {
        Matcher flow = Pattern.compile("expected ',' or '(.)'").matcher(parser);
        if (flow.find()) {
            if (isClosed()) {
                problems.add(ProblemCode.YAML_BRACKET, at, "a comma is missing before this", "',' or '" + flow.group(1)
                        + "'", "Put a comma between the two, or quotes around text that holds ':', ',' or brackets.");
            } else {
                problems.add(ProblemCode.YAML_BRACKET, began, "the bracket " + character(began) + " is never closed",
                        "'" + flow.group(1) + "' after the last value");
            }
            return true;
        }
        Matcher closing = Pattern.compile("found '([\\]},])'").matcher(parser);
        if (closing.find()) {
            boolean comma = closing.group(1).equals(",");
            problems.add(ProblemCode.YAML_BRACKET, at,
                    comma
                            ? "there is nothing before the comma"
                            : "the bracket " + closing.group(1)
                                    + " was never opened",
                    comma ? "a value" : "no bracket", comma ? "Delete the comma." : "Delete it, or open it before.");
            return true;
        }
        return false;
    }

    /** Whether the bracket that was being read is closed anywhere; text in quotes is not looked into. */
    private boolean isClosed() {
        int depth = 0;
        char quote = 0;
        for (int i = offset(began); i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '"' || c == '\'') {
                quote = c;
            } else if (c == '[' || c == '{') {
                depth++;
            } else if ((c == ']' || c == '}') && --depth == 0) {
                return true;
            }
        }
        return false;
    }

    private boolean colon() {
        if (parser.contains("could not find expected ':'")) {
            problems.add(ProblemCode.YAML_COLON, began, "the line has no ':'", "KEY: VALUE");
            return true;
        }
        if (!parser.contains("mapping values are not allowed")) {
            return false;
        }
        String line = line(at.line());
        String before = line.substring(0, Math.min(at.column() - 1, line.length()));
        Place key = new Place("", at.line(), indentation(line) + 1);
        int previous = previousLine(at.line());
        if (before.contains(": ")) {
            problems.add(ProblemCode.YAML_COLON, at, "the value holds a ':'", "one KEY: VALUE in each line",
                    "Put quotes around the value, or a line break before the next key.");
        } else if (previous > 0 && !line(previous).contains(": ") && !line(previous).stripTrailing().endsWith(":")) {
            boolean close = line(previous).matches("\\s*[A-Za-z0-9_-]+:\\S.*");
            problems.add(ProblemCode.YAML_COLON, new Place("", previous, indentation(line(previous)) + 1),
                    close ? "there is no space after the ':'" : "the line has no ':'", "KEY: VALUE");
        } else if (previous > 0 && indentation(line) > indentation(line(previous))) {
            problems.add(ProblemCode.YAML_INDENTATION, key,
                    "the line is indented deeper than the one before, which has its value already",
                    spaces(indentation(line(previous))));
        } else {
            problems.add(ProblemCode.YAML_COLON, at, "there is a ':' where no key ends", "KEY: VALUE");
        }
        return true;
    }

    private boolean indentation() {
        if (!parser.contains("<block end>")) {
            return false;
        }
        String line = line(at.line());
        int indentation = indentation(line);
        TreeSet<Integer> open = new TreeSet<>();
        int least = Integer.MAX_VALUE;
        for (int number = previousLine(at.line()); number > 0; number = previousLine(number)) {
            int above = indentation(line(number));
            if (above < least) {
                open.add(above);
                least = above;
            }
        }
        Place key = new Place("", at.line(), indentation + 1);
        if (!open.contains(indentation)) {
            problems.add(ProblemCode.YAML_INDENTATION, key,
                    "the line is indented by " + indentation + ", and no group that is open above is",
                    open.isEmpty()
                            ? spaces(0)
                            : open.stream().map(SyntaxProblem::spaces)
                                    .collect(Collectors.joining(" or ")));
        } else if (line.strip().startsWith("-")) {
            problems.add(ProblemCode.YAML_INDENTATION, key, "an item of a list stands among keys", "a key",
                    "Indent it below the key that the list belongs to.");
        } else {
            problems.add(ProblemCode.YAML_INDENTATION, key, "a key stands among items of a list", "'- ' and an item",
                    "Indent it below its item, or put it before the list.");
        }
        return true;
    }

    private boolean others() {
        if (parser.contains("tag")) {
            problems.add(ProblemCode.YAML_TAG, at, "a YAML tag (!) is used", "values without tags");
            return true;
        }
        if (parser.contains("<document start>")) {
            problems.add(ProblemCode.SEVERAL_DOCUMENTS, at, "a second document begins here",
                    "one definition per file");
            return true;
        }
        if (parser.contains("indicators")) {
            problems.add(ProblemCode.YAML_SYNTAX, at, "text follows directly after > or |", "a line break",
                    "Put quotes around the value.");
            return true;
        }
        if (line(at.line()).startsWith("%")) {
            problems.add(ProblemCode.YAML_SYNTAX, at, "there is a YAML directive (%)", "a definition without",
                    "Delete the line.");
            return true;
        }
        return false;
    }

    private static String spaces(int number) {
        return number == 0 ? "no indentation" : number + (number == 1 ? " space" : " spaces");
    }

    private static int indentation(String line) {
        return line.length() - line.stripLeading().length();
    }

    private String line(int number) {
        return number >= 1 && number <= lines.size() ? lines.get(number - 1) : "";
    }

    /** The one before that is neither blank nor a comment; 0: none. */
    private int previousLine(int number) {
        int previous = number - 1;
        while (previous > 0 && (line(previous).isBlank() || line(previous).strip().startsWith("#"))) {
            previous--;
        }
        return previous;
    }

    private String character(Place place) {
        String line = line(place.line());
        return Optional.of(place.column() - 1).filter(i -> i >= 0 && i < line.length())
                .map(i -> String.valueOf(line.charAt(i))).filter(c -> OPENED.matcher(c).matches() || "'\"".contains(c))
                .orElse("");
    }

    private int offset(Place place) {
        int offset = 0;
        for (int line = 1; line < place.line(); line++) {
            offset = text.indexOf('\n', offset) + 1;
        }
        return Math.min(text.length(), offset + place.column() - 1);
    }
}

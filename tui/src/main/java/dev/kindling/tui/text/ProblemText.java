package dev.kindling.tui.text;

import dev.kindling.engine.api.Covered;
import dev.kindling.engine.api.Problem;
import java.util.ArrayList;
import java.util.List;

/** Problems for people: the line of the definition with a caret, what was expected, and what to do. */
public final class ProblemText {
    /** A longer line is shown in part. */
    private static final int WIDEST = 160;

    /** Perhaps the secret itself was written there. */
    private static final String NO_NAME_OF_A_SECRET = "bad-secret-name";

    private ProblemText() {}

    /**
     * All problems and a line that counts them.
     *
     * @param source name of the definition
     * @param text the definition, empty where the problems are not about one
     */
    public static String of(String source, String text, List<Problem> problems, Ansi ansi) {
        List<String> lines = covered(text, problems);
        StringBuilder out = new StringBuilder();
        for (Problem problem : problems) {
            one(out, source, lines, problem, ansi);
        }
        out.append(counted(problems)).append('\n');
        return out.toString();
    }

    /** The output may be recorded: no password is shown, nor what is written where the name of a secret is expected. */
    private static List<String> covered(String text, List<Problem> problems) {
        List<String> lines = new ArrayList<>(text.lines().map(Covered::of).toList());
        for (Problem problem : problems) {
            int line = problem.line() - 1;
            if (problem.code().equals(NO_NAME_OF_A_SECRET) && line >= 0 && line < lines.size()) {
                lines.set(line, Covered.valueAt(lines.get(line), index(lines.get(line), problem)));
            }
        }
        return lines;
    }

    /** {@code 2 errors, 1 warning}. */
    public static String counted(List<Problem> problems) {
        long errors = errors(problems);
        long warnings = problems.size() - errors;
        if (warnings == 0) {
            return Text.count(errors, "error");
        }
        return errors == 0
                ? Text.count(warnings, "warning")
                : Text.count(errors, "error") + ", " + Text.count(warnings, "warning");
    }

    /** How many stop a run. */
    public static long errors(List<Problem> problems) {
        return problems.stream().filter(problem -> problem.severity() == Problem.Severity.ERROR).count();
    }

    private static void one(StringBuilder out, String source, List<String> lines, Problem problem, Ansi ansi) {
        String word = switch (problem.severity()) {
            case ERROR -> ansi.red("error");
            case WARNING -> ansi.yellow("warning");
        };
        boolean placed = problem.line() > 0 && problem.line() <= lines.size();
        if (problem.line() > 0) {
            out.append(ansi.bold(source + ":" + problem.line() + ":" + problem.column())).append(": ");
        }
        out.append(word).append(": ").append(Text.clean(problem.message())).append(" [").append(problem.code())
                .append("]\n");
        if (placed) {
            excerpt(out, lines.get(problem.line() - 1), problem, ansi);
        }
        field(out, "at", problem.path());
        field(out, "expected", problem.expected());
        field(out, "remedy", problem.remedy());
        out.append('\n');
    }

    /** Of the character that a problem is at; columns count code points. */
    private static int index(String line, Problem problem) {
        return line.offsetByCodePoints(0,
                Math.clamp(problem.column() - 1L, 0, line.codePointCount(0, line.length())));
    }

    private static void excerpt(StringBuilder out, String line, Problem problem, Ansi ansi) {
        int at = index(line, problem);
        // a definition may be one line of JSON: what is around the place is enough
        int from = line.length() <= WIDEST ? 0 : Math.max(0, at - WIDEST / 2);
        int to = Math.min(line.length(), from + WIDEST);
        String before = (from > 0 ? "..." : "") + Text.clean(line.substring(from, at));
        String after = Text.clean(line.substring(at, to)) + (to < line.length() ? "..." : "");
        String number = String.valueOf(problem.line());
        out.append(" ".repeat(Math.max(0, 5 - number.length()))).append(number).append(" | ").append(before)
                .append(after).append('\n');
        if (problem.column() > 0) {
            out.append("      | ").append(" ".repeat(width(before))).append(ansi.red("^")).append('\n');
        }
    }

    /** Columns on a terminal: Chinese and emoji take two, an accent that follows its letter takes none. */
    private static int width(String text) {
        return text.codePoints().map(c -> Character.getType(c) == Character.NON_SPACING_MARK ? 0 : isWide(c) ? 2 : 1)
                .sum();
    }

    private static boolean isWide(int c) {
        return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3)
                || (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60)
                || (c >= 0x1f300 && c <= 0x1faff) || c >= 0x20000;
    }

    private static void field(StringBuilder out, String name, String value) {
        if (!value.isEmpty()) {
            out.append("      ").append(name).append(": ").append(Text.clean(value)).append('\n');
        }
    }
}

package dev.kindling.tui.text;

import dev.kindling.engine.api.Problem;
import java.util.List;

/** Problems for people: the line of the definition with a caret, what was expected, and what to do. */
public final class ProblemText {
    private ProblemText() {}

    /**
     * All problems and a line that counts them.
     *
     * @param source name of the definition
     * @param text the definition, empty where the problems are not about one
     */
    public static String of(String source, String text, List<Problem> problems, Ansi ansi) {
        List<String> lines = text.lines().toList();
        StringBuilder out = new StringBuilder();
        for (Problem problem : problems) {
            one(out, source, lines, problem, ansi);
        }
        out.append(counted(problems)).append('\n');
        return out.toString();
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

    private static void excerpt(StringBuilder out, String line, Problem problem, Ansi ansi) {
        String number = String.valueOf(problem.line());
        String gutter = " ".repeat(Math.max(0, 5 - number.length()));
        out.append(gutter).append(number).append(" | ").append(Text.clean(line)).append('\n');
        if (problem.column() > 0) {
            out.append("      | ").append(" ".repeat(problem.column() - 1)).append(ansi.red("^")).append('\n');
        }
    }

    private static void field(StringBuilder out, String name, String value) {
        if (!value.isEmpty()) {
            out.append("      ").append(name).append(": ").append(Text.clean(value)).append('\n');
        }
    }
}

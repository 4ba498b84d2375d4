package dev.kindling.engine.definition;

import dev.kindling.engine.api.Problem;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects what is wrong with one definition. */
final class Problems {
    /** More are of no use to anyone; a machine list pasted in the wrong shape makes thousands. */
    static final int SHOWN = 1000;

    private final List<Problem> found = new ArrayList<>();

    /** Adds a problem whose remedy is the usual one of its code. */
    void add(ProblemCode code, Place place, String message, String expected) {
        add(code, place, message, expected, code.remedy());
    }

    void add(ProblemCode code, Place place, String message, String expected, String remedy) {
        found.add(new Problem(code.severity(), code.code(), place.path(), place.line(), place.column(), message,
                expected, remedy));
    }

    boolean hasErrors() {
        return found.stream().anyMatch(problem -> problem.severity() == Problem.Severity.ERROR);
    }

    /** In the order of the text. */
    List<Problem> inOrder() {
        List<Problem> sorted = found.stream()
                .sorted(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column)).toList();
        if (sorted.size() <= SHOWN) {
            return sorted;
        }
        List<Problem> shown = new ArrayList<>(sorted.subList(0, SHOWN));
        Problem last = shown.getLast();
        ProblemCode code = ProblemCode.TOO_MANY_PROBLEMS;
        shown.add(new Problem(code.severity(), code.code(), "", last.line(), last.column(),
                "there are " + (sorted.size() - SHOWN) + " more problems", "", code.remedy()));
        return shown;
    }
}

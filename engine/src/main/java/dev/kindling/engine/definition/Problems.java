package dev.kindling.engine.definition;

import dev.kindling.engine.api.Problem;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

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

    /** Adds those that are not told of the same place already. {@code written}: where a place was written. */
    void addNew(Problems others, UnaryOperator<Place> written) {
        Set<String> told = found.stream().map(Problems::key).collect(Collectors.toSet());
        for (Problem problem : others.found) {
            if (told.add(key(problem))) {
                Place place = written.apply(new Place(problem.path(), problem.line(), problem.column()));
                found.add(new Problem(problem.severity(), problem.code(), place.path(), place.line(), place.column(),
                        problem.message(), problem.expected(), problem.remedy()));
            }
        }
    }

    private static String key(Problem problem) {
        return problem.code() + " " + problem.line() + ":" + problem.column();
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

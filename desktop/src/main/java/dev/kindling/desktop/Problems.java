package dev.kindling.desktop;

import dev.kindling.engine.api.Problem;

/** Puts problems into words. */
final class Problems {
    private Problems() {}

    /** What was found, what was expected, what to do: for a reader who sees the field. */
    static String sentence(Problem problem) {
        StringBuilder text = new StringBuilder(capital(problem.message()));
        if (!problem.expected().isEmpty()) {
            text.append("; expected ").append(problem.expected());
        }
        if (!problem.remedy().isEmpty()) {
            text.append(". ").append(capital(problem.remedy()));
        }
        return text.toString();
    }

    static String capital(String text) {
        return text.isEmpty() ? text : Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
}

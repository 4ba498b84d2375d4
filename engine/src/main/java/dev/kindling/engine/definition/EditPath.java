package dev.kindling.engine.definition;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The path of an edit, step by step. */
record EditPath(String text, List<Step> steps) {
    private static final Pattern STEP = Pattern
            .compile(
                    "\\.?([^.\\[\\]\"\\s]+)|\\[(\\d{1,9})]|\\[(\\+)]|\\[\"((?:[^\"\\\\]|\\\\.)+)\"]|\\[([^\\[\\]\"\\s]+)]");

    /** One step into a group or a list. */
    sealed interface Step {
        /** The value of a key. */
        record Key(String name) implements Step {}

        /** The item of that number, from 0. */
        record Index(int number) implements Step {}

        /** The item whose {@code name} it is. */
        record Named(String name) implements Step {}

        /** A new item at the end. */
        record Next() implements Step {}
    }

    /** @throws Refused where it is no path */
    static EditPath parse(String text) throws Refused {
        Matcher matcher = STEP.matcher(text);
        List<Step> steps = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            if (!matcher.find() || matcher.start() != at
                    || ((at == 0) == text.startsWith(".", at) && matcher.group(1) != null)) {
                throw new Refused(text, "'" + text + "' is no path", "a path such as spec.nodePools[workers].count");
            }
            if (matcher.group(1) != null) {
                steps.add(new Step.Key(matcher.group(1)));
            } else if (matcher.group(2) != null) {
                steps.add(new Step.Index(Integer.parseInt(matcher.group(2))));
            } else if (matcher.group(3) != null) {
                steps.add(new Step.Next());
            } else if (matcher.group(4) != null) {
                steps.add(new Step.Key(matcher.group(4).replaceAll("\\\\(.)", "$1")));
            } else {
                steps.add(new Step.Named(matcher.group(5)));
            }
            at = matcher.end();
        }
        if (steps.isEmpty()) {
            throw new Refused(text, "the path is empty", "a path such as spec.nodePools[workers].count");
        }
        return new EditPath(text, List.copyOf(steps));
    }

    /** An edit that cannot be made; nothing is changed then. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1;
        private final String path;
        private final String expected;

        Refused(String path, String message, String expected) {
            super(message, null, false, false);
            this.path = path;
            this.expected = expected;
        }

        String path() {
            return path;
        }

        String expected() {
            return expected;
        }
    }
}

package dev.kindling.tui.cli;

import java.nio.file.InvalidPathException;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is wrong with a command line, in a sentence: the parser says it in the words of Java. */
final class Misuse {
    /** The remedy for a file name that Java cannot read in this locale. */
    static final String UTF8 = "set LC_ALL=C.UTF-8: file names are read as the locale says";

    private Misuse() {}

    static String sentence(ParameterException e) {
        if (e instanceof UnmatchedArgumentException unmatched) {
            return unmatched(unmatched);
        }
        String found = String.valueOf(e.getMessage());
        if (found.contains(InvalidPathException.class.getName())) {
            return unspeakable(e.getValue()) + "; " + UTF8;
        }
        String message = found.replaceFirst(" is not an? (int|long)$",
                " is no whole number, or too large");
        return Character.toLowerCase(message.charAt(0)) + message.substring(1);
    }

    private static String unmatched(UnmatchedArgumentException e) {
        String word = e.getUnmatched().isEmpty() ? "" : e.getUnmatched().getFirst();
        CommandLine command = e.getCommandLine();
        if (e.isUnknownOption()) {
            return "there is no option " + word + guess(word, command.getCommandSpec().optionsMap().keySet());
        }
        return command.getSubcommands().isEmpty()
                ? "one argument too many: " + word
                : "there is no command " + word + guess(word, command.getSubcommands().keySet());
    }

    private static String guess(String word, Set<String> known) {
        return known.stream().filter(each -> distance(word, each) <= Math.min(2, word.length() / 2))
                .min(Comparator.comparingInt(each -> distance(word, each)))
                .map(each -> "; did you mean " + each + "?").orElse("");
    }

    /** How many letters must be added, removed or changed to make one word of the other (Levenshtein). */
    private static int distance(String from, String to) {
        int[] above = IntStream.rangeClosed(0, to.length()).toArray();
        for (int i = 1; i <= from.length(); i++) {
            int[] row = new int[to.length() + 1];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int changed = above[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(changed, Math.min(above[j], row[j - 1]) + 1);
            }
            above = row;
        }
        return above[to.length()];
    }

    /** The locale has no letters for a file name. */
    static String unspeakable(@Nullable Object name) {
        return "the file name '" + name + "' cannot be read in this locale";
    }
}

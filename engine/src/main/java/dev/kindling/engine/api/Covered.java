package dev.kindling.engine.api;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Texts of a user, as they may be shown where others look on: on a terminal that is recorded, in the log of a build
 * server, in an answer. What looks like a password there is covered by as many asterisks, so that columns stay. It is
 * the net under the rule that a definition holds no secret, for the messages that say so.
 */
public final class Covered {
    private static final Pattern SECRET = Pattern.compile("(?i)://([^\\s/@'\"]+)@"
            + "|(?:password|passwd|passphrase|token|secret|api[-_]?key|private[-_]?key)[\"']?\\s*[:=]\\s*"
            + "(?:\"([^\"]+)|'([^']+)|([^\\s,}\\]\"'&]+))" + "|\\b(?:bearer|basic)\\s+([^\\s\"',]+)");
    private static final Pattern VALUE = Pattern.compile("\"([^\"]+)|'([^']+)|([^\\s,}\\]\"']+)");

    private Covered() {}

    /** The text with what looks like a password covered: in an address, behind a name that says so, or a bearer's. */
    public static String of(String text) {
        return cover(text, SECRET.matcher(text));
    }

    /** The text with the value of a definition covered that begins at an index. */
    public static String valueAt(String text, int index) {
        Matcher value = VALUE.matcher(text).region(index, text.length());
        return value.lookingAt() ? cover(text, value.region(index, value.end())) : text;
    }

    private static String cover(String text, Matcher secret) {
        var covered = new StringBuilder(text);
        while (secret.find()) {
            for (int group = 1; group <= secret.groupCount(); group++) {
                int start = secret.start(group);
                int end = secret.end(group);
                if (start >= 0) {
                    covered.replace(start, end, "*".repeat(end - start));
                }
            }
        }
        return covered.toString();
    }
}

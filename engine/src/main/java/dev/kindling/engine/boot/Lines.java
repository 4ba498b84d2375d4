package dev.kindling.engine.boot;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The {@code key=value} lines of docs/machine-protocol.md. What a machine sends is not trusted: nothing here throws.
 */
public final class Lines {
    private Lines() {}

    /** In the order of the text; of a key that is given twice, the last value. Lines without {@code =} are left out. */
    public static Map<String, String> parse(String text) {
        var map = new LinkedHashMap<String, String>();
        text.lines().forEach(line -> {
            int equals = line.indexOf('=');
            if (equals > 0) {
                map.put(line.substring(0, equals).strip(), printable(line.substring(equals + 1).strip()));
            }
        });
        return map;
    }

    static double number(@Nullable String text, double otherwise) {
        if (text == null) {
            return otherwise;
        }
        try {
            double value = Double.parseDouble(text);
            return Double.isFinite(value) ? value : otherwise;
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    static long whole(@Nullable String text) {
        return (long) number(text, 0);
    }

    /** Without control characters, which a console or a terminal might obey, and at most 500 characters. */
    private static String printable(String text) {
        String clean = text.replaceAll("\\p{Cntrl}", " ");
        return clean.length() > 500 ? clean.substring(0, 500) : clean;
    }
}

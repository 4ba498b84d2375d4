package dev.kindling.tui.text;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Small things about text that every screen needs. */
public final class Text {
    private Text() {}

    /**
     * The text without what could harm a terminal or break a line: escape sequences, control characters, line breaks,
     * direction overrides. Evidence and hardware names come from machines that nobody has vouched for.
     */
    public static String clean(String text) {
        int at = 0;
        while (at < text.length() && !harmful(text.charAt(at))) {
            at++;
        }
        if (at == text.length()) {
            return text;
        }
        StringBuilder clean = new StringBuilder(text.length());
        text.chars().forEach(c -> clean.append(c == '\n' || c == '\t' ? ' ' : harmful(c) ? '?' : (char) c));
        return clean.toString();
    }

    private static boolean harmful(int c) {
        return Character.isISOControl(c) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e)
                || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
    }

    /** The text without the name that it begins with: for places where the name stands already. */
    public static String without(String name, String text) {
        for (String after : new String[]{" ", ": "}) {
            if (text.startsWith(name + after)) {
                return text.substring(name.length() + after.length());
            }
        }
        return text;
    }

    /** Exactly {@code width} characters: padded on the right, or cut with an ellipsis. */
    public static String fit(String text, int width) {
        String cut = cut(text, width);
        return cut + " ".repeat(Math.max(0, width - cut.length()));
    }

    /** At most {@code width} characters, cut with an ellipsis. */
    public static String cut(String text, int width) {
        if (text.length() <= width) {
            return text;
        }
        return width <= 0 ? "" : width == 1 ? "…" : text.substring(0, width - 1).stripTrailing() + "…";
    }

    /** Breaks at spaces so that no line is longer than {@code width}; words that are too long are broken. */
    public static List<String> wrap(String text, int width) {
        int limit = Math.max(1, width);
        List<String> lines = new ArrayList<>();
        String rest = text.strip();
        while (rest.length() > limit) {
            int space = rest.lastIndexOf(' ', limit);
            int end = space > 0 ? space : limit;
            lines.add(rest.substring(0, end).stripTrailing());
            rest = rest.substring(end).stripLeading();
        }
        lines.add(rest);
        return lines;
    }

    /** {@code 0:07}, {@code 12:30} or {@code 1:02:03}; negative times count as zero. */
    public static String elapsed(Duration time) {
        long seconds = Math.max(0, time.toSeconds());
        // String.format takes as long as all the rest of a status of a thousand machines
        return seconds < 3600
                ? seconds / 60 + ":" + twoDigits(seconds % 60)
                : seconds / 3600 + ":" + twoDigits(seconds / 60 % 60) + ":" + twoDigits(seconds % 60);
    }

    private static String twoDigits(long number) {
        return number < 10 ? "0" + number : Long.toString(number);
    }

    /** {@code 40 s}, {@code 3 min}, {@code 1 h 20 min}: an estimate is never more exact than that. */
    public static String estimate(Duration time) {
        long seconds = time.toSeconds();
        if (seconds < 1) {
            return "at once";
        }
        if (seconds < 90) {
            return seconds + " s";
        }
        long minutes = (seconds + 30) / 60;
        return minutes < 60 ? minutes + " min" : minutes / 60 + " h " + minutes % 60 + " min";
    }

    /** UTC to the second: {@code 2026-11-21T03:12:01Z}. */
    public static String instant(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** Time of day in UTC: {@code 03:12:01}. */
    public static String timeOfDay(Instant at) {
        return instant(at).substring(11, 19);
    }

    /** Binary units as they are printed on disks' labels in tools: {@code 4.0 GiB}. */
    public static String bytes(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        String[] units = {"KiB", "MiB", "GiB", "TiB", "PiB"};
        double value = bytes;
        int unit = -1;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }

    /** A constant in words: {@code CONTROL_PLANE} is {@code control plane}. */
    public static String words(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** {@code 1 step}, {@code 2 steps}. */
    public static String count(long number, String noun) {
        return number + " " + (number == 1 ? noun : noun + "s");
    }
}

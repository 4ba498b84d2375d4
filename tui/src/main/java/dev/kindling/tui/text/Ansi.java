package dev.kindling.tui.text;

/**
 * Colour for a terminal, or none. Colour is never the only carrier of a meaning: every coloured word says the same
 * without it.
 *
 * @param colours false: every method returns its text as it is
 */
public record Ansi(boolean colours) {
    public static final Ansi PLAIN = new Ansi(false);

    public String bold(String text) {
        return with("1", text);
    }

    public String faint(String text) {
        return with("2", text);
    }

    public String red(String text) {
        return with("31", text);
    }

    public String green(String text) {
        return with("32", text);
    }

    public String yellow(String text) {
        return with("33", text);
    }

    public String cyan(String text) {
        return with("36", text);
    }

    private String with(String code, String text) {
        return colours && !text.isEmpty() ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
}

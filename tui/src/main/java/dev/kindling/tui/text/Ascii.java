package dev.kindling.tui.text;

/** The few characters beyond ASCII that the screens use, for terminals that cannot show them. */
public final class Ascii {
    private Ascii() {}

    public static String of(String text) {
        if (text.chars().allMatch(c -> c < 128)) {
            return text;
        }
        StringBuilder ascii = new StringBuilder(text.length());
        text.chars().forEach(c -> ascii.append(of((char) c)));
        return ascii.toString();
    }

    /** One character for one character, so that columns stay where they are. */
    public static char of(char c) {
        return c < 128 ? c : switch (c) {
            case '─', '━' -> '-';
            case '│', '┃' -> '|';
            case '┌', '┐', '└', '┘', '├', '┤', '┬', '┴', '┼' -> '+';
            case '█', '■' -> '#';
            case '░', '·' -> '.';
            case '▸', '►', '→' -> '>';
            case '●' -> '*';
            case '✓' -> 'x';
            case '…' -> '~';
            case '←' -> '<';
            case '↑' -> '^';
            case '↓' -> 'v';
            default -> '?';
        };
    }
}

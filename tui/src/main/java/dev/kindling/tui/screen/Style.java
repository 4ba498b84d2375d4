package dev.kindling.tui.screen;

/** How a cell looks. Never the only carrier of a meaning. */
public enum Style {
    PLAIN('.'),
    TITLE('T'),
    DIM('d'),
    STRONG('b'),
    GOOD('g'),
    WARNING('w'),
    BAD('r'),
    ACCENT('a'),
    SELECTED('S'),
    FIELD(
            '_'),
    CURSOR('C');

    private final char letter;

    Style(char letter) {
        this.letter = letter;
    }

    /** For golden files. */
    public char letter() {
        return letter;
    }
}

package dev.kindling.tui.screen;

/** Size of a terminal in characters. */
public record Size(int columns, int rows) {
    /** What the screens are made for: the console of a server. */
    public static final Size STANDARD = new Size(80, 24);

    public Size {
        if (columns < 1 || rows < 1) {
            throw new IllegalArgumentException(columns + "x" + rows);
        }
    }
}

package dev.kindling.tui.screen;

import java.util.Arrays;

/** A picture of characters: what a terminal shall show. One UTF-16 unit is one cell. */
public final class Frame {
    private final Size size;
    private final char[] characters;
    private final Style[] styles;

    Frame(Size size, char[] characters, Style[] styles) {
        this.size = size;
        this.characters = characters.clone();
        this.styles = styles.clone();
    }

    public Size size() {
        return size;
    }

    public char character(int row, int column) {
        return characters[row * size.columns() + column];
    }

    public Style style(int row, int column) {
        return styles[row * size.columns() + column];
    }

    /** One line, with its trailing blanks. */
    public String line(int row) {
        return new String(characters, row * size.columns(), size.columns());
    }

    /** All lines, without trailing blanks. */
    public String text() {
        StringBuilder out = new StringBuilder();
        for (int row = 0; row < size.rows(); row++) {
            out.append(line(row).stripTrailing()).append('\n');
        }
        return out.toString();
    }

    /** The style of each cell as a letter; plain cells at the end of a line are left out. */
    public String styleText() {
        StringBuilder out = new StringBuilder();
        for (int row = 0; row < size.rows(); row++) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < size.columns(); column++) {
                line.append(style(row, column).letter());
            }
            int end = line.length();
            while (end > 0 && line.charAt(end - 1) == '.') {
                end--;
            }
            out.append(line, 0, end).append('\n');
        }
        return out.toString();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Frame frame && size.equals(frame.size) && Arrays.equals(characters, frame.characters)
                && Arrays.equals(styles, frame.styles);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(characters) + Arrays.hashCode(styles);
    }
}

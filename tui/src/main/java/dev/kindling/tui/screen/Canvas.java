package dev.kindling.tui.screen;

import dev.kindling.tui.text.Ascii;
import dev.kindling.tui.text.Text;
import java.util.Arrays;

/** Where a frame is drawn. Everything outside is cut off: no terminal is too small to draw on. */
final class Canvas {
    private final Size size;
    private final boolean ascii;
    private final char[] characters;
    private final Style[] styles;

    Canvas(Size size, boolean ascii) {
        this.size = size;
        this.ascii = ascii;
        this.characters = new char[size.columns() * size.rows()];
        this.styles = new Style[characters.length];
        Arrays.fill(characters, ' ');
        Arrays.fill(styles, Style.PLAIN);
    }

    int columns() {
        return size.columns();
    }

    int rows() {
        return size.rows();
    }

    /** Writes from a place to the right. */
    void put(int row, int column, String text, Style style) {
        String safe = Text.clean(text);
        for (int i = 0; i < safe.length(); i++) {
            cell(row, column + i, safe.charAt(i), style);
        }
    }

    /** Writes exactly {@code width} cells. */
    void put(int row, int column, int width, String text, Style style) {
        put(row, column, Text.fit(Text.clean(text), Math.max(0, width)), style);
    }

    /** A whole row in one style. */
    void bar(int row, String left, String right, Style style) {
        int room = Math.max(0, columns() - right.length() - 1);
        put(row, 0, columns(), Text.fit(left, room) + (room > 0 ? " " : "") + right, style);
    }

    /** A horizontal rule with a title in it. */
    void rule(int row, String title, Style style) {
        put(row, 0, "─".repeat(columns()), Style.DIM);
        if (!title.isEmpty()) {
            put(row, 2, Text.cut(" " + title + " ", columns() - 4), style);
        }
    }

    /** A box with a cleared inside. */
    void box(int top, int left, int height, int width, String title) {
        for (int row = top; row < top + height; row++) {
            put(row, left, width, "", Style.PLAIN);
            put(row, left, "│", Style.DIM);
            put(row, left + width - 1, "│", Style.DIM);
        }
        put(top, left, "┌" + "─".repeat(Math.max(0, width - 2)) + "┐", Style.DIM);
        put(top + height - 1, left, "└" + "─".repeat(Math.max(0, width - 2)) + "┘", Style.DIM);
        put(top, left + 2, Text.cut(" " + title + " ", Math.max(0, width - 4)), Style.STRONG);
    }

    private void cell(int row, int column, char character, Style style) {
        if (row < 0 || row >= rows() || column < 0 || column >= columns()) {
            return;
        }
        int index = row * columns() + column;
        // Wide, combining and surrogate characters would shift the columns behind them.
        char narrow = character >= 0x300 && !narrow(character) ? '?' : character;
        characters[index] = ascii ? Ascii.of(narrow) : narrow;
        styles[index] = style;
    }

    private static boolean narrow(char c) {
        return (c >= 0x370 && c < 0x483) || (c >= 0x2010 && c < 0x2060) || (c >= 0x2190 && c < 0x2200)
                || (c >= 0x2500 && c < 0x2600) || c == '✓';
    }

    Frame frame() {
        return new Frame(size, characters, styles);
    }
}

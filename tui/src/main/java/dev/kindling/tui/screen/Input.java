package dev.kindling.tui.screen;

/**
 * A line that is being typed.
 *
 * @param cursor 0 to the length of the text
 */
public record Input(String text, int cursor) {
    static final Input EMPTY = new Input("", 0);

    public Input {
        if (cursor < 0 || cursor > text.length()) {
            throw new IllegalArgumentException("cursor " + cursor + " in " + text.length() + " characters");
        }
    }

    static Input of(String text) {
        return new Input(text, text.length());
    }

    /** The line after a key; the same line where the key means nothing to it. */
    Input after(Key key) {
        return switch (key.name()) {
            case CHARACTER -> Character.isISOControl(key.character()) || text.length() >= 200
                    ? this
                    : new Input(text.substring(0, cursor) + key.character() + text.substring(cursor), cursor + 1);
            case BACKSPACE -> cursor == 0
                    ? this
                    : new Input(text.substring(0, cursor - 1) + text.substring(cursor), cursor - 1);
            case DELETE -> cursor == text.length()
                    ? this
                    : new Input(text.substring(0, cursor) + text.substring(cursor + 1), cursor);
            case LEFT -> new Input(text, Math.max(0, cursor - 1));
            case RIGHT -> new Input(text, Math.min(text.length(), cursor + 1));
            case HOME -> new Input(text, 0);
            case END -> new Input(text, text.length());
            case ENTER, ESCAPE, TAB, BACK_TAB, UP, DOWN, PAGE_UP, PAGE_DOWN, HELP, PICK, INTERRUPT -> this;
        };
    }

    /** Draws it in {@code width} cells; scrolls so that the cursor is seen. */
    void draw(Canvas canvas, int row, int column, int width, boolean focused) {
        int from = Math.max(0, cursor - Math.max(1, width) + 1);
        String seen = text.substring(Math.min(from, text.length()));
        canvas.put(row, column, width, seen.length() > width ? seen.substring(0, width) : seen, Style.FIELD);
        if (focused && width > 0) {
            canvas.put(row, column + cursor - from, cursor < text.length() ? text.substring(cursor, cursor + 1) : " ",
                    Style.CURSOR);
        }
    }
}

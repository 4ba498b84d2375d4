package dev.kindling.tui.screen;

/**
 * A key that was pressed.
 *
 * @param character of {@link Name#CHARACTER}; else NUL
 */
public record Key(Name name, char character) {
    /** Keys that mean something here. */
    public enum Name {
        CHARACTER,
        ENTER,
        ESCAPE,
        TAB,
        BACK_TAB,
        UP,
        DOWN,
        LEFT,
        RIGHT,
        PAGE_UP,
        PAGE_DOWN,
        HOME,
        END,
        BACKSPACE,
        DELETE,
        HELP,
        PICK,
        INTERRUPT
    }

    public static Key of(Name name) {
        return new Key(name, '\0');
    }

    public static Key of(char character) {
        return new Key(Name.CHARACTER, character);
    }

    boolean is(char wanted) {
        return name == Name.CHARACTER && character == wanted;
    }
}

package dev.kindling.tui.terminal;

import com.googlecode.lanterna.input.KeyStroke;
import com.googlecode.lanterna.input.KeyType;
import dev.kindling.tui.screen.Key;
import java.util.Optional;

/** Lanterna's keys as ours. */
final class Keys {
    private Keys() {}

    /** Empty where the key means nothing here. */
    static Optional<Key> of(KeyStroke stroke) {
        if (stroke.getKeyType() == KeyType.Character) {
            char character = stroke.getCharacter();
            if (stroke.isCtrlDown()) {
                return character == 'c' || character == 'C'
                        ? Optional.of(Key.of(Key.Name.INTERRUPT))
                        : Optional.empty();
            }
            return stroke.isAltDown() ? Optional.empty() : Optional.of(Key.of(character));
        }
        return Optional.ofNullable(name(stroke.getKeyType())).map(Key::of);
    }

    private static Key.@org.jspecify.annotations.Nullable Name name(KeyType type) {
        return switch (type) {
            case Enter -> Key.Name.ENTER;
            case Escape -> Key.Name.ESCAPE;
            case Tab -> Key.Name.TAB;
            case ReverseTab -> Key.Name.BACK_TAB;
            case ArrowUp -> Key.Name.UP;
            case ArrowDown -> Key.Name.DOWN;
            case ArrowLeft -> Key.Name.LEFT;
            case ArrowRight -> Key.Name.RIGHT;
            case PageUp -> Key.Name.PAGE_UP;
            case PageDown -> Key.Name.PAGE_DOWN;
            case Home -> Key.Name.HOME;
            case End -> Key.Name.END;
            case Backspace -> Key.Name.BACKSPACE;
            case Delete -> Key.Name.DELETE;
            case F1 -> Key.Name.HELP;
            case F2 -> Key.Name.PICK;
            // the terminal is gone, as after a hang-up: leaving lets the run go on
            case EOF -> Key.Name.INTERRUPT;
            default -> null;
        };
    }
}

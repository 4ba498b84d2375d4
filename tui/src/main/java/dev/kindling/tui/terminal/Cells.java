package dev.kindling.tui.terminal;

import com.googlecode.lanterna.SGR;
import com.googlecode.lanterna.TextCharacter;
import com.googlecode.lanterna.TextColor;
import com.googlecode.lanterna.screen.Screen;
import dev.kindling.tui.screen.Frame;
import dev.kindling.tui.screen.Style;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Frames as Lanterna's cells, in the sixteen colours that every terminal has and the user's palette decides. */
final class Cells {
    private static final TextColor DEFAULT = TextColor.ANSI.DEFAULT;

    private Cells() {}

    /** Copies what differs from the frame before. */
    static void copy(Frame frame, @Nullable Frame before, Screen screen) {
        Frame same = before != null && before.size().equals(frame.size()) ? before : null;
        if (same == null) {
            screen.clear();
        }
        Map<Style, TextCharacter> blanks = new EnumMap<>(Style.class);
        for (int row = 0; row < frame.size().rows(); row++) {
            for (int column = 0; column < frame.size().columns(); column++) {
                char character = frame.character(row, column);
                Style style = frame.style(row, column);
                if (same == null || same.character(row, column) != character || same.style(row, column) != style) {
                    screen.setCharacter(column, row,
                            blanks.computeIfAbsent(style, Cells::blank).withCharacter(character));
                }
            }
        }
    }

    private static TextCharacter blank(Style style) {
        return switch (style) {
            case PLAIN -> cell(DEFAULT, DEFAULT);
            case TITLE, SELECTED, CURSOR -> cell(DEFAULT, DEFAULT, SGR.REVERSE);
            case DIM -> cell(TextColor.ANSI.BLACK_BRIGHT, DEFAULT);
            case STRONG -> cell(DEFAULT, DEFAULT, SGR.BOLD);
            case GOOD -> cell(TextColor.ANSI.GREEN, DEFAULT);
            case WARNING -> cell(TextColor.ANSI.YELLOW, DEFAULT);
            case BAD -> cell(TextColor.ANSI.RED, DEFAULT, SGR.BOLD);
            case ACCENT -> cell(TextColor.ANSI.CYAN, DEFAULT);
            case FIELD -> cell(DEFAULT, DEFAULT, SGR.UNDERLINE);
        };
    }

    private static TextCharacter cell(TextColor foreground, TextColor background, SGR... modifiers) {
        return TextCharacter.fromCharacter(' ', foreground, background, modifiers)[0];
    }
}

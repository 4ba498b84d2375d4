package dev.kindling.desktop;

/**
 * How the window looks.
 *
 * @param scale of the text and all that is measured by it, in percent
 */
record Appearance(Theme theme, int scale, boolean highContrast) {
    static final Appearance DEFAULT = new Appearance(Theme.SYSTEM, 100, false);
    private static final int SMALLEST = 80;
    private static final int LARGEST = 200;

    Appearance {
        scale = Math.clamp(scale, SMALLEST, LARGEST);
    }

    /** Colours. */
    enum Theme {
        SYSTEM,
        LIGHT,
        DARK
    }

    Appearance with(Theme other) {
        return new Appearance(other, scale, highContrast);
    }

    Appearance with(int otherScale) {
        return new Appearance(theme, otherScale, highContrast);
    }

    Appearance with(boolean contrast) {
        return new Appearance(theme, scale, contrast);
    }
}

package dev.kindling.engine.definition;

import org.jspecify.annotations.Nullable;

/** What may be put into a gap of a template. */
enum ParameterType {
    TEXT,
    NAME,
    INTEGER,
    BOOLEAN,
    CHOICE,
    ADDRESS,
    CIDR,
    RANGE,
    MAC,
    MEMORY,
    DISK,
    VERSION,
    DOMAIN,
    LIST,
    MACHINES;

    /** Judges a value by itself; null for the types that are judged by what they are put into. */
    @Nullable
    Shape<?> shape() {
        return switch (this) {
            case TEXT, CHOICE -> Values.LINE;
            case NAME -> Values.NAME;
            case INTEGER -> new Shape.Whole(-999_999_999, 999_999_999);
            case BOOLEAN -> Values.TRUTH;
            case ADDRESS -> Values.ADDRESS;
            case CIDR -> Values.CIDR;
            case RANGE -> Values.RANGE;
            case MAC -> Values.MAC;
            case MEMORY -> Values.MEMORY;
            case DISK -> Values.DISK_SIZE;
            case VERSION -> Values.VERSION;
            case DOMAIN -> Values.DOMAIN;
            case LIST -> new Shape.Many<>(Values.LINE, 0, 1000);
            case MACHINES -> null;
        };
    }

    /** Whether a word without quotes is a number or a truth value for it, and not a text. */
    boolean plain() {
        return this == INTEGER || this == BOOLEAN;
    }
}

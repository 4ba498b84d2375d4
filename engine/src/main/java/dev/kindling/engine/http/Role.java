package dev.kindling.engine.http;

import java.util.Locale;

/** What the bearer of a token may do; each may do what those before it may. */
public enum Role {
    /** Looks at everything; checks and plans definitions, which changes nothing. */
    VIEWER,
    /** Starts, pauses and cancels runs; rehearses. */
    OPERATOR,
    /** Removes clusters, takes backups, exports and imports journals, sees who asked for what. */
    ADMIN;

    /** As it is typed and stored: lower case. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    boolean includes(Role other) {
        return compareTo(other) >= 0;
    }
}

package dev.kindling.engine.api;

/**
 * Something that is wrong, and what to do about it.
 *
 * @param severity whether it stops anything
 * @param code stable, lower case with dashes: {@code mac-duplicate}
 * @param path into the definition ({@code spec.nodePools[0].machines[1].mac}), or what it is about ("machine
 *            demo-wk-1")
 * @param line 1-based line in the definition; 0 where there is none
 * @param column 1-based column; 0 where there is none
 * @param message what was found
 * @param expected what was expected
 * @param remedy what to do next, often a command
 */
public record Problem(Severity severity, String code, String path, int line, int column, String message,
        String expected, String remedy) {
    /** Whether a problem stops a run. */
    public enum Severity {
        ERROR,
        WARNING
    }

    /** An error that is not about a place in a definition. */
    public static Problem error(String code, String path, String message, String expected, String remedy) {
        return new Problem(Severity.ERROR, code, path, 0, 0, message, expected, remedy);
    }

    /** The same, said of something else. */
    public Problem of(String otherPath) {
        return new Problem(severity, code, otherPath, line, column, message, expected, remedy);
    }

    /** {@code error mac-duplicate at 12:9 spec...: message; expected ...; remedy}. */
    @Override
    public String toString() {
        return severity.name().toLowerCase(java.util.Locale.ROOT) + " " + code
                + (line > 0 ? " at " + line + ":" + column : "")
                + " " + path + ": " + message + (expected.isEmpty() ? "" : "; expected " + expected)
                + (remedy.isEmpty() ? "" : "; " + remedy);
    }
}

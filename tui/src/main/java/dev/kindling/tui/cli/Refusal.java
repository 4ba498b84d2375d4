package dev.kindling.tui.cli;

/** Ends a command with an exit code, a sentence and a remedy: expected, hence without a stack trace. */
public final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int code;
    private final String remedy;

    private Refusal(int code, String message, String remedy) {
        super(message, null, false, false);
        this.code = code;
        this.remedy = remedy;
    }

    /** Nothing was done, because the command is wrong. */
    public static Refusal badUse(String message, String remedy) {
        return new Refusal(ExitCode.BAD_USE, message, remedy);
    }

    /** It was tried and failed. */
    public static Refusal failed(String message, String remedy) {
        return new Refusal(ExitCode.FAILED, message, remedy);
    }

    int code() {
        return code;
    }

    /** What to do next; may be empty. */
    String remedy() {
        return remedy;
    }

    /** The sentence. */
    String sentence() {
        return String.valueOf(getMessage());
    }
}

package dev.kindling.tui.cli;

/** What the shell is told; written down for users in the help and in {@code docs/reference/exit-codes.md}. */
public final class ExitCode {
    /** Done. */
    public static final int DONE = 0;
    /** It was tried and failed. */
    public static final int FAILED = 1;
    /** The command, or the definition, is wrong: nothing was done. */
    public static final int BAD_USE = 2;
    /** {@code plan --detailed-exitcode}, which ends with {@link #FAILED} for every error: there is something to do. */
    public static final int CHANGES = 2;
    /** Ctrl-C: 128 + SIGINT, as shells say it. */
    public static final int CANCELLED = 130;

    private ExitCode() {}
}

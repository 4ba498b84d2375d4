package dev.kindling.tui.cli;

/** What the shell is told; written down for users in the help and in {@code docs/reference/exit-codes.md}. */
final class ExitCode {
    /** Done. */
    static final int DONE = 0;
    /** It was tried and failed. */
    static final int FAILED = 1;
    /** The command, or the definition, is wrong: nothing was done. */
    static final int BAD_USE = 2;
    /** {@code plan --detailed-exitcode}: there is something to do. */
    static final int CHANGES = 3;
    /** Ctrl-C: 128 + SIGINT, as shells say it. */
    static final int CANCELLED = 130;

    private ExitCode() {}
}

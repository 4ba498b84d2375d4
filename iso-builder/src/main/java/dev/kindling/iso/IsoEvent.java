package dev.kindling.iso;

import java.nio.file.Path;

/** What happens while a medium is made, in the order in which it happens. Called from one thread at a time. */
public sealed interface IsoEvent {
    /**
     * A directory was read.
     *
     * @param nodes of all kinds
     * @param bytes of all files
     */
    record Scanned(long nodes, long bytes) implements IsoEvent {}

    /** Something was left out, or is not as it was asked for; the medium is good nevertheless. */
    record Noted(String path, String message) implements IsoEvent {}

    /** The place of everything is known. */
    record LaidOut(long bytes) implements IsoEvent {}

    /** So many bytes are written or checked; at most ten times a second. */
    record Progressed(long done, long total) implements IsoEvent {}

    /** The medium is there, complete, under its name. */
    record Finished(Path output, long bytes) implements IsoEvent {}
}

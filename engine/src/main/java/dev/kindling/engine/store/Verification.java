package dev.kindling.engine.store;

import org.jspecify.annotations.Nullable;

/**
 * Whether a cluster's journal is as it was written.
 *
 * @param records how many follow each other without a break, from the first
 * @param head hash of the last of them, in hex; empty where there is none. Records cut off at the end show only by
 *            comparing it with a head noted elsewhere (a report, the hand-off commit)
 * @param brokenSeq the first record that does not fit; 0: none
 * @param reason what does not fit; null: nothing
 */
public record Verification(long records, String head, long brokenSeq, @Nullable String reason) {
    public boolean ok() {
        return reason == null;
    }
}

package dev.kindling.pxe.http;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a {@code Range} header asks for (RFC 9110, section 14). */
sealed interface ByteRange {
    /** No range, several ranges, another unit or nonsense: all of these may be answered with everything. */
    record Whole() implements ByteRange {}

    /** {@code length} is at least 1. */
    record Part(long from, long length) implements ByteRange {}

    /** Answered with 416. */
    record Unsatisfiable() implements ByteRange {}

    Pattern SINGLE = Pattern.compile("bytes=\\s*(\\d{0,18})-(\\d{0,18})\\s*", Pattern.CASE_INSENSITIVE);

    static ByteRange of(@Nullable String header, long size) {
        var match = SINGLE.matcher(header == null ? "" : header);
        if (!match.matches() || (match.group(1).isEmpty() && match.group(2).isEmpty())) {
            return new Whole();
        }
        if (match.group(1).isEmpty()) {
            long tail = Math.min(Long.parseLong(match.group(2)), size);
            return tail == 0 ? new Unsatisfiable() : new Part(size - tail, tail);
        }
        long from = Long.parseLong(match.group(1));
        long to = match.group(2).isEmpty() ? Long.MAX_VALUE : Long.parseLong(match.group(2));
        if (to < from) {
            return new Whole(); // invalid, and an invalid header is ignored
        }
        return from >= size ? new Unsatisfiable() : new Part(from, Math.min(to, size - 1) - from + 1);
    }
}

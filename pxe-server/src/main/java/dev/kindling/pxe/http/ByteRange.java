package dev.kindling.pxe.http;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a {@code Range} header asks for (RFC 9110, section 14). */
sealed interface ByteRange {
    /** No range, another unit, nonsense, or far too many: all of these may be answered with everything. */
    record Whole() implements ByteRange {}

    /** At least one, none of which overlaps another. */
    record Parts(List<Part> parts) implements ByteRange {}

    /** Answered with 416. */
    record Unsatisfiable() implements ByteRange {}

    /** {@code length} is at least 1. */
    record Part(long from, long length) {
        long end() {
            return from + length;
        }
    }

    /** Each costs a header of its own. No client of ours wants more at once. */
    int MAX_PARTS = 32;
    Pattern SPEC = Pattern.compile("(\\d{0,18})-(\\d{0,18})");
    String UNIT = "bytes=";

    static ByteRange of(@Nullable String header, long size) {
        if (header == null || !header.regionMatches(true, 0, UNIT, 0, UNIT.length())) {
            return new Whole();
        }
        var parts = new ArrayList<Part>();
        int asked = 0;
        for (String each : header.substring(UNIT.length()).split(",", -1)) {
            String spec = each.strip();
            if (spec.isEmpty()) {
                continue; // RFC 9110, section 5.6.1: a list may have empty elements
            }
            var match = SPEC.matcher(spec);
            if (!match.matches() || spec.equals("-") || ++asked > MAX_PARTS) {
                return new Whole();
            }
            long first = match.group(1).isEmpty() ? -1 : Long.parseLong(match.group(1));
            long last = match.group(2).isEmpty() ? Long.MAX_VALUE : Long.parseLong(match.group(2));
            if (last < first) {
                return new Whole(); // invalid, and an invalid header is ignored
            }
            long from = first < 0 ? Math.max(0, size - last) : first;
            long end = first < 0 ? size : Math.min(last, size - 1) + 1;
            if (from < end) {
                parts.add(new Part(from, end - from));
            }
        }
        if (asked == 0) {
            return new Whole();
        }
        return parts.isEmpty() ? new Unsatisfiable() : new Parts(apart(parts));
    }

    /** As asked where no octet is asked for twice; else the parts that overlap become one, or they would amplify. */
    private static List<Part> apart(List<Part> parts) {
        var sorted = parts.stream().sorted(Comparator.comparingLong(Part::from)).toList();
        var apart = new ArrayList<Part>();
        for (Part part : sorted) {
            Part before = apart.isEmpty() ? null : apart.getLast();
            if (before != null && part.from() < before.end()) {
                apart.set(apart.size() - 1,
                        new Part(before.from(), Math.max(before.end(), part.end()) - before.from()));
            } else {
                apart.add(part);
            }
        }
        return apart.size() == parts.size() ? List.copyOf(parts) : apart;
    }
}

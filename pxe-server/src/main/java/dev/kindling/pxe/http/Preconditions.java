package dev.kindling.pxe.http;

import io.netty.handler.codec.DateFormatter;
import java.time.Instant;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a client has of a file already, held against what there is (RFC 9110, section 13).
 *
 * @param tag strong, with its quotes; null: none
 * @param modified to the second, as Last-Modified says it; null: not known
 */
record Preconditions(@Nullable String tag, @Nullable Instant modified) {
    private static final Pattern TAG = Pattern.compile("(W/)?(\"[^\"]*\")");

    /** What becomes of the request. */
    enum Verdict {
        GO_ON,
        /** 304: the client has it. */
        NOT_MODIFIED,
        /** 412: the client wants another one. */
        FAILED
    }

    /** In the order of section 13.2.2. */
    Verdict judge(RequestHead asked) {
        if (asked.ifMatch() != null) {
            if (!names(asked.ifMatch(), true)) {
                return Verdict.FAILED;
            }
        } else if (asked.ifUnmodifiedSince() != null && isAfter(date(asked.ifUnmodifiedSince()))) {
            return Verdict.FAILED;
        }
        if (asked.ifNoneMatch() != null) {
            return names(asked.ifNoneMatch(), false) ? Verdict.NOT_MODIFIED : Verdict.GO_ON;
        }
        var since = date(asked.ifModifiedSince());
        return since != null && modified != null && !isAfter(since) ? Verdict.NOT_MODIFIED : Verdict.GO_ON;
    }

    /** Whether a part may be sent: If-Range names exactly what there is. */
    boolean rangeHolds(RequestHead asked) {
        String ifRange = asked.ifRange();
        if (ifRange == null || ifRange.equals(tag)) {
            return true;
        }
        var date = date(ifRange);
        return date != null && date.equals(modified);
    }

    private boolean names(String list, boolean strong) {
        if (list.equals("*")) {
            return true;
        }
        var each = TAG.matcher(list);
        while (each.find()) {
            if (each.group(2).equals(tag) && (!strong || each.group(1) == null)) {
                return true;
            }
        }
        return false;
    }

    private boolean isAfter(@Nullable Instant date) {
        return date != null && modified != null && modified.isAfter(date);
    }

    private static @Nullable Instant date(@Nullable String text) {
        var date = text == null ? null : DateFormatter.parseHttpDate(text);
        return date == null ? null : date.toInstant();
    }
}

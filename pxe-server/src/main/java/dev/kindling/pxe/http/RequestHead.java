package dev.kindling.pxe.http;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The header section of a request (RFC 9112), with the fields that mean something to us; a field that came several
 * times is joined by commas (RFC 9110, section 5.3).
 *
 * @param keepAlive whether the client wants to send another request
 * @param length of the body in octets; {@link #CHUNKED}: not told beforehand
 * @param awaitsContinue the body is sent only after a "100 Continue"
 * @param token of {@code Authorization: Bearer}
 */
record RequestHead(String method, String target, boolean keepAlive, long length, boolean awaitsContinue,
        @Nullable String token, @Nullable String range, @Nullable String ifRange, @Nullable String ifMatch,
        @Nullable String ifNoneMatch, @Nullable String ifModifiedSince, @Nullable String ifUnmodifiedSince) {
    static final long CHUNKED = -1;
    private static final int MAX_FIELDS = 100;

    /** What is wrong with a request, and the status that says so. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1;
        private final int status;

        Malformed(int status, String reason) {
            super(reason, null, false, false);
            this.status = status;
        }

        int status() {
            return status;
        }

        String reason() {
            return String.valueOf(getMessage());
        }
    }

    /** Reads the octets up to the empty line that ends the section. */
    static RequestHead parse(byte[] octets, int from, int to) throws Malformed {
        return new Parser(octets, from, to).parse();
    }

    boolean isHead() {
        return method.equals("HEAD");
    }

    private static final class Parser {
        private final byte[] in;
        private final int to;
        private int at;
        private int lineEnd;

        private int hosts;
        private @Nullable String contentLength;
        private @Nullable String transferEncoding;
        private @Nullable String connection;
        private @Nullable String expect;
        private @Nullable String authorization;
        private @Nullable String range;
        private @Nullable String ifRange;
        private @Nullable String ifMatch;
        private @Nullable String ifNoneMatch;
        private @Nullable String ifModifiedSince;
        private @Nullable String ifUnmodifiedSince;

        Parser(byte[] in, int from, int to) {
            this.in = in;
            this.at = from;
            this.to = to;
        }

        RequestHead parse() throws Malformed {
            nextLine();
            String method = method();
            String target = target();
            boolean http10 = version();
            int fields = 0;
            for (at = next(); nextLine(); at = next()) {
                if (++fields > MAX_FIELDS) {
                    throw new Malformed(431, "more than " + MAX_FIELDS + " header fields");
                }
                field();
            }
            if (hosts > 1 || (hosts == 0 && !http10)) {
                throw new Malformed(400, hosts == 0 ? "HTTP/1.1 without Host" : "more than one Host");
            }
            long length = length(http10);
            if (expect != null && !expect.equalsIgnoreCase("100-continue")) {
                throw new Malformed(417, "an expectation that is not known here");
            }
            return new RequestHead(method, target, keepAlive(http10), length, expect != null && !http10 && length != 0,
                    token(), range, ifRange, ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince);
        }

        /** Finds the end of the line at {@link #at}; false for the empty one. A lone LF ends a line, too. */
        private boolean nextLine() {
            int end = at;
            while (in[end] != '\n') {
                end++;
            }
            lineEnd = end > at && in[end - 1] == '\r' ? end - 1 : end;
            return lineEnd > at;
        }

        private int next() {
            return in[lineEnd] == '\r' ? lineEnd + 2 : lineEnd + 1;
        }

        private String method() throws Malformed {
            int end = at;
            while (end < lineEnd && isToken(in[end])) {
                end++;
            }
            if (end == at || end == lineEnd || in[end] != ' ' || end - at > 32) {
                throw new Malformed(400, "the request line does not begin with a method and a blank");
            }
            String method = text(at, end);
            at = end + 1;
            return method;
        }

        private String target() throws Malformed {
            int end = at;
            while (end < lineEnd && in[end] != ' ') {
                end++;
            }
            if (end == at || end == lineEnd) {
                throw new Malformed(400, "the request line lacks a target or a version");
            }
            String target = text(at, end);
            at = end + 1;
            return target;
        }

        /** True for HTTP/1.0. */
        private boolean version() throws Malformed {
            if (lineEnd - at != 8 || !text(at, at + 5).equals("HTTP/") || !isDigit(in[at + 5]) || in[at + 6] != '.'
                    || !isDigit(in[at + 7])) {
                throw new Malformed(400, "the request line does not end with the version of HTTP");
            }
            if (in[at + 5] != '1') {
                throw new Malformed(505, "HTTP/1.1 and HTTP/1.0 only");
            }
            return in[at + 7] == '0';
        }

        private void field() throws Malformed {
            int colon = at;
            while (colon < lineEnd && isToken(in[colon])) {
                colon++;
            }
            if (colon == at || colon == lineEnd || in[colon] != ':') {
                // also a folded line, and a blank before the colon: both have been used to smuggle requests
                throw new Malformed(400, "a header field without a name and a colon");
            }
            int from = colon + 1;
            int end = lineEnd;
            while (from < end && isBlank(in[from])) {
                from++;
            }
            while (end > from && isBlank(in[end - 1])) {
                end--;
            }
            for (int i = from; i < end; i++) {
                if ((in[i] >= 0 && in[i] < ' ' && in[i] != '\t') || in[i] == 0x7f) {
                    throw new Malformed(400, "a control character in a header field");
                }
            }
            known(colon, from, end);
        }

        private void known(int colon, int from, int end) {
            switch (colon - at) {
                case 4 -> hosts += is("host", at, colon) ? 1 : 0;
                case 5 -> range = join(range, "range", colon, from, end);
                case 6 -> expect = join(expect, "expect", colon, from, end);
                case 8 -> {
                    ifRange = join(ifRange, "if-range", colon, from, end);
                    ifMatch = join(ifMatch, "if-match", colon, from, end);
                }
                case 10 -> connection = join(connection, "connection", colon, from, end);
                case 13 -> {
                    ifNoneMatch = join(ifNoneMatch, "if-none-match", colon, from, end);
                    authorization = join(authorization, "authorization", colon, from, end);
                }
                case 14 -> contentLength = join(contentLength, "content-length", colon, from, end);
                case 17 -> {
                    transferEncoding = join(transferEncoding, "transfer-encoding", colon, from, end);
                    ifModifiedSince = join(ifModifiedSince, "if-modified-since", colon, from, end);
                }
                case 19 -> ifUnmodifiedSince = join(ifUnmodifiedSince, "if-unmodified-since", colon, from, end);
                default -> {
                    // means nothing to us
                }
            }
        }

        private @Nullable String join(@Nullable String before, String name, int colon, int from, int end) {
            if (!is(name, at, colon)) {
                return before;
            }
            String value = text(from, end);
            return before == null ? value : before + ", " + value;
        }

        /** RFC 9112, section 6: what is doubtful is refused, or another server in the way may see another request. */
        private long length(boolean http10) throws Malformed {
            if (transferEncoding != null) {
                if (contentLength != null || http10) {
                    throw new Malformed(400, "Transfer-Encoding with a Content-Length, or in HTTP/1.0");
                }
                if (!transferEncoding.equalsIgnoreCase("chunked")) {
                    throw new Malformed(501, "no transfer coding but chunked is known here");
                }
                return CHUNKED;
            }
            if (contentLength == null) {
                return 0;
            }
            if (contentLength.isEmpty() || contentLength.length() > 18
                    || !contentLength.chars().allMatch(c -> c >= '0' && c <= '9')) {
                throw new Malformed(400, "a Content-Length that is no number");
            }
            return Long.parseLong(contentLength);
        }

        private boolean keepAlive(boolean http10) {
            boolean keep = !http10;
            if (connection != null) {
                for (String option : connection.split(",", -1)) {
                    if (option.strip().equalsIgnoreCase("close")) {
                        return false;
                    }
                    keep |= option.strip().equalsIgnoreCase("keep-alive");
                }
            }
            return keep;
        }

        private @Nullable String token() {
            String bearer = "bearer ";
            return authorization != null && authorization.toLowerCase(Locale.ROOT).startsWith(bearer)
                    ? authorization.substring(bearer.length()).strip()
                    : null;
        }

        private String text(int from, int end) {
            return new String(in, from, end - from, StandardCharsets.ISO_8859_1);
        }

        private boolean is(String lowerCase, int from, int end) {
            if (end - from != lowerCase.length() || end > to) {
                return false;
            }
            for (int i = 0; i < lowerCase.length(); i++) {
                int c = in[from + i];
                if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != lowerCase.charAt(i)) {
                    return false;
                }
            }
            return true;
        }

        private static boolean isBlank(byte c) {
            return c == ' ' || c == '\t';
        }

        private static boolean isDigit(byte c) {
            return c >= '0' && c <= '9';
        }

        /** RFC 9110, section 5.6.2. */
        private static boolean isToken(byte c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c)
                    || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
        }
    }
}

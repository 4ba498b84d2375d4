package dev.kindling.pxe.http;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;

/** The target of a request line (RFC 9112, section 3.2), judged. */
sealed interface RequestTarget {
    /** Decoded once, relative, without query; {@code ""} is the root. */
    record Clean(String path) implements RequestTarget {}

    /** Answered with 400. */
    record Refused(String reason) implements RequestTarget {}

    /** Nothing but double slashes is repaired here: a client that sends a doubtful path is told so. */
    static RequestTarget of(String target) {
        String path = target;
        if (path.toLowerCase(Locale.ROOT).startsWith("http://")) {
            // the absolute form, which RFC 9112 has every server accept; the host in it does not matter to us
            int slash = path.indexOf('/', "http://".length());
            path = slash < 0 ? "/" : path.substring(slash);
        }
        int query = path.indexOf('?');
        if (query >= 0) {
            path = path.substring(0, query);
        }
        if (!path.startsWith("/")) {
            return new Refused("the path does not begin with a slash");
        }
        var octets = new ByteArrayOutputStream(path.length());
        for (int i = 1; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '%') {
                if (i + 2 >= path.length() || !HexFormat.isHexDigit(path.charAt(i + 1))
                        || !HexFormat.isHexDigit(path.charAt(i + 2))) {
                    return new Refused("a percent sign without two hexadecimal digits");
                }
                octets.write(HexFormat.fromHexDigits(path, i + 1, i + 3));
                i += 2;
            } else if (c <= ' ' || c > '~' || c == '#') {
                return new Refused("a character that must be encoded");
            } else {
                octets.write(c);
            }
        }
        String decoded;
        try {
            decoded = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(octets.toByteArray())).toString();
        } catch (CharacterCodingException e) {
            return new Refused("the path is not UTF-8");
        }
        if (decoded.indexOf('\\') >= 0 || decoded.chars().anyMatch(Character::isISOControl)) {
            return new Refused("a back-slash or a control character in the path");
        }
        // the one repair: shim 16, booted by HTTP, asks for //grubx64.efi
        String single = decoded.replaceAll("/{2,}", "/").replaceFirst("^/", "");
        for (String segment : single.split("/", -1)) {
            if ((segment.isEmpty() && !single.isEmpty()) || segment.equals(".") || segment.equals("..")) {
                return new Refused("a slash at the end, a . or a .. in the path");
            }
        }
        return new Clean(single);
    }
}

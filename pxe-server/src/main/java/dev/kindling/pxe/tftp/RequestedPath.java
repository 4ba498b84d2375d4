package dev.kindling.pxe.tftp;

import java.util.ArrayList;

/** The file name of a read request, judged. */
sealed interface RequestedPath {
    /** Relative, with slashes; no empty segment, no {@code .}, no {@code ..}. */
    record Clean(String path) implements RequestedPath {}

    /** Not to be looked for. */
    record Refused(String reason) implements RequestedPath {}

    /**
     * Windows' boot manager writes back-slashes; PXE ROMs prefix slashes or the TFTP root, and some append the 0xff
     * that follows option 67 in the DHCP packet. Percent signs mean nothing in TFTP.
     */
    static RequestedPath of(String name) {
        String text = name.replace('\\', '/');
        if (text.endsWith("\ufffd")) {
            text = text.substring(0, text.length() - 1);
        }
        if (text.indexOf('\ufffd') >= 0) {
            return new Refused("the file name is not UTF-8");
        }
        if (text.chars().anyMatch(Character::isISOControl)) {
            return new Refused("a control character in the file name");
        }
        var segments = new ArrayList<String>();
        for (String segment : text.split("/", -1)) {
            if (segment.equals("..")) {
                return new Refused("the file name leads upwards");
            }
            if (!segment.isEmpty() && !segment.equals(".")) {
                segments.add(segment);
            }
        }
        return segments.isEmpty() ? new Refused("no file name") : new Clean(String.join("/", segments));
    }
}

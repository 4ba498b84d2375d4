package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;

/**
 * The two names of an entry ("Microsoft FAT Specification", 2005, sections 6 and 7): the long one, and the short one of
 * eight and three characters that every entry has.
 *
 * @param shortName eleven bytes, padded with blanks
 * @param needsLong false where the short name says the same as the long one
 */
record FatName(String name, byte[] shortName, boolean needsLong) {
    private static final int LIMIT = 255;
    private static final String FORBIDDEN = "\"*/:<>?\\|";
    private static final String SHORT_EXTRA = "$%'-_@~`!(){}^#&";

    /**
     * Chooses a short name.
     *
     * @param where the path, for messages
     * @param taken short names of the directory so far; the chosen one is added
     */
    static FatName of(String name, String where, Set<String> taken) {
        check(name, where);
        int dot = name.lastIndexOf('.');
        String base = dot > 0 ? name.substring(0, dot) : name;
        String extension = dot > 0 ? name.substring(dot + 1) : "";
        if (base.length() <= 8 && extension.length() <= 3 && isShort(base) && (dot < 0 || isShort(extension))) {
            String exact = pad(base, 8) + pad(extension, 3);
            if (taken.add(exact)) {
                return new FatName(name, exact.getBytes(US_ASCII), false);
            }
        }
        String shortBase = shorten(base, 8);
        String shortExtension = shorten(extension, 3);
        for (int number = 1; number < 1_000_000; number++) {
            String tail = "~" + number;
            String candidate = pad(shortBase.substring(0, Math.min(shortBase.length(), 8 - tail.length())) + tail, 8)
                    + pad(shortExtension, 3);
            if (taken.add(candidate)) {
                return new FatName(name, candidate.getBytes(US_ASCII), true);
            }
        }
        throw new IllegalArgumentException(where + ": too many names that look alike in this directory");
    }

    private static void check(String name, String where) {
        if (name.isEmpty() || name.length() > LIMIT) {
            throw new IllegalArgumentException(
                    where + ": a name has 1 to " + LIMIT + " characters, not " + name.length());
        }
        if (name.endsWith(".") || name.endsWith(" ") || name.startsWith(" ")) {
            throw new IllegalArgumentException(where + ": FAT drops a dot or blank at the end, and blanks in front");
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c < ' ' || c == 0x7F || FORBIDDEN.indexOf(c) >= 0) {
                throw new IllegalArgumentException(where + ": FAT does not allow the character '"
                        + (c < ' ' || c == 0x7F ? String.format("\\u%04x", (int) c) : c) + "'");
            }
        }
    }

    /** Entries of 32 bytes that the name takes, with the one that holds everything else. */
    int slots() {
        return needsLong ? 1 + (name.length() + 12) / 13 : 1;
    }

    /** As the specification's ChkSum: ties the long entries to their short one. */
    int checksum() {
        int sum = 0;
        for (byte b : shortName) {
            sum = ((((sum & 1) << 7) | (sum >> 1)) + (b & 0xFF)) & 0xFF;
        }
        return sum;
    }

    private static boolean isShort(String part) {
        return !part.isEmpty() && part.chars().allMatch(FatName::isShort);
    }

    private static boolean isShort(int c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || SHORT_EXTRA.indexOf(c) >= 0;
    }

    private static String shorten(String part, int limit) {
        StringBuilder out = new StringBuilder();
        for (char c : part.toUpperCase(Locale.ROOT).toCharArray()) {
            if (c != ' ' && c != '.' && out.length() < limit) {
                out.append(isShort(c) ? c : '_');
            }
        }
        return out.toString();
    }

    private static String pad(String part, int length) {
        return part + " ".repeat(length - part.length());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FatName that && name.equals(that.name) && Arrays.equals(shortName, that.shortName)
                && needsLong == that.needsLong;
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    @Override
    public String toString() {
        return name;
    }
}

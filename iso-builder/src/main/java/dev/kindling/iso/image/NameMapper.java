package dev.kindling.iso.image;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Makes the names of one directory fit a volume, each different from the others. What is asked first keeps most of its
 * name, so the order of the questions must not depend on chance.
 */
final class NameMapper {
    private final boolean joliet;
    private final boolean brief;
    private final Set<String> taken = new HashSet<>();
    private final Map<String, Integer> next = new HashMap<>();

    /**
     * @param joliet UCS-2 names of up to 103 characters, else upper-case ASCII names of up to 30
     * @param brief of these only 8 and 3 characters: interchange level 1 (ECMA-119, 10.1)
     */
    NameMapper(boolean joliet, boolean brief) {
        this.joliet = joliet;
        this.brief = brief;
    }

    /** Takes an identifier that is to stay what it is; false where another one has it. */
    boolean keep(String identifier) {
        return taken.add(key(identifier));
    }

    /** A file's identifier without its version; on a primary volume always with a dot (ECMA-119, 7.5.1). */
    String file(String name) {
        int dot = name.lastIndexOf('.');
        String stem = mapped(dot > 0 ? name.substring(0, dot) : name);
        String extension = dot > 0 ? mapped(name.substring(dot + 1)) : "";
        extension = cut(extension, joliet ? 50 : brief ? 3 : 8);
        int limit = joliet ? 103 : brief ? 8 + extension.length() : 30;
        String tail = joliet && extension.isEmpty() ? "" : "." + extension;
        return unique(stem, limit - extension.length() - (joliet && !tail.isEmpty() ? 1 : 0), tail);
    }

    /** A directory's identifier (7.6.1). */
    String directory(String name) {
        return unique(mapped(name), joliet ? 103 : brief ? 8 : 31, "");
    }

    private String unique(String stem, int limit, String tail) {
        String whole = cut(stem, limit) + tail;
        // A file "A." and a directory "A" may stand side by side by the letter, but not on every reader.
        if (taken.add(key(whole))) {
            return whole;
        }
        while (true) {
            int number = next.merge(cut(stem, limit) + tail, 1, Integer::sum) - 1;
            String digits = String.format(Locale.ROOT, "%03d", number);
            String candidate = cut(stem, limit - digits.length()) + digits + tail;
            if (taken.add(key(candidate))) {
                return candidate;
            }
        }
    }

    private static String key(String name) {
        return (name.endsWith(".") ? name.substring(0, name.length() - 1) : name).toUpperCase(Locale.ROOT);
    }

    private static String cut(String text, int length) {
        if (text.length() <= length) {
            return text;
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(length - 1)) ? length - 1 : length);
    }

    private String mapped(String name) {
        char[] out = name.toCharArray();
        boolean changed = false;
        for (int i = 0; i < out.length; i++) {
            char c = out[i];
            out[i] = joliet ? joliet(c) : plain(c);
            changed |= out[i] != c;
        }
        return changed ? new String(out) : name;
    }

    private static char joliet(char c) {
        return switch (c) {
            case '*', '/', ':', ';', '?', '\\' -> '_';
            default -> c < ' ' ? '_' : c;
        };
    }

    private static char plain(char c) {
        char upper = c >= 'a' && c <= 'z' ? (char) (c - 'a' + 'A') : c;
        return (upper >= 'A' && upper <= 'Z') || (upper >= '0' && upper <= '9') ? upper : '_';
    }
}

package dev.kindling.iso.edit;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the small JSON files of CoreOS images (RFC 8259): maps, lists, strings, numbers as long, booleans, null. */
final class JsonReader {
    private static final int DEPTH = 20;
    private final String text;
    private int at;

    private JsonReader(String text) {
        this.text = text;
    }

    /** An object. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> object(String text) throws IOException {
        JsonReader reader = new JsonReader(text);
        if (reader.value(0) instanceof Map<?, ?> map) {
            return (Map<String, Object>) map;
        }
        throw reader.bad("an object");
    }

    private IOException bad(String expected) {
        return new IOException("no JSON at character " + at + ": expected " + expected);
    }

    private char next() throws IOException {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        if (at == text.length()) {
            throw bad("more");
        }
        return text.charAt(at);
    }

    private void take(char c) throws IOException {
        if (next() != c) {
            throw bad("'" + c + "'");
        }
        at++;
    }

    private @Nullable Object value(int depth) throws IOException {
        if (depth > DEPTH) {
            throw bad("less depth");
        }
        return switch (next()) {
            case '{' -> {
                Map<String, Object> map = new LinkedHashMap<>();
                take('{');
                while (next() != '}') {
                    if (!map.isEmpty()) {
                        take(',');
                    }
                    next();
                    String key = string();
                    take(':');
                    Object value = value(depth + 1);
                    map.put(key, value == null ? "" : value);
                }
                take('}');
                yield map;
            }
            case '[' -> {
                List<Object> list = new ArrayList<>();
                take('[');
                while (next() != ']') {
                    if (!list.isEmpty()) {
                        take(',');
                    }
                    Object value = value(depth + 1);
                    list.add(value == null ? "" : value);
                }
                take(']');
                yield list;
            }
            case '"' -> string();
            default -> literal();
        };
    }

    private @Nullable Object literal() throws IOException {
        int start = at;
        while (at < text.length()
                && (Character.isLetterOrDigit(text.charAt(at)) || "+-.".indexOf(text.charAt(at)) >= 0)) {
            at++;
        }
        String word = text.substring(start, at);
        try {
            return switch (word) {
                case "true" -> true;
                case "false" -> false;
                case "null" -> null;
                default -> Long.valueOf(word);
            };
        } catch (NumberFormatException e) {
            throw bad("a whole number, true, false or null");
        }
    }

    private String string() throws IOException {
        take('"');
        StringBuilder out = new StringBuilder();
        while (at < text.length() && text.charAt(at) != '"') {
            char c = text.charAt(at++);
            if (c == '\\' && at < text.length()) {
                char escaped = text.charAt(at++);
                switch (escaped) {
                    case 'n' -> out.append('\n');
                    case 't' -> out.append('\t');
                    case 'r' -> out.append('\r');
                    case 'b' -> out.append('\b');
                    case 'f' -> out.append('\f');
                    case 'u' -> {
                        try {
                            out.append((char) Integer.parseInt(text, at, at + 4, 16));
                        } catch (IndexOutOfBoundsException | NumberFormatException e) {
                            throw bad("four hexadecimal digits");
                        }
                        at += 4;
                    }
                    default -> out.append(escaped);
                }
            } else {
                out.append(c);
            }
        }
        take('"');
        return out.toString();
    }
}

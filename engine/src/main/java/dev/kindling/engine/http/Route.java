package dev.kindling.engine.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One thing that can be asked. The server and the OpenAPI document are both made from these.
 *
 * @param id of the operation, for generated clients
 * @param role that it needs; null: none, not even a token
 * @param takes what is in the body, in words; empty: there is no body
 * @param body record that the body is, as JSON; null: text that is read as it is
 * @param file type of a body that is a file, and may be large; null: it is none
 * @param answers by status
 * @param failures by status, beyond those that every route has
 */
record Route(String method, String path, String id, String summary, @Nullable Role role, List<Parameter> parameters,
        String takes, @Nullable Class<?> body, @Nullable String file, Map<Integer, Content> answers,
        Map<Integer, String> failures,
        Handler handler) {

    /** Does what was asked. */
    interface Handler {
        Answer handle(Call call) throws InterruptedException;
    }

    /**
     * A value in the query or in a header.
     *
     * @param in {@code query} or {@code header}
     * @param type {@code string}, {@code integer} or {@code boolean}
     * @param initial what holds where it is not given; empty: nothing
     */
    record Parameter(String name, String in, String type, String description, String initial, long least, long most) {}

    /**
     * What an answer holds.
     *
     * @param body record; null: only the others
     * @param others types of content beside JSON
     */
    record Content(String description, @Nullable Class<?> body, List<String> others) {}

    static Builder on(String method, String path, String id, String summary) {
        return new Builder(method, path, id, summary);
    }

    /** Names in braces. */
    List<String> names() {
        var names = new ArrayList<String>();
        for (String part : path.split("/", -1)) {
            if (part.startsWith("{")) {
                names.add(part.substring(1, part.length() - 1));
            }
        }
        return names;
    }

    /** The values of the path's names; empty where another path is meant. */
    Optional<Map<String, String>> match(String asked) {
        String[] wanted = path.split("/", -1);
        String[] given = decoded(asked.split("/", -1));
        if (wanted.length != given.length) {
            return Optional.empty();
        }
        var values = new LinkedHashMap<String, String>();
        for (int i = 0; i < wanted.length; i++) {
            if (wanted[i].startsWith("{")) {
                if (given[i].isEmpty()) {
                    return Optional.empty();
                }
                values.put(wanted[i].substring(1, wanted[i].length() - 1), given[i]);
            } else if (!wanted[i].equals(given[i])) {
                return Optional.empty();
            }
        }
        return Optional.of(values);
    }

    /** Per cent and two digits (RFC 3986, section 2.1): decoded once, after the path was split. */
    private static String[] decoded(String[] parts) {
        for (int i = 0; i < parts.length; i++) {
            try {
                parts[i] = URLDecoder.decode(parts[i].replace("+", "%2B"), StandardCharsets.UTF_8);
            } catch (IllegalArgumentException e) {
                // no name and no path of ours has a stray per cent sign: it is refused, or not found
            }
        }
        return parts;
    }

    /** Whether it is written down who asked: what not everybody may. */
    boolean isAct() {
        return role != null && role != Role.VIEWER;
    }

    /** Whether an answer is kept under an idempotency key. A file has no need of one: it cannot be taken in twice. */
    boolean once() {
        return isAct() && !method.equals("GET") && file == null;
    }

    /** Says what a route is, in the order of the document. */
    static final class Builder {
        private final String method;
        private final String path;
        private final String id;
        private final String summary;
        private final List<Parameter> parameters = new ArrayList<>();
        private final Map<Integer, Content> answers = new LinkedHashMap<>();
        private final Map<Integer, String> failures = new LinkedHashMap<>();
        private @Nullable Role role;
        private String takes = "";
        private @Nullable Class<?> body;
        private @Nullable String file;

        private Builder(String method, String path, String id, String summary) {
            this.method = method;
            this.path = path;
            this.id = id;
            this.summary = summary;
        }

        Builder by(Role least) {
            role = least;
            return this;
        }

        Builder text(String name, String description) {
            return parameter(new Parameter(name, "query", "string", description, "", 0, 0));
        }

        Builder text(String name, String description, String initial) {
            return parameter(new Parameter(name, "query", "string", description, initial, 0, 0));
        }

        Builder number(String name, String description, long initial, long least, long most) {
            return parameter(
                    new Parameter(name, "query", "integer", description, Long.toString(initial), least, most));
        }

        Builder flag(String name, String description) {
            return parameter(new Parameter(name, "query", "boolean", description, "false", 0, 0));
        }

        Builder header(String name, String description) {
            return parameter(new Parameter(name, "header", "string", description, "", 0, 0));
        }

        /** A header that is a number, 0 or more. */
        Builder count(String name, String description) {
            return parameter(new Parameter(name, "header", "integer", description, "", 0, Long.MAX_VALUE));
        }

        private Builder parameter(Parameter parameter) {
            parameters.add(parameter);
            return this;
        }

        Builder takes(String words) {
            takes = words;
            return this;
        }

        Builder takes(String words, Class<?> type) {
            body = type;
            return takes(words);
        }

        Builder takesFile(String words, String type) {
            file = type;
            return takes(words);
        }

        Builder answers(int status, String description, @Nullable Class<?> body, String... others) {
            answers.put(status, new Content(description, body, List.of(others)));
            return this;
        }

        Builder fails(int status, String description) {
            failures.put(status, description);
            return this;
        }

        Route with(Handler handler) {
            return new Route(method, path, id, summary, role, List.copyOf(parameters), takes, body, file,
                    java.util.Collections.unmodifiableMap(answers), java.util.Collections.unmodifiableMap(failures),
                    handler);
        }
    }
}

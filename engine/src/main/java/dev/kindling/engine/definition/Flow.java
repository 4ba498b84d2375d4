package dev.kindling.engine.definition;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.stream.Collectors;

/** Values on one line, as in JSON; without quotes where YAML needs none. */
final class Flow {
    private Flow() {}

    /** @param json whether JSON is wanted */
    static String of(Node node, boolean json) {
        return switch (node) {
            case Node.Scalar scalar when scalar.isNull() -> "null";
            case Node.Scalar scalar when scalar.isTruth() || scalar.isNumber() -> scalar.text();
            case Node.Scalar scalar -> text(scalar.text(), json);
            case Node.Mapping mapping -> mapping.entries().stream()
                    .map(entry -> key(entry.key().text(), json) + ": " + of(entry.value(), json))
                    .collect(Collectors.joining(", ", "{", "}"));
            case Node.Sequence sequence -> sequence.items().stream().map(item -> of(item, json))
                    .collect(Collectors.joining(", ", "[", "]"));
            case Node.Unreadable _ -> "null";
        };
    }

    static String key(String name, boolean json) {
        return text(name, json);
    }

    private static String text(String text, boolean json) {
        return json
                ? '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"'
                : Composer.scalar(text);
    }
}

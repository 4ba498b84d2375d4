package dev.kindling.engine.handoff;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.util.StringQuotingChecker;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** YAML that every parser of Kubernetes' world reads the same way, in the order in which it is put together. */
final class Yaml {
    private static final YAMLMapper MAPPER = YAMLMapper.builder(YAMLFactory.builder()
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .disable(YAMLGenerator.Feature.SPLIT_LINES)
            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
            .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .enable(YAMLGenerator.Feature.LITERAL_BLOCK_STYLE)
            .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
            .stringQuotingChecker(new Careful())
            .build()).build();

    private Yaml() {}

    /** A map that keeps its order: {@code map("kind", "Service", ...)}. */
    static Map<String, Object> map(Object... keysAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }

    /** One document. */
    static String write(Map<String, Object> document) {
        return one(document);
    }

    /** Several documents. */
    static String write(List<Map<String, Object>> documents) {
        return documents.stream().map(Yaml::one).collect(Collectors.joining("---\n"));
    }

    private static String one(Map<String, Object> document) {
        try {
            return MAPPER.writeValueAsString(document);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of strings, numbers and lists has a YAML form", e);
        }
    }

    /**
     * Quotes whatever does not look like a word: in YAML 1.1 {@code 52:54:00:12:34:56} is a number to the base of 60,
     * and {@code 2026-01-02} a date.
     */
    private static final class Careful extends StringQuotingChecker.Default {
        private static final long serialVersionUID = 1;
        private static final Pattern WORD = Pattern.compile("[A-Za-z/][A-Za-z0-9 ,.:;/@=+_()-]*");

        @Override
        public boolean needToQuoteValue(String value) {
            return super.needToQuoteValue(value) || (value.indexOf('\n') < 0 && !WORD.matcher(value).matches());
        }
    }
}

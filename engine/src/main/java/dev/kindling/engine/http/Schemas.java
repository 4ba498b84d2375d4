package dev.kindling.engine.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.model.MacAddress;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** JSON Schema 2020-12 of our records, as {@link ApiJson} writes them. */
final class Schemas {
    private final Map<String, Object> components = new TreeMap<>();
    private final Map<String, Class<?>> named = new LinkedHashMap<>();

    /** A reference to the schema of a record. */
    Map<String, Object> of(Class<?> type) {
        return schema(type);
    }

    /** All that was referred to, by name. */
    Map<String, Object> components() {
        return components;
    }

    private Map<String, Object> schema(AnnotatedType annotated) {
        Map<String, Object> schema;
        if (annotated instanceof AnnotatedParameterizedType generic) {
            Class<?> raw = (Class<?>) ((ParameterizedType) generic.getType()).getRawType();
            AnnotatedType last = generic.getAnnotatedActualTypeArguments()[generic
                    .getAnnotatedActualTypeArguments().length - 1];
            if (raw == List.class) {
                schema = map("type", "array", "items", schema(last));
            } else if (raw == Map.class) {
                schema = map("type", "object", "additionalProperties", schema(last));
            } else if (raw == Optional.class) {
                return nullable(schema(last));
            } else {
                throw new IllegalArgumentException("no schema for " + generic);
            }
        } else {
            schema = schema(annotated.getType());
        }
        return annotated.isAnnotationPresent(Nullable.class) ? nullable(schema) : schema;
    }

    private static Map<String, Object> nullable(Map<String, Object> schema) {
        if (schema.get("type") instanceof String type) {
            var copy = new LinkedHashMap<>(schema);
            copy.put("type", List.of(type, "null"));
            if (copy.get("enum") instanceof List<?> values) {
                var more = new ArrayList<Object>(values);
                more.add(null);
                copy.put("enum", more);
            }
            return copy;
        }
        return map("anyOf", List.of(schema, map("type", "null")));
    }

    private Map<String, Object> schema(Type type) {
        if (type == String.class) {
            return map("type", "string");
        } else if (type == boolean.class || type == Boolean.class) {
            return map("type", "boolean");
        } else if (type == int.class || type == Integer.class) {
            return map("type", "integer", "format", "int32");
        } else if (type == long.class || type == Long.class) {
            return map("type", "integer", "format", "int64");
        } else if (type == double.class) {
            return map("type", "number", "format", "double");
        } else if (type == Instant.class) {
            return map("type", "string", "format", "date-time");
        } else if (type == Duration.class) {
            // ISO 8601 as Java has it; the format "duration" (RFC 3339) knows no fractions of a second
            return map("type", "string", "pattern", "^PT(\\d+H)?(\\d+M)?(\\d+(\\.\\d{1,9})?S)?$");
        } else if (type == MacAddress.class) {
            return map("type", "string", "pattern", "^[0-9a-f]{2}(:[0-9a-f]{2}){5}$");
        } else if (type instanceof Class<?> known && known.isEnum()) {
            return map("type", "string", "enum",
                    Arrays.stream(known.getEnumConstants()).map(value -> ((Enum<?>) value).name()).toList());
        } else if (type instanceof Class<?> known && (known.isRecord() || known == Event.class)) {
            return reference(known);
        }
        throw new IllegalArgumentException("no schema for " + type);
    }

    private Map<String, Object> reference(Class<?> type) {
        String name = type.getSimpleName();
        Class<?> before = named.putIfAbsent(name, type);
        if (before == null) {
            components.put(name, map());
            components.put(name, type == Event.class ? events() : record(type, null));
        } else if (before != type) {
            throw new IllegalArgumentException(before + " and " + type + " have the same name in the document");
        }
        return map("$ref", "#/components/schemas/" + name);
    }

    private Map<String, Object> record(Class<?> type, @Nullable String discriminator) {
        Map<String, Object> properties = new LinkedHashMap<>();
        if (discriminator != null) {
            properties.put("type", map("type", "string", "const", discriminator));
        }
        for (RecordComponent component : type.getRecordComponents()) {
            properties.put(component.getName(), schema(component.getAnnotatedType()));
        }
        List<String> required = new ArrayList<>(properties.keySet());
        JsonInclude include = type.getAnnotation(JsonInclude.class);
        if (include != null && include.value() == JsonInclude.Include.NON_NULL) {
            for (RecordComponent component : type.getRecordComponents()) {
                if (component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
                    required.remove(component.getName());
                }
            }
        }
        return map("type", "object", "properties", properties, "required", required);
    }

    private Map<String, Object> events() {
        List<Object> kinds = new ArrayList<>();
        Map<String, Object> mapping = new TreeMap<>();
        for (Class<?> kind : Event.class.getPermittedSubclasses()) {
            if (!kind.isRecord()) {
                throw new IllegalArgumentException(kind + " is no record");
            }
            String name = kind.getSimpleName();
            if (named.putIfAbsent(name, kind) != null) {
                throw new IllegalArgumentException("two records are called " + name);
            }
            components.put(name, record(kind, name));
            kinds.add(map("$ref", "#/components/schemas/" + name));
            mapping.put(name, "#/components/schemas/" + name);
        }
        return map("oneOf", kinds, "discriminator", map("propertyName", "type", "mapping", mapping));
    }

    /** In the order given. */
    static Map<String, Object> map(@Nullable Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            Object value = pairs[i + 1];
            if (value != null) {
                map.put(String.valueOf(pairs[i]), value);
            }
        }
        return map;
    }
}

package dev.kindling.engine.store;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.AnnotatedClass;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.kindling.engine.api.Event;

/** The one JSON form of our records: instants as ISO 8601 text, events with their {@code type}. */
public final class Json {
    private Json() {}

    /**
     * A new mapper, thread-safe; make one and keep it. Properties that it does not know are skipped, so that a journal
     * written by a newer Kindling of the same schema can be read.
     */
    public static JsonMapper mapper() {
        JsonMapper mapper = JsonMapper.builder()
                .addModule(new Jdk8Module())
                .addModule(new JavaTimeModule())
                .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
                .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
                .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .disable(DeserializationFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
                .disable(MapperFeature.ALLOW_FINAL_FIELDS_AS_MUTATORS)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .build();
        // Jackson 2 does not look at "permits" by itself.
        mapper.registerSubtypes(Event.class.getPermittedSubclasses());
        return mapper;
    }

    /**
     * The same without the names of properties, a record being an array, and with instants as numbers: read in half the
     * time, and of use only to the build that wrote it.
     */
    public static JsonMapper terse() {
        JsonMapper mapper = mapper();
        mapper.enable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS);
        mapper.setAnnotationIntrospector(new JacksonAnnotationIntrospector() {
            private static final long serialVersionUID = 1L;

            @Override
            public JsonFormat.Value findFormat(Annotated annotated) {
                return annotated instanceof AnnotatedClass type && type.getRawType().isRecord()
                        ? JsonFormat.Value.forShape(JsonFormat.Shape.ARRAY)
                        : super.findFormat(annotated);
            }
        });
        return mapper;
    }

    static String write(JsonMapper mapper, Event event) {
        try {
            return mapper.writerFor(Event.class).writeValueAsString(event);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("this event has no JSON form: " + event.getClass(), e);
        }
    }
}

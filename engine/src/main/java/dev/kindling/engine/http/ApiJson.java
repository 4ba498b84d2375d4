package dev.kindling.engine.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import com.fasterxml.jackson.databind.deser.std.FromStringDeserializer;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.type.LogicalType;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.model.MacAddress;
import dev.kindling.engine.store.Json;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Our records on the wire: as in the journal, MAC addresses as text. */
final class ApiJson {
    private static final Set<String> KNOWN_EVENTS = known();
    private final JsonMapper mapper = mapper();

    private static JsonMapper mapper() {
        JsonMapper mapper = Json.mapper();
        mapper.registerModule(new SimpleModule().addSerializer(MacAddress.class, ToStringSerializer.instance)
                .addDeserializer(MacAddress.class, new MacReader()));
        // the document says of what type everything is: no number is taken for a text
        for (CoercionInputShape other : List.of(CoercionInputShape.Boolean, CoercionInputShape.Integer,
                CoercionInputShape.Float)) {
            mapper.coercionConfigFor(LogicalType.Textual).setCoercion(other, CoercionAction.Fail);
        }
        return mapper;
    }

    private static Set<String> known() {
        var names = new HashSet<String>();
        for (Class<?> type : Event.class.getPermittedSubclasses()) {
            names.add(type.getSimpleName());
        }
        return Set.copyOf(names);
    }

    private static final class MacReader extends FromStringDeserializer<MacAddress> {
        private static final long serialVersionUID = 1L;

        MacReader() {
            super(MacAddress.class);
        }

        @Override
        protected MacAddress _deserialize(String value, DeserializationContext context) {
            return new MacAddress(value);
        }
    }

    String write(Object value) {
        try {
            return mapper.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("this has no JSON form: " + value.getClass(), e);
        }
    }

    <T> T read(String text, Class<T> type) throws JsonProcessingException {
        return mapper.readValue(text, type);
    }

    JsonNode tree(String text) throws JsonProcessingException {
        return mapper.readTree(text);
    }

    <T> T convert(JsonNode tree, Class<T> type) throws JsonProcessingException {
        return mapper.treeToValue(tree, type);
    }

    /** An event of a newer server that this version does not know becomes a note with the same text. */
    Event.Recorded event(JsonNode tree) throws JsonProcessingException {
        JsonNode event = tree.path("event");
        if (KNOWN_EVENTS.contains(event.path("type").asText())) {
            return mapper.treeToValue(tree, Event.Recorded.class);
        }
        JsonNode machine = event.path("machine");
        return new Event.Recorded(tree.path("seq").asLong(), Instant.parse(tree.path("at").asText()),
                tree.path("cluster").asText(), tree.path("run").asText(), new Event.Noted(
                        machine.isTextual() ? machine.asText() : null, false, event.path("text").asText()));
    }
}

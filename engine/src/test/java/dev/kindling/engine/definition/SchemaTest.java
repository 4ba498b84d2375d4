package dev.kindling.engine.definition;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class SchemaTest {
    static final String FILE = "assets/src/main/resources/dev/kindling/assets/cluster-v1.schema.json";

    @Test
    void publishedSchemaIsThatOfTheFormat() throws IOException {
        Golden.check(FILE, Definitions.schema());
    }
}

package dev.kindling.engine.definition;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.kindling.engine.model.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The schema against a validator that we did not write. */
class SchemaTest {
    static final String FILE = "assets/src/main/resources/dev/kindling/assets/cluster-v1.schema.json";

    /** What a value by itself can tell, and so the schema. */
    private static final Set<ProblemCode> BY_SHAPE = EnumSet.of(ProblemCode.API_VERSION, ProblemCode.KIND,
            ProblemCode.UNKNOWN_KEY, ProblemCode.MISSING, ProblemCode.EMPTY_VALUE, ProblemCode.WRONG_TYPE,
            ProblemCode.BAD_CHOICE, ProblemCode.OUT_OF_RANGE, ProblemCode.LIST_LENGTH, ProblemCode.BAD_NAME,
            ProblemCode.BAD_DOMAIN, ProblemCode.BAD_UUID, ProblemCode.BAD_SIZE, ProblemCode.BAD_SERIAL,
            ProblemCode.BAD_INTERFACE, ProblemCode.BAD_KERNEL_ARGUMENTS, ProblemCode.BAD_BRANCH, ProblemCode.BAD_REMOTE,
            ProblemCode.BAD_TEXT, ProblemCode.BAD_DURATION, ProblemCode.BAD_URL, ProblemCode.DISK_MISSING,
            ProblemCode.DISK_AMBIGUOUS);

    private final Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(Definitions.schema());

    @Test
    void publishedSchemaIsThatOfTheFormat() throws IOException {
        Golden.check(FILE, Definitions.schema());
    }

    static Stream<Path> examples() throws IOException {
        return ReferenceTest.examples();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void acceptsExample(Path example) throws IOException {
        InputFormat format = example.toString().endsWith(".json") ? InputFormat.JSON : InputFormat.YAML;

        assertThat(schema.validate(Files.readString(example), format)).isEmpty();
    }

    @Test
    void acceptsTheDemonstrationAndTheTablesDefinition() {
        assertThat(schema.validate(Definitions.demo(Machine.Kind.VIRTUAL, 3), InputFormat.YAML)).isEmpty();
        assertThat(schema.validate(ProblemTableTest.GOOD, InputFormat.YAML)).isEmpty();
    }

    static Stream<ProblemTableTest.Row> rowsOfOneShapeError() {
        return ProblemTableTest.each().filter(row -> row.problems().size() == 1 && BY_SHAPE.contains(code(row)))
                // Jackson reads YAML 1.1, where "yes" is a truth value.
                .filter(row -> !row.what().equals("yes for true"))
                // Only machines that are installed need a disk, or are known by something.
                .filter(row -> !Set.of("no disk", "machine that nothing is known of",
                        "pool of real machines without a list", "machines from no count").contains(row.what()))
                .filter(row -> !row.text().isBlank());
    }

    private static ProblemCode code(ProblemTableTest.Row row) {
        String problem = row.problems().getFirst();
        return ProblemCode.valueOf(
                problem.substring(0, problem.indexOf(' ')).toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    @ParameterizedTest
    @MethodSource("rowsOfOneShapeError")
    void refusesWhatReadingRefusesByItsShape(ProblemTableTest.Row row) {
        assertThat(schema.validate(row.text(), InputFormat.YAML)).isNotEmpty();
    }

    static Stream<ProblemTableTest.Row> rowsBeyondTheSchema() {
        Set<ProblemCode> judgedTogether = EnumSet.range(ProblemCode.NETWORK_OVERLAP, ProblemCode.NO_EFFECT_YET);
        judgedTogether.removeAll(BY_SHAPE);
        return ProblemTableTest.each()
                .filter(row -> !row.problems().isEmpty() && judgedTogether.contains(code(row)));
    }

    @ParameterizedTest
    @MethodSource("rowsBeyondTheSchema")
    void acceptsWhatOnlySeveralValuesTogetherMakeWrong(ProblemTableTest.Row row) {
        assertThat(schema.validate(row.text(), InputFormat.YAML)).isEmpty();
    }
}

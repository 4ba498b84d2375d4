package dev.kindling.tui.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The checklist of installation media names tests that are there. */
class IsoConformanceTest {
    private static final Pattern NAMED = Pattern.compile("^\\|.*\\| `(\\w+)\\.(\\w+)` \\|$", Pattern.MULTILINE);

    @Test
    void everyTestOfTheChecklistIsThere() throws IOException {
        String page = Files.readString(Path.of("../docs/reference/iso-conformance.md"));
        Matcher named = NAMED.matcher(page);
        int count = 0;
        while (named.find()) {
            assertThat(source(named.group(1))).as("%s.%s", named.group(1), named.group(2))
                    .containsPattern("(?m)^    @(Test|ParameterizedTest)\\b(?:(?!^    \\})[\\s\\S])*?^    void "
                            + named.group(2) + "\\(");
            count++;
        }
        // every row of a table but the heads
        assertThat(page.lines().filter(line -> line.startsWith("| ") && !line.startsWith("| statement")))
                .hasSize(count);
    }

    private static String source(String test) throws IOException {
        for (String module : List.of("iso-builder", "engine", "tui")) {
            try (Stream<Path> files = Files.walk(Path.of("../" + module + "/src/test/java"))) {
                List<Path> found = files.filter(file -> file.endsWith(test + ".java")).toList();
                if (!found.isEmpty()) {
                    return Files.readString(found.getFirst());
                }
            }
        }
        throw new AssertionError("there is no test class " + test);
    }
}

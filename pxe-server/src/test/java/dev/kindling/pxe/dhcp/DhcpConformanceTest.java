package dev.kindling.pxe.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The checklist of the documentation names tests that are there. */
class DhcpConformanceTest {
    private static final Pattern NAMED = Pattern.compile("^\\|.*\\| `(\\w+)\\.(\\w+)` \\|$", Pattern.MULTILINE);

    @Test
    void everyTestOfTheChecklistIsThere() throws IOException {
        String page = Files.readString(Path.of("../docs/reference/dhcp-conformance.md"));
        Matcher named = NAMED.matcher(page);
        int count = 0;
        while (named.find()) {
            String source = source(named.group(1));
            assertThat(source).as("%s.%s", named.group(1), named.group(2))
                    .containsPattern("(?m)^    @(Test|ParameterizedTest)\\b(?:(?!^    \\})[\\s\\S])*?^    void "
                            + named.group(2) + "\\(");
            count++;
        }
        // every row of a table but the heads
        assertThat(page.lines().filter(line -> line.startsWith("| ") && !line.startsWith("| section"))).hasSize(count);
    }

    private static String source(String test) throws IOException {
        for (String room : List.of("dhcp/", "")) {
            Path file = Path.of("src/test/java/dev/kindling/pxe/" + room + test + ".java");
            if (Files.exists(file)) {
                return Files.readString(file);
            }
        }
        throw new AssertionError("there is no test class " + test);
    }
}

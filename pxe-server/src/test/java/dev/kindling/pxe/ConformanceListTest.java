package dev.kindling.pxe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The lists of what the RFCs say name tests: those exist. */
class ConformanceListTest {
    private static final Pattern TEST = Pattern.compile("`(\\w+Test)\\.(\\w+)`");

    @ParameterizedTest
    @CsvSource("tftp-conformance.md, dev.kindling.pxe.tftp")
    void namesOnlyTestsThatExist(String list, String packageName) throws IOException {
        String text = Files.readString(Path.of("..", "docs", "reference", list));
        var missing = new TreeSet<String>();
        var named = TEST.matcher(text);
        int count = 0;
        for (; named.find(); count++) {
            if (!isTest(packageName + "." + named.group(1), named.group(2))) {
                missing.add(named.group());
            }
        }
        assertThat(missing).isEmpty();
        assertThat(count).as("tests that %s names", list).isGreaterThan(10);
    }

    private static boolean isTest(String className, String method) {
        try {
            return Arrays.stream(Class.forName(className).getDeclaredMethods()).anyMatch(each -> each.getName()
                    .equals(method)
                    && (each.isAnnotationPresent(Test.class) || each.isAnnotationPresent(ParameterizedTest.class)));
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}

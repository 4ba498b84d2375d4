package dev.kindling.pxe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The list of lessons names, for each of them, tests that are there and say so. */
class LessonsTest {
    private static final Path LIST = Path.of("..", "docs", "reference", "lessons.md");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (\\d+) \\| .* \\| (`.*`) \\|$");
    private static final Pattern TEST = Pattern.compile("`(\\w+Test)\\.(\\w+)`");
    private static final List<String> ROOMS = List.of("", "dhcp.", "dhcp6.", "tftp.", "http.", "standalone.");

    @Test
    void everyLessonHasTestsThatNameIt() throws IOException {
        var lessons = new ArrayList<Integer>();
        var wrong = new ArrayList<String>();
        var rows = ROW.matcher(Files.readString(LIST));
        while (rows.find()) {
            int lesson = Integer.parseInt(rows.group(1));
            lessons.add(lesson);
            var tests = TEST.matcher(rows.group(2));
            while (tests.find()) {
                String name = displayName(tests.group(1), tests.group(2)).orElse("no such test");
                if (!Pattern.compile("\\blesson " + lesson + ":").matcher(name).find()) {
                    wrong.add("lesson %d, %s: %s".formatted(lesson, tests.group(), name));
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(lessons).containsExactlyElementsOf(IntStream.rangeClosed(1, 18).boxed().toList());
    }

    private static Optional<String> displayName(String test, String method) {
        return ROOMS.stream().flatMap(room -> Arrays.stream(methods("dev.kindling.pxe." + room + test)))
                .filter(each -> each.getName().equals(method)).findFirst()
                .map(each -> each.getAnnotation(DisplayName.class))
                .map(DisplayName::value);
    }

    private static Method[] methods(String name) {
        try {
            return Class.forName(name).getDeclaredMethods();
        } catch (ClassNotFoundException e) {
            return new Method[0];
        }
    }
}

package dev.kindling.engine.definition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Edit;
import dev.kindling.engine.api.Edited;
import dev.kindling.engine.api.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Edits of text: what is meant happens, and nothing else. */
class EditTest {
    private static final String TEXT = """
            # a lab
            name: lab   # the name

            pools:      # two
              # the first
              - name: cp
                count: 1

              # the second
              - name: wk
                count: 2  # for now
                tags: [a, b]
              # the end of the list
            empty:
            flow: {x: 1, y: {z: 2}}
            """;

    private static String edit(String text, @Nullable String... pathsAndValues) {
        List<Edit> edits = new ArrayList<>();
        for (int i = 0; i < pathsAndValues.length; i += 2) {
            edits.add(new Edit(java.util.Objects.requireNonNull(pathsAndValues[i]), pathsAndValues[i + 1]));
        }
        Edited edited = Definitions.edit("test", text, edits);
        assertThat(edited.validation().problems()).extracting(Problem::code).doesNotContain("edit-refused");
        return edited.text();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "pools[wk].count | 5 | count: 2  # for now | count: 5  # for now",
            "name | ~\"a: b\"~ | name: lab   # the name | name: \"a: b\"   # the name",
            "flow.y.z | [1, two] | {z: 2} | {z: [1, two]}", "pools[1].tags[0] | c | [a, b] | [c, b]",
            "empty | 7 | empty: | empty: 7", "pools[0].name | main | - name: cp | - name: main",
            "flow.w | true | {x: 1, y: {z: 2}} | {x: 1, y: {z: 2}, w: true}",
            "pools[wk].tags[+] | c | [a, b] | [a, b, c]"})
    void oneValueChangesAndNothingElse(String path, String value, String from, String to) {
        assertThat(edit(TEXT, path, value)).isEqualTo(TEXT.replaceFirst(java.util.regex.Pattern.quote(from),
                java.util.regex.Matcher.quoteReplacement(to)));
    }

    @Test
    void removedKeyTakesItsLineAndNoComment() {
        assertThat(edit(TEXT, "pools[wk].count", null)).isEqualTo(TEXT.replace("    count: 2  # for now\n", ""));
        assertThat(edit(TEXT, "pools[cp].name", null)).isEqualTo(TEXT.replace("  - name: cp\n    count", "  - count"));
        assertThat(edit(TEXT, "pools[cp]", null))
                .isEqualTo(TEXT.replace("  - name: cp\n    count: 1\n", ""));
        assertThat(edit(TEXT, "flow.x", null)).isEqualTo(TEXT.replace("{x: 1, y", "{y"));
        assertThat(edit(TEXT, "flow.y", null)).isEqualTo(TEXT.replace(", y: {z: 2}", ""));
    }

    @Test
    void newKeyFollowsTheLastOneOfItsGroup() {
        assertThat(edit(TEXT, "pools[cp].virtual", "cpus: 2\nmemory: 4Gi"))
                .isEqualTo(TEXT.replace("    count: 1\n",
                        "    count: 1\n    virtual:\n      cpus: 2\n      memory: 4Gi\n"));
        assertThat(edit(TEXT, "environment", "staging")).isEqualTo(TEXT + "environment: staging\n");
        assertThat(edit(TEXT, "empty.a.b[0]", "1"))
                .isEqualTo(TEXT.replace("empty:\n", "empty:\n  a:\n    b:\n      - 1\n"));
    }

    @Test
    void newItemIsIndentedAsItsNeighbours() {
        assertThat(edit(TEXT, "pools[+]", "name: more\ncount: 3"))
                .isEqualTo(TEXT.replace("    tags: [a, b]\n", "    tags: [a, b]\n  - name: more\n    count: 3\n"));
        assertThat(edit("a:\n- 1\n- 2\n", "a[2]", "3")).isEqualTo("a:\n- 1\n- 2\n- 3\n");
    }

    @Test
    void blockIsReplacedByAWordAndAWordByABlock() {
        String word = edit(TEXT, "pools", "none");

        assertThat(word).isEqualTo("""
                # a lab
                name: lab   # the name

                pools: none      # two
                  # the end of the list
                empty:
                flow: {x: 1, y: {z: 2}}
                """);
        assertThat(edit(word, "pools", "- 1\n- 2")).contains("pools:      # two\n  - 1\n  - 2\n");
    }

    @Test
    void jsonStaysJson() throws IOException {
        String json = "{\n\t\"a\": 1,\n\t\"b\": {\"c\": [1, 2]}\n}\n";

        assertThat(edit(json, "b.c[+]", "x")).isEqualTo(json.replace("2]", "2, \"x\"]"));
        assertThat(edit(json, "d", "e: yes\nf: 0x")).isEqualTo(
                json.replace("]}\n", "]},\n\t\"d\": {\"e\": \"yes\", \"f\": \"0x\"}\n"));
        new com.fasterxml.jackson.databind.ObjectMapper().readTree(edit(json, "a", "don't: [\"\\\"\"]"));
    }

    @Test
    void lineBreaksByteOrderMarkAndOtherCharactersStay() {
        String text = "\uFEFFname: \uD83D\uDD25 # \uD83D\uDD25\r\nlist:\r\n  - a\r\nlast: 1";

        assertThat(edit(text, "list[+]", "b", "last", "2", "more", "x: 1")).isEqualTo(
                "\uFEFFname: \uD83D\uDD25 # \uD83D\uDD25\r\nlist:\r\n  - a\r\n  - b\r\nlast: 2\r\nmore:\r\n  x: 1");
    }

    @Test
    void textIsWrittenAsTextAndNumberAsNumber() {
        assertThat(edit("a: x\n", "a", Edit.text("a", "yes").value())).isEqualTo("a: \"yes\"\n");
        assertThat(edit("a: x\n", "a", Edit.text("a", "say \"a: b\" \\").value()))
                .isEqualTo("a: \"say \\\"a: b\\\" \\\\\"\n");
        assertThat(edit("a: x\n", "a", Edit.text("a", "plain-word").value())).isEqualTo("a: plain-word\n");
        assertThat(edit("a: x\n", "a", Edit.number("a", 5).value())).isEqualTo("a: 5\n");
    }

    @Test
    void keyOfAnyNameIsReachedInQuotes() {
        assertThat(edit("labels:\n  a.b/c: 1\n", "labels[\"a.b/c\"]", "2")).isEqualTo("labels:\n  a.b/c: 2\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"pools[2].count | 1", "pools[none].count | 1", "name.first | 1",
            "pools.count | 1", "a..b | 1", "a b | 1", "[0] | 1", "name | a: b: c", "name | *x", "name | !!str x",
            "name | ''"})
    void editThatCannotBeMadeChangesNothingAndSaysWhy(String path, String value) {
        Edited edited = Definitions.edit("test", TEXT, List.of(new Edit("name", "other"), new Edit(path, value)));

        assertThat(edited.text()).isEqualTo(TEXT);
        assertThat(edited.validation().ok()).isFalse();
        Problem problem = edited.validation().problems().getLast();
        assertThat(problem.code()).isEqualTo("edit-refused");
        assertThat(problem.path()).isEqualTo(path);
        assertThat(problem.message()).isNotBlank();
        assertThat(problem.expected()).isNotBlank();
    }

    @Test
    void removalOfWhatIsNotThereIsRefused() {
        assertThat(Definitions.edit("test", TEXT, List.of(Edit.remove("pools[wk].vip"))).validation().problems())
                .extracting(Problem::code).contains("edit-refused");
    }

    @Test
    void brokenTextIsNotEdited() {
        Edited edited = Definitions.edit("test", "a: [1\n", List.of(new Edit("a", "2")));

        assertThat(edited.text()).isEqualTo("a: [1\n");
        assertThat(edited.validation().problems()).extracting(Problem::code).containsExactly("yaml-bracket",
                "edit-refused");
    }

    /** The text is compared with an edit of the tree that another YAML reader makes of it. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void editedTextMeansTheEditedTree(long seed) throws IOException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        List<String> texts = new ArrayList<>(List.of(TEXT, ProblemTableTest.GOOD));
        try (Stream<Path> examples = Files.list(Golden.home().resolve("docs/examples"))) {
            for (Path example : examples.filter(file -> !file.toString().contains("50")).sorted().toList()) {
                texts.add(Files.readString(example));
            }
        }
        for (int round = 0; round < 60; round++) {
            String text = round % 2 == 0
                    ? RandomYaml.document(random)
                    : texts.get(random.nextInt(texts.size()));
            for (int edits = 0; edits < 8; edits++) {
                text = randomEdit(random, text, "seed " + seed + " round " + round);
            }
        }
    }

    private static final String[] VALUES = {"5", "word", "\"quoted: text\"", "'it''s'", "true", "[1, \"two\", {a: b}]",
            "{cpus: 2, memory: 4Gi}", "name: new\ncount: 3 # three\ntags:\n  - x\n  - y",
            "- a\n- name: b\n  c: d\n- [e]",
            "a:\n- 1\n\n- 2", "[]", "{}", "[\n  1,\n  2\n]"};

    private static String randomEdit(RandomGenerator random, String text, String what) {
        List<String> paths = new ArrayList<>();
        Object before = load(text);
        collect(before, "", paths);
        String path = paths.isEmpty() ? "" : paths.get(random.nextInt(paths.size()));
        @Nullable
        String value = random.nextInt(4) == 0 && !path.isEmpty() ? null : VALUES[random.nextInt(VALUES.length)];
        if (value != null && random.nextInt(3) == 0) {
            Object at = at(before, path);
            path = at instanceof Map<?, ?>
                    ? (path.isEmpty() ? "" : path + ".") + "new" + random.nextInt(1000)
                    : at instanceof List<?> ? path + "[+]" : path;
        }
        if (path.isEmpty()) {
            return text;
        }
        Edited edited = Definitions.edit("random", text, List.of(new Edit(path, value)));
        String told = what + ": " + path + " = " + value + "\n" + text + "\n----\n" + edited.text();
        assertThat(edited.validation().problems()).as(told).extracting(Problem::code).doesNotContain("edit-refused");
        Object wanted = changed(before, path, value == null ? null : load(value), value == null);
        assertThat(load(edited.text())).as(told).isEqualTo(wanted);
        checkNeighbours(text, edited.text(), path, told);
        return edited.text();
    }

    /** Lines before and after those of the changed value are the same, byte for byte. */
    private static void checkNeighbours(String before, String after, String path, String told) {
        Spot spot = Spot.of(before.startsWith("\uFEFF") ? before.substring(1) : before);
        int[] range = range(spot, path);
        List<String> old = List.of(before.split("(?<=\n)", -1));
        List<String> now = List.of(after.split("(?<=\n)", -1));
        int first = (int) before.substring(0, range[0]).chars().filter(c -> c == '\n').count();
        int last = (int) before.substring(0, Math.min(range[1], before.length())).chars().filter(c -> c == '\n')
                .count();
        assertThat(now.subList(0, Math.min(first, now.size()))).as(told).isEqualTo(old.subList(0, first));
        List<String> tail = old.subList(Math.min(last + 1, old.size()), old.size());
        assertThat(now.size()).as(told).isGreaterThanOrEqualTo(tail.size());
        assertThat(now.subList(now.size() - tail.size(), now.size())).as(told).isEqualTo(tail);
    }

    /**
     * From the key to the end of the value; of the group or list where it is new, or becomes empty. To the next one
     * where it is the first: that may follow a dash.
     */
    private static int[] range(Spot root, String path) {
        Spot at = root;
        int from = root.start();
        int[] holder = {root.start(), root.end()};
        for (Object step : steps(path)) {
            Spot next = null;
            int start = 0;
            int second = 0;
            int size = 0;
            switch (at) {
                case Spot.Keys keys -> {
                    size = keys.keys().size();
                    second = size > 1 && keys.keys().getFirst().name().equals(step) ? keys.keys().get(1).start() : 0;
                    int before = keys.start();
                    for (Spot.Key key : keys.keys()) {
                        if (key.name().equals(step)) {
                            next = key.value();
                            start = keys.flow() ? before : key.start();
                        }
                        before = key.value().end();
                    }
                }
                case Spot.Items items -> {
                    size = items.items().size();
                    second = size > 1 && step.equals(0) ? items.items().get(1).start() : 0;
                    if (step instanceof Integer index && index < size) {
                        next = items.items().get(index).value();
                        start = items.flow() && index > 0
                                ? items.items().get(index - 1).value().end()
                                : items.items().get(index).start();
                    }
                }
                case Spot.Leaf _ -> {
                }
            }
            if (next == null) {
                return new int[]{from, at.end()};
            }
            holder = size == 1
                    ? new int[]{from, at.end()}
                    : new int[]{start, Math.max(Math.max(next.end(), start), second)};
            from = start;
            at = next;
        }
        return holder;
    }

    private static Object load(String text) {
        String clean = text.startsWith("\uFEFF") ? text.substring(1) : text;
        return new Yaml(new SafeConstructor(new LoaderOptions()))
                .load(YamlText.isJson(clean) ? clean.replace('\t', ' ') : clean);
    }

    private static void collect(@Nullable Object node, String path, List<String> into) {
        if (!path.isEmpty()) {
            into.add(path);
        }
        if (node instanceof Map<?, ?> map) {
            map.forEach((key, value) -> {
                if (String.valueOf(key).matches("[A-Za-z0-9_-]+")) {
                    collect(value, path.isEmpty() ? String.valueOf(key) : path + "." + key, into);
                }
            });
        } else if (node instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                collect(list.get(i), path + "[" + i + "]", into);
            }
        }
    }

    private static List<Object> steps(String path) {
        List<Object> steps = new ArrayList<>();
        for (String step : path.split("[.\\[]", -1)) {
            if (!step.isEmpty()) {
                String inner = step.replace("]", "");
                steps.add(!step.endsWith("]") ? inner : inner.equals("+") ? Integer.MAX_VALUE : Integer.valueOf(inner));
            }
        }
        return steps;
    }

    private static @Nullable Object at(@Nullable Object root, String path) {
        Object at = root;
        for (Object step : steps(path)) {
            at = at instanceof Map<?, ?> map
                    ? map.entrySet().stream().filter(entry -> String.valueOf(entry.getKey()).equals(step)).findFirst()
                            .map(Map.Entry::getValue).orElse(null)
                    : at instanceof List<?> list && step instanceof Integer index && index < list.size()
                            ? list.get(index)
                            : null;
        }
        return at;
    }

    private static @Nullable Object changed(@Nullable Object node, String path, @Nullable Object value,
            boolean removed) {
        return changed(node, steps(path), value, removed);
    }

    private static @Nullable Object changed(@Nullable Object node, List<Object> steps, @Nullable Object value,
            boolean removed) {
        if (steps.isEmpty()) {
            return value;
        }
        Object step = steps.getFirst();
        List<Object> rest = steps.subList(1, steps.size());
        if (node instanceof Map<?, ?> map) {
            Map<Object, @Nullable Object> copy = new LinkedHashMap<>(map);
            Object key = map.keySet().stream().filter(each -> String.valueOf(each).equals(step)).findFirst()
                    .map(Object.class::cast).orElse(step);
            if (rest.isEmpty() && removed) {
                copy.remove(key);
            } else {
                copy.put(key, changed(map.get(key), rest, value, removed));
            }
            return copy;
        }
        List<@Nullable Object> copy = new ArrayList<>((List<?>) java.util.Objects.requireNonNull(node));
        int index = Math.min((Integer) step, copy.size());
        if (rest.isEmpty() && removed) {
            copy.remove(index);
        } else if (index == copy.size()) {
            copy.add(changed(null, rest, value, removed));
        } else {
            copy.set(index, changed(copy.get(index), rest, value, removed));
        }
        return copy;
    }

    /** Documents in every manner of writing. */
    static final class RandomYaml {
        private final RandomGenerator random;
        private final StringBuilder text = new StringBuilder();
        private int names;

        private RandomYaml(RandomGenerator random) {
            this.random = random;
        }

        static String document(RandomGenerator random) {
            RandomYaml yaml = new RandomYaml(random);
            yaml.noise(0);
            yaml.keys(0, 3);
            yaml.noise(0);
            String text = yaml.text.toString();
            text = random.nextInt(4) == 0 ? text.stripTrailing() : text;
            text = random.nextInt(4) == 0 ? text.replace("\n", "\r\n") : text;
            return random.nextInt(8) == 0 ? "\uFEFF" + text : text;
        }

        private void noise(int indent) {
            for (int n = random.nextInt(5) - 2; n > 0; n--) {
                text.append(
                        random.nextBoolean() ? "" : " ".repeat(random.nextInt(indent + 3)) + "# note - " + n + ": [x")
                        .append('\n');
            }
        }

        private void tail() {
            text.append(random.nextInt(4) == 0 ? "   # tail, of: {a" : random.nextInt(6) == 0 ? "  " : "").append('\n');
        }

        private void keys(int indent, int depth) {
            for (int n = random.nextInt(1, 5); n > 0; n--) {
                if (text.isEmpty() || text.charAt(text.length() - 1) == '\n') {
                    noise(indent);
                    text.append(" ".repeat(indent));
                }
                text.append("k").append(names++).append(random.nextInt(6) == 0 ? " :" : ":");
                value(indent, depth, false);
            }
        }

        private void value(int indent, int depth, boolean item) {
            switch (random.nextInt(depth > 0 ? 9 : 5)) {
                case 0 -> tail();
                case 1 -> {
                    text.append(" word").append(random.nextInt(100));
                    tail();
                }
                case 2 -> {
                    text.append(random.nextBoolean() ? "  \"q: #\\\"x\"" : " 'it''s, {'");
                    tail();
                }
                case 3 -> {
                    text.append(' ').append(random.nextInt(1000));
                    tail();
                }
                case 4 -> {
                    text.append(' ');
                    flow(2, indent + 4);
                    tail();
                }
                case 5, 6 -> {
                    if (item) {
                        text.append(" ".repeat(random.nextInt(1, 3)));
                        int column = text.length() - text.lastIndexOf("\n") - 1;
                        keys(column, depth - 1);
                    } else {
                        tail();
                        keys(indent + random.nextInt(1, 4), depth - 1);
                    }
                }
                default -> {
                    int column = indent + (item ? 2 : random.nextInt(0, 3));
                    tail();
                    for (int n = random.nextInt(1, 4); n > 0; n--) {
                        noise(column);
                        text.append(" ".repeat(column)).append('-');
                        value(column, depth - 1, true);
                    }
                }
            }
        }

        private void flow(int depth, int indent) {
            boolean list = random.nextBoolean();
            boolean lines = random.nextInt(3) == 0;
            text.append(list ? '[' : '{');
            int size = random.nextInt(4);
            for (int n = 0; n < size; n++) {
                text.append(n == 0 ? "" : random.nextBoolean() ? "," : ", ");
                if (lines) {
                    text.append(random.nextInt(3) == 0 ? " # of, [flow" : "").append('\n').append(" ".repeat(indent));
                }
                if (!list) {
                    text.append(text.charAt(text.length() - 1) == ',' ? " f" : "f").append(names++).append(": ");
                }
                if (depth > 0 && random.nextInt(4) == 0) {
                    flow(depth - 1, indent + 2);
                } else {
                    text.append(random.nextInt(3) == 0 ? "\"a, b\"" : random.nextInt(3) == 0 ? "7" : "v" + n);
                }
            }
            text.append(lines && random.nextBoolean() ? "\n" + " ".repeat(indent) : "").append(list ? ']' : '}');
        }
    }
}

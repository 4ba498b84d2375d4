package dev.kindling.engine.definition;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The shape of a value in a definition: how it is read, what its JSON Schema is, how the reference names it. A shape
 * judges a value by itself; whatever needs a second value is judged by {@link ModelReader}.
 */
sealed interface Shape<T> {
    /** Reads a value; null where it is broken, which is reported then. */
    @Nullable
    T read(Node node, String path, Problems problems);

    /** Whether the node is of the right kind: text, list or group. */
    default boolean fits(Node node) {
        return switch (this) {
            case Group ignored -> node instanceof Node.Mapping;
            case Pairs ignored -> node instanceof Node.Mapping;
            case Many<?> ignored -> node instanceof Node.Sequence;
            case Text<?> ignored -> node instanceof Node.Scalar;
            case Choice<?> ignored -> node instanceof Node.Scalar;
            case Whole ignored -> node instanceof Node.Scalar;
            case Truth ignored -> node instanceof Node.Scalar;
            case Anything ignored -> true;
        };
    }

    /** JSON Schema 2020-12, without description and default. */
    Map<String, Object> schema();

    /** What a value is, with article: "a MAC address, such as 52:54:00:4b:4c:01". */
    String called();

    /**
     * Text of a certain form.
     *
     * @param code of the problem where it is not of this form
     * @param pattern necessary, and published in the schema; the same meaning in Java and in ECMAScript
     * @param numbers whether a number without quotes is taken as the text that it is
     * @param parse throws {@link IllegalArgumentException} whose message says what is wrong
     * @param remedy better than that of the code for this text, if there is one
     */
    record Text<T>(String called, ProblemCode code, String pattern, boolean numbers, Function<String, T> parse,
            Function<String, Optional<String>> remedy, Pattern compiled) implements Shape<T> {
        static <T> Text<T> of(String called, ProblemCode code, String pattern, Function<String, T> parse) {
            return new Text<>(called, code, pattern, false, parse, text -> Optional.empty(), Pattern.compile(pattern));
        }

        Text<T> orNumber() {
            return new Text<>(called, code, pattern, true, parse, remedy, compiled);
        }

        Text<T> remedy(Function<String, Optional<String>> better) {
            return new Text<>(called, code, pattern, numbers, parse, better, compiled);
        }

        @Override
        public @Nullable T read(Node node, String path, Problems problems) {
            if (!(node instanceof Node.Scalar scalar) || scalar.isNull()) {
                wrongType(node, path, called, problems);
                return null;
            }
            if (scalar.isTruth() || (scalar.isNumber() && !numbers && compiled.matcher(scalar.text()).matches())) {
                problems.add(ProblemCode.WRONG_TYPE, Place.of(path, node), "there is " + scalar.describe(), called,
                        "Put quotes around it: \"" + scalar.text() + "\".");
                return null;
            }
            String text = scalar.text();
            try {
                if (compiled.matcher(text).matches()) {
                    return parse.apply(text);
                }
                // a password where a name is expected is not said again
                problems.add(code, Place.of(path, node),
                        code == ProblemCode.BAD_SECRET_NAME
                                ? "what is there is no name of a secret"
                                : "there is " + scalar.describe(),
                        called, remedy.apply(text).orElse(code.remedy()));
            } catch (IllegalArgumentException e) {
                problems.add(code, Place.of(path, node), String.valueOf(e.getMessage()), called,
                        remedy.apply(text).orElse(code.remedy()));
            }
            return null;
        }

        @Override
        public Map<String, Object> schema() {
            Map<String, Object> schema = new LinkedHashMap<>();
            schema.put("type", numbers ? List.of("string", "number") : "string");
            schema.put("pattern", "^(?:" + pattern + ")$");
            return schema;
        }
    }

    /**
     * One of a few words.
     *
     * @param words in the order of the reference
     * @param alsoCalled what other tools say, to the word; only for "did you mean"
     */
    record Choice<T>(Map<String, T> words, Map<String, String> alsoCalled) implements Shape<T> {
        @Override
        public String called() {
            return "one of " + String.join(", ", words.keySet());
        }

        @Override
        public @Nullable T read(Node node, String path, Problems problems) {
            if (!(node instanceof Node.Scalar scalar) || scalar.isNull()) {
                wrongType(node, path, called(), problems);
                return null;
            }
            T value = words.get(scalar.text());
            if (value == null) {
                String known = alsoCalled.get(scalar.text().toLowerCase(Locale.ROOT));
                Optional<String> meant = known != null
                        ? Optional.of(known)
                        : DidYouMean.nearest(scalar.text(), words.keySet());
                problems.add(ProblemCode.BAD_CHOICE, Place.of(path, node), "there is " + scalar.describe(), called(),
                        meant.map(word -> "Did you mean '" + word + "'?").orElse(ProblemCode.BAD_CHOICE.remedy()));
            }
            return value;
        }

        @Override
        public Map<String, Object> schema() {
            return new LinkedHashMap<>(Map.of("enum", List.copyOf(words.keySet())));
        }
    }

    /** A whole number. */
    record Whole(int from, int to) implements Shape<Integer> {
        private static final Pattern DIGITS = Pattern.compile("-?(0|[1-9][0-9]{0,8})");

        @Override
        public String called() {
            return "a whole number from " + from + " to " + to;
        }

        @Override
        public @Nullable Integer read(Node node, String path, Problems problems) {
            if (!(node instanceof Node.Scalar scalar) || !scalar.isNumber()) {
                wrongType(node, path, called(), problems);
                return null;
            }
            boolean whole = DIGITS.matcher(scalar.text()).matches();
            int number = whole ? Integer.parseInt(scalar.text()) : 0;
            if (!whole || number < from || number > to) {
                problems.add(ProblemCode.OUT_OF_RANGE, Place.of(path, node), "there is " + scalar.describe(),
                        called());
                return null;
            }
            return number;
        }

        @Override
        public Map<String, Object> schema() {
            Map<String, Object> schema = new LinkedHashMap<>();
            schema.put("type", "integer");
            schema.put("minimum", from);
            schema.put("maximum", to);
            return schema;
        }
    }

    /** {@code true} or {@code false}. */
    record Truth() implements Shape<Boolean> {
        @Override
        public String called() {
            return "true or false";
        }

        @Override
        public @Nullable Boolean read(Node node, String path, Problems problems) {
            if (node instanceof Node.Scalar scalar && scalar.plain()) {
                switch (scalar.text()) {
                    case "true" -> {
                        return true;
                    }
                    case "false" -> {
                        return false;
                    }
                    default -> {
                    }
                }
            }
            wrongType(node, path, called(), problems);
            return null;
        }

        @Override
        public Map<String, Object> schema() {
            return new LinkedHashMap<>(Map.of("type", "boolean"));
        }
    }

    /** A list. */
    record Many<T>(Shape<T> item, int atLeast, int atMost) implements Shape<Items<T>> {
        @Override
        public String called() {
            return "a list" + (atLeast > 0 ? " of at least " + atLeast : "");
        }

        @Override
        public @Nullable Items<T> read(Node node, String path, Problems problems) {
            if (!(node instanceof Node.Sequence sequence)) {
                wrongType(node, path, called(), problems);
                return null;
            }
            int count = sequence.items().size();
            if (count < atLeast || count > atMost) {
                problems.add(ProblemCode.LIST_LENGTH, Place.of(path, node), "the list has " + count + " items",
                        "from " + atLeast + " to " + atMost + " items");
                return null;
            }
            List<At<T>> items = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                String below = path + "[" + i + "]";
                Node each = sequence.items().get(i);
                T value = item.read(each, below, problems);
                if (value != null) {
                    items.add(new At<>(value, Place.of(below, each)));
                }
            }
            return new Items<>(items, count);
        }

        @Override
        public Map<String, Object> schema() {
            Map<String, Object> schema = new LinkedHashMap<>();
            schema.put("type", "array");
            if (atLeast > 0) {
                schema.put("minItems", atLeast);
            }
            schema.put("maxItems", atMost);
            schema.put("items", item.schema());
            return schema;
        }
    }

    /**
     * What was written for a list.
     *
     * @param items that could be read
     * @param written how many there are, broken ones included
     */
    record Items<T>(List<At<T>> items, int written) {
        List<T> values() {
            return items.stream().map(At::value).toList();
        }
    }

    /** Whatever is written, as it is written: judged later, by what it is put into. */
    record Anything() implements Shape<Node> {
        @Override
        public String called() {
            return "any value";
        }

        @Override
        public Node read(Node node, String path, Problems problems) {
            return node;
        }

        @Override
        public Map<String, Object> schema() {
            return new LinkedHashMap<>();
        }
    }

    /**
     * Free pairs of key and text.
     *
     * @param lists whether a value may be a list of texts, which are joined by commas
     */
    record Pairs(boolean lists) implements Shape<Map<String, String>> {
        private static final int KEY = 63;
        private static final int VALUE = 1024;
        private static final Pattern SECRET = Pattern.compile(
                "(?i).*(password|passwd|passphrase|token|secret|private[-_]?key|api[-_]?key)");
        private static final Pattern TEXT = Pattern.compile("[^\\r\\n]{0," + VALUE + "}");

        @Override
        public String called() {
            return "pairs of key and text";
        }

        @Override
        public @Nullable Map<String, String> read(Node node, String path, Problems problems) {
            if (!(node instanceof Node.Mapping mapping)) {
                wrongType(node, path, called(), problems);
                return null;
            }
            Map<String, String> pairs = new LinkedHashMap<>();
            for (Node.Entry entry : mapping.entries()) {
                String key = entry.key().text();
                String below = path + "." + key;
                if (!key.matches("[!-~]{1," + KEY + "}")) {
                    problems.add(ProblemCode.BAD_TEXT, Place.of(path, entry.key()), "there is the key '" + key + "'",
                            "a key of 1 to " + KEY + " printable ASCII characters without spaces");
                } else if (SECRET.matcher(key).matches()) {
                    problems.add(ProblemCode.SECRET_IN_DEFINITION, Place.of(below, entry.value()),
                            "'" + key + "' holds a password or a token", "no secret in the definition",
                            "Remove it, change it if the file was shared, and keep it in the secret store.");
                } else if (lists && entry.value() instanceof Node.Sequence sequence) {
                    Items<String> items = new Many<>(Values.LINE, 0, 256).read(sequence, below, problems);
                    if (items != null) {
                        pairs.put(key, String.join(",", items.values()));
                    }
                } else if (!(entry.value() instanceof Node.Scalar value) || value.isNull()) {
                    wrongType(entry.value(), below, lists ? "text, or a list of texts" : "text", problems);
                } else if (!TEXT.matcher(value.text()).matches()) {
                    problems.add(ProblemCode.BAD_TEXT, Place.of(below, value), "the text is long or has line breaks",
                            "one line of at most " + VALUE + " characters");
                } else {
                    pairs.put(key, value.text());
                }
            }
            return pairs;
        }

        @Override
        public Map<String, Object> schema() {
            Map<String, Object> schema = new LinkedHashMap<>();
            schema.put("type", "object");
            schema.put("propertyNames", Map.of("pattern", "^[!-~]{1," + KEY + "}$"));
            Map<String, Object> text = new LinkedHashMap<>();
            text.put("type", List.of("string", "number", "boolean"));
            text.put("pattern", "^" + TEXT.pattern() + "$");
            schema.put("additionalProperties",
                    lists ? Map.of("anyOf", List.of(text, new Many<>(Values.LINE, 0, 256).schema())) : text);
            return schema;
        }
    }

    /**
     * A group of known keys.
     *
     * @param called with article: "a network"
     * @param oneOf null: any keys may be there
     * @param partial whether it is a part of another group: see {@link #part()}
     */
    record Group(String called, List<Field<?>> fields, Map<String, Field<?>> byName, Map<String, Field<?>> otherNames,
            @Nullable OneOf oneOf, boolean partial)
            implements
                Shape<GroupValue> {
        /** One of these keys must be there, and no other of them: the problems where there is none, or a second one. */
        record OneOf(ProblemCode none, ProblemCode several, List<Field<?>> fields) {
            OneOf(ProblemCode none, ProblemCode several, Field<?>... fields) {
                this(none, several, List.of(fields));
            }

            List<String> names() {
                return fields.stream().map(Field::name).toList();
            }
        }

        static Group of(String called, Field<?>... fields) {
            return of(called, null, fields);
        }

        static Group of(String called, @Nullable OneOf oneOf, Field<?>... fields) {
            return of(called, oneOf, false, List.of(fields));
        }

        private static Group of(String called, @Nullable OneOf oneOf, boolean partial, List<Field<?>> fields) {
            Map<String, Field<?>> byName = new LinkedHashMap<>();
            Map<String, Field<?>> otherNames = new HashMap<>();
            for (Field<?> field : fields) {
                byName.put(field.name(), field);
                field.alsoCalled().forEach(name -> otherNames.put(name.toLowerCase(Locale.ROOT), field));
            }
            return new Group(called, fields, byName, otherNames, oneOf, partial);
        }

        /**
         * The same keys, none of them needed, through all groups and through lists of named groups, whose names stay
         * needed: what may be laid over a value of this group.
         */
        Group part() {
            return part(false);
        }

        private Group part(boolean named) {
            List<Field<?>> parts = new ArrayList<>();
            for (Field<?> field : fields) {
                parts.add(named && field.name().equals(Node.NAME) ? field : partial(field));
            }
            return of(called, null, true, parts);
        }

        /** Whether an item of a list of such groups is told from others by its name. */
        boolean mergedByName() {
            Field<?> name = byName.get(Node.NAME);
            return name != null && name.required();
        }

        private static Field<?> partial(Field<?> field) {
            Shape<?> shape = switch (field.shape()) {
                case Group group -> group.part();
                case Many<?>(Group item, int _, int atMost) when item.mergedByName() ->
                    new Many<>(item.part(true), 0, atMost);
                default -> field.shape();
            };
            return Field.optional(field.name(), shape, field.about(), field.alsoCalled().toArray(String[]::new));
        }

        @Override
        public @Nullable GroupValue read(Node node, String path, Problems problems) {
            if (!(node instanceof Node.Mapping mapping)) {
                wrongType(node, path, expected(this), problems);
                return null;
            }
            Map<Field<?>, At<?>> values = new HashMap<>();
            Set<Field<?>> stated = new HashSet<>();
            List<Node.Entry> unknown = new ArrayList<>();
            for (Node.Entry entry : mapping.entries()) {
                Field<?> field = byName.get(entry.key().text());
                if (field == null && !isMergeKey(entry)) {
                    unknown.add(entry);
                } else if (field != null) {
                    stated.add(field);
                    readInto(values, field, entry.value(), Place.below(path, field.name()), problems);
                }
            }
            for (Node.Entry entry : unknown) {
                // Read as what was probably meant: its value has problems of its own, and the key is not missing too.
                Optional<Field<?>> meant = meant(entry.key().text(), stated);
                String here = Place.below(path, entry.key().text());
                problems.add(ProblemCode.UNKNOWN_KEY, Place.of(here, entry.key()),
                        "'" + entry.key().text() + "' is no key of " + called, keys(),
                        meant.map(field -> "Did you mean '" + field.name() + "'?")
                                .or(() -> Format.whereKeyBelongs(entry.key().text()))
                                .orElse(ProblemCode.UNKNOWN_KEY.remedy()));
                meant.ifPresent(field -> {
                    stated.add(field);
                    if (field.shape().fits(entry.value())) {
                        readInto(values, field, entry.value(), here, problems);
                    }
                });
            }
            Place place = Place.of(path, node);
            for (Field<?> field : fields) {
                if (field.required() && !stated.contains(field)) {
                    problems.add(ProblemCode.MISSING, place.below(field.name()),
                            called + " has no '" + field.name() + "'", expected(field.shape()),
                            "Add '" + field.name() + ":'. " + field.about());
                }
            }
            if (oneOf != null) {
                checkOneOf(oneOf, oneOf.fields().stream().filter(stated::contains).map(Field::name).toList(), place,
                        unknown.isEmpty(), problems);
            }
            return new GroupValue(place, values, stated);
        }

        /** Reported as an alias. */
        private static boolean isMergeKey(Node.Entry entry) {
            return entry.key().text().equals("<<") && entry.value() instanceof Node.Unreadable;
        }

        private void checkOneOf(OneOf rule, List<String> written, Place place, boolean allKnown, Problems problems) {
            String expected = "one of the keys " + String.join(", ", rule.names());
            if (written.isEmpty() && allKnown) {
                boolean missing = rule.none() == ProblemCode.MISSING;
                problems.add(rule.none(),
                        missing ? place.below(rule.names().getFirst()) : place,
                        called + " has no '" + String.join("' and no '", rule.names()) + "'", expected,
                        missing
                                ? "Add '" + rule.names().getFirst() + ":'. " + rule.fields().getFirst().about()
                                : rule.none().remedy());
            } else if (written.size() > 1) {
                problems.add(rule.several(), place, called + " has '" + String.join("' and '", written) + "'",
                        expected);
            }
        }

        private static <F> void readInto(Map<Field<?>, At<?>> values, Field<F> field, Node node, String path,
                Problems problems) {
            F value = field.shape().read(node, path, problems);
            if (value != null) {
                values.put(field, new At<>(value, Place.of(path, node)));
            }
        }

        private Optional<Field<?>> meant(String key, Set<Field<?>> stated) {
            Field<?> known = otherNames.get(key.toLowerCase(Locale.ROOT));
            if (known != null && !stated.contains(known)) {
                return Optional.of(known);
            }
            List<String> free = fields.stream().filter(field -> !stated.contains(field)).map(Field::name).toList();
            return DidYouMean.nearest(key, free).map(byName::get);
        }

        private static String expected(Shape<?> shape) {
            return shape instanceof Group group ? group.called + " with " + group.keys() : shape.called();
        }

        private String keys() {
            return "the keys " + String.join(", ", byName.keySet());
        }

        @Override
        public Map<String, Object> schema() {
            Map<String, Object> properties = new LinkedHashMap<>();
            for (Field<?> field : fields) {
                Map<String, Object> property = field.shape().schema();
                property.put("description", field.about());
                properties.put(field.name(), property);
            }
            Map<String, Object> schema = new LinkedHashMap<>();
            schema.put("type", "object");
            schema.put("additionalProperties", false);
            List<String> required = fields.stream().filter(Field::required).map(Field::name).toList();
            if (!required.isEmpty()) {
                schema.put("required", required);
            }
            if (oneOf != null) {
                schema.put("oneOf",
                        oneOf.names().stream().map(name -> Map.<String, Object>of("required", List.of(name))).toList());
            }
            schema.put("properties", properties);
            return schema;
        }
    }

    private static void wrongType(Node node, String path, String expected, Problems problems) {
        switch (node) {
            case Node.Unreadable ignored -> {
            }
            case Node.Scalar scalar when scalar.isNull() -> problems.add(ProblemCode.EMPTY_VALUE,
                    Place.of(path, node), "there is no value", expected);
            case Node.Scalar ignored -> problems.add(ProblemCode.WRONG_TYPE, Place.of(path, node),
                    "there is " + node.describe(), expected);
            case Node.Mapping ignored -> problems.add(ProblemCode.WRONG_TYPE, Place.of(path, node),
                    "there is " + node.describe(), expected);
            case Node.Sequence ignored -> problems.add(ProblemCode.WRONG_TYPE, Place.of(path, node),
                    "there is " + node.describe(), expected);
        }
    }
}

package dev.kindling.engine.definition;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A key of a {@link Shape.Group}. A class and no record: a field equals itself only. */
final class Field<T> {
    private final String name;
    private final Shape<T> shape;
    private final boolean required;
    private final @Nullable String unlessGiven;
    private final String about;
    private final List<String> alsoCalled;

    private Field(String name, Shape<T> shape, boolean required, @Nullable String unlessGiven,
            String about,
            String[] alsoCalled) {
        this.name = name;
        this.shape = shape;
        this.required = required;
        this.unlessGiven = unlessGiven;
        this.about = about;
        this.alsoCalled = List.of(alsoCalled);
    }

    static <T> Field<T> required(String name, Shape<T> shape, String about, String... alsoCalled) {
        return new Field<>(name, shape, true, null, about, alsoCalled);
    }

    static <T> Field<T> optional(String name, Shape<T> shape, String about, String... alsoCalled) {
        return new Field<>(name, shape, false, null, about, alsoCalled);
    }

    static <T> Field<T> withDefault(String name, Shape<T> shape, String unlessGiven, String about,
            String... alsoCalled) {
        return new Field<>(name, shape, false, unlessGiven, about, alsoCalled);
    }

    String name() {
        return name;
    }

    Shape<T> shape() {
        return shape;
    }

    boolean required() {
        return required;
    }

    /** What holds where the key is not written, for people; null: nothing. */
    @Nullable
    String unlessGiven() {
        return unlessGiven;
    }

    /** One or two sentences for the reference and for editors. */
    String about() {
        return about;
    }

    /** What other tools call it; only for "did you mean". */
    List<String> alsoCalled() {
        return alsoCalled;
    }
}

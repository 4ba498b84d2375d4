package dev.kindling.engine.definition;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What was written for a {@link Shape.Group}. */
final class GroupValue {
    private final Place place;
    private final Map<Field<?>, At<?>> values;
    private final Set<Field<?>> stated;

    GroupValue(Place place, Map<Field<?>, At<?>> values, Set<Field<?>> stated) {
        this.place = place;
        this.values = values;
        this.stated = stated;
    }

    Place place() {
        return place;
    }

    /** The value and its place; null where the key is missing, or broken and reported. */
    @SuppressWarnings("unchecked") // a field's value was read by that field's own shape
    <T> @Nullable At<T> at(Field<T> field) {
        return (At<T>) values.get(field);
    }

    /** The value; null where the key is missing, or broken and reported. */
    <T> @Nullable T get(Field<T> field) {
        At<T> at = at(field);
        return at == null ? null : at.value();
    }

    <T> T get(Field<T> field, T otherwise) {
        T value = get(field);
        return value == null ? otherwise : value;
    }

    /** The inner group; one without keys where it is missing or broken. */
    GroupValue group(Field<GroupValue> field) {
        GroupValue value = get(field);
        return value == null ? new GroupValue(place, Map.of(), Set.of()) : value;
    }

    /** Where the field's value stands, or else the group. */
    Place placeOf(Field<?> field) {
        At<?> at = values.get(field);
        return at == null ? place : at.place();
    }

    /** The items that could be read; none where the list is missing or broken. */
    <T> List<At<T>> items(Field<Shape.Items<T>> field) {
        Shape.Items<T> value = get(field);
        return value == null ? List.of() : value.items();
    }

    /** Whether the key is there, broken or not. */
    boolean states(Field<?> field) {
        return stated.contains(field);
    }

    /** Whether the key is there and its value was reported as broken. */
    boolean broken(Field<?> field) {
        return stated.contains(field) && !values.containsKey(field);
    }
}

package dev.kindling.engine.definition;

/**
 * A place in a definition.
 *
 * @param path such as {@code spec.nodePools[0].machines[1].mac}; empty: the whole definition
 * @param line from 1
 * @param column from 1, in characters
 */
record Place(String path, int line, int column) {
    static Place of(String path, Node node) {
        return new Place(path, node.line(), node.column());
    }

    /** The path of a key. */
    static String below(String path, String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    /** Where a key would be that is not there: in the group of this place. */
    Place below(String key) {
        return new Place(below(path, key), line, column);
    }

    /** {@code spec.networks[0].cidr (line 12)}, for messages that name a second place. */
    String withLine() {
        return path + " (line " + line + ")";
    }
}

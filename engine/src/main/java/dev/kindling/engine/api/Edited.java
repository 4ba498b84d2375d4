package dev.kindling.engine.api;

/**
 * A definition after its text was changed.
 *
 * @param text comments, order, quotes and blank lines elsewhere as they were; the old text where an edit was refused
 * @param validation of the text; where an edit was refused, with the problem {@code edit-refused}, and not ok
 */
public record Edited(String text, Validation validation) {}

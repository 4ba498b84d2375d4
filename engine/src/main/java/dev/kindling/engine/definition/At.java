package dev.kindling.engine.definition;

/** A value and where it was written. */
record At<T>(T value, Place place) {}

/**
 * The definition that people write, to the model and back. {@link dev.kindling.engine.definition.Definitions} is the
 * way in; {@link dev.kindling.engine.definition.Format} is the one description of the format, which drives reading, the
 * JSON Schema and the reference.
 */
@NullMarked
package dev.kindling.engine.definition;

import org.jspecify.annotations.NullMarked;
